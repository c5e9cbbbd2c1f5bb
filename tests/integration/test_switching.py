# SPDX-License-Identifier: GPL-3.0-or-later
"""Failover, failback and re-protection (semantics.md, section 2), and the neighbours a runbook needs."""

from __future__ import annotations

import pytest

from support import Host, TaskFailed, eventually


def operations(result):
    return [operation["operation"] for operation in result["operations"]]


def writes(simulator):
    return [entry for entry in simulator.log() if entry[0] != "GET"]


@pytest.fixture
def ready(task, group, simulator):
    """A group with one instance, protected and synchronised."""
    task("sdrs_protected_instance", name="db", server_group="erp", server="ecs-erp-db-1")
    task("sdrs_server_group", name="erp", protection="enabled")
    eventually(lambda: task("sdrs_server_group_info", name="erp")["server_groups"][0]["progress"] == 100)
    return group


def switch(task, site, **options):
    return task("sdrs_failover", server_group="erp", active_site=site, **options)


@pytest.mark.parametrize("swap", [False, True])
def test_planned_there_and_back(task, ready, simulator, swap):
    simulator.settings(swap_ids_on_switch=swap)
    simulator.forget()
    with pytest.raises(TaskFailed, match="not stopped: ecs-erp-db-1"):
        switch(task, "target")
    assert not writes(simulator)
    assert operations(task("ecs_power", server_group="erp", site="production", state="stopped")) == ["power_off"]
    assert not task("ecs_power", server_group="erp", site="production", state="stopped")["changed"]
    simulator.forget()
    assert operations(switch(task, "target", check=True)) == ["planned_failover"] and not writes(simulator)
    there = switch(task, "target")
    assert operations(there) == ["planned_failover"]
    assert (there["server_group"]["status"], there["server_group"]["priority_station"]) == ("protected", "target")
    assert not switch(task, "target")["changed"]
    eventually(lambda: task("sdrs_server_group_info", name="erp")["server_groups"][0]["progress"] == 100)
    back = switch(task, "source")
    assert back["server_group"]["priority_station"] == "source" and not switch(task, "source")["changed"]


def test_unplanned_there_reprotected_and_planned_back(task, ready, simulator):
    simulator.forget()
    host = Host()
    gone = switch(task, "target", mode="unplanned", host=host)
    assert operations(gone) == ["failover"] and gone["server_group"]["status"] == "failed-over"
    assert "healthy" in host.warnings[0]
    assert not [path for method, path, status in simulator.log() if "cloudservers" in path or "cloudvolumes" in path]
    assert not switch(task, "target", mode="unplanned")["changed"]
    simulator.forget()
    with pytest.raises(TaskFailed, match="re-protected"):
        switch(task, "source")
    assert not writes(simulator)
    again = switch(task, "target", reprotect=True)
    assert operations(again) == ["reprotect"] and again["server_group"]["status"] == "protected"
    assert not switch(task, "target", reprotect=True)["changed"]
    eventually(lambda: task("sdrs_server_group_info", name="erp")["server_groups"][0]["progress"] == 100)
    assert switch(task, "source")["server_group"]["priority_station"] == "source"


def test_an_unplanned_failover_needs_nothing_of_the_production_site(task, ready, simulator):
    pairs = task("sdrs_replication_info", server_group="erp")["replications"]
    for pair in pairs:
        simulator.patch("replications", pair["id"], fault_level="2")
    connection = {"endpoints": {"ecs": "https://ecs.invalid", "evs": "https://evs.invalid", "vpc": "https://vpc.invalid"}}
    assert operations(switch(task, "target", mode="unplanned", **connection)) == ["failover"]


