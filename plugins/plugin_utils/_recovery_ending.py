# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run of a recovery plan ended, as the last lines of a screen: see ``_ending``. Pure. PRIVATE to the collection."""

from __future__ import annotations

from ._ending import BACK, SWITCHING, listed, outside, step, told
from ._recovery_plan import THERE
from ._report import PASSED

_NOTHING = "nothing: nothing was sent that changes anything"
_FIRST = 3
_UNKNOWN = "nothing is known to have completed"
_REACHED = {"recover_by_drill": "have their DR drills; production was not moved", "drill": "have their DR drills; production was not moved",
            "reprotect": "are protected"}
_STATUS = {"failed-over": "failed-over: NOT protected until it is re-protected", "available": "available: NOT protected"}


def ended(given: dict) -> dict:
    """The ending of a run.

    :param given: ``host``; ``plan`` (its name, empty if the plan could not be read), ``operation``, ``state`` (of sdrs_recovery_info, if it was read),
        ``report`` (its content, empty if the run was refused before it began), ``path`` of the report, ``failure`` (the failed task's result),
        ``check_mode``
    """
    report, failure = given.get("report") or {}, given.get("failure") or {}
    failed = bool(failure) or report.get("verdict") == "failed"
    operation = str(given.get("operation") or "recovery").replace("_", " ")
    if report:
        state, done, left = report["state"] or _places(given.get("state")), report["done"] or [_NOTHING], _first(report["not_done"])
    else:
        state, done, left = _places(given.get("state")), [_NOTHING], ["%s: not started" % operation]
    if failure and not (report and report["not_done"]):
        left = [told(failure.get("msg") or "a task failed without a message").rstrip("."), *left]
    if given.get("check_mode") and not failed:
        left = ["would be done, in this order: %s" % "; ".join("%d. %s" % entry for entry in enumerate((given.get("state") or {}).get("order") or [], 1))]
    if operation == "recover by drill" and report and not failed and not given.get("check_mode"):
        left = ["the way back to production, and the protection of new data on the drill servers", *left]
    plan = str(given.get("plan") or "recovery plan")
    return {
        "host": given.get("host"), "subject": plan, "confirm": plan, "state": state, "done": done, "not_done": left or ["nothing remains"],
        "next": following(given, failed), "failed": failed, "report": given.get("path") or None,
    }


def stopped(host: str, facts: dict, why: dict) -> dict:
    """The ending of a run that did not come to its own, of what the role had set and read.

    :param facts: ``recovery_about``, ``recovery_loaded``, ``recovery_log``, ``recovery_became``, ``recovery_outcomes``, ``recovery_made``, and
        ``recovery_state`` as it was read before anything was sent
    :param why: ``by`` (a signal), ``task`` (what it was about to do), ``writing`` (whether that sends something), ``sent`` (whether something was changed
        before), ``errors`` (results of tasks that failed)
    """
    about, state, outcomes = facts.get("recovery_about") or {}, facts.get("recovery_state") or {}, facts.get("recovery_outcomes") or {}
    operation, plan = about.get("operation"), ((facts.get("recovery_loaded") or {}).get("document") or {}).get("name")
    title = str(operation or "the recovery plan").replace("_", " ")
    begun = bool((facts.get("recovery_log") or {}).get("path")) and not about.get("check_mode")
    left = ["the run was ended by %s%s" % (why["by"], " during: %s" % why["task"] if why.get("task") else "")] if why.get("by") else []
    left += [told(error.get("msg") or "a task failed without a message").rstrip(".") for error in (why.get("errors") or [])[-1:]]
    if begun:
        left += ["the operation requested last may still be running; the next run waits for it"] if why.get("writing") else []
        left += _untried(facts, operation, state, outcomes)
    else:
        left.append("%s: not started" % title)
    again = "run it again" if why.get("by") else "fix what NOT DONE lists, then run it again"
    kept = [each.get("id") for each in facts.get("recovery_made") or []]
    if kept and operation == "drill":
        left.append("the DR drills of this run were not deleted; a new run within a day deletes them")
    return {
        "host": host, "subject": plan or "recovery plan", "confirm": plan or "recovery plan", "state": _seen(facts, state, begun),
        "done": _so_far(facts, outcomes, why) if begun else [_NOTHING], "not_done": left, "failed": True, "report": None,
        "next": {**step(again + ("; it resumes where it stopped" if begun else "")), "keep": True},
    }


