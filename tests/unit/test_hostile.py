# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that nobody should give: wrong types, IDs that are paths, names that are programs, nesting without end."""

from __future__ import annotations

import copy
import importlib.util
import json
import random

import direct
import pytest
import requests

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import api, shapes
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client as client_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import settings as settings_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ApiError, UnknownFate
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.odd import Odd, Unusable
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.lookup import Lookup
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _inventory
from support import ROOT, TaskFailed

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
        return mutated(answer, chance) if state["left"] == 0 else answer

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


@pytest.mark.parametrize("key", sorted(shapes.SHAPES))
def test_null_and_missing_fields_are_no_fault_and_unknown_ones_are_passed_on(key):
    _title, name, fields = shapes.SHAPES[key]
    for content in ({name or "x": "a", **dict.fromkeys(fields)}, {name or "x": "a", "unknown": [[[{}]]]}):
        assert shapes.usable(key, content) is content


@pytest.mark.parametrize("key, field, wrong", [
    (key, field, next(wrong for wrong in ([1], {"a": 1}, 7, "text", True) if check(wrong)))
    for key in sorted(shapes.SHAPES) for field, check in shapes.SHAPES[key][2].items()
])
def test_only_reading_the_unusable_field_is_an_error(key, field, wrong):
    title, name, fields = shapes.SHAPES[key]
    odd = shapes.usable(key, {name or "x": "id-1", "name": "n", field: wrong})
    assert isinstance(odd, Odd) and json.loads(json.dumps(odd))[field] == wrong and copy.deepcopy(odd).wrong == odd.wrong
    for read in (odd.get, odd.__getitem__):
        with pytest.raises(Unusable, match="^%s .*%r?.* is not " % (title, field)):
            read(field)
    assert all(odd.get(other) is None for other in fields if other not in (field, "name"))


def test_what_is_wrong_is_named():
    for content, text in (
        ({"id": "d1", "attachments": {}}, "disk d1: 'attachments' is not a list."),
        ({"id": "d1", "attachments": [{}, {"server_id": 7}]}, "disk d1: 'attachments[1].server_id' is not a string."),
        ({"name": "x"}, "disk x: 'id' is missing."), ({"id": ["a"]}, "disk without an ID: 'id' is not an ID."), (7, "a disk: it is empty, or not an object"),
    ):
        assert str(shapes.usable("volumes", content).error).startswith(text)
    assert str(shapes.usable("servers", {"id": "s", "addresses": {"v": [1]}}).error).startswith("server s: 'addresses[v][0]' is not an object.")


def test_every_operation_says_what_is_read_of_its_objects():
    listed = {api.LIST_KEYS[name] for name in api.LIST_KEYS}
    shown = {operation.wrap for operation in {**api.OPERATIONS, **api.NEIGHBOURS}.values() if operation.method == "GET" and operation.wrap}
    assert listed | shown <= set(shapes.SHAPES)


# One odd object among many ---------------------------------------------------------------------------------------------

def names(objects):
    return {each.get("name") for each in plain(objects)}


# The list, which task meets it, and what of the task's result must show the sound objects.
LISTS = [
    ("servers", "ecs_server_info", {}, lambda result: {"ecs-erp-db-1", "ecs-erp-web-2"} <= names(result["ecs_servers"])),
    ("server_groups", "sdrs_server_group_info", {}, lambda result: "erp" in names(result["server_groups"])),
    ("protected_instances", "sdrs_protected_instance_info", {}, lambda result: {"db", "web"} <= names(result["protected_instances"])),
    ("replications", "sdrs_replication_info", {"server_group": "erp"}, lambda result: len(plain(result["replications"])) >= 3),
    ("disaster_recovery_drills", "sdrs_drill_info", {}, lambda result: "d" in names(result["drills"])),
    ("vpcs", "vpc_info", {"name": "vpc-erp"}, lambda result: len(plain(result["vpcs"])[0]["subnets"]) == 2),
    ("subnets", "vpc_info", {"name": "vpc-erp"}, lambda result: len(result["vpcs"][0]["subnets"]) == 2),
    ("domains", "sdrs_domain_info", {}, lambda result: "ActiveactiveDomain" in names(result["domains"])),
    ("scaling_groups", "as_group", {"name": "as-erp-web", "status": "inservice"}, lambda result: not result["changed"]),
    # Look-ups by name and ID, and what they lead to; nothing is to be done twice.
    ("servers", "sdrs_protected_instance", {"server_group": "erp", "server": "ecs-erp-db-1", "name": "db"}, lambda result: not result["changed"]),
    ("protected_instances", "sdrs_protected_instance", {"server_group": "erp", "server": "ecs-erp-db-1", "name": "db"}, lambda result: not result["changed"]),
    ("volumes", "sdrs_replication", {"server_group": "erp", "volume": "data-1", "name": "data"}, lambda result: result["replication"]["name"] == "data"),
    ("replications", "sdrs_replication", {"server_group": "erp", "volume": "data-1", "name": "data"}, lambda result: result["replication"]["name"] == "data"),
    ("server_groups", "sdrs_server_group", {"name": "erp", "description": ""}, lambda result: not result["changed"]),
    ("disaster_recovery_drills", "sdrs_drill", {"name": "d", "server_group": "erp"}, lambda result: not result["changed"]),
    ("servers", "ecs_power", {"servers": ["ecs-erp-app-1"], "state": "started"}, lambda result: not result["changed"]),
    ("servers", "sdrs_readiness_info", {"server_group": "erp", "operation": "planned_failover"}, lambda result: result["checks"]),
    ("volumes", "sdrs_readiness_info", {"server_group": "erp", "operation": "create", "servers": ["ecs-erp-app-1"]}, lambda result: result["checks"]),
    ("servers", "sdrs_drift_info", {"server_group": "erp"}, lambda result: len(result["drift"]) == 2),
]
ODD = [
    None, 7, "text", [], {}, {"name": "odd"}, {"id": 7, "name": "odd"}, {"id": ["a"]}, {"id": "odd", "name": {}, "status": 7},
    {"id": "odd", "attachments": "x"},
    {"id": "odd", "name": "odd", "volume_ids": 7, "source_server": {}, "server_group_id": "g", "addresses": [], "multiattach": []},
]


