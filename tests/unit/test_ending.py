# SPDX-License-Identifier: GPL-3.0-or-later
"""The last lines of a runbook: what is true, what is not done, what to type."""

from __future__ import annotations

import json
import shlex

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._recovery import journal
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _console, _ending, _ending_lines, _ending_runs, _failover, _guards, _report

T0, T9 = "2026-11-23T10:00:00+00:00", "2026-11-23T10:00:09+00:00"
PROTECTED = {"id": "g", "name": "erp", "status": "protected", "priority_station": "source", "source_availability_zone": "a", "target_availability_zone": "b"}
OVER = dict(PROTECTED, status="failed-over", priority_station="target")
WAVES = [{"instances": ["db"], "number": 1}, {"instances": ["app-1", "app-2"], "number": 2}]
COMMAND = {"playbook": "cloud_dr.sdrs.failover", "inventory": ["inventory.yml"], "extra_vars": ["failover_confirm=erp"], "limit": None, "all_hosts": ["erp"],
           "options": [], "local": False}


def server(name, status="passed", detail=""):
    return {"id": "id-" + name, "protected_instance": name, "checks": [{"check": "status", "status": status, "detail": detail}]}


def run(**changes):
    return {"what": "failover", "host": "erp", "subject": "erp", "group": OVER, "position": "elsewhere", "site": "target", "waves": WAVES,
            "milestones": [{"name": "requested", "at": T0}, {"name": "switched", "at": T9}], "servers": [server("db"), server("app-1"), server("app-2")],
            "results": [{"operations": [{"operation": "failover", "resource_type": "server_group", "name": "erp"}]}], **changes}


def shown(*endings, **command):
    return _ending_lines.block([_ending.ending(each) if "what" in each else each for each in endings], {**COMMAND, **command})


def text(lines):
    """The lines as one, without their breaks."""
    return " ".join(" ".join(lines).split())


def parts(lines):
    """``{label: its lines}``."""
    found, label = {}, None
    for line in lines:
        label = next((name for name in ("STATE", "DONE", "NOT DONE", "NEXT") if line.startswith(name)), label)
        found.setdefault(label, []).append(line[len(label):] if line.startswith(label) else line)
    return {name: text(each) for name, each in found.items()}


@pytest.mark.parametrize("changes, state, done, not_done, following", [
    ({}, ("target site (b)", "NOT protected", "servers 3 of 3 verified up"), ("switched after 9 s",), ("re-protection",), "cloud_dr.sdrs.reprotect"),
    ({"servers": [server("db", "failed", "no answer")], "errors": [{"msg": "Wave 1 did not pass"}]},
     ("servers 0 of 3 verified up, failed: db, not tried: app-1, app-2",), ("switched",), ("Wave 1 did not pass", "wave 2: app-1, app-2 not tried"),
     "cloud_dr.sdrs.failover"),
    ({"group": PROTECTED, "milestones": [{"name": "requested", "at": T0}], "servers": [], "results": [], "errors": [{"msg": "not ready"}]},
     ("source site (a)", "protected: its data"), ("nothing: nothing was sent",), ("not ready", "the switch to the target site", "wave 1: db not tried"),
     "cloud_dr.sdrs.failover"),
    ({"group": {}, "milestones": [], "servers": [], "results": [], "waves": [], "errors": [{"msg": "HTTP 503", "error": {"http_status": 503}}]},
     ("not read in this run",), ("nothing: nothing was sent",), ("HTTP 503", "failover: not started"), "cloud_dr.sdrs.doctor"),
    ({"group": {}, "milestones": [], "servers": [], "results": [], "errors": [{"msg": "wrong password", "error": {"http_status": 401}}]},
     ("not read in this run",), ("nothing",), ("wrong password",), "cloud_dr.sdrs.doctor"),
    ({"group": dict(PROTECTED, status="failing-over"), "milestones": [{"name": "requested", "at": T0}], "servers": [], "results": [],
      "stopped_by": "SIGTERM", "task": "Switch the production site", "writing": True},
     ("in flight (failing-over)",), ("nothing is known to have completed",), ("ended by SIGTERM during: Switch", "may still be running"),
     "cloud_dr.sdrs.failover"),
    ({"check_mode": True, "group": PROTECTED, "milestones": [], "servers": [], "results": [], "would": ["switch", "start wave 1"]},
     ("source site",), ("nothing: check mode changes nothing",), ("would be done, in this order: 1. switch; 2. start wave 1",), "cloud_dr.sdrs.failover"),
    ({"position": "there", "results": [], "milestones": [{"name": "requested", "at": T0}], "reasons": ["nothing was switched: production is there"]},
     ("target site",), ("nothing was switched",), ("nothing was switched: production is there",), "cloud_dr.sdrs.reprotect"),
])
def test_each_way_a_failover_ends(changes, state, done, not_done, following):
    lines = shown(run(**changes))
    found = parts(lines)
    assert list(found) == ["STATE", "DONE", "NOT DONE", "NEXT"] and len(lines) <= 15 and max(map(len, lines)) <= 80, lines
    for label, wanted in (("STATE", state), ("DONE", done), ("NOT DONE", not_done)):
        assert not [each for each in wanted if each not in found[label]], (label, found[label])
    assert "ansible-playbook %s " % following in found["NEXT"].replace("\\ ", ""), found["NEXT"]


