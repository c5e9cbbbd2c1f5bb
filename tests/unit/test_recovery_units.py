# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery plans on the simulated cloud, called directly."""

from __future__ import annotations

import json
import os

import direct
import pytest
import recovery_schema

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._recovery import document as _recovery_document
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._recovery import journal as journals
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._recovery import run_journal
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _recovery_drill
from support import Host, TaskFailed, run_task

PLAN = {
    "name": "site",
    "tiers": [
        {"name": "db", "groups": ["alpha"], "ports": [5432]},
        {"name": "app", "groups": ["beta"], "instances": [{"group": "gamma", "instances": ["gamma-1"], "ports": [80]}]},
    ],
}


@pytest.fixture
def cloud(monkeypatch):
    made = direct.use(monkeypatch)()
    zones = made.world.identity["availability_zones"]
    servers = ["ecs-erp-web-1", "ecs-erp-web-2", "ecs-erp-app-1", "ecs-erp-db-1"]
    direct.run("sdrs_topology", server_groups=[
        {"name": name, "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp", "protection": "enabled",
         "protected_instances": [{"name": "%s-%d" % (name, number), "server": server} for number, server in enumerate(members, 1)]}
        for name, members in (("alpha", servers[:1]), ("beta", servers[1:2]), ("gamma", servers[2:]))
    ])
    made.time += 10**5
    made.written.clear()
    return made


def run(module, check=False, **options):
    return direct.run(module, check, **({"parallel": 1} if module in ("sdrs_failover_batch", "sdrs_drill_batch", "sdrs_recovery_servers") else {}), **options)


def groups():
    return {group["name"]: (group["status"], group["priority_station"]) for group in direct.run("sdrs_server_group_info")["server_groups"]}


def test_the_schema_is_current():
    assert recovery_schema.PATH.read_text(encoding="utf-8") == recovery_schema.text(), "run python tests/recovery_schema.py"


@pytest.mark.parametrize("change, text", [
    ({"nmae": 1}, r"unknown key nmae \(did you mean name\?\); valid keys: name"),
    ({"name": "a/b"}, "name is 'a/b': a name must have"), ({"name": None}, "name is missing"),
    ({"tiers": []}, "tiers is missing"), ({"tiers": [{"name": "x"}]}, r"tiers\[0\] lists neither"), ({"rto_target": "1h"}, "rto_target must be a number"),
    ({"rto_target": float("nan")}, "rto_target must be from 1"), ({"tiers": {}}, "tiers must be a list"),
    ({"variables": {"targt": {}}}, r"unknown key variables.targt"),
    ({"tiers": [{"name": "x", "groups": ["a"], "needs": ["y"]}]}, r"tiers\[0\].needs: 'y' is not an earlier tier; earlier tiers"),
    ({"tiers": [{"name": "x", "groups": ["a"], "on_failure": "go"}]}, "on_failure is 'go', it must be one of stop, continue, ask"),
    ({"tiers": [{"name": "x", "groups": ["a"], "ports": [0]}]}, r"tiers\[0\].ports\[0\] must be from 1 to 65535"),
    ({"tiers": [{"name": "x", "groups": ["a"]}, {"name": "y", "groups": ["a"]}]}, "a is already in tier x"),
    ({"tiers": [{"name": "x", "groups": ["a"]}, {"name": "x", "groups": ["b"]}]}, "x is used twice"),
    ({"manual_before": [{"name": "go", "text": "?"}, {"name": "go", "text": "?"}]}, "manual step go is used twice; each step requires a unique name"),
    ({"tiers": [True]}, r"tiers\[0\] must be a mapping"), ({"before": ""}, "before must not be empty"),
])
def test_what_is_wrong_with_a_document(change, text):
    found = _recovery_document.problems({**PLAN, **change})
    assert pytest.importorskip("re").search(text, "; ".join(found)), found
    with pytest.raises(Exception, match="^plan: "):
        run_task("sdrs_recovery_info", {"auth_token": "t", "region": "r", "plan": {**PLAN, **change}, "operation": "drill"})


