# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk that a topology's entry creates, pairs and attaches: once, at the production site, and never in the place of another one."""

from __future__ import annotations

import json

import direct
import pytest
import requests
from urllib3.exceptions import ProtocolError

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ApiError
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import run
from support import TaskFailed

ZONES = ("eu-sim-01", "eu-sim-02")
GROUP = {"name": "erp", "source_availability_zone": ZONES[0], "target_availability_zone": ZONES[1], "source_vpc": "vpc-erp"}
NEW = {"device": "/dev/vdb", "volume": "data-new", "name": "web-data", "create_volume": {"size": 100, "type": "SSD"}}
PATH = "/cloudvolumes"


@pytest.fixture
def cloud(monkeypatch):
    return direct.use(monkeypatch)()


def document(*pairs, instances=None, **options):
    instances = instances if instances is not None else [{"name": "web", "server": "ecs-erp-web-1", "replications": list(pairs or [NEW])}]
    return [dict(GROUP, protected_instances=instances, **options)]


def topology(*pairs, check=False, **options):
    task = {key: options.pop(key) for key in ("prune", "delete_target_volume") if key in options}
    return direct.run("sdrs_topology", check=check, server_groups=document(*pairs, **options), **task)


def pair(**changes):
    """The entry, with ``create`` for changes of its creation."""
    create = changes.pop("create", {})
    return {**NEW, "create_volume": {**NEW["create_volume"], **create}, **changes}


def done(result):
    return [(each["operation"], each["resource_type"], each["name"]) for each in result["operations"]]


def disks(cloud, name="data-new"):
    return [disk for disk in cloud.world.volumes.values() if disk["name"] == name]


def sent(cloud, path=PATH):
    return [each for each in cloud.written if each[1].endswith(path)]


MADE = [("create", "volume", "data-new"), ("create", "replication", "web-data"), ("attach", "replication", "web-data")]


def test_created_paired_and_attached_in_one_task(cloud):
    planned = topology(check=True)
    assert done(planned)[-3:] == MADE and not cloud.written and not disks(cloud)
    assert "create_volume:" in planned["diff"]["after"] and "size: 100" in planned["diff"]["after"] and "volume: data-new" in planned["diff"]["after"]
    result = topology()
    assert [each for each in done(result) if each[2] in ("data-new", "web-data")] == MADE
    assert [job["service"] for job in result["jobs"] if job["job_type"] == "createVolume"] == ["evs"]
    made = {disk["availability_zone"]: disk for disk in disks(cloud)}
    assert set(made) == set(ZONES) and made[ZONES[0]]["size"] == 100 and made[ZONES[0]]["volume_type"] == "SSD"
    live = next(each for each in cloud.world.replications.values() if each["name"] == "web-data")
    instance = next(iter(cloud.world.protected_instances.values()))
    assert [(each["protected_instance"], each["device"]) for each in live["attachment"]] == [(instance["id"], "/dev/vdb")]
    assert made[ZONES[0]]["attachments"][0]["server_id"] == instance["source_server"]
    cloud.written.clear()
    again = topology()
    assert not again["changed"] and not cloud.written and len(disks(cloud)) == 2


def test_what_is_sent(cloud):
    bodies, answer = [], cloud.answer

    def note(method, url, body):
        if method == "POST" and url.endswith(PATH):
            bodies.append(body)
        return answer(method, url, body)

    cloud.answer = note
    topology(pair(size=200, create={"tags": {"tier": "db"}, "multiattach": True, "description": "data"}))
    assert bodies == [{"volume": {
        "availability_zone": ZONES[0], "name": "data-new", "size": 200, "volume_type": "SSD", "multiattach": True, "description": "data",
        "tags": {"tier": "db"},
    }}]


def test_an_export_does_not_create_and_a_disk_that_grew_is_no_drift(cloud):
    topology()
    exported = direct.run("sdrs_topology_info")["topology"]["server_groups"]
    assert "create_volume" not in str(exported) and not direct.run("sdrs_topology", server_groups=exported)["changed"]
    topology(pair(size=150))
    assert {disk["size"] for disk in disks(cloud)} == {150}
    cloud.written.clear()
    assert not topology()["changed"] and not cloud.written, "create_volume.size is that of the creation"


