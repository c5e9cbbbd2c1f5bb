# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole topology: each entry planned by its kind's own rules, and the order between them. PRIVATE to the collection.

Pure but for ``show``. Order within a group: creations and changes; then, if all of these succeeded, pruning; then
protection; then drills. Protection and drills follow even if some earlier steps failed.
"""

from __future__ import annotations

from .._cloud.errors import ConfigError, Refused
from .._cloud.odd import Unusable, altered
from .._cloud.validate import Between
from .._engine.declaration import Declaration
from .._engine.plan import WAIT, Plan, Step, Wait, creator, waits_for
from .._sdrs import drill, last_copy, locks, server_group
from .._sdrs.kinds import DRILL, SERVER_GROUP
from .._sdrs.protection import add_protection_step, protection_change, protection_guard
from .._sdrs.sites import is_switched
from .._sdrs.targets import targets
from .._sdrs.teardown import plan_teardown
from . import contents, identity, state
from .diff import Changes
from .document import at, check
from .instances import plan_instances, plan_pairs
from .prune import leaving, plan_prune, unnamed
from .uncompared import Uncompared

RULES = {
    "wait": lambda value: None if value else "must be true: a topology is applied step by step",
    "server_groups": check,
    "parallel": Between(1, 256),
}
_BLOCKED = ("SDRS.1303", "SDRS.1810")
_REPROTECT = "Re-protect the group with the playbook cloud_dr.sdrs.reprotect, which overwrites the disks of the other site. "
_FAIL_BACK = "Fail back with the playbook cloud_dr.sdrs.failback, then run this again."


def read(lookup, params):
    """The document matched with the live state, and whether production of objects to remove exists."""
    live = state.read(lookup, params)
    identity.check(lookup, live)
    live.copies = last_copy.read(lookup, params["delete_last_copy"], [each for group in live.groups for each in leaving(group, params["prune"])])
    live.servers = contents.servers_of(lookup) if any(group.obj for group in live.groups) else {}
    live.unmanaged = contents.unmanaged(lookup, live.groups, params)
    return live


class Planning:
    """Plans entry by entry: a refused entry is recorded, and the others continue."""

    def __init__(self, params, copies=None):
        self.params, self.copies, self.plan, self.changes, self.uncompared = params, copies, Plan(), Changes(), Uncompared()

    def entry(self, group, entry, make):
        """Add the steps of ``make(sub-plan)`` for an entry and return them; None if they are refused."""
        part = Plan()
        try:
            make(part)
        except (Refused, ConfigError, Unusable) as error:
            self.refuse(group, entry.path, error)
            return None
        for step in part.steps:
            step.branch = entry.path
            if step.scope is None:
                step.scope = {"server_group_id": group.where["id"]} if step.kind is not SERVER_GROUP else {}
        self.plan.steps += part.steps
        self.plan.warnings += ["%s: %s" % (entry.path, warning) for warning in part.warnings]
        self.plan.again = self.plan.again or part.again
        self.changes.note(entry, part)
        return part.steps

    def refuse(self, group, path, error):
        """Record that an entry cannot be applied now; objects at the wrong site after a switch are blocked until failback."""
        failed_over = (group.obj or {}).get("status") == "failed-over"
        elsewhere = error.data.get("code") in _BLOCKED and is_switched(group.obj)
        if error.blocked or elsewhere or error.by_status and failed_over:
            error.message = "blocked until failback: " + error.message
            error.data["remedy"] = (_REPROTECT if failed_over else "") + _FAIL_BACK
            error.blocked = True
        self.plan.refused.append((path, at(path, error)))


def plan(params, live):
    """Steps that make everything as the document wants it. Pure."""
    planning = Planning(params, live.copies)
    for group in live.groups:
        try:
            if group.absent:
                _plan_teardown(planning, group)
            else:
                _plan_group(planning, group, live.world)
        except Unusable as error:
            planning.refuse(group, group.path, error)
    planning.plan.before, planning.plan.after = planning.changes.texts()
    uncompared = planning.uncompared.read(live.groups, live.servers)
    planning.plan.warnings += uncompared.warning()
    planning.plan.told = {
        "not_compared": uncompared.report(), "differing": uncompared.differing,
        "unmanaged": live.unmanaged[: contents.MOST], "unmanaged_total": len(live.unmanaged),
    }
    return planning.plan


def _plan_group(planning, group, world):
    for entry in (group, *group.instances):
        planning.changes.name(entry)
    made = planning.entry(group, group, lambda part: _plan_itself(part, group))
    if made is None:
        return
    refused = len(planning.plan.refused)
    creation = next((step for step in made if step.operation == "create"), None)
    where = group.where = altered(group.obj) if group.obj and not creation else _to_come(group, creation)
    changed = made + plan_instances(planning, group, where, world) + plan_pairs(planning, group, where)
    if planning.params["prune"] and group.obj:
        whole = len(planning.plan.refused) == refused
        changed += plan_prune(planning, group, where, changed, whole)
    protection = planning.entry(group, group, lambda part: _plan_protection(part, group, where, changed)) or []
    for entry in group.drills:
        planning.entry(group, entry, lambda part, entry=entry: _plan_drill(part, group, entry, where, changed + protection))


def _plan_itself(part, group):
    """The group without its protection, which comes later."""
    part.take(server_group.plan(server_group.Options.of(dict(group.want, protection=None)), group.live))


def _to_come(group, creation):
    """The group that ``creation`` makes, as far as planning for it is concerned."""
    want = group.want
    return {
        "id": creation, "name": want["name"], "status": "available", "priority_station": "source", "replication_num": 0,
        **{key: want[key] for key in ("source_availability_zone", "target_availability_zone")}, "source_vpc_id": want["source_vpc"],
    }


def _plan_protection(part, group, where, changed):
    wanted = group.want["protection"]
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


def _plan_drill(part, group, entry, where, earlier):
    options = drill.Options.of(dict(entry.want, server_group=where["id"] if entry.obj else None))
    made = drill.plan(options, drill.Live(DRILL.assumed(entry.obj), where))
    synchronised = []
    if any(step.operation == "create" for step in made.steps):
        synchronised = [Step(
            WAIT, server_group.SYNCHRONISATION, group.name, where["id"], wait=Wait(), scope={}, once_ended=list(earlier), after=creator(where["id"]),
        )]
    part.steps += synchronised
    part.take(made, waits_for(DRILL, entry.obj), synchronised)


def _plan_teardown(planning, group):
    if group.obj is None:
        return
    group.where = group.obj
    params = planning.params

    def make(part):
        left = [] if params["prune"] else unnamed(group)
        if left:
            raise Refused(
                "%s contains objects that the entry does not list: %s" % (SERVER_GROUP.label(group.obj), ", ".join(left)),
                remedy="List them in the entry, or set prune: true (topology_prune in the playbooks) to delete them too.",
            )
        contents = [(kind, kind.assumed(obj)) for kind, objects in group.contents() for obj in objects]
        part.take(plan_teardown(
            server_group.Live(group.obj, [(kind, obj) for kind, obj in contents if obj], copies=planning.copies.of(group.obj)),
            params["force"], targets(params),
        ))

    planning.entry(group, group, make)


def show(lookup, dummy_id, live):
    """The groups of the document as the list shows them."""
    names = {(group.given["name"], group.given["id"]) for group in live.groups}
    return [
        obj for obj in lookup.list(SERVER_GROUP)
        if (obj.get("name"), None) in names or any(obj["id"] == object_id for _name, object_id in names if object_id)
    ]


DECLARATION = Declaration(None, read, plan, "server_groups", show, rules=RULES, compact=True, locks=locks.TOPOLOGY)
