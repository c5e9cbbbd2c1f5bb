# SPDX-License-Identifier: GPL-3.0-or-later
"""What concerns the project as a whole: versions, domains, task centre, quotas, RPO statistics (5.2, 5.3, 5.9, 5.10)."""

from __future__ import annotations

from typing import Any

from . import checks
from .faults import neighbour
from .request import Request
from .world import World, shown


def _version(request: Request) -> dict:
    return {
        "id": "v1", "links": [{"href": "http://%s/v1" % request.headers.get("Host", "localhost"), "rel": "self"}],
        "status": "CURRENT", "updated": "2018-05-30T15:00:00Z", "version": "", "min_version": "",
    }


def versions(world: World, request: Request) -> dict:
    """5.2.1"""
    return {"versions": [_version(request)]}


def version(world: World, request: Request) -> dict:
    """5.2.2"""
    if request.args["api_version"] != "v1":
        raise neighbour(404, "404", "no such version")
    return {"version": _version(request)}


def domains(world: World, request: Request) -> dict:
    """5.3.1"""
    return {"domains": [shown(domain) for domain in world.domains.values()]}


def failed_tasks(world: World, request: Request) -> Any:
    """5.9.1: without a group the tasks of the protection group level only."""
    wanted = request.query
    found = [
        task for task in world.failed_tasks.values()
        if task["_group"] == (wanted.get("server_group_id") or None)
        and (not wanted.get("failure_status") or wanted["failure_status"] == task["failure_status"])
        and (not wanted.get("resource_type") or wanted["resource_type"] == task["resource_type"])
        and (not wanted.get("resource_name") or wanted["resource_name"] in str(task["resource_name"]))
    ]
    return checks.page(request, found, "failure_jobs", shown)


def delete_failed_task(world: World, request: Request) -> None:
    """5.9.2; 204."""
    if world.failed_tasks.pop(request.args["failure_job_id"], None) is None:
        raise neighbour(404, "404", "no such task")


def delete_all_failed_tasks(world: World, request: Request) -> None:
    """5.9.3; 204. Those of the protection group level only."""
    world.failed_tasks = {key: task for key, task in world.failed_tasks.items() if task["_group"] is not None}


def delete_group_failed_tasks(world: World, request: Request) -> None:
    """5.9.4; 204."""
    group = checks.find(world, "server_groups", request.args["server_group_id"])
    world.failed_tasks = {key: task for key, task in world.failed_tasks.items() if task["_group"] != group["id"]}


def quotas(world: World, request: Request) -> dict:
    """5.10.1"""
    return {
        "quotas": {
            "resources": [
                {"type": kind, "used": len(getattr(world, kind)), "quota": world.settings["quotas"][kind], "min": 0, "max": -1}
                for kind in ("server_groups", "replications")
            ]
        }
    }


def rpo_statistics(world: World, request: Request) -> dict:
    """Not in the reference (service.md, section 7): resources over their RPO. Synchronous replication has none."""
    return {"resource_rpo_statistics": [], "count": 0}
