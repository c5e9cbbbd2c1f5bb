# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source on the simulator, with the queue that ansible-rulebook would give it."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import threading

import hostile
import pytest
import yaml

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import errors
from support import ROOT, TREE

SOURCE = TREE / "ansible_collections" / "cloud_dr" / "sdrs" / "extensions" / "eda" / "plugins" / "event_source" / "sdrs_events.py"


@pytest.fixture
def real_source():
    """The module, loaded from its file as ansible-rulebook loads it."""
    spec = importlib.util.spec_from_file_location("sdrs_events", SOURCE)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture
def source(real_source):
    """The same, in a hurry."""
    real_source._SHORTEST = 0.05
    return real_source


@pytest.fixture
def watch(source, simulator, group, task):
    """``look()`` gives the events since the last one as ``(event, kind, old, new)``."""
    api, _errors_module = source._connect(dict(simulator.connection, token_cache=False))
    task("sdrs_protected_instance", name="web", server="ecs-erp-web-1", server_group="erp")
    found = source.Watch(api)
    assert found.look() == [], "what is there is no event"
    return lambda: [(each["event"], each.get("resource_type"), each.get("old"), each.get("new")) for each in found.look()]


def test_changes_are_events(watch, simulator, task):
    assert watch() == []
    task("sdrs_server_group", name="erp", protection="enabled")
    assert set(watch()) >= {("status", "server_group", "available", "protected"), ("status", "replication", "available", "protected")}
    pair = task("sdrs_replication_info", server_group="erp")["replications"][0]["id"]
    simulator.patch("replications", pair, fault_level="5")
    assert watch() == [("fault_level", "replication", "0", "5")]
    simulator.patch("replications", pair, fault_level="0")
    watch()
    task("sdrs_failover", server_group="erp", active_site="target", mode="unplanned", force=True)
    seen = watch()
    assert ("production_site", "server_group", "source", "target") in seen and ("status", "server_group", "protected", "failed-over") in seen
    assert watch() == []


def test_what_failed_is_told_once(watch, simulator, task):
    simulator.fail_job(job_type="createProtectedInstanceNoCG", error_code="EVS.2024", fail_reason="volume is error!")
    with pytest.raises(Exception, match="EVS.2024"):
        task("sdrs_protected_instance", name="db", server="ecs-erp-db-1", server_group="erp")
    simulator.forget()
    assert watch() == [("status", "protected_instance", None, "error"), ("failed_task", "protected_instances", None, None)]
    assert len(simulator.log()) == 6 and watch() == []
    task("sdrs_protected_instance", name="db", server_group="erp", state="absent")
    assert watch() == [("status", "protected_instance", "error", None)]


def test_only_some_groups(source, simulator, group, task):
    api, _errors_module = source._connect(dict(simulator.connection, token_cache=False))
    other, mine = source.Watch(api, ["crm"]), source.Watch(api, ["erp"])
    other.look(), mine.look()
    task("sdrs_protected_instance", name="web", server="ecs-erp-web-1", server_group="erp")
    assert other.look() == [] and {event["server_group"]["name"] for event in mine.look()} == {"erp"}


def run(source, seconds, **args):
    """The events of some seconds."""
    async def collect():
        queue = asyncio.Queue()
        running = asyncio.create_task(source.main(queue, args))
        await asyncio.wait([running], timeout=seconds)
        if running.done():
            running.result()
        running.cancel()
        return [queue.get_nowait()["sdrs"] for _each in range(queue.qsize())]

    return asyncio.run(collect())


def test_an_outage_is_two_events(source, simulator):
    for _number in range(3):
        simulator.fault(status=500, path="server-groups", skip=1)
    events = run(source, 3, **dict(simulator.connection, token_cache=False, interval=0.05))
    assert [event["event"] for event in events] == ["unreachable", "reachable"] and "500" in events[0]["message"]


def test_an_event_can_be_printed_and_passed_on(source, simulator, group):
    name = "".join(hostile.TEMPLATES.values()) + hostile.TERMINAL["colour"] + hostile.TERMINAL["bidi"]
    later = threading.Timer(1, simulator.patch, ("server_groups", group["id"]), {"name": name, "status": "fault"})
    later.start()
    events = run(source, 4, **dict(simulator.connection, token_cache=False, interval=0.05))
    later.join()
    assert [event["event"] for event in events] == ["status"] and events[0]["id"] == group["id"] and "jin" in events[0]["name"]
    assert not [sign for sign in ("{{", "{%", "{#") if sign in json.dumps(events)] and not hostile.controls(json.dumps(events, ensure_ascii=False))


def test_wrong_credentials_end_it(source, simulator):
    with pytest.raises(errors.AuthError):
        run(source, 10, **dict(simulator.connection, secret_key="wrong", token_cache=False))
    assert len(simulator.log()) == 1, "five bad signatures lock a key"
    with pytest.raises(errors.ConfigError):
        run(source, 10, region="eu-de", endpoint="http://example.com", auth_token="t")


CONNECTION = {"region": "eu-de", "auth_token": "t", "token_cache": False}


