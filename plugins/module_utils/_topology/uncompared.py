# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a document that are not compared with the live state, or differ from it and are not changed: both are told. Pure. PRIVATE to the collection.

Of an object that exists, everything else is either compared and brought about, or fixed at creation and compared.
"""

from __future__ import annotations

from collections.abc import Iterator

from .._cloud.odd import Unusable, raw
from .._engine.kind import Kind
from .._engine.plan import untold
from .._sdrs import drill, protected_instance, replication, server_group
from .._sdrs.kinds import DRILL, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP, SWITCHING
from .._sdrs.sites import production_site, production_zone, server_halves, server_zone
from .entries import Entry, GroupEntry, PairEntry
from .new_disk import NewDisk

_ONCE = "it is used only when the %s is created, and the service does not tell it"
_UNTOLD = "the service does not tell it of this %s"
_DISK = "it is used only to create the disk, which is there"
_BROUGHT = "it is not used: the service creates the pair together with its protected instance"
_SWITCHED = "the DR server is compared only while production is at the source site"
_SILENT = "ECS does not tell the flavor of the DR server"
_ODD = "the service's response cannot be read"
RESIZE = "A topology never resizes a server: correct the option, or stop the servers and use the module sdrs_protected_instance_resize."

# By kind: what is fixed at creation and compared where the service tells it, and what is used at creation only.
_FIXED = {
    SERVER_GROUP: server_group.IMMUTABLE, PROTECTED_INSTANCE: protected_instance.IMMUTABLE, REPLICATION: replication.IMMUTABLE, DRILL: drill.IMMUTABLE,
}
_CREATION = {PROTECTED_INSTANCE: protected_instance.CREATION, REPLICATION: replication.CREATION}
# What ECS tells of it, by one list.
_BY_ECS = "flavor"
_MOST, _WARNED = 20, 5


class Uncompared:
    """Gathers what entries say of objects that exist without effect."""

    def __init__(self) -> None:
        self._silent: dict[tuple, list] = {}
        self.differing: list[dict] = []

    def read(self, groups: list[GroupEntry], servers: dict[str, dict]) -> Uncompared:
        """Note it of all entries.

        :param servers: ``{ID: ECS server}`` as far as known
        """
        for group in groups:
            for kind, entry in _entries(group) if not group.absent else ():
                try:
                    self._entry(group, kind, entry, servers)
                except Unusable:
                    self._note(kind, entry, "options", _ODD)
        return self

    def _entry(self, group: GroupEntry, kind: Kind, entry: Entry, servers: dict[str, dict]) -> None:
        given, obj = entry.given, entry.obj
        if isinstance(entry, PairEntry) and given.get("create_volume") and not isinstance(entry.want.volume, NewDisk):
            self._note(kind, entry, "create_volume", _DISK)
        if obj is None or obj.get("status") == kind.failed_creation:
            return
        for option in untold(given, _FIXED[kind], obj):
            self._note(kind, entry, option, _UNTOLD % kind.title)
        for item in _CREATION.get(kind, ()):
            if given.get(item.option) is None:
                continue
            if item.option == _BY_ECS:
                self._flavor(group.obj or {}, entry, obj, servers)
            else:
                self._note(kind, entry, item.option, _ONCE % kind.title)

    def _flavor(self, group: dict, entry: Entry, obj: dict, servers: dict[str, dict]) -> None:
        zone, wanted = production_zone(group), entry.given[_BY_ECS]
        if production_site(group) != "source" or group.get("status") in SWITCHING:
            self._note(PROTECTED_INSTANCE, entry, _BY_ECS, _SWITCHED)
            return
        other = [servers[half] for half in server_halves(obj) if half in servers and server_zone(servers[half]) not in (None, zone)]
        live = (other[0].get("flavor") or {}).get("id") if other else None
        if live is None:
            self._note(PROTECTED_INSTANCE, entry, _BY_ECS, _SILENT)
        elif live != wanted:
            self.differing.append({**_place(PROTECTED_INSTANCE, entry), "option": _BY_ECS, "live": live, "wanted": wanted, "remedy": RESIZE})

    def brought(self, entry: PairEntry) -> None:
        """Note what has no effect on a pair that comes with its instance."""
        for option in ("description", *(item.option for item in replication.CREATION)):
            if entry.given.get(option):
                self._note(REPLICATION, entry, option, _BROUGHT)

    def _note(self, kind: Kind, entry: Entry, option: str, reason: str) -> None:
        self._silent.setdefault((kind.name, option, reason), []).append(_place(kind, entry))

    def report(self) -> list[dict]:
        """One entry for each option and reason, with the first objects it is said of."""
        return [
            {"resource_type": kind, "option": option, "reason": reason, "count": len(places),
             "objects": [{key: value for key, value in place.items() if key != "resource_type"} for place in places[:_MOST]]}
            for (kind, option, reason), places in self._silent.items()
        ]

    def warning(self) -> list[str]:
        """What differs and is not changed, in one sentence, as a list."""
        if not self.differing:
            return []
        shown = ["%s: %s of the DR server is %s, wanted is %s" % (each["name"], each["option"], each["live"], each["wanted"]) for each in self.differing]
        more = ["%d more" % (len(shown) - _WARNED)] if len(shown) > _WARNED else []
        return ["%s. %s" % ("; ".join(shown[:_WARNED] + more), RESIZE)]


def _entries(group: GroupEntry) -> Iterator[tuple[Kind, Entry]]:
    yield SERVER_GROUP, group
    for instance in group.instances:
        yield PROTECTED_INSTANCE, instance
        for pair in instance.pairs:
            yield REPLICATION, pair
    for pair in group.free_pairs:
        yield REPLICATION, pair
    for entry in group.drills:
        yield DRILL, entry


def _place(kind: Kind, entry: Entry) -> dict:
    obj = entry.obj or {}  # some of whose fields may be unusable
    found = {"resource_type": kind.name, "path": entry.path, "name": entry.given.get("name") or raw(obj, "name"), "id": raw(obj, "id")}
    return {key: value for key, value in found.items() if value is not None}