@pytest.mark.parametrize("fields, message", [({"fault_level": "5"}, "disconnected"), ({"status": "fault"}, "is fault")])
def test_what_speaks_against_a_failover_needs_force(task, ready, simulator, fields, message):
    pair = task("sdrs_replication_info", server_group="erp")["replications"][0]
    simulator.patch("replications", pair["id"], **fields)
    simulator.forget()
    with pytest.raises(TaskFailed, match=message + ".*force: true"):
        switch(task, "target", mode="unplanned")
    assert not writes(simulator)
    if "status" in fields:
        assert operations(switch(task, "target", mode="unplanned", force=True)) == ["failover"]
    else:
        with pytest.raises(TaskFailed) as refused:
            switch(task, "target", mode="unplanned", force=True)
        assert refused.value.error["code"] == "SDRS.1824"


def test_planned_is_refused_when_it_cannot_be_known(task, ready, simulator):
    with pytest.raises(TaskFailed, match="unknown"):
        switch(task, "target", endpoints={"ecs": simulator.url + "/nothing"})


def test_a_failed_planned_failover_is_retried(task, ready, simulator):
    task("ecs_power", servers=[simulator.server("ecs-erp-db-1")], state="stopped")
    simulator.fail_job(job_type="reverseProtectionGroupNoCG", error_code="SDRS.1029", fail_reason="link", count=1)
    with pytest.raises(TaskFailed, match="reverseProtectionGroupNoCG.*link"):
        switch(task, "target")
    assert task("sdrs_server_group_info", name="erp")["server_groups"][0]["status"] == "error-reversing"
    assert operations(switch(task, "target")) == ["planned_failover"]


def test_a_failed_failover_is_retried_unplanned_only(task, ready, simulator):
    simulator.fail_job(job_type="failoverProtectionGroupNoCG", count=1)
    with pytest.raises(TaskFailed):
        switch(task, "target", mode="unplanned")
    simulator.forget()
    with pytest.raises(TaskFailed, match="mode: unplanned"):
        switch(task, "target")
    assert not writes(simulator)
    assert operations(switch(task, "target", mode="unplanned")) == ["failover"]


def test_a_failed_reprotection_is_repeated_when_asked(task, ready, simulator):
    switch(task, "target", mode="unplanned")
    simulator.fail_job(job_type="reprotectProtectionGroupNoCG", count=1)
    with pytest.raises(TaskFailed):
        switch(task, "target", reprotect=True)
    for site, options in (("target", {}), ("source", {}), ("source", {"reprotect": True})):
        with pytest.raises(TaskFailed, match="reprotect: true"):
            switch(task, site, **options)
    assert operations(switch(task, "target", reprotect=True)) == ["reprotect"]


def test_a_switch_in_flight_is_awaited_and_never_reversed(task, ready, simulator):
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import api as api_module
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client, settings

    api = api_module.Api(client.Client(settings.resolve(dict(simulator.connection, token_cache=False), {})))
    simulator.settings(durations={"failoverProtectionGroupNoCG": 4000})
    api.call("failover_server_group", {}, server_group=ready["id"])
    with pytest.raises(TaskFailed, match="was failing-over when this task began and ended with production at the target site"):
        switch(task, "source")
    assert not switch(task, "target", mode="unplanned")["changed"]


def test_other_states_and_options_are_refused(task, group, simulator):
    simulator.forget()
    with pytest.raises(TaskFailed, match="is 'available'"):
        switch(task, "target")
    with pytest.raises(TaskFailed, match="wait: false"):
        switch(task, "target", wait=False)
    assert not writes(simulator)


