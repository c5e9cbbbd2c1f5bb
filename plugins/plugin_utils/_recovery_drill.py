# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ownership of a recovery plan's drills, and which of them a run may delete. Pure. PRIVATE to the collection."""

from __future__ import annotations

from datetime import datetime, timezone

from ._drill_own import made_by
from ._guards import named
from ._records import LONGEST_RUN, SKEW
from ._report import moment

_READY = ("creating", "available")


def standing(state: dict, log: dict, asked: dict, now: datetime | None = None) -> dict[str, list[str]]:
    """What to do about drills of the plan's name that stand: ``{refusals, own, remove}``, IDs of those that this run takes up or deletes first.

    :param log: the journal, whose run may have made them before it was interrupted
    :param asked: ``operation``, ``replace``, ``resume``
    """
    if asked.get("operation") != "drill":
        return _kept(state, asked.get("resume"), now or datetime.now(timezone.utc))
    replace = asked.get("replace")
    allowed, own, remove, found = named("recovery_replace", replace), [], [], []
    # Killed before it was noted: it came right after they were about to be created.
    records = [{"requested": at, "drills_before": log.get("drills_before"), "drill": None} for at in log.get("drilling") or [] if moment(at)]
    for drill in state.get("standing") or []:
        made = log.get("resumed") and (drill["id"] in log["drills"] or any(made_by(record, drill) for record in records))
        if made:
            own.append(drill["id"])
        elif drill["id"] in allowed:
            remove.append(drill["id"])
        else:
            found.append("%s (%s)" % (drill["server_group"], drill["id"]))
    if found:
        ids = ",".join(drill["id"] for drill in state["standing"])
        found = ["DR drills %s of %s already exist, and no interrupted run of this plan created them. They may be in use, even for production. "
                 "To delete them with their servers and disks and run a new drill: -e recovery_replace=%s" % (state.get("drill_name"), ", ".join(found), ids)]
    return {"refusals": found, "own": own, "remove": remove}


def _kept(state: dict, resume: object, now: datetime) -> dict[str, list[str]]:
    """Those of a recovery by drill may carry production: they are gone on with or left alone, and nothing leads to their deletion."""
    allowed, own, old, found = named("recovery_resume", resume), [], [], []
    for drill in state.get("standing") or []:
        created = moment(drill.get("created_at"))
        if drill.get("status") not in _READY:
            found.append("DR drill %s of protection group %s already exists and is %s, so it cannot be resumed. This run does not delete it. To create "
                         "new drills with current data, give the plan another name" % (drill["id"], drill["server_group"], drill.get("status")))
        elif drill["id"] in allowed or created and now - LONGEST_RUN <= created <= now + SKEW:
            own.append(drill["id"])
        else:
            old.append(drill)
    unknown = sorted(allowed - {drill["id"] for drill in state.get("standing") or []})
    if unknown:
        found.append("recovery_resume names %s, but no DR drill %s has that ID" % (", ".join(unknown), state.get("drill_name")))
    if old:
        found.append("DR drills %s of %s already exist, with the data of that time. To resume with them: -e recovery_resume=%s. To create new drills "
                     "with current data, give the plan another name" % (
                         state.get("drill_name"), ", ".join("%s (%s)" % (each["server_group"], each.get("created_at")) for each in old),
                         ",".join([*own, *(each["id"] for each in old)])))
    return {"refusals": found, "own": own, "remove": []}


def kept_entries(made: list[dict], state: dict, asked: dict) -> list[dict]:
    """What the journal notes for somebody who has recovered by drills: nothing after a drill."""
    if asked.get("operation") == "drill" or not made:
        return []
    name = state.get("drill_name")
    ids = ",".join(drill["id"] for drill in made)
    texts = (
        "The servers of the DR drills %s contain the data from their creation. They have no data that production wrote later, and nothing replicates or "
        "protects new data on them: back them up." % name,
        "The drills remain, with the cost of their servers, disks and addresses, until you delete them. Deleting them deletes "
        "their servers and disks with all data.",
        "Elastic IPs, VPCs and AS groups of the plan were not changed: in a recovery by drill, this is the task of the hooks.",
        "To get back: stop the applications on the drill servers, copy their new data to the production servers and check it there, move addresses and "
        "names back, and only then delete the drills with cloud_dr.sdrs.sdrs_drill_batch, state: absent, ids: [%s]." % ids,
    )
    return [{"event": "note", "text": text} for text in texts]


def drills_wanted(document: dict, state: dict, groups: list[str]) -> list[dict]:
    """The drills to create, as sdrs_drill_batch takes them."""
    vpcs = (document.get("drill") or {}).get("vpcs") or {}
    return [{"server_group": name, "name": state["drill_name"], **({"drill_vpc": str(vpcs[name])} if vpcs.get(name) else {})} for name in groups]


def drills_made(result: dict | None, own: list[str]) -> list[dict]:
    """``[{id, status, drill_vpc_id}]`` of the drills that are this run's: made by it, or taken up."""
    made = {entry.get("id") for entry in (result or {}).get("operations") or [] if entry.get("operation") == "create"} | set(own)
    for job in (result or {}).get("jobs") or []:
        entities = job.get("entities") if isinstance(job.get("entities"), dict) else {}
        made.add(entities.get("disaster_recovery_drill_id"))
    known = {entry.get("id"): entry for entry in (result or {}).get("drills") or []}
    return [{"id": each, "status": "made", "drill_vpc_id": (known.get(each) or {}).get("drill_vpc_id")} for each in sorted(filter(None, made))]


def deleted_entries(made: list[dict], result: dict) -> list[dict]:
    """What the journal notes of drills that were deleted."""
    entries: list[dict] = [
        {"event": "drills", "drills": [{"id": drill["id"], "status": "deleted"} for drill in made]},
        {"event": "clean_up", "what": "drills", "name": "%d" % len(made), "status": "removed", "detail": "with their servers, disks and NICs"},
    ]
    return entries + [{"event": "result", "operations": result.get("operations") or [], "jobs": result.get("jobs") or []}]


def vpcs_made(made: list[dict], log: dict, document: dict) -> list[str]:
    """The VPCs that the service made for drills of this run, also before it was killed: none that there was before it, and none that the plan names."""
    before, own = log.get("vpcs_before"), set(((document.get("drill") or {}).get("vpcs") or {}).values())
    if not isinstance(before, list):
        return []
    found = {drill["drill_vpc_id"] for drill in made if drill.get("drill_vpc_id")} | set(log.get("drill_vpcs") or [])
    return sorted(found - set(before) - own)
