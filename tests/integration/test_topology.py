# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole topology in one task: plan, converge, partial failure, prune, teardown, export. Declarations run in this process."""

from __future__ import annotations

import copy
import json
import random
import signal
import subprocess
import sys
import time

import pytest
import yaml

from support import ROOT, TaskFailed, eventually, nightly, run_task

WEB = {"name": "web-1", "server": "ecs-erp-web-1"}
APP = {"name": "app-1", "server": "ecs-erp-app-1", "tags": {"tier": "app"}}
DB = {
    "name": "db-1", "server": "ecs-erp-db-1", "flavor": "s3.xlarge.2",
    "replications": [
        {"device": "/dev/vda", "name": "db-root"}, {"volume": "data-1", "name": "db-data", "device": "/dev/sdb", "size": 200},
        {"volume": "archive-1", "name": "db-archive", "device": "/dev/vdc"},
    ],
}
QUORUM = {"volume": "quorum", "name": "quorum", "device": "/dev/vdb"}
CLUSTER = [
    {"name": "cluster-1", "server": "ecs-erp-cluster-1", "tags": {"node": "1"}, "replications": [QUORUM]},
    {"name": "cluster-2", "server": "ecs-erp-cluster-2", "replications": [QUORUM]},
]
ALL = [WEB, APP, DB, *CLUSTER]


def erp(*instances, **options):
    zones = ["eu-sim-01", "eu-sim-02"]
    entry = {"name": "erp", "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp"}
    return copy.deepcopy({**entry, "protected_instances": list(instances), **options})


FRESH = {"volume": "fresh", "name": "fresh", "create_volume": {"size": 20, "type": "SAS", "tags": {"made": "here"}}}
FULL = [erp(*ALL, description="ERP", protection="enabled", replications=[{"volume": "archive-2", "name": "spare", "size": 60}, FRESH],
            drills=[{"name": "drill", "drill_vpc": "vpc-drill"}])]


def operations(result):
    return [(each["operation"], each["resource_type"], each.get("name")) for each in result["operations"]]


def writes(simulator):
    return [entry for entry in simulator.log() if entry[0] != "GET"]


@pytest.fixture
def topology(task):
    """``topology(entry, ..., prune=True)`` runs the module."""
    return lambda *groups, check=False, **options: task("sdrs_topology", check, server_groups=list(groups), **options)


@pytest.fixture
def export(task):
    return lambda *names: task("sdrs_topology_info", **({"server_groups": list(names)} if names else {}))["topology"]


def names(export, key):
    return [each.get("name") for each in export("erp")["server_groups"][0][key]]


@pytest.mark.unless_altered("batch_offered")
def test_one_task_builds_everything(topology, export, simulator):
    simulator.forget()
    planned = topology(*FULL, check=True)
    assert planned["changed"] and not writes(simulator) and planned["jobs"] == []
    built = topology(*FULL)
    assert sorted(operations(built)) == sorted(operations(planned)) and built["diff"] == planned["diff"]
    assert ("batch" in " ".join(job["job_type"] for job in built["jobs"])) and not any("entities" in job for job in built["jobs"])
    assert built["server_groups"][0]["status"] == "protected" and built["server_groups"][0]["protected_instance_num"] == 5
    assert not built["branches"]["failed"] and "server_groups[0].protected_instances[2].replications[1]" in built["branches"]["succeeded"]
    after = yaml.safe_load(built["diff"]["after"])["server_groups"][0]
    assert built["diff"]["before"] == "" and after["protected_instances"][2]["replications"][1] == {"name": "db-data", "device": "/dev/sdb", "size": 200}
    simulator.forget()
    again = topology(*FULL)
    assert not again["changed"] and again["operations"] == [] and again["diff"] == {"before": "", "after": ""} and not writes(simulator)
    assert len(simulator.log()) <= 9
    assert names(export, "protected_instances") == ["app-1", "cluster-1", "cluster-2", "db-1", "web-1"]
    pairs = {pair["name"]: pair for each in export("erp")["server_groups"][0]["protected_instances"] for pair in each["replications"]}
    assert pairs["db-data"]["size"] == 200 and pairs["db-archive"]["device"] == "/dev/vdc" and pairs["quorum"]["size"] == 10


