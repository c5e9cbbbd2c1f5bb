# SPDX-License-Identifier: GPL-3.0-or-later
"""The queries of the info modules. Each returns the keys of the result. PRIVATE to the collection."""

from __future__ import annotations

from typing import Any

from .._cloud import validate
from .._cloud.errors import ConfigError, JobTimeout, job_error
from .._cloud.odd import matching, raw, sound
from .._cloud.paging import objects
from .._engine.jobs import ended
from .._engine.kind import Kind
from .._engine.lookup import Lookup
from .._engine.waiting import Waiting
from . import replication, tag
from .kinds import DRILL, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP

_TAG_CONDITIONS = ("tags", "tags_any", "not_tags", "not_tags_any")


def server_groups(lookup: Lookup, params: dict, waiting: Waiting) -> dict:
    """5.4.2, or 5.4.3 for one ID."""
    return {"server_groups": _listed(lookup, SERVER_GROUP, params, ("name", "status", "query_type", "availability_zone"))}


def protected_instances(lookup: Lookup, params: dict, waiting: Waiting) -> dict:
    """5.5.3, or 5.5.4 for one ID; by tag 5.8.1, narrowed by the other filters."""
    plain = ("server_group_ids", "protected_instance_ids", "name", "status", "query_type", "availability_zone")
    conditions = {key: params[key] for key in (*_TAG_CONDITIONS, "matches") if params.get(key)}
    if params["count"]:
        answer = lookup.api.call("query_by_tags", dict(conditions, action="count"))
        return {"protected_instances": [], "total_count": answer.get("total_count")}
    _scope(lookup, params, "server_group", SERVER_GROUP)
    names = ("server_group", *plain)
    if not conditions:
        return {"protected_instances": _listed(lookup, PROTECTED_INSTANCE, params, plain, server_group="server_group_id")}
    found = lookup.api.query_by_tags(conditions)
    if params.get("id") or any(params.get(name) for name in names):
        listed = _listed(lookup, PROTECTED_INSTANCE, params, plain, server_group="server_group_id")
        kept = {raw(obj, "id") for obj in sound(listed)}
        found = [obj for obj in sound(found) if obj.get("id") in kept]
    return {"protected_instances": found}


def replications(lookup: Lookup, params: dict, waiting: Waiting) -> dict:
    """5.6.3, or 5.6.4 for one ID."""
    _scope(lookup, params, "server_group", SERVER_GROUP)
    _scope(lookup, params, "protected_instance", PROTECTED_INSTANCE)
    if params.get("volume") and not validate.is_id(params["volume"]):
        found = replication.find_pair(lookup, REPLICATION, {"volume": params["volume"], "server_group": params.get("server_group")})[0]
        params["id"], params["volume"] = (found or {}).get("id"), None
        if found is None:
            return {"replications": []}
    plain = ("server_group_ids", "protected_instance_ids", "name", "status", "query_type", "availability_zone")
    return {
        "replications": _listed(
            lookup, REPLICATION, params, plain,
            server_group="server_group_id", protected_instance="protected_instance_id", volume="volume_id",
        )
    }


def drills(lookup: Lookup, params: dict, waiting: Waiting) -> dict:
    """5.7.3, or 5.7.4 for one ID."""
    _scope(lookup, params, "server_group", SERVER_GROUP)
    if params.get("drill_vpc"):
        params["drill_vpc"] = lookup.vpc_id(params["drill_vpc"])
    return {"drills": _listed(lookup, DRILL, params, ("name", "status"), server_group="server_group_id", drill_vpc="drill_vpc_id")}


def tags(lookup: Lookup, params: dict, waiting: Waiting) -> dict:
    """5.8.6 for one instance, 5.8.7 for the project."""
    if not params.get("protected_instance"):
        return {"tags": objects(lookup.api.call("list_project_tags"), "tags")}
    return {"tags": tag.show(lookup, lookup.id_of(PROTECTED_INSTANCE, params["protected_instance"]))}


def domains(lookup: Lookup, params: dict, waiting: Waiting) -> dict:
    """5.3.1."""
    return {"domains": lookup.domains()}


def jobs(lookup: Lookup, params: dict, waiting: Waiting) -> dict:
    """5.1.1, of SDRS or ECS.

    :raises JobFailed: with ``wait``, when a job ended in FAIL
    :raises JobTimeout: with ``wait``, when one did not end in time
    """
    wanted = [{"job_id": job_id, "service": params["service"]} for job_id in params.get("job_ids") or []]
    for index, job in enumerate(params.get("jobs") or []):
        if not isinstance(job.get("job_id"), str):
            raise ConfigError("jobs[%d] has no job_id" % index)
        wanted.append({"job_id": job["job_id"], "service": job.get("service") or params["service"]})
    found = [lookup.api.job(**job) for job in wanted]
    since = waiting.clock()
    while waiting.wait and not all(map(ended, found)):
        if waiting.timed_out(since):
            late = next(job for job in found if not ended(job))
            error = JobTimeout(
                "job %s has not ended within %g s" % (late["job_id"], waiting.wait_timeout), job_id=late["job_id"], retryable=True,
                remedy="The job is still running; rerun the task to resume waiting.",
            )
            error.result["jobs"] = found
            raise error
        waiting.sleep(max(0.0, waiting.next_look(since) - waiting.clock()))
        found = [job if ended(job) else lookup.api.job(job["job_id"], job["service"]) for job in found]
    failed = next((job for job in found if job.get("status") == "FAIL"), None)
    if waiting.wait and failed:
        failure = job_error(failed)
        failure.result["jobs"] = found
        raise failure
    return {"jobs": found}


def _scope(lookup: Lookup, params: dict, option: str, kind: Kind) -> None:
    if params.get(option):
        params[option] = lookup.id_of(kind, params[option])


def _listed(lookup: Lookup, kind: Kind, params: dict, plain: Any, **renamed: Any) -> list:
    """The list with the API's filters, or the one object of ``id`` that passes them."""
    query = {name: params.get(name) for name in plain}
    query.update((api, params.get(option)) for option, api in renamed.items())
    if params.get("id") and not any(query.values()):
        obj = lookup.show(kind, params["id"])
        return [obj] if obj else []
    found = lookup.api.list(kind.list_call, query)
    return matching(found, lambda obj: obj.get("id") == params["id"]) if params.get("id") else found
