# SPDX-License-Identifier: GPL-3.0-or-later
"""Specifications of a protected instance's servers (5.5.10)."""

from __future__ import annotations

from typing import Any

from . import checks, detail, nics
from .faults import sdrs
from .jobs import ends, submit
from .request import Request
from .sites import READY
from .world import World


def resize(world: World, request: Request) -> Any:
    """5.5.10"""
    instance = checks.find(world, "protected_instances", request.args["protected_instance_id"])
    content = checks.body(request, "resize")
    if world.server_groups[instance["server_group_id"]]["status"] not in READY:
        raise sdrs("SDRS.1024")
    if instance["status"] not in ("available", "protected", "error-resizing"):
        raise sdrs("SDRS.1328")
    both = content.get("flavorRef")
    wanted = [both or content.get("production_flavorRef"), both or content.get("dr_flavorRef")]
    if not any(wanted):
        raise sdrs("SDRS.0201")
    sides = nics.servers(world, instance)
    for flavor, code in zip(wanted, ("SDRS.1356", "SDRS.1353")):
        if flavor and flavor not in world.identity["flavors"]:
            raise sdrs(code)
    for key, code in (("production_dedicated_host_id", "SDRS.1368"), ("dr_dedicated_host_id", "SDRS.1367")):
        if content.get(key):
            raise sdrs(code)
    same = [server and flavor == server["flavor"]["id"] for server, flavor in zip(sides, wanted)]
    if both and all(same):
        raise sdrs("SDRS.1341")
    if not both and wanted[0] and same[0]:
        raise sdrs("SDRS.1378")
    if not both and wanted[1] and same[1]:
        raise sdrs("SDRS.1379")
    for server, flavor, code in zip(sides, wanted, ("SDRS.1352", "SDRS.1342")):
        if flavor and server and server["status"] != "SHUTOFF":
            raise sdrs(code)
    back = "available" if instance["status"] == "error-resizing" else instance["status"]
    arguments = {"instance": instance["id"], "back": back, "flavors": wanted}
    instance["status"] = "resizing"
    return submit(
        world, "resizeProtectedInstanceNew", arguments, ("protected_instances", instance), {"protected_instance_id": instance["id"]},
    )


def _resize_failed(world: World, job: dict) -> None:
    world.protected_instances[job["_arguments"]["instance"]]["status"] = "error-resizing"


@ends("resizeProtectedInstanceNew", _resize_failed)
def _resized(world: World, job: dict) -> None:
    instance = world.protected_instances[job["_arguments"]["instance"]]
    instance["status"] = job["_arguments"]["back"]
    for server, flavor in zip(nics.servers(world, instance), job["_arguments"]["flavors"]):
        if server and flavor:
            server["flavor"] = detail.flavor(flavor)
