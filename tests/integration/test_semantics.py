# SPDX-License-Identifier: GPL-3.0-or-later
"""Behaviour where a mistake costs data, each on a simulator of its own: declarations run in this process."""

from __future__ import annotations

import pytest

from support import Host, TaskFailed, eventually, run_task


def operations(result):
    return [operation["operation"] for operation in result["operations"]]


def writes(simulator):
    return [entry for entry in simulator.log() if entry[0] != "GET"]


@pytest.fixture
def instance(task, group):
    return task("sdrs_protected_instance", name="db", server_group="erp", server="ecs-erp-db-1")["protected_instance"]


@pytest.fixture
def protected(task, instance):
    """The group, protected and synchronised."""
    task("sdrs_server_group", name="erp", protection="enabled")
    eventually(lambda: task("sdrs_server_group_info", name="erp")["server_groups"][0]["progress"] == 100)
    return instance


def fail_over(simulator, group_id, wanted="failed-over"):
    """What sdrs_failover will do, by the plain API."""
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import api as api_module
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client, settings

    api = api_module.Api(client.Client(settings.resolve(dict(simulator.connection, token_cache=False), {})))
    api.call("failover_server_group", {}, server_group=group_id)
    eventually(lambda: api.call("show_server_group", server_group=group_id)["status"] == wanted)


