# SPDX-License-Identifier: GPL-3.0-or-later
"""Which service a path belongs to, and what each service says to those it does not serve.

Sources: the error code pages of VPC and AS, 403 bodies of ECS users, A.1 of the SDRS reference.
"""

from __future__ import annotations

import re
from typing import Any

from .faults import Fault, gateway, neighbour, not_published, sdrs
from .request import Request
from .world import World

# The first that fits. Jobs are asked of SDRS and ECS by the same path, so they are nobody's here.
_PATHS = (
    (re.compile(r"/v3/[^/]+/vpc/.*|/v2\.0/vpc/.*"), "vpc"),
    (re.compile(r"/v3(/.*)?"), "iam"),
    (re.compile(r"/v1/[^/]+/cloudservers/.*"), "ecs"),
    (re.compile(r"/v2\.1/[^/]+/servers/.*"), "ecs"),
    (re.compile(r"/v2/[^/]+/cloudvolumes(/.*)?"), "evs"),
    (re.compile(r"/v1/[^/]+/(vpcs|subnets|quotas|publicips|routetables)(/.*)?"), "vpc"),
    (re.compile(r"/autoscaling-api/.*"), "as"),
    (re.compile(r"/v1/[^/]+/jobs/.*"), None),
    (re.compile(r".*"), "sdrs"),
)
_ACTIONS = {"ecs": "ecs:cloudServers:%s", "evs": "evs:volumes:%s"}


def of(path: str) -> Any:
    """The service that ``path`` belongs to; None where the path does not tell."""
    return next(service for pattern, service in _PATHS if pattern.fullmatch(path))


def check(world: World, request: Request) -> None:
    """Refuse what the settings ``not_offered`` and ``denied`` take away, and a project that is not the user's."""
    service = of(request.path)
    if service in world.settings["not_offered"]:
        raise not_published()
    if service in world.settings["denied"]:
        raise denial(service, request.method)
    if request.args.get("project_id", world.identity["project_id"]) != world.identity["project_id"]:
        raise _foreign_project(service, request.args["project_id"], world.identity["project_id"])


def denial(service: str, method: str = "GET") -> Any:
    """The answer to a user without permission."""
    if service in _ACTIONS:
        action = _ACTIONS[service] % ("list" if method == "GET" else "manage")
        return Fault(403, {"forbidden": {"message": "Policy doesn't allow %s to be performed." % action, "code": 403}})
    if service == "vpc":
        return Fault(403, {"code": "VPC.2701", "message": "Token not allowed to do this action."})
    if service == "as":
        return neighbour(403, "AS.0011", "You do not have the rights to perform the operation.")
    if service == "iam":
        return gateway(403, "IAM.0002", "You are not authorized to perform the requested action.")
    return sdrs("SDRS.0004")


def _foreign_project(service: str, given: str, own: str) -> Fault:
    if service in _ACTIONS:
        text = "Malformed request URL: URL's project_id '%s' doesn't match Context's project_id '%s'" % (given, own)
        return Fault(400, {"badRequest": {"message": text, "code": 400}})
    if service == "vpc":
        return Fault(400, {"code": "VPC.0007", "message": "urlTenantId is not equal tokenTenantId"})
    if service == "as":
        return neighbour(400, "AS.0008", "Incorrect ProjectID.")
    return sdrs("SDRS.0001")