def test_a_pair_without_an_instance(cloud):
    free = {"volume": "data-new", "name": "spare", "create_volume": {"size": 10, "type": "SAS"}}
    result = topology(instances=[], replications=[free])
    assert done(result)[-2:] == [("create", "volume", "data-new"), ("create", "replication", "spare")]
    assert not topology(instances=[], replications=[free])["changed"] and len(disks(cloud)) == 2


def test_a_shared_disk_is_created_once(cloud):
    shared = pair(create={"multiattach": True})
    instances = [{"name": name, "server": "ecs-erp-" + name, "replications": [dict(shared)]} for name in ("web-1", "web-2")]
    result = topology(instances=instances)
    assert [each[0] for each in done(result) if each[1] in ("volume", "replication")] == ["create", "create", "attach", "attach"]
    assert len(sent(cloud)) == 1 and not topology(instances=instances)["changed"]


@pytest.mark.parametrize("entry, message", [
    (pair(create={"size": 9}), "create_volume.size: must be from 10 to 32768"), (pair(create={"size": 32769}), "must be from 10 to 32768"),
    (pair(create={"size": None}), "requires size"), (pair(size=50), "50 GB is less than create_volume.size, 100 GB"),
    (pair(volume=None), "requires volume"), (pair(volume="0" * 32), "the name of the disk"), (pair(volume="x" * 256), "more than 255 characters"),
    (pair(name=None), "requires name"), (pair(device=None), "requires device"),
    (pair(create={"type": " "}), "type must not be empty"), (pair(create={"tags": {"k" * 37: "v"}}), "tags: at most 10"),
])
def test_what_is_wrong_in_itself_is_refused_before_anything_is_sent(cloud, entry, message):
    with pytest.raises(TaskFailed, match=message):
        topology(entry)
    assert not cloud.written


def test_two_entries_that_differ_about_one_disk(cloud):
    instances = [{"name": name, "server": "ecs-erp-" + name, "replications": [pair(create={"multiattach": True, "size": size})]}
                 for name, size in (("web-1", 10), ("web-2", 20))]
    with pytest.raises(TaskFailed, match=r"protected_instances\[1\].*sets a different value for the same disk"):
        topology(instances=instances)
    for each in instances:
        each["replications"] = [NEW]
    with pytest.raises(TaskFailed, match="cannot be shared"):
        topology(instances=instances)
    assert not cloud.written


class TestNothingTakesThePlaceOfADisk:
    def refused(self, cloud, message, *pairs, **options):
        cloud.written.clear()
        with pytest.raises(TaskFailed, match=message):
            topology(*pairs, **options)
        assert not sent(cloud)

    def test_a_name_that_two_free_disks_bear(self, cloud):
        archive = disks(cloud, "archive-1")[0]
        cloud.world.volumes["twin"] = dict(archive, id="f" * 32)
        self.refused(cloud, "2 objects match", pair(volume="archive-1"))

    def test_a_disk_of_the_name_in_another_zone(self, cloud):
        disks(cloud, "archive-1")[0]["availability_zone"] = ZONES[1]
        self.refused(cloud, "is in AZ eu-sim-02, but the current production site of protection group", pair(volume="archive-1"))

    def test_a_free_disk_of_the_name_is_taken(self, cloud):
        topology(pair(volume="archive-1"))
        assert not sent(cloud) and len(disks(cloud, "archive-1")) == 2

    def test_the_disk_was_renamed(self, cloud):
        topology()
        for disk in disks(cloud):
            disk["name"] = "renamed"
        self.refused(cloud, r"disk data-new does not exist, but replication pair web-data \(.*no disk was created")
        self.refused(cloud, r"but device /dev/vdb of protected instance web .* is used by disk renamed", pair(name="another"))

    def test_a_device_that_is_taken_on_a_server_to_come(self, cloud):
        self.refused(cloud, "but device /dev/vda of server .* is used by disk ecs-erp-web-1-root", pair(device="/dev/vda"))

    def test_a_disk_that_came_meanwhile(self, cloud):
        """Between the plan and the request; the list that is read directly before the request is narrowed by the name."""
        answer = cloud.answer

        def meet(method, url, body):
            if "name=data-new" in url and not disks(cloud):
                cloud.world.volumes["e" * 32] = dict(disks(cloud, "archive-1")[0], id="e" * 32, name="data-new")
            return answer(method, url, body)

        cloud.answer = meet
        self.refused(cloud, r"disk data-new \(e+\) was created in the meantime; no second disk with this name was created")
        topology()
        assert not sent(cloud) and len(disks(cloud)) == 2

    def test_evs_does_not_answer(self, cloud):
        answer = cloud.answer

        def meet(method, url, body):
            if "cloudvolumes" in url:
                raise ApiError("EVS is down")
            return answer(method, url, body)

        cloud.answer = meet
        self.refused(cloud, "EVS is down")


