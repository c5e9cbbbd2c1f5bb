# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role ``failover`` has to decide. Pure. PRIVATE to the collection."""

from __future__ import annotations

from ._records import doubt, results
from ._records import milestones as milestones_of

# What may be changed in an AS group before and after a switch; options of as_group.
_SCALING = (
    "status", "min_instance_number", "desire_instance_number", "max_instance_number", "available_zones", "scaling_configuration_id",
    "health_periodic_audit_method", "health_periodic_audit_time",
)
_WAVE = {"instances": list, "before": str, "after": str, "ports": list, "timeout": (int, float, str)}
# Status of a group whose switch has ended, so that nothing is left to be switched.
_SETTLED = ("protected", "failed-over")
_IN_FLIGHT = ("reversing", "failing-over", "reprotecting")


def position(group, site):
    """Where a group stands on its way to ``site``: ``there``, ``in_flight``, or ``elsewhere``."""
    if group.get("status") in _IN_FLIGHT:
        return "in_flight"
    return "there" if group.get("priority_station") == site and group.get("status") in _SETTLED else "elsewhere"


def record(saved, run, where, now=None):
    """What an interrupted run to the same site left. It serves times and the report; what is done follows from the live state alone.

    :param saved: what the file of the record holds, in a list, or nothing
    :param run: ``what``, ``active_site``, ``project`` and ``server_group`` that it must have
    :param where: see ``position``
    :returns: ``{record, notes}``, the record ``{}`` if there is none or it is not believed
    """
    if not saved:
        return {"record": {}, "notes": []}
    found, wanted = saved[0], {"what": run["what"], "project": run["project"], "group": run["server_group"]["id"]}
    doubted, milestones = doubt(found, wanted, now), milestones_of(found, now)
    if not doubted and found.get("active_site") != run["active_site"]:
        doubted = "it is of a switch to the other site"
    if not doubted and (not milestones or where == "elsewhere" and any(entry["name"] == "switched" for entry in milestones)):
        doubted = "it does not agree with where production is"
    if doubted:
        return {"record": {}, "notes": ["The record %s is left out: %s." % (found.get("path"), doubted)]}
    return {"record": {"requested": found["requested"], "milestones": milestones, "results": results(found)}, "notes": []}


def obstacles(checks, force=False, stopped=True):
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


def waves(wanted, instances):
    """The waves with their instances' names, and a last one for all instances that no wave names.

    :raises ValueError: a wave is malformed, or names an instance twice or one that is not in the group
    """
    known, seen, found = {instance["name"]: instance for instance in instances}, {}, []
    for number, wave in enumerate(wanted or [], 1):
        problem = _malformed(wave)
        if problem:
            raise ValueError("failover_waves[%d]: %s" % (number - 1, problem))
        for name in wave["instances"]:
            if name not in known:
                raise ValueError("wave %d names %r, which is no protected instance of the group; there are %s" % (
                    number, name, ", ".join(sorted(known)) or "none"))
            if name in seen:
                raise ValueError("%s is in wave %d and in wave %d" % (name, seen[name], number))
            seen[name] = number
        found.append(dict(wave, number=number))
    rest = sorted(set(known) - set(seen))
    if rest:
        found.append({"instances": rest, "number": len(found) + 1})
    return found


def _malformed(wave):
    if not isinstance(wave, dict) or not isinstance(wave.get("instances"), list):
        return "a wave is a mapping with a list 'instances'"
    unknown = sorted(set(wave) - set(_WAVE))
    if unknown:
        return "%s is no key of a wave; there are %s" % (unknown[0], ", ".join(_WAVE))
    wrong = [key for key, kind in _WAVE.items() if wave.get(key) is not None and not isinstance(wave[key], kind)]
    return "%s has the wrong type" % wrong[0] if wrong else None


def as_groups(wanted):
    """AS groups as ``[{id or name, before, after}]``: paused before the switch and resumed after it, unless they say otherwise.

    :raises ValueError: an entry is malformed
    """
    found = []
    for index, entry in enumerate(wanted or []):
        entry = {"name": entry} if isinstance(entry, str) else entry
        if not isinstance(entry, dict) or not (entry.get("id") or entry.get("name")):
            raise ValueError("failover_as_groups[%d] is neither a name nor a mapping with name or id" % index)
        unknown = sorted(set(entry) - {"id", "name", "before", "after"})
        if unknown:
            raise ValueError("failover_as_groups[%d]: %s is no key; there are id, name, before, after" % (index, unknown[0]))
        for when in ("before", "after"):
            unknown = sorted(set(entry.get(when) or {}) - set(_SCALING))
            if unknown:
                raise ValueError("failover_as_groups[%d].%s: %s is no key; there are %s" % (index, when, unknown[0], ", ".join(_SCALING)))
        which = {key: entry[key] for key in ("id", "name") if entry.get(key)}
        found.append({"before": {"status": "paused", **(entry.get("before") or {}), **which},
                      "after": {"status": "inservice", **(entry.get("after") or {}), **which}})
    return found


def servers(checked, instances):
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
