# SPDX-License-Identifier: GPL-3.0-or-later
"""Method and path to the function that answers."""

from __future__ import annotations

import re
from typing import Any

from . import (
    admin,
    altered,
    drills,
    groups,
    iam,
    instances,
    jobs,
    metadata,
    neighbours,
    new_disks,
    nics,
    project,
    publicips,
    removals,
    replications,
    resizes,
    server_settings,
    switches,
    tags,
    vpcs,
)

_P = "/v1/{project_id}"
_INSTANCE = _P + "/protected-instances/{protected_instance_id}"
_AS = "/autoscaling-api/v1/{project_id}/scaling_group"

# Those of the project; every request is authenticated.
API = [
    ("GET", _P + "/jobs/{job_id}", jobs.show),
    ("GET", _P + "/active-domains", project.domains),
    ("POST", _P + "/server-groups", groups.create),
    ("GET", _P + "/server-groups", groups.query),
    ("GET", _P + "/server-groups/{server_group_id}", groups.show),
    ("DELETE", _P + "/server-groups/{server_group_id}", groups.delete),
    ("PUT", _P + "/server-groups/{server_group_id}", groups.rename),
    ("POST", _P + "/server-groups/{server_group_id}/action", switches.action),
    ("POST", _P + "/protected-instances/batch", instances.batch_create),
    ("POST", _P + "/protected-instances/delete", removals.batch_delete),
    ("POST", _P + "/protected-instances/resource_instances/action", tags.query),
    ("GET", _P + "/protected-instances/tags", tags.project),
    ("POST", _P + "/protected-instances", instances.create),
    ("GET", _P + "/protected-instances", instances.query),
    ("GET", _INSTANCE, instances.show),
    ("DELETE", _INSTANCE, removals.delete),
    ("PUT", _INSTANCE, instances.rename),
    ("POST", _INSTANCE + "/attachreplication", replications.attach),
    ("DELETE", _INSTANCE + "/detachreplication/{replication_id}", replications.detach),
    ("POST", _INSTANCE + "/nic", nics.add),
    ("POST", _INSTANCE + "/nic/delete", nics.delete),
    ("POST", _INSTANCE + "/resize", resizes.resize),
    ("POST", _INSTANCE + "/tags/action", tags.action),
    ("POST", _INSTANCE + "/tags", tags.add),
    ("GET", _INSTANCE + "/tags", tags.show),
    ("DELETE", _INSTANCE + "/tags/{key}", tags.delete),
    ("POST", _P + "/replications", replications.create),
    ("GET", _P + "/replications", replications.query),
    ("GET", _P + "/replications/{replication_id}", replications.show),
    ("DELETE", _P + "/replications/{replication_id}", replications.delete),
    ("PUT", _P + "/replications/{replication_id}", replications.rename),
    ("POST", _P + "/replications/{replication_id}/action", replications.action),
    ("POST", _P + "/disaster-recovery-drills", drills.create),
    ("GET", _P + "/disaster-recovery-drills", drills.query),
    ("GET", _P + "/disaster-recovery-drills/{drill_id}", drills.show),
    ("DELETE", _P + "/disaster-recovery-drills/{drill_id}", drills.delete),
    ("PUT", _P + "/disaster-recovery-drills/{drill_id}", drills.rename),
    ("GET", _P + "/task-center/failure-jobs", project.failed_tasks),
    ("DELETE", _P + "/task-center/failure-jobs/batch", project.delete_all_failed_tasks),
    ("DELETE", _P + "/task-center/failure-jobs/{failure_job_id}", project.delete_failed_task),
    ("DELETE", _P + "/task-center/{server_group_id}/failure-jobs/batch", project.delete_group_failed_tasks),
    ("GET", _P + "/sdrs/quotas", project.quotas),
    ("GET", _P + "/resource/rpo-statistics", project.rpo_statistics),
    ("GET", _P + "/cloudservers/detail", neighbours.servers),
    ("POST", _P + "/cloudservers/action", neighbours.power),
    ("POST", _P + "/cloudservers/delete", neighbours.delete_servers),
    ("GET", _P + "/cloudservers/{server_id}", neighbours.server),
    ("POST", _P + "/cloudservers/{server_id}/tags/action", server_settings.tags),
    ("GET", _P + "/cloudservers/{server_id}/autorecovery", server_settings.auto_recovery),
    ("POST", "/v2.1/{project_id}/servers/{server_id}/action", server_settings.action),
    ("GET", _P + "/cloudservers/{server_id}/block_device", neighbours.block_devices),
    ("POST", "/v2/{project_id}/cloudvolumes", new_disks.create),
    ("GET", "/v2/{project_id}/cloudvolumes/detail", neighbours.volumes),
    ("GET", "/v2/{project_id}/cloudvolumes/{volume_id}", neighbours.volume),
    ("GET", _P + "/vpcs", vpcs.vpcs),
    ("POST", _P + "/vpcs", vpcs.create_vpc),
    ("GET", _P + "/vpcs/{vpc_id}", vpcs.vpc),
    ("PUT", _P + "/vpcs/{vpc_id}", vpcs.update_vpc),
    ("DELETE", _P + "/vpcs/{vpc_id}", vpcs.delete_vpc),
    ("GET", _P + "/quotas", vpcs.vpc_quotas),
    ("GET", _P + "/subnets", vpcs.subnets),
    ("POST", _P + "/subnets", vpcs.create_subnet),
    ("GET", _P + "/subnets/{subnet_id}", vpcs.subnet),
    ("PUT", _P + "/vpcs/{vpc_id}/subnets/{subnet_id}", vpcs.update_subnet),
    ("DELETE", _P + "/vpcs/{vpc_id}/subnets/{subnet_id}", vpcs.delete_subnet),
    ("GET", _P + "/routetables", vpcs.route_tables),
    ("GET", _P + "/routetables/{routetable_id}", vpcs.route_table),
    ("GET", "/v2.0/vpc/peerings", vpcs.peerings),
    ("GET", "/v3/{project_id}/vpc/firewalls", vpcs.network_acls),
    ("GET", _P + "/publicips", publicips.query),
    ("GET", _P + "/publicips/{publicip_id}", publicips.show),
    ("PUT", _P + "/publicips/{publicip_id}", publicips.update),
    ("GET", _AS, neighbours.as_groups),
    ("GET", _AS + "/{group_id}", neighbours.as_group),
    ("PUT", _AS + "/{group_id}", neighbours.update_as_group),
    ("POST", _AS + "/{group_id}/action", neighbours.as_group_action),
    ("GET", "/autoscaling-api/v1/{project_id}/scaling_group_instance/{group_id}/list", neighbours.as_group_members),
    ("GET", "/v3/projects", iam.projects),
]
API = [(method, path, altered.answering(handler)) for method, path, handler in API]
OPEN = [
    ("POST", "/v3/auth/tokens", iam.create_token),
    ("GET", "/v3", iam.root),
    ("PUT", "/meta-data/latest/api/token", metadata.token),
    ("GET", "/openstack/latest/securitykey", metadata.security_key),
    ("GET", "/", project.versions),
    ("GET", "/{api_version}", project.version),
    ("GET", "/__simulator__/requests", admin.requests),
    ("DELETE", "/__simulator__/requests", admin.forget_requests),
    ("POST", "/__simulator__/faults", admin.add_fault),
    ("DELETE", "/__simulator__/faults", admin.forget_faults),
    ("PUT", "/__simulator__/settings", admin.settings),
    ("POST", "/__simulator__/keep", admin.keep),
    ("POST", "/__simulator__/restore", admin.restore),
    ("PATCH", "/__simulator__/{collection}/{object_id}", admin.patch),
    ("DELETE", "/__simulator__/{collection}/{object_id}", admin.lose),
]


def _compile(table: list, authenticated: bool) -> list:
    return [(method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + "/?"), handler, authenticated)
            for method, path, handler in table]


_ROUTES = _compile(OPEN, False) + _compile(API, True)


def match(method: Any, path: str) -> tuple | None:
    """``(handler, arguments, authenticated)`` or None; the first that fits wins, so fixed paths stand before variable ones."""
    for its_method, pattern, handler, authenticated in _ROUTES:
        if its_method == method:
            found = pattern.fullmatch(path)
            if found:
                return handler, found.groupdict(), authenticated
    return None
