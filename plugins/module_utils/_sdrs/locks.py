# SPDX-License-Identifier: GPL-3.0-or-later
"""Which protection groups each kind of task locks, from data that the task reads anyway. PRIVATE to the collection.

Switches, topologies, deletions and drills do not run without their locks; nor does stopping servers, which begins a switch: a
runbook must not get half way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .._cloud.validate import is_id
from .._engine.kind import Kind
from .._engine.lock import Group, Locks
from .._engine.lookup import Lookup
from .kinds import DRILL as DRILL_KIND
from .kinds import PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP
from .owner import find_instance, find_pair

KIND = SERVER_GROUP


def _locks(groups: Callable[[Lookup, dict], list[Group]], **more: Any) -> Locks:
    return Locks(groups, lambda lookup, group_id: (lookup.show(KIND, group_id) or {}).get("name"), **more)


def _named(lookup: Lookup, name: str) -> list[Group]:
    """The groups with a name, or the new one."""
    return [Group(obj["id"], (name,)) for obj in lookup.named(KIND, name)] or [Group(None, (name,))]


def _shown(lookup: Lookup, group_id: Any, new_name: Any = None) -> list[Group]:
    """A group of which the task reads the details anyway."""
    names = (lookup.show(KIND, group_id) or {}).get("name"), new_name
    return [Group(group_id, tuple(filter(None, names)))]


def _referred(lookup: Lookup, reference: str) -> list[Group]:
    """The group that an ID or name means; an ID costs no look-up."""
    return [Group(reference, named=False)] if is_id(reference) else _named(lookup, reference)


def _owners(objects: Iterable) -> list[Group]:
    ids = {obj["server_group_id"] for obj in objects if obj and obj.get("server_group_id")}
    return [Group(group_id, named=False) for group_id in sorted(ids)]


def _of_group(lookup: Lookup, params: dict) -> list[Group]:
    if params.get("id"):
        return _shown(lookup, params["id"], params.get("name"))
    return _named(lookup, params["name"]) if params.get("name") else []


def _of_option(lookup: Lookup, params: dict) -> list[Group]:
    reference = params.get("server_group")
    if not reference:
        return []
    return _shown(lookup, reference) if is_id(reference) else _named(lookup, reference)


def _of_drill(lookup: Lookup, params: dict) -> list[Group]:
    found = [lookup.show(DRILL_KIND, params["id"])] if params.get("id") else []
    if params.get("server_group"):
        return _referred(lookup, params["server_group"]) + _owners(found)
    if not found and params.get("name"):
        found = lookup.named(DRILL_KIND, params["name"])
    return _owners(found)


def _of_member(kind: Kind, find: Callable[..., Any]) -> Callable[[Lookup, dict], list[Group]]:
    def groups(lookup: Lookup, params: dict) -> list[Group]:
        if params.get("server_group"):
            return _referred(lookup, params["server_group"])
        return _owners([find(lookup, kind, params)[0]])

    return groups


def _of_instance(lookup: Lookup, params: dict) -> list[Group]:
    reference = params["protected_instance"]
    return _owners([lookup.show(PROTECTED_INSTANCE, reference) if is_id(reference) else lookup.one(PROTECTED_INSTANCE, reference)])


def _of_document(lookup: Lookup, params: dict) -> list[Group]:
    groups = []
    for entry in params["server_groups"]:
        found = [
            Group(obj["id"], tuple(filter(None, (obj.get("name"), entry["name"])))) for obj in lookup.list(KIND)
            if (obj["id"] == entry["id"] if entry["id"] else obj.get("name") == entry["name"])
        ]
        groups += found or [Group(entry["id"], tuple(filter(None, (entry["name"],))))]
    return groups


def _of_list(lookup: Lookup, params: dict) -> list[Group]:
    """The groups of a list of references, by the one list of all groups."""
    groups: list = []
    for reference in params["server_groups"]:
        named = [obj for obj in lookup.list(KIND) if reference in (obj["id"], obj.get("name"))]
        groups += [Group(obj["id"], tuple(filter(None, (obj.get("name"),)))) for obj in named] or _referred(lookup, reference)
    return groups


def _of_drills(lookup: Lookup, params: dict) -> list[Group]:
    """The groups of a list of new drills, or of drills by their IDs."""
    if params["ids"]:
        return _owners([obj for obj in lookup.list(DRILL_KIND) if obj["id"] in params["ids"]])
    return _of_list(lookup, {"server_groups": [entry["server_group"] for entry in params["drills"] or []]})


def _of_plan(lookup: Lookup, params: dict) -> list[Group]:
    return _of_list(lookup, params) if params["server_groups"] else []


def _always(params: dict) -> bool:
    return True


GROUP = _locks(
    _of_group, needed=lambda params: params["state"] == "absent" or bool(params.get("protection")), creates=lambda params: params["state"] == "present",
)
SWITCH = _locks(_of_option, needed=_always)
SWITCHES = _locks(_of_list, needed=_always)
TOPOLOGY = _locks(_of_document, needed=_always, creates=_always)
DRILLS = _locks(_of_drills, needed=_always)
STOPPED = _locks(_of_plan, needed=lambda params: params["state"] == "stopped")
DRILL = _locks(_of_drill, needed=_always)
INSTANCE = _locks(_of_member(PROTECTED_INSTANCE, find_instance))
BATCH = _locks(_of_option)
PART = _locks(_of_instance)
PAIR = _locks(
    _of_member(REPLICATION, find_pair), needed=lambda params: params["state"] == "absent" or params["purge_attachments"],
)
POWER = _locks(_of_option, needed=lambda params: params["state"] == "stopped")
