# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator against the reference: constraints with their codes, life cycles, settings, state in a file."""

from __future__ import annotations

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import api as api_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import settings as settings_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ApiError, AuthError
from support import eventually

pytestmark = pytest.mark.unless_altered()

UNKNOWN = "00000000000000000000000000000000"


def connect(simulator, **options):
    settings = settings_module.resolve({**simulator.connection, "token_cache": False, "max_retries": 0, **options}, {})
    return api_module.Api(client.Client(settings))


class World:
    """Short calls on a simulator; jobs are awaited."""

    def __init__(self, simulator):
        self.simulator, self.api = simulator, connect(simulator)
        self.zones = simulator.info["availability_zones"]

    def done(self, answer):
        eventually(lambda: self.api.job(answer["job_id"])["status"] in ("SUCCESS", "FAIL"))
        return self.api.job(answer["job_id"])

    def group_body(self, **changes):
        return {
            "name": "g", "source_availability_zone": self.zones[0], "target_availability_zone": self.zones[1],
            "domain_id": self.simulator.info["active_domain_id"], "source_vpc_id": self.simulator.vpc("vpc-erp"), **changes,
        }

    def group(self):
        return self.done(self.api.call("create_server_group", self.group_body()))["entities"]["server_group_id"]

    def instance(self, group_id, server="ecs-erp-db-1", **more):
        body = {"server_group_id": group_id, "server_id": self.simulator.server(server), "name": "i", **more}
        return self.done(self.api.call("create_protected_instance", body))["entities"]["protected_instance_id"]

    def protect(self, group_id):
        self.done(self.api.call("start_server_group", {}, server_group=group_id))
        eventually(lambda: self.api.call("show_server_group", server_group=group_id)["progress"] == 100)

    def refused(self, name, body=None, **arguments):
        with pytest.raises(ApiError) as caught:
            self.api.call(name, body, **arguments)
        return caught.value.code


@pytest.fixture
def world(simulator):
    return World(simulator)


@pytest.mark.parametrize("changes, code", [
    ({"name": "a b"}, "SDRS.0202"), ({"name": "x" * 65}, "SDRS.0202"), ({"name": None}, "SDRS.0202"), ({"description": "<"}, "SDRS.0212"),
    ({"domain_id": "x"}, "SDRS.0205"), ({"source_availability_zone": "x"}, "SDRS.0203"), ({"source_vpc_id": "x"}, "SDRS.0204"),
])
def test_creating_a_group(world, changes, code):
    assert world.refused("create_server_group", world.group_body(**changes)) == code


def test_unknown_and_malformed_ids(world):
    for call, argument, malformed, unknown in (
        ("show_server_group", "server_group", "SDRS.0207", "SDRS.1013"), ("show_protected_instance", "protected_instance", "SDRS.0208", "SDRS.1320"),
        ("show_replication", "replication", "SDRS.0213", "SDRS.1608"), ("show_drill", "drill", "SDRS.1900", "SDRS.1902"),
    ):
        assert world.refused(call, **{argument: "short"}) == malformed
        assert world.refused(call, **{argument: UNKNOWN}) == unknown


def test_a_deletion_of_what_is_gone(world, simulator):
    for call, argument, plain, settled in (("delete_protected_instance", "protected_instance", "SDRS.1320", "SDRS.1301"),
                                           ("delete_drill", "drill", "SDRS.1902", "SDRS.1913")):
        simulator.settings(missing_as_not_allowed=False)
        assert world.refused(call, **{argument: UNKNOWN}) == plain
        simulator.settings(missing_as_not_allowed=True)
        assert world.refused(call, **{argument: UNKNOWN}) == settled


