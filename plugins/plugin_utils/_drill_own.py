# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ownership of a drill, and which of its objects the role ``drill`` may delete. Pure. PRIVATE to the collection.

A drill that stands may carry production by now. A run deletes what it made itself, and what an interrupted run of its own made; anything
else only if its ID was named. Names tell nothing: people give them, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any

from ._guards import named
from ._records import LONGEST_RUN, SKEW, doubt, results, time_of

# How long a record of a drill that was kept on purpose tells who made its VPC.
_LONGEST_KEPT = timedelta(days=30)
# Between the record and the drill lie the lock of the group, waiting for what is in transit, and throttling.
_UNTIL_CREATED = timedelta(minutes=10)
# A drill in one of these statuses is deleted and created again.
_FAILED = ("error", "error-deleting")


def standing(drills: Iterable, run: dict, now: Any = None) -> dict:
    """What to do with existing drills of the group that have the name of this run.

    :param drills: all drills
    :param run: ``name``, ``group`` (as the API shows it), ``project``, ``replace`` (IDs that may be deleted), ``keep`` (whether this run keeps its
        drill), ``saved`` (records that were found), ``running`` (whether the run that saved it is at work)
    :returns: ``refusal`` (why nothing may be done, or empty), ``resumed`` (the drill of an interrupted run that is taken up, or ``{}``), ``remove``
        (drills to remove first), ``record`` (what is believed of the one saved, ``{}`` without), ``notes``
    :raises ValueError: ``replace`` is malformed
    """
    now, group = now or datetime.now(timezone.utc), run["group"]
    allowed = named("drill_replace", run.get("replace"))
    saved = (run.get("saved") or [{}])[0]
    about = {"what": "drill", "name": run["name"], "project": run["project"], "group": group.get("id")}
    # A run that was to keep its drill may have been killed, or its record not been writable, before it noted that it did.
    kept = bool(saved.get("kept") or saved.get("keep") and not run.get("keep"))
    doubted = doubt(saved, about, now, _LONGEST_KEPT if kept else LONGEST_RUN)
    record = {} if doubted else {**{key: value for key, value in saved.items() if key != "path"}, "results": results(saved)}
    same = [drill for drill in drills if drill.get("server_group_id") == group.get("id") and drill.get("name") == run["name"]]
    leaving = [drill for drill in same if drill.get("status") == "deleting" and record and made_by(record, drill)]
    found = [drill for drill in same if drill.get("status") != "deleting"]
    outcome = {"refusal": "", "resumed": {}, "remove": leaving, "record": record, "notes": [] if found or leaving else _gone(record, drills)}
    if not found:
        return outcome
    if record and not (len(found) == 1 and made_by(record, found[0])):
        doubted, outcome["record"] = "it belongs to another drill", record if leaving else {}
    if not doubted and not saved.get("kept") and run.get("running"):
        return dict(outcome, remove=[], refusal="Process %s on this machine is drilling protection group %s with drill %s; nothing was done. Wait for it." % (
            record["process"].get("pid"), group.get("name"), run["name"]))
    if not doubted and not kept:
        failed = found[0].get("status") in _FAILED
        return dict(outcome, resumed={} if failed else found[0], remove=leaving + (found if failed else []))
    if {drill.get("id") for drill in found} <= allowed:
        return dict(outcome, remove=leaving + found)
    why = "a run kept it on purpose (drill_keep)" if not doubted else "no record shows that an interrupted run created it"
    if doubted and saved:
        why += " (%s: %s)" % (saved.get("path"), doubted)
    return dict(outcome, remove=[], refusal=_refusal(found, run, why))


def _refusal(found: Iterable, run: dict, why: str) -> str:
    ids = ",".join(str(drill.get("id")) for drill in found)
    return (
        "DR drill %s of protection group %s already exists (%s), and %s. It may be in use, even for production, so nothing was done. "
        "To delete it with its servers and disks and run a new drill: -e drill_replace=%s. To keep it, set drill_name to another name."
        % (run["name"], run["group"].get("name"), ", ".join("%s of %s" % (drill.get("id"), drill.get("created_at")) for drill in found), why, ids)
    )


def _gone(record: dict, drills: Iterable) -> list:
    """A VPC that an interrupted run may have left: its drill is gone, so that nothing confirms the record."""
    drill: dict = record["drill"] if isinstance(record.get("drill"), dict) else {}
    vpc = drill.get("drill_vpc_id")
    if not isinstance(vpc, str) or not isinstance(record.get("vpcs_before"), list) or vpc in record["vpcs_before"]:
        return []
    if any(each.get("id") == drill.get("id") for each in drills):
        return []
    return ["An interrupted run recorded that VPC %s was created for DR drill %s, which no longer exists. If the VPC still exists, check it and delete it." % (
        vpc, drill.get("id"))]