class TestReadiness:
    def checks(self, task, operation, **options):
        result = task("sdrs_readiness_info", server_group="erp", operation=operation, **options)
        return result["ready"], {each["check"]: each for each in result["checks"]}

    def test_planned_failover(self, task, ready, simulator):
        possible, checks = self.checks(task, "planned_failover")
        assert not possible and "ecs-erp-db-1" in checks["servers_stopped"]["detail"] and checks["synchronisation"]["passed"]
        task("ecs_power", server_group="erp", site="production", state="stopped")
        assert self.checks(task, "planned_failover")[0]

    def test_failover_protect_reprotect(self, task, ready):
        assert self.checks(task, "failover")[0]
        assert not self.checks(task, "protect")[0] and not self.checks(task, "reprotect")[0]
        switch(task, "target", mode="unplanned")
        assert self.checks(task, "reprotect")[0]

    def test_drill(self, task, ready):
        assert self.checks(task, "drill", drill_vpc="vpc-drill")[0]
        possible, checks = self.checks(task, "drill", drill_vpc="vpc-other")
        assert not possible and not checks["drill_vpc_cidr"]["passed"]
        task("sdrs_drill", name="d", server_group="erp", drill_vpc="vpc-drill")
        assert not self.checks(task, "drill", drill_vpc="vpc-drill")[1]["drill_vpc_unused"]["passed"]

    def test_creation(self, task, ready):
        assert self.checks(task, "create", servers=["ecs-erp-web-1"])[0]
        possible, checks = self.checks(task, "create", servers=["ecs-erp-cluster-1", "ecs-other-vpc"])
        assert not possible and not checks["shared_disks"]["passed"] and "ecs-other-vpc" in checks["vpc"]["detail"]


def test_drift(task, ready, simulator):
    assert task("sdrs_drift_info", server_group="erp")["drifted"] is False
    simulator.patch("servers", simulator.server("ecs-erp-db-1"), tags=["a=b"], flavor={"id": "s3.xlarge.2"})
    result = task("sdrs_drift_info", server_group="erp")
    assert result["drifted"] and {each["attribute"] for each in result["drift"][0]["differences"]} == {"tags", "flavor"}


class TestBatch:
    SERVERS = [{"server": "ecs-erp-cluster-1", "name": "a"}, {"server": "ecs-erp-cluster-2"}]

    def batch(self, task, **options):
        return task("sdrs_protected_instance_batch", **{"server_group": "erp", "name_prefix": "c", "servers": self.SERVERS, **options})

    @pytest.mark.unless_altered("batch_offered")
    def test_life(self, task, group, simulator):
        simulator.forget()
        assert operations(self.batch(task, check=True)) == ["create", "create", "rename"] and not writes(simulator)
        made = self.batch(task)
        assert operations(made) == ["create", "create", "rename"]
        assert sorted(each["name"] for each in made["protected_instances"]) == ["a", "c-0002"]
        assert not self.batch(task)["changed"]
        more = [*self.SERVERS, *({"server": "ecs-erp-" + name} for name in ("web-1", "web-2", "app-1", "db-1"))]
        grown = self.batch(task, servers=more)
        assert operations(grown) == ["create"] * 4 and len(grown["protected_instances"]) == 6
        gone = self.batch(task, servers=more, state="absent", delete_target_server=True)
        assert operations(gone) == ["delete"] * 6 and not self.batch(task, servers=more, state="absent")["changed"]

    def test_a_set_must_be_complete(self, task, group, simulator):
        simulator.forget()
        with pytest.raises(TaskFailed) as refused:
            self.batch(task, servers=self.SERVERS[:1])
        assert refused.value.error["code"] == "SDRS.1408" and not writes(simulator)

    def test_a_cloud_without_batches(self, task, group, simulator):
        simulator.settings(batch_offered=False)
        servers = [{"server": "ecs-erp-web-1", "name": "w"}, {"server": "ecs-erp-web-2"}]
        made = self.batch(task, servers=servers)
        assert sorted(each["name"] for each in made["protected_instances"]) == ["c-0002", "w"]
        assert operations(self.batch(task, servers=servers, state="absent")) == ["delete", "delete"]
        with pytest.raises(TaskFailed, match="This cloud does not offer batch creation, and servers.*share a disk"):
            self.batch(task)