class TestGroup:
    def test_protection_of_an_empty_group_says_what_is_missing(self, task, group, simulator):
        simulator.forget()
        with pytest.raises(TaskFailed, match="no replication pairs.*protected instances"):
            task("sdrs_server_group", name="erp", protection="enabled")
        assert not writes(simulator)

    def test_enabling_never_reprotects_unasked(self, task, protected, group, simulator):
        fail_over(simulator, group["id"])
        simulator.forget()
        with pytest.raises(TaskFailed, match="reverses replication.*reprotect: true"):
            task("sdrs_server_group", name="erp", protection="enabled")
        assert not writes(simulator)
        result = task("sdrs_server_group", name="erp", protection="enabled", reprotect=True)
        assert operations(result) == ["reprotect"]
        assert result["server_group"]["status"] == "protected" and result["server_group"]["priority_station"] == "target"

    @pytest.mark.unless_altered("jobs_without_entities")
    def test_enabling_again_after_it_failed(self, task, instance, simulator):
        simulator.fail_job(job_type="startProtectionGroupNoCG", error_code="SDRS.1027", fail_reason="array is busy", sub_job=True, count=1)
        with pytest.raises(TaskFailed) as failed:
            task("sdrs_server_group", name="erp", protection="enabled")
        assert failed.value.error["code"] == "SDRS.1027" and "startProtectionGroupRepNoCG" in failed.value.error["message"]
        assert "array is busy" in str(failed.value) and failed.value.error["job_id"] in str(failed.value)
        assert operations(task("sdrs_server_group", name="erp", protection="enabled")) == ["start"]

    def test_what_is_fixed_at_creation(self, task, group):
        with pytest.raises(TaskFailed, match="description is None, should be 'other'"):
            task("sdrs_server_group", name="erp", description="other")
        host = Host()
        result = task("sdrs_server_group", host=host, name="erp", description="other", immutable_change="ignore")
        assert not result["changed"] and "description" in host.warnings[0]

    @pytest.mark.unless_altered("null_fields")
    def test_the_domain_may_be_named_or_left_out(self, task, group):
        assert not task("sdrs_server_group", name="erp", active_active_domain="ActiveactiveDomain")["changed"]
        assert not task("sdrs_server_group", name="erp", domain=group["domain_id"])["changed"]
        with pytest.raises(TaskFailed, match="active_active_domain"):
            task("sdrs_server_group", name="erp", active_active_domain="Another")

    def test_removal_needs_purge_and_takes_pairs_that_outlive_their_instance(self, task, protected, simulator):
        simulator.settings(pairs_outlive_instance=True)
        with pytest.raises(TaskFailed, match="1 protected instances, 2 replication pairs.*purge: true"):
            task("sdrs_server_group", name="erp", state="absent")
        check = task("sdrs_server_group", check=True, name="erp", state="absent", purge=True)
        assert operations(check) == ["stop", "delete", "delete"]
        done = task("sdrs_server_group", name="erp", state="absent", purge=True)
        assert operations(done) == ["stop", "delete", "delete", "delete", "delete"]
        assert [each["resource_type"] for each in done["operations"]] == [
            "server_group", "protected_instance", "replication", "replication", "server_group",
        ]
        assert not task("sdrs_server_group", name="erp", state="absent", purge=True)["changed"]

    def test_removal_while_failed_over_needs_force(self, task, protected, group, simulator):
        fail_over(simulator, group["id"])
        with pytest.raises(TaskFailed, match="no network interfaces"):
            task("sdrs_server_group", name="erp", state="absent", purge=True)
        assert task("sdrs_server_group", name="erp", state="absent", purge=True, force=True)["changed"]

    @pytest.mark.unless_altered("batch_offered")
    @pytest.mark.unless_altered("pairs_outlive_instance")
    def test_servers_that_share_a_disk_are_removed_together(self, task, group, simulator):
        from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import api as api_module
        from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client, settings

        api = api_module.Api(client.Client(settings.resolve(dict(simulator.connection, token_cache=False), {})))
        servers = [{"server_id": simulator.server("ecs-erp-cluster-%d" % number)} for number in (1, 2)]
        body = {"name_prefix": "cluster", "server_group_id": group["id"], "servers": servers}
        job = api.call("batch_create_protected_instances", body)["job_id"]
        eventually(lambda: api.job(job)["status"] == "SUCCESS")
        removed = task("sdrs_server_group", name="erp", state="absent", purge=True)["operations"]
        assert [entry["name"] for entry in removed] == ["cluster-0001", "cluster-0002", "erp"]
        assert removed[0]["job_id"] == removed[1]["job_id"]

    def test_a_failed_creation_is_replaced(self, task, simulator):
        zones = simulator.info["availability_zones"]
        options = {
            "name": "erp", "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp",
        }
        simulator.fail_job(job_type="createProtectionGroupNoCG", error_code="SDRS.1014", fail_reason="no space", count=1)
        with pytest.raises(TaskFailed) as failed:
            task("sdrs_server_group", **options)
        assert failed.value.error["code"] == "SDRS.1014" and failed.value.error["remedy"] == "Contact customer service."
        assert [entry["operation"] for entry in failed.value.result["operations"]] == ["create"]
        assert operations(task("sdrs_server_group", **options)) == ["delete", "create"]
        assert not task("sdrs_server_group", **options)["changed"]


