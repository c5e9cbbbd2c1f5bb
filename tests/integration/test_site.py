# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole site by one recovery plan: groups that fail, servers that hang or are refused, drills, and kills at any moment.

Small by itself; with SDRS_LARGE=1 (``make site``) forty groups of ten servers in five tiers, killed at twenty moments. SDRS_SEED chooses others.
"""

from __future__ import annotations

import collections
import os
import random
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest
from recovery_site import PLAN_CONFIRMED, Estate
from test_last_lines import CONSOLE, block, command

from runbook_site import ended
from support import eventually

LARGE = os.environ.get("SDRS_LARGE") == "1"
GROUPS, SERVERS, SPEED, TIMEOUT = (40, 10, "60", 40) if LARGE else (8, 2, "200", 8)
SEED = int(os.environ.get("SDRS_SEED") or time.time())
SIGNALS = (signal.SIGKILL, signal.SIGTERM)
MOMENTS = ("lock", "switch", "start", "hook", "last tier", "report")
FAILOVER = (*PLAN_CONFIRMED, "-e", "recovery_operation=failover")
HOOK = """
- name: Note that it ran
  ansible.builtin.lineinfile: {path: '%(folder)s/seen', create: true, mode: '0600', line: "{{ told }}"}
  vars: {told: "{{ recovery_operation }} {{ recovery_tier.name }} {{ recovery_variables.db }}"}
- name: Take its time
  ansible.builtin.wait_for: {timeout: 1}
