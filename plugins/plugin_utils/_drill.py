# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of the role ``drill``. Pure. PRIVATE to the collection."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from ..module_utils._cloud.errors import one_line
from ..module_utils._cloud.shapes import usable
from ..module_utils._neighbours.subnets import live_options
from ._report import FAILED, PASSED, moment, span

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
# period_no_dr_drill speaks of three months (5.4.2), which are 90 days where an age is given in days, and at most 92.
THREE_MONTHS, _AT_MOST = 90 * 86400, 92 * 86400
_NESTED = ("block", "rescue", "always")
# Of what a task registers, the parts that say what it saw; others, such as its arguments, may hold secrets.
_OUTPUT = ("status", "rc", "state", "elapsed", "msg", "stdout", "stderr", "content", "ping", "failed_when_result")
_LONGEST_OUTPUT = 500
# The role's own task after those of the user.
_REACHED = "Every host could be reached"


def servers(checked: list[dict], drill: dict, instances: list[dict]) -> list[dict]:
    """The checks of a drill's servers with the protected instance each stands for; an instance without a server fails.

    :param checked: ``server_checks`` of ecs_server_check_info
    """
    by_id = {instance.get("id"): instance for instance in instances}
    owners = {entry.get("drill_server_id"): entry.get("protected_instance") for entry in drill.get("drill_servers") or []}
    found = [
        dict(entry, protected_instance_id=owners.get(entry["id"]), protected_instance=by_id.get(owners.get(entry["id"]), {}).get("name"))
        for entry in checked
    ]
    missing = {"check": "drill_server", "status": "failed", "detail": "the drill has no server for this protected instance", "at": None}
    found += [
        {"id": None, "name": None, "address": None, "addresses": [], "protected_instance": instance.get("name"), "protected_instance_id": key,
         "checks": [missing], "passed": False}
        for key, instance in by_id.items() if key not in owners.values()
    ]
    return sorted(found, key=lambda entry: str(entry["protected_instance"]))


def with_checks(found: list[dict], more: list[dict]) -> list[dict]:
    """The servers with further checks; ``more`` is ``[{id, check, status, detail, at}]``, ``id`` that of the drill server."""
    result = []
    for entry in found:
        checks = entry["checks"] + [{key: check[key] for key in check if key != "id"} for check in more if check["id"] == entry["id"]]
        result.append(dict(entry, checks=checks, passed=all(check["status"] == PASSED for check in checks)))
    return result


def probed(results: list[dict], found: list[dict], ports: list, began: str, tries: list[dict]) -> list[dict]:
    """What came of wait_for on the probe host, as ``with_checks`` takes it. A try without an outcome failed.

    :param results: those of async_status, each with the ``drill_try`` it stands for
    :param found: the servers, of which those that passed so far were tried
    :param began: when the last of them had been started, so that no time comes out too early
    :param tries: the results of starting them
    """
    outcomes = {_target(entry["drill_try"]): entry for entry in results if entry.get("drill_try")}
    starts = {_target(entry): entry for entry in tries}
    return [
        _probe(server, int(port), outcomes.get((server["id"], int(port))), starts.get((server["id"], int(port))), began)
        for server in found if server["passed"] for port in ports
    ]


def _target(entry: dict) -> tuple[str, int]:
    server, port = entry["drill_target"]
    return server["id"], int(port)


def _probe(server: dict, port: int, outcome: dict | None, start: dict | None, began: str) -> dict:
    check = {"id": server["id"], "check": "tcp_%d" % port, "status": "failed", "at": began}
    if outcome is None or outcome.get("unreachable") or (start or {}).get("unreachable"):
        why = (outcome or start or {}).get("msg")
        return dict(check, detail="the probe host could not run the check%s" % (": %s" % why if why else ""))
    if outcome.get("failed") or not outcome.get("finished") or outcome.get("elapsed") is None:
        return dict(check, detail=str(outcome.get("msg") or "the check on the probe host did not finish"))
    at = (moment(began) + timedelta(seconds=float(outcome["elapsed"]))).isoformat()
    return dict(check, status=PASSED, at=at, detail="%s answers to the probe host" % server["address"])


def subnets(listed: list[dict]) -> list[dict]:
    """The subnets of a drill VPC like those that are ``listed``, as vpc takes them: with their DNS, DHCP and NTP."""
    found = []
    for subnet in listed:
        options = live_options(usable("subnets", subnet))
        found.append({
            key: value for key, value in options.items()
            if value is not None and key not in ("primary_dns", "secondary_dns") and (value or key != "dns_list")
        })
    return found


