# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests whose answer was lost for so long that their job has ended, and requests that another run was quicker with."""

from __future__ import annotations

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import UnknownFate
from support import TaskFailed

GROUP = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
INSTANCE = {"server_group": "erp", "server": "ecs-erp-db-1", "name": "db"}
NIC = {"protected_instance": "db", "subnet": "subnet-db"}
PAIR = {"server_group": "erp", "volume": "data-1"}


@pytest.fixture
def cloud(monkeypatch):
    made = direct.use(monkeypatch)()
    direct.run("sdrs_server_group", **GROUP)
    direct.run("sdrs_protected_instance", **INSTANCE)
    made.written.clear()
    return made


def at_the_first_write(cloud, happens):
    """``happens(answer, method, url, body)`` in place of the first request that writes."""
    answer, seen = cloud.answer, []

    def intercept(method, url, body):
        if method == "GET" or seen:
            return answer(method, url, body)
        seen.append(url)
        return happens(answer, method, url, body)

    cloud.answer = intercept


def lost(cloud):
    def happens(answer, method, url, body):
        answer(method, url, body)
        cloud.time += 900
        raise UnknownFate("the connection was lost")

    return happens


def addresses(cloud):
    server = next(each for each in cloud.world.servers.values() if each["name"] == "ecs-erp-db-1")
    return sum(map(len, server["addresses"].values()))


def test_a_nic_is_added_once(cloud):
    at_the_first_write(cloud, lost(cloud))
    assert direct.run("sdrs_protected_instance_nic", **NIC)["changed"] and addresses(cloud) == 2 and len(cloud.written) == 1
    assert not direct.run("sdrs_protected_instance_nic", **NIC)["changed"]


def test_a_nic_is_deleted_once(cloud):
    direct.run("sdrs_protected_instance_nic", **NIC)
    cloud.written.clear()
    at_the_first_write(cloud, lost(cloud))
    assert direct.run("sdrs_protected_instance_nic", state="absent", **NIC)["changed"] and addresses(cloud) == 1 and len(cloud.written) == 1


def test_a_resize_is_sent_once(cloud):
    direct.run("ecs_power", server_group="erp", site="production", state="stopped")
    cloud.written.clear()
    at_the_first_write(cloud, lost(cloud))
    assert direct.run("sdrs_protected_instance_resize", protected_instance="db", flavor="s3.xlarge.2")["changed"] and len(cloud.written) == 1


@pytest.mark.parametrize("module, options", [
    ("sdrs_protected_instance", dict(INSTANCE, server="ecs-erp-web-1", name="web")), ("sdrs_replication", dict(PAIR, size=200)),
    ("sdrs_server_group", dict(GROUP, protection="enabled")), ("sdrs_protected_instance", dict(INSTANCE, state="absent")),
])
def test_what_another_run_was_quicker_with_is_no_failure(cloud, module, options):
    """The request of a killed run was still on its way when this one read the live state."""
    def happens(answer, method, url, body):
        answer(method, url, body)
        return answer(method, url, body)

    at_the_first_write(cloud, happens)
    assert direct.run(module, **options)["changed"] and len(cloud.written) == 2
    assert not direct.run(module, **options)["changed"]


def test_a_refusal_that_nothing_explains_is_one(cloud):
    with pytest.raises(TaskFailed) as refused:
        direct.run("sdrs_protected_instance", **dict(INSTANCE, server="ecs-erp-cluster-1", name="c"))
    assert refused.value.error["code"].startswith("SDRS.") and len(cloud.world.protected_instances) == 1


def test_a_refused_switch_is_never_taken_for_one_of_ours(cloud):
    direct.run("sdrs_server_group", name="erp", protection="enabled")
    cloud.time += 10_000

    def happens(answer, method, url, body):
        answer(method, url, body)
        return answer(method, url, body)

    at_the_first_write(cloud, happens)
    with pytest.raises(TaskFailed):
        direct.run("sdrs_failover", server_group="erp", active_site="target", mode="unplanned", force=True)
