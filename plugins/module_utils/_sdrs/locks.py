# SPDX-License-Identifier: GPL-3.0-or-later
"""Which protection groups each kind of task locks, told by what the task reads anyway. PRIVATE to the collection.

Switches, topologies, deletions and drills do not run without their locks; nor does stopping servers, which begins a switch: a
runbook must not get half way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from .._cloud.validate import is_id
from .._engine.lock import Group, Locks
from .._engine.lookup import Lookup
from .drill_batch import Options as DrillBatch
from .kinds import DRILL as DRILL_KIND
from .kinds import PROTECTED_INSTANCE, SERVER_GROUP
from .owner import Found, Sought, find_instance, find_pair

KIND = SERVER_GROUP


class _Named(Protocol):
    id: str | None
    name: str | None


class _InGroup(Protocol):
    server_group: str | None


class _Member(_Named, _InGroup, Protocol):
    """Options of what is in a group, and is found by ID or name, too."""


class _OfInstance(Protocol):
    protected_instance: str


class _Listed(Protocol):
    server_groups: list | None


def _locks(groups: Callable[..., list[Group]], **more: Any) -> Locks:
    return Locks(groups, lambda lookup, group_id: (lookup.show(KIND, group_id) or {}).get("name"), **more)


def _named(lookup: Lookup, name: str) -> list[Group]:
    """The groups of a name, or the one to come."""
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


def _of_group(lookup: Lookup, options: _Named) -> list[Group]:
    if options.id:
        return _shown(lookup, options.id, options.name)
    return _named(lookup, options.name) if options.name else []


def _of_option(lookup: Lookup, options: _InGroup) -> list[Group]:
    reference = options.server_group
    if not reference:
        return []
    return _shown(lookup, reference) if is_id(reference) else _named(lookup, reference)


def _of_drill(lookup: Lookup, options: _Member) -> list[Group]:
    found = [lookup.show(DRILL_KIND, options.id)] if options.id else []
    if options.server_group:
        return _referred(lookup, options.server_group) + _owners(found)
    if not found and options.name:
        found = lookup.named(DRILL_KIND, options.name)
    return _owners(found)


def _of_member(find: Callable[[Lookup, Sought], Found], half: str) -> Callable[[Lookup, _Member], list[Group]]:
    def groups(lookup: Lookup, options: _Member) -> list[Group]:
        if options.server_group:
            return _referred(lookup, options.server_group)
        return _owners([find(lookup, Sought(options.id, getattr(options, half), options.name)).obj])

    return groups


def _of_instance(lookup: Lookup, options: _OfInstance) -> list[Group]:
    reference = options.protected_instance
    return _owners([lookup.show(PROTECTED_INSTANCE, reference) if is_id(reference) else lookup.one(PROTECTED_INSTANCE, reference)])


def _of_document(lookup: Lookup, options: _Listed) -> list[Group]:
    groups = []
    for entry in options.server_groups or []:
        found = [
            Group(obj["id"], tuple(filter(None, (obj.get("name"), entry["name"])))) for obj in lookup.list(KIND)
            if (obj["id"] == entry["id"] if entry["id"] else obj.get("name") == entry["name"])
        ]
        groups += found or [Group(entry["id"], tuple(filter(None, (entry["name"],))))]
    return groups


def _of_list(lookup: Lookup, options: _Listed) -> list[Group]:
    return _of_references(lookup, options.server_groups or [])


def _of_references(lookup: Lookup, references: Iterable[str]) -> list[Group]:
    """The groups of a list of references, by the one list of all groups."""
    groups: list[Group] = []
    for reference in references:
        named = [obj for obj in lookup.list(KIND) if reference in (obj["id"], obj.get("name"))]
        groups += [Group(obj["id"], tuple(filter(None, (obj.get("name"),)))) for obj in named] or _referred(lookup, reference)
    return groups


def _of_drills(lookup: Lookup, options: DrillBatch) -> list[Group]:
    """The groups of a list of drills to come, or of drills by their IDs."""
    if options.ids:
        return _owners([obj for obj in lookup.list(DRILL_KIND) if obj["id"] in (options.ids or [])])
    return _of_references(lookup, [entry["server_group"] for entry in options.drills or []])


def _always(options: object) -> bool:
    return True


GROUP = _locks(_of_group, needed=lambda options: options.absent or bool(options.protection), creates=lambda options: not options.absent)
SWITCH = _locks(_of_option, needed=_always)
SWITCHES = _locks(_of_list, needed=_always)
TOPOLOGY = _locks(_of_document, needed=_always, creates=_always)
DRILLS = _locks(_of_drills, needed=_always)
STOPPED = _locks(_of_list, needed=lambda options: options.state == "stopped")
DRILL = _locks(_of_drill, needed=_always)
INSTANCE = _locks(_of_member(find_instance, "server"))
BATCH = _locks(_of_option)
PART = _locks(_of_instance)
PAIR = _locks(_of_member(find_pair, "volume"), needed=lambda options: options.absent or options.purge_attachments)
POWER = _locks(_of_option, needed=lambda options: options.state == "stopped")