def test_the_next_command_is_what_was_typed_and_no_more():
    extra = ["@vars.yml", "failover_confirm=erp failover_force=true", json.dumps({"failover_waves": [{"instances": ["a b"]}]}), "db_password=geheim"]
    words, left_out = _ending_lines.typed_again(dict(COMMAND, extra_vars=extra), _ending.step("again", confirm=True), ["erp"], ["erp"])
    typed = shlex.split(" ".join(words))
    assert typed[:4] == ["ansible-playbook", "cloud_dr.sdrs.failover", "-i", "inventory.yml"] and typed[-1] == "failover_confirm=erp"
    assert json.dumps({"failover_waves": [{"instances": ["a b"]}]}) in typed and "@vars.yml" in typed and "failover_force=true" in typed
    assert left_out == ["db_password"] and "geheim" not in " ".join(words)
    other, _left = _ending_lines.typed_again(dict(COMMAND, extra_vars=extra), _ending.step("then", "reprotect", confirm=True), ["erp"], ["erp"])
    assert "cloud_dr.sdrs.reprotect" in other and "failover_force=true" not in " ".join(other)
    planned = dict(COMMAND, playbook="cloud_dr.sdrs.plan", extra_vars=["topology_prune=true plan_fail_on_drift=true"])
    applied, _left = _ending_lines.typed_again(planned, _ending.step("apply it", "converge"), ["erp"], ["erp"])
    assert "topology_prune=true" in applied[-1] and "plan_fail" not in " ".join(applied), "what is applied is what was planned"
    assert "topology_prune" not in " ".join(_ending_lines.typed_again(planned, _ending.step("prove it", "drill"), ["erp"], ["erp"])[0])
    narrowed, _left = _ending_lines.typed_again(dict(COMMAND, all_hosts=["erp", "crm"]), _ending.step("x"), ["erp"], ["erp"])
    assert "--limit erp" in narrowed


def test_ten_groups_fit_fifteen_lines_and_those_that_failed_come_first():
    names = ["group-%02d" % number for number in range(10)]
    endings = [run(host=name, subject=name, group=dict(OVER, name=name)) for name in names]
    endings[7].update(servers=[], results=[], group=dict(PROTECTED, name=names[7]), milestones=[], errors=[{"msg": "no room"}])
    lines = shown(*endings, all_hosts=names)
    found = parts(lines)
    assert len(lines) <= 15 and found["STATE"].startswith("group-07: production at the source site") and "group-07: no room" in found["NOT DONE"]
    assert "--limit group-07" in found["NEXT"] and "failover_confirm=group-07" in found["NEXT"] and "group-01" not in found["NEXT"]


