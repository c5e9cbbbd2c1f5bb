# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: submission, end, sub-jobs, planned failures (5.1.1, 5.9.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from . import faults, wire
from .request import Request
from .world import World, shown, stamp_z

# job type: callable(world, job) that carries out the effect, and the one for a failure. Filled by ``ends``.
Effect = Callable[[World, dict], Any]
_EFFECTS: dict[str, Effect] = {}
_FAILURES: dict[str, Effect] = {}
_FAILURE_STATUS = {
    "create": "createFail", "delete": "deleteFail", "attach": "attachFail", "detach": "detachFail", "expand": "expandFail",
    "resize": "resizeFail", "start": "startFail", "stop": "stopFail", "reverse": "reverseFail", "failover": "failoverFail",
    "reprotect": "reprotectFail", "batchCreate": "createFail", "batchDelete": "deleteFail",
}
# Only these appear in the list without a group (5.9.1, note).
_GROUP_LEVEL = ("createProtectionGroupNoCG", "deleteProtectionGroupNoCG")


def ends(job_type: str, failed: Effect | None = None) -> Callable[[Effect], Effect]:
    """Decorator: the function carries out what the job does when it ends well; ``failed(world, job)`` when it fails."""

    def register(effect: Effect) -> Effect:
        _EFFECTS[job_type] = effect
        if failed:
            _FAILURES[job_type] = failed
        return effect

    return register


def submit(world: World, job_type: Any, arguments: Any, resource: Any, entities: Any = None, sub_jobs: Iterable = (), extra_seconds: Any = 0.0) -> dict:
    """Start a job and give back ``{"job_id": ...}``.

    :param arguments: JSON value for the effect
    :param resource: ``(kind, object)`` the job is about, for the list of failed tasks
    :param sub_jobs: ``(job type, entities)`` of each sub-job
    """
    begin = world.now()
    end = begin + world.seconds(world.settings["durations"].get(job_type, 10) + extra_seconds)
    job_id = world.new_job_id()
    kind, obj = resource
    planned = _planned_failure(world, job_type, obj.get("name"))
    job = {
        "job_id": job_id,
        "job_type": job_type,
        "status": "RUNNING",
        "begin_time": stamp_z(begin),
        "end_time": None,
        "error_code": None,
        "fail_reason": None,
        "entities": dict(entities or {}),
        "_arguments": arguments,
        "_begin": begin,
        "_end": end,
        "_resource": [kind, obj.get("id"), obj.get("name"), obj.get("server_group_id")],
        "_planned": planned,
    }
    if sub_jobs:
        job["entities"]["sub_jobs"] = [_sub_job(world, begin, entry) for entry in sub_jobs]
    if planned and planned.get("hang"):
        job["_end"] = begin + world.seconds(10**7)
    world.jobs[job_id] = job
    world.schedule(job["_end"], job_id)
    return {"job_id": job_id}


def _sub_job(world: World, begin: Any, entry: dict) -> dict:
    return {
        "job_id": world.new_job_id(), "job_type": entry[0], "status": "RUNNING", "begin_time": stamp_z(begin), "end_time": None,
        "error_code": None, "fail_reason": None, "entities": dict(entry[1]),
    }


def _planned_failure(world: World, job_type: Any, name: str) -> dict | None:
    """The first planned fault for this job: ``{job_type, resource_name?, error_code, fail_reason, sub_job?, hang?, count?}``."""
    for fault in world.faults:
        if fault.get("job_type") != job_type or wire.is_one(fault) or fault.get("resource_name") not in (None, name):
            continue
        if "count" in fault:
            fault["count"] -= 1
            if fault["count"] <= 0:
                world.faults.remove(fault)
        return dict(fault)
    return None


def settle(world: World) -> None:
    """Let every job end whose time has come."""
    for job_id in world.due():
        job = world.jobs.get(job_id)
        if not job or job["status"] != "RUNNING":
            continue
        world.changed = True
        job["end_time"] = stamp_z(job["_end"])
        subs = job["entities"].get("sub_jobs", [])
        for sub in subs:
            sub.update(status="SUCCESS", end_time=job["end_time"])
        if job["_planned"]:
            _fail(world, job, subs)
        else:
            job["status"] = "SUCCESS"
            _EFFECTS[job["job_type"]](world, job)


def _fail(world: World, job: dict, subs: Any) -> None:
    planned = job["_planned"]
    code, reason = planned.get("error_code", "SDRS.0405"), planned.get("fail_reason", "planned by the simulator's user")
    job["status"] = "FAIL"
    if subs and planned.get("sub_job"):
        subs[-1].update(status="FAIL", error_code=code, fail_reason=reason)
        job.update(error_code="SDRS.0406", fail_reason="Failed to execute the subjob")
    else:
        job.update(error_code=code, fail_reason=reason)
    if job["job_type"] in _FAILURES:
        _FAILURES[job["job_type"]](world, job)
    kind, object_id, name, group = job["_resource"]
    if kind not in ("server_groups", "protected_instances", "replications", "disaster_recovery_drills"):
        return
    verb = next((status for prefix, status in _FAILURE_STATUS.items() if job["job_type"].startswith(prefix)), "createFail")
    world.failed_tasks[job["job_id"]] = {
        "job_status": "FAIL", "resource_id": object_id, "resource_name": name, "resource_type": kind, "failure_status": verb,
        "job_id": job["job_id"], "job_type": job["job_type"], "begin_time": job["begin_time"], "error_code": code, "fail_reason": reason,
        "_group": None if job["job_type"] in _GROUP_LEVEL else (group or object_id),
    }


def show(world: World, request: Request) -> Any:
    """GET /v1/{project_id}/jobs/{job_id}; ECS has its jobs under the same path on its own host."""
    job = world.jobs.get(request.args["job_id"])
    if job is None:
        raise faults.Fault(404, {"error": {"code": "SDRS.0408", "message": faults.MESSAGES["SDRS.0408"]}})
    answer = shown(job)
    if job["status"] == "RUNNING" and world.now() - job["_begin"] < (job["_end"] - job["_begin"]) / 50:
        answer["status"] = "INIT"
    return answer
