# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected instances (5.5.1 to 5.5.5, 5.5.10 to 5.5.12)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import checks, detail, nics, sites
from .disks import device_of, plug
from .faults import not_published, sdrs
from .jobs import ends, submit
from .replications import build_other_disk, new_pair, pairs_of
from .request import Request
from .world import World, shown, stamp


def show_instance(world: World, instance: dict, pairs: Iterable | None = None) -> dict:
    """The instance as the API shows it; attachments and progress follow from its pairs."""
    pairs = pairs_of(world, instance["id"]) if pairs is None else pairs
    attachment = [
        {"replication": pair["id"], "device": entry["device"]}
        for pair in pairs for entry in pair["attachment"] if entry["protected_instance"] == instance["id"]
    ]
    return dict(
        shown(instance), attachment=attachment,
        progress=min((sites.progress(world, pair) for pair in pairs), default=0),
    )


def _group(world: World, group_id: Any) -> Any:
    group = checks.find(world, "server_groups", group_id)
    if group["status"] not in sites.READY:
        raise sdrs("SDRS.1024")
    return group


def _check_options(world: World, group: dict, content: dict) -> None:
    checks.description(content.get("description"))
    if content.get("cluster_id") is not None:
        raise sdrs("SDRS.1381")
    if content.get("tenancy") not in (None, "shared", "dedicated"):
        raise sdrs("SDRS.0228")
    if content.get("dedicated_host_id") is not None:
        raise sdrs("SDRS.1372" if content.get("tenancy") == "dedicated" else "SDRS.1371")
    subnet_id, address = content.get("primary_subnet_id"), content.get("primary_ip_address")
    if address is not None and subnet_id is None:
        raise sdrs("SDRS.1380")
    if subnet_id is not None:
        subnet = world.subnets.get(subnet_id)
        if subnet is None or subnet["vpc_id"] != group["source_vpc_id"]:
            raise sdrs("SDRS.1335")
        if address is not None and checks.address(address) in nics.used_addresses(world, subnet):
            raise sdrs("SDRS.1334")
    if content.get("tags") is not None:
        checks.tags(content["tags"])


def _check_server(world: World, group: dict, server_id: Any, flavor: Any, unknown: str = "SDRS.1326") -> Any:
    if not isinstance(server_id, str):
        raise sdrs("SDRS.0210" if unknown == "SDRS.1326" else unknown)
    server = world.servers.get(server_id)
    if server is None:
        raise sdrs(unknown)
    if any(server_id in (other["source_server"], other["target_server"]) for other in world.protected_instances.values()):
        raise sdrs("SDRS.1305")
    if server["OS-EXT-AZ:availability_zone"] != sites.production_zone(group):
        raise sdrs("SDRS.1303")
    if server["metadata"]["vpc_id"] != group["source_vpc_id"]:
        raise sdrs("SDRS.1304")
    if server["status"] not in ("ACTIVE", "SHUTOFF"):
        raise sdrs("SDRS.1333")
    disks = server_disks(world, server)
    if not disks:
        raise sdrs("SDRS.1321")
    if not any(disk["bootable"] == "true" for disk in disks):
        raise sdrs("SDRS.1339")
    if any(disk.get("encrypted") for disk in disks):
        raise sdrs("SDRS.1802")
    if flavor is not None and flavor not in world.identity["flavors"]:
        raise sdrs("SDRS.1353")
    return server


def server_disks(world: World, server: dict) -> list:
    """The disks attached to a server, in the order of their devices."""
    disks = [world.volumes[entry["id"]] for entry in server["os-extended-volumes:volumes_attached"] if entry["id"] in world.volumes]
    return sorted(disks, key=lambda disk: device_of(disk, server["id"]))


def _check_quota(world: World, disks: dict | list) -> None:
    if len(world.replications) + len(disks) > world.settings["quotas"]["replications"]:
        raise sdrs("SDRS.0306")


