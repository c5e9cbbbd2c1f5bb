# SPDX-License-Identifier: GPL-3.0-or-later
"""What the info modules read that are not about one of the five kinds. Each gives the result's keys. PRIVATE to the collection."""

from __future__ import annotations

from .._client import objects
from .._errors import ConfigError, SdrsError
from .._lookup import exactly_one, production_zone
from .._validate import identifiers, is_id
from . import _conditions, drill, protected_instance, replication, server_group
from ._owner import server_halves
from .resize import sides

_TASK_FILTERS = ("failure_status", "resource_name", "resource_type")
FAILURES = (
    "createFail", "deleteFail", "attachFail", "detachFail", "expandFail", "resizeFail", "startFail", "stopFail", "reverseFail",
    "failoverFail", "reprotectFail",
)
RESOURCE_TYPES = ("server_groups", "protected_instances", "replications", "disaster_recovery_drills")
# The neighbours' filters take any part of a name.
NAME_PART = {"name": lambda value: None if value else "must not be empty"}
SERVER_RULES = {**NAME_PART, "ids": identifiers}


def failed_tasks(lookup, params, waiting):
    """5.9.1: of a group, of the protection group level, or with ``all`` of both kinds."""
    filters = {name: params[name] for name in _TASK_FILTERS if params.get(name)}
    if params.get("server_group"):
        groups = [lookup.id_of(server_group.KIND, params["server_group"])]
    else:
        groups = [None] + ([group["id"] for group in lookup.list(server_group.KIND)] if params["all"] else [])
    found = []
    for group_id in groups:
        found += lookup.api.list("list_failed_tasks", dict(filters, server_group_id=group_id))
    return {"failed_tasks": found}


def quotas(lookup, params, waiting):
    """5.10.1."""
    answer = lookup.api.call("show_quotas").get("quotas")
    return {"quotas": objects(answer if isinstance(answer, dict) else {}, "resources")}


def api_versions(lookup, params, waiting):
    """5.2.1, or 5.2.2 for one version."""
    client = lookup.api.client
    if params.get("version"):
        version = client.send("GET", "sdrs", "/" + params["version"]).get("version")
        return {"api_versions": [version] if version else []}
    return {"api_versions": objects(client.send("GET", "sdrs", "/"), "versions")}


def rpo_statistics(lookup, params, waiting):
    """Not in the reference (field notes, head of the page)."""
    query = {name: params[name] for name in ("start_time", "end_time", "resource_type") if params.get(name)}
    return {"rpo_statistics": lookup.api.list("list_rpo_statistics", query)}


def vpcs(lookup, params, waiting):
    """VPCs with their subnets."""
    found = [vpc for vpc in lookup.api.vpcs() if params.get("id") in (None, vpc.get("id")) and params.get("name") in (None, vpc.get("name"))]
    subnets = lookup.api.subnets(found[0]["id"] if len(found) == 1 else None) if found else []
    return {"vpcs": [dict(vpc, subnets=[subnet for subnet in subnets if subnet.get("vpc_id") == vpc.get("id")]) for vpc in found]}


def as_groups(lookup, params, waiting):
    """AS groups by ID, or whose name contains ``name``."""
    if params.get("id"):
        from .as_group import KIND

        group = lookup.show(KIND, params["id"])
        return {"as_groups": [group] if group else []}
    return {"as_groups": lookup.api.as_groups(params.get("name"))}


def ecs_servers(lookup, params, waiting):
    """ECS servers by ID, name part, or as the halves of a group's protected instances."""
    if params.get("ids"):
        servers = [lookup.server(params["ids"][0])] if len(params["ids"]) == 1 else [lookup.all_servers().get(each) for each in params["ids"]]
        return {"ecs_servers": [server for server in servers if server]}
    if params.get("server_group"):
        group_id = lookup.id_of(server_group.KIND, params["server_group"])
        halves = {half for instance in lookup.list(protected_instance.KIND, server_group_id=group_id) for half in server_halves(instance)}
        return {"ecs_servers": [server for server in lookup.all_servers().values() if server.get("id") in halves]}
    return {"ecs_servers": lookup.api.servers(params.get("name"))}