class TestInterrupted:
    def test_a_lost_answer_makes_no_second_disk(self, cloud, monkeypatch):
        client, wire = direct.wired(cloud)
        monkeypatch.setattr(run, "Client", lambda *args: client)
        lost = []

        def meet(request):
            if request.method == "POST" and request.url.endswith(PATH) and not lost:
                lost.append(cloud.respond(request.method, request.url, json.loads(request.body)))
                return requests.ConnectionError(ProtocolError("Connection aborted."))
            return None

        wire.meet = meet
        topology()
        assert lost and len(sent(cloud)) == 1 and len(disks(cloud)) == 2

    def test_an_answer_without_effect_is_sent_again(self, cloud, monkeypatch):
        client, wire = direct.wired(cloud)
        monkeypatch.setattr(run, "Client", lambda *args: client)
        met = []

        def meet(request):
            if request.method == "POST" and request.url.endswith(PATH) and not met:
                return met.append(request) or (502, "<html>")
            return None

        wire.meet = meet
        topology()
        assert met and len(sent(cloud)) == 1 and len(disks(cloud)) == 2

    def test_a_disk_in_creation_is_waited_for(self, cloud):
        project = cloud.world.identity["project_id"]
        body = {"volume": {"availability_zone": ZONES[0], "name": "data-new", "size": 100, "volume_type": "SSD"}}
        cloud.answer("POST", "http://x/v2/%s/cloudvolumes" % project, body)
        assert disks(cloud)[0]["status"] == "creating"
        cloud.written.clear()
        planned = topology(check=True)
        assert ("create", "replication", "web-data") in done(planned) and ("create", "volume", "data-new") not in done(planned)
        topology()
        assert not sent(cloud) and len(disks(cloud)) == 2

    def test_a_creation_that_failed_is_told_and_left(self, cloud):
        cloud.world.faults.append({"job_type": "createVolume", "error_code": "EVS.2024", "fail_reason": "no capacity"})
        with pytest.raises(TaskFailed, match="EVS.2024"):
            topology()
        cloud.world.faults.clear()
        with pytest.raises(TaskFailed, match="data-new .* is error") as failed:
            topology()
        assert "Nothing was deleted. If the disk is empty" in str(failed.value.result or failed.value.error) and len(disks(cloud)) == 1


@pytest.mark.parametrize("status", ["failed-over", "error-reversing"])
def test_no_disk_is_created_that_cannot_be_paired_now(cloud, status):
    topology(instances=[{"name": "web", "server": "ecs-erp-web-1"}])
    next(iter(cloud.world.server_groups.values()))["status"] = status
    cloud.written.clear()
    with pytest.raises(TaskFailed, match="creating it is not allowed while the protection group is"):
        topology()
    assert not cloud.written


def test_after_a_switch_the_disk_is_created_where_production_is(cloud):
    topology(instances=[{"name": "web", "server": "ecs-erp-web-1"}])
    next(iter(cloud.world.server_groups.values()))["priority_station"] = "target"
    try:
        topology(instances=[], replications=[{"volume": "data-new", "name": "new", "create_volume": {"size": 10, "type": "SSD"}}])
    finally:
        assert ZONES[1] in {disk["availability_zone"] for disk in disks(cloud)}


def test_no_removal_deletes_the_disk(cloud):
    topology(replications=[])
    own = next(disk for disk in disks(cloud) if disk["availability_zone"] == ZONES[0])
    direct.run("sdrs_topology", server_groups=[{"name": "erp", "state": "absent"}], prune=True, delete_target_volume=True)
    assert not cloud.world.server_groups and own["id"] in cloud.world.volumes
