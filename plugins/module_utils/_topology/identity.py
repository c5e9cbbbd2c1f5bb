# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of a topology whose options identify different objects. PRIVATE to the collection.

What an entry to be removed names is a confirmation of what goes with it: there each option must fit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._cloud.errors import Refused
from .._engine.kind import Kind
from .._engine.lookup import Lookup
from .._sdrs.identity import check_field, check_group, check_name
from .._sdrs.kinds import DRILL, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP
from .document import at
from .entries import DrillEntry, Entry, GroupEntry, InstanceEntry, PairEntry
from .state import Live


def check(lookup: Lookup, live: Live) -> None:
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


def _entry(path: str, rule: Callable[..., None], *arguments: Any) -> None:
    try:
        rule(*arguments)
    except Refused as error:
        raise at(path, error) from None


def _named(objects: list[dict], name: str) -> list[dict]:
    return [obj for obj in objects if obj.get("name") == name]


def _check_name(kind: Kind, entry: Entry, objects: list[dict]) -> None:
    check_name(kind, entry.obj, dict(entry.given, state="absent"), lambda: _named(objects, entry.given["name"]))


def _check_group(lookup: Lookup, live: Live, group: GroupEntry) -> None:
    # Groups that the document names by their IDs may change their names.
    renamed = {each.id for each in live.groups if each.given["id"] and not each.absent}
    check_name(
        SERVER_GROUP, group.obj, group.given,
        lambda: [obj for obj in _named(lookup.list(SERVER_GROUP), group.given["name"]) if group.absent or obj["id"] not in renamed],
    )


def _check_drill(lookup: Lookup, group: GroupEntry, entry: DrillEntry) -> None:
    given = dict(entry.given, state=group.want.state)
    renamed = {each.given["id"] for each in group.drills} - {None}
    check_name(
        DRILL, entry.obj, given,
        lambda: [obj for obj in _named(group.live_drills, given["name"]) if group.absent or obj["id"] not in renamed],
    )
    if not group.absent:
        return
    if entry.obj is None and given["id"]:
        elsewhere = [obj for obj in lookup.list(DRILL) if obj["id"] == given["id"]]
        check_group(lookup, DRILL, elsewhere[0] if elsewhere else None, group.id, remedy="Name it in the entry of that group.")
    elif entry.obj and given["drill_vpc"]:
        check_field(DRILL, entry.obj, "drill_vpc", lookup.vpc_id(given["drill_vpc"]), entry.obj.get("drill_vpc_id"))


def _check_pair(live: Live, group: GroupEntry, pair: PairEntry, instance: InstanceEntry | None) -> None:
    given, home = pair.given, instance.obj if instance else None
    there = live.world.pair_at(home["id"], given["device"]) if home and given["device"] else None
    if pair.obj and there and there["id"] != pair.obj["id"]:
        raise Refused(
            "volume %s means %s, but device %s of %s means %s"
            % (given["volume"], REPLICATION.label(pair.obj), given["device"], PROTECTED_INSTANCE.label(home), REPLICATION.label(there)),
            remedy="Nothing was sent. Leave out one of them, or correct it.",
        )
    _check_name(REPLICATION, pair, group.live_pairs)
