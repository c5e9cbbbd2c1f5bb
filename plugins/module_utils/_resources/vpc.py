# SPDX-License-Identifier: GPL-3.0-or-later
"""VPCs and their subnets, as drills need them (vpc-update.txt; field notes 4). PRIVATE to the collection."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from .._errors import ConfigError, Refused
from .._lookup import exactly_one
from .._plan import Plan, creator
from ._kind import Kind, LiveState, generic_landed

KIND = Kind(
    name="vpc", title="VPC", plural="vpcs", entity="",
    transit={"CREATING": "OK", "PENDING_UPDATE": "OK", "PENDING_DELETE": None},
    landed=lambda step, obj: generic_landed(step, obj, {}), listing=lambda api, query: api.vpcs(), named_twice=True,
)
SUBNET = Kind(
    name="subnet", title="subnet", plural="subnets", entity="", transit={},
    landed=lambda step, obj: generic_landed(step, obj, {}), listing=lambda api, query: api.subnets(query.get("vpc_id")), named_twice=True,
)
RANGES = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
_FIELDS = ("name", "cidr", "enable_shared_snat")


@dataclass
class Live(LiveState):
    """The VPC and its subnets."""

    obj: dict | None
    subnets: list = field(default_factory=list)

    def watch(self):
        return [(KIND, self.obj)]

    def assume(self):
        return Live(KIND.assumed(self.obj), self.subnets)


def cidr(value):
    """Rule: 10.0.0.0/8 to 10.255.255.240/28, 172.16.0.0/12 to 172.31.255.240/28 or 192.168.0.0/16 to 192.168.255.240/28."""
    try:
        network = ipaddress.ip_network(value)
    except ValueError:
        return "%r is not a CIDR block such as 192.168.0.0/16" % value
    if network.version != 4 or network.prefixlen > 28 or not any(network.subnet_of(allowed) for allowed in RANGES):
        return "%s is outside 10.0.0.0/8-28, 172.16.0.0/12-28 and 192.168.0.0/16-28" % value
    return None


def subnets(value):
    """Rule for the list of subnets."""
    seen = set()
    for index, entry in enumerate(value):
        problem = cidr(entry["cidr"])
        if not problem and entry.get("gateway_ip"):
            problem = _gateway(entry)
        if problem:
            return "[%d].%s" % (index, problem if problem.startswith("gateway") else "cidr: " + problem)
        if entry["name"] in seen:
            return "[%d].name: %s stands there twice" % (index, entry["name"])
        seen.add(entry["name"])
    return None


def _gateway(entry):
    try:
        inside = ipaddress.ip_address(entry["gateway_ip"]) in ipaddress.ip_network(entry["cidr"])
    except ValueError:
        inside = False
    return None if inside else "gateway_ip: %r is not an address of %s" % (entry["gateway_ip"], entry["cidr"])


def read(lookup, params):
    """The VPC by ID or name, and its subnets when they matter."""
    if params.get("id"):
        live = Live(lookup.show(KIND, params["id"]))
        if live.obj is None and params["state"] == "present":
            raise Refused("no VPC has the ID %s" % params["id"])
    else:
        found = [vpc for vpc in lookup.once("vpcs", lookup.api.vpcs) if vpc.get("name") == params["name"]]
        live = Live(exactly_one(found, found, KIND.title, params["name"]) if found else None)
    if live.obj is None and params["state"] == "present" and not params.get("cidr"):
        raise ConfigError("VPC %s does not exist; creating it needs cidr" % params["name"])
    if live.obj and (params.get("subnets") is not None or params["purge_subnets"]):
        live.subnets = lookup.once(("subnets", live.obj["id"]), lambda: lookup.api.subnets(live.obj["id"]))
    return live


def plan(params, live):
    """Steps that make VPC and subnets as wanted. Pure."""
    result, vpc = Plan(), live.obj
    if params["state"] == "absent":
        if vpc:
            result.before = {"name": vpc.get("name")}
            steps = [_delete_subnet(result, vpc, subnet) for subnet in live.subnets] if params["purge_subnets"] else []
            result.add("delete", KIND, vpc.get("name"), vpc["id"], "delete_vpc", {"vpc": vpc["id"]}, after=steps)
        return result
    wanted = {name: params[name] for name in _FIELDS if params.get(name) is not None}
    if vpc is None:
        parent = result.add(
            "create", KIND, params["name"], None, "create_vpc", body={"name": params["name"], "cidr": params["cidr"]},
            query={}, match=lambda obj: obj.get("name") == params["name"],
        )
        if params.get("enable_shared_snat"):
            _update(result, parent, params["name"], {"name": params["name"], "enable_shared_snat": True}, [parent])
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
    if params.get("subnets") is not None:
        _subnets(result, params, vpc, parent, have)
    return result


def _update(result, vpc_id, name, body, after):
    result.add("update", KIND, name, vpc_id, "update_vpc", {"vpc": vpc_id}, body, after=after)


def _subnets(result, params, vpc, parent, have):
    by_name = {subnet.get("name"): subnet for subnet in have}
    if vpc:
        result.before["subnets"] = [_visible(subnet) for subnet in have]
    result.after["subnets"] = [dict(entry) for entry in params["subnets"]]
    for entry in params["subnets"]:
        present = by_name.pop(entry["name"], None)
        if present:
            _same_subnet(vpc, entry, present)
            continue
        body = {key: value for key, value in entry.items() if value is not None}
        result.add(
            "create", SUBNET, entry["name"], None, "create_subnet", body=dict(body, vpc_id=parent),
            after=creator(parent), query={"vpc_id": parent}, match=lambda obj, name=entry["name"]: obj.get("name") == name,
        )
    if params["purge_subnets"]:
        for subnet in by_name.values():
            _delete_subnet(result, vpc, subnet)
    else:
        result.after["subnets"] += [_visible(subnet) for subnet in by_name.values()]


def _same_subnet(vpc, entry, present):
    for key in ("cidr", "gateway_ip"):
        if entry.get(key) and present.get(key) and entry[key] != present[key]:
            raise Refused(
                "subnet %s of VPC %s: %s is %s, wanted is %s; it is fixed at creation" % (entry["name"], vpc.get("name"), key, present[key], entry[key]),
                remedy="Delete the subnet first, or give the new one another name.",
            )


def _visible(subnet):
    return {key: subnet.get(key) for key in ("name", "cidr", "gateway_ip")}


def _delete_subnet(result, vpc, subnet):
    return result.add(
        "delete", SUBNET, subnet.get("name"), subnet["id"], "delete_subnet", {"vpc": vpc["id"], "subnet": subnet["id"]},
    )
