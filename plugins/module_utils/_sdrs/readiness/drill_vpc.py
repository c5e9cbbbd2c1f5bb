# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the group's network that a drill VPC does not get (user manual, "Performing a DR Drill"). PRIVATE to the collection.

Custom routes, peerings and network ACLs are not copied: told as warnings. Best effort: what a cloud or an account does not show is told
as not checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..._cloud.api import Api
from ..._cloud.errors import AuthError, SdrsError
from ..._engine.lookup import Lookup
from .conditions import WARNING, check, listed


def checks(lookup: Lookup, own: dict, own_subnets: Iterable, other: dict | None, other_subnets: Iterable) -> list:
    """Three checks.

    :param own: the group's VPC
    :param other: the drill VPC, or None where the service will make it
    """
    api = lookup.api
    return [
        _asked("custom_routes", lambda: _routes(api, own, other)),
        _asked("vpc_peerings", lambda: _peerings(api, own)),
        _asked("network_acls", lambda: _acls(api, own_subnets, other_subnets)),
    ]


def _asked(name: str, missing: Callable[..., Any]) -> dict:
    try:
        what, sound = missing()
    except AuthError:
        raise
    except SdrsError as error:
        status = error.data.get("http_status")
        return check(name, False, WARNING, "not checked: %s%s" % (error.message, " (HTTP %d)" % status if status else ""))
    return check(name, not what, WARNING, what or sound)


def _custom(api: Api, vpc: dict) -> dict:
    """``{destination: type}`` of the custom routes."""
    found = {route.get("destination"): "route" for route in vpc.get("routes") or []}
    for table in api.route_tables(vpc["id"]):
        found.update((route.get("destination"), route.get("type")) for route in table.get("routes") or [] if route.get("type") != "local")
    return found


def _routes(api: Api, own: dict, other: dict | None) -> tuple:
    wanted = _custom(api, own)
    left = sorted(set(wanted) - set(_custom(api, other) if other and wanted else {}), key=str)
    shown = ", ".join("%s (%s)" % (destination, wanted[destination]) for destination in left[:10])
    return shown and "custom routes are not copied to the drill VPC: " + shown, "no custom route is missing in the drill VPC"


def _peerings(api: Api, own: dict) -> tuple:
    active = [peering for peering in api.peerings(own["id"]) if peering.get("status") in (None, "ACTIVE")]
    return active and "drill servers cannot reach networks that are peered with the group's VPC: %s" % listed(active), "the group's VPC has no peering"


def _acls(api: Api, own_subnets: Iterable, other_subnets: Iterable) -> tuple:
    acls: dict = {}
    for acl in api.network_acls():
        for entry in acl.get("associations") or [] if acl.get("admin_state_up") is not False else ():
            acls.setdefault(entry.get("virsubnet_id"), {})[acl["id"]] = acl.get("name")
    there = {subnet.get("cidr"): acls.get(subnet.get("id"), {}) for subnet in other_subnets}
    left = [
        "%s (%s)" % (subnet.get("name"), name)
        for subnet in own_subnets for acl_id, name in acls.get(subnet.get("id"), {}).items() if acl_id not in there.get(subnet.get("cidr"), {})
    ]
    shown = ", ".join(left[:10])
    return shown and "the subnets of the drill VPC do not have the network ACLs of the group's VPC: " + shown, "no network ACL is missing"
