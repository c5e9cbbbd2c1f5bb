# SPDX-License-Identifier: GPL-3.0-or-later
"""Where nobody knows how the service behaves, modules work either way: a life under each behaviour, on a clock that jumps."""

from __future__ import annotations

import json

import direct
import matrix
import pytest
import requests

from sdrs_simulator import scenario
from sdrs_simulator.world import DEFAULT_SETTINGS, World

ZONES = {"source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02"}
PAIRS = [{"device": "/dev/vda", "name": "root", "size": 80}, {"device": "/dev/vdb", "name": "data"}]
CLUSTER = [{"name": "c%d" % number, "server": "ecs-erp-cluster-%d" % number, "tags": {"tier": "db"}} for number in (1, 2)]
# Without batch operations servers that share a disk cannot be protected.
ALONE = [{"name": "c%d" % number, "server": server} for number, server in ((1, "ecs-erp-web-2"), (2, "ecs-erp-app-1"))]
DOCUMENT = {
    "name": "erp", **ZONES, "source_vpc": "vpc-erp", "description": "ERP", "protection": "enabled",
    "protected_instances": [
        {"name": "db", "server": "ecs-erp-db-1", "replications": PAIRS}, {"name": "web", "server": "ecs-erp-web-1", "tags": {"tier": "web"}},
    ],
    "replications": [{"volume": "archive-1", "name": "archive"}],
}


@pytest.fixture(params=list(matrix.BEHAVIOURS))
def cloud(request, monkeypatch):
    made = direct.use(monkeypatch)()
    made.world.settings.update(matrix.BEHAVIOURS[request.param], first_sync_seconds=5)
    return made


def again(module, **options):
    """Run a task twice; the second run changes nothing."""
    first = direct.run(module, **options)
    second = direct.run(module, **options)
    assert second["changed"] is False and second["operations"] == [], (module, second["operations"])
    return first


def later(cloud):
    cloud.time += 600


def running(cloud):
    return {server["OS-EXT-AZ:availability_zone"] for server in cloud.world.servers.values() if server["status"] == "ACTIVE"}


def stop(cloud):
    for site in ("production", "dr"):
        again("ecs_power", server_group="erp", site=site, state="stopped")


def test_there_and_back_and_away(cloud):
    before = {kind: len(getattr(cloud.world, kind)) for kind in ("vpcs", "subnets")}
    document = dict(DOCUMENT, protected_instances=DOCUMENT["protected_instances"] + (CLUSTER if cloud.world.settings["batch_offered"] else ALONE))
    assert again("sdrs_topology", server_groups=[document])["changed"]
    later(cloud)
    exported = direct.run("sdrs_topology_info")["topology"]
    assert not direct.run("sdrs_topology", server_groups=exported["server_groups"], prune=True)["changed"]
    assert direct.run("sdrs_readiness_info", server_group="erp", operation="failover")["ready"]
    stop(cloud)
    again("sdrs_failover", server_group="erp", active_site="target")
    later(cloud)
    # Both halves stand where they stood, whatever they are called now.
    for name, zone in (("production", "eu-sim-02"), ("dr", "eu-sim-01")):
        again("ecs_power", server_group="erp", site=name, state="started")
        assert {cloud.world.servers[each["id"]]["OS-EXT-AZ:availability_zone"] for each in direct.run(
            "ecs_power", server_group="erp", site=name, state="started")["ecs_servers"]} == {zone}
    assert direct.run("sdrs_drift_info", server_group="erp")["drift"][0]["production_server"] in cloud.world.servers
    stop(cloud)
    again("sdrs_failover", server_group="erp", active_site="source", mode="unplanned", force=True)
    again("sdrs_failover", server_group="erp", active_site="source", reprotect=True)
    later(cloud)
    _changes(cloud)
    again("sdrs_topology", server_groups=[{"name": "erp", "state": "absent"}], prune=True, delete_target_server=True)
    for kind in ("server_groups", "protected_instances", "replications", "drills"):
        assert not getattr(cloud.world, kind), kind
    assert before == {kind: len(getattr(cloud.world, kind)) for kind in before}


def _changes(cloud):
    again("sdrs_drill", name="drill", server_group="erp", drill_vpc="vpc-drill")
    again("sdrs_drill", name="drill", server_group="erp", state="absent")
    again("sdrs_server_group", name="erp", protection="disabled")
    again("sdrs_protected_instance_resize", protected_instance="web", flavor="s3.xlarge.2")
    again("sdrs_protected_instance_nic", protected_instance="web", subnet="subnet-db")
    again("sdrs_protected_instance_nic", protected_instance="web", subnet="subnet-db", state="absent")
    again("sdrs_tag", protected_instance="web", tags={"owner": "me"}, purge=True)
    again("sdrs_replication", server_group="erp", volume="archive-1", attachments=[{"protected_instance": "web", "device": "/dev/vdb"}])
    again("sdrs_replication", server_group="erp", volume="archive-1", attachments=[], purge_attachments=True)
    again("sdrs_protected_instance_batch", server_group="erp", servers=[{"server": each["server"]} for each in _halves(cloud, ("c1", "c2"))], state="absent")
    again("vpc", name="new", cidr="10.0.0.0/8", subnets=[{"name": "a", "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1"}])
    again("vpc", name="new", state="absent", purge_subnets=True)
    again("as_group", name="as-erp-web", status="paused", desire_instance_number=3)


def _halves(cloud, names):
    return [{"server": each["source_server"]} for each in cloud.world.protected_instances.values() if each["name"] in names]


def test_every_setting_is_known():
    with pytest.raises(ValueError, match="no such setting: nope"):
        scenario.build(1.0, settings={"nope": 1})
    for settings in matrix.BEHAVIOURS.values():
        assert set(settings) <= set(DEFAULT_SETTINGS) and any(DEFAULT_SETTINGS[name] != value for name, value in settings.items())


def test_a_state_of_an_older_simulator_is_taken():
    world = World()
    text = json.loads(world.dump())
    del text["settings"]["extra_fields"]
    world.restore(json.dumps(text))
    assert world.settings["extra_fields"] is False


def test_how_settings_are_given(start_simulator, monkeypatch, tmp_path):
    """Scenario, environment and command line, each over the one before."""
    (tmp_path / "scenario.json").write_text(json.dumps({"settings": {"group_progress": 1, "null_fields": True, "extra_fields": True}}))
    monkeypatch.setenv(matrix.ENVIRONMENT, json.dumps({"group_progress": 2, "null_fields": False}))
    running = start_simulator("--scenario", str(tmp_path / "scenario.json"), "--set", "group_progress=3", "--set", "quotas={\"vpcs\": 7}")
    seen = requests.put(running.url + "/__simulator__/settings", json={}, timeout=10).json()
    assert (seen["group_progress"], seen["null_fields"], seen["extra_fields"]) == (3, False, True)
    assert seen["quotas"] == dict(DEFAULT_SETTINGS["quotas"], vpcs=7)
