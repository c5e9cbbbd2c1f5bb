# SPDX-License-Identifier: GPL-3.0-or-later
"""A recovery plan joined to the live state: which groups, instances and servers its names mean. PRIVATE to the collection.

Everything is read by lists of the whole project, in a number of calls that does not grow with the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from .._cloud.errors import Refused
from .._cloud.odd import Unusable, matching, raw
from .._engine.lookup import Lookup, exactly_one
from .._sdrs import failover
from .._sdrs.failover_batch import found
from .._sdrs.kinds import DRILL, PROTECTED_INSTANCE, SERVER_GROUP
from .._sdrs.sites import likely_halves, production_site, production_zone, server_zone
from . import document as _recovery_document

KIND = SERVER_GROUP
SWITCHING, THERE, ELSEWHERE = "in_flight", "there", "elsewhere"
BY_DRILL = "recover_by_drill"
DRILLS = ("drill", BY_DRILL)
OPERATIONS = ("failover", "planned_failover", "failback", "reprotect", *DRILLS)


@dataclass
class Member:
    """A protected instance of a tier: its group as the plan calls it, and the ports of its server."""

    group: str
    where: dict
    instance: dict
    ports: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        return "%s/%s" % (self.group, self.instance.get("name"))


Found = tuple[Member, "dict | None"]  # a member and its server


@dataclass
class Tier:
    """A tier of the plan, or the one of what no tier names: its entry in the document, and what it means now."""

    name: str
    number: int
    members: list[Member]
    needs: list[str]
    given: dict = field(default_factory=dict)

    @property
    def timeout(self) -> float:
        return self.given.get("timeout", 600)


@dataclass
class State:
    """``groups``: live groups by what the plan calls them; ``tiers``: the plan's, and the rest; ``problems``: sentences."""

    document: dict
    groups: dict[str, dict] = field(default_factory=dict)
    tiers: list[Tier] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def tier(self, name: str) -> Tier:
        """The tier of that name.

        :raises Refused: there is none
        """
        names = [{"name": tier.name} for tier in self.tiers]
        exactly_one([each for each in names if each["name"] == name], names, "tier", name)
        return next(tier for tier in self.tiers if tier.name == name)


def read(lookup: Lookup, document: dict) -> State:
    """What the plan's names mean now."""
    state = State(document)
    ids: dict[str, str] = {}
    for name in _recovery_document.groups(document):
        try:
            group = found(lookup, name)
        except (Refused, Unusable) as error:
            state.problems.append(str(error))
            continue
        state.groups[name] = group
        if ids.setdefault(group["id"], name) != name:
            state.problems.append("%s and %s are the same protection group; call it by one of them everywhere" % (ids[group["id"]], name))
    members = _by_group(lookup.list(PROTECTED_INSTANCE)) if state.groups else {}
    instances = {name: _instances(members, lookup, group, state) for name, group in state.groups.items()}
    _tiers(state, instances)
    return state


def _by_group(objects: Iterable[dict]) -> dict[str | None, list[dict]]:
    """``{group ID: objects}``; under None what cannot be read."""
    found: dict = {}
    for each in objects:
        try:
            found.setdefault(each.get("server_group_id"), []).append(each)
        except Unusable:
            found.setdefault(None, []).append(each)
    return found


def _instances(members: dict[str | None, list[dict]], lookup: Lookup, group: dict, state: State) -> list[dict]:
    try:
        found = members.get(group["id"]) or []
        if not found and members.get(None):
            found = matching(lookup.list(PROTECTED_INSTANCE), lambda each: each.get("server_group_id") == group["id"])
        return sorted(found, key=lambda each: (str(raw(each, "name")), str(raw(each, "id"))))
    except Unusable as error:
        state.problems.append(str(error))
        return []


def _tiers(state: State, instances: dict[str, list[dict]]) -> None:
    taken: dict[str, str] = {}
    singly: dict[str, list[Member]] = {}
    for tier in state.document["tiers"]:
        singly[tier["name"]] = [member for entry in tier.get("instances") or [] for member in _single(state, instances, tier, entry, taken)]
    previous: list[str] = []
    for number, tier in enumerate(state.document["tiers"], 1):
        members = list(singly[tier["name"]])
        for name in tier.get("groups") or []:
            members += [
                Member(name, state.groups[name], instance, tuple(tier.get("ports") or ()))
                for instance in instances.get(name, ())
                if taken.setdefault(instance["id"], tier["name"]) == tier["name"] and not any(member.instance is instance for member in singly[tier["name"]])
            ]
        state.tiers.append(Tier(tier["name"], number, members, tier.get("needs", previous), tier))
        previous = [tier["name"]]
    rest = [Member(name, state.groups[name], instance) for name in instances for instance in instances[name] if instance["id"] not in taken]
    if rest:
        state.tiers.append(Tier(_recovery_document.REST, len(state.tiers) + 1, rest, previous))


