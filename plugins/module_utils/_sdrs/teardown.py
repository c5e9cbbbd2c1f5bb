# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing a protection group with all it contains, in the order of semantics.md, section 3. PRIVATE to the collection.

Drills; protection; instances, those that share a pair together; the pairs that are left; the group. DR servers and disks stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .._cloud.errors import Refused
from .._engine.lookup import Lookup
from .._engine.plan import Plan, ReadList, Request, Step, require
from . import drill, last_copy, protected_instance, protection, replication, server_group
from .kinds import DRILL, INSTANCE_DELETABLE, PAIR_DELETABLE, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP, STOPPABLE, plain_attachments
from .last_copy import Copies
from .sharing import sharing
from .targets import target_is_expendable

# The original servers have no NICs until the group is re-protected (user manual).
_WITHOUT_NICS = ("failed-over", "error-failing-over", "error-reprotecting")


def read(lookup: Lookup, options: server_group.Options) -> server_group.Live:
    """As ``server_group.read``; with ``purge``, what goes with the group as well."""
    live = server_group.read(lookup, options)
    if _purges(options, live):
        read_contents(lookup, options.delete_last_copy, live)
    elif options.absent and live.obj and server_group.held(live.obj):
        live.held = [(kind, obj) for kind in (DRILL, PROTECTED_INSTANCE, REPLICATION) for obj in lookup.list(kind, server_group_id=live.obj["id"])]
    return live


def plan(options: server_group.Options, live: server_group.Live) -> Plan:
    """As ``server_group.plan``; with ``purge``, the removal of the group with all it contains. Pure."""
    return plan_teardown(live, options.force) if _purges(options, live) else server_group.plan(options, live)


def _purges(options: server_group.Options, live: server_group.Live) -> bool:
    return bool(options.absent and options.purge and live.obj)


def read_contents(lookup: Lookup, delete_last_copy: bool, live: Any) -> None:
    """Add what the group contains to ``live``: one list for each kind, and whether production of it is there."""
    for kind in (DRILL, PROTECTED_INSTANCE, REPLICATION):
        live.contents += [(kind, obj) for obj in lookup.list(kind, server_group_id=live.obj["id"])]
    live.copies = last_copy.read(lookup, delete_last_copy, [(kind, obj) for kind, obj in live.contents if kind is not DRILL], live.obj)


def plan_teardown(live: server_group.Live, force: bool | None, wanted: Iterable = ()) -> Plan:
    """Steps that remove the group. Pairs may outlive their instance or not: the group goes only after a second look.

    :param wanted: the ``delete_target_*`` options that are set
    """
    result, group = Plan(), live.obj
    if group is None:
        return result
    label, copies = SERVER_GROUP.label(group), last_copy.required(live.copies)
    for option in wanted:
        target_is_expendable(group, option, label)
    if group.get("status") in _WITHOUT_NICS and not force:
        raise Refused(
            "%s is %r: its original servers have no network interfaces until protection is enabled again" % (label, group["status"]),
            remedy="Re-protect (cloud_dr.sdrs.reprotect) and fail back (cloud_dr.sdrs.failback) first; or, if these servers are not needed any more, "
            "set force: true in the module.",
        )
    drills, instances, pairs = (live.of(kind) for kind in (DRILL, PROTECTED_INSTANCE, REPLICATION))
    result.before = {
        "name": group.get("name"),
        "protected_instances": sorted(str(obj.get("name")) for obj in instances),
        "replications": sorted(str(obj.get("name")) for obj in pairs),
        "drills": sorted(str(obj.get("name")) for obj in drills),
    }
    copies.clear(result, last_copy.apart([(kind, obj) for kind, obj in live.contents if kind is not DRILL]), wanted)
    steps = [drill.delete_step(result, obj) for obj in drills]
    if group.get("status") in STOPPABLE and pairs:
        steps = [protection.add_protection_step(result, "stop", group, after=steps)]
    removed = delete_instances(result, instances, pairs, steps, copies, wanted)
    for pair in pairs:
        if not plain_attachments(pair):
            statuses = {"replication pair": pair.get("status")}
            require(PAIR_DELETABLE, statuses, "deleting it", REPLICATION.label(pair))
            removed.append(replication.delete_step(result, pair, copies, wanted, after=steps))
    _require_again(result.steps, group, live.contents)
    server_group.delete_step(result, group, after=steps + removed, later=bool(instances))
    result.again = bool(instances)
    return result


def _require_again(steps: Iterable[Step], group: dict, contents: list) -> None:
    """Before every step that destroys something the group's lists are read again: it must hold nothing that the plan does not know of."""
    known = {kind: {obj["id"] for its, obj in contents if its is kind} for kind in (DRILL, PROTECTED_INSTANCE, REPLICATION)}

    def nothing_new(lists: ReadList) -> None:
        for kind, ids in known.items():
            more = [kind.label(obj) for obj in lists(kind, {"server_group_id": group["id"]}) if obj.get("id") not in ids]
            if more:
                raise Refused(
                    "%s holds %s now, which was not listed when its removal was planned; nothing was sent"
                    % (SERVER_GROUP.label(group), ", ".join(more[:10])),
                    remedy="Run the task again.",
                )

    for step in steps:
        if step.request:
            step.request.premise = _both(nothing_new, step.request.premise)


def _both(first: Callable[[ReadList], None], second: Callable[[ReadList], Any] | None) -> Callable[[ReadList], None]:
    def premise(lists: ReadList) -> None:
        first(lists)
        if second:
            second(lists)

    return premise


def delete_instances(result: Plan, instances: Iterable, pairs: Iterable, after: Iterable[Step], copies: Copies, wanted: Iterable = ()) -> list[Step]:
    """Add the deletion of instances to a plan: those that share a pair in one call, others singly."""
    steps, by_id = [], {obj["id"]: obj for obj in instances}
    for obj in instances:
        require(INSTANCE_DELETABLE, {"protected instance": obj.get("status")}, "deleting it", PROTECTED_INSTANCE.label(obj))
    copies.clear(result, [(PROTECTED_INSTANCE, obj) for obj in instances], wanted)
    for together in sharing(by_id, pairs):
        if len(together) == 1:
            steps.append(protected_instance.delete_step(result, by_id[together[0]], copies, wanted, after=after))
        else:
            steps.append(batch_delete_step(result, [by_id[key] for key in together], copies, wanted, after=after))
    return steps


def batch_delete_step(result: Plan, objects: list, copies: Copies, wanted: Iterable = (), after: Iterable[Step] = (), replacing: bool = False) -> Step:
    """Add the deletion of several instances in one call (5.5.12) to a plan; the parameters are those of one instance's deletion."""
    body = {
        "protected_instances": [{"id": obj["id"]} for obj in objects],
        **{option: option in wanted for option in ("delete_target_server", "delete_target_eip")},
    }
    request = Request(
        "batch_delete_protected_instances", body=body, members=[(obj.get("name"), obj["id"]) for obj in objects],
        **copies.consent(result, PROTECTED_INSTANCE, objects, wanted, replacing),
    )
    return result.add("delete", PROTECTED_INSTANCE, ", ".join(str(obj.get("name")) for obj in objects), objects[0]["id"], request, after=after)
