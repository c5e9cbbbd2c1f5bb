# SPDX-License-Identifier: GPL-3.0-or-later
"""The last 15 lines of each runbook: a person who sees only these knows what is true and what to type."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess

import pytest

from runbook_site import CONFIRMED, ended
from support import eventually, nightly

LABELS = ("STATE", "DONE", "NOT DONE", "NEXT")
CONSOLE = {"ANSIBLE_STDOUT_CALLBACK": "cloud_dr.sdrs.console"}
SWITCHES = ("failover", "planned_failover", "failback", "reprotect")
READERS = ("plan", "converge", "export", "drift", "drill_status", "drill")
DOCUMENT = {"topology_server_group": {"description": "the same"}}


def block(output):
    """``{label: text}`` of the last lines, which nothing follows."""
    lines = output.rstrip("\n").split("\n")
    start = max(number for number, line in enumerate(lines) if line.startswith("STATE "))
    assert start > max(number for number, line in enumerate(lines) if line.startswith("PLAY RECAP")) if "PLAY RECAP" in output else True
    last = lines[start:]
    assert len(last) <= 15, last
    # A path or a JSON text of the user's is a word that cannot be broken.
    assert max(len(line) for line in last if max(map(len, line.split())) < 60 and "{" not in line) <= 80, last
    assert [next(label for label in LABELS if line.startswith(label)) for line in last if re.match("STATE|DONE|NOT DONE|NEXT", line)] == list(LABELS), last
    found, label = {}, None
    for line in last:
        label = next((each for each in LABELS if line.startswith(each + " ")), label)
        found[label] = " ".join((found.get(label, "") + " " + line.removeprefix(label).strip()).split())
    return found


def command(found):
    """What NEXT says to type."""
    return shlex.split(found["NEXT"][found["NEXT"].index("ansible-playbook"):].replace("\\ ", ""))


def run(site, playbook, *arguments, code=0, **environment):
    return block(ended(site.play(playbook, *arguments, **{**CONSOLE, **environment}), code).stdout)


def typed(site, found, code=0):
    """Carry out what NEXT says, as a person would paste it."""
    words = command(found)
    return words, block(ended(site.play.typed(words, **CONSOLE), code).stdout)


@pytest.fixture
def erp(site):
    found = site().synchronised()
    found.play.inventory(erp=DOCUMENT)
    return found


@pytest.mark.nightly
def test_from_a_failover_to_production_back_home_by_what_next_says(erp):
    found = run(erp, "failover", code=2)
    assert "not read in this run" in found["STATE"] and found["DONE"] == "erp: nothing: nothing was sent that changes anything", found
    assert "not confirmed: erp" in found["NOT DONE"] and not erp.simulator.log()
    words, found = typed(erp, found, 2)
    assert "failover_confirm=erp" in words and "production at the source site" in found["STATE"], found
    assert "looks healthy" in found["NOT DONE"] and command(found)[1] == "cloud_dr.sdrs.planned_failover" and not erp.written()
    done = ended(erp.play("failover", *CONFIRMED, **CONSOLE))
    found = block(done.stdout)
    assert "production at the target site" in found["STATE"] and "NOT protected" in found["STATE"] and "3 of 3 verified up" in found["STATE"]
    assert "switched after" in found["DONE"] and "/failover-" in found["DONE"]
    assert len(done.stdout.splitlines()) <= 40 and "skipping" not in done.stdout and '{"' not in done.stdout, done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if line and max(map(len, line.split())) < 60) <= 80
    words, found = typed(erp, found)
    assert words[1] == "cloud_dr.sdrs.reprotect" and "protected: its data" in found["STATE"] and erp.state()[:2] == ("protected", "target")
    erp.synchronised()
    words, found = typed(erp, found)
    assert words[1] == "cloud_dr.sdrs.failback" and "production at the source site" in found["STATE"] and "nothing remains" in found["NOT DONE"]
    assert erp.state()[:2] == ("protected", "source") and command(found)[1] == "cloud_dr.sdrs.drill"


@pytest.mark.parametrize("playbook", [
    "failover", "plan", *map(nightly, SWITCHES[1:] + READERS[1:])])
def test_a_service_that_does_not_answer_and_wrong_credentials(erp, playbook):
    secret = "not-the-secret-key-0123456789"
    wrong = {"sdrs_connection": dict(erp.play.connection, secret_key=secret, max_retries=0)}
    done = ended(erp.play(playbook, *CONFIRMED, "-e", json.dumps(wrong), **CONSOLE), 2)
    found = block(done.stdout)
    assert "erp: not" in found["STATE"] and "nothing" in found["DONE"] and command(found)[1] == "cloud_dr.sdrs.doctor", found
    assert secret not in done.stdout + done.stderr
    erp.simulator.fault(status=503, path="/", count=10**6)
    erp.play.connection["max_retries"] = 0
    erp.play.inventory(erp=DOCUMENT)
    found = run(erp, playbook, *CONFIRMED, code=2)
    assert "erp: not" in found["STATE"] and "nothing" in found["DONE"] and "503" in found["NOT DONE"] and command(found)[1] == "cloud_dr.sdrs.doctor", found
    words, found = typed(erp, found, 2)
    assert "not healthy" in found["STATE"] and command(found)[1] == "cloud_dr.sdrs.doctor", found
    erp.simulator.forget_faults()
    assert not erp.written()


def test_a_failure_names_what_was_not_tried_and_the_next_run_goes_on(erp):
    erp.file("broken.yml", "- name: Tell the load balancer\n  ansible.builtin.fail: {msg: it is on fire}\n")
    waves = json.dumps({"failover_waves": [{"instances": erp.names[:1], "after": "broken.yml"}, {"instances": erp.names[1:2]}]})
    done = ended(erp.play("planned_failover", *CONFIRMED, "-e", waves, **CONSOLE), 2)
    found = block(done.stdout)
    assert "servers 1 of 3 verified up, not tried: app-02, app-03" in found["STATE"], found
    assert "it is on fire" in found["NOT DONE"] and "wave 2: app-02 not tried; wave 3: app-03 not tried" in found["NOT DONE"]
    assert "servers stopped after" in found["DONE"] and done.stdout.count("it is on fire") == 2, "once when it happens, once at the end"
    erp.file("broken.yml", "- name: Tell the load balancer\n  ansible.builtin.debug: {msg: done}\n")
    words, found = typed(erp, found)
    assert waves in words and "3 of 3 verified up" in found["STATE"] and erp.report("planned_failover")[0]["interrupted"]


@pytest.mark.parametrize("playbook, moment", [
    ("failover", "/failover"), nightly("planned_failover", "/action"), nightly("drill", "disaster-recovery-drills")])
def test_a_signal_leaves_what_is_known_and_the_command_that_goes_on(site, playbook, moment):
    erp = site(speed="12").synchronised()
    settings = erp.play._command(playbook, CONFIRMED, "inventory.yml", CONSOLE)
    running = subprocess.Popen(**settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    eventually(lambda: erp.written() if moment == "/action" else [path for path in erp.written() if moment in path or "action" in path], 60)
    running.send_signal(signal.SIGTERM)
    found = block(running.communicate(timeout=60)[0])
    assert running.returncode in (-signal.SIGTERM, 143), running.returncode
    assert "ended by SIGTERM during:" in found["NOT DONE"] and "may still be running" in found["NOT DONE"], found
    assert "production" in found["STATE"] and command(found)[1] == "cloud_dr.sdrs." + playbook
    words, found = typed(erp, found)
    assert "2 of 3" not in found["STATE"] and "3 of 3 verified up" in found["STATE"] and not erp.drills(), found


def test_check_mode_rehearses_and_ends_as_the_real_run_would(erp):
    waves = ("-e", json.dumps({"failover_waves": [{"instances": erp.names[:1]}]}))
    found = run(erp, "planned_failover", "--check", *waves)
    ordered = r"1\. stop the servers of wave 2.* 2\. stop the servers of wave 1.* 3\. switch production.* 4\. start and verify wave 1"
    assert re.search(ordered, found["NOT DONE"]), found
    assert "check mode changes nothing" in found["DONE"] and "failover_confirm=erp" in command(found) and not erp.written()
    assert erp.report("planned_failover")[0]["milestones"][-1]["name"] == "requested", "nothing that did not happen"
    refused = run(erp, "failback", "--check", code=2)
    assert "already" in refused["NOT DONE"] and not erp.written()
    refused = run(erp, "failover", "--check", "-e", "failover_wavs=[]", code=2)
    assert "did you mean failover_waves?" in refused["NOT DONE"]
    refused = run(erp, "failover", "--check", code=2)
    assert "looks healthy" in refused["NOT DONE"]
    found = run(erp, "converge", "--check", "-e", json.dumps({"topology_server_group": {"protection": "disabled"}}))
    assert "Plan: 0 to create, 1 to change, 0 to delete" in found["NOT DONE"] and command(found)[1] == "cloud_dr.sdrs.converge"
    words, found = typed(erp, run(erp, "drill", "--check"))
    assert words[1] == "cloud_dr.sdrs.drill" and "drill removed" in found["DONE"]


def test_a_group_in_flight_is_in_flight(erp):
    group = erp.task("sdrs_server_group_info")["server_groups"][0]["id"]
    erp.simulator.patch("server_groups", group, status="failing-over")
    found = run(erp, "failover", "--check")
    assert "in flight (failing-over)" in found["STATE"] and "failed over" not in " ".join(found.values()), found
    assert command(found)[1] == "cloud_dr.sdrs.failover"


@pytest.mark.nightly
def test_ten_groups_fit_a_hundred_lines(site):
    groups = ["erp", *("g-%d" % number for number in range(9))]
    erp = site(count=20, groups=groups).synchronised()
    done = ended(erp.play("failover", "-e", "failover_confirm=" + ",".join(groups), "-e", "failover_force=true", **CONSOLE))
    found = block(done.stdout)
    assert found["STATE"].startswith("all 10 (") and "production at the target site" in found["STATE"] and "2 of 2 verified up" in found["STATE"], found
    assert len(done.stdout.splitlines()) <= 100, done.stdout


def test_one_group_of_three_that_fails_comes_first(site):
    erp = site(groups=("erp", "crm", "web")).synchronised()
    erp.play.inventory(erp={}, crm={"failover_waves": [{"instances": ["nobody"]}]}, web={})
    found = run(erp, "failover", "-e", "failover_confirm=erp,crm,web", "-e", "failover_force=true", code=2)
    assert "'nobody', which is no protected instance" in found["NOT DONE"] and "erp, web: production at the target site" in found["STATE"], found
    words = command(found)
    assert words[words.index("--limit") + 1] == "crm" and words[-1] == "failover_confirm=crm" and erp.state()[:2] == ("failed-over", "target")


def test_a_plan_that_could_not_be_made_is_no_success(erp):
    wrong = json.dumps({"topology_server_group": {"protected_instances": [{"name": "x", "server": "ecs-of-nobody"}]}})
    found = run(erp, "plan", "-e", wrong, code=2)
    assert "ecs-of-nobody" in found["NOT DONE"] and "could not be compared" in found["STATE"]


@pytest.mark.parametrize("playbook", ("drill", "failover", "plan", "doctor"))
def test_plain_output_shows_the_same_lines(erp, playbook):
    erp.simulator.fault(status=503, path="/", count=10**6)
    erp.play.connection["max_retries"] = 0
    erp.play.inventory(erp={})
    done = ended(erp.play(playbook, *CONFIRMED), 2)
    assert [line.split("  ")[0] for line in done.stdout.splitlines() if re.match("(STATE|DONE|NOT DONE|NEXT) ", line)] == list(LABELS), done.stdout


def test_the_end_may_be_shown_by_a_playbook_of_ones_own(erp):
    endings = [{"host": "erp", "subject": "erp", "confirm": "erp", "state": ["fine"], "done": ["all"], "not_done": ["nothing"], "next": None, "failed": False}]
    erp.file("mine.yml", json.dumps([{"name": "Mine", "hosts": "erp", "connection": "local", "gather_facts": False, "tasks": [
        {"name": "End", "cloud_dr.sdrs.run_ending": {"endings": endings}}]}]))
    module, done = "run_ending", ended(erp.play("mine.yml"))
    assert "STATE     erp: fine" in done.stdout and "NEXT      nothing has to be done" in done.stdout, module


FILES = {
    "unparsable": "- name: [", "no list": "name: x", "unknown module": "- name: X\n  no.such.module: {}\n", "a mapping in a list of lists": "- - name: X\n",
    "nested": "- name: X\n  ansible.builtin.include_tasks: below.yml\n", "missing": None,
    "nested by a template": "- name: X\n  ansible.builtin.include_tasks: \"{{ 'be' }}low.yml\"\n",
    "unknown variable": "- name: X\n  ansible.builtin.debug: {msg: \"{{ erp_prot }}\"}\n", "end of the run": "- name: X\n  ansible.builtin.meta: end_host\n",
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_cannot_be_run_is_refused_before_anything_is_done(erp, kind):
    erp.file("below.yml", "- name: X\n  no.such.module: {}\n")
    if FILES[kind] is not None:
        erp.file("mine.yml", FILES[kind])
    for playbook, variables in (
        ("failover", {"failover_waves": [{"instances": erp.names, "after": "mine.yml"}]}), ("drill", {"drill_verify_tasks": "mine.yml"}),
        ("recover_by_drill", {"recover_by_drill_waves": [{"instances": erp.names, "before": "mine.yml"}], "recover_by_drill_confirm": "erp"}),
    )[:3 if kind == "unknown variable" else 2]:
        erp.simulator.forget()
        found = run(erp, playbook, *CONFIRMED, "-e", json.dumps(variables), code=2)
        assert ("below.yml" if "nested" in kind else "mine.yml") in found["NOT DONE"] and "nothing" in found["DONE"] and not erp.simulator.log(), found
