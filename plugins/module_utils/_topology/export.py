# SPDX-License-Identifier: GPL-3.0-or-later
"""The live state as a document for ``sdrs_topology``: applying it changes nothing. PRIVATE to the collection.

Objects are named by ID, which stays right whatever else comes to bear their names. What the document's own rules do not allow (a name
of strange characters, say) and what a failed job left behind, since applying that would mend it, is left out and listed with its reason.
Sorted, so that the same state gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._cloud import validate
from .._cloud.errors import Refused, SdrsError, one_line
from .._cloud.odd import raw
from .._cloud.validate import is_id
from .._engine.kind import Kind
from .._engine.lookup import Lookup, exactly_one
from .._engine.waiting import Waiting
from .._sdrs import server_group
from .._sdrs.kinds import DRILL, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP, plain_attachments, size_of
from .._sdrs.sites import volume_halves
from .._sdrs.tags import tags_to_mapping

# Applying these would create, attach or detach anew, or be refused.
_BROKEN = ("error", "error-deleting", "error-attaching", "error-detaching")
_LONGEST_REASON = 200


def read(lookup: Lookup, params: dict, dummy_waiting: Waiting) -> dict:
    """``{"topology": {"server_groups": [...]}, "left_out": [...]}`` of the named groups, or of all."""
    groups = lookup.list(SERVER_GROUP)
    wanted = params["server_groups"]
    if wanted is not None:
        present = [group for group in groups if SERVER_GROUP.assumed(group)]
        groups = list({group["id"]: group for group in (_group(present, reference) for reference in wanted)}.values())
    return _exported(lookup, groups)


def read_each(lookup: Lookup, wanted: dict[str, str]) -> dict[str, dict | SdrsError]:
    """The same for each of several readers, by their names; who wants a group that is not there gets the error.

    :param wanted: ``{reader: name or ID of a group}``
    """
    found: dict[str, dict | SdrsError] = {}
    for reader, reference in wanted.items():
        try:
            present = [group for group in lookup.list(SERVER_GROUP) if SERVER_GROUP.assumed(group)]
            found[reader] = _exported(lookup, [_group(present, reference)])
        except Refused as error:
            found[reader] = error
    return found


def _exported(lookup: Lookup, groups: list[dict]) -> dict:
    export = _Export()
    groups = export.healthy(SERVER_GROUP, export.identified(SERVER_GROUP, groups))
    names = [group.get("name") for group in groups]
    contents = [_inside(lookup, kind) if groups else {} for kind in (PROTECTED_INSTANCE, REPLICATION, DRILL)]
    exported = [export.group(group, names.count(group.get("name")), *(objects.get(group["id"], []) for objects in contents)) for group in groups]
    return {"topology": {"server_groups": exported}, "left_out": export.left_out}


def _group(groups: list[dict], reference: str) -> dict:
    found = [group for group in groups if reference == (group["id"] if is_id(reference) else group.get("name"))]
    return exactly_one(found, groups, SERVER_GROUP.title, reference)


def _inside(lookup: Lookup, kind: Kind) -> dict[str, list[dict]]:
    """The objects of a kind by the ID of their group."""
    def by_group() -> dict[str, list[dict]]:
        found: dict = {}
        for obj in lookup.list(kind):
            found.setdefault(obj.get("server_group_id"), []).append(obj)
        return found
    return lookup.once((kind, "by group"), by_group)


class _Export:
    """Makes entries of objects; ``left_out`` lists what they lack, and why."""

    def __init__(self) -> None:
        self.left_out: list[dict] = []

    def leave(self, kind: Kind, obj: dict, key: str | None, reason: object) -> None:
        """Note that a value of an object is left out, or with ``key`` None the object as a whole."""
        entry = {"resource_type": kind.name, "id": raw(obj, "id"), "name": raw(obj, "name"), "key": key, "reason": one_line(reason, _LONGEST_REASON)}
        self.left_out.append({name: value for name, value in entry.items() if value is not None})

    def identified(self, kind: Kind, objects: list[dict]) -> list[dict]:
        """Those that have an ID; nothing could be said of another."""
        for obj in objects:
            if not isinstance(raw(obj, "id"), str):
                self.leave(kind, obj, None, "it has no usable ID")
        return [obj for obj in objects if isinstance(raw(obj, "id"), str)]

    def healthy(self, kind: Kind, objects: list[dict]) -> list[dict]:
        """Those that can be exported, sorted."""
        found = []
        for obj in _sorted(objects):
            if obj.get("status") in _BROKEN or not kind.assumed(obj):
                self.leave(kind, obj, None, "its status is %r" % obj.get("status"))
            else:
                found.append(obj)
        return found

    def group(self, group: dict, bearers: int, instances: list[dict], pairs: list[dict], every_drill: list[dict]) -> dict:
        kind, protection = SERVER_GROUP, server_group.protection_of(group)
        instances, pairs, drills = (self.healthy(*each) for each in ((PROTECTED_INSTANCE, instances), (REPLICATION, pairs), (DRILL, every_drill)))
        name = self._allowed(kind, group, "name")
        attached: dict = {}
        taken = [pair.get("name") for pair in pairs]
        for pair in pairs:
            for user, device in plain_attachments(pair).items():
                if validate.device(device) is None:
                    attached.setdefault(user, []).append((device, pair["id"], pair))
                else:
                    self.leave(REPLICATION, pair, "device", validate.device(device))
        entries = [self._instance(each, instances, attached.get(each["id"], []), taken) for each in instances]
        free = [self._free_pair(pair, taken) for pair in pairs if not plain_attachments(pair)]
        return self._entry(
            kind, group, name=name, id=group["id"] if bearers > 1 or not name else None, description=self._allowed(kind, group, "description"),
            source_availability_zone=group.get("source_availability_zone"), target_availability_zone=group.get("target_availability_zone"),
            active_active_domain=group.get("domain_name") or group.get("domain_id"), source_vpc=group.get("source_vpc_id"),
            dr_type=group.get("dr_type"), protection=protection if protection in ("enabled", "disabled") else None,
        ) | {
            "protected_instances": [entry for entry in entries if entry],
            "replications": [entry for entry in free if entry],
        } | self._drills(drills, every_drill)

    def _drills(self, drills: list[dict], every_drill: list[dict]) -> dict:
        """The list of drills, if it holds them all: one that is missing there would be pruned, and so would one that comes later, of an empty list."""
        if len(drills) == len(every_drill):
            return {"drills": [self._drill(each, drills) for each in drills]} if drills else {}
        for each in drills:
            self.leave(DRILL, each, None, "the list of drills is left out, since pruning it would delete another drill of the group, which it cannot hold")
        return {}

    def _instance(self, instance: dict, instances: list[dict], attached: list[tuple[str, str, dict]], taken: list) -> dict | None:
        kind = PROTECTED_INSTANCE
        entry = self._entry(
            kind, instance, name=self._unique(kind, instance, [each.get("name") for each in instances]),
            server=instance.get("source_server") or instance.get("target_server"),
            description=self._allowed(kind, instance, "description"), tags=self._tags(instance),
        )
        if not entry.get("name") and not entry.get("server"):
            self.leave(kind, instance, None, "it has neither a server nor a name by which an entry could mean it")
            return None
        return entry | {"replications": [self._pair(pair, taken, device=device) for device, _id, pair in sorted(attached, key=lambda each: each[:2])]}

    def _tags(self, instance: dict) -> dict[str, str] | None:
        tags: dict = {}
        for key, value in sorted(tags_to_mapping(instance.get("tags")).items(), key=str):
            problem = validate.tags({key: value}) or (None if isinstance(value, (str, type(None))) else "the value of %r is not a string" % key)
            problem = problem or _unwritable(key) or _unwritable(value)
            if not problem and len(tags) == validate.MAX_TAGS:
                problem = "there are more than %d" % validate.MAX_TAGS
            if problem:
                self.leave(PROTECTED_INSTANCE, instance, "tags", problem)
            else:
                tags[key] = value or ""
        return tags or None

    def _pair(self, pair: dict, taken: list, **place: str) -> dict:
        kind = REPLICATION
        return self._entry(
            kind, pair, **place, name=self._unique(kind, pair, taken), description=self._allowed(kind, pair, "description"), size=size_of(pair) or None,
        )

    def _free_pair(self, pair: dict, taken: list) -> dict | None:
        volume = min(volume_halves(pair), default=None)  # either of its disks means the pair
        if volume is None:
            self.leave(REPLICATION, pair, None, "it has no disk by which an entry could mean it")
            return None
        return self._pair(pair, taken, volume=volume)

    def _drill(self, each: dict, drills: list[dict]) -> dict:
        name = self._unique(DRILL, each, [other.get("name") for other in drills])
        return self._entry(DRILL, each, name=name, id=None if name else each["id"], drill_vpc=each.get("drill_vpc_id"))

    def _unique(self, kind: Kind, obj: dict, names: list) -> Any:
        """The object's name, unless others bear it too: then it is known by something else."""
        bearers = names.count(obj.get("name"))
        if obj.get("name") and bearers > 1:
            self.leave(kind, obj, "name", "%d of the group bear it" % bearers)
            return None
        return self._allowed(kind, obj, "name")

    def _allowed(self, kind: Kind, obj: dict, key: str) -> Any:
        """A value that the rules of the document allow; what is empty is left out without a word."""
        value = obj.get(key)
        problem = validate.RULES[key](value) if value else None
        if problem:
            self.leave(kind, obj, key, problem)
        return value if value and not problem else None

    def _entry(self, kind: Kind, obj: dict, **options: Any) -> dict:
        entry = {}
        for key, value in options.items():
            problem = _unwritable(value)
            if problem:
                self.leave(kind, obj, key, problem)
            elif value is not None:
                entry[key] = value
        return entry


def _unwritable(value: object) -> str | None:
    """What no file can hold."""
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return "it is no valid Unicode"
    elif not isinstance(value, (int, dict, type(None))):
        return "it is neither a string nor a number"
    return None


def _sorted(objects: Iterable[dict]) -> list[dict]:
    return sorted(objects, key=lambda obj: (str(obj.get("name")), obj["id"]))