def _single(state: State, instances: dict[str, list[dict]], tier: dict, entry: dict, taken: dict[str, str]) -> Iterator[Member]:
    if entry["group"] not in state.groups:
        return
    there = instances[entry["group"]]
    for reference in entry["instances"]:
        named = [each for each in there if reference in (each.get("id"), each.get("name"))]
        if len(named) != 1:
            state.problems.append("tier %s: %s %r of %s; there are %s" % (
                tier["name"], "no protected instance is named" if not named else "several protected instances are named", reference,
                entry["group"], ", ".join(sorted(str(each.get("name")) for each in there[:20])) or "none"))
            continue
        if taken.setdefault(named[0]["id"], tier["name"]) != tier["name"] or any(
                member.instance is named[0] for other in state.tiers for member in other.members):
            state.problems.append("protected instance %s of %s is in tier %s and in tier %s" % (
                reference, entry["group"], taken[named[0]["id"]], tier["name"]))
            continue
        yield Member(entry["group"], state.groups[entry["group"]], named[0], (*(tier.get("ports") or ()), *(entry.get("ports") or ())))


def position(operation: str, group: dict, site: str) -> str:
    """Where a group stands on its way: ``there``, ``in_flight``, or ``elsewhere``."""
    status = group.get("status")
    if operation in DRILLS:
        return ELSEWHERE
    if status in failover.SWITCHES_IN_FLIGHT:
        return SWITCHING
    if operation == "reprotect":
        return THERE if status == "protected" else ELSEWHERE
    return THERE if production_site(group) == site and status in ("protected", "failed-over") else ELSEWHERE


def at_site(group: dict, site: str) -> str | None:
    """Why the servers of a group cannot be started at ``site``, None if they can."""
    if group.get("status") in failover.SWITCHES_IN_FLIGHT:
        return "protection group %s is %s" % (group.get("name"), group.get("status"))
    if production_site(group) != site:
        return "production of protection group %s is at the %s site, not at the %s site" % (group.get("name"), production_site(group), site)
    return None


def servers(lookup: Lookup, members: Iterable[Member], production: bool = True) -> list[Found]:
    """``[(member, server)]`` of the servers at the production sites of their groups, or at the other ones; ``{}`` where ECS does not tell, None for none.

    One list serves all; ECS is asked singly only where that does not answer.
    """
    ordered = [(member, likely_halves(member.instance, member.where, production)) for member in members]
    lookup.servers_among([half for _member, halves in ordered for half in halves[:1]])
    return [(member, _server(lookup, member, halves, production)) for member, halves in ordered]


def _server(lookup: Lookup, member: Member, halves: list[str], production: bool) -> dict | None:
    zone, silent = production_zone(member.where), False
    for half in halves:
        try:
            seen = lookup.server(half)
            if seen and server_zone(seen) and zone:
                if (server_zone(seen) == zone) == production:
                    return seen
                continue
        except Unusable:
            seen = {}
        silent = silent or seen is not None
    return {} if silent else None


def drilled(lookup: Lookup, members: Iterable[Member], name: str) -> list[Found]:
    """``[(member, server)]`` of the servers of the drills of that name, as ``servers`` gives them."""
    drills = {each["server_group_id"]: each for each in matching(lookup.list(DRILL), lambda each: each.get("name") == name)}
    ids: dict[tuple, str | None] = {}
    for each in drills.values():
        ids.update({(each["server_group_id"], entry.get("protected_instance")): entry.get("drill_server_id") for entry in each.get("drill_servers") or []})
    wanted = [(member, ids.get((member.where["id"], member.instance["id"]))) for member in members]
    known = lookup.servers_among([server_id for _member, server_id in wanted if server_id])
    return [(member, known.get(server_id) if server_id else None) for member, server_id in wanted]