def test_the_plan_is_joined_to_the_live_state(cloud):
    seen = run("sdrs_recovery_info", plan=PLAN, operation="planned_failover")
    assert not seen["problems"] and not cloud.written and [group["position"] for group in seen["server_groups"]] == ["elsewhere"] * 3
    assert [(tier["name"], tier["servers"], tier["needs"]) for tier in seen["tiers"]] == [("db", 1, []), ("app", 2, ["db"]), ("others", 1, ["app"])]
    assert seen["order"] == [
        "stop the servers of alpha, beta, gamma, starting with the last tier", "switch alpha, beta, gamma to the target site, in parallel",
        "tier db: start and check alpha/alpha-1, ports 5432", "tier app: start and check gamma/gamma-1, beta/beta-1, ports 80",
        "tier others: start and check gamma/gamma-2"]
    wrong = {"name": "x", "tiers": [{"name": "a", "groups": ["alhpa"], "instances": [{"group": "beta", "instances": ["beta-9"]}]}]}
    problems = run("sdrs_recovery_info", plan=wrong, operation="failover")["problems"]
    assert len(problems) == 2 and "alhpa" in problems[0] and "available: beta-1" in problems[1]


def test_all_groups_are_switched_at_once_and_one_that_fails_is_alone(cloud):
    cloud.world.faults.append({"job_type": "failoverProtectionGroupNoCG", "resource_name": "beta", "error_code": "SDRS.0405", "fail_reason": "x"})
    with pytest.raises(TaskFailed) as failed:
        run("sdrs_failover_batch", server_groups=["alpha", "beta", "gamma", "nobody"], active_site="target", mode="unplanned")
    branches = failed.value.result["branches"]
    assert sorted(branches["succeeded"]) == ["alpha", "gamma"] and {each["path"] for each in branches["failed"]} == {"beta", "nobody"}
    assert groups() == {"alpha": ("failed-over", "target"), "beta": ("error-failing-over", groups()["beta"][1]), "gamma": ("failed-over", "target")}
    assert len([path for _method, path in cloud.written if path.endswith("/action")]) == 3
    cloud.world.faults.clear()
    again = run("sdrs_failover_batch", server_groups=["alpha", "beta", "gamma"], active_site="target", mode="unplanned")
    assert [entry["name"] for entry in again["operations"]] == ["beta"], "what is there is not switched again"
    assert not run("sdrs_failover_batch", server_groups=["alpha", "beta", "gamma"], active_site="target", mode="unplanned")["changed"]
    run("sdrs_failover_batch", server_groups=["alpha", "beta", "gamma"], active_site="current", reprotect=True)
    assert set(groups().values()) == {("protected", "target")}


@pytest.mark.parametrize("options, text", [
    ({"active_site": "current"}, "active_site: current requires reprotect"), ({"server_groups": ["alpha", "alpha"]}, "contains alpha twice"),
    ({"server_groups": []}, "must not be empty"), ({"wait": False}, "wait: false is not allowed: the task must wait until the switch has ended"),
])
def test_a_batch_that_is_refused(cloud, options, text):
    with pytest.raises(TaskFailed, match=text):
        run("sdrs_failover_batch", **{"server_groups": ["alpha"], "active_site": "target", **options})
    assert not cloud.written


