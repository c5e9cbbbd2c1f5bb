# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's Python SDK, unchanged, through a full life cycle on the simulator: every documented operation but one GET."""

from __future__ import annotations

import re

import pytest
import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdksdrs.v1 import model as m
from huaweicloudsdksdrs.v1.sdrs_client import SdrsClient

from support import eventually

pytestmark = pytest.mark.unless_altered()

OPERATIONS_OF_SERVICE = 49


@pytest.fixture
def sdk(simulator, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))  # the SDK makes a folder in the home directory
    return client(simulator, simulator.info["secret_key"])


def client(simulator, secret_key):
    info = simulator.info
    credentials = BasicCredentials(info["access_key"], secret_key, info["project_id"])
    return SdrsClient.new_builder().with_credentials(credentials).with_endpoint(info["url"]).build()


class Life:
    """Short calls on the SDK; jobs are awaited."""

    def __init__(self, sdk):
        self.sdk = sdk

    def done(self, answer):
        """The job of an answer after its good end."""
        def ended():
            self.job = self.sdk.show_job_status(m.ShowJobStatusRequest(job_id=answer.job_id))
            return self.job.status in ("SUCCESS", "FAIL")

        eventually(ended)
        assert self.job.status == "SUCCESS", self.job
        return self.job

    def group(self, group_id):
        return self.sdk.show_protection_group(m.ShowProtectionGroupRequest(server_group_id=group_id)).server_group

    def synchronised(self, group_id):
        eventually(lambda: self.group(group_id).progress == 100)


