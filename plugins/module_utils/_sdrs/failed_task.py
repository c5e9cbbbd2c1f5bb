# SPDX-License-Identifier: GPL-3.0-or-later
"""Failed tasks of the task centre (5.9). PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .._cloud.errors import ConfigError
from .._cloud.odd import raw
from .._engine.kind import Kind, LiveState
from .._engine.lookup import Lookup
from .._engine.options import Options as _Options
from .._engine.plan import Plan, Request
from .kinds import SERVER_GROUP

KIND = Kind(
    name="failed_task", title="failed task", plural="failed_tasks", entity="", transit={},
    took_effect=lambda step, obj: False, showable=False, listable=False,
)


@dataclass
class Options(_Options):
    id: str | None = None
    server_group: str | None = None
    all: bool = False
    state: str = "absent"


@dataclass
class Live(LiveState):
    """The tasks to delete, by list: group ID or None for those of the protection group level."""

    obj: list[dict]
    lists: dict[str | None, list[dict]] = field(default_factory=dict)


def read(lookup: Lookup, options: Options) -> Live:
    """Find what is to be deleted: one task by ID, those of a group, or all.

    The list without a group holds the group-level tasks only, so "all" and an ID need every group's list (semantics.md, section 7).
    """
    if sum(map(bool, (options.id, options.server_group, options.all))) != 1:
        raise ConfigError("exactly one of id, server_group and all: true is needed")
    if options.server_group:
        group_id = lookup.id_of(SERVER_GROUP, options.server_group)
        lists = {group_id: tasks_of(lookup, group_id)}
    else:
        lists = all_lists(lookup, options.id)
    if options.id:
        lists = {key: [task for task in tasks if raw(task, "job_id") == options.id] for key, tasks in lists.items()}
    return Live([task for tasks in lists.values() for task in tasks], {key: tasks for key, tasks in lists.items() if tasks})


def tasks_of(lookup: Lookup, group_id: str | None = None) -> list[dict]:
    """The failed tasks of a group, or those of the protection group level."""
    query = {"server_group_id": group_id} if group_id else {}
    return lookup.once(("failed tasks", group_id), lambda: lookup.api.list("list_failed_tasks", query))


def all_lists(lookup: Lookup, wanted: str | None = None) -> dict[str | None, list[dict]]:
    """``{group ID or None: tasks}``; stops at the list that holds the job ID ``wanted``."""
    lists: dict[str | None, list[dict]] = {}
    for group_id in (None, *ids(_groups(lookup, wanted, lists))):
        lists[group_id] = tasks_of(lookup, group_id)
        if wanted and any(raw(task, "job_id") == wanted for task in lists[group_id]):
            break
    return lists


def ids(groups: Iterable[dict]) -> list[str]:
    """The IDs of the groups that have one; of another no list can be asked for."""
    return [raw(group, "id") for group in groups if isinstance(raw(group, "id"), str)]


def _groups(lookup: Lookup, wanted: str | None, lists: dict) -> list:
    lists[None] = tasks_of(lookup)
    if wanted and any(raw(task, "job_id") == wanted for task in lists[None]):
        return []
    return lookup.list(SERVER_GROUP)


def plan(options: Options, live: Live) -> Plan:
    """Steps that delete the tasks: one call for one task, else one for each list. Pure."""
    result = Plan(before={"failed_tasks": sorted(str(raw(task, "job_id")) for task in live.obj)})
    result.after = {"failed_tasks": []}
    if options.id:
        for task in live.obj:
            result.add("delete", KIND, task.get("resource_name"), task["job_id"], Request("delete_failed_task", {"failure_job": task["job_id"]}))
        return result
    for group_id, tasks in live.lists.items():
        call, arguments = ("delete_group_failed_tasks", {"server_group": group_id}) if group_id else ("delete_all_failed_tasks", {})
        members = [(raw(task, "resource_name"), raw(task, "job_id")) for task in tasks]
        result.add("delete", KIND, None, raw(tasks[0], "job_id"), Request(call, arguments, members=members))
    return result
