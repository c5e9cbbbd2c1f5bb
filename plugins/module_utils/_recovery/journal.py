# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a run's journal: append-only, private, for recovery plans the lock of the run, and a hint to the next one. PRIVATE to the collection.

Nothing that goes wrong with it stops a recovery but another run at work. What it says was done serves times, acknowledgements and the
report; what is to be done follows from the live state. See ``run_journal``.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import socket
import time
from datetime import datetime, timedelta, timezone
from typing import Any

from .._cloud.errors import SdrsError, one_line
from .._cloud.mask import masked_data
from .._cloud.private_folder import NotPrivate, open_file
from .._engine.lock_files import fcntl
from .._reports.processes import began, boot_id
from .._reports.report_files import LIMIT

# A run that began longer ago is not interrupted, but over.
LONGEST_RUN = timedelta(days=1)
# The clocks of the controller and of the service differ.
SKEW = timedelta(minutes=5)
SAME = ("plan", "operation", "active_site", "project")
_PATIENCE = 5.0
_LOADED_BY = os.getpid()


def entries_of(path: str, limit: int = LIMIT) -> tuple[list[dict], str | None]:
    """``(entries, why some or all are missing)`` of a journal; a line that was truncated by a kill is left out."""
    try:
        handle = open_file(None, path, os.O_RDONLY)
        with os.fdopen(handle, "rb") as stream:
            about = os.fstat(stream.fileno())
            if about.st_mode & 0o022 or about.st_nlink != 1 or about.st_size > limit:
                return [], "%s is ignored: other users can write to it, it has another hard link, or it is too large" % path
            lines = stream.read(limit).split(b"\n")
    except FileNotFoundError:
        return [], None
    except (OSError, ValueError, NotPrivate) as error:
        return [], one_line("%s is ignored: %s" % (path, getattr(error, "strerror", None) or error))
    found = []
    for line in filter(None, lines):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict) and isinstance(entry.get("event"), str) and isinstance(entry.get("at"), str):
            found.append(entry)
    return found, None


def summary(entries: list[dict], path: str) -> dict:
    """The data of the entries that the next tasks need."""
    first: dict = next((entry for entry in entries if entry["event"] == "begun"), {})
    tiers, drills, vpcs = dict[Any, Any](), dict[str, Any](), []
    for entry in entries:
        if entry["event"] == "tier":
            tiers[str(entry.get("name"))] = entry.get("status")
        for each in entry["drills"] if entry["event"] == "drills" and isinstance(entry.get("drills"), list) else ():
            if isinstance(each, dict) and isinstance(each.get("id"), str):
                drills[each["id"]] = each.get("status")
                vpcs.append(each.get("drill_vpc_id"))
    return {
        "id": first.get("id"), "path": path, "requested": first.get("at"), "resumed": len([1 for entry in entries if entry["event"] == "resumed"]) > 0,
        "up": [name for name, status in tiers.items() if status == "up"],
        "acknowledged": sorted({entry["name"] for entry in entries if entry["event"] == "acknowledged" and isinstance(entry.get("name"), str)}),
        "drilling": [entry["at"] for entry in entries if entry["event"] == "drilling"],
        "drills": [drill_id for drill_id, status in drills.items() if status != "deleted"],
        # Those of drills that a killed run has deleted are there still.
        "drill_vpcs": sorted({each for each in vpcs if isinstance(each, str)}),
        "drills_before": _list(first.get("drills_before")), "vpcs_before": _list(first.get("vpcs_before")), "notes": [],
    }


def _list(value: object) -> list[str] | None:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else None


def locked(path: str, run: dict, take_over: str | None, notes: list[str]) -> list[dict]:
    """Begin at ``path`` a run of a recovery plan, which is locked by it, or go on with an interrupted one; gives back all entries.

    :raises SdrsError: another run is at work
    """
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    with contextlib.closing(_Locked(path)):
        entries, problem = entries_of(path)
        doubted = problem or _doubt(entries, run)
        if entries and not any(entry["event"] == "finished" for entry in entries):
            _refuse_running(entries, take_over)
        if doubted:
            if os.path.lexists(path):
                os.replace(path, archive(path, entries))
                if doubted != "there is none":
                    notes.append("an earlier journal was archived: %s" % doubted)
            entries = []
        known = process()
        if known["began"] is None and known["place"]:
            raise SdrsError("the process that started this task has ended; nothing more was sent")
        append(path, [opening(None if entries else run)])
        return entries_of(path)[0]


def unlocked(path: str, run: dict, resume: str | None) -> list[dict]:
    """Begin a run at ``path``, or go on with the one whose ID is ``resume``, if that is what is there; gives back all entries.

    What else bears the name is replaced as a whole: nobody reads half a journal.
    """
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    entries = entries_of(path)[0] if resume else []
    if entries and any(entry["event"] == "begun" and entry.get("id") == resume for entry in entries):
        append(path, [opening(resumed_by=run)])
        return entries_of(path)[0]
    replace(path, [opening(run)])
    return entries_of(path)[0]


def opening(run: dict | None = None, resumed_by: dict | None = None) -> dict[str, Any]:
    """The first entry of an attempt: of a new ``run``, or of one that is resumed, with whether this attempt keeps its drill."""
    event = {"event": "resumed" if run is None else "begun", "process": process(), "user": _user(), "machine": socket.gethostname()}
    if run is None:
        return {**event, "keep": True} if (resumed_by or {}).get("keep") else event
    return {**event, **run, "id": new_id()}


