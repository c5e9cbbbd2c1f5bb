# SPDX-License-Identifier: GPL-3.0-or-later
"""The conditions for protecting servers (5.5.1), as a table of checks. PRIVATE to the collection.

The two clouds differ: Open Telekom Cloud takes no server with a shared disk and none on a dedicated host, and names flavor families that it
does not support (opentelekomcloud-docs/storage-disaster-recovery-service, creating_a_protected_instance and constraints); the reference
of the service names no family, and has batch creation for shared disks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ..._cloud.odd import Unusable, raw
from ..kinds import INSTANCE_ADDABLE, SERVER_READY
from ..sites import production_zone
from .conditions import ERROR, WARNING, check, listed

# GPU (g, p, pi), FPGA (fp), Kunpeng (kc1, km1, …) and disk-intensive (d) families, and those that are named one by one.
_UNSUPPORTED = re.compile(r"(?:g\d|pi?\d|fp\d|k[a-z]\d|d\d)[a-z0-9]*|c6|c9|s9|i9|m9")


@dataclass
class Facts:
    """What is known of the servers to be protected. ``protected``: Index of instances by their servers; ``free``: replication pairs left in
    the quota, None for no limit."""

    group: dict
    servers: list
    otc: bool
    disks: list = field(default_factory=list)
    protected: dict = field(default_factory=dict)
    free: int | None = None
    domain: dict = field(default_factory=dict)

    @property
    def ids(self) -> set:
        return {server["id"] for server in self.servers}

    def attached(self) -> tuple:
        """``(disks of the servers, disks for which that is unknown)``."""
        mine, unknown = [], []
        for disk in self.disks:
            try:
                if self.ids & users(disk):
                    mine.append(disk)
            except Unusable:
                unknown.append(disk)
        return mine, unknown


def users(disk: dict) -> set:
    """IDs of the servers that a disk is attached to."""
    return {each.get("server_id") for each in disk.get("attachments") or []}


def is_shared(disk: dict) -> bool:
    return disk.get("multiattach") in (True, "true")


def family(flavor: Any) -> str:
    """``s3`` of ``s3.large.2``."""
    return str(flavor or "").partition(".")[0].lower()


def on_dedicated_host(server: dict) -> bool:
    """Whether ECS says so in the hints that placed the server."""
    hints = server.get("os:scheduler_hints") or {}
    return bool(hints.get("dedicated_host_id")) or "dedicated" in (hints.get("tenancy") or [])


def checks(facts: Facts) -> list:
    """Every condition, each ``{check, passed, severity, detail}``. Pure."""
    mine, unknown = facts.attached()
    shared = [disk for disk in mine if is_shared(disk)]
    found = [
        _status(facts), _not_protected(facts), _zone(facts), _vpc(facts), _server_status(facts),
        _shared_on_otc(shared) if facts.otc else _shared(facts, shared), _hosts(facts), _flavors(facts), _quota(facts, mine), _domain(facts), _keys(facts),
    ]
    if unknown:
        found.append(check("disks_readable", False, WARNING, "it is unknown whether these disks belong to the servers: %s" % listed(unknown)))
    return found


def _status(facts: Facts) -> dict:
    status, name = facts.group.get("status"), facts.group.get("name")
    return check("group_status", status in INSTANCE_ADDABLE["protection group"], ERROR, "protection group %s is %r" % (name, status))


def _none(name: str, severity: str, wrong: list, what: str, otherwise: str, advice: str = "") -> dict:
    return check(name, not wrong, severity, "%s: %s%s" % (what, listed(wrong), advice) if wrong else otherwise)


def _not_protected(facts: Facts) -> dict:
    taken = [server for server in facts.servers if server["id"] in facts.protected]
    return _none("not_protected_yet", ERROR, taken, "already protected", "none of the servers is protected yet")


def _zone(facts: Facts) -> dict:
    zone = production_zone(facts.group)
    elsewhere = [server for server in facts.servers if server.get("OS-EXT-AZ:availability_zone") != zone]
    return _none("availability_zone", ERROR, elsewhere, "outside AZ %s" % zone, "all are in AZ %s" % zone)


def _vpc(facts: Facts) -> dict:
    own = facts.group.get("source_vpc_id")
    foreign = [server for server in facts.servers if (server.get("metadata") or {}).get("vpc_id") not in (None, own)]
    return _none("vpc", ERROR, foreign, "in another VPC", "all are in the group's VPC")


def _server_status(facts: Facts) -> dict:
    odd = [server for server in facts.servers if server.get("status") not in SERVER_READY]
    return _none("server_status", ERROR, odd, "neither ACTIVE nor SHUTOFF", "all are ACTIVE or SHUTOFF")


def _shared(facts: Facts, shared: Any) -> dict:
    open_sets = [disk for disk in shared if not users(disk) <= facts.ids]
    return _none("shared_disks", ERROR, open_sets, "shared with servers that are not listed", "all servers of every shared disk are listed")


def _shared_on_otc(shared: Any) -> dict:
    return _none(
        "shared_disks", ERROR, shared, "this cloud cannot protect servers with a shared disk attached", "no shared disk is attached",
        "; detach the disk, protect the servers, pair the disk while it is available, and attach the pair to each protected instance",
    )


def _hosts(facts: Facts) -> dict:
    hosted = [server for server in facts.servers if on_dedicated_host(server)]
    if facts.otc:
        return _none("dedicated_hosts", ERROR, hosted, "this cloud cannot protect servers on a dedicated host", "none is on a dedicated host")
    return check("dedicated_hosts", True, WARNING, "on dedicated hosts: %s" % listed(hosted) if hosted else "none is on a dedicated host")


def _flavors(facts: Facts) -> dict:
    families = {server["id"]: family((server.get("flavor") or {}).get("id")) for server in facts.servers}
    wrong = [server for server in facts.servers if _UNSUPPORTED.fullmatch(families[server["id"]])]
    what = "SDRS does not support their flavors" if facts.otc else "Open Telekom Cloud does not support their flavors, and this cloud may not"
    shown = ", ".join(sorted({families[server["id"]] for server in wrong}))
    return _none("flavors", ERROR if facts.otc else WARNING, wrong, "%s (%s)" % (what, shown), "none of the flavors is known to be unsupported")


def _quota(facts: Facts, mine: Any) -> dict:
    free = facts.free
    needed = "%s replication pairs are available, %d are required" % ("unlimited" if free is None else free, len(mine))
    return check("replication_quota", free is None or free >= len(mine), ERROR, needed)


def _domain(facts: Facts) -> dict:
    sold_out = facts.domain.get("sold_out") in (True, "true")
    return check("domain_not_sold_out", not sold_out, WARNING, "domain %s is %ssold out" % (raw(facts.domain, "name"), "" if sold_out else "not "))


def _keys(facts: Facts) -> dict:
    windows = [
        server for server in facts.servers if str((server.get("metadata") or {}).get("os_type")).lower() == "windows" and server.get("key_name")
    ]
    return _none("windows_key_pairs", WARNING, windows, "their key pairs must still exist", "none of the servers is a Windows server with key pair login")