class TestInstance:
    def test_the_name_of_a_protected_server_stays_usable(self, task, instance):
        again = task("sdrs_protected_instance", name="db", server_group="erp", server="ecs-erp-db-1")
        assert not again["changed"] and again["protected_instance"]["id"] == instance["id"]
        by_target = task("sdrs_protected_instance", name="db", server_group="erp", server=instance["target_server"])
        assert not by_target["changed"]

    def test_same_server_other_name_is_a_renaming(self, task, instance):
        result = task("sdrs_protected_instance", name="database", server_group="erp", server="ecs-erp-db-1")
        assert operations(result) == ["rename"] and result["protected_instance"]["name"] == "database"

    def test_a_server_protected_elsewhere_is_refused(self, task, instance, simulator):
        zones = simulator.info["availability_zones"]
        task("sdrs_server_group", name="crm", source_availability_zone=zones[0], target_availability_zone=zones[1], source_vpc="vpc-erp")
        with pytest.raises(TaskFailed, match="belongs to protection group erp"):
            task("sdrs_protected_instance", name="db", server_group="crm", server="ecs-erp-db-1")

    def test_a_silent_neighbour_leaves_the_decision_to_the_service(self, task, group, simulator):
        host = Host()
        options = {"server_group": group["id"], "endpoints": {"ecs": "http://127.0.0.1:9", "evs": "http://127.0.0.1:9"}, "max_retries": 0}
        made = task("sdrs_protected_instance", host=host, name="db", server=simulator.server("ecs-erp-db-1"), **options)
        assert operations(made) == ["create"] and "SDRS decides" in host.warnings[0]
        pair = task("sdrs_replication", host=host, name="a", volume=simulator.volume("archive-1"), size=80, **options)
        assert operations(pair) == ["create", "extend"]

    def test_a_server_outside_the_production_site_is_refused(self, task, protected, group, simulator):
        fail_over(simulator, group["id"])
        task("sdrs_server_group", name="erp", protection="enabled", reprotect=True)
        simulator.forget()
        with pytest.raises(TaskFailed, match="is in AZ eu-sim-01.*is AZ eu-sim-02") as failed:
            task("sdrs_protected_instance", name="web", server_group="erp", server="ecs-erp-web-1")
        assert failed.value.error["code"] == "SDRS.1303" and not writes(simulator)

    def test_dr_server_is_never_deleted_after_a_switch(self, task, protected, group, simulator):
        fail_over(simulator, group["id"])
        simulator.forget()
        for option in ("delete_target_server", "delete_target_eip"):
            with pytest.raises(TaskFailed, match=option):
                task("sdrs_protected_instance", server_group="erp", name="db", state="absent", **{option: True})
        assert not writes(simulator)

    @pytest.mark.unless_altered("jobs_without_entities")
    def test_a_failed_creation_is_replaced_without_its_dr_server(self, task, group, simulator):
        simulator.fail_job(job_type="createProtectedInstanceNoCG", error_code="EVS.2024", fail_reason="volume is error!", sub_job=True, count=1)
        options = {"name": "db", "server_group": "erp", "server": "ecs-erp-db-1"}
        with pytest.raises(TaskFailed) as failed:
            task("sdrs_protected_instance", **options)
        assert failed.value.error["code"] == "EVS.2024" and "volume is error!" in failed.value.error["message"]
        assert operations(task("sdrs_protected_instance", **options)) == ["delete", "create"]

    def test_tags_merge_and_purge(self, task, instance):
        assert operations(task("sdrs_protected_instance", name="db", server_group="erp", tags={"a": "1", "b": "2"})) == ["tag"]
        assert not task("sdrs_protected_instance", name="db", server_group="erp", tags={"a": "1"})["changed"]
        purged = task("sdrs_protected_instance", name="db", server_group="erp", tags={"a": "2"}, purge_tags=True)
        assert operations(purged) == ["untag", "tag"] and purged["diff"]["after"]["tags"] == {"a": "2"}

    def test_shared_disks_are_refused_with_the_service_s_reason(self, task, group):
        with pytest.raises(TaskFailed) as failed:
            task("sdrs_protected_instance", name="c1", server_group="erp", server="ecs-erp-cluster-1")
        assert failed.value.error["code"] == "SDRS.1806" and failed.value.error["operation"] == "create protected instance"


