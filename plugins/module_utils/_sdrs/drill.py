# SPDX-License-Identifier: GPL-3.0-or-later
"""DR drills (5.7, A.5). PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass

from .._cloud.errors import ConfigError, Refused
from .._engine.kind import LiveState
from .._engine.lookup import exactly_one
from .._engine.plan import Field, Find, Plan, Request, immutable_conflicts, managed, refuse_immutable, require
from . import identity
from .kinds import DRILL as KIND
from .kinds import DRILL_ADDABLE, DRILL_DELETABLE, SERVER_GROUP
from .owner import group_id_of

IMMUTABLE = (Field("drill_vpc", "drill_vpc_id"), Field("server_group", "server_group_id"))


@dataclass
class Live(LiveState):
    """The drill, and the group of a drill to come."""

    obj: dict | None
    group: dict | None = None

    def watch(self):
        return [(SERVER_GROUP, self.group), (KIND, self.obj)]

    def assume(self):
        return Live(KIND.assumed(self.obj), SERVER_GROUP.assumed_owner(self.group))


def read(lookup, params):
    """Look the drill up by ``id``, else by ``name`` in the group."""
    if params.get("server_group"):
        reference = params["server_group"]
        params["server_group"] = lookup.id_of(SERVER_GROUP, reference)
    if params.get("id"):
        live = Live(lookup.show(KIND, params["id"]))
    elif params.get("name"):
        query = {"server_group_id": params["server_group"]} if params.get("server_group") else {}
        found = lookup.named(KIND, params["name"], **query)
        live = Live(exactly_one(found, found, KIND.title, params["name"]) if found else None)
    else:
        raise ConfigError("name or id is needed")
    identity.check_group(lookup, KIND, live.obj, params)
    identity.check_name(KIND, live.obj, params, lambda: _alike(lookup, params, live.obj))
    if params["state"] == "absent":
        if live.obj and params.get("drill_vpc"):
            identity.check_field(KIND, live.obj, "drill_vpc", lookup.vpc_id(params["drill_vpc"]), live.obj.get("drill_vpc_id"))
        return live
    if live.obj is None:
        if params.get("id"):
            raise Refused("no DR drill has the ID %s" % params["id"])
        if not params.get("server_group"):
            raise ConfigError("DR drill %s does not exist; creating it needs server_group" % params["name"])
        live.group = lookup.one(SERVER_GROUP, params["server_group"])
    elif live.obj.get("status") == KIND.failed_creation:
        live.group = lookup.show(SERVER_GROUP, group_id_of(KIND, live.obj))
    if params.get("drill_vpc"):
        params["drill_vpc"] = lookup.vpc_id(params["drill_vpc"])
    return live


def _alike(lookup, params, obj):
    """The drills of the group, or, where that is not known, of the project that bear the name."""
    group_id = (obj or {}).get("server_group_id") or params.get("server_group")
    return lookup.named(KIND, params["name"], **({"server_group_id": group_id} if group_id else {}))


def plan(params, live):
    """Steps that make the drill as wanted. Pure."""
    result, obj = Plan(), live.obj
    if params["state"] == "absent":
        if obj:
            require(DRILL_DELETABLE, {"DR drill": obj.get("status")}, "deleting it", KIND.label(obj))
            result.before = {"name": obj.get("name")}
            delete_step(result, obj)
        return result
    if obj is None:
        _create(result, params, live)
        return result
    if obj.get("status") == KIND.failed_creation:
        result.before = {"name": obj.get("name")}
        _create(result, dict(params, name=params.get("name") or obj.get("name")), live, after=[delete_step(result, obj)])
        return result
    label = KIND.label(obj)
    KIND.refuse_half_deleted(obj)
    left_alone = refuse_immutable(result, params, immutable_conflicts(params, IMMUTABLE, obj), label)
    result.before = managed({key: value for key, value in params.items() if key not in left_alone}, IMMUTABLE)
    if params.get("name"):
        result.before["name"] = obj.get("name")
    result.after = dict(result.before)
    if params.get("name") and obj.get("name") != params["name"]:
        result.rename(KIND, obj["id"], params["name"])
        result.after["name"] = params["name"]
    return result


def _create(result, params, live, after=()):
    require(DRILL_ADDABLE, {"protection group": live.group.get("status")}, "creating it", "DR drill %s" % params["name"])
    if not params.get("drill_vpc"):
        result.warnings.append(
            "no drill_vpc is given: the service creates a VPC for DR drill %s, which outlives the drill" % params["name"]
        )
    elif params["drill_vpc"] in (live.group.get("source_vpc_id"), live.group.get("target_vpc_id")):
        raise Refused("DR drill %s: the drill VPC is the VPC of the protection group itself" % params["name"], code="SDRS.1907")
    body = {"server_group_id": live.group["id"], "drill_vpc_id": params.get("drill_vpc"), "name": params["name"]}
    result.after = managed(params, (*IMMUTABLE, Field("name", "name")))
    result.add(
        "create", KIND, params["name"], None, Request("create_drill", body={key: value for key, value in body.items() if value is not None}),
        Find({"server_group_id": live.group["id"]}, lambda drill: drill.get("name") == params["name"]), after=after,
    )


def delete_step(result, drill, after=()):
    """Add the deletion of a drill, its servers, disks and NICs (5.7.2) to a plan."""
    return result.add("delete", KIND, drill.get("name"), drill["id"], Request("delete_drill", {"drill": drill["id"]}), after=after)
