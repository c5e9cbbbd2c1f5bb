# SPDX-License-Identifier: GPL-3.0-or-later
"""The live state that a topology's document speaks of, read by lists, and each entry joined to its object.

PRIVATE to the collection. References by name cost one list a kind, not one query an object.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

from .._cloud.errors import ConfigError, Refused
from .._cloud.odd import matching, sound
from .._engine.kind import Kind, LiveState
from .._engine.lookup import Lookup, exactly_one, existing, readable
from .._sdrs import drill, last_copy, protected_instance, replication, server_group
from .._sdrs.kinds import DRILL, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP
from .._sdrs.sites import production_zone, server_halves
from . import new_disk
from .contents import read_belongings
from .document import Options, at, entries, groups
from .entries import DrillEntry, Entry, GroupEntry, InstanceEntry, PairEntry, is_missing
from .index import LiveIndex

_FEW = 3  # more new servers are worth the list of all
_Find = Callable[[str, "str | None"], tuple]


@dataclass
class Live(LiveState):
    """All groups of the document; ``obj`` is the list of their live objects."""

    world: LiveIndex
    obj: list[dict] = field(default_factory=list)
    groups: list[GroupEntry] = field(default_factory=list)
    copies: last_copy.Copies | None = None  # what is known of the halves of what may be removed
    servers: dict[str, dict] = field(default_factory=dict)  # ECS servers by ID, as far as known, for what is only told
    unmanaged: list[dict] = field(default_factory=list)
    id = "topology"

    def watch(self) -> list[tuple[Kind, dict]]:
        return [entry for group in self.groups for entry in group.busy]

    def branch(self, obj: dict) -> str | None:
        ids = (obj["id"], obj.get("server_group_id"))
        return next((group.path for group in self.groups if group.id in ids or any(each["id"] == obj["id"] for _kind, each in group.busy)), None)

    def removing(self, params: dict, obj: dict) -> bool:
        gone = {group.id for group in self.groups if group.absent}
        return obj.get("id") in gone or obj.get("server_group_id") in gone


def read(lookup: Lookup, options: Options) -> Live:
    """Join the document to the live state.

    :raises ConfigError: the document names something twice, or lacks what a creation needs
    :raises Refused: a reference means nothing or too much, or an object in another group
    """
    live = Live(LiveIndex(lookup))
    by_server, disks, new = dict[str, str](), dict[str, tuple[GroupEntry, PairEntry]](), list[InstanceEntry]()
    for path, given in groups(options.server_groups):
        entry = _read_group(live.world, options, path, given)
        live.groups.append(entry)
        _check_pairs(entry, disks)
        for instance in entry.instances:
            key = instance.obj["id"] if instance.obj else instance.want.server
            if key and by_server.setdefault(key, instance.path) != instance.path:
                raise ConfigError("%s.server: its server is named at %s already" % (instance.path, by_server[key]))
            if not entry.absent and is_missing(instance):
                new.append(instance)
    _read_new_servers(lookup, new)
    live.obj = [entry.obj for entry in live.groups if entry.obj]
    return live


def _read_group(world: LiveIndex, options: Options, path: str, given: dict) -> GroupEntry:
    lookup = world.lookup
    entry = GroupEntry(path, given, want=server_group.Options.of({**given, "immutable_change": options.immutable_change}))
    try:
        found = matching(lookup.list(SERVER_GROUP), lambda group: group["id"] == given["id"] if given["id"] else group.get("name") == given["name"])
        entry.obj = exactly_one(found, found, SERVER_GROUP.title, given["name"]) if found else None
        if entry.obj and SERVER_GROUP.busy(entry.obj):
            entry.busy, entry.obj = [(SERVER_GROUP, entry.obj)], SERVER_GROUP.assumed(entry.obj)
        entry.live = server_group.read_found(lookup, entry.want, entry.obj)
    except (ConfigError, Refused) as error:
        raise at(path, error) from None
    if entry.obj:
        entry.live_instances, entry.live_pairs, entry.live_drills = (
            world.of_group(kind, entry.id) if wanted or entry.absent else []
            for kind, wanted in (
                (PROTECTED_INSTANCE, given["protected_instances"] is not None or given["replications"] is not None),
                (REPLICATION, options.prune or given["replications"] is not None or _names_pairs(given)),
                (DRILL, given["drills"] is not None),
            )
        )
        if any(obj.get("status") == PROTECTED_INSTANCE.failed_creation for obj in entry.live_instances):
            entry.live_pairs = world.of_group(REPLICATION, entry.id)
    if entry.absent:
        entry.busy += [(kind, obj) for kind, objects in entry.contents() for obj in objects if kind.busy(obj)]
    zone = production_zone(entry.obj) if entry.obj else given["source_availability_zone"]
    for where, each in entries(given, "protected_instances", path):
        entry.instances.append(_read_instance(world, entry, zone, where, each))
    for where, each in entries(given, "replications", path):
        entry.free_pairs.append(_read_pair(world, entry, zone, where, each, None))
    for where, each in entries(given, "drills", path):
        entry.drills.append(_read_drill(world, entry, where, each))
    if entry.absent:
        read_belongings(world, entry)
    return entry


def _names_pairs(given: dict) -> bool:
    return any(each["replications"] is not None for each in given["protected_instances"] or [])


def _wanted(group: GroupEntry, given: dict) -> dict:
    """The options of an object of the group."""
    return {**given, "immutable_change": group.want.immutable_change, "server_group": group.id}


def _read_instance(world: LiveIndex, group: GroupEntry, zone: str | None, path: str, given: dict) -> InstanceEntry:
    entry = InstanceEntry(path, given, want=protected_instance.Options.of(_wanted(group, given)))
    if given["server"]:
        meant = _meant(group, path + ".server", functools.partial(world.server, mine=world.preferring(group, given)), given["server"], zone)
        if meant is None:
            return entry
        entry.obj, entry.want.server, entry.found = meant
        _same_group(world, group, path + ".server", PROTECTED_INSTANCE, entry.obj)
    else:
        found = matching(group.live_instances, lambda obj: obj.get("name") == given["name"])
        entry.obj = _by_its_name(group, path, found, PROTECTED_INSTANCE, given["name"], "server")
        if entry.obj and is_missing(entry):
            entry.want.server = next(iter(server_halves(entry.obj)), None)
    _leaving(group, entry, PROTECTED_INSTANCE)
    for where, each in entries(given, "replications", path):
        entry.pairs.append(_read_pair(world, group, zone, where, each, entry))
    return entry


def _meant(group: GroupEntry, path: str, find: _Find, reference: str, zone: str | None) -> tuple | None:
    """What ``find`` gives for a reference; None where it means nothing and the group goes anyway."""
    try:
        return find(reference, zone)
    except Refused as error:
        if group.absent:
            return None
        raise at(path, error) from None


def _by_its_name(group: GroupEntry, path: str, found: list, kind: Kind, name: str, needed: str) -> dict | None:
    """The object of a name in the group; it must be there unless the group goes anyway, since a new one ``needed`` more."""
    try:
        if found:
            return exactly_one(found, found, kind.title, name)
    except Refused as error:
        error.data["remedy"] = "Name it by its %s." % needed  # an entry has no id
        raise at(path + ".name", error) from None
    if not group.absent:
        there = existing(readable(lambda: group.live_instances if kind is PROTECTED_INSTANCE else group.live_pairs), name)
        raise ConfigError("%s: %s %s does not exist; creating it needs %s; %s" % (path, kind.title, name, needed, there))
    return None


def _leaving(group: GroupEntry, entry: Entry, kind: Kind) -> None:
    """What is being deleted and wanted again is waited for first."""
    if entry.obj and kind.assumed(entry.obj) is None:
        group.busy.append((kind, entry.obj))
        entry.obj = None


def _same_group(world: LiveIndex, group: GroupEntry, path: str, kind: Kind, obj: dict | None) -> None:
    if obj is None or obj.get("server_group_id") == group.id:
        return
    owner = next((each.get("name") for each in sound(world.lookup.list(SERVER_GROUP)) if each["id"] == obj.get("server_group_id")), None)
    raise Refused(
        "%s: %s belongs to protection group %s (%s)" % (path, kind.label(obj), owner, obj.get("server_group_id")),
        code="SDRS.1305" if kind is PROTECTED_INSTANCE else "SDRS.1811", remedy="Name it in the entry of that group, or remove it there first.",
    )


def _read_pair(world: LiveIndex, group: GroupEntry, zone: str | None, path: str, given: dict, instance: InstanceEntry | None) -> PairEntry:
    """A pair is found by its disk, else by its device at the instance, else by its name."""
    entry = PairEntry(path, given, want=replication.Options.of(_wanted(group, given)))
    if given["volume"]:
        meant = _meant(group, path + ".volume", new_disk.finder(world, group, given), given["volume"], zone)
        if meant is None:
            return entry
        entry.obj, entry.want.volume, entry.found = meant
        _same_group(world, group, path + ".volume", REPLICATION, entry.obj)
    elif instance is None:
        found = matching(group.live_pairs, lambda obj: obj.get("name") == given["name"])
        entry.obj = _by_its_name(group, path, found, REPLICATION, given["name"], "volume")
    elif instance.obj:
        entry.obj = world.pair_at(instance.obj["id"], given["device"])
    _leaving(group, entry, REPLICATION)
    if entry.obj is None and entry.want.volume and not group.absent:
        entry.found = entry.found or world.volumes().get(entry.want.volume)
        if entry.found is None and world.volumes():
            there = existing(readable(world.volumes().values), given["volume"])
            raise Refused("%s.volume: disk %s does not exist; %s" % (path, entry.want.volume, there), code="SDRS.1803")
    return entry


def _read_drill(world: LiveIndex, group: GroupEntry, path: str, given: dict) -> DrillEntry:
    entry = DrillEntry(path, given, want=drill.Options.of(_wanted(group, given)))
    found = matching(group.live_drills, lambda obj: obj["id"] == given["id"] if given["id"] else obj.get("name") == given["name"])
    try:
        entry.obj = exactly_one(found, found, DRILL.title, given["name"]) if found else None
        _leaving(group, entry, DRILL)
        if entry.obj is None and given["id"] and not group.absent:
            raise Refused("no DR drill of this group has the ID %s; %s" % (given["id"], existing(group.live_drills, given["name"])))
        if given["drill_vpc"] and not group.absent:
            entry.want.drill_vpc = world.lookup.vpc_id(given["drill_vpc"])
    except Refused as error:
        raise at(path, error) from None
    return entry


def _check_pairs(group: GroupEntry, disks: dict[str, tuple[GroupEntry, PairEntry]]) -> None:
    """A disk may stand under several instances of a group when they share it, else once; a name means one pair of the group.

    :param disks: ``{pair or disk ID: (group's entry, pair's entry)}`` of all groups so far; added to
    """
    names: dict[str, PairEntry] = {}
    for pair in group.pairs:
        key = pair.obj["id"] if pair.obj else pair.want.volume
        home, first = disks.setdefault(key, (group, pair)) if key else (group, pair)
        if first is not pair:
            disk = pair.found or (pair.obj or {}).get("record_metadata") or {}
            if home is not group or disk.get("multiattach") not in (True, "true"):
                raise ConfigError("%s.volume: its disk is named at %s already and cannot be shared" % (pair.path, first.path))
            for option in ("name", "size", "description"):
                here, there = getattr(pair.want, option), getattr(first.want, option)
                if None not in (here, there) and here != there:
                    raise ConfigError("%s.%s: %s says otherwise of the same disk" % (pair.path, option, first.path))
        name = pair.want.name
        if name and names.setdefault(name, first) is not first:
            raise ConfigError("%s.name: %r is named at %s already" % (pair.path, name, names[name].path))


def _read_new_servers(lookup: Lookup, new: list[InstanceEntry]) -> None:
    """The servers of instances to come; for more than a few, by one list."""
    unknown = [entry for entry in new if entry.found is None and entry.want.server]
    if len(unknown) > _FEW:
        lookup.neighbour(lookup.all_servers)
    for entry in unknown:
        entry.found = lookup.server(str(entry.want.server))
        if entry.found is None:
            there = existing(readable(lambda: lookup.all_servers().values()), entry.given["server"])
            raise Refused("%s.server: server %s does not exist; %s" % (entry.path, entry.want.server, there), code="SDRS.1326")
