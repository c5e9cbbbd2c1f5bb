# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs of a protected instance (5.5.8, 5.5.9). PRIVATE to the collection."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from .._cloud.api import Api
from .._cloud.errors import ConfigError, Refused
from .._cloud.validate import identifiers, ip_address, is_id
from .._engine.lookup import Lookup
from .._engine.options import Options as _Options
from .._engine.plan import Plan, Request, require
from .kinds import CHANGEABLE, PROTECTED_INSTANCE
from .owner import OwnedLive, group_of
from .sites import sides

KIND = PROTECTED_INSTANCE


@dataclass
class Options(_Options):
    protected_instance: str
    state: str = "present"
    subnet: str | None = None
    ip_address: str | None = None
    security_groups: list[str] | None = None
    nic: str | None = None


@dataclass
class Live(OwnedLive):
    """The instance, its group, its production server's interfaces as ``[{addr, port}]`` (the first is primary), and the subnet."""

    kind = KIND
    nics: list = field(default_factory=list)
    server: str | None = None
    subnet: Any = None  # a dict if one was given


def read(lookup: Lookup, options: Options) -> Live:
    """The instance, its production server's addresses, and the subnet."""
    if options.state == "present" and not options.subnet:
        raise ConfigError("subnet is required to add a NIC")
    if not (options.subnet or options.nic or options.ip_address):
        raise ConfigError("nic, ip_address or subnet is required to identify the NIC")
    instance = lookup.one(KIND, options.protected_instance)
    live = Live(instance, group_of(lookup, KIND, instance))
    server = sides(lookup, instance, live.group)[0]
    if not server:
        raise Refused("%s: its production server cannot be read" % KIND.label(instance))
    live.server, live.nics = server["id"], _interfaces(server)
    if not isinstance(server.get("addresses"), dict) or not all(nic["addr"] for nic in live.nics):
        raise Refused("%s: ECS does not report the addresses of its production server %s" % (KIND.label(instance), server["id"]), retryable=True)
    if options.subnet:
        live.subnet = lookup.subnet(options.subnet, (live.group or {}).get("source_vpc_id"))
        if not live.subnet.get("cidr"):
            raise Refused("subnet %s has no CIDR, so its NICs cannot be identified" % options.subnet)
    _check_identity(options, live)
    return live


def _check_identity(options: Options, live: Live) -> None:
    """Port ID, address and subnet must identify one NIC; one that is gone identifies nothing."""
    given = [(option, value) for option, value in (("nic", options.nic), ("ip_address", options.ip_address)) if value]
    alone = replace(options, nic=None, ip_address=None)
    singly: list[dict] = [{option: value} for option, value in given]
    meant = [_matching(replace(alone, **single), replace(live, subnet=None)) for single in singly]
    if any(meant) and not _matching(options, live):
        nics = ["NIC %s (%s)" % (found[0]["addr"], found[0]["port"]) if found else "no NIC" for found in meant]
        what = ["%s %s identifies %s" % (*each, nic) for each, nic in zip(given, nics)]
        what += ["subnet %s is %s" % (options.subnet, live.subnet.get("cidr"))] if live.subnet else []
        raise Refused("%s: %s" % (KIND.label(live.obj), ", but ".join(what)), remedy="Nothing was sent. Leave out one of them, or correct it.")


def _interfaces(server: dict) -> list:
    return [
        {"addr": entry.get("addr"), "port": entry.get("OS-EXT-IPS:port_id")}
        for entries in (server.get("addresses") or {}).values() for entry in entries if entry.get("OS-EXT-IPS:type") in (None, "fixed")
    ]


def _changed(live: Live) -> Callable[[Api], bool]:
    """Proof that a NIC was added or deleted: the server has others now."""
    return lambda api: _interfaces(api.server(str(live.server))) != live.nics


def plan(options: Options, live: Live) -> Plan:
    """At most one step. Pure."""
    result, label = Plan(), KIND.label(live.obj)
    result.before = {"addresses": [nic["addr"] for nic in live.nics]}
    result.after = {"addresses": list(result.before["addresses"])}
    statuses = {"protection group": (live.group or {}).get("status"), "protected instance": live.obj.get("status")}
    if options.state == "present":
        if _matching(options, live):
            return result
        require(CHANGEABLE, statuses, "adding a NIC", label)
        body: dict = {"subnet_id": live.subnet["id"], "ip_address": options.ip_address}
        if options.security_groups:
            body["security_groups"] = [{"id": group} for group in options.security_groups]
        result.after["addresses"].append(options.ip_address or "an address of %s" % live.subnet.get("cidr"))
        _add(result, live, "add_nic", {key: value for key, value in body.items() if value is not None})
        return result
    found = _matching(options, live)
    if not found:
        return result
    if len(found) > 1:
        addresses = ", ".join(nic["addr"] for nic in found)
        raise Refused("%s has %d matching NICs: %s" % (label, len(found), addresses), remedy="Select one with nic or ip_address.")
    if found[0] is live.nics[0]:
        raise Refused("%s: %s is its primary NIC, which cannot be deleted" % (label, found[0]["addr"]), code="SDRS.1311")
    require(CHANGEABLE, statuses, "deleting a NIC", label)
    result.after["addresses"].remove(found[0]["addr"])
    _add(result, live, "delete_nic", {"nic_id": found[0]["port"]})
    return result


def _add(result: Plan, live: Live, operation: str, body: dict) -> None:
    request = Request(operation, {"protected_instance": live.obj["id"]}, body, proof=_changed(live))
    result.add(operation, KIND, live.obj.get("name"), live.obj["id"], request)


def _matching(options: Options, live: Live) -> list:
    """The NICs that match port ID, address and subnet; a deletion by subnet alone ignores the primary NIC."""
    found = live.nics
    if options.nic:
        found = [nic for nic in found if nic["port"] == options.nic]
    if options.ip_address:
        found = [nic for nic in found if nic["addr"] == options.ip_address]
    if live.subnet:
        found = [nic for nic in found if _inside(nic["addr"], live.subnet.get("cidr"))]
    return found


def _inside(address: str, cidr: Any) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(cidr)
    except ValueError:
        return False


RULES = {
    "nic": lambda value: None if is_id(value) else "%r is not a port ID" % value,
    "ip_address": ip_address,
    "security_groups": identifiers,
}
