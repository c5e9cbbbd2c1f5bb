# SPDX-License-Identifier: GPL-3.0-or-later
"""Specifications of a protected instance's two servers (5.5.10). PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._cloud.errors import ConfigError, Refused
from .._engine.lookup import Lookup
from .._engine.options import Options as _Options
from .._engine.plan import Plan, Request, require
from .kinds import PROTECTED_INSTANCE, RESIZABLE
from .owner import OwnedLive, group_of
from .sites import is_switched, sides

KIND = PROTECTED_INSTANCE


@dataclass
class Options(_Options):
    protected_instance: str
    flavor: str | None = None
    production_flavor: str | None = None
    dr_flavor: str | None = None
    production_dedicated_host: str | None = None
    dr_dedicated_host: str | None = None


@dataclass
class Live(OwnedLive):
    """The instance, its group, and its two servers: production first, by the AZ of the current production site."""

    kind = KIND
    servers: list = field(default_factory=list)


def read(lookup: Lookup, options: Options) -> Live:
    """The instance, its group and its servers."""
    if not (options.flavor or options.production_flavor or options.dr_flavor):
        raise ConfigError("flavor, production_flavor or dr_flavor is needed")
    instance = lookup.one(KIND, options.protected_instance)
    group = group_of(lookup, KIND, instance)
    live = Live(instance, group)
    live.servers = list(sides(lookup, instance, group))
    return live


def plan(options: Options, live: Live) -> Plan:
    """At most one step, with only the sides that differ. Pure."""
    result, label = Plan(), KIND.label(live.obj)
    wanted = [options.flavor or options.production_flavor, options.flavor or options.dr_flavor]
    names = ("production", "DR")
    have = [((server or {}).get("flavor") or {}).get("id") for server in live.servers]
    for name, flavor, present in zip(names, wanted, have):
        if flavor and not present:
            raise Refused("%s: the flavor of its %s server cannot be read, so it is not known what to change" % (label, name))
    differing = [bool(flavor) and flavor != present for flavor, present in zip(wanted, have)]
    keys = ("production_flavor", "dr_flavor")
    result.before = {key: present for key, flavor, present in zip(keys, wanted, have) if flavor}
    result.after = {key: flavor for key, flavor in zip(keys, wanted) if flavor}
    if not any(differing):
        return result
    _require(options, live, differing, label)
    body = {}
    # On a switched group it is not known which server the service calls production: both are named, though one may be right already.
    if is_switched(live.group) or (all(differing) and wanted[0] == wanted[1]):
        body["flavorRef"] = wanted[0]
    else:
        body.update({key: flavor for key, flavor, change in zip(("production_flavorRef", "dr_flavorRef"), wanted, differing) if change})
    for host, key, change in ((options.production_dedicated_host, "production_dedicated_host_id", differing[0]),
                              (options.dr_dedicated_host, "dr_dedicated_host_id", differing[1])):
        if host and change:
            body[key] = host
    targets = [(server["id"], flavor) for server, flavor, change in zip(live.servers, wanted, differing) if change]
    request = Request(
        "resize_protected_instance", {"protected_instance": live.obj["id"]}, body,
        proof=lambda api: all((api.server(server_id).get("flavor") or {}).get("id") == flavor for server_id, flavor in targets),
    )
    result.add("resize", KIND, live.obj.get("name"), live.obj["id"], request)
    return result


def _require(options: Options, live: Live, differing: list, label: str) -> None:
    statuses = {"protection group": (live.group or {}).get("status"), "protected instance": live.obj.get("status")}
    require(RESIZABLE, statuses, "resizing it", label)
    if is_switched(live.group) and not options.flavor:
        raise Refused(
            "%s: its group has switched sites, so production and DR flavors cannot be told apart" % label,
            remedy="Use flavor, for both sides, or fail back first.",
        )
    running = [
        "%s server %s (%s)" % (name, server.get("name"), server.get("id"))
        for name, server, change in zip(("production", "DR"), live.servers, differing) if change and server.get("status") != "SHUTOFF"
    ]
    if running:
        raise Refused("%s: not stopped: %s" % (label, ", ".join(running)), code="SDRS.1352", remedy="Stop the server first; this module never does.")
