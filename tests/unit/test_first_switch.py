# SPDX-License-Identifier: GPL-3.0-or-later
"""What to prepare before DR servers start for the first time."""

from __future__ import annotations

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import api_error

LINUX, WINDOWS = {"cloud_init"}, {"cloudbase_init"}


@pytest.fixture
def cloud(monkeypatch):
    """A protected group of one server, ``cloud.server``."""
    cloud = direct.use(monkeypatch)()
    zones = cloud.world.identity["availability_zones"]
    direct.run("sdrs_topology", server_groups=[{
        "name": "erp", "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp", "protection": "enabled",
        "protected_instances": [{"name": "db-1", "server": "ecs-erp-db-1"}],
    }])
    cloud.group = next(iter(cloud.world.server_groups.values()))
    cloud.server = next(each for each in cloud.world.servers.values() if each["name"] == "ecs-erp-db-1" and each["OS-EXT-AZ:availability_zone"] == zones[0])
    cloud.written.clear()
    return cloud


def asked():
    return direct.run("sdrs_readiness_info", server_group="erp", operation="first_switch")


def advice(cloud):
    """``{check: detail}`` of what is said of the server."""
    result = asked()
    assert result["ready"] and not cloud.written and {each["severity"] for each in result["checks"]} == {"warning"}
    return {each["check"]: each["detail"] for each in result["checks"] if each.get("server") == cloud.server["id"] and not each["passed"]}


@pytest.mark.parametrize("metadata, key, expected", [
    ({"os_type": "Linux", "image_name": "Public_Cloudinit_Oracle"}, "k", LINUX),
    ({"os_type": "Linux", "image_name": "SUSE Linux 12"}, None, {*LINUX, "nic_names"}),
    ({"os_type": "Linux"}, None, {*LINUX, "nic_names"}), ({"os_type": "Windows", "image_name": "Windows 2022"}, None, WINDOWS),
    ({"os_type": "Windows"}, "k", {*WINDOWS, "windows_password", "windows_key_pair"}), (None, None, {*LINUX, *WINDOWS, "nic_names"}),
    ({"os_type": None, "image_name": None}, "k", {*LINUX, *WINDOWS, "nic_names", "windows_password", "windows_key_pair"}),
])
def test_advice_follows_from_what_the_server_runs(cloud, metadata, key, expected):
    cloud.server.update(metadata=metadata, key_name=key)
    found = advice(cloud)
    assert set(found) == expected and all(text.startswith("ecs-erp-db-1 (%s): " % cloud.server["id"]) for text in found.values())
    sure = bool(metadata and metadata.get("os_type"))
    assert all(("if it runs" in text) is not sure for name, text in found.items() if name != "nic_names")


def test_an_image_with_cloud_init_is_named_without_an_if(cloud):
    cloud.server["metadata"]["image_name"] = "Public_Cloudinit_Oracle"
    assert "if Cloud-Init" not in advice(cloud)["cloud_init"] and "preserve_hostname" in advice(cloud)["cloud_init"]
    cloud.server["metadata"]["image_name"] = "Oracle"
    assert "if Cloud-Init is installed" in advice(cloud)["cloud_init"]


@pytest.mark.parametrize("change", [{"priority_station": "target"}, {"status": "failed-over"}, {"status": "reprotecting"}])
def test_after_a_switch_there_is_no_advice(cloud, change):
    cloud.group.update(change)
    found = asked()["checks"]
    assert [each["check"] for each in found] == ["first_switch_ahead"] and "has been switched" in found[0]["detail"]


def test_before_it_is_said_what_is_unknown(cloud):
    assert "is unknown" in asked()["checks"][0]["detail"]


def test_without_ecs_it_says_so(cloud):
    answer = cloud.answer

    def refuse(method, url, body):
        if "cloudservers" in url:
            raise api_error(403, "", None)
        return answer(method, url, body)

    cloud.answer = refuse
    assert [each["check"] for each in asked()["checks"]] == ["first_switch_ahead", "servers_readable"]


def test_a_server_that_is_gone_leaves_its_other_half(cloud):
    del cloud.world.servers[cloud.server["id"]]
    found = asked()["checks"]
    assert {each["check"] for each in found if each.get("server")} == LINUX
    cloud.world.servers.clear()
    assert "ECS reports neither server of db-1" in asked()["checks"][1]["detail"]
