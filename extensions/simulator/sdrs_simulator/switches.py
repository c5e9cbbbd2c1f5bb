# SPDX-License-Identifier: GPL-3.0-or-later
"""Protection, and the switching of sites (5.4.6 to 5.4.9)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import checks, nics
from .faults import sdrs
from .jobs import ends, submit
from .request import Request
from .sites import begin_sync, end_sync, members, production_zone, progress, set_status
from .world import World


def action(world: World, request: Request) -> Any:
    """5.4.6 to 5.4.9: exactly one action in the body."""
    group = checks.find(world, "server_groups", request.args["server_group_id"])
    content = checks.body(request)
    if len(content) != 1 or next(iter(content)) not in _ACTIONS or not isinstance(next(iter(content.values())), dict):
        raise sdrs("SDRS.0206")
    name, arguments = next(iter(content.items()))
    return _ACTIONS[name](world, group, arguments)


def _start(world: World, group: dict, arguments: Any) -> Any:
    if group["status"] in ("failed-over", "error-reprotecting"):
        if _running(world, group, production=False):
            raise sdrs("SDRS.1342")
        return _switch(world, group, "reprotectProtectionGroupNoCG")
    _require(group, "available", "error-starting")
    if not members(world, group)[1]:
        raise sdrs("SDRS.1015")
    return _switch(world, group, "startProtectionGroupNoCG")


def _stop(world: World, group: dict, arguments: Any) -> Any:
    _require(group, "protected", "error-stopping")
    return _switch(world, group, "stopProtectionGroupNoCG")


def _failover(world: World, group: dict, arguments: Any) -> Any:
    _require(group, "protected", "error-failing-over", "error-reversing")
    _require_pairs(world, group)
    return _switch(world, group, "failoverProtectionGroupNoCG")


def _reverse(world: World, group: dict, arguments: Any) -> Any:
    if arguments.get("priority_station") not in ("source", "target"):
        raise sdrs("SDRS.0201")
    if arguments["priority_station"] == group["priority_station"]:
        raise sdrs("SDRS.0216")
    _require(group, "protected", "error-reversing")
    _require_pairs(world, group)
    if _running(world, group, production=True):
        raise sdrs("SDRS.1319")
    if _running(world, group, production=False):
        raise sdrs("SDRS.1342")
    if any(progress(world, pair) < 100 for pair in members(world, group)[1]):
        raise sdrs("SDRS.1830")
    return _switch(world, group, "reverseProtectionGroupNoCG", to=arguments["priority_station"])


_ACTIONS = {
    "start-server-group": _start, "stop-server-group": _stop, "failover-server-group": _failover, "reverse-server-group": _reverse,
}


def _require(group: dict, *statuses: Any) -> None:
    if group["status"] not in statuses:
        raise sdrs("SDRS.1002")


def _require_pairs(world: World, group: dict) -> None:
    pairs = members(world, group)[1]
    if not pairs:
        raise sdrs("SDRS.1015")
    if any(pair["fault_level"] == "5" for pair in pairs):
        raise sdrs("SDRS.1824")


def _running(world: World, group: dict, production: bool) -> list:
    zone = production_zone(group)
    servers = [
        world.servers.get(instance[key]) for instance in members(world, group)[0] for key in ("source_server", "target_server")
    ]
    return [
        server for server in servers
        if server and server["status"] != "SHUTOFF" and (server["OS-EXT-AZ:availability_zone"] == zone) == production
    ]


# job type: status meanwhile, status after it, error status, sub-job type
_SWITCHES = {
    "startProtectionGroupNoCG": ("starting", "protected", "error-starting"),
    "stopProtectionGroupNoCG": ("stopping", "available", "error-stopping"),
    "reprotectProtectionGroupNoCG": ("reprotecting", "protected", "error-reprotecting"),
    "failoverProtectionGroupNoCG": ("failing-over", "failed-over", "error-failing-over"),
    "reverseProtectionGroupNoCG": ("reversing", "protected", "error-reversing"),
}


def _switch(world: World, group: dict, job_type: Any, **arguments: Any) -> Any:
    """Set group, instances and pairs to the transit status and start the job: ``server_group_id`` is in the sub-jobs only."""
    instances, pairs, dummy = members(world, group)
    _set_all(world, (group, *instances, *pairs), _SWITCHES[job_type][0])
    sub_type = job_type.replace("ProtectionGroup", "ProtectionGroupRep")
    return submit(
        world, job_type, dict(arguments, group=group["id"]), ("server_groups", group),
        sub_jobs=[(sub_type, {"server_group_id": group["id"]}) for dummy in pairs],
    )


def _set_all(world: World, objects: Iterable, status: str) -> None:
    for obj in objects:
        if obj["status"] not in ("error", "invalid", "creating", "deleting"):
            obj["status"] = status


def _switched(job_type: Any) -> None:
    def effect(world: World, job: dict) -> None:
        group = world.server_groups[job["_arguments"]["group"]]
        instances, pairs, dummy = members(world, group)
        set_status(world, group, _SWITCHES[job_type][1])
        _set_all(world, (*instances, *pairs), group["status"])
        _EFFECTS[job_type](world, group, instances, pairs, job["_arguments"].get("to"))

    def failed(world: World, job: dict) -> None:
        group = world.server_groups[job["_arguments"]["group"]]
        instances, pairs, dummy = members(world, group)
        set_status(world, group, _SWITCHES[job_type][2])
        _set_all(world, (*instances, *pairs), group["status"])

    ends(job_type, failed)(effect)


def _protect(world: World, group: dict, instances: Iterable, pairs: Iterable, to: Any) -> None:
    for pair in pairs:
        pair["replication_status"] = "copying"
        begin_sync(world, pair)


def _reprotect(world: World, group: dict, instances: Iterable, pairs: Iterable, to: Any) -> None:
    for instance in instances:
        nics.give_back(world, instance)
    _protect(world, group, instances, pairs, to)


def _unprotect(world: World, group: dict, instances: Iterable, pairs: Iterable, to: Any) -> None:
    for pair in pairs:
        end_sync(world, pair)
        pair["replication_status"] = "active-stopped"


def _fail_over(world: World, group: dict, instances: Iterable, pairs: Iterable, to: Any) -> None:
    _turn(world, group, instances, pairs, "target" if group["priority_station"] == "source" else "source", force=True)
    _unprotect(world, group, instances, pairs, to)


def _reversed(world: World, group: dict, instances: Iterable, pairs: Iterable, to: Any) -> None:
    _turn(world, group, instances, pairs, to, force=False)


def _turn(world: World, group: dict, instances: Iterable, pairs: Iterable, to: Any, force: Any) -> None:
    """Make the other site production: addresses move with the NICs; a failover stops the old servers and takes theirs away."""
    group["priority_station"] = to
    zone = production_zone(group)
    for instance in instances:
        halves: list = [world.servers.get(instance[key]) for key in ("source_server", "target_server")]
        instance["priority_station"] = to
        if all(halves):
            new, old = sorted(halves, key=lambda server: server["OS-EXT-AZ:availability_zone"] != zone)
            nics.move(instance, old, new, force)
            if force:
                old["status"] = "SHUTOFF"
        if world.settings["swap_ids_on_switch"] in (True, "servers"):
            instance["source_server"], instance["target_server"] = instance["target_server"], instance["source_server"]
    for pair in pairs:
        pair["priority_station"] = to
        if world.settings["swap_ids_on_switch"] in (True, "volumes"):
            pair["volume_ids"] = ",".join(reversed(pair["volume_ids"].split(",")))


_EFFECTS = {
    "startProtectionGroupNoCG": _protect,
    "stopProtectionGroupNoCG": _unprotect,
    "reprotectProtectionGroupNoCG": _reprotect,
    "failoverProtectionGroupNoCG": _fail_over,
    "reverseProtectionGroupNoCG": _reversed,
}
for _job_type in _EFFECTS:
    _switched(_job_type)