def readiness(lookup, params, waiting):
    """Every condition the service documents for an operation; changes nothing."""
    group = lookup.one(server_group.KIND, params["server_group"])
    if params["operation"] == "create":
        checks = _creation(lookup, params, group)
    else:
        query = {"server_group_id": group["id"]}
        facts = _conditions.Facts(group, lookup.list(protected_instance.KIND, **query), lookup.list(replication.KIND, **query))
        if params["operation"] in ("planned_failover", "reprotect", "protect"):
            try:
                facts.servers = lookup.all_servers()
            except SdrsError as error:
                facts.ecs_problem = str(error)
        checks = getattr(_conditions, "for_" + params["operation"])(facts)
        if params["operation"] == "drill":
            checks += _drill_vpc(lookup, params, group, facts)
    ready = all(each["passed"] for each in checks if each["severity"] == _conditions.ERROR)
    return {"checks": checks, "ready": ready, "server_group": group, "project": _project(lookup.api.client)}


def _project(client):
    """Where all of this is: what an earlier run noted elsewhere is about something else."""
    return {"id": client.project_id, "region": client.settings.region, "endpoint": client.settings.url("sdrs", client.auth.catalogue)}


def _drill_vpc(lookup, params, group, facts):
    """5.7.1; SDRS.1907, 1908, 1909, 1921, 1929."""
    if not params.get("drill_vpc"):
        text = "the service creates a drill VPC, which outlives the drill and counts in the VPC quota"
        return [_conditions.check("drill_vpc", True, _conditions.WARNING, text)]
    vpcs = lookup.once("vpcs", lookup.api.vpcs)
    named = [vpc for vpc in vpcs if params["drill_vpc"] in (vpc.get("id"), vpc.get("name"))]
    vpc = exactly_one(named, vpcs, "VPC", params["drill_vpc"])
    own = next((each for each in vpcs if each.get("id") == group.get("source_vpc_id")), {})
    users = [each for each in lookup.list(drill.KIND) if each.get("drill_vpc_id") == vpc["id"]]
    subnets = {each.get("cidr") for each in lookup.api.subnets(vpc["id"])}
    needed = {each.get("cidr") for each in lookup.api.subnets(own["id"])} if own else set()
    error, check = _conditions.ERROR, _conditions.check
    return [
        check("drill_vpc_is_separate", vpc["id"] != own.get("id"), error, "the drill VPC is %s, the group's %s" % (vpc.get("name"), own.get("name"))),
        check("drill_vpc_unused", not users, error, "used by drill %s" % _conditions.listed(users) if users else "no drill uses it"),
        check("drill_vpc_cidr", vpc.get("cidr") == own.get("cidr"), error, "CIDR %s, the group's VPC has %s" % (vpc.get("cidr"), own.get("cidr"))),
        check("drill_vpc_subnets", bool(subnets) and needed <= subnets, error if not subnets else _conditions.WARNING,
              "missing subnets: %s" % ", ".join(sorted(map(str, needed - subnets))) if needed - subnets else "it has the subnets of the group's VPC"),
    ]