def _seen(facts: dict, state: dict, begun: bool) -> list[str]:
    became = facts.get("recovery_became") or {}
    reached, failed = became.get("reached") or [], became.get("failed") or {}
    if reached or failed:
        about = facts.get("recovery_about") or {}
        there = _REACHED.get(str(about.get("operation")), "have production at the %s site" % about.get("active_site"))
        return ["%d of %d protection groups %s%s" % (len(reached), len(reached) + len(failed), there, ", not %s" % listed(failed) if failed else "")]
    return [("when the run began: " if begun else "") + text for text in _places(state)] if state.get("server_groups") else _places(state)


def _so_far(facts: dict, outcomes: dict, why: dict) -> list[str]:
    up = [name for name, outcome in outcomes.items() if outcome.get("passed")]
    reached = (facts.get("recovery_became") or {}).get("reached") or []
    found = ["%d protection groups have been switched or did not need to be" % len(reached)] if reached else []
    found += ["tiers up: %s" % listed(up)] if up else []
    return found or [_UNKNOWN if why.get("writing") or why.get("sent") else _NOTHING]


def _untried(facts: dict, operation: str | None, state: dict, outcomes: dict) -> list[str]:
    became, found = facts.get("recovery_became") or {}, []
    if not became.get("reached") and not became.get("failed"):
        found.append("the %s" % {"drill": "DR drills", "recover_by_drill": "DR drills", "reprotect": "re-protection"}.get(str(operation), "switch"))
    down = [name for name, outcome in outcomes.items() if not outcome.get("passed")]
    rest = [tier["name"] for tier in state.get("tiers") or [] if tier["name"] not in outcomes] if operation != "reprotect" else []
    found += ["tiers that failed: %s" % listed(down)] if down else []
    return found + (["tiers not up: %s" % listed(rest)] if rest else [])


def _first(sentences: list) -> list[str]:
    more = ["%d more, see the report" % (len(sentences) - _FIRST)] if len(sentences) > _FIRST else []
    return [str(each).rstrip(".") for each in sentences[:_FIRST]] + more


def of_report(report: dict, given: dict) -> dict:
    """The report of a plan's run with what is true, what was done and what was not.

    :param given: ``state`` (of sdrs_recovery_info), ``now`` (the groups as a list showed them at the end, or None)
    """
    steps, servers, state = report["steps"], report["servers"], given.get("state") or {}
    groups = [step for step in steps if str(step["check"]).startswith(("switch ", "drill ", "re-protect "))]
    reached = [step for step in groups if step["status"] == PASSED]
    found = ["%d of %d protection groups %s" % (len(reached), len(groups), _REACHED.get(report["what"], "are at the requested site"))] if groups else []
    places = _places(state, given.get("now"))
    found += places if report["verdict"] == "check" or given.get("now") else ["when the run began: " + text for text in places]
    tiers = _tiers(report, state)
    most, tried, up = sum(tier["servers"] for tier in tiers), len(servers), len([server for server in servers if server["passed"]])
    if servers:
        found.append("servers %d of %d verified up%s%s" % (
            up, max(most, tried), ", %d failed" % (tried - up) if tried > up else "", ", %d not tried" % (most - tried) if most > tried else ""))
    left = ["%s: %s" % (step["check"], step["detail"]) for step in steps if step["status"] != PASSED]
    left += [error["message"] for error in report["errors"]]
    done = ["%s after %d s" % (each["name"], each["seconds"]) for each in report["milestones"][1:]]
    if report["verdict"] == "check":
        done = ["nothing: check mode changes nothing"]
    elif unchanged_by(report):
        done, left = ["nothing was switched in this run", *done], [*left, *report["reasons"]]
    return dict(report, state=found, done=done or [_UNKNOWN], not_done=list(dict.fromkeys(left)), next=[], tiers=tiers)


