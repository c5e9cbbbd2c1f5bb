# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating and deleting the drills of many groups, all at once. PRIVATE to the collection.

Each drill is planned as ``drill`` plans one, and is a branch of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from .._cloud import validate as _validate
from .._cloud.errors import ConfigError, Refused, SdrsError
from .._cloud.odd import Unusable, matching
from .._cloud.validate import Between, identifiers
from .._engine.kind import LiveState
from .._engine.lookup import Lookup
from .._engine.options import Options as _Options
from .._engine.plan import Plan
from . import drill
from .branches import plan_branches
from .failover_batch import found

KIND = drill.KIND


def entries(value: Any) -> str | None:
    """Rule: drills, each with its group and a proper name, one for a group."""
    for index, entry in enumerate(value):
        for key, rule in (("server_group", _validate.reference), ("name", _validate.name), ("drill_vpc", _validate.reference)):
            problem = rule(entry[key]) if entry.get(key) is not None else None
            if problem:
                return "[%d].%s %s" % (index, key, problem)
    groups = [entry["server_group"] for entry in value]
    twice = sorted({group for group in groups if groups.count(group) > 1})
    return "names %s twice" % twice[0] if twice else None


RULES = {"drills": entries, "ids": identifiers, "parallel": Between(1, 256)}


@dataclass
class Options(_Options):
    """``drills``: ``{server_group, name, drill_vpc}`` of those to come; ``ids``: those to delete."""

    drills: list[dict] | None = None
    ids: list[str] | None = None
    state: str = "present"


@dataclass
class Entry:
    """A drill of the task: its branch, options, and live state or why there is none."""

    name: str
    options: drill.Options
    live: drill.Live | None = None
    error: SdrsError | None = None


@dataclass
class Live(LiveState):
    entries: list[Entry]

    @property
    def id(self) -> str:
        return "drills"

    @property
    def obj(self) -> list:
        return [entry.live.obj for entry in self.entries if entry.live and entry.live.obj]

    def watch(self) -> list:
        return [watched for entry in self.entries if entry.live and not entry.error for watched in entry.live.watch() if watched[1]]

    def branch(self, obj: dict) -> str | None:
        def about(live: drill.Live) -> list:
            return [each["id"] for each in (live.obj, live.group) if each]

        return next((entry.name for entry in self.entries if entry.live and obj["id"] in about(entry.live)), None)

    def assume(self) -> Live:
        return Live([replace(entry, live=entry.live and entry.live.assume()) for entry in self.entries])


def read(lookup: Lookup, options: Options) -> Live:
    """The drills that there are, and the groups of those to come."""
    if options.state == "absent":
        if options.drills or not options.ids:
            raise ConfigError("state: absent needs ids, and no drills: a name does not tell whose a drill is")
        known = {each["id"]: each for each in lookup.list(KIND)}
        return Live([Entry(str(each), drill.Options("absent"), drill.Live(known.get(each) or lookup.show(KIND, each))) for each in options.ids])
    if options.ids or not options.drills:
        raise ConfigError("state: present needs drills, and no ids")
    return Live([_entry(lookup, entry) for entry in options.drills])


def _entry(lookup: Lookup, given: dict) -> Entry:
    entry = Entry(given["server_group"], drill.Options(name=given["name"]))
    try:
        group = found(lookup, given["server_group"])
        there = matching(lookup.list(KIND), lambda each: each.get("server_group_id") == group["id"] and each.get("name") == given["name"])
        if len(there) > 1:
            raise Refused("protection group %s has %d DR drills named %s" % (given["server_group"], len(there), given["name"]))
        entry.live = drill.Live(there[0] if there else None, group)
        entry.options.server_group = group["id"]
        entry.options.drill_vpc = lookup.vpc_id(given["drill_vpc"]) if given.get("drill_vpc") else None
    except (Refused, Unusable) as error:
        entry.error = error
    return entry


def plan(_options: Options, live: Live) -> Plan:
    """The steps of every drill; what one of them does not allow is its own failure. Pure."""
    return plan_branches(live.entries, lambda entry: drill.plan(entry.options, entry.live))


def show(lookup: Lookup, _id: Any, live: Live) -> list:
    """The drills of the task's names and groups as the service shows them now."""
    wanted = {(entry.options.server_group, entry.options.name) for entry in live.entries}
    return matching(lookup.list(KIND), lambda each: (each.get("server_group_id"), each.get("name")) in wanted)
