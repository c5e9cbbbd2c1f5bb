# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of the role ``recovery``. Pure but for acknowledgements in files. PRIVATE to the collection."""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Iterable
from typing import Any

from ._guards import named, overridden
from ._report import moment

BY_DRILL = "recover_by_drill"
OPERATIONS = ("failover", "planned_failover", "failback", "reprotect", "drill", BY_DRILL)
# What users may set; a test compares them with the role's argument spec.
OPTIONS = (
    "recovery_plan", "recovery_operation", "recovery_active_site", "recovery_confirm", "recovery_force", "recovery_partial", "recovery_allow_no_change",
    "recovery_stop_mode", "recovery_acknowledged", "recovery_continue", "recovery_prompt", "recovery_take_over", "recovery_replace", "recovery_resume",
    "recovery_windows_settle", "recovery_wait_timeout", "recovery_report_dir", "recovery_report_tasks",
)
# Options of the roles failover and drill that hold with a plan, too; whatever else they have, the plan says.
SHARED = {
    "failover_": ("active_site", "confirm", "force", "stop_mode", "windows_settle", "wait_timeout", "report_dir", "report_tasks", "allow_no_change"),
    "drill_": ("replace", "windows_settle", "wait_timeout", "report_dir", "report_tasks", "max_age"),
}
_PASSED, _FAILED, _NOT_TRIED = "passed", "failed", "not_tried"
THERE = "was there already"


def problems(confirm: object, document: dict, asked: dict, extra: Iterable[str] = ()) -> list[str]:
    """Why a run must not begin, as sentences. In check mode, and for a drill, nothing has to be confirmed.

    :param asked: ``playbook``, ``operation``, ``active_site``, ``check_mode``, and the values of other options
    :param extra: names of the extra variables
    """
    found = overridden(extra, "recovery", "report")
    for name in sorted(set(extra)):
        if str(name).startswith("recovery_") and name not in OPTIONS and not any(name in sentence.split() for sentence in found):
            near = difflib.get_close_matches(name, OPTIONS, 1)
            found.append("%s is not a variable of recovery plans%s" % (name, "; did you mean %s?" % near[0] if near else ""))
    for name, known in ((name, [prefix + each for each in known]) for name in sorted(map(str, extra)) for prefix, known in SHARED.items()
                        if name.startswith(prefix)):
        if name not in known and not any(name in sentence.split() for sentence in found):
            near = difflib.get_close_matches(name, known, 1, 0.85)
            found.append("%s has no effect on a recovery plan: %s" % (name, "did you mean %s?" % near[0] if near else "leave it out and set it in the plan"))
    operation, playbook = asked.get("operation"), asked.get("playbook")
    if operation not in OPERATIONS:
        found.append("recovery_operation is %r, it must be one of %s" % (operation, ", ".join(OPERATIONS)))
    elif playbook and playbook != operation:
        found.append("playbook %s needs recovery_operation: %s, but it is %s; leave it out, or run another playbook" % (playbook, playbook, operation))
    if operation == "failback" and asked.get("active_site") != "source":
        found.append("a failback needs recovery_active_site: source, but it is %s" % asked.get("active_site"))
    for option in ("recovery_acknowledged", "recovery_continue", "recovery_replace", "recovery_resume"):
        try:
            named(option, asked.get(option.replace("recovery_", "")))
        except ValueError as error:
            found.append(str(error))
    try:
        confirmed = named("failover_confirm", confirm)
    except ValueError as error:
        return [*found, str(error)]
    if operation != "drill" and asked.get("check_mode") is not True:
        others = sorted(confirmed - {document.get("name")})
        if document.get("name") not in confirmed:
            found.append("not confirmed: recovery plan %s; review the order with --check first, then add -e failover_confirm=%s" % (
                document.get("name"), document.get("name")))
        if others:
            found.append("failover_confirm names %s, which is not the plan of this run" % ", ".join(others))
    return found