def test_states_and_constraints(world, simulator):
    group_id = world.group()
    act = {"server_group": group_id}
    assert world.refused("start_server_group", {}, **act) == "SDRS.1015"
    assert world.refused("stop_server_group", {}, **act) == "SDRS.1002"
    instance_id = world.instance(group_id)
    server = simulator.server("ecs-erp-db-1")
    create = {"server_group_id": group_id, "server_id": server, "name": "again"}
    assert world.refused("create_protected_instance", create) == "SDRS.1305"
    assert world.refused("create_protected_instance", dict(create, server_id=simulator.server("ecs-other-vpc"))) == "SDRS.1304"
    assert world.refused("create_protected_instance", dict(create, server_id=UNKNOWN)) == "SDRS.1326"
    web = dict(create, server_id=simulator.server("ecs-erp-web-1"))
    for extra, code in (
        ({"primary_ip_address": "192.168.0.9"}, "SDRS.1380"), ({"tenancy": "x"}, "SDRS.0228"), ({"flavorRef": "none"}, "SDRS.1353"),
        ({"dedicated_host_id": "x", "tenancy": "shared"}, "SDRS.1371"), ({"tags": [{"key": "a=b", "value": ""}]}, "SDRS.2204"),
        ({"tags": [{"key": str(number), "value": ""} for number in range(11)]}, "SDRS.2203"),
    ):
        assert world.refused("create_protected_instance", dict(web, **extra)) == code
    assert world.refused("delete_server_group", **act) == "SDRS.1001"
    assert world.refused("create_drill", {"server_group_id": group_id, "name": "d"}) == "SDRS.1830"
    assert world.refused("create_replication", {"server_group_id": group_id, "name": "p", "volume_id": simulator.volume("data-1")}) == "SDRS.1811"
    assert world.refused("reverse_server_group", {"priority_station": "target"}, **act) == "SDRS.1002"
    world.protect(group_id)
    assert world.refused("reverse_server_group", {"priority_station": "source"}, **act) == "SDRS.0216"
    assert world.refused("reverse_server_group", {"priority_station": "target"}, **act) == "SDRS.1319"
    assert world.refused("resize_protected_instance", {"flavorRef": "s3.xlarge.2"}, protected_instance=instance_id) == "SDRS.1352"
    assert world.refused("delete_nic", {"nic_id": "x"}, protected_instance=instance_id) == "SDRS.1310"


def test_batches(world, simulator):
    group_id = world.group()
    servers = [{"server_id": simulator.server("ecs-erp-cluster-%d" % number)} for number in (1, 2)]
    body = {"name_prefix": "c", "server_group_id": group_id, "servers": servers}
    assert world.refused("batch_create_protected_instances", dict(body, servers=servers[:1])) == "SDRS.1408"
    assert world.refused("batch_create_protected_instances", dict(body, servers=servers * 2)) == "SDRS.1361"
    assert world.refused("batch_create_protected_instances", dict(body, servers=[{"server_id": str(each)} for each in range(6)])) == "SDRS.1362"
    job = world.done(world.api.call("batch_create_protected_instances", body))
    ids = [sub["entities"]["protected_instance_id"] for sub in job["entities"]["sub_jobs"]]
    pairs = world.api.list("list_replications", {"server_group_id": group_id})
    assert len(pairs) == 3 and sorted(len(pair["attachment"]) for pair in pairs) == [1, 1, 2]
    assert world.refused("delete_protected_instance", {}, protected_instance=ids[0]) == "SDRS.1365"
    simulator.settings(batch_offered=False)
    assert world.refused("batch_delete_protected_instances", {"protected_instances": [{"id": each} for each in ids]}) == "APIGW.0101"


@pytest.mark.parametrize("swap", [False, True])
def test_a_failover_moves_site_and_addresses(world, simulator, swap):
    simulator.settings(swap_ids_on_switch=swap)
    group_id = world.group()
    instance_id = world.instance(group_id)
    world.protect(group_id)
    before = world.api.call("show_protected_instance", protected_instance=instance_id)
    addresses = world.api.server(before["source_server"])["addresses"]
    world.done(world.api.call("failover_server_group", {}, server_group=group_id))
    after = world.api.call("show_protected_instance", protected_instance=instance_id)
    assert (after["source_server"] == before["target_server"]) is swap and after["priority_station"] == "target"
    assert world.api.server(before["source_server"])["addresses"] == {} and world.api.server(before["source_server"])["status"] == "SHUTOFF"
    assert world.api.server(before["target_server"])["addresses"] == addresses
    world.done(world.api.call("start_server_group", {}, server_group=group_id))
    assert world.api.server(before["source_server"])["addresses"]


def test_lists_are_filtered_and_paged(world):
    group_id = world.group()
    world.instance(group_id)
    assert [pair["name"] for pair in world.api.list("list_replications", {"name": "pair-0001"})] == ["Replication-Pair-0001"]
    path, project = "/v1/%s/replications" % world.simulator.info["project_id"], world.api.client
    page = project.send("GET", "sdrs", path, query={"limit": 1, "offset": 1})
    assert page["count"] == 2 and len(page["replications"]) == 1
    for query, code in (({"limit": 0}, "SDRS.0221"), ({"limit": "x"}, "SDRS.0221"), ({"offset": -1}, "SDRS.0222"),
                        ({"server_group_ids": "[%s]" % ",".join(['"x"'] * 31)}, "SDRS.0226")):
        with pytest.raises(ApiError) as caught:
            project.send("GET", "sdrs", path, query=query)
        assert caught.value.code == code


