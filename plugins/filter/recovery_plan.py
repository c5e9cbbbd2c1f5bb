# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the role recovery; each is documented in a file of its own beside this one."""

from __future__ import annotations

from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

from ..plugin_utils import _ending, _guards, _recovery_plan, _recovery_drill, _recovery_export
from ..plugin_utils._filters import as_filter


def _extra():
    """Names of the extra variables."""
    return list(load_extra_vars(DataLoader()))


def _problems(confirm, document, asked):
    return _recovery_plan.problems(confirm, document, asked, _extra())


def _permitted(value, document, confirm, asked, what="switch"):
    return _recovery_plan.permitted(value, document, confirm, asked, _extra(), what)


def _names(value):
    return sorted(_guards.named("recovery_continue", value))


class FilterModule:
    def filters(self):
        return {
            "recovery_plan_problems": as_filter(_problems),
            "recovery_plan_permitted": as_filter(_permitted),
            "recovery_refusals": as_filter(_recovery_plan.refusals),
            "recovery_todo": as_filter(_recovery_plan.todo_of),
            "recovery_switched": as_filter(_recovery_plan.switched),
            "recovery_blocked": as_filter(_recovery_plan.blocked),
            "recovery_checked": as_filter(_recovery_plan.checked),
            "recovery_first_plan": as_filter(_recovery_export.first_plan),
            "recovery_outcome": as_filter(_recovery_plan.outcome),
            "recovery_acknowledged": as_filter(_recovery_plan.acknowledged),
            "recovery_open_steps": as_filter(_recovery_plan.open_steps),
            "recovery_tier_end": as_filter(_recovery_plan.tier_end),
            "recovery_undone": as_filter(_recovery_plan.undone),
            "recovery_names": as_filter(_names),
            "recovery_error": as_filter(_recovery_plan.error_of),
            "recovery_why": as_filter(_ending.message),
            "recovery_note": as_filter(_recovery_plan.note_of),
            "recovery_deleted_entries": as_filter(_recovery_drill.deleted_entries),
            "recovery_vpcs_made": as_filter(_recovery_drill.vpcs_made),
            "recovery_plan_standing": as_filter(_recovery_drill.standing),
            "recovery_kept_entries": as_filter(_recovery_drill.kept_entries),
            "recovery_drills_wanted": as_filter(_recovery_drill.drills_wanted),
            "recovery_drills_made": as_filter(_recovery_drill.drills_made),
            "recovery_readiness": as_filter(_recovery_plan.readiness),
        }
