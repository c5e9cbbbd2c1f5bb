# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole topology: each entry planned by its kind's own rules, and the order between them. PRIVATE to the collection.

Pure but for ``show``. In a group: what is created and changed; then, when all that has worked, what is pruned; then its
protection; then drills. Protection and drills follow what came before even where some of it failed.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

from .._cloud.errors import Refused
from .._cloud.odd import Unusable, altered
from .._cloud.validate import Between
from .._engine.declaration import Declaration
from .._engine.lookup import Lookup
from .._engine.plan import WAIT, Plan, Step, Wait, creator, waits_for
from .._sdrs import drill, last_copy, locks, server_group
from .._sdrs.kinds import DRILL, SERVER_GROUP
from .._sdrs.protection import add_protection_step, protection_change, protection_guard
from .._sdrs.targets import targets
from .._sdrs.teardown import plan_teardown
from . import contents, identity, state
from .document import Options, check
from .entries import DrillEntry, GroupEntry
from .index import LiveIndex
from .instances import plan_instances, plan_pairs
from .planning import Planning
from .prune import leaving, plan_prune, unnamed

RULES = {
    "wait": lambda value: None if value else "must be true: a topology is brought about step by step",
    "server_groups": check,
    "parallel": Between(1, 256),
}


def read(lookup: Lookup, options: Options) -> state.Live:
    """The document joined to the live state, and whether production is there of what may be removed."""
    live = state.read(lookup, options)
    identity.check(lookup, live)
    live.copies = last_copy.read(lookup, options.delete_last_copy, [each for group in live.groups for each in leaving(group, options.prune)])
    live.servers = contents.servers_of(lookup) if any(group.obj for group in live.groups) else {}
    live.unmanaged = contents.unmanaged(lookup, live.groups, options)
    return live


def plan(options: Options, live: state.Live) -> Plan:
    """Steps that make everything as the document wants it. Pure."""
    planning = Planning(options, last_copy.required(live.copies))
    for group in live.groups:
        try:
            if group.absent:
                _plan_teardown(planning, group)
            else:
                _plan_group(planning, group, live.world)
        except Unusable as error:
            planning.refuse(group, group.path, error)
    planning.plan.texts = planning.changes.texts()
    uncompared = planning.uncompared.read(live.groups, live.servers)
    planning.plan.warnings += uncompared.warning()
    planning.plan.told = {
        "not_compared": uncompared.report(), "differing": uncompared.differing,
        "unmanaged": live.unmanaged[: contents.MOST], "unmanaged_total": len(live.unmanaged),
    }
    return planning.plan


def _plan_group(planning: Planning, group: GroupEntry, world: LiveIndex) -> None:
    for entry in (group, *group.instances):
        planning.changes.name(entry)
    made = planning.entry(group, group, lambda part: _plan_itself(part, group))
    if made is None:
        return
    refused = len(planning.plan.refused)
    creation = next((step for step in made if step.operation == "create"), None)
    where = group.where = altered(group.obj) if group.obj and not creation else _to_come(group, creation)
    changed = made + plan_instances(planning, group, where, world) + plan_pairs(planning, group, where)
    if planning.options.prune and group.obj:
        whole = len(planning.plan.refused) == refused
        changed += plan_prune(planning, group, where, changed, whole)
    protection = planning.entry(group, group, lambda part: _plan_protection(part, group, where, changed)) or []
    for entry in group.drills:
        planning.entry(group, entry, functools.partial(_plan_drill, group=group, entry=entry, where=where, earlier=changed + protection))


def _plan_itself(part: Plan, group: GroupEntry) -> None:
    """The group without its protection, which comes later."""
    part.take(server_group.plan(replace(group.want, protection=None), group.live))


def _to_come(group: GroupEntry, creation: Step | None) -> dict:
    """The group that ``creation`` makes, as far as planning for it is concerned."""
    want = group.want
    return {
        "id": creation, "name": want.name, "status": "available", "priority_station": "source", "replication_num": 0,
        "source_availability_zone": want.source_availability_zone, "target_availability_zone": want.target_availability_zone,
        "source_vpc_id": want.source_vpc,
    }


def _plan_protection(part: Plan, group: GroupEntry, where: dict, changed: list[Step]) -> None:
    wanted = group.want.protection
    if wanted is None:
        return
    comes = any(step.operation == "create" and step.kind is not SERVER_GROUP or bool(step.wait) for step in changed)
    # Pairs of the same document are waited for; whether there are any is asked again directly before the request.
    operation = protection_change(wanted, False, dict(where, replication_num=None) if comes else where)
    part.before = {"protection": server_group.protection_of(where)} if group.obj else {}
    part.after = {"protection": wanted}
    if not operation:
        return
    guard = protection_guard(operation, SERVER_GROUP.label(group.obj, group.name))
    add_protection_step(part, operation, where, guard, after=creator(where["id"]), once_ended=changed)


def _plan_drill(part: Plan, group: GroupEntry, entry: DrillEntry, where: dict, earlier: list[Step]) -> None:
    made = drill.plan(replace(entry.want, server_group=where["id"] if entry.obj else None), drill.Live(DRILL.assumed(entry.obj), where))
    synchronised: list[Step] = []
    if any(step.operation == "create" for step in made.steps):
        synchronised = [Step(
            WAIT, server_group.SYNCHRONISATION, group.name, where["id"], wait=Wait(), scope={}, once_ended=earlier, after=creator(where["id"]),
        )]
    part.steps += synchronised
    part.take(made, waits_for(DRILL, entry.obj), synchronised)


def _plan_teardown(planning: Planning, group: GroupEntry) -> None:
    obj, options = group.obj, planning.options
    if obj is None:
        return
    group.where = obj

    def make(part: Plan) -> None:
        left = [] if options.prune else unnamed(group)
        if left:
            raise Refused(
                "%s holds what the entry does not name: %s" % (SERVER_GROUP.label(obj), ", ".join(left)),
                remedy="Name it in the entry, or set prune: true (topology_prune in the playbooks) to delete it too.",
            )
        held = [(kind, kind.assumed(each)) for kind, objects in group.contents() for each in objects]
        live = server_group.Live(obj, [(kind, each) for kind, each in held if each], copies=planning.copies.of(obj))
        part.take(plan_teardown(live, options.force, targets(vars(options))))

    planning.entry(group, group, make)


def show(lookup: Lookup, dummy_id: Any, live: state.Live) -> list[dict]:
    """The groups of the document as the list shows them."""
    names = {(group.given["name"], group.given["id"]) for group in live.groups}
    return [
        obj for obj in lookup.list(SERVER_GROUP)
        if (obj.get("name"), None) in names or any(obj["id"] == object_id for _name, object_id in names if object_id)
    ]


DECLARATION = Declaration(None, read, plan, "server_groups", show, rules=RULES, compact=True, locks=locks.TOPOLOGY, options=Options)
