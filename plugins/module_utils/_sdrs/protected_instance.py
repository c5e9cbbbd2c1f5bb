# SPDX-License-Identifier: GPL-3.0-or-later
"""Protected instances (5.5, A.3). PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .._cloud.errors import ConfigError, Refused
from .._engine.kind import LiveState
from .._engine.plan import Field, Plan, immutable_conflicts, managed, refuse_immutable, require, tags_to_list, tags_to_mapping, text_tags
from . import identity, last_copy
from .kinds import INSTANCE_ADDABLE, INSTANCE_DELETABLE, REPLICATION, SERVER_GROUP, SERVER_READY
from .kinds import PROTECTED_INSTANCE as KIND
from .owner import find_instance, group_id_of, group_of
from .sites import production_zone, server_halves
from .tags import add_tag_steps
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


@dataclass
class Live(LiveState):
    """The instance, its group, and the server of an instance to come."""

    obj: dict | None
    group: dict | None = None
    server: dict | None = None
    sharing: str | None = None  # why a failed creation cannot be replaced alone
    copies: last_copy.Copies | None = None  # of an instance that may be removed

    def watch(self):
        return [(SERVER_GROUP, self.group), (KIND, self.obj)]

    def assume(self):
        return Live(KIND.assumed(self.obj), SERVER_GROUP.assumed_owner(self.group), self.server, self.sharing, self.copies)


def read(lookup, params):
    """Look the instance up by identity: ``id``, else the protected server, else ``name`` in the group."""
    if params.get("primary_ip_address") and not params.get("primary_subnet"):
        raise ConfigError("primary_ip_address needs primary_subnet (SDRS.1380)")
    if params.get("dedicated_host") and params.get("tenancy") != "dedicated":
        raise ConfigError("dedicated_host needs tenancy: dedicated (SDRS.1371)")
    absent = params["state"] == "absent"
    obj, server = find_instance(lookup, KIND, params)
    live = Live(obj, server=server)
    if server:
        params["server"] = server["id"]
    if params.get("server_group"):
        params["server_group"] = lookup.id_of(SERVER_GROUP, params["server_group"])
    identity.check_found(
        lookup, KIND, obj, params, "server", server_halves, remedy="A server can be in one protected instance only (SDRS.1305).",
    )
    if obj is None:
        if not absent:
            _read_for_creation(lookup, params, live)
        return live
    if absent or obj.get("status") == KIND.failed_creation:
        live.group = group_of(lookup, KIND, obj)
        live.copies = last_copy.read(lookup, params, [(KIND, obj)], live.group)
    if not absent and obj.get("status") == KIND.failed_creation:
        params["server_group"] = group_id_of(KIND, obj)
        params["server"] = params.get("server") or obj.get("source_server") or obj.get("target_server")
        params["description"] = params.get("description") or obj.get("description")
        if params.get("tags") is None:
            params["tags"] = tags_to_mapping(obj.get("tags")) or None
        live.sharing = _shares_a_disk(lookup, obj)
    return live


def _read_for_creation(lookup, params, live):
    if params.get("id"):
        raise Refused("no protected instance has the ID %s" % params["id"])
    missing = [option for option in ("name", "server_group", "server") if not params.get(option)]
    if missing:
        what = params.get("name") or "of that server"
        raise ConfigError("protected instance %s does not exist; creating it needs %s" % (what, ", ".join(missing)))
    live.group = lookup.one(SERVER_GROUP, params["server_group"])
    live.server = live.server or lookup.server(params["server"])
    if live.server is None:
        raise Refused("server %s does not exist" % params["server"], code="SDRS.1326")


def _shares_a_disk(lookup, obj):
    for pair in lookup.list(REPLICATION, server_group_id=group_id_of(KIND, obj)):
        users = {entry.get("protected_instance") for entry in pair.get("attachment") or []}
        if obj["id"] in users and len(users) > 1:
            return "replication pair %s (%s)" % (pair.get("name"), pair["id"])
    return None


def plan(params, live):
    """Steps that make the instance as wanted. Pure."""
    if params["state"] == "absent":
        return _plan_absent(params, live)
    result, obj = Plan(), live.obj
    if obj is None:
        _create(result, params, live)
        return result
    if obj.get("status") == KIND.failed_creation:
        _replace(result, params, live)
        return result
    label = KIND.label(obj)
    KIND.refuse_half_deleted(obj)
    left_alone = refuse_immutable(result, params, immutable_conflicts(params, IMMUTABLE, obj), label)
    wanted = {key: value for key, value in params.items() if key not in left_alone}
    result.before = _visible(wanted, obj)
    result.after = dict(result.before)
    if params.get("name") and obj.get("name") != params["name"]:
        result.add(
            "rename", KIND, params["name"], obj["id"], "rename_protected_instance", {"protected_instance": obj["id"]},
            {"name": params["name"]},
        )
        result.after["name"] = params["name"]
    if params.get("tags") is not None:
        add_tag_steps(result, KIND, obj["id"], params.get("name") or obj.get("name"), obj.get("tags"), params["tags"], params["purge_tags"])
    return result


def _visible(params, obj):
    before = {item.option: params[item.option] for item in IMMUTABLE if params.get(item.option) is not None}
    if params.get("name"):
        before["name"] = obj.get("name")
    if params.get("tags") is not None:
        before["tags"] = tags_to_mapping(obj.get("tags"))
    return before


def _create(result, params, live, after=()):
    check_site(live.group, live.server, params["server"])
    require_group(live.group, "protected instance %s" % params["name"])
    result.after = managed(params, (*IMMUTABLE, *CREATION, Field("name", "name"), Field("tags", "tags")))
    return create_step(result, params, live.group, after)


def require_group(group, label):
    """Refuse a creation that the group's status does not allow (5.5.1)."""
    require(INSTANCE_ADDABLE, {"protection group": group.get("status")}, "creating it", label)


