# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run of a runbook ended for one protection group: state, done, not done, next. Pure. PRIVATE to the collection.

An ending is ``{subject, state, done, not_done, next, failed, report}``. The three lists hold sentences without the subject, so that those of several
groups can be merged; ``next`` is ``{why, playbook, confirm, options}``, playbook None for the same one again, or None if nothing is left to do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ._report import PASSED, cause, moment, span, unchanged

SWITCHING = ("failing-over", "reversing", "reprotecting")
_PROTECTION = {
    "protected": "protected: its data is replicated to the other site",
    "failed-over": "NOT protected (failed-over): nothing replicates its data until it is re-protected",
    "available": "NOT protected: protection is off",
}
_TITLES = {"drill": "drill", "planned_failover": "planned failover", "failover": "failover", "failback": "failback", "reprotect": "re-protection",
           "recover_by_drill": "recovery by drill"}
_DRILLS = ("drill", "recover_by_drill")
_CONFIRMED = ("failover", "planned_failover", "failback", "reprotect", "recover_by_drill")
_NOTHING = "nothing: nothing was sent that changes anything"
# Nothing to type: it takes somebody's work.
BACK: dict = {"why": "back up what the drill servers write, because nothing protects it; the report describes the way back", "only": True}
# What a person cannot mend in the group itself: the connection or the account.
_OUTSIDE, _FIRST_REASONS = ("APIGW.", "SDRS.0102", "SDRS.0103"), 3
_BEFORE = re.compile(r"^(Task failed: )?(Finalization of task args .{0,400}?failed: .{0,400}?)?(The filter plugin '[\w.]+' failed: )", re.DOTALL)


def ending(run: dict) -> dict:
    """The ending of a failover, failback, re-protection or drill.

    :param run: as the report has it, and ``host``, ``subject``, ``group`` (as a GET shows it), ``position``, ``site``, ``waves`` (ordered), ``would``
        (what check mode rehearses), ``next`` (if it is not ready), ``refused``, ``allow_no_change``, ``reasons`` (why it failed), ``problems``
        (of the report), ``measured``, ``stopped_by`` (why it ended early), ``task`` (what it was about to do), ``writing`` (whether that sends something)
    """
    run = dict(run, no_change=unchanged(run))
    return {
        "host": run.get("host"), "subject": _name(run), "confirm": str(run.get("subject") or run.get("host")),
        "state": _state(run), "done": _done(run), "not_done": _not_done(run), "next": _next(run),
        "failed": bool(run.get("errors") or run.get("stopped_by") or run.get("reasons") or _failing(run)), "report": run.get("report") or None,
    }


def _name(run: dict) -> str:
    return str((run.get("group") or {}).get("name") or run.get("subject") or run.get("host"))


def where(group: dict) -> list:
    """Where production of a group is and what protects it, as sentences."""
    status, site = group.get("status"), group.get("priority_station")
    zone = group.get("%s_availability_zone" % site)
    place = "production at the %s site%s" % (site, " (%s)" % zone if zone else "")
    if status in SWITCHING:
        return ["in flight (%s): %s until it has ended" % (status, "production was last seen at the %s site" % site if status != "reprotecting" else place)]
    text = _PROTECTION.get(str(status)) or ("in error (%s)" % status if str(status).startswith("error") else "status %s" % status)
    return [place, text]


def _without_name(run: dict, text: str) -> Any:
    """A sentence without its full stop and without the subject, which stands before it anyway."""
    text = str(text).strip()
    for name in (_name(run), str(run.get("subject"))):
        text = text[len(name):].lstrip(" :") if text.startswith((name + " ", name + ": ")) else text
    return text.rstrip(".")


def _state(run: dict) -> list:
    group = run.get("group") or {}
    if not group.get("status"):
        return ["not read in this run: the production site is unknown"]
    return where(group) + _servers(run)


def _servers(run: dict) -> list:
    tried = {server.get("protected_instance"): server for server in run.get("servers") or []}
    wanted = [name for wave in run.get("waves") or [] for name in wave.get("instances") or []] or list(tried)
    if not wanted or not (tried or _reached(run, "switched") or _reached(run, "servers stopped")):
        return []
    up = [name for name in wanted if _up(tried.get(name))]
    down = [name for name in wanted if name in tried and name not in up]
    rest = [name for name in wanted if name not in tried]
    kind = "drill servers" if run.get("what") in _DRILLS else "servers"
    text = "%s %d of %d verified up" % (kind, len(up), len(wanted))
    text += ", failed: %s" % listed(down) if down else ""
    return [text + (", not tried: %s" % listed(rest) if rest else "")]


def _up(server: Any) -> bool:
    return bool(server) and all(check.get("status") in (PASSED, "skipped") for check in server.get("checks") or [])


def _failing(run: dict) -> list:
    return [server for server in run.get("servers") or [] if not _up(server)]


def _reached(run: dict, name: str) -> bool:
    return any(entry.get("name") == name for entry in run.get("milestones") or [])


