# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endings of the playbooks that switch nothing: plan, converge, export, drift, drill_status, doctor, posture. Pure. PRIVATE to the collection."""

from __future__ import annotations

from ._ending import again, listed, message, outside, step, untold, where

_CREATED = ("create", "add_nic", "attach")
_DELETED = ("delete", "delete_nic", "detach")
_FIRST = 3
_NOTHING = "nothing: nothing was sent that changes anything"


def counted(operations: list | None) -> tuple[int, int, int]:
    """How many operations create, change and delete, as Terraform counts: ``(created, changed, deleted)``."""
    names = [operation.get("operation") for operation in operations or [] if isinstance(operation, dict)]
    created, deleted = sum(name in _CREATED for name in names), sum(name in _DELETED for name in names)
    return created, len(names) - created - deleted, deleted


def planned(operations: list | None) -> str:
    """``Plan: 3 to create, 1 to change, 0 to delete``."""
    return "Plan: %d to create, %d to change, %d to delete" % counted(operations)


def applied(operations: list | None) -> str:
    """``Applied: 3 created, 1 changed, 0 deleted``."""
    return "Applied: %d created, %d changed, %d deleted" % counted(operations)


def _made(run: dict, state: list[str], done: list[str], not_done: list[str], following: dict | None, failed: object) -> dict:
    subject = str(run.get("subject") or run.get("host"))
    return {"host": run["host"], "subject": subject, "confirm": subject, "state": state, "done": done, "not_done": not_done or ["nothing remains"],
            "next": following, "failed": bool(failed), "report": run.get("report") or None}


def _parts(result: dict) -> tuple[list[str], list[str], list[str]]:
    branches = result.get("branches") or {}
    failed = [_told(entry) for entry in branches.get("failed") or []]
    blocked = _blocked(branches)
    not_tried = ["not tried: %s" % listed(branches["not_tried"])] if branches.get("not_tried") else []
    return failed, blocked, not_tried


def _blocked(parts: dict) -> list[str]:
    """The parts of a document that are blocked, each with the reason."""
    told = [_told(entry) for entry in parts.get("blocked") or []]
    return [text if "blocked until failback" in text else "blocked until failback: %s" % text for text in told]


def _told(entry: object) -> str:
    """The outcome of a part of a document: its path and the reason."""
    if not isinstance(entry, dict):
        return str(entry)
    path, text = str(entry.get("path") or ""), str(entry.get("message") or "")
    return (text if text.startswith(path) else "%s: %s" % (path, text)).rstrip(".: ")


def topology(run: dict, result: dict) -> dict:
    """The ending of converge.

    :param run: ``host``, ``subject``, ``check_mode``
    :param result: of sdrs_topology, failed or not; empty if it came to none
    """
    if not result:
        return untold(run["host"], "converge")
    operations, failed = result.get("operations") or [], bool(result.get("failed"))
    errors, blocked, not_tried = _parts(result)
    if failed and not errors and not blocked:
        errors = [message(result)]
    groups = result.get("server_groups") or []
    state = [text for group in groups[:1] for text in where(group)] if len(groups) == 1 and groups[0].get("priority_station") else []
    if not state:
        state = ["in line with the document" if not (failed or blocked or not_tried) and not run.get("check_mode") else "not in line with the document"
                 if operations or errors or blocked else "in line with the document" if not failed else "not known"]
    if not run.get("check_mode") and any((each.get("operation"), each.get("resource_type")) == ("delete", "server_group") for each in operations):
        state = ["removed: the protection group no longer exists"]
    if failed and "operations" not in result:
        state = ["not read in this run"]
    if run.get("check_mode"):
        done, left = ["nothing: check mode changes nothing", planned(operations)], [planned(operations)] if operations else []
    else:
        none = "nothing is known to have changed" if failed else "nothing: no change was necessary"
        done, left = ["%s. %s" % (planned(operations), applied(operations)) if operations and not failed else applied(operations) if operations else none], []
    left += (errors + blocked)[:_FIRST] + not_tried
    return _made(run, state, done, left, _after_topology(run, result, failed, operations), failed)


def _after_topology(run: dict, result: dict, failed: bool, operations: list) -> dict:
    if failed and outside([result]):
        return step("diagnose the connection, then run the same command again", "doctor")
    branches = result.get("branches") or {}
    if failed and branches.get("blocked") and not branches.get("failed"):
        return _after_blocked(branches["blocked"])
    if failed:
        return step("fix what NOT DONE lists, then run it again; completed changes are not repeated")
    if run.get("check_mode"):
        return step("apply it") if operations else step("nothing has to be applied; test the recovery with a drill", "drill")
    return step("check that no changes remain", "plan")


