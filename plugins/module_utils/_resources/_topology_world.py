# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything a topology may speak of, by lists, and what a reference in its document means. PRIVATE to the collection."""

from __future__ import annotations

from .._validate import is_id, plain_device
from . import protected_instance, replication
from ._owner import is_drill_server, is_drill_volume, meant, server_halves, server_zone, volume_halves, volume_zone


class World:
    """Lists of everything, each fetched when it is first needed, and indexes over them."""

    def __init__(self, lookup, common):
        """:param common: options of the task that every entry has"""
        self.lookup, self.common = lookup, common
        self._kept = {}

    def _index(self, key, build):
        if key not in self._kept:
            self._kept[key] = build()
        return self._kept[key]

    def of_group(self, kind, group_id):
        """The objects of a kind in a group."""
        def build():
            found = {}
            for obj in self.lookup.list(kind):
                found.setdefault(obj.get("server_group_id"), []).append(obj)
            return found
        return self._index((kind, "by group"), build).get(group_id, [])

    def owners(self, kind):
        """``{server ID: instance}`` or ``{disk ID: pair}``."""
        halves = server_halves if kind is protected_instance.KIND else volume_halves
        return self._index((kind, "owners"), lambda: {half: obj for obj in self.lookup.list(kind) for half in halves(obj)})

    def pair_at(self, instance_id, device):
        """The pair at a device of an instance, or None."""
        def build():
            return {
                (each.get("protected_instance"), plain_device(each.get("device"))): pair
                for pair in self.lookup.list(replication.KIND) for each in pair.get("attachment") or []
            }
        return self._index("pairs by place", build).get((instance_id, plain_device(device)))

    def server(self, reference, zone):
        """``(instance or None, server ID, server or None)`` that a reference means; an ID is looked for among instances only."""
        owners = self.owners(protected_instance.KIND)
        if is_id(reference):
            return owners.get(reference), reference, None
        named = self._index("servers by name", lambda: _by_name(self.lookup.all_servers().values()))
        owner, server = meant(
            "server", reference, named.get(reference, []), owners, is_drill_server(self.lookup), server_zone, lambda: zone,
        )
        return owner, server["id"], server

    def volume(self, reference, zone):
        """``(pair or None, disk ID, disk or None)`` that a reference means; an ID is looked for among pairs only."""
        owners = self.owners(replication.KIND)
        if is_id(reference):
            return owners.get(reference), reference, None
        named = self._index("volumes by name", lambda: _by_name(self.lookup.all_volumes()))
        owner, volume = meant(
            "volume", reference, named.get(reference, []), owners, is_drill_volume(self.lookup), volume_zone, lambda: zone,
        )
        return owner, volume["id"], volume

    def volumes(self):
        """``{disk ID: disk}``; empty when EVS does not answer."""
        return self._index(
            "volumes", lambda: {volume.get("id"): volume for volume in self.lookup.neighbour(self.lookup.all_volumes) or []},
        )

    def disks_of(self, server_id):
        """``{device: disk}`` of a server."""
        def build():
            found = {}
            for volume in self.volumes().values():
                for each in volume.get("attachments") or []:
                    found.setdefault(each.get("server_id"), {})[plain_device(each.get("device"))] = volume
            return found
        return self._index("disks by server", build).get(server_id, {})


def _by_name(objects):
    found = {}
    for obj in objects:
        found.setdefault(obj.get("name"), []).append(obj)
    return found
