# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between production and DR servers, and its repair."""

from __future__ import annotations

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import UnknownFate
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._neighbours.drift import compare_servers
from support import TaskFailed

WEB, DB = {"id": "a" * 32, "name": "sg-web"}, {"id": "b" * 32, "name": "sg-db"}
SAME = {
    "id": "1" * 32, "name": "db", "flavor": {"id": "s3"}, "security_groups": [WEB], "tags": ["tier=db", "x"], "addresses": {"n": [{"addr": "10.0.0.1"}]},
    "metadata": {"os_type": "Linux", "agency_name": "backup"}, "os:scheduler_hints": {"group": ["g1"]}, "OS-EXT-SRV-ATTR:hostname": "db",
}
# What else the DR server may have, and whether that can be repaired.
OTHER = {
    "name": ({"name": "other"}, False), "flavor": ({"flavor": {"id": "s6"}}, False), "nics": ({"addresses": {"n": [{}, {}]}}, False),
    "security_groups": ({"security_groups": [WEB, DB]}, True), "tags": ({"tags": ["tier=web", "x"]}, True),
    "agency": ({"metadata": {"os_type": "Linux"}}, False), "ecs_group": ({"os:scheduler_hints": {}}, False),
    "host_name": ({"OS-EXT-SRV-ATTR:hostname": "db-dr"}, False),
}
UNKNOWN = {
    "name": "name", "flavor": "flavor", "nics": "addresses", "security_groups": "security_groups", "tags": "tags", "agency": "metadata",
    "ecs_group": "os:scheduler_hints", "host_name": "OS-EXT-SRV-ATTR:hostname",
}


@pytest.mark.parametrize("attribute", sorted(OTHER))
def test_each_attribute_is_compared(attribute):
    changes, repairable = OTHER[attribute]
    for here, there in ((SAME, dict(SAME, **changes)), (dict(SAME, **changes), SAME)):
        found = compare_servers(here, there)
        assert [each["attribute"] for each in found] == [attribute]
        assert found[0]["repairable"] is repairable and ("manually" in found[0]["remedy"]) is not repairable


@pytest.mark.parametrize("attribute", sorted(UNKNOWN))
@pytest.mark.parametrize("empty", [lambda server, key: {**server, key: None}, lambda server, key: {name: server[name] for name in server if name != key}])
def test_what_one_side_does_not_tell_is_no_difference(attribute, empty):
    silent = empty(SAME, UNKNOWN[attribute])
    assert compare_servers(SAME, silent) == compare_servers(silent, SAME) == compare_servers(SAME, dict(SAME)) == []


def test_security_groups_of_one_name_are_told_apart():
    found = compare_servers(SAME, dict(SAME, security_groups=[dict(WEB, id="c" * 32)]))
    assert found[0]["production"] == ["sg-web (%s)" % WEB["id"]] and found[0]["dr"] == ["sg-web (%s)" % ("c" * 32)]
    assert compare_servers(SAME, dict(SAME, security_groups=[{"name": "sg-web"}, {"name": "sg-web"}])) == [], "by name where there is no ID, once for each NIC"


def test_auto_recovery_and_tags_without_values():
    found = compare_servers(SAME, dict(SAME, id="2" * 32), {"1" * 32: "true", "2" * 32: "false"})
    assert [each["attribute"] for each in found] == ["auto_recovery"]
    assert compare_servers(SAME, dict(SAME, id="2" * 32), {"1" * 32: "true", "2" * 32: None}) == []
    assert compare_servers(SAME, dict(SAME, tags=["x=", "tier=db"])) == []


@pytest.fixture
def cloud(monkeypatch):
    """A protected group of one server; ``cloud.dr`` is its DR server, ``cloud.production`` the other one."""
    cloud = direct.use(monkeypatch)()
    zones = cloud.world.identity["availability_zones"]
    direct.run("sdrs_topology", server_groups=[{
        "name": "erp", "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp", "protection": "enabled",
        "protected_instances": [{"name": "db-1", "server": "ecs-erp-db-1"}],
    }])
    both = [each for each in cloud.world.servers.values() if each["name"] == "ecs-erp-db-1"]
    cloud.production, cloud.dr = sorted(both, key=lambda each: each["OS-EXT-AZ:availability_zone"])
    cloud.groups = {each["name"]: each for each in cloud.world.security_groups.values()}
    cloud.written.clear()
    return cloud


def drifted(cloud):
    """DR server: another security group and one tag too many, tag values that differ, another flavor."""
    cloud.production["security_groups"] = [dict(cloud.groups["default"]), dict(cloud.groups["sg-db"])]
    cloud.dr["security_groups"] = [dict(cloud.groups["default"]), dict(cloud.groups["sg-web"])]
    cloud.production["tags"], cloud.dr["tags"] = ["tier=db", "stage=prod"], ["tier=web", "old=1"]
    cloud.dr["flavor"] = {"id": "s3.medium.2"}


