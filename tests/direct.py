# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's world called directly: no HTTP, and a clock that jumps while a task sleeps."""

from __future__ import annotations

import contextlib
import copy
import json
import types
from urllib.parse import parse_qsl, urlsplit

from ansible_collections.cloud_dr.sdrs.plugins.module_utils import _client, _run, _settings
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._errors import api_error
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._wait import Waiting
from sdrs_simulator import faults, jobs, routes, scenario, vpcs
from support import Host, run_task


class Cloud:
    """A simulated world; ``changed(answer)`` may make something else of what it answers."""

    def __init__(self, changed=None):
        self.world = scenario.build(1.0)
        self.time = 1_000_000.0
        self.world.now = lambda: self.time
        self.written, self.changed = [], changed or (lambda answer: answer)

    def sleep(self, seconds):
        self.time += max(seconds, 1e-3)

    def answer(self, method, url, body):
        parts = urlsplit(url)
        found = routes.match(method, parts.path.rstrip("/") or "/")
        if found is None:
            raise api_error(404, "", None)
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
            return self.changed(copy.deepcopy(handler(self.world, request) or {}))
        except faults.Fault as fault:
            raise api_error(fault.status, json.dumps(fault.body), None) from None


class Direct(_client.Client):
    def __init__(self, cloud, warn=None):
        known = cloud.world.identity
        super().__init__(_settings.resolve({
            "region": known["region"], "project_id": known["project_id"], "auth_token": "t", "endpoint": "http://127.0.0.1:1", "token_cache": False,
        }, {}), warn)
        self._cloud = cloud

    def _exchange(self, method, url, body, auth, repeatable):
        return None, self._cloud.answer(method, url, body)


def use(monkeypatch):
    """Let tasks go to the cloud made last; gives back ``make(changed=None)``."""
    made = []

    def make(changed=None):
        made.append(Cloud(changed))
        return made[-1]

    monkeypatch.setattr(_run, "Client", lambda settings, warn=None, *args: Direct(made[-1], warn))
    monkeypatch.setattr(_run, "Waiting", lambda *args: Waiting(*args, clock=lambda: made[-1].time, sleep=made[-1].sleep))
    # Threads would wait by the real clock.
    monkeypatch.setattr(_run, "_PARALLEL", 1)
    # Worlds of several test processes would wait for one another: they have one address.
    monkeypatch.setattr(_run, "locked", lambda *args: contextlib.nullcontext())
    return make


def run(module, check=False, **options):
    """Run a module on the cloud made last."""
    parallel = {"parallel": 1} if module == "sdrs_topology" else {}
    return run_task(module, {"region": "eu-sim", "token_cache": False, "auth_token": "t", **parallel, **options}, check, Host(check))
