# SPDX-License-Identifier: GPL-3.0-or-later
"""What to prepare before servers start at the other site for the first time. Pure. PRIVATE to the collection.

Vendor's manual, "Constraints on Logging In to the Server" and its FAQs: Cloud-Init or Cloudbase-Init runs at a DR server's first start, be it by
a switch or a drill. Whether it is installed is not known, so that each of these is advice, not a finding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..owner import is_windows
from ..sites import is_switched, production_zone, server_halves, server_zone
from .conditions import WARNING, Facts, check

_SWITCHED = {"reversing", "failing-over", "failed-over", "reprotecting", "error-failing-over", "error-reprotecting"}
_CLOUD_INIT = (
    "Cloud-Init runs at the DR server's first start: set preserve_hostname: true and ssh_deletekeys: false in /etc/cloud/cloud.cfg, otherwise the "
    "host name and host keys change; only CoreOS restores its first password"
)
_NIC_NAMES = (
    "NIC names can change: if an elastic IP does not respond after a switch or drill, delete /etc/udev/rules.d/70-persistent-net.rules on the server "
    "that was started and restart it"
)
_CLOUDBASE_INIT = (
    "log in no earlier than 3 to 5 minutes after a boot: the old password is valid until Cloudbase-Init has run, then it is invalid and must be "
    "reset; allow for this delay in checks, too (windows_settle)"
)
_PASSWORD = "make one planned failover and fail back: until then, the password of the DR server cannot be read"
_KEY_PAIR = "keep key pair %s; only the IAM user who created the server may use it to protect the server, to drill, and to read the password"


def checks(facts: Facts) -> list:
    """One check of the group, and some for each server, whose ``server`` is the ID of the production server."""
    group = facts.group
    if is_switched(group) or group.get("status") in _SWITCHED:
        return [check("first_switch_ahead", False, WARNING, (
            "protection group %s has been switched: its servers have started at the other site; for servers protected since then, prepare as before "
            "a first switch"
        ) % group.get("name"))]
    found = [check("first_switch_ahead", True, WARNING, (
        "production of protection group %s is at its original site; whether it has ever been at the other site is unknown, the following applies to "
        "DR servers that have not run yet"
    ) % group.get("name"))]
    if facts.servers is None:
        why = facts.ecs_problem or "ECS was not queried"
        return [*found, check("servers_readable", False, WARNING, "the operating systems of the servers are unknown: %s" % why)]
    for instance in facts.instances:
        server = _production(facts, instance)
        if server is None:
            found.append(check("servers_readable", False, WARNING, "ECS reports neither server of %s (%s)" % (instance.get("name"), instance.get("id"))))
            continue
        label = "%s (%s): " % (server.get("name"), server.get("id"))
        found += [dict(check(name, False, WARNING, label + text), server=server.get("id")) for name, text in _advice(server)]
    return found


def _production(facts: Facts, instance: dict) -> Any:
    """The server at the production site, else the other half, which was made like it."""
    if facts.servers is None:
        raise AssertionError("without servers there are no checks of them")
    halves = [facts.servers.get(half) for half in server_halves(instance)]
    known = [server for server in halves if server]
    return next((server for server in known if server_zone(server) == production_zone(facts.group)), next(iter(known), None))


def _advice(server: dict) -> Iterator:
    windows, key = is_windows(server), server.get("key_name")
    image = str((server.get("metadata") or {}).get("image_name") or "").lower() if isinstance(server.get("metadata"), dict) else ""
    if windows is not True:
        has_it = "" if "cloudinit" in image.replace("-", "").replace("_", "") else "if Cloud-Init is installed: "
        yield "cloud_init", ("if it runs Linux: " if windows is None else "") + has_it + _CLOUD_INIT
        if not image or "suse" in image or "sles" in image:
            yield "nic_names", ("" if image else "if it runs SUSE: ") + _NIC_NAMES
    if windows is not False:
        prefix = ("if it runs Windows: " if windows is None else "") + "if Cloudbase-Init is installed: "
        yield "cloudbase_init", prefix + _CLOUDBASE_INIT
        if key:
            yield "windows_password", prefix + _PASSWORD
            yield "windows_key_pair", ("if it runs Windows: " if windows is None else "") + _KEY_PAIR % key
