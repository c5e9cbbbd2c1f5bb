# SPDX-License-Identifier: GPL-3.0-or-later
"""Several runs at once, each a process of its own, that name the same objects in different ways."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support import Workplace, eventually

RACER = str(Path(__file__).resolve().parent.parent / "racer.py")
# A drill takes a second and a half.
SLOWLY = "150"
NEW = {"name": "web", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}


@pytest.fixture
def simulator(start_simulator):
    running = start_simulator("--speed", SLOWLY)
    running.settings(first_sync_seconds=1)
    return running


@pytest.fixture
def protected(task, group):
    """The group ``erp``, protected and synchronised."""
    task("sdrs_protected_instance", server_group="erp", server="ecs-erp-web-1", name="web-1")
    task("sdrs_server_group", name="erp", protection="enabled")
    eventually(lambda: task("sdrs_readiness_info", server_group="erp", operation="drill")["ready"])
    return group


@pytest.fixture
def start(simulator):
    """``start(module, **options)``: the process of a task that begins in a moment, at the same time as others; ``home`` is one of its own."""
    running, begin = [], [None]

    def start_one(module, at_once=False, home=None, **options):
        begin[0] = begin[0] or time.time() + 1.5
        options = {**simulator.connection, "token_cache": False, **options}
        command = [sys.executable, RACER, module, json.dumps(dict(options, start_at=0 if at_once else begin[0]))]
        own = {"HOME": str(home), "TMPDIR": str(home), "XDG_STATE_HOME": "", "XDG_RUNTIME_DIR": ""} if home else {}
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(RACER).parent, env={**os.environ, **own}))
        return running[-1]

    yield start_one
    for process in running:
        process.kill()
        process.communicate()


def last(simulator, seconds):
    """From now on, creating a drill takes so many seconds."""
    simulator.settings(durations={"createDisasterRecoveryDrill": seconds * int(SLOWLY)})


def result(process):
    return json.loads(process.communicate(timeout=60)[0])


def writes(simulator):
    return [path for method, path, _status in simulator.log() if method != "GET"]


DRILL = {"name": "night", "drill_vpc": "vpc-drill"}
BY_NAME = ("sdrs_drill", dict(DRILL, server_group="erp"))
BY_ID = ("sdrs_drill", dict(DRILL, server_group="@"))
DOCUMENT = ("sdrs_topology", {"server_groups": [dict(NEW, name="erp", drills=[DRILL])]})


@pytest.mark.parametrize("runs", [
    (BY_NAME, BY_ID), (BY_ID, BY_ID), (DOCUMENT, BY_ID), (DOCUMENT, BY_NAME), (BY_NAME, BY_ID, DOCUMENT, BY_ID),
], ids=["name and ID", "ID and ID", "document and ID", "document and name", "four"])
def test_a_drill_is_created_once_however_its_group_is_named(runs, start, simulator, task, protected):
    # Shorter than a drill takes: who does not wait for the other does not see its drill.
    simulator.settings(list_lag_seconds=1)
    processes = [
        start(module, **{key: protected["id"] if value == "@" else value for key, value in options.items()}) for module, options in runs
    ]
    results = [result(process) for process in processes]
    assert sum(each.get("changed", False) for each in results) == 1 and not any("failed" in each for each in results), results
    assert [drill["name"] for drill in task("sdrs_drill_info", name="night")["drills"]] == ["night"]


def test_two_playbooks_make_one_drill(simulator, task, protected, tmp_path):
    """As users run them: one names the group, the other looks its ID up first, as roles do."""
    last(simulator, 6)
    simulator.settings(list_lag_seconds=3)
    eventually(lambda: task("sdrs_server_group_info", name="erp")["server_groups"])  # the list lags behind its creation, too
    play = {"hosts": "localhost", "gather_facts": False, "module_defaults": {"group/cloud_dr.sdrs.sdrs": "{{ sdrs_connection }}"}}
    look = {"cloud_dr.sdrs.sdrs_server_group_info": {"name": "erp"}, "register": "found"}
    (tmp_path / "by_name.yml").write_text(json.dumps([dict(play, tasks=[{"cloud_dr.sdrs.sdrs_drill": BY_NAME[1]}])]))
    by_id = {"cloud_dr.sdrs.sdrs_drill": dict(DRILL, server_group="{{ found.server_groups[0].id }}")}
    (tmp_path / "by_id.yml").write_text(json.dumps([dict(play, tasks=[look, by_id])]))
    place = Workplace(tmp_path, simulator)
    place.inventory(localhost={"ansible_connection": "local", "ansible_python_interpreter": sys.executable})
    running = [place.start(str(tmp_path / name)) for name in ("by_name.yml", "by_id.yml")]
    assert [process.wait(60) for process in running] == [0, 0]
    assert [drill["name"] for drill in task("sdrs_drill_info", name="night")["drills"]] == ["night"]


def test_a_document_that_creates_a_group_and_a_run_that_has_learnt_its_id(start, simulator, task):
    """The document knows a name alone; the other run nothing but the ID that a list shows while the group is being made."""
    instances = [{"name": name, "server": "ecs-erp-" + name} for name in ("web-1", "web-2")]
    document = start("sdrs_topology", at_once=True, server_groups=[dict(NEW, protected_instances=instances, protection="enabled")])
    eventually(lambda: task("sdrs_server_group_info", name="web")["server_groups"], 30)
    group = task("sdrs_server_group_info", name="web")["server_groups"][0]
    other = start("sdrs_protected_instance", at_once=True, server_group=group["id"], server="ecs-erp-db-1", name="db-1")
    assert result(document) == {"changed": True} and result(other) == {"changed": True}
    order = [path.rpartition("/")[2] for path in writes(simulator)]
    # The group, two instances and protection; only then what the other run asks for.
    assert order == ["server-groups", "protected-instances", "protected-instances", "action", "protected-instances"]


def test_a_group_is_created_once(start, task):
    results = [result(process) for process in [start("sdrs_topology", server_groups=[NEW]), start("sdrs_server_group", **NEW)]]
    assert sorted(each.get("changed") for each in results) == [False, True]
    assert len(task("sdrs_server_group_info", name="web")["server_groups"]) == 1


def test_a_killed_run_leaves_no_lock(start, simulator, task, protected):
    first = start(BY_NAME[0], at_once=True, **BY_NAME[1])
    eventually(lambda: any("disaster-recovery-drills" in path for path in writes(simulator)))
    first.kill()
    assert result(start("sdrs_drill", at_once=True, **dict(DRILL, server_group=protected["id"]))) == {"changed": False}
    assert len(task("sdrs_drill_info", name="night")["drills"]) == 1


def test_who_holds_a_lock_is_named(start, simulator, protected):
    last(simulator, 15)
    first = start(BY_NAME[0], at_once=True, **BY_NAME[1])
    eventually(lambda: any("disaster-recovery-drills" in path for path in writes(simulator)))
    failed = result(start("sdrs_protected_instance", at_once=True, server_group="erp", name="web-1", state="absent", wait_timeout=0.1))
    assert "protection group erp is being changed by process %d on this machine since 20" % first.pid in failed["failed"]


def containers(tmp_path):
    """The homes of two jobs of AWX, which share no file."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir(mode=0o700)
        yield tmp_path / name