def test_resize(task, ready, simulator):
    options = {"protected_instance": "db", "flavor": "s3.xlarge.2"}
    with pytest.raises(TaskFailed, match="production server ecs-erp-db-1.*Stop the server"):
        task("sdrs_protected_instance_resize", **options)
    task("ecs_power", server_group="erp", site="production", state="stopped")
    assert operations(task("sdrs_protected_instance_resize", check=True, **options)) == ["resize"]
    assert operations(task("sdrs_protected_instance_resize", **options)) == ["resize"]
    assert not task("sdrs_protected_instance_resize", **options)["changed"]
    mixed = {"protected_instance": "db", "production_flavor": "s3.xlarge.2", "dr_flavor": "s3.large.2"}
    assert task("sdrs_protected_instance_resize", **mixed)["diff"]["before"]["dr_flavor"] == "s3.xlarge.2"
    assert not task("sdrs_protected_instance_resize", **mixed)["changed"]


def test_nic(task, ready, simulator):
    options = {"protected_instance": "db", "subnet": "subnet-db", "ip_address": "192.168.16.77"}
    assert operations(task("sdrs_protected_instance_nic", check=True, **options)) == ["add_nic"]
    assert operations(task("sdrs_protected_instance_nic", **options)) == ["add_nic"]
    assert not task("sdrs_protected_instance_nic", **options)["changed"]
    assert not task("sdrs_protected_instance_nic", protected_instance="db", subnet="subnet-app")["changed"]
    with pytest.raises(TaskFailed, match="primary NIC"):
        task("sdrs_protected_instance_nic", protected_instance="db", subnet="subnet-app", state="absent")
    assert operations(task("sdrs_protected_instance_nic", state="absent", **options)) == ["delete_nic"]
    assert not task("sdrs_protected_instance_nic", state="absent", **options)["changed"]


def test_failed_tasks(task, group, simulator):
    for job_type in ("createReplicationPairNoCG", "createProtectionGroupNoCG"):
        simulator.fail_job(job_type=job_type, count=1)
    for module, options in (("sdrs_replication", {"server_group": "erp", "volume": "archive-1", "name": "a"}),
                            ("sdrs_server_group", {"name": "x", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02",
                                                   "source_vpc": "vpc-erp"})):
        with pytest.raises(TaskFailed):
            task(module, **options)
    assert len(task("sdrs_failed_task_info")["failed_tasks"]) == 1
    mine = task("sdrs_failed_task_info", server_group="erp", failure_status="createFail")["failed_tasks"]
    assert len(mine) == 1 and len(task("sdrs_failed_task_info", all=True)["failed_tasks"]) == 2
    assert operations(task("sdrs_failed_task", id=mine[0]["job_id"])) == ["delete"]
    assert not task("sdrs_failed_task", id=mine[0]["job_id"])["changed"] and not task("sdrs_failed_task", server_group="erp")["changed"]
    assert operations(task("sdrs_failed_task", all=True)) == ["delete"] and not task("sdrs_failed_task", all=True)["changed"]
    with pytest.raises(TaskFailed, match="exactly one"):
        task("sdrs_failed_task")


def test_project_queries(task, ready, simulator):
    assert {each["type"]: each["used"] for each in task("sdrs_quota_info")["quotas"]} == {"server_groups": 1, "replications": 2}
    assert task("sdrs_api_version_info")["api_versions"][0]["id"] == task("sdrs_api_version_info", version="v1")["api_versions"][0]["id"] == "v1"
    assert task("sdrs_rpo_statistics_info", resource_type="replication")["rpo_statistics"] == []
    assert task("sdrs_protected_instance_info", matches=[{"value": "DB"}])["protected_instances"][0]["name"] == "db"
    assert task("sdrs_protected_instance_info", count=True)["total_count"] == 1
    assert [each["name"] for each in task("ecs_server_info", server_group="erp")["ecs_servers"]] == ["ecs-erp-db-1"] * 2
    assert len(task("ecs_server_info", name="ecs-erp-web")["ecs_servers"]) == 2
    assert len(task("vpc_info", name="vpc-erp")["vpcs"][0]["subnets"]) == 2
    assert task("as_group_info", name="as-erp")["as_groups"][0]["scaling_group_status"] == "INSERVICE"


