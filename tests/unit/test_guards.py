# SPDX-License-Identifier: GPL-3.0-or-later
"""A guard is part of the attempt: whatever makes a request be sent again, somebody else may have switched the group meanwhile."""

from __future__ import annotations

import direct
import pytest
import requests
from urllib3.exceptions import NewConnectionError, ProtocolError

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import run
from support import TaskFailed

GROUP = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
THROTTLED = (429, {"error_code": "APIGW.0308", "error_msg": "throttled"})


def lost():
    return requests.ConnectionError(ProtocolError("Connection aborted."))


# What may become of the first attempt without its being carried out.
ATTEMPTS = {
    "throttled": lambda: (*THROTTLED, {}), "throttled for long": lambda: (*THROTTLED, {"Retry-After": "30"}),
    "not connected": lambda: requests.ConnectionError(NewConnectionError(None, "refused")), "answer lost": lost,
    "bad gateway": lambda: (502, "<html>"), "gateway time-out": lambda: (504, {}),
    "token expired": lambda: (401, {"error_msg": "expired", "error_code": "APIG.0301"}),
}


@pytest.fixture
def cloud(monkeypatch):
    """A protected, synchronised group with one stopped server, behind a real client that can log in again."""
    made = direct.use(monkeypatch)()
    direct.run("sdrs_server_group", **GROUP)
    direct.run("sdrs_protected_instance", server_group="erp", server="ecs-erp-web-1", name="web")
    direct.run("sdrs_server_group", name="erp", protection="enabled")
    made.time += 100_000
    made.world.speed = 1000
    client, made.wire = direct.wired(made)
    client.auth.renew = lambda rejected: True
    monkeypatch.setattr(run, "Client", lambda *args: client)
    made.written.clear()
    return made


def group(cloud):
    return next(iter(cloud.world.server_groups.values()))


def write(cloud, path, body):
    project = cloud.world.identity["project_id"]
    status, content = cloud.respond("POST", "http://127.0.0.1:1/v1/%s/%s" % (project, path), body)
    assert status == 200, content


def act(cloud, name, body=None):
    """Somebody else's request, and the end of its job."""
    write(cloud, "server-groups/%s/action" % group(cloud)["id"], {name: body or {}})
    cloud.time += 10


def meanwhile(cloud, attempt, happens):
    """The first request to switch ends like ``attempt``; meanwhile ``happens``. What is sent later goes through."""
    sent = []

    def meet(request):
        if request.method == "POST" and request.url.endswith("/action") and "cloudservers" not in request.url:
            sent.append(request)
            if len(sent) == 1:
                happens()
                return ATTEMPTS[attempt]()
        return None

    cloud.wire.meet = meet
    return sent


def stop_servers(cloud):
    for server in cloud.world.servers.values():
        server["status"] = "SHUTOFF"


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_planned_failover_is_not_sent_again_once_production_has_moved(cloud, attempt):
    stop_servers(cloud)
    sent = meanwhile(cloud, attempt, lambda: act(cloud, "reverse-server-group", {"priority_station": "target"}))
    try:
        direct.run("sdrs_failover", server_group="erp", active_site="target")
    except TaskFailed as failed:
        assert "site, which differs from the state the decision was based on; nothing was sent" in str(failed)
    assert len(sent) == 1 and group(cloud)["priority_station"] == "target"


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_failover_is_not_sent_again_once_production_has_moved(cloud, attempt):
    """failover-server-group takes no direction: sent twice, it moves production back."""
    def moved():
        act(cloud, "reverse-server-group", {"priority_station": "target"})

    stop_servers(cloud)
    sent = meanwhile(cloud, attempt, moved)
    try:
        direct.run("sdrs_failover", server_group="erp", active_site="target", mode="unplanned", force=True)
    except TaskFailed as failed:
        assert "site, which differs from the state the decision was based on; nothing was sent" in str(failed)
    assert len(sent) == 1 and group(cloud)["priority_station"] == "target"


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_protection_is_not_enabled_again_once_the_group_is_failed_over(cloud, attempt):
    """start-server-group re-protects a group that is failed over (5.4.6)."""
    act(cloud, "stop-server-group")

    def failed_over():
        act(cloud, "start-server-group")
        act(cloud, "failover-server-group")

    sent = meanwhile(cloud, attempt, failed_over)
    with pytest.raises(TaskFailed, match="nothing was sent"):
        direct.run("sdrs_server_group", name="erp", protection="enabled")
    assert len(sent) == 1 and group(cloud)["status"] == "failed-over"


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_what_nobody_interferes_with_is_carried_out_once(cloud, attempt):
    stop_servers(cloud)
    sent = meanwhile(cloud, attempt, lambda: None)
    assert direct.run("sdrs_failover", server_group="erp", active_site="target")["changed"]
    assert len(sent) == 2 and group(cloud)["priority_station"] == "target"
    reads = [path for method, path in cloud.wire.sent if method == "GET" and path.endswith(group(cloud)["id"])]
    assert len(reads) >= 3  # plan, and the guard before each of the two attempts


def test_a_service_that_only_throttles_ends_in_its_error(cloud):
    stop_servers(cloud)
    cloud.wire.meet = lambda request: (*THROTTLED, {}) if request.method == "POST" else None
    begun = cloud.time
    with pytest.raises(TaskFailed, match="throttled"):
        direct.run("sdrs_failover", server_group="erp", active_site="target")
    assert 100 < cloud.time - begun < 200


def test_a_guard_holds_for_a_moment_only(cloud):
    """What the throttle makes requests wait for is waited for before the guard, not between it and its request."""
    stop_servers(cloud)
    moments = {}

    def meet(request):
        moments[request.method] = cloud.time

    cloud.wire.meet = meet
    for _told in range(3):
        run.Client()._throttle.rejected(5.0)
    direct.run("sdrs_failover", server_group="erp", active_site="target")
    posts = [index for index, (method, _path) in enumerate(cloud.wire.sent) if method == "POST"]
    assert cloud.wire.sent[posts[0] - 1] == ("GET", "/v1/%s/server-groups/%s" % (cloud.world.identity["project_id"], group(cloud)["id"]))


def test_every_switch_has_a_guard(cloud, monkeypatch):
    """Whatever else comes to plan one: these requests are never sent without."""
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import step_runner

    seen, start = [], step_runner.StepRunner.start
    monkeypatch.setattr(step_runner.StepRunner, "start", lambda self, step: seen.append(step) or start(self, step))
    stop_servers(cloud)
    direct.run("sdrs_failover", server_group="erp", active_site="target")
    cloud.time += 100_000
    direct.run("sdrs_failover", server_group="erp", active_site="source", mode="unplanned", force=True)
    cloud.time += 100_000
    stop_servers(cloud)
    direct.run("sdrs_failover", server_group="erp", active_site="source", reprotect=True)
    direct.run("sdrs_server_group", name="erp", protection="disabled")
    direct.run("sdrs_topology", server_groups=[dict(GROUP, protection="enabled")])
    assert [step.operation for step in seen] == ["planned_failover", "failover", "reprotect", "stop", "start"]
    assert all(step.request.guard for step in seen)
