# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that cannot be reached fails the hook whose task is delegated to it; it does not end the play in the middle of a switch."""

from __future__ import annotations

import json

import pytest
from recovery_site import Estate

from runbook_site import CONFIRMED, ended
from support import eventually

LOST = {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1}
HOOK = "- name: Move the name\n  ansible.builtin.command: 'true'\n  delegate_to: dns\n"
CONSOLE = {"ANSIBLE_STDOUT_CALLBACK": "cloud_dr.sdrs.console"}


@pytest.fixture
def estate(tmp_path):
    made = Estate(tmp_path, groups=1, servers=1)
    yield made
    made.simulator.stop()


def test_an_unreachable_host_fails_its_hook(site):
    erp = site(count=2).synchronised()
    erp.play.inventory(erp={}, dns=LOST)
    arguments = ("--limit", "erp", *CONFIRMED, "-e", json.dumps({
        "failover_waves": [{"instances": erp.names[:1], "after": "hook.yml"}], "failover_as_groups": ["as-erp-web"]}))
    erp.file("hook.yml", HOOK)
    refused = ended(erp.play("failover", *arguments), 2)
    assert "hook.yml: task Move the name is delegated and must register its result" in " ".join(refused.stdout.split()) and not erp.simulator.log()
    erp.file("hook.yml", HOOK + "  register: moved\n")
    failed = ended(erp.play("failover", *arguments, **CONSOLE), 2)
    report, _path = erp.report("failover")
    assert "after wave 1" in failed.stdout and "STATE     erp: production at the target site" in failed.stdout, failed.stdout
    assert "AS group as-erp-web is still paused" in " ".join(failed.stdout.split()), failed.stdout
    assert "Connection refused" in " ".join(report["reasons"]) and report["steps"][-1]["status"] == "failed" and len(report["servers"]) == 1
    erp.play.inventory(erp={}, dns={"ansible_connection": "local"})
    ended(erp.play("failover", *arguments))
    assert len(erp.report("failover")[0]["servers"]) == 2
    assert erp.task("as_group_info", name="as-erp-web")["as_groups"][0]["scaling_group_status"] == "INSERVICE"


def test_an_unreachable_host_fails_the_hook_of_a_recovery_plan(estate):
    estate.play.inventory(erp={}, dns=LOST)
    estate.plan(tiers=[{"name": "t1", "groups": estate.names, "before": "hook.yml", "on_failure": "continue"}])
    estate.file("hook.yml", HOOK)
    refused = ended(estate.run(), 2)
    assert "is delegated and must register its result" in " ".join(refused.stdout.split()) and not estate.switches()
    estate.file("hook.yml", HOOK + "  register: moved\n")
    failed = ended(estate.run(), 2)
    assert "Connection refused" in failed.stdout and "STATE " in failed.stdout and estate.reports()[-1]["verdict"] == "failed"
    eventually(lambda: estate.states()[estate.names[0]] == ("failed-over", "target"), 10)
