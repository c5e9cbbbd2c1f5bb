# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers and instances that share disks: created, and deleted, together (5.5.11, 5.5.12). PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable

from .._cloud.errors import Refused
from .kinds import plain_attachments


def sharing(ids: Iterable, pairs: Iterable) -> list:
    """``ids`` in sets that are linked by shared pairs, as lists in the order of ``ids``."""
    leader = {key: key for key in ids}

    def find(key: str) -> str:
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


def shared_disks(volumes: Iterable) -> list:
    """Disks that several servers may use, in the form of the attachments of pairs."""
    return [
        {"attachment": [{"protected_instance": each.get("server_id"), "device": each.get("device")} for each in disk.get("attachments") or []]}
        for disk in volumes if disk.get("multiattach") in (True, "true")
    ]


def outsiders(servers: Iterable, disks: Iterable, listed: set) -> dict:
    """``{server: the servers it shares a disk with that are not in listed}`` for those of ``servers`` that have some."""
    found: dict = {}
    for disk in disks:
        users = {each["protected_instance"] for each in disk["attachment"]}
        for server_id in users.intersection(servers):
            if users - listed:
                found.setdefault(server_id, set()).update(users - listed)
    return found


def batches(sets: Iterable, limit: int) -> list:
    """Sets packed into calls of at most ``limit``; those that share a disk stay together.

    :raises Refused: a set is larger than a call may be
    """
    packed: list = []
    for together in sorted(sets, key=len, reverse=True):
        if len(together) > limit:
            raise Refused("%d servers share disks, but one call accepts at most %d: %s" % (len(together), limit, ", ".join(together)), code="SDRS.1362")
        room = next((batch for batch in packed if len(batch) + len(together) <= limit), None)
        if room is None:
            packed.append(list(together))
        else:
            room.extend(together)
    return packed
