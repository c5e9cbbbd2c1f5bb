# SPDX-License-Identifier: GPL-3.0-or-later
"""Any option values: a result or an error with a sentence, never anything else."""

from __future__ import annotations

import importlib
import random
import socket
import types

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._doctor import knock
from support import ROOT, SpecRefused, TaskFailed

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
WORDS = [
    "", " ", "erp", "a" * 65, "ä" * 33, "x\ny", "../..", "<b>", "{{ 7 }}", "0" * 32, "40df180b-9fe2-471a-8c64-1b758dc84189", "/dev/vda", "/dev/vdb",
    "ecs-erp-web-1", "ecs-erp-cluster-1", "vpc-erp", "vpc-drill", "archive-1", "eu-sim-01", "eu-sim-02", "192.168.0.7", "10.0.0.0/8", "s3.large.2", "\x00",
]
TASKS = 25
# At least one sample in so many passes the argument spec, else the test proves nothing about the module.
DRAWN = 8


def value(chance, spec, depth=0):
    """A value of an option's type, sensible or not."""
    if "choices" in spec and chance.random() < 0.9:
        picked = chance.choice(spec["choices"])
        return [picked] if spec["type"] == "list" else picked
    if spec.get("options"):
        entry = {name: value(chance, sub, depth + 1) for name, sub in spec["options"].items() if sub.get("required") or chance.random() < 0.4}
        return [entry] * chance.choice([0, 1, 1, 2]) if spec["type"] == "list" else entry
    kind = spec.get("type", "str")
    return {
        "str": lambda: chance.choice(WORDS), "path": lambda: chance.choice(WORDS), "bool": lambda: chance.random() < 0.5,
        "int": lambda: chance.choice([-1, 0, 1, 50, 200, 10**9]), "float": lambda: chance.choice([-1.0, 0.5, 60.0]),
        "list": lambda: [chance.choice(WORDS) for _number in range(chance.choice([0, 1, 3]))],
        "dict": lambda: {chance.choice(WORDS): chance.choice([*WORDS, None, 7, [1], {"a": 1}]) for _number in range(chance.choice([0, 1, 12]))},
    }[kind]()


def nowhere(*_arguments, **_options):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def own_options(module):
    return importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + module).SPEC.options


def below(folder, options):
    """The same with every path below ``folder``: nothing else may be touched, whatever the sample is."""
    def moved(path):
        return "%s/%s" % (folder, str(path).replace("\x00", "").replace("..", "__").lstrip("/")) if str(path).startswith("/") else path
    found = dict(options)
    if isinstance(found.get("files"), dict):
        found["files"] = {moved(path): text for path, text in found["files"].items()}
    if isinstance(found.get("absent"), list):
        found["absent"] = [moved(path) for path in found["absent"]]
    return found


def attempt(module, options, check=False):
    """Run a task; give back its error, if it ends in one."""
    try:
        direct.run(module, check, **options)
    except SpecRefused as refused:
        return "argument spec: %s" % refused
    except TaskFailed as failed:
        assert failed.error["message"] and "\n" not in str(failed)
        return str(failed)
    return None


@pytest.mark.parametrize("module", MODULES)
def test_any_option_values(module, monkeypatch, tmp_path):
    chance, make, reached = random.Random(module), direct.use(monkeypatch), 0
    make()
    # The doctor contacts hosts by itself.
    monkeypatch.setattr(knock, "socket", types.SimpleNamespace(getaddrinfo=nowhere, SOCK_STREAM=socket.SOCK_STREAM))
    assert attempt("sdrs_topology", {"server_groups": [TOPOLOGY]}) is None
    for _draw in range(TASKS * DRAWN):
        given = {
            name: value(chance, spec) for name, spec in own_options(module).items()
            if name not in ("wait_timeout", "poll_interval") and (spec.get("required") or chance.random() < 0.5)
        }
        refused = attempt(module, below(tmp_path, given), chance.random() < 0.3)
        reached += not str(refused).startswith("argument spec")
        if reached == TASKS:
            return
    pytest.fail("only %d of %d samples passed the argument spec" % (reached, TASKS * DRAWN))


TOPOLOGY = {
    "name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp", "protection": "enabled",
    "protected_instances": [{"name": "erp", "server": "ecs-erp-web-1", "tags": {"a": "b"}, "replications": [{"device": "/dev/vda", "name": "erp"}]}],
}
