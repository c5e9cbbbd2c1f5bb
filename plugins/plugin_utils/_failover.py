# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of the role ``failover``. Pure. PRIVATE to the collection."""

from __future__ import annotations

from datetime import datetime

from ..module_utils._cloud.errors import one_line
from ._ending import step
from ._records import doubt
from ._records import milestones as milestones_of

# What may be changed in an AS group before and after a switch; options of as_group.
_SCALING = (
    "status", "min_instance_number", "desire_instance_number", "max_instance_number", "available_zones", "scaling_configuration_id",
    "health_periodic_audit_method", "health_periodic_audit_time",
)
_WAVE: dict[str, type | tuple] = {"instances": list, "before": str, "after": str, "ports": list, "timeout": (int, float, str)}
# Status of a group whose switch has ended, so that nothing is left to be switched.
_SETTLED = ("protected", "failed-over")
_LONGEST = 2000
_IN_FLIGHT = ("reversing", "failing-over", "reprotecting")


def position(group: dict, site: str) -> str:
    """Where a group stands on its way to ``site``: ``there``, ``in_flight``, or ``elsewhere``."""
    if group.get("status") in _IN_FLIGHT:
        return "in_flight"
    return "there" if group.get("priority_station") == site and group.get("status") in _SETTLED else "elsewhere"


def record(saved: list[dict] | None, run: dict, where: str, now: datetime | None = None) -> dict:
    """What an interrupted run to the same site left. It serves times and the report; what is done follows from the live state alone.

    :param saved: see ``_records.record``
    :param run: ``what``, ``active_site``, ``project`` and ``server_group`` that it must have
    :param where: see ``position``
    :returns: ``{record, notes}``, the record ``{}`` if there is none or it is not believed
    """
    if not saved:
        return {"record": {}, "notes": []}
    found, wanted = saved[0], {"what": run["what"], "project": run["project"], "group": run["server_group"]["id"]}
    doubted, milestones = doubt(found, wanted, now), milestones_of(found, now)
    if not doubted and found.get("active_site") != run["active_site"]:
        doubted = "it belongs to a switch to the other site"
    if not doubted and (not milestones or where == "elsewhere" and any(entry["name"] == "switched" for entry in milestones)):
        doubted = "it does not match the current production site"
    if doubted:
        return {"record": {}, "notes": ["The record %s is ignored: %s." % (found.get("path"), doubted)]}
    return {"record": {"id": found.get("id"), "requested": found["requested"], "milestones": milestones}, "notes": []}


def look(readiness: dict, instances: list[dict], saved: list[dict] | None, wanted: dict) -> dict:
    """What a run has before it: where the group stands, in which order its servers start, what stands against it.

    :param readiness: the result of sdrs_readiness_info
    :param instances: the group's protected instances
    :param saved: see ``record``
    :param wanted: ``what``, ``site``, ``planned``, ``force``, ``reprotect``, ``waves``, ``as_groups``, ``vpcs``, ``rto_target``,
        ``subject``, ``check_mode``
    :returns: ``{group, position, waves, as_groups, resume, keep, notes, shown, obstacles, remedy, would, parts, about}``: ``resume`` is the ID of an
        interrupted run, ``keep`` whether there is something that the next run would have to know
    """
    group, checks = readiness["server_group"], readiness["checks"]
    where, planned = position(group, wanted["site"]), wanted["planned"]
    run = {"what": wanted["what"], "active_site": wanted["site"], "project": readiness.get("project") or {}, "server_group": group}
    left = record(saved, run, where)
    try:
        ordered, scaled, malformed = waves(wanted["waves"], instances), as_groups(wanted["as_groups"]), []
    except ValueError as error:
        ordered, scaled, malformed = [], [], [str(error)]
    against = obstacles(checks, wanted["force"] and not planned, not planned)
    healthy = not planned and not wanted["force"] and any(check["check"] == "production_fault" and not check["passed"] for check in checks)
    if healthy:
        against.append("the production site looks healthy, and an unplanned failover can lose data; run planned_failover, or add -e failover_force=true")
    forbidden = malformed or (against if where == "elsewhere" else [])
    shown = _shown(checks, planned) if where == "elsewhere" else _standing(group, where, wanted["site"])
    return {
        "group": group, "position": where, "waves": ordered, "as_groups": scaled, "resume": left["record"].get("id") or "",
        "keep": not forbidden and bool(where != "there" or left["record"]), "notes": _notes(where, left, group, wanted),
        "shown": shown + _targets(ordered, scaled, wanted), "obstacles": forbidden,
        "would": rehearsal(ordered, scaled, where, wanted), "parts": parts(ordered, scaled, where, wanted),
        "remedy": "" if malformed else _remedy(group, planned, wanted["force"], healthy),
        "about": {"what": wanted["what"], "site": wanted["site"], "subject": wanted["subject"], "check_mode": wanted["check_mode"],
                  "next": None if malformed else _instead(group, where, healthy, against)},
    }