def test_state_survives_a_restart_and_jobs_go_on(start_simulator, tmp_path):
    state = str(tmp_path / "state.json")
    first = World(start_simulator("--speed", "30", "--state", state))
    group_id = first.group()
    body = {"server_group_id": group_id, "server_id": first.simulator.server("ecs-erp-web-1"), "name": "i"}
    job_id = first.api.call("create_protected_instance", body)["job_id"]
    assert first.api.job(job_id)["status"] in ("INIT", "RUNNING")
    first.simulator.stop()
    second = World(start_simulator("--speed", "30", "--state", state))
    assert second.simulator.info["servers"] == first.simulator.info["servers"]
    assert second.done({"job_id": job_id})["status"] == "SUCCESS"
    assert len(second.api.list("list_protected_instances")) == 1


def test_password_tokens_and_an_expired_one(simulator):
    info = simulator.info
    options = {"access_key": None, "secret_key": None, "username": info["username"], "password": info["password"], "domain_name": info["domain_name"]}
    api = connect(simulator, **options)
    assert api.list("list_domains")
    simulator.settings(token_life=-1)
    api.client.auth._token = "expired"
    with pytest.raises(AuthError):
        api.list("list_domains")
    simulator.settings(token_life=100)
    assert api.list("list_domains")
    with pytest.raises(AuthError):
        connect(simulator, **{**options, "password": "wrong"}).list("list_domains")
    assert [entry[2] for entry in simulator.log()].count(401) >= 3


def test_the_start_line_has_what_the_contract_names(simulator):
    assert set(simulator.info) == {
        "url", "region", "project_id", "project_name", "domain_name", "username", "password", "access_key", "secret_key", "active_domain_id",
        "availability_zones", "flavors", "vpcs", "servers", "volumes",
    }
    servers = [server for server in simulator.info["servers"] if server["vpc_id"] == simulator.vpc("vpc-erp")]
    shared = [volume for volume in simulator.info["volumes"] if volume["shared"]]
    assert len(servers) >= 6 and len(shared[0]["attached_to"]) == 2 and len(simulator.info["flavors"]) >= 2 and len(simulator.info["vpcs"]) >= 2
    assert any(not volume["attached_to"] for volume in simulator.info["volumes"])
    assert all(len(simulator.info[key]) >= 24 for key in ("password", "access_key", "secret_key"))


@pytest.mark.parametrize("data_disks, pairs", [
    (False, {"/dev/vda": "invalid", "/dev/vdb": "available"}), (True, {"/dev/vda": "invalid", "/dev/vdb": "invalid"}),
])
def test_a_server_deleted_by_ecs_makes_its_instance_invalid(world, data_disks, pairs):
    """A.3, A.4: a server in the instance, a disk in the pair was deleted. The system disk goes with its server."""
    instance_id = world.instance(world.group())
    instance = world.api.call("show_protected_instance", protected_instance=instance_id)
    body = {"servers": [{"id": instance["source_server"]}], "delete_publicip": False, "delete_volume": data_disks}
    job = world.api.client.call("POST", "ecs", "/v1/{project_id}/cloudservers/delete", None, body)["job_id"]
    eventually(lambda: world.api.job(job, "ecs")["status"] == "SUCCESS")
    assert world.api.call("show_protected_instance", protected_instance=instance_id)["status"] == "invalid"
    assert {pair["attachment"][0]["device"]: pair["status"] for pair in world.api.list("list_replications")} == pairs
    assert instance["source_server"] not in [server["id"] for server in world.api.servers()]


def test_a_lost_disk_makes_its_pair_invalid(world):
    instance_id = world.instance(world.group())
    pair = world.api.list("list_replications")[0]
    world.simulator.lose("volumes", pair["volume_ids"].split(",")[0])
    assert world.api.call("show_replication", replication=pair["id"])["status"] == "invalid"
    assert world.api.call("show_protected_instance", protected_instance=instance_id)["status"] == "fault"
