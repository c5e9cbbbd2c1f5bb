# SPDX-License-Identifier: GPL-3.0-or-later
"""Twice the same: lists that lag, answers that are lost, and another machine that creates the same at the same time."""

from __future__ import annotations

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import UnknownFate
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import listed
from support import Host, TaskFailed, run_task

GROUP = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
LAG = 8.0


@pytest.fixture
def cloud(monkeypatch):
    made = direct.use(monkeypatch)()
    direct.run("sdrs_server_group", **dict(GROUP, name="base"))
    direct.run("sdrs_protected_instance", server_group="base", server="ecs-erp-db-1", name="db")
    direct.run("sdrs_server_group", name="base", protection="enabled")
    made.time += 100_000
    return made


CREATIONS = {
    "group": ("server_groups", "sdrs_server_group", GROUP),
    "drill": ("drills", "sdrs_drill", {"server_group": "base", "name": "d", "drill_vpc": "vpc-drill"}),
    "instance": ("protected_instances", "sdrs_protected_instance", {"server_group": "base", "name": "web", "server": "ecs-erp-web-1"}),
    "pair": ("replications", "sdrs_replication", {"server_group": "base", "name": "a", "volume": "archive-1"}),
    "batch": ("protected_instances", "sdrs_protected_instance_batch", {
        "server_group": "base", "name_prefix": "c", "servers": [{"server": "ecs-erp-cluster-1"}, {"server": "ecs-erp-cluster-2"}]}),
    "topology": ("server_groups", "sdrs_topology", {"server_groups": [dict(GROUP, protected_instances=[{"name": "web", "server": "ecs-erp-web-1"}])]}),
    "disk": ("volumes", "sdrs_topology", {"server_groups": [{"name": "base", "replications": [
        {"volume": "new", "name": "new", "create_volume": {"size": 10, "type": "SSD"}}]}]}),
    "vpc": ("vpcs", "vpc", {"name": "v", "cidr": "10.0.0.0/16"}),
}


def objects(cloud, creation):
    return len(getattr(cloud.world, CREATIONS[creation][0]))


@pytest.mark.parametrize("creation", CREATIONS)
def test_two_tasks_in_a_row_while_lists_lag(cloud, creation):
    _kind, module, options = CREATIONS[creation]
    cloud.world.settings["list_lag_seconds"] = LAG
    before = objects(cloud, creation)
    assert direct.run(module, **options)["changed"]
    once = objects(cloud, creation)
    assert once > before
    assert not direct.run(module, **options)["changed"] and objects(cloud, creation) == once


@pytest.mark.parametrize("creation", CREATIONS)
def test_a_lost_answer_while_lists_lag(cloud, creation):
    _kind, module, options = CREATIONS[creation]
    direct_objects = objects(cloud, creation)
    cloud.world.settings["list_lag_seconds"] = LAG
    answer, lost = cloud.answer, []

    def lose(method, url, body):
        content = answer(method, url, body)
        if method == "POST" and not lost:
            lost.append(url)
            raise UnknownFate("the connection was lost")
        return content

    cloud.answer = lose
    direct.run(module, **options)
    made = objects(cloud, creation) - direct_objects
    cloud.answer = answer
    assert lost and made == {"batch": 2, "disk": 2}.get(creation, 1)  # a disk of each site
    assert not direct.run(module, **options)["changed"]


@pytest.mark.parametrize("creation", ["group", "drill"])
def test_what_is_not_listed_in_time_is_told_with_its_risk(cloud, creation):
    _kind, module, options = CREATIONS[creation]
    cloud.world.settings["list_lag_seconds"] = 90_000
    host, begun = Host(), cloud.time
    run_task(module, {"region": "eu-sim", "token_cache": False, "auth_token": "t", **options}, False, host)
    assert len(host.warnings) >= 1 and "is not listed after 30 s" in host.warnings[-1] and "create it again" in host.warnings[-1]
    assert cloud.time - begun < 400 + listed.VISIBLE_WITHIN


def elsewhere(cloud, kind, older):
    """Another machine creates an object of the same name just before this run's request, or just after it."""
    answer, done = cloud.answer, []

    def also(method, url, body):
        if method != "POST" or done:
            return answer(method, url, body)
        done.append(url)
        if older:
            answer(method, url, body)
            cloud.time += 5
            return answer(method, url, body)
        content = answer(method, url, body)
        cloud.time += 5
        answer(method, url, body)
        return content

    cloud.answer = also


def test_the_younger_of_two_groups_is_withdrawn_while_it_is_empty(cloud):
    elsewhere(cloud, "server_groups", older=True)
    with pytest.raises(TaskFailed, match="another run created protection group erp .* at the same time; .*was empty and has been deleted again") as failed:
        direct.run("sdrs_server_group", **GROUP)
    assert failed.value.error["retryable"]
    assert [group["name"] for group in cloud.world.server_groups.values()] == ["base", "erp"]
    assert not direct.run("sdrs_server_group", **GROUP)["changed"]


def test_the_older_of_two_groups_stays_and_both_are_named(cloud):
    elsewhere(cloud, "server_groups", older=False)
    with pytest.raises(TaskFailed, match="several objects with the same name were created at the same time") as failed:
        direct.run("sdrs_server_group", **GROUP)
    groups = [group["id"] for group in cloud.world.server_groups.values() if group["name"] == "erp"]
    assert len(groups) == 2 and all(group_id in str(failed.value) for group_id in groups)


def test_drills_are_never_withdrawn(cloud):
    """A drill holds servers, which may be somebody's by now."""
    vpcs = ["vpc-drill", None]
    answer = cloud.answer

    def also(method, url, body):
        if method == "POST" and vpcs:
            vpcs.clear()
            other = {"disaster_recovery_drill": {key: value for key, value in body["disaster_recovery_drill"].items() if key != "drill_vpc_id"}}
            answer(method, url, other)
            cloud.time += 5
        return answer(method, url, body)

    cloud.answer = also
    with pytest.raises(TaskFailed, match="several objects with the same name were created at the same time"):
        direct.run("sdrs_drill", server_group="base", name="d", drill_vpc="vpc-drill")
    assert len(cloud.world.drills) == 2
