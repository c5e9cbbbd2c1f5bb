# SPDX-License-Identifier: GPL-3.0-or-later
"""What a recovery plan would meet: groups and their readiness, tiers, and the order of everything. PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass

from .._cloud.errors import SdrsError
from .._cloud.odd import matching, raw, sound
from .._engine.lookup import Lookup
from .._engine.options import Options as _Options
from .._engine.waiting import Waiting
from .._sdrs import failover_batch
from .._sdrs.kinds import DRILL
from .._sdrs.readiness import conditions as _conditions
from .._sdrs.readiness.query import project
from . import document as _recovery_document
from . import state as _recovery_state
from .state import BY_DRILL, DRILLS, ELSEWHERE, THERE, State, Tier

_JUDGES = {"failover": _conditions.for_failover, "planned_failover": _conditions.for_planned_failover, "failback": _conditions.for_planned_failover,
           "reprotect": _conditions.for_reprotect, **dict.fromkeys(DRILLS, _conditions.for_drill)}
RULES = {"plan": _recovery_document.check}


@dataclass
class Options(_Options):
    plan: dict
    operation: str
    active_site: str = "target"
    force: bool = False


def read(lookup: Lookup, options: Options, waiting: Waiting) -> dict:
    """Query: everything that has to be known before anything is touched."""
    document, operation, site = options.plan, options.operation, options.active_site
    state = _recovery_state.read(lookup, document)
    problems = state.problems + _around(lookup, document, operation)
    groups = [_group(lookup, options, name, group) for name, group in state.groups.items()]
    name = drill_name(document, operation)
    if operation in DRILLS:
        problems += _drill_problems(lookup, document, state, name)
    drills = _drills(lookup, state, name) if operation in DRILLS else {}
    for group in groups if operation == BY_DRILL else ():
        if group["name"] in [each["server_group"] for each in drills["standing"]]:  # nothing has to be made of it
            group["warnings"], group["obstacles"] = group["warnings"] + group["obstacles"], []
    todo = [group for group in groups if group["position"] == ELSEWHERE]
    return {
        **drills,
        "problems": list(dict.fromkeys(problems)), "server_groups": groups, "tiers": [_shown(tier) for tier in state.tiers],
        "order": order(document, operation, site, groups, state.tiers),
        "healthy": operation == "failover" and bool(todo) and all(group["healthy"] for group in todo),
        "project": project(lookup.api.client),
    }


def _shown(tier: Tier) -> dict:
    """A tier without its members, every key of which the role asks."""
    given = tier.given
    return {
        "name": tier.name, "number": tier.number, "needs": tier.needs, **{key: given.get(key) or "" for key in ("before", "verify", "after")},
        "manual_before": _recovery_document.manual_before(given), "manual_after": given.get("manual_after") or [],
        "on_failure": given.get("on_failure") or "stop", "timeout": tier.timeout, "servers": len(tier.members),
        "server_groups": list(dict.fromkeys(member.group for member in tier.members)),
    }


def _group(lookup: Lookup, options: Options, name: str, group: dict) -> dict:
    operation, force = options.operation, options.force
    position = _recovery_state.position(operation, group, options.active_site)
    found: dict = {"name": name, "id": group["id"], "label": str(raw(group, "name")), "status": raw(group, "status"),
                   "priority_station": raw(group, "priority_station"), "position": position, "obstacles": [], "warnings": [], "healthy": False}
    if position != ELSEWHERE:
        return found
    # What production shows after a disaster keeps no drill from being made; the service decides.
    against = ("error",) if force and operation == "failover" or operation == BY_DRILL else ("error", "advisory")
    try:
        checks = _JUDGES[operation](failover_batch.facts(lookup, group, operation not in ("failover", *DRILLS)))
    except SdrsError as error:
        return dict(found, obstacles=[str(error)])
    # Running servers will be stopped.
    passed_over = ("servers_stopped", *(("first_synchronisation",) if force and operation == BY_DRILL else ()))
    open_checks = [each for each in checks if not each["passed"] and each["check"] not in passed_over]
    found["obstacles"] = [each["detail"] for each in open_checks if each["severity"] in against]
    found["warnings"] = [each["detail"] for each in open_checks if each["severity"] not in against]
    found["healthy"] = any(each["check"] == "production_fault" and not each["passed"] for each in checks)
    return found


def _around(lookup: Lookup, document: dict, operation: str) -> list[str]:
    """What the plan names beside groups and is not live. A drill leaves it alone; in a failover a service that is silent is no problem."""
    problems: list[str] = []
    if operation in (*DRILLS, "reprotect"):
        return problems
    wanted = (("as_groups", "AS group", lookup.api.as_groups, "scaling_group_"), ("vpcs", "VPC", lookup.api.vpcs, ""))
    for key, title, fetch, prefix in wanted:
        entries = [{"name": entry} if isinstance(entry, str) else entry for entry in document.get(key) or []]
        if not entries:
            continue
        try:
            live = lookup.once(key, fetch)
        except SdrsError as error:
            problems += [] if operation == "failover" else [str(error)]
            continue
        for entry in entries:
            if not isinstance(entry, dict) or not (entry.get("id") or entry.get("name")):
                problems.append("%s: an entry has neither id nor name" % key)
                continue
            field = "id" if entry.get("id") else "name"
            if not [each for each in sound(live) if each.get(prefix + field) == entry[field]]:
                names = ", ".join(sorted(str(raw(each, prefix + "name")) for each in live)[:10]) or "none"
                problems.append("%s: no %s has the %s %s; there are %s" % (key, title, field, entry[field], names))
    return problems


def _drills(lookup: Lookup, state: State, own: str) -> dict:
    """The drills that bear the plan's name in its groups, and the IDs of all there are."""
    names, live = {group["id"]: name for name, group in state.groups.items()}, lookup.list(DRILL)
    mine = matching(live, lambda each: each.get("name") == own and each.get("server_group_id") in names)
    vpcs = lookup.once("vpcs", lookup.api.vpcs)
    return {
        "standing": [{"server_group": names[each["server_group_id"]], **{key: raw(each, key) for key in ("id", "status", "created_at", "drill_vpc_id")}}
                     for each in mine],
        "drills": [each["id"] for each in live], "vpcs": [vpc["id"] for vpc in vpcs], "drill_name": own,
    }


