# SPDX-License-Identifier: GPL-3.0-or-later
"""The last lines of a run of a recovery plan, and that the command under NEXT is the right one."""

from __future__ import annotations

import json
import subprocess

import pytest
from recovery_site import Estate
from test_last_lines import CONSOLE, block, command

from runbook_site import ended

PLAN = ("-e", "recovery_plan=plan.yml", "-e", "recovery_operation=failover")
SURE = ("-e", "failover_confirm=site", "-e", "failover_force=true")


@pytest.fixture
def site(tmp_path):
    found = Estate(tmp_path, 2, 1)
    found.plan()
    yield found
    found.simulator.stop()


def lines(site, *arguments, code=0):
    return block(ended(site.play("recover", *PLAN, *arguments, **CONSOLE), code).stdout)


def test_what_next_says_leads_to_the_end(site):
    found = lines(site, code=2)
    assert "nothing was sent" in found["DONE"] and "not confirmed" in found["NOT DONE"] + found["STATE"] and "failover_confirm=site" in found["NEXT"]
    assert not site.switches()

    found = lines(site, *SURE, "--check")
    assert "would be done, in this order: 1. " in found["NOT DONE"] and "production at the source site (protected): g01, g02" in found["STATE"]
    assert "--check" not in command(found) and not site.switches()

    site.simulator.fail_job(job_type="failoverProtectionGroupNoCG", resource_name="g01", error_code="SDRS.0405", fail_reason="broken")
    found = lines(site, *SURE, code=2)
    assert "1 of 2 protection groups are where they shall be" in found["STATE"] and "switch g01" in found["NOT DONE"] and "report: " in found["DONE"]
    site.simulator.forget_faults()
    words = command(found)
    settings = site.play._command("plan", (), "inventory.yml", CONSOLE)
    again = subprocess.run([settings["args"][0], *words[1:]], env=settings["env"], cwd=settings["cwd"], capture_output=True, text=True, check=False)
    found = block(ended(again, 0).stdout)
    assert "2 of 2 protection groups" in found["STATE"] and found["NOT DONE"].endswith("nothing is left")
    assert "reprotect" in found["NEXT"] and "failover_confirm=site" in found["NEXT"]
    assert set(site.states().values()) == {("failed-over", "target")}


def test_a_service_that_does_not_answer(site):
    site.simulator.fault(status=503, path="/", count=10**6)
    found = lines(site, *SURE, "-e", json.dumps({"sdrs_connection": {**site.play.connection, "max_retries": 0}}), code=2)
    assert "nothing was sent" in found["DONE"] and "503" in found["NOT DONE"] and "doctor" in found["NEXT"] and "not read" in found["STATE"]


def test_a_plan_that_cannot_be_read_has_no_name_to_confirm(site):
    (site.folder / "plan.yml").write_text("- no mapping\n")
    found = lines(site, *SURE, code=2)
    assert "plan.yml" in found["NOT DONE"] and "failover_confirm" not in found["NEXT"] and "goes on" not in found["NEXT"] and not site.written()
