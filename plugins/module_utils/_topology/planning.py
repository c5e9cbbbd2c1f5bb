# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plans of a topology's entries are gathered in: one that is refused leaves the others. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._cloud.errors import ConfigError, Refused, SdrsError
from .._cloud.odd import Unusable
from .._engine.plan import Plan, Step
from .._sdrs.kinds import SERVER_GROUP
from .._sdrs.last_copy import Copies
from .._sdrs.sites import is_switched
from .diff import Changes
from .document import Options, at
from .entries import Entry, GroupEntry
from .uncompared import Uncompared

_BLOCKED = ("SDRS.1303", "SDRS.1810")
_REPROTECT = "Re-protect the group with the playbook cloud_dr.sdrs.reprotect, which overwrites the disks of the other site. "
_FAIL_BACK = "Fail back with the playbook cloud_dr.sdrs.failback; run this again then."


class Planning:
    """Plans entry by entry: what one entry may not do now is noted, and the others go on."""

    def __init__(self, options: Options, copies: Copies) -> None:
        self.options, self.copies, self.plan, self.changes, self.uncompared = options, copies, Plan(), Changes(), Uncompared()

    def entry(self, group: GroupEntry, entry: Entry, make: Callable[[Plan], Any]) -> list[Step] | None:
        """Add the steps of ``make(sub-plan)`` for an entry and give them back; None when they are refused."""
        part = Plan()
        try:
            make(part)
        except (Refused, ConfigError, Unusable) as error:
            self.refuse(group, entry.path, error)
            return None
        for step in part.steps:
            step.branch = entry.path
            if step.scope is None:
                step.scope = {"server_group_id": group.where["id"]} if step.kind is not SERVER_GROUP else {}
        self.plan.steps += part.steps
        self.plan.warnings += ["%s: %s" % (entry.path, warning) for warning in part.warnings]
        self.plan.again = self.plan.again or part.again
        self.changes.note(entry, part)
        return part.steps

    def refuse(self, group: GroupEntry, path: str, error: SdrsError) -> None:
        """Note that an entry cannot be brought about now; what stands at the wrong site after a switch waits for failback."""
        failed_over = (group.obj or {}).get("status") == "failed-over"
        elsewhere = error.data.get("code") in _BLOCKED and is_switched(group.obj)
        if error.blocked or elsewhere or error.by_status and failed_over:
            error.message = "blocked until failback: " + error.message
            error.data["remedy"] = (_REPROTECT if failed_over else "") + _FAIL_BACK
            error.blocked = True
        self.plan.refused.append((path, at(path, error)))
