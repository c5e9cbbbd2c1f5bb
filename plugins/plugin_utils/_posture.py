# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The posture of all protection groups: risks, due dates, trends, and whether thresholds are kept. Pure. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

from ._drill import THREE_MONTHS, days, seconds
from ._report import FAILED, PASSED, moment, span

# Without a limit of the user's, drills are due as often as the service tells of groups without one.
USUAL_AGE = "90d"
CRITICAL, WARNING, NOTICE = "critical", "warning", "notice"
_WEIGHT = {CRITICAL: 100, WARNING: 10, NOTICE: 1}
_TREND = 10
_NAMED = 5
# Where production moves, or has moved and is not protected yet.
_ON_THE_WAY = ("failed-over", "failing-over", "reversing", "reprotecting", "starting", "stopping")
# Threshold: which groups count, and what they are.
THRESHOLDS = {
    "max_unprotected": (lambda group: not group["protected"], "not protected"),
    "max_unsynchronised": (lambda group: not group["synchronised"], "not synchronised"),
    "max_faulty": (lambda group: bool(group["faults"]), "with faults"),
    "max_missed_targets": (lambda group: bool(group["drill"]) and group["drill"]["met"] is False, "whose last drill missed its recovery time target"),
    "max_failed_drills": (lambda group: bool(group["drill"]) and group["drill"]["verdict"] != PASSED, "whose last drill failed"),
}
LEFT_OUT = [
    "Production and DR servers are not compared, because that takes queries for each group: use the playbook drift.",
    "Readiness for a drill does not cover the drill VPC, which takes queries for each group: the drill itself checks it.",
]


def judge(live: Any, reports: Any, asked: Any, now: Any = None) -> dict:
    """The posture: verdict, totals, and the groups by risk.

    :param live: the result of sdrs_posture_info
    :param reports: ``{name of a group: saved reports of its drills}``, any order
    :param asked: ``max_age`` (empty: not judged), a number or nothing for each of THRESHOLDS, ``documents``: ``{name or ID of a group: its
        topology document}``, ``problems``: what could not be read of the reports
    :raises ValueError: ``asked`` cannot be understood
    """
    now = now or datetime.now(timezone.utc)
    limit = asked.get("max_age") or None
    age = seconds(limit or USUAL_AGE)
    documents = asked.get("documents") or {}
    groups = [_group(entry, reports, documents, age, now) for entry in live["posture"]]
    groups.sort(key=lambda group: (-group["risk"], str(group["name"]), str(group["id"])))
    known = {key for group in groups for key in (group["name"], group["id"])}
    missing = sorted(str(name) for name in documents if name not in known)
    problems = [*(live.get("problems") or []), *(asked.get("problems") or [])]
    problems += ["%s has a document, but no such protection group exists" % name for name in missing]
    failures = _failures(groups, limit, asked, missing)
    return {
        "schema_version": 1, "generated": now.isoformat(timespec="seconds").replace("+00:00", "Z"), "project": live.get("project") or {},
        "verdict": FAILED if failures else PASSED, "failures": failures, "judged": bool(_limits(asked) or limit),
        "max_age_seconds": age, "max_age_given": bool(limit), "totals": _totals(groups), "rpo": _rpo(live.get("rpo_statistics")),
        "groups": groups, "problems": problems,
        "left_out": LEFT_OUT + ([] if documents else ["Unmanaged objects are not searched for: no host of the inventory has a topology_server_group."]),
    }


def _limits(asked: Any) -> dict:
    """The thresholds that were given."""
    found = {}
    for name in THRESHOLDS:
        value = asked.get(name)
        if value in (None, ""):
            continue
        if isinstance(value, bool) or not str(value).isdigit():
            raise ValueError("posture_%s is %r; it must be a number of protection groups, such as 0" % (name, value))
        found[name] = int(value)
    return found