def _done(run: dict) -> list:
    if run.get("check_mode"):
        return ["nothing: check mode changes nothing"]
    milestones, measured, target = [entry for entry in run.get("milestones") or [] if moment(entry.get("at"))], run.get("measured"), run.get("target_seconds")
    began, found = milestones[0]["at"] if milestones else None, []
    for entry in milestones[1:]:
        found.append("%s after %d s" % (entry["name"], round((moment(entry["at"]) - moment(began)).total_seconds())))
    if measured not in (None, ""):  # before ansible-core 2.19 a template gives "" for none
        found.append("recovery took %s%s" % (span(measured), "" if target in (None, "") else ", the target is %s" % span(target)))
    found += ["%s passed" % step["check"] for step in run.get("steps") or [] if step.get("status") == PASSED]
    found += ["%s %s" % (entry["what"], entry["status"]) for entry in run.get("clean_up") or [] if entry.get("status") in ("removed", "kept")]
    if not found and _sent(run):
        found = ["; ".join(dict.fromkeys(_words(operation) for operation in _sent(run)[:4]))]
    return found or ["nothing was switched in this run" if run.get("no_change") else _NOTHING if not _uncertain(run) else
                     "nothing is known to have completed"]


def _uncertain(run: dict) -> bool:
    """Whether a request may have been sent whose outcome is unknown."""
    return bool(run.get("stopped_by") and run.get("writing")) or any(_attempted(error) for error in run.get("errors") or [])


def _attempted(error: Any) -> bool:
    about = error.get("error") if isinstance(error.get("error"), dict) else {}
    return bool(error.get("operations") or error.get("jobs") or about.get("job_id"))


def _sent(run: dict) -> list:
    results = [*(run.get("results") or []), *(run.get("errors") or [])]
    return [operation for result in results for operation in result.get("operations") or [] if isinstance(operation, dict)]


def _words(operation: dict) -> str:
    return "%s %s" % (str(operation.get("operation")).replace("_", " "), operation.get("name") or str(operation.get("resource_type")).replace("_", " "))


def _not_done(run: dict) -> Any:
    found = []
    if run.get("stopped_by"):
        found.append("the run was ended by %s%s" % (run["stopped_by"], " during: %s" % run["task"] if run.get("task") else ""))
        if run.get("writing"):
            found.append("the operation requested last may still be running; the next run waits for it")
    errors = [message(error) for error in run.get("errors") or []]
    if run.get("check_mode") and run.get("would") and not errors:
        return ["would be done, in this order: " + "; ".join("%d. %s" % entry for entry in enumerate(run["would"], 1))]
    reasons = run.get("reasons") or errors + [
        "%s: %s: %s" % (server.get("protected_instance") or server.get("name") or server.get("id"), check.get("check"), check.get("detail"))
        for server in _failing(run) for check in server.get("checks") or [] if check.get("status") not in (PASSED, "skipped", "not_tried")]
    reasons = list(dict.fromkeys(_without_name(run, told(reason)) for reason in reasons))
    found += reasons[:_FIRST_REASONS] + (["%d more, see the report" % (len(reasons) - _FIRST_REASONS)] if len(reasons) > _FIRST_REASONS else [])
    return (found + _left(run) + [str(problem).rstrip(".") for problem in run.get("problems") or []]) or ["nothing remains"]


def _left(run: dict) -> Any:
    """The steps that the run did not reach."""
    what, found = run.get("what"), []
    if run.get("refused") or not (run.get("group") or {}).get("status"):
        return ["%s: not started" % _TITLES.get(str(what), what)]
    if what == "drill":
        return [] if not run.get("errors") or run.get("servers") else ["no server was verified"]
    if what == "reprotect":
        return [] if (run.get("group") or {}).get("status") == "protected" else ["the re-protection"]
    switched = what in _DRILLS or _reached(run, "switched") or run.get("position") == "there"
    if not switched:
        found.append("the switch to the %s site" % run.get("site"))
    found += _paused(run)
    tried = {server.get("protected_instance") for server in run.get("servers") or []}
    for wave in run.get("waves") or []:
        rest = [name for name in wave.get("instances") or [] if name not in tried]
        if rest and not (run.get("no_change") and not run.get("errors")):
            found.append("wave %s: %s not tried" % (wave.get("number"), listed(rest)))
    if what not in _DRILLS and switched and (run.get("group") or {}).get("status") == "failed-over":
        found.append("re-protection from the new site")
    return found


def _paused(run: dict) -> list[str]:
    """AS groups that this run paused, or an earlier one."""
    names = [entry["before"].get("name") or entry["before"].get("id") for entry in run.get("as_groups") or []
             if (entry.get("before") or {}).get("status") == "paused" and (entry.get("after") or {}).get("status") not in (None, "paused")]
    if not names or run.get("scaled_to") == "after" or run.get("check_mode") or run.get("no_change"):
        return []
    begun = run.get("interrupted") or run.get("position") != "elsewhere" or any("AS groups" in str(error.get("task")) for error in run.get("errors") or [])
    sure = run.get("scaled_to") == "before"
    return ["AS group %s %s paused" % (listed(names), "is still" if sure else "may still be")] if sure or begun else []