def test_hostile_text_moves_no_cursor_and_opens_no_command():
    evil = "e\x1b[2Jrp\nSTATE fine; $(reboot)"
    lines = shown(run(group=dict(OVER, name=evil), subject="erp", errors=[{"msg": "\x1b]0;x\x07" + evil}]))
    assert not any(character in "".join(lines) for character in "\x1b\x07\n") and sum(line.startswith("STATE") for line in lines) == 1
    words, _left = _ending_lines.typed_again(COMMAND, _ending.step("x", confirm=True), ["erp"], ["$(reboot)"])
    assert shlex.split(" ".join(words))[-1] == "failover_confirm=$(reboot)" and "'failover_confirm=$(reboot)'" in " ".join(words)


@pytest.mark.parametrize("confirm, groups, wanted, unwanted", [
    ("erp", {"erp": None, "crm": None, "db": None}, "add --limit erp", "failover_confirm=crm"),
    ("", {"erp": None}, "add -e failover_confirm=erp", "--limit"),
    ("", {"erp": None, "crm": None}, "add --limit and -e failover_confirm with its name", "crm,erp"),
    ("erp,web", {"erp": None, "crm": None}, "confirmed, but not in this run: web", "failover_confirm=crm"),
])
def test_a_refusal_never_suggests_to_switch_everything(confirm, groups, wanted, unwanted):
    problem = _guards.switch_problems(confirm, groups, {})[-1]
    assert wanted in problem and unwanted not in problem, problem
    endings = _ending.refusals(groups, "failover", [problem], _guards.named("failover_confirm", confirm))
    lines = _ending_lines.block(endings, dict(COMMAND, all_hosts=list(groups), extra_vars=[]))
    following = parts(lines)["NEXT"].replace("\\ ", "")
    assert len(lines) <= 15 and ("--limit erp" in following) == (len(groups) > 1) and "failover_confirm=erp" in following and unwanted not in following


@pytest.mark.parametrize("name, role, wanted", [
    ("failover_wavs", "failover", "failover_waves"), ("drill_verify_task", "drill", "drill_verify_tasks"), ("topology_prunes", "topology", "topology_prune"),
    ("drift_repairs", "drift", "drift_repair"), ("failover_our_dns_zone", "failover", None), ("failover_waves", "failover", None),
    ("drill_group", "drill", None), ("failover_confirmed", "failover", "failover_confirm"),
])
def test_misspelled_variables_are_told_with_the_name_that_is_meant(name, role, wanted):
    from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils._options import options

    found = _guards.misspelled([name], options(), role)
    assert bool(found) == bool(wanted) and (not wanted or "did you mean %s?" % wanted in found[0])


def readiness(status="protected", site="source", healthy=True):
    checks = [{"check": "group_status", "passed": status == "protected", "severity": "error", "detail": "protection group erp is %r" % status},
              {"check": "servers_stopped", "passed": False, "severity": "error", "detail": "db runs"},
              {"check": "production_fault", "passed": not healthy, "severity": "warning", "detail": "healthy"}]
    return {"server_group": dict(PROTECTED, status=status, priority_station=site), "checks": checks, "project": {"id": "p", "endpoint": "e"}}


def wanted(**changes):
    return {"what": "failover", "site": "target", "planned": False, "force": False, "reprotect": False, "waves": [], "as_groups": [], "vpcs": [],
            "rto_target": None, "subject": "erp", "check_mode": False, **changes}


