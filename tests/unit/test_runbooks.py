# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles drill and failover have to decide."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _drill, _failover, _hooks
from support import TaskFailed, run_task

NOW = datetime(2026, 11, 21, 3, tzinfo=timezone.utc)
INSTANCES = [{"id": "i-%s" % name, "name": name} for name in ("app", "db", "web")]


def passed(finished="2026-11-20T03:00:00Z", **changes):
    return {"what": "drill", "verdict": "passed", "finished": finished, "path": "p", **changes}


@pytest.mark.parametrize("reports, max_age, drilled, verdict", [
    ([passed()], "2d", None, "ok"),
    ([passed()], 1, None, "ok"),
    ([passed()], "23h", None, "overdue"),
    ([passed("2026-01-01T00:00:00Z"), passed()], "2d", None, "ok"),
    ([passed(verdict="check"), passed(what="failover")], "2d", None, "unknown"),
    ([passed(verdict="failed")], "2d", None, "overdue"),
    ([passed(verdict="failed")], "100d", True, "overdue"),  # the service counts it as a drill
    ([passed("2027-01-01T00:00:00Z")], "2d", None, "unknown"),  # not yet
    ([passed(None)], "2d", None, "unknown"),
    ([], "30d", False, "overdue"),
    ([], "300d", False, "unknown"),
    ([], "100d", True, "ok"),
    ([], "90d", True, "ok"),
    ([], "89d", True, "unknown"),
    ([], "90d", False, "overdue"),
    ([], "30d", True, "unknown"),
])
def test_the_age_of_the_last_successful_drill(reports, max_age, drilled, verdict):
    assert _drill.status(reports, max_age, drilled, NOW)["verdict"] == verdict


@pytest.mark.parametrize("text, seconds", [("90d", 7776000), ("12h", 43200), (2, 172800), ("1.5w", 907200), ("30 m", 1800), ("5s", 5)])
def test_lengths_of_time(text, seconds):
    assert _drill.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-1d", "1y", None, [], "1d2h"])
def test_what_is_no_length_of_time(text):
    with pytest.raises(ValueError, match="duration"):
        _drill.seconds(text)


def test_an_instance_without_a_drill_server_fails():
    drill = {"drill_servers": [{"drill_server_id": "s1", "protected_instance": "i-web"}, {"drill_server_id": "s2", "protected_instance": "i-db"}]}
    checked = [{"id": "s1", "checks": [], "passed": True}, {"id": "s2", "checks": [], "passed": True}]
    found = _drill.servers(checked, drill, INSTANCES)
    assert [(entry["protected_instance"], entry["passed"]) for entry in found] == [("app", False), ("db", True), ("web", True)]


def test_further_checks_reach_their_server():
    found = _drill.with_checks(
        [{"id": "s1", "checks": [], "passed": True}, {"id": "s2", "checks": [], "passed": True}],
        [{"id": "s2", "check": "verify_tasks", "status": "failed", "detail": "x", "at": None}],
    )
    assert [entry["passed"] for entry in found] == [True, False] and "id" not in found[1]["checks"][0]


@pytest.mark.parametrize("outcome, start, status, detail", [
    ({"finished": 1, "elapsed": 7}, {}, "passed", "answers to the probe host"),
    ({"finished": 1, "failed": True, "msg": "does not answer", "elapsed": 5}, {}, "failed", "does not answer"),
    ({"finished": 0, "elapsed": None}, {}, "failed", "did not finish"),
    ({"unreachable": True, "msg": "ssh"}, {}, "failed", "could not run the check: ssh"),
    (None, {"unreachable": True, "msg": "no route"}, "failed", "could not run the check: no route"),
    (None, None, "failed", "could not run the check"),
])
def test_what_a_probe_host_found_out(outcome, start, status, detail):
    server = {"id": "s1", "address": "192.168.0.1", "passed": True}
    down = {"id": "s2", "address": "192.168.0.2", "passed": False}
    target = {"drill_target": [server, 22]}
    results = [] if outcome is None else [dict(outcome, drill_try=target)]
    found = _drill.probed(results, [server, down], [22], "2026-11-21T03:00:00", [] if start is None else [dict(start, **target)])
    assert [(each["id"], each["check"], each["status"]) for each in found] == [("s1", "tcp_22", status)] and detail in found[0]["detail"]
    assert found[0]["at"].startswith("2026-11-21T03:00:07" if status == "passed" else "2026-11-21T03:00:00")


