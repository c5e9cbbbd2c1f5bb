# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run of a recovery plan ended, as the last lines of a screen: see ``_ending``. Pure. PRIVATE to the collection."""

from __future__ import annotations

from ._ending import outside, step, told

_NOTHING = "nothing: nothing was sent that changes anything"
_FIRST = 3


def ended(given):
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
        state, done, left = _places(given.get("state")), [_NOTHING], ["%s: nothing of it was begun" % operation]
    if failure and not (report and report["not_done"]):
        left = [told(failure.get("msg") or "a task failed without a message").rstrip("."), *left]
    if given.get("check_mode") and not failed:
        left = ["would be done, in this order: %s" % "; ".join("%d. %s" % entry for entry in enumerate((given.get("state") or {}).get("order") or [], 1))]
    plan = str(given.get("plan") or "recovery plan")
    return {
        "host": given.get("host"), "subject": plan, "confirm": plan, "state": state, "done": done, "not_done": left or ["nothing is left"],
        "next": following(given, failed), "failed": failed, "report": given.get("path") or None,
    }


def _first(sentences):
    more = ["%d more, see the report" % (len(sentences) - _FIRST)] if len(sentences) > _FIRST else []
    return [str(each).rstrip(".") for each in sentences[:_FIRST]] + more


def _places(state):
    """Where production of the groups is, each place once."""
    groups = (state or {}).get("server_groups") or []
    if not groups:
        return ["not read in this run: where production is was not asked"]
    found: dict[str, list[str]] = {}
    for group in groups:
        found.setdefault("production at the %s site (%s)" % (group.get("priority_station"), group.get("status")), []).append(str(group.get("name")))
    return ["%s: %s" % (text, ", ".join(names[:_FIRST]) + (" and %d more" % (len(names) - _FIRST) if len(names) > _FIRST else ""))
            for text, names in found.items()]


def following(given, failed):
    """The next step after a run (see ``_ending.step``), None where nothing is left.

    :param given: see ``ended``
    """
    report, operation = given.get("report") or {}, given.get("operation")
    # A plan that could not be read has no name to confirm.
    confirmed = {"confirm": operation != "drill" and bool(given.get("plan")), "confirmation": "failover_confirm"}
    if not report and outside([given.get("failure") or {}]):
        return step("find out what is wrong with the connection, then run the same again", "doctor")
    if failed:
        return {**step("mend what NOT DONE names, then run it again" + ("; it goes on where it was" if report else "")), **confirmed}
    if given.get("check_mode"):
        return {**step("do it"), **confirmed}
    usual = {
        "failover": ("when the other site is back: re-protect (this overwrites its disks)", "reprotect"),
        "planned_failover": ("when the other site shall be production again, and synchronisation has ended", "failback"),
        "failback": ("prove that it works", "drill"), "reprotect": ("when synchronisation has ended, and the other site shall be production", "failback"),
    }.get(operation)
    return {**step(*usual), "confirm": usual[1] != "drill", "confirmation": "failover_confirm"} if usual else None
