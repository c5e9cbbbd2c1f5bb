# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a drill is, and which VPCs may go with it."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._recovery import journal
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._reports import processes
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _drill_own, _records

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
PROJECT = {"id": "p", "region": "eu-de", "endpoint": "https://sdrs.eu-de.example.com"}
GROUP = {"id": "g", "name": "erp", "source_vpc_id": "own", "target_vpc_id": "own"}


def ago(**lengths):
    return (NOW - timedelta(**lengths)).isoformat()


def live(key="d", name="drill-erp", created=None, **changes):
    drill = {"id": key, "name": name, "server_group_id": "g", "status": "available", "created_at": created or ago(minutes=29), "drill_vpc_id": "v"}
    return {**drill, **changes}


def saved(**changes):
    record = {
        "what": "drill", "name": "drill-erp", "project": PROJECT, "server_group": {"id": "g", "name": "erp"}, "requested": ago(minutes=30),
        "drills_before": ["other"], "vpcs_before": ["own"], "drill": {"id": "d", "created_at": ago(minutes=29), "drill_vpc_id": "v"}, "path": "/r/.drill.json",
    }
    return {**record, **changes}


def standing(drills, record=None, replace=(), keep=False):
    run = {"name": "drill-erp", "group": GROUP, "project": PROJECT, "replace": list(replace), "keep": keep, "saved": [record] if record else []}
    return _drill_own.standing(drills, run, NOW)


@pytest.mark.parametrize("record", [
    saved(), saved(drill=None), saved(results="nonsense", available=5), saved(drill={"id": "d", "created_at": ago(minutes=29)[:-6]}),
    saved(requested=ago(hours=23), drill={"id": "d", "created_at": ago(minutes=29)}),
])
def test_the_drill_of_an_interrupted_run_is_taken_up(record):
    found = standing([live(), live("other", "x"), live("far", server_group_id="h")], record)
    assert found["resumed"]["id"] == "d" and not found["refusal"] and not found["remove"] and "path" not in found["record"]
    failed = standing([live(status="error")], record)
    assert not failed["resumed"] and [each["id"] for each in failed["remove"]] == ["d"] and failed["record"]


@pytest.mark.parametrize("record", [saved(keep=True), saved(keep=True, drill=None), saved(keep=True, requested=ago(hours=20), drill=None)])
def test_a_drill_that_was_to_be_kept_is_kept_although_its_run_was_killed(record):
    drill = live(created=ago(hours=20) if record["requested"] == ago(hours=20) else None)
    found = standing([drill], record)
    assert "kept it on purpose" in found["refusal"] and not found["resumed"] and not found["remove"]
    assert [each["id"] for each in standing([drill], record, ["d"])["remove"]] == ["d"]
    again = standing([drill], record, keep=True)
    assert again["resumed"]["id"] == "d" and not again["remove"] and not again["refusal"]


def test_a_kept_drill_is_taken_up_by_no_run_that_keeps_its_own():
    assert standing([live()], saved(keep=True, kept=ago(minutes=20)), keep=True)["refusal"]
    assert standing([live(created=ago(hours=29))], saved(keep=True, requested=ago(hours=30), drill=None), keep=True)["refusal"]


DOUBTED = {
    "none": None, "empty": {}, "old": saved(requested="2020-01-01T00:00:00+00:00"), "a day old": saved(requested=ago(hours=25)),
    "future": saved(requested=ago(minutes=-10)), "no time": saved(requested=None), "a number": saved(requested=1700000000),
    "project": saved(project=dict(PROJECT, id="q")), "endpoint": saved(project=dict(PROJECT, endpoint="https://x")), "no project": saved(project=None),
    "group": saved(server_group={"id": "h"}), "no group": saved(server_group="g"), "name": saved(name="x"), "what": saved(what="failover"),
    "drill": saved(drill={"id": "e", "created_at": ago(minutes=29)}), "creation": saved(drill={"id": "d", "created_at": ago(minutes=28)}),
    "no creation": saved(drill={"id": "d"}), "before the request": saved(requested=ago(minutes=20)), "seen before": saved(drill=None, drills_before=["d"]),
    "unseen": saved(drill=None, drills_before=None), "long after": saved(drill=None, requested=ago(minutes=40)), "kept": saved(kept=ago(minutes=20)),
    "earlier release": {"requested": ago(minutes=30), "vpcs_before": [], "made_vpcs": ["v"]},
}


@pytest.mark.parametrize("why", DOUBTED)
def test_any_other_drill_needs_its_own_confirmation(why):
    found = standing([live()], DOUBTED[why])
    assert not found["resumed"] and not found["remove"] and "-e drill_replace=d." in found["refusal"]
    for wrong in ("drill-erp", "g", "D", "e"):
        assert standing([live()], DOUBTED[why], [wrong])["refusal"]
    replaced = standing([live()], DOUBTED[why], ["x", "d"])
    assert not replaced["refusal"] and not replaced["resumed"] and [each["id"] for each in replaced["remove"]] == ["d"]
    assert bool(replaced["record"]) == (why == "kept"), "only the record of a kept drill tells who made its VPC"


def test_the_record_of_a_kept_drill_is_believed_for_a_month():
    assert standing([live(created=ago(days=29))], saved(kept=ago(days=29), requested=ago(days=29), drill=None), ["d"])["record"]
    old = saved(kept=ago(days=31), requested=ago(days=31), drill={"id": "d", "created_at": ago(days=31)})
    assert not standing([live(created=ago(days=31))], old, ["d"])["record"]


def test_a_run_that_is_at_work_is_not_interrupted():
    run = {"name": "drill-erp", "group": GROUP, "project": PROJECT, "replace": [], "saved": [saved(process={"pid": 7})]}
    found = _drill_own.standing([live()], dict(run, running=True), NOW)
    assert "Process 7 on this machine is drilling" in found["refusal"] and not found["resumed"] and not found["remove"]
    assert _drill_own.standing([live()], dict(run, running=False), NOW)["resumed"]


