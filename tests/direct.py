# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's world called directly: no HTTP, and a clock that jumps while a task sleeps."""

from __future__ import annotations

import copy
import io
import json
import types
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.models import Response

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import settings as settings_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import api_error
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import run as run_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.waiting import Waiting
from sdrs_simulator import faults, jobs, routes, scenario, vpcs
from support import Host, run_task


class Cloud:
    """A simulated world; ``changed(answer)`` may make something else of what it answers."""

    def __init__(self, changed: Callable[[Any], Any] | None = None) -> None:
        self.world = scenario.build(1.0)
        self.time = 1_000_000.0
        self.world.now = lambda: self.time
        self.written: list[tuple[str, str]] = []
        self.changed = changed or (lambda answer: answer)

    def sleep(self, seconds: float) -> None:
        self.time += max(seconds, 1e-3)

    def answer(self, method: str, url: str, body: Any) -> Any:
        """The content of the response; an exception as the client raises it for an error."""
        status, content = self.respond(method, url, body)
        if status >= 300:
            raise api_error(status, json.dumps(content), None) from None
        return content

    def respond(self, method: str, url: str, body: Any) -> tuple[int, Any]:
        """``(status, content)``"""
        parts = urlsplit(url)
        found = routes.match(method, parts.path.rstrip("/") or "/")
        if found is None:
            return 404, {}
        handler, arguments, _authenticated = found
        request = types.SimpleNamespace(
            method=method, path=parts.path, query=dict(parse_qsl(parts.query)), args=arguments, body=b"", headers={},
            server=types.SimpleNamespace(world=self.world), json=lambda: copy.deepcopy(body), answer_status=None, answer_headers={},
        )
        if method != "GET":
            self.written.append((method, parts.path))
        try:
            jobs.settle(self.world)
            vpcs.settle(self.world)
            return 200, self.changed(copy.deepcopy(handler(self.world, request) or {}))
        except faults.Fault as fault:
            return fault.status, fault.body


class Direct(client.Client):
    def __init__(self, cloud: Cloud, given: Any = None, warn: Callable[[str], Any] | None = None) -> None:
        known = cloud.world.identity
        super().__init__(settings_module.resolve({
            "region": known["region"], "project_id": known["project_id"], "auth_token": "t", "endpoint": "http://127.0.0.1:1", "token_cache": False,
        }, {}), warn)
        self.settings.allow_unlocked = bool(getattr(given, "allow_unlocked", False))
        self._cloud = cloud

    def _exchange(self, method: str, url: str, body: Any, auth: Any, repeatable: bool, guarded: Any = None) -> tuple[Any, Any]:
        return None, self._cloud.answer(method, url, body)


class Wire(BaseAdapter):
    """The cloud behind a real client. ``meet(request)`` may give another ``(status, content, headers)``, or an exception, for a request."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self.cloud = cloud
        self.meet: Callable[[Any], Any] = lambda request: None
        self.sent: list[tuple[str, str]] = []

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        self.sent.append((request.method, urlsplit(request.url).path))
        met = self.meet(request)
        if isinstance(met, Exception):
            raise met  # pylint: disable=raising-bad-type
        status, content, headers = (*(met or self.cloud.respond(request.method, request.url, json.loads(request.body or "null"))), {})[:3]
        response = Response()
        response.status_code, response.request, response.url = status, request, request.url
        response.headers.update(headers)
        response.raw = io.BytesIO(json.dumps(content).encode())
        return response

    def close(self) -> None:
        pass


def wired(cloud: Cloud) -> tuple[client.Client, Wire]:
    """A real client of the cloud, and the Wire between them."""
    wire, session, known = Wire(cloud), requests.Session(), cloud.world.identity
    session.mount("http://", wire)
    settings = settings_module.resolve({
        "region": known["region"], "project_id": known["project_id"], "auth_token": "t", "endpoint": "http://127.0.0.1:1", "token_cache": False,
    }, {})
    return client.Client(settings, sleep=cloud.sleep, clock=lambda: cloud.time, session=session), wire


def use(monkeypatch: Any) -> Callable[..., Cloud]:
    """Let tasks go to the cloud made last; gives back ``make(changed=None)``."""
    made: list[Cloud] = []

    def make(changed: Callable[[Any], Any] | None = None) -> Cloud:
        made.append(Cloud(changed))
        return made[-1]

    monkeypatch.setattr(run_module, "Client", lambda settings, warn=None, *_args: Direct(made[-1], settings, warn))
    monkeypatch.setattr(run_module, "Waiting", lambda wait, timeout, pause: Waiting(wait, timeout, pause, lambda: made[-1].time, made[-1].sleep))
    # Threads would wait by the real clock.
    monkeypatch.setattr(run_module, "PARALLEL", 1)
    return make


def run(module: str, check: bool = False, **options: Any) -> dict[str, Any]:
    """Run a module on the cloud made last."""
    parallel = {"parallel": 1} if module == "sdrs_topology" else {}
    return run_task(module, {"region": "eu-sim", "token_cache": False, "auth_token": "t", **parallel, **options}, check, Host(check))
