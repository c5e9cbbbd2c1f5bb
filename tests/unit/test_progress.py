# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task tells the callback, and what the callback makes of it."""

from __future__ import annotations

import json
import socket

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.plan import Plan, Request
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.progress import ProgressReporter
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs import protected_instance
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils._board import Board


def creation(name="web-1"):
    return Plan().add("create", protected_instance.KIND, name, None, Request("create_protected_instance", body={}))


def test_a_teller_never_waits_and_never_fails(tmp_path, monkeypatch):
    monkeypatch.delenv("SDRS_PROGRESS_SOCKET", raising=False)
    ProgressReporter().tell("begun", creation())
    ProgressReporter(str(tmp_path / "nobody")).planned([creation()])
    path = str(tmp_path / "full")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path)
        teller, step = ProgressReporter(path), creation("x" * 3000)
        for _number in range(2000):
            teller.tell("running", step, {"progress": 7})
        heard = json.loads(listening.recv(8192))
        assert heard["progress"] == 7 and heard["operation"] == "create" and heard["resource_type"] == "protected instance"


def board(*messages):
    clock = [100.0]
    made = Board(lambda: clock[0])
    lines = []
    for message in messages:
        clock[0] += 5
        lines.append(made.heard({"pid": 1, "operation": "create", "resource_type": "protected instance", **message}))
    return made, lines


def test_ends_are_told_at_once():
    made, lines = board(
        {"event": "planned", "steps": 3}, {"event": "begun", "step": 1, "name": "a"}, {"event": "begun", "step": 2, "name": "b"},
        {"event": "done", "step": 1}, {"event": "failed", "step": 2, "error": "no room"}, {"event": "done", "step": 3, "quick": True},
    )
    assert lines == [None, None, None, "done: create protected instance a (10 s)", "failed: no room", None]
    assert made.in_flight() is None


def test_what_is_in_flight_has_the_service_s_percentages():
    waiting = {"operation": "wait for", "resource_type": "synchronisation of protection group", "quick": True, "step": 9, "name": "erp"}
    made, _lines = board(
        {"event": "planned", "steps": 5}, {"event": "begun", "step": 1, "name": "a"}, {"event": "done", "step": 1},
        {"event": "begun", "step": 2, "name": "b"}, {"event": "running", "step": 2, "progress": 0},
        {"event": "begun", **waiting}, {"event": "running", "progress": 40, **waiting},
    )
    assert made.in_flight() == "1 of 5 done, 2 in flight: create b, wait for synchronisation of protection group erp 40 %"


def test_odd_messages_are_survived():
    made, lines = board({"event": "done"}, {}, {"event": "planned"})
    assert lines[0].startswith("done: create protected instance")