@pytest.mark.parametrize("args, message", [
    ({"intervall": 60}, "unknown argument intervall; valid arguments: interval, server_groups, state_file, feedback, region"),
    ({"server_group": "erp"}, "unknown argument server_group"),
    ({"state": "present", "wait": True}, "unknown argument state, wait"), ({"interval": "often"}, "interval: must be a number from 1 to 86400"),
    ({"interval": 0}, "interval: must be from 1"), ({"interval": -5}, "interval: must be from 1"), ({"interval": float("nan")}, "interval: must be from 1"),
    ({"interval": "inf"}, "interval: must be from 1"), ({"interval": 86401}, "interval: must be from 1"), ({"interval": True}, "interval: must be a number"),
    ({"interval": [60]}, "interval: must be a number"), ({"interval": 10**400}, "interval: must be a number"),
    ({"server_groups": []}, "server_groups: must be a list"),
    ({"server_groups": {"erp": 1}}, "server_groups: must be a list"), ({"server_groups": [1]}, "server_groups: must be a list"),
    ({"server_groups": ["erp", ""]}, "server_groups: must be a list"), ({"server_groups": " "}, "server_groups: must be a list"),
    ({"server_groups": 7}, "server_groups: must be a list"), ({"http_timeout": "soon"}, "http_timeout: must be a number from 1 to 600"),
    ({"http_timeout": 0.001}, "http_timeout: must be from 1"), ({"max_retries": "inf"}, "max_retries: must be a number"),
    ({"max_retries": 10**9}, "max_retries: must be from"),
    ({"region": ["eu-de"]}, "region: must be a string"), ({"auth_token": ["x"]}, "auth_token: must be a string"),
    ({"cloud": {"a": 1}}, "cloud: must be a string"),
    ({"endpoint": 1.5}, "endpoint: must be a string"), ({"endpoints": [1]}, "endpoints must map"),
    ({"validate_certs": "perhaps"}, "validate_certs: must be true or false"),
    ({7: 8}, "unknown argument 7"),
])
def test_arguments_that_are_none_are_refused_by_name(real_source, args, message):
    with pytest.raises(errors.ConfigError, match="^" + message):
        asyncio.run(real_source.main(asyncio.Queue(), {**CONNECTION, **args}))


def test_arguments_that_are_good(real_source):
    real_source._connect({**CONNECTION, "interval": "60", "server_groups": ["erp"], "max_retries": "3", "http_timeout": 5, "eda_feedback_queue": object()})
    assert real_source._options({}) == (60.0, None) and real_source._options({"interval": "1.5", "server_groups": " erp "}) == (1.5, ["erp"])


def test_a_text_is_one_group(source, simulator, group, task):
    task("sdrs_server_group", name="crm", source_availability_zone=simulator.info["availability_zones"][0],
         target_availability_zone=simulator.info["availability_zones"][1], source_vpc=simulator.vpc("vpc-erp"))

    async def watched():
        queue = asyncio.Queue()
        running = asyncio.create_task(source.main(queue, {**simulator.connection, "token_cache": False, "interval": 0.05, "server_groups": "erp"}))
        await asyncio.sleep(1)
        for name in ("crm", "erp"):
            await asyncio.to_thread(task, "sdrs_server_group", name=name, state="absent")
        while queue.qsize() < 1:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        running.cancel()
        return [queue.get_nowait()["sdrs"] for _each in range(queue.qsize())]

    assert {event["name"] for event in asyncio.run(asyncio.wait_for(watched(), 60))} == {"erp"}


def test_a_group_that_is_not_there_is_told(source, simulator, group, caplog):
    api, _errors_module = source._connect(dict(simulator.connection, token_cache=False))
    found = source.Watch(api, ["erp", "typo", group["id"]])
    found.look(), found.look()
    assert [record.getMessage() for record in caplog.records if record.name == "sdrs_events"] == [
        "no protection group is named typo; it will be watched once it exists",
    ]


def test_what_nobody_expects_ends_it_without_its_text(source, simulator, monkeypatch):
    def look(_self):
        raise KeyError("a-secret-of-somebody")

    monkeypatch.setattr(source.Watch, "look", look)
    with pytest.raises(errors.SdrsError, match="unexpected KeyError at .*sdrs_events.py:|unexpected KeyError at .*test_events.py:") as caught:
        run(source, 10, **dict(simulator.connection, token_cache=False))
    assert "a-secret" not in str(caught.value) and caught.value.__context__ is None


def test_it_finds_the_collection_by_its_place():
    code = "import sys; sys.path[:] = [p for p in sys.path if 'tree' not in p]\n" \
           "import importlib.util as u; s = u.spec_from_file_location('x', %r); m = u.module_from_spec(s); s.loader.exec_module(m)\n" \
           "print(m._connect({'region': 'eu-de', 'auth_token': 't', 'token_cache': False, 'interval': 1})[0])" % str(SOURCE)
    own = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run([sys.executable, "-c", code], env=own, capture_output=True, text=True, cwd="/", check=False)
    assert done.returncode == 0 and "api.Api" in done.stdout, done.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "extensions" / "eda" / "rulebooks").glob("*.yml")), ids=lambda path: path.name)
def test_rulebooks_use_this_source(path):
    for ruleset in yaml.safe_load(path.read_text()):
        assert ruleset["rules"] and "cloud_dr.sdrs.sdrs_events" in ruleset["sources"][0]