def look_reprotect(readiness: dict, wanted: dict) -> dict:
    """What a re-protection has before it, in the form of ``look``."""
    group = readiness["server_group"]
    there, going = group.get("status") == "protected", group.get("status") == "reprotecting"
    return {
        "group": group, "position": "there" if there else "elsewhere", "notes": ["%s is already protected; nothing was done." % group["name"]] if there else [],
        "obstacles": [] if there or going else obstacles(readiness["checks"], False, False),
        "would": ["stop the servers that run at the other site", "re-protect it, which overwrites the disks of the other site"],
        "about": {"what": "reprotect", "subject": wanted["subject"], "check_mode": wanted["check_mode"]},
    }


def _notes(where: str, left: dict, group: dict, wanted: dict) -> list[str]:
    there = "Production of %s was already at the %s site; nothing was switched. To move it to the other site, set failover_active_site=%s." % (
        group["name"], wanted["site"], "source" if wanted["site"] == "target" else "target")
    return ([there] if where == "there" and not left["record"] else []) + left["notes"]


def _remedy(group: dict, planned: bool, force: bool, healthy: bool) -> str:
    if group.get("status") == "failed-over":
        return "Re-protect it first, with the playbook reprotect, and wait until synchronisation has finished."
    return "" if planned or force or healthy else "failover_force=true ignores advisory conditions and lets the service decide."


def _instead(group: dict, where: str, healthy: bool, against: list[str]) -> dict | None:
    """What to do if the group is not ready; None for what the ending makes of it."""
    if where != "elsewhere" or not against or group.get("status") == "failed-over":
        return None
    if healthy and len(against) == 1 and group.get("priority_station") == "source":
        return step("production is healthy: a planned failover loses no data (if production is lost: repeat this command with -e failover_force=true)",
                    "planned_failover", confirm=True)
    if group.get("status") == "available":
        return step("protect it first (topology_server_group with protection: enabled), and wait until synchronisation has finished", "converge")
    return step("fix what NOT DONE lists; this command only checks and changes nothing", check=True)


def _standing(group: dict, where: str, site: str) -> list[str]:
    """What there is to say of a group that has nothing, or nothing new, to be switched."""
    return ["production of %s is already at the %s site: nothing is switched" % (group["name"], site) if where == "there" else
            "a switch of %s is in flight (%s): the run waits for it" % (group["name"], group["status"])]


def _shown(checks: list[dict], planned: bool) -> list[str]:
    """The readiness, line by line; running servers do not stand against a planned switch, which stops them."""
    lines = []
    for check in checks:
        will = planned and check["check"] == "servers_stopped" and not check["passed"]
        mark, detail = ("yes", "will be stopped: %s" % check["detail"]) if will else ("yes" if check["passed"] else "NO ", check["detail"])
        lines.append("%s  %s (%s): %s" % (mark, check["check"], check["severity"], detail))
    return lines


