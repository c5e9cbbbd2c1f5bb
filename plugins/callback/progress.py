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
  - Listens on a socket in a folder that only the user can enter. Tasks on the same machine send messages to it without blocking.
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
import os
import sys
import time

from ansible.plugins.callback import CallbackBase

from ..module_utils._cloud.text import visible
from ..plugin_utils._board import INTERVAL, Board, Listener

_LONGEST_LINE = 1000
_USUAL = 10


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "cloud_dr.sdrs.progress"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._listener, self._board, self._due, self._seconds = None, Board(), 0.0, _USUAL

    def v2_playbook_on_start(self, playbook):
        show = self.get_option("show")
        # The callback console shows the same.
        if show == "never" or os.environ.get("SDRS_CONSOLE") or (show == "auto" and not sys.stdout.isatty()):
            return
        self._listener = Listener(self._heard)
        self._seconds = self._interval(self.get_option("interval"))
        self._due = time.monotonic() + self._seconds
        try:
            self._listener.open()
        except OSError as error:
            self._display.vvv("cloud_dr.sdrs.progress: no socket: %s" % error)
            return
        atexit.register(self._listener.close)

    def _interval(self, seconds):
        problem = INTERVAL(seconds)
        if problem:
            self._display.warning("cloud_dr.sdrs.progress: interval %s; it is %d now" % (problem, _USUAL))
        return _USUAL if problem else seconds

    def v2_playbook_on_stats(self, stats):
        if self._listener:
            self._listener.close()

    def _heard(self, message):
        line = self._board.heard(message) if message is not None else None
        if line:
            self._say(line)
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + self._seconds
            line = self._board.in_flight()
            if line:
                self._say(line)

    def _say(self, line):
        self._display.display("  sdrs: %s" % visible(line, keep="", longest=_LONGEST_LINE), color="cyan")
