# SPDX-License-Identifier: GPL-3.0-or-later
"""What a topology tells beside what it does: options without effect, objects that nobody manages, what waits for failback, what is meant perhaps."""

from __future__ import annotations

import copy
import importlib
import json
import re

import direct
import pytest
import yaml
from direct import run

from ansible_collections.cloud_dr.sdrs.plugins.filter import plan_report
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ApiError
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._topology import contents, document
from ansible_collections.cloud_dr.sdrs.plugins.modules import sdrs_topology
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _ending_runs, _report_formats
from support import ROOT, TaskFailed

WEB, OTHER = {"name": "web-1", "server": "ecs-erp-web-1"}, {"name": "web-2", "server": "ecs-erp-web-2"}
TOLD = ("not_compared", "differing", "unmanaged")


def erp(*instances, **options):
    entry = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
    return copy.deepcopy({**entry, **({"protected_instances": list(instances)} if instances else {}), **options})


def topology(*groups, check=False, **options):
    """The result, that of a failed task with its ``msg`` and ``failed``."""
    try:
        return run("sdrs_topology", check=check, server_groups=list(groups), **options)
    except TaskFailed as failed:
        return {"failed": True, "msg": str(failed), "error": failed.error, **failed.result}


def planned(*groups, **options):
    return topology(*groups, check=True, **options)


@pytest.fixture
def cloud(monkeypatch):
    return direct.use(monkeypatch)()


def switch(cloud, **options):
    cloud.sleep(9000)
    run("sdrs_failover", server_group="erp", **{"active_site": "target", "mode": "unplanned", "force": True, **options})
    cloud.sleep(9000)


def names(result):
    return sorted((each["resource_type"], each["name"]) for each in result["unmanaged"])


DISK = {"size": 300, "name": "renamed", "description": "other", "cluster": "c" * 32, "volume": "archive-1", "create_volume": {"type": "SSD", "size": 40}}
CHANGED = {
    "server_groups": {
        "name": "second", "description": "other", "source_availability_zone": "eu-x", "target_availability_zone": "eu-x",
        "active_active_domain": "another", "source_vpc": "vpc-drill", "dr_type": "hana", "protection": "disabled", "protected_instances": [],
        "replications": [], "drills": [],
    },
    "protected_instances": {
        "name": "renamed", "server": "ecs-erp-web-2", "description": "other", "cluster": "c" * 32, "primary_subnet": "s" * 32, "tenancy": "shared",
        "primary_ip_address": "192.168.0.77", "flavor": "s3.large.2", "dedicated_host": "h" * 32, "tags": {"tier": "x"}, "purge_tags": True,
        "replications": [],
    },
    "protected_instances.replications": {"device": "/dev/vdq", **DISK},
    "replications": DISK,
    "drills": {"name": "another", "drill_vpc": "vpc-erp"},
}
BESIDE = {"primary_ip_address": {"primary_subnet": "s" * 32}, "dedicated_host": {"tenancy": "dedicated"}, "purge_tags": {"tags": {}}}


def level(entry, path):
    """What stands at a path of an entry, or of the options of an entry: the first of each list."""
    for key in path.split(".") if path != "server_groups" else []:
        entry = entry[key]["options"] if isinstance(entry[key], dict) else entry[key][0]
    return entry


OPTIONS = [(path, option) for path in CHANGED for option in sorted(level(document.SERVER_GROUPS["options"], path)) if option not in ("id", "state")]


@pytest.fixture(scope="module", name="entry")
def made_entry():
    web = dict(WEB, flavor="s3.xlarge.2", description="a", tags={"tier": "web"}, replications=[{"device": "/dev/vda", "name": "root", "size": 100}])
    entry = erp(
        web, description="d", protection="enabled", replications=[{"volume": "archive-2", "name": "spare", "size": 60, "description": "e"}],
        drills=[{"name": "drill", "drill_vpc": "vpc-drill"}],
    )
    with pytest.MonkeyPatch.context() as patched:
        direct.use(patched)()
        assert not topology(entry).get("failed")
        calm = planned(entry)
        assert not calm.get("failed") and calm["operations"] == [] and not any(calm.get(key) for key in TOLD)
        yield entry


