# SPDX-License-Identifier: GPL-3.0-or-later
"""Open Telekom Cloud's Python SDK, unchanged, as a third client: it logs in, reads the catalogue, and leads a life on the simulator."""

from __future__ import annotations

import openstack
import pytest
from openstack import exceptions
from otcextensions import sdk as otc
from otcextensions.sdk.sdrs.v1._proxy import Proxy

from support import eventually

# No operation of SDRS.
_NOT_OPERATIONS = {"get_endpoint"}
pytestmark = [
    pytest.mark.unless_altered(), pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning"),
]


@pytest.fixture
def cloud(simulator, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # it looks for clouds.yaml in the working directory
    connection = connect(simulator)
    yield connection
    connection.close()


def connect(simulator, **changed):
    info = simulator.info
    auth = {
        "auth_url": info["url"] + "/v3", "username": info["username"], "password": info["password"], "user_domain_name": info["domain_name"],
        "project_name": info["project_name"], "project_domain_name": info["domain_name"], **changed,
    }
    connection = openstack.connect(
        load_envvars=False, auth_type="password", auth=auth, region_name=info["region"], interface="public", identity_api_version="3",
    )
    otc.register_otc_extensions(connection)
    return connection


class Life:
    """SDRS through the SDK; jobs are awaited, and it is noted which methods were used."""

    def __init__(self, cloud):
        self._sdrs, self.used, self.steps = cloud.sdrs, set(), 0

    def __getattr__(self, name):
        self.used.add(name)
        self.steps += 1
        return getattr(self._sdrs, name)

    def done(self, answer):
        """The job of an answer (a resource or a response) after its good end."""
        job_id = answer.job_id if hasattr(answer, "job_id") else answer.json()["job_id"]
        eventually(lambda: self.get_job(job_id).status in ("SUCCESS", "FAIL"))
        job = self.get_job(job_id)
        assert job.status == "SUCCESS" and job.job_id == job_id, job
        return job

    def synchronised(self, group):
        eventually(lambda: all(pair.progress == 100 for pair in self.replication_pairs(server_group_id=group)))


def test_full_life_cycle(cloud, simulator):
    life, zones = Life(cloud), simulator.info["availability_zones"]
    domain = next(iter(life.get_domains())).domains[0]
    assert domain["id"] == simulator.info["active_domain_id"]
    group = life.done(life.create_protection_group(
        name="otc", description="by the SDK", source_availability_zone=zones[0], target_availability_zone=zones[1], domain_id=domain["id"],
        source_vpc_id=simulator.vpc("vpc-erp"), dr_type="migration",
    )).entities["server_group_id"]
    assert life.update_protection_group(group, "otc-2").name == "otc-2"
    assert life.find_protection_group("otc-2").id == group and life.get_protection_group(group).status == "available"
    assert [each.id for each in life.protection_groups(name="OTC")] == [group]
    instance = _instance(life, simulator, group)
    _pairs(life, simulator, group, instance)
    _switches(life, simulator, group, instance)
    _failed_tasks(life, simulator, group)
    resources = {each["type"]: each["used"] for each in next(iter(life.quotas())).resources}
    assert resources == {"server_groups": 1, "replications": 2}
    life.done(life.disable_protection(group))
    life.done(life.delete_protected_instance(instance, delete_target_server=True))
    life.delete_protection_group(group)
    eventually(lambda: life.find_protection_group("otc-2") is None)
    assert life.find_protection_group("otc-2") is None and list(life.protection_groups()) == []
    operations = {name for name, value in vars(Proxy).items() if callable(value) and not name.startswith("_")}
    assert operations - life.used - _NOT_OPERATIONS == set() and life.steps > 50


def _instance(life, simulator, group):
    life.done(life.create_protected_instance(
        name="db", server_group_id=group, server_id=simulator.server("ecs-erp-db-1"), tags=[{"key": "tier", "value": "db"}],
    ))
    instance = life.find_protected_instance("db").id
    assert life.update_protected_instance(instance, "db-2").name == "db-2"
    shown = life.get_protected_instance(instance)
    assert (shown.name, len(shown.attachment), shown.tags[0].value) == ("db-2", 2, "db") and shown.source_server != shown.target_server
    assert [each.id for each in life.protected_instances(server_group_id=group)] == [instance]
    life.done(life.modify_protected_instance(instance, dr_flavor=simulator.info["flavors"][2]))
    subnet = next(vpc for vpc in simulator.info["vpcs"] if vpc["name"] == "vpc-erp")["subnets"][1]["id"]
    life.done(life.add_nic(instance, subnet))
    job = simulator.log()[-1][1].rpartition("/")[2]  # the typed model drops the NIC's ID; the answer has it
    life.done(life.delete_nic(instance, _raw(life, "/jobs/" + job)["entities"]["nic_id"]))
    return instance


def _raw(life, path):
    return life.get(path).json()


def _pairs(life, simulator, group, instance):
    life.done(life.create_replication_pair(name="archive", server_group_id=group, volume_id=simulator.volume("archive-1")))
    pair = life.find_replication_pair("archive").id
    assert life.update_replication_pair(pair, "archive-2").name == "archive-2"
    life.done(life.attach_replication_pair(instance, pair, "/dev/vdc"))
    life.done(life.expand_replication_pair(pair, 60))
    shown = life.get_replication_pair(pair)
    assert (shown.record_metadata.volume_size, shown.attachment[0].device) == (60, "/dev/vdc") and "," in shown.volume_ids
    life.done(life.detach_replication_pair(instance, pair))
    life.done(life.delete_replication_pair(pair, group, delete_target_volume=True))
    assert {each.name for each in life.replication_pairs(server_group_id=group)}.isdisjoint({"archive", "archive-2"})


def _switches(life, simulator, group, instance):
    life.done(life.enable_protection(group))
    life.synchronised(group)
    life.done(life.create_dr_drill(name="drill", server_group_id=group, drill_vpc_id=simulator.vpc("vpc-drill")))
    drill = life.find_dr_drill("drill").id
    assert life.update_dr_drill(drill, "drill-2").name == "drill-2"
    shown = life.get_dr_drill(drill)
    assert (shown.status, shown.drill_servers[0].protected_instance) == ("available", instance)
    assert [each.id for each in life.dr_drills(server_group_id=group)] == [drill]
    life.delete_dr_drill(drill)  # it drops the answer, the job's ID with it
    eventually(lambda: life.find_dr_drill("drill-2") is None)
    life.done(life.perform_failover(group))
    shown = life.get_protection_group(group)
    assert (shown.status, shown.priority_station) == ("failed-over", "target")
    life.done(life.enable_protection(group))
    life.synchronised(group)
    life.done(life.perform_planned_failover(group, "source"))
    assert life.get_protection_group(group).priority_station == "source"


def _failed_tasks(life, simulator, group):
    for _number in range(2):
        simulator.fail_job(job_type="createReplicationPairNoCG", error_code="EVS.2024", fail_reason="volume is error!", count=1)
        answer = life.create_replication_pair(name="broken", server_group_id=group, volume_id=simulator.volume("archive-2"))
        eventually(lambda answer=answer: life.get_job(answer.job_id).status == "FAIL")
        task = next(iter(life.failed_tasks(server_group_id=group)))
        assert (task.error_code, task.failure_status, task.resource_name) == ("EVS.2024", "createFail", "broken")
        life.done(life.delete_replication_pair(life.find_replication_pair("broken").id, group))
        if not _number:
            life.delete_failed_task(task.job_id)
    life.delete_protection_group_tasks(group)
    life.delete_all_failed_tasks()
    assert list(life.failed_tasks(server_group_id=group)) == list(life.failed_tasks()) == []


def test_networks_and_scaling_groups(cloud, simulator):
    vpc = cloud.vpc.create_vpc(name="otc", cidr="10.0.0.0/8")
    assert cloud.vpc.update_vpc(vpc, name="otc-2").name == "otc-2" and cloud.vpc.find_vpc("otc-2").id == vpc.id
    subnet = cloud.vpc.create_subnet(name="s", vpc_id=vpc.id, cidr="10.0.0.0/24", gateway_ip="10.0.0.1")
    assert cloud.vpc.get_subnet(subnet.id).gateway_ip == "10.0.0.1" and [each.id for each in cloud.vpc.subnets(vpc_id=vpc.id)] == [subnet.id]
    eventually(lambda: cloud.vpc.get_subnet(subnet.id).status == "ACTIVE")
    cloud.vpc.delete_subnet(subnet)
    eventually(lambda: not list(cloud.vpc.subnets(vpc_id=vpc.id)))
    cloud.vpc.delete_vpc(vpc)
    assert {each.name for each in cloud.vpc.vpcs()} == {"vpc-erp", "vpc-drill", "vpc-other"}
    group = cloud.auto_scaling.find_group("as-erp-web")
    cloud.auto_scaling.pause_group(group)
    assert cloud.auto_scaling.get_group(group).status == "PAUSED"
    cloud.auto_scaling.resume_group(group)
    assert [each.status for each in cloud.auto_scaling.groups()] == ["INSERVICE"]


def test_the_login_is_checked(simulator, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(exceptions.SDKException, match="401"):
        next(connect(simulator, password="wrong").sdrs.get_domains())


def test_what_is_gone_is_told(cloud):
    with pytest.raises(exceptions.SDKException, match="SDRS.1013|Protection group not found"):
        cloud.sdrs.get_protection_group("40df180b-9fe2-471a-8c64-1b758dc84189")
