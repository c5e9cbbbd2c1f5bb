# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of the role ``recover_by_drill``. Pure. PRIVATE to the collection.

A drill that a recovery made carries production: nothing here ever leads to its deletion, or makes a second one where one stands.
"""

from __future__ import annotations

from datetime import datetime, timezone

from ._failover import waves
from ._guards import named
from ._records import LONGEST_RUN, SKEW, doubt, time_of

WHAT = "recover_by_drill"
_READY = ("creating", "available")
_EIP = {"eip": str, "instance": str, "address": str, "move": bool}


def standing(drills: list[dict], run: dict, now: datetime | None = None) -> dict:
    """What to do about a drill of the run's name in its group: go on with it, or nothing.

    Whoever made it: to go on with a drill takes nothing away. But its data is of the time of its creation, so that one older than a day is
    gone on with only if its ID was named.

    :param run: ``name``, ``group`` (as the API shows it), ``project``, ``resume`` (IDs), ``saved`` (records that were found)
    :returns: ``refusal`` (why nothing may be done, or empty), ``resumed`` (the drill, or ``{}``), ``resume`` (the ID of the interrupted run, or empty)
    :raises ValueError: ``resume`` is malformed
    """
    now, group = now or datetime.now(timezone.utc), run["group"]
    wanted = named("recover_by_drill_resume", run.get("resume"))
    found = [drill for drill in drills if drill.get("server_group_id") == group.get("id") and drill.get("name") == run["name"]]
    saved = (run.get("saved") or [{}])[0]
    about = {"what": WHAT, "name": run["name"], "project": run["project"], "group": group.get("id")}
    outcome: dict = {"refusal": "", "resumed": {}, "resume": "" if doubt(saved, about, now) else str(saved.get("id") or "")}
    if wanted - {drill.get("id") for drill in found}:
        return dict(outcome, refusal="recover_by_drill_resume names %s, but no DR drill %s of protection group %s has that ID; nothing was done." % (
            ", ".join(sorted(wanted)), run["name"], group.get("name")))
    if not found:
        return outcome
    text = "DR drill %s of protection group %s already exists (%s)" % (
        run["name"], group.get("name"), ", ".join("%s of %s, %s" % (each.get("id"), each.get("created_at"), each.get("status")) for each in found))
    another = "To create another one with current data: -e recover_by_drill_name=%s-2." % run["name"]
    if len(found) > 1 or found[0].get("status") not in _READY:
        return dict(outcome, refusal="%s and cannot be resumed; nothing was done. This playbook does not delete it. %s" % (text, another))
    created = time_of(found[0].get("created_at"))
    if not wanted and not (created and now - LONGEST_RUN <= created <= now + SKEW):
        return dict(outcome, refusal="%s. Its data is from that time; nothing was done. To resume with it: -e recover_by_drill_resume=%s. %s" % (
            text, found[0].get("id"), another))
    return dict(outcome, resumed=found[0])


def look(readiness: dict, instances: list, drills: list, wanted: dict) -> dict:
    """What a recovery has before it.

    :param readiness: the result of sdrs_readiness_info
    :param instances: the group's protected instances
    :param drills: all drills
    :param wanted: ``waves``, ``eips``, ``force``, and what ``standing`` takes
    :returns: ``{group, waves, eips, obstacles}``, with what ``standing`` tells
    :raises ValueError: an option is malformed
    """
    run = {"name": wanted["name"], "group": readiness["server_group"], "project": readiness.get("project"), "resume": wanted.get("resume"),
           "saved": wanted.get("saved")}
    stands = standing(drills, run)
    passing = ("first_synchronisation",) if wanted.get("force") else ()
    against = [check["detail"] for check in readiness["checks"] if not check["passed"] and check["severity"] == "error" and check["check"] not in passing]
    return {"group": readiness["server_group"], "waves": waves(wanted.get("waves"), instances), "eips": eips(wanted.get("eips"), instances),
            "obstacles": [] if stands["resumed"] else against, **stands}


def with_servers(instances: list[dict], drill: dict | None) -> list[dict]:
    """The protected instances with the drill's servers as theirs; those without one are left out."""
    servers = {entry.get("protected_instance"): entry.get("drill_server_id") for entry in (drill or {}).get("drill_servers") or []}
    return [dict(each, source_server=servers[each.get("id")], target_server=None) for each in instances if servers.get(each.get("id"))]


