# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests share: the collection importable by its name, simulators, and running a module in this process."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import play_server
import pytest
import requests

ROOT = Path(__file__).resolve().parent.parent
TREE = ROOT / ".build" / "tree"
SPEED = "1000"


def _link_tree() -> None:
    """``ansible_collections/cloud_dr/sdrs`` as a link to the checkout, so that the collection can be imported by its name."""
    link = TREE / "ansible_collections" / "cloud_dr" / "sdrs"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        try:
            link.symlink_to(ROOT)
        except FileExistsError:
            pass


_link_tree()
for _place in (str(TREE), str(ROOT / "extensions" / "simulator")):
    if _place not in sys.path:
        sys.path.insert(0, _place)


def nightly(*values: Any, **options: Any) -> Any:
    """Parameters of a test that ``make test`` leaves out: another of its parameters covers most of it."""
    return pytest.param(*values, marks=pytest.mark.nightly, **options)


class Simulator:
    """A running simulator; ``info`` is its start line."""

    def __init__(self, *arguments: str) -> None:
        environment = dict(os.environ, PYTHONPATH=str(ROOT / "extensions" / "simulator"))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sdrs_simulator", *arguments], stdout=subprocess.PIPE, text=True, env=environment, cwd="/"
        )
        assert self.process.stdout
        self.info: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.url: str = self.info["url"]

    @property
    def connection(self) -> dict[str, str]:
        """Connection options with access keys."""
        return {
            "endpoint": self.url, "region": self.info["region"], "project_id": self.info["project_id"],
            "access_key": self.info["access_key"], "secret_key": self.info["secret_key"],
        }

    def log(self) -> list[tuple[str, str, int]]:
        """The requests so far as ``(method, path, status)``."""
        entries = requests.get(self.url + "/__simulator__/requests", timeout=10).json()["requests"]
        return [(entry["method"], entry["path"], entry["status"]) for entry in entries]

    def forget(self) -> None:
        requests.delete(self.url + "/__simulator__/requests", timeout=10)

    def fail_job(self, **fault: Any) -> None:
        requests.post(self.url + "/__simulator__/faults", json=fault, timeout=10)

    def fault(self, **fault: Any) -> None:
        """Let a fault meet requests; ``wire`` of the simulator says what it may be."""
        self.fail_job(**fault)

    def forget_faults(self) -> None:
        requests.delete(self.url + "/__simulator__/faults", timeout=10)

    def keep(self) -> None:
        requests.post(self.url + "/__simulator__/keep", timeout=10)

    def restore(self) -> None:
        requests.post(self.url + "/__simulator__/restore", timeout=10)

    def settings(self, **settings: Any) -> dict[str, Any]:
        return requests.put(self.url + "/__simulator__/settings", json=settings, timeout=10).json()

    def patch(self, collection: str, object_id: str, **fields: Any) -> None:
        assert requests.patch("%s/__simulator__/%s/%s" % (self.url, collection, object_id), json=fields, timeout=10).ok

    def lose(self, collection: str, object_id: str) -> None:
        """Let a server or disk vanish without SDRS being asked."""
        assert requests.delete("%s/__simulator__/%s/%s" % (self.url, collection, object_id), timeout=10).ok

    def server(self, name: str) -> str:
        return next(server["id"] for server in self.info["servers"] if server["name"] == name)

    def volume(self, name: str) -> str:
        return next(volume["id"] for volume in self.info["volumes"] if volume["name"] == name)

    def vpc(self, name: str) -> str:
        return next(vpc["id"] for vpc in self.info["vpcs"] if vpc["name"] == name)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout
        self.process.stdout.close()


