# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of many hosts in one task: read once, and an outcome for each."""

from __future__ import annotations

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _reading

GROUP = {"source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
WEB = {"name": "web", "server": "ecs-erp-web-1"}


@pytest.fixture
def cloud(monkeypatch):
    """Two groups; ``cloud.asked`` lists the GETs since."""
    made = direct.use(monkeypatch)()
    direct.run("sdrs_topology", server_groups=[dict(GROUP, name="erp", protected_instances=[WEB]), dict(GROUP, name="crm")])
    made.asked, respond = [], made.respond

    def noting(method, url, body):
        made.asked.append((method, url))
        return respond(method, url, body)

    made.respond = noting
    made.written.clear()
    return made


def compared(cloud, **documents):
    cloud.asked.clear()
    return direct.run("sdrs_topology_info", compare=documents)["plans"]


def test_each_is_planned_as_its_task_in_check_mode_would(cloud):
    documents = {
        "same": {"server_groups": [{"name": "erp", "protected_instances": [WEB]}]},
        "more": {"server_groups": [{"name": "crm", "protected_instances": [{"name": "new", "server": "ecs-erp-db-1"}]}]},
        "prune": {"server_groups": [{"name": "erp", "protected_instances": []}], "prune": True},
        "two": {"server_groups": [{"name": "erp", "description": "x"}, dict(GROUP, name="third")], "immutable_change": "ignore"},
    }
    plans = compared(cloud, **documents)
    assert cloud.written == [] and plans["same"]["settled"] and not any(plans[name]["settled"] for name in ("more", "prune", "two"))
    for name, options in documents.items():
        alone = direct.run("sdrs_topology", check=True, **options)
        assert {key: plans[name][key] for key in alone} == alone, name


def test_requests_do_not_grow_with_the_documents(cloud):
    one = {"server_groups": [{"name": "erp", "protected_instances": [WEB]}]}
    compared(cloud, a=one)
    few = len(cloud.asked)
    assert 0 < few <= 6
    compared(cloud, **{"host %d" % number: one for number in range(50)})
    assert len(cloud.asked) == few
    cloud.asked.clear()
    direct.run("sdrs_topology_info", export={"host %d" % number: ("erp", "crm")[number % 2] for number in range(50)})
    assert len(cloud.asked) == 4


def test_what_is_wrong_with_one_fails_that_one(cloud):
    plans = compared(
        cloud, fine={"server_groups": [{"name": "crm"}]}, misspelled={"server_groups": [{"name": "crm", "protectoin": "enabled"}]},
        contradictory={"server_groups": [{"name": "crm", "source_vpc": "a", "source_vpc_id": "b"}]}, twice={"server_groups": [{"name": "crm"}] * 2},
        missing={"server_groups": [{"name": "crm", "protected_instances": [{"name": "x", "server": "no-such-server"}]}]}, number={"server_groups": 5},
        option={"server_groups": [], "wait": False}, nothing=None, text="x",
    )
    assert plans["fine"]["settled"] and not plans["fine"].get("failed")
    said = {"misspelled": "protectoin", "contradictory": "source_vpc_id", "twice": "already used at", "missing": "no-such-server", "number": "server_groups",
            "option": "wait", "nothing": "mapping", "text": "mapping"}
    for name, text in said.items():
        assert plans[name]["failed"] and text in plans[name]["msg"] and plans[name]["error"]["message"], (name, plans[name])
    found = direct.run("sdrs_topology_info", export={"a": "erp", "b": "no-such-group"})["exports"]
    assert found["a"]["topology"]["server_groups"][0]["name"] == "erp" and found["b"]["failed"] and "no-such-group" in found["b"]["msg"]


def test_a_list_that_cannot_be_read_is_asked_for_once(cloud):
    inner = cloud.respond

    def broken(method, url, body):
        return (403, {"error": {"code": "SDRS.0013", "message": "no"}}) if "/server-groups" in url and cloud.asked.append((method, url)) is None else inner(
            method, url, body)

    cloud.respond = broken
    plans = compared(cloud, **{"host %d" % number: {"server_groups": [{"name": "erp"}]} for number in range(20)})
    assert all(plan["failed"] and plan["error"]["code"] == "SDRS.0013" and plan["msg"].count("server_groups[0]") <= 1 for plan in plans.values())
    assert len(cloud.asked) == 1


def test_what_is_in_flight_is_not_settled(cloud):
    next(iter(cloud.world.server_groups.values()))["status"] = "starting"
    plans = compared(cloud, erp={"server_groups": [{"name": "erp"}]}, crm={"server_groups": [{"name": "crm"}]})
    assert sorted(plan["settled"] for plan in plans.values()) == [False, True]


@pytest.mark.parametrize("other, same", [
    ({"region": "eu-de", "access_key": "a", "secret_key": "s"}, True), ({"region": "eu-de", "access_key": "a", "secret_key": "another"}, True),
    ({"region": "eu-nl", "access_key": "a", "secret_key": "s"}, False), ({"region": "eu-de", "access_key": "b", "secret_key": "s"}, False),
    ({"region": "eu-de", "access_key": "a", "secret_key": "s", "project_name": "p"}, False), ({"region": "eu-de", "auth_token": "t"}, False),
    ({"region": "eu-de", "access_key": "a", "secret_key": "s", "regoin": "x"}, False), ("eu-de", False), ({}, False),
])
def test_hosts_are_read_for_together_only_with_the_same_connection(other, same):
    mine = {"secret_key": "s", "access_key": "a", "region": "eu-de"}
    marks = [_reading.mark(mine), _reading.mark(other)]
    assert _reading.readers(["erp", "crm"], marks) == {"erp": "erp", "crm": "erp" if same else "crm"}
    assert "s3cret" not in _reading.mark({**mine, "secret_key": "s3cret"})


def test_tokens_are_never_taken_for_each_other():
    token = {"region": "eu-de", "auth_token": "t"}
    assert _reading.readers(["a", "b", "c"], [_reading.mark(token), _reading.mark(token), ""]) == {"a": "a", "b": "b", "c": "c"}
