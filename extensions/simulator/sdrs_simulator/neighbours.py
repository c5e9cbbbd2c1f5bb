# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of ECS, EVS, VPC and AS that runbooks need (field notes 4)."""

from __future__ import annotations

import ipaddress

from .faults import neighbour
from .instances import server_disks
from .jobs import ends, submit
from .world import shown, stamp_z

_RANGES = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]


def show_server(server):
    addresses = {network: [shown(nic) for nic in nics] for network, nics in server["addresses"].items()}
    power = 1 if server["status"] == "ACTIVE" else 4
    return dict(shown(server), addresses=addresses, **{"OS-EXT-STS:power_state": power})


def _server(world, server_id):
    if server_id not in world.servers:
        raise neighbour(404, "Ecs.0114", "server does not exist")
    return world.servers[server_id]


def server(world, request):
    return {"server": show_server(_server(world, request.args["server_id"]))}


def servers(world, request):
    """``offset`` is a page number; the name filter is fuzzy."""
    wanted = request.query
    found = [
        entry for entry in world.servers.values()
        if wanted.get("name", "") in entry["name"] and wanted.get("status") in (None, entry["status"])
    ]
    limit, number = int(wanted.get("limit", 25)), max(1, int(wanted.get("offset", 1)))
    return {"count": len(found), "servers": [show_server(entry) for entry in found[(number - 1) * limit:number * limit]]}


def block_devices(world, request):
    entry = _server(world, request.args["server_id"])
    return {
        "volumeAttachments": [
            {"volumeId": disk["id"], "serverId": entry["id"], "size": disk["size"], "bootIndex": 0 if disk["bootable"] == "true" else None,
             "device": next(each["device"] for each in disk["attachments"] if each["server_id"] == entry["id"])}
            for disk in server_disks(world, entry)
        ]
    }


def power(world, request):
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


def _powered(world, job):
    for server_id in job["_arguments"]["servers"]:
        if server_id in world.servers:
            world.servers[server_id].update({"status": job["_arguments"]["status"], "OS-EXT-STS:task_state": None})


ends("startServer")(_powered)
ends("stopServer")(_powered)


def volumes(world, request):
    wanted = request.query
    found = [
        disk for disk in world.volumes.values()
        if wanted.get("name", "") in disk["name"] and wanted.get("id") in (None, disk["id"])
        and wanted.get("status") in (None, disk["status"])
        and (not wanted.get("server_id") or any(entry["server_id"] == wanted["server_id"] for entry in disk["attachments"]))
    ]
    limit, offset = int(wanted.get("limit", 1000)), int(wanted.get("offset", 0))
    return {"count": len(found), "volumes": [shown(disk) for disk in found[offset:offset + limit]]}


def volume(world, request):
    if request.args["volume_id"] not in world.volumes:
        raise neighbour(404, "EVS.5404", "volume not found")
    return {"volume": shown(world.volumes[request.args["volume_id"]])}


def vpc_quotas(world, request):
    """``GET /v1/{project_id}/quotas``: of one type, or of all the simulator knows."""
    used = {"vpc": len(world.vpcs), "subnet": len(world.subnets)}
    limits = world.settings["quotas"]
    return {"quotas": {"resources": [
        {"type": kind, "used": count, "quota": limits[kind + "s"], "min": 0} for kind, count in used.items()
        if request.query.get("type") in (None, kind)
    ]}}


def _vpc(world, vpc_id):
    if vpc_id not in world.vpcs:
        raise neighbour(404, "VPC.0202", "Query resource by id %s fail." % vpc_id)
    return world.vpcs[vpc_id]


def _cidr(text):
    try:
        network = ipaddress.ip_network(text)
    except (ValueError, TypeError):
        raise neighbour(400, "VPC.0101", "cidr is invalid") from None
    if network.prefixlen > 28 or not any(network.subnet_of(allowed) for allowed in _RANGES):
        raise neighbour(400, "VPC.0101", "cidr is out of range")
    return str(network)


def vpcs(world, request):
    """Paged by ``marker``."""
    found = list(world.vpcs.values())
    if request.query.get("marker"):
        position = next((index for index, vpc in enumerate(found) if vpc["id"] == request.query["marker"]), len(found))
        found = found[position + 1:]
    return {"vpcs": [shown(vpc) for vpc in found[:int(request.query.get("limit", 2000))]]}


def vpc(world, request):
    return {"vpc": shown(_vpc(world, request.args["vpc_id"]))}


def create_vpc(world, request):
    content = request.json().get("vpc") or {}
    if len(world.vpcs) >= world.settings["quotas"]["vpcs"]:
        raise neighbour(409, "VPC.0114", "Quota exceeded for resources: ['router']")
    new = {
        "id": world.new_id(), "name": content.get("name", ""), "cidr": _cidr(content.get("cidr", "192.168.0.0/16")), "status": "CREATING",
        "description": content.get("description", ""), "routes": [], "enable_shared_snat": False,
    }
    world.vpcs[new["id"]] = new
    answer = {"vpc": shown(new)}
    new["status"] = "OK"  # by the time of the next request
    return answer


def update_vpc(world, request):
    """"vpc" must contain name or cidr (vpc-update.txt)."""
    existing, content = _vpc(world, request.args["vpc_id"]), request.json().get("vpc") or {}
    if content.get("name") is None and content.get("cidr") is None:
        raise neighbour(400, "VPC.0101", "name or cidr must be specified")
    if content.get("cidr") is not None:
        existing["cidr"] = _cidr(content["cidr"])
    existing.update({key: content[key] for key in ("name", "description", "enable_shared_snat") if content.get(key) is not None})
    return {"vpc": shown(existing)}


