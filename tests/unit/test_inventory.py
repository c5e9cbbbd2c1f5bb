# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of the inventory: variables, groups, and what is asked of the service for many."""

from __future__ import annotations

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.api import Api
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import api_error
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.lookup import Lookup
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils._inventory import fetch, hosts


@pytest.fixture
def cloud(monkeypatch):
    made = direct.use(monkeypatch)()
    zones = made.world.identity["availability_zones"]
    instances = [{"name": name, "server": "ecs-erp-" + name, "tags": {"tier": name[:-2], "gold": ""}} for name in ("web-1", "db-1")]
    direct.run("sdrs_topology", server_groups=[{
        "name": "erp", "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp",
        "protection": "enabled", "protected_instances": instances, "drills": [{"name": "d", "drill_vpc": "vpc-drill"}],
    }])
    return made


def read(cloud, kind, warnings=None, **more):
    found = fetch(Lookup(Api(direct.Direct(cloud))), kind, (warnings if warnings is not None else []).append)
    return {name: (variables, groups) for name, variables, groups in hosts(found, kind, **more)}


def test_protected_instances(cloud):
    found = read(cloud, "protected_instances")
    variables, groups = found["web-1"]
    assert list(found) == ["db-1", "web-1"] and variables["sdrs_kind"] == "protected_instance"
    assert variables["ansible_host"] == variables["sdrs_production_server"]["addresses"][0]
    assert variables["sdrs_production_server"]["availability_zone"].endswith("01") and variables["sdrs_dr_server"]["status"] == "SHUTOFF"
    assert [each["drill"] for each in variables["sdrs_drill_servers"]] == ["d"] and variables["sdrs_drill_servers"][0]["status"] == "ACTIVE"
    assert groups == ["sdrs_group_erp", "sdrs_status_protected", "sdrs_site_source", "sdrs_tag_tier_web", "sdrs_tag_gold"]


def test_the_address_follows_production(cloud):
    before = read(cloud, "protected_instances")["web-1"][0]
    for server in cloud.world.servers.values():
        server["status"] = "SHUTOFF"
    direct.run("sdrs_failover", server_group="erp", active_site="target")
    after = read(cloud, "protected_instances")["web-1"][0]
    assert after["sdrs_production_server"]["id"] == before["sdrs_dr_server"]["id"] and after["sdrs_dr_server"]["id"] == before["sdrs_production_server"]["id"]
    assert after["sdrs_site"] == "target" and after["ansible_host"] == after["sdrs_production_server"]["addresses"][0]


def test_protection_groups(cloud):
    found = read(cloud, "server_groups")
    variables, groups = found["erp"]
    assert variables["sdrs_kind"] == "server_group" and variables["sdrs_status"] == "protected" and groups == ["sdrs_status_protected", "sdrs_site_source"]
    assert not read(cloud, "server_groups", wanted=["other"]) and list(read(cloud, "protected_instances", wanted=[variables["sdrs_id"]]))


def test_names_that_two_groups_bear(cloud):
    group = next(iter(cloud.world.server_groups.values()))
    cloud.world.server_groups["b" * 32] = dict(group, id="b" * 32)
    found = read(cloud, "server_groups")
    assert sorted(found) == sorted("erp_%s" % each for each in cloud.world.server_groups)
    assert found["erp_" + "b" * 32][0]["failover_server_group"] == "b" * 32


@pytest.mark.parametrize("name", ["{{ 6 * 7 }}", "a b", "x\ny", "", None, "a" * 65])
def test_a_name_that_is_none_gives_way_to_the_id(cloud, name):
    group = next(iter(cloud.world.server_groups.values()))
    group["name"] = name
    assert list(read(cloud, "server_groups")) == [group["id"]] and read(cloud, "server_groups")[group["id"]][0]["drill_server_group"] == group["id"]


def test_without_ecs_there_are_hosts_still(cloud):
    answer, warnings = cloud.answer, []

    def refuse(method, url, body):
        if "cloudservers" in url:
            raise api_error(503, "", None)
        return answer(method, url, body)

    cloud.answer = refuse
    variables = read(cloud, "protected_instances", warnings)["web-1"][0]
    assert "ansible_host" not in variables and variables["sdrs_production_server"] is None and "no addresses" in warnings[0]


def test_calls_for_a_thousand_instances(cloud):
    world = cloud.world
    instance, server = next(iter(world.protected_instances.values())), next(iter(world.servers.values()))
    for number in range(1000 - len(world.protected_instances)):
        halves = ["%08x-0000-0000-0000-%012x" % (number, half) for half in (1, 2)]
        for half, zone in zip(halves, world.identity["availability_zones"]):
            world.servers[half] = dict(server, id=half, **{"OS-EXT-AZ:availability_zone": zone})
        new = "%08x-0000-0000-0000-%012x" % (number, 3)
        world.protected_instances[new] = dict(instance, id=new, name="i-%d" % number, source_server=halves[0], target_server=halves[1])
    next(iter(world.server_groups.values()))["protected_instance_num"] = 1000
    calls, answer = [], cloud.answer

    def count(method, url, body):
        calls.append((method, url))
        return answer(method, url, body)

    cloud.answer = count
    assert len(read(cloud, "protected_instances")) == 1000
    assert len(calls) <= 6 and {method for method, _url in calls} == {"GET"}, calls


def test_no_address_while_production_is_not_known(cloud):
    for group in cloud.world.server_groups.values():
        group["priority_station"] = None
    variables = read(cloud, "protected_instances")["web-1"][0]
    assert "ansible_host" not in variables and variables["sdrs_production_server"] is variables["sdrs_dr_server"] is None