def test_an_unplanned_failover_of_a_healthy_production_needs_force():
    instances = [{"name": "db"}]
    found = _failover.look(readiness(), instances, [], wanted())
    assert "looks healthy" in found["obstacles"][-1] and found["about"]["next"]["check"], "a running server stands against it, too"
    calm = readiness()
    calm["checks"] = [calm["checks"][0], calm["checks"][2]]
    assert _failover.look(calm, instances, [], wanted())["about"]["next"]["playbook"] == "planned_failover"
    calm["checks"][1]["passed"] = True
    assert not _failover.look(calm, instances, [], wanted())["obstacles"]
    assert not _failover.look(readiness(), instances, [], wanted(planned=True, what="planned_failover"))["obstacles"], "it stops what runs"


def test_check_mode_rehearses_in_order_and_a_run_says_what_it_found():
    waves = [{"instances": ["db"], "before": "dns.yml", "ports": [5432]}]
    found = _failover.look(readiness(), [{"name": "db"}, {"name": "app"}], [], wanted(planned=True, waves=waves, as_groups=["web"], check_mode=True))
    assert [step.split(":")[0] for step in found["would"]] == [
        "change AS group web", "stop the servers of wave 2", "stop the servers of wave 1", "switch production to the target site (planned)", "run dns.yml",
        "start and verify wave 1", "start and verify wave 2", "change AS group web back"]
    assert "wave.yml" not in [part["file"] for part in found["parts"]]
    assert any("1 of your waves (failover_waves), 1 hooks, ports for 1 waves, 1 AS groups, RTO target none" in line for line in found["shown"])
    assert any("no failover_waves" in line for line in _failover.look(readiness(), [], [], wanted())["shown"])


def test_a_group_in_flight_is_told_as_in_flight():
    found = _failover.look(readiness("failing-over"), [{"name": "db"}], [], wanted(check_mode=True))
    assert found["position"] == "in_flight" and not found["obstacles"] and "in flight (failing-over)" in found["shown"][0]
    assert found["would"][0].startswith("wait for the switch in flight")


def test_nothing_is_measured_where_nothing_was_switched():
    report = _report.build({**run(position="there", results=[], target_seconds=1), "server_group": OVER})
    assert report["verdict"] == "failed" and report["measured_seconds"] is None and report["reasons"] == [
        "nothing was switched: production is already at the target site; failover_allow_no_change=true accepts that"]
    allowed = _report.build({**run(position="there", results=[], target_seconds=1, allow_no_change=True), "server_group": OVER})
    assert allowed["verdict"] == "passed" and not allowed["reasons"]
    resumed = _report.build({**run(position="there", results=[], interrupted=True), "server_group": OVER})
    assert resumed["verdict"] == "passed"


def test_operations_are_counted_as_terraform_does():
    operations = [{"operation": name} for name in ("create", "create", "attach", "update", "tag", "delete", "untag")]
    assert _ending_runs.planned(operations) == "Plan: 3 to create, 3 to change, 1 to delete"
    about = {"host": "erp", "subject": "erp"}
    done = _ending_runs.topology(about, {"operations": operations, "server_groups": []})
    assert "Applied: 3 created, 3 changed, 1 deleted" in done["done"][0] and not done["failed"]
    gone = [{"operation": "delete", "resource_type": "server_group", "name": "erp"}]
    assert "removed" in _ending_runs.topology(about, {"operations": gone, "server_groups": [PROTECTED]})["state"][0]
    assert "production" in _ending_runs.topology(dict(about, check_mode=True), {"operations": gone, "server_groups": [PROTECTED]})["state"][0]
    failed = _ending_runs.topology(about, {"failed": True, "msg": "x", "operations": operations[:1], "branches": {
        "failed": [{"path": "server_groups[0]", "message": "no room."}], "not_tried": ["a", "b"], "blocked": []}})
    assert failed["failed"] and "no room" in " ".join(failed["not_done"]) and "not tried: a, b" in failed["not_done"]


def kept(folder, *entries):
    """The path of a journal."""
    path = folder / "journal.jsonl"
    for entry in entries:
        journal.append(str(path), [entry])
    return str(path)


