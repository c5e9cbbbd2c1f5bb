# SPDX-License-Identifier: GPL-3.0-or-later
"""One wait, one time-out: what never ends is named after ``wait_timeout``, whatever waits for it, and the rest goes on."""

from __future__ import annotations

import direct
import pytest

from support import TaskFailed

GROUP = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
WEB = {"name": "web", "server": "ecs-erp-web-1"}
APP = {"name": "app", "server": "ecs-erp-app-1"}


@pytest.fixture
def cloud(monkeypatch):
    made = direct.use(monkeypatch)()
    direct.run("sdrs_topology", server_groups=[dict(GROUP, protected_instances=[WEB, APP], protection="enabled"), dict(GROUP, name="crm")])
    made.time += 100_000
    direct.run("sdrs_drill", server_group="erp", name="d", drill_vpc="vpc-drill")
    made.written.clear()
    return made


def stuck(cloud, kind, status, name=None):
    for obj in getattr(cloud.world, kind).values():
        if name in (None, obj["name"]):
            obj["status"] = status


DOCUMENT = {"server_groups": [dict(GROUP, protected_instances=[WEB, APP], protection="enabled")]}
STUCK = [
    ("sdrs_topology", DOCUMENT, "server_groups", "starting", "erp"),
    ("sdrs_topology", {"server_groups": [dict(GROUP, name="crm")]}, "server_groups", "deleting", "crm"),
    ("sdrs_topology", {"server_groups": [dict(GROUP, protected_instances=[dict(WEB, tags={"a": "b"})])]}, "protected_instances", "nic-creating", "web"),
    ("sdrs_topology", {"server_groups": [{"name": "erp", "state": "absent"}], "prune": True}, "replications", "attaching", None),
    ("sdrs_topology", {"server_groups": [{"name": "erp", "state": "absent"}], "prune": True}, "drills", "creating", None),
    ("sdrs_server_group", {"name": "erp", "protection": "disabled"}, "server_groups", "stopping", "erp"),
    ("sdrs_server_group", {"name": "erp", "state": "absent", "purge": True}, "protected_instances", "deleting", None),
    ("sdrs_failover", {"server_group": "erp", "active_site": "target"}, "server_groups", "reversing", "erp"),
    ("sdrs_protected_instance", {"server_group": "erp", "name": "web", "tags": {"a": "b"}}, "protected_instances", "resizing", "web"),
    ("sdrs_drill", {"server_group": "erp", "name": "d", "state": "absent"}, "drills", "creating", "d"),
]


@pytest.mark.parametrize("module, options, kind, status, name", STUCK, ids=lambda value: value if isinstance(value, str) else "")
def test_what_never_ends_is_named_after_one_time_out(cloud, module, options, kind, status, name):
    stuck(cloud, kind, status, name)
    begun = cloud.time
    with pytest.raises(TaskFailed, match="has not ended within 1800 s|is %s" % status) as failed:
        direct.run(module, **options)
    assert status in str(failed.value)
    assert cloud.time - begun < 1800 * 1.1
    assert not [path for _method, path in cloud.written if path.endswith(("/action", "/delete"))]


def test_the_rest_of_a_document_goes_on(cloud):
    stuck(cloud, "server_groups", "starting", "erp")
    begun = cloud.time
    document = [dict(GROUP, protected_instances=[dict(WEB, tags={"a": "b"})]), dict(GROUP, name="crm", protected_instances=[
        {"name": "db", "server": "ecs-erp-db-1"}])]
    with pytest.raises(TaskFailed) as failed:
        direct.run("sdrs_topology", server_groups=document)
    branches = failed.value.result["branches"]
    assert [entry["path"] for entry in branches["failed"]] == ["server_groups[0]"] and "starting" in branches["failed"][0]["message"]
    assert branches["succeeded"] == ["server_groups[1].protected_instances[0]"]
    assert cloud.time - begun < 1800 * 1.2