def test_delegated_tasks_must_register():
    tasks = [
        {"name": "a", "ansible.builtin.command": "x", "delegate_to": "h"},
        {"name": "b", "ansible.builtin.command": "x", "delegate_to": "h", "register": "b"},
        {"block": [{"name": "c", "delegate_to": "h"}], "rescue": [{"name": "d", "register": "d"}]},
        {"name": "e", "block": [{"name": "f"}], "delegate_to": "h"},
    ]
    found = _drill.verify_tasks(tasks)
    assert found["registers"] == ["b", "d"] and [problem[5:7] for problem in found["problems"]] == ["a:", "c:", "e:"]
    assert _drill.verify_tasks({"a": 1})["problems"] == ["it is not a list of tasks"]


def test_unreachable_hosts_are_found_in_loops_too():
    assert _drill.unreachable([{}, None, {"unreachable": True, "msg": "a"}, {"results": [{"unreachable": True, "msg": "b"}, {"rc": 0}]}]) == ["a", "b"]


@pytest.mark.parametrize("status, station, where", [
    ("protected", "target", "there"), ("failed-over", "target", "there"), ("protected", "source", "elsewhere"), ("failed-over", "source", "elsewhere"),
    ("reversing", "source", "in_flight"), ("failing-over", "target", "in_flight"), ("error-reversing", "target", "elsewhere"),
    ("available", "target", "elsewhere"),
])
def test_where_a_group_stands(status, station, where):
    assert _failover.position({"status": status, "priority_station": station}, "target") == where


def test_obstacles():
    checks = [
        {"check": name, "passed": name == "fine", "severity": severity, "detail": name}
        for name, severity in (("fine", "error"), ("servers_stopped", "error"), ("late", "advisory"), ("told", "warning"), ("status", "error"))
    ]
    assert _failover.obstacles(checks) == ["servers_stopped", "late", "status"]
    assert _failover.obstacles(checks, True, False) == ["status"]


def test_waves_end_with_what_no_wave_names():
    found = _failover.waves([{"instances": ["db"], "after": "a.yml"}], INSTANCES)
    assert [(wave["number"], wave["instances"]) for wave in found] == [(1, ["db"]), (2, ["app", "web"])]
    assert [wave["instances"] for wave in _failover.waves([], INSTANCES)] == [["app", "db", "web"]]
    assert len(_failover.waves([{"instances": ["db", "app", "web"]}], INSTANCES)) == 1


@pytest.mark.parametrize("wanted, text", [
    ([{"instances": ["db"]}, {"instances": ["db"]}], "wave 1 and in wave 2"),
    ([{"instances": ["mail"]}], "'mail', which is no protected instance of the group; available: app, db, web"),
    ([{"instance": ["db"]}], r"failover_waves\[0\]: a wave is a mapping with a list"),
    ([["db"]], "a wave is a mapping"),
    ([{"instances": ["db"], "befor": "x"}], "unknown wave key befor"),
    ([{"instances": ["db"], "ports": 22}], "ports has the wrong type"),
])
def test_waves_that_are_wrong(wanted, text):
    with pytest.raises(ValueError, match=text):
        _failover.waves(wanted, INSTANCES)


def test_as_groups_are_paused_and_resumed_unless_told_otherwise():
    found = _failover.as_groups(["web", {"id": "g", "after": {"desire_instance_number": 4}, "before": {"status": "inservice", "max_instance_number": 0}}])
    assert found == [
        {"before": {"status": "paused", "name": "web"}, "after": {"status": "inservice", "name": "web"}},
        {"before": {"status": "inservice", "max_instance_number": 0, "id": "g"}, "after": {"status": "inservice", "desire_instance_number": 4, "id": "g"}},
    ]


