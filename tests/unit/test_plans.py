# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans of single kinds from made-up live states: no service, no I/O."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import Refused
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.plan import Field, immutable_conflicts
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs import batch, failover, protection, resize, teardown
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs.tags import tag_changes

GROUP = {"id": "g", "name": "erp", "status": "protected", "priority_station": "source", "source_availability_zone": "az1",
         "target_availability_zone": "az2"}
SERVERS = [{"id": "p", "status": "SHUTOFF", "flavor": {"id": "small"}}, {"id": "d", "status": "SHUTOFF", "flavor": {"id": "big"}}]


@pytest.mark.parametrize("status, wanted, reprotect, operation", [
    ("protected", "enabled", False, None), ("available", "enabled", False, "start"), ("error-starting", "enabled", False, "start"),
    ("failed-over", "enabled", True, "reprotect"), ("error-reprotecting", "enabled", True, "reprotect"), ("available", "enabled", True, "start"),
    ("available", "disabled", False, None), ("protected", "disabled", False, "stop"), ("error-stopping", "disabled", False, "stop"),
    ("failed-over", None, False, None), ("error", None, False, None),
])
def test_protection(status, wanted, reprotect, operation):
    assert protection.protection_change(wanted, reprotect, dict(GROUP, status=status, replication_num=1)) == operation


@pytest.mark.parametrize("status, wanted", [
    ("failed-over", "enabled"), ("error-reprotecting", "enabled"), ("error-stopping", "enabled"), ("error-reversing", "enabled"),
    ("error-failing-over", "enabled"), ("failed-over", "disabled"), ("error-starting", "disabled"), ("error-reversing", "disabled"),
])
def test_protection_that_is_refused(status, wanted):
    with pytest.raises(Refused):
        protection.protection_change(wanted, False, dict(GROUP, status=status, replication_num=1))


PLANNED, UNPLANNED, REPROTECT, FORCED = {"mode": "planned"}, {"mode": "unplanned"}, {"reprotect": True}, {"mode": "unplanned", "force": True}


# The table of semantics.md, section 2: status, is production at active_site, options -> operation, or "refused".
@pytest.mark.parametrize("status, there, options, outcome", [
    ("protected", True, PLANNED, None), ("protected", True, UNPLANNED, None), ("protected", False, PLANNED, "planned_failover"),
    ("protected", False, UNPLANNED, "failover"), ("failed-over", True, PLANNED, None), ("failed-over", True, UNPLANNED, None),
    ("failed-over", True, REPROTECT, "reprotect"), ("failed-over", False, PLANNED, "refused"), ("failed-over", False, UNPLANNED, "refused"),
    ("failed-over", False, REPROTECT, "refused"), ("error-reversing", True, PLANNED, "planned_failover"),
    ("error-reversing", True, UNPLANNED, "refused"), ("error-reversing", True, FORCED, "failover"),
    ("error-reversing", False, PLANNED, "planned_failover"), ("error-reversing", False, UNPLANNED, "failover"),
    ("error-failing-over", True, UNPLANNED, "failover"), ("error-failing-over", True, PLANNED, "refused"),
    ("error-failing-over", False, UNPLANNED, "failover"), ("error-failing-over", False, PLANNED, "refused"),
    ("error-reprotecting", True, REPROTECT, "reprotect"), ("error-reprotecting", True, PLANNED, "refused"),
    ("error-reprotecting", False, REPROTECT, "refused"), ("available", False, UNPLANNED, "refused"), ("error-starting", False, PLANNED, "refused"),
    ("error", True, PLANNED, "refused"),
])
def test_the_switching_table(status, there, options, outcome):
    wanted = failover.Options("source" if there else "target", **options)
    try:
        decided = failover.decide(wanted, dict(GROUP, status=status))
    except Refused as refused:
        decided = "refused"
        assert status in str(refused) or "failed over" in str(refused)
    assert decided == outcome


@pytest.mark.parametrize("station, options, body", [
    ("source", {"flavor": "huge"}, {"flavorRef": "huge"}), ("source", {"flavor": "big"}, {"production_flavorRef": "big"}),
    ("source", {"production_flavor": "big", "dr_flavor": "huge"}, {"production_flavorRef": "big", "dr_flavorRef": "huge"}),
    ("source", {"dr_flavor": "big"}, None), ("target", {"flavor": "big"}, {"flavorRef": "big"}), ("target", {"production_flavor": "big"}, "refused"),
    ("source", {"dr_flavor": "huge", "dr_dedicated_host": "h", "production_dedicated_host": "x"}, {"dr_flavorRef": "huge", "dr_dedicated_host_id": "h"}),
])
def test_resize_sends_only_what_differs(station, options, body):
    live = resize.Live({"id": "i", "name": "i", "status": "protected"}, dict(GROUP, priority_station=station), SERVERS)
    try:
        steps = resize.plan(resize.Options("i", **options), live).steps
    except Refused:
        assert body == "refused"
        return
    assert [step.request.body for step in steps] == ([body] if body else [])


def test_sides_are_told_by_one_readable_server():
    class Lookup:
        def __init__(self, **zones):
            self.zones = zones

        def server(self, name):
            return {"id": name, "OS-EXT-AZ:availability_zone": self.zones[name]} if self.zones.get(name) else None

    instance = {"source_server": "a", "target_server": "b"}
    for station, production in (("source", "a"), ("target", "b")):
        group = dict(GROUP, priority_station=station)
        both = resize.sides(Lookup(a="az1", b="az2"), instance, group)
        assert [server["id"] for server in both] == (["a", "b"] if production == "a" else ["b", "a"])
    assert resize.sides(Lookup(a="az1"), instance, GROUP)[0]["id"] == "a"
    assert resize.sides(Lookup(b="az2"), instance, GROUP)[1]["id"] == "b"
    assert resize.sides(Lookup(), instance, GROUP) == (None, None)


def test_sets_and_batches():
    pairs = [{"attachment": [{"protected_instance": each, "device": "/dev/vdb"} for each in users]} for users in ("ab", "bc", "de", "x")]
    assert teardown.sharing(list("abcdef"), pairs) == [["a", "b", "c"], ["d", "e"], ["f"]]
    assert batch.batches([["a", "b", "c"], ["d", "e"], ["f"]], 5) == [["a", "b", "c", "d", "e"], ["f"]]
    with pytest.raises(Refused, match="6 servers share disks"):
        batch.batches([list("abcdef")], 5)


def test_tags():
    live = [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    assert tag_changes(live, {"a": "1", "c": "3"}, False) == ({"c": "3"}, {})
    assert tag_changes(live, {"a": "9"}, True) == ({"a": "9"}, {"b": "2"})


def given(**options):
    return SimpleNamespace(**{**dict.fromkeys(("description", "b", "c", "ids")), **options})


def test_fixed_options_are_compared_where_they_can_be_read():
    fields = (Field("description", "description"), Field("b", "b"), Field("c", "c"), Field("ids", "x", lambda obj: frozenset(obj["x"])))
    live = {"description": None, "c": None, "x": ["1", "2"]}
    assert immutable_conflicts(given(description="", b="unreadable", c="not told", ids="2"), fields, live) == []
    assert immutable_conflicts(given(description="x", ids="3"), fields, live) == [("description", None, "x"), ("ids", "1/2", "3")]
    assert immutable_conflicts(given(ids="3"), fields, {"x": []}) == []
    assert immutable_conflicts(given(), fields, live) == []