def test_work_that_follows_on_work_is_waited_for_once(cloud):
    """Somebody else's jobs one after the other: the time-out counts from the first."""
    group = next(group for group in cloud.world.server_groups.values() if group["name"] == "erp")
    begun, states = cloud.time, ("stopping", "starting")

    def changed(answer):
        group["status"] = states[int(cloud.time) // 300 % 2] if cloud.time % 300 > 5 else "available"
        return answer

    cloud.changed = changed
    with pytest.raises(TaskFailed):
        direct.run("sdrs_server_group", name="erp", protection="disabled", wait_timeout=900)
    assert cloud.time - begun < 900 * 1.5


def kinds():
    """Every kind that a job can be at work on, with how it looks then."""
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._neighbours import ecs_power, vpc
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs import drill, protected_instance, replication, server_group

    found = [(kind, dict(status=status)) for kind in (server_group.KIND, protected_instance.KIND, replication.KIND, drill.KIND, vpc.KIND, vpc.SUBNET)
             for status in list(kind.transit)[:1]]
    return [*found, (ecs_power.KIND, {"OS-EXT-STS:task_state": "powering-on", "status": "SHUTOFF"}),
            (server_group.SYNCHRONISATION, {"status": "protected", "progress": 40})]


@pytest.mark.parametrize("kind, busy", kinds(), ids=lambda value: value.title if hasattr(value, "title") and not isinstance(value, dict) else "")
def test_two_of_any_kind_are_waited_for_together(kind, busy, monkeypatch):
    """The engine watches them by whatever list it has for the kind, or one by one."""
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.api import Api
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import plan
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import waiting as waiting_module
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.executor import Executor
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.workers import InlineWorkers

    cloud = direct.use(monkeypatch)()
    settled = {"status": "ACTIVE" if kind.name == "ecs_server" else "available", "OS-EXT-STS:task_state": None}
    ids = [number * 8 + "-" + "-".join([number * 4] * 3) + "-" + number * 12 for number in "ab"]

    def changed(answer):
        state = busy if cloud.time < 1_000_030 else settled
        objects = [{"id": object_id, "name": "n", **state} for object_id in ids]
        keys = {"server_groups", "protected_instances", "replications", "disaster_recovery_drills", "servers", "vpcs", "subnets"}
        return {**{key: objects for key in keys}, **{key[:-1]: objects[0] for key in keys}, "disaster_recovery_drill": objects[0]}

    monkeypatch.setattr(direct.Cloud, "respond", lambda self, method, url, body: (200, changed(None)))
    waiting = waiting_module.Waiting(clock=lambda: cloud.time, sleep=cloud.sleep)
    steps = [plan.wait_step(kind, {"id": object_id, "name": "n", **busy}) for object_id in ids]
    executor = Executor(Api(direct.wired(cloud)[0]), waiting, pool=InlineWorkers(waiting.clock, waiting.sleep))
    executor.run(steps)
    assert executor.done == set(steps)


def test_power_of_two_servers_in_transit(cloud):
    for server in cloud.world.servers.values():
        if server["name"].startswith("ecs-erp-") and server["OS-EXT-AZ:availability_zone"] == "eu-sim-01":
            server["OS-EXT-STS:task_state"] = "powering-off"
    cloud.changed = lambda answer: settle_power(cloud, answer)
    result = direct.run("ecs_power", server_group="erp", site="production", state="stopped")
    assert {server["status"] for server in result["ecs_servers"]} == {"SHUTOFF"}


def settle_power(cloud, answer):
    """After three readings they are off."""
    cloud.readings = getattr(cloud, "readings", 0) + 1
    if cloud.readings > 6:
        for server in cloud.world.servers.values():
            if server["OS-EXT-STS:task_state"]:
                server.update({"OS-EXT-STS:task_state": None, "status": "SHUTOFF"})
    return answer
