# SPDX-License-Identifier: GPL-3.0-or-later
"""Elastic IPs: queried, bound and unbound (vendor's EIP API reference v1, and its table of error codes)."""

from __future__ import annotations

from typing import Any

from .faults import neighbour
from .request import Request
from .world import World, shown, stamp


def new_eip(world: World, address: str) -> None:
    eip_id = world.new_id()
    world.publicips[eip_id] = {
        "id": eip_id, "type": "5_bgp", "profile": {}, "public_ip_address": address, "ip_version": 4, "tenant_id": world.identity["project_id"],
        "create_time": stamp(world.now())[:19], "bandwidth_id": world.new_id(), "bandwidth_name": "bandwidth-" + address, "bandwidth_size": 5,
        "bandwidth_share_type": "PER", "enterprise_project_id": "0", "_port": None,
    }


def _ports(world: World) -> dict:
    """``{port ID: private address}`` of all servers' NICs."""
    return {
        nic["OS-EXT-IPS:port_id"]: nic["addr"] for server in world.servers.values() for nics in server["addresses"].values() for nic in nics
    }


def _shown(eip: dict, ports: dict) -> dict:
    """``port_id`` and ``private_ip_address`` are there only while it is bound; it is no more once the port is deleted."""
    if eip["_port"] not in ports:
        return dict(shown(eip), status="DOWN")
    return dict(shown(eip), status="ACTIVE", port_id=eip["_port"], private_ip_address=ports[eip["_port"]])


def _eip(world: World, request: Request) -> Any:
    if request.args["publicip_id"] not in world.publicips:
        raise neighbour(404, "VPC.0504", "Floating IP could not be found.")
    return world.publicips[request.args["publicip_id"]]


def query(world: World, request: Request) -> dict:
    """Paged by ``marker``."""
    found, ports = list(world.publicips.values()), _ports(world)
    if request.query.get("marker"):
        position = next((index for index, eip in enumerate(found) if eip["id"] == request.query["marker"]), len(found))
        found = found[position + 1:]
    return {"publicips": [_shown(eip, ports) for eip in found[:int(request.query.get("limit", 2000))]]}


def show(world: World, request: Request) -> dict:
    return {"publicip": _shown(_eip(world, request), _ports(world))}


def update(world: World, request: Request) -> dict:
    """``port_id`` binds; without it, or empty, it unbinds."""
    eip, ports, content = _eip(world, request), _ports(world), request.json()
    content = content.get("publicip") if isinstance(content, dict) else None
    if not isinstance(content, dict):
        raise neighbour(400, "VPC.0501", "Invalid EIP parameters.")
    port = content.get("port_id") or None
    if port is not None:
        if port not in ports:
            raise neighbour(400, "VPC.0501", "Port id is invalid.")
        if eip["_port"] in ports:
            raise neighbour(409, "VPC.0510", "Floatingip has already associated with port.")
        if any(other["_port"] == port for other in world.publicips.values()):
            raise neighbour(409, "VPC.0511", "Port has already associated with floatingip.")
    eip["_port"] = port
    return {"publicip": _shown(eip, ports)}
