# SPDX-License-Identifier: GPL-3.0-or-later
"""The fault matrix: each fault at each call of each writing module.

The outcome is success, or a clear error after which a plain second run succeeds. The end state is right either way, with no duplicate.
"""

from __future__ import annotations

import functools
import os
import time

import pytest

from support import TaskFailed, eventually, run_task

_SHORT, _LONG = 5, 10
_FASTER = 10
ERROR = {"error": {"code": "SDRS.0013", "message": "Internal error"}}
HTML = "<html><body><h1>Bad gateway</h1></body></html>"
FAULTS = {
    "429": {"status": 429, "body": {"error_code": "APIGW.0308", "error_msg": "The throttling threshold has been reached"}},
    "429 with Retry-After": {"status": 429, "headers": {"Retry-After": "0.05"}, "body": ""},
    "500 with a known code": {"status": 500, "body": ERROR},
    "502": {"status": 502, "body": HTML},
    "503": {"status": 503, "body": HTML},
    "504": {"status": 504, "body": ""},
    "502 after it happened": {"status": 502, "body": HTML, "happens": True},
    "504 after it happened": {"status": 504, "body": "", "happens": True},
    "connection refused": {"refused": 0.05},
    "connection lost before": {"lost": "before"},
    "connection lost after it happened": {"lost": "after"},
    "truncated JSON": {"truncated": True},
    "something else than JSON": {"status": 200, "body": "fine", "happens": True},
    "HTML from a proxy": {"status": 200, "body": HTML},
    "job unknown for a moment": {"path": "/jobs/", "status": 404, "body": {"error": {"code": "SDRS.0408", "message": "Null job"}}},
    "token expired": {"status": 401, "body": {"error_code": "APIGW.0301", "error_msg": "Incorrect IAM authentication information: decrypt token fail"}},
}


def listed(task, kind, **query):
    return task("sdrs_%s_info" % kind, **query)[kind + "s"]


def grouped(task, simulator):
    zones = simulator.info["availability_zones"]
    task("sdrs_server_group", name="erp", source_availability_zone=zones[0], target_availability_zone=zones[1], source_vpc="vpc-erp")


def with_instance(task, simulator):
    grouped(task, simulator)
    task("sdrs_protected_instance", name="db", server_group="erp", server="ecs-erp-db-1")


def stopped(task, simulator):
    with_instance(task, simulator)
    task("ecs_power", server_group="erp", site="production", state="stopped")


def synchronised(task, simulator):
    with_instance(task, simulator)
    task("sdrs_server_group", name="erp", protection="enabled")
    eventually(lambda: listed(task, "server_group")[0]["progress"] == 100)


def ready_to_switch(task, simulator):
    synchronised(task, simulator)
    task("ecs_power", server_group="erp", site="production", state="stopped")


def named(task, kind, count=1, **fields):
    """Whether there are ``count`` objects of a kind, all with these fields."""
    objects = listed(task, kind)
    tags = fields.pop("tags", None)
    right = all({tag["key"]: tag["value"] for tag in obj["tags"]} == tags for obj in objects) if tags else True
    return right and len(objects) == count and all(obj[key] == value for obj in objects for key, value in fields.items())


def archived(task):
    """Size and number of attachments of the pair made for the free disk."""
    return [(pair["record_metadata"]["volume_size"], len(pair["attachment"])) for pair in listed(task, "replication", name="archive")]


