# SPDX-License-Identifier: GPL-3.0-or-later
"""An empty response is not an empty list, and a list that ends too early or never is an error."""

from __future__ import annotations

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import paging
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.api import LIST_KEYS, Api
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ApiError
from support import TaskFailed

ITEM = {"id": "i", "resource_id": "i", "scaling_group_id": "i", "job_id": "i"}
READERS = {
    **{name: (lambda api, name=name: api.list(name), key) for name, key in LIST_KEYS.items() if name != "list_tags"},
    "query_by_tags": (lambda api: api.query_by_tags({}), "resources"),
    "servers": (lambda api: api.servers(), "servers"),
    "volumes": (lambda api: api.volumes(), "volumes"),
    "vpcs": (lambda api: api.vpcs(), "vpcs"),
    "subnets": (lambda api: api.subnets(), "subnets"),
    "as_groups": (lambda api: api.as_groups(), "scaling_groups"),
}
NO_LIST = [
    {}, {"%s": None}, {"%s": {}}, {"%s": ""}, {"count": 0}, {"%s": [], "count": 7}, {"%s": [], "count": "7"}, {"%s": [ITEM], "count": 7},
    {"error": {"code": "SDRS.0013", "message": "internal"}}, {"error_code": "APIGW.0301", "error_msg": "no"},
]


class Client:
    """Gives ``answers`` in turn, the last one again and again."""

    def __init__(self, *answers):
        self.answers, self.calls, self.warn = list(answers), 0, lambda message: None

    def call(self, *args, **kwargs):
        self.calls += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def pages(self, service, path, key, query=None, expected=None, **arguments):
        from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.client import Client as Real

        return Real.pages(self, service, path, key, query, expected, **arguments)


def keyed(answer, key):
    return {name.replace("%s", key): value for name, value in answer.items()}


@pytest.mark.parametrize("answer", NO_LIST, ids=str)
@pytest.mark.parametrize("reader", READERS)
def test_what_is_no_list_is_an_error(reader, answer):
    read, key = READERS[reader]
    with pytest.raises(ApiError):
        read(Api(Client(keyed(answer, key))))


@pytest.mark.parametrize("reader", READERS)
def test_an_empty_list_is_one(reader):
    read, key = READERS[reader]
    assert read(Api(Client({key: []}))) == [] == read(Api(Client({key: [], "count": 0})))


@pytest.mark.parametrize("reader", READERS)
def test_a_list_that_changes_while_it_is_read_is_read_again(reader):
    read, key = READERS[reader]
    assert len(read(Api(Client({key: [], "count": 1}, {key: [], "count": 1}, {key: [ITEM], "count": 1})))) == 1


@pytest.mark.parametrize("reader", READERS)
def test_a_list_without_end_is_an_error(reader, monkeypatch):
    monkeypatch.setattr(paging, "MOST_OBJECTS", 5000)
    read, key = READERS[reader]

    class Endless(Client):
        def call(self, *args, **kwargs):
            self.calls += 1
            return {key: [{name: "%d-%d" % (self.calls, number) for name in ITEM} for number in range(1000)]}

    client = Endless()
    with pytest.raises(ApiError, match="does not end"):
        read(Api(client))
    assert client.calls < 10


@pytest.mark.parametrize("reader", READERS)
def test_a_page_that_repeats_ends_the_list(reader):
    read, key = READERS[reader]
    page = {key: [dict.fromkeys(ITEM, str(number)) for number in range(1000)]}
    client = Client(page)
    assert len(read(Api(client))) == 1000 and client.calls == 2


def test_a_count_that_does_not_mind_the_filter_is_found_out():
    """Whether ``count`` is that of the filtered list is not documented everywhere."""
    class Filtered(Client):
        def call(self, method, service, path, query=None, **kwargs):
            shown = [{"id": "a"}] if query.get("server_group_id") else [{"id": "a"}, {"id": "b"}]
            return {"protected_instances": shown, "count": 2}

    assert Api(Filtered({})).list("list_protected_instances", {"server_group_id": "g"}) == [{"id": "a"}]


DESTROYED = {"name": "erp", "state": "absent"}


@pytest.mark.parametrize("answer", [{}, {"disaster_recovery_drills": None}, {"disaster_recovery_drills": [], "count": 1}], ids=str)
def test_a_list_of_drills_that_is_none_destroys_nothing(answer, monkeypatch):
    """An absent entry that does not name a standing drill is refused; it must not go through because the drill was not shown."""
    spoiled = []

    def changed(content):
        return dict(answer) if spoiled and "disaster_recovery_drills" in content else content

    cloud = direct.use(monkeypatch)(changed)
    group = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
    web = {"name": "web", "server": "ecs-erp-web-1"}
    direct.run("sdrs_topology", server_groups=[dict(group, protection="enabled", protected_instances=[web])])
    cloud.time += 10_000
    direct.run("sdrs_drill", server_group="erp", name="d", drill_vpc="vpc-drill")
    spoiled.append(True)
    cloud.written.clear()
    with pytest.raises(TaskFailed):
        direct.run("sdrs_topology", server_groups=[dict(DESTROYED, protected_instances=[web])])
    assert cloud.written == [] and cloud.world.protected_instances


@pytest.mark.parametrize("module, options", [
    ("sdrs_topology", {"server_groups": [dict(DESTROYED, protected_instances=[{"name": "web", "server": "ecs-erp-web-1"}])]}),
    ("sdrs_server_group", dict(DESTROYED, purge=True)),
], ids=["topology", "group"])
def test_the_premise_of_a_removal_is_read_again(module, options, monkeypatch):
    """The first list is well-formed but does not show the drill yet: nothing has been stopped or deleted when it comes to light."""
    spoiled = []

    def changed(content):
        if spoiled and "disaster_recovery_drills" in content:
            spoiled.pop()
            return {"disaster_recovery_drills": [], "count": 0}
        return content

    cloud = direct.use(monkeypatch)(changed)
    group = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
    direct.run("sdrs_topology", server_groups=[dict(group, protection="enabled", protected_instances=[{"name": "web", "server": "ecs-erp-web-1"}])])
    cloud.time += 10_000
    direct.run("sdrs_drill", server_group="erp", name="d", drill_vpc="vpc-drill")
    spoiled.append(True)
    cloud.written.clear()
    with pytest.raises(TaskFailed, match="DR drill d"):
        direct.run(module, **options)
    assert cloud.written == []


@pytest.mark.parametrize("answer", [{}, None], ids=str)
def test_an_empty_object_is_no_sign_that_it_is_gone(answer, monkeypatch):
    spoiled = []

    def changed(content):
        return (answer or {"server_group": None}) if spoiled and "server_group" in content else content

    cloud = direct.use(monkeypatch)(changed)
    direct.run("sdrs_server_group", name="erp", source_availability_zone="eu-sim-01", target_availability_zone="eu-sim-02", source_vpc="vpc-erp")
    group_id = next(iter(cloud.world.server_groups))
    spoiled.append(True)
    with pytest.raises(TaskFailed, match="contains no server group"):
        direct.run("sdrs_server_group", id=group_id, state="absent")