def test_items_of_a_loop_say_what_failed():
    """Since ansible-core 2.21 the result of the loop does not say which item failed."""
    screen = _console.Screen()
    screen.started("erp", "Sound", "ansible.builtin.assert", 0.0)
    screen.item_failed("erp", {"msg": "on_failures is wrong"})
    assert screen.failed("erp", "Sound", {"msg": "One or more items failed", "results": [{"msg": "ok"}, {"msg": "on_failures is wrong"}]}) == [
        ("erp", "FAILED: Sound: on_failures is wrong", "failed")]
    screen.started("erp", "Next", "ansible.builtin.assert", 0.0)
    assert screen.failed("erp", "Next", {"msg": "another", "failed": True}) == [("erp", "FAILED: Next: another", "failed")]


def test_the_screen_tells_each_failure_once_and_knows_a_run_that_was_cut_off(tmp_path):
    screen = _console.Screen()
    screen.started("erp", "See whether", "cloud_dr.sdrs.sdrs_readiness_info", 0)
    assert screen.failed("erp", "See whether", {"failed": True, "msg": "HTTP 503"}, ours=True) == [("erp", "FAILED: HTTP 503", "failed")]
    assert screen.failed("erp", "It has passed", {"failed": True, "msg": "failover of erp failed: HTTP 503. Report: x"}, ours=True) == []
    screen.ended("crm", "Note", "ansible.builtin.set_fact", {"ansible_facts": {
        "failover_journal": kept(tmp_path, {"event": "begun", "at": T0}), "failover_looked": {
            "group": PROTECTED, "waves": WAVES, "position": "elsewhere", "about": {"what": "planned_failover", "site": "target", "subject": "crm"}}}})
    screen.started("crm", "Switch the production site", "cloud_dr.sdrs.sdrs_failover", 0)
    screen.stopped_by = "SIGTERM"
    erp, crm = screen.finish(["erp", "crm"], "planned_failover")
    assert erp["failed"] and "HTTP 503" in " ".join(erp["not_done"])
    assert "ended by SIGTERM during: Switch the production site" in crm["not_done"][0] and "wave 1: db not tried" in crm["not_done"]


PLAN_STATE = {"server_groups": [dict(PROTECTED, name="g%02d" % number, position="elsewhere") for number in range(1, 7)],
              "tiers": [{"name": name} for name in ("db", "app", "web")]}
PLAN_FACTS = {"recovery_about": {"operation": "failover", "active_site": "target", "check_mode": False}, "recovery_loaded": {"document": {"name": "site"}}}
PLAN_BEGUN = {**PLAN_FACTS, "recovery_log": {"path": "reports/site/.switch.jsonl"}, "recovery_outcomes": {}, "recovery_became": {"reached": [], "failed": {}}}
PLAN_SWITCHED = {**PLAN_BEGUN, "recovery_became": {"reached": ["g02", "g03", "g04", "g05", "g06"], "failed": {"g01": "broken"}},
                 "recovery_outcomes": {"db": {"passed": True}, "app": {"passed": False}}}