def create_step(result, params, group, after=()):
    """Add the creation of one instance (5.5.1) to a plan; ``params`` as the module's options, ``server`` an ID."""
    body = {
        "server_group_id": group["id"],
        "server_id": params["server"],
        "name": params["name"],
        "description": params.get("description"),
        "tags": tags_to_list(text_tags(params.get("tags"))) or None,
    }
    body.update((item.api, params.get(item.option)) for item in CREATION)
    return result.add(
        "create", KIND, params["name"], None, "create_protected_instance", after=list(after),
        body={key: value for key, value in body.items() if value is not None},
        query={"server_group_id": group["id"]}, match=lambda obj: params["server"] in (obj.get("source_server"), obj.get("target_server")),
    )


def _replace(result, params, live):
    """A creation that failed is deleted, never with its DR server or EIP, and made anew (semantics.md, section 4)."""
    obj = live.obj
    if live.sharing:
        raise Refused(
            "%s failed to be created and shares %s with other instances" % (KIND.label(obj), live.sharing),
            remedy="Name all servers that share the disk in one topology document, or create them with the module sdrs_protected_instance_batch "
            "(SDRS.1305, SDRS.1408).",
        )
    params = dict(params, name=params.get("name") or obj.get("name"))
    if live.server is None:
        live = replace(live, server={}, sharing=None)
    removal = delete_step(result, obj, live.copies, replacing=True)
    _create(result, params, live, after=[removal])
    result.before = _visible(params, obj)


def check_site(group, server, server_id):
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


def _plan_absent(params, live):
    result, obj = Plan(), live.obj
    if obj is None:
        return result
    label = KIND.label(obj)
    require(INSTANCE_DELETABLE, {"protected instance": obj.get("status")}, "deleting it", label)
    wanted = targets(params)
    for option in wanted:
        target_is_expendable(live.group, option, label)
    result.before = {"name": obj.get("name")}
    delete_step(result, obj, live.copies, wanted)
    return result


def delete_step(result, obj, copies, wanted=(), after=(), replacing=False):
    """Add the deletion of one instance (5.5.2) to a plan.

    :param copies: what is known of its halves; refuses the removal of a last copy
    :param wanted: the ``delete_target_*`` options that are set
    """
    return result.add(
        "delete", KIND, obj.get("name"), obj["id"], "delete_protected_instance", {"protected_instance": obj["id"]},
        {option: option in wanted for option in ("delete_target_server", "delete_target_eip")}, after=list(after),
        **copies.consent(result, KIND, [obj], wanted, replacing),
    )
