# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of object of the service: its statuses (appendix A), and which status allows which operation. PRIVATE to the collection.

Allowed states: "Constraints and Limitations" of each operation's section.
"""

from __future__ import annotations

from typing import Any

from .._cloud.validate import plain_device
from .._engine.kind import Kind, generic_took_effect, whole
from .._engine.plan import resolve

# The statuses of a group during and after an operation.
_GROUP_SHOWS = {
    "start": ("starting", "protected"),
    "stop": ("stopping", "available"),
    "reprotect": ("reprotecting", "protected"),
    "failover": ("failing-over", "failed-over"),
    "planned_failover": ("reversing",),
}


def _group_took_effect(step: Any, obj: Any) -> bool:
    if step.operation == "planned_failover" and obj and obj.get("status") == "protected":
        return obj.get("priority_station") == step.request.body["priority_station"]
    return generic_took_effect(step, obj, _GROUP_SHOWS)


# Fields that count the contents of a group (5.4.2).
CONTENTS = ("protected_instance_num", "replication_num", "disaster_recovery_drill_num")
SERVER_GROUP = Kind(
    name="server_group",
    title="protection group",
    plural="server_groups",
    entity="server_group_id",
    transit={
        "creating": "available",
        "deleting": None,
        "starting": "protected",
        "reprotecting": "protected",
        "stopping": "available",
        "reversing": "protected",
        "failing-over": "failed-over",
    },
    took_effect=_group_took_effect,
    named_twice=True,
    holds_nothing=lambda group: group.get("status") == "available" and all(group.get(key) == 0 for key in CONTENTS),
)

# The statuses of an instance during an operation.
_INSTANCE_SHOWS = {"resize": ("resizing",), "add_nic": ("nic-creating",), "delete_nic": ("nic-deleting",)}
PROTECTED_INSTANCE = Kind(
    name="protected_instance",
    title="protected instance",
    plural="protected_instances",
    entity="protected_instance_id",
    transit={
        "creating": "available",
        "deleting": None,
        "nic-creating": "available",
        "nic-deleting": "available",
        "starting": "protected",
        "reversing": "protected",
        "failing-over": "failed-over",
        "reprotecting": "protected",
        "stopping": "available",
        "resizing": "available",
    },
    took_effect=lambda step, obj: generic_took_effect(step, obj, _INSTANCE_SHOWS),
)


def plain_attachments(pair: dict | None) -> dict:
    """``{instance ID: device}`` of a pair, devices in one spelling."""
    return {
        entry["protected_instance"]: plain_device(entry.get("device"))
        for entry in (pair or {}).get("attachment") or [] if entry.get("protected_instance")
    }


def users(pair: dict) -> set:
    """IDs of the instances a pair is attached to."""
    return {entry.get("protected_instance") for entry in pair.get("attachment") or []}


def size_of(pair: dict) -> int:
    """Size of the pair's disks in GB; 0 when the service does not say (it may come as text, 5.6.6)."""
    return whole((pair.get("record_metadata") or {}).get("volume_size")) or 0


def _pair_took_effect(step: Any, obj: Any) -> bool:
    if step.operation == "extend":
        return bool(obj) and (obj.get("status") == "extending" or size_of(obj) >= step.request.body["new_size"])
    if step.operation in ("attach", "detach"):
        if obj is None:
            return False
        attached = resolve(step.request.arguments["protected_instance"]) in plain_attachments(obj)
        return obj.get("status") == step.operation + "ing" or attached == (step.operation == "attach")
    return generic_took_effect(step, obj, {})


REPLICATION = Kind(
    name="replication",
    title="replication pair",
    plural="replications",
    entity="replication_pair_id",
    transit={
        "creating": "available",
        "deleting": None,
        "extending": "available",
        "starting": "protected",
        "reversing": "protected",
        "failing-over": "failed-over",
        "reprotecting": "protected",
        "stopping": "available",
        "attaching": "available",
        "detaching": "available",
    },
    took_effect=_pair_took_effect,
)

DRILL = Kind(
    name="drill",
    title="DR drill",
    plural="drills",
    entity="disaster_recovery_drill_id",
    transit={"creating": "available", "deleting": None},
    took_effect=lambda step, obj: generic_took_effect(step, obj, {}),
    named_twice=True,
)

# 5.4.6, first and second part; 5.4.7.
STARTABLE = ("available", "error-starting")
REPROTECTABLE = ("failed-over", "error-reprotecting")
STOPPABLE = ("protected", "error-stopping")
# A switch is under way, done without being re-protected, or failed.
SWITCHING = (
    "reversing", "failing-over", "reprotecting", "failed-over", "error-reversing", "error-failing-over", "error-reprotecting",
)
INSTANCE_ADDABLE = {"protection group": {"available", "protected"}}  # 5.5.1
INSTANCE_DELETABLE = {
    "protected instance": {
        "available", "protected", "failed-over", "error", "error-starting", "error-stopping", "error-reversing",
        "error-failing-over", "error-deleting", "error-reprotecting", "error-resizing", "invalid", "fault",
    }
}  # 5.5.2
SERVER_READY = ("ACTIVE", "SHUTOFF")  # SDRS.1333
CHANGEABLE = {"protection group": {"available", "protected"}, "protected instance": {"available", "protected"}}
RESIZABLE = {"protection group": {"available", "protected"}, "protected instance": {"available", "protected", "error-resizing"}}
PAIR_ADDABLE = {"protection group": {"available", "protected"}}  # 5.6.1
EXTENDABLE = {"replication pair": {"available", "protected", "error-extending"}}  # 5.6.5
PAIR_DELETABLE = {
    "protection group": {
        "available", "protected", "failed-over", "error-starting", "error-stopping", "error-reversing", "error-failing-over",
        "error-deleting", "error-reprotecting",
    },
    "replication pair": {
        "available", "protected", "failed-over", "error", "error-starting", "error-stopping", "error-reversing",
        "error-failing-over", "error-deleting", "error-reprotecting", "error-attaching", "error-extending", "invalid", "fault",
    },
}  # 5.6.2
ATTACHABLE = {
    "protection group": {"available", "protected"},
    "protected instance": {"available", "protected"},
    "replication pair": {"available", "protected"},
}
DETACHABLE = {
    "protection group": {
        "available", "protected", "failed-over", "error-starting", "error-stopping", "error-reversing", "error-failing-over",
    },
    "protected instance": {
        "available", "protected", "failed-over", "error-starting", "error-stopping", "error-reversing", "error-failing-over",
        "error-deleting", "error-reprotecting", "error-resizing", "invalid", "fault",
    },
    "replication pair": {
        "available", "protected", "failed-over", "error-attaching", "error-detaching", "error-starting", "error-stopping",
        "error-reversing", "error-failing-over", "error-deleting", "error-reprotecting", "error-extending", "invalid", "fault",
    },
}
# 5.7.1; "error-protecting" there is read as "error-reprotecting" (semantics.md, section 7).
DRILL_ADDABLE = {
    "protection group": {
        "available", "protected", "failed-over", "error-starting", "error-stopping", "error-reversing", "error-reprotecting",
        "error-failing-over",
    }
}
DRILL_DELETABLE = {"DR drill": {"available", "error", "error-deleting"}}  # 5.7.2
