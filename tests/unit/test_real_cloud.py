# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the real cloud is known to differ from what its API reference suggests, over a simulated world called directly."""

from __future__ import annotations

import json

import direct
import pytest

from support import TaskFailed

GROUP = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}


@pytest.fixture
def cloud(monkeypatch):
    cloud = direct.use(monkeypatch)()
    cloud.world.settings["first_sync_seconds"] = 1
    return cloud


def protected(cloud, *servers, protection=True):
    """A group with the servers protected and synchronised."""
    direct.run("sdrs_server_group", **GROUP)
    for server in servers or ("ecs-erp-web-1",):
        direct.run("sdrs_protected_instance", server_group="erp", server=server, name=server)
    if protection:
        direct.run("sdrs_server_group", name="erp", protection="enabled")
    cloud.time += 600


def test_the_cause_inside_a_cause_is_shown_from_the_failed_tasks_too(cloud):
    protected(cloud, protection=False)
    reason = "SdrsStartTask-fail:SDRS.0011:Client error : " + json.dumps({"error": {"message": "the array is busy", "code": "EVS.2024"}})
    cloud.world.faults.append({"job_type": "startProtectionGroupNoCG", "error_code": "SDRS.0406", "fail_reason": reason})
    direct.run("sdrs_server_group", name="erp", protection="enabled", wait=False)
    with pytest.raises(TaskFailed, match="failed: the array is busy") as caught:
        direct.run("sdrs_server_group", name="erp", protection="enabled")
    assert caught.value.error["code"] == "EVS.2024" and "Client error" not in str(caught.value)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_batches_that_are_not_offered_become_single_calls(cloud, status):
    cloud.world.settings.update(batch_offered=False, not_offered_status=status)
    direct.run("sdrs_server_group", **GROUP)
    direct.run("sdrs_protected_instance_batch", server_group="erp", name_prefix="x", servers=[{"server": "ecs-erp-web-1"}, {"server": "ecs-erp-web-2"}])
    assert len(cloud.world.protected_instances) == 2


# Readiness to protect: what the two clouds allow -----------------------------------------------------------------------


def readiness(operation="create", **options):
    result = direct.run("sdrs_readiness_info", server_group="erp", operation=operation, **options)
    return result["ready"], {each["check"]: each for each in result["checks"]}


@pytest.fixture(params=[False, True], ids=["huawei", "otc"])
def otc(request, cloud):
    if request.param:
        cloud.world.identity["region"] = "eu-de"
    return request.param


def server(cloud, name):
    return next(each for each in cloud.world.servers.values() if each["name"] == name)


@pytest.mark.parametrize("flavor, supported", [
    ("s3.large.2", True), ("c4.xlarge.2", True), ("m4.large.8", True), ("c7n.large.2", True), ("e3.26xlarge.14", True), (None, True),
    ("g6.xlarge.4", False), ("p2s.2xlarge.8", False), ("pi2.2xlarge.4", False), ("fp1.2xlarge.11", False), ("kc1.large.2", False), ("d2.xlarge.8", False),
    ("C6.large.2", False), ("c9.large.2", False), ("s9.large.2", False), ("i9.large.2", False), ("m9.large.8", False),
])
def test_flavors_that_are_not_supported(cloud, otc, flavor, supported):
    direct.run("sdrs_server_group", **GROUP)
    server(cloud, "ecs-erp-app-1")["flavor"] = {"id": flavor}
    ready, checks = readiness(servers=["ecs-erp-app-1", "ecs-erp-web-1"])
    assert checks["flavors"]["passed"] is supported and checks["flavors"]["severity"] == ("error" if otc else "warning")
    assert ready is (supported or not otc)
    if not supported:
        assert "ecs-erp-app-1" in checks["flavors"]["detail"] and "ecs-erp-web-1" not in checks["flavors"]["detail"]


@pytest.mark.parametrize("hints", [{"dedicated_host_id": ["h1"]}, {"tenancy": ["dedicated"]}])
def test_servers_on_dedicated_hosts(cloud, otc, hints):
    direct.run("sdrs_server_group", **GROUP)
    server(cloud, "ecs-erp-app-1")["os:scheduler_hints"] = hints
    ready, checks = readiness(servers=["ecs-erp-app-1", "ecs-erp-web-1"])
    assert ready is not otc and checks["dedicated_hosts"]["passed"] is not otc and "ecs-erp-app-1" in checks["dedicated_hosts"]["detail"]
    assert readiness(servers=["ecs-erp-web-1"])[0]


def test_servers_with_shared_disks(cloud, otc):
    direct.run("sdrs_server_group", **GROUP)
    ready, checks = readiness(servers=["ecs-erp-cluster-1", "ecs-erp-cluster-2"])
    assert ready is not otc and checks["shared_disks"]["passed"] is not otc
    if otc:
        assert "quorum" in checks["shared_disks"]["detail"] and "pair the disk while it is available" in checks["shared_disks"]["detail"]
    assert not readiness(servers=["ecs-erp-cluster-1"])[0] and readiness(servers=["ecs-erp-web-1"])[0]


