# SPDX-License-Identifier: GPL-3.0-or-later
"""The two sites of a protection group: which half of an instance or pair is production. PRIVATE to the collection.

A switch never swaps the AZ fields of a group; ``priority_station`` tells which of them is production (5.4.3). Which server of an
instance is where is told by ECS alone: the order of ``source_server`` and ``target_server`` may change at a switch.
"""

from __future__ import annotations

from typing import Any

from .._cloud.errors import Refused
from .._engine.lookup import Lookup
from .kinds import SERVER_GROUP

SITES = ("source", "target")
_HALF_BUILT = ("creating", "error")  # an instance that may have no DR server yet


def production_site(group: dict | None) -> Any:
    """The group's current production site as the service tells it: one of ``SITES``, or what cannot be used."""
    return (group or {}).get("priority_station")


def is_switched(group: dict | None) -> bool:
    """Whether production is at the target site."""
    return production_site(group) == "target"


def production_zone(group: Any) -> str | None:
    """The AZ of the group's current production site (5.4.3: the two AZ fields never change, ``priority_station`` does); None when unknown."""
    site = production_site(group)
    return group.get(site + "_availability_zone") if site in SITES else None


def server_halves(instance: dict) -> list:
    """IDs of the instance's two servers."""
    return [server for server in (instance.get("source_server"), instance.get("target_server")) if server]


def likely_halves(instance: dict, group: dict | None, production: bool = True) -> list:
    """IDs of the instance's servers, the one first that is more likely to be at the production site, or at the other one."""
    return server_halves(instance)[::-1 if is_switched(group) == production else 1]


def servers_at(lookup: Lookup, instances: list, group: Any, production: bool = True) -> list:
    """The instances' servers at the group's current production site, or at the other one.

    ECS is asked for the server more likely to be there first, and for its other half only when that does not tell: at the
    other site nothing may answer (semantics.md, sections 1 and 2).

    :raises Refused: ECS tells the state of neither half, or not of the one that is meant; the production site is not known
    """
    zone = production_zone(group)
    if not zone:
        raise Refused("%s: the service does not tell the AZ of its current production site" % SERVER_GROUP.label(group), retryable=True)
    ordered = [likely_halves(instance, group, production) for instance in instances]
    lookup.servers_among([half for halves in ordered for half in halves[:1]])
    found, silent = [], []
    for instance, halves in zip(instances, ordered):
        seen = {}
        for half in halves:
            seen[half] = lookup.server(half)
            if seen[half] and not server_zone(seen[half]):
                seen[half] = {}
            if seen[half] and (server_zone(seen[half]) == zone) == production:
                found.append(seen[half])
                break
        else:
            unnamed = len(halves) < 2 and instance.get("status") not in _HALF_BUILT
            silent += [instance] if unnamed or {} in seen.values() else []
    if silent:
        raise Refused(
            "ECS does not tell the state of the servers of %s at the %s site"
            % (", ".join(str(instance.get("name")) for instance in silent[:10]), "production" if production else "other"),
            retryable=True,
        )
    return found


def volume_halves(pair: dict) -> list:
    """IDs of the pair's two disks; a half-built pair may have fewer (service.md, section 3)."""
    return [volume.strip() for volume in str(pair.get("volume_ids") or "").split(",") if volume.strip()]


def server_zone(server: dict) -> str | None:
    return server.get("OS-EXT-AZ:availability_zone")


def volume_zone(volume: dict) -> str | None:
    return volume.get("availability_zone")


def sides(lookup: Lookup, instance: dict, group: dict | None) -> tuple[dict | None, dict | None]:
    """``(production server, DR server)`` of an instance; None for one that cannot be told (semantics.md, section 1).

    One readable server is enough to tell: the other half is the other one.
    """
    zone = production_zone(group)
    first, second = (lookup.server(half) if half else None for half in (instance.get("source_server"), instance.get("target_server")))
    zones = [(server or {}).get("OS-EXT-AZ:availability_zone") for server in (first, second)]
    if not zone or not any(zones):
        return None, None
    second_is_production = zones[1] == zone if zones[1] else zones[0] != zone
    return (second, first) if second_is_production else (first, second)
