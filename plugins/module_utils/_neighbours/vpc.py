# SPDX-License-Identifier: GPL-3.0-or-later
"""VPCs and their subnets, as drills need them (VPC API, "Updating VPC Information"; service.md, section 5). PRIVATE to the collection."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .._cloud.errors import ApiError, ConfigError, Refused
from .._cloud.odd import matching
from .._engine.kind import Kind, LiveState, generic_took_effect
from .._engine.lookup import Lookup, exactly_one
from .._engine.options import ObjectOptions
from .._engine.plan import Find, Plan, Request, Step
from .._sdrs import identity
from .subnets import KIND as SUBNET
from .subnets import Subnet
from .subnets import delete_step as delete_subnet
from .subnets import plan as plan_subnets
from .subnets import problem as problem_of_subnet

KIND = Kind(
    name="vpc", title="VPC", plural="vpcs", entity="",
    transit={"CREATING": "OK", "PENDING_UPDATE": "OK", "PENDING_DELETE": None},
    took_effect=lambda step, obj: generic_took_effect(step, obj, {}), listing=lambda api, query: api.vpcs(), named_twice=True,
)
RANGES = [ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
_FIELDS = ("name", "cidr", "enable_shared_snat")
# What keeps a VPC and goes only when somebody removes it: firewalls, VPNs, security groups, load balancers, routes.
_FINAL = ("VPC.0107", "VPC.0109", "VPC.0112", "VPC.0118", "VPC.0120")


@dataclass
class Options(ObjectOptions):
    """``subnets`` as the module has them."""

    cidr: str | None = None
    enable_shared_snat: bool | None = None
    subnets: list[dict] | None = None
    purge_subnets: bool = False


@dataclass
class Live(LiveState):
    """The VPC and its subnets."""

    obj: Any
    subnets: list = field(default_factory=list)

    def watch(self) -> list:
        return [(KIND, self.obj), *((SUBNET, subnet) for subnet in self.subnets)]

    def assume(self) -> Live:
        return self.supposing(KIND.assumed(self.obj), subnets=[SUBNET.assumed(subnet) for subnet in self.subnets])


def cidr(value: Any) -> str | None:
    """Rule: 10.0.0.0/8 to 10.255.255.240/28, 172.16.0.0/12 to 172.31.255.240/28 or 192.168.0.0/16 to 192.168.255.240/28."""
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        return "%r is not a CIDR block such as 192.168.0.0/16" % value
    if not isinstance(network, ipaddress.IPv4Network) or network.prefixlen > 28 or not any(network.subnet_of(allowed) for allowed in RANGES):
        return "%s is outside 10.0.0.0/8-28, 172.16.0.0/12-28 and 192.168.0.0/16-28" % value
    return None


def subnets(value: Any) -> str | None:
    """Rule for the list of subnets."""
    seen = set()
    for index, entry in enumerate(value):
        wrong = cidr(entry["cidr"])
        problem = "cidr: " + wrong if wrong else problem_of_subnet(Subnet.of(entry))
        if problem:
            return "[%d].%s" % (index, problem)
        if entry["name"] in seen:
            return "[%d].name: %s is there twice" % (index, entry["name"])
        seen.add(entry["name"])
    return None


def read(lookup: Lookup, options: Options) -> Live:
    """The VPC by ID or name, and its subnets when they matter."""
    if options.id:
        live = Live(lookup.show(KIND, options.id))
        if live.obj is None and options.state == "present":
            raise Refused("no VPC has the ID %s" % options.id)
        identity.check_name(KIND, live.obj, vars(options), lambda: [vpc for vpc in lookup.once("vpcs", lookup.api.vpcs) if vpc.get("name") == options.name])
    else:
        found = matching(lookup.once("vpcs", lookup.api.vpcs), lambda vpc: vpc.get("name") == options.name)
        live = Live(exactly_one(found, found, KIND.title, options.name) if found else None)
    if live.obj is None and options.state == "present" and not options.cidr:
        raise ConfigError("VPC %s does not exist; creating it needs cidr" % options.name)
    if live.obj and (options.subnets is not None or options.purge_subnets or options.state == "absent"):
        live.subnets = lookup.once(("subnets", live.obj["id"]), lambda: lookup.api.subnets(live.obj["id"]))
    return live


def plan(options: Options, live: Live) -> Plan:
    """Steps that make VPC and subnets as wanted. Pure."""
    result, vpc = Plan(), live.obj
    if options.state == "absent":
        return _plan_absent(options, live)
    wanted = {name: getattr(options, name) for name in _FIELDS if getattr(options, name) is not None}
    if vpc is None:
        find = Find({}, lambda obj: obj.get("name") == options.name)
        parent = result.create(KIND, options.name, {"name": options.name, "cidr": options.cidr}, find)
        if options.enable_shared_snat:
            _update(result, parent, options.name, {"name": options.name, "enable_shared_snat": True}, [parent])
        have = []
    else:
        parent, have = vpc["id"], live.subnets
        result.before = {name: vpc.get(name) for name in wanted}
        changed = {name: value for name, value in wanted.items() if vpc.get(name) != value}
        if changed:
            # "vpc" must contain name or cidr.
            body = changed if {"name", "cidr"} & set(changed) else dict(changed, name=vpc.get("name"))
            _update(result, parent, wanted.get("name") or vpc.get("name"), body, [])
    result.after = dict(wanted)
    if options.subnets is not None:
        plan_subnets(result, [Subnet.of(each) for each in options.subnets], options.purge_subnets, vpc, parent, have)
    return result


def _plan_absent(options: Options, live: Live) -> Plan:
    result, vpc = Plan(), live.obj
    if not vpc:
        return result
    if live.subnets and not options.purge_subnets:
        raise Refused(
            "%s cannot be deleted: it has subnets: %s" % (KIND.label(vpc), ", ".join(str(subnet.get("name")) for subnet in live.subnets[:10])),
            code="VPC.0104", remedy="Delete them first, or set purge_subnets: true.",
        )
    result.before = {"name": vpc.get("name")}
    steps = [delete_subnet(result, vpc, subnet) for subnet in live.subnets]
    result.delete(KIND, vpc, after=steps, retry_refused=_refused_for_now)
    return result


def _refused_for_now(error: ApiError) -> bool:
    """Whether a VPC that could not be deleted may be later: its subnets, and what was in them, are still going."""
    return error.http_status == 409 and error.code not in _FINAL


def _update(result: Plan, vpc_id: Any, name: str | None, body: dict, after: Iterable[Step]) -> None:
    result.add("update", KIND, name, vpc_id, Request("update_vpc", {"vpc": vpc_id}, body), after=after)
