# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a drill is: nothing that somebody uses is deleted because of its name, or because a file says so."""

from __future__ import annotations

import json
import os
from datetime import datetime, timedelta, timezone

import pytest

from runbook_site import ended, journal_of
from support import eventually, nightly


def drill_of_a_person(erp, name="drill-erp"):
    """Made by hand, in a VPC that the service made."""
    return erp.task("sdrs_drill", name=name, server_group="erp", poll_interval=0.02)["drill"]


def record_of(erp, drill, requested, **changes):
    """A record as a run would have left it that made ``drill``, for ``journal_of``."""
    info = erp.simulator.info
    group = erp.task("sdrs_server_group_info", name="erp")["server_groups"][0]
    vpcs = [vpc["id"] for vpc in erp.task("vpc_info")["vpcs"] if vpc["id"] != drill["drill_vpc_id"]]
    return {
        "what": "drill", "name": drill["name"], "project": {"id": info["project_id"], "region": info["region"], "endpoint": info["url"]},
        "server_group": {"id": group["id"], "name": "erp"}, "requested": requested.isoformat(), "drills_before": [], "vpcs_before": vpcs,
        "made_vpcs": [drill["drill_vpc_id"]], "drill": {key: drill[key] for key in ("id", "created_at", "drill_vpc_id")}, "results": [], **changes,
    }


def refused(erp, drill, *arguments):
    """The run that leaves the drill and its VPC alone and says what to type."""
    vpcs, erp_run = erp.vpcs(), ended(erp.play("drill", *arguments), 2)
    assert [each["id"] for each in erp.drills()] == [drill["id"]] and erp.vpcs() == vpcs and not erp.written(), erp_run.stdout[-2000:]
    assert "nothing was done" in erp_run.stdout and "-e drill_replace=" + drill["id"] in erp_run.stdout, erp_run.stdout[-2000:]
    return erp_run.stdout + erp_run.stderr


@pytest.mark.nightly
def test_a_kept_drill_is_deleted_only_by_a_run_that_names_it(site):
    erp = site().synchronised()
    before = erp.vpcs()
    ended(erp.play("drill", "-e", "drill_keep=true"))
    report, (drill,) = erp.report("drill")[0], erp.drills()
    assert report["clean_up"][0]["status"] == "kept" and "-e drill_replace=" + drill["id"] in report["clean_up"][0]["detail"]
    erp.simulator.forget()
    for arguments in ("--check", "-edrill_keep=true", "-edrill_replace=" + drill["name"], "-edrill_replace=" + drill["server_group_id"]):
        assert "kept it on purpose" in refused(erp, drill, arguments)
    for wrong in ({drill["id"]: True}, True, [[drill["id"]]]):
        assert "drill_replace" in ended(erp.play("drill", "-e", json.dumps({"drill_replace": wrong})), 2).stdout and not erp.written()
    ended(erp.play("drill", "-e", "drill_replace=" + drill["id"]))
    report = erp.report("drill")[0]
    assert report["verdict"] == "passed" and not report["interrupted"] and report["milestones"][0]["name"] == "requested"
    assert [entry["status"] for entry in report["clean_up"]] == ["removed"] * 4, "the kept one and this run's, each with its VPC"
    assert not erp.drills() and erp.vpcs() == before and not erp.record().exists()


def test_a_drill_that_was_to_be_kept_outlives_the_run_that_follows_its_interruption(site):
    erp = site(count=1, speed="100").synchronised()
    erp.file("wait.yml", "- name: Wait\n  ansible.builtin.wait_for: {path: %s}\n" % (erp.folder / "never"))
    running = erp.play.start("drill", "-e", "drill_keep=true", "-e", "drill_verify_tasks=wait.yml")
    eventually(lambda: [drill for drill in erp.drills() if drill["status"] == "available"], 120)
    running.kill()
    running.wait()
    (drill,) = erp.drills()
    erp.simulator.forget()
    assert "kept it on purpose" in refused(erp, drill)
    ended(erp.play("drill", "-e", "drill_keep=true"))
    assert [each["id"] for each in erp.drills()] == [drill["id"]] and erp.report("drill")[0]["interrupted"]


def test_a_kept_drill_without_a_record_leaves_its_vpc(site):
    erp = site().synchronised()
    ended(erp.play("drill", "-e", "drill_keep=true"))
    (drill,) = erp.drills()
    erp.record().unlink()
    erp.simulator.forget()
    assert "no record shows" in refused(erp, drill)
    ended(erp.play("drill", "-e", "drill_replace=" + drill["id"]))
    clean_up = erp.report("drill")[0]["clean_up"]
    assert [(entry["what"], entry["status"]) for entry in clean_up] == [("drill", "removed"), ("VPC", "left"), ("drill", "removed"), ("VPC", "removed")]
    assert "no record" in clean_up[1]["detail"] and erp.vpcs().count("vpc-drill-erp") == 1