def create(world: World, request: Request) -> Any:
    """5.5.1"""
    content = checks.body(request, "protected_instance")
    group = _group(world, content.get("server_group_id"))
    checks.name(content.get("name"))
    _check_options(world, group, content)
    server = _check_server(world, group, content.get("server_id"), content.get("flavorRef"))
    disks = server_disks(world, server)
    if any(disk["multiattach"] for disk in disks):
        raise sdrs("SDRS.1806")
    _check_quota(world, disks)
    instance = _new_instance(world, group, content, server, content["name"])
    pairs = [new_pair(world, group, disk, instance, device_of(disk, server["id"])) for disk in disks]
    return submit(
        world, "createProtectedInstanceNoCG", _arguments([instance], pairs, content, {server["id"]: content.get("flavorRef")}),
        ("protected_instances", instance), {"protected_instance_id": instance["id"]},
        [("createReplicationPairNoCG", {"replication_pair_id": pair["id"]}) for pair in pairs],
        extra_seconds=world.settings["seconds_per_disk"] * len(pairs),
    )


def _new_instance(world: World, group: dict, content: dict, server: dict, name: str) -> dict:
    now = stamp(world.now())
    instance = {
        "_born": world.now(), "id": world.new_id(), "name": name, "description": content.get("description"), "server_group_id": group["id"],
        "status": "creating", "source_server": server["id"], "target_server": None, "created_at": now, "updated_at": now,
        "priority_station": group["priority_station"], "tags": [dict(tag) for tag in content.get("tags") or []], "metadata": {},
    }
    if group["priority_station"] == "target":
        # "source" is what the group was created with; its production site is the other one now.
        instance.update(source_server=None, target_server=server["id"])
    world.protected_instances[instance["id"]] = instance
    return instance


def _arguments(instances: Iterable, pairs: Iterable, content: dict, flavors: Any) -> dict:
    return {
        "instances": [instance["id"] for instance in instances], "pairs": [pair["id"] for pair in pairs], "flavors": flavors,
        "subnet": content.get("primary_subnet_id"), "address": content.get("primary_ip_address"),
    }


def _created(world: World, job: dict) -> None:
    arguments, made = job["_arguments"], {}
    for pair_id in arguments["pairs"]:
        pair = world.replications[pair_id]
        made[pair["volume_ids"]] = build_other_disk(world, pair)
    for instance_id in arguments["instances"]:
        instance = world.protected_instances[instance_id]
        group = world.server_groups[instance["server_group_id"]]
        server = world.servers[instance["source_server"] or instance["target_server"]]
        _build_server(world, group, instance, server, arguments, made)
        job["entities"].setdefault("native_server_id", instance["target_server"])
        instance["status"] = sites.status_now(group)
    for pair_id in arguments["pairs"]:
        sites.settle_pair(world, world.replications[pair_id])


def _build_server(world: World, group: dict, instance: dict, server: dict, arguments: Any, made: Any) -> None:
    """The DR server: stopped, with the production server's name and a copy of each disk at the same device."""
    other_zone = next(
        zone for zone in (group["source_availability_zone"], group["target_availability_zone"])
        if zone != server["OS-EXT-AZ:availability_zone"]
    )
    twin = {
        **server, "id": world.new_id(), "status": "SHUTOFF", "OS-EXT-AZ:availability_zone": other_zone, "addresses": {},
        "metadata": dict(server["metadata"]),
        "flavor": detail.flavor(arguments["flavors"].get(server["id"]) or server["flavor"]["id"]),
        "os-extended-volumes:volumes_attached": [], "security_groups": [dict(entry) for entry in server["security_groups"]],
        "tags": list(server.get("tags") or []),
    }
    subnet_id = arguments["subnet"] or next((nic["_subnet"] for nics_ in server["addresses"].values() for nic in nics_), None)
    if subnet_id in world.subnets:
        subnet = world.subnets[subnet_id]
        twin["addresses"] = {subnet["vpc_id"]: [nics.interface(world, subnet, arguments["address"])]}
    world.servers[twin["id"]] = twin
    instance["target_server" if instance["source_server"] else "source_server"] = twin["id"]
    for disk in server_disks(world, server):
        if disk["id"] in made:
            plug(twin, made[disk["id"]], device_of(disk, server["id"]))


def _creation_failed(world: World, job: dict) -> None:
    for kind, key in (("protected_instances", "instances"), ("replications", "pairs")):
        for object_id in job["_arguments"][key]:
            if kind == "replications":
                world.replications.pop(object_id, None)
            else:
                world.protected_instances[object_id]["status"] = "error"


