# SPDX-License-Identifier: GPL-3.0-or-later
"""Lock files: their folders, their holders, and whether another run has held them since. PRIVATE to the collection."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from .._cloud.errors import SdrsError, one_line
from .._cloud.private_folder import NotPrivate, open_file, private_folder, user_folder
from .waiting import Waiting

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]  # a system without file locks: no folder is usable then

# Held in common by all runs that may create a group.
CREATING = ("new", "")
_PAUSE = 0.5
_RECORD = 200
_Key = tuple[str, str]


def folders() -> tuple[list[str], list[str]]:
    """``(paths of the folders that locks may lie in, why others may not)``, whether or not they are there yet."""
    found, problems = [], []
    for place in (_runtime_folder, _state_folder):
        try:
            found.append(os.path.join(place(), "cloud_dr.sdrs", "locks"))
        except NotPrivate as problem:
            problems.append(str(problem))
    return found, problems


def _usable_folders(stack: contextlib.ExitStack) -> list[int]:
    """Descriptors of the folders for locks: the runtime and the state folder, since not every run of a user knows of both.

    :raises NotPrivate: there is none
    """
    if fcntl is None:
        raise NotPrivate("this system does not support file locks")
    paths, problems = folders()
    found: dict = {}
    for path in paths:
        try:
            handle = stack.enter_context(private_folder(path))
            about = os.fstat(handle)
            found.setdefault((about.st_dev, about.st_ino), handle)
        except NotPrivate as problem:
            problems.append(str(problem))
    if not found:
        raise NotPrivate("; ".join(problems))
    return list(found.values())


def _runtime_folder() -> str:
    folder = os.environ.get("XDG_RUNTIME_DIR") or ""
    if not os.path.isabs(folder):
        raise NotPrivate("XDG_RUNTIME_DIR is not set")
    with private_folder(folder, make=False):
        return folder


def _state_folder() -> str:
    folder = user_folder("XDG_STATE_HOME", os.path.join(".local", "state"))
    if not folder:
        raise NotPrivate("no home folder is set")
    return folder


class LockFiles:
    """The lock files of one service and project.

    :param stack: closes their folders
    :param alive: callable that raises if nobody waits for the outcome any more
    """

    def __init__(self, stack: contextlib.ExitStack, waiting: Waiting, alive: Callable[[], Any]) -> None:
        self._stack, self._waiting, self._alive, self._since = stack, waiting, alive, waiting.clock()
        self._place: tuple[str, ...] = ()  # the arguments of open
        self._folders: list[int] = []  # descriptors

    def open(self, place: tuple[str, ...]) -> None:
        """Open the folders, unless they are.

        :param place: the service's URL and the project
        :raises NotPrivate: none can be used
        """
        if not self._folders:
            self._place, self._folders = place, _usable_folders(self._stack)

    def take_all(self, held: contextlib.ExitStack, keys: dict[_Key, str], begun: float) -> bool:
        """Take the locks of ``keys`` in every folder; whether no other run has held one since ``begun``."""
        fresh = True
        for key in sorted(keys):
            problems = []
            for folder in list(self._folders):
                try:
                    fresh &= self._take(held, folder, key, keys[key], begun)
                except (OSError, NotPrivate) as error:
                    self._folders.remove(folder)
                    problems.append(one_line(getattr(error, "strerror", None) or error))
            if not self._folders:
                raise NotPrivate("a lock cannot be taken (%s)" % "; ".join(problems))
        return fresh

    def creations(self) -> bool:
        """Whether a run is at work that may create a group."""
        return any(self._held_in(folder) for folder in self._folders)

    def _held_in(self, folder: int) -> bool:
        try:
            handle = open_file(folder, self._file(CREATING), os.O_RDWR)
        except (OSError, NotPrivate):
            return False
        try:
            return not _flock(handle, fcntl.LOCK_EX)
        finally:
            os.close(handle)

    def _file(self, key: _Key) -> str:
        name = "\0".join((*self._place, *key)).encode("utf-8", "surrogatepass")
        return hashlib.sha256(name).hexdigest()[:32] + ".lock"

    def _take(self, held: contextlib.ExitStack, folder: int, key: _Key, label: str, begun: float) -> bool:
        name = self._file(key)
        while True:
            handle = open_file(folder, name, os.O_RDWR | os.O_CREAT)
            with contextlib.ExitStack() as opened:
                opened.callback(os.close, handle)
                waited = self._wait(handle, fcntl.LOCK_SH if key == CREATING else fcntl.LOCK_EX, label)
                if not _is(handle, folder, name):
                    continue  # it was deleted meanwhile: others take a new one
                if key == CREATING:
                    held.push(opened.pop_all())
                    return True
                fresh = not waited and _free_since(handle, begun)
                _write(handle, "held %d %s %s" % (os.getpid(), datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), _host()))
                opened.callback(_release, handle)
                held.push(opened.pop_all())
                return fresh

    def _wait(self, handle: int, mode: int, label: str) -> bool:
        """Wait until the lock is free, and take it; whether that took any time.

        :raises SdrsError: it is not free in time
        """
        waited = False
        while not _flock(handle, mode):
            self._alive()
            if self._waiting.timed_out(self._since):
                raise SdrsError(
                    "protection group %s is locked by %s" % (label, _holder(handle)), retryable=True,
                    remedy="Run the task again when that process has ended.",
                )
            self._waiting.sleep(_PAUSE)
            waited = True
        return waited


def _flock(handle: int, mode: int) -> bool:
    try:
        fcntl.flock(handle, mode | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def _is(handle: int, folder: int, name: str) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), os.stat(name, dir_fd=folder, follow_symlinks=False))
    except FileNotFoundError:
        return False


def _host() -> str:
    return socket.gethostname().encode("ascii", "replace").decode().replace(" ", "-")[:64] or "-"


def _write(handle: int, text: str) -> None:
    # Always of the same length: the file is never empty between two records.
    os.pwrite(handle, text.ljust(_RECORD - 1)[:_RECORD - 1].encode("ascii", "replace") + b"\n", 0)


def _read(handle: int) -> list[str]:
    return os.pread(handle, _RECORD, 0).decode("ascii", "replace").split()


def _release(handle: int) -> None:
    # The clock counts from the start of the machine, for all its processes.
    with contextlib.suppress(OSError):
        _write(handle, "free %.6f %s" % (time.monotonic(), _host()))


def _free_since(handle: int, begun: float) -> bool:
    """Whether nobody has held the lock since ``begun``; false if its holder died or ran on another machine."""
    record = _read(handle)
    try:
        return not record or (record[0] == "free" and record[2] == _host() and float(record[1]) <= begun)
    except (IndexError, ValueError):
        return False


def _holder(handle: int) -> str:
    record = _read(handle)
    if len(record) != 4 or record[0] != "held":
        return "another process"
    return "process %s on %s since %s" % (record[1], "this machine" if record[3] == _host() else record[3], record[2])