def repair(check=False, **options):
    return direct.run("sdrs_drift", check=check, **{"server_group": "erp", "repair": ["security_groups", "tags"], **options})


def done(result):
    return [each["operation"] for each in result["operations"]]


def test_a_repair(cloud):
    drifted(cloud)
    before = dict(cloud.production)
    order = ["add_security_group", "remove_security_group", "untag", "tag"]
    planned = repair(check=True)
    assert not cloud.written and done(planned) == order and {each["id"] for each in planned["operations"]} == {cloud.dr["id"]}
    result = repair()
    assert done(result) == order and result["changed"] and result["diff"] == planned["diff"] and result["drift"] == planned["drift"]
    left = [each["attribute"] for each in result["drift"][0]["differences"]]
    assert left == ["flavor"] and result["diff"]["before"]["db-1"]["security_groups"] == ["default", "sg-web"]
    assert result["diff"]["after"]["db-1"] == {"flavor": "s3.medium.2", "security_groups": ["default", "sg-db"], "tags": ["stage=prod", "tier=db"]}
    assert all(cloud.dr["id"] in path for _method, path in cloud.written) and cloud.production == before
    again = repair()
    assert not again["changed"] and again["operations"] == [] and len(cloud.written) == 4


def test_only_what_is_named_is_repaired(cloud):
    drifted(cloud)
    assert done(repair(repair=["tags"])) == ["untag", "tag"] and not repair(repair=[])["changed"]
    assert not repair(protected_instances=[])["changed"]
    with pytest.raises(TaskFailed, match="no protected instance is named 'db'"):
        repair(protected_instances=["db"])
    found = direct.run("sdrs_drift_info", server_group="erp", protected_instances=["db-1"])["drift"][0]["differences"]
    assert {each["attribute"]: each["repairable"] for each in found} == {"security_groups": True, "flavor": False}


def test_the_site_of_today_decides_which_server_is_repaired(cloud):
    direct.run("ecs_power", server_group="erp", site="production", state="stopped")
    cloud.time += 600  # the pairs synchronise
    direct.run("sdrs_failover", server_group="erp", active_site="target")
    cloud.production["tags"] = ["tier=db"]
    assert done(repair()) == ["untag"] and cloud.production["tags"] == [] == cloud.dr["tags"]


@pytest.mark.parametrize("status", ["failed-over", "error-reversing", "error-failing-over"])
def test_nothing_is_changed_while_production_is_not_settled(cloud, status):
    drifted(cloud)
    next(iter(cloud.world.server_groups.values()))["status"] = status
    with pytest.raises(TaskFailed, match=status):
        repair()
    assert not cloud.written


def test_a_switch_after_the_plan_stops_the_repair(cloud):
    """The guard reads the group again before every request."""
    drifted(cloud)
    group, answer, asked = next(iter(cloud.world.server_groups.values())), cloud.answer, []

    def switched(method, url, body):
        if method == "GET" and url.endswith("/cloudservers/" + cloud.dr["id"]):  # the guard's question, the first after the plan
            asked.append(url)
            group["priority_station"] = "target"
        return answer(method, url, body)

    cloud.answer = switched
    with pytest.raises(TaskFailed, match="production is now at its site"):
        repair()
    assert asked and not cloud.written


def test_a_lost_answer_is_not_repeated_where_it_took_effect(cloud):
    drifted(cloud)
    answer, lost = cloud.answer, []

    def lose(method, url, body):
        content = answer(method, url, body)
        if url.endswith("/action") and not lost:
            lost.append(url)
            raise UnknownFate("the connection was closed")
        return content

    cloud.answer = lose
    assert len(done(repair())) == 4 and len([path for _method, path in cloud.written if "/v2.1/" in path]) == 2


def test_servers_without_nics_or_tags_keep_what_they_have(cloud):
    drifted(cloud)
    cloud.dr["addresses"] = {}
    found = direct.run("sdrs_drift_info", server_group="erp")["drift"][0]["differences"]
    assert "manually" in next(each for each in found if each["attribute"] == "security_groups")["remedy"]
    assert done(repair()) == ["untag", "tag"]


def test_auto_recovery_is_asked_for_only_if_wanted(cloud):
    cloud.dr["_auto_recovery"] = "false"
    assert not direct.run("sdrs_drift_info", server_group="erp")["drifted"]
    found = direct.run("sdrs_drift_info", server_group="erp", auto_recovery=True)["drift"][0]["differences"]
    assert found == [{"attribute": "auto_recovery", "production": "true", "dr": "false", "repairable": False, "remedy": found[0]["remedy"]}]


def test_a_cloud_without_auto_recovery(cloud):
    answer = cloud.answer

    def refuse(method, url, body):
        if "autorecovery" in url:
            raise direct.api_error(404, '{"error_code": "APIGW.0101", "error_msg": "The API does not exist"}', None)
        return answer(method, url, body)

    cloud.answer = refuse
    assert not direct.run("sdrs_drift_info", server_group="erp", auto_recovery=True)["drifted"]
