# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks between runs on one machine: where they are, who gets them, and what a run may believe once it has them."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import threading
import types

import foreign
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import private_folder
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import Refused, SdrsError
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import lock, lock_files
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.lock import Group, Locks, locked
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.waiting import Waiting
from support import Host

ERP, WEB = "40df180b-9fe2-471a-8c64-1b758dc84189", "40df180b-9fe2-471a-8c64-1b758dc84190"
NEEDED, SPARED = (types.SimpleNamespace(state=state) for state in ("absent", "present"))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


class Run:
    """A task that locks ``groups``, a list or a function giving one; ``read`` counts how often they were asked for."""

    def __init__(self, groups, endpoint="https://sdrs.example.com", project="project", allowed=False, names=None, creates=False, needed=None):
        self.groups, self.read, self.forgotten, self.host, self.asked = groups, 0, 0, Host(), []
        settings = types.SimpleNamespace(url=lambda service: endpoint, allow_unlocked=allowed)
        self.api = types.SimpleNamespace(client=types.SimpleNamespace(settings=settings, project_id=project))
        more = {} if needed is None else {"needed": lambda options: needed}
        self.locks = Locks(self._groups, lambda lookup, group_id: self.asked.append(group_id) or (names or {}).get(group_id),
                           creates=lambda options: creates, **more)

    def _groups(self, lookup, options):
        self.read += 1
        return self.groups() if callable(self.groups) else self.groups

    def forget(self):
        self.forgotten += 1

    def hold(self, seconds=0.01, options=NEEDED, sleep=None):
        now = [0.0]

        def slept(pause):
            now[0] += pause
            if sleep:
                sleep(pause)

        return locked(self.locks, options, self, Waiting(wait_timeout=seconds, clock=lambda: now[0], sleep=slept), self.host)


def erp(**options):
    return Run([Group(ERP, ("erp",))], **options)


def excluded(one, other):
    """Whether ``other`` cannot get its locks while ``one`` has its own, and gets them afterwards."""
    with one.hold():
        try:
            with other.hold():
                return False
        except SdrsError as error:
            assert "is being changed by process %d on this machine" % os.getpid() in str(error)
    with other.hold():
        return True


# Who waits for whom -------------------------------------------------------------------------------------------------------


def test_a_group_is_changed_by_one_run_at_a_time(home):
    with erp().hold(), pytest.raises(SdrsError, match="protection group erp is being changed by process") as caught, erp().hold(seconds=3):
        pass
    assert re.search(r"process %d on this machine since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\." % os.getpid(), str(caught.value))
    folder = home / ".local" / "state" / "cloud_dr.sdrs" / "locks"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert "erp" not in " ".join(path.name for path in folder.iterdir())
    assert not Run([]).hold().__enter__(), "nothing to lock"


@pytest.mark.parametrize("one, other, apart", [
    (Group(ERP, ("erp",)), Group(ERP, named=False), True),
    (Group(ERP.upper(), named=False), Group(ERP, named=False), True),
    (Group(None, ("erp",)), Group(None, ("erp",)), True),
    (Group(None, ("erp",)), Group(ERP, ("erp",)), True),
    (Group(ERP, ("erp", "web")), Group(None, ("web",)), True),
    (Group(ERP, ("erp",)), Group(WEB, ("web",)), False),
    (Group(ERP, named=False), Group(None, ("erp",)), False),
    (Group(None, ("erp",)), Group(None, ("web",)), False),
])
def test_which_runs_exclude_each_other(one, other, apart):
    assert excluded(Run([one]), Run([other])) is apart and excluded(Run([other]), Run([one])) is apart


def test_places_are_told_apart():
    assert not excluded(erp(), erp(endpoint="https://sdrs.example.org")) and not excluded(erp(), erp(project="another"))
    assert excluded(erp(), erp(endpoint="https://SDRS.example.com"))


