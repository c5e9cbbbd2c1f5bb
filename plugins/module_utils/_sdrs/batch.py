# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected instances in batches (5.5.11, 5.5.12): the only way for servers that share a disk. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .._cloud.errors import ConfigError, Refused, SdrsError
from .._cloud.odd import matching
from .._cloud.validate import is_id, name
from .._engine.kind import LiveState
from .._engine.lookup import Lookup
from .._engine.options import Options as _Options
from .._engine.plan import Find, Plan, Request, Step, find_step, require
from . import identity, last_copy, protected_instance
from .kinds import INSTANCE_ADDABLE, INSTANCE_DELETABLE, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP
from .owner import Sought, find_instance, group_name
from .sharing import batches, outsiders, shared_disks, sharing
from .sites import server_halves
from .tags import tags_to_list, text_tags
from .targets import target_is_expendable, targets
from .teardown import batch_delete_step

KIND = PROTECTED_INSTANCE
CREATED_AT_ONCE, DELETED_AT_ONCE = 5, 20


def _prefix(value: Any) -> str | None:
    return name(value) or (None if len(value) <= 59 else "%r is longer than 59 characters" % value)


def _servers(value: Any) -> str | None:
    for index, entry in enumerate(value):
        if not entry["server"].strip():
            return "[%d].server must not be empty" % index
        problem = name(entry["name"]) if entry.get("name") is not None else None
        if problem:
            return "[%d].name: %s" % (index, problem)
    return None if value else "must not be empty"


RULES = {"name_prefix": _prefix, "servers": _servers}


@dataclass
class Options(_Options):
    """``servers``: ``{server, name, flavor}``."""

    server_group: str
    servers: list[dict]
    state: str = "present"
    name_prefix: str | None = None
    description: str | None = None
    cluster: str | None = None
    primary_subnet: str | None = None
    tenancy: str | None = None
    dedicated_host: str | None = None
    tags: dict | None = None
    delete_target_server: bool = False
    delete_target_eip: bool = False
    delete_last_copy: bool = False


@dataclass
class Live(LiveState):
    """The group, the wanted servers, the instances that protect them already, and which of them share disks.

    ``obj`` is the list of instances, ``entries`` are the wanted servers with IDs, ``sets`` lists of server IDs that belong together.
    """

    obj: list
    group: Any = None  # a dict, once it was read
    entries: list = field(default_factory=list)
    by_server: dict = field(default_factory=dict)
    servers: dict = field(default_factory=dict)
    sets: list = field(default_factory=list)
    pairs: list = field(default_factory=list)
    bound: dict = field(default_factory=dict)  # server to come: those it shares a disk with that are protected already
    copies: last_copy.Copies | None = None  # of the instances that may be removed

    @property
    def id(self) -> str | None:
        return (self.group or {}).get("id")

    def watch(self) -> list:
        return [(SERVER_GROUP, self.group), *((KIND, instance) for instance in self.obj)]

    def assume(self) -> Live:
        kept = {key: KIND.assumed(instance) for key, instance in self.by_server.items()}
        kept = {key: instance for key, instance in kept.items() if instance}
        return self.supposing(list(kept.values()), group=SERVER_GROUP.assumed_owner(self.group), by_server=kept)


def read(lookup: Lookup, options: Options) -> Live:
    """The group, the servers, and what protects them; which servers share disks when some have to be created."""
    references = [entry["server"] for entry in options.servers]
    if len(set(references)) != len(references):
        raise ConfigError("servers names a server twice")
    if options.dedicated_host and options.tenancy != "dedicated":
        raise ConfigError("dedicated_host needs tenancy: dedicated (SDRS.1371)")
    if any(not is_id(reference) for reference in references):
        lookup.all_servers()  # one list instead of one query for each name
    live = Live([], group := lookup.one(SERVER_GROUP, options.server_group))
    options.server_group = group["id"]
    for index, entry in enumerate(options.servers):
        instance, server, server_id = find_instance(lookup, Sought(half=entry["server"], server_group=group["id"]))
        if server:
            live.servers[server_id] = server
        live.entries.append(dict(entry, server=server_id))
        if instance and instance.get("server_group_id") != group["id"]:
            raise Refused(
                "servers[%d]: %s belongs to protection group %s" % (index, KIND.label(instance), group_name(lookup, instance.get("server_group_id"))),
                code="SDRS.1305",
            )
        if instance:
            identity.check_name(
                KIND, instance, dict(entry, state=options.state),
                lambda entry=entry: lookup.named(KIND, entry["name"], server_group_id=group["id"]), "servers[%d]" % index,
            )
            live.by_server[server_id] = instance
    live.obj = list({instance["id"]: instance for instance in live.by_server.values()}.values())
    absent = options.state == "absent"
    if absent:
        live.pairs = lookup.list(REPLICATION, server_group_id=group["id"]) if live.obj else []
    elif _missing(live):
        _read_disks(lookup, live)
    leaving = [(KIND, instance) for instance in live.obj if absent or instance.get("status") == KIND.failed_creation]
    live.copies = last_copy.read(lookup, options.delete_last_copy, leaving, live.group)
    return live