def test_planned_and_the_servers(cloud):
    with pytest.raises(TaskFailed, match="3 failed"):
        run("sdrs_failover_batch", server_groups=["alpha", "beta", "gamma"], active_site="target")
    assert not cloud.written, "servers run"
    stopped = run("sdrs_recovery_servers", plan=PLAN, state="stopped", server_groups=["alpha", "beta", "gamma"])
    assert [entry["name"] for entry in stopped["operations"]] == ["ecs-erp-db-1", "ecs-erp-app-1", "ecs-erp-web-2", "ecs-erp-web-1"], "last tier first"
    run("sdrs_failover_batch", server_groups=["alpha", "beta", "gamma"], active_site="target")
    with pytest.raises(TaskFailed, match="its servers are not stopped"):
        run("sdrs_recovery_servers", plan=PLAN, state="stopped", server_groups=["alpha"])
    started = run("sdrs_recovery_servers", plan=PLAN, tier="app", wait=False)
    assert len(started["operations"]) == 2 and len(started["jobs"]) == 2, "a call for each group"
    checked = run("sdrs_recovery_check_info", plan=PLAN, tier="others", jobs=started["jobs"])
    assert not checked["passed"] and checked["server_checks"][0]["checks"][0]["status"] == "failed"
    run("sdrs_recovery_servers", plan=PLAN, tier="others", wait=False)
    checked = run("sdrs_recovery_check_info", plan=PLAN, tier="others")
    assert checked["passed"] and checked["server_checks"][0]["protected_instance"] == "gamma/gamma-2"
    assert not run("sdrs_recovery_servers", plan=PLAN, tier="others", wait=False)["changed"]


def test_a_group_that_is_elsewhere_is_not_started(cloud):
    started = run("sdrs_recovery_servers", plan=PLAN, tier="db", wait=False)
    checked = run("sdrs_recovery_check_info", plan=PLAN, tier="db")
    assert not started["changed"] and not checked["passed"] and "is at the source site" in checked["not_tried"][0]["detail"]


def test_a_refused_batch_is_sent_one_by_one(cloud):
    run("sdrs_failover_batch", server_groups=["gamma"], active_site="target", mode="unplanned")
    whole = {"name": "x", "tiers": [{"name": "all", "groups": ["gamma"]}]}
    bodies, respond = [], cloud.respond

    def refusing(method, url, body):
        if url.endswith("/cloudservers/action"):
            bodies.append(len(body["os-start"]["servers"]))
            if bodies[-1] > 1:
                return 400, {"error": {"code": "Ecs.0005", "message": "one of them is locked"}}
        return respond(method, url, body)

    cloud.respond = refusing
    assert len(run("sdrs_recovery_servers", plan=whole, tier="all", wait=False)["operations"]) == 2 and bodies == [2, 1, 1]


def test_drills_of_many_groups(cloud):
    made = run("sdrs_drill_batch", drills=[{"server_group": name, "name": "d"} for name in ("alpha", "beta", "nobody")][:2])
    assert len(made["drills"]) == 2 and {each["status"] for each in made["drills"]} == {"available"}
    assert not run("sdrs_drill_batch", drills=[{"server_group": "alpha", "name": "d"}])["changed"]
    seen = run("sdrs_recovery_info", plan=PLAN, operation="drill")
    assert len(seen["drills"]) == 2 and seen["standing"] == []
    gone = run("sdrs_drill_batch", state="absent", ids=[each["id"] for each in made["drills"]])
    assert len(gone["operations"]) == 2 and not direct.run("sdrs_drill_info")["drills"]
    with pytest.raises(TaskFailed, match="state: absent requires ids, and does not accept drills: a name does not identify a drill safely"):
        run("sdrs_drill_batch", state="absent", drills=[{"server_group": "alpha", "name": "d"}])


def test_ports_of_a_drill_that_production_has_too_are_asked_from_inside_or_fail(cloud):
    made = run("sdrs_drill_batch", drills=[{"server_group": "alpha", "name": "d"}])["drills"]
    assert made
    checked = run("sdrs_recovery_check_info", plan=PLAN, tier="db", drill="d")
    port = checked["server_checks"][0]["checks"][1]
    assert not checked["passed"] and port["status"] == "not_verifiable" and "is also the address of" in checked["problems"][0]
    checked = run("sdrs_recovery_check_info", plan=PLAN, tier="db", drill="d", shared_addresses="skip")
    assert checked["passed"] and [each["status"] for each in checked["server_checks"][0]["checks"]] == ["passed", "skipped"] and not checked["problems"]


RUN = {"plan": "site", "operation": "failover", "active_site": "target", "project": {"id": "p", "endpoint": "e"}}


def journal(path, action, **options):
    """With ``path`` as its record."""
    return run_journal.act(run_journal.Options(str(path) + ".copy", action, record=str(path), lock=True, **options), Host())


