# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditions for protecting, switching and drilling a group, as a table of checks. Pure. PRIVATE to the collection.

semantics.md, section 2, and the "Constraints and Limitations" of 5.4.6 to 5.4.9, 5.5.1 and 5.7.1. Severities: ``error`` forbids the
operation, ``advisory`` forbids a failover unless it is forced, ``warning`` is told.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..._cloud.odd import Unusable, raw
from ..kinds import DRILL_ADDABLE, REPROTECTABLE, STARTABLE, plain_attachments
from ..server_group import is_synchronised
from ..sites import production_zone

ERROR, ADVISORY, WARNING = "error", "advisory", "warning"
_FAULTY = ("invalid", "fault", "error")


@dataclass
class Facts:
    """The facts about a group. ``servers``: ECS servers by ID, None if ECS was not queried or does not respond."""

    group: dict
    instances: list = field(default_factory=list)
    pairs: list = field(default_factory=list)
    servers: dict | None = None
    ecs_problem: str | None = None


def check(name: str, passed: object, severity: str, detail: str) -> dict:
    """One condition: ``{check, passed, severity, detail}``."""
    return {"check": name, "passed": bool(passed), "severity": severity, "detail": detail}


def _tellable(name: str) -> Callable[[Callable[..., dict]], Callable[..., dict]]:
    """Decorator: an unreadable field makes the check fail, with its severity, instead of the task."""
    def wrap(judge: Callable[..., dict]) -> Callable[..., dict]:
        @functools.wraps(judge)
        def told(facts: Facts, severity: str = WARNING, *arguments: Any) -> dict:
            try:
                return judge(facts, severity, *arguments)
            except Unusable as error:
                return check(name, False, severity, "unknown: %s" % error.message)
        return told
    return wrap


def listed(objects: list) -> str:
    """Names and IDs for a detail, at most ten."""
    shown = ", ".join("%s (%s)" % (raw(obj, "name"), raw(obj, "id")) for obj in objects[:10])
    return shown + (", … (%d in all)" % len(objects) if len(objects) > 10 else "")


def group_status(facts: Facts, allowed: Any) -> dict:
    status = facts.group.get("status")
    return check("group_status", status in allowed, ERROR, "protection group %s is %r; required: %s" % (
        facts.group.get("name"), status, ", ".join(sorted(allowed))))


def has_pairs(facts: Facts) -> dict:
    count = len(facts.pairs)
    return check("replication_pairs", count, ERROR, "%d replication pairs; at least one is required" % count)


def cut_off(pair: dict) -> bool:
    """Whether the production site's disk is gone and everything has arrived before: level 2 with progress 100, for which a failover is advised."""
    return pair.get("status") == "fault" and str(pair.get("fault_level")) == "2" and pair.get("progress") == 100


@_tellable("synchronisation")
def synchronised(facts: Facts, severity: str, retried: Any = None, passing: Callable[..., Any] = lambda pair: False) -> dict:
    """Every pair is protected, or in the error status being retried, and its progress 100; ``passing(pair)`` lets others pass."""
    late = [
        pair for pair in facts.pairs
        if (pair.get("status") not in ("protected", retried) or pair.get("progress") != 100) and not passing(pair)
    ]
    text = ", ".join("%s is %s at %s %%" % (pair.get("name"), pair.get("status"), pair.get("progress")) for pair in late[:10])
    return check("synchronisation", not late, severity, text or "all replication pairs are synchronised")


@_tellable("fault_level")
def fault_level(facts: Facts, severity: str) -> dict:
    """Level 5: the replication link is disconnected (table 5-40)."""
    cut = [pair for pair in facts.pairs if str(pair.get("fault_level")) == "5"]
    return check("fault_level", not cut, severity, "replication link disconnected (level 5): %s" % listed(cut) if cut else "no pair has fault level 5")


