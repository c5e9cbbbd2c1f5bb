# SPDX-License-Identifier: GPL-3.0-or-later
"""Elastic IPs, bound to servers' ports and unbound (vendor's EIP reference, "Updating an EIP"). PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .._cloud.errors import ConfigError, Refused
from .._cloud.odd import matching, raw
from .._cloud.validate import is_id
from .._engine.kind import Kind, LiveState
from .._engine.lookup import Lookup, exactly_one
from .._engine.options import Options as _Options
from .._engine.plan import Plan, Request, Step
from . import ecs_power


def _took_effect(step: Any, eip: dict | None) -> bool:
    if not eip:
        return False
    return (eip.get("port_id") or None) == step.request.body["port_id"]


KIND = Kind(
    name="eip", title="elastic IP", plural="eips", entity="", listable=False, took_effect=_took_effect,
    transit={"BINDING": "ACTIVE", "PENDING_UPDATE": "ACTIVE", "PENDING_CREATE": "DOWN", "NOTIFYING": "DOWN"},
)


@dataclass
class Options(_Options):
    eip: str
    server: str | None = None
    address: str | None = None
    port: str | None = None
    state: str = "bound"
    move: bool = False


@dataclass
class Live(LiveState):
    """The elastic IP, the port it is to be bound to, and the elastic IP that port has instead."""

    obj: dict
    port_id: str | None = None
    label: str = ""
    in_its_place: dict | None = None

    def watch(self) -> list:
        return [(KIND, self.obj)]

    def assume(self) -> Live:
        return self.supposing(KIND.assumed(self.obj))


@dataclass
class Binding(Plan):
    """A plan with the elastic IP as it will be."""

    expected: dict = field(default_factory=dict)


def read(lookup: Lookup, options: Options) -> Live:
    """The elastic IP by ID or address, and the port of the server."""
    if options.state == "bound" and not (options.server or options.port):
        raise ConfigError("state: bound needs server or port")
    if options.address and not options.server:
        raise ConfigError("address needs server")
    eips = lookup.once("elastic IPs", lookup.api.eips)
    found = matching(eips, lambda each: options.eip in (each.get("id"), each.get("public_ip_address")))
    shown = [[dict(each, name=raw(each, "public_ip_address")) for each in some] for some in (found, eips)]
    exactly_one(shown[0], shown[1], KIND.title, options.eip)
    live = Live(found[0])
    if options.port:
        live.port_id, live.label = options.port, "port %s" % options.port
    elif options.server:
        live.port_id, live.label = _port(lookup, options.server, options.address)
    live.in_its_place = next((each for each in eips if live.port_id and each.get("port_id") == live.port_id and each is not live.obj), None)
    return live


def _port(lookup: Lookup, reference: str, address: str | None) -> tuple:
    """``(port ID, label)`` of the server's NIC that ``address`` names, or of its only or primary one."""
    server = ecs_power.named(lookup, [reference])[0]
    nics = [
        nic for nics in (server.get("addresses") or {}).values() for nic in nics
        if nic.get("OS-EXT-IPS:type") in (None, "fixed") and nic.get("OS-EXT-IPS:port_id") and ":" not in str(nic.get("addr"))
    ]
    label = ecs_power.KIND.label(server)
    chosen = [nic for nic in nics if nic.get("addr") == address] if address else [nic for nic in nics if nic.get("primary") is True]
    if not address and not chosen:
        chosen = nics
    if len(chosen) != 1:
        problem = "no NIC has the address %s" % address if address else "it is not clear which of its %d NICs is meant" % len(nics)
        addresses = ", ".join(str(nic.get("addr")) for nic in nics) or "none"
        raise Refused("%s: %s; its addresses: %s" % (label, problem, addresses), remedy="Name one with address.")
    return chosen[0]["OS-EXT-IPS:port_id"], "%s at %s" % (label, chosen[0].get("addr"))


def plan(options: Options, live: Live) -> Plan:
    """At most one unbinding and one binding, in this order: an elastic IP that is bound cannot be bound elsewhere (VPC.0510). Pure."""
    bound, wanted = live.obj.get("port_id") or None, live.port_id if options.state == "bound" else None
    address = live.obj.get("public_ip_address")
    result = Binding(before={"port_id": bound}, after={"port_id": bound}, expected=dict(live.obj))
    if bound == wanted or (options.state == "unbound" and live.port_id and bound != live.port_id):
        return result
    if wanted and bound and not options.move:
        raise Refused(
            "elastic IP %s is bound to port %s (%s)" % (address, bound, live.obj.get("private_ip_address")),
            remedy="Unbind it there, or set move: true.",
        )
    if wanted and live.in_its_place:
        raise Refused(
            "%s has the elastic IP %s already" % (live.label, live.in_its_place.get("public_ip_address")), code="VPC.0511", remedy="Unbind that one first.",
        )
    result.after["port_id"] = wanted
    result.expected.update(port_id=wanted, status="ACTIVE" if wanted else "DOWN")
    steps = []
    if bound:
        steps.append(_bind(result, live, "detach", None, bound))
    if wanted:
        _bind(result, live, "attach", wanted, None, steps)
    return result


def _bind(result: Plan, live: Live, operation: str, port_id: str | None, premise: str | None, after: Iterable[Step] = ()) -> Step:
    name = live.obj.get("public_ip_address")

    def guard(eip: dict | None) -> None:
        now = (eip or {}).get("port_id") or None
        if eip is None or now not in (premise, port_id):
            raise Refused("elastic IP %s is bound to port %s meanwhile" % (name, now) if eip else "elastic IP %s no longer exists" % name)

    return result.add(operation, KIND, name, live.obj["id"], Request("update_eip", {"eip": live.obj["id"]}, {"port_id": port_id}, guard=guard), after=after)


def show(lookup: Lookup, eip_id: Any, _live: Live) -> Any:
    """The elastic IP after it."""
    return lookup.show(KIND, eip_id)


RULES = {
    "eip": lambda value: None if value.strip() else "must not be empty",
    "port": lambda value: None if is_id(value) else "%r is not an ID" % value,
}