class TestOptionsWithoutEffect:
    """Every option of the document, changed for what exists: it is done, refused, or said to be without effect."""

    @pytest.mark.parametrize("path, option", OPTIONS)
    def test_is_told(self, entry, path, option):
        changed = copy.deepcopy(entry)
        level(changed, path).update({**BESIDE.get(option, {}), option: CHANGED[path][option]})
        result = planned(changed)
        told = [each["option"] for each in result.get("not_compared", []) + result.get("differing", [])]
        assert result.get("failed") or result["operations"] or option in told or result.get("unmanaged")

    def test_reasons_name_the_objects_and_the_report_says_so(self, entry):
        changed = copy.deepcopy(entry)
        changed["protected_instances"][0].update(tenancy="shared", flavor="s3.large.2")
        result = planned(changed)
        silent, differing = result["not_compared"], result["differing"]
        assert [(each["option"], each["count"], each["objects"][0]["path"]) for each in silent] == [
            ("tenancy", 1, "server_groups[0].protected_instances[0]")]
        assert [(each["name"], each["live"], each["wanted"]) for each in differing] == [("web-1", "s3.xlarge.2", "s3.large.2")]
        report = plan_report.plan_report(result)
        assert report["verdict"] == "drift" and report["differing"] == differing and report["not_compared"] == silent
        page = _report_formats.render_plan({**report, "server_group": "erp", "time": "now"}, "md")
        assert "flavor` is `s3.xlarge.2`, should be `s3.large.2`" in page and "## Not compared" in page and "`tenancy` of 1 protected instance:" in page
        ending = _ending_runs.plan({"host": "erp", "subject": "erp"}, report, result)
        assert "set, but not compared: tenancy of 1 protected instance" in ending["state"]
        assert "web-1: flavor is s3.xlarge.2, should be s3.large.2" in ending["not_done"] and "resize" in ending["next"]["why"]

    def test_what_is_not_compared_is_no_drift(self, entry):
        changed = copy.deepcopy(entry)
        changed["protected_instances"][0]["tenancy"] = "shared"
        assert plan_report.plan_report(planned(changed))["verdict"] == "clean"


def test_a_flavor_is_not_compared_while_ecs_is_silent_or_production_elsewhere(cloud, monkeypatch):
    web, wrong = dict(WEB, flavor="s3.xlarge.2"), dict(WEB, flavor="s3.large.2")
    topology(erp(web, protection="enabled"))
    instance = next(iter(cloud.world.protected_instances.values()))
    wrong["server"] = instance["source_server"]
    answer = cloud.answer

    def forbidden(method, url, body):
        if "/cloudservers" in url:
            raise ApiError("no", http_status=403)
        return answer(method, url, body)

    monkeypatch.setattr(cloud, "answer", forbidden)
    silent = planned(erp(wrong))
    assert not silent.get("failed") and not silent["differing"] and "ECS does not report" in silent["not_compared"][0]["reason"]
    monkeypatch.setattr(cloud, "answer", answer)
    switch(cloud)
    switched = planned(erp(wrong))
    assert not switched["differing"] and "at the source site" in switched["not_compared"][0]["reason"]


@pytest.mark.parametrize("field", ["name", "description", "source_server", "status"])
def test_what_cannot_be_read_is_told_and_stops_nothing_more(cloud, field):
    topology(erp(WEB, OTHER))
    instance = next(each for each in cloud.world.protected_instances.values() if each["name"] == "web-1")
    instance[field] = {"of": ["another", "type"]}
    result = planned(erp(dict(WEB, tenancy="shared"), OTHER))
    told = [(each["option"], each["reason"]) for each in result.get("not_compared", [])]
    assert result.get("failed") or ("tenancy" in [option for option, _reason in told] or ("options", "the service's response cannot be read") in told)
    assert "unexpected" not in result.get("msg", "")


