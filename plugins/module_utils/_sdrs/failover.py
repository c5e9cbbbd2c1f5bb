# SPDX-License-Identifier: GPL-3.0-or-later
"""Moving a group's production to the requested site (5.4.6, 5.4.8, 5.4.9; semantics.md, section 2). PRIVATE to the collection.

One call does one thing, and ``mode`` never escalates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .._cloud.errors import ConfigError, Refused, SdrsError
from .._engine.kind import LiveState
from .._engine.lookup import Lookup
from .._engine.options import Options as _Options
from .._engine.plan import Plan, Request
from . import protection
from .kinds import PROTECTED_INSTANCE, REPLICATION, SERVER_GROUP
from .readiness import conditions
from .readiness.conditions import Facts
from .sites import SITES, production_site

KIND = SERVER_GROUP
SWITCHES_IN_FLIGHT = ("reversing", "failing-over", "reprotecting")


@dataclass
class Options(_Options):
    active_site: str
    server_group: str | None = None
    mode: str = "planned"
    reprotect: bool = False
    force: bool = False
    wait: bool = True


@dataclass
class Live(LiveState):
    """The group, the operation, and the facts that the operation needs."""

    obj: dict
    operation: str | None = None
    facts: conditions.Facts | None = None
    in_flight: str | None = None  # the status that check mode cannot wait out

    def watch(self) -> list:
        return [(KIND, self.obj)]

    def assume(self) -> Live:
        return replace(self, in_flight=self.obj.get("status")) if KIND.busy(self.obj) else self


def read(lookup: Lookup, options: Options) -> Live:
    """The group, and if there is something to do, the instances, pairs and, except for a failover, servers."""
    if not options.wait:
        raise ConfigError("wait: false is not allowed: the task must wait until the switch has ended")
    group = lookup.one(KIND, str(options.server_group))
    live = Live(lookup.show(KIND, group["id"]) or group)
    if KIND.busy(live.obj):
        return live
    refuse_reversal(options, live.obj, lookup.settled)
    live.operation = decide(options, live.obj)
    if live.operation:
        query = {"server_group_id": group["id"]}
        live.facts = conditions.Facts(
            live.obj, lookup.list(PROTECTED_INSTANCE, **query), lookup.list(REPLICATION, **query),
        )
        if live.operation != "failover":
            read_servers(lookup, live.facts)
    return live


def read_servers(lookup: Lookup, facts: Facts) -> None:
    """Add the servers of the project to ``facts``, or why ECS does not return them."""
    try:
        facts.servers = lookup.all_servers()
    except SdrsError as error:
        facts.ecs_problem = str(error)


def decide(options: Options, group: dict) -> str | None:
    """The operation that the table of semantics.md, section 2 names for the live state, or None.

    :raises Refused: the state allows none
    """
    status, wanted, planned = group.get("status"), options.active_site, options.mode == "planned"
    site, label = production_site(group), KIND.label(group)
    there = site == wanted
    switch = "planned_failover" if planned else "failover"
    if site not in SITES:
        raise Refused("%s: the service does not report its current production site" % label, retryable=True)
    if status == "protected":
        return None if there else switch
    if status == "failed-over":
        if there:
            return "reprotect" if options.reprotect else None
        raise Refused(
            "%s is failed over to the %s site: it cannot be switched before it is re-protected" % (label, site),
            remedy="Re-protect first (playbook cloud_dr.sdrs.reprotect; module: active_site: %s, reprotect: true), then fail back." % site,
        )
    if status == "error-reversing":
        if there and not planned and not options.force:
            raise Refused(
                "%s is error-reversing with production already at the %s site: a failover would move production away from there" % (label, wanted),
                remedy="Retry the planned failover with mode: planned, or set force: true (failover_force in the playbooks).",
            )
        return switch
    if status == "error-failing-over":
        if not planned:
            return switch
        raise Refused(
            "%s is error-failing-over: a planned failover is not allowed" % label,
            remedy="Retry it with the playbook cloud_dr.sdrs.failover (module: mode: unplanned).",
        )
    if status == "error-reprotecting":
        if there and options.reprotect:
            return "reprotect"
        raise Refused(
            "%s is error-reprotecting with production at the %s site" % (label, site),
            remedy="Re-protect it (playbook cloud_dr.sdrs.reprotect; module: active_site: %s, reprotect: true)." % site,
        )
    raise Refused(
        "%s is %r: it cannot be switched in that state" % (label, status),
        remedy="Allowed: protected, failed-over, error-reversing, error-failing-over, error-reprotecting.",
    )


def plan(options: Options, live: Live) -> Plan:
    """At most one step. Pure."""
    result, group = Plan(), live.obj
    if live.in_flight:
        # The outcome is unknown: assuming one would be false, and acting on it dangerous.
        result.before = {"active_site": production_site(group), "status": live.in_flight}
        result.after = dict(result.before)
        result.warnings.append("%s is in transit (%s): a run waits until this has ended, and then decides" % (KIND.label(group), live.in_flight))
        return result
    operation = live.operation if live.facts else decide(options, group)
    result.before = {"active_site": production_site(group), "status": group.get("status")}
    result.after = dict(result.before)
    if not operation:
        return result
    if live.facts:
        _require(result, options, operation, live.facts)
    label = KIND.label(group)
    if operation == "reprotect":
        protection.add_protection_step(result, "reprotect", group, _guard(label, group))
        result.after["status"] = "protected"
        return result
    call, body, status = {
        "failover": ("failover_server_group", {}, "failed-over"),
        "planned_failover": ("reverse_server_group", {"priority_station": options.active_site}, "protected"),
    }[operation]
    result.add(operation, KIND, group.get("name"), group["id"], Request(call, {"server_group": group["id"]}, body, guard=_guard(label, group)))
    result.after = {"active_site": options.active_site, "status": status}
    return result


def refuse_reversal(options: Options, group: dict, settled: list) -> None:
    """A switch that was in flight and ended elsewhere is never reversed."""
    switched = [obj for kind, obj in settled if kind is KIND and obj.get("status") in SWITCHES_IN_FLIGHT]
    if switched and production_site(group) != options.active_site:
        raise Refused(
            "%s was %s when this task began and ended with production at the %s site, not at the %s site"
            % (KIND.label(group), switched[0]["status"], production_site(group), options.active_site),
            remedy="Nothing was sent. Run the task again if the switch is still needed.",
        )


def _require(result: Plan, options: Options, operation: str, facts: Facts) -> None:
    checks = {
        "planned_failover": conditions.for_planned_failover, "failover": conditions.for_failover, "reprotect": conditions.for_reprotect,
    }[operation](facts)
    open_checks = [each for each in checks if not each["passed"]]
    stop = [each for each in open_checks if each["severity"] == conditions.ERROR]
    advice = [each for each in open_checks if each["severity"] == conditions.ADVISORY]
    if stop:
        raise Refused("%s: %s" % (KIND.label(facts.group), "; ".join(each["detail"] for each in stop)), remedy=_REMEDIES[operation])
    if advice and not options.force:
        raise Refused(
            "%s: %s" % (KIND.label(facts.group), "; ".join(each["detail"] for each in advice)),
            remedy="Set force: true (failover_force in the playbooks) to let the service decide.",
        )
    result.warnings += [each["detail"] for each in open_checks]


_REMEDIES = {
    "planned_failover": "Stop the servers of both sites, wait until the synchronisation has finished, and try again.",
    "failover": "A failover requires a group that is protected and has replication pairs.",
    "reprotect": "Stop the servers of the other site, and try again.",
}


def _guard(label: str, planned: dict) -> Callable[[Any], None]:
    """Directly before the request, the group must still be in the state that the decision was based on."""

    def guard(group: dict | None) -> None:
        now = ((group or {}).get("status"), production_site(group))
        if now != (planned.get("status"), production_site(planned)):
            raise Refused(
                "%s is now %r with production at the %s site, which differs from the state the decision was based on; nothing was sent" % (label, *now),
                remedy="Run the task again.",
            )

    return guard


def verify(options: Any, group: dict) -> None:
    """The group's state decides about success, not the job.

    :raises Refused: production is not at ``active_site``
    """
    if production_site(group) != options.active_site:
        raise Refused(
            "the job succeeded, but the production site of %s is %s, not %s" % (KIND.label(group), production_site(group), options.active_site),
            remedy="Check the group in the console before you do anything else.",
        )
