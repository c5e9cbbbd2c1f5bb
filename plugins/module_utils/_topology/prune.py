# SPDX-License-Identifier: GPL-3.0-or-later
"""What a topology's document does not name: its deletion, and what that must never touch. Pure. PRIVATE to the collection.

A key that is absent is not managed, ``[]`` is empty. Nothing is detached (semantics.md, section 3).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from .._cloud.errors import Refused
from .._engine.kind import Kind
from .._engine.plan import Plan, Step, require, waits_for
from .._sdrs import drill, replication
from .._sdrs.kinds import DRILL, DRILL_DELETABLE, PAIR_DELETABLE, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP, plain_attachments, size_of
from .._sdrs.sites import volume_halves
from .._sdrs.tags import tags_to_mapping
from .._sdrs.targets import target_is_expendable, targets
from .._sdrs.teardown import delete_instances
from .entries import Entry, GroupEntry, is_missing, named
from .planning import Planning


def _left(objects: Iterable[dict], entries: list) -> list[dict]:
    known = named(entries)
    return [obj for obj in objects if obj["id"] not in known]


def unnamed(group: GroupEntry) -> list[str]:
    """What stands in a group to be removed and its entry does not name, as ``kind name (ID)``."""
    left: list[tuple[Kind, dict]] = [(DRILL, obj) for obj in _left(group.live_drills, group.drills)]
    left += [(PROTECTED_INSTANCE, obj) for obj in _left(group.live_instances, group.instances)]
    left += [(REPLICATION, obj) for obj in _left(group.live_pairs, group.pairs) if obj["id"] not in group.belongings and not _goes(group, obj)]
    return sorted(kind.label(obj) for kind, obj in left)


def _goes(group: GroupEntry, pair: dict) -> bool:
    """Whether the pair is attached to instances alone that are listed as unnamed themselves."""
    users = set(plain_attachments(pair))
    return bool(users) and users <= {obj["id"] for obj in group.live_instances}


def plan_prune(planning: Planning, group: GroupEntry, where: dict, changed: list[Step], whole: bool) -> list[Step]:
    """Deletions of what the entry does not name; only once all that is wanted is there.

    :param whole: nothing of the group was refused; else nothing is pruned
    """
    steps, given = list[Step](), group.given
    if given["drills"] is not None:
        for obj in _left(group.live_drills, group.drills):
            steps += _add(planning, group, DRILL, [obj], whole, functools.partial(_delete_drill, obj=obj, earlier=changed))
    if given["protected_instances"] is not None:
        left = [obj for obj in _left(group.live_instances, group.instances) if PROTECTED_INSTANCE.assumed(obj)]
        if left:
            earlier = changed + steps
            steps += _add(planning, group, PROTECTED_INSTANCE, left, whole, lambda part: _delete_instances(planning, part, group, where, left, earlier))
            planning.plan.again = planning.plan.again or given["replications"] is not None
    if given["replications"] is not None:
        for obj in _left(group.live_pairs, group.pairs):
            if not plain_attachments(obj) and REPLICATION.assumed(obj):
                delete = functools.partial(_delete_pair, planning=planning, where=where, obj=obj, earlier=changed)
                steps += _add(planning, group, REPLICATION, [obj], whole, delete)
    return steps


def _add(planning: Planning, group: GroupEntry, kind: Kind, objects: list[dict], whole: bool, make: Callable[[Plan], Any]) -> list[Step]:
    entry = Entry("%s.%s" % (group.path, kind.plural), {}, objects[0])
    gone: list[dict] = []
    if not whole:
        error = Refused("nothing is pruned in protection group %s while something that it wants cannot be brought about" % group.name)
        inside = [each for path, each in planning.plan.refused if path == group.path or path.startswith(group.path + ".")]
        error.blocked = all(each.blocked for each in inside)
        planning.refuse(group, entry.path, error)
        return []

    def removal(part: Plan) -> None:
        make(part)
        gone.extend(_branch(group, kind, obj) for obj in objects)

    steps = planning.entry(group, entry, removal) or []
    planning.changes.remove(entry.path, gone)
    return steps


def _branch(group: GroupEntry, kind: Kind, obj: dict) -> dict:
    """What is removed, as an entry of the document that names it would say."""
    if kind is DRILL:
        return {"name": obj.get("name"), "drill_vpc": obj.get("drill_vpc_id")}
    if kind is REPLICATION:
        return {"name": obj.get("name"), "size": size_of(obj) or None}
    pairs = [(plain_attachments(pair)[obj["id"]], pair.get("name")) for pair in group.live_pairs if obj["id"] in plain_attachments(pair)]
    return {
        "name": obj.get("name"), "server": obj.get("source_server"), "description": obj.get("description") or None,
        "tags": tags_to_mapping(obj.get("tags")) or None,
        "replications": [{"device": device, "name": name} for device, name in sorted(pairs, key=str)] or None,
    }


def _require_identity(kind: Kind, obj: dict, *needed: Any) -> None:
    """Refuse to prune what the document may name by a field that the service does not tell."""
    if not all(needed):
        raise Refused(
            "%s is not pruned: the service does not tell all that the document may name it by" % kind.label(obj),
            remedy="If it is to go, delete it by its ID with the module sdrs_%s." % kind.name,
        )


def _waits(part: Plan, kind: Kind, objects: list[dict]) -> list[Step]:
    waits = [step for obj in objects for step in waits_for(kind, obj, True)]
    part.steps += waits
    return waits


def leaving(group: GroupEntry, prune: bool) -> list[tuple[Kind, dict]]:
    """Instances and pairs of a group's entry that may be removed, as ``[(Kind, object)]``: leftovers, contents of a group that goes, failed creations."""
    if group.absent:
        return [(kind, obj) for kind, objects in group.contents() for obj in objects if kind is not DRILL]
    instances = _left(group.live_instances, group.instances) if prune and group.given["protected_instances"] is not None else []
    going: list[tuple[Kind, dict]] = [(PROTECTED_INSTANCE, obj) for obj in instances]
    if prune and group.given["replications"] is not None:
        going += [(REPLICATION, obj) for obj in _left(group.live_pairs, group.pairs) if not plain_attachments(obj)]
    going += [(PROTECTED_INSTANCE, entry.obj) for entry in group.instances if entry.obj and is_missing(entry)]
    return going + [(REPLICATION, entry.obj) for entry in group.pairs if entry.obj and is_missing(entry)]


