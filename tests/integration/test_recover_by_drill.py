# SPDX-License-Identifier: GPL-3.0-or-later
"""The service comes up from a drill where a failover cannot bring it up; the drill stays, whatever is run afterwards."""

from __future__ import annotations

import json

from runbook_site import ended
from support import eventually

EIP = "80.158.0.10"
CONFIRMED = ("-e", "recover_by_drill_confirm=erp")
WAVES = [
    {"instances": ["app-02"], "ports": [22], "timeout": 5, "before": "hook.yml"},
    {"instances": ["app-01"], "after": "hook.yml"},
]
HOOK = """
- name: Note the wave
  ansible.builtin.lineinfile:
    path: "{{ 'waves.txt' | cloud_dr.sdrs.user_path }}"
    line: "{{ failover_wave.number }} {{ failover_wave.servers | join(',') }} {{ failover_verified | length }}"
    create: true
    mode: "0644"
"""


def in_error(erp):
    """The switch has failed, and would fail again."""
    group = erp.task("sdrs_server_group_info", name="erp")["server_groups"][0]
    erp.simulator.patch("server_groups", group["id"], status="error-failing-over")
    erp.simulator.forget()
    return group


def test_a_group_that_cannot_fail_over_is_recovered_by_a_drill(site):
    erp = site().synchronised()
    group, address = in_error(erp), erp.task("vpc_eip", eip=EIP, server=erp.simulator.server("ecs-00001"))
    erp.file("hook.yml", HOOK)
    erp.play.inventory(erp={
        "failover_waves": WAVES, "drill_vpc": "drill-erp", "drill_prepare_vpc": True,
        "recover_by_drill_eips": [{"eip": address["eip"]["public_ip_address"], "instance": "app-01", "move": True}],
    })
    erp.simulator.forget()

    for arguments, text in (((), "not confirmed: erp"), (("-e", "failover_confirm=erp"), "not confirmed: erp"),
                            ((*CONFIRMED, "-e", "recover_by_drill_looked={}"), "recover_by_drill_looked is set by"),
                            ((*CONFIRMED, "-e", json.dumps({"recover_by_drill_eips": [{"eip": "1.2.3.4", "instance": "nas"}]})), "no protected instance of")):
        assert text in ended(erp.play("recover_by_drill", *arguments), 2).stdout and not erp.written(), arguments
    ended(erp.play("recover_by_drill", "--check"))
    assert not erp.written() and not erp.drills() and erp.report("recover_by_drill")[0]["verdict"] == "check"

    shown = ended(erp.play("recover_by_drill", *CONFIRMED)).stdout
    report, (drill,) = erp.report("recover_by_drill")[0], erp.drills()
    servers = {entry["protected_instance"]: entry["drill_server_id"] for entry in drill["drill_servers"]}
    ids = {each["name"]: each["id"] for each in erp.task("sdrs_protected_instance_info")["protected_instances"]}
    assert report["verdict"] == "passed" and report["name"] == drill["name"] == "recover-erp" and report["measured_seconds"] > 0
    assert [entry["name"] for entry in report["milestones"]] == ["requested", "available", "wave 1 up", "wave 2 up", "wave 3 up"]
    assert {server["label"]: server["id"] for server in report["servers"]} == {name: servers[ids[name]] for name in erp.names}
    checks = {server["label"]: [check["status"] for check in server["checks"]] for server in report["servers"]}
    assert checks["app-02"] == ["passed", "skipped"], "production has the address, too"
    assert (erp.folder / "waves.txt").read_text().splitlines() == ["1 %s 0" % servers[ids["app-02"]], "2 %s 2" % servers[ids["app-01"]]]
    bound = erp.task("vpc_eip", eip=address["eip"]["id"], server=servers[ids["app-01"]])
    assert not bound["changed"] and bound["eip"]["port_id"] != address["eip"]["port_id"]
    assert drill["created_at"] in " ".join(report["notes"]) and "id=%s state=absent" % drill["id"] in shown
    assert not [path for path in erp.written() if "server-groups" in path or "action" in path], "nothing was switched or stopped"
    assert erp.task("sdrs_server_group_info", name="erp")["server_groups"][0]["status"] == "error-failing-over"
    assert not list((erp.folder / "reports" / "erp").glob(".*"))

    erp.simulator.forget()
    again = ended(erp.play("recover_by_drill", *CONFIRMED))
    assert "changed=0" in again.stdout and not erp.written() and len(erp.drills()) == 1
    assert "already existed" in erp.report("recover_by_drill")[0]["notes"][0]
    for arguments in (("-e", "drill_name=recover-erp"), ("-e", "drill_name=recover-erp", "-e", "drill_keep=true")):
        refused = ended(erp.play("drill", *arguments), 2)
        assert "-e drill_replace=" + drill["id"] in refused.stdout and not erp.written(), "no drill takes it for its own"
    assert group["id"] == drill["server_group_id"]


def test_a_killed_recovery_goes_on_with_its_drill(site):
    erp = site(count=1, speed="60").synchronised()
    in_error(erp)
    before = erp.vpcs()
    running = erp.play.start("recover_by_drill", *CONFIRMED)
    eventually(lambda: erp.written("disaster-recovery-drills"), 120)
    running.kill()
    running.wait()
    ended(erp.play("recover_by_drill", *CONFIRMED))
    report = erp.report("recover_by_drill")[0]
    assert report["interrupted"] and report["verdict"] == "passed" and len(erp.written("disaster-recovery-drills")) == 1
    assert [bool(attempt["ended"]) for attempt in report["attempts"]] == [False, True]
    (drill,) = erp.drills()
    assert drill["status"] == "available" and len(erp.vpcs()) == len(before) + 1


def test_what_fails_leaves_the_drill_and_a_drill_in_error_is_left_alone(site):
    erp = site(count=2).synchronised()
    in_error(erp)
    erp.file("fails.yml", "- name: The application starts\n  ansible.builtin.fail: {msg: HTTP 503}\n")
    variables = {"recover_by_drill_waves": [{"instances": ["app-01"]}, {"instances": ["app-02"], "before": "fails.yml"}],
                 "recover_by_drill_eips": [{"eip": EIP, "instance": "app-01", "address": "10.255.255.1"}]}
    failed = ended(erp.play("recover_by_drill", *CONFIRMED, "-e", json.dumps(variables)), 2)
    report, (drill,) = erp.report("recover_by_drill")[0], erp.drills()
    assert "HTTP 503" in failed.stdout and "no NIC has the address" in " ".join(report["reasons"]) and report["servers"][0]["passed"]
    assert any("id=%s" % drill["id"] in note for note in report["notes"])
    erp.simulator.patch("drills", drill["id"], status="error")
    erp.simulator.forget()
    refused = ended(erp.play("recover_by_drill", *CONFIRMED), 2)
    assert "cannot be resumed" in refused.stdout and not erp.written() and len(erp.drills()) == 1
