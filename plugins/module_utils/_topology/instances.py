# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected instances of a topology with their disks, and pairs that belong to no instance yet. Pure. PRIVATE to the collection.

A new instance creates a pair for each disk of its server: the document's options of such a pair are applied once it exists.
"""

from __future__ import annotations

from .._cloud.errors import ConfigError, Refused
from .._cloud.validate import plain_device, same_device
from .._engine.kind import whole
from .._engine.plan import Find, Request, creator, find_step, waits_for
from .._sdrs import protected_instance, replication
from .._sdrs.batch import CREATED_AT_ONCE, made_step
from .._sdrs.batch import Live as LiveBatch
from .._sdrs.batch import Options as BatchOptions
from .._sdrs.batch import create_step as create_together
from .._sdrs.kinds import PROTECTED_INSTANCE, REPLICATION, plain_attachments
from .._sdrs.sharing import batches, outsiders, shared_disks, sharing
from .._sdrs.sites import server_halves, volume_halves
from .._sdrs.tags import add_tag_steps, tags_to_mapping
from .._sdrs.teardown import batch_delete_step
from . import new_disk

# One call creates servers that share a disk, so these are the same for all of them (5.5.11).
_COMMON = ("description", "cluster", "primary_subnet", "tenancy", "dedicated_host")


def plan_instances(planning, group, where, world):
    """Steps for the instances of a group's entry and the pairs under them; the pairs come after their instance.

    :param where: the group's object; its ``id`` is a Step while the group is to be created
    """
    steps: list = []
    homes, copies = {}, planning.copies.of(where)
    new = {entry.want["server"]: entry for entry in group.instances if _missing(entry) and entry.want["server"]}
    disks = shared_disks(world.disks()) if new else []
    left_out = outsiders(new, disks, set(new))
    sets = {server: together for together in sharing(new, disks) for server in together}
    sharers = {server for disk in disks for server in plain_attachments(disk)}
    for entry in group.instances:
        server = entry.want["server"]
        if server in new and server in sharers:
            if sets[server][0] != server:
                continue
            members = [new[each] for each in sets[server]]
            made = _plan_set(planning, group, where, members, left_out)
        else:
            made = planning.entry(group, entry, lambda part, entry=entry: _plan_one(part, group, entry, where, copies))
            members = [entry]
        for member in members:
            homes[member.path] = None if made is None else (made, _home(member, made))
        steps += made or []
    for pairs in _by_disk(group, world):
        steps += _plan_attached(planning, group, where, world, pairs, homes) or []
    return steps


def _missing(entry):
    return entry.obj is None or entry.obj.get("status") == PROTECTED_INSTANCE.failed_creation


def _home(entry, made):
    """The instance of an entry: its ID, or the step that will make or find it."""
    if not _missing(entry):
        return entry.obj["id"]
    return next(step for step in made if step.branch == entry.path and step.kind is PROTECTED_INSTANCE and step.operation in ("create", "find"))


def _plan_one(part, group, entry, where, copies):
    obj = PROTECTED_INSTANCE.assumed(entry.obj)
    want = dict(entry.want, server_group=where["id"] if entry.obj else None)
    if _missing(entry):
        _complete(want, entry.obj)
    live = protected_instance.Live(obj, where, entry.found, _shared_pair(group, entry.obj), copies)
    made = protected_instance.plan(protected_instance.Options.of(want), live)
    part.take(made, waits_for(PROTECTED_INSTANCE, entry.obj), creator(where["id"]))


def _shared_pair(group, failed):
    """Why a failed creation cannot be repeated alone if EVS does not respond."""
    for pair in group.live_pairs if failed and failed.get("status") == PROTECTED_INSTANCE.failed_creation else ():
        if failed["id"] in plain_attachments(pair) and len(plain_attachments(pair)) > 1:
            return REPLICATION.label(pair)
    return None


def _complete(want, failed):
    """A creation that failed is repeated as it was where the entry does not say otherwise."""
    failed = failed or {}
    want["server"] = want["server"] or next(iter(server_halves(failed)), None)
    want["name"] = want["name"] or failed.get("name")
    want["description"] = want["description"] or failed.get("description")
    if want["tags"] is None and failed.get("tags"):
        want["tags"] = tags_to_mapping(failed["tags"]) or None
    if not want["name"]:
        raise ConfigError("name is required to create it")


def _plan_set(planning, group, where, members, left_out):
    """Servers that share a disk: one creation, then names and tags one by one (5.5.11)."""
    first = members[0]
    steps = planning.entry(group, first, lambda part: _create_set(part, where, members, left_out, planning.copies.of(where)))
    if steps is None:
        for member in members[1:]:
            planning.refuse(group, member.path, Refused("it shares a disk with %s and must be created in the same call" % first.path))
        return None
    batch = steps[-1]
    for member in members:
        steps = steps + planning.entry(group, member, lambda part, member=member: _adorn(part, member, where, batch))
    return steps


def _create_set(part, where, members, left_out, copies):
    servers = [member.want["server"] for member in members]
    others = sorted({other for server in servers for other in left_out.get(server, ())})
    if others:
        raise Refused(
            "it shares a disk with servers that the group's entry does not list, or that are already protected: %s" % ", ".join(others),
            code="SDRS.1408", remedy="List all servers that share the disk; remove the protected instances of those that are already protected first "
                                     "(SDRS.1305).",
        )
    for member in members:
        _complete(member.want, member.obj)
        if member.want["primary_ip_address"]:
            raise Refused("its server shares a disk, and batch creation does not accept primary_ip_address")
        for option in _COMMON:
            if member.want[option] != members[0].want[option]:
                raise Refused(
                    "%s must be the same for servers that share a disk, because one call creates them; %s sets a different value"
                    % (option, member.path),
                )
        if member.found:
            protected_instance.check_site(where, member.found, member.want["server"])
    protected_instance.require_group(where, "protected instance %s" % members[0].want["name"])
    failed = [member.obj for member in members if member.obj]
    removal = [batch_delete_step(part, failed, copies, replacing=True)] if failed else []
    entries = [{"server": member.want["server"], "name": member.want["name"], "flavor": member.want["flavor"]} for member in members]
    # The service appends a number such as -0001; names are at most 64 bytes.
    prefix = members[0].want["name"].encode("utf-8")[:59].decode("utf-8", "ignore")
    options = BatchOptions.of({**members[0].want, "server_group": where["id"], "servers": [], "name_prefix": prefix, "tags": None})
    live = LiveBatch([], where, sets=[servers])
    batches([servers], CREATED_AT_ONCE)
    create_together(part, options, live, entries, after=[*removal, *creator(where["id"])])


def _adorn(part, member, where, batch):
    """Name and tags of one instance that a batch has made."""
    want = member.want
    found = made_step(part, want["name"], want["server"], where["id"], batch)
    part.rename(PROTECTED_INSTANCE, found, want["name"], after=[found])
    if want["tags"]:
        add_tag_steps(part, PROTECTED_INSTANCE, found, want["name"], [], want["tags"], False)
    part.after.update({key: want[key] for key in ("name", "server", "description", "flavor", "tags") if want[key]})


# Pairs under instances ------------------------------------------------------------------------------------------------


def _by_disk(group, world):
    """The pairs under all instances, those of one shared disk together: ``[[(instance entry, pair entry)]]``."""
    sets: dict = {}
    for instance in group.instances:
        for pair in instance.pairs:
            if pair.obj is None and pair.want["volume"] is None and instance.want["server"]:
                pair.found = world.disks_of(instance.want["server"]).get(plain_device(pair.want["device"])) if _missing(instance) else None
                pair.want["volume"] = (pair.found or {}).get("id")
            key = pair.obj["id"] if pair.obj else pair.want["volume"] or pair.path
            sets.setdefault(key, []).append((instance, pair))
    return list(sets.values())


def _plan_attached(planning, group, where, world, pairs, homes):
    if any(homes[instance.path] is None for instance, _pair in pairs):
        return []  # refused with its instance
    if any(pair.obj is None and PROTECTED_INSTANCE.busy(instance.obj) for instance, pair in pairs):
        return []  # known only when the job at work on the instance has ended; planned then
    first = pairs[0][1]
    brought = [
        instance for instance, pair in pairs
        if _missing(instance) and pair.found and any(disk is pair.found for disk in world.disks_of(instance.want["server"]).values())
    ]
    if brought:
        planning.uncompared.brought(first)
        return planning.entry(group, first, lambda part: _plan_brought(part, where, first, homes[brought[0].path][0]))

    def make(part):
        if isinstance(first.want["volume"], new_disk.NewDisk):
            places = [(instance.obj if instance.obj and not _missing(instance) else {"server": instance.want["server"]}, pair.want["device"])
                      for instance, pair in pairs]
            new_disk.refuse_substitute(first, group.live_pairs, places, world.disks_of)
        _plan_pair(part, where, pairs, homes, planning.copies.of(where), lambda: _devices(group, world, pairs[0][0]))

    return planning.entry(group, first, make)


def _plan_brought(part, where, entry, made):
    """A pair that is created with its instance: renamed and extended once it exists."""
    want = entry.want
    part.after = {key: want[key] for key in ("device", "name", "size") if want[key] is not None}
    if want["device"] and not any(same_device(want["device"], each.get("device")) for each in entry.found.get("attachments") or []):
        raise Refused("disk %s is attached as %s, not as %s" % (entry.found.get("name"), ", ".join(
            str(each.get("device")) for each in entry.found["attachments"]), want["device"]))
    have = whole(entry.found.get("size")) or 0
    if want["size"] is not None and have and want["size"] < have:
        raise Refused("size %d GB is smaller than the disk's current %d GB; disks can only grow" % (want["size"], have))
    if not want["name"] and want["size"] in (None, have):
        return
    volume = want["volume"]
    creation = [step for step in made if step.operation == "create"]
    found = find_step(REPLICATION, want["name"], Find({"server_group_id": where["id"]}, lambda pair: volume in volume_halves(pair)), creation)
    part.steps.append(found)
    if want["name"]:
        part.rename(REPLICATION, found, want["name"], after=[found])
    if want["size"] not in (None, have):
        part.add("extend", REPLICATION, want["name"], found, Request("extend_replication", {"replication": found}, {"new_size": want["size"]}), after=[found])


def _devices(group, world, instance):
    """The devices at which an instance has pairs, or a server to be protected has disks."""
    if _missing(instance):
        return sorted(world.disks_of(instance.want["server"]))
    return sorted(device for pair in group.live_pairs for user, device in plain_attachments(pair).items() if user == instance.obj["id"])


def _plan_pair(part, where, pairs, homes, copies, devices):
    """A pair that is there, or one of an available disk: made, extended, attached.

    :param devices: callable that returns the devices of the instance, for a message
    """
    entry = pairs[0][1]
    want = dict(entry.want, server_group=where["id"] if entry.obj else None, purge_attachments=False)
    for _instance, pair in pairs:
        for option in ("name", "size", "description"):
            want[option] = want[option] if want[option] is not None else pair.want[option]
    if entry.obj is None and not want["volume"]:
        instance = pairs[0][0]
        what = PROTECTED_INSTANCE.label(instance.obj) + " has no replication pair" if instance.obj else "server %s has no disk" % instance.given["server"]
        there = "; available: %s" % ", ".join(devices()) if devices() else ""
        raise Refused("%s at %s%s" % (what, want["device"], there), remedy="Set volume; an available disk is paired and attached.")
    want["attachments"] = [{"protected_instance": homes[instance.path][1], "device": pair.want["device"]} for instance, pair in pairs]
    instances = {homes[instance.path][1]: {} if _missing(instance) else PROTECTED_INSTANCE.assumed(instance.obj) for instance, _pair in pairs}
    waited_for = [step for instance, _pair in pairs for step in homes[instance.path][0] if step.wait]
    _take_pair(part, want, entry, where, instances, copies, waited_for)
    devices = {pair.want["device"] for _instance, pair in pairs} - {None}
    for shown in (part.before, part.after):
        if shown.pop("attachments", None) and devices:
            shown["device"] = ", ".join(sorted(devices))


def _take_pair(part, want, entry, where, instances, copies, after=()):
    """The result of the rules of pairs for an entry.

    :param instances: as in ``replication.Live``
    """
    if entry.obj is None and not want["name"]:
        raise ConfigError("name is required to create it")
    if want["description"] is None and (entry.obj or {}).get("status") == REPLICATION.failed_creation:
        want["description"] = entry.obj.get("description")
    volume = entry.found or ({} if entry.obj is None else None)
    creation = []
    if isinstance(want["volume"], new_disk.NewDisk):
        creation = [new_disk.add_step(part, entry, [*after, *creator(where["id"])])]
        want["volume"] = creation[0]
    made = replication.plan(replication.Options.of(want), replication.Live(REPLICATION.assumed(entry.obj), where, instances, volume, copies=copies))
    part.take(made, waits_for(REPLICATION, entry.obj), [*after, *creator(where["id"])])
    if creation:
        part.after.update(volume=creation[0].name, create_volume=new_disk.shown(entry))


def plan_pairs(planning, group, where):
    """Steps for the pairs that belong to no instance yet."""
    steps: list = []
    for entry in group.free_pairs:
        def make(part, entry=entry):
            if isinstance(entry.want["volume"], new_disk.NewDisk):
                new_disk.refuse_substitute(entry, group.live_pairs)
            want = dict(entry.want, server_group=where["id"] if entry.obj else None, attachments=None)
            _take_pair(part, want, entry, where, {}, planning.copies.of(where))
        steps += planning.entry(group, entry, make) or []
    return steps