def test_only_what_differs_is_sent(topology, simulator):
    topology(erp(WEB, APP))
    wanted = erp(dict(WEB, name="web-x", tags={"tier": "web"}), dict(APP, tags={"tier": "x"}, purge_tags=True))
    result = topology(wanted)
    assert operations(result) == [
        ("rename", "protected_instance", "web-x"), ("tag", "protected_instance", "web-x"), ("tag", "protected_instance", "app-1"),
    ]
    before = yaml.safe_load(result["diff"]["before"])["server_groups"][0]
    assert [each["name"] for each in before["protected_instances"]] == ["web-1", "app-1"] and "source_vpc" not in before
    assert not topology(wanted)["changed"]


def test_applying_an_export_changes_nothing(task, group, topology, export, simulator):
    task("sdrs_protected_instance", name="same", server_group="erp", server="ecs-erp-db-1", tags={"a": "b"}, description="x")
    task("sdrs_protected_instance", name="other", server_group="erp", server="ecs-erp-web-1")
    task("sdrs_replication", name="free", server_group="erp", volume="archive-1")
    task("sdrs_server_group", name="erp", protection="enabled")
    instances = task("sdrs_protected_instance_info")["protected_instances"]
    for instance in instances:
        simulator.patch("protected_instances", instance["id"], name="same")
    simulator.patch("replications", task("sdrs_replication_info")["replications"][0]["id"], name="a name of the console's")
    exported = export()
    assert json.dumps(exported) == json.dumps(export("erp")) and "same" not in json.dumps(exported)
    simulator.forget()
    assert not topology(*exported["server_groups"], prune=True)["changed"] and not writes(simulator)
    assert set(exported["server_groups"][0]) >= {"protection", "source_vpc"}


def test_an_export_makes_no_pruning_of_a_drill_that_stands(task, topology, simulator):
    """An empty list of drills, and one that lacks a drill, would delete what stands or will stand."""
    def exported():
        result = task("sdrs_topology_info", server_groups=["erp"])
        return result["topology"]["server_groups"][0], [each for each in result["left_out"] if each["resource_type"] == "drill"]

    topology(erp(WEB))
    document, left_out = exported()
    assert "drills" not in document and not left_out
    topology(erp(WEB, protection="enabled", drills=[{"name": "kept"}, {"name": "broken"}]))
    made = {drill["name"]: drill["id"] for drill in task("sdrs_drill_info")["drills"]}
    assert [each["name"] for each in exported()[0]["drills"]] == ["broken", "kept"]
    simulator.patch("drills", made["broken"], status="error")
    document, left_out = exported()
    assert "drills" not in document and sorted(each["name"] for each in left_out) == ["broken", "kept"]
    assert not topology(document, prune=True)["changed"]


def test_an_export_leaves_out_what_a_failed_job_left_behind(task, topology, export, simulator):
    topology(erp(WEB, APP, DB))
    instances = {each["name"]: each["id"] for each in task("sdrs_protected_instance_info")["protected_instances"]}
    pairs = {each["name"]: each["id"] for each in task("sdrs_replication_info")["replications"]}
    simulator.patch("protected_instances", instances["web-1"], status="error")
    simulator.patch("protected_instances", instances["app-1"], status="error-deleting")
    simulator.patch("replications", pairs["db-archive"], status="error-attaching")
    exported = export()
    assert names(export, "protected_instances") == ["db-1"] and "db-archive" not in json.dumps(exported)
    simulator.forget()
    assert not topology(*exported["server_groups"])["changed"] and not writes(simulator)


@pytest.mark.unless_altered("batch_offered")
@pytest.mark.unless_altered("jobs_without_entities")
def test_a_failed_branch_leaves_the_others_running(topology, simulator):
    simulator.fail_job(job_type="createProtectedInstanceNoCG", resource_name="db-1", error_code="SDRS.1014", fail_reason="no room", count=1)
    wanted = erp(WEB, APP, DB, protection="enabled")
    with pytest.raises(TaskFailed, match=r"3 succeeded, 1 failed, 3 not tried. First: \S+\.protected_instances\[2\]: .*no room") as failed:
        topology(wanted)
    result = failed.value.result
    assert failed.value.error["code"] == "SDRS.1014" and result["changed"]
    assert [each["path"] for each in result["branches"]["failed"]] == ["server_groups[0].protected_instances[2]"]
    assert result["branches"]["not_tried"] == ["server_groups[0].protected_instances[2].replications[%d]" % index for index in (0, 1, 2)]
    assert ("start", "server_group", "erp") in operations(result)
    assert any(job["status"] == "FAIL" and job["entities"]["sub_jobs"] for job in result["jobs"])
    done = topology(wanted)
    assert operations(done)[:2] == [("delete", "protected_instance", "db-1"), ("create", "protected_instance", "db-1")]
    assert not topology(wanted)["changed"]