LIES = {
    "of 2020": lambda now: {"requested": "2020-01-01T00:00:00+00:00"},
    "of yesterday": lambda now: {"requested": (now - timedelta(hours=25)).isoformat()},
    "of tomorrow": lambda now: {"requested": (now + timedelta(hours=1)).isoformat()},
    "after the drill": lambda now: {"requested": (now + timedelta(minutes=4)).isoformat(), "drill": {}, "age": 20},
    "of another project": lambda now: {"project": {"id": "0" * 32, "region": "eu-sim", "endpoint": "https://sdrs.eu-sim.myhuaweicloud.com"}},
    "of another endpoint": lambda now: {"endpoint": "https://sdrs.example.com"},
    "of another group": lambda now: {"server_group": {"id": "0" * 32, "name": "erp"}},
    "of another drill": lambda now: {"drill": {"id": "0" * 32, "created_at": now.isoformat()}},
    "of another name": lambda now: {"name": "drill-crm"},
    "of a failover": lambda now: {"what": "failover"},
    "without anything new": lambda now: {"project": None, "server_group": None, "drill": None, "what": None, "name": None},
    "that saw the drill before": lambda now: {"drill": None, "drills_before": "all"},
    "that does not tell what was before": lambda now: {"drill": None, "drills_before": None},
}


@pytest.mark.parametrize("part", [0, nightly(1)])
def test_no_record_makes_somebodys_drill_that_of_a_run(site, part):
    erp = site(count=1).synchronised()
    drill = drill_of_a_person(erp)
    erp.simulator.forget()
    now = datetime.now(timezone.utc)
    created = datetime.fromisoformat(drill["created_at"]).replace(tzinfo=timezone.utc)
    for label, lie in list(LIES.items())[part::2]:
        changes = lie(now)
        saved = {**record_of(erp, drill, created - timedelta(seconds=1)), **{key: value for key, value in changes.items() if key not in ("endpoint", "age")}}
        if "endpoint" in changes:
            saved["project"] = dict(saved["project"], endpoint=changes["endpoint"])
        if saved.get("drills_before") == "all":
            saved["drills_before"] = [drill["id"]]
        if "age" in changes:
            erp.simulator.patch("drills", drill["id"], created_at=(now - timedelta(minutes=changes["age"])).strftime("%Y-%m-%d %H:%M:%S.000"))
        erp.record().write_text(journal_of(saved))
        assert "is ignored" in refused(erp, drill) or "no record shows" in refused(erp, drill), label
        if "age" in changes:
            erp.simulator.patch("drills", drill["id"], created_at=drill["created_at"])


@pytest.mark.nightly
def test_files_that_are_no_records(site):
    erp = site(count=1).synchronised()
    drill = drill_of_a_person(erp)
    erp.simulator.forget()
    created = datetime.fromisoformat(drill["created_at"]).replace(tzinfo=timezone.utc)
    good, path = journal_of(record_of(erp, drill, created - timedelta(seconds=1))), erp.record()

    def link(to):
        to.write_text(good)
        path.symlink_to(to)

    def foreign():
        path.write_text(good)
        os.chown(path, 65534, 65534)

    def sparse():
        path.write_text(good)
        os.truncate(path, 1 << 30)

    made = {
        "garbage": lambda: path.write_bytes(b"\xff\x00{"), "a list": lambda: path.write_text("[%s]" % good.strip()),
        "deep": lambda: path.write_text("[" * 100_000),
        "a folder": path.mkdir, "a FIFO": lambda: os.mkfifo(path), "a link": lambda: link(erp.folder / "elsewhere.json"), "large": sparse,
        "open to others": lambda: (path.write_text(good), path.chmod(0o666)),
        "with two names": lambda: (path.write_text(good), os.link(path, erp.folder / "second.json")),
    }
    if os.geteuid() == 0:
        made["of another user"] = foreign
    for label, make in made.items():
        make()
        assert "is ignored" in refused(erp, drill), label
        path.rmdir() if path.is_dir() else path.unlink()
    path.write_text(good)
    ended(erp.play("drill"))
    assert not erp.drills(), "what all of these would have been without their fault"


@pytest.mark.parametrize("planted", ["made_vpcs", "drill"])
def test_a_planted_record_deletes_no_vpc(site, planted):
    """A VPC without servers that a record names, while its drill is none or another one's."""
    erp = site(count=1).synchronised()
    erp.task("vpc", name="precious", cidr="10.9.0.0/16", state="present", subnets=[{"name": "s", "cidr": "10.9.1.0/24"}])
    precious = next(vpc["id"] for vpc in erp.task("vpc_info")["vpcs"] if vpc["name"] == "precious")
    now = datetime.now(timezone.utc)
    drill = {"id": "0" * 32, "name": "drill-erp", "created_at": now.isoformat(), "drill_vpc_id": precious}
    saved = record_of(erp, drill, now)
    erp.record().write_text(journal_of(saved if planted == "drill" else {"requested": saved["requested"], "vpcs_before": [], "made_vpcs": [precious]}))
    ended(erp.play("drill"))
    report = erp.report("drill")[0]
    assert "precious" in erp.vpcs() and [entry["status"] for entry in report["clean_up"]] == ["removed", "removed"]
    assert planted != "drill" or precious in report["notes"][0]


def test_the_drill_of_a_run_at_work_is_not_taken_up(site):
    erp = site(count=1, speed="20").synchronised()
    erp.file("wait.yml", "- name: Wait\n  ansible.builtin.wait_for: {path: %s}\n" % (erp.folder / "go"))
    running = erp.play.start("drill", "-e", "drill_verify_tasks=wait.yml")
    eventually(lambda: [drill for drill in erp.drills() if drill["status"] == "available"], 120)
    second = ended(erp.play("drill", "-e", "drill_report_dir=reports"), 2)
    assert "Process %d on this machine is drilling" % running.pid in second.stdout and erp.drills()
    (erp.folder / "go").touch()
    assert running.wait() == 0 and not erp.drills()
