# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of VPC that drills need: VPCs, subnets, and what readiness asks of routes, peerings and network ACLs.

By opentelekomcloud-docs/virtual-private-cloud (api-ref: VPC APIs v1, v2 and v3, error codes) and what users saw of it: a subnet is UNKNOWN until
it is associated with its VPC, is gone some moments after its deletion, and cannot go while ports are in it, which outlive their servers a little.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from .faults import vpc as refused
from .request import Request
from .world import World, shown

_RANGES = [ipaddress.IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
_NTP = "ntp"


def settle(world: World) -> None:
    """Let subnets become active, and vanish, when their time has come."""
    now = world.now()
    for subnet in [subnet for subnet in world.subnets.values() if "_active" in subnet or "_gone" in subnet]:
        if subnet.get("_gone", now + 1) <= now:
            del world.subnets[subnet["id"]]
        elif subnet.get("_active", now + 1) <= now:
            del subnet["_active"]
            subnet["status"] = "ACTIVE"


def _vpc(world: World, vpc_id: Any) -> Any:
    if vpc_id not in world.vpcs:
        raise refused(404, "VPC.0003", "VPC %s does not exist." % vpc_id)
    return world.vpcs[vpc_id]


def _cidr(text: Any, code: str = "VPC.0101") -> str:
    try:
        network = ipaddress.ip_network(text)
    except (ValueError, TypeError):
        raise refused(400, code, "cidr is invalid") from None
    if not isinstance(network, ipaddress.IPv4Network) or network.prefixlen > 28 or not any(network.subnet_of(allowed) for allowed in _RANGES):
        raise refused(400, code, "cidr is out of range")
    return str(network)


def _page(request: Request, found: list) -> list:
    """Paged by ``marker``, the last ID seen."""
    if request.query.get("marker"):
        position = next((index for index, entry in enumerate(found) if entry["id"] == request.query["marker"]), len(found))
        found = found[position + 1:]
    return [shown(entry) for entry in found[:int(request.query.get("limit", 2000))]]


def vpcs(world: World, request: Request) -> dict:
    return {"vpcs": _page(request, list(world.vpcs.values()))}


def vpc(world: World, request: Request) -> dict:
    return {"vpc": shown(_vpc(world, request.args["vpc_id"]))}


def create_vpc(world: World, request: Request) -> dict:
    content = request.json().get("vpc") or {}
    if len(world.vpcs) >= world.settings["quotas"]["vpcs"]:
        raise refused(409, "VPC.0114", "Quota exceeded for resources: ['router']")
    new = {
        "id": world.new_id(), "name": content.get("name", ""), "cidr": _cidr(content.get("cidr", "192.168.0.0/16")), "status": "CREATING",
        "description": content.get("description", ""), "routes": [], "enable_shared_snat": False,
    }
    world.vpcs[new["id"]] = new
    answer = {"vpc": shown(new)}
    new["status"] = "OK"  # by the time of the next request
    return answer


def update_vpc(world: World, request: Request) -> dict:
    """"vpc" must contain name or cidr (VPC API, "Updating VPC Information")."""
    existing, content = _vpc(world, request.args["vpc_id"]), request.json().get("vpc") or {}
    if content.get("name") is None and content.get("cidr") is None:
        raise refused(400, "VPC.0101", "name or cidr must be specified")
    if content.get("cidr") is not None:
        existing["cidr"] = _cidr(content["cidr"])
    existing.update({key: content[key] for key in ("name", "description", "enable_shared_snat") if content.get(key) is not None})
    return {"vpc": shown(existing)}


def delete_vpc(world: World, request: Request) -> None:
    """204; refused while it has subnets, those that are going included."""
    existing = _vpc(world, request.args["vpc_id"])
    if any(subnet["vpc_id"] == existing["id"] for subnet in world.subnets.values()):
        raise refused(409, "VPC.0104", "Router contains subnets, please delete subnet first.")
    del world.vpcs[existing["id"]]


def subnets(world: World, request: Request) -> dict:
    wanted = request.query.get("vpc_id")
    return {"subnets": _page(request, [subnet for subnet in world.subnets.values() if wanted in (None, subnet["vpc_id"])])}


def subnet(world: World, request: Request) -> dict:
    if request.args["subnet_id"] not in world.subnets:
        raise refused(404, "VPC.0202", "Query resource by id %s fail." % request.args["subnet_id"])
    return {"subnet": shown(world.subnets[request.args["subnet_id"]])}


def create_subnet(world: World, request: Request) -> dict:
    """``gateway_ip`` is mandatory; DNS servers that are not given stay blank."""
    content = request.json().get("subnet") or {}
    if not content.get("name"):
        raise refused(400, "VPC.0201", "Subnet name is invalid.")
    parent, cidr = _vpc(world, content.get("vpc_id")), _cidr(content.get("cidr"), "VPC.0212")
    network = ipaddress.IPv4Network(cidr)
    if not network.subnet_of(ipaddress.IPv4Network(parent["cidr"])):
        raise refused(400, "VPC.0203", "Subnet is not in the range of VPC.")
    if any(network.overlaps(ipaddress.ip_network(other["cidr"])) for other in world.subnets.values() if other["vpc_id"] == parent["id"]):
        raise refused(400, "VPC.0204", "The subnet already exists in the VPC or conflicts with an existing VPC subnet.")
    try:
        inside = ipaddress.ip_address(content.get("gateway_ip", "")) in network
    except ValueError:
        inside = False
    if not inside:
        raise refused(400, "VPC.0201", "Subnet gateway_ip is invalid.")
    new = add_subnet(world, parent["id"], content["name"], cidr, content["gateway_ip"], content)
    new.update(status=world.settings["subnet_status_at_first"], _active=world.now() + world.seconds(world.settings["subnet_seconds"]))
    return {"subnet": shown(new)}


def add_subnet(world: World, vpc_id: Any, name: str, cidr: str, gateway: Any = None, more: Any = None) -> dict:
    """A subnet as it is when it has been there for long."""
    subnet_id = world.new_id()
    new = {
        "id": subnet_id, "name": name, "description": "", "cidr": cidr, "gateway_ip": gateway or str(ipaddress.ip_network(cidr).network_address + 1),
        "ipv6_enable": False, "vpc_id": vpc_id, "dhcp_enable": True, "primary_dns": "", "secondary_dns": "", "dnsList": [], "extra_dhcp_opts": [],
        "availability_zone": "", "status": "ACTIVE", "neutron_network_id": subnet_id, "neutron_subnet_id": world.new_id(),
    }
    _configure(new, more or {})
    world.subnets[subnet_id] = new
    return new


def _configure(existing: Any, content: dict) -> None:
    """DNS, DHCP and NTP; a DHCP that is left out is switched on."""
    for key in ("primary_dns", "secondary_dns"):
        _address(content.get(key))
    listed = content.get("dnsList")
    if listed is None and (content.get("primary_dns") or content.get("secondary_dns")):
        listed = list(filter(None, (content.get("primary_dns") or existing["primary_dns"], content.get("secondary_dns") or existing["secondary_dns"])))
    if listed is not None:
        for address in listed:
            _address(address)
        existing.update(dnsList=listed, primary_dns=(listed + [""])[0], secondary_dns=(listed + ["", ""])[1])
    existing["dhcp_enable"] = True if content.get("dhcp_enable") is None else content["dhcp_enable"]
    for option in content.get("extra_dhcp_opts") or []:
        value = option.get("opt_value")
        servers = [] if value is None else value.split(",")
        if option.get("opt_name") != _NTP or len(servers) > 4 or len(set(servers)) < len(servers) or "" in servers:
            raise refused(400, "VPC.0201", "extra_dhcp_opts is invalid.")
        for address in servers:
            _address(address)
        existing["extra_dhcp_opts"] = [{"opt_name": _NTP, "opt_value": value}] if servers else []


def _address(text: str | None) -> None:
    try:
        if text and ipaddress.ip_address(text).version != 4:
            raise ValueError
    except ValueError:
        raise refused(400, "VPC.0201", "%s is invalid." % text) from None


def _existing(world: World, request: Request) -> Any:
    existing = world.subnets.get(request.args["subnet_id"])
    if existing is None:
        raise refused(404, "VPC.0202", "Query resource by id %s fail." % request.args["subnet_id"])
    if existing["vpc_id"] != request.args["vpc_id"]:
        raise refused(400, "VPC.0207", "Subnet does not belong to the VPC.")
    return existing


def update_subnet(world: World, request: Request) -> dict:
    existing, content = _existing(world, request), request.json().get("subnet") or {}
    if not content.get("name"):
        raise refused(400, "VPC.0201", "Subnet name is invalid.")
    _configure(existing, content)
    existing["name"] = content["name"]
    return {"subnet": {"id": existing["id"], "status": existing["status"]}}


def delete_subnet(world: World, request: Request) -> None:
    """204, and it is gone a moment later; refused while a port is in it."""
    existing = _existing(world, request)
    if "_gone" in existing:
        raise refused(500, "VPC.0202", "Neutron error.")
    used = any(nic["_subnet"] == existing["id"] for entry in world.servers.values() for nics in entry["addresses"].values() for nic in nics)
    if used or existing.get("_ports_until", 0) > world.now():
        raise refused(world.settings["subnet_in_use_status"], "VPC.0209", "subnet is still used ,such as computer,LB.")
    existing["_gone"] = world.now() + world.seconds(world.settings["subnet_seconds"])


def release_ports(world: World, entry: dict) -> None:
    """The ports of a server that is deleted outlive it a little."""
    until = world.now() + world.seconds(world.settings["port_seconds"])
    for nic in [nic for nics in entry["addresses"].values() for nic in nics]:
        if nic["_subnet"] in world.subnets:
            world.subnets[nic["_subnet"]]["_ports_until"] = until


# What a drill VPC does not get. ---------------------------------------------------------------------------------------


def _route_table(world: World, existing: Any) -> dict:
    inside = [each for each in world.subnets.values() if each["vpc_id"] == existing["id"]]
    local = [{"type": "local", "destination": each["cidr"], "nexthop": "-"} for each in inside]
    return {
        "id": existing["id"][::-1], "name": "rtb-" + existing["name"], "default": True, "vpc_id": existing["id"],
        "description": "", "tenant_id": world.identity["project_id"],
        "routes": local + existing.get("_custom_routes", []), "subnets": [{"id": each["id"]} for each in inside],
    }


def route_tables(world: World, request: Request) -> dict:
    """The default table of each VPC; on one of the clouds the list does not show routes."""
    _offered(world, "route_tables")
    found = [_route_table(world, each) for each in world.vpcs.values() if request.query.get("vpc_id") in (None, each["id"])]
    if not world.settings["route_tables_show_routes"]:
        found = [{key: value for key, value in table.items() if key != "routes"} for table in found]
    return {"routetables": _page(request, found)}


def route_table(world: World, request: Request) -> dict:
    _offered(world, "route_tables")
    found = [_route_table(world, each) for each in world.vpcs.values() if each["id"][::-1] == request.args["routetable_id"]]
    if not found:
        raise refused(404, "VPC.2204", "route table not found")
    return {"routetable": found[0]}


def peerings(world: World, request: Request) -> dict:
    _offered(world, "peerings")
    wanted = request.query.get("vpc_id")
    return {"peerings": _page(request, [
        each for each in world.peerings.values() if wanted in (None, each["request_vpc_info"]["vpc_id"], each["accept_vpc_info"]["vpc_id"])
    ])}


def network_acls(world: World, request: Request) -> dict:
    _offered(world, "network_acls")
    found = _page(request, list(world.network_acls.values()))
    info = {"previous_marker": found[0]["id"] if found else None, "current_count": len(found)}
    return {"firewalls": found, "request_id": world.new_id(), "page_info": info}


def _offered(world: World, what: str) -> None:
    status = world.settings["vpc_lists_refused"].get(what)
    if status:
        raise refused(status, "VPC.2701" if status == 403 else "APIGW.0101", "not for you")


def vpc_quotas(world: World, request: Request) -> dict:
    """``GET /v1/{project_id}/quotas``: of one type, or of all the simulator knows."""
    used = {"vpc": len(world.vpcs), "subnet": len(world.subnets)}
    limits = world.settings["quotas"]
    return {"quotas": {"resources": [
        {"type": kind, "used": count, "quota": limits[kind + "s"], "min": 0} for kind, count in used.items()
        if request.query.get("type") in (None, kind)
    ]}}
