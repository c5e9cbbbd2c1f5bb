# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal of a run: a working copy for its own report, and a record for the run that follows an interruption. PRIVATE to the collection.

The working copy is in Ansible's temporary folder, which is private and goes with the run. The record is beside the reports; where it cannot be
written, or must not be in check mode, the run still has its working copy. Neither stops a run but the lock of a recovery plan.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from .._cloud.errors import ConfigError, one_line
from .._cloud.private_folder import NotPrivate, open_file
from .._engine.declaration import Host
from .._engine.options import Options as _Options
from .._reports.report_files import LIMIT, elsewhere
from .._reports.report_files import paths as _absolute
from . import journal

_HEADER = "journal"
_LONGEST_HEADER = 65536
_WRONG = (OSError, NotPrivate, ValueError)
# Of many servers; it is this run's own.
_LARGEST = 16 * LIMIT
# Where a working copy goes on when its disk is full.
MEMORY = "/dev/shm"  # noqa: S108
_Warn = Callable[[str], Any]

RULES = {"path": lambda value: _absolute([value]), "record": lambda value: _absolute([value])}


@dataclass
class Options(_Options):
    path: str
    action: str
    run: dict | None = None  # what tells the run from others, and what else its first entry is to hold
    entries: list[dict] | None = None
    record: str | None = None
    keep: bool = True
    resume: str | None = None
    lock: bool = False
    take_over: str | None = None


def act(options: Options, host: Host) -> dict:
    """Begin, append, read or finish.

    :raises SdrsError: another run of the recovery plan is at work
    """
    result: dict[str, Any] = {"changed": False, "operations": [], "jobs": [], "diff": {"before": {}, "after": {}}}
    action, path = options.action, options.path
    if action == "begin":
        return dict(result, journal=_begin(options, host))
    if action == "read":
        entries, problem = entries_of(path)
        if problem:
            host.warn(problem)
        return dict(result, entries=entries, journal=journal.summary(entries, path))
    entries = (options.entries or []) + ([{"event": "finished"}] if action == "finish" else [])
    try:
        note(path, entries, host.warn, host.check_mode)
        if action == "finish" and not host.check_mode:
            _finish(path, host)
    except Exception as error:  # pylint: disable=broad-except
        host.warn(_unwritable(path, error))  # no run ends because of its journal
    return dict(result, journal={"path": path})


def note(path: str, entries: list[dict], warn: _Warn, check_mode: bool = False) -> None:
    """Append to the working copy and to the record; what goes wrong with either is a warning."""
    entries = [{"at": journal.now(), **entry} for entry in entries]
    if not entries:
        return
    header, memory, failed = _header(path), _memory(path), []
    # Entries stay in order: what goes on in memory does not come back.
    for place in [memory] if memory and os.path.lexists(memory) else [path, memory]:
        try:
            if place:
                journal.append(place, entries)
                break
        except _WRONG as error:
            failed.append(_unwritable(str(place), error))
    else:
        warn(failed[0])
        _mark_incomplete(path)
    # Not made anew: a run that has finished has removed it.
    record = header.get("record")
    if record and not check_mode and os.path.lexists(record):
        try:
            journal.append(record, entries)
        except _WRONG as error:
            warn(_unwritable(record, error))
            _copy(path, [place for place in header.get("places") or [] if place != record], warn)


def complete(path: str) -> bool:
    """Whether every entry of the run with the working copy ``path`` could be written."""
    modes = []
    for place in _parts(path):
        with contextlib.suppress(OSError, ValueError):
            modes.append(os.lstat(place).st_mode)
    return all(mode & 0o200 for mode in modes)


def _mark_incomplete(path: str) -> None:
    """By the mode of the file: on a full disk nothing else can be written."""
    for place in _parts(path):
        with contextlib.suppress(OSError, ValueError):
            os.chmod(place, 0o400)


def _parts(path: str) -> list[str]:
    return [place for place in (path, _memory(path)) if place and os.path.isfile(place) and not os.path.islink(place)]


def _copy(path: str, places: list[str], warn: _Warn) -> None:
    """Write the whole journal where a record that cannot be written goes."""
    for place in places:
        try:
            os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
            journal.replace(place, entries_of(path)[0])
        except _WRONG as error:
            warn(_unwritable(place, error))


