# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports and records: written where they can be, read with care, and never a reason to stop."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._recovery import journal
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._reports import report_files
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _attempts, _drill, _evidence, _failover, _journal, _records, _report, _report_formats
from support import Host, TaskFailed, run_task

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


@pytest.fixture
def state(tmp_path, monkeypatch):
    """The user's state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def write(host=None, **options):
    return run_task("report_files", {"fallback": True, **options}, host=host or Host())


def blocked(tmp_path):
    """A path below what is no folder."""
    (tmp_path / "reports").write_text("a file")
    return str(tmp_path / "reports" / "erp" / "a.json")


def test_what_cannot_be_written_is_kept_in_a_folder_of_the_user(tmp_path, state):
    path, host = blocked(tmp_path), Host()
    found = write(host, files={path: "{}", path[:-4] + "md": "é"})
    kept = Path(found["paths"][path])
    assert kept.read_text() == "{}" and state in kept.parents and kept.parent.stat().st_mode & 0o077 == 0 and found["changed"]
    assert Path(found["paths"][path[:-4] + "md"]).read_text() == "é"
    assert host.warnings == found["problems"] and len(found["problems"]) == 1, "one sentence for a folder"
    assert str(kept.parent) in found["problems"][0] and "Not a directory" in found["problems"][0]
    assert _records.reports(path[:-6] + "*.json") == ([{"path": str(kept)}], [])
    write(absent=[path])
    assert not kept.exists() and _records.reports(path) == ([], [])


def test_two_folders_of_one_name_are_kept_apart(tmp_path, state):
    blocked(tmp_path)
    paths = [str(tmp_path / "reports" / name / "erp" / "a.json") for name in "ab"]
    found = write(files={path: path for path in paths})["paths"]
    assert [Path(found[path]).read_text() for path in paths] == paths


@pytest.mark.parametrize("fault", ["folder", "disk", "state", "link"])
def test_faults_of_the_file_system(tmp_path, state, monkeypatch, fault):
    path = str(tmp_path / "reports" / "erp" / "a.json")
    if fault == "folder":
        os.makedirs(path)
    elif fault == "link":
        os.symlink(str(tmp_path / "nowhere" / "deep"), tmp_path / "reports")
    elif fault == "state":
        path = blocked(tmp_path)
        state.write_text("a file")
    else:
        def full(*_args, **_folders):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(report_files.os, "replace", full)
    found = write(files={path: "{}"})
    kept = found["paths"][path]
    if fault == "disk":
        assert kept is None and "No space left" in found["problems"][0] and "are lost" in found["problems"][0]
    else:
        assert Path(kept).read_text() == "{}" and kept != path and found["problems"]
        assert (state in Path(kept).parents) is (fault != "state")
    with pytest.raises(TaskFailed):
        run_task("report_files", {"files": {path: "{}"}})


def test_without_a_home_there_is_a_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(report_files, "user_folder", lambda *_args: None)
    path = blocked(tmp_path)
    found = write(files={path: "1", path[:-4] + "md": "2"})["paths"]
    assert len({os.path.dirname(kept) for kept in found.values()}) == 1
    assert all(kept.startswith(tempfile.gettempdir()) and os.stat(os.path.dirname(kept)).st_mode & 0o077 == 0 for kept in found.values())
    assert not write(absent=[path])["problems"]


def test_a_folder_that_others_can_write_is_not_used(tmp_path, state):
    (state / "cloud_dr.sdrs").mkdir(parents=True)
    (state / "cloud_dr.sdrs").chmod(0o777)
    kept = write(files={blocked(tmp_path): "{}"})["paths"].popitem()[1]
    assert state not in Path(kept).parents and Path(kept).read_text() == "{}"


def test_check_mode_writes_nothing_anywhere(tmp_path, state):
    assert run_task("report_files", {"files": {blocked(tmp_path): "{}"}, "fallback": True}, check_mode=True)["changed"] and not state.exists()


def test_what_cannot_be_removed_is_told(tmp_path, state):
    (tmp_path / "erp" / ".drill.json" / "full").mkdir(parents=True)
    path = str(tmp_path / "erp" / ".drill.json")
    found = write(absent=[path])
    assert not found["changed"] and "cannot be removed" in found["problems"][0]
    with pytest.raises(TaskFailed):
        run_task("report_files", {"absent": [path]})


def large(path):
    path.write_text("{}")
    os.truncate(path, 1 << 30)


ODD = {
    "garbage": (lambda path: path.write_bytes(b"\xff\x00{"), True), "a list": (lambda path: path.write_text("[]"), True),
    "deep": (lambda path: path.write_text("[" * 100_000), True), "a folder": (lambda path: path.mkdir(), True), "a FIFO": (os.mkfifo, True),
    "large": (large, True), "a loop": (lambda path: path.symlink_to(path.name), True),
    "a link": (lambda path: path.symlink_to(path.with_name("to.json")), False), "open": (lambda path: (path.write_text("{}"), path.chmod(0o622)), False),
    "two names": (lambda path: (path.write_text("{}"), os.link(path, path.with_name("other.json"))), False),
}


@pytest.mark.parametrize("what", ODD)
def test_odd_files_are_left_out(tmp_path, state, what):
    make, of_reports = ODD[what]
    (tmp_path / "to.json").write_text("{}")
    path = tmp_path / "drill-1.json"
    make(path)
    contents, problems = _records.record(str(path))
    assert not contents and len(problems) == 1 and str(path) in problems[0]
    contents, problems = _records.reports(str(tmp_path / "drill-*.json"))
    assert bool(problems) is of_reports and len(contents) == (not of_reports)
    kept = write(files={str(path): '{"a": 1}'})["paths"][str(path)]
    assert json.loads(Path(kept).read_text()) == {"a": 1} and _records.reports(str(path))[0] == [{"a": 1, "path": kept}]
    Path(kept).unlink()
    (tmp_path / "other.json").unlink(missing_ok=True)
    if not os.path.lexists(path):
        make(path)
    run = {"path": str(tmp_path / "work.jsonl"), "action": "begin", "run": {"a": 1}, "record": str(path)}
    began = run_task("run_journal", run)["journal"]["id"]
    (record,), _problems = _records.record(str(path))
    assert (record["id"], record["a"]) == (began, 1) and record["path"] in (str(path), os.path.join(*report_files.elsewhere(str(path))))


def test_the_newer_of_two_records_is_read(tmp_path, state):
    path = tmp_path / "reports" / ".drill.json"
    path.parent.mkdir()
    path.write_text('{"event": "begun", "at": "2026", "n": 1}')
    folder, name = report_files.elsewhere(str(path))
    os.makedirs(folder, mode=0o700)
    Path(folder, name).write_text('{"event": "begun", "at": "2026", "n": 2}')
    for age, newer in ((10, 2), (-10, 1)):
        about = os.stat(folder + "/" + name)
        os.utime(path, (about.st_mtime - age, about.st_mtime - age))
        assert _records.record(str(path))[0][0]["n"] == newer
    begun = {"path": str(tmp_path / "work.jsonl"), "action": "begin", "run": {}, "record": str(path), "keep": False}
    run_task("run_journal", begun)
    run_task("run_journal", {"path": begun["path"], "action": "finish"})
    assert _records.record(str(path)) == ([], [])


RUN = {"what": "failover", "active_site": "target", "project": {"id": "p", "endpoint": "https://x"}, "server_group": {"id": "g", "name": "erp"}}


def ago(**lengths):
    return (NOW - timedelta(**lengths)).isoformat()


def saved(**changes):
    marks = [{"name": "requested", "at": ago(hours=1)}, {"name": "servers stopped", "at": ago(minutes=50)}]
    return {**RUN, "requested": ago(hours=1), "milestones": marks, "results": [{"operations": [], "jobs": []}], "path": "/r/.failover.json", **changes}


@pytest.mark.parametrize("record, where, believed", [
    (saved(), "elsewhere", True), (saved(), "there", True), (saved(), "in_flight", True), ({}, "elsewhere", False),
    (saved(active_site="source"), "elsewhere", False), (saved(requested=ago(hours=25)), "elsewhere", False), (saved(requested="2020-01-01"), "there", False),
    (saved(project={"id": "q", "endpoint": "https://x"}), "there", False), (saved(project=None), "there", False),
    (saved(server_group={"id": "h"}), "there", False), (saved(what="failback"), "there", False), (saved(milestones=[]), "there", False),
    (saved(milestones="x"), "there", False), (saved(milestones=[{"name": "requested", "at": "0001-01-01T00:00:00+14:00"}]), "there", False),
    (saved(milestones=[{"name": "switched", "at": ago(minutes=1)}]), "elsewhere", False),
    (saved(milestones=[{"name": "switched", "at": ago(minutes=1)}]), "there", True),
    ({"active_site": "target", "milestones": [{"name": "requested", "at": ago(hours=1)}]}, "there", False),
])
def test_records_of_switches(record, where, believed):
    found = _failover.record([record], RUN, where, NOW)
    assert bool(found["record"]) is believed and bool(found["notes"]) is not believed
    assert _failover.record([], RUN, where, NOW) == {"record": {}, "notes": []}


def test_what_is_malformed_in_a_record_does_not_reach_a_report():
    odd = [5, {"name": 5, "at": ago(minutes=1)}, {"name": "x", "at": 7}, {"name": "x", "at": "9999-12-31T23:59:59-14:00"}]
    odd.append({"name": "y", "at": ago(minutes=2)})
    jobs, operations = [1, {"job_id": "j", "entities": "x", "begin_time": 5}], [{"operation": 5}, {"operation": "create"}]
    results = [5, {"operations": "x", "jobs": jobs}, {"operations": operations}]
    found = _failover.record([saved(milestones=odd, results=results)], RUN, "there", NOW)["record"]
    assert [entry["name"] for entry in found["milestones"]] == ["y"]
    entries = [{"event": "begun", "at": ago(hours=1), "user": 5}, {"event": "ended", "at": ago(minutes=5), "reasons": 5}]
    entries += [{"event": "milestone", **each} for each in odd if isinstance(each, dict) and isinstance(each["at"], str)]
    entries += [{"event": "result", "at": ago(minutes=1), **each} for each in results if isinstance(each, dict)]
    report = _report.build(_journal.of_group([*entries, {"event": "resumed", "at": ago(minutes=1)}], {"what": "failover"}))
    assert [job["job_id"] for job in report["jobs"]] == ["j"] and report["operations"] == []
    assert [entry["name"] for entry in report["milestones"]] == ["requested", "y"]


def test_what_is_left_of_a_report_that_could_not_be_made():
    assert _evidence.bare_report({"what": "failover", "server_group": {"id": "g", "name": "erp"}, "errors": []})["verdict"] == "passed"
    failed = _evidence.bare_report({"what": "drill", "errors": [{"msg": "no quota"}, 5]})
    assert failed["verdict"] == "failed" and failed["reasons"] == ["no quota"] and failed["server_group"]["name"] is None
    check = {"check": "port 22", "status": "failed", "detail": "no answer"}
    for more, reason in (
        ({"servers": [{"name": "ecs-1", "checks": [check]}]}, "ecs-1: port 22: no answer"), ({"steps": [check]}, "port 22: no answer"),
        ({"clean_up": [{"what": "drill", "name": "d", "status": "failed", "detail": "in error"}]}, "drill d: in error"),
        ({"servers": 5}, "whether the checks passed is unknown (TypeError)"),
    ):
        left = _evidence.bare_report({"what": "drill", **more})
        assert left["verdict"] == "failed" and left["reasons"] == [reason]
    assert _evidence.bare_report("nonsense", True)["verdict"] == "check"


def test_where_the_forms_are():
    assert _evidence.places({"/a/x.html": "/b/x.html", "/a/x.md": None}) == {"html": "/b/x.html"}


def test_reports_of_the_same_second_replace_none(tmp_path):
    """Two runs of one group, one after the other and at once; the same content is the same report."""
    asked = {form: str(tmp_path / "erp" / ("drill-2026-11-23T160000Z." + form)) for form in ("html", "json")}

    def write(text, **options):
        done = run_task("report_files", {"files": {path: text for path in asked.values()}, "keep": True, "sums": "SHA256SUMS", **options})
        assert all(Path(path).read_text() == text for path in done["paths"].values())
        return sorted(os.path.basename(path) for path in done["paths"].values()), done["changed"]

    assert write("first") == (["drill-2026-11-23T160000Z.html", "drill-2026-11-23T160000Z.json"], True)
    assert write("second") == (["drill-2026-11-23T160000Z-2.html", "drill-2026-11-23T160000Z-2.json"], True)
    assert write("first") == (["drill-2026-11-23T160000Z.html", "drill-2026-11-23T160000Z.json"], False)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(write, ["at once %d" % number for number in range(8)]))
    assert len({tuple(names) for names, _changed in found}) == 8
    sums = tmp_path / "erp" / "SHA256SUMS"
    assert len(sums.read_text().splitlines()) == 2 * 10
    assert subprocess.run(["sha256sum", "-c", "--quiet", sums.name], cwd=sums.parent, check=False).returncode == 0
    # Nor where they cannot be written.
    (tmp_path / "file").write_text("")
    kept = [run_task("report_files", {"files": {str(tmp_path / "file" / "x.json"): text}, "keep": True, "fallback": True})["paths"] for text in ("a", "b")]
    assert [Path(path).read_text() for paths in kept for path in paths.values()] == ["a", "b"]


def test_a_run_that_goes_on_tells_of_every_attempt():
    begun = [{"at": "2026-11-23T10:00:00Z", **journal.opening({"what": "failover"})}]
    resumed = {"at": "2026-11-23T11:00:00Z", **journal.opening()}
    first, second = _attempts.of_journal(begun), _attempts.of_journal([*begun, resumed])
    assert [attempt["ended"] for attempt in second] == [None, None] and second[1]["user"] and second[1]["machine"]
    report = _report.build({
        "what": "failover", "server_group": {"name": "erp"}, "attempts": second, "errors": [{"msg": "wave 2: no port 22"}], "finished": "2026-11-23T12:00:00Z",
    })
    assert report["attempts"][0]["ended"] is None and report["attempts"][1]["ended"] == "2026-11-23T12:00:00Z"
    assert report["attempts"][1]["reasons"] == ["wave 2: no port 22"]
    ended = {"event": "ended", "at": "2026-11-23T12:00:00Z", "reasons": report["reasons"]}
    attempts = _attempts.of_journal([*begun, resumed, ended, {"at": "2026-11-23T12:10:00Z", **journal.opening()}])
    third = _report.build({"what": "failover", "attempts": attempts, "finished": "2026-11-23T12:30:00Z"})
    assert [attempt["reasons"] for attempt in third["attempts"]] == [[], ["wave 2: no port 22"], []] and third["verdict"] == "passed"
    text, page = _report_formats.render(third, "md"), _report_formats.render(third, "html")
    assert "## Attempts" in text and "did not finish" in text and "wave 2: no port 22" in text and "<h2>Attempts</h2>" in page
    assert "Attempts" not in _report_formats.render(_report.build({"what": "failover", "attempts": first}), "md")
    for wrong in ({"attempts": 5}, {"attempts": [5, {}, {"began": "never"}]}, {}, None):
        assert _attempts.known(wrong) == []
    entries = [{"event": "begun", "at": "2026-11-23T10:00:00Z", "user": "ada", "machine": "m"}, {"event": "error", "at": "2026-11-23T10:01:00Z", "msg": "no"},
               {"event": "ended", "at": "2026-11-23T10:02:00Z"}, {"event": "resumed", "at": "2026-11-23T11:00:00Z", "user": "bob", "machine": "m"}]
    assert [(each["user"], each["ended"], each["reasons"]) for each in _attempts.of_journal(entries)] == [
        ("ada", "2026-11-23T10:02:00Z", ["no"]), ("bob", None, [])]


def test_milestones_and_steps_are_in_the_order_of_their_times():
    report = _report.build({
        "what": "failover", "server_group": {"name": "erp"}, "milestones": [
            {"name": "requested", "at": "2026-11-23T10:00:00Z"}, {"name": "wave 1 up", "at": "2026-11-23T10:09:00Z"},
            {"name": "switched", "at": "2026-11-23T10:05:00Z"}],
        "steps": [{"check": "before wave 1", "status": "passed", "detail": "x.yml", "at": "2026-11-23T10:06:00Z"},
                  {"check": "manual", "status": "passed", "detail": "", "at": None}],
    })
    assert [entry["name"] for entry in report["milestones"]] == ["requested", "switched", "wave 1 up"]
    for form in ("md", "html"):
        text = _report_formats.render(report, form).partition("ilestones")[2]
        places = [text.index(name) for name in ("requested", "switched", "before wave 1", "wave 1 up", "manual")]
        assert places == sorted(places), form


def test_what_the_user_s_tasks_saw_is_in_the_report():
    tasks = [
        {"name": "Ask the shop", "ansible.builtin.uri": {"url": "https://shop"}, "register": "shop"},
        {"block": [{"name": "Log in", "ansible.builtin.command": "x", "register": "login", "no_log": True}, {"ansible.builtin.ping": None}],
         "rescue": [{"name": "Otherwise", "ansible.builtin.ping": None, "register": "other"}]},
        {"name": "Count", "ansible.builtin.command": "x", "register": "count", "loop": [1, 2]},
    ]
    known = _drill.verify_tasks(tasks)["tasks"]
    saw = {"shop": {"status": 200, "url": "https://shop?key=k"}, "login": {"stdout": "k"}, "other": {"stdout": "of an earlier server"},
           "count": {"results": [{"rc": 0, "stdout": "5 rows"}, {"rc": 0, "stdout": "7 rows"}]}}
    assert _drill.checked_by(known, saw) == [
        {"task": "Ask the shop", "status": "passed", "output": "status: 200"}, {"task": "Log in", "status": "passed", "output": None},
        {"task": "ansible.builtin.ping", "status": "passed", "output": None},
        {"task": "Count", "status": "passed", "output": "rc: 0; stdout: 5 rows; rc: 0; stdout: 7 rows"}]
    failed = _drill.checked_by(known, saw, {"task": "Log in", "msg": "no"})
    assert [(each["task"], each["status"], each["output"]) for each in failed] == [("Ask the shop", "passed", "status: 200"), ("Log in", "failed", "no")]
    assert _drill.checked_by(known, saw, {"task": "In a file that is included", "msg": "no"}) == [
        {"task": "In a file that is included", "status": "failed", "output": "no"}]
    unreached = _drill.checked_by(known, {**saw, "shop": {"unreachable": True, "msg": "no route"}}, {"task": _drill._REACHED, "msg": "no route"})
    assert [each["status"] for each in unreached] == ["failed", "passed", "passed", "passed"]
    report = _report.build({"what": "drill", "servers": [{"id": "s", "name": "web", "address": None, "checks": [
        {"check": "verify_tasks", "status": "passed", "detail": "x.yml", "at": None, "tasks": _drill.checked_by(known, saw)}]}]})
    assert all("stdout: 5 rows" in _report_formats.render(report, form) for form in ("md", "html", "json"))


def test_digests_of_what_was_written_are_kept_beside_it(tmp_path):
    path = str(tmp_path / "erp" / "drill.json")
    run_task("report_files", {"files": {path: "{}"}, "sums": "SHA256SUMS"})
    run_task("report_files", {"files": {path[:-4] + "md": "# x"}, "sums": "SHA256SUMS"})
    run_task("report_files", {"files": {path: "{}"}, "sums": "SHA256SUMS"})
    sums = tmp_path / "erp" / "SHA256SUMS"
    assert len(sums.read_text().splitlines()) == 2 and subprocess.run(["sha256sum", "-c", "--quiet", sums.name], cwd=sums.parent, check=False).returncode == 0
    (tmp_path / "erp" / "drill.json").write_text("{ }")
    assert subprocess.run(["sha256sum", "-c", "--status", sums.name], cwd=sums.parent, check=False).returncode == 1
    for wrong in ("../x", "", ".hidden"):
        with pytest.raises(TaskFailed):
            run_task("report_files", {"files": {path: "{ }"}, "sums": wrong})
    sums.unlink()
    sums.symlink_to(tmp_path / "elsewhere")
    assert run_task("report_files", {"files": {path: "[]"}, "sums": "SHA256SUMS", "fallback": True})["problems"] and not (tmp_path / "elsewhere").exists()


def test_the_commit_of_the_user_s_repository(tmp_path):
    from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils._report import commit

    assert commit(tmp_path / "none") is None or len(commit(tmp_path / "none")) == 40
    git, digest = tmp_path / "repository" / ".git", "a" * 40
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    assert commit(git.parent) is None
    (git / "packed-refs").write_text("# pack-refs\n%s refs/heads/main\n" % digest)
    assert commit(git.parent) == digest
    (git / "refs" / "heads" / "main").write_text("b" * 40 + "\n")
    (git.parent / "deep").mkdir()
    assert commit(git.parent / "deep") == "b" * 40
    (git / "HEAD").write_text("\x1b[2J")
    assert commit(git.parent) is None
