# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an answer has the shape the reference gives it, as far as the code relies on it. PRIVATE to the collection.

Imports nothing of Ansible. What is not listed here is passed on as it is; null is allowed everywhere.
"""

from __future__ import annotations

_TEXT = frozenset((
    "id", "name", "status", "job_id", "job_type", "server_group_id", "source_server", "target_server", "volume_ids", "protected_instance_id",
    "drill_server_id", "drill_vpc_id", "priority_station", "source_availability_zone", "target_availability_zone", "source_vpc_id",
    "target_vpc_id", "domain_id", "server_id", "volume_id", "device", "cidr", "gateway_ip", "vpc_id", "neutron_network_id", "addr",
    "resource_id", "scaling_group_id", "scaling_group_name", "scaling_group_status", "availability_zone", "OS-EXT-AZ:availability_zone",
    "OS-EXT-STS:task_state", "OS-EXT-IPS:type", "key", "description",
))
# Objects at the top of an answer, references by ID inside others.
_TEXT_INSIDE = frozenset(("protected_instance", "replication"))
_MAPPINGS = frozenset((
    "server_group", "disaster_recovery_drill", "entities", "flavor", "metadata", "addresses", "quotas", "resource_detail",
    "server", "vpc", "subnet", "scaling_group", "local_replication_cluster", "remote_replication_cluster", "record_metadata",
))
_LISTS = frozenset((
    "server_groups", "protected_instances", "replications", "disaster_recovery_drills", "domains", "servers", "volumes", "vpcs", "subnets",
    "attachments", "attachment", "drill_servers", "sub_jobs", "failure_jobs", "scaling_groups", "versions", "security_groups",
))
_NUMBERS = frozenset(("min_instance_number", "desire_instance_number", "max_instance_number", "current_instance_number"))
# What stands for objects at the top of an answer, alone or in a list, and what names each of them.
_IDENTIFIED = {
    **dict.fromkeys(("server_group", "protected_instance", "replication", "disaster_recovery_drill", "server", "vpc", "subnet"), "id"),
    **dict.fromkeys(("server_groups", "protected_instances", "replications", "disaster_recovery_drills", "domains", "servers", "volumes", "vpcs",
                     "subnets"), "id"),
    **dict.fromkeys(("scaling_group", "scaling_groups"), "scaling_group_id"),
}
# Their keys are the user's own.
_OPAQUE = frozenset(("metadata",))
_DEEPEST = 40


def problem(answer):
    """What is wrong with a decoded answer, or None."""
    for key, name in _IDENTIFIED.items():
        entries = answer.get(key) if isinstance(answer.get(key), list) else [answer.get(key)]
        if not all(entry is None or (isinstance(entry, dict) and isinstance(entry.get(name), str) and entry[name]) for entry in entries):
            return "%s has no %s" % (key, name)
    level = [("", answer)]
    for _depth in range(_DEEPEST):
        deeper = []
        for path, value in level:
            entries = value.items() if isinstance(value, dict) else enumerate(value)
            for key, entry in entries:
                wrong = "no text" if path and key in _TEXT_INSIDE and not isinstance(entry, (str, type(None))) else _wrong(key, entry)
                if wrong:
                    return "%s%s is %s" % (path + "." if path else "", str(key)[:80], wrong)
                if isinstance(entry, (dict, list)) and key not in _OPAQUE:
                    deeper.append(("%s.%s" % (path, str(key)[:80]) if path else str(key)[:80], entry))
        if not deeper:
            return None
        level = deeper
    return "it is nested more than %d deep" % _DEEPEST


def _wrong(key, value):
    if value is None or isinstance(key, int):
        return None
    if key in _TEXT:
        return None if isinstance(value, str) else "no text"
    if key in _MAPPINGS:
        if not isinstance(value, dict):
            return "no object"
        return None if key != "addresses" or all(map(_objects, value.values())) else "no object of lists of objects"
    if key == "tags":
        # SDRS has a list of objects, ECS a list of text, EVS a mapping.
        return None if isinstance(value, (dict, list)) else "no list"
    if key in _LISTS:
        return None if _objects(value) else "no list of objects"
    if key in _NUMBERS:
        return None if isinstance(value, (int, float)) else "no number"
    return None


def _objects(value):
    return isinstance(value, list) and all(isinstance(entry, dict) for entry in value)