class TestReplication:
    def test_the_pairs_of_an_instance_are_adopted_by_their_disk(self, task, instance):
        options = {"server_group": "erp", "volume": "data-1", "name": "db-data", "size": 200}
        check = task("sdrs_replication", check=True, **options)
        assert operations(check) == ["rename", "extend"]
        result = task("sdrs_replication", **options)
        assert operations(result) == ["rename", "extend"] and result["replication"]["record_metadata"]["volume_size"] == 200
        assert not task("sdrs_replication", **options)["changed"]

    def test_disks_only_grow(self, task, instance, simulator):
        simulator.forget()
        with pytest.raises(TaskFailed, match="size 50 GB is smaller than the current 100 GB; disks can only grow"):
            task("sdrs_replication", server_group="erp", volume="data-1", size=50)
        assert not writes(simulator)

    def test_a_disk_in_use_is_refused_with_the_manual_steps(self, task, group, simulator):
        simulator.forget()
        with pytest.raises(TaskFailed, match="is in-use.*Nothing was detached") as failed:
            task("sdrs_replication", server_group="erp", volume="data-1", name="data")
        assert failed.value.error["code"] == "SDRS.1801" and not writes(simulator)

    def test_attaching_detaching_and_deleting(self, task, instance):
        pair = {"server_group": "erp", "volume": "archive-1", "name": "archive"}
        attached = [{"protected_instance": "db", "device": "/dev/sdc"}]
        assert operations(task("sdrs_replication", **pair, attachments=attached)) == ["create", "attach"]
        assert not task("sdrs_replication", **pair, attachments=[{"protected_instance": "db", "device": "/dev/vdc"}])["changed"]
        with pytest.raises(TaskFailed, match="attached.*as /dev/vdc, should be /dev/vdd"):
            task("sdrs_replication", **pair, attachments=[{"protected_instance": "db", "device": "/dev/vdd"}])
        assert not task("sdrs_replication", **pair, attachments=[])["changed"]
        with pytest.raises(TaskFailed, match="attached to protected instance db.*force_detach"):
            task("sdrs_replication", **pair, state="absent")
        assert operations(task("sdrs_replication", **pair, attachments=[], purge_attachments=True)) == ["detach"]
        assert operations(task("sdrs_replication", **pair, state="absent", delete_target_volume=True)) == ["delete"]
        assert not task("sdrs_replication", **pair, state="absent")["changed"]

    def test_a_system_disk_is_not_unplugged_from_a_running_server(self, task, instance, simulator):
        root = {"server_group": "erp", "volume": "ecs-erp-db-1-root"}
        simulator.forget()
        with pytest.raises(TaskFailed, match="system disk and server ecs-erp-db-1.*not stopped"):
            task("sdrs_replication", **root, state="absent", force_detach=True)
        assert not writes(simulator)
        simulator.patch("servers", simulator.server("ecs-erp-db-1"), status="SHUTOFF")
        assert operations(task("sdrs_replication", **root, state="absent", force_detach=True)) == ["detach", "delete"]

    def test_a_failed_attachment_is_repaired(self, task, instance, simulator):
        options = {
            "server_group": "erp", "volume": "archive-1", "name": "archive",
            "attachments": [{"protected_instance": "db", "device": "/dev/vdc"}],
        }
        simulator.fail_job(job_type="attachReplicationPairNew", error_code="SDRS.1821", fail_reason="bus full", count=1)
        with pytest.raises(TaskFailed, match="bus full"):
            task("sdrs_replication", **options)
        assert operations(task("sdrs_replication", **options)) == ["detach", "attach"]
        assert not task("sdrs_replication", **options)["changed"]

    def test_a_failed_detachment_is_repeated(self, task, instance, simulator):
        options = {"server_group": "erp", "volume": "data-1", "attachments": [], "purge_attachments": True}
        simulator.fail_job(job_type="detachReplicationPairNew", count=1)
        with pytest.raises(TaskFailed):
            task("sdrs_replication", **options)
        assert operations(task("sdrs_replication", **options)) == ["detach"]