def test_full_life_cycle(sdk, simulator):
    info, life = simulator.info, Life(sdk)
    source, target = info["availability_zones"]
    domain = sdk.list_active_active_domains(m.ListActiveActiveDomainsRequest()).domains[0]
    assert domain.id == info["active_domain_id"]

    group_id = life.done(sdk.create_protection_group(m.CreateProtectionGroupRequest(m.CreateProtectionGroupRequestBody(
        m.CreateProtectionGroupRequestParams(
            name="sdk-group", description="by the SDK", source_availability_zone=source, target_availability_zone=target,
            domain_id=domain.id, source_vpc_id=simulator.vpc("vpc-erp"), dr_type="migration",
        ))))).entities.server_group_id
    renamed = sdk.update_protection_group_name(m.UpdateProtectionGroupNameRequest(
        group_id, m.UpdateProtectionGroupNameRequestBody(m.UpdateProtectionGroupNameRequestParams("sdk-group-2"))))
    assert renamed.server_group.name == "sdk-group-2"
    listed = sdk.list_protection_groups(m.ListProtectionGroupsRequest(limit=10, name="sdk", query_type="stop_protected"))
    assert listed.count == 1 and listed.server_groups[0].id == group_id

    instance_id = life.done(sdk.create_protected_instance(m.CreateProtectedInstanceRequest(m.CreateProtectedInstanceRequestBody(
        m.CreateProtectedInstanceRequestParams(
            server_group_id=group_id, server_id=simulator.server("ecs-erp-db-1"), name="sdk-instance",
            tags=[m.ResourceTag("tier", "db")],
        ))))).entities.protected_instance_id
    sdk.update_protected_instance_name(m.UpdateProtectedInstanceNameRequest(
        instance_id, m.UpdateProtectedInstanceNameRequestBody(m.UpdateProtectedInstanceNameRequestParams("sdk-instance-2"))))
    instance = sdk.show_protected_instance(m.ShowProtectedInstanceRequest(instance_id)).protected_instance
    assert instance.name == "sdk-instance-2" and len(instance.attachment) == 2
    assert sdk.list_protected_instances(m.ListProtectedInstancesRequest(server_group_ids='["%s"]' % group_id)).count == 1

    act = {"body": None, "server_group_id": group_id}
    job = life.done(sdk.start_protection_group(m.StartProtectionGroupRequest(**dict(act, body=m.StartProtectionGroupRequestBody({})))))
    assert {sub.entities.server_group_id for sub in job.entities.sub_jobs} == {group_id}
    assert life.group(group_id).status == "protected"
    life.synchronised(group_id)
    life.done(sdk.start_failover_protection_group(m.StartFailoverProtectionGroupRequest(
        **dict(act, body=m.FailoverProtectionGroupRequestBody({})))))
    assert (life.group(group_id).status, life.group(group_id).priority_station) == ("failed-over", "target")
    life.done(sdk.start_protection_group(m.StartProtectionGroupRequest(**dict(act, body=m.StartProtectionGroupRequestBody({})))))
    life.synchronised(group_id)
    life.done(sdk.start_reverse_protection_group(m.StartReverseProtectionGroupRequest(
        **dict(act, body=m.ReverseProtectionGroupRequestBody(m.ReverseProtectionGroupRequestParams("source"))))))
    assert (life.group(group_id).status, life.group(group_id).priority_station) == ("protected", "source")

    drill_id = _drill(sdk, life, simulator, group_id)
    _tags(sdk, instance_id)
    pair_id = _pairs(sdk, life, simulator, group_id, instance_id)
    _servers(sdk, life, simulator, instance_id)
    batch = _batch(sdk, life, simulator, group_id)
    _task_centre(sdk, simulator, group_id)

    life.done(sdk.stop_protection_group(m.StopProtectionGroupRequest(**dict(act, body=m.StopProtectionGroupRequestBody({})))))
    life.done(sdk.delete_disaster_recovery_drill(m.DeleteDisasterRecoveryDrillRequest(drill_id)))
    life.done(sdk.batch_delete_protected_instances(m.BatchDeleteProtectedInstancesRequest(m.BatchDeleteProtectedInstancesRequestBody(
        protected_instances=[m.ResourceId(each) for each in batch], delete_target_server=False, delete_target_eip=False))))
    life.done(sdk.delete_replication(m.DeleteReplicationRequest(pair_id, m.DeleteReplicationRequestBody(
        m.DeleteReplicationRequestParams(server_group_id=group_id, delete_target_volume=True)))))
    life.done(sdk.delete_protected_instance(m.DeleteProtectedInstanceRequest(
        instance_id, m.DeleteProtectedInstanceRequestBody(delete_target_server=True, delete_target_eip=False))))
    life.done(sdk.delete_protection_group(m.DeleteProtectionGroupRequest(group_id)))
    assert sdk.list_protection_groups(m.ListProtectionGroupsRequest()).count == 0
    with pytest.raises(ClientRequestException) as gone:
        life.group(group_id)
    assert (gone.value.status_code, gone.value.error_code) == (400, "SDRS.1013")
    assert len(distinct_operations(simulator)) == OPERATIONS_OF_SERVICE


def _drill(sdk, life, simulator, group_id):
    drill_id = life.done(sdk.create_disaster_recovery_drill(m.CreateDisasterRecoveryDrillRequest(m.CreateDisasterRecoveryDrillRequestBody(
        m.CreateDisasterRecoveryDrillRequestParams(server_group_id=group_id, drill_vpc_id=simulator.vpc("vpc-drill"), name="sdk-drill")
    )))).job_id and sdk.list_disaster_recovery_drills(m.ListDisasterRecoveryDrillsRequest()).disaster_recovery_drills[0].id
    sdk.update_disaster_recovery_drill_name(m.UpdateDisasterRecoveryDrillNameRequest(
        drill_id, m.UpdateDisasterRecoveryDrillNameRequestBody(m.UpdateDisasterRecoveryDrillNameRequestParams("sdk-drill-2"))))
    drill = sdk.show_disaster_recovery_drill(m.ShowDisasterRecoveryDrillRequest(drill_id)).disaster_recovery_drill
    assert (drill.name, drill.status, len(drill.drill_servers)) == ("sdk-drill-2", "available", 1)
    return drill_id