def test_what_does_not_apply_to_a_pair_that_comes_with_its_instance_is_told(cloud):
    result = planned(erp(dict(WEB, replications=[{"device": "/dev/vda", "name": "root", "cluster": "c" * 32}])))
    assert [(each["option"], each["resource_type"]) for each in result["not_compared"]] == [("cluster", "replication")]


class TestUnmanaged:
    @pytest.fixture
    def full(self, cloud):
        entry = erp(WEB, OTHER, protection="enabled", replications=[{"volume": "archive-2", "name": "spare"}], drills=[{"name": "d", "drill_vpc": "vpc-drill"}])
        assert not topology(entry).get("failed")
        return entry

    def test_all_that_no_entry_names(self, full):
        assert not planned(full)["unmanaged"]
        one = planned(erp(WEB))
        kinds = [kind for kind, name in names(one)]
        assert one["operations"] == [] and kinds == ["drill", "protected_instance", "replication", "replication"]
        assert ("protected_instance", "web-2") in names(one) and ("replication", "spare") in names(one) and one["unmanaged_total"] == 4
        assert all(each["server_group"] == "erp" and each["id"] for each in one["unmanaged"])
        assert len(planned({"name": "erp"})["unmanaged"]) == 6
        report = plan_report.plan_report(one)
        page = _report_formats.render_plan({**report, "server_group": "erp", "time": "now"}, "md")
        assert report["verdict"] == "clean" and "## Unmanaged" in page and "protected instance `web-2` (`" in page
        state = _ending_runs.plan({"host": "erp", "subject": "erp"}, report, one)["state"]
        assert any("unmanaged" in each and "protected instance web-2" in each for each in state)

    def test_what_is_pruned_is_not_unmanaged_and_what_is_kept_is(self, full):
        pruned = planned(dict(erp(WEB), drills=[], replications=[]), prune=True)
        assert [kind for kind, name in names(pruned)] == ["server"] and "DR server of protected instance web-2" in pruned["unmanaged"][0]["reason"]
        assert names(planned(erp(WEB), prune=True)) == [("drill", "d"), ("replication", "spare"), ("server", "ecs-erp-web-2")]
        assert names(planned(dict(erp(WEB), drills=[], replications=[]), prune=True, delete_target_server=True)) == []

    def test_a_pair_of_an_instance_that_lists_its_pairs(self, cloud):
        app = {"name": "app", "server": "ecs-erp-app-1"}
        topology(erp(app))
        assert planned(erp(app))["unmanaged"] == []
        listed = dict(app, replications=[{"device": "/dev/vda", "name": "root"}])
        for prune in (False, True):
            assert [kind for kind, name in names(planned(erp(listed), prune=prune))] == ["replication"]

    def test_a_dr_server_that_was_kept(self, full, cloud):
        kept = {each["target_server"] for each in cloud.world.protected_instances.values() if each["name"] == "web-2"}
        done = topology(dict(erp(WEB), drills=[]), prune=True)
        assert not done.get("failed") and {each["id"] for each in done["unmanaged"] if each["resource_type"] == "server"} == kept
        later = planned(erp(WEB, drills=[]))
        found = [each for each in later["unmanaged"] if each["resource_type"] == "server"]
        assert {each["id"] for each in found} == kept and "was kept" in found[0]["reason"]
        run("sdrs_drill", name="again", server_group="erp", drill_vpc="vpc-drill")
        assert {each["id"] for each in planned(erp(WEB))["unmanaged"] if each["resource_type"] == "server"} == kept, "servers of drills are none"

    def test_many_are_counted(self, full, monkeypatch):
        monkeypatch.setattr(contents, "MOST", 2)
        result = planned(erp(WEB))
        assert (len(result["unmanaged"]), result["unmanaged_total"]) == (2, 4)
        monkeypatch.setattr(_report_formats, "_MOST_ROWS", 1)
        report = plan_report.plan_report(result)
        assert "4 in all; the JSON beside this file lists 2." in _report_formats.render_plan({**report, "server_group": "erp", "time": "now"}, "md")
        assert "and 1 more" in " ".join(_ending_runs.plan({"host": "erp", "subject": "erp"}, dict(report, unmanaged_total=5), result)["state"])

    def test_nothing_of_another_group(self, full):
        topology(erp({"name": "app", "server": "ecs-erp-app-1"}, name="crm"))
        assert names(planned(erp({"name": "app", "server": "ecs-erp-app-1"}, name="crm"))) == []


