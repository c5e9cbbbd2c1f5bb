# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that identify different objects are refused before anything is sent, whatever module they are given to."""

from __future__ import annotations

import copy
import types

import direct
import pytest

from support import SpecRefused, TaskFailed

ZONES = {"source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02"}
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def text():
    """Two groups that hold something of every kind, as the text of a world; and its clock."""
    with pytest.MonkeyPatch.context() as patch:
        now = direct.use(patch)()
        direct.run("sdrs_topology", server_groups=[
            dict(ZONES, name="erp", source_vpc="vpc-erp", replications=[{"volume": "archive-1", "name": "free"}], protected_instances=[
                {"name": "web", "server": "ecs-erp-web-1"},
                {"name": "app", "server": "ecs-erp-app-1", "replications": [{"device": "/dev/vdb", "name": "data"}]},
            ]),
            dict(ZONES, name="crm", source_vpc="vpc-erp", replications=[{"volume": "archive-2", "name": "loose"}], protected_instances=[
                {"name": "shop", "server": "ecs-erp-web-2"},
            ]),
        ])
        direct.run("sdrs_protected_instance_nic", protected_instance="web", subnet="subnet-db")
        group = {each["name"]: each for each in now.world.server_groups.values()}
        vpcs = {each["name"]: each["id"] for each in now.world.vpcs.values()}
        for name, its, vpc in (("drill-1", "erp", "vpc-drill"), ("drill-2", "erp", "vpc-other"), ("drill-3", "crm", "vpc-other")):
            drill = {"_born": 0, "id": now.world.new_id(), "name": name, "status": "available", "server_group_id": group[its]["id"],
                     "drill_vpc_id": vpcs[vpc], "drill_servers": [], "created_at": "2026-01-01 00:00:00.000", "updated_at": "2026-01-01 00:00:00.000"}
            now.world.drills[drill["id"]] = drill
        first = next(iter(now.world.as_groups.values()))
        second = dict(copy.deepcopy(first), scaling_group_id=now.world.new_id(), scaling_group_name="as-other")
        now.world.as_groups[second["scaling_group_id"]] = second
        return now.world.dump(), now.time


@pytest.fixture
def world(monkeypatch, text):
    """IDs by name; ``cloud`` is the cloud itself."""
    now = direct.use(monkeypatch)()
    now.world.restore(text[0])
    now.time = text[1]
    ids = {each["name"]: each["id"] for kind in ("server_groups", "protected_instances", "replications", "drills", "vpcs")
           for each in getattr(now.world, kind).values()}
    ids.update((each["scaling_group_name"], each["scaling_group_id"]) for each in now.world.as_groups.values())
    ids.update((each["name"], each["id"]) for each in now.world.servers.values() if each["OS-EXT-AZ:availability_zone"] == "eu-sim-01")
    ids.update((each["name"], each["id"]) for each in now.world.volumes.values() if each["availability_zone"] == "eu-sim-01")
    ids.update(("DR " + each["name"], each["target_server"]) for each in now.world.protected_instances.values())
    web = now.world.servers[ids["ecs-erp-web-1"]]["addresses"]
    nics = [nic for each in web.values() for nic in each]
    return types.SimpleNamespace(cloud=now, ids=ids, nics=nics)


def resolved(world, value):
    """``<name>`` stands for the ID of what bears the name, ``nic 0`` and ``ip 0`` for what the first NIC of web is."""
    if isinstance(value, dict):
        return {key: resolved(world, each) for key, each in value.items()}
    if isinstance(value, list):
        return [resolved(world, each) for each in value]
    if isinstance(value, str) and value.startswith("<"):
        return world.ids[value[1:-1]]
    if isinstance(value, str) and value[:-1] in ("nic ", "ip "):
        nic = world.nics[int(value[-1])]
        return nic["OS-EXT-IPS:port_id"] if value.startswith("nic") else nic["addr"]
    return value


ABSENT, PURGE, IGNORE = {"state": "absent"}, {"state": "absent", "purge": True}, {"immutable_change": "ignore"}


def erp(**contents):
    return {"server_groups": [dict(contents, name="erp", state="absent")], "prune": True}


def kept(**contents):
    return {"server_groups": [dict(contents, name="erp")]}


