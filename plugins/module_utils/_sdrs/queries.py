# SPDX-License-Identifier: GPL-3.0-or-later
"""What the info modules read. Each gives the result's keys. PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._cloud import validate
from .._cloud.errors import ConfigError, JobTimeout, job_error
from .._cloud.odd import matching, raw, sound
from .._cloud.paging import objects
from .._engine.jobs import ended
from .._engine.kind import Kind
from .._engine.lookup import Lookup
from .._engine.options import Options
from .._engine.waiting import Waiting
from . import tag
from .kinds import DRILL, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP
from .owner import Sought, find_pair

_TAG_CONDITIONS = ("tags", "tags_any", "not_tags", "not_tags_any")


@dataclass
class Groups(Options):
    """What protection groups are chosen by, and what else is chosen by the same."""

    id: str | None = None
    name: str | None = None
    status: str | None = None
    query_type: str | None = None
    availability_zone: str | None = None


@dataclass
class _Members(Groups):
    server_group: str | None = None
    server_group_ids: list[str] | None = None
    protected_instance_ids: list[str] | None = None


@dataclass
class Instances(_Members):
    tags: list[dict] | None = None
    tags_any: list[dict] | None = None
    not_tags: list[dict] | None = None
    not_tags_any: list[dict] | None = None
    matches: list[dict] | None = None
    count: bool = False


@dataclass
class Pairs(_Members):
    protected_instance: str | None = None
    volume: str | None = None


@dataclass
class Drills(Options):
    id: str | None = None
    name: str | None = None
    status: str | None = None
    server_group: str | None = None
    drill_vpc: str | None = None


@dataclass
class Tags(Options):
    protected_instance: str | None = None


@dataclass
class Jobs(Options):
    job_ids: list[str] | None = None
    jobs: list[dict] | None = None
    service: str = "sdrs"


def server_groups(lookup: Lookup, options: Groups, waiting: Waiting) -> dict:
    """5.4.2, or 5.4.3 for one ID."""
    return {"server_groups": _listed(lookup, SERVER_GROUP, options, ("name", "status", "query_type", "availability_zone"))}


def protected_instances(lookup: Lookup, options: Instances, waiting: Waiting) -> dict:
    """5.5.3, or 5.5.4 for one ID; by tag 5.8.1, narrowed by the other filters."""
    plain = ("server_group_ids", "protected_instance_ids", "name", "status", "query_type", "availability_zone")
    conditions = {key: getattr(options, key) for key in (*_TAG_CONDITIONS, "matches") if getattr(options, key)}
    if options.count:
        answer = lookup.api.call("query_by_tags", dict(conditions, action="count"))
        return {"protected_instances": [], "total_count": answer.get("total_count")}
    options.server_group = _id_of(lookup, SERVER_GROUP, options.server_group)
    if not conditions:
        return {"protected_instances": _listed(lookup, PROTECTED_INSTANCE, options, plain, server_group="server_group_id")}
    found = lookup.api.query_by_tags(conditions)
    if any(getattr(options, name) for name in ("id", "server_group", *plain)):
        listed = _listed(lookup, PROTECTED_INSTANCE, options, plain, server_group="server_group_id")
        kept = {raw(obj, "id") for obj in sound(listed)}
        found = [obj for obj in sound(found) if obj.get("id") in kept]
    return {"protected_instances": found}


def replications(lookup: Lookup, options: Pairs, waiting: Waiting) -> dict:
    """5.6.3, or 5.6.4 for one ID."""
    options.server_group = _id_of(lookup, SERVER_GROUP, options.server_group)
    options.protected_instance = _id_of(lookup, PROTECTED_INSTANCE, options.protected_instance)
    if options.volume and not validate.is_id(options.volume):
        found = find_pair(lookup, Sought(half=options.volume, server_group=options.server_group)).obj
        options.id, options.volume = (found or {}).get("id"), None
        if found is None:
            return {"replications": []}
    plain = ("server_group_ids", "protected_instance_ids", "name", "status", "query_type", "availability_zone")
    return {
        "replications": _listed(
            lookup, REPLICATION, options, plain,
            server_group="server_group_id", protected_instance="protected_instance_id", volume="volume_id",
        )
    }


def drills(lookup: Lookup, options: Drills, waiting: Waiting) -> dict:
    """5.7.3, or 5.7.4 for one ID."""
    options.server_group = _id_of(lookup, SERVER_GROUP, options.server_group)
    if options.drill_vpc:
        options.drill_vpc = lookup.vpc_id(options.drill_vpc)
    return {"drills": _listed(lookup, DRILL, options, ("name", "status"), server_group="server_group_id", drill_vpc="drill_vpc_id")}


def tags(lookup: Lookup, options: Tags, waiting: Waiting) -> dict:
    """5.8.6 for one instance, 5.8.7 for the project."""
    if not options.protected_instance:
        return {"tags": objects(lookup.api.call("list_project_tags"), "tags")}
    return {"tags": tag.show(lookup, lookup.id_of(PROTECTED_INSTANCE, options.protected_instance))}


def domains(lookup: Lookup, _options: object, waiting: Waiting) -> dict:
    """5.3.1."""
    return {"domains": lookup.domains()}


def jobs(lookup: Lookup, options: Jobs, waiting: Waiting) -> dict:
    """5.1.1, of SDRS or ECS.

    :raises JobFailed: with ``wait``, when a job ended in FAIL
    :raises JobTimeout: with ``wait``, when one did not end in time
    """
    wanted = [{"job_id": job_id, "service": options.service} for job_id in options.job_ids or []]
    for index, job in enumerate(options.jobs or []):
        if not isinstance(job.get("job_id"), str):
            raise ConfigError("jobs[%d] has no job_id" % index)
        wanted.append({"job_id": job["job_id"], "service": job.get("service") or options.service})
    found = [lookup.api.job(**job) for job in wanted]
    since = waiting.clock()
    while waiting.wait and not all(map(ended, found)):
        if waiting.timed_out(since):
            late = next(job for job in found if not ended(job))
            error = JobTimeout(
                "job %s has not ended within %g s" % (late["job_id"], waiting.wait_timeout), job_id=late["job_id"], retryable=True,
                remedy="It goes on in the cloud; run the task again to wait longer.",
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


def _id_of(lookup: Lookup, kind: Kind, reference: str | None) -> str | None:
    return lookup.id_of(kind, reference) if reference else reference


def _listed(lookup: Lookup, kind: Kind, options: Groups | Drills, plain: tuple[str, ...], **renamed: str) -> list:
    """The list with the API's filters, or the one object of ``id`` that passes them."""
    query: dict[str, Any] = {name: getattr(options, name) for name in plain}
    query.update((api, getattr(options, option)) for option, api in renamed.items())
    if options.id and not any(query.values()):
        obj = lookup.show(kind, options.id)
        return [obj] if obj else []
    found = lookup.api.list(kind.list_call, query)
    return matching(found, lambda obj: obj.get("id") == options.id) if options.id else found