def unchanged_by(report: dict) -> bool:
    """Whether a run had nothing to switch, as its steps tell."""
    found = [step["detail"] for step in report["steps"] if str(step["check"]).startswith("switch ")]
    return bool(found) and set(found) == {THERE} and not report["interrupted"] and not report["operations"]


def _tiers(report: dict, state: dict) -> list[dict]:
    """The tiers with their servers; in check mode none was tried."""
    ended = {str(step["check"])[5:]: step["status"] for step in report["steps"] if str(step["check"]).startswith("tier ")}
    # A tier that waits for one that did not come up is noted as not tried.
    words = {"passed": "succeeded", "failed": "failed", "not_tried": "blocked"}
    up: dict = {}
    for server in report["servers"]:
        up[server.get("tier")] = up.get(server.get("tier"), 0) + bool(server["passed"])
    return [{"name": tier["name"], "status": words.get(str(ended.get(tier["name"])), "not_tried"), "servers_up": up.get(tier["name"], 0),
             "servers": tier.get("servers", 0)} for tier in (state.get("tiers") or [] if report["what"] != "reprotect" else [])]


def _places(state: dict | None, now: list[dict] | None = None) -> list[str]:
    """Where production of the groups is and what protects it, each place once, the fewest first.

    :param now: the groups as they were at the end, if they could be read
    """
    live = {str(group.get("id")): group for group in now or []}
    groups = [{**group, **{key: live.get(str(group.get("id")), group).get(key) for key in ("priority_station", "status")}}
              for group in (state or {}).get("server_groups") or []]
    if not groups:
        return ["not read in this run: the production site is unknown"]
    found: dict[str, list[str]] = {}
    for group in groups:
        text = "production at the %s site (%s)" % (group.get("priority_station"), _STATUS.get(str(group.get("status")), group.get("status")))
        if str(group.get("status")) in SWITCHING:
            text = "in flight (%s): production may be at either site" % group.get("status")
        found.setdefault(text, []).append(str(group.get("name")))
    return ["%s: %s" % (text, listed(names, _FIRST)) for text, names in sorted(found.items(), key=lambda entry: len(entry[1]))]


def following(given: dict, failed: bool) -> dict | None:
    """The next step after a run (see ``_ending.step``), None where nothing is left.

    :param given: see ``ended``
    """
    report, operation = given.get("report") or {}, given.get("operation")
    # A plan that could not be read has no name to confirm.
    confirmed = {"confirm": operation != "drill" and bool(given.get("plan")), "confirmation": "failover_confirm"}
    if not report and outside([given.get("failure") or {}]):
        return step("diagnose the connection, then run the same command again", "doctor")
    if failed and not report and "not confirmed: recovery plan" in str((given.get("failure") or {}).get("msg")):
        return step("review the order and any obstacles; this command changes nothing", check=True)
    if failed and not report and (given.get("state") or {}).get("healthy"):
        return {**step("production looks healthy: move it without data loss", "planned_failover"), **confirmed}
    if failed:
        return {**step("fix what NOT DONE lists, then run it again" + ("; it resumes where it stopped" if report else "")), **confirmed}
    if given.get("check_mode"):
        return {**step("do it"), **confirmed}
    usual = {
        "failover": ("when the other site is back: re-protect (this overwrites its disks)", "reprotect"),
        "planned_failover": ("to make the other site production again, once synchronisation has finished", "failback"),
        "failback": ("test the recovery with a drill", "drill"),
        "reprotect": ("to make the other site production, once synchronisation has finished", "failback"),
    }.get(str(operation))
    if not usual:
        return BACK if operation == "recover_by_drill" else None
    return {**step(*usual), "confirm": usual[1] != "drill", "confirmation": "failover_confirm"}
