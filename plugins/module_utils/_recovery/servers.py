# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting and stopping the servers of a recovery plan, all groups in one task. PRIVATE to the collection.

Each protection group has its own request: one that hangs or is refused does not delay the others. One that is refused as a whole is sent again
server by server.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .._cloud.errors import ApiError, ConfigError, Refused
from .._cloud.validate import Between
from .._engine.kind import LiveState
from .._engine.lookup import Lookup
from .._engine.options import Options as _Options
from .._engine.plan import Plan, Step
from .._engine.waiting import Waiting
from .._neighbours import ecs_power
from .._neighbours import server_checks as _server_checks
from .._sdrs import failover_batch
from . import document as _recovery_document
from . import run_journal
from . import state as _recovery_state
from .state import Found, Member, State

KIND = ecs_power.KIND
# The fields of a server that hooks need; the journal has the rest.
_BRIEF = ("id", "name", "address", "server_group", "protected_instance", "passed")
_FINE = (_server_checks.PASSED, "skipped")
RULES = {
    "plan": _recovery_document.check, "parallel": Between(1, 256), "server_groups": lambda value: failover_batch.references(value) if value else None,
}


_Wave = list[tuple[str, list[tuple[Member, dict]]]]  # ``[(branch, [(member, server)])]``


@dataclass
class Options(_Options):
    plan: dict
    tier: str | None = None
    active_site: str = "target"
    drill: str | None = None
    state: str = "started"
    server_groups: list[str] | None = None
    site: str = "both"
    mode: str = "soft"


@dataclass
class CheckOptions(_Options):
    plan: dict
    tier: str
    active_site: str = "target"
    drill: str | None = None
    jobs: list[dict] | None = None
    journal: str | None = None
    windows_settle: float = 0
    shared_addresses: str = "fail"