def test_vpc(task, simulator):
    options = {"name": "vpc-x", "cidr": "192.168.0.0/16", "subnets": [{"name": "a", "cidr": "192.168.0.0/20", "gateway_ip": "192.168.0.1"}]}
    simulator.forget()
    assert operations(task("vpc", check=True, **options)) == ["create", "create"] and not writes(simulator)
    made = task("vpc", **options)
    assert operations(made) == ["create", "create"] and made["vpc"]["cidr"] == "192.168.0.0/16"
    assert not task("vpc", **options)["changed"]
    changed = dict(options, enable_shared_snat=True, subnets=[{"name": "b", "cidr": "192.168.16.0/20"}], purge_subnets=True)
    assert operations(task("vpc", **changed)) == ["update", "create", "delete"] and not task("vpc", **changed)["changed"]
    assert operations(task("vpc", name="vpc-x", state="absent", purge_subnets=True)) == ["delete", "delete"]
    assert not task("vpc", name="vpc-x", state="absent", purge_subnets=True)["changed"]


@pytest.mark.parametrize("module, options, message", [
    ("vpc", {"name": "v", "cidr": "11.0.0.0/8"}, "cidr: 11.0.0.0/8 is outside"), ("vpc", {"name": "v", "cidr": "192.168.0.0/29"}, "cidr"),
    ("vpc", {"name": "v", "cidr": "172.16.0.0/11"}, "cidr"), ("vpc", {"name": "v", "cidr": "192.168.0.1/16"}, "cidr"),
    ("vpc", {"name": "v", "cidr": "10.0.0.0/8", "subnets": [{"name": "s", "cidr": "10.0.0.0/24", "gateway_ip": "10.1.0.1"}]}, r"subnets\[0\].gateway_ip"),
    ("as_group", {"name": "a", "cool_down_time": 86401}, "cool_down_time"), ("as_group", {"name": "a", "description": ""}, "description"),
    ("as_group", {"name": "a", "lbaas_listeners": [{"pool_id": "p", "protocol_port": 0, "weight": 1}]}, r"lbaas_listeners\[0\].protocol_port"),
    ("as_group", {"name": "a", "desire_instance_number": 7, "max_instance_number": 5}, "desire_instance_number"),
    ("as_group", {"name": "a", "scaling_group_name": "a.b"}, "scaling_group_name"), ("as_group", {"name": "a", "min_instance_number": -1}, "min_instance"),
    ("sdrs_protected_instance_batch", {"server_group": "g", "name_prefix": "x" * 60, "servers": [{"server": "a"}]}, "name_prefix"),
    ("sdrs_protected_instance_nic", {"protected_instance": "i", "subnet": "s", "ip_address": "x"}, "ip_address"),
    ("sdrs_api_version_info", {"version": "../x"}, "version"),
])
def test_values_out_of_range_are_refused_before_anything_is_sent(task, simulator, module, options, message):
    simulator.forget()
    with pytest.raises(TaskFailed, match="^" + message):
        task(module, **options)
    assert simulator.log() == []


def test_as_group(task, simulator):
    options = {"name": "as-erp-web", "min_instance_number": 1, "desire_instance_number": 3, "max_instance_number": 5, "cool_down_time": 60}
    assert operations(task("as_group", check=True, **options)) == ["update"]
    assert operations(task("as_group", **options)) == ["update"] and not task("as_group", **options)["changed"]
    assert operations(task("as_group", name="as-erp-web", status="paused")) == ["pause"]
    assert task("as_group", name="as-erp-web", status="paused")["as_group"]["scaling_group_status"] == "PAUSED"
    assert operations(task("as_group", name="as-erp-web", status="inservice", description="x")) == ["update", "resume"]
    for wrong, message in (({"desire_instance_number": 9}, "9 is greater than max_instance_number 5"),
                           ({"networks": [{"id": "n"}]}, "can only be changed while"),
                           ({"lb_listener_id": "a"}, "can only be changed")):
        with pytest.raises(TaskFailed, match=message):
            task("as_group", name="as-erp-web", **wrong)
    with pytest.raises(TaskFailed, match="no AS group is named 'typo'"):
        task("as_group", name="typo", status="paused")