def _missing(live: Live) -> list:
    """Servers that no instance protects, or one whose creation failed."""
    ready = {server for server, instance in live.by_server.items() if instance.get("status") != KIND.failed_creation}
    return [entry["server"] for entry in live.entries if entry["server"] not in ready]


def _read_disks(lookup: Lookup, live: Live) -> None:
    """Servers linked by shared disks, over one list of disks."""
    missing = _missing(live)
    for server_id in missing:
        live.servers.setdefault(server_id, lookup.server(server_id))
        if live.servers[server_id] is None:
            raise Refused("server %s does not exist" % server_id, code="SDRS.1326")
    attached = shared_disks(lookup.all_volumes())
    left_out = outsiders(missing, attached, {entry["server"] for entry in live.entries})
    for server_id, others in left_out.items():
        raise Refused(
            "servers: %s shares a disk with servers that are not listed: %s" % (server_id, ", ".join(sorted(others))),
            code="SDRS.1408", remedy="All servers that share a disk must be protected in one call.",
        )
    live.sets = sharing(missing, attached)
    live.bound = outsiders(missing, attached, set(missing))


def plan(options: Options, live: Live) -> Plan:
    """Steps that create or delete what is missing or left. Pure."""
    return _plan_absent(options, live) if options.state == "absent" else _plan_present(options, live)


def _plan_present(options: Options, live: Live) -> Plan:
    result = Plan()
    result.before = {"protected_servers": {key: instance.get("name") for key, instance in live.by_server.items()}}
    named = {entry["server"]: entry.get("name") or result.before["protected_servers"].get(entry["server"]) for entry in live.entries}
    result.after = {"protected_servers": {key: name_ or options.name_prefix for key, name_ in named.items()}}
    entries = {entry["server"]: entry for entry in live.entries}
    missing = [server_id for together in live.sets for server_id in together]
    for server_id, instance in live.by_server.items():
        if server_id not in missing:
            _rename(result, instance["id"], instance.get("name"), entries[server_id].get("name"))
    for server_id, others in live.bound.items():
        raise Refused(
            "server %s shares a disk with servers that are protected already: %s" % (server_id, ", ".join(sorted(others))),
            code="SDRS.1408", remedy="Stop protecting these (state: absent), then create the whole set again (SDRS.1305).",
        )
    if missing:
        label = SERVER_GROUP.label(live.group)
        require(INSTANCE_ADDABLE, {"protection group": live.group.get("status")}, "creating protected instances", label)
        if not options.name_prefix:
            raise ConfigError("name_prefix is needed to create protected instances")
    for server_id in missing:
        if live.servers.get(server_id):
            protected_instance.check_site(live.group, live.servers[server_id], server_id)
    for batch in batches(live.sets, CREATED_AT_ONCE):
        _create_named(result, options, live, [entries[server_id] for server_id in batch])
    return result


def _create_named(result: Plan, options: Options, live: Live, wanted: list) -> None:
    """One call for several instances, in place of those whose creation failed; names are set by renaming, instance by instance."""
    failed = [live.by_server[entry["server"]] for entry in wanted if entry["server"] in live.by_server]
    removal = []
    if failed:
        removal = [_delete(result, failed, last_copy.required(live.copies), replacing=True)]
    step = create_step(result, options, live, wanted, after=removal)
    for entry in wanted:
        if entry.get("name"):
            made = made_step(result, entry["name"], entry["server"], live.group["id"], step)
            _rename(result, made, None, entry["name"], [made])


def made_step(result: Plan, name_: str | None, server_id: str, group_id: Any, creation: Step) -> Step:
    """Add the step that finds the instance which ``creation`` made for a server."""
    found = find_step(KIND, name_, Find({"server_group_id": group_id}, lambda obj: server_id in server_halves(obj)), [creation])
    result.steps.append(found)
    return found


