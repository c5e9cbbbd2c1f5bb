# SPDX-License-Identifier: GPL-3.0-or-later
"""Watching servers and ports, and which of an instance's servers is asked for."""

from __future__ import annotations

import socket
import threading

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import api_error
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._neighbours import ports, server_checks
from support import TaskFailed


@pytest.fixture
def cloud(monkeypatch):
    """A world on a jumping clock, in which only ``cloud.answers`` of (address, port) answer."""
    made = direct.use(monkeypatch)()
    made.answers = set()
    monkeypatch.setattr(
        server_checks, "answering", lambda targets, seconds: {each: None if each in made.answers else "no answer" for each in targets},
    )
    return made


def server(cloud, name):
    return next(each for each in cloud.world.servers.values() if each["name"] == name)


def address(entry):
    return next(nic["addr"] for nics in entry["addresses"].values() for nic in nics)


def checks(result):
    return [{each["check"]: each["status"] for each in entry["checks"]} for entry in result["server_checks"]]


def test_servers_that_run_and_answer(cloud):
    web, db = server(cloud, "ecs-erp-web-1"), server(cloud, "ecs-erp-db-1")
    cloud.answers = {(address(web), 22), (address(db), 22)}
    result = direct.run("ecs_server_check_info", ids=[web["id"], db["id"], web["id"]], ports=[22], unique_addresses=True)
    assert result["passed"] and checks(result) == [{"ecs_state": "passed", "tcp_22": "passed"}] * 2 and not cloud.written
    assert [entry["name"] for entry in result["server_checks"]] == ["ecs-erp-web-1", "ecs-erp-db-1"] and not result["changed"]


ODD = [
    None, "", " ", "db.example.com", "300.1.1.1", "192.168.0", "0x7f.1", "192.168.0.1/24", "fe80::1%eth0", "::g", "a\nb", "{{ 7 }}", "1" * 100_000, "\x00", "ä",
    "\ud800", 7, 2130706433, True, ["192.168.0.7"], {"a": 1},
]


@pytest.mark.parametrize("odd", ODD, ids=lambda value: repr(value)[:20])
def test_one_address_that_is_none_fails_the_checks_of_its_server_alone(cloud, odd, monkeypatch):
    monkeypatch.setattr(server_checks, "answering", lambda targets, seconds: {each: None for each in targets})
    web, db = server(cloud, "ecs-erp-web-1"), server(cloud, "ecs-erp-db-1")
    for entry in (db, server(cloud, "ecs-erp-web-2")):
        next(nic for nics in entry["addresses"].values() for nic in nics)["addr"] = odd
    result = direct.run("ecs_server_check_info", ids=[db["id"], web["id"]], ports=[22], unique_addresses=True)
    assert checks(result) == [{"ecs_state": "passed", "tcp_22": "failed"}, {"ecs_state": "passed", "tcp_22": "passed"}] and not result["passed"]
    detail = result["server_checks"][0]["checks"][1]["detail"]
    assert result["server_checks"][0]["shared_with"] == []
    assert ("is not an IP address" in detail or detail == "the server has no address") and len(detail) < 200 and "\n" not in detail


def test_another_address_of_the_server_serves(cloud):
    web = server(cloud, "ecs-erp-web-1")
    nics = next(iter(web["addresses"].values()))
    nics.insert(0, dict(nics[0], addr="fe80::1%eth0"))
    cloud.answers = {(nics[1]["addr"], 22)}
    result = direct.run("ecs_server_check_info", ids=[web["id"]], ports=[22])
    assert result["passed"] and result["server_checks"][0]["address"] == nics[1]["addr"]


@pytest.mark.parametrize("one, other", [("fd00::1", "FD00:0:0::0001"), ("192.168.7.7", "::ffff:192.168.7.7")])
def test_two_spellings_of_an_address_are_one(cloud, one, other):
    web, db = server(cloud, "ecs-erp-web-1"), server(cloud, "ecs-erp-db-1")
    for entry, text in ((web, one), (db, other)):
        next(nic for nics in entry["addresses"].values() for nic in nics)["addr"] = text
    result = direct.run("ecs_server_check_info", ids=[web["id"]], ports=[22], unique_addresses=True)
    assert checks(result) == [{"ecs_state": "passed", "tcp_22": "not_verifiable"}]