class _Locked:
    """Serialises runs that begin at the same time."""

    def __init__(self, path: str) -> None:
        self._handle, since = open_file(None, path + ".lock", os.O_RDWR | os.O_CREAT), time.monotonic()
        while fcntl:
            try:
                fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() - since > _PATIENCE:
                    return
                time.sleep(0.05)

    def close(self) -> None:
        os.close(self._handle)


def _refuse_running(entries: list[dict], take_over: str | None) -> None:
    """Refuse an unfinished journal whose run is, or may be, active."""
    last = [entry for entry in entries if entry["event"] in ("begun", "resumed", "ended")][-1:]
    if not last or last[0]["event"] == "ended":
        return
    state = running(last[0].get("process"))
    first: dict = next((entry for entry in entries if entry["event"] == "begun"), {})
    if state is False or take_over and take_over == first.get("id"):
        return
    known = last[0]["process"] if isinstance(last[0].get("process"), dict) else {}
    text = "another run of recovery plan %s (%s) was started by %s on %s at %s (process %s, run %s)" % (
        first.get("plan"), first.get("operation"), last[0].get("user"), last[0].get("machine"), last[0]["at"], known.get("pid"), first.get("id"))
    remedy = "Wait until it has ended, or stop it and run this again."
    if state is None:
        remedy = "It is unknown whether that run is still active. If it is not, add -e recovery_take_over=%s." % first.get("id")
    raise SdrsError("nothing was done: " + text, retryable=True, remedy=remedy)


def _doubt(entries: list[dict], run: dict) -> str | None:
    """Why the entries do not belong to the requested run, None if they do."""
    moment = datetime.now(timezone.utc)
    first = next((entry for entry in entries if entry["event"] == "begun"), None)
    if first is None:
        return "there is none"
    if any(entry["event"] == "finished" for entry in entries):
        return "it belongs to a run that has finished"
    wrong = [key for key in SAME if first.get(key) != run.get(key)]
    if wrong:
        return "it belongs to another %s (%s)" % (wrong[0].replace("_", " "), first.get(wrong[0]))
    try:
        began = datetime.fromisoformat(first["at"].replace("Z", "+00:00"))
        if not moment - LONGEST_RUN <= began <= moment + SKEW:
            return "it dates from %s" % first["at"]
    except (ValueError, TypeError):
        return "it does not contain the start time of the run"
    return None


def append(path: str, entries: list[dict]) -> None:
    """Write ``entries`` at the end, secrets masked; they are on the disk afterwards."""
    handle = open_file(None, path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        about = os.fstat(handle)
        if about.st_nlink != 1:
            raise NotPrivate("it has another hard link")
        # A line that was cut by a kill stays by itself.
        text = "\n" if about.st_size and os.pread(handle, 1, about.st_size - 1) != b"\n" else ""
        text += "".join(json.dumps(masked_data({"at": now(), **entry}), default=str) + "\n" for entry in entries)
        data = memoryview(text.encode("utf-8", "backslashreplace"))
        try:
            while data:
                data = data[os.write(handle, data):]
            os.fsync(handle)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, about.st_size)  # all of the entries or none
            raise
    finally:
        os.close(handle)


def replace(path: str, entries: list[dict]) -> None:
    """Put a journal with ``entries`` where another may be: it is there as a whole, or what was there stays."""
    beside = "%s.%s" % (path, os.urandom(8).hex())
    try:
        append(beside, entries)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise


def archive(path: str, entries: list[dict]) -> str:
    """The path to which a finished journal is moved: beside the reports, with the ID of its run."""
    first: dict = next((entry for entry in entries if entry["event"] == "begun"), {})
    known = first.get("id") if isinstance(first.get("id"), str) and first["id"].replace("-", "").isalnum() else new_id()
    return os.path.join(os.path.dirname(path), "journal-%s.jsonl" % known)


def now() -> str:
    """The time, as entries have it."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_id() -> str:
    """The ID of a run."""
    return "%s-%d" % (datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ"), _controller())


def _user() -> str | None:
    try:
        return os.environ.get("AWX_USER_NAME") or getpass.getuser()
    except (OSError, KeyError):
        return None


def _controller() -> int:
    """The process of ansible-playbook, which has loaded this file before it began the worker that runs here, or is to begin it."""
    return os.getppid() if os.getpid() == _LOADED_BY else _LOADED_BY


def process() -> dict[str, Any]:
    """The identity of this run of ansible-playbook."""
    return {"pid": _controller(), "began": began(_controller()), "place": _place()}


def running(known: Any) -> bool | None:
    """Whether the process of an entry is running; None if that is unknown here."""
    if not isinstance(known, dict) or not isinstance(known.get("pid"), int) or not known.get("place") or known["place"] != _place():
        return None
    if known["pid"] == _controller():
        return False
    return known.get("began") is not None and known["began"] == began(known["pid"])


def _place() -> str | None:
    """This machine since it was started, and which of its processes can be seen; None if the system does not show it."""
    machine = boot_id()
    try:
        return machine and "%s %s" % (machine, os.readlink("/proc/self/ns/pid"))
    except (OSError, ValueError):
        return None
