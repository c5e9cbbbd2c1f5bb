# SPDX-License-Identifier: GPL-3.0-or-later
"""Every condition of an operation, judged on what is live (sdrs_readiness_info). PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..._cloud.client import Client
from ..._cloud.errors import ConfigError, SdrsError
from ..._cloud.odd import index, matching
from ..._engine.kind import whole
from ..._engine.lookup import Lookup, exactly_one, readable
from ..._engine.options import Options as _Options
from ..._engine.waiting import Waiting
from ..kinds import DRILL, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP
from ..project_queries import quotas
from ..sites import server_halves
from . import creation, drill_vpc, first_switch
from .conditions import ERROR, WARNING, Facts, check, for_drill, for_failover, for_planned_failover, for_protect, for_reprotect, listed

# Operation: its conditions, and whether they need the servers' state. "create" has facts of its own.
OPERATIONS = {
    "planned_failover": (for_planned_failover, True), "failover": (for_failover, False), "reprotect": (for_reprotect, True),
    "protect": (for_protect, True), "drill": (for_drill, False), "first_switch": (first_switch.checks, True),
}


@dataclass
class Options(_Options):
    server_group: str
    operation: str
    servers: list[str] | None = None
    drill_vpc: str | None = None


def query(lookup: Lookup, options: Options, waiting: Waiting) -> dict:
    """Every condition the service documents for an operation; changes nothing."""
    group = lookup.one(SERVER_GROUP, options.server_group)
    if options.operation == "create":
        checks = _can_create(lookup, options.servers or [], group)
    else:
        of_group = {"server_group_id": group["id"]}
        facts = Facts(group, lookup.list(PROTECTED_INSTANCE, **of_group), lookup.list(REPLICATION, **of_group))
        conditions, asks_ecs = OPERATIONS[options.operation]
        if asks_ecs:
            try:
                facts.servers = lookup.all_servers()
            except SdrsError as error:
                facts.ecs_problem = str(error)
        checks = conditions(facts)
        if options.operation == "drill":
            checks += _drill_vpc(lookup, options.drill_vpc, group)
    ready = all(each["passed"] for each in checks if each["severity"] == ERROR)
    return {"checks": checks, "ready": ready, "server_group": group, "project": project(lookup.api.client), "account": account(lookup.api.client)}


def project(client: Client) -> dict:
    """Where all of this is: what an earlier run noted elsewhere is about something else."""
    return {"id": client.project_id, "region": client.settings.region, "endpoint": client.settings.url("sdrs", client.auth.catalogue)}


def account(client: Client) -> Any:
    """The account as far as the credentials name it."""
    known = client.settings.credentials
    return known.get("domain_name") or known.get("domain_id")


def _drill_vpc(lookup: Lookup, reference: str | None, group: dict) -> list[dict]:
    """5.7.1; SDRS.1907, 1908, 1909, 1921, 1929."""
    vpcs = lookup.once("vpcs", lookup.api.vpcs)
    own: dict = next(iter(matching(vpcs, lambda vpc: vpc.get("id") == group.get("source_vpc_id"))), {})
    own_subnets = lookup.api.subnets(own["id"]) if own else []
    if not reference:
        text = "the service creates a drill VPC, which outlives the drill and counts in the VPC quota"
        made = [check("drill_vpc", True, WARNING, text)]
        return made + (drill_vpc.checks(lookup, own, own_subnets, None, []) if own else [])
    named = matching(vpcs, lambda vpc: reference in (vpc.get("id"), vpc.get("name")))
    vpc = exactly_one(named, vpcs, "VPC", reference)
    users = [each for each in lookup.list(DRILL) if each.get("drill_vpc_id") == vpc["id"]]
    its_subnets = lookup.api.subnets(vpc["id"])
    subnets, needed = ({each.get("cidr") for each in some} for some in (its_subnets, own_subnets))
    return [
        check("drill_vpc_is_separate", vpc["id"] != own.get("id"), ERROR, "the drill VPC is %s, the group's %s" % (vpc.get("name"), own.get("name"))),
        check("drill_vpc_unused", not users, ERROR, "used by drill %s" % listed(users) if users else "no drill uses it"),
        check("drill_vpc_cidr", vpc.get("cidr") == own.get("cidr"), ERROR, "CIDR %s, the group's VPC has %s" % (vpc.get("cidr"), own.get("cidr"))),
        check("drill_vpc_subnets", bool(subnets) and needed <= subnets, ERROR if not subnets else WARNING,
              "missing subnets: %s" % ", ".join(sorted(map(str, needed - subnets))) if needed - subnets else "it has the subnets of the group's VPC"),
        *(drill_vpc.checks(lookup, own, own_subnets, vpc, its_subnets) if own else []),
    ]


def _can_create(lookup: Lookup, references: list[str], group: dict) -> list[dict]:
    """5.5.1: what must hold for servers to be protected."""
    if not references:
        raise ConfigError("operation create needs servers")
    known, servers = lookup.all_servers(), []
    for reference in references:
        found = known.where(lambda each, reference=reference: reference in (each.get("id"), each.get("name")))
        servers.append(exactly_one(found, readable(known.values), "server", reference))
    quota: dict = next(iter(matching(quotas(lookup)["quotas"], lambda each: each.get("type") == "replications")), {})
    most = whole(quota.get("quota"))
    return creation.checks(creation.Facts(
        group, servers, lookup.api.client.settings.is_otc, lookup.api.volumes(), index(lookup.list(PROTECTED_INSTANCE), server_halves),
        None if most is None or most == -1 else most - (whole(quota.get("used")) or 0),
        next(iter(matching(lookup.domains(), lambda each: each.get("id") == group.get("domain_id"))), {}),
    ))
