# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of ECS, EVS and AS that runbooks need (service.md, section 5)."""

from __future__ import annotations

from typing import Any

from .faults import neighbour
from .instances import server_disks
from .jobs import ends, submit
from .removals import lose_server
from .request import Request
from .world import World, shown, stamp_z


def show_server(server: dict) -> dict:
    addresses = {network: [shown(nic) for nic in nics] for network, nics in server["addresses"].items()}
    power = 1 if server["status"] == "ACTIVE" else 4
    return dict(shown(server), addresses=addresses, **{"OS-EXT-STS:power_state": power})


def _server(world: World, server_id: str) -> Any:
    if server_id not in world.servers:
        raise neighbour(404, "Ecs.0114", "server does not exist")
    return world.servers[server_id]


def server(world: World, request: Request) -> dict:
    return {"server": show_server(_server(world, request.args["server_id"]))}


def servers(world: World, request: Request) -> dict:
    """``offset`` is a page number; the name filter is fuzzy."""
    wanted = request.query
    found = [
        entry for entry in world.servers.values()
        if wanted.get("name", "") in entry["name"] and wanted.get("status") in (None, entry["status"])
    ]
    limit, number = int(wanted.get("limit", 25)), max(1, int(wanted.get("offset", 1)))
    return {"count": len(found), "servers": [show_server(entry) for entry in found[(number - 1) * limit:number * limit]]}


def block_devices(world: World, request: Request) -> dict:
    entry = _server(world, request.args["server_id"])
    return {
        "volumeAttachments": [
            {"volumeId": disk["id"], "serverId": entry["id"], "size": disk["size"], "bootIndex": 0 if disk["bootable"] == "true" else None,
             "device": next(each["device"] for each in disk["attachments"] if each["server_id"] == entry["id"])}
            for disk in server_disks(world, entry)
        ]
    }


def power(world: World, request: Request) -> Any:
    content = request.json()
    name = next(iter(content), None) if isinstance(content, dict) else None
    wanted = content[name].get("servers") if name in ("os-start", "os-stop") and isinstance(content[name], dict) else None
    if not isinstance(wanted, list) or not wanted:
        raise neighbour(400, "Ecs.0005", "invalid request body")
    chosen = [_server(world, entry.get("id")) for entry in wanted]
    job_type, status = ("startServer", "ACTIVE") if name == "os-start" else ("stopServer", "SHUTOFF")
    for entry in chosen:
        entry["OS-EXT-STS:task_state"] = "powering-on" if status == "ACTIVE" else "powering-off"
    arguments = {"servers": [entry["id"] for entry in chosen], "status": status}
    return submit(
        world, job_type, arguments, ("servers", chosen[0]), {"sub_jobs_total": len(chosen)},
        [(job_type, {"server_id": entry["id"]}) for entry in chosen],
    )


def _powered(world: World, job: dict) -> None:
    for server_id in job["_arguments"]["servers"]:
        if server_id in world.servers:
            world.servers[server_id].update({"status": job["_arguments"]["status"], "OS-EXT-STS:task_state": None})


ends("startServer")(_powered)
ends("stopServer")(_powered)


def delete_servers(world: World, request: Request) -> Any:
    """POST …/cloudservers/delete: SDRS is not asked, whatever protects them."""
    content = request.json()
    wanted = content.get("servers") if isinstance(content, dict) else None
    if not isinstance(wanted, list) or not wanted or not all(isinstance(entry, dict) for entry in wanted):
        raise neighbour(400, "Ecs.0005", "invalid request body")
    chosen = [_server(world, entry.get("id")) for entry in wanted]
    for entry in chosen:
        entry["OS-EXT-STS:task_state"] = "deleting"
    arguments = {"servers": [entry["id"] for entry in chosen], "disks": bool(content.get("delete_volume"))}
    return submit(
        world, "deleteServer", arguments, ("servers", chosen[0]), {"sub_jobs_total": len(chosen)},
        [("deleteSingleServer", {"server_id": entry["id"]}) for entry in chosen],
    )


