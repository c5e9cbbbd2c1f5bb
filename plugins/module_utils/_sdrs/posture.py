# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of all protection groups of the project (sdrs_posture_info): one request per list, however many groups. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable

from .._cloud.errors import ApiError, ConnectionFailed, SdrsError, one_line
from .._cloud.odd import Unusable, raw
from .._engine.kind import Kind
from .._engine.lookup import Lookup
from .._engine.waiting import Waiting
from .kinds import DRILL, PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP
from .readiness.conditions import ERROR, WARNING, Facts, for_drill, for_failover, for_planned_failover, for_protect, for_reprotect
from .readiness.query import project
from .server_group import is_synchronised
from .sites import production_zone

# The conditions of a drill VPC need requests for each group: sdrs_readiness_info checks them.
OPERATIONS = {
    "protect": for_protect, "planned_failover": for_planned_failover, "failover": for_failover, "reprotect": for_reprotect, "drill": for_drill,
}
_FAULTY = ("invalid", "fault", "error")
_GROUP = ("id", "name", "status", "priority_station", "source_availability_zone", "target_availability_zone", "created_at")


def query(lookup: Lookup, params: dict, waiting: Waiting) -> dict:
    """The posture of all groups; changes nothing."""
    problems: list[str] = []
    groups, instances = lookup.list(SERVER_GROUP), _by_group(lookup.list(PROTECTED_INSTANCE), problems)
    pairs, drills = _by_group(lookup.list(REPLICATION), problems), _by_group(lookup.list(DRILL), problems)
    undrilled = _undrilled(lookup, problems) if groups else None
    servers, ecs_problem = None, None
    try:
        servers = lookup.all_servers() if groups else {}
    except SdrsError as error:
        ecs_problem = one_line(error)
        problems.append("ECS: %s" % ecs_problem)
    found = []
    for group in groups:
        try:
            key = group["id"]
            facts = Facts(group, instances.get(key, []), pairs.get(key, []), servers, ecs_problem)
            found.append(dict(_entry(facts, drills.get(key, [])), drilled=None if undrilled is None else key not in undrilled))
        except Unusable as error:
            found.append({"server_group": _plain(group), "unreadable": one_line(error)})
    unread = [by_group[None] for by_group in (instances, pairs, drills) if by_group.get(None)]
    if unread:
        # An object with an unknown group may belong to any group.
        for entry in found:
            entry.setdefault("unreadable", "the protection group of %d objects of the project is unknown" % sum(map(len, unread)))
    rpo = _rpo(lookup, problems)
    return {"posture": found, "rpo_statistics": rpo, "problems": problems, "project": project(lookup.api.client)}


def _undrilled(lookup: Lookup, problems: list) -> set | None:
    """IDs of the groups without a drill in the last three months (5.4.2), also of drills that were deleted; None if this is not known."""
    try:
        return {group["id"] for group in lookup.list(SERVER_GROUP, query_type="period_no_dr_drill")}
    except SdrsError as error:
        problems.append("drills of the last three months: %s" % one_line(error))
        return None


def _by_group(objects: Iterable, problems: list) -> dict[str | None, list]:
    """``{group ID: objects}``; objects with an unknown group under None."""
    found: dict[str | None, list] = {}
    for each in objects:
        try:
            key = each.get("server_group_id") or None
        except Unusable as error:
            problems.append(one_line(error))
            key = None
        found.setdefault(key, []).append(each)
    return found


def _plain(group: dict) -> dict:
    return {key: value for key, value in ((key, raw(group, key)) for key in _GROUP) if isinstance(value, str)}


def _entry(facts: Facts, drills: Iterable) -> dict:
    return {
        "server_group": {key: facts.group.get(key) for key in _GROUP},
        "production_zone": production_zone(facts.group),
        "protected_instances": [_instance(facts, instance) for instance in facts.instances],
        "replications": {
            "total": len(facts.pairs), "synchronised": sum(map(is_synchronised, facts.pairs)),
            "progress": min((pair.get("progress") or 0 for pair in facts.pairs if not is_synchronised(pair)), default=100 if facts.pairs else None),
        },
        "faults": [
            *(_fault(obj, PROTECTED_INSTANCE) for obj in facts.instances if str(obj.get("status")).startswith(_FAULTY)),
            *(_fault(obj, REPLICATION) for obj in facts.pairs if _cut(obj) or str(obj.get("status")).startswith(_FAULTY)),
        ],
        "readiness": {name: _readiness(judge(facts)) for name, judge in OPERATIONS.items()},
        "drills": [{key: drill.get(key) for key in ("id", "name", "status", "created_at")} for drill in drills],
    }


def _instance(facts: Facts, instance: dict) -> dict:
    halves = [instance.get("source_server"), instance.get("target_server")]
    known = [server for server in map(facts.servers.get, halves) if server] if facts.servers is not None else []
    return {
        "id": instance.get("id"), "name": instance.get("name"), "status": instance.get("status"),
        "servers": [half for half in halves if half] + [server.get("name") for server in known if server.get("name")],
    }


def _cut(pair: dict) -> bool:
    return str(pair.get("fault_level") or "0") != "0"


def _fault(obj: dict, kind: Kind) -> dict:
    level = obj.get("fault_level") if kind is REPLICATION else None
    return {"kind": kind.title, "name": obj.get("name"), "id": obj.get("id"), "status": obj.get("status"), "fault_level": None if level is None else str(level)}


def _readiness(checks: Iterable) -> dict:
    """Whether nothing forbids the operation, whether it needs no force, and the failed conditions."""
    failed = [check for check in checks if not check["passed"] and check["severity"] != WARNING]
    return {"ready": not any(check["severity"] == ERROR for check in failed), "forced": any(check["severity"] != ERROR for check in failed), "failed": failed}


def _rpo(lookup: Lookup, problems: list) -> list | None:
    """Not every cloud has them (service.md, section 7): None."""
    try:
        return [dict(point) for point in lookup.api.list("list_rpo_statistics", {})]
    except (ApiError, ConnectionFailed) as error:
        if not getattr(error, "not_offered", False):
            problems.append("RPO statistics: %s" % one_line(error))
        return None