def wave(ordered: dict, instances: list[dict]) -> dict:
    """A wave with the servers to start, as ``servers``; ``instances`` holds only those that have one.

    :param ordered: one of ``failover_waves``
    :param instances: see ``with_servers``
    """
    servers = {each.get("name"): each["source_server"] for each in instances}
    names = [name for name in ordered["instances"] if name in servers]
    return dict(ordered, instances=names, servers=[servers[name] for name in names])


def missing(instances: list[dict], drill: dict | None) -> list[dict]:
    """The protected instances for which the drill has no server, as servers that failed, for the report."""
    there = {each.get("id") for each in with_servers(instances, drill)}
    check = {"check": "drill_server", "status": "failed", "detail": "the drill has no server for this protected instance", "at": None}
    return [
        {"id": None, "name": None, "address": None, "addresses": [], "protected_instance": each.get("name"), "checks": [check], "passed": False}
        for each in instances if each.get("id") not in there
    ]


def eips(wanted: list | None, instances: list[dict]) -> list[dict]:
    """The elastic IPs to bind, checked before anything is done.

    :raises ValueError: an entry is malformed, or names no protected instance of the group, or an elastic IP is named twice
    """
    known, seen = sorted(str(each.get("name")) for each in instances), set()
    for index, entry in enumerate(wanted or []):
        where = "recover_by_drill_eips[%d]" % index
        if not isinstance(entry, dict) or not entry.get("eip") or not entry.get("instance"):
            raise ValueError("%s: an entry is a mapping with 'eip' and 'instance'" % where)
        unknown = sorted(set(entry) - set(_EIP))
        if unknown:
            raise ValueError("%s: unknown key %s; valid keys: %s" % (where, unknown[0], ", ".join(_EIP)))
        wrong = [key for key, kind in _EIP.items() if entry.get(key) is not None and not isinstance(entry[key], kind)]
        if wrong:
            raise ValueError("%s: %s has the wrong type" % (where, wrong[0]))
        if entry["instance"] not in known:
            raise ValueError("%s names %r, which is no protected instance of the group; available: %s" % (where, entry["instance"], ", ".join(known) or "none"))
        if entry["eip"] in seen:
            raise ValueError("%s: elastic IP %s is named twice" % (where, entry["eip"]))
        seen.add(entry["eip"])
    return list(wanted or [])


def eips_of(wanted: list[dict], started: dict) -> list[dict]:
    """The elastic IPs of a wave, each with the ``server`` to bind it to.

    :param started: see ``wave``
    """
    servers = dict(zip(started["instances"], started["servers"]))
    return [dict(entry, server=servers[entry["instance"]]) for entry in wanted if entry["instance"] in servers]


def notes(drill: dict | None, resumed: object, checks: list[dict]) -> list[str]:
    """What somebody must know who has recovered by a drill, as sentences.

    :param resumed: the drill that stood already, or ``{}``
    :param checks: servers with their checks
    """
    if not drill or not drill.get("id"):
        return []
    unseen = sum(check.get("status") == "skipped" for entry in checks for check in entry.get("checks") or [])
    found = ["This run resumed with a drill that already existed; its data is older than the run."] if resumed else []
    if unseen:
        found.append("Port checks skipped: %d. Other servers have the same addresses; see the checks, and check the ports from inside the drill VPC." % unseen)
    return found + [
        "The servers of DR drill %s (ID %s) contain the data from its creation, %s. They have no data that production wrote later, and nothing replicates or "
        "protects new data on them: back them up." % (drill.get("name"), drill["id"], drill.get("created_at")),
        "The drill remains, with the cost of its servers, disks and addresses, until you delete it. Deleting it deletes its servers and disks with all data.",
        "To get back: stop the applications on the drill servers, copy their new data to the production servers and check it there, move elastic IPs "
        "back, and only then delete the drill: ansible localhost -m cloud_dr.sdrs.sdrs_drill -a 'id=%s state=absent'." % drill["id"],
    ]