def verify_tasks(tasks: object) -> dict[str, list]:
    """What must be known of a user's task file: the names it registers, and what would let a failure go unnoticed.

    A host that cannot be reached must not end the play before the drill is removed, so that it is ignored and looked for in what
    delegated tasks register.

    :param tasks: the parsed file
    :returns: ``{registers, problems, tasks}``; the last are those that run where nothing fails, as ``{task, register}``, the register None where
        there is none, or no_log hides it
    """
    found: dict = {"registers": [], "problems": [], "tasks": []}
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        return {"registers": [], "problems": ["it is not a list of tasks"], "tasks": []}
    for number, task in enumerate(tasks, 1):
        nested = [key for key in _NESTED if task.get(key)]
        for key in nested:
            inner = verify_tasks(task[key])
            found["registers"] += inner["registers"]
            found["problems"] += inner["problems"]
            hidden = {"register": None} if task.get("no_log") else {}
            found["tasks"] += [{**each, **hidden} for each in inner["tasks"]] if key != "rescue" else []
        if not nested:
            name = task.get("name") or next((key for key in task if "." in str(key)), "task %d" % number)
            found["tasks"].append({"task": str(name), "register": None if task.get("no_log") or not task.get("register") else str(task["register"])})
        if task.get("register"):
            found["registers"].append(str(task["register"]))
        elif "delegate_to" in task or "connection" in task:
            what = "a block must not be delegated; delegate its tasks instead" if nested else "a delegated task must register its result"
            found["problems"].append("task %s: %s, or it would go unnoticed that its host cannot be reached" % (task.get("name") or number, what))
    return found


def checked_by(tasks: list[dict], results: dict, failed: dict | None = None) -> list[dict]:
    """What the user's tasks checked of one server, and what they saw, as ``[{task, status, output}]``.

    :param tasks: those of ``verify_tasks``
    :param results: what they registered, by name
    :param failed: ``{task, msg}`` of the one that failed; what comes after it was not run, whatever is registered from another server
    """
    found = []
    for each in tasks:
        if failed and each["task"] == failed.get("task"):
            break
        result = results.get(each["register"])
        result = result if isinstance(result, dict) else {}
        status = "skipped" if result.get("skipped") else "failed" if unreachable([result]) else PASSED
        found.append({"task": each["task"], "status": status, "output": None if status == "skipped" else _output(result)})
    if failed and failed.get("task") != _REACHED:
        found = found if len(found) < len(tasks) else []  # it is of a file that one of them includes
        found.append({"task": str(failed.get("task")), "status": "failed", "output": one_line(failed.get("msg") or "", _LONGEST_OUTPUT) or None})
    return found


def _output(result: object) -> str | None:
    """The telling parts of a registered result, those of a loop one after the other."""
    if not isinstance(result, dict) or result.get("_ansible_no_log"):
        return None
    if isinstance(result.get("results"), list):
        parts = [text for text in map(_output, result["results"]) if text]
    else:
        parts = ["%s: %s" % (key, result[key]) for key in _OUTPUT if isinstance(result.get(key), (str, int, float)) and str(result[key]) not in ("", "False")]
    return one_line("; ".join(parts), _LONGEST_OUTPUT) or None


def unreachable(results: Iterable) -> list[str]:
    """Why hosts could not be reached, of what tasks registered."""
    found = []
    for result in results:
        if isinstance(result, dict):
            found += [str(entry.get("msg")) for entry in (result, *(result.get("results") or [])) if isinstance(entry, dict) and entry.get("unreachable")]
    return found


def seconds(text: object) -> float:
    """A length of time such as ``90d`` or ``12h`` in seconds; a bare number is days.

    :raises ValueError: it is none
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw]?)\s*", str(text))
    if not match:
        raise ValueError("%r is not a duration such as 90d, 12h or 30 (days)" % (text,))
    return float(match.group(1)) * _UNITS[match.group(2) or "d"]


def status(reports: list[dict], max_age: object, drilled: bool | None = None, now: datetime | None = None) -> dict:
    """Whether the last successful drill is young enough.

    :param reports: saved reports
    :param drilled: whether the service says that there was a drill in the last three months; None when it was not asked
    :returns: ``{verdict: ok|overdue|unknown, age_seconds, last, report, message}``
    """
    allowed, now = seconds(max_age), now or datetime.now(timezone.utc)
    ended = sorted(
        (report for report in reports if report.get("what") == "drill" and (at := moment(report.get("finished"))) and at <= now),
        key=lambda report: moment(report["finished"]))
    passed, failed = ([report for report in ended if report.get("verdict") == verdict] for verdict in (PASSED, FAILED))
    if passed:
        last = passed[-1]
        age = round((now - moment(last["finished"])).total_seconds())
        verdict = "ok" if age <= allowed else "overdue"
        text = "the last successful drill ended %s ago (%s), limit: %s" % (days(age), last["finished"], days(allowed))
        return {"verdict": verdict, "age_seconds": age, "last": last["finished"], "report": last.get("path"), "message": text}
    told = {"age_seconds": None, "last": None, "report": None}
    if failed:
        # The service counts drills that failed, too.
        return dict(told, verdict="overdue", message="there is no report of a successful drill; the last drill failed (%s)" % failed[-1]["finished"])
    if drilled is False:
        verdict = "overdue" if allowed <= _AT_MOST else "unknown"
        return dict(told, verdict=verdict, message="there is no report of a successful drill, and the service lists no drill in the last three months")
    if drilled and allowed >= THREE_MONTHS:
        return dict(told, verdict="ok", message="there is no report of a successful drill; the service lists a drill in the last three months")
    if drilled:
        return dict(told, verdict="unknown", message="there is no report of a successful drill; the service only reports "
                    "a drill in the last three months; limit: %s" % days(allowed))
    return dict(told, verdict="unknown", message="there is no report of a successful drill")


def days(value: float) -> str:
    """Seconds in days where they are that many."""
    return "%s days" % ("%.1f" % (value / 86400)).removesuffix(".0") if value >= 2 * 86400 else span(value)
