# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence never stops a recovery: reports that cannot be written, records that cannot be read, uploads that fail."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from runbook_site import CONFIRMED, ended

UPLOADS = {
    "missing.yml": (None, "missing.yml cannot be run"),
    "broken.yml": ("- name: [\n", "broken.yml cannot be run"),
    "mapping.yml": ("name: x\n", "it is not a list of tasks"),
    "unknown.yml": ("- name: Upload\n  acme.cloud.upload: {a: 1}\n", "acme.cloud.upload"),
    "failing.yml": ("- name: Upload\n  ansible.builtin.fail: {msg: the bucket is gone}\n", "Upload failed: the bucket is gone"),
    "undefined.yml": ("- name: Upload\n  ansible.builtin.debug: {msg: '{{ nothing.at.all }}'}\n", "Upload failed"),
}


def state(erp):
    return {"XDG_STATE_HOME": str(erp.folder / "state")}


def kept(erp, what):
    """The report that went elsewhere, and the record if there is one."""
    paths = [path for path in (erp.folder / "state").rglob("*") if path.is_file()]
    return json.loads(next(path for path in paths if path.match(what + "-*.json")).read_text()), [path for path in paths if path.name.startswith(".")]


@pytest.mark.parametrize("playbook, arguments", [("failover", CONFIRMED), ("planned_failover", CONFIRMED), ("drill", ())])
def test_a_report_folder_that_is_none(site, playbook, arguments):
    erp = site(count=1).synchronised()
    (erp.folder / "reports").write_text("a file")
    done = ended(erp.play(playbook, *arguments, **state(erp)))
    report, records = kept(erp, playbook)
    shown = done.stdout + done.stderr
    assert report["verdict"] == "passed" and not records
    assert "[WARNING]" in shown and "cannot be written" in shown and "Not a directory" in shown, shown[-3000:]
    folder = next(path for path in (erp.folder / "state" / "cloud_dr.sdrs" / "reports").iterdir())
    assert "report: " + str(folder.relative_to(erp.folder)) in " ".join(done.stdout.split())
    assert erp.state()[1] == ("source" if playbook == "drill" else "target") and not erp.drills()


def test_a_drill_is_taken_up_by_a_record_that_went_elsewhere(site):
    erp = site(count=1).synchronised()
    before = erp.vpcs()
    (erp.folder / "reports").write_text("a file")
    ended(erp.play("drill", "-e", "drill_keep=true", **state(erp)))
    (drill,), (_report, (record,)) = erp.drills(), kept(erp, "drill")
    entries = [json.loads(line) for line in record.read_text().splitlines()]
    record.write_text("".join(json.dumps({**entry, "keep": False}) + "\n" for entry in entries if entry["event"] != "kept"))
    ended(erp.play("drill", **state(erp)))
    assert not erp.drills() and erp.vpcs() == before and not record.exists() and len(erp.written("disaster-recovery-drills")) == 1, drill


def test_no_record_stops_a_switch(site):
    erp = site(count=1).synchronised()
    path = erp.record(".failover.jsonl")
    # The first switches, the others find production there and verify it.
    for make in (
        lambda: os.mkfifo(path), lambda: path.write_bytes(b"\xff{"), path.mkdir, lambda: (path.write_text("{}"), os.truncate(path, 1 << 30)),
        lambda: path.write_text('{"event": "begun", "at": "2026", "active_site": "target"}\n{"event": "result"}'),
    ):
        make()
        done = ended(erp.play("failover", *CONFIRMED, "-e", "failover_allow_no_change=true", **state(erp)))
        report = json.loads(sorted(path.parent.glob("failover-*.json"))[-1].read_text())
        shown = " ".join((done.stdout + done.stderr + str(report["notes"])).split())  # ansible-core 2.16 wraps warnings
        assert "is ignored" in shown and report["verdict"] == "passed" and not report["interrupted"]
        assert erp.state()[:2] == ("failed-over", "target")
        path.rmdir() if path.is_dir() else path.unlink(missing_ok=True)


@pytest.mark.nightly
def test_an_upload_that_fails(site):
    """A switch that succeeded ends well and says so; a drill, whose purpose is its evidence, ends failed after its clean-up."""
    erp = site(count=1).synchronised()
    erp.play.inventory(erp={}, lost={"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1})
    erp.file("unreachable.yml", "- name: Upload\n  ansible.builtin.command: 'true'\n  delegate_to: lost\n")
    for name, (text, said) in {**UPLOADS, "unreachable.yml": (None, "UNREACHABLE")}.items():
        if text:
            erp.file(name, text)
        done = ended(erp.play("failover", "--limit", "erp", *CONFIRMED, "-e", "failover_allow_no_change=true", "-e", "failover_report_tasks=" + name))
        shown = " ".join(done.stdout.split())  # the last lines are wrapped
        assert said in shown and "report: " in shown, (name, done.stdout[-2000:])
        assert erp.state()[:2] == ("failed-over", "target") and not erp.record(".failover.jsonl").exists(), name
    for name in ("failing.yml", "unknown.yml"):
        failed = ended(erp.play("drill", "--limit", "erp", "-e", "drill_report_tasks=" + name), 2)
        assert "DR drill of erp failed: " in failed.stdout and UPLOADS[name][1] in failed.stdout and not erp.drills()
        assert erp.report("drill")[0]["verdict"] == "passed"


def test_a_hook_that_cannot_be_read_is_refused_before_anything_is_done(site):
    erp = site(count=1)
    for name in ("missing.yml", "broken.yml", "mapping.yml"):
        if UPLOADS[name][0]:
            erp.file(name, UPLOADS[name][0])
        waves = json.dumps({"failover_waves": [{"instances": erp.names, "after": name}]})
        refused = ended(erp.play("failover", *CONFIRMED, "-e", waves), 2)
        assert "Nothing was done" in refused.stdout and str(Path(erp.folder) / name) in refused.stdout and not erp.simulator.log()