ends("createProtectedInstanceNoCG", _creation_failed)(_created)
ends("batchCreateProtectedInstance", _creation_failed)(_created)


def batch_create(world: World, request: Request) -> Any:
    """5.5.11"""
    if not world.settings["batch_offered"]:
        raise not_published(world.settings["not_offered_status"])
    content = checks.body(request, "protected_instances")
    group = _group(world, content.get("server_group_id"))
    prefix = content.get("name_prefix")
    if not isinstance(prefix, str) or not 1 <= len(prefix) <= 59:
        raise sdrs("SDRS.0202")
    checks.name(prefix)
    _check_options(world, group, content)
    wanted = checks.entries(content.get("servers"), "server_id", 5, "SDRS.1362", "SDRS.1361")
    ids = [entry.get("server_id") for entry in wanted]
    servers = [_check_server(world, group, entry.get("server_id"), entry.get("flavorRef"), "SDRS.1360") for entry in wanted]
    disks = {disk["id"]: disk for server in servers for disk in server_disks(world, server)}
    for disk in disks.values():
        if disk["multiattach"] and not {entry["server_id"] for entry in disk["attachments"]} <= set(ids):
            raise sdrs("SDRS.1408")
    _check_quota(world, disks)
    pairs: dict = {}
    instances = []
    for number, server in enumerate(servers, 1):
        instance = _new_instance(world, group, content, server, "%s-%04d" % (prefix, number))
        instances.append(instance)
        for disk in server_disks(world, server):
            device = device_of(disk, server["id"])
            if disk["id"] in pairs:
                pairs[disk["id"]]["attachment"].append({"protected_instance": instance["id"], "device": device})
            else:
                pairs[disk["id"]] = new_pair(world, group, disk, instance, device)
    flavors = {entry["server_id"]: entry.get("flavorRef") for entry in wanted}
    return submit(
        world, "batchCreateProtectedInstance", _arguments(instances, list(pairs.values()), content, flavors),
        ("protected_instances", instances[0]),
        sub_jobs=[("createProtectedInstanceNoCG", {"protected_instance_id": instance["id"]}) for instance in instances],
        extra_seconds=world.settings["seconds_per_disk"] * len(pairs),
    )


def query(world: World, request: Request) -> Any:
    """5.5.3"""
    wanted = request.query
    if wanted.get("query_type") not in (None, "", "general", "status_abnormal"):
        raise sdrs("SDRS.0201")
    group_ids = checks.id_list(wanted["server_group_ids"]) if wanted.get("server_group_ids") else None
    instance_ids = checks.id_list(wanted["protected_instance_ids"]) if wanted.get("protected_instance_ids") else None
    if group_ids is None and wanted.get("server_group_id"):
        group_ids = {wanted["server_group_id"]}
    by_instance: dict = {}
    for pair in world.replications.values():
        for entry in pair["attachment"]:
            by_instance.setdefault(entry["protected_instance"], []).append(pair)
    found = [
        instance for instance in world.protected_instances.values()
        if (instance["server_group_id"] in group_ids if group_ids is not None else instance_ids is None or instance["id"] in instance_ids)
        and checks.matches(
            instance, wanted, status=instance["status"],
            availability_zone=sites.production_zone(world.server_groups[instance["server_group_id"]]),
        )
        and (wanted.get("query_type") != "status_abnormal" or instance["status"].startswith(("error", "invalid", "fault")))
    ]
    return checks.page(
        request, found, "protected_instances", lambda instance: show_instance(world, instance, by_instance.get(instance["id"], [])),
    )


def show(world: World, request: Request) -> dict:
    """5.5.4"""
    instance = checks.find(world, "protected_instances", request.args["protected_instance_id"])
    return {"protected_instance": show_instance(world, instance)}


def rename(world: World, request: Request) -> dict:
    """5.5.5"""
    instance = checks.find(world, "protected_instances", request.args["protected_instance_id"])
    instance["name"] = checks.name(checks.body(request, "protected_instance").get("name"))
    instance["updated_at"] = stamp(world.now())
    return {"protected_instance": show_instance(world, instance)}
