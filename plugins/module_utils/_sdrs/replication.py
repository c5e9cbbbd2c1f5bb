# SPDX-License-Identifier: GPL-3.0-or-later
"""Replication pairs (5.6, A.4). PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._cloud.errors import ConfigError, Refused
from .._engine.kind import LiveState, whole
from .._engine.plan import Field, Plan, creator, immutable_conflicts, managed, refuse_immutable, require, resolve
from . import identity, last_copy
from .attachments import plan_attachments, plan_detach, read_attachments, wants_change
from .kinds import EXTENDABLE, PAIR_ADDABLE, PAIR_DELETABLE, PROTECTED_INSTANCE, SERVER_GROUP, plain_attachments, size_of
from .kinds import REPLICATION as KIND
from .owner import find_pair, group_id_of
from .sites import production_zone, volume_halves
from .targets import target_is_expendable, targets

IMMUTABLE = (
    Field("description", "description"),
    Field("volume", "volume_ids", lambda pair: frozenset(volume_halves(pair))),
    Field("server_group", "server_group_id"),
)
CREATION = (Field("cluster", "cluster_id"),)


@dataclass
class Live(LiveState):
    """The pair, its group, the instances it concerns by ID, the disk of a pair to come, and servers that must be stopped."""

    obj: dict | None
    group: dict | None = None
    instances: dict = field(default_factory=dict)
    volume: dict | None = None
    servers: dict = field(default_factory=dict)
    copies: last_copy.Copies | None = None  # of a pair that may be removed

    def watch(self):
        instances = [(PROTECTED_INSTANCE, instance) for instance in self.instances.values()]
        return [(SERVER_GROUP, self.group), *instances, (KIND, self.obj)]

    def assume(self):
        instances = {key: PROTECTED_INSTANCE.assumed(instance) or instance for key, instance in self.instances.items()}
        return Live(KIND.assumed(self.obj), SERVER_GROUP.assumed_owner(self.group), instances, self.volume, self.servers, self.copies)


def read(lookup, params):
    """Look the pair up by identity: ``id``, else the replicated disk, else ``name`` in the group."""
    absent = params["state"] == "absent"
    obj, volume = find_pair(lookup, KIND, params)
    live = Live(obj, volume=volume)
    if volume:
        params["volume"] = volume["id"]
    if params.get("server_group"):
        params["server_group"] = lookup.id_of(SERVER_GROUP, params["server_group"])
    identity.check_found(lookup, KIND, obj, params, "volume", volume_halves, remedy="A disk can be in one replication pair only (SDRS.1811).")
    if obj is None:
        if absent:
            return live
        _read_for_creation(lookup, params, live)
    group_id = params.get("server_group") or group_id_of(KIND, obj)
    read_attachments(lookup, params, live, group_id)
    if obj and (absent or obj.get("status") == KIND.failed_creation or wants_change(params, live.obj)):
        live.group = lookup.show(SERVER_GROUP, group_id)
    if obj and (absent or obj.get("status") == KIND.failed_creation):
        live.copies = last_copy.read(lookup, params, [(KIND, obj)], live.group)
    if obj and obj.get("status") == KIND.failed_creation and not absent:
        halves = volume_halves(obj)
        params["server_group"] = group_id
        params["volume"] = params.get("volume") or (halves[0] if halves else None)
        if not params["volume"]:
            raise Refused("%s failed to be created and names no disk" % KIND.label(obj), remedy="Name it with volume.")
    return live


def _read_for_creation(lookup, params, live):
    if params.get("id"):
        raise Refused("no replication pair has the ID %s" % params["id"])
    missing = [option for option in ("name", "server_group", "volume") if not params.get(option)]
    if missing:
        what = params.get("name") or "of that disk"
        raise ConfigError("replication pair %s does not exist; creating it needs %s" % (what, ", ".join(missing)))
    live.group = lookup.one(SERVER_GROUP, params["server_group"])
    live.volume = live.volume or lookup.volume(params["volume"])
    if live.volume is None:
        raise Refused("disk %s does not exist" % params["volume"], code="SDRS.1803")


def plan(params, live):
    """Steps that make the pair as wanted. Pure."""
    if params["state"] == "absent":
        return _plan_absent(params, live)
    result, obj = Plan(), live.obj
    if obj is None or obj.get("status") == KIND.failed_creation:
        _create(result, params, live)
        return result
    label = KIND.label(obj)
    KIND.refuse_half_deleted(obj)
    left_alone = refuse_immutable(result, params, immutable_conflicts(params, IMMUTABLE, obj), label)
    wanted = {key: value for key, value in params.items() if key not in left_alone}
    result.before = _visible(wanted, obj)
    result.after = dict(result.before)
    name = params.get("name") or obj.get("name")
    if obj.get("name") != name:
        result.add("rename", KIND, name, obj["id"], "rename_replication", {"replication": obj["id"]}, {"name": name})
        result.after["name"] = name
    extension = None
    if params.get("size") is not None:
        extension = _extend(result, params["size"], size_of(obj), obj["id"], name, obj.get("status"))
    if params.get("attachments") is not None:
        plan_attachments(result, KIND, params, live, name, after=[extension] if extension else [])
    return result


def _visible(params, obj):
    before = {item.option: params[item.option] for item in IMMUTABLE if params.get(item.option) is not None}
    if params.get("name"):
        before["name"] = obj.get("name")
    if params.get("size") is not None:
        before["size"] = size_of(obj)
    if params.get("attachments") is not None:
        before["attachments"] = plain_attachments(obj)
    return before


def _create(result, params, live):
    after = []
    name = params.get("name") or (live.obj or {}).get("name")
    label = "replication pair %s" % name
    require(PAIR_ADDABLE, {"protection group": live.group.get("status")}, "creating it", label)
    if live.obj:
        result.before = _visible(params, live.obj)
        after = [delete_step(result, live.obj, live.copies, replacing=True)]
    elif live.volume:
        check_disk(live.group, live.volume)
    body = {
        "server_group_id": live.group["id"],
        "volume_id": params["volume"],
        "name": name,
        "description": params.get("description") or (live.obj or {}).get("description"),
        "cluster_id": params.get("cluster"),
    }
    step = result.add(
        "create", KIND, name, None, "create_replication", after=[*after, *creator(params["volume"])],
        body={key: value for key, value in body.items() if value is not None},
        query={"server_group_id": live.group["id"]}, match=lambda pair: resolve(params["volume"]) in volume_halves(pair),
    )
    result.after = managed(params, (*IMMUTABLE, Field("name", "name"), *CREATION))
    if params.get("size") is not None:
        present = whole((live.volume or {}).get("size")) or 0
        step = _extend(result, params["size"], present, step, name) or step
        result.again = not present  # only the new pair will tell
    if params.get("attachments"):
        plan_attachments(result, KIND, params, live, name, after=[step], new_pair=step)


def check_disk(group, volume):
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


def _extend(result, wanted, have, target, name, status=None):
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
        "extend", KIND, name, target, "extend_replication", {"replication": target}, {"new_size": wanted},
        after=creator(target),
    )


def _plan_absent(params, live):
    result, obj = Plan(), live.obj
    if obj is None:
        return result
    label, attached = KIND.label(obj), plain_attachments(obj)
    if params["delete_target_volume"]:
        target_is_expendable(live.group, "delete_target_volume", label)
    if attached and not params["force_detach"]:
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
    wanted = targets(params)
    live.copies.clear(result, [(KIND, obj)], wanted)
    steps: list = []
    guards = live.copies.guards(KIND, [obj], wanted)
    for instance_id in attached:
        steps.append(plan_detach(result, KIND, live, obj, instance_id, obj.get("name"), after=steps[-1:]))
        steps[-1].guard, steps[-1].premise = guards["guard"], guards["premise"]
    delete_step(result, obj, live.copies, wanted, after=steps)
    return result


def delete_step(result, obj, copies, wanted=(), after=(), replacing=False):
    """Add the deletion of a pair (5.6.2) to a plan; the parameters are those of an instance's deletion."""
    return result.add(
        "delete", KIND, obj.get("name"), obj["id"], "delete_replication", {"replication": obj["id"]},
        {"server_group_id": group_id_of(KIND, obj), "delete_target_volume": "delete_target_volume" in wanted}, after=list(after),
        **copies.consent(result, KIND, [obj], wanted, replacing),
    )
