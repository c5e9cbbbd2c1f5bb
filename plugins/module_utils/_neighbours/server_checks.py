# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether servers run and answer, with the time at which each check passed. PRIVATE to the collection.

Drill subnets repeat production's CIDRs, so that an address may mean a production server too (semantics.md, section 6): what cannot
be told apart is ``not_verifiable``, never passed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .._cloud.errors import SdrsError, one_line
from .._cloud.odd import Unusable, raw
from .._cloud.validate import Between, identifiers
from .._defaults import SERVER_GRACE
from .._engine.jobs import interval
from .._engine.lookup import Lookup
from .._engine.options import Options as _Options
from .._engine.waiting import Waiting
from .._sdrs.owner import is_windows
from .ports import answering, plain_address

PASSED, FAILED, NOT_VERIFIABLE, NOT_TRIED = "passed", "failed", "not_verifiable", "not_tried"
STATE = "ecs_state"
_TASK = "OS-EXT-STS:task_state"


RULES = {
    "ids": lambda value: identifiers(value) if value else "must not be empty",
    "ports": Between(1, 65535),
    "timeout": Between(0, 86400),
    "windows_settle": Between(0, 86400),
}


@dataclass
class Watch(_Options):
    """How long servers are watched, in seconds, and whether an address that another server has tells nothing."""

    timeout: float = 300
    windows_settle: float = 0
    unique_addresses: bool = False


@dataclass
class Options(Watch):
    ids: list[str] = field(default_factory=list)
    ports: list[int] | None = None


class _Server:
    """A server under watch; ``checks`` holds what is decided, by name."""

    def __init__(self, server_id: str, ports: Iterable[int]) -> None:
        self.id, self.ports = server_id, list(ports)
        self.seen: Any = {}
        self.problem: str | None = None
        self.checks: dict[str, dict] = {}
        self.reasons: dict[int, str | None] = {}

    @property
    def address(self) -> str | None:
        """The address to be tried, in its usual form; None when there is none that can be."""
        return next(filter(None, map(plain_address, addresses(self.seen))), None)

    def open_ports(self) -> list[int]:
        """The ports still to be tried."""
        passed = self.checks.get(STATE, {}).get("status") == PASSED
        return [port for port in self.ports if passed and port_check(port) not in self.checks]

    def patience(self, timeout: float, windows_settle: float) -> float:
        """Seconds until what is open counts as failed; longer for the ports of a Windows server that runs."""
        return timeout + windows_settle if self.open_ports() and is_windows(self.seen) else timeout

    def undecided(self) -> bool:
        return STATE not in self.checks or bool(self.open_ports())


def addresses(server: Any) -> list[str]:
    """The addresses of a server's NICs, IPv4 first, floating ones left out. What is no address is nobody's, so that it hides no other."""
    nets = raw(server or {}, "addresses")
    if nets is not None and not isinstance(nets, dict):
        server.get("addresses")  # nothing can be told of any NIC: the error that names the field
    found = [nic for nics in (nets or {}).values() if isinstance(nics, list) for nic in nics if isinstance(nic, dict)]
    fixed = [nic for nic in found if nic.get("OS-EXT-IPS:type") in (None, "fixed") and nic.get("addr") and isinstance(nic["addr"], str)]
    return [nic["addr"] for nic in sorted(fixed, key=lambda nic: ":" in nic["addr"])]


def port_check(port: int) -> str:
    return "tcp_%d" % port


def read(lookup: Lookup, options: Options, waiting: Waiting) -> dict:
    """Watch the servers until everything is decided, or the time is over."""
    return watch(lookup, dict.fromkeys(options.ids, options.ports or []), options, waiting)


def watch(lookup: Lookup, wanted: dict[str, list[int]], options: Watch, waiting: Waiting, starting: Callable[[], bool] | None = None) -> dict:
    """The same for servers with ports of their own.

    :param wanted: ``{server ID: ports}``
    :param starting: callable: whether something is starting servers that do not show it yet
    """
    since, timeout = waiting.clock(), options.timeout
    servers = [_Server(server_id, ports) for server_id, ports in wanted.items()]
    others = _elsewhere(lookup, servers) if options.unique_addresses else {}
    while True:
        waited = waiting.clock() - since
        if any(STATE not in server.checks for server in servers):
            patient = waited >= SERVER_GRACE and starting is not None and starting()
            _look(lookup, servers, waited, timeout, timeout if patient else SERVER_GRACE)
        _not_unique(servers, others, waited)
        ends = {server: server.patience(timeout, options.windows_settle) for server in servers if server.undecided()}
        _try_ports(servers, waited, min(2.0, max(0.1, max(ends.values(), default=0) - waited)))
        late = waiting.clock() - since
        _give_up([server for server, end in ends.items() if late >= end], late)
        left = [end for server, end in ends.items() if server.undecided()]
        if not left:
            break
        lookup.forget()
        waiting.sleep(min(interval(waited), max(0.0, since + min(left) - waiting.clock())))
    shown = [_shown(server, server.ports, others) for server in servers]
    return {"server_checks": shown, "passed": all(server["passed"] for server in shown)}


