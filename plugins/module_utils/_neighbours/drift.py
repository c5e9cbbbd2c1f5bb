# SPDX-License-Identifier: GPL-3.0-or-later
"""What differs between production and DR servers, and the repair of what an API can change. PRIVATE to the collection.

SDRS replicates disks, nothing else (5.4.6). What one side does not tell is unknown, and no difference.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import Any

from .._cloud.errors import Refused
from .._cloud.odd import Unusable, matching, raw
from .._cloud.validate import MAX_TAGS
from .._engine.kind import LiveState
from .._engine.lookup import Lookup, exactly_one
from .._engine.options import Options as _Options
from .._engine.plan import Plan, ReadList, Request, Step, require
from .._engine.waiting import Waiting
from .._sdrs.kinds import PROTECTED_INSTANCE, SERVER_GROUP
from .._sdrs.sites import production_zone, server_zone, sides
from .._sdrs.tags import tags_to_list
from . import ecs_power

REPAIRABLE = ("security_groups", "tags")
_Pair = tuple[dict, "dict | None", "dict | None"]  # an instance, its production server and its DR server, as far as they are known
# While a group is switched or has failed over, production's settings may be the wrong ones, and the other server has no NICs.
READY = {"protection group": {"available", "protected"}}
_BY_HAND = {
    "name": "rename the DR server in ECS",
    "flavor": "use the module sdrs_protected_instance_resize",
    "nics": "use the module sdrs_protected_instance_nic",
    "agency": "set the agency of the DR server in ECS",
    "ecs_group": "stop the DR server and add it to the ECS group",
    "host_name": "set it in the guest after the next switch, and preserve_hostname: true in /etc/cloud/cloud.cfg",
    "auto_recovery": "set auto recovery of the DR server in ECS",
}


@dataclass
class Options(_Options):
    server_group: str
    protected_instances: list[str] | None = None
    auto_recovery: bool = False
    repair: list[str] = field(default_factory=list)


def report(lookup: Lookup, options: Options, waiting: Waiting) -> dict:
    """What an info module gives: the differences, pair by pair."""
    found = _entries(lookup, options.auto_recovery, _pairs(lookup, options)[1])
    return {"drift": found, "drifted": any(entry["differences"] for entry in found)}


def _pairs(lookup: Lookup, options: Options) -> tuple[dict, list[_Pair]]:
    """The group and its pairs of servers."""
    group = lookup.one(SERVER_GROUP, options.server_group)
    instances = lookup.list(PROTECTED_INSTANCE, server_group_id=group["id"])
    if options.protected_instances is not None:
        named = [
            exactly_one([each for each in instances if reference in (each.get("id"), each.get("name"))], instances, PROTECTED_INSTANCE.title, reference)
            for reference in options.protected_instances
        ]
        instances = list({each["id"]: each for each in named}.values())
    lookup.all_servers()  # without it nothing can be told: an error; sides() needs no query of its own then
    return group, [(instance, *_sides(lookup, instance, group)) for instance in instances]


def _sides(lookup: Lookup, instance: dict, group: dict) -> tuple[dict | None, dict | None]:
    try:
        return sides(lookup, instance, group)
    except Unusable as error:
        lookup.warn("not compared: %s" % error)
        return None, None


def _entries(lookup: Lookup, auto_recovery: bool, pairs: list[_Pair]) -> list[dict]:
    recovery = _auto_recovery(lookup, pairs) if auto_recovery else {}
    found = []
    for instance, production, other in pairs:
        entry: dict[str, Any] = {
            "protected_instance": raw(instance, "id"), "name": raw(instance, "name"),
            "production_server": raw(production or {}, "id"), "dr_server": raw(other or {}, "id"), "differences": None,
        }
        try:
            entry["differences"] = compare_servers(production, other, recovery) if production and other else None
        except Unusable as error:
            lookup.warn("not compared: %s" % error)
        found.append(entry)
    return found


def _auto_recovery(lookup: Lookup, pairs: list[_Pair]) -> dict[str, str | None]:
    """``{server ID: "true" or "false"}`` as far as ECS tells; the vendor calls the operation discarded, so a cloud may lack it."""
    found: dict[str, str | None] = {}
    for _instance, *servers in pairs:
        for server in filter(None, servers if all(servers) else ()):
            answer = lookup.neighbour(functools.partial(lookup.api.call, "show_ecs_auto_recovery", ecs_server=server["id"]))
            value = (answer or {}).get("support_auto_recovery")
            found[server["id"]] = None if value is None else str(value).lower()
    return found


# Comparing ------------------------------------------------------------------------------------------------------------


def compare_servers(production: dict, other: dict, auto_recovery: dict[str, str | None] | None = None) -> list[dict]:
    """``[{attribute, production, dr, repairable, remedy}]`` for what is known of both servers and differs. Pure."""
    recovery = auto_recovery or {}
    readers = {
        "name": lambda server: server.get("name"),
        "flavor": lambda server: (server.get("flavor") or {}).get("id"),
        "nics": lambda server: None if server.get("addresses") is None else sum(map(len, server["addresses"].values())),
        "agency": _agency,
        "ecs_group": _ecs_group,
        "host_name": lambda server: server.get("OS-EXT-SRV-ATTR:hostname") or None,
        "auto_recovery": lambda server: recovery.get(server.get("id")),
    }
    values: dict[str, tuple] = {name: (read(production), read(other)) for name, read in readers.items()}
    groups, tags = security_groups(production, other), [_tags(production), _tags(other)]
    values["security_groups"] = _labelled(*groups) if groups and set(groups[0]) != set(groups[1]) else (None, None)
    values["tags"] = tuple(None if each is None else sorted("%s=%s" % item if item[1] else item[0] for item in each.items()) for each in tags)
    return [
        {"attribute": name, "production": here, "dr": there, **_way(name, production, other)}
        for name, (here, there) in values.items() if None not in (here, there) and here != there
    ]


def _way(attribute: str, production: dict, other: dict) -> dict:
    """Whether the module repairs it, and else what to do."""
    remedy = _BY_HAND.get(attribute)
    if attribute == "security_groups" and not (production["security_groups"] and any((other.get("addresses") or {}).values())):
        remedy = "security groups belong to NICs, and one of the servers has none"
    if remedy:
        return {"repairable": False, "remedy": "change it by hand: %s" % remedy}
    return {"repairable": True, "remedy": "the playbook cloud_dr.sdrs.drift with drift_repair=true (module sdrs_drift with repair: [%s])" % attribute}


def _agency(server: dict) -> Any:
    """The agency's name, empty for none: metadata that is told, yet holds no ``agency_name``, means a server without an agency."""
    metadata = server.get("metadata")
    return metadata.get("agency_name", "") if metadata and isinstance(metadata, dict) else None


