# SPDX-License-Identifier: GPL-3.0-or-later
"""Many jobs at once, on a service whose clock jumps: how often it is asked, and how late ends are noticed."""

from __future__ import annotations

import random

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ApiError, AuthError, JobFailed, JobTimeout, SdrsError
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.executor import Executor
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.plan import Find, Plan, Request, find_step, wait_step
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.waiting import Waiting
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.workers import InlineWorkers, Threads
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs import protected_instance, replication, server_group

GROUP = "40df180b-9fe2-471a-8c64-1b758dc84189"
INSTANCE, PAIR = protected_instance.KIND, replication.KIND


class Service:
    """Creates instances; ``length(number)`` seconds each. ``fails`` are numbers whose job ends in FAIL."""

    def __init__(self, length, fails=()):
        self.now, self.length, self.fails = 0.0, length, set(fails)
        self.calls, self.ends, self.most, self.noticed, self.broken_lists = [], {}, 0, {}, False

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds + 1e-6

    def call(self, name, body=None, query=None, **arguments):
        self.calls.append(name)
        if name == "create_protected_instance":
            number = len(self.ends)
            self.ends["i%d" % number] = (self.now, self.now + self.length(number), body["server_id"])
            self.most = max(self.most, sum(end > self.now for _begin, end, _server in self.ends.values()))
            return {"job_id": "j%d" % number}
        return {}

    def list(self, name, query=None, **arguments):
        self.calls.append(name)
        if self.broken_lists:
            raise ApiError("no", http_status=500)
        if name == "list_protected_instances":
            return [
                {"id": key, "source_server": server, "status": "creating" if end > self.now else "available"}
                for key, (_begin, end, server) in self.ends.items()
            ]
        return [{"id": "p" + key, "volume_ids": server} for key, (_begin, end, server) in self.ends.items() if end <= self.now]

    def job(self, job_id, service="sdrs"):
        self.calls.append("job")
        begin, end, _server = self.ends["i" + job_id[1:]]
        if end > self.now:
            return {"status": "RUNNING", "job_id": job_id}
        self.noticed[job_id] = self.now - end
        status = {"status": "FAIL", "error_code": "SDRS.1014", "fail_reason": "no room"} if int(job_id[1:]) in self.fails else {"status": "SUCCESS"}
        stamps = {key: "2026-01-01T%02d:%02d:%06.3fZ" % (when // 3600, when // 60 % 60, when % 60) for key, when in (("begin_time", begin), ("end_time", end))}
        return {"job_id": job_id, "entities": {"protected_instance_id": "i" + job_id[1:]}, **status, **stamps}


def creations(plan, count):
    return [
        plan.add("create", INSTANCE, "n%d" % number, None, Request("create_protected_instance", body={"server_id": "s%d" % number}),
                 Find({"server_group_id": GROUP}, lambda obj, number=number: obj["source_server"] == "s%d" % number))
        for number in range(count)
    ]


def run(service, steps, parallel=16, **waiting):
    waits = Waiting(clock=service.clock, sleep=service.sleep, **waiting)
    executor = Executor(service, waits, parallel, pool=InlineWorkers(service.clock, service.sleep))
    try:
        executor.run(steps)
    finally:
        service.executor = executor
    return executor


@pytest.mark.parametrize("spread, calls", [(0.0, 2.3), (0.1, 2.5), (0.25, 2.6)])
@pytest.mark.parametrize("length", [2, 20, 180])
def test_two_hundred_instances_cost_few_calls_and_little_waiting(length, spread, calls):
    chance = random.Random(1)
    lengths = [length * chance.uniform(1 - spread, 1 + spread) for _number in range(200)]
    service, plan = Service(lambda number: lengths[number]), Plan()
    creations(plan, 200)
    run(service, plan.steps)
    slots = [0.0] * 16
    for each in lengths:
        slots[slots.index(min(slots))] += each
    assert service.most == 16 and len(service.calls) <= calls * 200
    assert service.now <= 1.15 * max(slots)
    assert sum(service.noticed.values()) / 200 <= 0.1 * length


@pytest.mark.parametrize("length", [5, 15, 60, 120])
def test_a_lone_job_is_noticed_within_a_tenth(length):
    service, plan = Service(lambda number: length * 1.013), Plan()
    creations(plan, 1)
    run(service, plan.steps)
    assert service.noticed["j0"] <= 0.1 * length and service.calls.count("job") <= 60


def test_a_failed_job_is_no_end_for_the_others():
    service, plan = Service(lambda number: 10, fails=[2]), Plan()
    steps = creations(plan, 5)
    follower = plan.add("rename", INSTANCE, "x", steps[2], Request("rename"), after=[steps[2]])
    after_all = plan.add("start", server_group.KIND, "g", GROUP, Request("start"), once_ended=steps)
    with pytest.raises(JobFailed, match="create protected instance n2: .*no room"):
        run(service, plan.steps)
    assert service.executor.pending == [follower] and after_all in service.executor.done
    assert [step.id for step in steps] == ["i0", "i1", None, "i3", "i4"]


def test_what_has_to_follow_a_step_that_was_never_tried_is_free():
    service, plan = Service(lambda number: 1, fails=[0]), Plan()
    first, = creations(plan, 1)
    second = plan.add("rename", INSTANCE, "x", first, Request("rename"), after=[first])
    last = plan.add("rename", INSTANCE, "y", "i", Request("rename"), once_ended=[second])
    with pytest.raises(JobFailed):
        run(service, plan.steps)
    assert last in service.executor.done and service.executor.pending == [second]


def test_longest_chains_are_begun_first_and_what_starts_no_job_takes_no_place():
    service, plan = Service(lambda number: 10), Plan()
    short = creations(plan, 3)
    plan.add("create", INSTANCE, "z", None, Request("create_protected_instance", body={"server_id": "s9"}), Find({}, lambda obj: False), after=[short[2]])
    plan.add("rename", INSTANCE, "x", "i", Request("rename"))
    run(service, plan.steps, parallel=1)
    assert service.calls[0] == "rename" and service.ends["i0"][2] == "s2" and service.most == 1


def test_what_a_job_has_made_is_found_by_one_list_for_all():
    service, plan = Service(lambda number: 10), Plan()
    for number, step in enumerate(creations(plan, 8)):
        found = find_step(PAIR, "p", Find({}, lambda obj, number=number: obj["volume_ids"] == "s%d" % number), [step])
        plan.steps.append(found)
        plan.add("rename", PAIR, "r", found, Request("rename", {"replication": found}), after=[found])
    run(service, plan.steps)
    assert [step.id for step in plan.steps if step.operation == "find"] == ["pi%d" % number for number in range(8)]
    assert service.calls.count("rename") == 8 and service.calls.count("list_replications") <= 8


def test_lists_that_fail_are_replaced_by_asking_the_jobs():
    service, plan = Service(lambda number: 10), Plan()
    service.broken_lists = True
    creations(plan, 3)
    run(service, plan.steps)
    assert {step.id for step in plan.steps} == {"i0", "i1", "i2"}


def test_waiting_for_objects_whose_job_is_not_known():
    service = Service(lambda number: 10)
    for number in range(6):
        service.call("create_protected_instance", {"server_id": "s%d" % number})
    service.calls.clear()
    run(service, [wait_step(INSTANCE, {"id": "i%d" % number, "server_group_id": GROUP}) for number in range(6)])
    assert set(service.calls) == {"list_protected_instances"} and service.now >= 10


def test_a_job_that_does_not_end_in_time_does_not_stop_the_others():
    service, plan = Service(lambda number: 1000 if number == 1 else 10), Plan()
    steps = creations(plan, 3)
    with pytest.raises(JobTimeout, match="create protected instance n1: job j1 has not ended within 60 s"):
        run(service, plan.steps, wait_timeout=60)
    assert steps[0] in service.executor.done and steps[2] in service.executor.done


def test_rejected_credentials_end_it_all_at_once():
    service, plan = Service(lambda number: 10), Plan()
    creations(plan, 40)

    def rejected(*args, **kwargs):
        service.calls.append("rejected")
        raise AuthError("no")

    service.call = rejected
    with pytest.raises(AuthError):
        run(service, plan.steps)
    assert service.calls == ["rejected"]


def test_a_service_with_a_wrong_clock_is_looked_at_all_the_same():
    service, plan = Service(lambda number: 10), Plan()
    creations(plan, 40)
    original = service.job

    def job(*args, **kwargs):
        answer = original(*args, **kwargs)
        return dict(answer, end_time="2099-01-01T00:00:00Z") if "end_time" in answer else answer

    service.job = job
    run(service, plan.steps)
    assert service.now < 45


def test_fixed_intervals_are_kept():
    service, plan = Service(lambda number: 10), Plan()
    creations(plan, 2)
    run(service, plan.steps, poll_interval=4)
    assert round(service.now, 3) == 12


def test_threads_carry_out_many_calls_and_give_back_what_goes_wrong():
    import time

    pool, seen = Threads(time.monotonic), []

    def bad():
        raise SdrsError("x")

    for number in range(30):
        pool.submit(lambda number=number: number, lambda result, error: seen.append(result))
    pool.submit(bad, lambda result, error: seen.append(error.message))
    while pool.busy:
        for apply, result, error in pool.outcomes(time.monotonic() + 5):
            apply(result, error)
    assert sorted(map(str, seen)) == sorted([*map(str, range(30)), "x"]) and pool.outcomes(time.monotonic() + 0.01) == []
    pool.close()
