# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the connection to the cloud and the services; changes nothing. PRIVATE to the collection.

Facts are gathered first, all of them (``_doctor_probe``), then judged one check after another: none can hide another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import account, services
from . import checks as connection
from .probe import Facts, gather

# In the order in which a fault hides later checks.
CHECKS = {
    **{name: getattr(connection, name) for name in ("credentials", "settings", "clock", "name_resolution", "proxy", "tls", "login")},
    **{name: getattr(account, name) for name in ("account", "project", "region", "catalogue", "endpoints")},
    **{name: getattr(services, name) for name in (
        "reads", "write", "api_version", "domains", "quotas", "batch", "rpo_statistics", "server_groups", "replications", "vpc_quota", "token_cache",
        "locks", "versions",
    )},
}


def examine(params: dict, host: Any) -> dict:
    """``{healthy, checks}``; settings that are wrong, or missing, are findings."""
    facts = gather(params, host)
    checks = [finding for name, check in CHECKS.items() for finding in _judged(name, check, facts)]
    healthy = all(finding["passed"] for finding in checks if finding["severity"] == connection.ERROR)
    return {"changed": False, "healthy": healthy, "checks": checks}


def _judged(name: str, check: Callable[[Facts], list], facts: Facts) -> list:
    try:
        return check(facts)
    except Exception as error:  # pylint: disable=broad-except
        text = "the check itself failed with an unexpected %s" % type(error).__name__
        return [connection.row(name, False, text, "Please report this.", connection.ADVISORY)]
