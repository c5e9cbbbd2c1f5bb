# SPDX-License-Identifier: GPL-3.0-or-later
"""What ECS lets change of a server beside its power: security groups, tags; and its automatic recovery (vendor's ECS API reference)."""

from __future__ import annotations

import re
from typing import Any

from .faults import Fault, neighbour
from .request import Request
from .world import World

MOST_TAGS = 10
_PLAIN = re.compile(r"[\w-]*")


def _server(world: World, request: Request) -> Any:
    if request.args["server_id"] not in world.servers:
        raise neighbour(404, "Ecs.0114", "server does not exist")
    return world.servers[request.args["server_id"]]


def _nova(status: int, name: str, message: Any) -> Any:
    """The error body of the calls that ECS took over from OpenStack."""
    return Fault(status, {name: {"message": message, "code": status}})


def action(world: World, request: Request) -> None:
    """``POST /v2.1/{project_id}/servers/{server_id}/action``: addSecurityGroup, removeSecurityGroup; 202, no body.

    ``name`` is a security group's name or ID; it takes effect for the NICs of the server.
    """
    if request.args["server_id"] not in world.servers:
        raise _nova(404, "itemNotFound", "Instance %s could not be found." % request.args["server_id"])
    server, content = world.servers[request.args["server_id"]], request.json()
    verb = next(iter(content), None) if isinstance(content, dict) and len(content) == 1 else None
    wanted = content[verb].get("name") if verb in ("addSecurityGroup", "removeSecurityGroup") and isinstance(content[verb], dict) else None
    if not isinstance(wanted, str) or not wanted:
        raise _nova(400, "badRequest", "Invalid input for the action.")
    found = [group for group in world.security_groups.values() if wanted == group["id"]]
    found = found or [group for group in world.security_groups.values() if wanted == group["name"]]
    if not found:
        raise _nova(404, "itemNotFound", "Security group %s not found." % wanted)
    if len(found) > 1:
        raise _nova(409, "conflictingRequest", "Multiple security groups found matching '%s'. Use an ID to be more specific." % wanted)
    if not any(server["addresses"].values()):
        raise _nova(400, "badRequest", "The server has no NIC.")
    has_it = any(group["id"] == found[0]["id"] for group in server["security_groups"])
    if has_it == (verb == "addSecurityGroup"):
        raise _nova(400, "badRequest", "Security group %s is %sassociated with the server." % (wanted, "already " if has_it else "not "))
    if has_it:
        server["security_groups"] = [group for group in server["security_groups"] if group["id"] != found[0]["id"]]
    else:
        server["security_groups"] = [*server["security_groups"], dict(found[0])]
    request.answer_status = 202


def tags(world: World, request: Request) -> None:
    """``POST /v1/{project_id}/cloudservers/{server_id}/tags/action``: create or delete, at most ten tags; 204. Idempotent both."""
    server, content = _server(world, request), request.json()
    wanted = content.get("tags") if isinstance(content, dict) else None
    if content.get("action") not in ("create", "delete") or not isinstance(wanted, list) or not 0 < len(wanted) <= MOST_TAGS:
        raise neighbour(400, "Ecs.0005", "invalid request body")
    have = dict(tag.partition("=")[::2] for tag in server["tags"])
    for tag in wanted:
        key, value = (tag.get("key"), tag.get("value")) if isinstance(tag, dict) else (None, None)
        if not isinstance(key, str) or not key:
            raise neighbour(400, "Ecs.0005", "invalid tag key")
        if content["action"] == "delete":
            have.pop(key, None)
            continue
        value = "" if value is None else value
        if not isinstance(value, str) or len(key) > 36 or len(value) > 43 or not _PLAIN.fullmatch(key) or not _PLAIN.fullmatch(value):
            raise neighbour(400, "Ecs.0005", "invalid tag")
        have[key] = value
    if len(have) > MOST_TAGS:
        raise neighbour(400, "Ecs.0005", "the number of tags exceeds the upper limit")
    server["tags"] = ["%s=%s" % item for item in have.items()]


def auto_recovery(world: World, request: Request) -> dict:
    """``GET /v1/{project_id}/cloudservers/{server_id}/autorecovery``: text, not a boolean."""
    return {"support_auto_recovery": _server(world, request)["_auto_recovery"]}