def entries_of(path: str) -> tuple[list[dict], str | None]:
    """``(entries, why there are none, or not all)`` of the run with the working copy ``path``."""
    entries, problem = journal.entries_of(path, _LARGEST)
    memory = _memory(path)
    if memory and os.path.lexists(memory):
        more, wrong = journal.entries_of(memory, _LARGEST)
        entries, problem = entries + more, problem or wrong
    if problem and _header(path).get("record"):
        entries, problem = journal.entries_of(_header(path)["record"])
    return [entry for entry in entries if entry["event"] != _HEADER], problem


def _begin(options: Options, host: Host) -> dict:
    run, path, record = options.run or {}, options.path, options.record
    missing = [key for key in journal.SAME if key not in run] if options.lock else []
    if missing:
        raise ConfigError("run: %s is missing" % ", ".join(missing))
    # What was noted before the run could begin stays; what another run left goes.
    early = [] if _header(path) else entries_of(path)[0]
    if os.path.lexists(path) and not (early or _header(path)):
        raise ConfigError("%s is no journal; nothing was written" % path)
    notes: list[str] = []
    kept: str | None = None
    entries: list[dict] | None = None
    if record and options.keep and not host.check_mode:
        kept, entries = _record(record, options, notes)
        for each in notes:
            if "cannot be written" in each:
                host.warn(each)
        if kept is None:
            host.warn("the run leaves no record: runs at the same time are not kept apart, and an interrupted run leaves no times")
    header = {"event": _HEADER, "record": kept, "places": _places(record), "lock": options.lock}
    for place in filter(None, (path, _memory(path))):
        with contextlib.suppress(OSError, ValueError):
            os.unlink(place)
    earlier = [] if entries else _earlier(options)
    entries = entries or [*earlier, journal.opening(None if earlier else run, run)]
    note(path, [header, *entries, *early], host.warn, True)
    read, problem = entries_of(path)
    if problem:
        host.warn(problem)
    return dict(journal.summary(read or [{"at": journal.now(), **entry} for entry in entries], path), notes=notes)


def _places(record: str | None) -> list[str]:
    return [place for place in (record, _elsewhere(record)) if place] if record else []


def _earlier(options: Options) -> list[dict]:
    """What an interrupted run noted, for a run that goes on with it without being able to write there."""
    place = next((place for place in _places(options.record) if options.resume and _holds(place, options.resume)), None)
    return journal.entries_of(place)[0] if place else []


def _record(record: str, options: Options, notes: list[str]) -> tuple[str | None, list[dict] | None]:
    """``(where the record is, all its entries)``; ``(None, None)`` where it cannot be written."""
    run, resume = options.run or {}, options.resume
    places = _places(record)
    if resume and not _holds(record, resume) and _holds(places[-1], resume):
        places.reverse()
    for place in places:
        try:
            if options.lock:
                return place, journal.locked(place, run, options.take_over, notes)
            return place, journal.unlocked(place, run, resume)
        except _WRONG as error:
            notes.append(_unwritable(place, error))
    return None, None


def _holds(place: str, run_id: str) -> bool:
    return any(entry["event"] == "begun" and entry.get("id") == run_id for entry in journal.entries_of(place)[0])


def _finish(path: str, host: Host) -> None:
    """A record with a lock is kept under the ID of its run; of others the report tells all."""
    header = _header(path)
    record = header.get("record")
    if header.get("lock"):
        with _told(host.warn, str(record)):
            if record:
                os.replace(record, journal.archive(record, journal.entries_of(record)[0]))
        return
    for place in header.get("places") or []:
        with _told(host.warn, place), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(place)


@contextlib.contextmanager
def _told(warn: _Warn, path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        warn(one_line("the journal %s cannot be removed (%s)" % (path, error.strerror or error)))


def _header(path: str) -> dict:
    """The first entry of a working copy: where its record is."""
    for place in filter(None, (path, _memory(path))):
        with contextlib.suppress(*_WRONG), os.fdopen(open_file(None, place, os.O_RDONLY), "rb") as stream:
            header = json.loads(stream.readline(_LONGEST_HEADER))
            if isinstance(header, dict) and header.get("event") == _HEADER:
                return header
    return {}


def _elsewhere(record: str) -> str | None:
    folder, name = elsewhere(record)
    return os.path.join(folder, name) if folder else None


def _memory(path: str) -> str | None:
    return os.path.join(MEMORY, "cloud_dr.sdrs-%s" % hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:24]) if os.path.isdir(MEMORY) else None


def _unwritable(path: str, error: Exception) -> str:
    return one_line("the journal %s cannot be written (%s)" % (path, getattr(error, "strerror", None) or error))