def test_protection_is_not_enabled_when_no_pair_came_about(topology, simulator):
    simulator.fail_job(job_type="createProtectedInstanceNoCG", error_code="SDRS.1014", fail_reason="no room")
    with pytest.raises(TaskFailed) as failed:
        topology(erp(WEB, protection="enabled"))
    assert "no replication pairs" in json.dumps(failed.value.result["branches"]["failed"])
    assert not [entry for entry in writes(simulator) if entry[1].endswith("/action")]


def test_two_groups_are_independent(topology, simulator):
    simulator.fail_job(job_type="createProtectionGroupNoCG", resource_name="erp", error_code="SDRS.0305", fail_reason="quota", count=1)
    other = erp(WEB, name="web", protection="enabled")
    with pytest.raises(TaskFailed) as failed:
        topology(erp(APP), other)
    branches = failed.value.result["branches"]
    assert "server_groups[1].protected_instances[0]" in branches["succeeded"] and branches["not_tried"] == ["server_groups[0].protected_instances[0]"]
    assert operations(topology(erp(APP), other))[:2] == [("delete", "server_group", "erp"), ("create", "server_group", "erp")]


@pytest.mark.parametrize("instances, message", [
    ([WEB, dict(APP, server="ecs-erp-web-1")], r"instances\[1\].server: 'ecs-erp-web-1' is already used at server_groups\[0\].protected_instances\[0\]"),
    ([WEB, dict(APP, name="web-1")], r"protected_instances\[1\].name: 'web-1' is already used"),
    ([WEB, dict(APP, server="ecs-of-nobody")], r"protected_instances\[1\].server: no server is named 'ecs-of-nobody'"),
    ([WEB, dict(APP, server="0" * 32)], r"protected_instances\[1\].server: server 0{32} does not exist"),
    ([WEB, {"name": "unknown"}], r"protected_instances\[1\]: protected instance unknown does not exist; to create it, set server"),
    ([dict(WEB, replications=[{"device": "/dev/vda"}, {"device": "/dev/sda"}])], r"replications\[1\].device: '/dev/vda' is already used"),
    ([dict(WEB, replications=[{"device": "vda"}])], r"replications\[0\].device: 'vda' is not a device"),
    ([dict(WEB, replications=[{"volume": "data-1"}]), dict(APP, replications=[{"volume": "data-1"}])], r"cannot be shared"),
    ([dict(WEB, replications=[{"volume": "no-disk", "name": "x"}])], r"replications\[0\].volume: no volume is named 'no-disk'"),
    ([dict(WEB, name="no name")], r"protected_instances\[0\].name: 'no name' may contain only"),
    ([dict(WEB, tags={"a": "x" * 44})], r"protected_instances\[0\].tags: the value of 'a'"),
    ([dict(WEB, dedicated_host="h")], r"dedicated_host requires tenancy: dedicated"),
    ([dict(WEB, primary_ip_address="192.168.0.9")], r"primary_ip_address requires primary_subnet"),
    ([{"tags": {}}], r"protected_instances\[0\] requires server or name"),
])
def test_a_document_that_cannot_be_is_refused_before_anything_is_sent(topology, simulator, instances, message):
    simulator.forget()
    with pytest.raises(TaskFailed, match=message):
        topology(erp(*instances), erp(name="other"))
    assert not writes(simulator)


