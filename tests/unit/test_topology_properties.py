# SPDX-License-Identifier: GPL-3.0-or-later
"""Any document after any other, on the simulator's world without HTTP and with a clock that jumps."""

from __future__ import annotations

import direct
import pytest
from direct import run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture
def cloud(monkeypatch):
    """``cloud()`` makes one; tasks go to the newest."""
    return direct.use(monkeypatch)


TAGS = st.none() | st.dictionaries(st.sampled_from(["tier", "owner"]), st.sampled_from(["x", "y"]), max_size=2)
SERVERS = {"ecs-erp-web-1": 1, "ecs-erp-web-2": 1, "ecs-erp-app-1": 2, "ecs-erp-db-1": 2}


@st.composite
def instances(draw):
    """Entries of some servers, each by one of two names; the two that share a disk stand together or not at all."""
    chosen = draw(st.lists(st.sampled_from(sorted(SERVERS)), unique=True, max_size=3))
    variant = draw(st.sampled_from("xy"))
    found = []
    for server in chosen:
        pairs = [
            {
                "device": "/dev/vd%s" % "ab"[number], "name": draw(st.none() | st.just("%s-%d" % (server[8:], number))),
                "size": draw(st.sampled_from([None, 200])),
            }
            for number in range(SERVERS[server])
        ]
        if server == "ecs-erp-db-1" and draw(st.booleans()):
            pairs.append({"device": "/dev/vdc", "volume": "archive-1", "name": "archive"})
        found.append({
            "name": "%s-%s" % (server[8:], variant), "server": server, "tags": draw(TAGS), "purge_tags": draw(st.booleans()),
            "replications": draw(st.none() | st.just(pairs)),
        })
    if draw(st.booleans()):
        quorum = [{"device": "/dev/vdb", "volume": "quorum", "name": "quorum"}]
        found += [{"name": "cluster-%d-%s" % (number, variant), "server": "ecs-erp-cluster-%d" % number, "replications": quorum} for number in (1, 2)]
    return found


@st.composite
def documents(draw):
    entries = draw(instances())
    entries = draw(st.sampled_from([entries, entries, None]))
    protection = draw(st.sampled_from([None, "disabled", "enabled"])) if entries else None
    free = draw(st.none() | st.just([{"volume": "archive-2", "name": "free", "size": 60}]) | st.just([]))
    drills = draw(st.none() | st.just([]) | st.just([{"name": "drill", "drill_vpc": "vpc-drill"}]))
    return {
        "name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp",
        "protected_instances": entries, "replications": free, "protection": protection,
        "drills": drills if entries and protection == "enabled" else None,
    }


def without_none(value):
    if isinstance(value, dict):
        return {key: without_none(each) for key, each in value.items() if each is not None}
    return [without_none(each) for each in value] if isinstance(value, list) else value


def holds(document, live, prune):
    """What of the document the live state (an export) does not show, as text."""
    wrong = []
    by_name = {each.get("name"): each for each in live["protected_instances"]}
    for entry in document["protected_instances"] or []:
        found = by_name.get(entry["name"])
        if not found:
            wrong.append("no instance " + entry["name"])
            continue
        tags = found.get("tags", {})
        wanted = entry.get("tags")
        if wanted is not None and (tags != wanted if entry.get("purge_tags") else not wanted.items() <= tags.items()):
            wrong.append("tags of %s: %s" % (entry["name"], tags))
        pairs = {pair["device"]: pair for pair in found["replications"]}
        for pair in entry.get("replications") or []:
            if any(pair.get(key) not in (None, pairs.get(pair["device"], {}).get(key)) for key in ("name", "size")):
                wrong.append("pair %s of %s: %s" % (pair, entry["name"], pairs))
    if prune and document["protected_instances"] is not None and len(by_name) != len(document["protected_instances"]):
        wrong.append("instances left: %s" % sorted(by_name))
    free = [pair.get("name") for pair in live["replications"]]
    if document["replications"] and "free" not in free:
        wrong.append("no free pair")
    if prune and document["replications"] == [] and free:
        wrong.append("pairs left: %s" % free)
    drills, wanted = [each["name"] for each in live.get("drills", [])], [each["name"] for each in document["drills"] or []]
    if document["drills"] is not None and (drills != wanted if prune else not set(wanted) <= set(drills)):
        wrong.append("drills: %s" % drills)
    if document["protection"] and live.get("protection") != document["protection"]:
        wrong.append("protection: %s" % live.get("protection"))
    return wrong


ALLOWED = {"create", "rename", "start", "stop", "attach", "extend", "tag", "untag"}


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(first=documents(), second=documents(), prune=st.booleans())
def test_any_document_after_any_other(cloud, first, second, prune):
    now = cloud()
    run("sdrs_topology", server_groups=[without_none(first)])
    for document, pruned in ((first, False), (second, prune)):
        wanted = [without_none(document)]
        now.written.clear()
        planned = run("sdrs_topology", check=True, server_groups=wanted, prune=pruned)
        assert now.written == []
        done = run("sdrs_topology", server_groups=wanted, prune=pruned)
        assert {each["operation"] for each in done["operations"]} <= ALLOWED | ({"delete"} if pruned else set())
        seen = [sorted((each["operation"], each["resource_type"], each.get("name", "")) for each in result["operations"]) for result in (planned, done)]
        # What a deleted instance leaves behind is known, and then pruned, only when it is gone.
        assert seen[0] == seen[1] or (pruned and set(seen[0]) <= set(seen[1]))
        now.written.clear()
        again = run("sdrs_topology", server_groups=wanted, prune=pruned)
        assert again["changed"] is False and again["operations"] == [] and now.written == []
        live = run("sdrs_topology_info")["topology"]["server_groups"][0]
        assert holds(document, live, pruned) == []
    exported = run("sdrs_topology_info")["topology"]
    assert not run("sdrs_topology", prune=True, **exported)["changed"]
    run("sdrs_topology", server_groups=[{"name": "erp", "state": "absent"}], prune=True)
    assert run("sdrs_topology_info")["topology"] == {"server_groups": []} and not now.world.protected_instances and not now.world.replications
