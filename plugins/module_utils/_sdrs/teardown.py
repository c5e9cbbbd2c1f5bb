# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing a protection group with all it contains, in the order of semantics.md, section 3. PRIVATE to the collection.

Drills; protection; instances, those that share a pair together; the pairs that are left; the group. DR servers and disks stay.
"""

from __future__ import annotations

from .._cloud.errors import Refused
from .._engine.plan import Plan, require
from . import drill, last_copy, protected_instance, protection, replication, server_group
from .kinds import DRILL, INSTANCE_DELETABLE, PAIR_DELETABLE, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP, STOPPABLE, plain_attachments
from .targets import target_is_expendable

# The original servers have no NICs until the group is re-protected (user manual).
_WITHOUT_NICS = ("failed-over", "error-failing-over", "error-reprotecting")


def read(lookup, params):
    """As ``server_group.read``; with ``purge``, what goes with the group as well."""
    live = server_group.read(lookup, params)
    if _purges(params, live):
        read_contents(lookup, params, live)
    elif params["state"] == "absent" and live.obj and server_group.held(live.obj):
        live.held = [(kind, obj) for kind in (DRILL, PROTECTED_INSTANCE, REPLICATION) for obj in lookup.list(kind, server_group_id=live.obj["id"])]
    return live


def plan(params, live):
    """As ``server_group.plan``; with ``purge``, the removal of the group with all it contains. Pure."""
    return plan_teardown(live, params.get("force")) if _purges(params, live) else server_group.plan(params, live)


def _purges(params, live):
    return bool(params["state"] == "absent" and params.get("purge") and live.obj)


def read_contents(lookup, params, live):
    """Add what the group contains to ``live``: one list for each kind, and whether production of it is there."""
    for kind in (DRILL, PROTECTED_INSTANCE, REPLICATION):
        live.contents += [(kind, obj) for obj in lookup.list(kind, server_group_id=live.obj["id"])]
    live.copies = last_copy.read(lookup, params, [(kind, obj) for kind, obj in live.contents if kind is not DRILL], live.obj)


def plan_teardown(live, force, wanted=()):
    """Steps that remove the group. Pairs may outlive their instance or not: the group goes only after a second look.

    :param wanted: the ``delete_target_*`` options that are set
    """
    result, group = Plan(), live.obj
    label = SERVER_GROUP.label(group)
    for option in wanted:
        target_is_expendable(group, option, label)
    if group.get("status") in _WITHOUT_NICS and not force:
        raise Refused(
            "%s is %r: its original servers have no network interfaces until protection is enabled again" % (label, group["status"]),
            remedy="Re-protect and fail back first, or set force: true if these servers are not needed any more.",
        )
    drills, instances, pairs = (live.of(kind) for kind in (DRILL, PROTECTED_INSTANCE, REPLICATION))
    result.before = {
        "name": group.get("name"),
        "protected_instances": sorted(str(obj.get("name")) for obj in instances),
        "replications": sorted(str(obj.get("name")) for obj in pairs),
        "drills": sorted(str(obj.get("name")) for obj in drills),
    }
    live.copies.clear(result, last_copy.apart([(kind, obj) for kind, obj in live.contents if kind is not DRILL]), wanted)
    steps = [drill.delete_step(result, obj) for obj in drills]
    if group.get("status") in STOPPABLE and pairs:
        steps = [result.add(*protection.protection_step("stop", group), after=steps)]
    removed = delete_instances(result, instances, pairs, steps, live.copies, wanted)
    for pair in pairs:
        if not plain_attachments(pair):
            statuses = {"replication pair": pair.get("status")}
            require(PAIR_DELETABLE, statuses, "deleting it", REPLICATION.label(pair))
            removed.append(replication.delete_step(result, pair, live.copies, wanted, after=steps))
    _require_again(result.steps, group, live.contents)
    server_group.delete_step(result, group, after=steps + removed, later=bool(instances))
    result.again = bool(instances)
    return result


def _require_again(steps, group, contents):
    """Before every step that destroys something the group's lists are read again: it must hold nothing that the plan does not know of."""
    known = {kind: {obj["id"] for its, obj in contents if its is kind} for kind in (DRILL, PROTECTED_INSTANCE, REPLICATION)}

    def nothing_new(lists):
        for kind, ids in known.items():
            more = [kind.label(obj) for obj in lists(kind, {"server_group_id": group["id"]}) if obj.get("id") not in ids]
            if more:
                raise Refused(
                    "%s holds %s now, which was not listed when its removal was planned; nothing was sent"
                    % (SERVER_GROUP.label(group), ", ".join(more[:10])),
                    remedy="Run the task again.",
                )

    for step in steps:
        if step.call:
            step.premise = _both(nothing_new, step.premise)


def _both(first, second):
    def premise(lists):
        first(lists)
        if second:
            second(lists)

    return premise


def delete_instances(result, instances, pairs, after, copies, wanted=()):
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


def batch_delete_step(result, objects, copies, wanted=(), after=(), replacing=False):
    """Add the deletion of several instances in one call (5.5.12) to a plan; the parameters are those of one instance's deletion."""
    return result.add(
        "delete", PROTECTED_INSTANCE, ", ".join(str(obj.get("name")) for obj in objects), objects[0]["id"],
        "batch_delete_protected_instances", body={
            "protected_instances": [{"id": obj["id"]} for obj in objects],
            **{option: option in wanted for option in ("delete_target_server", "delete_target_eip")},
        },
        after=list(after), members=[(obj.get("name"), obj["id"]) for obj in objects],
        **copies.consent(result, PROTECTED_INSTANCE, objects, wanted, replacing),
    )


def sharing(ids, pairs):
    """``ids`` in sets that are linked by shared pairs, as lists in the order of ``ids``."""
    leader = {key: key for key in ids}

    def find(key):
        while leader[key] != key:
            key = leader[key]
        return key

    for pair in pairs:
        users = [key for key in plain_attachments(pair) if key in leader]
        for user in users[1:]:
            leader[find(user)] = find(users[0])
    sets: dict = {}
    for key in ids:
        sets.setdefault(find(key), []).append(key)
    return list(sets.values())
