# SPDX-License-Identifier: GPL-3.0-or-later
"""Replication pairs (5.6), attaching and detaching them (5.5.6, 5.5.7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from . import checks, sites
from .disks import plug
from .faults import sdrs
from .jobs import ends, submit
from .request import Request
from .world import World, shown, stamp_t

_ERRORS = ("error-starting", "error-stopping", "error-reversing", "error-failing-over")
DETACHABLE_GROUP = ("available", "protected", "failed-over", *_ERRORS)
DETACHABLE_INSTANCE = (*DETACHABLE_GROUP, "error-deleting", "error-reprotecting", "error-resizing", "invalid", "fault")
DETACHABLE_PAIR = (
    *DETACHABLE_GROUP, "error-attaching", "error-detaching", "error-deleting", "error-reprotecting", "error-extending", "invalid", "fault",
)
DELETABLE_GROUP = (*DETACHABLE_GROUP, "error-deleting", "error-reprotecting")
DELETABLE_PAIR = (
    *DETACHABLE_GROUP, "error", "error-deleting", "error-reprotecting", "error-attaching", "error-extending", "invalid", "fault",
)


def pairs_of(world: World, instance_id: Any) -> list:
    """The pairs attached to an instance."""
    return [pair for pair in world.replications.values() if any(entry["protected_instance"] == instance_id for entry in pair["attachment"])]


def show_pair(world: World, pair: dict) -> dict:
    done = sites.progress(world, pair)
    answer = dict(shown(pair), progress=done)
    if pair["status"] == "protected":
        answer["replication_status"] = "active" if done == 100 else "copying"
    return answer


def new_pair(
    world: World, group: dict, disk: dict, instance: dict | None = None, device: str | None = None, name: str | None = None, description: Any = None,
) -> dict:
    """A pair being created for a disk of the production site; its other half comes when the job ends."""
    count = world.counters["pairs"] = world.counters.get("pairs", 0) + 1
    now = stamp_t(world.now())
    pair = {
        "_born": world.now(),
        "id": world.new_id(), "name": name or "Replication-Pair-%04x" % count, "description": description, "replication_model": "hypermetro",
        "status": "creating", "replication_status": "inactive",
        "attachment": [{"protected_instance": instance["id"], "device": device}] if instance else [],
        "server_group_id": group["id"], "volume_ids": disk["id"], "priority_station": group["priority_station"], "fault_level": "0",
        "created_at": now, "updated_at": now,
        "record_metadata": {
            "multiattach": disk["multiattach"], "bootable": disk["bootable"] == "true", "volume_size": disk["size"],
            "volume_type": disk["volume_type"],
        },
    }
    world.replications[pair["id"]] = pair
    return pair


def build_other_disk(world: World, pair: dict) -> dict:
    """The half at the other site, with the same name and size."""
    group, disk = world.server_groups[pair["server_group_id"]], world.volumes[pair["volume_ids"]]
    zone = next(
        zone for zone in (group["source_availability_zone"], group["target_availability_zone"]) if zone != disk["availability_zone"]
    )
    twin = dict(disk, id=world.new_id(), availability_zone=zone, attachments=[], status="available")
    world.volumes[twin["id"]] = twin
    halves = [disk["id"], twin["id"]] if pair["priority_station"] == "source" else [twin["id"], disk["id"]]
    pair["volume_ids"] = ",".join(halves)
    return twin


def create(world: World, request: Request) -> Any:
    """5.6.1"""
    content = checks.body(request, "replication")
    group = checks.find(world, "server_groups", content.get("server_group_id"))
    if group["status"] not in sites.READY:
        raise sdrs("SDRS.1024")
    checks.name(content.get("name"))
    checks.description(content.get("description"))
    if content.get("cluster_id") is not None:
        raise sdrs("SDRS.1381")
    disk = checks.find(world, "volumes", content.get("volume_id"))
    if any(disk["id"] in pair["volume_ids"] for pair in world.replications.values()):
        raise sdrs("SDRS.1811")
    if disk["availability_zone"] != sites.production_zone(group):
        raise sdrs("SDRS.1810")
    if disk.get("encrypted"):
        raise sdrs("SDRS.1802")
    if disk["status"] != "available":
        raise sdrs("SDRS.1801")
    if len(world.replications) >= world.settings["quotas"]["replications"]:
        raise sdrs("SDRS.0306")
    pair = new_pair(world, group, disk, name=content["name"], description=content.get("description"))
    return _submit(world, "createReplicationPairNoCG", pair)


def _submit(world: World, job_type: Any, pair: dict, **arguments: Any) -> Any:
    return submit(
        world, job_type, dict(arguments, pair=pair["id"]), ("replications", pair),
        {"replication_pair_id": pair["id"], "volume_ids": pair["volume_ids"]},
    )


def _failed(status: str) -> Any:
    def failed(world: World, job: dict) -> None:
        pair = world.replications[job["_arguments"]["pair"]]
        pair["status"] = status
        if status == "error":
            pair["failure_detail"] = job["error_code"]

    return failed


@ends("createReplicationPairNoCG", _failed("error"))
def _created(world: World, job: dict) -> None:
    pair = world.replications[job["_arguments"]["pair"]]
    build_other_disk(world, pair)
    sites.settle_pair(world, pair)


def query(world: World, request: Request) -> Any:
    """5.6.3"""
    wanted = request.query
    if wanted.get("query_type") not in (None, "", "general", "status_abnormal"):
        raise sdrs("SDRS.0201")
    group_ids, instance_ids = (
        checks.id_list(wanted[many]) if wanted.get(many) else {wanted[one]} if wanted.get(one) else None
        for one, many in (("server_group_id", "server_group_ids"), ("protected_instance_id", "protected_instance_ids"))
    )
    found = [
        pair for pair in world.replications.values()
        if (group_ids is None or pair["server_group_id"] in group_ids)
        and (instance_ids is None or any(entry["protected_instance"] in instance_ids for entry in pair["attachment"]))
        and checks.matches(
            pair, wanted, status=pair["status"],
            availability_zone=sites.production_zone(world.server_groups[pair["server_group_id"]]),
        )
        and (not wanted.get("volume_id") or wanted["volume_id"] in pair["volume_ids"].split(","))
        and (wanted.get("query_type") != "status_abnormal" or pair["status"].startswith(("error", "invalid", "fault")))
    ]
    return checks.page(request, found, "replications", lambda pair: show_pair(world, pair))


def show(world: World, request: Request) -> dict:
    """5.6.4"""
    return {"replication": show_pair(world, checks.find(world, "replications", request.args["replication_id"]))}


def rename(world: World, request: Request) -> dict:
    """5.6.6"""
    pair = checks.find(world, "replications", request.args["replication_id"])
    pair["name"] = checks.name(checks.body(request, "replication").get("name"))
    pair["updated_at"] = stamp_t(world.now())
    return {"replication": show_pair(world, pair)}


def delete(world: World, request: Request) -> Any:
    """5.6.2; the body is optional."""
    pair = checks.find(world, "replications", request.args["replication_id"])
    content = (request.json() or {}).get("replication") or {}
    group = world.server_groups[pair["server_group_id"]]
    if content.get("server_group_id") not in (None, group["id"]):
        raise sdrs("SDRS.1611")
    if pair["attachment"]:
        raise sdrs("SDRS.1605")
    if group["status"] not in DELETABLE_GROUP:
        raise sdrs("SDRS.1002")
    if pair["status"] not in DELETABLE_PAIR:
        raise sdrs("SDRS.1601")
    volume = checks.boolean(content, "delete_target_volume")
    if volume and group["priority_station"] == "target":
        raise sdrs("SDRS.1809")
    pair["status"] = "deleting"
    return _submit(world, "deleteReplicationPairNoCG", pair, volume=volume)


@ends("deleteReplicationPairNoCG", _failed("error-deleting"))
def _deleted(world: World, job: dict) -> None:
    pair = world.replications.pop(job["_arguments"]["pair"])
    halves = pair["volume_ids"].split(",")
    if job["_arguments"]["volume"] and len(halves) == 2:
        world.volumes.pop(halves[1], None)


def action(world: World, request: Request) -> Any:
    """5.6.5"""
    pair = checks.find(world, "replications", request.args["replication_id"])
    content = checks.body(request)
    if set(content) != {"extend-replication"} or not isinstance(content["extend-replication"], dict):
        raise sdrs("SDRS.0206")
    size = content["extend-replication"].get("new_size")
    if not isinstance(size, (int, float)) or isinstance(size, bool) or int(size) <= pair["record_metadata"]["volume_size"]:
        raise sdrs("SDRS.0201")
    if pair["status"] not in ("available", "protected", "error-extending"):
        raise sdrs("SDRS.1601")
    if pair["record_metadata"]["multiattach"] and pair["attachment"]:
        raise sdrs("SDRS.1818")
    back = pair["status"] if pair["status"] in sites.READY else "available"
    pair["status"] = "extending"
    return _submit(world, "expandReplicationPairNew", pair, size=int(size), back=back)


@ends("expandReplicationPairNew", _failed("error-extending"))
def _extended(world: World, job: dict) -> None:
    pair = world.replications[job["_arguments"]["pair"]]
    pair["status"] = job["_arguments"]["back"]
    pair["record_metadata"]["volume_size"] = job["_arguments"]["size"]
    for half in pair["volume_ids"].split(","):
        if half in world.volumes:
            world.volumes[half]["size"] = job["_arguments"]["size"]


def attach(world: World, request: Request) -> Any:
    """5.5.6"""
    instance = checks.find(world, "protected_instances", request.args["protected_instance_id"])
    content = checks.body(request, "replicationAttachment")
    pair = checks.find(world, "replications", content.get("replication_id"))
    if not re.fullmatch(r"/dev/[sv]d[a-z]{1,2}", str(content.get("device"))):
        raise sdrs("SDRS.0201")
    device = content["device"].replace("/dev/sd", "/dev/vd")  # the simulated servers are KVM ones
    if pair["server_group_id"] != instance["server_group_id"]:
        raise sdrs("SDRS.1611")
    if world.server_groups[instance["server_group_id"]]["status"] not in sites.READY:
        raise sdrs("SDRS.1024")
    if instance["status"] not in sites.READY:
        raise sdrs("SDRS.1328")
    if pair["status"] not in sites.READY:
        raise sdrs("SDRS.1601")
    if any(entry["protected_instance"] == instance["id"] for entry in pair["attachment"]):
        raise sdrs("SDRS.1605")
    if pair["attachment"] and not pair["record_metadata"]["multiattach"]:
        raise sdrs("SDRS.1605")
    used = [entry["device"] for other in pairs_of(world, instance["id"]) for entry in other["attachment"]
            if entry["protected_instance"] == instance["id"]]
    if device in used:
        raise sdrs("SDRS.1603")
    back, pair["status"] = pair["status"], "attaching"
    pair["attachment"].append({"protected_instance": instance["id"], "device": device})
    return _submit(world, "attachReplicationPairNew", pair, instance=instance["id"], device=device, back=back)


@ends("attachReplicationPairNew", _failed("error-attaching"))
def _attached(world: World, job: dict) -> None:
    arguments = job["_arguments"]
    pair, instance = world.replications[arguments["pair"]], world.protected_instances[arguments["instance"]]
    pair["status"] = arguments["back"]
    for server_id in (instance["source_server"], instance["target_server"]):
        server = world.servers.get(server_id)
        for half in pair["volume_ids"].split(","):
            disk = world.volumes.get(half)
            if server and disk and disk["availability_zone"] == server["OS-EXT-AZ:availability_zone"]:
                plug(server, disk, arguments["device"])


def detach(world: World, request: Request) -> Any:
    """5.5.7"""
    instance = checks.find(world, "protected_instances", request.args["protected_instance_id"])
    pair = checks.find(world, "replications", request.args["replication_id"])
    entry = next((entry for entry in pair["attachment"] if entry["protected_instance"] == instance["id"]), None)
    if entry is None:
        raise sdrs("SDRS.1604")
    if world.server_groups[instance["server_group_id"]]["status"] not in DETACHABLE_GROUP:
        raise sdrs("SDRS.1002")
    if instance["status"] not in DETACHABLE_INSTANCE:
        raise sdrs("SDRS.1328")
    if pair["status"] not in DETACHABLE_PAIR:
        raise sdrs("SDRS.1601")
    servers = [world.servers.get(instance[key]) for key in ("source_server", "target_server")]
    if entry["device"] == "/dev/vda" and any(server and server["status"] != "SHUTOFF" for server in servers):
        raise sdrs("SDRS.1316")
    back = pair["status"] if pair["status"] in ("available", "protected", "failed-over") else "available"
    pair["status"] = "detaching"
    return _submit(world, "detachReplicationPairNew", pair, instance=instance["id"], back=back)


@ends("detachReplicationPairNew", _failed("error-detaching"))
def _detached(world: World, job: dict) -> None:
    arguments = job["_arguments"]
    pair, instance = world.replications[arguments["pair"]], world.protected_instances[arguments["instance"]]
    pair["status"] = arguments["back"]
    pair["attachment"] = [entry for entry in pair["attachment"] if entry["protected_instance"] != instance["id"]]
    disks = [world.volumes[half] for half in pair["volume_ids"].split(",") if half in world.volumes]
    detach_disks(world, disks, [instance["source_server"], instance["target_server"]])


def detach_disks(world: World, disks: Iterable, server_ids: Any) -> None:
    """Unplug disks from servers."""
    for disk in disks:
        disk["attachments"] = [entry for entry in disk["attachments"] if entry["server_id"] not in server_ids]
        disk["status"] = "in-use" if disk["attachments"] else "available"
        for server_id in server_ids:
            server = world.servers.get(server_id)
            if server:
                plugged = server["os-extended-volumes:volumes_attached"]
                plugged[:] = [entry for entry in plugged if entry["id"] != disk["id"]]