@pytest.mark.parametrize("facts, seen, action, says, never", [
    ({}, False, "ansible.builtin.set_fact", {"STATE": "not read", "DONE": "nothing: nothing was sent", "NOT DONE": "not started"}, "resumes"),
    (PLAN_FACTS, True, "ansible.builtin.debug",
     {"STATE": "site: production at the source site (protected): g01, g02, g03 and 3 more", "DONE": "nothing: nothing was sent",
      "NOT DONE": "failover: not started"}, "resumes"),
    (PLAN_BEGUN, True, "cloud_dr.sdrs.sdrs_failover_batch",
     {"STATE": "when the run began: production at the source site", "DONE": "nothing is known to have completed",
      "NOT DONE": "may still be running; the next run waits for it; the switch; tiers not up: db, app, web",
      "NEXT": "it resumes where it stopped"}, "nothing was sent"),
    (PLAN_SWITCHED, True, "cloud_dr.sdrs.sdrs_recovery_check_info",
     {"STATE": "5 of 6 protection groups have production at the target site, not g01", "DONE": "tiers up: db",
      "NOT DONE": "tiers that failed: app; tiers not up: web"},
     "when the run began"),
    ({**PLAN_SWITCHED, "recovery_about": {"operation": "drill"}, "recovery_made": [{"id": "d"}]}, True, "cloud_dr.sdrs.sdrs_drill_batch",
     {"NOT DONE": "the DR drills of this run were not deleted"}, "nothing was sent"),
])
def test_a_run_of_a_plan_that_was_killed_says_what_is_known(facts, seen, action, says, never):
    screen = _console.Screen()
    screen.ended("localhost", "Note", "ansible.builtin.set_fact", {"ansible_facts": facts})
    if seen:
        screen.ended("localhost", "See", "cloud_dr.sdrs.sdrs_recovery_info", {**PLAN_STATE, "changed": False})
    screen.started("localhost", "Some task", action, 0)
    screen.stopped_by = "SIGTERM"
    command = {"local": True, "all_hosts": ["localhost"], "extra_vars": ["recovery_plan=plan.yml", "failover_confirm=site", "failover_force=true"]}
    lines = shown(*screen.finish(["localhost"], _console.PLAN), **command)
    found = parts(lines)
    assert "ended by SIGTERM during: Some task" in found["NOT DONE"] and all(text in found[label] for label, text in says.items()), found
    assert "recovery_plan=plan.yml" in found["NEXT"] and "failover_confirm=site" in found["NEXT"] and "--limit" not in found["NEXT"]
    assert never not in " ".join(lines) and len(lines) <= 15 and max(map(len, lines)) <= 80


def test_results_are_one_line_for_each_kind_of_operation():
    screen, names = _console.Screen(), ["s-%d" % number for number in range(9)]
    operations = [{"operation": "power_on", "resource_type": "ecs_server", "name": name, "duration": 7.2} for name in names]
    lines = screen.ended("erp", "Start", "cloud_dr.sdrs.ecs_power", {"operations": operations, "changed": True})
    assert lines == [("erp", "started: 9 ecs servers: s-0, s-1, s-2, s-3 and 5 more (7 s)", "changed")]
    rehearsed = screen.ended("erp", "Start", "cloud_dr.sdrs.ecs_power", {"operations": operations[:1]}, check=True)
    assert rehearsed[0][1] == "would be power on: ecs server s-0"
    assert screen.ended("erp", "Mine", "ansible.builtin.command", {"changed": True}, ours=False) == [("erp", "Mine: changed", "changed")]
    assert max(map(len, _console.line("erp", "word " * 60, 61))) <= 80 and _console.line("erp", "x", 61)[0].startswith("  1:01")


@pytest.mark.parametrize("kinds, matched, sources, folders, text", [
    (["server_group"], ["erp"], ["/x/inventory.yml"], ["host_vars/erp.yml"], None),
    (["server_group"], ["erp"], ["erp,"], [], None),
    (["server_group"], ["erp"], ["erp,"], ["host_vars/erp.yml"], "host_vars/erp.yml would not be read"),
    (["protected_instance"], ["erp"], ["x"], [], "These hosts are not protection groups (sdrs_kind): erp"),
    (["server_group"], [], ["x"], [], "sdrs_hosts is 'crm' in the inventory"),
])
def test_what_is_wrong_with_the_hosts_of_a_run(kinds, matched, sources, folders, text):
    found = _guards.target_problems({"hosts": ["erp"], "pattern": "crm"}, kinds, matched, sources, folders)
    assert bool(found) == bool(text) and (not text or text in found[0]), found
    if folders and text:
        assert "-i inventory.yml --limit erp" in found[0]


