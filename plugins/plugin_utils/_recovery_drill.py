# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose the drills of a recovery plan are, and what of them a run may delete. Pure. PRIVATE to the collection."""

from __future__ import annotations

from ._drill_own import made_by
from ._guards import named
from ._report import moment


def standing(state, log, replace):
    """What to do about drills of the plan's name that stand: ``{refusals, own, remove}``, IDs of those that this run takes up or deletes first.

    :param log: the journal, whose run may have made them before it was interrupted
    """
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
        found = ["DR drills %s stand already, of %s, and no run of this plan that was interrupted made them. They may be in use, for production even. "
                 "To delete them with their servers and disks and drill anew: -e recovery_replace=%s" % (state.get("drill_name"), ", ".join(found), ids)]
    return {"refusals": found, "own": own, "remove": remove}


def drills_wanted(document, state, groups):
    """The drills to create, as sdrs_drill_batch takes them."""
    vpcs = (document.get("drill") or {}).get("vpcs") or {}
    return [{"server_group": name, "name": state["drill_name"], **({"drill_vpc": str(vpcs[name])} if vpcs.get(name) else {})} for name in groups]


def drills_made(result, own):
    """``[{id, status, drill_vpc_id}]`` of the drills that are this run's: made by it, or taken up."""
    made = {entry.get("id") for entry in (result or {}).get("operations") or [] if entry.get("operation") == "create"} | set(own)
    for job in (result or {}).get("jobs") or []:
        entities = job.get("entities") if isinstance(job.get("entities"), dict) else {}
        made.add(entities.get("disaster_recovery_drill_id"))
    known = {entry.get("id"): entry for entry in (result or {}).get("drills") or []}
    return [{"id": each, "status": "made", "drill_vpc_id": (known.get(each) or {}).get("drill_vpc_id")} for each in sorted(filter(None, made))]


def deleted_entries(made, result):
    """What the journal notes of drills that were deleted."""
    entries = [{"event": "drills", "drills": [{"id": drill["id"], "status": "deleted"} for drill in made]},
               {"event": "clean_up", "what": "drills", "name": "%d" % len(made), "status": "removed", "detail": "with their servers, disks and NICs"}]
    return entries + [{"event": "result", "operations": result.get("operations") or [], "jobs": result.get("jobs") or []}]


def vpcs_made(made, log, document):
    """The VPCs that the service made for drills of this run: none that there was before it, and none that the plan names."""
    before, own = log.get("vpcs_before"), set(((document.get("drill") or {}).get("vpcs") or {}).values())
    if not isinstance(before, list):
        return []
    return sorted({drill["drill_vpc_id"] for drill in made if drill.get("drill_vpc_id") and drill["drill_vpc_id"] not in before} - own)