def _look(lookup: Lookup, servers: list[_Server], waited: float, timeout: float, grace: float) -> None:
    known = lookup.servers_among([server.id for server in servers])
    for server in servers:
        if STATE in server.checks:
            continue
        seen: Any = known.get(server.id)
        server.seen = seen or server.seen
        if seen == {}:  # ECS does not tell; it may later
            server.problem = "ECS does not tell its state"
            continue
        try:
            addresses(seen)
            status, task = (seen or {}).get("status"), (seen or {}).get(_TASK)
        except Unusable as error:
            server.seen, server.problem = {"id": server.id, "name": raw(seen, "name")}, error.message
            continue
        server.problem = "is %s%s" % (status, ", %s" % task if task else "") if seen else "does not exist"
        if status == "ACTIVE" and not task:
            _decide(server, STATE, PASSED, "is ACTIVE", waited)
        elif status == "ERROR" or (not task and waited >= min(grace, timeout)):
            _decide(server, STATE, FAILED, server.problem, waited)


def _decide(server: _Server, name: str, status: str, detail: str, waited: float) -> None:
    at = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    server.checks[name] = {"check": name, "status": status, "detail": detail, "at": at, "seconds": round(waited, 3)}


def _elsewhere(lookup: Lookup, servers: list[_Server]) -> dict[str, list[str]] | None:
    """``{address: names of servers that are not watched}``; None when it is not known."""
    found: dict[str, list[str]] = {}
    watched = {server.id for server in servers}
    try:
        everyone = lookup.all_servers()
        for server in everyone.values():
            for address in filter(None, map(plain_address, addresses(server))) if server["id"] not in watched else ():
                found.setdefault(address, []).append("%s (%s)" % (raw(server, "name"), server["id"]))
    except SdrsError:
        return None
    return None if everyone.unreadable else found


def _not_unique(servers: list[_Server], others: dict[str, list[str]] | None, waited: float) -> None:
    for server in servers:
        for port in server.open_ports() if server.address else ():
            if others is None:
                detail = "ECS does not tell which other servers have the address %s" % server.address
            elif server.address in others:
                detail = "%s is also the address of %s, which may be what answers" % (server.address, ", ".join(others[server.address][:3]))
            else:
                continue
            _decide(server, port_check(port), NOT_VERIFIABLE, detail, waited)


def _try_ports(servers: list[_Server], waited: float, seconds: float) -> None:
    targets: dict[tuple[str, int], list[_Server]] = {}
    for server in servers:
        for port in server.open_ports():
            if server.address is None:
                shown = ", ".join(repr(one_line(each, 60)) for each in addresses(server.seen)[:3])
                detail = "its address %s is not an IP address that can be reached from here" % shown if shown else "the server has no address"
                _decide(server, port_check(port), FAILED, detail, waited)
            else:
                targets.setdefault((server.address, port), []).append(server)
    for (address, port), reason in answering(targets, seconds).items() if targets else ():
        for server in targets[address, port]:
            server.reasons[port] = reason
            if reason is None:
                _decide(server, port_check(port), PASSED, "%s answers" % address, waited)


def _give_up(servers: list[_Server], waited: float) -> None:
    for server in servers:
        if STATE not in server.checks:
            _decide(server, STATE, FAILED, "after %.0f s: %s" % (waited, server.problem), waited)
        for port in server.open_ports():
            _decide(server, port_check(port), FAILED, "%s after %.0f s: %s" % (server.address, waited, server.reasons.get(port)), waited)


def _shown(server: _Server, ports: Iterable[int], others: dict[str, list[str]] | None) -> dict:
    checks = [server.checks[STATE]]
    for port in ports:
        skipped = {"check": port_check(port), "status": NOT_TRIED, "detail": "the server does not run", "at": None, "seconds": None}
        checks.append(server.checks.get(port_check(port), skipped))
    return {
        "id": server.id, "name": server.seen.get("name"), "status": server.seen.get("status"), "address": server.address,
        "addresses": addresses(server.seen), "windows": bool(is_windows(server.seen)),
        "shared_with": (others or {}).get(server.address or "", []), "checks": checks,
        "passed": all(check["status"] == PASSED for check in checks),
    }