def _targets(ordered: list[dict], scaled: list[dict], wanted: dict) -> list[str]:
    """Which order, hooks and targets a run has found, and which are missing: variables that nobody reads are easily lost."""
    hooks = sum(bool(wave.get(when)) for wave in ordered for when in ("before", "after"))
    ports = sum(bool(wave.get("ports")) for wave in ordered)
    found = "found: %d of your waves (failover_waves), %d hooks, ports for %d waves, %d AS groups, RTO target %s" % (
        len(wanted["waves"] or []), hooks, ports, len(scaled), "%s s" % wanted["rto_target"] if wanted.get("rto_target") not in (None, "") else "none")
    missing = [] if wanted["waves"] else ["no failover_waves: all servers start at once, no hook runs, and no port is checked"]
    return [found, *("note: " + text for text in missing)]


def parts(ordered: list[dict], scaled: list[dict], where: str, wanted: dict) -> list[dict]:
    """The task files of the role that this run needs, in order, as ``[{file, label, wave, when}]``."""
    found = []
    if where == "elsewhere":
        found += [_part("as_groups.yml", "AS groups before the switch", when="before")] if scaled else []
        found += [_part("stop.yml", "stop of the servers")] if wanted["planned"] else []
    found += [_part("switch.yml", "the switch")] if where != "there" else []
    found += [_part("vpcs.yml", "VPCs")] if wanted["vpcs"] else []
    if not wanted["check_mode"] or where == "there":
        for wave in ordered:
            hooked = wave.get("before") or wave.get("after")
            found.append(_part("hooked_wave.yml" if hooked else "wave.yml", "wave %d: %s" % (wave["number"], ", ".join(wave["instances"])), wave))
    found += [_part("as_groups.yml", "AS groups after the switch", when="after")] if scaled else []
    return found + ([_part("protect_again.yml", "re-protection")] if wanted["reprotect"] else [])


def _part(file: str, label: str, wave: dict | None = None, when: str = "") -> dict:
    return {"file": file, "label": label, "wave": wave or {}, "when": when}


def rehearsal(ordered: list[dict], scaled: list[dict], where: str, wanted: dict) -> list[str]:
    """What a run would do, in order; what check mode shows."""
    steps, site, planned = [], wanted["site"], wanted["planned"]
    if where == "elsewhere":
        steps += ["change AS group %s" % entry["before"].get("name", entry["before"].get("id")) for entry in scaled]
        if planned:
            steps += ["stop the servers of wave %d: %s" % (wave["number"], ", ".join(wave["instances"])) for wave in reversed(ordered)]
        steps.append("switch production to the %s site (%s)" % (site, "planned" if planned else "unplanned"))
    elif where == "in_flight":
        steps.append("wait for the switch in flight, then move production to the %s site" % site)
    steps += ["update VPC %s" % (vpc.get("name") or vpc.get("id")) for vpc in wanted["vpcs"] or []]
    for wave in ordered:
        steps += ["run %s" % wave["before"]] if wave.get("before") else []
        steps.append("start and verify wave %d: %s" % (wave["number"], ", ".join(wave["instances"])))
        steps += ["run %s" % wave["after"]] if wave.get("after") else []
    steps += ["change AS group %s back" % entry["after"].get("name", entry["after"].get("id")) for entry in scaled]
    return steps + (["re-protect it, which overwrites the disks of the other site"] if wanted["reprotect"] and not planned else [])


def obstacles(checks: list[dict], force: bool = False, stopped: bool = True) -> list[str]:
    """Why a group is not ready, as sentences.

    :param checks: those of sdrs_readiness_info
    :param force: pass what is only advisory
    :param stopped: whether running servers are an obstacle; not, if they will be stopped
    """
    against = ("error",) if force else ("error", "advisory")
    return [
        check["detail"] for check in checks
        if not check["passed"] and check["severity"] in against and (stopped or check["check"] != "servers_stopped")
    ]


