# SPDX-License-Identifier: GPL-3.0-or-later
"""What a service leaves untold is not guessed: production's site, an object's group, an address, a size."""

from __future__ import annotations

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import auth
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs.sites import production_zone
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs.tags import tags_to_mapping
from support import TaskFailed

ZONES = {"source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02"}
DOCUMENT = {
    "name": "erp", **ZONES, "source_vpc": "vpc-erp", "protection": "enabled",
    "protected_instances": [{"name": "web", "server": "ecs-erp-web-1", "replications": [{"device": "/dev/vda", "name": "root"}]}],
}


@pytest.fixture
def cloud(monkeypatch):
    """A protected group on a cloud of which ``cloud.untold[key]`` is null in every answer."""
    untold = {}

    def hidden(value):
        if isinstance(value, dict):
            return {key: None if key in untold else hidden(each) for key, each in value.items()}
        return [hidden(each) for each in value] if isinstance(value, list) else value

    cloud = direct.use(monkeypatch)(hidden)
    cloud.world.settings["first_sync_seconds"] = 1
    direct.run("sdrs_topology", server_groups=[DOCUMENT])
    cloud.time += 600
    cloud.untold = untold
    cloud.written.clear()
    return cloud


@pytest.mark.parametrize("group, zone", [
    ({"priority_station": "source", **ZONES}, "eu-sim-01"), ({"priority_station": "target", **ZONES}, "eu-sim-02"), ({"priority_station": None, **ZONES}, None),
    ({"priority_station": "source"}, None), (ZONES, None), ({"priority_station": "elsewhere", **ZONES}, None), ({}, None), (None, None),
])
def test_the_production_site_is_not_guessed(group, zone):
    assert production_zone(group) == zone


@pytest.mark.parametrize("key", ["priority_station", "source_availability_zone", "OS-EXT-AZ:availability_zone", "source_server"])
@pytest.mark.parametrize("site", ["production", "dr"])
def test_no_server_is_switched_off_by_a_guess(cloud, key, site):
    cloud.untold[key] = True
    for server in cloud.world.servers.values():
        server["status"] = "ACTIVE"
    before = {server["id"]: server["status"] for server in cloud.world.servers.values()}
    try:
        direct.run("ecs_power", server_group="erp", site=site, state="stopped")
    except TaskFailed as failed:
        assert "report" in str(failed) and cloud.written == []
    else:
        changed = [cloud.world.servers[key] for key, status in before.items() if cloud.world.servers[key]["status"] != status]
        assert [server["OS-EXT-AZ:availability_zone"] for server in changed] == ["eu-sim-01" if site == "production" else "eu-sim-02"]


@pytest.mark.parametrize("site", ["source", "target"])
@pytest.mark.parametrize("mode", ["planned", "unplanned"])
def test_no_switch_without_knowing_where_production_is(cloud, site, mode):
    cloud.untold["priority_station"] = True
    with pytest.raises(TaskFailed, match="current production site"):
        direct.run("sdrs_failover", server_group="erp", active_site=site, mode=mode, force=True)
    assert cloud.written == []


@pytest.mark.parametrize("key", ["addr", "addresses", "cidr"])
def test_no_nic_is_added_where_it_may_be_already(cloud, key):
    cloud.untold[key] = True
    with pytest.raises(TaskFailed, match="ECS does not report the addresses of its production server|has no CIDR"):
        direct.run("sdrs_protected_instance_nic", protected_instance="web", subnet="subnet-app")
    assert cloud.written == []


def test_a_nic_without_a_type_is_a_fixed_one(cloud):
    cloud.untold["OS-EXT-IPS:type"] = True
    assert not direct.run("sdrs_protected_instance_nic", protected_instance="web", subnet="subnet-app")["changed"]


def test_a_size_that_is_not_told_is_an_error(cloud):
    cloud.untold["volume_size"] = True
    with pytest.raises(TaskFailed, match="size cannot be read"):
        direct.run("sdrs_replication", server_group="erp", name="root", size=200)


@pytest.mark.parametrize("key", ["source_server", "target_server", "volume_ids"])
def test_what_the_document_may_mean_is_not_pruned(cloud, key):
    direct.run("sdrs_replication", server_group="erp", name="lone", volume="archive-1")
    cloud.written.clear()
    cloud.untold[key] = True
    empty = dict(DOCUMENT, protected_instances=[], replications=[])
    try:
        direct.run("sdrs_topology", server_groups=[empty], prune=True)
    except TaskFailed as failed:
        assert "not pruned" in str(failed)
    kept = cloud.world.replications if key == "volume_ids" else cloud.world.protected_instances
    assert kept


@pytest.mark.parametrize("options", [
    {"module": "sdrs_protected_instance_resize", "protected_instance": "web", "flavor": "s3.xlarge.2"},
    {"module": "sdrs_protected_instance_nic", "protected_instance": "web", "subnet": "subnet-db"},
    {"module": "sdrs_replication", "name": "root", "size": 200},
])
def test_an_object_without_its_group_is_named(cloud, options):
    options = dict(options)
    if options["module"] == "sdrs_replication":
        options["id"] = next(iter(cloud.world.replications))
    cloud.untold["server_group_id"] = True
    with pytest.raises(TaskFailed, match="the service does not report its protection group"):
        direct.run(options.pop("module"), **options)
    assert cloud.written == []


def test_servers_in_transit_of_power_are_waited_for(cloud):
    """Several of them, so that they might be watched together; no list of SDRS shows servers."""
    names = ["ecs-erp-web-2", "ecs-erp-app-1"]
    direct.run("ecs_power", servers=names, state="stopped", wait=False)
    direct.run("ecs_power", servers=names, state="started")
    assert {server["status"] for server in cloud.world.servers.values() if server["name"] in names} == {"ACTIVE"}


def test_tags_without_a_key_are_none():
    assert tags_to_mapping([{"key": None, "value": "x"}, {"value": "y"}, {"key": "a", "value": None}]) == {"a": None}


@pytest.mark.parametrize("url", [
    "https://sdrs.eu-de.otc.t-systems.com/v1/0123456789abcdef0123456789abcdef", "https://sdrs.eu-de.otc.t-systems.com/v1.0",
    "https://sdrs.eu-de.otc.t-systems.com",
])
def test_a_catalogue_may_come_without_the_project(url):
    catalog = [{"type": "sdrs", "endpoints": [{"url": url, "region": "eu-de"}]}]
    assert auth.read_catalogue(catalog, "eu-de", None) == {"sdrs": "https://sdrs.eu-de.otc.t-systems.com"}
