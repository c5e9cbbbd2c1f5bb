# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected instances of a topology with their disks, and pairs that belong to no instance yet. Pure. PRIVATE to the collection.

A new instance brings a pair for each disk of its server: what the document wants of such a pair is done once it is there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from .._cloud.errors import ConfigError, Refused
from .._cloud.validate import plain_device, same_device
from .._engine.kind import whole
from .._engine.plan import Find, Plan, Request, Step, creator, find_step, waits_for
from .._sdrs import protected_instance, replication
from .._sdrs.batch import CREATED_AT_ONCE, made_step
from .._sdrs.batch import Live as LiveBatch
from .._sdrs.batch import Options as BatchOptions
from .._sdrs.batch import create_step as create_together
from .._sdrs.kinds import PROTECTED_INSTANCE, REPLICATION, plain_attachments
from .._sdrs.last_copy import Copies
from .._sdrs.sharing import batches, outsiders, shared_disks, sharing
from .._sdrs.sites import server_halves, volume_halves
from .._sdrs.tags import add_tag_steps, tags_to_mapping
from .._sdrs.teardown import batch_delete_step
from . import new_disk
from .entries import GroupEntry, InstanceEntry, PairEntry, is_missing
from .index import LiveIndex
from .planning import Planning

# One call creates servers that share a disk, so these are the same for all of them (5.5.11).
_COMMON = ("description", "cluster", "primary_subnet", "tenancy", "dedicated_host")


class _Home(NamedTuple):
    """The steps of an instance's entry, and the instance: its ID, or the step that will make or find it."""

    steps: list[Step]
    instance: Any


_Users = list[tuple[InstanceEntry, PairEntry]]  # a pair's entry under each instance that shares its disk


def plan_instances(planning: Planning, group: GroupEntry, where: dict, world: LiveIndex) -> list[Step]:
    """Steps for the instances of a group's entry and the pairs under them; the pairs come after their instance.

    :param where: the group's object; its ``id`` is a Step while the group is to be created
    """
    steps: list[Step] = []
    homes, copies = dict[str, "_Home | None"](), planning.copies.of(where)
    new = {entry.want.server: entry for entry in group.instances if is_missing(entry) and entry.want.server}
    disks = shared_disks(world.disks()) if new else []
    left_out = outsiders(new, disks, set(new))
    sets = {server: together for together in sharing(new, disks) for server in together}
    sharers = {server for disk in disks for server in plain_attachments(disk)}
    for entry in group.instances:
        server = entry.want.server
        if server in new and server in sharers:
            if sets[server][0] != server:
                continue
            members = [new[each] for each in sets[server]]
            made = _plan_set(planning, group, where, members, left_out)
        else:
            made = planning.entry(group, entry, functools.partial(_plan_one, group=group, entry=entry, where=where, copies=copies))
            members = [entry]
        for member in members:
            homes[member.path] = None if made is None else _Home(made, _instance(member, made))
        steps += made or []
    for pairs in _by_disk(group, world):
        steps += _plan_attached(planning, group, where, world, pairs, homes) or []
    return steps


def _instance(entry: InstanceEntry, made: list[Step]) -> Any:
    if entry.obj and not is_missing(entry):
        return entry.obj["id"]
    return next(step for step in made if step.branch == entry.path and step.kind is PROTECTED_INSTANCE and step.operation in ("create", "find"))


def _plan_one(part: Plan, group: GroupEntry, entry: InstanceEntry, where: dict, copies: Copies) -> None:
    obj = PROTECTED_INSTANCE.assumed(entry.obj)
    want = replace(_complete(entry.want, entry.obj) if is_missing(entry) else entry.want, server_group=where["id"] if entry.obj else None)
    live = protected_instance.Live(obj, where, entry.found, _shared_pair(group, entry.obj), copies)
    part.take(protected_instance.plan(want, live), waits_for(PROTECTED_INSTANCE, entry.obj), creator(where["id"]))


def _shared_pair(group: GroupEntry, failed: dict | None) -> str | None:
    """Why a creation that failed cannot be repeated alone, where EVS has not told."""
    if not failed or failed.get("status") != PROTECTED_INSTANCE.failed_creation:
        return None
    for pair in group.live_pairs:
        if failed["id"] in plain_attachments(pair) and len(plain_attachments(pair)) > 1:
            return REPLICATION.label(pair)
    return None


def _complete(want: protected_instance.Options, failed: dict | None) -> protected_instance.Options:
    """A creation that failed is repeated as it was where the entry does not say otherwise."""
    failed = failed or {}
    tags = tags_to_mapping(failed["tags"]) or None if want.tags is None and failed.get("tags") else want.tags
    complete = replace(
        want, server=want.server or next(iter(server_halves(failed)), None), name=want.name or failed.get("name"),
        description=want.description or failed.get("description"), tags=tags,
    )
    if not complete.name:
        raise ConfigError("creating it needs name")
    return complete


