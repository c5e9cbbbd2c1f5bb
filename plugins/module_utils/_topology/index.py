# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything a topology may speak of, by lists, and what a reference in its document means. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .._cloud.odd import Index, Unusable, by_id, index
from .._cloud.validate import is_id, plain_device
from .._engine.kind import Kind
from .._engine.lookup import Lookup
from .._sdrs.kinds import PROTECTED_INSTANCE, REPLICATION
from .._sdrs.owner import is_drill_server, is_drill_volume, meant
from .._sdrs.sites import server_halves, server_zone, volume_halves, volume_zone
from .entries import GroupEntry


class LiveIndex:
    """Lists of everything, each fetched when it is first needed, and indexes over them."""

    def __init__(self, lookup: Lookup) -> None:
        self.lookup = lookup
        self._kept: dict[Any, Any] = {}

    def _index(self, key: Any, build: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = build()
        return self._kept[key]

    def of_group(self, kind: Kind, group_id: str) -> list[dict]:
        """The objects of a kind in a group."""
        def build() -> dict[str, list[dict]]:
            found: dict = {}
            for obj in self.lookup.list(kind):
                found.setdefault(obj.get("server_group_id"), []).append(obj)
            return found
        try:
            return self._index((kind, "by group"), build).get(group_id, [])
        except Unusable:
            # One object does not tell its group; the service does.
            return self.lookup.list(kind, server_group_id=group_id)

    def owners(self, kind: Kind) -> Index:
        """``{server ID: instance}`` or ``{disk ID: pair}``."""
        halves = server_halves if kind is PROTECTED_INSTANCE else volume_halves
        return self._index((kind, "owners"), lambda: index(self.lookup.list(kind), halves))

    def pair_at(self, instance_id: str, device: str | None) -> dict | None:
        """The pair at a device of an instance, or None."""
        def places(pair: dict) -> list[tuple]:
            return [(each.get("protected_instance"), plain_device(each.get("device"))) for each in pair.get("attachment") or []]
        return self._index("pairs by place", lambda: index(self.lookup.list(REPLICATION), places)).get((instance_id, plain_device(device)))

    @staticmethod
    def preferring(group: GroupEntry, given: dict) -> Callable[[dict], bool]:
        """What an entry's name means in the first place: an instance or pair of its own group that bears the entry's name.

        DR servers and disks that an earlier removal kept bear the names of production; after a switch they stand where production is.
        """
        def mine(owner: dict) -> bool:
            return not group.absent and owner.get("server_group_id") == group.id and given["name"] in (None, owner.get("name"))
        return mine

    def server(self, reference: str, zone: str | None, mine: Callable[[dict], bool] | None = None) -> tuple:
        """``(instance or None, server ID, server or None)`` that a reference means; an ID is looked for among instances only."""
        owners = self.owners(PROTECTED_INSTANCE)
        if is_id(reference):
            return owners.get(reference), reference, None
        owner, server = meant(
            "server", reference, self._named("servers", reference), owners, is_drill_server(self.lookup), server_zone, lambda: zone,
            lambda: self.lookup.all_servers().values(), mine,
        )
        return owner, server["id"], server

    def volume(self, reference: str, zone: str | None, mine: Callable[[dict], bool] | None = None) -> tuple:
        """``(pair or None, disk ID, disk or None)`` that a reference means; an ID is looked for among pairs only."""
        owners = self.owners(REPLICATION)
        if is_id(reference):
            return owners.get(reference), reference, None
        owner, volume = meant(
            "volume", reference, self._named("volumes", reference), owners, is_drill_volume(self.lookup), volume_zone, lambda: zone,
            self.lookup.all_volumes, mine,
        )
        return owner, volume["id"], volume

    def volumes(self) -> Index:
        """``{disk ID: disk}``; empty when EVS does not answer."""
        return self._index("volumes", lambda: by_id(self.disks()))

    def disks(self) -> list[dict]:
        """All disks; empty when EVS does not answer."""
        return self._index("disks", lambda: self.lookup.neighbour(self.lookup.all_volumes) or [])

    def disks_of(self, server_id: str | None) -> Index:
        """``{device: disk}`` of a server."""
        def build() -> tuple[dict[str, Index], Index]:
            found: dict = {}
            unreadable = []
            for volume in self.disks():
                try:
                    for each in volume.get("attachments") or []:
                        found.setdefault(each.get("server_id"), {})[plain_device(each.get("device"))] = volume
                except Unusable as error:
                    unreadable.append(error)
            return {server: Index(disks, unreadable) for server, disks in found.items()}, Index({}, unreadable)
        by_server, none = self._index("disks by server", build)
        return by_server.get(server_id, none)

    def volumes_named(self, name: str) -> list[dict]:
        """The disks of a name, those of drills included."""
        return self._named("volumes", name)

    def _named(self, what: str, name: str) -> list[dict]:
        """The servers or disks of a name."""
        def build() -> Index:
            objects: Iterable[dict]
            found: dict = {}
            if what == "servers":
                servers = self.lookup.all_servers()
                objects, unreadable = servers.values(), list(servers.unreadable)
            else:
                objects, unreadable = self.lookup.all_volumes(), []
            for obj in objects:
                try:
                    found.setdefault(obj.get("name"), []).append(obj)
                except Unusable as error:
                    unreadable.append(error)
            return Index(found, unreadable)
        return self._index(what + " by name", build).get(name, [])
