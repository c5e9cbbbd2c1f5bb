# SPDX-License-Identifier: GPL-3.0-or-later
"""What a runbook refuses before it does anything: other names for its variables, other hosts, tasks that are skipped."""

from __future__ import annotations

import json

import pytest

from runbook_site import CONFIRMED, ended

OVERRIDES = [
    ("planned_failover", {"failover_mode": "unplanned"}, "playbook planned_failover needs failover_mode: planned, but it is 'unplanned'"),
    ("planned_failover", {"failover_what": "failover"}, "needs failover_what: planned_failover"),
    ("failover", {"failover_mode": "planned"}, "playbook failover needs failover_mode: unplanned, but it is 'planned'"),
    ("failback", {"failover_active_site": "target"}, "playbook failback needs failover_active_site: source, but it is 'target'"),
    ("failback", {"failover_mode": "unplanned"}, "playbook failback needs failover_mode: planned"),
    ("reprotect", {"failover_what": "failback"}, "playbook reprotect needs failover_what: reprotect"),
    ("failback", {"failover_playbook": "failover", "failover_mode": "unplanned", "failover_what": "failover"}, "failover_playbook is set by"),
    ("planned_failover", {"failover_planned": False}, "failover_planned is set by the collection itself"),
    ("failover", {"failover_looked": {"obstacles": []}}, "failover_looked is set by"),
    ("failover", {"failover_switched": {"server_group": {"id": "x"}}}, "failover_switched is set by"),
    ("failover", {"report_content": {"verdict": "passed"}}, "report_content is set by"),
    ("failover", {"failover_confirm": {"erp": False}}, "failover_confirm is a mapping"),
    ("failover", {"failover_confirm": True}, "failover_confirm is true or false"),
    ("failover", {"failover_confirm": [["erp"]]}, "failover_confirm contains a list"),
    ("failover", {"failover_confirm": "", "failover_open": [], "failover_asked": {"check_mode": True}}, "failover_asked is set by"),
    ("converge", {"topology_planned": {"settled": True}}, "topology_planned is set by"),
    ("export", {"topology_export_dirs": "x"}, "did you mean topology_export_dir?"),
    ("drill_status", {"drill_max_ages": "1d"}, "did you mean drill_max_age?"),
    ("recover_by_drill", {"recover_by_drill_wavs": []}, "did you mean recover_by_drill_waves?"),
    ("posture", {"posture_max_ags": "1d"}, "did you mean posture_max_age?"),
    ("drift", {"drift_repairs": True}, "did you mean drift_repair?"),
]
PLAY = """
- name: Mine
  hosts: all
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    failover_mode: unplanned
  module_defaults:
    group/cloud_dr.sdrs.sdrs: "{{ sdrs_connection }}"
"""


@pytest.fixture
def ready(site):
    """A group that could be switched at once."""
    return site(count=1).synchronised()


@pytest.mark.nightly
def test_no_extra_variable_bends_what_a_playbook_promises(ready):
    for playbook, variables, text in OVERRIDES:
        refused = ended(ready.play(playbook, *CONFIRMED, "-e", json.dumps(variables)), 2)
        assert text in refused.stdout and "Nothing was done" in refused.stdout, (playbook, variables, refused.stdout[-2000:])
        assert ready.simulator.log() == [], (playbook, variables)


def test_a_limit_skips_no_guard(ready):
    ready.play.inventory(erp={}, crm={"sdrs_kind": "protected_instance"})
    for playbook in ("failover", "drill", "converge"):
        for arguments, text in (
            (("-e", "sdrs_hosts=typo", "--limit", "erp"), "No host matches 'typo' within --limit 'erp'"),
            (("-e", "sdrs_hosts=erp", "--limit", "crm"), "No host matches 'erp' within --limit 'crm'"),
            (("--limit", "crm"), "These hosts are not protection groups (sdrs_kind): crm"),
            (("--limit", "crm,erp"), "These hosts are not protection groups (sdrs_kind): crm"),
        ):
            refused = ended(ready.play(playbook, "-e", "failover_confirm=erp,crm", *arguments), 2)
            assert text in refused.stdout, (playbook, arguments, refused.stdout[-2000:])
    assert ready.simulator.log() == []
    ready.play.inventory(erp={"sdrs_hosts": "erp"}, crm={"sdrs_hosts": "erp"})
    refused = ended(ready.play("drill"), 2)
    assert "sdrs_hosts is 'erp' in the inventory, but the play has the hosts erp, crm" in refused.stdout.replace("crm, erp", "erp, crm")
    assert ready.simulator.log() == []


@pytest.mark.parametrize("body, starts", [
    ("  roles: [cloud_dr.sdrs.failover]\n",
     ("Check whether the group*", "The switch", "Initialize the run", "Switch", "Update VPCs", "Report", "*witch*")),
    ("  tasks: [{name: Go, ansible.builtin.import_role: {name: cloud_dr.sdrs.failover}}]\n", ("Switch", "*tands*")),
    ("  tasks: [{name: Go, ansible.builtin.import_role: {name: cloud_dr.sdrs.failover, tasks_from: switch}}]\n", ("Switch the*",)),
    ("  tasks: [{name: Go, ansible.builtin.import_role: {name: cloud_dr.sdrs.failover, tasks_from: stop}}]\n", ("Stop the servers at*",)),
    ("  tasks: [{name: Go, ansible.builtin.import_role: {name: cloud_dr.sdrs.failover, tasks_from: protect_again}}]\n", ("Re-protect the*",)),
    ("  tasks: [{name: Go, ansible.builtin.import_role: {name: cloud_dr.sdrs.failover, tasks_from: reprotect}}]\n", ("Re-protect", "*rotection*")),
], ids=["roles", "import_role", "switch", "stop", "protect_again", "reprotect"])
def test_no_task_to_start_at_passes_the_confirmation(ready, body, starts):
    ready.file("mine.yml", PLAY + body)
    for start in starts:
        refused = ready.play("mine.yml", "--start-at-task", start)
        assert not ready.written() and ready.state()[:2] == ("protected", "source"), (start, refused.stdout[-1500:])
        if "No matching task" not in refused.stderr:  # Ansible ends 0 then
            ended(refused, 2)
            assert "not confirmed: erp" in refused.stdout and "undefined" not in refused.stdout, (start, refused.stdout[-1500:])