def test_a_journal_is_taken_up_and_finished(tmp_path, monkeypatch):
    path = tmp_path / "site" / ".switch.jsonl"
    first = journal(path, "begin", run=RUN)["journal"]
    assert not first["resumed"] and path.stat().st_mode & 0o777 == 0o600
    journal(path, "append", entries=[{"event": "tier", "name": "db", "status": "up"}, {"event": "acknowledged", "name": "go"}])
    with path.open("ab") as stream:
        stream.write(b'{"event": "tier", "na')
    second = journal(path, "begin", run=RUN)["journal"]
    assert second["resumed"] and (second["id"], second["up"], second["acknowledged"]) == (first["id"], ["db"], ["go"])
    journal(path, "finish")
    assert not path.exists() and (path.parent / ("journal-%s.jsonl" % first["id"])).exists()


def test_what_a_killed_drill_left_is_deleted_by_the_next(tmp_path):
    """The drills were deleted, their VPCs were not; and no VPC that was there before, or that the plan names."""
    path = tmp_path / ".drill.jsonl"
    run_ = {**RUN, "operation": "drill", "drills_before": [], "vpcs_before": ["mine"]}
    journal(path, "begin", run=run_)
    made = [{"id": "d%d" % number, "status": "made", "drill_vpc_id": vpc} for number, vpc in enumerate(("made-1", "made-2", "mine", "planned", None))]
    journal(path, "append", entries=[{"event": "drills", "drills": made}, {"event": "drills", "drills": [dict(made[0], status="deleted")]}])
    log = journal(path, "begin", run=run_)["journal"]
    again = [{"id": "e", "drill_vpc_id": "made-3"}]
    document = {"drill": {"vpcs": {"g": "planned"}}}
    assert _recovery_drill.vpcs_made(again, log, document) == ["made-1", "made-2", "made-3"]
    assert _recovery_drill.vpcs_made(again, {**log, "vpcs_before": None}, document) == []


def test_a_run_at_work_is_named(tmp_path, monkeypatch):
    path = tmp_path / ".switch.jsonl"
    journal(path, "begin", run=RUN)
    mine = journals._controller()
    monkeypatch.setattr(journals, "_controller", os.getpid)
    with pytest.raises(Exception, match=r"another run of recovery plan site \(failover\) was started by .* at 20.* \(process %d" % mine):
        journal(path, "begin", run=dict(RUN, operation="failback"))
    journal(path, "append", entries=[{"event": "ended"}])
    assert journal(path, "begin", run=RUN)["journal"]["resumed"]


def test_a_run_elsewhere_is_taken_over_by_its_id_only(tmp_path, monkeypatch):
    path = tmp_path / ".switch.jsonl"
    known = journal(path, "begin", run=RUN)["journal"]["id"]
    monkeypatch.setattr(journals, "_place", lambda: "another machine")
    with pytest.raises(Exception, match="recovery_take_over=" + known):
        journal(path, "begin", run=RUN)
    with pytest.raises(Exception, match="recovery_take_over"):
        journal(path, "begin", run=RUN, take_over="yes")
    assert journal(path, "begin", run=RUN, take_over=known)["journal"]["resumed"]


@pytest.mark.parametrize("change", [{"operation": "failback"}, {"active_site": "source"}, {"project": {"id": "q", "endpoint": "e"}}, {"plan": "other"}])
def test_a_journal_of_something_else_is_put_aside(tmp_path, change):
    path = tmp_path / ".switch.jsonl"
    journal(path, "begin", run=RUN)
    found = journal(path, "begin", run={**RUN, **change})["journal"]
    assert not found["resumed"] and "an earlier journal was archived" in found["notes"][0] and len(list(tmp_path.glob("journal-*"))) == 1


def test_a_journal_that_others_can_write_is_not_believed(tmp_path):
    path = tmp_path / ".switch.jsonl"
    journal(path, "begin", run=RUN)
    path.chmod(0o666)
    assert not journal(path, "begin", run=RUN)["journal"]["resumed"]
    assert json.loads(path.read_text().splitlines()[0])["event"] == "begun"