def permitted(value: Any, document: dict, confirm: object, asked: dict, extra: Iterable[str] = (), what: str = "switch") -> Any:
    """``value``, for a task that does something that has to be confirmed, whatever of the run before it was skipped.

    :param what: ``switch`` (stops, too), ``create`` drills, or ``delete`` drills
    :raises ValueError: it may not
    """
    found, operation = problems(confirm, document, asked, extra), asked.get("operation")
    if what == "switch" and operation in ("drill", BY_DRILL):
        found.append("a drill does not stop or switch production")
    elif what == "create" and operation not in ("drill", BY_DRILL):
        found.append("this operation does not create drills")
    elif what == "delete" and operation != "drill":
        found.append("only the operation drill deletes drills")
    if found:
        raise ValueError("Nothing was sent: %s." % "; ".join(found))
    return value


def refusals(state: dict, asked: dict) -> list[str]:
    """Why nothing may be touched though names and confirmation are right, as sentences.

    :param state: result of sdrs_recovery_info
    """
    stopped = {group["name"]: group["obstacles"] for group in state["server_groups"] if group["obstacles"]}
    todo = todo_of(state["server_groups"])
    found = ["%s: %s" % (name, "; ".join(reasons)) for name, reasons in stopped.items()] if stopped and not (asked.get("partial") and todo) else []
    if stopped and todo and found:
        found.append("to continue with the other groups, add -e recovery_partial=true")
    if state["healthy"] and not asked.get("force"):
        found.append("production looks healthy for every group that would be switched: a planned failover loses no data; to fail over anyway, "
                     "add -e failover_force=true")
    return found


def todo_of(groups: list[dict], stopped: dict | None = None, elsewhere: bool = False) -> list[str]:
    """Names of the groups that are to be switched.

    :param stopped: result of the task that stopped their servers; groups where it failed are left out
    :param elsewhere: without those in flight, whose servers are not to be stopped
    """
    lost = _lost(stopped)
    if stopped and stopped.get("failed_all"):
        return []
    return [group["name"] for group in groups if not group["obstacles"] and group["position"] in (("elsewhere",) if elsewhere else ("elsewhere", "in_flight"))
            and group["name"] not in lost]


def _lost(result: dict | None) -> dict[str, str]:
    """``{branch: why}`` of what failed in a task with branches."""
    branches = (result or {}).get("branches") or {}
    lost = {entry["path"]: entry["message"] for key in ("failed", "blocked") for entry in branches.get(key) or []}
    return {**lost, **dict.fromkeys((name for name in branches.get("not_tried") or [] if name not in lost), "it was not tried")}


def _error_of(result: dict | None) -> str | None:
    """What a task said that failed as a whole, None if it did not."""
    return str(result.get("msg")) if result and result.get("error") and not _lost(result) else None


def switched(state: dict, stopped: dict | None, result: dict | None, verb: str, milestone: str) -> dict:
    """What the journal notes of a switch, and which groups are where they shall be.

    :param stopped: result of the task that stopped servers, or nothing
    :param result: result of sdrs_failover_batch or sdrs_drill_batch
    :returns: ``{entries, failed, reached}``: ``failed`` is ``{group: why}``, ``reached`` names groups
    """
    stopped, result = stopped or {}, result or {}
    lost = {**_lost(result), **_lost(stopped)}
    whole = _error_of(stopped) or _error_of(result)
    entries, failed, reached = [], {}, []
    for part in (stopped, result):
        if part.get("operations") or part.get("jobs"):
            entries.append({"event": "result", "operations": part.get("operations") or [], "jobs": part.get("jobs") or []})
    for group in state["server_groups"]:
        name = group["name"]
        reason = "; ".join(group["obstacles"]) or lost.get(name) or (whole if group["position"] != "there" else None)
        if reason:
            failed[name] = reason
            entries.append({"event": "step", "check": "%s %s" % (verb, name), "status": _FAILED, "detail": reason})
        else:
            reached.append(name)
            detail = THERE if group["position"] == "there" else "done"
            entries.append({"event": "step", "check": "%s %s" % (verb, name), "status": _PASSED, "detail": detail})
    if reached:
        entries.append({"event": "milestone", "name": milestone})
    return {"entries": entries, "failed": failed, "reached": reached}