def test_the_report_says_what_the_screen_says(tmp_path, monkeypatch):
    from ansible_collections.cloud_dr.sdrs.plugins.filter import run_report

    monkeypatch.chdir(tmp_path)
    report = run_report.FilterModule().filters()["run_report"]({**run(), "server_group": OVER, "project": {"region": "eu-de", "id": "p"}})
    assert report["state"][0].startswith("production at the target site") and report["done"][0] == "switched after 9 s"
    assert report["not_done"] == ["re-protection from the new site"] and "cloud_dr.sdrs.reprotect" in report["next"][1]
    assert report["run"]["region"] == "eu-de" and report["run"]["source_zone"] == "a" and report["run"]["commit"] is None


def test_a_recovery_by_drill_repeats_its_own_confirmation():
    words, _left = _ending_lines.typed_again(dict(COMMAND, playbook="cloud_dr.sdrs.recover_by_drill", extra_vars=["recover_by_drill_confirm=erp"]),
                                             _ending.step("again", confirm=True), ["erp"], ["erp"])
    assert words[-1] == "-e recover_by_drill_confirm=erp" and sum("confirm" in word for word in words) == 1


def test_after_a_recovery_by_drill_there_is_work_but_nothing_to_type():
    lines = shown(run(what="recover_by_drill", position=None, group=PROTECTED, milestones=[{"name": "requested", "at": T0}, {"name": "available", "at": T9}]))
    assert parts(lines)["NEXT"].startswith("back up what the drill servers write") and "ansible-playbook" not in " ".join(lines)


def test_what_failed_before_its_role_could_tell_is_told_of_every_host(tmp_path):
    from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _shown
    from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils._roles import FUNCTIONS

    endings = FUNCTIONS["run_endings"]
    hosts = {"erp": {"ansible_failed_result": {"failed": True, "msg": "value of failover_active_site must be one of: source, target"}},
             "crm": {}, "db": {"failover_journal": kept(tmp_path, {"event": "begun"}, {"event": "error", "task": "t", "msg": "no room"}),
                               "failover_looked": {"group": OVER, "about": {"what": "failover", "site": "target"}}}}
    erp, crm, db, own = _shown.completed(endings([{}, {}, {}, {"host": "own"}], ["erp", "crm", "db", "own"], "failover"), hosts)
    assert own == {"host": "own"} and "failover_active_site" in erp["not_done"][0] and erp["failed"] and "untold" not in erp
    assert "failover_active_site" in crm["not_done"][0], "a task that runs once fails for all, and leaves its result to one"
    assert "production at the target site (b)" in db["state"] and "no room" in db["not_done"]
    (alone,) = _shown.completed(endings([], ["localhost"], "drill"), {}, {"inventory_hostname": "localhost", "ansible_failed_result": {"msg": "No host"}})
    assert alone["not_done"][0] == "No host"
    (unknown,) = _shown.completed(endings([], ["x"], "converge"), {})
    assert unknown["failed"] and unknown["next"]["keep"] and unknown["not_done"] == ["converge: not started"]


@pytest.mark.parametrize("changes, wanted", [
    ({"scaled_to": "before"}, "AS group web is still paused"), ({"scaled_to": "after"}, None),
    ({"scaled_to": "", "interrupted": True}, "web may still be paused"),
    ({"scaled_to": "", "group": PROTECTED, "milestones": [{"name": "requested", "at": T0}], "servers": [], "results": []}, None),
    ({"scaled_to": "before", "check_mode": True}, None),
    ({"scaled_to": "", "errors": [{"msg": "no", "task": "Change AS groups before"}]}, "web may still be paused"),
])
def test_as_groups_that_stay_paused_are_not_done(changes, wanted):
    groups = _failover.as_groups([
        "web", {"name": "batch", "after": {"status": "paused"}}, {"name": "db", "before": {"status": "inservice"}},
    ])
    found = " ".join(_ending.ending(run(errors=[{"msg": "it is on fire"}], as_groups=groups) | changes)["not_done"])
    assert (wanted or "paused") in found if wanted else "paused" not in found, found
    assert "batch" not in found and "group db" not in found, "their own options say so"


