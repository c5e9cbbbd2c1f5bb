# SPDX-License-Identifier: GPL-3.0-or-later
"""The executor with a scripted API and a clock that jumps."""

from __future__ import annotations

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ApiError, JobFailed, JobTimeout, NotFound, SdrsError, UnknownFate
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.executor import Executor
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.plan import Find, Plan, Request
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.waiting import Waiting
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.workers import InlineWorkers
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._neighbours import vpc
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs import drill, protection, server_group

GROUP = "40df180b-9fe2-471a-8c64-1b758dc84189"


class FakeApi:
    """Groups by ID; ``script`` maps a call to a list of answers (the last one stays)."""

    def __init__(self, script=(), groups=()):
        self.script, self.groups, self.calls = {key: list(value) for key, value in dict(script).items()}, dict(groups), []

    def _answer(self, key):
        answers = self.script[key]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer() if callable(answer) else answer

    def patience(self):
        return None

    def call(self, name, body=None, query=None, **arguments):
        self.calls.append(name)
        if name in self.script:
            return self._answer(name)
        if name == "show_server_group":
            if arguments["server_group"] not in self.groups:
                raise NotFound("gone", code="SDRS.1013")
            return self.groups[arguments["server_group"]]
        raise AssertionError(name)

    def list(self, name, query=None, **arguments):
        self.calls.append(name)
        if name == "list_server_groups":
            return list(self.groups.values())
        return self._answer(name) if name in self.script else []

    def job(self, job_id, service="sdrs"):
        self.calls.append("job")
        return dict(self._answer("job:" + job_id), job_id=job_id)


class Clock:
    def __init__(self):
        self.now = 0.0

    def sleep(self, seconds):
        self.now += seconds


def execute(api, plan, **waiting):
    clock = Clock()
    waits = Waiting(clock=lambda: clock.now, sleep=clock.sleep, **waiting)
    executor = Executor(api, waits, pool=InlineWorkers(waits.clock, waits.sleep))
    try:
        executor.run(plan.steps)
    finally:
        executor.clock = clock
    return executor


def creation(plan, name="g"):
    return plan.add("create", server_group.KIND, name, None, Request("create_server_group", body={"name": name}),
                    Find({"name": name}, lambda group: group["name"] == name))


def deletion(plan, after=()):
    return plan.add("delete", server_group.KIND, "g", GROUP, Request("delete_server_group", {"server_group": GROUP}), after=after)


RUNNING, SUCCESS = {"status": "RUNNING"}, {"status": "SUCCESS", "entities": {"server_group_id": GROUP}}


def test_a_dependent_step_gets_the_id_its_prerequisite_made():
    plan, api = Plan(), FakeApi({"create_server_group": [{"job_id": "j"}], "job:j": [RUNNING, SUCCESS], "rename_server_group": [{}]})
    first = creation(plan)
    plan.rename(server_group.KIND, first, "n", after=[first])
    execute(api, plan)
    assert plan.steps[1].as_operations() == [{"operation": "rename", "resource_type": "server_group", "name": "n", "id": GROUP}]


def test_the_new_object_is_found_when_the_job_does_not_name_it():
    plan, api = Plan(), FakeApi({"create_server_group": [{"job_id": "j"}], "job:j": [{"status": "SUCCESS", "entities": {}}]},
                                {GROUP: {"id": GROUP, "name": "g", "status": "available"}})
    step = creation(plan)
    execute(api, plan)
    assert step.id == GROUP


def test_a_creation_of_unknown_fate_that_happened_is_not_repeated():
    api = FakeApi({"create_server_group": [UnknownFate("lost")]}, {GROUP: {"id": GROUP, "name": "g", "status": "available"}})
    plan = Plan()
    step = creation(plan)
    execute(api, plan)
    assert api.calls.count("create_server_group") == 1 and step.id == GROUP and step.submitted


def test_a_list_that_lags_behind_is_looked_at_again():
    api = FakeApi({"create_server_group": [UnknownFate("lost")]})
    plan, looks = Plan(), []

    def late(name, query=None, **arguments):
        looks.append(name)
        return [{"id": GROUP, "name": "g", "status": "available"}] if len(looks) > 1 else []

    api.list = late
    creation(plan)
    execute(api, plan)
    assert len(looks) == 2 and api.calls == ["create_server_group"]


def test_a_creation_of_unknown_fate_that_did_not_happen_is_repeated():
    api = FakeApi({"create_server_group": [UnknownFate("lost"), {"job_id": "j"}], "job:j": [SUCCESS]})
    plan = Plan()
    creation(plan)
    execute(api, plan)
    assert api.calls.count("create_server_group") == 2


def test_a_fate_that_stays_unknown_is_an_error():
    api, plan = FakeApi({"create_server_group": [UnknownFate("lost")]}), Plan()
    creation(plan)
    with pytest.raises(UnknownFate):
        execute(api, plan)
    assert api.calls.count("create_server_group") == 3


def test_after_a_refused_deletion_a_look_decides():
    refusal = ApiError("not allowed", code="SDRS.1913")
    gone, there = Plan(), Plan()
    deletion(gone)
    execute(FakeApi({"delete_server_group": [refusal]}), gone)
    deletion(there)
    with pytest.raises(ApiError, match="not allowed"):
        execute(FakeApi({"delete_server_group": [refusal]}, {GROUP: {"id": GROUP, "name": "g", "status": "available"}}), there)


