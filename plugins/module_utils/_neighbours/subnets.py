# SPDX-License-Identifier: GPL-3.0-or-later
"""Subnets of a VPC: what is wanted of them, and the steps to it (VPC API v1, "Subnet"). PRIVATE to the collection."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from typing import Any

from .._cloud.errors import ApiError, Refused
from .._engine.kind import Kind, generic_took_effect
from .._engine.options import Options
from .._engine.plan import Find, Plan, Request, Step, creator


def _updated(step: Any, obj: dict) -> bool:
    return not _changed(_from_body(step.request.body), obj)


KIND = Kind(
    name="subnet", title="subnet", plural="subnets", entity="", transit={"UNKNOWN": "ACTIVE", "PENDING": "ACTIVE", "CREATING": "ACTIVE"},
    took_effect=lambda step, obj: _updated(step, obj or {}) if step.operation == "update" else generic_took_effect(step, obj, {}),
    listing=lambda api, query: api.subnets(query.get("vpc_id")),
)
# A subnet that is deleted: refused for what time does not take away (VPN, custom routes).
_FINAL = ("VPC.0206", "VPC.0210")
_MOST_NTP = 4
# What can be changed, by the option's name; dhcp_enable must always be sent, since an update without it switches DHCP on.
CHANGEABLE = ("primary_dns", "secondary_dns", "dns_list", "dhcp_enable", "ntp_servers")


@dataclass
class Subnet(Options):
    """A subnet as it is wanted."""

    name: str
    cidr: str
    gateway_ip: str | None = None
    dns_list: list[str] | None = None
    primary_dns: str | None = None
    secondary_dns: str | None = None
    dhcp_enable: bool | None = None
    ntp_servers: list[str] | None = None


def refused_for_now(error: ApiError) -> bool:
    """Whether a deletion that was refused with ``error`` may work later: ports outlive their servers by some seconds.

    One that is going may not belong to its VPC any more.
    """
    return (error.http_status in (409, 500) and error.code not in _FINAL) or error.code == "VPC.0207"


# Rules -----------------------------------------------------------------------------------------------------------------


def problem(entry: Subnet) -> str | None:
    """What is wrong with the options of an entry besides its CIDR, as ``option: text``; or None."""
    for option, address in (("gateway_ip", entry.gateway_ip), ("primary_dns", entry.primary_dns), ("secondary_dns", entry.secondary_dns)):
        if address and _not_ipv4(address):
            return "%s: %s" % (option, _not_ipv4(address))
    if entry.gateway_ip and ipaddress.ip_address(entry.gateway_ip) not in ipaddress.ip_network(entry.cidr):
        return "gateway_ip: %r is not an address of %s" % (entry.gateway_ip, entry.cidr)
    if entry.primary_dns and entry.primary_dns == entry.secondary_dns:
        return "secondary_dns: it is the same as primary_dns"
    if entry.dns_list == []:
        return "dns_list: must not be empty; leave it out to leave the DNS servers alone"
    for option, addresses in (("dns_list", entry.dns_list or []), ("ntp_servers", entry.ntp_servers or [])):
        wrong = next(filter(None, map(_not_ipv4, addresses)), None)
        if wrong:
            return "%s: %s" % (option, wrong)
        if len(set(addresses)) < len(addresses):
            return "%s: an address is given twice" % option
    if len(entry.ntp_servers or []) > _MOST_NTP:
        return "ntp_servers: at most %d are possible" % _MOST_NTP
    return None


def _not_ipv4(value: Any) -> str | None:
    try:
        ipaddress.IPv4Address(value)
    except ValueError:
        return "%r is not an IPv4 address" % value
    return None


# What is there, what is wanted -----------------------------------------------------------------------------------------


def live_options(subnet: dict) -> dict:
    """The options of a live subnet, as an entry names them."""
    listed = subnet.get("dnsList") or [address for address in (subnet.get("primary_dns"), subnet.get("secondary_dns")) if address]
    ntp = next((each.get("opt_value") for each in subnet.get("extra_dhcp_opts") or [] if each.get("opt_name") == "ntp"), None)
    return {
        "name": subnet.get("name"), "cidr": subnet.get("cidr"), "gateway_ip": subnet.get("gateway_ip"), "dns_list": listed,
        "primary_dns": subnet.get("primary_dns") or (listed + [None])[0], "secondary_dns": subnet.get("secondary_dns") or (listed + [None, None])[1],
        "dhcp_enable": subnet.get("dhcp_enable"), "ntp_servers": [address.strip() for address in (ntp or "").split(",") if address.strip()],
    }


def _changed(wanted: dict, subnet: dict) -> dict:
    """The changeable options that differ; NTP servers have no order."""
    have = live_options(subnet)

    def differs(key: str) -> bool:
        return set(wanted[key]) != set(have[key]) if key == "ntp_servers" else wanted[key] != have[key]

    return {key: wanted[key] for key in CHANGEABLE if key in wanted and differs(key)}


def _body(options: dict) -> dict:
    """Options as the API names them."""
    body = {key: value for key, value in options.items() if key not in ("dns_list", "ntp_servers")}
    if "dns_list" in options:
        body.update(dnsList=options["dns_list"], primary_dns=options["dns_list"][0])
        if len(options["dns_list"]) > 1:
            body["secondary_dns"] = options["dns_list"][1]
    if "ntp_servers" in options:
        body["extra_dhcp_opts"] = [{"opt_name": "ntp", "opt_value": ",".join(options["ntp_servers"]) or None}]
    return body


def _from_body(body: dict) -> dict:
    sent = {key: body[key] for key in ("primary_dns", "secondary_dns", "dhcp_enable") if key in body}
    if "dnsList" in body:
        sent = {"dns_list": body["dnsList"], "dhcp_enable": body["dhcp_enable"]}
    if "extra_dhcp_opts" in body:
        sent["ntp_servers"] = [address for address in (body["extra_dhcp_opts"][0]["opt_value"] or "").split(",") if address]
    return sent


def first_address(cidr: str) -> str:
    """The first address that can be used, which is the gateway by custom."""
    return str(ipaddress.ip_network(cidr).network_address + 1)


# Steps -----------------------------------------------------------------------------------------------------------------


def plan(result: Plan, subnets: list[Subnet], purge: bool, vpc: dict | None, parent: Any, have: list[dict]) -> None:
    """Add steps that make the subnets of a VPC as wanted, and what they are before and after.

    :param parent: the VPC's ID, or the step that creates it
    :param have: the live subnets
    """
    by_name = {subnet.get("name"): subnet for subnet in have}
    before, after = dict[Any, dict](), dict[Any, dict]()
    for entry in subnets:
        present, wanted = by_name.pop(entry.name, None), entry.given()
        if present and vpc:
            shown = {key: value for key, value in live_options(present).items() if key in ("name", "cidr", "gateway_ip") or key in wanted}
            before[entry.name], after[entry.name] = shown, dict(shown, **_update(result, wanted, vpc, present))
        else:
            after[entry.name] = _create(result, entry, parent)
    for name, subnet in by_name.items():
        before[name] = {key: live_options(subnet)[key] for key in ("name", "cidr", "gateway_ip")}
        if purge and vpc:
            delete_step(result, vpc, subnet)
        else:
            after[name] = before[name]
    if vpc:
        result.before["subnets"] = list(before.values())
    result.after["subnets"] = list(after.values())


def _create(result: Plan, entry: Subnet, parent: Any) -> dict:
    if not entry.dns_list and not entry.primary_dns and not entry.secondary_dns:
        result.warnings.append("subnet %s gets no DNS server, so that its servers resolve no names; set dns_list" % entry.name)
    wanted = replace(entry, gateway_ip=entry.gateway_ip or first_address(entry.cidr)).given()
    options = {key: value for key, value in wanted.items() if key != "ntp_servers" or value}
    find = Find({"vpc_id": parent}, lambda obj: obj.get("name") == entry.name)
    result.create(KIND, entry.name, dict(_body(options), vpc_id=parent), find, creator(parent))
    return wanted


def _update(result: Plan, wanted: dict, vpc: dict, present: dict) -> dict:
    """Add the step that changes a subnet; what is fixed must be the same."""
    have = live_options(present)
    if str(present.get("status")).lower().startswith("error"):
        raise Refused("subnet %s of VPC %s failed to be created" % (wanted["name"], vpc.get("name")), remedy="Delete it, then run the task again.")
    for key in ("cidr", "gateway_ip"):
        if wanted.get(key) and have[key] and wanted[key] != have[key]:
            raise Refused(
                "subnet %s of VPC %s: %s is %s, wanted is %s; it is fixed at creation" % (wanted["name"], vpc.get("name"), key, have[key], wanted[key]),
                remedy="Delete the subnet first, or give the new one another name.",
            )
    changed = _changed(wanted, present)
    if changed:
        body = _body({"name": wanted["name"], "dhcp_enable": have["dhcp_enable"] is not False, **changed})
        result.add("update", KIND, wanted["name"], present["id"], Request("update_subnet", {"vpc": vpc["id"], "subnet": present["id"]}, body))
    return changed


def delete_step(result: Plan, vpc: dict, subnet: dict) -> Step:
    """Add the deletion of a subnet, which is repeated while ports are still in it."""
    return result.add(
        "delete", KIND, subnet.get("name"), subnet["id"],
        Request("delete_subnet", {"vpc": vpc["id"], "subnet": subnet["id"]}, retry_refused=refused_for_now),
    )