ZONES = {"source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
CLUSTER = [{"server": "ecs-erp-cluster-1", "name": "c1"}, {"server": "ecs-erp-cluster-2", "name": "c2"}]
TOPOLOGY = [{
    "name": "erp", **ZONES, "protection": "enabled", "protected_instances": [
        {"name": "web", "server": "ecs-erp-web-1", "tags": {"a": "b"}, "replications": [{"device": "/dev/vda", "name": "root", "size": 60}]},
        {"name": "app", "server": "ecs-erp-app-1"},
    ],
}]
# name: (module, what must be there, options, whether the end state is right)
LIVES = {
    "group": ("sdrs_server_group", None, {"name": "erp", **ZONES}, lambda task: named(task, "server_group", name="erp", status="available")),
    "protection": ("sdrs_server_group", with_instance, {"name": "erp", "protection": "enabled"}, lambda task: named(task, "server_group", status="protected")),
    "removal": ("sdrs_server_group", synchronised, {"name": "erp", "state": "absent", "purge": True},
                lambda task: not any(listed(task, kind) for kind in ("server_group", "protected_instance", "replication"))),
    "instance": ("sdrs_protected_instance", grouped, {"name": "db", "server_group": "erp", "server": "ecs-erp-db-1", "tags": {"a": "b"}},
                 lambda task: named(task, "protected_instance", name="db", status="available", tags={"a": "b"})),
    "pair": ("sdrs_replication", with_instance, {"name": "archive", "server_group": "erp", "volume": "archive-1", "size": 80,
                                                 "attachments": [{"protected_instance": "db", "device": "/dev/vdc"}]},
             lambda task: archived(task) == [(80, 1)]),
    "batch": ("sdrs_protected_instance_batch", grouped, {"server_group": "erp", "name_prefix": "c", "servers": CLUSTER},
              lambda task: sorted(each["name"] for each in listed(task, "protected_instance")) == ["c1", "c2"]),
    "tag": ("sdrs_tag", with_instance, {"protected_instance": "db", "tags": {"a": "b", "c": "d"}},
            lambda task: len(listed(task, "protected_instance")[0]["tags"]) == 2),
    "drill": ("sdrs_drill", synchronised, {"name": "d", "server_group": "erp", "drill_vpc": "vpc-drill"},
              lambda task: named(task, "drill", name="d", status="available")),
    "nic": ("sdrs_protected_instance_nic", with_instance, {"protected_instance": "db", "subnet": "subnet-db"},
            lambda task: sum(map(len, task("ecs_server_info", name="ecs-erp-db-1")["ecs_servers"][0]["addresses"].values())) == 2),
    "resize": ("sdrs_protected_instance_resize", stopped, {"protected_instance": "db", "flavor": "s3.xlarge.2"},
               lambda task: {each["flavor"]["id"] for each in task("ecs_server_info", name="ecs-erp-db-1")["ecs_servers"]} == {"s3.xlarge.2"}),
    "power": ("ecs_power", None, {"servers": ["ecs-erp-web-1"], "state": "stopped"},
              lambda task: task("ecs_server_info", name="ecs-erp-web-1")["ecs_servers"][0]["status"] == "SHUTOFF"),
    "planned failover": ("sdrs_failover", ready_to_switch, {"server_group": "erp", "active_site": "target"},
                         lambda task: named(task, "server_group", status="protected", priority_station="target")),
    "failover": ("sdrs_failover", synchronised, {"server_group": "erp", "active_site": "target", "mode": "unplanned"},
                 lambda task: named(task, "server_group", status="failed-over", priority_station="target")),
    "vpc": ("vpc", None, {"name": "v", "cidr": "192.168.0.0/16", "subnets": [{"name": "s", "cidr": "192.168.0.0/24"}]},
            lambda task: [len(each["subnets"]) for each in task("vpc_info", name="v")["vpcs"]] == [1]),
    "as_group": ("as_group", None, {"name": "as-erp-web", "status": "paused"},
                 lambda task: task("as_group_info", name="as-erp-web")["as_groups"][0]["scaling_group_status"] == "PAUSED"),
    "topology": ("sdrs_topology", None, {"server_groups": TOPOLOGY},
                 lambda task: named(task, "protected_instance", 2, status="protected") and named(task, "server_group", status="protected")
                 and [pair["record_metadata"]["volume_size"] for pair in listed(task, "replication", name="root")] == [60]
                 and len(listed(task, "replication")) == 3),
}


@pytest.fixture
def impatient(monkeypatch):
    """Time of the client's own passes faster, pauses are short; nothing here is about their length."""
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import run as run_module

    def brief(seconds):
        time.sleep(min(seconds / _FASTER, 0.03))

    def clock():
        return time.monotonic() * _FASTER

    monkeypatch.setattr(run_module, "Client", functools.partial(run_module.Client, sleep=brief))
    monkeypatch.setattr(run_module, "Waiting", functools.partial(run_module.Waiting, sleep=brief, clock=clock))


@pytest.fixture
def by_token(simulator):
    """Like ``task``, by a password, so that tokens can expire."""
    known = simulator.info
    connection = {key: known[key] for key in ("region", "username", "password", "domain_name")}
    return lambda module, **options: run_task(module, {"endpoint": known["url"], **connection, "token_cache": False, **options})


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("life", LIVES)
def test_a_fault_at_every_call(life, fault, task, by_token, simulator, impatient):
    module, prepare, options, right = LIVES[life]
    run = by_token if fault == "token expired" else task
    paths = "/v[12]/|/autoscaling" if fault == "token expired" else ""
    if prepare:
        prepare(task, simulator)
    simulator.keep()
    simulator.forget()
    run(module, **options)
    calls = len(simulator.log())
    assert right(task) and calls
    # Of long lives some calls, for each fault others; all of them with `make faults`.
    step = 1 if os.environ.get("SDRS_EVERY_CALL") else 8 if calls > _LONG else 3 if calls > _SHORT else 1
    for number in range(list(FAULTS).index(fault) % step, calls, step):
        simulator.restore()
        simulator.fault(**{"path": paths, **FAULTS[fault]}, skip=number)
        try:
            run(module, **options)
        except TaskFailed as failed:
            assert failed.error["message"] and "unexpected" not in str(failed), str(failed)
            simulator.forget_faults()
            run(module, **options)
        simulator.forget_faults()
        assert right(task), "fault at call %d" % number
        assert not run(module, **options)["changed"], "fault at call %d" % number


@pytest.mark.parametrize("sub_job", [False, True])
@pytest.mark.parametrize("life", sorted(set(LIVES) - {"tag", "power", "vpc", "as_group"}))
@pytest.mark.unless_altered("jobs_without_entities")
def test_a_job_that_fails(life, sub_job, task, simulator, impatient):
    module, prepare, options, right = LIVES[life]
    if prepare:
        prepare(task, simulator)
    simulator.keep()
    jobs = {job["job_type"] for job in task(module, **options)["jobs"]}
    for job_type in sorted(jobs):
        simulator.restore()
        simulator.fail_job(job_type=job_type, error_code="EVS.2024", fail_reason="volume is error!", sub_job=sub_job, count=1)
        with pytest.raises(TaskFailed, match="volume is error!") as failed:
            task(module, **options)
        assert failed.value.error["code"] == "EVS.2024"
        if life == "failover":
            assert task(module, **options)["changed"] and right(task)
            continue
        task(module, **options)
        assert right(task), job_type


@pytest.mark.parametrize("life", ["group", "instance", "drill", "topology"])
def test_a_job_that_hangs_is_named_and_taken_up(life, task, simulator):
    module, prepare, options, right = LIVES[life]
    if prepare:
        prepare(task, simulator)
    kind = {"group": "createProtectionGroupNoCG", "drill": "createDisasterRecoveryDrill"}.get(life, "createProtectedInstanceNoCG")
    simulator.fail_job(job_type=kind, hang=True, count=1)
    with pytest.raises(TaskFailed, match="has not ended within 0.3 s.*rerun the task to resume waiting"):
        task(module, **options, wait_timeout=0.3)
    writes = len([entry for entry in simulator.log() if entry[0] != "GET"])
    with pytest.raises(TaskFailed, match="has not ended within 0.3 s"):
        task(module, **options, wait_timeout=0.3)
    assert len([entry for entry in simulator.log() if entry[0] != "GET"]) == writes, "nothing was started twice"


@pytest.mark.parametrize("life", ["group", "instance", "pair", "batch", "drill", "topology"])
def test_lists_that_lag_behind(life, task, simulator):
    module, prepare, options, right = LIVES[life]
    if prepare:
        prepare(task, simulator)
    simulator.settings(list_lag_seconds=2)
    time.sleep(2 if prepare else 0)
    task(module, **options)
    time.sleep(2)
    assert right(task) and not task(module, **options)["changed"]


def test_a_clock_that_is_wrong_by_an_hour(task, simulator):
    simulator.settings(clock_offset_seconds=3600)
    with pytest.raises(TaskFailed, match="clock") as failed:
        task("sdrs_server_group", name="erp", **ZONES)
    assert failed.value.error["http_status"] == 401 and len(simulator.log()) == 1


def test_a_service_that_allows_few_requests(task, simulator):
    simulator.settings(requests_per_second=20)
    task("sdrs_topology", server_groups=TOPOLOGY)
    told = [entry for entry in simulator.log() if entry[2] == 429]
    assert LIVES["topology"][3](task) and len(told) <= 20