def _ecs_group(server: dict) -> list | None:
    """IDs of the ECS groups; ``{}`` as scheduler hints means none."""
    hints = server.get("os:scheduler_hints")
    groups = hints.get("group", []) if isinstance(hints, dict) else None
    return sorted(map(str, groups)) if isinstance(groups, list) else None


def _tags(server: dict) -> Any:
    """``{key: value}`` from ECS's list of ``key=value``; None when it is not told."""
    tags = server.get("tags")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return None
    return {key: value for key, _sign, value in (tag.partition("=") for tag in tags)}


def security_groups(production: dict, other: dict) -> Any:
    """``[{ID: name}, {ID: name}]`` of the two servers, by name where an ID is not told; None when that is not told either."""
    both: list[Any] = [server.get("security_groups") for server in (production, other)]
    if None in both:
        return None
    key = "id" if all(group.get("id") for groups in both for group in groups) else "name"
    if not all(group.get(key) for groups in both for group in groups):
        return None
    return [{group[key]: group.get("name") or group[key] for group in groups} for groups in both]


def _labelled(here: dict, there: dict) -> tuple:
    """Both as lists of names, with IDs where several groups bear one name."""
    merged = {**here, **there}
    names = list(merged.values())
    return tuple(
        sorted(name if names.count(name) == 1 else "%s (%s)" % (name, group_id) for group_id, name in groups.items()) for groups in (here, there)
    )


# Repairing ------------------------------------------------------------------------------------------------------------


def _took_effect(step: Any, server: dict | None) -> bool:
    """Whether a server shows what the step was to change."""
    if not server:
        return False
    if step.operation in ("tag", "untag"):
        have = _tags(server) or {}
        if step.operation == "untag":
            return not any(tag["key"] in have for tag in step.request.body["tags"])
        return all(have.get(tag["key"]) == tag["value"] for tag in step.request.body["tags"])
    has_it = any(step.request.body["name"] in (group.get("id"), group.get("name")) for group in server.get("security_groups") or [])
    return has_it == (step.operation == "add_security_group")


KIND = replace(ecs_power.KIND, took_effect=_took_effect)


