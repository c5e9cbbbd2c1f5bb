# SPDX-License-Identifier: GPL-3.0-or-later
"""The members, the sites and the synchronisation of a protection group."""

from __future__ import annotations

from typing import Any

from .world import World, stamp

TRANSIT = ("creating", "deleting", "starting", "reprotecting", "stopping", "reversing", "failing-over")
READY = ("available", "protected")


def members(world: World, group: dict) -> tuple:
    """``(instances, pairs, drills)`` of a group."""
    return tuple(
        [obj for obj in getattr(world, kind).values() if obj["server_group_id"] == group["id"]]
        for kind in ("protected_instances", "replications", "drills")
    )


def production_zone(group: dict) -> Any:
    return group["source_availability_zone" if group["priority_station"] == "source" else "target_availability_zone"]


def progress(world: World, pair: dict) -> Any:
    """Synchronisation of a pair in percent, from the time it began."""
    begin, end = pair.get("_sync") or (0, 0)
    if not end:
        return 100 if pair.get("_synced") and pair["status"] == "protected" else 0
    now = world.now()
    return 100 if now >= end else max(0, int(100 * (now - begin) / (end - begin)))


def synced(world: World, pair: dict) -> bool:
    """Whether the pair has ever been synchronised completely."""
    if not pair.get("_synced") and progress(world, pair) == 100:
        pair["_synced"] = True
    return bool(pair.get("_synced"))


def begin_sync(world: World, pair: dict) -> None:
    now = world.now()
    seconds = world.settings["resync_seconds" if pair.get("_synced") else "first_sync_seconds"]
    pair["_sync"] = [now, now + world.seconds(seconds)]


def end_sync(world: World, pair: dict) -> None:
    synced(world, pair)
    pair["_sync"] = None


def set_status(world: World, group: dict, status: str) -> None:
    group.update(status=status, updated_at=stamp(world.now()))


def status_now(group: dict) -> str:
    return "protected" if group["status"] == "protected" else "available"


def settle_pair(world: World, pair: dict) -> None:
    """A new pair is protected at once in a protected group."""
    pair["status"] = status_now(world.server_groups[pair["server_group_id"]])
    if pair["status"] == "protected":
        pair["replication_status"] = "copying"
        begin_sync(world, pair)
