# SPDX-License-Identifier: GPL-3.0-or-later
"""Protection groups (5.4) and the switching of sites."""

from __future__ import annotations

from . import checks, nics
from .faults import sdrs
from .jobs import ends, submit
from .world import shown, stamp

TRANSIT = ("creating", "deleting", "starting", "reprotecting", "stopping", "reversing", "failing-over")
READY = ("available", "protected")


def members(world, group):
    """``(instances, pairs, drills)`` of a group."""
    return tuple(
        [obj for obj in getattr(world, kind).values() if obj["server_group_id"] == group["id"]]
        for kind in ("protected_instances", "replications", "drills")
    )


def production_zone(group):
    return group["source_availability_zone" if group["priority_station"] == "source" else "target_availability_zone"]


def progress(world, pair):
    """Synchronisation of a pair in percent, from the time it began."""
    begin, end = pair.get("_sync") or (0, 0)
    if not end:
        return 100 if pair.get("_synced") and pair["status"] == "protected" else 0
    now = world.now()
    return 100 if now >= end else max(0, int(100 * (now - begin) / (end - begin)))


def synced(world, pair):
    """Whether the pair has ever been synchronised completely."""
    if not pair.get("_synced") and progress(world, pair) == 100:
        pair["_synced"] = True
    return bool(pair.get("_synced"))


def begin_sync(world, pair):
    now = world.now()
    seconds = world.settings["resync_seconds" if pair.get("_synced") else "first_sync_seconds"]
    pair["_sync"] = [now, now + world.seconds(seconds)]


def end_sync(world, pair):
    synced(world, pair)
    pair["_sync"] = None


def show_group(world, group, counted=None):
    instances, pairs, drills = counted or members(world, group)
    told = world.settings["group_progress"]
    return dict(
        shown(group),
        progress=told if told != "computed" else sum(progress(world, pair) for pair in pairs) // len(pairs) if pairs else 0,
        protected_instance_num=len(instances), replication_num=len(pairs), disaster_recovery_drill_num=len(drills),
    )


def create(world, request):
    """5.4.1"""
    content = checks.body(request, "server_group")
    checks.name(content.get("name"))
    checks.description(content.get("description"))
    domain = world.domains.get(content.get("domain_id"))
    if domain is None:
        raise sdrs("SDRS.0205")
    zones = [content.get("source_availability_zone"), content.get("target_availability_zone")]
    joined = [domain[side]["availability_zone"] for side in ("local_replication_cluster", "remote_replication_cluster")]
    if sorted(map(str, zones)) != sorted(joined):
        raise sdrs("SDRS.0203")
    if content.get("source_vpc_id") not in world.vpcs:
        raise sdrs("SDRS.0204")
    if content.get("dr_type") not in (None, "migration"):
        raise sdrs("SDRS.0201")
    if len(world.server_groups) >= world.settings["quotas"]["server_groups"]:
        raise sdrs("SDRS.0305")
    now = stamp(world.now())
    group = {
        "_born": world.now(), "id": world.new_id(), "name": content["name"], "description": content.get("description"), "status": "creating",
        "source_availability_zone": zones[0], "target_availability_zone": zones[1], "domain_id": domain["id"],
        "domain_name": domain["name"], "priority_station": "source", "protected_status": None, "replication_status": None,
        "health_status": None, "source_vpc_id": content["source_vpc_id"], "target_vpc_id": content["source_vpc_id"],
        "test_vpc_id": None, "dr_type": "migration", "server_type": "ECS", "created_at": now, "updated_at": now,
        "protection_type": "replication-pair", "replication_model": None,
    }
    world.server_groups[group["id"]] = group
    return _submit(world, "createProtectionGroupNoCG", group)


def _submit(world, job_type, group, **arguments):
    return submit(
        world, job_type, dict(arguments, group=group["id"]), ("server_groups", group), {"server_group_id": group["id"]},
    )


def _set(world, group, status):
    group.update(status=status, updated_at=stamp(world.now()))


def _ended(status):
    return lambda world, job: _set(world, world.server_groups[job["_arguments"]["group"]], status)


ends("createProtectionGroupNoCG", _ended("error"))(_ended("available"))


def query(world, request):
    """5.4.2"""
    wanted, query_type = request.query, request.query.get("query_type") or "general"
    if query_type not in ("general", "status_abnormal", "stop_protected", "period_no_dr_drill"):
        raise sdrs("SDRS.0201")
    count = {group_id: ([], [], []) for group_id in world.server_groups}
    for position, kind in enumerate(("protected_instances", "replications", "drills")):
        for obj in getattr(world, kind).values():
            count[obj["server_group_id"]][position].append(obj)
    found = [
        group for group in world.server_groups.values()
        if checks.matches(group, wanted, status=group["status"], availability_zone=production_zone(group))
        and (query_type != "status_abnormal" or group["status"].startswith("error"))
        and (query_type != "stop_protected" or group["status"] == "available")
        and (query_type != "period_no_dr_drill" or world.now() - group.get("_drilled", 0) > 90 * 86400)
    ]
    return checks.page(request, found, "server_groups", lambda group: show_group(world, group, count[group["id"]]))


def show(world, request):
    """5.4.3"""
    return {"server_group": show_group(world, checks.find(world, "server_groups", request.args["server_group_id"]))}