def _failures(groups: Iterable, limit: Any, asked: Any, missing: list | None) -> Any:
    limits, found = _limits(asked), []
    for name, most in limits.items():
        counts, text = THRESHOLDS[name]
        wrong = [group["name"] for group in groups if group["unreadable"] is None and counts(group)]
        if len(wrong) > most:
            found.append("%d protection groups %s, %d allowed: %s" % (len(wrong), text, most, _listed(wrong)))
    overdue = [group["name"] for group in groups if not group["drilled_in_time"]]
    if limit and overdue:
        found.append("%d protection groups without a successful drill in the last %s: %s" % (len(overdue), days(seconds(limit)), _listed(overdue)))
    if limits or limit:
        # A check that saw nothing, or not all, must not be green.
        unread = [group["name"] for group in groups if group["unreadable"] is not None]
        found += ["%d protection groups could not be read: %s" % (len(unread), _listed(unread))] if unread else []
        found += ["declared, but missing: %s" % _listed(missing)] if missing else []
        found += [] if groups else ["the project has no protection group"]
    return found


def _listed(names: list) -> str:
    shown = ", ".join(map(str, names[:_NAMED]))
    return shown + (", … (%d in all)" % len(names) if len(names) > _NAMED else "")


def _group(entry: dict, reports: Any, documents: Any, age: Any, now: Any) -> dict:
    about, unreadable = entry["server_group"], entry.get("unreadable")
    name = about.get("name")
    pairs = entry.get("replications") or {"total": 0, "synchronised": 0, "progress": None}
    instances, faults = entry.get("protected_instances") or [], entry.get("faults") or []
    drills = _drills(reports.get(name) or [], about.get("id"), now)
    passed = next((drill for drill in drills if drill["verdict"] == PASSED), None)
    due = moment(passed["at"]) + timedelta(seconds=age) if passed else None
    document = documents.get(name, documents.get(about.get("id")))
    group = {
        "id": about.get("id"), "name": name, "status": about.get("status"), "site": about.get("priority_station"), "zone": entry.get("production_zone"),
        "protected": about.get("status") == "protected", "protected_instances": len(instances), "replications": pairs,
        "synchronised": bool(pairs["total"]) and pairs["synchronised"] == pairs["total"], "faults": faults,
        "readiness": entry.get("readiness") or {}, "unmanaged": None if document is None else _unmanaged(document, instances),
        "standing_drills": entry.get("drills") or [], "drill": drills[0] if drills else None, "passed": passed, "trend": drills[:_TREND][::-1],
        "due": due.isoformat(timespec="seconds").replace("+00:00", "Z") if due else None,
        "due_in_seconds": round((due - now).total_seconds()) if due else None, "drilled": entry.get("drilled"), "unreadable": unreadable,
    }
    group["drilled_in_time"] = due >= now if due else not drills and bool(entry.get("drilled")) and age >= THREE_MONTHS
    group["problems"] = sorted(_problems(group, age), key=lambda each: -_WEIGHT[each["level"]])
    group["risk"] = sum(_WEIGHT[each["level"]] for each in group["problems"])
    group["level"] = group["problems"][0]["level"] if group["problems"] else "fine"
    return group


def _drills(reports: Any, group_id: Any, now: Any) -> list:
    """Drills that ended, newest first: not rehearsals, and not those of another group that bore the name."""
    found = []
    for report in reports:
        about, at = report.get("server_group"), moment(report.get("finished"))
        its = about.get("id") if isinstance(about, dict) else None
        if report.get("what") != "drill" or report.get("verdict") not in (PASSED, FAILED) or not at or at > now or (its and group_id and its != group_id):
            continue
        measured, target = _number(report.get("measured_seconds")), _number(report.get("target_seconds"))
        met = None if target is None else measured is not None and measured <= target
        found.append({"at": report["finished"], "verdict": report["verdict"], "measured_seconds": measured, "target_seconds": target, "met": met,
                      "report": report.get("path")})
    return sorted(found, key=lambda drill: moment(drill["at"]), reverse=True)


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9 else None


def _unmanaged(document: dict, instances: Iterable) -> list:
    """Protected instances that the document does not name, by themselves or by their servers."""
    declared = [each for each in (document.get("protected_instances") if isinstance(document, dict) else None) or [] if isinstance(each, dict)]
    named = {str(each[key]) for each in declared for key in ("name", "id", "server", "server_id") if each.get(key)}
    return [str(each.get("name")) for each in instances if not named & {str(each.get("name")), str(each.get("id")), *map(str, each.get("servers") or [])}]


