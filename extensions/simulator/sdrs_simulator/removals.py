# SPDX-License-Identifier: GPL-3.0-or-later
"""The deletion of protected instances (5.5.2, 5.5.12), and what servers and disks leave behind when they go."""

from __future__ import annotations

from typing import Any

from . import checks
from .faults import not_published, sdrs
from .jobs import ends, submit
from .replications import detach_disks, pairs_of
from .request import Request
from .sites import TRANSIT
from .world import World

DELETABLE = (
    "available", "protected", "failed-over", "error", "error-starting", "error-stopping", "error-reversing", "error-failing-over",
    "error-deleting", "error-reprotecting", "error-resizing", "invalid", "fault",
)


def _check_deletion(world: World, instances: list, content: dict) -> None:
    for instance in instances:
        group = world.server_groups[instance["server_group_id"]]
        if instance["status"] not in DELETABLE or group["status"] in TRANSIT:
            raise sdrs("SDRS.1301")
        if group["priority_station"] == "target" and checks.boolean(content, "delete_target_server"):
            raise sdrs("SDRS.1330")
        if group["priority_station"] == "target" and checks.boolean(content, "delete_target_eip"):
            raise sdrs("SDRS.1338")
    ids = {instance["id"] for instance in instances}
    for instance in instances:
        for pair in pairs_of(world, instance["id"]):
            if not {entry["protected_instance"] for entry in pair["attachment"]} <= ids:
                raise sdrs("SDRS.1409" if len(instances) > 1 else "SDRS.1365")


def delete(world: World, request: Request) -> Any:
    """5.5.2; the body is optional."""
    instance = checks.find(world, "protected_instances", request.args["protected_instance_id"], "SDRS.1301")
    content = request.json() or {}
    if not isinstance(content, dict):
        raise sdrs("SDRS.0201")
    _check_deletion(world, [instance], content)
    return _submit_deletion(world, "deleteProtectedInstanceNoCG", [instance], content, {"protected_instance_id": instance["id"]}, ())


def batch_delete(world: World, request: Request) -> Any:
    """5.5.12"""
    if not world.settings["batch_offered"]:
        raise not_published(world.settings["not_offered_status"])
    content = checks.body(request)
    wanted = checks.entries(content.get("protected_instances"), "id", 20, "SDRS.0226", "SDRS.1363")
    instances = [checks.find(world, "protected_instances", entry.get("id")) for entry in wanted]
    if len({instance["server_group_id"] for instance in instances}) > 1:
        raise sdrs("SDRS.1364")
    _check_deletion(world, instances, content)
    subs = [("deleteProtectedInstanceNoCG", {"protected_instance_id": instance["id"]}) for instance in instances]
    return _submit_deletion(world, "batchDeleteProtectedInstance", instances, content, {}, subs)


def _submit_deletion(world: World, job_type: Any, instances: list, content: dict, entities: Any, subs: Any) -> Any:
    arguments = {
        "instances": [instance["id"] for instance in instances], "server": checks.boolean(content, "delete_target_server"),
    }
    checks.boolean(content, "delete_target_eip")
    for instance in instances:
        instance["status"] = "deleting"
    return submit(world, job_type, arguments, ("protected_instances", instances[0]), entities, subs)


def _deleted(world: World, job: dict) -> None:
    for instance_id in job["_arguments"]["instances"]:
        instance = world.protected_instances.pop(instance_id)
        for pair in pairs_of(world, instance_id):
            pair["attachment"] = [entry for entry in pair["attachment"] if entry["protected_instance"] != instance_id]
            if not pair["attachment"]:
                if world.settings["pairs_outlive_instance"]:
                    continue
                del world.replications[pair["id"]]
        if job["_arguments"]["server"]:
            _remove_server(world, instance["target_server"])


def _remove_server(world: World, server_id: str) -> None:
    server = world.servers.pop(server_id, None)
    for entry in (server or {}).get("os-extended-volumes:volumes_attached", []):
        disk = world.volumes.get(entry["id"])
        if disk:
            detach_disks(world, [disk], [server_id])
            if not disk["attachments"] and not any(disk["id"] in pair["volume_ids"] for pair in world.replications.values()):
                del world.volumes[disk["id"]]


def lose_server(world: World, server_id: str, with_disks: bool = False) -> None:
    """A server goes with its system disk, without SDRS being asked: what protects it is ``invalid`` from now on (A.3)."""
    server = world.servers.pop(server_id, None)
    for entry in (server or {}).get("os-extended-volumes:volumes_attached", []):
        if entry["id"] in world.volumes:
            disk = world.volumes[entry["id"]]
            detach_disks(world, [disk], [server_id])
            if (with_disks or disk["bootable"] == "true") and not disk["attachments"]:
                lose_volume(world, entry["id"])
    for instance in world.protected_instances.values():
        if server_id in (instance["source_server"], instance["target_server"]) and instance["status"] not in _UNTOUCHED:
            instance["status"] = "invalid"


def lose_volume(world: World, volume_id: Any) -> None:
    """A disk goes: its pair is ``invalid``, and an instance whose synchronisation is disturbed by that is in ``fault`` (A.3, A.4)."""
    disk = world.volumes.pop(volume_id, None)
    detach_disks(world, [disk] if disk else [], [entry["server_id"] for entry in (disk or {}).get("attachments", [])])
    for pair in world.replications.values():
        if volume_id not in pair["volume_ids"].split(",") or pair["status"] in _UNTOUCHED:
            continue
        pair.update(status="invalid", replication_status="inactive")
        for entry in pair["attachment"]:
            instance = world.protected_instances.get(entry["protected_instance"])
            if instance and instance["status"] not in (*_UNTOUCHED, "invalid"):
                instance["status"] = "fault"


# What is being made or removed is not judged by its halves.
_UNTOUCHED = ("creating", "deleting", "error", "error-deleting")


def _deletion_failed(world: World, job: dict) -> None:
    for instance_id in job["_arguments"]["instances"]:
        world.protected_instances[instance_id]["status"] = "error-deleting"


ends("deleteProtectedInstanceNoCG", _deletion_failed)(_deleted)
ends("batchDeleteProtectedInstance", _deletion_failed)(_deleted)
