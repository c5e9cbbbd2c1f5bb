# SPDX-License-Identifier: GPL-3.0-or-later
"""The vendor's SDKs as a measure: the operations and typed models of all services, written by nobody of this project.

``RESPONSES`` and ``CALLS`` say which model is the answer of each operation that the collection uses. The SDKs' clients name method, path and
model themselves, so a row can be checked against them.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import re

PACKAGES = {
    "sdrs": ("huaweicloudsdksdrs.v1", "sdrs_client"), "ecs": ("huaweicloudsdkecs.v2", "ecs_client"), "evs": ("huaweicloudsdkevs.v2", "evs_client"),
    "vpc": ("huaweicloudsdkvpc.v2", "vpc_client"), "vpc3": ("huaweicloudsdkvpc.v3", "vpc_client"), "eip": ("huaweicloudsdkeip.v2", "eip_client"),
    "as": ("huaweicloudsdkas.v1", "as_client"), "iam": ("huaweicloudsdkiam.v3", "iam_client"),
}
# Packages of which the code asks another service's host.
HOSTS = {"vpc3": "vpc", "eip": "vpc"}
# Operations that are in another package than the service they are asked of.
ELSEWHERE = {"show_eip": "eip", "update_eip": "eip"}

# Of every operation in _api.OPERATIONS and _api.NEIGHBOURS: the model of its answer.
RESPONSES = {
    "show_job": "ShowJobStatusResponse",
    "list_versions": "ListApiVersionsResponse",
    "show_version": "ShowSpecifiedApiVersionResponse",
    "list_domains": "ListActiveActiveDomainsResponse",
    "create_server_group": "CreateProtectionGroupResponse",
    "list_server_groups": "ListProtectionGroupsResponse",
    "show_server_group": "ShowProtectionGroupResponse",
    "delete_server_group": "DeleteProtectionGroupResponse",
    "rename_server_group": "UpdateProtectionGroupNameResponse",
    "start_server_group": "StartProtectionGroupResponse",
    "stop_server_group": "StopProtectionGroupResponse",
    "failover_server_group": "StartFailoverProtectionGroupResponse",
    "reverse_server_group": "StartReverseProtectionGroupResponse",
    "create_protected_instance": "CreateProtectedInstanceResponse",
    "delete_protected_instance": "DeleteProtectedInstanceResponse",
    "list_protected_instances": "ListProtectedInstancesResponse",
    "show_protected_instance": "ShowProtectedInstanceResponse",
    "rename_protected_instance": "UpdateProtectedInstanceNameResponse",
    "attach_replication": "AttachProtectedInstanceReplicationResponse",
    "detach_replication": "DetachProtectedInstanceReplicationResponse",
    "add_nic": "AddProtectedInstanceNicResponse",
    "delete_nic": "DeleteProtectedInstanceNicResponse",
    "resize_protected_instance": "ResizeProtectedInstanceResponse",
    "batch_create_protected_instances": "BatchCreateProtectedInstancesResponse",
    "batch_delete_protected_instances": "BatchDeleteProtectedInstancesResponse",
    "create_replication": "CreateReplicationResponse",
    "delete_replication": "DeleteReplicationResponse",
    "list_replications": "ListReplicationsResponse",
    "show_replication": "ShowReplicationResponse",
    "extend_replication": "ExpandReplicationResponse",
    "rename_replication": "UpdateReplicationNameResponse",
    "create_drill": "CreateDisasterRecoveryDrillResponse",
    "delete_drill": "DeleteDisasterRecoveryDrillResponse",
    "list_drills": "ListDisasterRecoveryDrillsResponse",
    "show_drill": "ShowDisasterRecoveryDrillResponse",
    "rename_drill": "UpdateDisasterRecoveryDrillNameResponse",
    "query_by_tags": "ListProtectedInstancesByTagsResponse",
    "add_tags": "BatchAddTagsResponse",
    "delete_tags": "BatchDeleteTagsResponse",
    "add_tag": "AddProtectedInstanceTagsResponse",
    "delete_tag": "DeleteProtectedInstanceTagResponse",
    "list_tags": "ListProtectedInstanceTagsResponse",
    "list_project_tags": "ListProtectedInstancesProjectTagsResponse",
    "list_failed_tasks": "ListFailureJobsResponse",
    "delete_failed_task": "DeleteFailureJobResponse",
    "delete_all_failed_tasks": "DeleteAllServerGroupFailureJobsResponse",
    "delete_group_failed_tasks": "DeleteServerGroupFailureJobsResponse",
    "show_quotas": "ShowQuotaResponse",
    "list_rpo_statistics": "ListRpoStatisticsResponse",
    "show_ecs_server": "ShowServerResponse",
    "start_ecs_servers": "BatchStartServersResponse",
    "stop_ecs_servers": "BatchStopServersResponse",
    "add_ecs_security_group": "NovaAssociateSecurityGroupResponse",
    "remove_ecs_security_group": "NovaDisassociateSecurityGroupResponse",
    "change_ecs_tags": "BatchCreateServerTagsResponse",
    "create_volume": "CreateVolumeResponse",
    "show_vpc": "ShowVpcResponse",
    "create_vpc": "CreateVpcResponse",
    "update_vpc": "UpdateVpcResponse",
    "delete_vpc": "DeleteVpcResponse",
    "show_subnet": "ShowSubnetResponse",
    "create_subnet": "CreateSubnetResponse",
    "update_subnet": "UpdateSubnetResponse",
    "delete_subnet": "DeleteSubnetResponse",
    "show_route_table": "ShowRouteTableResponse",
    "show_eip": "ShowPublicipResponse",
    "update_eip": "UpdatePublicipResponse",
    "show_as_group": "ShowScalingGroupResponse",
    "update_as_group": "UpdateScalingGroupResponse",
    "act_on_as_group": "PauseScalingGroupResponse",
}
# The calls that stand elsewhere in the code: method, service and path as written there, and the model of the answer.
CALLS = {
    ("GET", "ecs", "/v1/{project_id}/jobs/{job}"): "ShowJobResponse",
    ("GET", "ecs", "/v1/{project_id}/cloudservers/detail"): "ListServersDetailsResponse",
    ("GET", "evs", "/v2/{project_id}/cloudvolumes/detail"): "ListVolumesResponse",
    ("GET", "evs", "/v1/{project_id}/jobs/{job}"): "ShowJobResponse",
    ("GET", "vpc", "/v1/{project_id}/vpcs"): "ListVpcsResponse",
    ("GET", "vpc", "/v1/{project_id}/subnets"): "ListSubnetsResponse",
    ("GET", "vpc", "/v1/{project_id}/quotas"): "ShowQuotaResponse",
    ("GET", "vpc", "/v1/{project_id}/routetables"): "ListRouteTablesResponse",
    ("GET", "vpc", "/v2.0/vpc/peerings"): "ListVpcPeeringsResponse",
    ("GET", "vpc3", "/v3/{project_id}/vpc/firewalls"): "ListFirewallResponse",
    ("GET", "eip", "/v1/{project_id}/publicips"): "ListPublicipsResponse",
    ("GET", "as", "/autoscaling-api/v1/{project_id}/scaling_group"): "ListScalingGroupsResponse",
    ("POST", "iam", "/v3/auth/tokens"): "KeystoneCreateUserTokenByPasswordResponse",
    ("GET", "iam", "/v3/projects"): "KeystoneListProjectsResponse",
}
# Paths that the SDKs have in another version: ``{path in the code: path in the SDK}``.
VERSIONS = {
    # Open Telekom Cloud documents v2 alone (EVS API reference, "Creating EVS Disks"), Huawei Cloud keeps it for older clients; body and answer are the same.
    ("POST", "/v2/{project_id}/cloudvolumes"): "/v2.1/{project_id}/cloudvolumes",
}
# Operations of which no SDK has a model, and where the sample of their answer comes from: ``{operation or call: (answer, source)}``.
UNMODELLED: dict = {
    "show_ecs_auto_recovery": (
        {"support_auto_recovery": "true"}, "vendor's ECS API reference, status management (discarded): text, not a boolean",
    ),
}


@functools.lru_cache(None)
def package(service):
    """The SDK's package of a service, with all its models."""
    return importlib.import_module(PACKAGES[service][0])