def test_a_port_that_opens_late_is_waited_for(cloud):
    web = server(cloud, "ecs-erp-web-1")
    began, sleep = cloud.time, cloud.sleep

    def slept(seconds):
        sleep(seconds)
        if cloud.time - began > 60:
            cloud.answers = {(address(web), 22)}

    cloud.sleep = slept
    # The clock of a task is taken from the cloud when it starts.
    result = direct.run("ecs_server_check_info", ids=[web["id"]], ports=[22], timeout=300)
    seconds = result["server_checks"][0]["checks"][1]["seconds"]
    assert result["passed"] and 60 <= seconds < 70


def test_what_does_not_answer_in_time_failed(cloud):
    web = server(cloud, "ecs-erp-web-1")
    result = direct.run("ecs_server_check_info", ids=[web["id"]], ports=[22, 80], timeout=40)
    assert not result["passed"] and checks(result) == [{"ecs_state": "passed", "tcp_22": "failed", "tcp_80": "failed"}]
    assert "no answer" in result["server_checks"][0]["checks"][1]["detail"]


@pytest.mark.parametrize("os_type, settle, opens, passed", [
    ("Windows", 300, 200, True), ("Windows", 300, 360, False), ("Windows", 0, 200, False), ("Linux", 300, 200, False), (None, 300, 200, False),
])
def test_windows_has_time_to_settle(cloud, os_type, settle, opens, passed):
    """Timeout 40: a port of a Windows server that opens later is waited for, and nobody else is."""
    web, other = server(cloud, "ecs-erp-web-1"), server(cloud, "ecs-erp-web-2")
    web["metadata"]["os_type"] = os_type
    began, sleep = cloud.time, cloud.sleep

    def slept(seconds):
        sleep(seconds)
        if cloud.time - began > opens:
            cloud.answers = {(address(web), 3389)}

    cloud.sleep = slept
    result = direct.run("ecs_server_check_info", ids=[web["id"], other["id"]], ports=[3389], timeout=40, windows_settle=settle)
    first, second = (entry["checks"][1] for entry in result["server_checks"])
    assert first["status"] == ("passed" if passed else "failed") and second["status"] == "failed" and 40 <= second["seconds"] < 43
    assert first["seconds"] < (opens + 10 if passed else 345 if os_type == "Windows" and settle else 43)
    assert [entry["windows"] for entry in result["server_checks"]] == [os_type == "Windows", False]


def test_a_windows_server_that_does_not_run_gets_no_more_time(cloud):
    web = server(cloud, "ecs-erp-web-1")
    web["metadata"]["os_type"] = "Windows"
    web.update({"status": "BUILD", "OS-EXT-STS:task_state": "spawning"})
    began = cloud.time
    result = direct.run("ecs_server_check_info", ids=[web["id"]], ports=[3389], timeout=40, windows_settle=300)
    assert checks(result) == [{"ecs_state": "failed", "tcp_3389": "not_tried"}] and cloud.time - began < 45


def test_an_address_that_production_has_too_is_not_tried(cloud):
    web, db = server(cloud, "ecs-erp-web-1"), server(cloud, "ecs-erp-db-1")
    nic = next(nic for nics in db["addresses"].values() for nic in nics)
    nic["addr"] = address(web)
    cloud.answers = {(address(web), 22)}
    result = direct.run("ecs_server_check_info", ids=[web["id"]], ports=[22], unique_addresses=True)
    entry = result["server_checks"][0]
    assert checks(result) == [{"ecs_state": "passed", "tcp_22": "not_verifiable"}] and not result["passed"]
    assert entry["shared_with"] == ["ecs-erp-db-1 (%s)" % db["id"]] and "ecs-erp-db-1" in entry["checks"][1]["detail"]
    assert direct.run("ecs_server_check_info", ids=[web["id"]], ports=[22])["passed"], "only where it is asked for"


@pytest.mark.parametrize("status, task, seconds", [("ERROR", None, 1), ("SHUTOFF", None, 45), ("BUILD", "spawning", 120)])
def test_a_server_that_does_not_run(cloud, status, task, seconds):
    web = server(cloud, "ecs-erp-web-1")
    web.update({"status": status, "OS-EXT-STS:task_state": task})
    began = cloud.time
    result = direct.run("ecs_server_check_info", ids=[web["id"]], ports=[22], timeout=110)
    assert checks(result) == [{"ecs_state": "failed", "tcp_22": "not_tried"}] and cloud.time - began <= seconds
    assert status in result["server_checks"][0]["checks"][0]["detail"]


def test_a_server_that_does_not_exist(cloud):
    result = direct.run("ecs_server_check_info", ids=["a" * 32], timeout=60)
    assert not result["passed"] and "does not exist" in result["server_checks"][0]["checks"][0]["detail"]


