# SPDX-License-Identifier: GPL-3.0-or-later
"""DR drills (5.7, A.5). PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .._cloud.errors import ConfigError, Refused
from .._engine.lookup import Lookup, exactly_one
from .._engine.options import ObjectOptions
from .._engine.plan import Field, Find, Plan, Step, managed, require
from . import identity
from .kinds import DRILL as KIND
from .kinds import DRILL_ADDABLE, DRILL_DELETABLE, SERVER_GROUP
from .owner import OwnedLive, group_id_of
from .present import NAME, plan_present, require_creatable

IMMUTABLE = (Field("drill_vpc", "drill_vpc_id"), Field("server_group", "server_group_id"))


@dataclass
class Options(ObjectOptions):
    server_group: str | None = None
    drill_vpc: str | None = None


@dataclass
class Live(OwnedLive):
    """The drill, and the group of a drill to come."""

    kind = KIND


def read(lookup: Lookup, options: Options) -> Live:
    """Look the drill up by ``id``, else by ``name`` in the group."""
    if options.server_group:
        options.server_group = lookup.id_of(SERVER_GROUP, options.server_group)
    if options.id:
        live = Live(lookup.show(KIND, options.id))
    elif options.name:
        query = {"server_group_id": options.server_group} if options.server_group else {}
        found = lookup.named(KIND, options.name, **query)
        live = Live(exactly_one(found, found, KIND.title, options.name) if found else None)
    else:
        raise ConfigError("name or id is needed")
    identity.check_group(lookup, KIND, live.obj, options.server_group)
    identity.check_name(KIND, live.obj, vars(options), lambda: _alike(lookup, options, live.obj))
    if options.absent:
        if live.obj and options.drill_vpc:
            identity.check_field(KIND, live.obj, "drill_vpc", lookup.vpc_id(options.drill_vpc), live.obj.get("drill_vpc_id"))
        return live
    if live.obj is None:
        require_creatable(KIND, options, ("server_group",))
        live.group = lookup.one(SERVER_GROUP, str(options.server_group))
    elif live.obj.get("status") == KIND.failed_creation:
        live.group = lookup.show(SERVER_GROUP, group_id_of(KIND, live.obj))
    if options.drill_vpc:
        options.drill_vpc = lookup.vpc_id(options.drill_vpc)
    return live


def _alike(lookup: Lookup, options: Options, obj: dict | None) -> list:
    """The drills of the group, or, where that is not known, of the project that bear the name."""
    group_id = (obj or {}).get("server_group_id") or options.server_group
    return lookup.named(KIND, str(options.name), **({"server_group_id": group_id} if group_id else {}))


def plan(options: Options, live: Live) -> Plan:
    """Steps that make the drill as wanted. Pure."""
    result, obj = Plan(), live.obj
    if options.absent:
        if obj:
            require(DRILL_DELETABLE, {"DR drill": obj.get("status")}, "deleting it", KIND.label(obj))
            result.before = {"name": obj.get("name")}
            delete_step(result, obj)
        return result
    if obj is None:
        _create(result, options, live)
        return result
    if obj.get("status") == KIND.failed_creation:
        result.before = {"name": obj.get("name")}
        _create(result, replace(options, name=options.name or obj.get("name")), live, after=[delete_step(result, obj)])
        return result
    plan_present(result, KIND, options, obj, IMMUTABLE)
    return result


def _create(result: Plan, options: Options, live: Live, after: Iterable[Step] = ()) -> None:
    require(DRILL_ADDABLE, {"protection group": live.group.get("status")}, "creating it", "DR drill %s" % options.name)
    if not options.drill_vpc:
        result.warnings.append("no drill_vpc is given: the service creates a VPC for DR drill %s, which outlives the drill" % options.name)
    elif options.drill_vpc in (live.group.get("source_vpc_id"), live.group.get("target_vpc_id")):
        raise Refused("DR drill %s: the drill VPC is the VPC of the protection group itself" % options.name, code="SDRS.1907")
    body = {"server_group_id": live.group["id"], "drill_vpc_id": options.drill_vpc, "name": options.name}
    result.after = managed(options, (*IMMUTABLE, NAME))
    result.create(KIND, options.name, body, Find({"server_group_id": live.group["id"]}, lambda drill: drill.get("name") == options.name), after)


def delete_step(result: Plan, drill: dict, after: Iterable[Step] = ()) -> Step:
    """Add the deletion of a drill, its servers, disks and NICs (5.7.2) to a plan."""
    return result.delete(KIND, drill, after=after)