@functools.lru_cache(None)
def published(service):
    """``{(method, path with {} for arguments): {names of the answer's models}}`` as the SDK's client has them."""
    source = inspect.getsource(importlib.import_module(".".join(PACKAGES[service])))
    found = {}
    pattern = r'"method": "(\w+)",\s+"resource_path": "([^"]+)",\s+"request_type": [^,]+,\s+"response_type": "(\w+)"'
    for method, path, response in re.findall(pattern, source):
        found.setdefault((method, anonymous(path)), set()).add(response)
    return found


def anonymous(path):
    return re.sub(r"\{\w+\}", "{}", path)


# Declared types ---------------------------------------------------------------------------------------------------------


def inner(declared):
    """``("list" | "dict" | "model" | a primitive, the type inside or the name)``."""
    found = re.fullmatch(r"list\[(.*)\]", declared)
    if found:
        return "list", found.group(1)
    found = re.fullmatch(r"dict\([^,]*, (.*)\)", declared)
    if found:
        return "dict", found.group(1)
    return ("model", declared) if declared[:1].isupper() else (declared, declared)


@functools.lru_cache(None)
def fields(service, name):
    """``{key in JSON: declared type}`` of a model; headers are not part of the body."""
    model = getattr(package(service), name)
    found = {model.attribute_map[attribute]: declared for attribute, declared in model.openapi_types.items()}
    return {key: declared for key, declared in found.items() if not key.startswith("X-")}