def delete_vpc(world, request):
    """204; refused while it has subnets."""
    existing = _vpc(world, request.args["vpc_id"])
    if any(subnet["vpc_id"] == existing["id"] for subnet in world.subnets.values()):
        raise neighbour(409, "VPC.0120", "router %s has subnets" % existing["id"])
    del world.vpcs[existing["id"]]


def subnets(world, request):
    wanted = request.query.get("vpc_id")
    return {"subnets": [shown(subnet) for subnet in world.subnets.values() if wanted in (None, subnet["vpc_id"])]}


def subnet(world, request):
    if request.args["subnet_id"] not in world.subnets:
        raise neighbour(404, "VPC.0202", "subnet not found")
    return {"subnet": shown(world.subnets[request.args["subnet_id"]])}


def create_subnet(world, request):
    content = request.json().get("subnet") or {}
    parent, cidr = _vpc(world, content.get("vpc_id")), _cidr(content.get("cidr"))
    if not ipaddress.ip_network(cidr).subnet_of(ipaddress.ip_network(parent["cidr"])):
        raise neighbour(400, "VPC.0203", "subnet is not in the VPC's cidr")
    return {"subnet": shown(add_subnet(world, parent["id"], content.get("name", ""), cidr, content.get("gateway_ip")))}


def add_subnet(world, vpc_id, name, cidr, gateway=None):
    subnet_id = world.new_id()
    new = {
        "id": subnet_id, "name": name, "cidr": cidr, "gateway_ip": gateway or str(ipaddress.ip_network(cidr).network_address + 1),
        "vpc_id": vpc_id, "dhcp_enable": True, "status": "ACTIVE", "neutron_network_id": subnet_id, "neutron_subnet_id": world.new_id(),
    }
    world.subnets[subnet_id] = new
    return new


def update_subnet(world, request):
    existing = world.subnets.get(request.args["subnet_id"])
    if existing is None or existing["vpc_id"] != request.args["vpc_id"]:
        raise neighbour(404, "VPC.0202", "subnet not found")
    existing.update({key: value for key, value in (request.json().get("subnet") or {}).items() if key in ("name", "dhcp_enable")})
    return {"subnet": {"id": existing["id"], "status": "ACTIVE"}}


def delete_subnet(world, request):
    """204; refused while an interface is in it."""
    existing = world.subnets.get(request.args["subnet_id"])
    if existing is None or existing["vpc_id"] != request.args["vpc_id"]:
        raise neighbour(404, "VPC.0202", "subnet not found")
    if any(nic["_subnet"] == existing["id"] for entry in world.servers.values() for nics in entry["addresses"].values() for nic in nics):
        raise neighbour(409, "VPC.0206", "subnet is in use")
    del world.subnets[existing["id"]]


def _as_group(world, group_id):
    if group_id not in world.as_groups:
        raise neighbour(404, "AS.2007", "The AS group does not exist.")
    return world.as_groups[group_id]


def as_groups(world, request):
    wanted = request.query
    found = [group for group in world.as_groups.values() if wanted.get("scaling_group_name", "") in group["scaling_group_name"]]
    start, limit = int(wanted.get("start_number", 0)), int(wanted.get("limit", 20))
    return {
        "total_number": len(found), "start_number": start, "limit": limit,
        "scaling_groups": [shown(group) for group in found[start:start + limit]],
    }


def as_group(world, request):
    return {"scaling_group": shown(_as_group(world, request.args["group_id"]))}


def update_as_group(world, request):
    """Numbers must keep min <= desire <= max (as-group-modify.rst)."""
    group, content = _as_group(world, request.args["group_id"]), request.json()
    merged = dict(group, **content)
    if not 0 <= merged["min_instance_number"] <= merged["desire_instance_number"] <= merged["max_instance_number"]:
        raise neighbour(400, "AS.2041", "The desired number is out of range.")
    group.update(merged)
    group["current_instance_number"] = group["desire_instance_number"]
    return {"scaling_group_id": group["scaling_group_id"]}


def as_group_action(world, request):
    """204"""
    group, action = _as_group(world, request.args["group_id"]), request.json().get("action")
    if action not in ("pause", "resume"):
        raise neighbour(400, "AS.0001", "invalid action")
    group["scaling_group_status"] = "PAUSED" if action == "pause" else "INSERVICE"


def as_group_members(world, request):
    _as_group(world, request.args["group_id"])
    return {"total_number": 0, "start_number": 0, "limit": 20, "scaling_group_instances": []}


def new_as_group(world, name, vpc_id, zones, count):
    group = {
        "scaling_group_id": world.new_id(), "scaling_group_name": name, "scaling_group_status": "INSERVICE", "current_instance_number": count,
        "desire_instance_number": count, "min_instance_number": 0, "max_instance_number": 10, "vpc_id": vpc_id, "is_scaling": False,
        "available_zones": zones, "cool_down_time": 300, "health_periodic_audit_method": "NOVA_AUDIT",
        "health_periodic_audit_time": 5, "instance_terminate_policy": "OLD_CONFIG_OLD_INSTANCE", "create_time": stamp_z(world.now()),
    }
    world.as_groups[group["scaling_group_id"]] = group
    return group