class TestKeptNames:
    """A DR server that a removal kept bears the name of production, and after a switch it stands where production is."""

    @pytest.fixture
    def kept(self, cloud):
        topology(erp(WEB, OTHER))
        topology(erp(WEB), prune=True)
        assert not topology(erp(WEB, OTHER, protection="enabled")).get("failed")
        switch(cloud)

    def test_later_plans_mean_the_instance(self, kept, cloud):
        assert planned(erp(WEB, OTHER)) | {"unmanaged": 0} == planned(erp(WEB, OTHER), prune=True) | {"unmanaged": 0}
        result = planned(erp(WEB, OTHER))
        assert not result.get("failed") and result["operations"] == []
        switch(cloud, reprotect=True)
        assert not planned(erp(WEB, OTHER, protection="enabled")).get("failed")

    def test_disks_too(self, cloud):
        entry = erp(WEB, replications=[{"volume": "archive-2", "name": "spare"}])
        topology(entry)
        topology(dict(entry, replications=[]), prune=True)
        assert not topology(dict(entry, protection="enabled")).get("failed")
        assert [each["name"] for each in cloud.world.volumes.values()].count("archive-2") == 3
        switch(cloud)
        assert not planned(entry).get("failed") and planned(entry)["operations"] == []

    def test_not_where_the_entry_may_mean_another(self, kept):
        assert "3 objects match" in planned(erp(WEB, dict(OTHER, name="another")))["msg"], "it would be renamed"


class TestDiff:
    def test_a_prune_shows_what_is_removed_and_no_more(self, cloud):
        topology(erp(WEB, dict(OTHER, tags={"tier": "web"}), replications=[{"volume": "archive-2", "name": "spare"}]))
        result = planned(erp(WEB, replications=[]), prune=True)
        before, after = (yaml.safe_load(result["diff"][side]) for side in ("before", "after"))
        assert after == {"server_groups": [{"name": "erp"}]}
        group = before["server_groups"][0]
        assert [each["name"] for each in group["protected_instances"]] == ["web-2"] and group["replications"][0]["name"] == "spare"
        removed = group["protected_instances"][0]
        assert removed["tags"] == {"tier": "web"} and [each["device"] for each in removed["replications"]] == ["/dev/vda"]
        unified = plan_report.plan_report(result)["diff"].splitlines()
        assert " - name: erp" in unified and not any(line.startswith("+") for line in unified[2:])

    def test_a_pair_that_comes_stands_below_the_name_of_its_instance(self, cloud):
        topology(erp(WEB))
        result = planned(erp(dict(WEB, replications=[{"device": "/dev/vdb", "volume": "archive-2", "name": "more"}])))
        before, after = (yaml.safe_load(result["diff"][side])["server_groups"][0]["protected_instances"] for side in ("before", "after"))
        assert before == [{"name": "web-1"}] and after[0]["name"] == "web-1" and after[0]["replications"][0]["name"] == "more"

    def test_a_group_that_goes_goes_as_a_whole(self, cloud):
        topology(erp(WEB))
        result = planned({"name": "erp", "state": "absent"}, prune=True)
        assert result["diff"]["after"] == "" and "web-1" in result["diff"]["before"]


