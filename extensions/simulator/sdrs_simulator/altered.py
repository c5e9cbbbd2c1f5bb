# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers as another cloud might give them: what nobody has published, switched by settings (``world.DEFAULT_SETTINGS`` explains each).

What happens is the same; only how it is told differs. Tokens are left as they are.
"""

from __future__ import annotations

import functools
from typing import Any

from .request import Request
from .world import World

# Fields that nothing should depend on. Those that are managed, or by which objects are told apart, are not among them.
OPTIONAL = frozenset((
    "created_at", "updated_at", "protected_status", "replication_status", "health_status", "test_vpc_id", "target_vpc_id", "domain_name",
    "replication_model", "protection_type", "server_type", "failure_detail", "volume_type", "job_type", "begin_time", "end_time", "created", "updated",
    "user_id", "tenant_id", "image", "hostId", "host_status", "key_name", "OS-EXT-STS:vm_state", "OS-EXT-STS:power_state", "OS-EXT-IPS:type",
    "OS-EXT-IPS-MAC:mac_addr", "OS-EXT-SRV-ATTR:hostname", "OS-EXT-SRV-ATTR:root_device_name", "OS-DCF:diskConfig", "version", "vcpus", "ram",
    "enterprise_project_id", "links", "attachment_id", "attached_at", "host_name", "volume_image_metadata", "service_type", "shareable", "wwn", "routes",
    "neutron_subnet_id", "dhcp_enable", "create_time", "health_periodic_audit_method", "health_periodic_audit_time", "instance_terminate_policy",
))
# Mappings whose keys are no fields: the user's, or IDs.
_KEYED = frozenset(("metadata", "addresses", "tags", "volume_image_metadata"))
_COUNTS = ("count", "total_count", "total_number")
_UNKNOWN = {"x_unknown": {"nested": [1, None, {"id": None}]}, "unknown_flag": None}


def answering(handler: Any) -> Any:
    """The handler of a route with its answers altered as the settings say."""

    @functools.wraps(handler)
    def answer(world: World, request: Request) -> Any:
        content = handler(world, request)
        settings = world.settings
        if not isinstance(content, dict):
            return content
        if settings["accepted_status"] and request.method != "GET" and request.answer_status is None and "job_id" in content:
            request.answer_status = settings["accepted_status"]
        if settings["jobs_without_entities"] and "entities" in content:
            content = dict(content, entities=None if settings["jobs_without_entities"] == "null" else {})
        if settings["lists_without_count"] and any(isinstance(value, list) for value in content.values()):
            content = {key: value for key, value in content.items() if key not in _COUNTS}
        if settings["null_fields"]:
            content = {key: _sparse(key, value, settings["null_fields"] == "missing") for key, value in content.items()}
        return _more(None, content) if settings["extra_fields"] else content

    return answer


def _sparse(key: Any, value: Any, missing: bool) -> Any:
    """Null, or ``missing``, are optional fields, and lists, mappings and texts that are empty inside objects."""
    if isinstance(value, list):
        return [_sparse(None, each, missing) for each in value]
    if not isinstance(value, dict):
        return value
    bare = {name for name, each in value.items() if key not in _KEYED and (name in OPTIONAL or each in ("", [], {}))}
    return {name: None if name in bare else _sparse(name, each, missing) for name, each in value.items() if not (missing and name in bare)}


def _more(key: Any, value: Any) -> Any:
    """Fields that no client knows, in every object."""
    if isinstance(value, list):
        return [_more(None, each) for each in value]
    if not isinstance(value, dict):
        return value
    return {**{name: _more(name, each) for name, each in value.items()}, **({} if key in _KEYED else _UNKNOWN)}