class TestDrill:
    def test_life(self, task, protected, simulator):
        options = {"name": "drill", "server_group": "erp", "drill_vpc": "vpc-drill"}
        created = task("sdrs_drill", **options)
        assert operations(created) == ["create"] and len(created["drill"]["drill_servers"]) == 1
        assert not task("sdrs_drill", **options)["changed"]
        with pytest.raises(TaskFailed, match="drill_vpc is"):
            task("sdrs_drill", **dict(options, drill_vpc="vpc-other"))
        # A drill server bears the production server's name: the name still means the protected instance.
        assert not task("sdrs_protected_instance", name="db", server_group="erp", server="ecs-erp-db-1")["changed"]
        assert operations(task("sdrs_drill", id=created["drill"]["id"], name="other")) == ["rename"]
        assert operations(task("sdrs_drill", name="other", server_group="erp", state="absent")) == ["delete"]

    def test_before_the_first_synchronisation(self, task, instance):
        with pytest.raises(TaskFailed) as failed:
            task("sdrs_drill", name="drill", server_group="erp", drill_vpc="vpc-drill")
        assert failed.value.error["code"] == "SDRS.1830"

    def test_the_group_s_own_vpc_is_refused(self, task, protected):
        with pytest.raises(TaskFailed) as failed:
            task("sdrs_drill", name="drill", server_group="erp", drill_vpc="vpc-erp")
        assert failed.value.error["code"] == "SDRS.1907"


class TestWaiting:
    def test_without_waiting_the_rest_is_pending_and_a_second_run_goes_on(self, task, instance):
        options = {
            "server_group": "erp", "volume": "archive-1", "name": "archive", "size": 80,
            "attachments": [{"protected_instance": "db", "device": "/dev/vdc"}],
        }
        first = task("sdrs_replication", wait=False, **options)
        assert operations(first) == ["create"]
        assert [entry["operation"] for entry in first["pending"]] == ["extend", "attach"]
        waited = task("sdrs_job_info", jobs=first["jobs"], wait=True, poll_interval=0.02)["jobs"]
        assert [(job["status"], job["service"]) for job in waited] == [("SUCCESS", "sdrs")]
        assert operations(task("sdrs_replication", **options)) == ["extend", "attach"]

    def test_a_time_out_names_the_job_and_a_second_run_takes_it_up(self, start_simulator, tmp_path):
        slow = start_simulator("--speed", "10")
        zones = slow.info["availability_zones"]
        options = {
            **slow.connection, "token_cache": False, "poll_interval": 0.05, "name": "erp", "source_availability_zone": zones[0],
            "target_availability_zone": zones[1], "source_vpc": "vpc-erp",
        }
        with pytest.raises(TaskFailed, match=r"job ff8080826b45d4a5\w{16} has not ended within 0.2 s.*rerun the task") as late:
            run_task("sdrs_server_group", dict(options, wait_timeout=0.2))
        assert late.value.error["job_id"] and late.value.result["operations"][0]["operation"] == "create"
        again = run_task("sdrs_server_group", options)
        assert not again["changed"] and again["server_group"]["status"] == "available"
        assert [entry for entry in slow.log() if entry[0] == "POST"].__len__() == 1

    def test_what_is_being_deleted_is_planned_for_the_time_after_that(self, task, instance, simulator):
        simulator.settings(durations={"deleteProtectedInstanceNoCG": 5000})
        options = {"name": "db", "server_group": "erp", "server": simulator.server("ecs-erp-db-1")}
        task("sdrs_protected_instance", wait=False, state="absent", **options)
        assert operations(task("sdrs_protected_instance", check=True, **options)) == ["create"]
        waiting = task("sdrs_protected_instance", wait=False, **options)
        assert not waiting["changed"] and [entry["operation"] for entry in waiting["pending"]] == ["create"]
        assert operations(task("sdrs_protected_instance", **options)) == ["create"]

    def test_taking_up_a_job_that_fails_tells_its_cause(self, start_simulator):
        slow = start_simulator("--speed", "20")
        slow.fail_job(job_type="createProtectionGroupNoCG", error_code="SDRS.1014", fail_reason="no space")
        zones = slow.info["availability_zones"]
        options = {
            **slow.connection, "token_cache": False, "poll_interval": 0.05, "name": "erp", "source_availability_zone": zones[0],
            "target_availability_zone": zones[1], "source_vpc": "vpc-erp",
        }
        run_task("sdrs_server_group", dict(options, wait=False))
        with pytest.raises(TaskFailed, match="no space") as failed:
            run_task("sdrs_server_group", options)
        assert failed.value.error["code"] == "SDRS.1014" and failed.value.error["job_id"]