@pytest.mark.parametrize("wanted", [[1], [{}], [{"name": "a", "then": {}}], [{"name": "a", "after": {"delete": True}}]])
def test_as_groups_that_are_wrong(wanted):
    with pytest.raises(ValueError, match="failover_as_groups"):
        _failover.as_groups(wanted)


def test_files_are_written_as_a_whole_and_only_where_they_differ(tmp_path):
    path = str(tmp_path / "new" / "a.json")
    assert run_task("report_files", {"files": {path: "ä\n"}}, check_mode=True)["changed"] and not list(tmp_path.iterdir())
    assert run_task("report_files", {"files": {path: "ä\n"}})["changed"] and (tmp_path / "new" / "a.json").read_bytes() == "ä\n".encode()
    assert not run_task("report_files", {"files": {path: "ä\n"}})["changed"]
    assert run_task("report_files", {"absent": [path]})["changed"] and not run_task("report_files", {"absent": [path]})["changed"]
    assert not list((tmp_path / "new").iterdir())
    (tmp_path / "file").write_text("")
    for wrong in ({"files": {"a.json": ""}}, {"files": {}}, {"absent": ["b"]}, {"files": {str(tmp_path / "file" / "x"): ""}}):
        with pytest.raises(TaskFailed):
            run_task("report_files", wrong)


def remote(name="t", **keys):
    return {"name": name, "ansible.builtin.command": "x", "delegate_to": "dns", **keys}


@pytest.mark.parametrize("tasks, registers, problems", [
    ([remote(register="r")], ["r"], []),
    ([remote()], [], ["task t is delegated and must register its result, or it would go unnoticed that its host cannot be reached"]),
    ([remote(register="r"), remote("again", register="r")], ["r"], ["task again is delegated and must register its result under a name of its own"]),
    ([remote(delegate_to="{{ item }}")], [], ["task t is delegated"]),
    ([remote(delegate_to="localhost"), remote(delegate_to="near"), {"name": "t"}], [], []),
    ([remote(delegate_to="near", vars={"ansible_connection": "ssh"})], [], ["task t is delegated"]),
    ([remote(connection="local"), remote(vars={"ansible_connection": "local"})], [], []),
    ([{"name": "t", "connection": "ssh"}], [], ["task t is delegated"]),
    ([{"block": [{"name": "inner"}], "rescue": [{"name": "rescue", "register": "r"}], "delegate_to": "dns"}], ["r"], ["task inner is delegated"]),
    ([{"block": [remote(delegate_to="near")], "vars": {"ansible_connection": "ssh"}}], [], ["task t is delegated"]),
])
def test_what_a_hook_registers_of_hosts_that_may_be_unreachable(tasks, registers, problems):
    found = _hooks.look([tasks], ["dns"])
    assert found["registers"] == registers and len(found["problems"]) == len(problems) and found["guarded"] == (not problems)
    assert all(told.startswith(wanted) for told, wanted in zip(found["problems"], problems)), found
    assert not _hooks.look([tasks], ["dns"], whole=False)["guarded"]


def test_the_files_that_a_hook_includes_are_looked_at_and_roles_are_not_seen_through(tmp_path):
    from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils._roles.evidence import hook_look

    (tmp_path / "below.yml").write_text(json.dumps([remote(register="seen"), remote("unseen")]))
    (tmp_path / "hook.yml").write_text(json.dumps([{"name": "i", "block": [{"name": "b", "ansible.builtin.include_tasks": "below.yml"}]}]))
    found = hook_look(str(tmp_path / "hook.yml"), ["dns"])
    assert found["registers"] == ["seen"] and "hook.yml: task unseen is delegated" in found["problems"][0] and not found["guarded"]
    for task in ({"ansible.builtin.include_role": {"name": "x"}}, {"include_tasks": "{{ file }}"}, {"block": [{"import_role": {"name": "x"}}]}):
        (tmp_path / "hook.yml").write_text(json.dumps([task]))
        assert hook_look(str(tmp_path / "hook.yml"), ["dns"]) == {"registers": [], "problems": [], "guarded": False}
