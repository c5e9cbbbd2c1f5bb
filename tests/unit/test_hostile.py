# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that nobody should give: wrong types, IDs that are paths, names that are programs, nesting without end."""

from __future__ import annotations

import copy
import json
import random

import direct
import pytest
import requests

from ansible_collections.cloud_dr.sdrs.plugins.module_utils import _client, _settings, _shapes
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._errors import ApiError
from support import TaskFailed

WRONG = ([], {}, "", 0, -1, True, [[]], [None], {"a": {}}, "../../v1/x", "a\nb", "{{ 7 * 7 }}", "<b>", "x" * 100_000)


def mutated(answer, chance):
    """The answer with one value, somewhere, replaced by something wrong."""
    answer, spots = copy.deepcopy(answer), []

    def walk(value):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            spots.append((value, key))
            if isinstance(value[key], (dict, list)):
                walk(value[key])

    walk(answer)
    if spots:
        place, key = chance.choice(spots)
        place[key] = chance.choice(WRONG)
    return answer


def judged(answer):
    """What the client does with an answer: pass it on, or refuse it."""
    wrong = _shapes.problem(answer)
    if wrong:
        raise ApiError("something unexpected: %s" % wrong)
    return answer


GROUP = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
INSTANCE = {"server_group": "erp", "server": "ecs-erp-db-1", "name": "db", "tags": {"a": "b"}}
TASKS = [
    ("sdrs_server_group", GROUP), ("sdrs_protected_instance", INSTANCE), ("sdrs_protected_instance", dict(INSTANCE, name="db-2")),
    ("sdrs_replication", {"server_group": "erp", "volume": "data-1", "name": "data", "size": 200}),
    ("sdrs_server_group", {"name": "erp", "protection": "enabled"}), ("sdrs_readiness_info", {"server_group": "erp", "operation": "planned_failover"}),
    ("sdrs_drift", {"server_group": "erp", "repair": ["security_groups", "tags"]}),
    ("sdrs_drift_info", {"server_group": "erp"}), ("sdrs_topology_info", {}), ("ecs_server_info", {"server_group": "erp"}),
    ("ecs_power", {"server_group": "erp", "site": "production", "state": "stopped"}), ("sdrs_failed_task_info", {"all": True}),
    ("sdrs_drill", {"name": "d", "server_group": "erp", "drill_vpc": "vpc-drill"}), ("sdrs_drill", {"name": "d", "server_group": "erp", "state": "absent"}),
    ("sdrs_topology", {"server_groups": [dict(GROUP, protected_instances=[{"name": "web", "server": "ecs-erp-web-1", "tags": {"x": "y"}}])]}),
    ("sdrs_failover", {"server_group": "erp", "active_site": "target", "mode": "unplanned", "force": True}),
    ("sdrs_tag", {"protected_instance": "db-2", "tags": {"c": "d"}}), ("vpc_info", {}), ("as_group", {"name": "as-erp-web", "status": "paused"}),
    ("sdrs_quota_info", {}), ("sdrs_domain_info", {}),
]


@pytest.mark.parametrize("seed", range(60))
def test_an_answer_of_the_wrong_shape_is_a_clear_error(seed, monkeypatch):
    """A life of tasks; in each, one answer is wrong somewhere. Then the task is run again, and all is well."""
    chance = random.Random(seed)
    state = {"left": -1}

    def changed(answer):
        state["left"] -= 1
        return judged(mutated(answer, chance) if state["left"] == 0 else answer)

    cloud = direct.use(monkeypatch)(changed)
    cloud.world.settings["first_sync_seconds"] = 1
    for module, options in TASKS:
        state["left"] = chance.randint(1, 8)
        try:
            direct.run(module, **options)
        except TaskFailed as failed:
            assert len(str(failed)) < 2000 and "\n" not in str(failed), str(failed)[:300]
        state["left"] = -1
        cloud.time += 600
        if module != "sdrs_failover":
            direct.run(module, **options)
    names = [each["name"] for each in cloud.world.protected_instances.values()]
    assert len(names) == len(set(names)) <= 2


@pytest.mark.parametrize("answer, text", [
    ({"sub_jobs": {}}, "sub_jobs is no list"),
    ({"server_groups": [1]}, "server_groups has no id"),
    ({"server_groups": [{"id": 7}]}, "server_groups has no id"), ({"resources": [{"status": 7}]}, "resources.0.status is no text"),
    ({"server": {"id": "a", "addresses": {"v": [1]}}}, "server.addresses is no object of lists"),
    ({"job_id": ["a"]}, "job_id is no text"),
])
def test_what_is_wrong_is_named(answer, text):
    assert text in _shapes.problem(answer)


@pytest.mark.parametrize("answer", [
    {}, {"server_groups": []}, {"server_groups": [{"id": "a", "status": None}]}, {"server": {"id": "a", "tags": ["a=b"], "metadata": {"status": 1, "id": []}}},
    {"protected_instance": {"id": "a", "tags": [{"key": "a"}]}}, {"drill_servers": [{"protected_instance": "x"}]}, {"count": "many", "unknown": [[[{}]]]},
])
def test_what_is_not_relied_on_is_passed_on(answer):
    assert _shapes.problem(answer) is None


class Adapter(requests.adapters.BaseAdapter):
    def __init__(self, content):
        super().__init__()
        self.content, self.calls = content, 0

    def send(self, request, **_options):
        self.calls += 1
        response = requests.Response()
        response.status_code, response.url, response.request, response._content = 200, request.url, request, self.content
        return response

    def close(self):
        pass


@pytest.mark.parametrize("content", [
    b"[" * 100_000, b'{"a":' * 100_000, json.dumps({"a": "x" * 5_000_000}).encode()[:-5], b"\xff\xfe{}", b"null", b'"x"', b"{}{}", b"<html>\n<b>busy</b>",
    json.dumps({"server_groups": [{"id": {"deep": 1}}]}).encode(), ('{"a":' * 200 + "1" + "}" * 200).encode(),
])
def test_what_is_no_answer_at_all(content):
    session = requests.Session()
    adapter = Adapter(content)
    session.mount("https://", adapter)
    settings = _settings.resolve({"region": "eu-de", "project_id": "p", "auth_token": "t", "token_cache": False, "max_retries": 2}, {})
    client = _client.Client(settings, session=session, sleep=lambda seconds: None)
    with pytest.raises(ApiError) as caught:
        client.call("GET", "sdrs", "/v1/{project_id}/server-groups")
    assert adapter.calls == 3 and len(str(caught.value)) < 600 and "\n" not in str(caught.value)
