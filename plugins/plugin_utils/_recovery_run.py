# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the journal of a recovery plan's run comes to, for its report. PRIVATE to the collection."""

from __future__ import annotations

from . import _attempts
from ._journal_entries import dicts
from ._recovery_plan import BY_DRILL, THERE

_PASSED = "passed"


def run(entries: list[dict], base: dict) -> dict:
    """The run as ``_report.build`` takes it, from everything that its journal holds.

    :param base: what holds without a journal: ``what``, ``plan``, ``readiness``, ``notes``, ``target_seconds``, ``errors``
    """
    found: dict = {"milestones": [], "results": [], "clean_up": [], "notes": list(base.get("notes") or [])}
    servers: dict = {}
    steps: dict = {}
    errors: list = []
    for entry in entries:
        event = entry["event"]
        if event in ("begun", "resumed"):
            found["milestones"].append({"name": "requested" if event == "begun" else "resumed", "at": entry["at"]})
            errors = []
        elif event == "milestone" and isinstance(entry.get("name"), str):
            found["milestones"].append({"name": entry["name"], "at": entry["at"]})
        elif event == "result":
            found["results"].append({"operations": dicts(entry.get("operations")), "jobs": dicts(entry.get("jobs"))})
        elif event == "servers":
            servers.update((server.get("protected_instance") or server.get("id"), {**server, "tier": entry.get("tier")})
                           for server in dicts(entry.get("servers")))
        elif event == "step":
            steps.pop(entry.get("check"), None)
            steps[entry.get("check")] = {key: entry.get(key) for key in ("check", "status", "detail", "at")}
        elif event == "acknowledged":
            steps["manual step %s" % entry.get("name")] = {
                "check": "manual step %s" % entry.get("name"), "status": _PASSED, "detail": "acknowledged by %s" % entry.get("by"), "at": entry["at"]}
        elif event == "error":
            errors.append({"msg": str(entry.get("msg")), "task": entry.get("task"), "error": entry.get("error")})
        elif event == "clean_up":
            found["clean_up"].append({key: entry.get(key) for key in ("what", "name", "status", "detail")})
        elif event == "note":
            found["notes"].append(str(entry.get("text")))
    there = [step["detail"] for step in steps.values() if str(step.get("check")).startswith("switch ")]
    resumed = any(entry["event"] == "resumed" for entry in entries)
    if there and set(there) == {THERE} and not resumed and not any(result["operations"] for result in found["results"]):
        found["milestones"] = [entry for entry in found["milestones"] if entry["name"] != "switched"]
        found["position"] = "there"
    for name in base.get("acknowledged") or []:
        check = "manual step %s" % name
        steps.setdefault(check, {"check": check, "status": _PASSED, "detail": "acknowledged by recovery_acknowledged", "at": None})
    return {
        **{key: base.get(key) for key in ("what", "readiness", "target_seconds")}, **found, "name": base["plan"],
        "server_group": {"name": base["plan"]}, "servers": list(servers.values()), "steps": list(steps.values()),
        "errors": errors or base.get("errors") or [], "interrupted": resumed, "site": base.get("site"),
        "attempts": _attempts.of_journal(entries), "project": next((entry.get("project") for entry in entries if entry["event"] == "begun"), None),
        "allow_no_change": base.get("allow_no_change"), "allow_option": "failover_allow_no_change",
        "until": {"reprotect": "re-protected", "drill": "drills available", BY_DRILL: "drills available"}.get(str(base.get("what")), "switched"),
    }