def test_whether_the_run_of_a_record_is_at_work():
    mine = journal.process()
    assert mine["began"] and not _records.running({"process": mine}), "its own record"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        theirs = dict(mine, pid=other.pid, began=processes.began(other.pid))
        assert _records.running({"process": theirs})
        for changes in ({"place": "x"}, {"began": theirs["began"] + 1}, {"began": None}, {"pid": "7"}, {"pid": 2**22 + 1}):
            assert not _records.running({"process": dict(theirs, **changes)})
    assert not _records.running({"process": theirs}) and not _records.running({}) and not _records.running({"process": "x"})


def test_two_of_one_name_are_nobodys():
    found = standing([live(), live("e")], saved())
    assert "-e drill_replace=d,e." in found["refusal"] and standing([live(), live("e")], saved(), ["d"])["refusal"]
    assert [each["id"] for each in standing([live(), live("e")], saved(), ["d", "e"])["remove"]] == ["d", "e"]


def test_what_an_interrupted_run_was_deleting():
    """The drill is still there to confirm the record: its VPC goes with it. Somebody else's is no business of this run."""
    assert [each["id"] for each in standing([live(status="deleting")], saved())["remove"]] == ["d"]
    assert standing([live(status="deleting")])["remove"] == standing([live("e", status="deleting")], saved())["remove"] == []
    gone = standing([], saved())
    assert gone["remove"] == [] and "VPC v was created for DR drill d, which no longer exists" in gone["notes"][0]
    assert not standing([], saved(vpcs_before=["v"]))["notes"] and not standing([], saved(requested=ago(days=2)))["notes"]


def own(drills, created=None, resumed=None, **record):
    run = {"name": "drill-erp", "group": "g", "resumed": resumed or {}, "created": created or {}, "record": saved(drill=None, **record)}
    found = _drill_own.own(drills, run)
    return [each["id"] for each in found["drills"]], [each["id"] for each in found["left"]]


SENT = {"operation": "create", "resource_type": "drill"}


@pytest.mark.parametrize("created, resumed, mine", [
    ({}, None, []), ({}, {"id": "d"}, ["d"]), ({"operations": [dict(SENT, id="d")]}, None, ["d"]),
    ({"operations": [SENT], "drill": {"id": "d"}}, None, ["d"]), ({"operations": [], "drill": {"id": "d"}}, None, []),
    ({"failed": True, "operations": [SENT], "jobs": [{"entities": {"disaster_recovery_drill_id": "d"}}]}, None, ["d"]),
    ({"failed": True, "operations": [SENT], "jobs": [{"entities": None}]}, None, ["d"]), ({"failed": True, "operations": []}, None, []),
    ({"failed": True}, None, []),
])
def test_a_run_cleans_up_what_it_made(created, resumed, mine):
    assert own([live(), live("other"), live("x", "x")], created, resumed) == (mine, [] if mine else ["d"])


def test_a_drill_that_a_list_does_not_show_yet():
    assert own([], {"operations": [SENT], "drill": live()}) == (["d"], [])


def test_two_that_came_while_a_job_failed_are_left():
    assert own([live(), live("e")], {"failed": True, "operations": [SENT]}) == ([], ["d", "e"])
    assert own([live(created=ago(hours=2))], {"failed": True, "operations": [SENT]}) == ([], ["d"])


VPCS = [{"id": "own", "name": "vpc"}, {"id": "v", "name": "vpc-drill", "created_at": ago(minutes=29)}, {"id": "foreign", "name": "mine"}]


@pytest.mark.parametrize("record, drills, servers, vpcs, reason", [
    (saved(), [], [], VPCS, None),
    (saved(), [live()], [{"id": "s", "name": "x", "addresses": {"own": []}}], VPCS, None),
    (saved(), [], [{"id": "t", "addresses": {"v": []}}], VPCS, None),  # a server of the drill that a list still shows
    (saved(vpcs_before=None), [], [], VPCS, "no record"), ({}, [], [], VPCS, "no record"), ({"vpcs_before": []}, [], [], VPCS, "no record"),
    (saved(vpcs_before=["own", "v"]), [], [], VPCS, "existed before"),
    (saved(), [], [], [dict(VPCS[1], created_at=ago(hours=1))], "created at"), (saved(), [], [], [dict(VPCS[1], created_at="?")], None),
    (saved(), [live("e", "other")], [], VPCS, "used by drill other"),
    (saved(), [], [{"id": "s", "name": "x", "addresses": {"v": []}}], VPCS, "in use by server x"),
    (saved(), [], [{"id": "s", "name": "x", "metadata": {"vpc_id": "v"}}], VPCS, "in use by server x"),
])
def test_only_a_vpc_that_came_with_the_drill_is_deleted(record, drills, servers, vpcs, reason):
    removed = [live(drill_servers=[{"drill_server_id": "t"}])]
    (fate,) = _drill_own.vpc_fates(removed, record, GROUP, drills, servers, vpcs)
    assert fate["id"] == "v" and fate["delete"] is (reason is None) and (reason or "the service created it") in fate["detail"]


def test_never_the_vpc_of_the_group_and_none_that_is_gone():
    (fate,) = _drill_own.vpc_fates([live(drill_vpc_id="own")], saved(vpcs_before=[]), GROUP, [], [], VPCS)
    assert not fate["delete"] and "the VPC of the protection group" in fate["detail"]
    assert _drill_own.vpc_fates([live(drill_vpc_id="gone"), live(drill_vpc_id=None)], saved(), GROUP, [], [], VPCS) == []
