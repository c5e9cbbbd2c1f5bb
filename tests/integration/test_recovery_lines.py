# SPDX-License-Identifier: GPL-3.0-or-later
"""The last lines of a run of a recovery plan, and that the command under NEXT is the right one."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest
from recovery_site import Estate
from test_last_lines import CONSOLE, block, command

from runbook_site import ended
from support import eventually, nightly

PLAN = ("-e", "recovery_plan=plan.yml", "-e", "recovery_operation=failover")
SURE = ("-e", "failover_confirm=site", "-e", "failover_force=true")


@pytest.fixture
def site(tmp_path):
    found = Estate(tmp_path, 2, 1)
    found.plan()
    yield found
    found.simulator.stop()


def typed(site, words):
    """Carry out what NEXT says, as a person would paste it."""
    return site.play.typed(words, **CONSOLE)


def lines(site, *arguments, code=0):
    return block(ended(site.play("recover", *PLAN, *arguments, **CONSOLE), code).stdout)


def test_what_next_says_leads_to_the_end(site):
    found = lines(site, code=2)
    assert "nothing was sent" in found["DONE"] and "not confirmed" in found["NOT DONE"] + found["STATE"] and command(found)[-1] == "--check"
    assert not site.switches()

    found = lines(site, *PLAN, "-e", "failover_confirm=site", code=2)
    assert "looks healthy" in found["NOT DONE"] and command(found)[1] == "cloud_dr.sdrs.planned_failover" and command(found)[-1] == "failover_confirm=site"

    found = lines(site, *SURE, "--check")
    assert "would be done, in this order: 1. " in found["NOT DONE"] and "production at the source site (protected): g01, g02" in found["STATE"]
    assert "--check" not in command(found) and not site.switches()

    site.simulator.fail_job(job_type="failoverProtectionGroupNoCG", resource_name="g01", error_code="SDRS.0405", fail_reason="broken")
    found = lines(site, *SURE, code=2)
    assert "1 of 2 protection groups are at the requested site" in found["STATE"] and "switch g01" in found["NOT DONE"] and "report: " in found["DONE"]
    assert "source site (error-failing-over): g01; production at the target site (failed-over: NOT protected until it is re-protected): g02" in found["STATE"]
    assert "servers 1 of 2 verified up, 1 not tried" in found["STATE"], found
    site.simulator.forget_faults()
    found = block(ended(typed(site, command(found)), 0).stdout)
    assert "2 of 2 protection groups" in found["STATE"] and found["NOT DONE"].endswith("nothing remains")
    assert "reprotect" in found["NEXT"] and "failover_confirm=site" in found["NEXT"]
    assert set(site.states().values()) == {("failed-over", "target")} and "servers 2 of 2 verified up" in found["STATE"]
    report = site.reports()[-1]
    assert report["tiers"] == [{"name": "t1", "status": "succeeded", "servers_up": 2, "servers": 2}] and report["state"][0].startswith("2 of 2")
    assert "cloud_dr.sdrs.reprotect" in report["next"][1] and "failover_confirm=site" in report["next"][1] and "--limit" not in report["next"][1]
    assert report["measured_seconds"] > 0

    found = lines(site, *SURE, code=2)
    assert "nothing was switched" in found["DONE"] and "failover_allow_no_change=true accepts that" in found["NOT DONE"], found
    assert site.reports()[-1]["measured_seconds"] is None and [each["name"] for each in site.reports()[-1]["milestones"]] == ["requested", "tier t1 up"]
    assert "nothing was switched" in lines(site, *SURE, "-e", "failover_allow_no_change=true")["DONE"]


def test_a_service_that_does_not_answer(site):
    site.simulator.fault(status=503, path="/", count=10**6)
    found = lines(site, *SURE, "-e", json.dumps({"sdrs_connection": {**site.play.connection, "max_retries": 0}}), code=2)
    assert "nothing was sent" in found["DONE"] and "503" in found["NOT DONE"] and "doctor" in found["NEXT"] and "not read" in found["STATE"]


def test_a_service_that_does_not_answer_any_more(site):
    """What may have been sent is not said to be nothing."""
    site.simulator.fault(status=503, method="POST", path="/action", count=10**6)
    found = lines(site, *SURE, "-e", json.dumps({"sdrs_connection": {**site.play.connection, "max_retries": 0}}), code=2)
    assert "nothing is known to have completed" in found["DONE"] and "the request may have taken effect" in found["NOT DONE"], found
    assert "0 of 2 protection groups" in found["STATE"] and "production at the source site (protected): g01, g02" in found["STATE"]


def test_a_plan_that_cannot_be_read_has_no_name_to_confirm(site):
    (site.folder / "plan.yml").write_text("- no mapping\n")
    found = lines(site, *SURE, code=2)
    assert "plan.yml" in found["NOT DONE"] and "failover_confirm" not in found["NEXT"] and "resumes" not in found["NEXT"] and not site.written()


@pytest.mark.parametrize("playbook", ["recover", nightly("failover")])
def test_killed_in_the_middle(site, playbook):
    site.simulator.settings(durations={"failoverProtectionGroupNoCG": 3000})
    arguments = (*PLAN, *SURE) if playbook == "recover" else (*PLAN[:2], "-e", "failover_confirm=site", "-e", "failover_force=true")
    settings = site.play._command(playbook, arguments, "inventory.yml", CONSOLE)
    running = subprocess.Popen(**settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    eventually(lambda: len(site.switches()) == 2, 60)
    running.send_signal(signal.SIGTERM)
    found = block(running.communicate(timeout=60)[0])
    assert "when the run began: production at the source site (protected): g01, g02" in found["STATE"], found
    assert "nothing is known to have completed" in found["DONE"] and "SIGTERM during: Switch all groups at once" in found["NOT DONE"], found
    assert "may still be running" in found["NOT DONE"] and "tiers not up: t1" in found["NOT DONE"]
    words = command(found)
    assert words[1] == "cloud_dr.sdrs." + playbook and "failover_confirm=site" in words and "--limit" not in words
    found = block(ended(typed(site, words), 0).stdout)
    assert "2 of 2 protection groups" in found["STATE"] and len(site.switches()) == 2
