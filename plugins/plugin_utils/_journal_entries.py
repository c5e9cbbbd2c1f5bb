# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries that roles write to the journal of a run. Pure. PRIVATE to the collection."""

from __future__ import annotations

from typing import Any

from ._report import cause

OF_AN_ERROR = ("msg", "error", "operations", "jobs")


def results(given: Any) -> list[dict]:
    """What modules did, of their results: nothing of a task that was skipped or failed."""
    return [{"operations": dicts(each.get("operations")), "jobs": dicts(each.get("jobs"))} for each in dicts(given) if "operations" in each or "jobs" in each]


def result_entries(given: Any, milestone: Any = None, group: Any = None) -> list[dict]:
    """What to note of tasks that ended well.

    :param given: their results
    :param milestone: what they reached, if anything
    :param group: how the protection group is now, if they changed it
    """
    entries: list = [{"event": "result", **each} for each in results(given)]
    entries += [{"event": "group", "group": group}] if group else []
    return entries + ([{"event": "milestone", "name": milestone}] if milestone else [])


def error_entry(result: Any, task: Any) -> dict:
    """What to note of a task that failed.

    :param result: ``ansible_failed_result``
    :param task: the task's name
    """
    failed = {**result, **cause(result)} if isinstance(result, dict) else {"msg": str(result)}
    return {"event": "error", "task": task, **{key: failed[key] for key in OF_AN_ERROR if key in failed}}


def wave_entries(checks: list[dict], wave: dict, started: dict) -> list[dict]:
    """What to note of a wave.

    :param checks: see ``_failover.servers``
    :param started: the result of starting them
    """
    up = bool(checks) and all(check.get("passed") for check in checks)
    return [{"event": "servers", "servers": checks}, *result_entries([started], "wave %s up" % wave["number"] if up else None)]


def scaled_entries(result: dict, when: str, check_mode: bool) -> list[dict]:
    """What to note of AS groups that were changed ``before`` or ``after`` a switch, or were left as they are.

    :param result: of the task that changes them, which may be a loop
    """
    left = [each.get("msg") for each in result.get("results") or [] if each.get("failed")]
    return [{"event": "note", "text": "AS group left as it is: %s" % text} for text in left] + ([] if check_mode else [{"event": "scaled", "to": when}])


def drill_entries(result: dict, available: Any = None) -> list[dict]:
    """What to note of a drill that is there: what tells it from others, and since when it is available.

    :param result: of the task that made it
    :param available: when an interrupted run noted that it was
    """
    known = {key: result["drill"].get(key) for key in ("id", "created_at", "drill_vpc_id")}
    return [{"event": "drill", "drill": known}, *result_entries([result], None if available else "available")]


def removed_entries(given: list[dict], name: str) -> list[dict]:
    """What to note of drills that were deleted, ``given`` the results of that."""
    gone = {"event": "clean_up", "what": "drill", "name": name, "status": "removed", "detail": "with its servers, disks and NICs"}
    return [dict(gone) for _each in given] + result_entries(given)


def vpc_entries(fates: list[dict], delete: bool) -> list[dict]:
    """What to note of VPCs in which drills were.

    :param fates: see ``_drill_own.vpc_fates``
    :param delete: whether those were deleted that may be
    """
    return [{
        "event": "clean_up", "what": "VPC", "name": fate["name"], "status": "removed" if fate["delete"] and delete else "left",
        "detail": fate["detail"] if delete or not fate["delete"] else "drill_delete_vpc is false",
    } for fate in fates]


def dicts(value: Any) -> list[dict]:
    """The mappings of a list; of what is no list, none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
