# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator begins with what topologies say: exported from it again, they are the same."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import time

import direct
import pytest

from sdrs_simulator import scenario
from support import ROOT

ID = "%d" * 8 + "-2222-4222-8222-222222222222"
GROUP = {
    "name": "erp", "source_availability_zone": "eu-de-02", "target_availability_zone": "eu-de-01", "source_vpc": ID % ((3,) * 8), "protection": "enabled",
    "description": "ERP", "dr_type": "migration", "active_active_domain": "ActiveactiveDomain",
    "protected_instances": [
        {"name": "app-1", "server": ID % ((1,) * 8), "tags": {"tier": "app"}, "description": "one", "replications": [
            {"name": "app-root", "device": "/dev/vda", "size": 50}, {"name": "quorum", "device": "/dev/vdc", "size": 10}]},
        {"name": "app-2", "server": ID % ((2,) * 8), "replications": [
            {"name": "app-2-root", "device": "/dev/vda", "size": 40}, {"name": "quorum", "device": "/dev/vdb", "size": 10}]},
    ],
    "replications": [{"name": "archive", "volume": ID % ((4,) * 8), "size": 30}],
    "drills": [{"name": "standing", "drill_vpc": ID % ((5,) * 8)}],
}
OTHER = {"name": "crm", "source_availability_zone": "eu-de-01", "target_availability_zone": "eu-de-02", "source_vpc": "vpc-crm", "protection": "disabled",
         "protected_instances": [{"name": "crm-1", "server": "ecs-crm-1"}], "replications": [], "drills": []}


@pytest.fixture
def there(monkeypatch, tmp_path):
    use = direct.use(monkeypatch)

    def make(*groups, unprotected=()):
        files = []
        for name, content in (("estate", groups), ("more", unprotected)):
            files.append(tmp_path / (name + ".json"))
            files[-1].write_text(json.dumps({"topology": {"server_groups": list(content)}}))
        cloud = use()
        cloud.world = scenario.build(1.0, topologies=str(files[0]), unprotected=str(files[1]) if unprotected else None)
        cloud.time = time.time() + 1
        cloud.world.now = lambda: cloud.time
        return cloud

    return make


def test_what_is_exported_is_what_was_given(there):
    cloud = there(GROUP, OTHER)
    found = {group["name"]: group for group in direct.run("sdrs_topology_info")["topology"]["server_groups"]}
    # Either half means a pair.
    assert found["erp"]["replications"][0].pop("volume") in next(pair["volume_ids"] for pair in cloud.world.replications.values() if pair["name"] == "archive")
    assert found["erp"] == {**GROUP, "replications": [{"name": "archive", "size": 30}]}
    assert {key: found["crm"][key] for key in ("name", "protection")} == {key: OTHER[key] for key in ("name", "protection")}


def test_nothing_is_to_be_done_but_what_a_change_says(there):
    changed = copy.deepcopy(GROUP)
    changed["protected_instances"].append({"name": "app-3", "server": "ecs-app-3"})
    changed["description"] = "ERP"
    cloud = there(GROUP, unprotected=[changed])
    assert not direct.run("sdrs_topology", check=True, server_groups=[{**GROUP, "source_vpc": GROUP["source_vpc"]}])["changed"]
    planned = direct.run("sdrs_topology", check=True, server_groups=[changed])
    assert [(step["operation"], step["name"]) for step in planned["operations"]] == [("create", "app-3")] and not cloud.written


def test_an_inventory_gives_names_and_region(tmp_path):
    inventory = {"_meta": {"hostvars": {
        "crm": {"topology_server_group": {key: value for key, value in OTHER.items() if key != "name"}, "sdrs_connection": {"region": "eu-de"}}, "probe": {}}}}
    (tmp_path / "inventory.json").write_text(json.dumps(inventory))
    world = scenario.build(1.0, topologies=str(tmp_path / "inventory.json"))
    assert [group["name"] for group in world.server_groups.values()] == ["crm"] and world.identity["region"] == world.identity["project_name"] == "eu-de"


@pytest.mark.parametrize(("content", "reason"), [
    ([], "is neither an inventory nor a topology"), ({"x": 1}, "holds no server_groups"),
    ({"server_groups": [{"name": "erp"}]}, "erp lacks source"),
    ({"server_groups": [{**OTHER, "name": "a b"}]}, "protection group a b: the service would refuse it"),
    ({"server_groups": [{**OTHER, "protected_instances": [], "protection": "enabled"}]}, "SDRS.1015"),
])
def test_what_cannot_be_is_said(tmp_path, content, reason):
    (tmp_path / "bad.json").write_text(json.dumps(content))
    done = subprocess.run([sys.executable, "-m", "sdrs_simulator", "--estate", str(tmp_path / "bad.json")], capture_output=True, text=True, check=False,
                          env={"PYTHONPATH": str(ROOT / "extensions" / "simulator")})
    assert done.returncode == 2 and reason in done.stderr and "Traceback" not in done.stderr