def _plan_set(planning: Planning, group: GroupEntry, where: dict, members: list[InstanceEntry], left_out: dict) -> list[Step] | None:
    """Servers that share a disk: one creation, then names and tags one by one (5.5.11)."""
    first = members[0]
    steps = planning.entry(group, first, lambda part: _create_set(part, where, members, left_out, planning.copies.of(where)))
    if steps is None:
        for member in members[1:]:
            planning.refuse(group, member.path, Refused("it shares a disk with %s, and one call creates both" % first.path))
        return None
    batch = steps[-1]
    for member in members:
        steps = steps + (planning.entry(group, member, functools.partial(_adorn, member=member, where=where, batch=batch)) or [])
    return steps


def _create_set(part: Plan, where: dict, members: list[InstanceEntry], left_out: dict, copies: Copies) -> None:
    servers = [str(member.want.server) for member in members]
    others = sorted({other for server in servers for other in left_out.get(server, ())})
    if others:
        raise Refused(
            "it shares a disk with servers that this entry's group does not name, or that are protected already: %s" % ", ".join(others),
            code="SDRS.1408", remedy="Name all servers that share the disk; those protected already must be removed first (SDRS.1305).",
        )
    for member in members:
        member.want = _complete(member.want, member.obj)
        if member.want.primary_ip_address:
            raise Refused("its server shares a disk, and the creation of several servers takes no primary_ip_address")
        for option in _COMMON:
            if getattr(member.want, option) != getattr(members[0].want, option):
                raise Refused(
                    "%s must be the same for servers that share a disk, since one call creates them; %s says otherwise"
                    % (option, member.path),
                )
        if member.found:
            protected_instance.check_site(where, member.found, str(member.want.server))
    first = members[0].want
    protected_instance.require_group(where, "protected instance %s" % first.name)
    failed = [member.obj for member in members if member.obj]
    removal = [batch_delete_step(part, failed, copies, replacing=True)] if failed else []
    entries = [{"server": member.want.server, "name": member.want.name, "flavor": member.want.flavor} for member in members]
    # The service appends a number such as -0001; names are at most 64 bytes.
    prefix = str(first.name).encode("utf-8")[:59].decode("utf-8", "ignore")
    common = {option: getattr(first, option) for option in _COMMON}
    options = BatchOptions(where["id"], [], name_prefix=prefix, **common)
    live = LiveBatch([], where, sets=[servers])
    batches([servers], CREATED_AT_ONCE)
    create_together(part, options, live, entries, after=[*removal, *creator(where["id"])])


def _adorn(part: Plan, member: InstanceEntry, where: dict, batch: Step) -> None:
    """Name and tags of one instance that a batch has made."""
    want = member.want
    found = made_step(part, want.name, str(want.server), where["id"], batch)
    part.rename(PROTECTED_INSTANCE, found, str(want.name), after=[found])
    if want.tags:
        add_tag_steps(part, PROTECTED_INSTANCE, found, want.name, [], want.tags, False)
    part.after.update({key: getattr(want, key) for key in ("name", "server", "description", "flavor", "tags") if getattr(want, key)})


# Pairs under instances ------------------------------------------------------------------------------------------------


def _by_disk(group: GroupEntry, world: LiveIndex) -> list[_Users]:
    """The pairs under all instances, those of one shared disk together."""
    sets: dict[str, _Users] = {}
    for instance in group.instances:
        for pair in instance.pairs:
            if pair.obj is None and pair.want.volume is None and instance.want.server:
                pair.found = world.disks_of(instance.want.server).get(plain_device(pair.given["device"])) if is_missing(instance) else None
                pair.want.volume = (pair.found or {}).get("id")
            key = pair.obj["id"] if pair.obj else pair.want.volume or pair.path
            sets.setdefault(key, []).append((instance, pair))
    return list(sets.values())


def _plan_attached(
    planning: Planning, group: GroupEntry, where: dict, world: LiveIndex, pairs: _Users, every_home: dict[str, _Home | None],
) -> list[Step] | None:
    homes = {path: home for path, home in every_home.items() if home}
    if any(instance.path not in homes for instance, _pair in pairs):
        return []  # refused with its instance
    if any(pair.obj is None and PROTECTED_INSTANCE.busy(instance.obj) for instance, pair in pairs):
        return []  # known only when the job at work on the instance has ended; planned then
    first = pairs[0][1]
    brought = [
        instance for instance, pair in pairs
        if is_missing(instance) and pair.found and any(disk is pair.found for disk in world.disks_of(instance.want.server).values())
    ]
    if brought:
        planning.uncompared.brought(first)
        return planning.entry(group, first, lambda part: _plan_brought(part, where, first, homes[brought[0].path].steps))

    def make(part: Plan) -> None:
        if isinstance(first.want.volume, new_disk.NewDisk):
            places = [(instance.obj if instance.obj and not is_missing(instance) else {"server": instance.want.server}, pair.given["device"])
                      for instance, pair in pairs]
            new_disk.refuse_substitute(first.want.name, first.want.volume, group.live_pairs, places, world.disks_of)
        _plan_pair(part, where, pairs, homes, planning.copies.of(where), lambda: _devices(group, world, pairs[0][0]))

    return planning.entry(group, first, make)