def test_an_operation_the_cloud_does_not_offer_is_no_deletion():
    plan = Plan()
    deletion(plan)
    with pytest.raises(ApiError):
        execute(FakeApi({"delete_server_group": [ApiError("no such API", code="APIGW.0101")]}), plan)


def test_a_failed_branch_leaves_the_others_running():
    failed = {"status": "FAIL", "error_code": "SDRS.1014", "fail_reason": "full", "job_type": "t"}
    api = FakeApi({
        "create_server_group": [{"job_id": "bad"}], "job:bad": [RUNNING, failed],
        "delete_drill": [{"job_id": "good"}], "job:good": [RUNNING, RUNNING, RUNNING, {"status": "SUCCESS"}], "rename_server_group": [{}],
    })
    plan = Plan()
    first = creation(plan)
    blocked = plan.rename(server_group.KIND, first, "n", after=[first])
    other = plan.add("delete", drill.KIND, "d", GROUP, Request("delete_drill", {"drill": GROUP}))
    clock = Clock()
    executor = Executor(api, Waiting(clock=lambda: clock.now, sleep=clock.sleep), pool=InlineWorkers(lambda: clock.now, clock.sleep))
    with pytest.raises(JobFailed, match="create protection group g: job t bad failed: full"):
        executor.run(plan.steps)
    assert other.job["status"] == "SUCCESS" and executor.pending == [blocked] and "rename_server_group" not in api.calls


def test_a_time_out_names_the_job():
    api, plan = FakeApi({"create_server_group": [{"job_id": "slow"}], "job:slow": [RUNNING]}), Plan()
    creation(plan)
    with pytest.raises(JobTimeout, match="job slow has not ended within 60 s") as late:
        execute(api, plan, wait_timeout=60)
    assert late.value.as_dict()["job_id"] == "slow" and late.value.as_dict()["retryable"] is True


def test_a_job_unknown_for_a_moment_is_asked_for_again():
    api, plan = FakeApi({"create_server_group": [{"job_id": "j"}], "job:j": [NotFound("no job"), SUCCESS]}), Plan()
    step = creation(plan)
    execute(api, plan)
    assert step.id == GROUP


def test_without_waiting_only_what_needs_nothing_is_started():
    api, plan = FakeApi({"create_server_group": [{"job_id": "j"}]}), Plan()
    first = creation(plan)
    second = plan.rename(server_group.KIND, first, "n", after=[first])
    executor = execute(api, plan, wait=False)
    assert executor.pending == [second] and first.submitted and api.calls == ["create_server_group"]


def test_the_guard_is_asked_directly_before_the_request():
    states = [{"id": GROUP, "name": "g", "status": "failing-over"}, {"id": GROUP, "name": "g", "status": "failed-over"}]
    api, plan = FakeApi({"show_server_group": states, "start_server_group": [{"job_id": "j"}]}), Plan()
    group = {"id": GROUP, "name": "g", "status": "available"}
    protection.add_protection_step(plan, "start", group, protection.protection_guard("start", "group g"))
    with pytest.raises(SdrsError, match="now 'failed-over'.*nothing was sent"):
        execute(api, plan)
    assert "start_server_group" not in api.calls


def test_nothing_is_written_when_nobody_waits_any_more():
    def dead():
        raise SdrsError("gone")

    api, plan = FakeApi({"create_server_group": [{"job_id": "j"}]}), Plan()
    creation(plan)
    with pytest.raises(SdrsError, match="gone"):
        Executor(api, Waiting(), alive=dead).run(plan.steps)
    assert api.calls == []


@pytest.mark.parametrize("kind, call, query", [("vpc", "create_vpc", {}), ("subnet", "create_subnet", {"vpc_id": GROUP})])
def test_a_neighbour_s_creation_of_unknown_fate_is_looked_for(kind, call, query):
    api, plan = FakeApi({call: [UnknownFate("lost")]}), Plan()
    api.vpcs = lambda: [{"id": "v1", "name": "n"}]
    api.subnets = lambda vpc_id: [{"id": "s1", "name": "n"}] if vpc_id == GROUP else []
    step = plan.add("create", {"vpc": vpc.KIND, "subnet": vpc.SUBNET}[kind], "n", None, Request(call, body={}), Find(query, lambda obj: obj["name"] == "n"))
    execute(api, plan)
    assert step.id == {"vpc": "v1", "subnet": "s1"}[kind] and api.calls == [call]


@pytest.mark.parametrize("error", [{"code": "APIGW.0101", "http_status": 404}, {"http_status": 404}, {"http_status": 405}, {"code": "X.1", "http_status": 501}])
def test_what_a_cloud_does_not_offer_is_replaced(error):
    api = FakeApi({"batch_create_protected_instances": [ApiError("no such API", **error)],
                   "create_server_group": [{"job_id": "j"}], "job:j": [SUCCESS]})
    plan, other = Plan(), Plan()
    single = creation(other)
    batch = plan.add("create", server_group.KIND, "b", None, Request("batch_create_protected_instances", body={}), Find({}, lambda obj: False))
    batch.request.instead = lambda error: [single]
    execute(api, plan)
    assert plan.steps == [batch, single] and single.id == GROUP and not batch.submitted
