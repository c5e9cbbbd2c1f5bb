# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected instances (5.5, A.3). PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .._cloud.errors import ConfigError, Refused
from .._engine.lookup import Lookup
from .._engine.options import ObjectOptions
from .._engine.plan import Field, Find, Plan, Step, managed, require
from . import identity, last_copy
from .kinds import INSTANCE_ADDABLE, INSTANCE_DELETABLE, REPLICATION, SERVER_GROUP, SERVER_READY
from .kinds import PROTECTED_INSTANCE as KIND
from .owner import OwnedLive, Sought, find_instance, group_id_of, group_of
from .present import NAME, live_values, plan_present, require_creatable
from .sites import production_zone, server_halves
from .tags import add_tag_steps, tags_to_list, tags_to_mapping, text_tags
from .targets import target_is_expendable, targets

IMMUTABLE = (
    Field("description", "description"),
    Field("server", "source_server", lambda obj: frozenset(filter(None, (obj.get("source_server"), obj.get("target_server"))))),
    Field("server_group", "server_group_id"),
)
CREATION = (
    Field("cluster", "cluster_id"),
    Field("primary_subnet", "primary_subnet_id"),
    Field("primary_ip_address", "primary_ip_address"),
    Field("flavor", "flavorRef"),
    Field("tenancy", "tenancy"),
    Field("dedicated_host", "dedicated_host_id"),
)
_CHANGEABLE = (Field("tags", "tags", lambda obj: tags_to_mapping(obj.get("tags"))),)


@dataclass
class Options(ObjectOptions):
    server_group: str | None = None
    server: str | None = None
    description: str | None = None
    cluster: str | None = None
    primary_subnet: str | None = None
    primary_ip_address: str | None = None
    flavor: str | None = None
    tenancy: str | None = None
    dedicated_host: str | None = None
    tags: dict | None = None
    purge_tags: bool = False
    delete_target_server: bool = False
    delete_target_eip: bool = False
    delete_last_copy: bool = False


@dataclass
class Live(OwnedLive):
    """The instance, its group, and the server of an instance to come."""

    kind = KIND
    server: Any = None  # a dict, where it was read
    sharing: str | None = None  # why a failed creation cannot be replaced alone
    copies: last_copy.Copies | None = None  # of an instance that may be removed


def read(lookup: Lookup, options: Options) -> Live:
    """Look the instance up by identity: ``id``, else the protected server, else ``name`` in the group."""
    if options.primary_ip_address and not options.primary_subnet:
        raise ConfigError("primary_ip_address needs primary_subnet (SDRS.1380)")
    if options.dedicated_host and options.tenancy != "dedicated":
        raise ConfigError("dedicated_host needs tenancy: dedicated (SDRS.1371)")
    obj, server, options.server = find_instance(lookup, Sought(options.id, options.server, options.name, options.server_group))
    live = Live(obj, server=server)
    if options.server_group:
        options.server_group = lookup.id_of(SERVER_GROUP, options.server_group)
    identity.check_found(
        lookup, KIND, obj, vars(options), "server", server_halves, remedy="A server can be in one protected instance only (SDRS.1305).",
    )
    if obj is None:
        if not options.absent:
            _read_for_creation(lookup, options, live)
        return live
    if options.absent or obj.get("status") == KIND.failed_creation:
        live.group = group_of(lookup, KIND, obj)
        live.copies = last_copy.read(lookup, options.delete_last_copy, [(KIND, obj)], live.group)
    if not options.absent and obj.get("status") == KIND.failed_creation:
        options.server_group = group_id_of(KIND, obj)
        options.server = options.server or obj.get("source_server") or obj.get("target_server")
        options.description = options.description or obj.get("description")
        if options.tags is None:
            options.tags = tags_to_mapping(obj.get("tags")) or None
        live.sharing = _shares_a_disk(lookup, obj)
    return live


def _read_for_creation(lookup: Lookup, options: Options, live: Live) -> None:
    require_creatable(KIND, options, ("name", "server_group", "server"), "of that server")
    live.group = lookup.one(SERVER_GROUP, str(options.server_group))
    live.server = live.server or lookup.server(str(options.server))
    if live.server is None:
        raise Refused("server %s does not exist" % options.server, code="SDRS.1326")


def _shares_a_disk(lookup: Lookup, obj: dict) -> str | None:
    for pair in lookup.list(REPLICATION, server_group_id=group_id_of(KIND, obj)):
        users = {entry.get("protected_instance") for entry in pair.get("attachment") or []}
        if obj["id"] in users and len(users) > 1:
            return "replication pair %s (%s)" % (pair.get("name"), pair["id"])
    return None


