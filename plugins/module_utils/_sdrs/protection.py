# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of a protection group, and turning its protection on and off (5.4.6, 5.4.7, A.2). PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._cloud.errors import Refused
from .._engine.kind import whole
from .._engine.plan import Plan, Request, Step
from .kinds import REPROTECTABLE, STARTABLE, STOPPABLE
from .kinds import SERVER_GROUP as KIND

ENABLED, DISABLED = "enabled", "disabled"


def protection_change(wanted: str | None, reprotect: bool | None, group: dict) -> str | None:
    """The operation that leads to the ``wanted`` protection: start, reprotect, stop or None.

    :raises Refused: its state does not allow it, or it would reverse replication without being asked to
    """
    status, label = group.get("status"), KIND.label(group)
    if wanted == ENABLED:
        if status == "protected":
            return None
        if status in REPROTECTABLE:
            if not reprotect:
                raise Refused(
                    "%s is %r: enabling protection again reverses replication and overwrites the disks of the other site"
                    % (label, status),
                    remedy="If this is intended, re-protect it with the playbook cloud_dr.sdrs.reprotect (in a module: reprotect: true).",
                ).because_of_status()
            return "reprotect"
        if status in STARTABLE:
            if whole(group.get("replication_num")) == 0:
                raise Refused(
                    "%s: protection cannot be enabled while it has no replication pairs" % label,
                    remedy="Add protected instances or replication pairs to the group first.",
                )
            return "start"
        allowed = "available or error-starting (enable), failed-over or error-reprotecting (with reprotect: true)"
    elif wanted == DISABLED:
        if status == "available":
            return None
        if status in STOPPABLE:
            return "stop"
        allowed = "protected or error-stopping"
    else:
        return None
    raise Refused(
        "%s is %r: protection cannot be %s in that state" % (label, status, wanted), remedy="Allowed: %s." % allowed,
    ).because_of_status()


def add_protection_step(result: Plan, operation: str, group: dict, guard: Callable[[Any], Any] | None = None, **order: Any) -> Step:
    """Add the step to a plan: re-protection is start-server-group as well (5.4.6)."""
    call = "stop_server_group" if operation == "stop" else "start_server_group"
    return result.add(operation, KIND, group.get("name"), group["id"], Request(call, {"server_group": group["id"]}, {}, guard=guard), **order)


def protection_guard(operation: str, label: str) -> Callable[[Any], None]:
    """The condition that a GET must confirm directly before the request: a group seen failing-over is failed-over a moment later."""
    allowed = {"start": STARTABLE, "reprotect": REPROTECTABLE, "stop": STOPPABLE}[operation]

    def guard(group: dict | None) -> None:
        if group is None or group.get("status") not in allowed:
            raise Refused(
                "%s is now %r: %s was planned for another status, nothing was sent" % (label, (group or {}).get("status"), operation),
                remedy="Run the task again.",
            )
        if operation == "start" and whole(group.get("replication_num")) == 0:
            raise Refused(
                "%s: protection cannot be enabled while it has no replication pairs" % label,
                remedy="Fix the failed objects, then run the task again.",
            )

    return guard