def _tags(sdk, instance_id):
    many = [m.ResourceTag("owner", "team"), m.ResourceTag("key with space", "ünïcode")]
    sdk.batch_add_tags(m.BatchAddTagsRequest(instance_id, m.BatchAddTagsRequestBody(tags=many, action="create")))
    sdk.add_protected_instance_tags(m.AddProtectedInstanceTagsRequest(
        instance_id, m.ProtectedInstanceAddTagsRequestBody(m.ResourceTag("single", ""))))
    sdk.delete_protected_instance_tag(m.DeleteProtectedInstanceTagRequest(instance_id, "key with space"))
    sdk.batch_delete_tags(m.BatchDeleteTagsRequest(
        instance_id, m.BatchDeleteTagsRequestBody(tags=[m.DeleteResourceTag("owner")], action="delete")))
    tags = sdk.list_protected_instance_tags(m.ListProtectedInstanceTagsRequest(instance_id)).tags
    assert {tag.key: tag.value for tag in tags} == {"tier": "db", "single": ""}
    assert [tag.key for tag in sdk.list_protected_instances_project_tags(m.ListProtectedInstancesProjectTagsRequest()).tags] == ["single", "tier"]
    found = sdk.list_protected_instances_by_tags(m.ListProtectedInstancesByTagsRequest(m.ListProtectedInstancesByTagsRequestBody(
        action="filter", tags=[m.TagParams("tier", ["db", "web"])], not_tags_any=[m.TagParams("owner", [])])))
    assert [resource.resource_id for resource in found.resources] == [instance_id]


def _pairs(sdk, life, simulator, group_id, instance_id):
    pair_id = life.done(sdk.create_replication(m.CreateReplicationRequest(m.CreateReplicationRequestBody(m.CreateReplicationRequestParams(
        server_group_id=group_id, volume_id=simulator.volume("archive-1"), name="sdk-pair"))))).entities.replication_pair_id
    sdk.update_replication_name(m.UpdateReplicationNameRequest(
        pair_id, m.UpdateReplicationNameRequestBody(m.UpdateReplicationNameRequestParams("sdk-pair-2"))))
    life.done(sdk.attach_protected_instance_replication(m.AttachProtectedInstanceReplicationRequest(
        instance_id, m.ProtectedInstanceAttachReplicationRequestBody(
            m.ProtectedInstanceAttachReplicationRequestParams(replication_id=pair_id, device="/dev/sdc")))))
    life.done(sdk.expand_replication(m.ExpandReplicationRequest(
        pair_id, m.ExtendReplicationRequestBody(m.ExtendReplicationRequestParams(new_size=60)))))
    pair = sdk.show_replication(m.ShowReplicationRequest(pair_id)).replication
    assert (pair.name, pair.record_metadata.volume_size, pair.attachment[0].device) == ("sdk-pair-2", 60, "/dev/vdc")
    life.done(sdk.detach_protected_instance_replication(m.DetachProtectedInstanceReplicationRequest(instance_id, pair_id)))
    assert sdk.list_replications(m.ListReplicationsRequest(name="PAIR-2")).count == 1
    return pair_id


def _servers(sdk, life, simulator, instance_id):
    life.done(sdk.resize_protected_instance(m.ResizeProtectedInstanceRequest(
        instance_id, m.ResizeProtectedInstanceRequestBody(m.ResizeProtectedInstanceRequestParams(flavor_ref=simulator.info["flavors"][2])))))
    subnet = next(vpc for vpc in simulator.info["vpcs"] if vpc["name"] == "vpc-erp")["subnets"][1]["id"]
    nic = life.done(sdk.add_protected_instance_nic(m.AddProtectedInstanceNicRequest(
        instance_id, m.ProtectedInstanceAddNicRequestBody(subnet_id=subnet)))).entities.nic_id
    life.done(sdk.delete_protected_instance_nic(m.DeleteProtectedInstanceNicRequest(
        instance_id, m.ProtectedInstanceDeleteNicRequestBody(nic_id=nic))))