@dataclass
class Live(LiveState):
    """``obj``: the differences as the info module gives them; the group and the servers they were read from."""

    obj: list[dict]
    group: dict
    pairs: list[_Pair]
    auto_recovery: bool = False

    @property
    def id(self) -> Any:
        return self.group["id"]

    def watch(self) -> list:
        return [(SERVER_GROUP, self.group)]


@dataclass
class Repair(Plan):
    """A plan with the differences that it leaves."""

    left: list[dict] = field(default_factory=list)


def read(lookup: Lookup, options: Options) -> Live:
    """The group, its servers and their differences."""
    group, pairs = _pairs(lookup, options)
    return Live(_entries(lookup, options.auto_recovery, pairs), group, pairs, options.auto_recovery)


def show(lookup: Lookup, _group_id: Any, live: Live) -> list:
    """The differences after it."""
    lookup.all_servers()
    pairs = [(instance, here and lookup.server(here["id"]), there and lookup.server(there["id"])) for instance, here, there in live.pairs]
    return _entries(lookup, live.auto_recovery, pairs)


def plan(options: Options, live: Live) -> Repair:
    """Steps that give DR servers the security groups and tags of their production servers. Pure."""
    result = Repair()
    for entry, (instance, production, other) in zip(live.obj, live.pairs):
        if entry["differences"] is None or production is None or other is None:
            result.warnings.append("%s: not compared, one of its servers cannot be read" % PROTECTED_INSTANCE.label(instance))
            result.left.append(entry)
            continue
        repaired = [each for each in entry["differences"] if each["repairable"] and each["attribute"] in options.repair]
        _note(result, entry, repaired)
        for difference in repaired:
            _steps(result, difference["attribute"], live.group, production, other)
    if result.steps:
        require(READY, {"protection group": live.group.get("status")}, "changing DR servers", SERVER_GROUP.label(live.group))
    return result


def _note(result: Repair, entry: dict, repaired: list) -> None:
    name = entry["name"] or entry["protected_instance"]
    if entry["differences"]:
        result.before[name] = {each["attribute"]: each["dr"] for each in entry["differences"]}
        result.after[name] = {each["attribute"]: each["production" if each in repaired else "dr"] for each in entry["differences"]}
    result.left.append(dict(entry, differences=[each for each in entry["differences"] if each not in repaired]))


def _steps(result: Plan, attribute: str, group: dict, production: dict, other: dict) -> None:
    zone, label = server_zone(other), KIND.label(other)
    # Which of the two is production was told by one of them alone.
    if server_zone(production) != production_zone(group) or zone in (None, production_zone(group)):
        raise Refused("%s: its AZ does not tell whether it is the DR server; nothing was changed" % label)

    def still_dr(server: dict | None) -> None:
        if not server or server_zone(server) != zone:
            raise Refused("%s is no longer there, or no longer in AZ %s" % (label, zone))

    def still_ready(lists: ReadList) -> None:
        now: dict = next(iter(matching(lists(SERVER_GROUP, {}), lambda each: each.get("id") == group["id"])), {})
        require(READY, {"protection group": now.get("status")}, "changing DR servers", SERVER_GROUP.label(group))
        if production_zone(now) == zone:
            raise Refused("%s: production is at its site now" % label)

    def add(operation: str, call: str, body: dict) -> Step:
        request = Request(call, {"ecs_server": other["id"]}, body, guard=still_dr, premise=still_ready, service="ecs")
        return result.add(operation, KIND, other.get("name"), other["id"], request, after=steps[-1:])

    steps = []
    if attribute == "security_groups":
        here, there = security_groups(production, other)
        # One after the other: each rewrites the list of the NICs. Removal last, so that the server is never without protection.
        for group_id in sorted(set(here) - set(there)):
            steps.append(add("add_security_group", "add_ecs_security_group", {"name": group_id}))
        for group_id in sorted(set(there) - set(here)):
            steps.append(add("remove_security_group", "remove_ecs_security_group", {"name": group_id}))
        return
    here, there = _tags(production), _tags(other)
    if len(here) > MAX_TAGS:
        raise Refused("%s: its production server has %d tags, at most %d can be set" % (label, len(here), MAX_TAGS))
    gone = [key for key in there if key not in here]
    changed = {key: value for key, value in here.items() if there.get(key) != value}
    # Removal first: there is room for ten.
    if gone:
        steps.append(add("untag", "change_ecs_tags", {"action": "delete", "tags": [{"key": key, "value": there[key]} for key in gone]}))
    if changed:
        add("tag", "change_ecs_tags", {"action": "create", "tags": tags_to_list(changed)})