@pytest.mark.parametrize("options", [
    {"ids": []}, {"ids": ["web"]}, {"ids": ["a" * 32], "ports": [0]}, {"ids": ["a" * 32], "timeout": -1},
    {"ids": ["a" * 32], "windows_settle": -1},
])
def test_options_that_are_wrong(cloud, options):
    with pytest.raises(TaskFailed):
        direct.run("ecs_server_check_info", **options)


def silent(cloud, *parts):
    """ECS does not answer requests whose path holds one of these."""
    answer = cloud.answer

    def refuse(method, url, body):
        if any(part in url for part in parts):
            raise api_error(503, "", None)
        return answer(method, url, body)

    cloud.answer = refuse


@pytest.fixture
def switched(cloud):
    """A group that failed over to the target site, whose old production servers ECS does not tell."""
    zones = cloud.world.identity["availability_zones"]
    document = {"name": "erp", "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp",
                "protection": "enabled", "protected_instances": [{"name": name, "server": "ecs-erp-" + name} for name in ("web-1", "web-2", "db-1")]}
    direct.run("sdrs_topology", server_groups=[document])
    direct.run("sdrs_failover", server_group="erp", active_site="target", mode="unplanned", force=True)
    old = [each["id"] for each in cloud.world.servers.values() if each["OS-EXT-AZ:availability_zone"] == zones[0]]
    silent(cloud, "cloudservers/detail", *old)
    return cloud


@pytest.mark.parametrize("instances, started", [(None, 3), (["db-1"], 1), ([], 0)])
def test_dr_servers_are_started_though_nothing_of_production_answers(switched, instances, started):
    result = direct.run("ecs_power", server_group="erp", site="production", state="started", protected_instances=instances)
    assert len(result["operations"]) == started == len(result["ecs_servers"])
    assert all(each["OS-EXT-AZ:availability_zone"].endswith("02") for each in result["ecs_servers"])
    again = direct.run("ecs_power", server_group="erp", site="production", state="started", protected_instances=instances)
    assert not again["changed"] and len(again["ecs_servers"]) == started


def test_the_silent_site_is_not_taken_for_stopped(switched):
    with pytest.raises(TaskFailed, match="ECS does not report the state of the servers of.* at the other site"):
        direct.run("ecs_power", server_group="erp", site="dr", state="stopped")


def test_ids_swapped_at_a_switch_are_told_by_the_zone(cloud):
    cloud.world.settings["swap_ids_on_switch"] = True
    zones = cloud.world.identity["availability_zones"]
    document = {"name": "erp", "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp",
                "protection": "enabled", "protected_instances": [{"name": "web-1", "server": "ecs-erp-web-1"}]}
    direct.run("sdrs_topology", server_groups=[document])
    direct.run("sdrs_failover", server_group="erp", active_site="target", mode="unplanned", force=True)
    found = direct.run("ecs_power", server_group="erp", site="production", state="started")["ecs_servers"]
    assert [each["OS-EXT-AZ:availability_zone"] for each in found] == [zones[1]]


def test_instances_are_named_exactly(cloud, switched):
    with pytest.raises(TaskFailed, match="no protected instance is named 'web'"):
        direct.run("ecs_power", server_group="erp", site="production", state="started", protected_instances=["web"])
    with pytest.raises(TaskFailed, match="protected_instances requires server_group"):
        direct.run("ecs_power", servers=["ecs-erp-web-1"], state="started", protected_instances=["web-1"])


def test_real_ports():
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_server(("127.0.0.1", 0)) as other:
        answers, closed = listening.getsockname(), other.getsockname()
        other.close()
        accepting = threading.Thread(target=listening.accept, daemon=True)
        accepting.start()
        found = ports.answering([answers, closed], 2.0)
        assert found[answers] is None and "refused" in found[closed].lower()
        accepting.join(5)
    assert ports.answering([], 1.0) == {}


def test_real_ports_of_addresses_that_are_none(monkeypatch):
    def look_up(*_args, **_kwargs):
        raise AssertionError("a name was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answers = listening.getsockname()
        odd = [(each, 22) for each in ODD if not isinstance(each, (list, dict))]
        found = ports.answering([*odd, answers, ("::ffff:127.0.0.1", answers[1])], 2.0)
    assert found.pop(answers) is None and found.pop(("::ffff:127.0.0.1", answers[1])) is None
    assert set(found.values()) == {"not an IP address that is reachable from here"} and len(found) == len(set(odd))


def test_a_system_without_sockets_left(monkeypatch):
    def none_left(*_args):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(socket, "socket", none_left)
    assert ports.answering([("192.168.0.7", 22)], 1.0) == {("192.168.0.7", 22): "Too many open files"}