def delete(world, request):
    """5.4.4"""
    group = checks.find(world, "server_groups", request.args["server_group_id"])
    for objects, code in zip(members(world, group), ("SDRS.1001", "SDRS.1010", "SDRS.1003")):
        if objects:
            raise sdrs(code)
    if group["status"] in TRANSIT:
        raise sdrs("SDRS.1002")
    _set(world, group, "deleting")
    return _submit(world, "deleteProtectionGroupNoCG", group)


@ends("deleteProtectionGroupNoCG", _ended("error-deleting"))
def _deleted(world, job):
    group_id = job["_arguments"]["group"]
    del world.server_groups[group_id]
    for key in [key for key, task in world.failed_tasks.items() if task["_group"] == group_id]:
        del world.failed_tasks[key]


def rename(world, request):
    """5.4.5"""
    group = checks.find(world, "server_groups", request.args["server_group_id"])
    group["name"] = checks.name(checks.body(request, "server_group").get("name"))
    group["updated_at"] = stamp(world.now())
    return {"server_group": show_group(world, group)}


def action(world, request):
    """5.4.6 to 5.4.9: exactly one action in the body."""
    group = checks.find(world, "server_groups", request.args["server_group_id"])
    content = checks.body(request)
    if len(content) != 1 or next(iter(content)) not in _ACTIONS or not isinstance(next(iter(content.values())), dict):
        raise sdrs("SDRS.0206")
    name, arguments = next(iter(content.items()))
    return _ACTIONS[name](world, group, arguments)


def _start(world, group, arguments):
    if group["status"] in ("failed-over", "error-reprotecting"):
        if _running(world, group, production=False):
            raise sdrs("SDRS.1342")
        return _switch(world, group, "reprotectProtectionGroupNoCG")
    _require(group, "available", "error-starting")
    if not members(world, group)[1]:
        raise sdrs("SDRS.1015")
    return _switch(world, group, "startProtectionGroupNoCG")


def _stop(world, group, arguments):
    _require(group, "protected", "error-stopping")
    return _switch(world, group, "stopProtectionGroupNoCG")


def _failover(world, group, arguments):
    _require(group, "protected", "error-failing-over", "error-reversing")
    _require_pairs(world, group)
    return _switch(world, group, "failoverProtectionGroupNoCG")


def _reverse(world, group, arguments):
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


def _require(group, *statuses):
    if group["status"] not in statuses:
        raise sdrs("SDRS.1002")


def _require_pairs(world, group):
    pairs = members(world, group)[1]
    if not pairs:
        raise sdrs("SDRS.1015")
    if any(pair["fault_level"] == "5" for pair in pairs):
        raise sdrs("SDRS.1824")


def _running(world, group, production):
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


def _switch(world, group, job_type, **arguments):
    """Set group, instances and pairs to the transit status and start the job: ``server_group_id`` is in the sub-jobs only."""
    instances, pairs, dummy = members(world, group)
    _set_all(world, (group, *instances, *pairs), _SWITCHES[job_type][0])
    sub_type = job_type.replace("ProtectionGroup", "ProtectionGroupRep")
    return submit(
        world, job_type, dict(arguments, group=group["id"]), ("server_groups", group),
        sub_jobs=[(sub_type, {"server_group_id": group["id"]}) for dummy in pairs],
    )


def _set_all(world, objects, status):
    for obj in objects:
        if obj["status"] not in ("error", "invalid", "creating", "deleting"):
            obj["status"] = status


def _switched(job_type):
    def effect(world, job):
        group = world.server_groups[job["_arguments"]["group"]]
        instances, pairs, dummy = members(world, group)
        _set(world, group, _SWITCHES[job_type][1])
        _set_all(world, (*instances, *pairs), group["status"])
        _EFFECTS[job_type](world, group, instances, pairs, job["_arguments"].get("to"))

    def failed(world, job):
        group = world.server_groups[job["_arguments"]["group"]]
        instances, pairs, dummy = members(world, group)
        _set(world, group, _SWITCHES[job_type][2])
        _set_all(world, (*instances, *pairs), group["status"])

    ends(job_type, failed)(effect)


def _protect(world, group, instances, pairs, to):
    for pair in pairs:
        pair["replication_status"] = "copying"
        begin_sync(world, pair)


def _reprotect(world, group, instances, pairs, to):
    for instance in instances:
        nics.give_back(world, instance)
    _protect(world, group, instances, pairs, to)


def _unprotect(world, group, instances, pairs, to):
    for pair in pairs:
        end_sync(world, pair)
        pair["replication_status"] = "active-stopped"


def _fail_over(world, group, instances, pairs, to):
    _turn(world, group, instances, pairs, "target" if group["priority_station"] == "source" else "source", force=True)
    _unprotect(world, group, instances, pairs, to)


def _reversed(world, group, instances, pairs, to):
    _turn(world, group, instances, pairs, to, force=False)


def _turn(world, group, instances, pairs, to, force):
    """Make the other site production: addresses move with the NICs; a failover stops the old servers and takes theirs away."""
    group["priority_station"] = to
    zone = production_zone(group)
    for instance in instances:
        halves = [world.servers.get(instance[key]) for key in ("source_server", "target_server")]
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
