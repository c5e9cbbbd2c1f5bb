# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: console
type: stdout
short_description: Compact screen output of runbooks, with a closing summary
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Prints one line for each event of a protection group, with the time since the start, operations in flight while a task waits, and each
    failure once. Skipped tasks and JSON are not shown.
  - After the recap it prints at most 15 lines that begin with C(STATE), C(DONE), C(NOT DONE) and C(NEXT), the last one with the command to copy.
    It also does so if the run fails, is refused, or is ended by a signal.
  - The output is plain text of 80 columns. Colours are used on terminals only, and not if E(NO_COLOR) is set.
  - For your own tasks, it shows their names and what they print with M(ansible.builtin.debug). With C(-vvv) every result is shown.
requirements:
  - Set it in C(ansible.cfg) with C(stdout_callback = cloud_dr.sdrs.console), or by E(ANSIBLE_STDOUT_CALLBACK).
options:
  interval:
    description: Seconds without output after which operations in flight are shown, from 0.01 to 3600. Other values are reported and ignored.
    type: float
    default: 8
    env:
      - name: SDRS_CONSOLE_INTERVAL
    ini:
      - section: callback_sdrs_console
        key: interval
seealso:
  - plugin: cloud_dr.sdrs.progress
    plugin_type: callback
"""

import atexit
import contextlib
import json
import os
import re
import signal
import sys
import threading
import time
from pathlib import Path

from ansible import constants as C
from ansible.plugins.callback import CallbackBase

from ..module_utils._cloud.errors import one_line
from ..module_utils._cloud.text import visible
from ..plugin_utils._board import INTERVAL, Board, Listener
from ..plugin_utils._console import AT_THE_END, PLAN, WIDTH, Screen, folded, is_ours, line, of_a_plan, parts
from ..plugin_utils._ending_lines import block
from ..plugin_utils._typed import typed

VARIABLE = "SDRS_CONSOLE"
_USUAL = 8
_COLORS = {"changed": C.COLOR_CHANGED, "failed": C.COLOR_ERROR, "note": C.COLOR_WARN}
_DIFF = {"+": C.COLOR_DIFF_ADD, "-": C.COLOR_DIFF_REMOVE, "@": C.COLOR_DIFF_LINES}
_COLOR_CODE = re.compile(r"\x1b\[[0-9;]*m")  # of Ansible, which colours a diff by itself
_LOCAL = ("doctor", "demo", "posture", PLAN, "recovery_export")
_RUNBOOKS = ("converge", "plan", "export", "drift", "drill", "drill_status", "failover", "planned_failover", "failback", "reprotect", "recover_by_drill",
             "doctor", "demo", "posture", PLAN, "recovery_export")


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "cloud_dr.sdrs.console"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._screen, self._board, self._lock = Screen(), Board(), threading.RLock()
        self._began = self._spoken = time.monotonic()
        self._owner, self._listener, self._seconds = os.getpid(), None, _USUAL
        self._hosts, self._playbook, self._over, self._status, self._held = [], None, True, False, {}
        self._warned, self._signals, self._play_hosts, self._play, self._unmatched = set(), {}, [], None, False

    # What begins

    def v2_playbook_on_start(self, playbook):
        os.environ[VARIABLE] = "1"  # workers inherit it, and leave the end to this callback
        self._began = self._spoken = time.monotonic()
        self._playbook, self._over = Path(str(getattr(playbook, "_file_name", ""))).stem, False
        problem = INTERVAL(self.get_option("interval"))
        self._seconds = _USUAL if problem else self.get_option("interval")
        self._listener = Listener(self._heard)
        try:
            self._listener.open()
        except OSError as error:
            self._display.vvv("cloud_dr.sdrs.console: no socket: %s" % error)
        atexit.register(self._at_exit)
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(ValueError):  # not in the main thread
                self._signals[number] = signal.signal(number, self._on_signal)

    def v2_playbook_on_play_start(self, play):
        self._play_hosts = [host.get_name() for host in play.get_variable_manager()._inventory.get_hosts(play.hosts)]  # pylint: disable=protected-access
        name = play.get_name().strip()
        # Told when a host begins: some plays of a runbook have none.
        self._play = name != "Check the target" and name and name + (" (check mode: nothing is sent)" if play.check_mode else "")

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._flush()

    def v2_playbook_on_handler_task_start(self, task):
        self._flush()

    def v2_runner_on_start(self, host, task):
        with self._lock:
            play, self._play = self._play, None
            if play:
                self._say(play)
            if host.get_name() not in self._hosts:
                self._hosts.append(host.get_name())
            if self._playbook != PLAN and of_a_plan(task):
                self._playbook = PLAN
            self._screen.started(host.get_name(), task.get_name().rpartition(" : ")[2].strip(), str(task.resolved_action or task.action), time.monotonic())

    # What ends

    def v2_runner_on_ok(self, result):
        host, task, found = parts(result)
        lines = self._screen.ended(
            host, task.get_name().rpartition(" : ")[2].strip(), str(task.resolved_action or task.action), found, is_ours(task), bool(task.check_mode))
        self._warnings(host, found)
        for each in lines:
            if each[2] == "note":  # the same for several groups is one line
                self._held.setdefault(each[1], []).append(each[0])
            else:
                self._say(each[1], each[0], each[2])
        self._dump(host, found)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        host, task, found = parts(result)
        self._warnings(host, found)
        for each in self._screen.failed(host, task.get_name().rpartition(" : ")[2].strip(), found, ignore_errors, is_ours(task)):
            self._say(each[1], each[0], each[2])
        for other in self._play_hosts if task.run_once and not ignore_errors else ():  # it failed for all of them
            self._hosts += [other] if other not in self._hosts else []
            if other != host:
                self._screen.failed(other, task.get_name(), found, ours=is_ours(task))
        self._dump(host, found)

    def v2_runner_item_on_failed(self, result):
        self._screen.item_failed(*parts(result)[::2])

    def v2_runner_on_unreachable(self, result):
        self.v2_runner_on_failed(result)

    def v2_runner_on_skipped(self, result):
        self._screen.current.pop(parts(result)[0], None)

    def v2_runner_retry(self, result):
        """Shown by the lines about what is in flight."""

    def v2_on_file_diff(self, result):
        found = parts(result)[2]
        for diff in found.get("diff") if isinstance(found.get("diff"), list) else [found.get("diff")]:
            if diff and found.get("changed"):
                for each in self._get_diff(diff).splitlines():
                    for part in folded(visible(_COLOR_CODE.sub("", each), keep="", longest=400)):
                        self._print(part, _DIFF.get(part[:1]))

    def v2_playbook_on_no_hosts_matched(self):
        self._play, self._unmatched = None, True

    def v2_playbook_on_no_hosts_remaining(self):
        self._say("no hosts are left to continue with", kind="failed")

    # How it ended

    def v2_playbook_on_stats(self, stats):
        self._flush()
        self._close()
        if self._unmatched and not self._hosts:
            self._say("no hosts matched", kind="failed")
        self._print("")
        self._print("PLAY RECAP")
        for host in sorted(stats.processed):
            numbers = stats.summarize(host)
            shown = ["ok=%d changed=%d failed=%d" % (numbers["ok"], numbers["changed"], numbers["failures"])]
            shown += ["%s=%d" % (name, numbers[name]) for name in ("unreachable", "skipped", "rescued", "ignored") if numbers[name]]
            bad = numbers["failures"] or numbers["unreachable"]
            for part in folded("%s  %s" % (one_line(host, 64), " ".join(shown))):
                self._print(part, C.COLOR_ERROR if bad else C.COLOR_CHANGED if numbers["changed"] else C.COLOR_OK)
        custom = dict(getattr(stats, "custom", {}).get("_run", {})) if C.SHOW_CUSTOM_STATS else {}
        if custom:
            for part in folded("CUSTOM STATS " + one_line(json.dumps(custom, default=str, ensure_ascii=False, sort_keys=True), 2000)):
                self._print(part)
        self._end()

    def _end(self):
        """The last lines, once."""
        with self._lock:
            if self._over:
                return
            self._over = True
            self._clear()
        local = self._playbook in _LOCAL or self._screen.local
        hosts = self._hosts if local else [host for host in self._hosts if host != "localhost"] or self._hosts
        known = self._playbook in _RUNBOOKS
        if self._playbook == PLAN and "localhost" in hosts:
            hosts = ["localhost"]
        if not known:
            hosts = [host for host in hosts if host in self._screen.endings or host in self._screen.facts]
        try:
            endings = self._screen.finish(hosts, self._playbook)
            if endings:
                self._print("")
                for each in block(endings, typed(hosts, local)):
                    self._print(each)
        except Exception as error:  # pylint: disable=broad-except
            self._print("the closing summary cannot be shown: %s" % one_line("%s: %s" % (type(error).__name__, error)))

    def _at_exit(self):
        """Ended before the recap: by a key, or by an error of Ansible."""
        if os.getpid() != self._owner or self._over:
            return
        self._screen.stopped_by = self._screen.stopped_by or "an interruption"
        self._close()
        self._end()

    def _on_signal(self, number, frame):
        before = self._signals.get(number)
        if os.getpid() == self._owner and not self._over:
            self._screen.stopped_by = signal.Signals(number).name
            with contextlib.suppress(RuntimeError):  # the signal came while the stream was written
                self._end()
                sys.stdout.flush()
        if callable(before) and os.getpid() == self._owner:
            before(number, frame)
            return
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    def _heard(self, message):
        with self._lock:
            told = self._board.heard(message) if message is not None else None
            if self._over:
                return
            if told and str((message or {}).get("operation")) not in AT_THE_END and not told.startswith("failed: "):
                self._say(told.partition(": ")[2] if told.startswith("done: ") else told)
            if time.monotonic() - self._spoken >= self._seconds:
                running = self._board.running()
                waiting = "; ".join(running[:2]) + (" and %d more" % (len(running) - 2) if len(running) > 2 else "") or self._screen.waiting(time.monotonic())
                if waiting:
                    self._wait("in flight: %s" % waiting)

    def _wait(self, text):
        lines = line(None, text, time.monotonic() - self._began)
        if sys.stdout.isatty() and os.environ.get("TERM") not in (None, "dumb"):
            self._clear()
            sys.stdout.write(lines[0][: WIDTH - 1])
            sys.stdout.flush()
            self._status, self._spoken = True, time.monotonic() - self._seconds + 1
        else:
            for each in lines:
                self._print(each)

    def _say(self, text, host=None, kind="ok"):
        for each in line(host, text, time.monotonic() - self._began):
            self._print(each, _COLORS.get(kind))

    def _flush(self):
        held, self._held = self._held, {}
        for text, hosts in held.items():
            names = ", ".join(hosts) if len(hosts) <= 3 else "%d groups" % len(hosts)
            self._say(text, names, "note")

    def _warnings(self, host, found):
        for warning in found.get("warnings") or []:
            text = one_line(warning.get("msg") if isinstance(warning, dict) else getattr(warning, "msg", None) or warning, 1500)
            if text not in self._warned:
                self._warned.add(text)
                self._held.setdefault("warning: " + text, []).append(host)

    def _dump(self, host, found):
        if self._display.verbosity > 2:
            self._print("%s %s" % (host, visible(self._dump_results(found, indent=2), keep="\n")))

    def _print(self, text, color=None):
        with self._lock:
            self._clear()
            self._spoken = time.monotonic()
            # Whatever ANSIBLE_FORCE_COLOR says: a log is no terminal.
            self._display.display(text, color=color if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else None)

    def _clear(self):
        if self._status:
            self._status = False
            sys.stdout.write("\r\x1b[K")
            sys.stdout.flush()

    def _close(self):
        if self._listener and os.getpid() == self._owner:
            self._listener.close()