def waves(wanted: list | None, instances: list[dict]) -> list[dict]:
    """The waves with their instances' names, and a last one for all instances that no wave names.

    :raises ValueError: a wave is malformed, or names an instance twice or one that is not in the group
    """
    seen: dict = {}
    known, found = {instance["name"]: instance for instance in instances}, []
    for number, wave in enumerate(wanted or [], 1):
        problem = _malformed(wave)
        if problem:
            raise ValueError("failover_waves[%d]: %s" % (number - 1, problem))
        for name in wave["instances"]:
            if name not in known:
                raise ValueError("wave %d names %r, which is no protected instance of the group; available: %s" % (
                    number, name, ", ".join(sorted(known)) or "none"))
            if name in seen:
                raise ValueError("%s is in wave %d and in wave %d" % (name, seen[name], number))
            seen[name] = number
        found.append(dict(wave, number=number))
    rest = sorted(set(known) - set(seen))
    if rest:
        found.append({"instances": rest, "number": len(found) + 1})
    return found


def _malformed(wave: object) -> str | None:
    if not isinstance(wave, dict) or not isinstance(wave.get("instances"), list):
        return "a wave is a mapping with a list 'instances'"
    unknown = sorted(set(wave) - set(_WAVE))
    if unknown:
        return "unknown wave key %s; valid keys: %s" % (unknown[0], ", ".join(_WAVE))
    wrong = [key for key, kind in _WAVE.items() if wave.get(key) is not None and not isinstance(wave[key], kind)]
    return "%s has the wrong type" % wrong[0] if wrong else None


def as_groups(wanted: list | None) -> list[dict]:
    """AS groups as ``[{id or name, before, after}]``: paused before the switch and resumed after it, unless they say otherwise.

    :raises ValueError: an entry is malformed
    """
    found = []
    for index, entry in enumerate(wanted or []):
        entry = {"name": entry} if isinstance(entry, str) else entry
        if not isinstance(entry, dict) or not (entry.get("id") or entry.get("name")):
            raise ValueError("failover_as_groups[%d] must be a name, or a mapping with name or id" % index)
        unknown = sorted(set(entry) - {"id", "name", "before", "after"})
        if unknown:
            raise ValueError("failover_as_groups[%d]: unknown key %s; valid keys: id, name, before, after" % (index, unknown[0]))
        for when in ("before", "after"):
            unknown = sorted(set(entry.get(when) or {}) - set(_SCALING))
            if unknown:
                raise ValueError("failover_as_groups[%d].%s: unknown key %s; valid keys: %s" % (index, when, unknown[0], ", ".join(_SCALING)))
        which = {key: entry[key] for key in ("id", "name") if entry.get(key)}
        found.append({"before": {"status": "paused", **(entry.get("before") or {}), **which},
                      "after": {"status": "inservice", **(entry.get("after") or {}), **which}})
    return found


def servers(checked: list[dict], instances: list[dict]) -> list[dict]:
    """Checks of servers with the protected instance each belongs to.

    A port at an address that other servers have too cannot be told from theirs. That stops no recovery: it is skipped, and said so.
    """
    owners = {instance.get(key): instance.get("name") for instance in instances for key in ("source_server", "target_server")}
    found = []
    for entry in checked:
        checks = [dict(check, status="skipped") if check["status"] == "not_verifiable" else check for check in entry["checks"]]
        passed = all(check["status"] in ("passed", "skipped") for check in checks)
        found.append(dict(entry, checks=checks, passed=passed, protected_instance=owners.get(entry["id"])))
    return found


def wave_problem(wave: dict, started: list, checks: list[dict]) -> str:
    """Why a wave is not up, as a sentence.

    :param started: the servers that exist at the production site
    :param checks: see ``servers``
    """
    failed = ["%s (%s)" % (check.get("name"), next((each["detail"] for each in check.get("checks") or [] if each.get("status") != "passed"), "failed"))
              for check in checks if not check.get("passed")]
    if failed:
        return one_line("Wave %s: %s did not pass. Later waves were not started; run it again to resume." % (wave["number"], ", ".join(failed)), _LONGEST)
    return one_line("Wave %s has %d protected instances (%s), but only %d of their servers exist." % (
        wave["number"], len(wave["instances"]), ", ".join(wave["instances"]), len(started)), _LONGEST)
