# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in a group beside what its entry names: what goes with that, and what nobody manages. PRIVATE to the collection."""

from __future__ import annotations

import functools

from .._cloud.odd import Unusable, raw
from .._engine.kind import Kind, whole
from .._engine.lookup import Lookup, readable
from .._sdrs.kinds import DRILL, PROTECTED_INSTANCE, REPLICATION, plain_attachments
from .._sdrs.sites import production_site, production_zone, server_halves, server_zone, volume_halves
from .document import Options
from .entries import GroupEntry, named
from .index import LiveIndex

# AWX drops results that are too large; the number of all is told.
MOST = 500


def read_belongings(world: LiveIndex, group: GroupEntry) -> None:
    """Pairs that go with the instances an entry names: attached to them, or, once the instance is gone, to their servers' disks."""
    if not group.obj:
        return
    known = world.lookup.remembered.setdefault(group.id, set())
    going = named(group.instances)
    for pair in group.live_pairs:
        users = {each.get("protected_instance") for each in pair.get("attachment") or []}
        if users and users <= going:
            known.add(pair["id"])
    loose = [pair for pair in group.live_pairs if pair["id"] not in known and not pair.get("attachment")]
    servers = {entry.want.server for entry in group.instances} - {None}
    if loose and servers:
        for pair in loose:
            disks = [world.volumes().get(half) or {} for half in volume_halves(pair)]
            if servers & {each.get("server_id") for disk in disks for each in disk.get("attachments") or []}:
                known.add(pair["id"])
    group.belongings = known


class _Told:
    """What is told of the whole project and decides nothing: as far as it can be read, and read once for many documents."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._inside: dict[Kind, dict] = {}
        self.servers = {raw(server, "id"): server for server in readable(lambda: lookup.all_servers().values())}
        self._standing: dict[tuple, list] = {}
        for server in self.servers.values():
            self._standing.setdefault((server_zone(server), (server.get("metadata") or {}).get("vpc_id")), []).append(server)

    def every(self, kind: Kind) -> dict[str | None, list]:
        """All objects of a kind by their group's ID."""
        if kind not in self._inside:
            self._inside[kind] = {}
            for obj in readable(lambda: self._lookup.list(kind)):
                self._inside[kind].setdefault(obj.get("server_group_id"), []).append(obj)
        return self._inside[kind]

    def inside(self, kind: Kind, group: GroupEntry) -> list[dict]:
        """The objects of a kind in a group, without those that are being deleted."""
        if kind is DRILL and group.obj and whole(group.obj.get("disaster_recovery_drill_num")) == 0:
            return []  # most groups have none, and nothing else needs that list
        return [obj for obj in self.every(kind).get(group.id, []) if kind.assumed(obj)]

    def standing(self, zone: str | None, vpcs: tuple) -> list[dict]:
        """The servers in an availability zone and one of these VPCs."""
        return [server for vpc in dict.fromkeys(vpcs) if vpc and zone for server in self._standing.get((zone, vpc), [])]

    @functools.cached_property
    def owned(self) -> set:
        """IDs of the servers of instances."""
        return {half for objects in self.every(PROTECTED_INSTANCE).values() for obj in objects for half in server_halves(obj)}

    @functools.cached_property
    def drilled(self) -> set:
        """IDs of the servers of drills."""
        return {each.get("drill_server_id") for drills in self.every(DRILL).values() for drill in drills for each in drill.get("drill_servers") or []}


def servers_of(lookup: Lookup) -> dict[str, dict]:
    """All ECS servers by ID, as far as they can be read."""
    return _told(lookup).servers


def _told(lookup: Lookup) -> _Told:
    return lookup.once("what is told of the project", lambda: _Told(lookup))


def unmanaged(lookup: Lookup, groups: list[GroupEntry], options: Options) -> list[dict]:
    """What is in the groups, or was left by them, and neither named by the document nor removed by this task."""
    found = []
    for group in groups:
        try:
            found += _of_group(group, group.obj, _told(lookup), options) if group.obj else []
        except Unusable:
            pass  # what cannot be read is told where something depends on it
    return found


def _of_group(group: GroupEntry, live: dict, told: _Told, options: Options) -> list[dict]:
    inside = {kind: told.inside(kind, group) for kind in (PROTECTED_INSTANCE, REPLICATION, DRILL)}
    found = [_entry(group, kind, obj) for kind, obj in _unnamed(group, inside, options.prune)] if not group.absent else []
    if not options.delete_target_server:
        found += _left_alone(group, live, _going(group, inside[PROTECTED_INSTANCE], options.prune), told.servers)
    return found + _kept(group, live, told)


def _entry(group: GroupEntry, kind: Kind, obj: dict) -> dict:
    return {"resource_type": kind.name, "name": obj.get("name"), "id": obj["id"], "server_group": group.name}


def _unnamed(group: GroupEntry, inside: dict[Kind, list[dict]], prune: bool) -> list[tuple[Kind, dict]]:
    """``(kind, object)`` of what no entry names, without what is pruned and without disks that come with an instance."""
    given, instances, drills = group.given, named(group.instances), named(group.drills)
    gone = {key for key in ("protected_instances", "replications", "drills") if prune and given[key] is not None}
    found = [(PROTECTED_INSTANCE, obj) for obj in inside[PROTECTED_INSTANCE] if obj["id"] not in instances and "protected_instances" not in gone]
    listing = {entry.obj["id"] for entry in group.instances if entry.obj and entry.given["replications"] is not None}
    pairs = named(group.pairs)
    for pair in inside[REPLICATION]:
        users = set(plain_attachments(pair))
        stays = bool(users & listing) if users & instances else "protected_instances" not in gone if users else "replications" not in gone
        found += [(REPLICATION, pair)] if stays and pair["id"] not in pairs else []
    return found + [(DRILL, obj) for obj in inside[DRILL] if obj["id"] not in drills and "drills" not in gone]


def _going(group: GroupEntry, instances: list[dict], prune: bool) -> list[dict]:
    """The instances that this task removes."""
    if group.absent:
        return instances
    staying = named(group.instances)
    return [obj for obj in instances if obj["id"] not in staying] if prune and group.given["protected_instances"] is not None else []


def _server(group: GroupEntry, server: dict, why: str) -> dict:
    return {"resource_type": "server", "name": server.get("name"), "id": server["id"], "server_group": group.name, "reason": why}


def _left_alone(group: GroupEntry, live: dict, going: list[dict], servers: dict[str, dict]) -> list[dict]:
    """The DR servers that stay when their instances go."""
    zone = production_zone(live)
    return [
        _server(group, servers[half], "the DR server of protected instance %s, which is removed without it" % obj.get("name"))
        for obj in going for half in server_halves(obj) if half in servers and zone and server_zone(servers[half]) not in (None, zone)
    ]


def _kept(group: GroupEntry, live: dict, told: _Told) -> list[dict]:
    """What looks like DR servers that an earlier removal kept: no instance's and no drill's, at the DR site, with the name of a server of production."""
    if production_site(live) != "source":
        return []  # what stands at the target site is, or was, production
    vpcs = (live.get("source_vpc_id"), live.get("target_vpc_id"))
    names = {server.get("name") for server in told.standing(live.get("source_availability_zone"), vpcs)}
    return [
        _server(group, server, "it belongs to no protected instance and has the name of a production server: a DR server that was kept, perhaps")
        for server in told.standing(live.get("target_availability_zone"), vpcs)
        if server.get("name") in names and server["id"] not in told.owned and server["id"] not in told.drilled
    ]
