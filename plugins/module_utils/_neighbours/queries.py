# SPDX-License-Identifier: GPL-3.0-or-later
"""What the info modules read of VPC, AS and ECS. Each gives the result's keys. PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass

from .._cloud.odd import altered, matching, raw
from .._cloud.validate import identifiers
from .._engine.lookup import Lookup
from .._engine.options import Options
from .._engine.waiting import Waiting
from .._sdrs.kinds import PROTECTED_INSTANCE, SERVER_GROUP
from .._sdrs.sites import server_halves
from . import as_group

# The neighbours' filters take any part of a name.
NAME_PART = {"name": lambda value: None if value else "must not be empty"}
SERVER_RULES = {**NAME_PART, "ids": identifiers}


@dataclass
class Named(Options):
    id: str | None = None
    name: str | None = None


@dataclass
class Servers(Options):
    ids: list[str] | None = None
    name: str | None = None
    server_group: str | None = None


def vpcs(lookup: Lookup, options: Named, waiting: Waiting) -> dict:
    """VPCs with their subnets."""
    found = lookup.api.vpcs()
    for key, wanted in options.given().items():
        found = matching(found, lambda vpc, key=key, wanted=wanted: vpc.get(key) == wanted)
    subnets = lookup.api.subnets(found[0]["id"] if len(found) == 1 else None) if found else []
    return {"vpcs": [altered(vpc, subnets=[subnet for subnet in subnets if raw(subnet, "vpc_id") == raw(vpc, "id")]) for vpc in found]}


def as_groups(lookup: Lookup, options: Named, waiting: Waiting) -> dict:
    """AS groups by ID, or whose name contains ``name``."""
    if options.id:
        group = lookup.show(as_group.KIND, options.id)
        return {"as_groups": [group] if group else []}
    return {"as_groups": lookup.api.as_groups(options.name)}


def ecs_servers(lookup: Lookup, options: Servers, waiting: Waiting) -> dict:
    """ECS servers by ID, name part, or as the halves of a group's protected instances."""
    if options.ids:
        if len(options.ids) > 1:
            lookup.all_servers()
        servers = [lookup.server(each) for each in options.ids]
        return {"ecs_servers": [server for server in servers if server]}
    if options.server_group:
        group_id = lookup.id_of(SERVER_GROUP, options.server_group)
        halves = {half for instance in lookup.list(PROTECTED_INSTANCE, server_group_id=group_id) for half in server_halves(instance)}
        return {"ecs_servers": [server for server in lookup.all_servers().values() if server.get("id") in halves]}
    return {"ecs_servers": lookup.api.servers(options.name)}
