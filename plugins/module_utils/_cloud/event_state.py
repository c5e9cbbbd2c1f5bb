# SPDX-License-Identifier: GPL-3.0-or-later
"""The state that an event source keeps across restarts. PRIVATE to the collection. Imports nothing of Ansible."""

from __future__ import annotations

import contextlib
import json
import os
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from .errors import ConfigError, one_line
from .private_folder import NotPrivate, open_file, private_folder, read_file, replace_file

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]  # a system without file locks keeps no state

_LARGEST = 64 * 1024 * 1024


class File:
    """The files of a state: one for the last poll, and a small one that counts its delivered events."""

    def __init__(self, folder: int, name: str) -> None:
        self._folder, self._name = folder, name

    def read(self, ending: str = "") -> Any:
        return json.loads(read_file(self._folder, self._name + ending, _LARGEST))

    def write(self, content: Any, ending: str = "") -> None:
        try:
            replace_file(self._folder, self._name + ending, json.dumps(content).encode())
        except OSError as error:
            # Emitted events would be repeated after a restart.
            raise ConfigError("state_file: %s cannot be written (%s)" % (self._name + ending, error.strerror)) from None


class State:
    """The last poll, and its events that are not delivered yet.

    The file is written before the events of a poll are emitted, so that none is lost.

    :param kept: the file; None if the state is not saved
    :param about: what the state describes; a state of another project or of other groups is not used
    """

    def __init__(self, kept: File | None = None, about: Any = None, warn: Callable[[str], Any] = lambda message: None) -> None:
        self.kept, self._about, self._written = kept, about, None
        self._begin_anew()
        try:
            if kept:
                self._load(kept, warn)
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError, AttributeError):
            warn("the state file cannot be read; starting with a new state")
            self._begin_anew()

    def _begin_anew(self) -> None:
        self.seen: dict | None = None  # {(kind, ID): (what events tell of it, watched fields)}
        self.tasks: set = set()
        self.lost, self._look, self._done = False, 0, 0
        self.pending: list = []
        self._identity = uuid.uuid4()

    def _load(self, kept: File, warn: Callable[[str], Any]) -> None:
        found = kept.read()
        if found["about"] != self._about:
            warn("the state file belongs to another project or to other protection groups; starting with a new state")
            return
        self.seen = None if found["seen"] is None else {tuple(key): (about, dict(fields)) for key, about, fields in found["seen"]}
        self.tasks, self.lost, self._look = {tuple(each) for each in found["tasks"]}, bool(found["lost"]), int(found["look"])
        self._identity = uuid.UUID(found["identity"])
        with contextlib.suppress(FileNotFoundError):
            look, done = kept.read(".delivered")
            self._done = int(done) if look == self._look else 0
        self.pending = list(found["pending"])[self._done:]

    def keep(self, seen: dict | None, tasks: set, events: list) -> None:
        """Save a poll and its events before they are emitted."""
        self.seen, self.tasks, self.pending = seen, tasks, list(events)
        content: Any = {
            "about": self._about, "identity": str(self._identity), "lost": self.lost, "tasks": sorted(tasks, key=str), "pending": self.pending,
            "seen": None if seen is None else [[list(key), *found] for key, found in sorted(seen.items())],
        }
        if self.kept and (events or content != self._written):
            self._look, self._done = self._look + 1, 0
            self.kept.write({**content, "look": self._look})
            self._written = content

    def delivered(self) -> None:
        """Mark the first pending event as delivered."""
        self.pending, self._done = self.pending[1:], self._done + 1
        if self.kept:
            self.kept.write([self._look, self._done], ".delivered")

    def number(self) -> str:
        """A stable ID of the first pending event."""
        return str(uuid.uuid5(self._identity, "%d %d" % (self._look, self._done)))


@contextlib.contextmanager
def opened(path: str | None, about: Any, warn: Callable[[str], Any]) -> Iterator[State]:
    """The State of a file, which no other source may use meanwhile; without a path, one that keeps nothing.

    :raises ConfigError: the file cannot be used
    """
    if not path:
        yield State()
        return
    folder, name = os.path.split(os.path.abspath(os.path.expanduser(path)))
    with contextlib.ExitStack() as held:
        try:
            if fcntl is None:
                raise NotPrivate("this system does not support file locks")
            handle = held.enter_context(private_folder(folder))
            lock = open_file(handle, name + ".lock", os.O_RDWR | os.O_CREAT)
            held.callback(os.close, lock)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            state = State(File(handle, name), about, warn)
        except BlockingIOError:
            raise ConfigError(one_line("state_file: %s is used by another source; use a separate file for each source" % path)) from None
        except (OSError, NotPrivate) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ConfigError(one_line("state_file: %s cannot be used (%s)" % (path, reason))) from None
        yield state