@pytest.mark.parametrize("groups, options, message", [
    ([{"name": "erp"}, {"name": "erp"}], {}, r"server_groups\[1\].name: 'erp' is already used at server_groups\[0\]"),
    ([{"state": "present"}], {}, r"server_groups\[0\] requires name or id"),
    ([{"name": "new"}], {}, r"server_groups\[0\]: protection group new does not exist; to create it, set source_availability_zone"),
    ([{"name": "erp"}], {"wait": False}, "wait: must be true"),
    ([{"name": "erp"}], {"parallel": 0}, "parallel: must be from 1 to 256"),
    ([{"name": "erp", "drills": [{"drill_vpc": "x"}]}], {}, r"drills\[0\] requires name or id"),
    ([{"name": "erp", "drills": [{"name": "x"}, {"name": "x"}]}], {}, r"drills\[1\].name: 'x'"),
    ([{"name": "erp", "replications": [{"size": 1}]}], {}, r"replications\[0\] requires volume or name"),
    ([{"name": "erp", "replications": [{"volume": "v"}], "protected_instances": [dict(WEB, replications=[{"volume": "v"}])]}], {}, "is already used at"),
])
def test_what_is_wrong_with_a_group_s_entry(topology, simulator, groups, options, message):
    simulator.forget()
    with pytest.raises(TaskFailed, match=message):
        topology(*groups, **options)
    assert not writes(simulator)


def test_a_server_of_another_group_is_refused_with_that_group_s_name(topology, simulator):
    topology(erp(WEB))
    simulator.forget()
    with pytest.raises(TaskFailed, match=r"server_groups\[0\].protected_instances\[0\].server: .* belongs to protection group erp") as failed:
        topology(erp(WEB, name="second"))
    assert failed.value.error["code"] == "SDRS.1305" and not writes(simulator)


def test_a_disk_of_two_groups_is_refused(topology, simulator):
    simulator.forget()
    pair = {"volume": "archive-1", "name": "x"}
    with pytest.raises(TaskFailed, match=r"server_groups\[1\].replications\[0\].volume: its disk is already used at server_groups\[0\]"):
        topology(erp(replications=[pair]), erp(name="second", replications=[pair]))
    assert not writes(simulator)


def test_what_is_fixed_differs(topology, simulator):
    topology(erp(dict(WEB, description="one")))
    wanted = erp(dict(WEB, description="two"), APP)
    with pytest.raises(TaskFailed, match=r"1 succeeded, 1 failed. First: server_groups\[0\].protected_instances\[0\]: .*'one', should be 'two'"):
        topology(wanted)
    assert not topology(wanted, immutable_change="ignore")["changed"]


class TestPrune:
    @pytest.mark.unless_altered("batch_offered")
    def test_only_lists_that_are_given_are_pruned_and_only_when_asked(self, topology, export, simulator):
        topology(*FULL)
        one = erp(WEB)
        assert not topology(one)["changed"]
        assert not topology({"name": "erp"}, prune=True)["changed"]
        result = topology(one, prune=True)
        assert {each[0] for each in operations(result)} == {"delete"} and len(operations(result)) == 4
        assert names(export, "protected_instances") == ["web-1"] and names(export, "drills") == ["drill"]
        result = topology({"name": "erp", "drills": [], "replications": []}, prune=True)
        assert ("delete", "drill", "drill") in operations(result) and ("delete", "replication", "spare") in operations(result)
        assert names(export, "replications") == [] and names(export, "protected_instances") == ["web-1"]
        assert len(export("erp")["server_groups"][0]["protected_instances"][0]["replications"]) == 1

    def test_pairs_that_outlive_their_instance_go_with_a_list_that_is_given(self, topology, export, simulator):
        simulator.settings(pairs_outlive_instance=True)
        topology(erp(WEB, APP))
        result = topology(erp(WEB, replications=[]), prune=True)
        assert [each[:2] for each in operations(result)] == [("delete", "protected_instance"), *[("delete", "replication")] * 2]
        assert names(export, "replications") == []

    def test_nothing_is_pruned_while_something_wanted_cannot_be(self, topology, export, simulator):
        topology(erp(WEB, APP))
        simulator.patch("volumes", simulator.volume("archive-1"), status="in-use")
        wanted = erp(APP, replications=[{"volume": "archive-1", "name": "x"}])
        with pytest.raises(TaskFailed, match="only an available disk can be paired"):
            topology(wanted, prune=True)
        assert names(export, "protected_instances") == ["app-1", "web-1"]

    @pytest.mark.unless_altered("batch_offered")
    def test_a_disk_shared_with_one_that_stays_is_not_detached(self, topology, simulator):
        topology(erp(*CLUSTER))
        simulator.forget()
        with pytest.raises(TaskFailed, match="never detaches") as failed:
            topology(erp(CLUSTER[0]), prune=True)
        assert failed.value.error["code"] == "SDRS.1365" and not writes(simulator)

    def test_dr_servers_of_a_switched_group_are_never_deleted(self, task, topology, simulator):
        topology(erp(WEB, APP, protection="enabled"))
        _fail_over(task)
        simulator.forget()
        with pytest.raises(TaskFailed, match="delete_target_server is refused"):
            topology(erp(WEB), prune=True, delete_target_server=True)
        with pytest.raises(TaskFailed, match="delete_target_volume is refused"):
            topology({"name": "erp", "state": "absent"}, prune=True, force=True, delete_target_volume=True)
        assert not writes(simulator)


