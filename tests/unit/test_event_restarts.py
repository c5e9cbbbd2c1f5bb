# SPDX-License-Identifier: GPL-3.0-or-later
"""An event source that ends, however it ends, and begins again: with a state file no event is lost and none comes twice."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import types

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import errors, event_state
from support import TREE

SOURCE = TREE / "ansible_collections" / "cloud_dr" / "sdrs" / "extensions" / "eda" / "plugins" / "event_source" / "sdrs_events.py"


class Service:
    """The lists of a service; ``broken`` is a call that fails."""

    def __init__(self):
        self.lists = {"list_server_groups": [{"id": "g", "name": "erp", "status": "protected"}]}
        self.tasks, self.broken = {}, None
        self.client = types.SimpleNamespace(settings=types.SimpleNamespace(url=lambda service: "https://sdrs", project_id="p", project_name=None))

    def list(self, call, query=None):
        if call == self.broken:
            raise errors.ConnectionFailed("request to sdrs failed: refused")
        return self.tasks.get((query or {}).get("server_group_id"), []) if call == "list_failed_tasks" else self.lists.get(call, [])

    def sound(self, objects):
        return objects

    def pairs(self, *levels):
        """Let there be pairs of these fault levels."""
        self.lists["list_replications"] = [
            {"id": "r%d" % number, "name": "r%d" % number, "server_group_id": "g", "status": "protected", "fault_level": level}
            for number, level in enumerate(levels)
        ]


@pytest.fixture
def service():
    return Service()


@pytest.fixture
def run(service, tmp_path, monkeypatch):
    """``run(number=None, looks=1)``: the events of a source that is killed after it has given ``number`` of them, or after some looks."""
    spec = importlib.util.spec_from_file_location("sdrs_events", SOURCE)
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    monkeypatch.setattr(source, "_connect", lambda args: (service, errors))
    monkeypatch.setattr(source, "_PAUSE", 0)
    tmp_path.chmod(0o700)
    own = asyncio.sleep

    def start(number=None, looks=1, path=str(tmp_path / "state.json"), **args):
        looked = []

        async def sleep(seconds):
            if seconds == 60:
                looked.append(seconds)
                if len(looked) == looks:
                    await asyncio.Event().wait()
            await own(0)

        async def collect():
            queue, found = asyncio.Queue(1), []
            running = asyncio.create_task(source.main(queue, {"state_file": path, **args}))
            while not running.done() and len(looked) < looks and (number is None or len(found) < number):
                try:
                    found.append(queue.get_nowait())
                except asyncio.QueueEmpty:
                    await own(0.001)
            if number is None:
                while not queue.empty():
                    found.append(queue.get_nowait())
            if running.done():
                running.result()
            running.cancel()
            return found

        monkeypatch.setattr(source.asyncio, "sleep", sleep)
        return asyncio.run(collect())

    return start


def told(events):
    return [(each["sdrs"]["event"], each["sdrs"].get("name"), each["sdrs"].get("new")) for each in events]


def test_what_happens_while_it_is_down_is_told_once(run, service):
    service.pairs("0")
    assert run() == []
    service.pairs("5")
    service.tasks["g"] = [{"job_id": "j", "resource_id": "r0", "resource_type": "replication_pairs", "resource_name": "r0"}]
    assert told(run()) == [("fault_level", "r0", "5"), ("failed_task", "r0", None)]
    assert run() == [] and run(looks=3) == []


def test_without_a_file_it_begins_anew(run, service):
    service.pairs("0")
    run(path="")
    service.pairs("5")
    assert run(path="") == [], "as before"


@pytest.mark.parametrize("killed_after", range(1, 5))
def test_killed_while_it_tells(killed_after, run, service):
    service.pairs("0", "0", "0", "0")
    run()
    service.pairs("5", "5", "5", "5")
    first = run(number=killed_after)
    again = run()
    names = [each["sdrs"]["name"] for each in first + again]
    assert len(first) == killed_after and set(names) == {"r0", "r1", "r2", "r3"}, "none is lost"
    # Of the one that was being taken nobody knows; it comes with the number it had.
    assert [each["meta"]["uuid"] for each in first + again].count(first[-1]["meta"]["uuid"]) <= 2
    assert len({each["meta"]["uuid"] for each in first + again}) == 4 and len(names) <= 5
    assert run() == []


def test_a_look_that_fails_half_way_loses_nothing(run, service):
    service.pairs("0")
    run()
    service.pairs("5")
    service.tasks["g"] = [{"job_id": "j", "resource_id": "r0", "resource_name": "r0"}]
    service.broken = "list_drills"
    assert told(run(looks=3)) == [("unreachable", None, None)]
    assert run(looks=2) == [], "that it cannot be reached is told once, whoever tells it"
    service.broken = None
    assert told(run()) == [("reachable", None, None), ("fault_level", "r0", "5"), ("failed_task", "r0", None)]


def test_a_failed_task_is_not_forgotten_when_another_list_fails(run, service, monkeypatch):
    service.lists["list_server_groups"].append({"id": "h", "name": "hr", "status": "protected"})
    run()
    service.tasks["g"] = [{"job_id": "j", "resource_id": "x", "resource_name": "x"}]
    listed = service.list

    def fail(call, query=None):
        if (query or {}).get("server_group_id") == "h":
            raise errors.ConnectionFailed("request to sdrs failed: refused")
        return listed(call, query)

    monkeypatch.setattr(service, "list", fail)
    assert told(run()) == [("unreachable", None, None)]
    monkeypatch.setattr(service, "list", listed)
    assert told(run()) == [("reachable", None, None), ("failed_task", "x", None)]


def test_with_feedback_an_event_counts_when_its_rules_have_seen_it(run, service, tmp_path):
    service.pairs("0")
    run()
    service.pairs("5")
    run(looks=1, number=1, eda_feedback_queue=asyncio.Queue(1), feedback=True)
    assert told(run()) == [("fault_level", "r0", "5")], "nobody had said that it was seen"


def test_one_source_one_file(run, tmp_path):
    with event_state.opened(str(tmp_path / "state.json"), ["a"], print), pytest.raises(errors.ConfigError, match="is used by another source"):
        run()


def test_a_folder_of_others_is_refused(run, tmp_path):
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with pytest.raises(errors.ConfigError, match="state_file: .*can be written by other users"):
        run(path=str(tmp_path / "open" / "state.json"))
    assert run(path=str(tmp_path / "new" / "folder" / "state.json")) == [] and os.stat(tmp_path / "new").st_mode & 0o777 == 0o700


@pytest.mark.parametrize("content", ["", "{", "[]", '{"about": 1}', "null", '{"about": ["https://sdrs", "p", null], "seen": 7}'])
def test_a_file_that_says_nothing_begins_anew(content, run, service, tmp_path, caplog):
    (tmp_path / "state.json").write_text(content)
    service.pairs("5")
    assert run() == [] and "starting with a new state" in caplog.text
    service.pairs("0")
    assert len(run()) == 1


def test_the_file_of_another_project_is_not_used(run, service, tmp_path, caplog):
    service.pairs("0")
    run()
    service.pairs("5")
    service.client.settings.project_id = "q"
    assert run() == [] and "belongs to another project" in caplog.text


def test_the_file_is_private_and_holds_no_credentials(run, service, tmp_path):
    service.pairs("0")
    run(secret_key="a-secret-of-somebody")
    written = tmp_path / "state.json"
    assert written.stat().st_mode & 0o777 == 0o600 and "a-secret" not in written.read_text() and json.loads(written.read_text())["look"] == 1