class TestCost:
    """Calls of a task that changes nothing."""

    def calls(self, simulator, task, module, **options):
        simulator.forget()
        assert not task(module, **options)["changed"]
        return len(simulator.log())

    def test_one_call_with_ids_and_two_with_names(self, task, instance, group, simulator):
        ids = {"server_group": group["id"], "server": simulator.server("ecs-erp-db-1")}
        assert self.calls(simulator, task, "sdrs_server_group", id=group["id"], name="erp") == 1
        assert self.calls(simulator, task, "sdrs_server_group", name="erp", source_vpc="vpc-erp") == 2
        assert self.calls(simulator, task, "sdrs_protected_instance", name="db", **ids) == 1
        assert self.calls(simulator, task, "sdrs_protected_instance", name="db", server_group="erp") == 2
        assert self.calls(simulator, task, "sdrs_replication", volume=simulator.volume("data-1"), server_group=group["id"]) == 1
        assert self.calls(simulator, task, "sdrs_tag", protected_instance=instance["id"], tags={"a": None}, state="absent") == 1
        assert self.calls(simulator, task, "sdrs_tag", protected_instance="db", tags={"a": None}, state="absent") == 1


class TestInfo:
    @pytest.mark.unless_altered("extra_fields")
    def test_everything_can_be_queried(self, task, instance, simulator):
        task("sdrs_tag", protected_instance="db", tags={"tier": "db"})
        before = len(writes(simulator))
        assert [each["name"] for each in task("sdrs_server_group_info", query_type="stop_protected")["server_groups"]] == ["erp"]
        assert [each["name"] for each in task("sdrs_protected_instance_info", server_group="erp")["protected_instances"]] == ["db"]
        tagged = task("sdrs_protected_instance_info", tags=[{"key": "tier", "values": ["db"]}], server_group="erp")
        assert [each["id"] for each in tagged["protected_instances"]] == [instance["id"]]
        assert not task("sdrs_protected_instance_info", not_tags_any=[{"key": "tier", "values": []}])["protected_instances"]
        assert len(task("sdrs_replication_info", protected_instance="db")["replications"]) == 2
        assert len(task("sdrs_replication_info", volume="data-1")["replications"]) == 1
        assert len(task("sdrs_replication_info", server_group_ids=[instance["server_group_id"]])["replications"]) == 2
        assert task("sdrs_drill_info")["drills"] == []
        assert task("sdrs_tag_info", protected_instance="db")["tags"] == [{"key": "tier", "value": "db"}]
        assert task("sdrs_tag_info")["tags"] == [{"key": "tier", "values": ["db"]}]
        assert task("sdrs_domain_info")["domains"][0]["name"] == "ActiveactiveDomain"
        assert task("sdrs_protected_instance_info", id="0" * 32)["protected_instances"] == []
        queried = writes(simulator)[before:]
        assert queried and all(path.endswith("/resource_instances/action") for method, path, status in queried), "a filter by tags is a POST, too"

    def test_a_failed_job_fails_only_when_waited_for(self, task, group, simulator):
        simulator.fail_job(job_type="createReplicationPairNoCG", error_code="SDRS.1812", fail_reason="pool full", count=1)
        started = task("sdrs_replication", server_group="erp", volume="archive-1", name="a", wait=False)
        eventually(lambda: task("sdrs_job_info", jobs=started["jobs"])["jobs"][0]["status"] == "FAIL")
        with pytest.raises(TaskFailed, match="pool full"):
            task("sdrs_job_info", job_ids=[started["jobs"][0]["job_id"]], wait=True)
