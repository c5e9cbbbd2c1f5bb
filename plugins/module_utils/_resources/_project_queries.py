# SPDX-License-Identifier: GPL-3.0-or-later
"""What the info modules read that are not about one of the five kinds. Each gives the result's keys. PRIVATE to the collection."""

from __future__ import annotations

from .._errors import ConfigError, SdrsError
from .._lookup import exactly_one
from .._odd import altered, index, matching, raw
from .._paging import objects
from .._validate import identifiers, is_id
from . import _conditions, _creation, _drill_network, _first_switch, drill, failed_task, protected_instance, replication, server_group
from ._kind import whole
from ._owner import server_halves

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
        groups = [None] + (failed_task.ids(lookup.list(server_group.KIND)) if params["all"] else [])
    found = []
    for group_id in groups:
        found += lookup.api.list("list_failed_tasks", dict(filters, server_group_id=group_id))
    return {"failed_tasks": found}


def quotas(lookup, params, waiting):
    """5.10.1."""
    answer = lookup.api.call("show_quotas").get("quotas")
    return {"quotas": lookup.api.judged("resources", objects(answer if isinstance(answer, dict) else {}, "resources"))}


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
    found = lookup.api.vpcs()
    for key in ("id", "name"):
        if params.get(key) is not None:
            found = matching(found, lambda vpc, key=key: vpc.get(key) == params[key])
    subnets = lookup.api.subnets(found[0]["id"] if len(found) == 1 else None) if found else []
    return {"vpcs": [altered(vpc, subnets=[subnet for subnet in subnets if raw(subnet, "vpc_id") == raw(vpc, "id")]) for vpc in found]}


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
        if len(params["ids"]) > 1:
            lookup.all_servers()
        servers = [lookup.server(each) for each in params["ids"]]
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
        checks = _can_create(lookup, params, group)
    else:
        query = {"server_group_id": group["id"]}
        facts = _conditions.Facts(group, lookup.list(protected_instance.KIND, **query), lookup.list(replication.KIND, **query))
        if params["operation"] in ("planned_failover", "reprotect", "protect", "first_switch"):
            try:
                facts.servers = lookup.all_servers()
            except SdrsError as error:
                facts.ecs_problem = str(error)
        checks = _first_switch.checks(facts) if params["operation"] == "first_switch" else getattr(_conditions, "for_" + params["operation"])(facts)
        if params["operation"] == "drill":
            checks += _drill_vpc(lookup, params, group, facts)
    ready = all(each["passed"] for each in checks if each["severity"] == _conditions.ERROR)
    return {"checks": checks, "ready": ready, "server_group": group, "project": project(lookup.api.client)}


def project(client):
    """Where all of this is: what an earlier run noted elsewhere is about something else."""
    return {"id": client.project_id, "region": client.settings.region, "endpoint": client.settings.url("sdrs", client.auth.catalogue)}


def _drill_vpc(lookup, params, group, facts):
    """5.7.1; SDRS.1907, 1908, 1909, 1921, 1929."""
    vpcs = lookup.once("vpcs", lookup.api.vpcs)
    own = next(iter(matching(vpcs, lambda vpc: vpc.get("id") == group.get("source_vpc_id"))), {})
    own_subnets = lookup.api.subnets(own["id"]) if own else []
    if not params.get("drill_vpc"):
        text = "the service creates a drill VPC, which outlives the drill and counts in the VPC quota"
        made = [_conditions.check("drill_vpc", True, _conditions.WARNING, text)]
        return made + (_drill_network.checks(lookup, own, own_subnets, None, []) if own else [])
    named = matching(vpcs, lambda vpc: params["drill_vpc"] in (vpc.get("id"), vpc.get("name")))
    vpc = exactly_one(named, vpcs, "VPC", params["drill_vpc"])
    users = [each for each in lookup.list(drill.KIND) if each.get("drill_vpc_id") == vpc["id"]]
    its_subnets = lookup.api.subnets(vpc["id"])
    subnets, needed = ({each.get("cidr") for each in listed} for listed in (its_subnets, own_subnets))
    error, check = _conditions.ERROR, _conditions.check
    return [
        check("drill_vpc_is_separate", vpc["id"] != own.get("id"), error, "the drill VPC is %s, the group's %s" % (vpc.get("name"), own.get("name"))),
        check("drill_vpc_unused", not users, error, "used by drill %s" % _conditions.listed(users) if users else "no drill uses it"),
        check("drill_vpc_cidr", vpc.get("cidr") == own.get("cidr"), error, "CIDR %s, the group's VPC has %s" % (vpc.get("cidr"), own.get("cidr"))),
        check("drill_vpc_subnets", bool(subnets) and needed <= subnets, error if not subnets else _conditions.WARNING,
              "missing subnets: %s" % ", ".join(sorted(map(str, needed - subnets))) if needed - subnets else "it has the subnets of the group's VPC"),
        *(_drill_network.checks(lookup, own, own_subnets, vpc, its_subnets) if own else []),
    ]


def _can_create(lookup, params, group):
    """5.5.1: what must hold for servers to be protected."""
    if not params.get("servers"):
        raise ConfigError("operation create needs servers")
    known, servers = lookup.all_servers(), []
    for reference in params["servers"]:
        found = known.where(lambda each, reference=reference: reference in (each.get("id"), each.get("name")))
        servers.append(exactly_one(found, [], "server", reference))
    quota = next(iter(matching(quotas(lookup, params, None)["quotas"], lambda each: each.get("type") == "replications")), {})
    return _creation.checks(_creation.Facts(
        group, servers, lookup.api.client.settings.is_otc, lookup.api.volumes(), index(lookup.list(protected_instance.KIND), server_halves),
        None if whole(quota.get("quota")) in (None, -1) else whole(quota["quota"]) - (whole(quota.get("used")) or 0),
        next(iter(matching(lookup.domains(), lambda each: each.get("id") == group.get("domain_id"))), {}),
    ))


def valid_version(value):
    """Rule for an API version such as ``v1``."""
    return None if value.replace(".", "").isalnum() and value.startswith("v") and not is_id(value) else "%r is not a version such as v1" % value