def _delete_drill(part: Plan, obj: dict, earlier: list[Step]) -> None:
    _require_identity(DRILL, obj, obj.get("name"))
    waits = _waits(part, DRILL, [obj])
    require(DRILL_DELETABLE, {"DR drill": "available" if waits else obj.get("status")}, "deleting it", DRILL.label(obj))
    drill.delete_step(part, obj, after=[*waits, *earlier])


def _delete_instances(planning: Planning, part: Plan, group: GroupEntry, where: dict, left: list[dict], earlier: list[Step]) -> None:
    going = {obj["id"] for obj in left}
    for obj in left:
        if PROTECTED_INSTANCE.assumed(obj).get("status") != PROTECTED_INSTANCE.failed_creation:
            _require_identity(PROTECTED_INSTANCE, obj, obj.get("source_server"), obj.get("target_server"))
    for pair in group.live_pairs:
        users = set(plain_attachments(pair))
        if users & going and users - going:
            raise Refused(
                "%s is attached to instances that stay and to some that would go: %s" % (REPLICATION.label(pair), ", ".join(sorted(users))),
                code="SDRS.1365",
                remedy="Pruning never detaches a disk. Detach it with the module sdrs_replication first, or name the instance in the document.",
            )
    wanted = targets(vars(planning.options))
    for option in wanted:
        if option != "delete_target_volume":
            target_is_expendable(where, option, SERVER_GROUP.label(where))
    waits = _waits(part, PROTECTED_INSTANCE, left)
    delete_instances(
        part, [PROTECTED_INSTANCE.assumed(obj) for obj in left], group.live_pairs, [*waits, *earlier], planning.copies.of(where), wanted,
    )


def _delete_pair(part: Plan, planning: Planning, where: dict, obj: dict, earlier: list[Step]) -> None:
    if REPLICATION.assumed(obj).get("status") != REPLICATION.failed_creation:
        _require_identity(REPLICATION, obj, *(volume_halves(obj) or [None]))
    if planning.options.delete_target_volume:
        target_is_expendable(where, "delete_target_volume", REPLICATION.label(obj))
    waits = _waits(part, REPLICATION, [obj])
    settled = REPLICATION.assumed(obj)
    require(PAIR_DELETABLE, {"protection group": where.get("status"), "replication pair": settled.get("status")}, "deleting it", REPLICATION.label(obj))
    replication.delete_step(part, settled, planning.copies.of(where), targets(vars(planning.options)), after=[*waits, *earlier])
