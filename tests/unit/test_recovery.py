# SPDX-License-Identifier: GPL-3.0-or-later
"""What a recovery by drill decides: which drill it goes on with, which servers start, which elastic IPs are bound."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _failover, _recovery

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
PROJECT = {"id": "p", "region": "eu-de", "endpoint": "https://sdrs.eu-de.example.com"}
GROUP = {"id": "g", "name": "erp"}
INSTANCES = [{"id": "i1", "name": "db", "source_server": "s1", "target_server": "t1"},
             {"id": "i2", "name": "web", "source_server": "s2", "target_server": "t2"}]
DRILL = {"id": "d", "name": "recover-erp", "created_at": "2026-11-23T11:00:00", "drill_servers": [{"protected_instance": "i1", "drill_server_id": "d1"}]}


def ago(**lengths):
    return (NOW - timedelta(**lengths)).isoformat()


def live(**changes):
    return {"id": "d", "name": "recover-erp", "server_group_id": "g", "status": "available", "created_at": ago(hours=2), **changes}


def standing(drills, resume=(), saved=None):
    run = {"name": "recover-erp", "group": GROUP, "project": PROJECT, "resume": list(resume), "saved": [saved] if saved else []}
    return _recovery.standing(drills, run, NOW)


@pytest.mark.parametrize("drill", [live(), live(status="creating"), live(created_at=ago(hours=23)), live(created_at=ago(minutes=-4))])
def test_a_drill_of_today_is_gone_on_with_whoever_made_it(drill):
    found = standing([drill, live(id="x", name="drill-erp"), live(id="y", server_group_id="h")])
    assert found["resumed"] == drill and not found["refusal"]


@pytest.mark.parametrize("drill", [live(created_at=ago(hours=25)), live(created_at=None), live(created_at="x"), live(created_at=ago(hours=-1))])
def test_an_older_one_only_if_its_id_was_named(drill):
    refused = standing([drill])
    assert not refused["resumed"] and "-e recover_by_drill_resume=d" in refused["refusal"] and "-e recover_by_drill_name=recover-erp-2" in refused["refusal"]
    assert standing([drill], ["d"])["resumed"] == drill


@pytest.mark.parametrize("drills", [
    [live(status="error")], [live(status="deleting")], [live(status="error-deleting")], [live(), live(id="e")],
])
@pytest.mark.parametrize("resume", [(), ("d",)])
def test_one_that_is_in_error_is_neither_deleted_nor_made_anew(drills, resume):
    found = standing(drills, resume)
    assert "nothing was done" in found["refusal"] and not found["resumed"]


def test_an_id_that_no_drill_has_makes_none():
    for drills in ([], [live()], [live(id="e", name="drill-erp")]):
        assert "names e, but" in standing(drills, ["e"])["refusal"]
    with pytest.raises(ValueError, match="recover_by_drill_resume"):
        _recovery.standing([], {"name": "n", "group": GROUP, "project": PROJECT, "resume": True})


def test_a_record_tells_when_it_began_and_nothing_else():
    record = {"id": "r", "what": "recover_by_drill", "name": "recover-erp", "server_group": GROUP, "project": PROJECT, "requested": ago(hours=3)}
    assert standing([live()], saved=record)["resume"] == "r" and standing([], saved=record)["resumed"] == {}
    for lie in ({"requested": ago(hours=30)}, {"what": "drill"}, {"project": {}}, {"name": "x"}, {"server_group": {"id": "h"}}):
        assert standing([live()], saved={**record, **lie})["resume"] == ""


def test_the_servers_of_a_wave_are_those_of_the_drill():
    there = _recovery.with_servers(INSTANCES, DRILL)
    assert [(each["name"], each["source_server"]) for each in there] == [("db", "d1")]
    assert _recovery.wave({"instances": ["web", "db"], "number": 1}, there) == {"instances": ["db"], "number": 1, "servers": ["d1"]}
    (gone,) = _recovery.missing(INSTANCES, DRILL)
    assert gone["protected_instance"] == "web" and not gone["passed"]
    checked = [{"id": "d1", "name": "ecs-db", "checks": [{"check": "ecs_state", "status": "passed"}], "passed": True}]
    assert _failover.servers(checked, there)[0]["protected_instance"] == "db"


def test_a_port_that_cannot_be_told_from_productions_stops_nothing():
    check = {"check": "tcp_22", "status": "not_verifiable", "detail": "also the address of ecs-db", "at": None}
    (shown,) = _failover.servers([{"id": "s1", "checks": [{"check": "ecs_state", "status": "passed"}, check], "passed": False}], INSTANCES)
    assert shown["passed"] and [each["status"] for each in shown["checks"]] == ["passed", "skipped"]
    (failed,) = _failover.servers([{"id": "s1", "checks": [check, {"check": "tcp_80", "status": "failed"}], "passed": False}], INSTANCES)
    assert not failed["passed"]
    assert "Port checks skipped: 1" in _recovery.notes(DRILL, {}, [shown])[0]


@pytest.mark.parametrize("wanted, text", [
    (["80.158.0.10"], "a mapping with 'eip' and 'instance'"), ([{"eip": "1.2.3.4"}], "a mapping with"),
    ([{"eip": "1.2.3.4", "instance": "nas"}], "available: db, web"),
    ([{"eip": "1.2.3.4", "instance": "db", "port": 1}], "unknown key port"), ([{"eip": "1.2.3.4", "instance": "db", "move": "yes"}], "move has the wrong type"),
    ([{"eip": "1.2.3.4", "instance": "db"}, {"eip": "1.2.3.4", "instance": "web"}], "is named twice"),
])
def test_elastic_ips_are_checked_before_anything_is_done(wanted, text):
    with pytest.raises(ValueError, match=text):
        _recovery.eips(wanted, INSTANCES)


def test_elastic_ips_of_a_wave():
    wanted = _recovery.eips([{"eip": "1.2.3.4", "instance": "db", "move": True}, {"eip": "1.2.3.5", "instance": "web"}], INSTANCES)
    found = _recovery.eips_of(wanted, {"instances": ["db"], "servers": ["d1"]})
    assert found == [{"eip": "1.2.3.4", "instance": "db", "move": True, "server": "d1"}] and _recovery.eips(None, INSTANCES) == []


def test_the_notes_name_the_age_of_the_data_and_the_way_back():
    found = _recovery.notes(DRILL, {}, [])
    assert "2026-11-23T11:00:00" in found[0] and "id=d state=absent" in found[-1] and not _recovery.notes({}, {}, [])
    assert "already existed" in _recovery.notes(DRILL, DRILL, [])[0]