def _creation(lookup, params, group):
    """5.5.1: what must hold for servers to be protected."""
    if not params.get("servers"):
        raise ConfigError("operation create needs servers")
    error, check = _conditions.ERROR, _conditions.check
    known = lookup.all_servers()
    servers = []
    for reference in params["servers"]:
        found = [each for each in known.values() if reference in (each.get("id"), each.get("name"))]
        servers.append(exactly_one(found, [], "server", reference))
    protected = {half: instance for instance in lookup.list(protected_instance.KIND) for half in server_halves(instance)}
    taken = [server for server in servers if server["id"] in protected]
    zone = production_zone(group)
    elsewhere = [server for server in servers if server.get("OS-EXT-AZ:availability_zone") != zone]
    foreign = [server for server in servers if (server.get("metadata") or {}).get("vpc_id") not in (None, group.get("source_vpc_id"))]
    odd = [server for server in servers if server.get("status") not in protected_instance.SERVER_READY]
    ids = {server["id"] for server in servers}
    disks = lookup.api.volumes()
    mine = [disk for disk in disks if ids & {each.get("server_id") for each in disk.get("attachments") or []}]
    open_sets = [
        disk for disk in mine
        if disk.get("multiattach") in (True, "true") and not {each.get("server_id") for each in disk["attachments"]} <= ids
    ]
    quota = {each.get("type"): each for each in quotas(lookup, params, None)["quotas"]}.get("replications", {})
    free = None if quota.get("quota") in (None, -1) else quota["quota"] - (quota.get("used") or 0)
    domain = next((each for each in lookup.domains() if each.get("id") == group.get("domain_id")), {})
    windows = [server for server in servers if str((server.get("metadata") or {}).get("os_type")).lower() == "windows" and server.get("key_name")]
    none = "none of the servers"
    needed = "%s replication pairs are free, %d are needed" % ("unlimited" if free is None else free, len(mine))
    sold_out = bool(domain.get("sold_out"))
    ready = group.get("status") in protected_instance.ADDABLE["protection group"]
    return [
        check("group_status", ready, error, "protection group %s is %r" % (group.get("name"), group.get("status"))),
        check("not_protected_yet", not taken, error, "already protected: %s" % _conditions.listed(taken) if taken else none + " is protected yet"),
        check("availability_zone", not elsewhere, error,
              "outside AZ %s: %s" % (zone, _conditions.listed(elsewhere)) if elsewhere else "all are in AZ %s" % zone),
        check("vpc", not foreign, error, "in another VPC: %s" % _conditions.listed(foreign) if foreign else "all are in the group's VPC"),
        check("server_status", not odd, error, "neither ACTIVE nor SHUTOFF: %s" % _conditions.listed(odd) if odd else "all are ACTIVE or SHUTOFF"),
        check("shared_disks", not open_sets, error, "shared with servers that are not listed: %s" % _conditions.listed(open_sets) if open_sets
              else "every shared disk's servers are listed"),
        check("replication_quota", free is None or free >= len(mine), error, needed),
        check("domain_not_sold_out", not sold_out, _conditions.WARNING, "domain %s is %ssold out" % (domain.get("name"), "" if sold_out else "not ")),
        check("windows_key_pairs", not windows, _conditions.WARNING, "their key pairs must still exist: %s" % _conditions.listed(windows) if windows
              else none + " is a Windows server that logs in by key"),
    ]


def drift(lookup, params, waiting):
    """What SDRS does not synchronise between production and DR server (5.4.6), pair by pair."""
    group = lookup.one(server_group.KIND, params["server_group"])
    lookup.all_servers()  # sides() then needs no query of its own
    found = []
    for instance in lookup.list(protected_instance.KIND, server_group_id=group["id"]):
        production, other = sides(lookup, instance, group)
        found.append({
            "protected_instance": instance["id"], "name": instance.get("name"),
            "production_server": (production or {}).get("id"), "dr_server": (other or {}).get("id"),
            "differences": compare_servers(production, other) if production and other else None,
        })
    return {"drift": found, "drifted": any(entry["differences"] for entry in found)}


def compare_servers(production, other):
    """``[{attribute, production, dr}]`` for name, flavor, security groups, tags and the number of NICs. Pure."""
    readers = {
        "name": lambda server: server.get("name"),
        "flavor": lambda server: (server.get("flavor") or {}).get("id"),
        "security_groups": lambda server: sorted({str(group.get("name") or group.get("id")) for group in server.get("security_groups") or []}),
        "tags": lambda server: sorted(map(str, server.get("tags") or [])),
        "nics": lambda server: sum(map(len, (server.get("addresses") or {}).values())),
    }
    values = {name: (read(production), read(other)) for name, read in readers.items()}
    return [{"attribute": name, "production": here, "dr": there} for name, (here, there) in values.items() if here != there]


def valid_version(value):
    """Rule for an API version such as ``v1``."""
    return None if value.replace(".", "").isalnum() and value.startswith("v") and not is_id(value) else "%r is not a version such as v1" % value