def _fail_over(task):
    eventually(lambda: task("sdrs_server_group_info", name="erp")["server_groups"][0]["progress"] == 100)
    task("sdrs_failover", server_group="erp", active_site="target", mode="unplanned", force=True)


class TestTeardown:
    @pytest.mark.parametrize("outlive", [False, True])
    @pytest.mark.unless_altered("batch_offered")
    def test_a_group_goes_with_what_its_entry_names(self, topology, simulator, export, outlive):
        simulator.settings(pairs_outlive_instance=outlive)
        topology(*FULL)
        simulator.forget()
        with pytest.raises(TaskFailed, match="contains objects that the entry does not list: DR drill drill .*protected instance web-1.*or set prune"):
            topology(erp(APP, DB, *CLUSTER, state="absent"))
        assert not writes(simulator)
        result = topology(dict(FULL[0], state="absent"))
        kinds = [each[:2] for each in operations(result)]
        assert kinds[:2] == [("delete", "drill"), ("stop", "server_group")] and kinds[-1] == ("delete", "server_group")
        assert export() == {"server_groups": []} and not topology(dict(FULL[0], state="absent"))["changed"]

    def test_what_an_interrupted_teardown_left_belongs_to_the_servers_named(self, task, topology, simulator, export):
        simulator.settings(pairs_outlive_instance=True)
        topology(erp(WEB, APP))
        task("sdrs_protected_instance", server="ecs-erp-web-1", state="absent")
        topology(erp(WEB, APP, state="absent"))
        assert export() == {"server_groups": []}

    def test_other_groups_are_brought_about_at_the_same_time(self, topology, export):
        topology(erp(WEB))
        result = topology({"name": "erp", "state": "absent"}, erp(APP, name="second"), prune=True)
        assert [each["name"] for each in export()["server_groups"]] == ["second"] and result["server_groups"][0]["name"] == "second"

    def test_a_failed_over_group_needs_force(self, task, topology, simulator, export):
        topology(erp(WEB, protection="enabled"))
        _fail_over(task)
        simulator.forget()
        with pytest.raises(TaskFailed, match="no network interfaces.*force: true"):
            topology({"name": "erp", "state": "absent"}, prune=True)
        assert not writes(simulator)
        topology({"name": "erp", "state": "absent"}, prune=True, force=True)
        assert export() == {"server_groups": []}


class TestAfterFailover:
    @pytest.mark.parametrize("swap", [False, True])
    def test_the_same_document_still_means_the_same_objects(self, task, topology, simulator, swap):
        simulator.settings(swap_ids_on_switch=swap)
        wanted = erp(WEB, DB)
        topology(dict(wanted, protection="enabled"))
        _fail_over(task)
        assert not topology(wanted)["changed"]

    def test_protection_is_never_enabled_again(self, task, topology, simulator):
        wanted = erp(WEB, protection="enabled")
        topology(wanted)
        _fail_over(task)
        simulator.forget()
        with pytest.raises(TaskFailed, match="reverses replication"):
            topology(wanted)
        assert not writes(simulator)

    def test_a_server_at_the_other_site_is_blocked_until_failback(self, task, topology, simulator):
        topology(erp(WEB, protection="enabled"))
        _fail_over(task)
        task("sdrs_failover", server_group="erp", active_site="target", reprotect=True)
        wanted = erp(dict(WEB, tags={"a": "b"}), APP)
        with pytest.raises(TaskFailed, match="blocked until failback.*eu-sim-01.*eu-sim-02") as failed:
            topology(wanted)
        result = failed.value.result
        assert operations(result) == [("tag", "protected_instance", "web-1")] and result["branches"]["failed"] == []
        assert [each["path"] for each in result["branches"]["blocked"]] == ["server_groups[0].protected_instances[1]"]
        with pytest.raises(TaskFailed, match="blocked until failback"):
            topology(wanted, check=True)


