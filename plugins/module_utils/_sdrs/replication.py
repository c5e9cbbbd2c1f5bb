# SPDX-License-Identifier: GPL-3.0-or-later
"""Replication pairs (5.6, A.4). PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from .._cloud.errors import Refused
from .._engine.kind import LiveState, whole
from .._engine.lookup import Lookup
from .._engine.options import ObjectOptions
from .._engine.plan import Field, Find, Plan, Request, Step, creator, managed, require, resolve
from . import identity, last_copy
from .attachments import plan_attachments, plan_detach, read_attachments, wants_change
from .kinds import EXTENDABLE, PAIR_ADDABLE, PAIR_DELETABLE, PROTECTED_INSTANCE, SERVER_GROUP, plain_attachments, size_of
from .kinds import REPLICATION as KIND
from .owner import Sought, find_pair, group_id_of
from .present import NAME, live_values, plan_present, require_creatable
from .sites import production_zone, volume_halves
from .targets import target_is_expendable, targets

IMMUTABLE = (
    Field("description", "description"),
    Field("volume", "volume_ids", lambda pair: frozenset(volume_halves(pair))),
    Field("server_group", "server_group_id"),
)
CREATION = (Field("cluster", "cluster_id"),)
_CHANGEABLE = (Field("size", "record_metadata", size_of), Field("attachments", "attachment", plain_attachments))


@dataclass
class Options(ObjectOptions):
    """``volume`` may be the step that creates the disk, an attachment's instance the step that creates or finds it."""

    server_group: str | None = None
    volume: Any = None
    description: str | None = None
    cluster: str | None = None
    size: int | None = None
    attachments: list[dict] | None = None
    purge_attachments: bool = False
    force_detach: bool = False
    delete_target_volume: bool = False
    delete_last_copy: bool = False


@dataclass
class Live(LiveState):
    """The pair, its group, the instances it concerns by ID, the disk of a pair to come, and servers that must be stopped."""

    obj: Any  # a dict, or None
    group: Any = None  # a dict, where it was needed
    instances: dict = field(default_factory=dict)
    volume: Any = None
    servers: dict = field(default_factory=dict)
    copies: last_copy.Copies | None = None  # of a pair that may be removed

    def watch(self) -> list:
        instances = [(PROTECTED_INSTANCE, instance) for instance in self.instances.values()]
        return [(SERVER_GROUP, self.group), *instances, (KIND, self.obj)]

    def assume(self) -> Live:
        instances = {key: PROTECTED_INSTANCE.assumed(instance) or instance for key, instance in self.instances.items()}
        return self.supposing(KIND.assumed(self.obj), group=SERVER_GROUP.assumed_owner(self.group), instances=instances)


def read(lookup: Lookup, options: Options) -> Live:
    """Look the pair up by identity: ``id``, else the replicated disk, else ``name`` in the group."""
    obj, volume, options.volume = find_pair(lookup, Sought(options.id, options.volume, options.name, options.server_group))
    live = Live(obj, volume=volume)
    if options.server_group:
        options.server_group = lookup.id_of(SERVER_GROUP, options.server_group)
    identity.check_found(lookup, KIND, obj, vars(options), "volume", volume_halves, remedy="A disk can be in one replication pair only (SDRS.1811).")
    if obj is None:
        if options.absent:
            return live
        _read_for_creation(lookup, options, live)
    group_id = options.server_group or group_id_of(KIND, obj)
    read_attachments(lookup, options, live, group_id)
    failed = bool(obj) and obj.get("status") == KIND.failed_creation
    if obj and (options.absent or failed or wants_change(options, live.obj)):
        live.group = lookup.show(SERVER_GROUP, group_id)
    if obj and (options.absent or failed):
        live.copies = last_copy.read(lookup, options.delete_last_copy, [(KIND, obj)], live.group)
    if failed and not options.absent:
        halves = volume_halves(obj)
        options.server_group = group_id
        options.volume = options.volume or (halves[0] if halves else None)
        if not options.volume:
            raise Refused("%s failed to be created and names no disk" % KIND.label(obj), remedy="Name it with volume.")
    return live


def _read_for_creation(lookup: Lookup, options: Options, live: Live) -> None:
    require_creatable(KIND, options, ("name", "server_group", "volume"), "of that disk")
    live.group = lookup.one(SERVER_GROUP, str(options.server_group))
    live.volume = live.volume or lookup.volume(options.volume)
    if live.volume is None:
        raise Refused("disk %s does not exist" % options.volume, code="SDRS.1803")


def plan(options: Options, live: Live) -> Plan:
    """Steps that make the pair as wanted. Pure."""
    if options.absent:
        return _plan_absent(options, live)
    result, obj = Plan(), live.obj
    if obj is None or obj.get("status") == KIND.failed_creation:
        _create(result, options, live)
        return result
    plan_present(result, KIND, options, obj, IMMUTABLE, _CHANGEABLE)
    name = options.name or obj.get("name")
    extension = None
    if options.size is not None:
        extension = _extend(result, options.size, size_of(obj), obj["id"], name, obj.get("status"))
    if options.attachments is not None:
        plan_attachments(result, KIND, options, live, name, after=[extension] if extension else [])
    return result


