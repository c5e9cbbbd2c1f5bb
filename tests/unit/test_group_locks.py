# SPDX-License-Identifier: GPL-3.0-or-later
"""Which protection groups every module locks, however its task names them, and what that costs."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib

import direct
import pytest
from group_tasks import GROUP, TASKS, build, ids, named

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import declaration as kinds_of_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import lock, run
from support import ROOT, TaskFailed

# Modules that change no group.
NONE = {
    "vpc": "VPCs are of no group", "as_group": "AS groups are of no group", "sdrs_failed_task": "deletes records of jobs, no content of a group",
    "report_files": "asks no service", "run_ending": "asks no service", "run_journal": "asks no service", "vpc_eip": "elastic IPs are of no group",
}


def declarations():
    """``{module: Declaration}`` of those that change something."""
    found = {}
    for path in sorted((ROOT / "plugins" / "modules").glob("*.py")):
        declaration = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + path.stem).DECLARATION
        if not isinstance(declaration, (kinds_of_module.Query, kinds_of_module.Diagnosis)):
            found[path.stem] = declaration
    return found


def test_every_module_that_changes_a_group_locks_it():
    unlocked = {module for module, declaration in declarations().items() if not getattr(declaration, "locks", None)}
    assert unlocked == set(NONE) and {module for module, _options in TASKS} == set(declarations()) - set(NONE)


def attempt(module, options):
    # Some of these worlds refuse the task: the locks come before that.
    with contextlib.suppress(TaskFailed):
        direct.run(module, **options)


@pytest.fixture
def held(monkeypatch):
    """Locks as they are taken, with how many requests had been written then."""
    taken, original = [], lock.LockFiles.take_all

    def take_all(self, held, keys, begun):
        taken.append(set(keys))
        return original(self, held, keys, begun)

    monkeypatch.setattr(lock.LockFiles, "take_all", take_all)
    return taken


@pytest.mark.parametrize("module, options", TASKS, ids=lambda value: value if isinstance(value, str) else " ".join(map(str, value.items()))[:60])
def test_the_group_is_locked_by_its_id_at_no_cost(module, options, monkeypatch, held):
    make = direct.use(monkeypatch)
    cloud = build(make)
    known = ids(cloud)
    held.clear()
    attempt(module, named(options, known))
    assert len(held) == 1 and ("id", known["erp"].lower()) in held[0]
    if "new" in options.values():
        assert ("name", "new") in held[0] or module != "sdrs_server_group"
    reads = len(cloud.reads)
    cloud = build(make)
    monkeypatch.setattr(run, "locked", lambda *_args: contextlib.nullcontext())
    attempt(module, named(options, ids(cloud)))
    assert reads <= len(cloud.reads)


def test_what_does_not_exist_yet_is_locked_by_its_name(monkeypatch, held):
    direct.use(monkeypatch)()
    direct.run("sdrs_server_group", **GROUP)
    direct.run("sdrs_topology", server_groups=[dict(GROUP, name="web"), dict(GROUP)])
    known = {name for keys in held for kind, name in keys if kind == "name"}
    assert held[0] == {("name", "erp"), lock.CREATING} and ("name", "web") in held[1] and ("name", "erp") in held[1] and known == {"erp", "web"}


def test_servers_of_no_group_lock_nothing(monkeypatch, held):
    direct.use(monkeypatch)()
    direct.run("ecs_power", servers=["ecs-erp-web-1"], state="stopped")
    assert not held


NEEDED = [
    ("sdrs_failover", {}, True), ("sdrs_topology", {}, True), ("sdrs_drill", {"state": "present"}, True), ("sdrs_drill", {"state": "absent"}, True),
    ("sdrs_server_group", {"state": "present"}, False), ("sdrs_server_group", {"state": "absent"}, True),
    ("sdrs_server_group", {"state": "present", "protection": "enabled"}, True), ("sdrs_server_group", {"state": "present", "protection": "disabled"}, True),
    *((module, {"state": state}, state == "absent") for state in ("present", "absent")
      for module in ("sdrs_protected_instance", "sdrs_protected_instance_batch", "sdrs_protected_instance_nic", "sdrs_tag")),
    ("sdrs_replication", {"state": "present", "purge_attachments": False}, False), ("sdrs_replication", {"state": "absent", "purge_attachments": False}, True),
    ("sdrs_replication", {"state": "present", "purge_attachments": True}, True), ("sdrs_protected_instance_resize", {}, False),
    ("sdrs_drift", {}, False), ("sdrs_failover_batch", {}, True), ("sdrs_drill_batch", {}, True),
    ("sdrs_recovery_servers", {"state": "started"}, False), ("sdrs_recovery_servers", {"state": "stopped"}, True),
    ("ecs_power", {"state": "started"}, False), ("ecs_power", {"state": "stopped"}, True),
]


@pytest.mark.parametrize("module, options, needed", NEEDED)
def test_which_tasks_do_not_run_without_a_lock(module, options, needed):
    declaration = declarations()[module]
    required = {each.name: "" for each in dataclasses.fields(declaration.options) if each.default is dataclasses.MISSING}
    assert bool(declaration.locks.needed(declaration.options.of({**required, **options}))) is needed


def test_of_every_module_it_is_known_what_does_not_run_without_a_lock():
    assert {name for name, _options, _needed in NEEDED} == set(declarations()) - set(NONE)


@pytest.fixture
def homeless(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    cloud = build(direct.use(monkeypatch))
    for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "file"))
    return cloud


def test_without_a_lock_nothing_dangerous_is_sent(homeless):
    for module, options in (("sdrs_drill", {"server_group": "erp", "name": "drill", "state": "absent"}),
                            ("sdrs_failover", {"server_group": "erp", "active_site": "target", "mode": "unplanned", "force": True}),
                            ("ecs_power", {"server_group": "erp", "site": "production", "state": "stopped"})):
        with pytest.raises(TaskFailed, match="cannot be locked"):
            direct.run(module, **options)
        assert not homeless.written
    assert direct.run("sdrs_protected_instance", server_group="erp", name="web", tags={"a": "b"})["changed"]
    assert direct.run("sdrs_drill", check=True, server_group="erp", name="drill", state="absent")["changed"], "check mode locks nothing"


@pytest.mark.parametrize("option, variable", [(True, None), (None, "1"), (None, "true"), (True, "0")])
def test_unless_it_is_told_so(option, variable, homeless, monkeypatch):
    if variable:
        monkeypatch.setenv("SDRS_ALLOW_UNLOCKED", variable)
    assert direct.run("sdrs_drill", server_group="erp", name="drill", state="absent", allow_unlocked=option)["changed"]


@pytest.mark.parametrize("option, variable", [(False, "1"), (None, "0"), (None, "")])
def test_an_option_beats_the_environment(option, variable, homeless, monkeypatch):
    monkeypatch.setenv("SDRS_ALLOW_UNLOCKED", variable)
    with pytest.raises(TaskFailed, match="cannot be locked"):
        direct.run("sdrs_drill", server_group="erp", name="drill", state="absent", allow_unlocked=option)
