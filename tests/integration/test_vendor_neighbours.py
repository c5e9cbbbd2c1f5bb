# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's SDK of EIP and ECS, unchanged, beside the modules: what one of them did, the other finds."""

from __future__ import annotations

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException

from support import run_task

eip = pytest.importorskip("huaweicloudsdkeip.v2")
ecs = pytest.importorskip("huaweicloudsdkecs.v2")

IP = "80.158.0.10"


@pytest.fixture
def sdk(simulator, monkeypatch, tmp_path):
    """``sdk(Client)``"""
    monkeypatch.setenv("HOME", str(tmp_path))  # the SDK makes a folder in the home directory
    info = simulator.info
    credentials = BasicCredentials(info["access_key"], info["secret_key"], info["project_id"])
    return lambda kind: kind.new_builder().with_credentials(credentials).with_endpoint(info["url"]).build()


@pytest.fixture
def task(simulator):
    return lambda module, **options: run_task(module, dict(simulator.connection, **options))


def test_elastic_ips(sdk, task, simulator):
    client = sdk(eip.EipClient)
    bound = task("vpc_eip", eip=IP, server="ecs-erp-web-1")["eip"]
    seen = next(each for each in client.list_publicips(eip.ListPublicipsRequest()).publicips if each.public_ip_address == IP)
    assert (seen.status, seen.port_id, seen.private_ip_address) == ("ACTIVE", bound["port_id"], bound["private_ip_address"])
    # No field of the answer is unknown to the vendor's model, and none has another type.
    assert set(bound) <= set(eip.PublicipShowResp.attribute_map.values())
    types = {"str": str, "int": int}
    assert all(isinstance(bound[key], types.get(eip.PublicipShowResp.openapi_types[key], object)) for key in bound)

    body = eip.UpdatePublicipsRequestBody(publicip=eip.UpdatePublicipOption(port_id=""))
    client.update_publicip(eip.UpdatePublicipRequest(publicip_id=seen.id, body=body))
    assert not task("vpc_eip", eip=IP, state="unbound")["changed"]
    body.publicip.port_id = bound["port_id"]
    client.update_publicip(eip.UpdatePublicipRequest(publicip_id=seen.id, body=body))
    assert not task("vpc_eip", eip=IP, server="ecs-erp-web-1")["changed"]
    with pytest.raises(ClientRequestException) as refused:
        client.update_publicip(eip.UpdatePublicipRequest(publicip_id=seen.id, body=body))
    assert refused.value.error_code == "VPC.0510"


def test_security_groups_and_tags(sdk, task, simulator):
    client = sdk(ecs.EcsClient)
    zones = dict(zip(("source_availability_zone", "target_availability_zone"), simulator.info["availability_zones"]))
    instances = [{"name": "web", "server": "ecs-erp-web-1"}]
    task("sdrs_topology", server_groups=[{"name": "erp", "source_vpc": "vpc-erp", **zones, "protected_instances": instances}])
    production = simulator.server("ecs-erp-web-1")
    group = ecs.NovaAssociateSecurityGroupRequestBody(add_security_group=ecs.NovaAddSecurityGroupOption(name="sg-web"))
    client.nova_associate_security_group(ecs.NovaAssociateSecurityGroupRequest(server_id=production, body=group))
    tags = ecs.BatchCreateServerTagsRequestBody(action="create", tags=[ecs.BatchAddServerTag(key="tier", value="web")])
    client.batch_create_server_tags(ecs.BatchCreateServerTagsRequest(server_id=production, body=tags))

    found = task("sdrs_drift_info", server_group="erp")["drift"][0]
    assert {each["attribute"] for each in found["differences"]} == {"security_groups", "tags"}
    assert task("sdrs_drift", server_group="erp", repair=["security_groups", "tags"])["changed"]
    shown = client.show_server(ecs.ShowServerRequest(server_id=found["dr_server"])).server
    assert {each.name for each in shown.security_groups} == {"default", "sg-web"} and shown.tags == ["tier=web"]
    assert shown.os_ext_srv_att_rhostname == "ecs-erp-web-1" and shown.osscheduler_hints is not None

    gone = ecs.NovaDisassociateSecurityGroupRequestBody(remove_security_group=ecs.NovaRemoveSecurityGroupOption(name="sg-web"))
    client.nova_disassociate_security_group(ecs.NovaDisassociateSecurityGroupRequest(server_id=production, body=gone))
    tags = ecs.BatchDeleteServerTagsRequestBody(action="delete", tags=[ecs.ServerTag(key="tier", value="web")])
    client.batch_delete_server_tags(ecs.BatchDeleteServerTagsRequest(server_id=production, body=tags))
    result = task("sdrs_drift", server_group="erp", repair=["security_groups", "tags"])
    assert [each["operation"] for each in result["operations"]] == ["remove_security_group", "untag"] and result["drift"][0]["differences"] == []