def _create(result: Plan, options: Options, live: Live) -> None:
    after = []
    name = options.name or (live.obj or {}).get("name")
    label = "replication pair %s" % name
    require(PAIR_ADDABLE, {"protection group": live.group.get("status")}, "creating it", label)
    if live.obj:
        result.before = live_values(options, live.obj, IMMUTABLE, _CHANGEABLE)
        after = [delete_step(result, live.obj, last_copy.required(live.copies), replacing=True)]
    elif live.volume:
        check_disk(live.group, live.volume)
    body = {
        "server_group_id": live.group["id"],
        "volume_id": options.volume,
        "name": name,
        "description": options.description or (live.obj or {}).get("description"),
        "cluster_id": options.cluster,
    }
    find = Find({"server_group_id": live.group["id"]}, lambda pair: resolve(options.volume) in volume_halves(pair))
    step = result.create(KIND, name, body, find, after=[*after, *creator(options.volume)])
    result.after = managed(options, (*IMMUTABLE, NAME, *CREATION))
    if options.size is not None:
        present = whole((live.volume or {}).get("size")) or 0
        step = _extend(result, options.size, present, step, name) or step
        result.again = not present  # only the new pair will tell
    if options.attachments:
        plan_attachments(result, KIND, options, live, name, after=[step], new_pair=step)


def check_disk(group: dict, volume: dict) -> None:
    """Refuse a disk outside the current production site, or one that is not available.

    :raises Refused: SDRS.1810, 1801
    """
    label = "disk %s (%s)" % (volume.get("name"), volume.get("id"))
    zone, wanted = volume.get("availability_zone"), production_zone(group)
    if zone and wanted and zone != wanted:
        raise Refused(
            "%s is in AZ %s, the current production site of protection group %s is AZ %s" % (label, zone, group.get("name"), wanted),
            code="SDRS.1810", remedy="Pair disks of the production site only; after a failover, fail back first.",
        )
    if volume.get("status") not in (None, "available"):
        servers = ", ".join(str(entry.get("server_id")) for entry in volume.get("attachments") or [])
        remedy = "Nothing was detached. Detach the disk from its server, create the pair, then attach the pair to the protected instance."
        if str(volume["status"]).startswith("error"):
            remedy = "Nothing was deleted. Delete the disk in EVS if nothing is on it, then run the task again."
        raise Refused(
            "%s is %s%s and in no replication pair; only an available disk can be paired"
            % (label, volume.get("status"), " (attached to %s)" % servers if servers else ""),
            code="SDRS.1801", remedy=remedy,
        )


def _extend(result: Plan, wanted: int, have: int, target: Any, name: str | None, status: str | None = None) -> Step | None:
    """Add the extension to ``wanted`` GB; refuse to shrink (5.6.5)."""
    label = "replication pair %s" % name
    if have and wanted < have:
        raise Refused("%s: size %d GB is smaller than the present %d GB, disks can only grow" % (label, wanted, have))
    if not have and status:
        raise Refused("%s: its present size cannot be read, so it is not known whether it has to grow" % label)
    if not have or wanted == have:
        return None
    if status:
        require(EXTENDABLE, {"replication pair": status}, "extending it", label)
    result.after["size"] = wanted
    return result.add(
        "extend", KIND, name, target, Request("extend_replication", {"replication": target}, {"new_size": wanted}), after=creator(target),
    )


def _plan_absent(options: Options, live: Live) -> Plan:
    result, obj = Plan(), live.obj
    if obj is None:
        return result
    label, attached = KIND.label(obj), plain_attachments(obj)
    if options.delete_target_volume:
        target_is_expendable(live.group, "delete_target_volume", label)
    if attached and not options.force_detach:
        listed = ", ".join("%s as %s" % ((live.instances.get(key) or {}).get("name") or key, device) for key, device in attached.items())
        raise Refused(
            "%s is attached to protected instance %s" % (label, listed),
            remedy="Detaching unplugs the disk from the servers. Set force_detach: true if this is meant.",
        )
    statuses = {"protection group": (live.group or {}).get("status"), "replication pair": obj.get("status")}
    if live.group is None:
        statuses.pop("protection group")
    if not attached:
        require(PAIR_DELETABLE, statuses, "deleting it", label)
    result.before = {"name": obj.get("name")}
    wanted = targets(vars(options))
    copies = last_copy.required(live.copies)
    copies.clear(result, [(KIND, obj)], wanted)
    steps: list = []
    guards = copies.guards(KIND, [obj], wanted)
    for instance_id in attached:
        steps.append(plan_detach(result, KIND, live, obj, instance_id, obj.get("name"), after=steps[-1:]))
        steps[-1].request = replace(steps[-1].request, **guards)
    delete_step(result, obj, copies, wanted, after=steps)
    return result


def delete_step(result: Plan, obj: dict, copies: last_copy.Copies, wanted: Iterable = (), after: Iterable[Step] = (), replacing: bool = False) -> Step:
    """Add the deletion of a pair (5.6.2) to a plan; the parameters are those of an instance's deletion."""
    body = {"server_group_id": group_id_of(KIND, obj), "delete_target_volume": "delete_target_volume" in wanted}
    return result.delete(KIND, obj, body, after=after, **copies.consent(result, KIND, [obj], wanted, replacing))