def _problems(group: dict, age: Any) -> Iterator:
    def problem(level: Any, text: str) -> dict:
        return {"level": level, "text": text}

    if group["unreadable"] is not None:
        yield problem(CRITICAL, "could not be read: %s" % group["unreadable"])
        if not group["readiness"]:
            return
    if group["protected_instances"] == 0:
        yield problem(WARNING, "has no protected instance")
    if not group["protected"]:
        on_the_way = str(group["status"]).startswith(_ON_THE_WAY)
        yield problem(WARNING if on_the_way else CRITICAL, "is not protected: %s" % group["status"])
    total = group["replications"]["total"]
    if not total and group["protected_instances"]:
        yield problem(CRITICAL, "has no replication pair")
    elif total and not group["synchronised"]:
        yield problem(WARNING, "%d of %d replication pairs are not synchronised (slowest: %s %%)" % (
            total - group["replications"]["synchronised"], total, group["replications"]["progress"]))
    for fault in group["faults"][:_NAMED]:
        level = " (fault level %s)" % fault["fault_level"] if fault.get("fault_level") not in (None, "0") else ""
        yield problem(CRITICAL, "%s %s is %s%s" % (fault["kind"], fault["name"], fault["status"], level))
    if len(group["faults"]) > _NAMED:
        yield problem(CRITICAL, "%d more faults" % (len(group["faults"]) - _NAMED))
    failover = group["readiness"].get("failover")
    if group["protected"] and failover and not (failover["ready"] and not failover["forced"]):
        yield problem(CRITICAL, "not ready for a failover%s: %s" % (
            " without force" if failover["ready"] else "", "; ".join(str(check["detail"]) for check in failover["failed"][:2])))
    yield from (problem(*each) for each in _drill_problems(group, age))
    for drill in group["standing_drills"]:
        yield problem(NOTICE, "drill %s still exists (%s)" % (drill.get("name"), drill.get("status")))
    if group["unmanaged"]:
        yield problem(NOTICE, "not in the document: %s" % _listed(group["unmanaged"]))


def _drill_problems(group: dict, age: Any) -> Iterator:
    drill = group["drill"]
    if drill is None and group["drilled"]:
        yield NOTICE if group["drilled_in_time"] else WARNING, "there is no report of a drill; the service lists one in the last three months"
        return
    if drill is None:
        yield WARNING, "no drill is on record" + (", and the service lists none in the last three months" if group["drilled"] is False else "")
        return
    if drill["verdict"] != PASSED:
        yield WARNING, "the last drill failed (%s)" % drill["at"]
    if group["passed"] is None:
        yield WARNING, "no successful drill is on record"
    elif group["due_in_seconds"] < 0:
        yield WARNING, "a drill is overdue by %s" % days(-group["due_in_seconds"])
    elif group["due_in_seconds"] < age / 10:
        yield NOTICE, "a drill is due in %s" % days(group["due_in_seconds"])
    if drill["met"] is False and drill["verdict"] == PASSED:
        yield WARNING, "the last drill missed its target: %s, target %s" % (span(drill["measured_seconds"]), span(drill["target_seconds"]))


def _totals(groups: list) -> dict:
    found = {"groups": len(groups), "protected_instances": sum(group["protected_instances"] for group in groups)}
    found.update((level, sum(group["level"] == level for group in groups)) for level in (CRITICAL, WARNING, NOTICE, "fine"))
    for name, counts in (("protected", lambda group: group["protected"]), ("synchronised", lambda group: group["synchronised"]),
                         ("with_faults", lambda group: group["faults"]), ("unreadable", lambda group: group["unreadable"] is not None),
                         ("drilled_in_time", lambda group: group["drilled_in_time"])):
        found[name] = sum(bool(counts(group)) for group in groups)
    return found


def _rpo(points: Any) -> dict | None:
    """The most pairs over their RPO at once, and the newest point; None where the cloud has no statistics."""
    if not isinstance(points, list):
        return None
    counts = [point.get("resource_num") for point in points if isinstance(point, dict)]
    return {"points": len(points), "most_over_rpo": max((count for count in counts if isinstance(count, int) and not isinstance(count, bool)), default=None)}