class TestAfterFailover:
    def test_an_ordinary_document_is_blocked_and_playbooks_are_named(self, cloud):
        entry = erp(WEB, protection="enabled")
        topology(entry)
        switch(cloud)
        wanted = erp(WEB, {"name": "app", "server": "ecs-erp-app-1"}, protection="enabled", replications=[{"volume": "archive-2", "name": "spare"}])
        for group, options in ((entry, {}), (wanted, {}), (entry, {"prune": True}), (wanted, {"prune": True})):
            result = planned(group, **options)
            report = plan_report.plan_report(result)
            assert report["verdict"] == "drift" and report["blocked"] and not report["failed"]
            assert all("blocked until failback" in each["message"] for each in report["blocked"])
            assert all("cloud_dr.sdrs.reprotect" in each["remedy"] and "cloud_dr.sdrs.failback" in each["remedy"] for each in report["blocked"])
            ending = _ending_runs.plan({"host": "erp", "subject": "erp"}, report, result)
            assert "blocked: until failback" in ending["state"]
            assert ending["next"]["playbook"] == "reprotect" and ending["next"]["confirm"] and not ending["failed"]
            assert not any(text.count("blocked until failback") > 1 for text in ending["not_done"])
            assert _ending_runs.topology({"host": "erp", "subject": "erp"}, topology(group, **options))["next"]["playbook"] == "reprotect"

    def test_after_re_protection_only_what_stands_at_the_other_site_waits(self, cloud):
        topology(erp(WEB, protection="enabled"))
        switch(cloud)
        switch(cloud, reprotect=True)
        wanted = erp(WEB, {"name": "app", "server": "ecs-erp-app-1"}, protection="enabled")
        report = plan_report.plan_report(planned(wanted))
        assert [each["path"] for each in report["blocked"]] == ["server_groups[0].protected_instances[1]"] and report["verdict"] == "drift"
        assert "cloud_dr.sdrs.reprotect" not in report["blocked"][0]["remedy"] and "cloud_dr.sdrs.failback" in report["blocked"][0]["remedy"]
        assert _ending_runs.plan({"host": "erp", "subject": "erp"}, report)["next"]["playbook"] == "failback"

    def test_a_fault_is_still_a_failure(self, cloud):
        topology(erp(WEB, protection="enabled"))
        for group in cloud.world.server_groups.values():
            group["status"] = "error-reprotecting"
        report = plan_report.plan_report(planned(erp(WEB, protection="enabled")))
        assert report["verdict"] == "error" and "cloud_dr.sdrs.reprotect" in json.dumps(report)


class TestWhatIsMeant:
    @pytest.mark.parametrize("group, near", [
        (erp({"name": "x", "server": "ecs-erp-wbe-1"}), "ecs-erp-web-1"), (erp(WEB, replications=[{"name": "y", "volume": "archive2"}]), "archive-2"),
        (erp({"name": "web1"}), "web-1"), ({"name": "epr", "protected_instances": []}, "erp"), (erp(WEB, source_vpc="vpc-epr", name="new"), "vpc-erp"),
        (erp(WEB, replications=[{"name": "spaer"}]), "spare"),
    ])
    def test_the_nearest_first_and_what_there_is(self, cloud, group, near):
        topology(erp(WEB, replications=[{"name": "spare", "volume": "archive-2"}]))
        assert "did you mean %s? found: %s" % (near, near) in planned(group)["msg"]

    @pytest.mark.parametrize("entry", [erp({"name": "x", "server": "0" * 32}), erp({"name": "x", "server": "nothing-like-it"})])
    def test_what_resembles_nothing_lists_what_there_is(self, cloud, entry):
        text = planned(entry)["msg"]
        assert "found: ecs-erp-app-1, ecs-erp-cluster-1" in text and "did you mean" not in text

    @pytest.mark.parametrize("module, options", [
        ("sdrs_protected_instance", {"server_group": "erp", "server": "ecs-erp-wbe-2", "name": "x"}),
        ("sdrs_protected_instance_batch", {"server_group": "erp", "name_prefix": "x", "servers": [{"server": "ecs-erp-wbe-2"}]}),
        ("ecs_power", {"servers": ["ecs-erp-wbe-2"], "state": "started"}),
        ("sdrs_readiness_info", {"server_group": "erp", "operation": "create", "servers": ["ecs-erp-wbe-2"]}),
    ])
    def test_modules_as_well(self, cloud, module, options):
        topology(erp(WEB))
        with pytest.raises(TaskFailed, match="did you mean ecs-erp-web-2. found: ecs-erp-web-2, ecs-erp-web-1"):
            run(module, **options)

    @pytest.mark.parametrize("present", [False, True])
    def test_a_device_without_a_disk(self, cloud, present):
        app = {"name": "app", "server": "ecs-erp-app-1"}
        topology(erp(app) if present else erp(WEB))
        text = planned(erp(dict(app, replications=[{"device": "/dev/vdq"}])))["msg"]
        assert "at /dev/vdq; available: /dev/vda, /dev/vdb." in text

    def test_nothing_there_is_said_to_be_so(self, cloud):
        cloud.world.servers.clear()
        assert "no server is named 'x'; none exist" in planned(erp({"name": "x", "server": "x"}))["msg"]

    def test_a_long_list_is_cut(self, cloud):
        server = next(iter(cloud.world.servers.values()))
        for number in range(50):
            cloud.world.servers["%032d" % number] = dict(server, id="%032d" % number, name="bulk-%02d" % number)
        text = planned(erp({"name": "x", "server": "bulk-"}))["msg"]
        assert text.count("bulk-") < 16 and "in all" in text


