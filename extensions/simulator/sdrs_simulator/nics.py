# SPDX-License-Identifier: GPL-3.0-or-later
"""NICs of protected instances (5.5.8, 5.5.9) and how their addresses move at a switch (service.md, section 3)."""

from __future__ import annotations

import ipaddress
from typing import Any

from . import checks
from .faults import sdrs
from .jobs import ends, submit
from .request import Request
from .sites import production_zone
from .world import World

READY = ("available", "protected")


def interface(world: World, subnet: dict, address: str | None = None) -> dict:
    """A new interface in ``subnet``: ``{addr, version, port ID, MAC}`` as ECS shows it, with its subnet kept privately."""
    if address is None:
        address = free_address(world, subnet)
    mac = "fa:16:3e:%02x:%02x:%02x" % tuple(ipaddress.ip_address(address).packed[-3:])
    return {
        "version": "4", "addr": address, "OS-EXT-IPS-MAC:mac_addr": mac, "OS-EXT-IPS:port_id": world.new_id(),
        "OS-EXT-IPS:type": "fixed", "_subnet": subnet["id"],
    }


def used_addresses(world: World, subnet: dict) -> set:
    return {
        nic["addr"] for server in world.servers.values() for nics in server["addresses"].values() for nic in nics
        if nic["_subnet"] == subnet["id"]
    }


def free_address(world: World, subnet: dict) -> str:
    """The lowest free address; a counter per subnet spares the search."""
    count = world.counters[subnet["id"]] = world.counters.get(subnet["id"], 9) + 1
    network = ipaddress.ip_network(subnet["cidr"])
    return str(network.network_address + 1 + count % (network.num_addresses - 3))


def move(instance: dict, old: Any, new: Any, force: Any) -> None:
    """At a switch the addresses go from the old production server to the new one; after a failover the old one has none."""
    if force:
        instance["_parked"] = new["addresses"]
        new["addresses"], old["addresses"] = old["addresses"], {}
    else:
        new["addresses"], old["addresses"] = old["addresses"], new["addresses"]


def give_back(world: World, instance: dict) -> None:
    """Re-protection gives the server without NICs its own again."""
    parked = instance.pop("_parked", None)
    for key in ("source_server", "target_server"):
        server = world.servers.get(instance[key])
        if server and not server["addresses"] and parked:
            server["addresses"] = parked


def servers(world: World, instance: dict) -> list:
    """``(production server, DR server)`` by the AZ of the group's current production site."""
    zone = production_zone(world.server_groups[instance["server_group_id"]])
    halves = [world.servers.get(instance[key]) for key in ("source_server", "target_server")]
    return sorted(halves, key=lambda server: server is None or server["OS-EXT-AZ:availability_zone"] != zone)


def _ready(world: World, request: Request) -> Any:
    instance = checks.find(world, "protected_instances", request.args["protected_instance_id"])
    if world.server_groups[instance["server_group_id"]]["status"] not in READY:
        raise sdrs("SDRS.1024")
    if instance["status"] not in READY:
        raise sdrs("SDRS.1327")
    return instance


def add(world: World, request: Request) -> Any:
    """5.5.8"""
    instance, content = _ready(world, request), checks.body(request)
    group = world.server_groups[instance["server_group_id"]]
    subnet = world.subnets.get(content.get("subnet_id"))
    if subnet is None or subnet["vpc_id"] != group["source_vpc_id"]:
        raise sdrs("SDRS.1335")
    groups = content.get("security_groups")
    if groups is not None and not (isinstance(groups, list) and all(isinstance(entry, dict) and entry.get("id") for entry in groups)):
        raise sdrs("SDRS.0201")
    address = content.get("ip_address")
    if address is not None:
        address = checks.address(address)
        if ipaddress.ip_address(address) not in ipaddress.ip_network(subnet["cidr"]):
            raise sdrs("SDRS.0219")
        if address in used_addresses(world, subnet):
            raise sdrs("SDRS.1334")
    production = servers(world, instance)[0]
    if sum(map(len, production["addresses"].values())) >= world.settings["nics_per_instance"]:
        raise sdrs("SDRS.1340")
    nic = interface(world, subnet, address)
    arguments = {"instance": instance["id"], "back": instance["status"], "nic": nic}
    instance["status"] = "nic-creating"
    return submit(
        world, "addNicNew", arguments, ("protected_instances", instance),
        {"protected_instance_id": instance["id"], "nic_id": nic["OS-EXT-IPS:port_id"]},
    )


def _back(world: World, job: dict) -> Any:
    instance = world.protected_instances.get(job["_arguments"]["instance"])
    if instance:
        instance["status"] = job["_arguments"]["back"]
    return instance


@ends("addNicNew", _back)
def _added(world: World, job: dict) -> None:
    instance, nic = _back(world, job), job["_arguments"]["nic"]
    production, other = servers(world, instance)
    network = world.subnets[nic["_subnet"]]["vpc_id"]
    production["addresses"].setdefault(network, []).append(nic)
    if other:
        other["addresses"].setdefault(network, []).append(interface(world, world.subnets[nic["_subnet"]]))


def delete(world: World, request: Request) -> Any:
    """5.5.9"""
    instance, content = _ready(world, request), checks.body(request)
    wanted = content.get("nic_id")
    if not isinstance(wanted, str) or not wanted:
        raise sdrs("SDRS.0223")
    nics = [nic for nics in servers(world, instance)[0]["addresses"].values() for nic in nics]
    position = next((index for index, nic in enumerate(nics) if nic["OS-EXT-IPS:port_id"] == wanted), None)
    if position is None:
        raise sdrs("SDRS.1310")
    if position == 0:
        raise sdrs("SDRS.1311")
    arguments = {"instance": instance["id"], "back": instance["status"], "nic": wanted, "subnet": nics[position]["_subnet"]}
    instance["status"] = "nic-deleting"
    return submit(
        world, "deleteNicNew", arguments, ("protected_instances", instance), {"protected_instance_id": instance["id"], "nic_id": wanted},
    )


@ends("deleteNicNew", _back)
def _deleted(world: World, job: dict) -> None:
    arguments, instance = job["_arguments"], _back(world, job)
    production, other = servers(world, instance)
    for nics in production["addresses"].values():
        nics[:] = [nic for nic in nics if nic["OS-EXT-IPS:port_id"] != arguments["nic"]]
    for nics in (other or {"addresses": {}})["addresses"].values():
        mine = [nic for nic in nics[1:] if nic["_subnet"] == arguments["subnet"]]
        if mine:
            nics.remove(mine[-1])