@_tellable("object_statuses")
def objects_sound(facts: Facts, severity: str, passing: Callable[..., Any] = lambda pair: False) -> dict:
    """No instance or pair is in an error status; ``passing(pair)`` lets pairs pass, and instances that are in fault for these alone."""
    pairs = [pair for pair in facts.pairs if str(pair.get("status")).startswith(_FAULTY)]
    explained, unexplained = (
        {instance for pair in pairs if bool(passing(pair)) is passes for instance in plain_attachments(pair)} for passes in (True, False)
    )
    # An instance is in fault while a pair of it does not synchronise (A.3).
    explained -= unexplained
    faulty = [
        *(obj for obj in facts.instances if str(obj.get("status")).startswith(_FAULTY) and not (obj.get("status") == "fault" and obj.get("id") in explained)),
        *(pair for pair in pairs if not passing(pair)),
    ]
    text = ", ".join("%s is %s" % (obj.get("name"), obj.get("status")) for obj in faulty[:10])
    return check("object_statuses", not faulty, severity, text or "no instance or pair is in an error status")


@_tellable("production_fault")
def production_is_sound(facts: Facts, severity: str) -> dict:
    sound = all(str(pair.get("fault_level")) == "0" for pair in facts.pairs) and not any(
        str(obj.get("status")).startswith(_FAULTY) for obj in (*facts.instances, *facts.pairs))
    return check("production_fault", not sound, severity, "the production site looks healthy: a planned failover would lose no data" if sound
                 else "the production site shows faults")


@_tellable("servers_readable")
def servers_stopped(facts: Facts, severity: str, site: str | None = None) -> dict:
    """Both halves of every instance are stopped; ``site="dr"`` checks only the servers outside the current production AZ."""
    if facts.servers is None:
        return check("servers_readable", False, severity, "the state of the servers is unknown: %s" % (facts.ecs_problem or "ECS was not queried"))
    zone = production_zone(facts.group)
    halves = [facts.servers.get(instance.get(key)) for instance in facts.instances for key in ("source_server", "target_server")]
    looked_at = [server for server in halves if server and (site != "dr" or server.get("OS-EXT-AZ:availability_zone") != zone)]
    running = [server for server in looked_at if server.get("status") != "SHUTOFF" or server.get("OS-EXT-STS:task_state")]
    return check("servers_stopped", not running, severity, "not stopped: %s" % listed(running) if running else "%d servers are stopped" % len(looked_at))


def for_planned_failover(facts: Facts) -> list[dict]:
    """5.4.9."""
    status = facts.group.get("status")
    return [
        group_status(facts, {"protected", "error-reversing"}), has_pairs(facts), servers_stopped(facts, ERROR), fault_level(facts, ERROR),
        synchronised(facts, ERROR, status if status == "error-reversing" else None), objects_sound(facts, WARNING),
    ]


def for_failover(facts: Facts) -> list[dict]:
    """5.4.8. Nothing here asks the production site."""
    status = facts.group.get("status")
    return [
        group_status(facts, {"protected", "error-failing-over", "error-reversing"}), has_pairs(facts),
        fault_level(facts, ADVISORY), synchronised(facts, ADVISORY, status if status != "protected" else None, cut_off),
        objects_sound(facts, ADVISORY if status == "protected" else WARNING, cut_off), production_is_sound(facts),
    ]


def for_reprotect(facts: Facts) -> list[dict]:
    """5.4.6, second part. The old production site may be gone: unreadable servers are a warning, running servers there forbid it."""
    severity = WARNING if facts.servers is None else ERROR
    return [group_status(facts, set(REPROTECTABLE)), has_pairs(facts), servers_stopped(facts, severity, "dr")]


def for_protect(facts: Facts) -> list[dict]:
    """5.4.6, first part."""
    return [group_status(facts, set(STARTABLE)), has_pairs(facts), objects_sound(facts, ERROR)]


@_tellable("first_synchronisation")
def first_synchronised(facts: Facts, severity: str) -> dict:
    late = [pair for pair in facts.pairs if not is_synchronised(pair)]
    text = ", ".join("%s at %s %%" % (pair.get("name"), pair.get("progress")) for pair in late[:10])
    return check("first_synchronisation", not late, severity, "not synchronised: %s" % text if late else "the first synchronisation has finished")


def for_drill(facts: Facts) -> list[dict]:
    """5.7.1."""
    severity = ERROR if facts.group.get("status") == "protected" else WARNING
    return [group_status(facts, DRILL_ADDABLE["protection group"]), has_pairs(facts), first_synchronised(facts, severity), objects_sound(facts, WARNING)]