def _rename(result: Plan, instance_id: Any, have: Any, wanted: Any, after: Iterable[Step] = ()) -> None:
    if wanted and have != wanted:
        result.rename(KIND, instance_id, wanted, after)


def create_step(result: Plan, options: Options, live: Live, entries: list, after: Iterable[Step] = ()) -> Step:
    """Add the creation of the instances of ``entries`` (``{server, name, flavor}``) in one call (5.5.11) to a plan."""
    body = {
        "name_prefix": options.name_prefix, "description": options.description, "server_group_id": live.group["id"],
        "cluster_id": options.cluster, "primary_subnet_id": options.primary_subnet, "tenancy": options.tenancy,
        "dedicated_host_id": options.dedicated_host, "tags": tags_to_list(text_tags(options.tags)) or None,
        "servers": [{"server_id": entry["server"], **({"flavorRef": entry["flavor"]} if entry.get("flavor") else {})} for entry in entries],
    }
    first = entries[0]["server"]
    request = Request(
        "batch_create_protected_instances", body={key: value for key, value in body.items() if value is not None},
        members=[(entry.get("name") or options.name_prefix, None) for entry in entries], instead=lambda error: _singly(options, live, entries, error),
    )
    find = Find({"server_group_id": live.group["id"]}, lambda obj: first in server_halves(obj))
    return result.add("create", KIND, options.name_prefix, None, request, find, after=after)


def _singly(options: Options, live: Live, entries: Iterable, error: SdrsError) -> list[Step]:
    """Where the cloud has no batch operations: single creations, if no disk is shared (service.md, section 6).

    :raises ApiError: the first answer, with what it means
    """
    mine = {entry["server"] for entry in entries}
    shared = [together for together in live.sets if len(together) > 1 and mine & set(together)]
    if shared:
        error.data["remedy"] = (
            "This cloud has no batch creation, and servers %s share a disk: detach the disk from all but one, protect the servers, "
            "pair the disk once it is available, and attach the pair to each of them." % ", ".join(shared[0])
        )
        raise error
    plan_ = Plan()
    for number, entry in enumerate(entries, 1):
        name = entry.get("name") or "%s-%04d" % (options.name_prefix, number)
        single = protected_instance.Options.of({**vars(options), "name": name, "server": entry["server"], "flavor": entry.get("flavor")})
        protected_instance.create_step(plan_, single, live.group)
    return plan_.steps


def _plan_absent(options: Options, live: Live) -> Plan:
    result = Plan(before={"protected_servers": {key: instance.get("name") for key, instance in live.by_server.items()}})
    result.after = {"protected_servers": {}}
    by_id = {instance["id"]: instance for instance in live.obj}
    for instance in live.obj:
        label = KIND.label(instance)
        require(INSTANCE_DELETABLE, {"protected instance": instance.get("status")}, "deleting it", label)
        for option in ("delete_target_server", "delete_target_eip"):
            if getattr(options, option):
                target_is_expendable(live.group, option, label)
    wanted = targets(vars(options))
    copies = last_copy.required(live.copies)
    copies.clear(result, [(KIND, instance) for instance in live.obj], wanted)
    for batch in batches(sharing(by_id, live.pairs), DELETED_AT_ONCE):
        objects = [by_id[key] for key in batch]
        _delete(result, objects, copies, wanted)
    return result


def _delete(result: Plan, objects: list, copies: last_copy.Copies, wanted: Iterable = (), replacing: bool = False) -> Step:
    """One call for several instances, or one for each where the cloud has no such call."""
    step = batch_delete_step(result, objects, copies, wanted, replacing=replacing)
    if step.request:
        step.request.instead = lambda error: _delete_singly(objects, copies, wanted, replacing)
    return step


def _delete_singly(objects: Iterable, copies: last_copy.Copies, wanted: Iterable = (), replacing: bool = False) -> list[Step]:
    plan_ = Plan()
    for obj in objects:
        protected_instance.delete_step(plan_, obj, copies, wanted, replacing=replacing)
    return plan_.steps


def show(lookup: Lookup, group_id: Any, live: Live) -> list:
    """The instances of the wanted servers, as the list shows them."""
    wanted = {entry["server"] for entry in live.entries}
    return matching(lookup.list(KIND, server_group_id=group_id), lambda instance: wanted & set(server_halves(instance)))
