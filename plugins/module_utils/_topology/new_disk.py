# SPDX-License-Identifier: GPL-3.0-or-later
"""EVS disks that a topology's entry creates before it pairs them (vendor's EVS reference, "Creating EVS Disks"). PRIVATE to the collection.

A disk is created only where nothing bears its name and nothing stands in its place: an empty disk must not take the place of one with data.
Nothing here ever deletes a disk. None is encrypted: SDRS pairs no encrypted disks (SDRS.1802).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .._cloud.api import Api
from .._cloud.errors import ConfigError, Refused
from .._cloud.odd import matching
from .._cloud.validate import Between, is_id, plain_device
from .._engine.kind import Kind, generic_took_effect
from .._engine.plan import Find, Plan, ReadList, Step
from .._sdrs.kinds import PROTECTED_INSTANCE, REPLICATION
from .entries import GroupEntry, PairEntry
from .index import LiveIndex


def _show(api: Api, disk_id: str) -> dict | None:
    return next(iter(matching(api.volumes(id=disk_id), lambda disk: disk["id"] == disk_id)), None)


KIND = Kind(
    name="volume", title="disk", plural="volumes", entity="volume_id", transit={"creating": "available"},
    took_effect=lambda step, obj: generic_took_effect(step, obj, {}), listing=lambda api, query: api.volumes(**query), showing=_show, named_twice=True,
)

OPTIONS = {
    "type": "dict",
    "options": {
        "size": {"type": "int"},
        "type": {"type": "str", "required": True},
        "multiattach": {"type": "bool", "default": False},
        "description": {"type": "str"},
        "tags": {"type": "dict"},
    },
}
SIZE = Between(10, 32768)
_LONGEST_NAME, _LONGEST_DESCRIPTION, _LONGEST_TAG, _MOST_TAGS = 255, 85, (36, 43), 10


@dataclass(frozen=True)
class NewDisk:
    """A disk to come. Two entries that name it mean the same one."""

    name: str
    zone: str = field(compare=False)


def check(path: str, entry: dict) -> None:
    """What is wrong with ``create_volume`` whatever the live state may be.

    :raises ConfigError: naming the path
    """
    wanted = entry.get("create_volume")
    if wanted is None:
        return
    where, name, size = path + ".create_volume", entry.get("volume"), wanted["size"]
    if not name or is_id(name):
        raise ConfigError("%s needs volume, the name of the disk; an ID means a disk that is there" % where)
    if not entry.get("name"):
        raise ConfigError("%s needs name, that of the replication pair" % where)
    if len(name) > _LONGEST_NAME:
        raise ConfigError("%s.volume: %r has more than %d characters" % (path, name, _LONGEST_NAME))
    if size is None and entry.get("size") is None:
        raise ConfigError("%s needs size, in GB" % where)
    if None not in (size, entry.get("size")) and entry["size"] < size:
        raise ConfigError("%s.size: %d GB is less than create_volume.size, %d GB; disks can only grow" % (path, entry["size"], size))
    problem = SIZE(_size(entry))
    if problem:
        raise ConfigError("%s.size: %s" % (where, problem))
    if not wanted["type"].strip():
        raise ConfigError("%s.type must not be empty" % where)
    if len(wanted["description"] or "") > _LONGEST_DESCRIPTION:
        raise ConfigError("%s.description has more than %d characters" % (where, _LONGEST_DESCRIPTION))
    tags = _tags(wanted)
    if len(tags) > _MOST_TAGS or any(not key or len(key) > _LONGEST_TAG[0] or len(value) > _LONGEST_TAG[1] for key, value in tags.items()):
        raise ConfigError("%s.tags: at most %d, keys of 1 to %d and values of at most %d characters" % (where, _MOST_TAGS, *_LONGEST_TAG))


def finder(world: LiveIndex, group: GroupEntry, given: dict) -> Callable[[str, str | None], tuple]:
    """``world.volume``, or, for an entry with ``create_volume``, a look-up by which a name that no disk bears means a disk to come.

    A disk that is being created, by a run that was interrupted for instance, is waited for first.
    """
    volume = functools.partial(world.volume, mine=world.preferring(group, given))
    if not given["create_volume"] or group.absent:
        return volume

    def find(name: str, zone: str | None) -> tuple:
        if not world.volumes_named(name):
            if not zone:
                raise Refused("disk %s does not exist, and the AZ of production is not known, so that it cannot be created" % name)
            return None, NewDisk(name, zone), _to_come(name, zone, given)
        pair, disk_id, disk = volume(name, zone)
        if pair is None and KIND.busy(disk):
            group.busy.append((KIND, disk))
            disk = KIND.assumed(disk)
        return pair, disk_id, disk

    return find


def _to_come(name: str, zone: str, given: dict) -> dict:
    """The disk as it will be."""
    return {
        "id": None, "name": name, "availability_zone": zone, "status": "available", "size": _size(given), "attachments": [],
        "multiattach": given["create_volume"]["multiattach"],
    }


def _size(given: dict) -> int:
    return given["size"] if given["size"] is not None else given["create_volume"]["size"]


def _tags(wanted: dict) -> dict[str, str]:
    return {str(key): "" if value is None else str(value) for key, value in (wanted["tags"] or {}).items()}


def add_step(part: Plan, entry: PairEntry, new: NewDisk, after: Iterable[Step]) -> Step:
    """The step that creates an entry's disk; the pair takes the step for the disk's ID."""
    wanted = entry.given["create_volume"]
    body = {
        "availability_zone": new.zone, "name": new.name, "size": _size(entry.given), "volume_type": wanted["type"],
        "multiattach": wanted["multiattach"] or None, "tags": _tags(wanted) or None, "description": wanted["description"],
    }

    def premise(lists: ReadList) -> None:
        found = matching(lists(KIND, {"name": new.name}), lambda disk: disk.get("name") == new.name)
        if found:
            raise Refused("%s came meanwhile; no second one of this name was created" % KIND.label(found[0]), remedy="Run the task again.")

    find = Find({"name": new.name}, lambda disk: disk.get("name") == new.name and disk.get("availability_zone") == new.zone)
    return part.create(KIND, new.name, body, find, after, premise=premise, service="evs")


def shown(entry: PairEntry) -> dict:
    """The creation as the diff shows it."""
    return {key: value for key, value in {**entry.given["create_volume"], "size": _size(entry.given)}.items() if value not in (None, False)}


def refuse_substitute(
    name: str | None, new: NewDisk, live_pairs: list[dict], places: Iterable[tuple[dict, str | None]] = (),
    disks_of: Callable[[str], dict] = lambda server_id: {},
) -> None:
    """Refuse to create a disk where another one stands in its place: it may be the one that is meant, under another name.

    :param name: that of the pair
    :param places: ``(instance, device)`` where the disk is to be attached; of an instance to come no more than its ``server``
    :param disks_of: callable(server ID) giving ``{device: disk}``
    """
    remedy = "If it is the disk that is meant, name it in volume. If not, give the new one another name, and another device."
    for pair in matching(live_pairs, lambda each: each.get("name") == name):
        raise Refused("disk %s does not exist, but %s does; no disk was created" % (new.name, REPLICATION.label(pair)), remedy=remedy)
    for instance, device in places:
        device = plain_device(device)
        for server in instance.get("source_server"), instance.get("target_server"), instance.get("server"):
            disk = disks_of(server).get(device) if server and device else None
            if disk:
                raise Refused("disk %s does not exist, but at %s of %s there is %s; no disk was created" % (
                    new.name, device, PROTECTED_INSTANCE.label(instance) if instance.get("id") else "server %s" % server, KIND.label(disk)), remedy=remedy)
        for pair in live_pairs if instance.get("id") else ():
            if any(each.get("protected_instance") == instance["id"] and plain_device(each.get("device")) == device for each in pair.get("attachment") or []):
                raise Refused("disk %s does not exist, but at %s of %s there is %s; no disk was created" % (
                    new.name, device, PROTECTED_INSTANCE.label(instance), REPLICATION.label(pair)), remedy=remedy)
