# SPDX-License-Identifier: GPL-3.0-or-later
"""What may go wrong between a client and the service: planned faults of requests.

A fault is a JSON object. Which requests it meets: ``path`` (a regular expression searched for in path and query), ``method``, ``containing``
(a text that the request's body must have), ``skip`` (let so many pass first) and ``count`` (1; so many are met). What happens to them, one of:

- ``status``, with ``headers`` and ``body`` (JSON or text): this answer. With ``happens: true`` the operation is carried out all the same.
- ``lost: before``: the connection is closed before anything is done; ``lost: after``: when all is done, without an answer.
- ``refused``: seconds for which, beginning with this request, connections are refused.
- ``truncated: true``: the operation is carried out, half of the answer is sent.
"""

from __future__ import annotations

import collections
import json
import re
from typing import Any

from .request import Request
from .world import World

_EFFECTS = ("status", "lost", "refused", "truncated")


def is_one(fault: dict) -> bool:
    """Whether a planned fault is about requests, not jobs."""
    return any(key in fault for key in _EFFECTS)


def planned(world: World, request: Request) -> Any:
    """The fault that meets this request, or None; faults are counted down and leave when they are used up."""
    for fault in world.faults:
        if not is_one(fault) or fault.get("method") not in (None, request.method):
            continue
        if not re.search(fault.get("path", ""), request.raw_path + ("?" + request.raw_query if request.raw_query else "")):
            continue
        if fault.get("containing", "").encode("utf-8") not in request.body:
            continue
        if fault.get("skip", 0) > 0:
            fault["skip"] -= 1
            continue
        fault["count"] = fault.get("count", 1) - 1
        if fault["count"] <= 0:
            world.faults.remove(fault)
        return fault
    return None


class Limit:
    """The setting ``requests_per_second``."""

    def __init__(self) -> None:
        self._passed: collections.deque[float] = collections.deque()

    def exceeded(self, world: World) -> dict | None:
        """The gateway's answer to one request too many, as a fault; None when it may pass."""
        now, allowed = world.now(), world.settings["requests_per_second"]
        while self._passed and self._passed[0] <= now - 1:
            self._passed.popleft()
        if allowed and len(self._passed) >= allowed:
            return {"status": 429, "body": {"error_code": "APIGW.0308", "error_msg": "The throttling threshold has been reached: policy user over ratelimit"}}
        self._passed.append(now)
        return None


def body_of(fault: dict) -> tuple:
    """``(bytes, content type)`` of a planned answer."""
    body = fault.get("body", "")
    if isinstance(body, str):
        return body.encode("utf-8"), "text/html" if body.lstrip().startswith("<") else "text/plain"
    return json.dumps(body).encode("utf-8"), "application/json"
