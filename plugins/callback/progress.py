# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: aggregate
short_description: Live progress of long SDRS tasks
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - While one task of this collection runs many jobs, prints which jobs have ended or failed, and every few seconds which are running, with
    the service's own percentages.
  - Listens on a socket in a folder that only the user can enter. Tasks that run on the same machine send to it, and never wait for it.
  - Prints nothing unless the output is a terminal or O(show=always).
requirements:
  - Enable it in C(ansible.cfg) with C(callbacks_enabled = cloud_dr.sdrs.progress), or by E(ANSIBLE_CALLBACKS_ENABLED).
options:
  show:
    description: V(auto) prints to a terminal only.
    type: str
    choices: [auto, always, never]
    default: auto
    env:
      - name: SDRS_PROGRESS
    ini:
      - section: callback_sdrs_progress
        key: show
  interval:
    description: Seconds between two lines about running jobs, from 0.01 to 3600. Other values are reported and ignored.
    type: float
    default: 10
    env:
      - name: SDRS_PROGRESS_INTERVAL
    ini:
      - section: callback_sdrs_progress
        key: interval
"""

import atexit
import json
import os
import shutil
import socket
import sys
import tempfile
import threading
import time

from ansible.plugins.callback import CallbackBase

from ..module_utils._engine.progress import VARIABLE
from ..module_utils._cloud.validate import Between
from ..module_utils._cloud.text import visible

_LONGEST = 8192
_LONGEST_LINE = 1000
_NAMED = 3
_USUAL = 10
INTERVAL = Between(0.01, 3600)


class Board:
    """What is known of the steps of all tasks, and how it is put into lines."""

    def __init__(self, clock=time.monotonic):
        self._clock = clock
        self._steps, self.planned, self.done, self.failed = {}, 0, 0, 0

    def heard(self, message):
        """Take in a message; gives back a line to print at once, or None."""
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

    def in_flight(self):
        """A line about what is in flight; None when nothing is."""
        running = [step for step in self._steps.values() if not step.get("quick") or step.get("progress") is not None]
        if not running:
            return None
        running.sort(key=lambda step: step["since"])
        named = ", ".join(_named(step) for step in running[:_NAMED])
        more = ", …" if len(running) > _NAMED else ""
        failed = ", %d failed" % self.failed if self.failed else ""
        return "%d of %d done%s, %d in flight: %s%s" % (self.done, max(self.planned, self.done), failed, len(running), named, more)


def _named(step):
    waiting = step.get("operation") == "wait for"
    words = [step.get("operation"), step.get("resource_type") if waiting else None, step.get("name") or (None if waiting else step.get("resource_type"))]
    # 0 says nothing: an object that is being created has not begun to synchronise.
    percent = ["%d %%" % step["progress"]] if isinstance(step.get("progress"), int) and step["progress"] else []
    return " ".join([*filter(None, words), *percent])


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "cloud_dr.sdrs.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._folder = self._socket = self._thread = None
        self._owner = os.getpid()

    def v2_playbook_on_start(self, playbook):
        show = self.get_option("show")
        if show == "never" or (show == "auto" and not sys.stdout.isatty()):
            return
        try:
            self._folder = tempfile.mkdtemp(prefix="sdrs-progress-")  # 0700
            path = os.path.join(self._folder, "s")
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.bind(path)
            self._socket.settimeout(0.5)
        except (OSError, AttributeError) as error:
            self._display.vvv("cloud_dr.sdrs.progress: no socket: %s" % (getattr(error, "strerror", None) or error.__class__.__name__))
            self._close()
            return
        # Workers and modules inherit it.
        os.environ[VARIABLE] = path
        atexit.register(self._close)
        self._thread = threading.Thread(target=self._listen, args=(self._socket, self._interval(self.get_option("interval"))), daemon=True)
        self._thread.start()

    def _interval(self, seconds):
        problem = INTERVAL(seconds)
        if problem:
            self._display.warning("cloud_dr.sdrs.progress: interval %s; it is %d now" % (problem, _USUAL))
        return _USUAL if problem else seconds

    def v2_playbook_on_stats(self, stats):
        self._close()

    def _listen(self, listening, interval):
        board, due = Board(), time.monotonic() + interval
        while self._socket is listening:
            line = None
            try:
                line = board.heard(json.loads(listening.recv(_LONGEST)))
            except TimeoutError:
                pass
            except (ValueError, TypeError, AttributeError):
                continue
            except OSError:
                return
            if line:
                self._say(line)
            if time.monotonic() >= due:
                due = time.monotonic() + interval
                line = board.in_flight()
                if line:
                    self._say(line)

    def _say(self, line):
        self._display.display("  sdrs: %s" % visible(line, keep="", longest=_LONGEST_LINE), color="cyan")

    def _close(self):
        if os.getpid() != self._owner:
            return
        listening, self._socket = self._socket, None
        if self._thread:
            self._thread.join(1)
            self._thread = None
        if listening:
            listening.close()
            os.environ.pop(VARIABLE, None)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
