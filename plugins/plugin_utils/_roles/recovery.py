# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks of the role recovery decide. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _ending, _guards, _recovery_drill, _recovery_export, _recovery_plan
from .._options import extra_variables


def _problems(confirm: object, document: dict, asked: dict) -> list[str]:
    return _recovery_plan.problems(confirm, document, asked, extra_variables())


def _permitted(value: Any, document: dict, confirm: object, asked: dict, what: str = "switch") -> Any:
    return _recovery_plan.permitted(value, document, confirm, asked, extra_variables(), what)


def _names(value: object) -> list[str]:
    return sorted(_guards.named("recovery_continue", value))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "recovery_plan_problems": _problems,
    "recovery_plan_permitted": _permitted,
    "recovery_refusals": _recovery_plan.refusals,
    "recovery_todo": _recovery_plan.todo_of,
    "recovery_switched": _recovery_plan.switched,
    "recovery_blocked": _recovery_plan.blocked,
    "recovery_checked": _recovery_plan.checked,
    "recovery_first_plan": _recovery_export.first_plan,
    "recovery_outcome": _recovery_plan.outcome,
    "recovery_acknowledged": _recovery_plan.acknowledged,
    "recovery_open_steps": _recovery_plan.open_steps,
    "recovery_tier_end": _recovery_plan.tier_end,
    "recovery_undone": _recovery_plan.undone,
    "recovery_names": _names,
    "recovery_error": _recovery_plan.error_of,
    "recovery_why": _ending.message,
    "recovery_note": _recovery_plan.note_of,
    "recovery_deleted_entries": _recovery_drill.deleted_entries,
    "recovery_vpcs_made": _recovery_drill.vpcs_made,
    "recovery_plan_standing": _recovery_drill.standing,
    "recovery_kept_entries": _recovery_drill.kept_entries,
    "recovery_drills_wanted": _recovery_drill.drills_wanted,
    "recovery_drills_made": _recovery_drill.drills_made,
    "recovery_readiness": _recovery_plan.readiness,
}