def made_by(record: dict, drill: dict) -> bool:
    """Whether the live drill is the drill in the record, according to its ID and creation time."""
    created, began = time_of(drill.get("created_at")), time_of(record["requested"])
    if created is None or not began - SKEW <= created:
        return False
    known = record.get("drill")
    if isinstance(known, dict) and known.get("id"):
        noted = time_of(known.get("created_at"))
        return known["id"] == drill.get("id") and noted is not None and abs(noted - created) <= timedelta(seconds=1)
    # Killed before it was noted: it was not there when the run began, and came right afterwards.
    before = record.get("drills_before")
    return isinstance(before, list) and drill.get("id") not in before and created <= began + _UNTIL_CREATED


def own(drills: Iterable, run: dict) -> dict:
    """The drills that this run created or resumed from an interrupted run.

    :param run: ``name``, ``group`` (ID), ``resumed`` (drill or ``{}``), ``created`` (result of sdrs_drill), ``record`` (of this run)
    :returns: ``{drills, left}``; ``left`` are those created in the meantime, which may belong to another user
    """
    created, record = run.get("created") or {}, run.get("record") or {}
    drilled = created.get("drill")
    made = drilled if isinstance(drilled, dict) else {}
    sent = [each for each in created.get("operations") or [] if (each.get("operation"), each.get("resource_type")) == ("create", "drill")]
    ids = {(run.get("resumed") or {}).get("id"), *(each.get("id") for each in sent)}
    if sent:
        jobs = [job.get("entities") for job in created.get("jobs") or []]
        ids |= {made.get("id"), *(each.get("disaster_recovery_drill_id") for each in jobs if isinstance(each, dict))}
    ids -= {None}
    came = [drill for drill in drills if drill.get("name") == run["name"] and drill.get("server_group_id") == run["group"]
            and isinstance(record.get("drills_before"), list) and drill.get("id") not in record["drills_before"]]
    if sent and not ids and len(came) == 1 and made_by(dict(record, drill=None), came[0]):
        ids = {came[0]["id"]}  # the job failed and does not tell what it had made
    listed = [drill for drill in drills if drill.get("id") in ids]
    # A list may lag behind.
    unlisted = [made] if made.get("id") in ids - {drill.get("id") for drill in listed} else []
    return {"drills": listed + unlisted, "left": [drill for drill in came if drill.get("id") not in ids]}


def begin(run: dict, drills: Iterable, vpcs: Any = None) -> dict:
    """The contents of the record at the start of a run.

    :param run: ``name``, ``group``, ``project``, ``keep``
    :param vpcs: those that there are before the service makes one; None if it makes none
    """
    return {
        "what": "drill", "name": run["name"], "project": run["project"], "server_group": {key: run["group"].get(key) for key in ("id", "name")},
        "keep": bool(run.get("keep")),
        "drills_before": [drill.get("id") for drill in drills],
        "vpcs_before": None if vpcs is None else [vpc.get("id") for vpc in vpcs],
    }


def vpc_fates(removed: dict, record: dict, group: dict, drills: Iterable, ecs_servers: Any, vpcs: Any) -> list:
    """Of VPCs in which drills were that are being removed: which may be deleted, and why the others may not.

    :param removed: the drills, as they are or were in the live state of this run
    :param record: of the run that made them: ``requested``, and ``vpcs_before``, the VPCs that there were then; it is no list if nobody looked
    :param drills: all drills, those included
    :returns: ``[{id, name, delete, detail}]``; VPCs that are gone already are left out
    """
    by_id = {vpc.get("id"): vpc for vpc in vpcs}
    gone = {drill.get("id") for drill in removed}
    others = [drill for drill in drills if drill.get("id") not in gone]
    theirs = {entry.get("drill_server_id") for drill in removed for entry in drill.get("drill_servers") or []}
    foreign = [server for server in ecs_servers if server.get("id") not in theirs]
    found = []
    for vpc_id in dict.fromkeys(drill.get("drill_vpc_id") for drill in removed):
        if vpc_id in by_id:
            reason = _reason(by_id[vpc_id], record, group, others, foreign)
            found.append({"id": vpc_id, "name": by_id[vpc_id].get("name"), "delete": reason is None,
                          "detail": reason or "the service created it for this drill"})
    return found


def _reason(vpc: dict, record: dict, group: dict, others: Any, foreign: Any) -> Any:
    """Why a VPC must not be deleted; None if it may be deleted."""
    before, began, created = record.get("vpcs_before"), time_of(record.get("requested")), time_of(vpc.get("created_at"))
    users = [str(drill.get("name")) for drill in others if drill.get("drill_vpc_id") == vpc["id"]]
    servers = [str(server.get("name")) for server in foreign if vpc["id"] in (server.get("addresses") or {})
               or (server.get("metadata") or {}).get("vpc_id") == vpc["id"]]
    if vpc["id"] in (group.get("source_vpc_id"), group.get("target_vpc_id")):
        return "it is the VPC of the protection group"
    if not isinstance(before, list) or began is None:
        return "no record of this or an interrupted run shows that the service created it for this drill"
    if vpc["id"] in before:
        return "it existed before the drill was requested"
    if created and created < began - SKEW:
        return "it was created at %s, before the drill was requested" % vpc["created_at"]
    if users:
        return "used by drill %s" % ", ".join(users)
    return "in use by server %s" % ", ".join(servers[:5]) if servers else None