"""


class Site(Estate):
    """The estate with a plan of tiers, of which some need others than the one before, and what can be told of its runs."""

    def __init__(self, folder):
        super().__init__(folder, GROUPS, SERVERS, SPEED)
        self.file("hook.yml", HOOK % {"folder": folder})
        share = [self.names[start::5 if LARGE else 3] for start in range(5 if LARGE else 3)]
        named = [{"name": "t%d" % number, "groups": groups, "timeout": TIMEOUT} for number, groups in enumerate(share, 1)]
        named[0].update(on_failure="continue", after="hook.yml")
        if LARGE:
            named[3].update(needs=["t1"])
            named[4].update(needs=[])
        self.tiers = named
        self.plan(tiers=named, after="dns.yml", variables={"target": {"db": "10.0.0.1"}, "drill": {"db": "10.9.0.1"}}, rto_target=3600)
        self.file("dns.yml", "- name: Move DNS\n  ansible.builtin.debug: {msg: '{{ recovery_variables.db }}'}\n")
        self.simulator.keep()

    def begin_anew(self):
        self.simulator.forget_faults()
        self.simulator.restore()
        self.simulator.forget()
        for path in (*(self.folder / "reports").rglob("*"), self.folder / "seen"):
            if path.is_file():
                path.unlink()

    def start(self, playbook="recover", arguments=FAILOVER):
        """A run with the console on a pipe, in a process group of its own."""
        settings = self.play._command(playbook, arguments, "inventory.yml", CONSOLE)
        with open(self.folder / "output", "w", encoding="utf-8") as output:
            return subprocess.Popen(**settings, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)

    def typed(self, words):
        return self.play.typed(words, **CONSOLE)

    def server_of(self, instance):
        """The DR server of a protected instance."""
        return next(each for each in self.task("sdrs_protected_instance_info")["protected_instances"] if each["name"] == instance)["target_server"]

    def sent(self):
        """How often each group was asked to switch."""
        ids = {group["id"]: group["name"] for group in self.task("sdrs_server_group_info")["server_groups"]}
        return collections.Counter(ids[path.split("/")[-2]] for path in self.switches())

    def journal(self):
        return "".join(path.read_text() for path in (self.folder / "reports" / "site").glob(".switch.jsonl"))

    def reached(self, moment):
        """Whether a run has come to a moment at which it shall be killed."""
        if moment == "lock":
            return (self.folder / "reports" / "site" / ".switch.jsonl.lock").exists()
        if moment == "switch":
            return bool(self.switches())
        if moment == "start":
            return bool(self.written("cloudservers/action"))
        if moment == "hook":
            return (self.folder / "seen").exists()
        return self.journal().count('"event": "tier"') >= len(self.tiers) - (moment == "last tier")


def expected(tiers, lost, down):
    """``{tier: status}`` as the documentation of plans tells it, of the groups that were not switched and the groups of which a server is not up."""
    found, before = {}, []
    for tier in tiers:
        stopped = [each for each in tiers if each["name"] in tier.get("needs", before) and (
            found[each["name"]] == "not_tried" or found[each["name"]] == "failed" and each.get("on_failure") != "continue")]
        bad = set(tier["groups"]) & (lost | down)
        found[tier["name"]] = "not_tried" if stopped else "failed" if bad else "passed"
        before = [tier["name"]]
    return found


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    yield made
    made.simulator.stop()


@pytest.mark.nightly
def test_two_groups_fail_one_power_on_hangs_and_one_is_refused(site):
    _drilled(site)
    site.begin_anew()
    tiers = {tier["name"]: tier["groups"] for tier in site.tiers}
    # In a tier without which the next ones start, and in one that is not started.
    lost = {tiers["t1"][0], tiers["t3"][-1]}
    for group in lost:
        site.simulator.fail_job(job_type="failoverProtectionGroupNoCG", resource_name=group, error_code="SDRS.0405", fail_reason="broken")
    hung, refused = tiers["t2"][0], tiers[site.tiers[-1]["name"] if LARGE else "t2"][1]
    hung_server, refused_server = site.server_of(hung + "-1"), site.server_of(refused + "-1")
    first = next(server["name"] for server in site.task("ecs_server_info")["ecs_servers"] if server["id"] == hung_server)
    site.simulator.fail_job(job_type="startServer", resource_name=first, hang=True, count=1)
    site.simulator.fault(method="POST", path="cloudservers/action", containing=refused_server, count=10**6, status=400,
                         body={"error": {"code": "Ecs.0211", "message": "the server is locked"}})
    failed = ended(site.run(**CONSOLE), 2)
    assert site.sent() == dict.fromkeys(site.names, 1)
    report, = site.reports()
    statuses, wanted = {step["check"]: step["status"] for step in report["steps"]}, expected(site.tiers, lost, {hung, refused})
    assert {name: statuses["tier " + name] for name in tiers} == wanted and set(wanted.values()) == {"failed", "not_tried"} | ({"passed"} if LARGE else set())
    assert {name for name in site.names if statuses["switch " + name] == "failed"} == lost
    running = site.running()
    for tier, groups in tiers.items():
        for group in groups:
            everything = {"%s-%d" % (group, number) for number in range(1, SERVERS + 1)}
            if group in lost:  # production is where it was
                assert running[group] == everything
            elif wanted[tier] == "not_tried":
                assert not running[group], group
            elif group == hung:  # its servers are started by one job, and none of another group waits for it
                assert not running[group]
            else:
                assert running[group] == everything - {refused + "-1"}, group
    found = block(failed.stdout)
    assert "%d of %d protection groups" % (GROUPS - 2, GROUPS) in found["STATE"] and "switch " + min(lost) in found["NOT DONE"], found

    site.simulator.forget_faults()
    for server in site.task("ecs_server_info", server_group=hung)["ecs_servers"]:  # somebody has freed what hung
        site.simulator.patch("servers", server["id"], **{"OS-EXT-STS:task_state": None})
    again = block(ended(site.typed(command(found)), 0).stdout)
    _finished(site, again, {name: 1 + (name in lost) for name in site.names})
    assert len(site.reports()) == 2 and site.reports()[-1]["interrupted"]


def _finished(site, last, sent):
    """Everything is where it shall be, and one run has told it."""
    assert set(site.states().values()) == {("failed-over", "target")} and set(site.up().values()) == {SERVERS}
    assert site.sent() == sent, site.sent()
    report = site.reports()[-1]
    assert report["verdict"] == "passed" and {step["status"] for step in report["steps"]} == {"passed"} and len(report["servers"]) == GROUPS * SERVERS
    assert "%d of %d protection groups" % (GROUPS, GROUPS) in last["STATE"] and "servers %d of %d" % (GROUPS * SERVERS, GROUPS * SERVERS) in last["STATE"]
    assert last["NOT DONE"].endswith("nothing remains") and "reprotect" in last["NEXT"], last
    assert not list((site.folder / "reports" / "site").glob(".*.jsonl"))


def _drilled(site):
    """The same plan, drilled, and killed while it is: nothing is left of it."""
    before = sorted(vpc["name"] for vpc in site.task("vpc_info")["vpcs"])
    for moment in ("drills", "hook", "clean up") if LARGE else ("hook",):
        running = site.start("drill", PLAN_CONFIRMED)
        _until(running, _drilling, site, moment)
        _kill(site, running, signal.SIGKILL)
        last = block(ended(site.run(playbook="drill", **CONSOLE)).stdout)
        assert not site.task("sdrs_drill_info")["drills"] and sorted(vpc["name"] for vpc in site.task("vpc_info")["vpcs"]) == before
        assert site.reports("drill")[-1]["verdict"] == "passed" and "nothing remains" in last["NOT DONE"]
        assert not site.switches() and set(site.states().values()) == {("protected", "source")}
        assert "drill t1 10.9.0.1" in (site.folder / "seen").read_text()
        site.begin_anew()


def _drilling(site, moment):
    if moment == "drills":
        return bool(site.written("disaster-recovery-drills"))
    if moment == "hook":
        return (site.folder / "seen").exists()
    return any(method == "DELETE" for method, _path, _status in site.simulator.log())


def _kill(site, running, number, whole=False):
    """End a run, or all its processes, and give back what it printed."""
    if running.poll() is None:
        os.killpg(running.pid, number) if whole else running.send_signal(number)
    running.wait(120)
    return (site.folder / "output").read_text()


def _moments():
    """``(moment, seconds to wait then, signal)``: each named one with each signal, and some by the clock."""
    chance = random.Random(SEED)
    if not LARGE:
        return [(chance.choice(MOMENTS), chance.random() / 2, chance.choice(SIGNALS))]
    named = [(moment, chance.random(), number) for moment in MOMENTS for number in SIGNALS]
    return named + [(None, None, number) for _each in range(4) for number in SIGNALS]


def test_killed_at_any_moment_and_run_again_at_once(site):
    wrong, chance = [], random.Random(SEED + 1)
    whole = _undisturbed(site) if LARGE else 0
    for moment, seconds, number in _moments():
        site.begin_anew()
        running = site.start()
        if moment:
            _until(running, Site.reached, site, moment)
        else:
            seconds = chance.random() * whole
        time.sleep(seconds)
        group = chance.random() < 0.5
        finished, output = running.poll() is not None, _kill(site, running, number, group)
        about = "%s + %.2f s, %s%s, seed %d" % (moment or "start", seconds, number.name, " of all its processes" if group else "", SEED)
        try:
            _again(site, output, number, finished)
        except AssertionError as error:
            wrong.append("%s: %s\n%s" % (about, error, output[-3000:]))
        _until(None, _gone, running.pid)
    assert not wrong, "\n\n".join(wrong)


def _undisturbed(site):
    """Seconds of a run that nothing disturbs; no process of it takes more than 300 MiB."""
    site.begin_anew()
    begun, running, most = time.monotonic(), site.start(), 0
    while running.poll() is None:
        most = max([most, *(_memory(pid) for pid in _group(running.pid))])
        time.sleep(0.1)
    seconds = time.monotonic() - begun
    assert running.returncode == 0 and most < 300, (running.returncode, most)
    print("undisturbed: %.0f s, %d MiB" % (seconds, most))
    return seconds


def _group(leader):
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if os.getpgid(int(place.name)) == leader:
                yield int(place.name)
        except ProcessLookupError:
            pass


def _memory(pid):
    try:
        return int(next(line for line in Path("/proc/%d/status" % pid).read_text().splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
    except (OSError, StopIteration):
        return 0


def _again(site, output, number, finished):
    """What a killed run said was true, and the next one ends the work."""
    arguments = None
    if number == signal.SIGTERM and not finished and "STATE " in output:
        found = block(output)
        _is_true(site, found)
        if "failover_confirm" in found["NEXT"] and "reprotect" not in found["NEXT"]:
            arguments = command(found)
    again = site.typed(arguments) if arguments else site.run(**CONSOLE)
    if finished and again.returncode == 2:  # it had ended, and its journal with it
        assert "nothing was switched" in block(again.stdout)["DONE"], again.stdout[-6000:]
        return
    assert again.returncode == 0, shlex.join(arguments or []) + again.stdout[-6000:] + again.stderr
    _finished(site, block(again.stdout), dict.fromkeys(site.names, 1))


def _is_true(site, found):
    """The last lines of a killed run say nothing that is not so."""
    if "nothing was sent" in found["DONE"]:
        assert not site.written(), found
    over = [name for name, state in site.states().items() if state == ("failed-over", "target")]
    told = re.search(r"(\d+) of %d protection groups" % GROUPS, found["STATE"])
    assert told is None or int(told.group(1)) <= len(over), found
    assert "ended by SIGTERM" in found["NOT DONE"] or "nothing remains" in found["NOT DONE"], found


def _until(running, reached, *arguments):
    """Wait for a moment of a run, or for its end."""
    eventually(lambda: running is not None and running.poll() is not None or reached(*arguments), 600)


def _gone(group):
    """Whether no process of a run is left; the worker of a killed one ends its task."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_oracle():
    tiers = [{"name": "a", "groups": ["1"]}, {"name": "b", "groups": ["2"], "on_failure": "continue"}, {"name": "c", "groups": ["3"]},
             {"name": "d", "groups": ["4"], "needs": ["b"]}, {"name": "e", "groups": ["5"], "needs": []}]
    assert expected(tiers, {"2"}, {"3"}) == {"a": "passed", "b": "failed", "c": "failed", "d": "passed", "e": "passed"}
    assert expected(tiers, {"1"}, set()) == {"a": "failed", "b": "not_tried", "c": "not_tried", "d": "not_tried", "e": "passed"}