def message(error: Any) -> Any:
    """The message of a failed task; ``error`` is its result."""
    error = cause(error)
    about = error.get("error") if isinstance(error.get("error"), dict) else {}
    return told(error.get("msg") or about.get("message") or error.get("message") or "a task failed without a message")


def told(text: str) -> Any:
    """The message of a task without what ansible-core 2.19 puts before that of a filter."""
    return _BEFORE.sub("", str(text))


def outside(errors: Any) -> bool:
    """Whether the connection or the account is at fault, so that the doctor is to be asked."""
    for error in map(cause, errors or []):
        about: dict = error["error"] if isinstance(error.get("error"), dict) else {}
        status, code = about.get("http_status"), str(about.get("code") or "")
        if status in (401, 403) or isinstance(status, int) and status >= 500 or code.startswith(_OUTSIDE):
            return True
        text = message(error).lower()
        if about and not about.get("job_id") and any(word in text for word in ("request to", "authenticat", "credential", "could not connect", "timed out")):
            return status is None or status >= 400 and not code.startswith("SDRS.")
    return False


def again(why: str = "fix what NOT DONE lists, then run it again") -> dict:
    """The same command once more, with the confirmation and the ``--limit`` that were typed."""
    return dict(step(why), keep=True)


def step(why: str, playbook: Any = None, confirm: bool = False, options: Iterable = (), check: bool = False) -> dict:
    """What to do next. ``playbook`` None is the same one."""
    return {"why": why, "playbook": playbook, "confirm": confirm, "options": list(options), "check": check}


def _next(run: dict) -> Any:
    what, status = run.get("what"), (run.get("group") or {}).get("status")
    switch, errors = what in _CONFIRMED, run.get("errors") or []
    if outside(errors) and not _reached(run, "switched"):
        return step("diagnose the connection, then run the same command again", "doctor")
    if run.get("stopped_by"):
        return step("run it again; it resumes where it stopped", confirm=switch)
    if run.get("next") and errors and not _sent(run):
        return run["next"]
    if run.get("check_mode") and not errors:
        return step("do it" if status not in SWITCHING else "wait for the switch in flight, and finish it", confirm=switch)
    if switch and what != "reprotect" and status == "failed-over" and errors and run.get("position") == "elsewhere" and not _reached(run, "switched"):
        return step("re-protect first (this overwrites the disks of the other site), then run the same command again", "reprotect", confirm=True)
    if errors and run.get("untold") and status is None:
        return again()
    if errors or _failing(run):
        if status in ("available", None) and not _sent(run) and not run.get("refused") and switch:
            return step("fix what NOT DONE lists; this command only checks and changes nothing", confirm=False, check=True)
        return step("fix what NOT DONE lists, then run it again; it resumes where it stopped", confirm=switch)
    return _after_success(what, status, run)


def _after_success(what: Any, status: Any, run: dict) -> dict | None:
    if what == "recover_by_drill":
        return BACK
    if what == "drill":
        return step("see when the next drill is due", "drill_status")
    if status == "failed-over":
        return step("when the other site is back: re-protect (this overwrites its disks)", "reprotect", confirm=True)
    if status in SWITCHING:
        return step("wait for what is in flight", confirm=True)
    if (run.get("group") or {}).get("priority_station") == "target":
        return step("to make the other site production again, once synchronisation has finished", "failback", confirm=True)
    return step("test the recovery with a drill", "drill")


def listed(names: Iterable, most: Any = 4) -> str:
    """Names, the first few of many."""
    shown = [str(name) for name in names]
    return ", ".join(shown[:most]) + (" and %d more" % (len(shown) - most) if len(shown) > most else "")


def refusals(groups: dict, what: str, problems: Any, confirmed: Any) -> list:
    """The endings of a run that was refused before anything was read.

    :param groups: ``{host: protection group}``
    :param problems: why, as sentences
    :param confirmed: the groups that somebody confirmed
    """
    endings = [
        ending({"what": what, "host": host, "subject": group or host, "refused": True, "errors": [{"msg": "refused: " + "; ".join(problems)}]})
        for host, group in groups.items()
    ]
    sure = [each for each in endings if each["confirm"] in confirmed]
    for each in endings:
        each["next"] = None if what in _CONFIRMED else again()
    if what not in _CONFIRMED:
        return endings
    if sure:
        why = "fix what NOT DONE lists, then run it again" if len(sure) == len(endings) else "switch only the confirmed groups"
        for each in sure:
            each["next"] = step(why, confirm=True)
    elif len(endings) == 1:
        endings[0]["next"] = step("confirm this group by its name", confirm=True)
    else:
        endings[0]["next"] = step("switch one group at a time, or confirm each by its name", confirm=True)
    return endings


def untold(host: str, what: str, errors: Iterable = (), stopped_by: Any = None, task: dict | None = None) -> dict:
    """The ending of a run of which nothing more is known than why it ended."""
    run = {"what": what, "host": host, "subject": host, "errors": list(errors), "stopped_by": stopped_by, "task": task, "refused": True, "untold": True}
    return dict(ending(run), untold=what, failed=True, **({} if errors or stopped_by else {"next": again()}))
