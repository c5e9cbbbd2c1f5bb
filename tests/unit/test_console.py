# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback console called as Ansible calls it: which lines it prints, and in which colours."""

from __future__ import annotations

import io
import sys
import types

import pytest
from ansible import constants as C

from ansible_collections.cloud_dr.sdrs.plugins.callback import console


class Terminal(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.fixture
def callback(monkeypatch):
    """A callback whose lines are gathered as ``(text, colour)``."""
    made = console.CallbackModule()
    made.lines = []
    monkeypatch.setattr(made, "_display", types.SimpleNamespace(display=lambda text, color=None: made.lines.append((text, color)), verbosity=0))
    monkeypatch.setattr(made, "_end", lambda: None)
    return made


def play(name):
    inventory = types.SimpleNamespace(get_hosts=lambda _pattern: [])
    return types.SimpleNamespace(get_name=lambda: name, check_mode=False, hosts="all",
                                 get_variable_manager=lambda: types.SimpleNamespace(_inventory=inventory))


def begin(callback, host):
    task = types.SimpleNamespace(get_name=lambda: "Task", resolved_action="debug", action="debug", get_path=lambda: "")
    callback.v2_runner_on_start(types.SimpleNamespace(get_name=lambda: host), task)


def stats(*hosts):
    numbers = {"ok": 1, "changed": 0, "failures": 0, "unreachable": 0, "skipped": 0, "rescued": 0, "ignored": 0}
    return types.SimpleNamespace(processed=dict.fromkeys(hosts, 1), summarize=lambda _host: numbers, custom={"_run": {"a": "b " * 100}})


@pytest.mark.parametrize("terminal, environment, coloured", [
    (True, {}, True), (True, {"NO_COLOR": "1"}, False), (True, {"NO_COLOR": ""}, True), (False, {}, False), (False, {"ANSIBLE_FORCE_COLOR": "1"}, False),
])
def test_colours_are_on_terminals_only(callback, monkeypatch, terminal, environment, coloured):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", Terminal(terminal))
    callback._say("it failed", "erp", "failed")
    assert bool(callback.lines[-1][1]) == coloured


def test_a_diff_is_folded_and_its_colours_are_its_own(callback, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal(True))
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(callback, "_get_diff", lambda _diff: "\x1b[0;32m+description: %s\x1b[0m\n\x1b[0;31m-gone\x1b[0m" % ("word " * 40))
    result = types.SimpleNamespace(host=types.SimpleNamespace(get_name=lambda: "erp"), task=object(), result={"changed": True, "diff": [{"before": "a"}]})
    callback.v2_on_file_diff(result)
    assert len(callback.lines) > 2 and not any("\x1b" in text or len(text) > 80 for text, _color in callback.lines)
    assert callback.lines[0][1] == C.COLOR_DIFF_ADD and callback.lines[-1] == ("-gone", C.COLOR_DIFF_REMOVE)


def test_a_play_is_named_when_a_host_begins_and_no_host_is_told_once(callback, monkeypatch):
    for name in ("Check the target of the recovery plan", "Recovery"):
        callback.v2_playbook_on_play_start(play(name))
        callback.v2_playbook_on_no_hosts_matched()
    callback.v2_playbook_on_play_start(play("Failover"))
    assert not callback.lines
    begin(callback, "erp")
    begin(callback, "crm")
    assert [text.split("  ")[-1] for text, _color in callback.lines] == ["Failover"]
    monkeypatch.setattr(C, "SHOW_CUSTOM_STATS", True)
    callback.v2_playbook_on_stats(stats("h" * 64))
    assert not any("no hosts matched" in text for text, _color in callback.lines) and max(len(text) for text, _color in callback.lines) <= 80
    callback._hosts.clear()
    callback.v2_playbook_on_stats(stats())
    assert sum("no hosts matched" in text for text, _color in callback.lines) == 1