@pytest.mark.parametrize("make", [
    lambda run: _ending_runs.topology(run, {}), lambda run: _ending_runs.plan(run, {}), lambda run: _ending_runs.export(run, {}, {}),
    lambda run: _ending_runs.drift(run, {}), lambda run: _ending_runs.drill_status(run, {}), lambda run: _ending_runs.posture(run, {}),
])
def test_a_run_that_came_to_nothing_is_no_success(make):
    found = make({"host": "erp", "subject": "erp"})
    assert found["failed"] and found["untold"] and "nothing" in found["done"][0] and "not read" in found["state"][0]


@pytest.mark.parametrize("what", ["drill", "converge", "plan", "drill_status"])
def test_only_what_has_to_be_confirmed_is_confirmed_next(what):
    """A drill takes no failover_confirm."""
    for ending in (*_ending.refusals({"erp": None}, what, ["drill_replace holds a number"], set()), _ending.untold("erp", what, [{"msg": "x"}]),
                   _ending.untold("erp", what, stopped_by="SIGTERM")):
        words, _left = _ending_lines.typed_again(dict(COMMAND, playbook="cloud_dr.sdrs." + what, extra_vars=[]), ending["next"], ["erp"], ["erp"])
        assert not any("confirm" in word for word in words), words


def test_the_same_again_keeps_the_confirmation_and_the_limit_and_drops_what_was_refused():
    extra = ["failover_confirm=erp failover_active_site=target", "failover_looked=x", "failover_waves=[]"]
    command = dict(COMMAND, playbook="playbooks/failback.yml", extra_vars=extra, limit="erp*")
    words = shlex.split(" ".join(_ending_lines.typed_again(command, _ending.again(), ["erp"], ["erp"])[0]))
    assert words[2:] == ["-i", "inventory.yml", "--limit", "erp*", "-e", "failover_confirm=erp", "-e", "failover_waves=[]"]
    planned = _ending_lines.typed_again(dict(command, playbook="cloud_dr.sdrs.planned_failover"), _ending.step("x"), ["erp"], ["erp"])[0]
    assert "-e failover_active_site=target" in planned, "no promise of this playbook"
    assert "--limit erp" in _ending_lines.typed_again(dict(command, all_hosts=["erp", "erp2"]), _ending.again(), ["erp"], ["erp"])[0]


def test_a_report_below_the_working_directory_is_told_as_a_person_types_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    beside = str(tmp_path / "reports" / "erp" / ("failover-%s.html" % ("x" * 60)))
    assert "report: reports/erp/failover-" in parts(shown(dict(_ending.ending(run()), report=beside)))["DONE"]
    both = [dict(_ending.ending(run(host=name, subject=name)), report=str(tmp_path / "reports" / name / "x.html")) for name in ("a", "b")]
    assert "2 reports, below reports" in parts(shown(*both, all_hosts=["a", "b"]))["DONE"]
    assert "report: /var/lib/reports/x.html" in parts(shown(dict(_ending.ending(run()), report="/var/lib/reports/x.html")))["DONE"]


@pytest.mark.parametrize("text", [
    "+      description: " + "word " * 30, "-" + "x " * 90, "erp" * 25 + "  ok=12 changed=3 failed=1 unreachable=1 skipped=20 rescued=1 ignored=2",
    "CUSTOM STATS " + json.dumps({"group-%02d" % number: "overdue" for number in range(20)}), "short",
])
def test_lines_of_the_console_fit_eighty_columns(text):
    lines = _console.folded(text)
    assert all(len(line) <= 80 for line in lines) and "".join("".join(lines).split()).replace("+", "").replace("-", "") == "".join(
        text.split()).replace("+", "").replace("-", "")
    assert all(line.startswith(text[0]) for line in lines) or text[0] not in "+-"
    assert _console.folded("+ path: " + "/a/path" * 20)[-1].endswith(" " + "/a/path" * 20), "what is copied stays whole"