@pytest.mark.unless_altered("batch_offered")
def test_the_modules_reach_every_operation_of_the_service(task, group, simulator):
    """All 48 documented operations and the undocumented 49th; the paths as the vendor's SDK uses them."""
    from test_vendor_sdk import OPERATIONS_OF_SERVICE, distinct_operations

    def fail(module, job_type, **options):
        simulator.fail_job(job_type=job_type, count=1)
        with pytest.raises(TaskFailed):
            task(module, **options)

    zones = {"source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
    made = task("sdrs_protected_instance", name="db", server_group="erp", server="ecs-erp-db-1")["protected_instance"]
    TestBatch().batch(task)
    pair = {"server_group": "erp", "volume": "archive-1", "name": "archive"}
    task("sdrs_replication", **pair, size=60, attachments=[{"protected_instance": "db", "device": "/dev/vdc"}])
    task("sdrs_replication", **dict(pair, name="archive-2"))
    for tags in ({"a": "1"}, {"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "2"}, {}):
        task("sdrs_tag", protected_instance=made["id"], tags=tags, purge=True)
    task("sdrs_tag_info", protected_instance="db"), task("sdrs_tag_info"), task("sdrs_protected_instance_info", count=True)
    nic = {"protected_instance": "db", "subnet": "subnet-db"}
    task("sdrs_protected_instance_nic", **nic), task("sdrs_protected_instance_nic", state="absent", **nic)
    task("sdrs_server_group", name="erp", protection="enabled")
    eventually(lambda: task("sdrs_server_group_info", name="erp")["server_groups"][0]["progress"] == 100)
    drill = task("sdrs_drill", name="d", server_group="erp", drill_vpc="vpc-drill")["drill"]
    task("sdrs_drill", id=drill["id"], name="e"), task("sdrs_drill", name="e", server_group="erp", state="absent")
    switch(task, "target", mode="unplanned"), switch(task, "target", reprotect=True)
    eventually(lambda: task("sdrs_server_group_info", name="erp")["server_groups"][0]["progress"] == 100)
    switch(task, "source")
    task("sdrs_protected_instance_resize", protected_instance="db", flavor="s3.xlarge.2")
    fail("sdrs_replication", "createReplicationPairNoCG", server_group="erp", volume="archive-2", name="broken")
    fail("sdrs_server_group", "createProtectionGroupNoCG", name="x", **zones)
    fail("sdrs_server_group", "createProtectionGroupNoCG", name="y", **zones)
    one = task("sdrs_failed_task_info")["failed_tasks"][0]
    task("sdrs_failed_task", id=one["job_id"]), task("sdrs_failed_task", all=True)
    for module in ("sdrs_quota_info", "sdrs_api_version_info", "sdrs_rpo_statistics_info", "sdrs_domain_info"):
        task(module)
    task("sdrs_api_version_info", version="v1"), task("sdrs_server_group", id=group["id"], name="erp-2")
    task("sdrs_protected_instance", id=made["id"], name="db-2")
    task("sdrs_replication", server_group="erp-2", name="archive-2", state="absent", force_detach=True)
    task("sdrs_protected_instance", name="db-2", server_group="erp-2", state="absent", delete_target_server=True)
    task("sdrs_server_group", name="erp-2", state="absent", purge=True)
    reached = [entry for entry in simulator.log() if not any(each in entry[1] for each in ("cloudservers", "cloudvolumes", "vpc", "subnets", "routetables"))]
    simulator.log = lambda: reached
    assert len(distinct_operations(simulator)) == OPERATIONS_OF_SERVICE