def plan(run: dict, found: dict | None, result: dict | None = None) -> dict:
    """The ending of plan.

    :param found: what the filter plan_report made
    :param result: of sdrs_topology, for its error
    """
    if not found and not (result or {}).get("failed"):
        return untold(run["host"], "plan")
    if not found:
        return _made(run, ["not read in this run"], [_NOTHING], [message(result)], _mend(result or {}), True)
    verdict, operations = found.get("verdict"), found.get("operations") or []
    state = [{"clean": "clean: in line with the document", "drift": "drift: not in line with the document"}.get(str(verdict), "could not be compared")]
    state += (["blocked: until failback"] if found.get("blocked") else []) + _beside(found)
    left = [planned(operations)] if operations else []
    left += _blocked(found)[:_FIRST]
    differing = ["%s: %s is %s, should be %s" % tuple(each.get(key) for key in ("name", "option", "live", "wanted")) for each in found.get("differing") or []]
    left += differing[:_FIRST]
    left += [str(found.get("message") or "the comparison failed").rstrip(".")] if verdict == "error" else []
    following = _after_plan(found, operations)
    if verdict == "error":
        following, state = _mend(result or {}), ["not read in this run"] if outside([result or {}]) else state
    done = _NOTHING if verdict == "error" else "compared: %s; nothing was sent that changes anything" % planned(operations)
    return _made(run, state, [done], left, following, verdict == "error")


def _beside(found: dict) -> list[str]:
    """What the comparison leaves alone, as sentences."""
    unmanaged = ["%s %s" % (str(each.get("resource_type")).replace("_", " "), each.get("name")) for each in found.get("unmanaged") or []]
    silent = ["%s of %s %s%s" % (each.get("option"), each.get("count"), str(each.get("resource_type")).replace("_", " "), "s" if each.get("count") != 1 else "")
              for each in found.get("not_compared") or []]
    sentences = ["unmanaged, in no document: %s" % listed(unmanaged + [""] * ((found.get("unmanaged_total") or 0) - len(unmanaged)))] if unmanaged else []
    return sentences + (["set, but not compared: %s" % listed(silent)] if silent else [])


def _after_blocked(blocked: list[dict]) -> dict:
    """What has to come first: a group that failed over must be protected again before it can be failed back."""
    if any("cloud_dr.sdrs.reprotect" in str(entry.get("remedy")) for entry in blocked):
        return step("when the other site is back: re-protect (this overwrites its disks), then fail back", "reprotect", confirm=True)
    return step("to make the other site production again, once synchronisation has finished", "failback", confirm=True)


def _after_plan(found: dict, operations: list) -> dict:
    if found.get("blocked"):
        return _after_blocked(found["blocked"])
    if operations:
        return step("apply it", "converge")
    if found.get("differing"):
        return step("stop and resize what NOT DONE lists, or correct the document; then plan again")
    return step("test the recovery with a drill", "drill")


def export(run: dict, read: dict, written: dict) -> dict:
    """The ending of export.

    :param read: the result of sdrs_topology_info
    :param written: the result of writing the file; empty if it came to none
    """
    failed = next((result for result in (read, written) if result.get("failed")), None)
    if not failed and not written:
        return untold(run["host"], "export")
    if failed:
        return _made(run, ["not read in this run"], ["nothing: no file was written"], [message(failed)], _mend(failed), True)
    left = read.get("left_out") or []
    lacking = ["%d items are not in the document; the file lists them" % len(left)] if left else []
    return _made(run, ["the live state was read"], ["written: %s" % run.get("path")], lacking, step("compare the document with the live state", "plan"), False)