@dataclass
class Live(LiveState):
    """``waves``: what is changed one after the other."""

    waves: list[_Wave] = field(default_factory=list)
    refused: list[tuple[str, Refused]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return "servers"

    @property
    def obj(self) -> list[str]:
        return [server["id"] for wave in self.waves for _branch, entries in wave for _member, server in entries]


def read(lookup: Lookup, options: Options) -> Live:
    """The servers that the plan means, by group."""
    state = _recovery_state.read(lookup, options.plan)
    if state.problems:
        raise Refused("; ".join(state.problems[:5]))
    if options.state == "started":
        return _to_start(lookup, options, state)
    if options.drill:
        raise ConfigError("drill servers are never stopped; delete the drill instead")
    if options.server_groups is None:
        raise ConfigError("state: stopped requires server_groups, the groups of the plan that are switched")
    unknown = [name for name in options.server_groups if name not in state.groups]
    if unknown:
        raise ConfigError("server_groups: %s is not a group of the plan" % unknown[0])
    return _to_stop(lookup, options.server_groups, options, state)


def _to_start(lookup: Lookup, options: Options, state: State) -> Live:
    if not options.tier:
        raise ConfigError("state: started requires tier")
    live, members = Live(), state.tier(options.tier).members
    if options.drill:
        found = _recovery_state.drilled(lookup, members, options.drill)
    else:
        waiting = {member.group: _recovery_state.at_site(member.where, options.active_site) for member in members}
        live.warnings = ["not started: %s" % reason for reason in waiting.values() if reason]
        found = _recovery_state.servers(lookup, [member for member in members if not waiting[member.group]])
    live.waves.append(_by_group(found))
    return live


def _to_stop(lookup: Lookup, groups: list[str], options: Options, state: State) -> Live:
    live, allowed = Live(), set(groups)
    for name in groups if options.site == "both" else ():
        if _recovery_state.at_site(state.groups[name], options.active_site) is None:
            live.refused.append((name, Refused("%s: production is already at the %s site, its servers are not stopped" % (name, options.active_site))))
            allowed.discard(name)
    chosen = [[member for member in tier.members if member.group in allowed] for tier in reversed(state.tiers)]
    sides = [("production", chosen), ("dr", [sum(chosen, [])])] if options.site == "both" else [(options.site, chosen)]
    for side, waves in sides:
        for members in filter(None, waves):
            found = _recovery_state.servers(lookup, members, side == "production")
            silent = sorted({member.group for member, server in found if server == {}})
            for group in silent:
                live.refused.append((group, Refused("ECS does not report the state of its servers at the %s site" % side, retryable=True)))
            live.waves.append(_by_group([(member, server) for member, server in found if member.group not in silent]))
    return live


def _by_group(found: Iterable[Found]) -> _Wave:
    groups: dict[str, list[tuple[Member, dict]]] = {}
    for member, server in found:
        if server:
            groups.setdefault(member.group, []).append((member, server))
    return list(groups.items())


def plan(options: Options, live: Live) -> Plan:
    """A step for each group that has servers to change; a tier's come when those before it have ended. Pure."""
    wanted = ecs_power.WANTED[options.state]
    before: list[Step] = []
    result = Plan(warnings=list(live.warnings))
    result.refused += live.refused
    for wave in live.waves:
        steps = []
        for branch, entries in wave:
            servers = [server for _member, server in entries]
            odd = [each for each in servers if not KIND.busy(each) and each.get("status") not in ecs_power.WANTED.values()]
            if odd and options.state == "stopped":
                text = ", ".join("%s is %s" % (each.get("name"), each.get("status")) for each in odd)
                result.refused.append((branch, Refused("%s: cannot be stopped in the current state: %s" % (branch, text))))
                continue
            changed = [each for each in servers if each not in odd and KIND.assumed(each).get("status") != wanted]
            if not changed:
                continue
            result.before[branch] = result.before.get(branch, 0) + len(changed)
            steps.append(_step(options, branch, changed, before))
        result.steps += steps
        before = steps or before
    # Counts: a site has a thousand servers.
    other = "stopped" if options.state == "started" else "started"
    result.after = {branch: "%d servers %s" % (count, options.state) for branch, count in result.before.items()}
    result.before = {branch: "%d servers %s" % (count, other) for branch, count in result.before.items()}
    return result


def _step(options: Options, branch: str, servers: list[dict], before: list[Step]) -> Step:
    operation, request = ecs_power.power(options.state, options.mode, servers)
    if len(servers) > 1 and operation == "power_on":
        def one_by_one(_error: ApiError) -> list[Step]:
            return [_step(options, "%s/%s" % (branch, server.get("name")), [server], before) for server in servers]

        request.instead, request.divides = one_by_one, True
    return Step(operation, KIND, None, servers[0]["id"], request, branch=branch, once_ended=list(before))


def show(_lookup: Lookup, _id: Any, live: Live) -> list[str]:
    """The selected servers; their state is checked separately."""
    return live.obj


def check(lookup: Lookup, options: CheckOptions, waiting: Waiting) -> dict:
    """Query: poll the servers of a tier, each with its ports in the plan."""
    state = _recovery_state.read(lookup, options.plan)
    if state.problems:
        raise Refused("; ".join(state.problems[:5]))
    tier = state.tier(options.tier)
    reasons = {} if options.drill else {member.group: _recovery_state.at_site(member.where, options.active_site) for member in tier.members}
    to_watch = [member for member in tier.members if not reasons.get(member.group)]
    found = _recovery_state.drilled(lookup, to_watch, options.drill) if options.drill else _recovery_state.servers(lookup, to_watch)
    not_tried = [(member, reasons[member.group]) for member in tier.members if reasons.get(member.group)]
    not_tried += [(member, "ECS does not report its server" if server == {} else "it has no server at the current production site")
                  for member, server in found if not server]
    members = {server["id"]: member for member, server in found if server}
    watch = _server_checks.Watch(tier.timeout, options.windows_settle, bool(options.drill))
    lookup.forget()
    jobs = options.jobs or []
    result = _watched(lookup, members, watch, waiting, jobs)
    if options.shared_addresses == "skip":
        result["server_checks"] = [_from_inside(entry) for entry in result["server_checks"]]
    checks = [dict(entry, server_group=members[entry["id"]].group, protected_instance=members[entry["id"]].label) for entry in result["server_checks"]]
    untried = [{"server_group": member.group, "protected_instance": member.label, "detail": reason} for member, reason in not_tried]
    wrong = ["%s: %s" % (each["protected_instance"], "; ".join(part["detail"] for part in each["checks"] if part["status"] not in _FINE))
             for each in checks if not each["passed"]] + ["%s: %s" % (each["protected_instance"], each["detail"]) for each in untried]
    if options.journal:
        started = [{"operation": "power_on", "resource_type": "ecs_server", "name": "servers of tier " + tier.name, "job_id": job["job_id"]} for job in jobs]
        entries = [{"event": "result", "operations": started, "jobs": jobs}, {"event": "servers", "tier": tier.name, "servers": checks}]
        run_journal.note(options.journal, entries, lookup.warn)
        checks = [{key: each[key] for key in _BRIEF} for each in checks]
    return {"server_checks": checks, "not_tried": untried, "problems": wrong, "passed": not wrong}


def _from_inside(entry: dict) -> dict:
    """Ports of a drill that cannot be distinguished from production's are left to checks from inside."""
    checks = [dict(each, status="skipped") if each["status"] == _server_checks.NOT_VERIFIABLE else each for each in entry["checks"]]
    return dict(entry, checks=checks, passed=all(each["status"] in _FINE for each in checks))


def _watched(lookup: Lookup, members: dict[str, Member], watch: _server_checks.Watch, waiting: Waiting, jobs: list[dict]) -> dict:
    if not members:
        return {"server_checks": [], "passed": True}
    known: dict[str, str | None] = {}

    def starting() -> bool:
        for job in jobs:
            if known.get(job["job_id"]) in (None, "INIT", "RUNNING"):
                known[job["job_id"]] = (lookup.neighbour(functools.partial(lookup.api.job, job["job_id"], "ecs")) or {}).get("status")
        return any(status in ("INIT", "RUNNING") for status in known.values())

    wanted = {server_id: list(dict.fromkeys(member.ports)) for server_id, member in members.items()}
    return _server_checks.watch(lookup, wanted, watch, waiting, starting if jobs else None)