def _batch(sdk, life, simulator, group_id):
    servers = [m.ServerInfo(simulator.server("ecs-erp-cluster-%d" % number)) for number in (1, 2)]
    request = m.BatchCreateProtectedInstancesRequestParams(name_prefix="sdk", server_group_id=group_id, servers=servers)
    job = life.done(sdk.batch_create_protected_instances(m.BatchCreateProtectedInstancesRequest(
        m.BatchCreateProtectedInstancesRequestBody(request))))
    made = [sub.entities.protected_instance_id for sub in job.entities.sub_jobs]
    names = {each.name for each in sdk.list_protected_instances(m.ListProtectedInstancesRequest()).protected_instances}
    assert {"sdk-0001", "sdk-0002"} < names
    return made


def _task_centre(sdk, simulator, group_id):
    simulator.fail_job(job_type="createReplicationPairNoCG", error_code="EVS.2024", fail_reason="volume is error!", count=1)
    simulator.fail_job(job_type="createProtectionGroupNoCG", count=2)
    answer = sdk.create_replication(m.CreateReplicationRequest(m.CreateReplicationRequestBody(m.CreateReplicationRequestParams(
        server_group_id=group_id, volume_id=simulator.volume("archive-2"), name="sdk-broken"))))
    eventually(lambda: sdk.show_job_status(m.ShowJobStatusRequest(answer.job_id)).status == "FAIL")
    task = sdk.list_failure_jobs(m.ListFailureJobsRequest(server_group_id=group_id)).failure_jobs[0]
    assert (task.job_id, task.error_code, task.failure_status) == (answer.job_id, "EVS.2024", "createFail")
    assert sdk.list_failure_jobs(m.ListFailureJobsRequest()).count == 0
    sdk.delete_failure_job(m.DeleteFailureJobRequest(task.job_id))
    sdk.delete_server_group_failure_jobs(m.DeleteServerGroupFailureJobsRequest(group_id))
    sdk.delete_all_server_group_failure_jobs(m.DeleteAllServerGroupFailureJobsRequest())
    assert sdk.list_failure_jobs(m.ListFailureJobsRequest(server_group_id=group_id)).count == 0
    quotas = {each.type: each.used for each in sdk.show_quota(m.ShowQuotaRequest()).quotas.resources}
    assert quotas["server_groups"] == 1 and quotas["replications"] >= 4
    assert sdk.list_rpo_statistics(m.ListRpoStatisticsRequest()).count == 0
    assert sdk.list_api_versions(m.ListApiVersionsRequest()).versions[0].id == "v1"
    assert sdk.show_specified_api_version(m.ShowSpecifiedApiVersionRequest("v1")).version.id == "v1"
    broken = sdk.list_replications(m.ListReplicationsRequest(name="sdk-broken", status="error")).replications[0]
    Life(sdk).done(sdk.delete_replication(m.DeleteReplicationRequest(broken.id, m.DeleteReplicationRequestBody(
        m.DeleteReplicationRequestParams(server_group_id=group_id)))))


def distinct_operations(simulator):
    """Method, path without IDs, and what one path is used for twice by its body: counted from the log."""
    seen = set()
    for method, path, status in simulator.log():
        if status < 300:
            path = re.sub(r"[0-9a-fA-F-]{32,36}", "ID", path.partition("?")[0])
            seen.add((method, re.sub(r"/tags/[^/]+$", "/tags/KEY", path) if method == "DELETE" else path))
    # start, stop, failover and reverse share a path; so do adding and deleting tags.
    return sorted(seen) + ["stop", "failover", "reverse", "tags/action delete"]


def test_wrong_secret_key_is_refused_and_locks_the_key(sdk, simulator):
    wrong = client(simulator, "0" * 40)
    for _attempt in range(6):
        with pytest.raises(ClientRequestException) as refused:
            wrong.list_protection_groups(m.ListProtectionGroupsRequest())
    assert refused.value.status_code == 401 and "limit" in refused.value.error_msg
    with pytest.raises(ClientRequestException):
        sdk.list_protection_groups(m.ListProtectionGroupsRequest())


def test_unauthenticated_request_is_refused(simulator):
    answer = requests.get("%s/v1/%s/server-groups" % (simulator.url, simulator.info["project_id"]), timeout=5)
    assert answer.status_code == 401 and answer.json()["error_code"] == "APIGW.0301"