class TestDisks:
    def test_a_server_that_shares_a_disk_needs_the_others(self, topology, simulator):
        simulator.forget()
        with pytest.raises(TaskFailed, match=r"protected_instances\[1\]: it shares a disk with servers"):
            topology(erp(WEB, CLUSTER[0]))
        assert [each for each in writes(simulator) if "batch" in each[1]] == []

    def test_servers_that_share_a_disk_are_created_with_one_description(self, topology):
        with pytest.raises(TaskFailed, match="description must be the same for servers that share a disk, because one call creates them"):
            topology(erp(CLUSTER[0], dict(CLUSTER[1], description="x")))

    def test_a_creation_that_failed_is_repeated_by_its_name_too(self, topology, simulator):
        simulator.fail_job(job_type="createProtectedInstanceNoCG", error_code="SDRS.1014", fail_reason="no room", count=1)
        with pytest.raises(TaskFailed, match="no room"):
            topology(erp(DB))
        by_name = {"name": "db-1", "replications": [{"device": "/dev/vda", "name": "root-disk"}]}
        assert ("rename", "replication", "root-disk") in operations(topology(erp(by_name)))
        assert not topology(erp(by_name))["changed"]

    def test_a_cloud_without_batches_says_what_to_do(self, topology, simulator):
        simulator.settings(batch_offered=False)
        with pytest.raises(TaskFailed, match="This cloud does not offer batch creation, and servers.*pair the disk") as failed:
            topology(erp(WEB, *CLUSTER))
        assert "server_groups[0].protected_instances[0]" in failed.value.result["branches"]["succeeded"]

    @pytest.mark.unless_altered("batch_offered")
    def test_a_failed_set_is_made_anew_together(self, topology, simulator):
        simulator.fail_job(job_type="batchCreateProtectedInstance", error_code="SDRS.1014", fail_reason="no room", count=1)
        with pytest.raises(TaskFailed, match="no room"):
            topology(erp(*CLUSTER))
        done = topology(erp(*CLUSTER))
        assert [each[0] for each in operations(done)][:4] == ["delete", "delete", "create", "create"]
        assert not topology(erp(*CLUSTER))["changed"]

    def test_disks_only_grow(self, topology, simulator):
        simulator.forget()
        with pytest.raises(TaskFailed, match=r"replications\[1\]: size 20 GB is smaller"):
            topology(erp(dict(DB, replications=[{"device": "/dev/vda"}, {"volume": "data-1", "size": 20}])))

    def test_a_disk_at_another_device(self, topology):
        with pytest.raises(TaskFailed, match="attached as /dev/vdb, not as /dev/vdc"):
            topology(erp(dict(DB, replications=[{"volume": "data-1", "device": "/dev/vdc"}])))
        topology(erp(DB))
        with pytest.raises(TaskFailed, match="attached to protected instance .*as /dev/vdb, should be /dev/vdc"):
            topology(erp(dict(DB, replications=[{"volume": "data-1", "device": "/dev/vdc"}])))

    def test_a_device_without_a_disk(self, topology):
        with pytest.raises(TaskFailed, match="server ecs-erp-web-1 has no disk at /dev/vdx"):
            topology(erp(dict(WEB, replications=[{"device": "/dev/vdx"}])))
        with pytest.raises(TaskFailed, match="has no replication pair at /dev/vdx"):
            topology(erp(dict(WEB, replications=[{"device": "/dev/vdx"}])))

    def test_a_disk_of_an_instance_that_is_there(self, topology, export):
        topology(erp(WEB))
        more = erp(dict(WEB, replications=[{"volume": "archive-1", "name": "more", "device": "/dev/vdb", "size": 80}]))
        assert [each[0] for each in operations(topology(more))] == ["create", "extend", "attach"]
        assert not topology(more)["changed"]

    def test_a_new_disk(self, task, topology, export, simulator):
        topology(erp(WEB))
        more = erp(dict(WEB, replications=[dict(FRESH, device="/dev/vdb")]))
        simulator.settings(denied=["evs"])
        simulator.forget()
        with pytest.raises(TaskFailed, match="Policy doesn't allow evs"):
            topology(more)
        assert not writes(simulator)
        simulator.settings(denied=[])
        built = topology(more)
        assert operations(built) == [("create", "volume", "fresh"), ("create", "replication", "fresh"), ("attach", "replication", "fresh")]
        job = next(job for job in built["jobs"] if job["service"] == "evs")
        assert task("sdrs_job_info", jobs=[job], wait=True)["jobs"][0]["status"] == "SUCCESS"
        assert not topology(more)["changed"] and names(export, "protected_instances") == ["web-1"]