def blocked(outcomes: dict, tier: dict) -> str:
    """Why a tier is not started: one that it needs has failed, and nobody said to go on."""
    for name in tier.get("needs") or []:
        outcome = outcomes.get(name) or {}
        if not outcome.get("passed") and not outcome.get("go_on"):
            return "tier %s %s" % (name, "did not come up" if outcome else "was not tried")
    return ""


def checked(started: dict | None, problems: list[str] | None) -> list[str]:
    """What is wrong with a tier's servers, as sentences.

    :param started: ``branches``, ``error`` and ``msg`` of sdrs_recovery_servers
    :param problems: those of sdrs_recovery_check_info, or None if it failed
    """
    found = list(problems or [])
    if found or problems is None:  # what ended well in spite of a refusal is no failure
        found += ["start: %s" % reason for reason in [*_lost(started).values(), _error_of(started)] if reason]
    return found or ([] if problems is not None else ["the servers could not be checked"])


def outcome(started: dict | None, problems: list[str] | None) -> dict:
    """How a tier ended that nothing stopped: it has passed unless ``checked`` finds something."""
    wrong = checked(started, problems)
    return {"passed": not wrong, "tried": True, "go_on": True, "why": "; ".join(wrong)}


def acknowledged(path: str, since: str) -> bool:
    """Whether a file of this user that was written since ``since`` acknowledges a manual step."""
    try:
        about = os.stat(path, follow_symlinks=False)
    except (OSError, ValueError):
        return False
    began = moment(since)
    return bool(stat.S_ISREG(about.st_mode) and about.st_uid == os.geteuid() and not about.st_mode & 0o002 and began and about.st_mtime >= began.timestamp())


def open_steps(steps: list[dict] | None, given: object, log: dict) -> list[dict]:
    """The manual steps that neither ``given`` nor an interrupted run's journal acknowledges."""
    known = named("recovery_acknowledged", given) | set(log.get("acknowledged") or [])
    return [step for step in steps or [] if step["name"] not in known]


def tier_end(tier: dict, outcomes: dict) -> list[dict]:
    """What the journal notes of the end of a tier."""
    ended, entries = outcomes.get(tier["name"]) or {"passed": False, "tried": True, "why": "it was interrupted"}, []
    status = "up" if ended["passed"] else "failed" if ended.get("tried") else _NOT_TRIED
    entries += [{"event": "tier", "name": tier["name"], "status": status},
                {"event": "step", "check": "tier %s" % tier["name"], "status": {"up": _PASSED}.get(status, status), "detail": ended["why"] or "up"}]
    return entries + ([{"event": "milestone", "name": "tier %s up" % tier["name"]}] if ended["passed"] else [])


def undone(outcomes: dict, failed: dict, errors: list, reasons: Iterable[str] = ()) -> list[str]:
    """What is left to be done, as sentences."""
    found = ["group %s: %s" % entry for entry in failed.items()]
    found += ["tier %s: %s" % (name, outcome["why"]) for name, outcome in outcomes.items() if not outcome["passed"]] + [str(error) for error in errors]
    return found or list(reasons)


def error_of(text: object) -> dict:
    """A sentence as a failed task's result."""
    return {"msg": str(text), "task": None}


def note_of(text: object, begin: str = "") -> dict:
    """A sentence as an entry of the journal."""
    return {"event": "note", "text": begin + str(text)}


def readiness(state: dict | None) -> list[dict]:
    """What speaks for and against each group, as a report shows it."""
    found = []
    for group in (state or {}).get("server_groups") or []:
        detail = "; ".join(group["obstacles"] or group["warnings"]) or "%s, production at the %s site" % (group["status"], group["priority_station"])
        found.append({"check": group["name"], "passed": not group["obstacles"], "severity": "error" if group["obstacles"] else "warning", "detail": detail})
    return found