def eventually(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until ``condition()`` is true, which takes at most ``seconds`` on a machine that has nothing else to do."""
    deadline = time.monotonic() + 5 * seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


class TaskFailed(Exception):
    """A task ended failed; ``result`` is what the module would have returned."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error.as_dict()
        self.result = error.result


class SpecRefused(AssertionError):
    """The argument spec does not let the options through."""


class Host:
    """The third host beside the module and the action plugin: the test itself."""

    def __init__(self, check_mode: bool = False) -> None:
        self.check_mode = check_mode
        self.warnings: list[str] = []
        self.secrets: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    def mask(self, secrets: Iterable[str]) -> None:
        self.secrets += secrets

    def alive(self) -> None:
        pass


def run_task(module: str, options: dict, check_mode: bool = False, host: Host | None = None) -> dict[str, Any]:
    """Run a module's declaration in this process, options validated by its argument spec."""
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import errors
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import run
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._module import argument_spec

    loaded: Any = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + module)
    seen: dict[str, Any] = {}

    def catch(spec: Any, declaration: Any) -> None:
        seen.update(spec=argument_spec.CONNECTION + spec, declaration=declaration)

    original, loaded.run_module = loaded.run_module, catch
    try:
        loaded.main()
    finally:
        loaded.run_module = original
    kwargs = seen["spec"].kwargs()
    validated = ArgumentSpecValidator(kwargs.pop("argument_spec"), **kwargs).validate(options)
    if validated.error_messages:
        raise SpecRefused(validated.error_messages)
    try:
        return run.run(seen["declaration"], validated.validated_parameters, host or Host(check_mode))
    except errors.SdrsError as error:
        raise TaskFailed(error) from error


def cores() -> dict[str, Path]:
    """``{version: folder of its commands}`` of the ansible-core releases that are here: that of the tests, and those of ``make hostile``."""
    found: dict[str, Path] = {}
    for place in (Path(sys.executable).parent, *sorted((ROOT / ".build").glob("venv-*/bin"))):
        about = next(place.parent.glob("lib/python*/site-packages/ansible_core-*.dist-info"), None)
        if about and (place / "ansible-playbook").exists():
            found.setdefault(".".join(about.name.split("-")[1].split(".")[:2]), place)
    return dict(sorted(found.items(), key=lambda entry: tuple(map(int, entry[0].split(".")))))


def environment_of_plays(**environment: str) -> dict[str, str]:
    """Environment variables of ansible-playbook: the collection's path, no credentials, and these."""
    own = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "HW_", "SDRS_"))}
    settings = {"ANSIBLE_COLLECTIONS_PATH": str(TREE), "ANSIBLE_LOCALHOST_WARNING": "0", "ANSIBLE_SHOW_CUSTOM_STATS": "1",
                "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0"}
    return {**own, **settings, **environment}


def ansible_playbook(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The completed process of ``ansible-playbook`` with these arguments."""
    return play_server.run([str(Path(sys.executable).with_name("ansible-playbook")), *arguments], environment_of_plays(**environment), folder)


class Workplace:
    """A user's folder with an inventory; playbooks are run in it as users run them.

    :param core: the folder of the commands of an ansible-core; default: that of the tests
    """

    def __init__(self, folder: Path, simulator: Simulator, core: Path | None = None) -> None:
        self.folder = folder
        self.connection: dict[str, Any] = {**simulator.connection, "token_cache": False}
        self.core = core or Path(sys.executable).parent

    def inventory(self, **hosts: Any) -> None:
        """Write ``inventory.yml`` with these hosts and their variables."""
        content = {"all": {"hosts": hosts, "vars": {"sdrs_connection": self.connection}}}
        (self.folder / "inventory.yml").write_text(json.dumps(content))

    def __call__(self, playbook: str, *arguments: str, inventory: str = "inventory.yml", **environment: str) -> subprocess.CompletedProcess[str]:
        """The ended process; with ``start`` in place of a call, the running one."""
        command = self._command(playbook, arguments, inventory, environment)
        return play_server.run(command["args"], command["env"], command["cwd"])

    def start(self, playbook: str, *arguments: str, inventory: str = "inventory.yml", **environment: str) -> subprocess.Popen:
        return subprocess.Popen(
            **self._command(playbook, arguments, inventory, environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _command(self, playbook: str, arguments: Iterable[str], inventory: str, environment: dict[str, str]) -> dict[str, Any]:
        name = playbook if playbook.endswith(".yml") else "cloud_dr.sdrs." + playbook
        command = [str(self.core / "ansible-playbook"), name, "-i", inventory, *arguments]
        return {"args": command, "env": environment_of_plays(**environment), "cwd": self.folder}

    def typed(self, words: list[str], **environment: str) -> subprocess.CompletedProcess[str]:
        """Carry out a command ``ansible-playbook ...`` as a person would paste it."""
        return play_server.run([str(self.core / "ansible-playbook"), *words[1:]], environment_of_plays(**environment), self.folder)

    def report(self, what: str, group: str = "erp") -> tuple[dict[str, Any], Path]:
        """The newest report as ``(content of the JSON, path without its ending)``."""
        newest = sorted((self.folder / "reports" / group).glob(what + "-*.json"))[-1]
        return json.loads(newest.read_text()), newest.with_suffix("")