class TestRemedies:
    """A suggestion names options that there are: of the document, of the task, or of the module that it names."""

    SUGGESTED = re.compile(r"\b([a-z]+(?:_[a-z]+)*): (?:true|false|absent|present|ignore|enabled|disabled)\b")

    @staticmethod
    def known(spec):
        return set(spec) | {name for option in spec.values() for name in TestRemedies.known(option.get("options") or {})}

    def broken(self, cloud, part):
        """The world of a case, and the document that meets it."""
        topology(erp(WEB, OTHER, protection="enabled", replications=[{"volume": "archive-2", "name": "spare"}]))
        instances, pairs = list(cloud.world.protected_instances.values()), list(cloud.world.replications.values())
        if part == "teardown":
            return {"name": "erp", "state": "absent"}, {}
        if part == "failed over":
            switch(cloud)
            return {"name": "erp", "state": "absent"}, {"prune": True}
        if part == "half deleted":
            instances[0]["status"] = "error-deleting"
            return erp(WEB, OTHER), {}
        if part == "one name":
            instances[1]["name"] = instances[0]["name"]
            return erp({"name": "web-1"}), {}
        if part == "one pair's name":
            pairs[0]["name"] = pairs[1]["name"] = "same"
            return erp(WEB, replications=[{"name": "same"}]), {}
        if part == "attached elsewhere":
            return erp(WEB, dict(OTHER, replications=[{"volume": "ecs-erp-web-1-root", "device": "/dev/vdc"}])), {}
        return erp(dict(WEB, description="other")), {}

    @pytest.mark.parametrize("part", ["teardown", "failed over", "half deleted", "one name", "one pair's name", "attached elsewhere", "immutable"])
    def test_it_can_be_followed(self, cloud, part):
        entry, options = self.broken(cloud, part)
        result = planned(entry, **options)
        remedy = result["error"]["remedy"]
        options = self.known(sdrs_topology.SPEC.options)
        for module in re.findall(r"module (sdrs_\w+)", remedy):
            options |= self.known(importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + module).SPEC.options)
        assert set(self.SUGGESTED.findall(remedy)) <= options, remedy
        assert "Use the ID" not in remedy, "an entry below a group has none"
        of_roles = re.findall(r"\btopology_[a-z_]+", remedy)
        spec = yaml.safe_load((ROOT / "roles" / "topology" / "meta" / "argument_specs.yml").read_text())["argument_specs"]
        assert set(of_roles) <= set(spec["main"]["options"]) & set(spec["plan"]["options"])