def plan(options: Options, live: Live) -> Plan:
    """Steps that make the instance as wanted. Pure."""
    if options.absent:
        return _plan_absent(options, live)
    result, obj = Plan(), live.obj
    if obj is None:
        _create(result, options, live)
        return result
    if obj.get("status") == KIND.failed_creation:
        _replace(result, options, live)
        return result
    plan_present(result, KIND, options, obj, IMMUTABLE, _CHANGEABLE)
    if options.tags is not None:
        add_tag_steps(result, KIND, obj["id"], options.name or obj.get("name"), obj.get("tags"), options.tags, options.purge_tags)
    return result


def _create(result: Plan, options: Options, live: Live, after: Iterable[Step] = ()) -> Step:
    check_site(live.group, live.server, options.server)
    require_group(live.group, "protected instance %s" % options.name)
    result.after = managed(options, (*IMMUTABLE, *CREATION, NAME, *_CHANGEABLE))
    return create_step(result, options, live.group, after)


def require_group(group: dict, label: str) -> None:
    """Refuse a creation that the group's status does not allow (5.5.1)."""
    require(INSTANCE_ADDABLE, {"protection group": group.get("status")}, "creating it", label)


def create_step(result: Plan, options: Options, group: dict, after: Iterable[Step] = ()) -> Step:
    """Add the creation of one instance (5.5.1) to a plan; ``options.server`` is an ID."""
    body = {
        "server_group_id": group["id"],
        "server_id": options.server,
        "name": options.name,
        "description": options.description,
        "tags": tags_to_list(text_tags(options.tags)) or None,
    }
    body.update((item.api, getattr(options, item.option)) for item in CREATION)
    find = Find({"server_group_id": group["id"]}, lambda obj: options.server in (obj.get("source_server"), obj.get("target_server")))
    return result.create(KIND, options.name, body, find, after)


def _replace(result: Plan, options: Options, live: Live) -> None:
    """A creation that failed is deleted, never with its DR server or EIP, and made anew (semantics.md, section 4)."""
    obj = live.obj
    if live.sharing:
        raise Refused(
            "%s failed to be created and shares %s with other instances" % (KIND.label(obj), live.sharing),
            remedy="Name all servers that share the disk in one topology document, or create them with the module sdrs_protected_instance_batch "
            "(SDRS.1305, SDRS.1408).",
        )
    options = replace(options, name=options.name or obj.get("name"))
    if live.server is None:
        live = replace(live, server={}, sharing=None)
    removal = delete_step(result, obj, last_copy.required(live.copies), replacing=True)
    _create(result, options, live, after=[removal])
    result.before = live_values(options, obj, IMMUTABLE, _CHANGEABLE)


def check_site(group: dict, server: dict, server_id: str | None) -> None:
    """Refuse a server outside the current production site, the group's VPC, or in transit of power.

    :raises Refused: SDRS.1303, 1304, 1333
    """
    zone, wanted = server.get("OS-EXT-AZ:availability_zone"), production_zone(group)
    label = "server %s (%s)" % (server.get("name"), server_id)
    if zone and wanted and zone != wanted:
        raise Refused(
            "%s is in AZ %s, the current production site of protection group %s is AZ %s" % (label, zone, group.get("name"), wanted),
            code="SDRS.1303", remedy="Protect servers of the production site only; after a failover, fail back first.",
        )
    vpc = (server.get("metadata") or {}).get("vpc_id")
    if vpc and group.get("source_vpc_id") and vpc not in (group["source_vpc_id"], group.get("target_vpc_id")):
        raise Refused(
            "%s is in VPC %s, protection group %s is for VPC %s" % (label, vpc, group.get("name"), group["source_vpc_id"]),
            code="SDRS.1304", remedy="Use a server of the group's VPC.",
        )
    if server.get("status") and server["status"] not in SERVER_READY:
        raise Refused("%s is %s, it must be ACTIVE or SHUTOFF" % (label, server["status"]), code="SDRS.1333")


def _plan_absent(options: Options, live: Live) -> Plan:
    result, obj = Plan(), live.obj
    if obj is None:
        return result
    label = KIND.label(obj)
    require(INSTANCE_DELETABLE, {"protected instance": obj.get("status")}, "deleting it", label)
    wanted = targets(vars(options))
    for option in wanted:
        target_is_expendable(live.group, option, label)
    result.before = {"name": obj.get("name")}
    delete_step(result, obj, last_copy.required(live.copies), wanted)
    return result


def delete_step(result: Plan, obj: dict, copies: last_copy.Copies, wanted: Iterable = (), after: Iterable[Step] = (), replacing: bool = False) -> Step:
    """Add the deletion of one instance (5.5.2) to a plan.

    :param copies: what is known of its halves; refuses the removal of a last copy
    :param wanted: the ``delete_target_*`` options that are set
    """
    body = {option: option in wanted for option in ("delete_target_server", "delete_target_eip")}
    return result.delete(KIND, obj, body, after=after, **copies.consent(result, KIND, [obj], wanted, replacing))