# module, options, what the error says of both
CONTRADICTIONS = [
    ("sdrs_server_group", {"id": "<erp>", "name": "crm", **ABSENT}, ["<erp>", "<crm>"]),
    ("sdrs_server_group", {"id": "<erp>", "name": "crm", **PURGE}, ["<erp>", "<crm>"]),
    ("sdrs_server_group", {"id": "<erp>", "name": "old-name", **PURGE}, ["<erp>", "erp", "old-name"]),
    ("sdrs_server_group", {"id": NOBODY, "name": "erp", **PURGE}, [NOBODY, "<erp>"]),
    ("sdrs_server_group", {"id": "<erp>", "name": "crm"}, ["<erp>", "<crm>"]),
    ("sdrs_protected_instance", {"id": "<web>", "server": "<ecs-erp-app-1>", **ABSENT}, ["<web>", "<app>"]),
    ("sdrs_protected_instance", {"id": "<web>", "server": "ecs-erp-app-1", **ABSENT}, ["<web>", "<app>"]),
    ("sdrs_protected_instance", {"id": "<web>", "server": "<DR app>", **ABSENT}, ["<web>", "<app>"]),
    ("sdrs_protected_instance", {"id": "<web>", "server": "ecs-erp-web-2", **ABSENT}, ["<web>", "<shop>"]),
    ("sdrs_protected_instance", {"id": "<web>", "server": "ecs-erp-db-1", **ABSENT}, ["<web>", "<ecs-erp-db-1>"]),
    ("sdrs_protected_instance", {"id": "<web>", "server_id": NOBODY, **ABSENT}, ["<web>", NOBODY]),
    ("sdrs_protected_instance", {"id": "<web>", "name": "app", **ABSENT}, ["<web>", "<app>"]),
    ("sdrs_protected_instance", {"id": "<web>", "name": "old-name", **ABSENT}, ["<web>", "web", "old-name"]),
    ("sdrs_protected_instance", {"id": "<web>", "server_group": "crm", **ABSENT}, ["<web>", "<erp>", "<crm>"]),
    ("sdrs_protected_instance", {"id": "<web>", "server_group_id": "<crm>", **ABSENT}, ["<web>", "<erp>", "<crm>"]),
    ("sdrs_protected_instance", {"server": "ecs-erp-web-1", "server_group": "crm", **ABSENT}, ["<web>", "<erp>", "<crm>"]),
    ("sdrs_protected_instance", {"server": "ecs-erp-web-1", "name": "app", **ABSENT}, ["<web>", "<app>"]),
    ("sdrs_protected_instance", {"server": "<DR web>", "name": "old-name", **ABSENT}, ["<web>", "web", "old-name"]),
    ("sdrs_protected_instance", {"id": NOBODY, "server": "ecs-erp-web-1", **ABSENT}, [NOBODY, "<web>"]),
    ("sdrs_protected_instance", {"id": NOBODY, "name": "web", "server_group": "erp", **ABSENT}, [NOBODY, "<web>"]),
    ("sdrs_protected_instance", {"id": "<web>", "server": "<ecs-erp-app-1>"}, ["<web>", "<app>"]),
    ("sdrs_protected_instance", {"id": "<web>", "server": "<ecs-erp-app-1>", "name": "new", **IGNORE}, ["<web>", "<app>"]),
    ("sdrs_protected_instance", {"id": "<web>", "name": "app"}, ["<web>", "<app>"]),
    ("sdrs_protected_instance_batch", {"server_group": "erp", "servers": [{"server": "ecs-erp-web-1", "name": "app"}], **ABSENT}, ["<web>", "<app>"]),
    ("sdrs_protected_instance_batch", {"server_group": "erp", "servers": [{"server": "ecs-erp-web-2"}], **ABSENT}, ["<shop>", "<crm>"]),
    ("sdrs_protected_instance_batch", {"server_group": "erp", "servers": [{"server": "ecs-erp-web-1", "name": "old-name"}], **ABSENT}, ["<web>", "old-name"]),
    ("sdrs_replication", {"id": "<free>", "volume": "data-1", **ABSENT}, ["<free>", "<data-1>"]),
    ("sdrs_replication", {"id": "<free>", "volume": "archive-2", **ABSENT}, ["<free>", "<loose>"]),
    ("sdrs_replication", {"id": "<free>", "volume_id": "<archive-2>", **ABSENT}, ["<free>", "<loose>"]),
    ("sdrs_replication", {"id": "<free>", "name": "data", **ABSENT}, ["<free>", "<data>"]),
    ("sdrs_replication", {"id": "<free>", "name": "old-name", **ABSENT}, ["<free>", "free", "old-name"]),
    ("sdrs_replication", {"id": "<free>", "server_group": "crm", **ABSENT}, ["<free>", "<erp>", "<crm>"]),
    ("sdrs_replication", {"volume": "archive-1", "name": "data", **ABSENT}, ["<free>", "<data>"]),
    ("sdrs_replication", {"id": NOBODY, "volume": "archive-1", **ABSENT}, [NOBODY, "<free>"]),
    ("sdrs_replication", {"id": NOBODY, "name": "free", **ABSENT}, [NOBODY, "<free>"]),
    ("sdrs_replication", {"id": "<free>", "volume": "archive-2", "size": 500}, ["<free>", "<loose>"]),
    ("sdrs_replication", {"id": "<free>", "volume": "archive-2", "size": 500, **IGNORE}, ["<free>", "<loose>"]),
    ("sdrs_replication", {"id": "<free>", "name": "data"}, ["<free>", "<data>"]),
    ("sdrs_replication", {"id": "<free>", "attachments": [{"protected_instance": "<shop>", "device": "/dev/vdc"}]}, ["<shop>", "<crm>", "<erp>"]),
    ("sdrs_drill", {"id": "<drill-1>", "name": "drill-2", **ABSENT}, ["<drill-1>", "<drill-2>"]),
    ("sdrs_drill", {"id": "<drill-1>", "name": "old-name", **ABSENT}, ["<drill-1>", "drill-1", "old-name"]),
    ("sdrs_drill", {"id": "<drill-1>", "server_group": "crm", **ABSENT}, ["<drill-1>", "<erp>", "<crm>"]),
    ("sdrs_drill", {"id": "<drill-1>", "drill_vpc": "vpc-other", **ABSENT}, ["<drill-1>", "<vpc-drill>", "<vpc-other>"]),
    ("sdrs_drill", {"name": "drill-1", "server_group": "erp", "drill_vpc_id": "<vpc-other>", **ABSENT}, ["<drill-1>", "<vpc-drill>", "<vpc-other>"]),
    ("sdrs_drill", {"id": NOBODY, "name": "drill-1", **ABSENT}, [NOBODY, "<drill-1>"]),
    ("sdrs_drill", {"id": "<drill-1>", "name": "drill-2"}, ["<drill-1>", "<drill-2>"]),
    ("sdrs_drill", {"id": "<drill-1>", "server_group": "crm", "name": "new"}, ["<drill-1>", "<erp>", "<crm>"]),
    ("vpc", {"id": "<vpc-drill>", "name": "vpc-other", **ABSENT}, ["<vpc-drill>", "<vpc-other>"]),
    ("vpc", {"id": "<vpc-drill>", "name": "old-name", "purge_subnets": True, **ABSENT}, ["<vpc-drill>", "vpc-drill", "old-name"]),
    ("vpc", {"id": NOBODY, "name": "vpc-drill", "purge_subnets": True, **ABSENT}, [NOBODY, "<vpc-drill>"]),
    ("vpc", {"id": "<vpc-drill>", "name": "vpc-other"}, ["<vpc-drill>", "<vpc-other>"]),
    ("as_group", {"id": "<as-erp-web>", "name": "as-other", "status": "paused"}, ["<as-erp-web>", "<as-other>"]),
    ("as_group", {"id": "<as-erp-web>", "name": "old-name", "status": "paused"}, ["<as-erp-web>", "as-erp-web", "old-name"]),
    ("sdrs_protected_instance_nic", {"protected_instance": "web", "nic": "nic 1", "ip_address": "ip 0", **ABSENT}, ["nic 1", "ip 0"]),
    ("sdrs_protected_instance_nic", {"protected_instance": "web", "nic": "nic 1", "subnet": "subnet-app", **ABSENT}, ["nic 1", "subnet-app"]),
    ("sdrs_protected_instance_nic", {"protected_instance": "web", "ip_address": "ip 1", "subnet": "subnet-app", **ABSENT}, ["ip 1", "subnet-app"]),
    ("sdrs_topology", {"server_groups": [{"id": "<erp>", "name": "crm", **ABSENT}], "prune": True}, ["server_groups[0]", "<erp>", "<crm>"]),
    ("sdrs_topology", {"server_groups": [{"id": "<erp>", "name": "old-name", **ABSENT}], "prune": True}, ["<erp>", "erp", "old-name"]),
    ("sdrs_topology", {"server_groups": [{"id": NOBODY, "name": "erp", **ABSENT}], "prune": True}, [NOBODY, "<erp>"]),
    ("sdrs_topology", {"server_groups": [{"id": "<erp>", "name": "crm"}]}, ["<erp>", "<crm>"]),
    ("sdrs_topology", erp(protected_instances=[{"server": "ecs-erp-web-1", "name": "app"}]), ["server_groups[0].protected_instances[0]", "<web>", "<app>"]),
    ("sdrs_topology", erp(protected_instances=[{"server": "<DR web>", "name": "old-name"}]), ["<web>", "web", "old-name"]),
    ("sdrs_topology", erp(protected_instances=[{"server": "ecs-erp-web-2"}]), ["<shop>", "<crm>"]),
    ("sdrs_topology", erp(replications=[{"volume": "archive-1", "name": "data"}]), ["server_groups[0].replications[0]", "<free>", "<data>"]),
    ("sdrs_topology", erp(protected_instances=[{"name": "app", "replications": [{"volume": "<ecs-erp-app-1-root>", "device": "/dev/vdb"}]}]),
     ["server_groups[0].protected_instances[0].replications[0]", "/dev/vdb", "<data>"]),
    ("sdrs_topology", erp(protected_instances=[{"name": "app", "replications": [{"device": "/dev/vdb", "name": "free"}]}]), ["<data>", "<free>"]),
    ("sdrs_topology", erp(drills=[{"id": "<drill-1>", "name": "drill-2"}]), ["server_groups[0].drills[0]", "<drill-1>", "<drill-2>"]),
    ("sdrs_topology", erp(drills=[{"id": "<drill-3>"}]), ["<drill-3>", "<crm>"]),
    ("sdrs_topology", erp(drills=[{"id": "<drill-1>", "drill_vpc": "vpc-other"}]), ["<drill-1>", "<vpc-drill>", "<vpc-other>"]),
    ("sdrs_topology", kept(drills=[{"id": "<drill-1>", "name": "drill-2"}]), ["<drill-1>", "<drill-2>"]),
    ("sdrs_topology", kept(drills=[{"id": "<drill-3>", "name": "x"}]), ["<drill-3>"]),
]


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("case", range(len(CONTRADICTIONS)), ids=lambda case: "%s %s" % CONTRADICTIONS[case][:2])
def test_a_contradiction_is_refused(world, case, check):
    module, options, parts = CONTRADICTIONS[case]
    with pytest.raises(TaskFailed) as refused:
        direct.run(module, check, **resolved(world, options))
    said = str(refused.value)
    assert all(resolved(world, part) in said for part in parts), said
    assert "remedy" in refused.value.error or "server_group" in str(options)
    assert world.cloud.written == []


