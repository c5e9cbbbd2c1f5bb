# SPDX-License-Identifier: GPL-3.0-or-later
"""Elastic IPs bound to servers and unbound."""

from __future__ import annotations

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import UnknownFate
from support import SpecRefused, TaskFailed

IP, OTHER = "80.158.0.10", "80.158.0.11"


@pytest.fixture
def cloud(monkeypatch):
    return direct.use(monkeypatch)()


def server(cloud, name):
    return next(each for each in cloud.world.servers.values() if each["name"] == name)


def port(entry):
    return next(nic["OS-EXT-IPS:port_id"] for nics in entry["addresses"].values() for nic in nics)


def eip(check=False, **options):
    return direct.run("vpc_eip", check=check, **{"eip": IP, **options})


def done(result):
    return [each["operation"] for each in result["operations"]]


def test_life(cloud):
    web = server(cloud, "ecs-erp-web-1")
    planned = eip(check=True, server="ecs-erp-web-1")
    assert done(planned) == ["attach"] and planned["eip"]["port_id"] == port(web) and not cloud.written
    bound = eip(server="ecs-erp-web-1")
    assert bound["changed"] and bound["eip"]["port_id"] == port(web) and bound["eip"]["status"] == "ACTIVE"
    assert not eip(server=web["id"])["changed"] and not eip(port=port(web))["changed"] and not eip(eip=bound["eip"]["id"], server=web["id"])["changed"]
    assert not eip(state="unbound", server="ecs-erp-web-2")["changed"], "only from there"
    assert done(eip(state="unbound", server="ecs-erp-web-1")) == ["detach"] and not eip(state="unbound")["changed"]
    assert len(cloud.written) == 2


def test_it_is_taken_away_only_if_that_is_said(cloud):
    eip(server="ecs-erp-web-1")
    with pytest.raises(TaskFailed, match="is bound to port .*move: true"):
        eip(server="ecs-erp-web-2")
    assert len(cloud.written) == 1
    moved = eip(server="ecs-erp-web-2", move=True)
    assert done(moved) == ["detach", "attach"] and moved["eip"]["port_id"] == port(server(cloud, "ecs-erp-web-2"))


def test_a_port_with_another_one_is_refused_before_anything_is_sent(cloud):
    eip(eip=OTHER, server="ecs-erp-web-2")
    eip(server="ecs-erp-web-1")
    with pytest.raises(TaskFailed, match="already has the elastic IP %s" % OTHER):
        eip(server="ecs-erp-web-2", move=True)
    assert len(cloud.written) == 2


def test_the_nic_is_named_where_there_are_several(cloud):
    nics = next(iter(server(cloud, "ecs-erp-web-1")["addresses"].values()))
    nics.append(dict(nics[0], addr="192.168.0.99", **{"OS-EXT-IPS:port_id": "p" * 32}))
    with pytest.raises(TaskFailed, match="it has 2 NICs, and none is selected"):
        eip(server="ecs-erp-web-1")
    with pytest.raises(TaskFailed, match="no NIC has the address 10.0.0.1"):
        eip(server="ecs-erp-web-1", address="10.0.0.1")
    assert eip(server="ecs-erp-web-1", address="192.168.0.99")["eip"]["port_id"] == "p" * 32
    nics[0]["primary"] = True
    assert eip(server="ecs-erp-web-1", move=True)["eip"]["port_id"] == nics[0]["OS-EXT-IPS:port_id"]


@pytest.mark.parametrize("options", [{}, {"server": "a", "port": "b" * 32}, {"address": "10.0.0.1", "port": "b" * 32}])
def test_options_that_do_not_fit(cloud, options):
    with pytest.raises(SpecRefused):
        eip(**options)


def test_what_does_not_exist(cloud):
    with pytest.raises(TaskFailed, match="no elastic IP is named '1.2.3.4'; found: %s" % IP):
        eip(eip="1.2.3.4", server="ecs-erp-web-1")
    with pytest.raises(TaskFailed, match="Port id is invalid"):
        eip(port="b" * 32)


@pytest.mark.parametrize("state", ["bound", "unbound"])
def test_a_lost_answer_is_looked_up_and_not_repeated(cloud, state):
    if state == "unbound":
        eip(server="ecs-erp-web-1")
    answer = cloud.answer

    def lose(method, url, body):
        content = answer(method, url, body)
        if method == "PUT":
            raise UnknownFate("the connection was closed")
        return content

    cloud.written.clear()
    cloud.answer = lose
    assert eip(server="ecs-erp-web-1", state=state)["changed"] and len(cloud.written) == 1


def test_bound_by_somebody_else_meanwhile(cloud):
    """What the plan saw is read again directly before the request."""
    web, world, answer = server(cloud, "ecs-erp-web-2"), cloud.world, cloud.answer

    def stolen(method, url, body):
        if method == "GET" and "/publicips/" in url:
            next(each for each in world.publicips.values() if each["public_ip_address"] == IP)["_port"] = port(web)
        return answer(method, url, body)

    cloud.answer = stolen
    with pytest.raises(TaskFailed, match="is now bound to port %s" % port(web)):
        eip(server="ecs-erp-web-1")
    assert not cloud.written


def test_it_moves_with_the_nics_at_a_switch(cloud):
    """As the vendor says of a failover, so that nobody has to."""
    zones = cloud.world.identity["availability_zones"]
    direct.run("sdrs_topology", server_groups=[{
        "name": "erp", "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp", "protection": "enabled",
        "protected_instances": [{"name": "web-1", "server": "ecs-erp-web-1"}],
    }])
    before = eip(server=server(cloud, "ecs-erp-web-1")["id"])["eip"]
    direct.run("sdrs_failover", server_group="erp", active_site="target", mode="unplanned", force=True)
    now = next(each for each in cloud.world.servers.values() if each["name"] == "ecs-erp-web-1" and each["OS-EXT-AZ:availability_zone"] == zones[1])
    assert port(now) == before["port_id"] and not eip(server=now["id"])["changed"]
