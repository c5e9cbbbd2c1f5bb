# SPDX-License-Identifier: GPL-3.0-or-later
"""What the info modules read that are not about one of the five kinds. Each gives the result's keys. PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._cloud.paging import objects
from .._cloud.validate import is_id
from .._engine.lookup import Lookup
from .._engine.options import Options
from .._engine.waiting import Waiting
from . import failed_task
from .kinds import SERVER_GROUP

_TASK_FILTERS = ("failure_status", "resource_name", "resource_type")
FAILURES = (
    "createFail", "deleteFail", "attachFail", "detachFail", "expandFail", "resizeFail", "startFail", "stopFail", "reverseFail",
    "failoverFail", "reprotectFail",
)
RESOURCE_TYPES = ("server_groups", "protected_instances", "replications", "disaster_recovery_drills")


@dataclass
class FailedTasks(Options):
    server_group: str | None = None
    all: bool = False
    failure_status: str | None = None
    resource_name: str | None = None
    resource_type: str | None = None


@dataclass
class Versions(Options):
    version: str | None = None


@dataclass
class Statistics(Options):
    start_time: str | None = None
    end_time: str | None = None
    resource_type: str | None = None


def failed_tasks(lookup: Lookup, options: FailedTasks, waiting: Waiting) -> dict:
    """5.9.1: of a group, of the protection group level, or with ``all`` of both kinds."""
    filters = {name: getattr(options, name) for name in _TASK_FILTERS if getattr(options, name)}
    if options.server_group:
        groups = [lookup.id_of(SERVER_GROUP, options.server_group)]
    else:
        groups = [None] + (failed_task.ids(lookup.list(SERVER_GROUP)) if options.all else [])
    found = []
    for group_id in groups:
        found += lookup.api.list("list_failed_tasks", dict(filters, server_group_id=group_id))
    return {"failed_tasks": found}


def quotas(lookup: Lookup, _options: object = None, _waiting: Waiting | None = None) -> dict:
    """5.10.1."""
    answer = lookup.api.call("show_quotas").get("quotas")
    return {"quotas": lookup.api.judged("resources", objects(answer if isinstance(answer, dict) else {}, "resources"))}


def api_versions(lookup: Lookup, options: Versions, waiting: Waiting) -> dict:
    """5.2.1, or 5.2.2 for one version."""
    client = lookup.api.client
    if options.version:
        version = client.send("GET", "sdrs", "/" + options.version).get("version")
        return {"api_versions": [version] if version else []}
    return {"api_versions": objects(client.send("GET", "sdrs", "/"), "versions")}


def rpo_statistics(lookup: Lookup, options: Statistics, waiting: Waiting) -> dict:
    """Not in the reference (service.md, section 7)."""
    return {"rpo_statistics": lookup.api.list("list_rpo_statistics", {name: value for name, value in options.given().items() if value})}


def valid_version(value: Any) -> str | None:
    """Rule for an API version such as ``v1``."""
    return None if value.replace(".", "").isalnum() and value.startswith("v") and not is_id(value) else "%r is not a version such as v1" % value