def _plan_brought(part: Plan, where: dict, entry: PairEntry, made: list[Step]) -> None:
    """A pair that comes with its instance: named and extended once it is there."""
    want, device, disk = entry.want, entry.given["device"], entry.found or {}
    part.after = {key: value for key, value in (("device", device), ("name", want.name), ("size", want.size)) if value is not None}
    if device and not any(same_device(device, each.get("device")) for each in disk.get("attachments") or []):
        raise Refused("disk %s is attached as %s, not as %s" % (disk.get("name"), ", ".join(str(each.get("device")) for each in disk["attachments"]), device))
    have = whole(disk.get("size")) or 0
    if want.size is not None and have and want.size < have:
        raise Refused("size %d GB is smaller than the disk's present %d GB, disks can only grow" % (want.size, have))
    if not want.name and want.size in (None, have):
        return
    volume = want.volume
    creation = [step for step in made if step.operation == "create"]
    found = find_step(REPLICATION, want.name, Find({"server_group_id": where["id"]}, lambda pair: volume in volume_halves(pair)), creation)
    part.steps.append(found)
    if want.name:
        part.rename(REPLICATION, found, want.name, after=[found])
    if want.size not in (None, have):
        part.add("extend", REPLICATION, want.name, found, Request("extend_replication", {"replication": found}, {"new_size": want.size}), after=[found])


def _devices(group: GroupEntry, world: LiveIndex, instance: InstanceEntry) -> list[str]:
    """The devices at which an instance has pairs, or a server to be protected has disks."""
    if not instance.obj or is_missing(instance):
        return sorted(world.disks_of(instance.want.server))
    return sorted(device for pair in group.live_pairs for user, device in plain_attachments(pair).items() if user == instance.obj["id"])


def _plan_pair(part: Plan, where: dict, pairs: _Users, homes: dict[str, _Home], copies: Copies, devices: Callable[[], list[str]]) -> None:
    """A pair that is there, or one of an available disk: made, extended, attached.

    :param devices: callable giving what the instance has, for a message
    """
    instance, entry = pairs[0]
    want = replace(entry.want, server_group=where["id"] if entry.obj else None)
    for option in ("name", "size", "description"):
        setattr(want, option, next((given for _instance, pair in pairs if (given := getattr(pair.want, option)) is not None), None))
    if entry.obj is None and not want.volume:
        what = PROTECTED_INSTANCE.label(instance.obj) + " has no replication pair" if instance.obj else "server %s has no disk" % instance.given["server"]
        there = "; there are %s" % ", ".join(devices()) if devices() else ""
        raise Refused("%s at %s%s" % (what, entry.given["device"], there), remedy="Name the disk with volume; an available disk is paired and attached.")
    want.attachments = [{"protected_instance": homes[user.path].instance, "device": pair.given["device"]} for user, pair in pairs]
    instances = {homes[user.path].instance: {} if is_missing(user) else PROTECTED_INSTANCE.assumed(user.obj) for user, _pair in pairs}
    waits = [step for user, _pair in pairs for step in homes[user.path].steps if step.wait]
    _take_pair(part, want, entry, where, instances, copies, waits)
    named = {pair.given["device"] for _instance, pair in pairs} - {None}
    for shown in (part.before, part.after):
        if shown.pop("attachments", None) and named:
            shown["device"] = ", ".join(sorted(named))


def _take_pair(
    part: Plan, want: replication.Options, entry: PairEntry, where: dict, instances: dict, copies: Copies, after: Iterable[Step] = (),
) -> None:
    """What the rules of pairs make of an entry.

    :param instances: as in ``replication.Live``
    """
    if entry.obj is None and not want.name:
        raise ConfigError("creating it needs name")
    if want.description is None and entry.obj and is_missing(entry):
        want = replace(want, description=entry.obj.get("description"))
    volume = entry.found or ({} if entry.obj is None else None)
    new = want.volume if isinstance(want.volume, new_disk.NewDisk) else None
    if new:
        want = replace(want, volume=new_disk.add_step(part, entry, new, [*after, *creator(where["id"])]))
    made = replication.plan(want, replication.Live(REPLICATION.assumed(entry.obj), where, instances, volume, copies=copies))
    part.take(made, waits_for(REPLICATION, entry.obj), [*after, *creator(where["id"])])
    if new:
        part.after.update(volume=new.name, create_volume=new_disk.shown(entry))


def plan_pairs(planning: Planning, group: GroupEntry, where: dict) -> list[Step]:
    """Steps for the pairs that belong to no instance yet."""
    steps: list[Step] = []
    for entry in group.free_pairs:
        def make(part: Plan, entry: PairEntry = entry) -> None:
            if isinstance(entry.want.volume, new_disk.NewDisk):
                new_disk.refuse_substitute(entry.want.name, entry.want.volume, group.live_pairs)
            want = replace(entry.want, server_group=where["id"] if entry.obj else None)
            _take_pair(part, want, entry, where, {}, planning.copies.of(where))
        steps += planning.entry(group, entry, make) or []
    return steps
