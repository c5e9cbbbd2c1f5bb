# SPDX-License-Identifier: GPL-3.0-or-later
"""Protection groups (5.4) and the switching of sites."""

from __future__ import annotations

from typing import Any

from . import checks
from .faults import sdrs
from .jobs import ends, submit
from .request import Request
from .sites import TRANSIT, members, production_zone, progress, set_status
from .world import World, shown, stamp


def show_group(world: World, group: dict, counted: Any = None) -> dict:
    instances, pairs, drills = counted or members(world, group)
    told = world.settings["group_progress"]
    return dict(
        shown(group),
        progress=told if told != "computed" else sum(progress(world, pair) for pair in pairs) // len(pairs) if pairs else 0,
        protected_instance_num=len(instances), replication_num=len(pairs), disaster_recovery_drill_num=len(drills),
    )


def create(world: World, request: Request) -> Any:
    """5.4.1"""
    content = checks.body(request, "server_group")
    checks.name(content.get("name"))
    checks.description(content.get("description"))
    domain = world.domains.get(content.get("domain_id"))
    if domain is None:
        raise sdrs("SDRS.0205")
    zones = [content.get("source_availability_zone"), content.get("target_availability_zone")]
    joined = [domain[side]["availability_zone"] for side in ("local_replication_cluster", "remote_replication_cluster")]
    if sorted(map(str, zones)) != sorted(joined):
        raise sdrs("SDRS.0203")
    if content.get("source_vpc_id") not in world.vpcs:
        raise sdrs("SDRS.0204")
    if content.get("dr_type") not in (None, "migration"):
        raise sdrs("SDRS.0201")
    if len(world.server_groups) >= world.settings["quotas"]["server_groups"]:
        raise sdrs("SDRS.0305")
    now = stamp(world.now())
    group = {
        "_born": world.now(), "id": world.new_id(), "name": content["name"], "description": content.get("description"), "status": "creating",
        "source_availability_zone": zones[0], "target_availability_zone": zones[1], "domain_id": domain["id"],
        "domain_name": domain["name"], "priority_station": "source", "protected_status": None, "replication_status": None,
        "health_status": None, "source_vpc_id": content["source_vpc_id"], "target_vpc_id": content["source_vpc_id"],
        "test_vpc_id": None, "dr_type": "migration", "server_type": "ECS", "created_at": now, "updated_at": now,
        "protection_type": "replication-pair", "replication_model": None,
    }
    world.server_groups[group["id"]] = group
    return _submit(world, "createProtectionGroupNoCG", group)


def _submit(world: World, job_type: Any, group: dict, **arguments: Any) -> Any:
    return submit(
        world, job_type, dict(arguments, group=group["id"]), ("server_groups", group), {"server_group_id": group["id"]},
    )


def _ended(status: str) -> Any:
    return lambda world, job: set_status(world, world.server_groups[job["_arguments"]["group"]], status)


ends("createProtectionGroupNoCG", _ended("error"))(_ended("available"))


def query(world: World, request: Request) -> Any:
    """5.4.2"""
    wanted, query_type = request.query, request.query.get("query_type") or "general"
    if query_type not in ("general", "status_abnormal", "stop_protected", "period_no_dr_drill"):
        raise sdrs("SDRS.0201")
    count: dict[str, tuple[list, list, list]] = {group_id: ([], [], []) for group_id in world.server_groups}
    for position, kind in enumerate(("protected_instances", "replications", "drills")):
        for obj in getattr(world, kind).values():
            count[obj["server_group_id"]][position].append(obj)
    found = [
        group for group in world.server_groups.values()
        if checks.matches(group, wanted, status=group["status"], availability_zone=production_zone(group))
        and (query_type != "status_abnormal" or group["status"].startswith("error"))
        and (query_type != "stop_protected" or group["status"] == "available")
        and (query_type != "period_no_dr_drill" or world.now() - group.get("_drilled", 0) > 90 * 86400)
    ]
    return checks.page(request, found, "server_groups", lambda group: show_group(world, group, count[group["id"]]))


def show(world: World, request: Request) -> dict:
    """5.4.3"""
    return {"server_group": show_group(world, checks.find(world, "server_groups", request.args["server_group_id"]))}


def delete(world: World, request: Request) -> Any:
    """5.4.4"""
    group = checks.find(world, "server_groups", request.args["server_group_id"])
    for objects, code in zip(members(world, group), ("SDRS.1001", "SDRS.1010", "SDRS.1003")):
        if objects:
            raise sdrs(code)
    if group["status"] in TRANSIT:
        raise sdrs("SDRS.1002")
    set_status(world, group, "deleting")
    return _submit(world, "deleteProtectionGroupNoCG", group)


@ends("deleteProtectionGroupNoCG", _ended("error-deleting"))
def _deleted(world: World, job: dict) -> None:
    group_id = job["_arguments"]["group"]
    del world.server_groups[group_id]
    for key in [key for key, task in world.failed_tasks.items() if task["_group"] == group_id]:
        del world.failed_tasks[key]


def rename(world: World, request: Request) -> dict:
    """5.4.5"""
    group = checks.find(world, "server_groups", request.args["server_group_id"])
    group["name"] = checks.name(checks.body(request, "server_group").get("name"))
    group["updated_at"] = stamp(world.now())
    return {"server_group": show_group(world, group)}