def test_a_group_that_is_being_created_and_its_id():
    """Who creates ``erp`` knows its name alone, who has learnt its ID from a list the ID alone."""
    def by_id():
        return Run([Group(ERP, named=False)], names={ERP: "erp"})

    creator, other = Run([Group(None, ("erp",))], creates=True), Run([Group(None, ("web",))], creates=True)
    assert excluded(creator, by_id())
    waiting = by_id()
    with other.hold(), waiting.hold():
        assert set(waiting.asked) == {ERP}, "its name is asked for while groups are created"
    with erp().hold(), (alone := Run([Group(WEB, named=False)])).hold():
        assert not alone.asked, "and not else"
    assert not excluded(creator, other), "two groups can be created at once"


def test_documents_of_several_groups_do_not_block_each_other():
    """Two threads that name the same groups in another order, again and again: locks are taken in one order."""
    failed = []

    def work(order):
        groups = [Group(each * 32, (each,)) for each in order]
        for _round in range(15):
            try:
                with Run(groups, creates=True).hold(seconds=300, sleep=lambda pause: threading.Event().wait(0.001)):
                    pass
            except SdrsError as error:
                failed.append(error)

    def both():
        threads = [threading.Thread(target=work, args=(order,), daemon=True) for order in ("abc", "cba", "bca")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return [thread for thread in threads if thread.is_alive()] or "ended"

    assert foreign.in_time(both, 60) == "ended" and not failed


def gone():
    raise SdrsError("the process that started this task is gone")


def test_who_waits_stops_when_nobody_waits_for_it():
    waiting = erp()
    waiting.host.alive = gone
    with erp().hold(), pytest.raises(SdrsError, match="is gone"), waiting.hold(seconds=1e9):
        pass


def test_check_mode_and_tasks_without_locks_take_none(home):
    run = erp()
    run.host.check_mode = True
    with run.hold(), locked(None, None, run, None, Host()):
        pass
    assert not run.read and not list(home.iterdir())


# What may be believed ---------------------------------------------------------------------------------------------------


def test_what_was_read_before_is_used_when_nobody_was_at_work():
    run = erp()
    for _time in range(2):
        with run.hold():
            pass
    assert (run.read, run.forgotten) == (2, 0)


def test_what_was_read_while_another_run_was_at_work_is_read_anew():
    """The other run had the lock after this one began to read, and has released it before this one asks for it."""
    other = erp()

    def groups():
        if run.read == 1:
            with other.hold():
                pass
        return [Group(ERP, ("erp",))]

    run = Run(groups)
    with run.hold():
        assert (run.read, run.forgotten) == (2, 1)


def test_what_was_read_before_waiting_is_read_anew():
    with contextlib.ExitStack() as first:
        first.enter_context(erp().hold())
        second = erp()
        with second.hold(seconds=60, sleep=lambda pause: first.close()):
            assert (second.read, second.forgotten) == (2, 1)


@pytest.mark.parametrize("record", ["held 1 2026-11-23T09:00:00Z here", "free 0.0 another-machine", "free x", "rubbish", "\xff"])
def test_after_a_run_that_died_or_ran_elsewhere_everything_is_read_anew(record, home):
    with erp().hold():
        pass
    for path in (home / ".local" / "state" / "cloud_dr.sdrs" / "locks").iterdir():
        path.write_text(record, encoding="latin-1")
    run = erp()
    with run.hold():
        assert (run.read, run.forgotten) == (2, 1)
    again = erp()
    with again.hold():
        assert (again.read, again.forgotten) == (1, 0)


def test_a_group_that_turns_out_to_be_another_is_locked_instead():
    """While this run waited, ``erp`` was deleted and made anew."""
    seen = [[Group(ERP, ("erp",))], [Group(WEB, ("erp",))]]
    with contextlib.ExitStack() as first:
        first.enter_context(erp().hold())
        run = Run(lambda: seen[min(run.read, 2) - 1])
        with run.hold(seconds=60, sleep=lambda pause: first.close()):
            with erp(project="elsewhere").hold(), Run([Group(ERP, ())]).hold():
                pass
            with pytest.raises(SdrsError), Run([Group(WEB, ())]).hold():
                pass
    endless = Run(lambda: [Group(ERP[:-2] + "%02d" % endless.read, ())])
    original = lock_files._free_since
    lock_files._free_since = lambda handle, begun: False
    try:
        with pytest.raises(SdrsError, match="keep changing"), endless.hold():
            pass
    finally:
        lock_files._free_since = original
    assert endless.read <= 2 * lock._ATTEMPTS


def test_a_lock_file_that_was_deleted_is_no_lock(home):
    folder = home / ".local" / "state" / "cloud_dr.sdrs" / "locks"

    def delete(pause):
        for path in folder.iterdir():
            path.unlink()
        first.close()

    with contextlib.ExitStack() as first:
        first.enter_context(erp().hold())
        with erp().hold(seconds=60, sleep=delete), pytest.raises(SdrsError), erp().hold():
            pass


# Where they are -----------------------------------------------------------------------------------------------------------


def nowhere(home):
    (home / "file").write_text("")
    return home / "file"


def private(path):
    path.mkdir(mode=0o700)
    return path


def test_runs_that_know_of_other_folders_exclude_each_other(home, monkeypatch):
    """A task of cron has no runtime folder, a confined service no home."""
    def run(runtime, state):
        def groups():
            for name, folder in (("XDG_RUNTIME_DIR", runtime), ("XDG_STATE_HOME", state)):
                monkeypatch.setenv(name, str(folder))
            return [Group(ERP, ("erp",))]
        return Run(groups)

    runtime, state, no = private(home / "run"), private(home / "state"), nowhere(home)
    everything = run(runtime, state)
    assert excluded(everything, run(runtime, no)) and excluded(everything, run(no, state))
    assert excluded(run(no, state), everything) and excluded(run(runtime, no), everything)
    assert excluded(run(runtime, runtime), run(runtime, runtime)), "one folder by two names"
    assert not everything.host.warnings


@pytest.mark.parametrize("make", foreign.folders())
def test_where_no_folder_can_be_used(make, home, monkeypatch):
    path = str(make(home))
    monkeypatch.setattr(lock_files, "private_folder", lambda _path, make=True: private_folder.private_folder(path, make))
    before, must, may, allowed = foreign.state_of(home), erp(), erp(), erp(allowed=True)
    with pytest.raises(Refused, match="no lock can be taken .*, nothing was sent: .*XDG_STATE_HOME .*SDRS_ALLOW_UNLOCKED=1"), must.hold():
        pass
    for run, options in ((may, SPARED), (allowed, NEEDED)):
        with run.hold(options=options):
            pass
        assert len(run.host.warnings) == 1 and run.host.warnings[0].startswith("runs at the same time are not kept apart: ")
        assert str(home) in run.host.warnings[0]
    assert foreign.state_of(home) == before and not must.host.warnings


def test_without_folders(monkeypatch):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(Refused, match="XDG_RUNTIME_DIR is not set; no home folder is known"), erp().hold():
        pass


def test_nothing_is_refused_where_nothing_is_locked(home, monkeypatch):
    monkeypatch.setenv("HOME", str(nowhere(home)))
    run = Run([])
    with run.hold():
        assert not run.host.warnings


@pytest.mark.parametrize("make", foreign.FILES.values(), ids=foreign.FILES)
def test_what_stands_in_the_place_of_a_lock(make, home):
    folder = home / ".local" / "state" / "cloud_dr.sdrs" / "locks"
    with erp().hold():
        names = [path.name for path in folder.iterdir()]
    for name in names:
        (folder / name).unlink()
        if not (folder.parent / "target").exists():
            make(folder / name)

    def attempt():
        with pytest.raises(Refused, match="a lock cannot be taken"), erp().hold():
            pass
        return True

    assert foreign.in_time(attempt)


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EINTR, errno.EOPNOTSUPP])
@pytest.mark.parametrize("place", ["flock", "pwrite"])
def test_errors_of_locking_are_a_refusal_or_a_warning(place, number, monkeypatch):
    def fails(*_args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lock_files.fcntl if place == "flock" else lock_files.os, place, fails)
    run, may = erp(), erp()
    with pytest.raises(Refused, match=os.strerror(number)), run.hold():
        pass
    with may.hold(options=SPARED):
        assert len(may.host.warnings) == 1 and os.strerror(number) in may.host.warnings[0]


def test_a_system_without_locks(monkeypatch):
    monkeypatch.setattr(lock_files, "fcntl", None)
    with pytest.raises(Refused, match="no file locks"), erp().hold():
        pass
