# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding an instance by its server and a pair by its disk. PRIVATE to the collection.

Identity is project-wide, and names of servers and disks are not unique (semantics.md, section 1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from .._cloud.errors import ConfigError, Refused
from .._cloud.odd import index, matching
from .._cloud.validate import is_id
from .._engine.kind import Kind, LiveState
from .._engine.lookup import Lookup, exactly_one, pick, readable
from .kinds import SERVER_GROUP
from .sites import production_zone, server_halves, server_zone, volume_halves, volume_zone


@dataclass
class OwnedLive(LiveState):
    """An object of a protection group, and the group as far as it was read."""

    kind: ClassVar[Kind]
    obj: Any
    group: Any = None  # a dict if it was needed

    def watch(self) -> list:
        return [(SERVER_GROUP, self.group), (self.kind, self.obj)]

    def assume(self) -> Any:
        return self.supposing(self.kind.assumed(self.obj), group=SERVER_GROUP.assumed_owner(self.group))


def find_instance(lookup: Lookup, kind: Kind, params: dict) -> tuple:
    """``(instance or None, server or None)`` that ``id``, ``server`` or ``name`` means; the server when a name was resolved."""
    return _find(
        lookup, kind, params, "server", server_halves,
        named=lookup.servers_named, is_drill=is_drill_server(lookup), zone_of=server_zone, everything=lambda: lookup.all_servers().values(),
    )


def find_pair(lookup: Lookup, kind: Kind, params: dict) -> tuple:
    """``(pair or None, volume or None)`` that ``id``, ``volume`` or ``name`` means; the volume when a name was resolved."""
    return _find(
        lookup, kind, params, "volume", volume_halves,
        named=lookup.volumes_named, is_drill=is_drill_volume(lookup), zone_of=volume_zone, everything=lookup.all_volumes,
    )


def _find(
    lookup: Lookup, kind: Kind, params: dict, option: str, halves: Callable[..., Any], named: Callable[..., Any], is_drill: Callable[..., Any],
    zone_of: Callable[..., Any], everything: Callable[[], Any],
) -> Any:
    reference = params.get(option)
    if params.get("id"):
        if reference and not is_id(reference):
            params[option] = _resolve(lookup, kind, params, option, reference, halves, named, is_drill, zone_of, everything)[1]["id"]
        return lookup.show(kind, params["id"]), None
    if reference:
        if is_id(reference):
            return _owner(lookup, kind, params, halves, reference), None
        return _resolve(lookup, kind, params, option, reference, halves, named, is_drill, zone_of, everything)
    if not params.get("name"):
        raise ConfigError("id, %s or name is required" % option)
    query = {}
    if params.get("server_group"):
        query["server_group_id"] = lookup.id_of(SERVER_GROUP, params["server_group"])
    found = lookup.named(kind, params["name"], **query)
    return (exactly_one(found, found, kind.title, params["name"]) if found else None), None


def _owner(lookup: Lookup, kind: Kind, params: dict, halves: Callable[..., Any], reference: str) -> Any:
    """The object that has this server or disk: in the group first, then in the whole project."""
    if params.get("server_group"):
        group_id = lookup.id_of(SERVER_GROUP, params["server_group"])
        inside = matching(lookup.list(kind, server_group_id=group_id), lambda obj: reference in halves(obj))
        if inside:
            return inside[0]
    return next(iter(matching(lookup.list(kind), lambda obj: reference in halves(obj))), None)


def _resolve(
    lookup: Lookup, kind: Kind, params: dict, option: str, reference: str, halves: Callable[..., Any], named: Callable[..., Any],
    is_drill: Callable[..., Any], zone_of: Callable[..., Any], everything: Callable[[], Any],
) -> Any:
    owners = index(lookup.list(kind), halves)
    zone = (lambda: production_zone(lookup.one(SERVER_GROUP, params["server_group"]))) if params.get("server_group") else (lambda: None)
    return meant(option, reference, named(reference), owners, is_drill, zone_of, zone, everything)


def meant(
    option: str, reference: str, matches: list, owners: Any, is_drill: Callable[..., Any], zone_of: Callable[..., Any],
    zone: Callable[[], str | None], everything: Callable[[], Any], mine: Callable[[Any], bool] | None = None,
) -> tuple:
    """``(owner or None, object)`` that the name of a server or disk means (semantics.md, section 1).

    :param owners: ``{server or disk ID: its instance or pair}``
    :param zone: callable giving the AZ of the group's current production site, or None
    :param everything: callable giving all servers or disks, of which a message lists some
    :param mine: as ``pick`` takes it
    :raises Refused: no object has the name, or several remain; lists them
    """
    several = len(matches) > 1
    matches = matching(matches, lambda match: match.get("id") in owners or not is_drill(match))
    if not matches:
        exactly_one([], readable(lambda: matching(everything(), lambda each: not is_drill(each))), option, reference)
    return pick(matches, owners, zone_of, zone() if several else None, option, reference, mine)


def is_windows(server: dict | None) -> bool | None:
    """True or False according to the server's metadata; None if unknown."""
    metadata = (server or {}).get("metadata")
    kind = str((metadata if isinstance(metadata, dict) else {}).get("os_type") or "").lower()
    return kind.startswith("windows") if kind else None


def is_drill_server(lookup: Lookup) -> Callable[[dict], bool]:
    """Predicate: the server belongs to a drill."""
    return lambda server: server.get("id") in lookup.drill_servers()


def is_drill_volume(lookup: Lookup) -> Callable[[dict], bool]:
    """Predicate: the disk is attached to a server of a drill."""
    return lambda volume: any(each.get("server_id") in lookup.drill_servers() for each in volume.get("attachments") or [])


def group_id_of(kind: Kind, obj: dict) -> str:
    """The ID of the protection group that an object belongs to.

    :raises Refused: the service does not report it
    """
    if not obj.get("server_group_id"):
        raise Refused("%s: the service does not report its protection group" % kind.label(obj), retryable=True)
    return obj["server_group_id"]


def group_of(lookup: Lookup, kind: Kind, obj: dict) -> Any:
    """The protection group that an object belongs to.

    :raises Refused: the service does not report it, or it no longer exists
    """
    group = lookup.show(SERVER_GROUP, group_id_of(kind, obj))
    if group is None:
        raise Refused("%s: its protection group %s does not exist" % (kind.label(obj), obj["server_group_id"]), retryable=True)
    return group


def group_name(lookup: Lookup, group_id: Any) -> str:
    """``name (ID)`` of a group, for messages."""
    if not group_id:
        return "(not reported by the service)"
    group = lookup.show(SERVER_GROUP, group_id)
    return "%s (%s)" % ((group or {}).get("name"), group_id)