@pytest.mark.parametrize("module, options", [
    ("sdrs_failed_task", {"id": NOBODY, "server_group": "erp"}), ("ecs_power", {"servers": ["ecs-erp-web-1"], "server_group": "erp", "site": "dr"}),
])
def test_options_that_exclude_each_other(world, module, options):
    with pytest.raises(SpecRefused, match="mutually exclusive"):
        direct.run(module, **options)


@pytest.mark.parametrize("module, options, message", [
    ("sdrs_failed_task", {"id": NOBODY, "all": True}, "exactly one of"),
    ("ecs_power", {"server_group": "erp", "site": "production", "protected_instances": ["<shop>"]}, "no protected instance is named"),
])
def test_what_stands_in_the_way_of_each_other(world, module, options, message):
    with pytest.raises(TaskFailed, match=message):
        direct.run(module, **resolved(world, options))
    assert world.cloud.written == []


AGREEMENTS = [
    ("sdrs_server_group", {"id": "<erp>", "name": "erp", **PURGE}), ("sdrs_server_group", {"id": "<erp>", "name": "new"}),
    ("sdrs_protected_instance", {"id": "<web>", "server": "ecs-erp-web-1", "name": "web", "server_group": "erp", **ABSENT}),
    ("sdrs_protected_instance", {"id": "<web>", "server": "<DR web>", "server_group_id": "<erp>", **ABSENT}),
    ("sdrs_protected_instance", {"server": "<ecs-erp-web-1>", "name": "web", **ABSENT}),
    ("sdrs_protected_instance", {"id": "<web>", "server": "ecs-erp-web-1", "name": "new"}),
    ("sdrs_protected_instance", {"server": "ecs-erp-web-1", "name": "new"}), ("sdrs_protected_instance", {"id": "<web>", "name": "shop"}),
    ("sdrs_protected_instance_batch", {"server_group": "erp", "servers": [{"server": "ecs-erp-web-1", "name": "web"}], **ABSENT}),
    ("sdrs_replication", {"id": "<free>", "volume": "archive-1", "name": "free", "server_group": "erp", **ABSENT}),
    ("sdrs_replication", {"id": "<free>", "volume": "archive-1", "name": "new"}),
    ("sdrs_drill", {"id": "<drill-1>", "name": "drill-1", "server_group": "erp", "drill_vpc": "vpc-drill", **ABSENT}),
    ("sdrs_drill", {"id": "<drill-1>", "name": "new"}), ("sdrs_drill", {"id": "<drill-1>", "name": "drill-3"}),
    ("vpc", {"id": "<vpc-drill>", "name": "vpc-drill", "purge_subnets": True, **ABSENT}), ("vpc", {"id": "<vpc-drill>", "name": "new"}),
    ("as_group", {"id": "<as-erp-web>", "name": "as-erp-web", "status": "paused", "scaling_group_name": "new"}),
    ("sdrs_protected_instance_nic", {"protected_instance": "web", "nic": "nic 1", "ip_address": "ip 1", "subnet": "subnet-db", **ABSENT}),
    ("sdrs_topology", {"server_groups": [{"id": "<erp>", "name": "erp", **ABSENT}], "prune": True}),
    ("sdrs_topology", {"server_groups": [{"id": "<erp>", "name": "new"}]}),
    ("sdrs_topology", {"server_groups": [{"id": "<erp>", "name": "crm"}, {"id": "<crm>", "name": "erp"}]}),  # they change their names
    ("sdrs_topology", kept(protected_instances=[{"server": "ecs-erp-web-1", "name": "app"}, {"server": "ecs-erp-app-1", "name": "web"}])),
    ("sdrs_topology", erp(protected_instances=[{"server": "ecs-erp-web-1", "name": "web"}, {"name": "app", "replications": [
        {"device": "/dev/vdb", "volume": "<ecs-erp-app-1-data-1>", "name": "data"}]}], drills=[{"id": "<drill-1>", "name": "drill-1"}])),
]


@pytest.mark.parametrize("case", range(len(AGREEMENTS)), ids=lambda case: "%s %s" % AGREEMENTS[case])
def test_what_agrees_is_done(world, case):
    module, options = AGREEMENTS[case]
    assert direct.run(module, **resolved(world, options))["changed"]


@pytest.mark.parametrize("module, options", [
    ("sdrs_server_group", {"id": NOBODY, "name": "nobody", **ABSENT}),
    ("sdrs_protected_instance", {"id": NOBODY, "server": "ecs-erp-db-1", "name": "nobody", **ABSENT}),
    ("sdrs_protected_instance", {"server": "ecs-erp-db-1", "name": "web", **ABSENT}),  # the name is never used to find it
    ("sdrs_replication", {"id": NOBODY, "volume": "data-1", **ABSENT}), ("sdrs_drill", {"id": NOBODY, "name": "nobody", "drill_vpc": "gone", **ABSENT}),
    ("vpc", {"id": NOBODY, "name": "nobody", **ABSENT}), ("sdrs_topology", {"server_groups": [{"id": NOBODY, "name": "nobody", **ABSENT}]}),
])
def test_what_is_gone_stays_unchanged(world, module, options):
    assert not direct.run(module, **options)["changed"] and world.cloud.written == []
