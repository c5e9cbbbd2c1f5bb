# SPDX-License-Identifier: GPL-3.0-or-later
"""Bringing the production sites of many groups to where they are wanted, all at once. PRIVATE to the collection.

Each group is planned as ``failover`` plans one, and is a branch of its own: one that fails leaves the others running. Lists serve
all groups; each step's guard reads its own group directly before the request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .._cloud.errors import ConfigError, Refused, SdrsError
from .._cloud.odd import Unusable, matching
from .._cloud.validate import Between, is_id
from .._engine.kind import Kind, LiveState
from .._engine.lookup import Lookup
from .._engine.options import Options as _Options
from .._engine.plan import Plan
from . import failover
from .branches import plan_branches
from .kinds import PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP
from .readiness import conditions as _conditions
from .sites import production_site as _production_site

KIND = SERVER_GROUP
CURRENT = "current"


def references(value: Any) -> str | None:
    """Rule: group references, each once."""
    if not value:
        return "must not be empty"
    if not all(reference.strip() for reference in value):
        return "holds an empty name"
    twice = sorted({reference for reference in value if value.count(reference) > 1})
    return "names %s twice" % twice[0] if twice else None


RULES = {"server_groups": references, "parallel": Between(1, 256)}


@dataclass
class Options(_Options):
    server_groups: list[str]
    active_site: str
    mode: str = "planned"
    reprotect: bool = False
    force: bool = False
    wait: bool = True


@dataclass
class Entry:
    """A group of the task: what the user calls it, and its live state or why there is none."""

    name: str
    live: failover.Live | None = None
    error: SdrsError | None = None
    options: failover.Options | None = None


@dataclass
class Live(LiveState):
    entries: list

    @property
    def id(self) -> str:
        return "server_groups"

    @property
    def obj(self) -> list:
        return [entry.live.obj for entry in self.entries if entry.live]

    def watch(self) -> list:
        return [(KIND, entry.live.obj) for entry in self.entries if entry.live and not entry.error]

    def branch(self, obj: dict) -> str | None:
        return next((entry.name for entry in self.entries if entry.live and entry.live.obj["id"] == obj["id"]), None)

    def assume(self) -> Live:
        return Live([replace(entry, live=entry.live and entry.live.assume()) for entry in self.entries])


def found(lookup: Lookup, reference: str) -> dict:
    """The group that an ID or name means, by the one list of all groups.

    :raises Refused: none, or several
    """
    if is_id(reference):
        group = next(iter(matching(lookup.list(KIND), lambda each: each.get("id") == reference)), None)
        return group or lookup.one(KIND, reference)
    named = matching(lookup.list(KIND), lambda each: each.get("name") == reference)
    return named[0] if len(named) == 1 else lookup.one(KIND, reference)


def facts(lookup: Lookup, group: dict, servers: bool = True) -> _conditions.Facts:
    """What the conditions of a switch ask of a group, from the lists of the whole project."""
    def of(kind: Kind) -> list:
        return matching(lookup.list(kind), lambda each: each.get("server_group_id") == group["id"])

    gathered = _conditions.Facts(group, of(PROTECTED_INSTANCE), of(REPLICATION))
    if servers:
        failover.read_servers(lookup, gathered)
    return gathered


def read(lookup: Lookup, options: Options) -> Live:
    """Every group, and for what has to be done to it what its conditions ask."""
    if not options.wait:
        raise ConfigError("wait: false is refused: a switch must be watched to its end")
    if options.active_site == CURRENT and not options.reprotect:
        raise ConfigError("active_site: current needs reprotect: true, a switch has a direction")
    entries = [_entry(lookup, options, reference) for reference in options.server_groups]
    seen: dict = {}
    for entry in entries:
        if entry.live and seen.setdefault(entry.live.obj["id"], entry.name) != entry.name:
            raise ConfigError("server_groups: %s and %s are the same protection group" % (seen[entry.live.obj["id"]], entry.name))
    return Live(entries)


def _entry(lookup: Lookup, options: Options, reference: str) -> Entry:
    entry = Entry(reference)
    try:
        group = found(lookup, reference)
        entry.live = failover.Live(group)
        site = _production_site(group) if options.active_site == CURRENT else options.active_site
        entry.options = failover.Options(site, reference, options.mode, options.reprotect, options.force, options.wait)
        if KIND.busy(group):
            return entry
        failover.refuse_reversal(entry.options, group, [(kind, obj) for kind, obj in lookup.settled if obj.get("id") == group["id"]])
        entry.live.operation = failover.decide(entry.options, group)
        if entry.live.operation:
            entry.live.facts = facts(lookup, group, entry.live.operation != "failover")
    except (Refused, Unusable) as error:
        entry.error = error
    return entry


def plan(options: Options, live: Live) -> Plan:
    """At most one step for each group; what one of them does not allow is its own failure. Pure."""
    return plan_branches(live.entries, _plan_one)


def _plan_one(entry: Entry) -> Plan:
    if entry.options is None or entry.live is None:
        raise AssertionError("an entry without a live state has an error")
    part = failover.plan(entry.options, entry.live)
    part.warnings = ["%s: %s" % (entry.name, warning) for warning in part.warnings]
    return part


def show(lookup: Lookup, _id: Any, live: Live) -> list:
    """The groups as the service shows them now."""
    ids = [group["id"] for group in live.obj]
    return matching(lookup.list(KIND), lambda each: each.get("id") in ids)


def verify(options: Options, groups: Iterable) -> None:
    """Success is what the groups show, not what the jobs say."""
    for group in groups if options.active_site != CURRENT else ():
        failover.verify(options, group)
