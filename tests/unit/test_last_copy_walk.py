# SPDX-License-Identifier: GPL-3.0-or-later
"""A random walk over live states, documents and options: without ``delete_last_copy`` no request removes what has lost its production.

What that is, is worked out here from the simulator's world, when the request arrives.
"""

from __future__ import annotations

import os

import direct
import pytest
from direct import run
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ConnectionFailed
from sdrs_simulator.removals import lose_server, lose_volume
from support import TaskFailed

GROUP = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
SERVERS = ["ecs-erp-web-1", "ecs-erp-app-1", "ecs-erp-db-1"]
CLUSTER = ["ecs-erp-cluster-1", "ecs-erp-cluster-2"]
BAD = ["invalid", "fault", "error-failing-over"]
TARGETS = ["delete_target_server", "delete_target_volume", "delete_target_eip"]


@pytest.fixture
def cloud(monkeypatch):
    return direct.use(monkeypatch)


@pytest.fixture
def begun(cloud):
    """Brings back the world that every walk begins in."""
    now = cloud()
    everything = [{"name": name[8:], "server": name} for name in [*SERVERS, *CLUSTER]]
    run("sdrs_topology", server_groups=[dict(GROUP, protected_instances=everything, replications=[{"volume": "archive-1", "name": "free"}])])
    text = now.world.dump()
    return lambda world: world.restore(text)


class Watched:
    """Looks at every request that removes something, and lets production be lost while a task waits."""

    def __init__(self, now):
        self.now, self.silent, self.soon, self.removed, self.answer = now, False, [], [], now.answer
        now.answer, now.sleep, self.sleep = self.intercept, self.asleep, now.sleep

    def asleep(self, seconds):
        self.sleep(seconds)
        if self.soon:
            self.soon.pop()()

    def intercept(self, method, url, body):
        if self.silent and ("/cloudservers" in url or "/cloudvolumes" in url):
            raise ConnectionFailed("no answer")
        path = url.split("?")[0]
        world = self.now.world
        ids = [each["id"] for each in body["protected_instances"]] if path.endswith("/protected-instances/delete") else []
        if method == "DELETE" and ("/protected-instances/" in path or "/replications/" in path) and "detachreplication" not in path:
            ids = [path.rsplit("/", 1)[1]]
        asked = [key for key, value in {**(body or {}), **((body or {}).get("replication") or {})}.items() if key in TARGETS and value]
        for object_id in ids:
            obj = world.protected_instances.get(object_id) or world.replications.get(object_id)
            why = obj and precious(world, obj, self.silent)
            assert not why, (why, obj, method, url, body)
            assert not (obj and asked and self.silent), ("silent", obj, body)
            self.removed.append(object_id)
        return self.answer(method, url, body)


def precious(world, obj, silent):
    """Why the object holds the last copy, or None; while ECS and EVS are silent only SDRS tells."""
    group = world.server_groups[obj["server_group_id"]]
    zone = group["source_availability_zone" if group["priority_station"] == "source" else "target_availability_zone"]
    if obj["status"] in BAD:
        return obj["status"]
    if "volume_ids" in obj:
        pairs = [obj]
    else:
        pairs = [pair for pair in world.replications.values() if obj["id"] in [each["protected_instance"] for each in pair["attachment"]]]
        halves = [obj[key] for key in ("source_server", "target_server") if obj[key]]
        there = [world.servers[half] for half in halves if half in world.servers]
        if not silent and len(there) < 2 and not any(each["OS-EXT-AZ:availability_zone"] == zone for each in there):
            return "no production server"
    for pair in pairs:
        there = [world.volumes[half] for half in pair["volume_ids"].split(",") if half in world.volumes]
        if pair["status"] in BAD or pair["fault_level"] != "0":
            return "pair %s %s" % (pair["status"], pair["fault_level"])
        if not silent and len(there) < 2 and not any(each["availability_zone"] == zone for each in there):
            return "no production disk"
    return None


def some(world, collection, number):
    found = sorted(getattr(world, collection).values(), key=lambda each: each["_born"])
    return found[number % len(found)] if found else None


def loss(watched, what, number, side):
    """Something is lost outside, or seen to be wrong."""
    world = watched.now.world
    instance, pair = some(world, "protected_instances", number), some(world, "replications", number)
    known = [(each, each["status"]) for each in (*world.protected_instances.values(), *world.replications.values())]
    if what == "server" and instance and instance[side]:
        lose_server(world, instance[side], number % 2 == 0)
    elif what == "disk" and pair and "," in pair["volume_ids"]:
        lose_volume(world, pair["volume_ids"].split(",")[side == "target_server"])
    elif what == "fault level" and pair:
        pair["fault_level"] = "2"
    elif what in BAD:
        chosen = instance if number % 2 else pair
        if chosen and chosen["status"] in ("available", "protected", "failed-over"):
            chosen["status"] = what
    if what in ("server", "disk") and number % 3:
        for each, status in known:  # SDRS has not noticed yet
            each["status"] = status