def drill_name(document: dict, operation: str = "drill") -> str:
    """The name that the drills of a plan bear. Those that carry production have another one, so that no drill touches them."""
    return (("by-drill-" if operation == BY_DRILL else "recovery-") + document["name"])[:64]


def _drill_problems(lookup: Lookup, document: dict, state: State, own: str) -> list[str]:
    vpcs, problems = (document.get("drill") or {}).get("vpcs") or {}, list[str]()
    live = lookup.once("vpcs", lookup.api.vpcs) if vpcs else []
    used = {each.get("drill_vpc_id"): each for each in sound(lookup.list(DRILL))}
    for name, reference in vpcs.items():
        if name not in state.groups:
            continue
        found = matching(live, lambda each, reference=reference: reference in (each.get("id"), each.get("name")))
        if len(found) != 1:
            problems.append("drill.vpcs.%s: %s VPC is named %s" % (name, "more than one" if found else "no", reference))
        elif found[0]["id"] in used and raw(used[found[0]["id"]], "name") != own:
            problems.append("drill.vpcs.%s: VPC %s is used by DR drill %s" % (name, reference, raw(used[found[0]["id"]], "name")))
        elif found[0]["id"] in (state.groups[name].get("source_vpc_id"), state.groups[name].get("target_vpc_id")):
            problems.append("drill.vpcs.%s: %s is the VPC of the protection group itself" % (name, reference))
    twice = sorted({str(vpc) for vpc in vpcs.values() if list(vpcs.values()).count(vpc) > 1})
    return problems + ["drill.vpcs: %s is named for several groups; the service allows one drill in a VPC" % vpc for vpc in twice]


def order(document: dict, operation: str, site: str, groups: list[dict], tiers: list[Tier]) -> list[str]:
    """What the run does, in order, as sentences."""
    steps = _manual(document, "manual_before") + _hook("before", document.get("before"))
    todo = [group["name"] for group in groups if group["position"] == ELSEWHERE and not group["obstacles"]]
    ready = [group["name"] for group in groups if group["position"] == THERE]
    refused = ["%s (%s)" % (group["name"], "; ".join(group["obstacles"])) for group in groups if group["obstacles"]]
    around = operation not in (*DRILLS, "reprotect")
    as_groups = [entry if isinstance(entry, str) else entry.get("name") or entry.get("id") for entry in document.get("as_groups") or [] if around]
    steps += ["pause AS groups %s" % ", ".join(map(str, as_groups))] if as_groups else []
    if operation in ("planned_failover", "failback") and todo:
        steps.append("stop the servers of %s, the last tier first" % ", ".join(todo))
    elif operation == "reprotect" and todo:
        steps.append("stop the servers of %s at the other site, whose disks are overwritten" % ", ".join(todo))
    verbs = {**dict.fromkeys(DRILLS, "create DR drills of"), "reprotect": "re-protect"}
    if todo:
        steps.append("%s %s%s, at once" % (verbs.get(operation, "switch"), ", ".join(todo), " to the %s site" % site if around else ""))
    steps += ["leave %s as %s" % (", ".join(ready), "protected" if operation == "reprotect" else "already at the %s site" % site)] if ready else []
    steps += ["not possible: %s" % ", ".join(refused)] if refused else []
    for key, verb in (("vpcs", "update VPC"), ("eips", "bind elastic IP")):
        steps += ["%s %s" % (verb, entry.get("name") or entry.get("eip") or entry.get("id")) for entry in document.get(key) or [] if around]
    if operation != "reprotect":
        steps += _hook("after the switch", document.get("after"))
        for tier in tiers:
            steps += _tier(tier, operation)
        steps += ["resume AS groups %s" % ", ".join(map(str, as_groups))] if as_groups else []
        steps += _manual(document, "manual_finish") + _hook("finish", document.get("finish"))
        steps += {"drill": ["delete the DR drills"], BY_DRILL: ["keep the DR drills, whose servers are production then"]}.get(operation, [])
    return steps


def _tier(tier: Tier, operation: str) -> list[str]:
    where, given = "tier %s: " % tier.name, tier.given
    ports = sorted({port for member in tier.members for port in member.ports})
    names = [member.label for member in tier.members]
    shown = ", ".join(names[:6]) + (", … (%d servers)" % len(names) if len(names) > 6 else "")
    text = "%sstart and check %s%s" % (where, shown or "no server", ", ports %s" % ", ".join(map(str, ports)) if ports else "")
    if operation in DRILLS:
        text = text.replace("start and check", "check the drill's servers of", 1)
    manual = _manual({"manual_before": _recovery_document.manual_before(given)}, "manual_before")
    return [where + step for step in manual + _hook("before", given.get("before"))] + [text] + [
        where + step for step in _hook("verify", given.get("verify")) + _manual(given, "manual_after") + _hook("after", given.get("after"))]


def _hook(name: str, file: str | None) -> list[str]:
    return ["run %s (%s)" % (file, name)] if file else []


def _manual(place: dict, key: str) -> list[str]:
    return ["wait for %s: %s" % (step["name"], step["text"]) for step in place.get(key) or []]
