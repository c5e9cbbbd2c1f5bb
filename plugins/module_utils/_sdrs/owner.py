# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding an instance by its server and a pair by its disk. PRIVATE to the collection.

Identity is project-wide, and names of servers and disks are not unique (semantics.md, section 1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from .._cloud.errors import ConfigError, Refused
from .._cloud.odd import index, matching
from .._cloud.validate import is_id
from .._engine.kind import Kind, LiveState
from .._engine.lookup import Lookup, exactly_one, pick, readable
from .kinds import PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP
from .sites import production_zone, server_halves, server_zone, volume_halves, volume_zone


@dataclass
class OwnedLive(LiveState):
    """An object of a protection group, and the group as far as it was read."""

    kind: ClassVar[Kind]
    obj: Any
    group: Any = None  # a dict, where it was needed

    def watch(self) -> list:
        return [(SERVER_GROUP, self.group), (self.kind, self.obj)]

    def assume(self) -> Any:
        return self.supposing(self.kind.assumed(self.obj), group=SERVER_GROUP.assumed_owner(self.group))


@dataclass(frozen=True)
class Sought:
    """What an instance or a pair is looked for by: its ID, a server or disk of it, its name; and the group, by ID or name."""

    id: str | None = None
    half: str | None = None  # ID or name
    name: str | None = None
    server_group: str | None = None


class Found(NamedTuple):
    """An instance or pair, if there is one; its server or disk, if a name was resolved to it; and the ID of what ``half`` means."""

    obj: Any
    half: Any
    half_id: str | None


@dataclass(frozen=True)
class _Halves:
    """What an instance or pair has two of.

    :param of: callable(instance or pair) giving their IDs
    :param named: callable(name) giving servers or disks
    :param everything: callable giving all of them, of which a message lists some
    """

    option: str
    of: Callable[[dict], list]
    named: Callable[[str], list]
    is_drill: Callable[[dict], bool]
    zone_of: Callable[[dict], str | None]
    everything: Callable[[], Any]


def find_instance(lookup: Lookup, sought: Sought) -> Found:
    """The instance and the server that are meant."""
    halves = _Halves("server", server_halves, lookup.servers_named, is_drill_server(lookup), server_zone, lambda: lookup.all_servers().values())
    return _find(lookup, PROTECTED_INSTANCE, sought, halves)


def find_pair(lookup: Lookup, sought: Sought) -> Found:
    """The pair and the disk that are meant."""
    halves = _Halves("volume", volume_halves, lookup.volumes_named, is_drill_volume(lookup), volume_zone, lookup.all_volumes)
    return _find(lookup, REPLICATION, sought, halves)


def _find(lookup: Lookup, kind: Kind, sought: Sought, halves: _Halves) -> Found:
    reference = sought.half
    if sought.id:
        if reference and not is_id(reference):
            reference = _resolve(lookup, kind, sought, halves, reference)[1]["id"]
        return Found(lookup.show(kind, sought.id), None, reference)
    if reference:
        if is_id(reference):
            return Found(_owner(lookup, kind, sought, halves, reference), None, reference)
        owner, half = _resolve(lookup, kind, sought, halves, reference)
        return Found(owner, half, half["id"])
    if not sought.name:
        raise ConfigError("id, %s or name is needed" % halves.option)
    query = {"server_group_id": lookup.id_of(SERVER_GROUP, sought.server_group)} if sought.server_group else {}
    found = lookup.named(kind, sought.name, **query)
    return Found(exactly_one(found, found, kind.title, sought.name) if found else None, None, reference)


def _owner(lookup: Lookup, kind: Kind, sought: Sought, halves: _Halves, half_id: str) -> Any:
    """The object that has this server or disk: in the group first, then in the whole project."""
    if sought.server_group:
        group_id = lookup.id_of(SERVER_GROUP, sought.server_group)
        inside = matching(lookup.list(kind, server_group_id=group_id), lambda obj: half_id in halves.of(obj))
        if inside:
            return inside[0]
    return next(iter(matching(lookup.list(kind), lambda obj: half_id in halves.of(obj))), None)


def _resolve(lookup: Lookup, kind: Kind, sought: Sought, halves: _Halves, reference: str) -> tuple:
    owners, group = index(lookup.list(kind), halves.of), sought.server_group

    def zone() -> str | None:
        return production_zone(lookup.one(SERVER_GROUP, group)) if group else None

    return meant(halves.option, reference, halves.named(reference), owners, halves.is_drill, halves.zone_of, zone, halves.everything)


def meant(
    option: str, reference: str, matches: list, owners: Any, is_drill: Callable[..., Any], zone_of: Callable[..., Any],
    zone: Callable[[], str | None], everything: Callable[[], Any], mine: Callable[[Any], bool] | None = None,
) -> tuple:
    """``(owner or None, object)`` that the name of a server or disk means (semantics.md, section 1).

    :param owners: ``{server or disk ID: its instance or pair}``
    :param zone: callable giving the AZ of the group's current production site, or None
    :param everything: callable giving all servers or disks, of which a message lists some
    :param mine: as ``pick`` takes it
    :raises Refused: nothing bears the name, or several are left; lists them
    """
    several = len(matches) > 1
    matches = matching(matches, lambda match: match.get("id") in owners or not is_drill(match))
    if not matches:
        exactly_one([], readable(lambda: matching(everything(), lambda each: not is_drill(each))), option, reference)
    return pick(matches, owners, zone_of, zone() if several else None, option, reference, mine)


def is_windows(server: dict | None) -> bool | None:
    """True or False by what the server's metadata says; None when they do not."""
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

    :raises Refused: the service does not tell it
    """
    if not obj.get("server_group_id"):
        raise Refused("%s: the service does not tell its protection group" % kind.label(obj), retryable=True)
    return obj["server_group_id"]


def group_of(lookup: Lookup, kind: Kind, obj: dict) -> Any:
    """The protection group that an object belongs to.

    :raises Refused: the service does not tell which, or has it no longer
    """
    group = lookup.show(SERVER_GROUP, group_id_of(kind, obj))
    if group is None:
        raise Refused("%s: its protection group %s does not exist" % (kind.label(obj), obj["server_group_id"]), retryable=True)
    return group


def group_name(lookup: Lookup, group_id: Any) -> str:
    """``name (ID)`` of a group, for messages."""
    if not group_id:
        return "(not named by the service)"
    group = lookup.show(SERVER_GROUP, group_id)
    return "%s (%s)" % ((group or {}).get("name"), group_id)
