# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a run: its report is complete whatever cannot be written, and its record is a hint to the next run."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import mask
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._recovery import journal, run_journal
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _attempts, _journal, _journal_entries, _records, _report
from support import Host, TaskFailed, run_task

RUN = {"what": "drill", "name": "d", "project": {"id": "p", "endpoint": "e"}, "server_group": {"id": "g", "name": "erp"}}


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """The user's state folder, and a folder for memory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "memory").mkdir()
    monkeypatch.setattr(run_journal, "MEMORY", str(tmp_path / "memory"))


class Run:
    """A journal with a record, as roles keep it."""

    def __init__(self, folder, number=1):
        self.path, self.record, self.host = folder / ("work-%d.jsonl" % number), folder / "reports" / "erp" / ".drill.jsonl", Host()

    def __call__(self, action, check_mode=False, **options):
        given = {"path": str(self.path), "action": action, **options}
        self.host.check_mode = check_mode
        return run_task("run_journal", given, check_mode, self.host)["journal"]

    def begin(self, **options):
        return self("begin", run=RUN, record=str(self.record), **options)

    def note(self, *entries, **options):
        return self("append", entries=list(entries), **options)

    def events(self):
        return [entry["event"] for entry in run_journal.entries_of(str(self.path))[0]]


def recorded(path):
    return [entry["event"] for entry in journal.entries_of(str(path))[0]]


STONE = {"event": "milestone", "name": "switched"}


def test_an_interrupted_run_is_resumed_and_a_finished_one_leaves_no_record(tmp_path):
    first = Run(tmp_path)
    begun = first.begin()
    first.note(STONE)
    assert first.record.stat().st_mode & 0o777 == first.path.stat().st_mode & 0o777 == 0o600
    assert recorded(first.record) == first.events() == ["begun", "milestone"] and not begun["resumed"]
    second = Run(tmp_path, 2)
    again = second.begin(resume=begun["id"])
    assert (again["id"], again["requested"], again["resumed"]) == (begun["id"], begun["requested"], True)
    assert second.events() == recorded(second.record) == ["begun", "milestone", "resumed"]
    second("finish")
    assert not second.record.exists() and second.events()[-1] == "finished", "its own copy is there for its report"


def test_a_record_of_another_run_is_replaced(tmp_path):
    for number, resume in enumerate((None, "20200101T000000Z-1")):
        Run(tmp_path).begin()
        run = Run(tmp_path, 2 + number)
        assert not run.begin(resume=resume)["resumed"] and recorded(run.record) == ["begun"] and os.listdir(run.record.parent) == [run.record.name]


def test_check_mode_leaves_no_record_and_tells_all_the_same(tmp_path):
    run = Run(tmp_path)
    run.begin(check_mode=True)
    run.note(STONE, check_mode=True)
    run("finish", check_mode=True)
    assert run.events() == ["begun", "milestone", "finished"] and not (tmp_path / "reports").exists() and not (tmp_path / "state").exists()


@pytest.mark.parametrize("options", [{"check_mode": True}, {"keep": False}])
def test_a_run_without_a_record_of_its_own_tells_of_the_interrupted_one(tmp_path, options):
    begun = Run(tmp_path).begin()
    again = Run(tmp_path, 2)
    assert again.begin(resume=begun["id"], **options)["resumed"]
    assert again.events() == ["begun", "resumed"] and recorded(again.record) == ["begun"]


def test_what_is_noted_before_a_run_begins_stays(tmp_path):
    run = Run(tmp_path)
    run.note(STONE)
    run.begin()
    assert run.events() == ["begun", "milestone"]
    Run(tmp_path).begin()
    assert run.events() == ["begun"], "but not of another run"


def test_nothing_makes_the_record_of_a_finished_run_anew(tmp_path):
    run = Run(tmp_path)
    run.begin()
    run("finish")
    run.note(STONE)
    assert run.events() == ["begun", "finished", "milestone"] and not run.record.exists()


def test_a_run_that_shall_leave_no_record_removes_an_old_one_when_it_has_finished(tmp_path):
    Run(tmp_path).begin()
    run = Run(tmp_path, 2)
    run.begin(keep=False)
    run.note(STONE)
    assert recorded(run.record) == ["begun"] and run.events() == ["begun", "milestone"]
    run("finish")
    assert not run.record.exists()


@pytest.mark.parametrize("nowhere", [False, True])
def test_a_record_that_cannot_be_written_goes_elsewhere_or_is_none(tmp_path, nowhere):
    (tmp_path / "reports").write_text("a file")
    if nowhere:
        (tmp_path / "state").write_text("a file")
    run = Run(tmp_path)
    begun = run.begin()
    run.note(STONE)
    assert run.events() == ["begun", "milestone"] and "cannot be written (Not a directory)" in run.host.warnings[0]
    kept = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert [recorded(path) for path in kept] == ([] if nowhere else [["begun", "milestone"]])
    assert any("leaves no record" in warning for warning in run.host.warnings) is nowhere
    again = Run(tmp_path, 2)
    assert again.begin(resume=begun["id"])["resumed"] is not nowhere
    again("finish")
    assert not [path for path in (tmp_path / "state").rglob("*") if path.is_file()]


def test_a_run_is_resumed_where_its_record_went(tmp_path):
    """Its folder can be written by now."""
    (tmp_path / "reports").write_text("a file")
    begun = Run(tmp_path).begin()
    (tmp_path / "reports").unlink()
    again = Run(tmp_path, 2)
    assert again.begin(resume=begun["id"])["resumed"]
    again("finish")
    assert not again.record.exists() and not [path for path in (tmp_path / "state").rglob("*") if path.is_file()]


@pytest.mark.parametrize("since", ["begin", "append"])
def test_on_a_full_disk_the_run_still_tells_all(tmp_path, monkeypatch, since):
    run, append = Run(tmp_path), journal.append

    def full(path, entries):
        if not path.startswith(run_journal.MEMORY):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        append(path, entries)

    if since == "append":
        run.begin()
    monkeypatch.setattr(journal, "append", full)
    if since == "begin":
        run.begin()
    run.note(STONE)
    run.note({"event": "error", "task": "t", "msg": "no"})
    assert run.events() == ["begun", "milestone", "error"] and all("No space left" in warning or "no record" in warning for warning in run.host.warnings)
    monkeypatch.setattr(journal, "append", append)
    run.begin()
    assert run.events() == ["begun"], "nothing of it reaches another run"


def test_what_is_lost_fails_the_report(tmp_path):
    for path in (str(tmp_path / "gone"), str(tmp_path)):
        run = _journal.with_journal({"what": "drill", "journal": path})
        assert _report.build(run)["verdict"] == "failed" and "the actions of the run are unknown" in run["errors"][0]["msg"]


@pytest.mark.parametrize("fault", ["open", "two names", "link"])
def test_a_journal_that_others_can_change_is_not_read(tmp_path, fault):
    run = Run(tmp_path)
    run("begin", run=RUN)
    if fault == "open":
        run.path.chmod(0o666)
    elif fault == "two names":
        os.link(run.path, tmp_path / "second")
    else:
        run.path.rename(tmp_path / "second")
        run.path.symlink_to(tmp_path / "second")
    assert run.events() == []


def test_secrets_reach_no_file(tmp_path):
    mask.register(["s3cr3t-of-a-user"])
    run = Run(tmp_path)
    run.begin()
    run.note({"event": "note", "text": "s3cr3t-of-a-user"})
    assert "s3cr3t" not in run.path.read_text() + run.record.read_text()


def test_what_is_no_journal_is_not_replaced(tmp_path):
    (tmp_path / "work-1.jsonl").write_text("of somebody\n")
    with pytest.raises(TaskFailed, match="is no journal"):
        Run(tmp_path).begin()
    assert (tmp_path / "work-1.jsonl").read_text() == "of somebody\n" and not (tmp_path / "reports").exists()


def test_the_path_must_be_absolute(tmp_path):
    for wrong in ({"path": "x"}, {"path": str(tmp_path / "x"), "record": "x"}):
        with pytest.raises(TaskFailed, match="not an absolute path"):
            run_task("run_journal", {"action": "begin", "run": RUN, **wrong})


def at(minute):
    return "2026-11-23T10:%02d:00Z" % minute


def test_what_a_journal_comes_to():
    """Times and results of earlier attempts count; what they saw is seen anew."""
    before = [
        {"event": "begun", "at": at(0), "user": "ada", "machine": "m"}, {**STONE, "at": at(1)}, {"event": "milestone", "name": "wave 1 up", "at": at(2)},
        {"event": "result", "at": at(2), "operations": [{"operation": "failover", "resource_type": "server_group"}], "jobs": []},
        {"event": "servers", "at": at(2), "servers": [{"id": "old"}]}, {"event": "error", "at": at(3), "task": "t", "msg": "no"},
        {"event": "ended", "at": at(4), "reasons": ["wave 2: no"]},
    ]
    now = [
        {"event": "resumed", "at": at(5), "user": "bob", "machine": "m"}, {"event": "milestone", "name": "wave 1 up", "at": at(6)},
        {"event": "servers", "at": at(6), "servers": [{"id": "s", "checks": [], "passed": True}]},
        {"event": "checks", "at": at(6), "checks": [{"id": "s", "check": "tcp_22", "status": "failed", "detail": "x", "at": at(6)}]},
        {"event": "group", "at": at(6), "group": {"id": "g", "status": "failed-over"}}, {"event": "scaled", "at": at(6), "to": "after"},
        {"event": "step", "at": at(7), "check": "after wave 1", "status": "passed", "detail": "x.yml"}, {"event": "note", "at": at(7), "text": "n"},
        {"event": "clean_up", "at": at(7), "what": "drill", "name": "d", "status": "removed", "detail": ""}, {"event": "unknown", "at": at(7)},
    ]
    run = _journal.of_group(before + now, {"what": "failover", "notes": ["first"], "group": {"id": "g", "status": "protected"}, "server_group": {"id": "g"}})
    assert [(each["name"], each["at"]) for each in run["milestones"]] == [("requested", at(0)), ("switched", at(1)), ("wave 1 up", at(6))]
    assert [each["id"] for each in run["servers"]] == ["s"] and not run["servers"][0]["passed"] and len(run["results"]) == 1
    assert run["group"] == run["server_group"] == {"id": "g", "status": "failed-over"} and run["scaled_to"] == "after" and run["interrupted"]
    assert run["errors"] == [] and run["notes"] == ["first", "n"] and run["steps"][0]["at"] == at(7) and run["clean_up"][0]["name"] == "d"
    assert [(each["user"], each["ended"], each["reasons"]) for each in run["attempts"]] == [("ada", at(4), ["wave 2: no"]), ("bob", None, [])]
    assert run["attempts"] == _attempts.of_journal(before + now)
    assert not _journal.of_group(before[:3], {})["interrupted"]


def test_what_is_noted_of_tasks():
    done = {"operations": [{"operation": "start"}], "jobs": [{"job_id": "j"}], "changed": True}
    assert _journal_entries.result_entries([done, {"skipped": True}, None, {"failed": True, "msg": "x"}], "up") == [
        {"event": "result", "operations": done["operations"], "jobs": done["jobs"]}, {"event": "milestone", "name": "up"}]
    loop = {"msg": "One or more items failed", "results": [{"msg": "fine"}, {"failed": True, "msg": "no quota", "error": {"code": "c"}, "jobs": []}]}
    assert _journal_entries.error_entry(loop, "Start") == {"event": "error", "task": "Start", "msg": "no quota", "error": {"code": "c"}, "jobs": []}
    assert _journal_entries.error_entry({"msg": "no"}, "Start") == {"event": "error", "task": "Start", "msg": "no"}
    assert json.dumps(_journal_entries.error_entry("odd", None)) and Path(_journal.new_path("a/b")).name.startswith("b-")


def full(monkeypatch, *files):
    """The disks of these files have no space."""
    write = os.write

    def refuse(handle, data):
        if os.readlink("/proc/self/fd/%d" % handle) in map(str, files):
            write(handle, bytes(data[:10]))
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data)

    monkeypatch.setattr(os, "write", refuse)


def judged(run, **more):
    return _report.build(_journal.with_journal({"what": "drill", "group": {"id": "g", "name": "erp"}, "journal": str(run.path), **more}))


FAULT = {"event": "servers", "servers": [{"id": "s", "protected_instance": "i", "passed": False, "checks": [
    {"check": "port", "status": "failed", "detail": "closed"}]}]}


@pytest.mark.parametrize("kept", [True, False], ids=["in memory", "nowhere"])
def test_no_entry_is_lost_without_the_report_saying_so(tmp_path, monkeypatch, kept):
    run = Run(tmp_path)
    run.begin()
    memory = run_journal._memory(str(run.path))
    with monkeypatch.context() as patch:
        full(patch, run.path, *([] if kept else [memory]))
        run.note(FAULT, {"event": "milestone", "name": "verified"})
    run.note(STONE)
    report = judged(run)
    assert report["verdict"] == "failed" and any("incomplete" in reason for reason in report["reasons"]) != kept
    events = run.events()
    assert events == (["begun", "servers", "milestone", "milestone"] if kept else ["begun"]) or not kept and events == ["begun", "milestone"]


def test_what_began_in_memory_stays_there_in_order(tmp_path, monkeypatch):
    run = Run(tmp_path)
    with monkeypatch.context() as patch:
        full(patch, run.path)
        run.begin()
    run.note(FAULT)
    assert run.events() == ["begun", "servers"] and judged(run)["verdict"] == "failed"


def test_a_journal_that_vanishes_is_no_evidence(tmp_path):
    run = Run(tmp_path)
    run.begin()
    run.path.unlink()
    run.note(STONE)
    report = judged(run)
    assert report["verdict"] == "failed" and "the actions of the run are unknown" in " ".join(report["reasons"])


def test_a_run_that_keeps_its_drill_says_so_when_it_resumes_another(tmp_path):
    begun = Run(tmp_path).begin()
    run = Run(tmp_path, 3)
    run("begin", run=dict(RUN, keep=True), record=str(run.record), resume=begun["id"])
    (view,), problems = _records.record(str(run.record))
    assert view["keep"] is True and not problems


def test_a_record_that_can_no_longer_be_written_goes_elsewhere_as_a_whole(tmp_path, monkeypatch):
    run = Run(tmp_path)
    run.begin()
    with monkeypatch.context() as patch:
        full(patch, run.record)
        run.note({"event": "kept"})
        run.note(STONE)
    (view,), _problems = _records.record(str(run.record))
    assert view["kept"] and [entry["name"] for entry in view["milestones"]] == ["requested", "switched"] and view["path"] != str(run.record)
    run("finish")
    assert _records.record(str(run.record)) == ([], [])


def test_a_hard_link_gets_no_entries(tmp_path):
    run = Run(tmp_path)
    run.begin()
    os.link(run.record, tmp_path / "other")
    run.note(STONE)
    assert recorded(tmp_path / "other") == [] and "milestone" not in (tmp_path / "other").read_text()


@pytest.mark.parametrize("entry", [{"event": "tier", "name": ["x"]}, {"event": "drills", "drills": 1}, {"event": "resumed", "process": "x"}])
def test_malformed_entries_stop_nothing(tmp_path, entry):
    path = tmp_path / "record.jsonl"
    run = {**RUN, "plan": "p", "operation": "failover", "active_site": "target"}
    journal.append(str(path), [journal.opening(run), {"at": journal.now(), **entry}, {"event": "ended"}])
    entries = journal.locked(str(path), run, None, [])
    assert journal.summary(entries, str(path))["resumed"]