@pytest.mark.unless_altered("batch_offered")
def test_a_drill_waits_for_the_synchronisation(topology, simulator, task):
    topology(*FULL)
    drills = task("sdrs_drill_info")["drills"]
    assert [drill["status"] for drill in drills] == ["available"]


DRIVER = """
import json, sys
sys.path.insert(0, %r)
from support import run_task
run_task("sdrs_topology", json.loads(sys.argv[1]))
"""


@pytest.mark.parametrize("seed", [0, nightly(1), 2, nightly(3)])
@pytest.mark.unless_altered("batch_offered")
def test_killed_at_any_point_and_run_again(start_simulator, tmp_path, seed):
    """The end state is that of an undisturbed run: no duplicates, no orphans."""
    chance, settled = random.Random(seed), []
    for kills in (0, 5):
        simulator = start_simulator("--speed", "150")
        options = dict(simulator.connection, token_cache=False, server_groups=FULL)
        for _kill in range(kills):
            process = subprocess.Popen([sys.executable, "-c", DRIVER % str(ROOT / "tests"), json.dumps(options)], stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.3, 2.5))
            process.send_signal(signal.SIGKILL)
            process.wait()
        run_task("sdrs_topology", options)
        assert not run_task("sdrs_topology", options)["changed"]
        exported = run_task("sdrs_topology_info", dict(simulator.connection, token_cache=False))["topology"]
        disks = [path for method, path, status in simulator.log() if (method, status) == ("POST", 200) and path.endswith("/cloudvolumes")]
        settled.append((_plain(exported), len(disks)))
    assert settled[0] == settled[1] and settled[0][1] == 1


@pytest.mark.unless_altered("batch_offered")
def test_two_runs_at_once_build_one_topology(start_simulator):
    simulator = start_simulator("--speed", "100")
    options = dict(simulator.connection, token_cache=False, server_groups=FULL)
    command = [sys.executable, "-c", DRIVER % str(ROOT / "tests"), json.dumps(options)]
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _run in range(3)]
    assert [(run.wait(60), run.stderr.read()) for run in runs] == [(0, "")] * 3
    assert not run_task("sdrs_topology", options)["changed"]
    made = [entry[2] for entry in simulator.log() if entry[0] == "POST" and entry[1].endswith(("/server-groups", "/protected-instances", "drills"))]
    assert len(made) == 5 and all(status < 300 for status in made)


def test_a_run_that_waits_too_long_for_another_names_it(start_simulator):
    simulator = start_simulator("--speed", "20")
    options = dict(simulator.connection, token_cache=False, server_groups=FULL)
    first = subprocess.Popen([sys.executable, "-c", DRIVER % str(ROOT / "tests"), json.dumps(options)], stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: writes(simulator))
        with pytest.raises(TaskFailed, match="protection group erp is locked by process %d on this machine" % first.pid):
            run_task("sdrs_topology", dict(options, wait_timeout=0.5))
        assert run_task("sdrs_topology", options, check_mode=True)["changed"]
    finally:
        first.kill()
        first.wait()


def _plain(exported):
    """Without what differs from one simulator to the next: IDs, and the numbers in names the service gives."""
    text = json.dumps(exported, sort_keys=True)
    group = json.loads(text)["server_groups"][0]
    assert len(json.loads(text)["server_groups"]) == 1
    return {
        "instances": [
            (each["name"], each.get("tags"), [(pair["device"], pair["size"], "Pair" in pair["name"] or pair["name"]) for pair in each["replications"]])
            for each in group["protected_instances"]
        ],
        "pairs": [(each["name"], each["size"]) for each in group["replications"]], "drills": [each["name"] for each in group.get("drills", [])],
        "protection": group["protection"],
    }