def happen(watched, event):
    kind, *details = event
    world = watched.now.world
    if kind == "loss":
        loss(watched, *details)
    elif kind == "loss soon":
        watched.soon.append(lambda: loss(watched, *details))
    elif kind == "silence":
        watched.silent = details[0]
    elif kind == "switch":
        for group in world.server_groups.values():
            group["priority_station"] = details[0]
            for each in (group, *world.protected_instances.values(), *world.replications.values()):
                if each["status"] in ("available", "protected"):
                    each["status"] = "protected"
    elif kind == "impostor":
        free = [each for each in world.servers.values() if each["name"] == "ecs-erp-web-2"]
        if free:
            free[0]["name"] = details[0]
    elif kind == "failed":
        instance = some(world, "protected_instances", details[0])
        if instance and instance["status"] == "available":
            instance["status"] = "error"


def act(now, module, options, check):
    now.written.clear()
    if options.get("servers") == "some":
        chosen = [each["source_server"] for each in list(now.world.protected_instances.values())[:2] if each["source_server"]]
        options = dict(options, servers=[{"server": each} for each in chosen or list(now.world.servers)[:1]])
    try:
        run(module, check=check, **options)
    except TaskFailed:
        pass
    assert not check or not now.written


@st.composite
def actions(draw):
    asked = {option: True for option in draw(st.lists(st.sampled_from(TARGETS), unique=True))}
    of_instance = {key: value for key, value in asked.items() if key != "delete_target_volume"}
    check = draw(st.sampled_from([False, False, True]))
    named = draw(st.lists(st.sampled_from([*SERVERS, "cluster"]), unique=True))
    entries = [{"name": name[8:], "server": name} for name in named if name != "cluster"]
    entries += [{"name": name[8:], "server": name} for name in CLUSTER if "cluster" in named]
    free = draw(st.sampled_from([None, [], [{"volume": "archive-1", "name": "free"}]]))
    document = {key: value for key, value in dict(GROUP, protected_instances=entries, replications=free).items() if value is not None}
    name = draw(st.sampled_from([*(each[8:] for each in SERVERS), "ecs-erp-web-1"]))
    force = draw(st.booleans())
    return draw(st.sampled_from([
        ("sdrs_topology", {"server_groups": [document], "prune": True, **asked}, check),
        ("sdrs_topology", {"server_groups": [document]}, False),
        ("sdrs_topology", {"server_groups": [{"name": "erp", "state": "absent"}], "prune": True, "force": force, **asked}, check),
        ("sdrs_server_group", {"name": "erp", "state": "absent", "purge": True, "force": force}, check),
        ("sdrs_protected_instance", {"name": name, "state": "absent", **of_instance}, check),
        ("sdrs_protected_instance", {"server": "ecs-erp-" + name.removeprefix("ecs-erp-"), "state": "absent", **of_instance}, check),
        ("sdrs_protected_instance_batch", {"server_group": "erp", "state": "absent", "servers": "some", **of_instance}, check),
        ("sdrs_replication", {"name": "free", "state": "absent", **{key: True for key in asked if key == "delete_target_volume"}}, check),
        ("sdrs_replication", {"volume": "data-1", "state": "absent", "force_detach": True,
                              **{key: True for key in asked if key == "delete_target_volume"}}, check),
    ]))


LOSS = (st.sampled_from(["server", "disk", "fault level", *BAD]), st.integers(0, 30), st.sampled_from(["source_server", "target_server"]))
LOSSES = st.tuples(st.sampled_from(["loss", "loss soon"]), *LOSS)
EVENTS = LOSSES | LOSSES | LOSSES | (
    st.tuples(st.just("silence"), st.booleans()) | st.tuples(st.just("switch"), st.sampled_from(["source", "target"]))
    | st.tuples(st.just("impostor"), st.sampled_from(SERVERS)) | st.tuples(st.just("failed"), st.integers(0, 30))
)


@settings(max_examples=400 if os.environ.get("SDRS_EVERY_CALL") else 150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(walk=st.lists(st.tuples(st.lists(EVENTS, min_size=1, max_size=2), actions()), min_size=1, max_size=3), outlive=st.booleans())
def test_no_walk_removes_a_last_copy(cloud, begun, walk, outlive):
    now = cloud()
    begun(now.world)
    now.world.settings["pairs_outlive_instance"] = outlive
    watched = Watched(now)
    for events, action in walk:
        for event in events:
            happen(watched, event)
        act(now, *action)


def test_the_walk_would_see_it(cloud):
    """Its judgement catches what the option allows, and production that is there may go."""
    now = cloud()
    watched = Watched(now)
    entries = [{"name": name[8:-2], "server": name} for name in SERVERS[:2]]
    run("sdrs_topology", server_groups=[dict(GROUP, protected_instances=entries)])
    run("sdrs_protected_instance", name="app", state="absent")
    assert len(watched.removed) == 1
    loss(watched, "server", 0, "source_server")
    with pytest.raises(AssertionError, match="invalid"):
        run("sdrs_protected_instance", name="web", state="absent", delete_last_copy=True)