# An unplanned failover with the production site's disks gone ------------------------------------------------------------


def in_fault(cloud, level="2", status="fault", pairs=1, instances=True):
    """The first pairs are in fault, and their instances with them."""
    for pair in list(cloud.world.replications.values())[:pairs]:
        pair.update(fault_level=level, status=status)
        for entry in pair["attachment"] if instances else ():
            cloud.world.protected_instances[entry["protected_instance"]]["status"] = status


def fail_over(**options):
    return direct.run("sdrs_failover", server_group="erp", active_site="target", mode="unplanned", **options)


def test_fault_level_2_with_progress_100_is_what_a_failover_is_for(cloud):
    protected(cloud, "ecs-erp-web-1", "ecs-erp-app-1")
    in_fault(cloud)
    ready, checks = readiness("failover")
    assert ready and checks["object_statuses"]["passed"] and checks["synchronisation"]["passed"] and checks["production_fault"]["passed"]
    assert not readiness("planned_failover")[0], "a planned one still needs every pair to be protected"
    assert fail_over()["server_group"]["priority_station"] == "target"


@pytest.mark.parametrize("level, status, progress, instances", [
    ("2", "fault", 99, True), ("2", "fault", None, True), ("0", "fault", 100, True), ("5", "fault", 100, True), ("2", "invalid", 100, True),
    ("2", "error", 100, True),
])
def test_any_other_fault_needs_force(cloud, level, status, progress, instances):
    protected(cloud)
    in_fault(cloud, level, status, instances=instances)

    def changed(answer):
        for pair in answer.get("replications") or []:
            pair["progress"] = progress
        return answer

    cloud.changed = changed
    cloud.written.clear()
    with pytest.raises(TaskFailed, match="force: true"):
        fail_over()
    assert cloud.written == []


def test_an_instance_in_fault_for_another_reason_needs_force(cloud):
    protected(cloud, "ecs-erp-web-1", "ecs-erp-app-1")
    in_fault(cloud)
    other = next(each for each in cloud.world.protected_instances.values() if each["status"] == "protected")
    other["status"] = "fault"
    with pytest.raises(TaskFailed, match=other["name"]):
        fail_over()


# The synchronisation is told by the pairs -------------------------------------------------------------------------------


def drilled(*groups, **options):
    return direct.run("sdrs_topology", server_groups=[
        dict(GROUP, name=name, protection="enabled", drills=[{"name": "d-" + name, "drill_vpc": vpc}],
             protected_instances=[{"name": "i-" + name, "server": server}]) for name, server, vpc in groups
    ], **options)


ERP, CRM = ("erp", "ecs-erp-web-1", "vpc-drill"), ("crm", "ecs-erp-web-2", "vpc-drill-2")


@pytest.mark.parametrize("told", [0, None, "computed"])
@pytest.mark.parametrize("groups", [(ERP,), (ERP, CRM)], ids=len)
def test_a_drill_waits_for_the_pairs_where_the_group_tells_nothing(cloud, told, groups):
    cloud.world.settings.update(first_sync_seconds=300, group_progress=told)
    direct.run("vpc", name="vpc-drill-2", cidr="192.168.0.0/16", subnets=[{"name": "a", "cidr": "192.168.0.0/20"}, {"name": "b", "cidr": "192.168.16.0/20"}])
    result = drilled(*groups)
    assert {each["operation"] for each in result["operations"]} == {"create", "start"}
    assert {each["status"] for each in cloud.world.drills.values()} == {"available"} and len(cloud.world.drills) == len(groups)
    start = next(job for job in cloud.world.jobs.values() if job["job_type"] == "startProtectionGroupNoCG")
    drill = next(job for job in cloud.world.jobs.values() if job["job_type"] == "createDisasterRecoveryDrill")
    assert 300 <= drill["_begin"] - start["_end"] < 340, "no sooner, and not much later"


def test_pairs_that_tell_nothing_of_progress_tell_by_their_status(cloud):
    cloud.world.settings.update(first_sync_seconds=300, group_progress=0)

    def changed(answer):
        for pair in answer.get("replications") or []:
            pair["progress"] = None
        return answer

    cloud.changed = changed
    drilled(ERP)
    assert len(cloud.world.drills) == 1
    assert readiness("drill", drill_vpc="vpc-drill")[1]["first_synchronisation"]["passed"]


def test_a_synchronisation_that_never_ends_is_not_waited_for_for_ever(cloud):
    cloud.world.settings.update(first_sync_seconds=10**6, group_progress=None)
    before = cloud.time
    with pytest.raises(TaskFailed, match="synchronisation of protection group erp.*Replication-Pair.*has not ended within 600 s"):
        drilled(ERP, wait_timeout=600)
    assert cloud.time - before < 2000 and not cloud.world.drills