@ends("deleteServer")
def _servers_deleted(world: World, job: dict) -> None:
    for server_id in job["_arguments"]["servers"]:
        lose_server(world, server_id, job["_arguments"]["disks"])


def volumes(world: World, request: Request) -> dict:
    wanted = request.query
    found = [
        disk for disk in world.volumes.values()
        if wanted.get("name", "") in disk["name"] and wanted.get("id") in (None, disk["id"])
        and wanted.get("status") in (None, disk["status"])
        and disk.get("_born", 0) + world.settings["list_lag_seconds"] <= world.now()
        and (not wanted.get("server_id") or any(entry["server_id"] == wanted["server_id"] for entry in disk["attachments"]))
    ]
    limit, offset = int(wanted.get("limit", 1000)), int(wanted.get("offset", 0))
    return {"count": len(found), "volumes": [shown(disk) for disk in found[offset:offset + limit]]}


def volume(world: World, request: Request) -> dict:
    if request.args["volume_id"] not in world.volumes:
        raise neighbour(404, "EVS.5404", "volume not found")
    return {"volume": shown(world.volumes[request.args["volume_id"]])}


def _as_group(world: World, group_id: Any) -> Any:
    if group_id not in world.as_groups:
        raise neighbour(404, "AS.2007", "The AS group does not exist.")
    return world.as_groups[group_id]


def as_groups(world: World, request: Request) -> dict:
    wanted = request.query
    found = [group for group in world.as_groups.values() if wanted.get("scaling_group_name", "") in group["scaling_group_name"]]
    start, limit = int(wanted.get("start_number", 0)), int(wanted.get("limit", 20))
    return {
        "total_number": len(found), "start_number": start, "limit": limit,
        "scaling_groups": [shown(group) for group in found[start:start + limit]],
    }


def as_group(world: World, request: Request) -> dict:
    return {"scaling_group": shown(_as_group(world, request.args["group_id"]))}


def update_as_group(world: World, request: Request) -> dict:
    """Numbers must keep min <= desire <= max (AS API, "Modifying an AS Group")."""
    group, content = _as_group(world, request.args["group_id"]), request.json()
    merged = dict(group, **content)
    if not 0 <= merged["min_instance_number"] <= merged["desire_instance_number"] <= merged["max_instance_number"]:
        raise neighbour(400, "AS.2041", "The desired number is out of range.")
    group.update(merged)
    group["current_instance_number"] = group["desire_instance_number"]
    return {"scaling_group_id": group["scaling_group_id"]}


def as_group_action(world: World, request: Request) -> None:
    """204"""
    group, action = _as_group(world, request.args["group_id"]), request.json().get("action")
    if action not in ("pause", "resume"):
        raise neighbour(400, "AS.0001", "invalid action")
    group["scaling_group_status"] = "PAUSED" if action == "pause" else "INSERVICE"


def as_group_members(world: World, request: Request) -> dict:
    _as_group(world, request.args["group_id"])
    return {"total_number": 0, "start_number": 0, "limit": 20, "scaling_group_instances": []}


def new_as_group(world: World, name: str, vpc_id: Any, zones: Any, count: int) -> dict:
    group = {
        "scaling_group_id": world.new_id(), "scaling_group_name": name, "scaling_group_status": "INSERVICE", "current_instance_number": count,
        "desire_instance_number": count, "min_instance_number": 0, "max_instance_number": 10, "vpc_id": vpc_id, "is_scaling": False,
        "available_zones": zones, "cool_down_time": 300, "health_periodic_audit_method": "NOVA_AUDIT",
        "health_periodic_audit_time": 5, "instance_terminate_policy": "OLD_CONFIG_OLD_INSTANCE", "create_time": stamp_z(world.now()),
    }
    world.as_groups[group["scaling_group_id"]] = group
    return group