def drift(run: dict, result: dict, repaired: dict | None = None) -> dict:
    """The ending of drift: what differs between production and DR servers."""
    failed = next((each for each in (result, repaired or {}) if each.get("failed")), None)
    if not failed and "drift" not in result:
        return untold(run["host"], "drift")
    if failed:
        state = ["not compared in this run"] if "drift" not in result else ["compared, not repaired"]
        return _made(run, state, [_NOTHING], [message(failed)], _mend(failed), True)
    entries = (repaired or {}).get("drift") or result["drift"] or []
    differing = [entry.get("name") for entry in entries if entry.get("differences")]
    silent = [entry.get("name") for entry in entries if entry.get("differences") is None]
    state = ["%d of %d pairs of servers differ%s" % (len(differing), len(entries), ": " + listed(differing) if differing else "")]
    left = ["not compared, because one of the servers cannot be read: %s" % listed(silent)] if silent else []
    left += ["%s: %s" % (entry.get("name"), ", ".join(str(each.get("attribute")) for each in entry["differences"])) for entry in entries
             if entry.get("differences")][:_FIRST]
    operations = (repaired or {}).get("operations") or []
    repairable = any(difference.get("repairable") for entry in entries for difference in entry.get("differences") or [])
    following = step("align the DR servers with the production servers", options=["drift_repair=true"]) if repairable and (
        not operations or run.get("check_mode")) else step("test the recovery with a drill", "drill")
    done = "compared%s" % (", repaired: " + applied(operations) if operations else "")
    done = "nothing: check mode changes nothing" if run.get("check_mode") and operations else done
    return _made(run, state, [done], left, following, False)


def drill_status(run: dict, status: dict | None, failure: dict | None = None) -> dict:
    """The ending of drill_status.

    :param failure: the failed task's result, if one failed
    """
    if failure:
        failure = failure if failure.get("msg") else {"msg": "no protection group has this name"}
        return _made(run, ["not evaluated in this run"], [_NOTHING], [message(failure)], _mend(failure), True)
    if not status:
        return untold(run["host"], "drill_status")
    verdict = status.get("verdict")
    return _made(run, ["drill %s: %s" % (verdict or "unknown", status.get("message") or "could not be evaluated")],
                 ["saved reports and the service were checked; nothing was changed"],
                 [] if verdict == "ok" else ["a drill is due"], None if verdict == "ok" else step("run a drill", "drill"), verdict != "ok")


def _mend(result: dict) -> dict:
    if outside([result]):
        return step("diagnose the connection, then run the same command again", "doctor")
    return again()


def recovery_export(run: dict, failure: dict | None = None) -> dict:
    """The ending of recovery_export.

    :param run: ``host``, and the ``path`` of the plan
    :param failure: the failed task's result, if one failed
    """
    run = dict(run, subject="recovery plan")
    if failure:
        return _made(run, ["not written in this run"], ["nothing: no file was written"], [message(failure)], _mend(failure), True)
    return _made(run, ["written from the live state, with all protection groups in one tier"], ["written: %s" % run.get("path")],
                 ["the start order: put the groups into tiers; the first tier starts first"],
                 step("when the tiers are right: test the plan in check mode", "drill", options=["recovery_plan=%s" % run.get("path")], check=True), False)


def doctor(result: dict, failure: dict | None = None) -> dict:
    """The ending of doctor.

    :param failure: the failed task's result, if one failed
    """
    if failure:
        return _made({"host": "localhost", "subject": "connection"}, ["checked" if result.get("checks") else "not checked in this run"], [_NOTHING],
                     [message(failure)], again(), True)
    checks = result.get("checks") or []
    failed = [check for check in checks if not check.get("passed") and not check.get("skipped") and check.get("severity") == "error"]
    state = ["healthy" if result.get("healthy") else "not healthy: %s" % listed(check.get("check") for check in failed)]
    left = ["%s: %s" % (check.get("check"), check.get("remedy")) for check in failed[:2]]
    return _made({"host": "localhost", "subject": "connection"}, state, ["%d checks; nothing was changed" % len(checks)], left,
                 step("fix what NOT DONE lists, then check again") if failed else step("check the state of the protection groups", "plan"), failed)


def posture(run: dict, judged: dict | None, failure: dict | None = None) -> dict:
    """The ending of posture.

    :param judged: what the filter posture made; empty if it came to none
    :param failure: the failed task's result, if one failed
    """
    if failure:
        state = ["read, but the page could not be written"] if judged else ["not read in this run"]
        return _made(dict(run, report=None), state, [_NOTHING], [message(failure)], _mend(failure), True)
    if not judged:
        return untold(run["host"], "posture")
    totals = judged["totals"]
    state = ["%d protection groups: %d critical, %d with warnings, %d protected, %d drilled in time" % tuple(
        totals[key] for key in ("groups", "critical", "warning", "protected", "drilled_in_time"))]
    left = (judged["failures"] + judged["problems"])[:_FIRST]
    worst = [group["name"] for group in judged["groups"] if group["level"] == "critical"]
    following = step("fix what the page lists, first %s; then check again" % listed(worst)) if worst else \
        step("fix what NOT DONE lists, then check again") if judged["failures"] else None
    return _made(run, state, ["looked at; nothing was sent that changes anything"], left, following, judged["verdict"] != "passed")
