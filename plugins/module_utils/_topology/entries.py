# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of a topology's document: where each stands, what it wants, and its object if there is one. PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._engine.kind import Kind
from .._sdrs import drill, protected_instance, replication, server_group
from .._sdrs.kinds import DRILL, PROTECTED_INSTANCE, REPLICATION


@dataclass
class Entry:
    """An entry as it was given; ``want`` of the classes below is the same as options of its kind, with references as IDs."""

    path: str
    given: dict
    obj: dict | None = None

    @property
    def name(self) -> str | None:
        return self.given.get("name") or (self.obj or {}).get("name")


@dataclass
class PairEntry(Entry):
    want: replication.Options = field(kw_only=True)
    found: dict | None = None  # the disk of a pair to come


@dataclass
class InstanceEntry(Entry):
    want: protected_instance.Options = field(kw_only=True)
    found: dict | None = None  # the server of an instance to come
    pairs: list[PairEntry] = field(default_factory=list)


@dataclass
class DrillEntry(Entry):
    want: drill.Options = field(kw_only=True)


@dataclass
class GroupEntry(Entry):
    """A group's entry; the ``live_`` lists hold all that is in the group, whoever named it."""

    want: server_group.Options = field(kw_only=True)
    live: server_group.Live = field(default_factory=lambda: server_group.Live(None))
    where: dict = field(default_factory=dict)  # the group its contents are planned for; ``id`` is a Step while it is to be created
    instances: list[InstanceEntry] = field(default_factory=list)
    free_pairs: list[PairEntry] = field(default_factory=list)
    drills: list[DrillEntry] = field(default_factory=list)
    live_instances: list[dict] = field(default_factory=list)
    live_pairs: list[dict] = field(default_factory=list)
    live_drills: list[dict] = field(default_factory=list)
    busy: list[tuple[Kind, dict]] = field(default_factory=list)  # to be waited for before anything is planned
    belongings: set[str] = field(default_factory=set)  # IDs of pairs that go with what an entry to be removed names

    @property
    def absent(self) -> bool:
        return self.want.absent

    @property
    def id(self) -> Any:
        return (self.obj or {}).get("id")

    @property
    def pairs(self) -> list[PairEntry]:
        """The entries of all pairs, those under instances first."""
        return [pair for instance in self.instances for pair in instance.pairs] + self.free_pairs

    def contents(self) -> tuple[tuple[Kind, list[dict]], ...]:
        """``(Kind, live objects)``."""
        return ((DRILL, self.live_drills), (PROTECTED_INSTANCE, self.live_instances), (REPLICATION, self.live_pairs))


def is_missing(entry: InstanceEntry | PairEntry) -> bool:
    """Whether the object is to be created: there is none, or one whose creation failed."""
    kind = PROTECTED_INSTANCE if isinstance(entry, InstanceEntry) else REPLICATION
    return entry.obj is None or entry.obj.get("status") == kind.failed_creation


def named(entries: list[Any]) -> set[str]:
    """The IDs of the objects that entries mean."""
    return {entry.obj["id"] for entry in entries if entry.obj}