def test_jobs_in_two_containers_see_each_others_switch_through_the_service(start, simulator, task, protected, tmp_path):
    one, two = containers(tmp_path)
    simulator.settings(durations={"failoverProtectionGroupNoCG": 4 * int(SLOWLY)})
    simulator.forget()
    switch = {"server_group": "erp", "active_site": "target", "mode": "unplanned", "force": True}
    first = start("sdrs_failover", at_once=True, home=one, **switch)
    eventually(lambda: writes(simulator))
    second = start("sdrs_failover", at_once=True, home=two, **switch)
    third = start("sdrs_server_group", at_once=True, home=two, name="erp", protection="enabled")
    assert result(first) == {"changed": True} and result(second) == {"changed": False} and "failed-over" in result(third)["failed"]
    assert len(writes(simulator)) == 1, "nobody sends what is in flight, and nobody re-protects behind it"


def test_jobs_in_two_containers_make_one_group(start, task, tmp_path):
    """Neither sees the other's before both are made: the younger one is withdrawn."""
    results = [result(process) for process in [start("sdrs_server_group", home=home, **NEW) for home in containers(tmp_path)]]
    assert sum(each.get("changed", False) for each in results) == 1 or any("at the same time" in each.get("failed", "") for each in results)
    assert len(task("sdrs_server_group_info", name="web")["server_groups"]) == 1
    assert not task("sdrs_server_group", **NEW)["changed"]
