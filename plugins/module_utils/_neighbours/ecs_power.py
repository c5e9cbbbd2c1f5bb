# SPDX-License-Identifier: GPL-3.0-or-later
"""Power of ECS servers: one batch call, one job (service.md, section 5). PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .._cloud.errors import ConfigError, Refused
from .._cloud.odd import altered, matching
from .._cloud.validate import is_id
from .._engine.kind import Kind, LiveState
from .._engine.lookup import Lookup, exactly_one, readable
from .._engine.options import Options as _Options
from .._engine.plan import Plan, Request
from .._sdrs.kinds import PROTECTED_INSTANCE, SERVER_GROUP
from .._sdrs.sites import servers_at

WANTED = {"started": "ACTIVE", "stopped": "SHUTOFF"}
_TASK = "OS-EXT-STS:task_state"


class _ServerKind(Kind):
    """A server is in transit while it has a task, whatever its status."""

    def busy(self, obj: Any) -> bool:
        return bool(obj) and bool(obj.get(_TASK))

    def assumed(self, obj: dict) -> Any:
        if not self.busy(obj):
            return obj
        ends = {"powering-on": "ACTIVE", "powering-off": "SHUTOFF"}
        return altered(obj, **{_TASK: None, "status": ends.get(obj[_TASK], obj.get("status"))})


KIND = _ServerKind(
    name="ecs_server", title="server", plural="servers", entity="server_id", transit={},
    took_effect=lambda step, obj: False,  # the calls are repeatable
    listing=lambda api, query: api.servers(),
)


@dataclass
class Options(_Options):
    servers: list[str] | None = None
    server_group: str | None = None
    site: str | None = None
    protected_instances: list[str] | None = None
    state: str = "started"
    mode: str = "soft"


@dataclass
class Live(LiveState):
    """``obj``: the chosen servers."""

    obj: list

    @property
    def id(self) -> str | None:
        return "servers" if self.obj else None

    def watch(self) -> list:
        return [(KIND, server) for server in self.obj]

    def assume(self) -> Live:
        return Live([KIND.assumed(server) for server in self.obj])


def read(lookup: Lookup, options: Options) -> Live:
    """The servers by ID or unique name, or those of a protection group at one site."""
    if bool(options.servers) == bool(options.server_group):
        raise ConfigError("either servers, or server_group and site are needed")
    if options.server_group:
        return Live(_of_group(lookup, options.server_group, options))
    if options.protected_instances is not None:
        raise ConfigError("protected_instances needs server_group")
    return Live(named(lookup, options.servers or []))


def named(lookup: Lookup, references: list[str]) -> list[dict]:
    """The servers of these IDs or unique names.

    :raises Refused: one does not exist, or its name is not unique
    """
    by_id = lookup.all_servers() if any(not is_id(each) for each in references) or len(references) > 1 else None
    found = {}
    for reference in references:
        if by_id is None:
            server = lookup.server(reference)
        elif is_id(reference):
            server = by_id.get(reference)
        else:
            bearers = by_id.where(lambda each, reference=reference: each.get("name") == reference)
            server = exactly_one(bearers, readable(by_id.values), KIND.title, reference)
        if not server:
            raise Refused("server %s does not exist" % reference)
        found[server["id"]] = server
    return list(found.values())


def _of_group(lookup: Lookup, reference: str, options: Options) -> list[dict]:
    if not options.site:
        raise ConfigError("server_group needs site: production or dr")
    group = lookup.one(SERVER_GROUP, reference)
    instances = lookup.list(PROTECTED_INSTANCE, server_group_id=group["id"])
    if options.protected_instances is not None:
        instances = [_instance(instances, each) for each in dict.fromkeys(options.protected_instances)]
    return servers_at(lookup, instances, group, options.site == "production")


def _instance(instances: list, reference: str) -> Any:
    found = matching(instances, lambda instance: reference in (instance.get("id"), instance.get("name")))
    return exactly_one(found, instances, PROTECTED_INSTANCE.title, reference)


def plan(options: Options, live: Live) -> Plan:
    """At most one step for all servers that differ. Pure."""
    wanted = WANTED[options.state]
    result = Plan(before={server["id"]: server.get("status") for server in live.obj})
    result.after = {server["id"]: wanted for server in live.obj}
    differing = [server for server in live.obj if server.get("status") != wanted]
    odd = [server for server in differing if server.get("status") not in WANTED.values()]
    if odd:
        raise Refused("not in a state to be %s: %s" % (options.state, ", ".join("%s is %s" % (each.get("name"), each.get("status")) for each in odd)))
    if not differing:
        return result
    operation, request = power(options.state, options.mode, differing)
    result.add(operation, KIND, None, differing[0]["id"], request)
    return result


def power(state: str, mode: str, servers: Iterable[dict]) -> tuple[str, Request]:
    """``(operation, request)`` that starts or stops servers with one call."""
    members = [(server.get("name"), server["id"]) for server in servers]
    body = {"servers": [{"id": server["id"]} for server in servers]}
    if state == "started":
        return "power_on", Request("start_ecs_servers", body=body, members=members, service="ecs")
    return "power_off", Request("stop_ecs_servers", body=dict(body, type=mode.upper()), members=members, service="ecs")


def show(lookup: Lookup, _unused: Any, live: Live) -> list:
    """The servers after it."""
    if len(live.obj) == 1:
        server = lookup.server(live.obj[0]["id"])
        return [server] if server else []
    servers = lookup.servers_among([server["id"] for server in live.obj])
    return [servers[server["id"]] or server for server in live.obj if servers[server["id"]] is not None]
