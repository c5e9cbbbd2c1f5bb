# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress messages of running tasks: the board that collects them, and the socket that receives them. PRIVATE to the collection."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import threading
import time
from typing import Any

from ..module_utils._cloud.validate import Between
from ..module_utils._engine.progress import VARIABLE

INTERVAL = Between(0.01, 3600)
_LONGEST = 8192
_NAMED = 3


class Board:
    """The known steps of all tasks, formatted as lines."""

    def __init__(self, clock: Any = time.monotonic) -> None:
        self._clock = clock
        self._steps: dict = {}
        self.planned = self.done = self.failed = 0

    def heard(self, message: Any) -> Any:
        """Process a message; returns a line to print at once, or None."""
        event = message.get("event")
        if event == "planned":
            self.planned += int(message.get("steps") or 0)
            return None
        key = (message.get("pid"), message.get("step"))
        known = self._steps.setdefault(key, {"since": self._clock(), **message})
        known.update(message)
        if event not in ("done", "failed"):
            return None
        del self._steps[key]
        what = "%s %s %s" % (known.get("operation"), known.get("resource_type"), known.get("name") or "")
        if event == "failed":
            self.failed += 1
            return "failed: %s" % (message.get("error") or what)
        self.done += known.get("operation") not in ("find", "wait for")
        return None if known.get("quick") else "done: %s (%d s)" % (what.strip(), self._clock() - known["since"])

    def in_flight(self) -> str | None:
        """A line about the steps in flight; None without any."""
        running = [step for step in self._steps.values() if not step.get("quick") or step.get("progress") is not None]
        if not running:
            return None
        running.sort(key=lambda step: step["since"])
        named = ", ".join(self._named(step) for step in running[:_NAMED])
        more = ", …" if len(running) > _NAMED else ""
        failed = ", %d failed" % self.failed if self.failed else ""
        return "%d of %d done%s, %d in flight: %s%s" % (self.done, max(self.planned, self.done), failed, len(running), named, more)

    def running(self) -> list:
        """The steps in flight with their duration, the oldest first."""
        steps = sorted((step for step in self._steps.values() if not step.get("quick")), key=lambda step: step["since"])
        return ["%s (%d s)" % (self._named(step), self._clock() - step["since"]) for step in steps]

    @staticmethod
    def _named(step: Any) -> str:
        waiting = step.get("operation") == "wait for"
        words = [step.get("operation"), step.get("resource_type") if waiting else None,
                 step.get("name") or (None if waiting else step.get("resource_type"))]
        # 0 says nothing: an object that is being created has not begun to synchronise.
        percent = ["%d %%" % step["progress"]] if isinstance(step.get("progress"), int) and step["progress"] else []
        return " ".join([*filter(None, words), *percent])


class Listener:
    """A socket in a folder that only the user can enter, and a thread that reads it.

    :param heard: called with each message, and with None now and then
    """

    def __init__(self, heard: Any) -> None:
        self._heard = heard
        self._owner = os.getpid()
        self._folder: str | None = None
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """:raises OSError: there can be no socket"""
        self._folder = tempfile.mkdtemp(prefix="sdrs-progress-")  # 0700
        path = os.path.join(self._folder, "s")
        try:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.bind(path)
            self._socket.settimeout(0.5)
        except (OSError, AttributeError) as error:
            self.close()
            raise OSError(getattr(error, "strerror", None) or type(error).__name__) from None
        # Workers and modules inherit it.
        os.environ[VARIABLE] = path
        self._thread = threading.Thread(target=self._listen, args=(self._socket,), daemon=True)
        self._thread.start()

    def _listen(self, listening: socket.socket) -> None:
        while self._socket is listening:
            message = None
            try:
                message = json.loads(listening.recv(_LONGEST))
            except TimeoutError:
                pass
            except ValueError:
                continue
            except OSError:
                return
            try:
                self._heard(message)
            except (ValueError, TypeError, AttributeError):
                continue

    def close(self) -> None:
        """Only the process that opened it ends it; its children have copies."""
        if os.getpid() != self._owner:
            return
        listening, self._socket = self._socket, None
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join(1)
        self._thread = None
        if listening:
            listening.close()
            os.environ.pop(VARIABLE, None)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