@functools.lru_cache(None)
def mandatory(service, name):
    """The keys that a model's constructor sets even when they are None: what its author calls mandatory."""
    model = getattr(package(service), name)
    source = inspect.getsource(model.__init__)
    return {model.attribute_map[attribute] for attribute in model.openapi_types if "if %s is not None:" % attribute not in source}


_PRIMITIVES = {"str": "generated", "int": 7, "float": 7.5, "bool": False, "datetime": "2026-11-20T08:00:00Z", "object": {"any": ["thing"]}}
_OTHERS = {"str": "another", "int": 8, "float": 0.5, "bool": True, "datetime": "2019-01-01T00:00:00Z", "object": []}


def fill(service, declared, known, given=None):
    """A value of the declared type.

    :param known: ``{model's name: [values of some of its fields, one mapping for each object that exists]}``
    :param given: values of some fields, from the object around it
    """
    kind, inside = inner(declared)
    if kind == "list":
        return [fill(service, inside, known, each) for each in (given if given is not None else known.get(inside, [None]))]
    if kind == "dict":
        return {key: fill(service, inside, known, value) for key, value in (given if given is not None else {"generated": None}).items()}
    if kind != "model":
        return _PRIMITIVES[kind] if given is None else given
    given = given if given is not None else (known.get(inside) or [{}])[0]
    return {key: fill(service, its, known, given.get(key)) for key, its in fields(service, inside).items()}


def places(service, declared, path=(), depth=6):
    """``(path, declared type, model)`` of every field below a type; ``[]`` and ``{}`` in a path stand for each entry of a list or mapping."""
    kind, inside = inner(declared)
    if kind in ("list", "dict"):
        yield from places(service, inside, (*path, "[]" if kind == "list" else "{}"), depth)
    elif kind == "model" and depth:
        for key, its in fields(service, inside).items():
            yield (*path, key), its, inside
            yield from places(service, its, (*path, key), depth - 1)


def levels(service, declared, path=(), depth=6):
    """The paths of every object of a model below a type."""
    kind, inside = inner(declared)
    if kind in ("list", "dict"):
        yield from levels(service, inside, (*path, "[]" if kind == "list" else "{}"), depth)
    elif kind == "model" and depth:
        yield path
        for key, its in fields(service, inside).items():
            yield from levels(service, its, (*path, key), depth - 1)


def reached(value, path):
    """The values at a path."""
    for number, part in enumerate(path):
        if part in ("[]", "{}"):
            entries = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
            return [found for entry in entries for found in reached(entry, path[number + 1:])]
        if not isinstance(value, dict) or part not in value:
            return []
        value = value[part]
    return [value]


def other(service, declared, known):
    """Another value of the declared type."""
    kind, inside = inner(declared)
    if kind == "list":
        return []
    if kind == "dict":
        return {}
    return _OTHERS[kind] if kind != "model" else {key: other(service, its, known) for key, its in fields(service, inside).items()}


# The way back -----------------------------------------------------------------------------------------------------------

_PYTHON = {"str": str, "int": int, "float": (int, float), "bool": bool, "datetime": str, "object": object}


def lost(service, declared, value, path=""):
    """``[(path, what is wrong)]``: keys that the vendor's model would lose, and values of another type than it declares. null passes."""
    kind, inside = inner(declared)
    if value is None:
        return []
    if kind == "list":
        if not isinstance(value, list):
            return [(path, "%s, not %s" % (type(value).__name__, declared))]
        return [problem for entry in value for problem in lost(service, inside, entry, path + "[]")]
    if kind == "dict":
        if not isinstance(value, dict):
            return [(path, "%s, not %s" % (type(value).__name__, declared))]
        return [problem for entry in value.values() for problem in lost(service, inside, entry, path + "{}")]
    if kind != "model":
        fits = isinstance(value, _PYTHON[kind]) and (kind in ("bool", "object") or not isinstance(value, bool))
        return [] if fits else [(path, "%s, not %s" % (type(value).__name__, declared))]
    if not isinstance(value, dict):
        return [(path, "%s, not %s" % (type(value).__name__, declared))]
    known = fields(service, inside)
    found = []
    for key, entry in value.items():
        at = "%s.%s" % (path, key) if path else key
        found += lost(service, known[key], entry, at) if key in known else [(at, "unknown to %s" % inside)]
    return found
