# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of a topology whose options identify different objects. PRIVATE to the collection.

An entry that is to be removed confirms what is removed with it: each of its options must match.
"""

from __future__ import annotations

from .._cloud.errors import Refused
from .._sdrs.identity import check_field, check_group, check_name
from .._sdrs.kinds import DRILL, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP
from .document import at


def check(lookup, live):
    """Refuse contradictions, naming the entry's path and both objects.

    :raises Refused: for the first of them
    """
    for group in live.groups:
        _entry(group.path, _check_group, lookup, live, group)
        for entry in group.drills:
            _entry(entry.path, _check_drill, lookup, group, entry)
        for instance in group.instances if group.absent else ():
            _entry(instance.path, _check_name, PROTECTED_INSTANCE, instance, group.live_instances)
            for pair in instance.pairs:
                _entry(pair.path, _check_pair, live, group, pair, instance)
        for pair in group.free_pairs if group.absent else ():
            _entry(pair.path, _check_pair, live, group, pair, None)


def _entry(path, rule, *arguments):
    try:
        rule(*arguments)
    except Refused as error:
        raise at(path, error) from None


def _named(objects, name):
    return [obj for obj in objects if obj.get("name") == name]


def _check_name(kind, entry, objects):
    check_name(kind, entry.obj, dict(entry.given, state="absent"), lambda: _named(objects, entry.given["name"]))


def _check_group(lookup, live, group):
    # Groups that the document names by their IDs may change their names.
    renamed = {each.id for each in live.groups if each.given["id"] and not each.absent}
    check_name(
        SERVER_GROUP, group.obj, group.given,
        lambda: [obj for obj in _named(lookup.list(SERVER_GROUP), group.given["name"]) if group.absent or obj["id"] not in renamed],
    )


def _check_drill(lookup, group, entry):
    given = dict(entry.given, state=group.want["state"])
    renamed = {each.given["id"] for each in group.drills} - {None}
    check_name(
        DRILL, entry.obj, given,
        lambda: [obj for obj in _named(group.live_drills, given["name"]) if group.absent or obj["id"] not in renamed],
    )
    if not group.absent:
        return
    if entry.obj is None and given["id"]:
        elsewhere = [obj for obj in lookup.list(DRILL) if obj["id"] == given["id"]]
        check_group(lookup, DRILL, elsewhere[0] if elsewhere else None, group.id, remedy="List it in the entry of that group.")
    elif entry.obj and given["drill_vpc"]:
        check_field(DRILL, entry.obj, "drill_vpc", lookup.vpc_id(given["drill_vpc"]), entry.obj.get("drill_vpc_id"))


def _check_pair(live, group, pair, instance):
    given, there = pair.given, None
    if instance and instance.obj and given["device"]:
        there = live.world.pair_at(instance.obj["id"], given["device"])
    if pair.obj and there and there["id"] != pair.obj["id"]:
        raise Refused(
            "volume %s identifies %s, but device %s of %s identifies %s"
            % (given["volume"], REPLICATION.label(pair.obj), given["device"], PROTECTED_INSTANCE.label(instance.obj), REPLICATION.label(there)),
            remedy="Nothing was sent. Leave out one of them, or correct it.",
        )
    _check_name(REPLICATION, pair, group.live_pairs)