def plain(objects):
    return [each for each in objects if isinstance(each, dict) and not isinstance(each, Odd)]


@pytest.fixture(scope="module")
def built():
    """A group with two instances and a drill, as ``(world, time)``."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        cloud = direct.use(monkeypatch)()
        cloud.world.settings["first_sync_seconds"] = 1
        direct.run("sdrs_server_group", **GROUP)
        for name, server in (("db", "ecs-erp-db-1"), ("web", "ecs-erp-web-1")):
            direct.run("sdrs_protected_instance", server_group="erp", server=server, name=name)
        direct.run("sdrs_server_group", name="erp", protection="enabled")
        cloud.time += 600
        direct.run("sdrs_drill", name="d", server_group="erp", drill_vpc="vpc-drill")
        return cloud.world.dump(), cloud.time


@pytest.fixture
def estate(monkeypatch, built):
    """That group; ``estate.odd`` adds an entry to every list of a key."""
    cloud = direct.use(monkeypatch)()
    cloud.world.restore(built[0])
    cloud.time = built[1]

    def odd(key, entry):
        def changed(answer):
            if isinstance(answer.get(key), list):
                answer[key].insert(0, copy.deepcopy(entry))
                answer.update({count: answer[count] + 1 for count in ("count", "total_number") if count in answer})
            return answer
        cloud.changed, cloud.written = changed, []
    cloud.odd = odd
    return cloud


@pytest.mark.parametrize("entry", ODD, ids=repr)
@pytest.mark.parametrize("key, module, options, shown", LISTS, ids=["%s-%s" % each[:2] for each in LISTS])
def test_one_odd_object_hides_no_other(key, module, options, shown, entry, estate):
    estate.odd(key, entry)
    assert shown(direct.run(module, **options))


@pytest.mark.parametrize("key, entry, module, options", [
    # Any of these could be what the task would otherwise make once more, or leave behind.
    ("server_groups", {"id": "odd", "name": 7}, "sdrs_server_group", dict(GROUP, name="new")),
    ("server_groups", 7, "sdrs_topology", {"server_groups": [dict(GROUP, name="new")]}),
    ("protected_instances", {"id": "odd", "source_server": 7}, "sdrs_protected_instance", {"server_group": "erp", "server": "ecs-erp-app-1", "name": "app"}),
    ("protected_instances", None, "sdrs_protected_instance_batch", {"server_group": "erp", "servers": [{"server": "ecs-erp-app-1"}], "name_prefix": "x"}),
    ("replications", {"id": "odd", "volume_ids": []}, "sdrs_replication", {"server_group": "erp", "volume": "archive-1", "name": "a"}),
    ("disaster_recovery_drills", {"id": "odd", "name": []}, "sdrs_drill", {"server_group": "erp", "name": "e", "drill_vpc": "vpc-drill"}),
    ("vpcs", {"id": "odd", "name": True}, "vpc", {"name": "new", "cidr": "10.0.0.0/16"}),
    ("protected_instances", {"name": "odd"}, "sdrs_server_group", {"name": "erp", "state": "absent", "purge": True}),
    ("replications", {"id": "odd", "attachment": 7}, "sdrs_server_group", {"name": "erp", "state": "absent", "purge": True}),
    ("disaster_recovery_drills", 7, "sdrs_topology", {"server_groups": [{"name": "erp", "state": "absent"}], "prune": True}),
    ("protected_instances", {"id": "odd", "server_group_id": [], "target_server": {}}, "sdrs_topology",
     {"server_groups": [{"name": "erp", "protected_instances": [{"name": "app", "server": "ecs-erp-app-1"}]}]}),
    ("servers", {"id": "odd", "name": {}}, "ecs_power", {"servers": ["ecs-nobody", "ecs-erp-app-1"], "state": "stopped"}),
    ("subnets", {"id": "odd", "name": 7}, "vpc", {"name": "vpc-drill", "subnets": [{"name": "new", "cidr": "192.168.64.0/20"}]}),
])
def test_nothing_is_concluded_from_what_cannot_be_read(key, entry, module, options, estate):
    estate.odd(key, entry)
    with pytest.raises(TaskFailed, match="is missing|is not a|it is empty") as caught:
        direct.run(module, **options)
    assert estate.written == [] and "unexpected" not in str(caught.value)


def test_an_odd_object_is_told_once_by_its_name(estate):
    from support import Host, run_task

    estate.odd("volumes", {"id": "d-odd", "attachments": 7})
    host = Host()
    run_task("sdrs_readiness_info", {"region": "eu-sim", "token_cache": False, "auth_token": "t", "server_group": "erp", "operation": "create",
                                     "servers": ["ecs-erp-app-1"]}, False, host)
    assert [warning for warning in host.warnings if "d-odd" in warning and "'attachments' is not a list" in warning] == host.warnings


def test_an_odd_object_fails_its_own_entry_of_a_document_alone(estate):
    direct.run("sdrs_server_group", **dict(GROUP, name="crm"))
    direct.run("sdrs_protected_instance", server_group="crm", server="ecs-erp-web-2", name="crm-1")

    def changed(answer):
        for instance in answer.get("protected_instances") or []:
            if instance.get("name") == "db":
                instance["tags"] = "strange"
        return answer

    estate.changed, document = changed, [
        {"name": name, "protected_instances": [{"name": instance, "server": server, "tags": {"x": "y"}}]}
        for name, instance, server in (("erp", "db", "ecs-erp-db-1"), ("crm", "crm-1", "ecs-erp-web-2"))
    ]
    with pytest.raises(TaskFailed, match=r"server_groups\[0\].protected_instances\[0\]: protected instance .*'tags' is not a list") as caught:
        direct.run("sdrs_topology", server_groups=document)
    assert caught.value.result["branches"]["failed"][0]["path"].startswith("server_groups[0]")
    tags = {each["name"]: each["tags"] for each in estate.world.protected_instances.values()}
    assert tags["crm-1"] == [{"key": "x", "value": "y"}] and not tags["db"]


def test_an_odd_server_is_not_compared_and_its_checks_fail(estate):
    server = next(each for each in estate.world.servers.values() if each["name"] == "ecs-erp-db-1")
    odd = copy.deepcopy(server)

    def changed(answer):
        for each in [*(answer.get("servers") or []), answer.get("server") or {}]:
            if each.get("id") == odd["id"]:
                each["addresses"] = []
        return answer

    estate.changed = changed
    drift = {each["name"]: each["differences"] for each in direct.run("sdrs_drift_info", server_group="erp")["drift"]}
    assert drift == {"db": None, "web": []}
    other = next(each for each in estate.world.servers.values() if each["name"] == "ecs-erp-app-1")
    checks = direct.run("ecs_server_check_info", ids=[odd["id"], other["id"]], timeout=5)["server_checks"]
    assert [each["passed"] for each in checks] == [False, True] and "'addresses' is not an object" in checks[0]["checks"][0]["detail"]


@pytest.mark.parametrize("entry", [7, {"id": "odd", "name": []}])
def test_an_inventory_leaves_odd_objects_out_and_says_so(estate, entry):
    warnings = []
    for key in ("server_groups", "protected_instances", "disaster_recovery_drills", "servers"):
        estate.odd(key, entry)
        lookup = Lookup(api.Api(direct.Direct(estate, warn=warnings.append)))
        found = _inventory.hosts(_inventory.fetch(lookup, "protected_instances", warnings.append), "protected_instances")
        assert [name for name, _variables, _groups in found] == ["db", "web"]
    assert len(warnings) == 4 and all("unusable fields" in warning for warning in warnings)


@pytest.mark.parametrize("entry", [7, {"id": "odd", "name": []}])
def test_an_object_that_cannot_be_read_is_no_event_of_its_going(estate, entry):
    spec = importlib.util.spec_from_file_location("sdrs_events", ROOT / "extensions" / "eda" / "plugins" / "event_source" / "sdrs_events.py")
    source = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(source)
    watch = source.Watch(api.Api(direct.Direct(estate)))
    assert watch.look() == []

    def changed(answer):
        if "protected_instances" in answer:
            answer["protected_instances"][0] = copy.deepcopy(entry)
        return answer

    estate.changed = changed
    assert watch.look() == []
    estate.changed = lambda answer: answer
    assert watch.look() == []


# What is no answer at all ----------------------------------------------------------------------------------------------


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


def client_of(content):
    session = requests.Session()
    adapter = Adapter(content)
    session.mount("https://", adapter)
    settings = settings_module.resolve({"region": "eu-de", "project_id": "p", "auth_token": "t", "token_cache": False, "max_retries": 2}, {})
    return client_module.Client(settings, session=session, sleep=lambda seconds: None), adapter


@pytest.mark.parametrize("content, calls", [
    (b"[" * 100_000, 3), (b'{"a":' * 100_000, 3), (json.dumps({"a": "x" * 5_000_000}).encode()[:-5], 3), (b"\xff\xfe{}", 3), (b"{}{}", 3),
    (b"<html>\n<b>busy</b>", 3), (b"null", 1), (b'"x"', 1), (b"[]", 1), (('{"a":' * 200 + "1" + "}" * 200).encode(), 1),
    (json.dumps({"server_groups": {"id": {"deep": 1}}}).encode(), 1),
])
def test_what_is_no_answer_at_all(content, calls):
    """What is broken may be whole when it is asked for again; JSON of another shape will not change."""
    client, adapter = client_of(content)
    with pytest.raises(ApiError) as caught:
        api.Api(client).list("list_server_groups")
    assert adapter.calls == calls and len(str(caught.value)) < 600 and "\n" not in str(caught.value)


@pytest.mark.parametrize("name, body, arguments", [
    ("create_server_group", {}, {}), ("create_vpc", {}, {}), ("delete_server_group", None, {"server_group": "a"}),
])
@pytest.mark.parametrize("content", [b'{"job_id": ["a"]}', b'{"job_id": 7}', b"[]", b"7"])
def test_a_write_that_was_answered_with_nonsense_may_have_happened(name, body, arguments, content):
    client, adapter = client_of(content)
    with pytest.raises(UnknownFate):
        api.Api(client).call(name, body, **arguments)
    assert adapter.calls == 1


@pytest.mark.parametrize("content", [b"", b"{}", b'{"vpc": {}}', b'{"vpc": {"id": 7}}', b'{"vpc": [1]}'])
def test_a_creation_that_does_not_say_what_it_made_may_have_happened(content):
    client, _adapter = client_of(content)
    with pytest.raises(UnknownFate):
        api.Api(client).call("create_vpc", {"name": "x", "cidr": "10.0.0.0/8"})


@pytest.mark.parametrize("content", [b"", b"{}", b'{"server_group": null}', b'{"server_group": {}}', b'{"server_group": []}'])
def test_an_answer_without_the_object_does_not_say_that_there_is_none(content):
    with pytest.raises(ApiError):
        api.Api(client_of(content)[0]).call("show_server_group", server_group="a")


def test_an_object_that_was_asked_for_by_its_id_need_not_repeat_it():
    assert api.Api(client_of(b'{"server_group": {"status": "available"}}')[0]).call("show_server_group", server_group="a")["id"] == "a"


@pytest.mark.parametrize("key, wrong", [("progress", "strange"), ("status", []), ("fault_level", {}), ("attachment", 7)])
def test_an_odd_pair_needs_force_for_a_failover_and_no_more(estate, key, wrong):
    """In a disaster a strange field must not be the end: what cannot be told is advisory, and the service decides."""
    def changed(answer):
        for pair in (answer.get("replications") or [])[:1]:
            pair.update({"fault_level": "0", key: wrong})
            if key == "attachment":
                pair["status"] = "fault"
        return answer

    estate.changed = changed
    failover = {"server_group": "erp", "active_site": "target", "mode": "unplanned"}
    checks = direct.run("sdrs_readiness_info", server_group="erp", operation="failover")["checks"]
    assert any(not each["passed"] and each["severity"] == "advisory" and "is not a" in each["detail"] for each in checks)
    with pytest.raises(TaskFailed, match="force: true"):
        direct.run("sdrs_failover", **failover)
    assert direct.run("sdrs_failover", force=True, **failover)["server_group"]["priority_station"] == "target"


def test_an_odd_server_forbids_a_planned_failover_by_name(estate):
    def changed(answer):
        for server in answer.get("servers") or []:
            if server.get("name") == "ecs-erp-db-1":
                server["status"] = 7
        return answer

    estate.changed = changed
    checks = {each["check"]: each for each in direct.run("sdrs_readiness_info", server_group="erp", operation="planned_failover")["checks"]}
    assert not checks["servers_readable"]["passed"] and "'status' is not a string" in checks["servers_readable"]["detail"]
