# SPDX-License-Identifier: GPL-3.0-or-later
"""DR drills (5.7)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import checks, nics, sites
from .disks import device_of, plug
from .faults import sdrs
from .instances import server_disks
from .jobs import ends, submit
from .request import Request
from .vpcs import release_ports
from .world import World, shown, stamp

ADDABLE = (
    "available", "protected", "failed-over", "error-starting", "error-stopping", "error-reversing", "error-reprotecting",
    "error-failing-over",
)


def create(world: World, request: Request) -> Any:
    """5.7.1"""
    content = checks.body(request, "disaster_recovery_drill")
    group = checks.find(world, "server_groups", content.get("server_group_id"))
    checks.name(content.get("name"))
    if group["status"] not in ADDABLE:
        raise sdrs("SDRS.1002")
    instances, pairs, dummy = sites.members(world, group)
    if not all(sites.synced(world, pair) for pair in pairs):
        raise sdrs("SDRS.1830")
    vpc_id = content.get("drill_vpc_id")
    if vpc_id is None:
        if len(world.vpcs) >= world.settings["quotas"]["vpcs"]:
            raise sdrs("SDRS.1929")
    else:
        _check_vpc(world, group, vpc_id, instances)
    now = stamp(world.now())
    drill = {
        "_born": world.now(), "id": world.new_id(), "name": content["name"], "status": "creating", "server_group_id": group["id"],
        "drill_vpc_id": vpc_id or _copy_vpc(world, group, content["name"]), "created_at": now, "updated_at": now, "drill_servers": [],
    }
    world.drills[drill["id"]] = drill
    return _submit(world, "createDisasterRecoveryDrill", drill)


def _check_vpc(world: World, group: dict, vpc_id: Any, instances: Iterable) -> None:
    vpc = world.vpcs.get(vpc_id)
    if vpc is None:
        raise sdrs("SDRS.1928")
    if vpc_id in (group["source_vpc_id"], group["target_vpc_id"]):
        raise sdrs("SDRS.1907")
    if any(drill["drill_vpc_id"] == vpc_id for drill in world.drills.values()):
        raise sdrs("SDRS.1921")
    if vpc["cidr"] != world.vpcs[group["source_vpc_id"]]["cidr"]:
        raise sdrs("SDRS.1909")
    there = {subnet["cidr"] for subnet in world.subnets.values() if subnet["vpc_id"] == vpc_id and subnet["status"] == "ACTIVE"}
    used = {
        world.subnets[nic["_subnet"]]["cidr"]
        for instance in instances for server in nics.servers(world, instance)[:1] if server
        for entries in server["addresses"].values() for nic in entries if nic["_subnet"] in world.subnets
    }
    if not there or not used <= there:
        raise sdrs("SDRS.1908")


def _copy_vpc(world: World, group: dict, name: str) -> Any:
    source = world.vpcs[group["source_vpc_id"]]
    vpc = dict(source, id=world.new_id(), name="vpc-%s" % name, _drill=True)
    world.vpcs[vpc["id"]] = vpc
    for subnet in [subnet for subnet in world.subnets.values() if subnet["vpc_id"] == source["id"]]:
        new_id = world.new_id()
        world.subnets[new_id] = dict(shown(subnet), id=new_id, neutron_network_id=new_id, neutron_subnet_id=world.new_id(), vpc_id=vpc["id"])
    return vpc["id"]


def _submit(world: World, job_type: Any, drill: dict) -> Any:
    return submit(
        world, job_type, {"drill": drill["id"]}, ("disaster_recovery_drills", drill), {"disaster_recovery_drill_id": drill["id"]},
    )


def _failed(status: str) -> Any:
    def failed(world: World, job: dict) -> None:
        world.drills[job["_arguments"]["drill"]]["status"] = status

    return failed


@ends("createDisasterRecoveryDrill", _failed("error"))
def _created(world: World, job: dict) -> None:
    drill = world.drills[job["_arguments"]["drill"]]
    group = world.server_groups[drill["server_group_id"]]
    for instance in sites.members(world, group)[0]:
        server = nics.servers(world, instance)[0]
        if server:
            copy = _drill_server(world, drill, server)
            drill["drill_servers"].append({"protected_instance": instance["id"], "drill_server_id": copy["id"]})
    drill.update(status="available", updated_at=stamp(world.now()))
    group["_drilled"] = world.now()


def _drill_server(world: World, drill: dict, server: dict) -> dict:
    """A running copy with the same name, addresses and disks, in the drill VPC."""
    subnets = {subnet["cidr"]: subnet for subnet in world.subnets.values() if subnet["vpc_id"] == drill["drill_vpc_id"]}
    copies = []
    for entries in server["addresses"].values():
        for nic in entries:
            subnet = subnets.get(world.subnets.get(nic["_subnet"], {}).get("cidr"))
            if subnet:
                copies.append(nics.interface(world, subnet, nic["addr"]))
    copy = {
        **server, "id": world.new_id(), "status": "ACTIVE", "addresses": {drill["drill_vpc_id"]: copies},
        "metadata": dict(server["metadata"], vpc_id=drill["drill_vpc_id"]), "os-extended-volumes:volumes_attached": [],
    }
    world.servers[copy["id"]] = copy
    for disk in server_disks(world, server):
        twin = dict(disk, id=world.new_id(), attachments=[], status="available")
        world.volumes[twin["id"]] = twin
        plug(copy, twin, device_of(disk, server["id"]))
    return copy


def query(world: World, request: Request) -> Any:
    """5.7.3"""
    wanted = request.query
    found = [
        drill for drill in world.drills.values()
        if checks.matches(
            drill, wanted, status=drill["status"], server_group_id=drill["server_group_id"], drill_vpc_id=drill["drill_vpc_id"],
        )
    ]
    return checks.page(request, found, "disaster_recovery_drills", shown)


def show(world: World, request: Request) -> dict:
    """5.7.4"""
    return {"disaster_recovery_drill": shown(checks.find(world, "drills", request.args["drill_id"]))}


def rename(world: World, request: Request) -> dict:
    """5.7.5"""
    drill = checks.find(world, "drills", request.args["drill_id"])
    drill["name"] = checks.name(checks.body(request, "disaster_recovery_drill").get("name"))
    drill["updated_at"] = stamp(world.now())
    return {"disaster_recovery_drill": shown(drill)}


def delete(world: World, request: Request) -> Any:
    """5.7.2; servers, disks and NICs go, the VPC stays."""
    drill = checks.find(world, "drills", request.args["drill_id"], "SDRS.1913")
    if drill["status"] not in ("available", "error", "error-deleting"):
        raise sdrs("SDRS.1913")
    drill["status"] = "deleting"
    return _submit(world, "deleteDisasterRecoveryDrill", drill)


@ends("deleteDisasterRecoveryDrill", _failed("error-deleting"))
def _deleted(world: World, job: dict) -> None:
    drill = world.drills.pop(job["_arguments"]["drill"])
    for entry in drill["drill_servers"]:
        server = world.servers.pop(entry["drill_server_id"], None)
        if server:
            release_ports(world, server)
        for plugged in (server or {}).get("os-extended-volumes:volumes_attached", []):
            world.volumes.pop(plugged["id"], None)
