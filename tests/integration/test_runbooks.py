# SPDX-License-Identifier: GPL-3.0-or-later
"""Drills, failover and failback as users run them: playbooks from a folder of their own, interrupted and run again."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import junitparser
import pytest

from runbook_site import CONFIRMED, SWITCHES, ended
from support import TREE, eventually


def test_a_drill_of_ten_servers_one_of_which_fails(site):
    erp = site(count=10).synchronised()
    before = erp.vpcs()
    erp.file("verify.yml", """
- name: The application answers
  ansible.builtin.assert:
    that: drill_server.protected_instance != 'app-07'
    fail_msg: "HTTP 503 from {{ drill_server.name }} at {{ drill_server.address }}"
  register: answered
""")
    erp.file("upload.yml", """
- name: Upload
  ansible.builtin.copy: {src: "{{ report_paths.json }}", dest: "{{ 'uploaded.json' | cloud_dr.sdrs.user_path }}", mode: "0644"}
""")
    failed = ended(erp.play("drill", "-e", "drill_verify_tasks=verify.yml", "-e", "drill_rto_target=600", "-e", "drill_report_tasks=upload.yml"), 2)
    report, path = erp.report("drill")
    assert report["verdict"] == "failed" and "app-07: verify_tasks: The application answers: HTTP 503 from ecs-00007" in report["reasons"][0]
    assert "HTTP 503" in failed.stdout and str(path.with_suffix(".html")) in failed.stdout
    checks = {server["label"]: {check["check"]: check for check in server["checks"]} for server in report["servers"]}
    assert sorted(checks) == erp.names and checks["app-07"]["verify_tasks"]["status"] == "failed"
    others = [checks[name]["verify_tasks"] for name in erp.names if name != "app-07"]
    assert all([(task["task"], task["output"]) for task in check["tasks"]] == [("The application answers", "msg: All assertions passed")] for check in others)
    assert checks["app-07"]["verify_tasks"]["tasks"][0]["output"].startswith("HTTP 503 from ecs-00007")
    assert report["run"]["drill_vpc"] and report["run"]["vpc"] == erp.simulator.vpc("vpc-erp")
    assert all(check["status"] == "passed" and check["seconds"] > report["milestones"][1]["seconds"] for check in others)
    assert not erp.drills() and erp.vpcs() == before and [entry["status"] for entry in report["clean_up"]] == ["removed", "removed"]
    cases = [case for suite in junitparser.JUnitXml.fromfile(str(path.with_suffix(".xml"))) for case in suite]
    assert len([case for case in cases if case.result]) == 2, "the check, and the target that could not be measured"
    assert [job["label"] for job in report["jobs"]] == ["create drill-erp", "delete drill-erp"] and all(job["end_time"] for job in report["jobs"])
    assert json.loads((erp.folder / "uploaded.json").read_text()) == report

    passed = ended(erp.play("drill", "-e", "drill_rto_target=600"))
    report, _path = erp.report("drill")
    assert report["verdict"] == "passed" and 0 < report["measured_seconds"] < 600 and "changed=3" in passed.stdout
    assert not erp.drills() and erp.vpcs() == before and not list((erp.folder / "reports" / "erp").glob(".*"))
    fresh = ended(erp.play("drill_status", "-e", "drill_max_age=1h"))
    assert '"sdrs_drill_status_ok": true' in fresh.stdout
    assert not [path for path in erp.written() if "drills" not in path and "vpc" not in path and "subnet" not in path]
    assert "the last successful drill ended" in ended(erp.play("drill_status", "-e", "drill_max_age=0s"), 2).stdout


def test_a_drill_that_is_killed_is_taken_up(site):
    erp = site(speed="40").synchronised()
    before = erp.vpcs()
    running = erp.play.start("drill")
    eventually(lambda: erp.written("disaster-recovery-drills"), 60)
    running.kill()
    running.wait()
    record = json.loads(erp.record().read_text().splitlines()[0])
    assert sorted(record["vpcs_before"]) == sorted(vpc["id"] for vpc in erp.task("vpc_info")["vpcs"] if vpc["name"] in before)
    ended(erp.play("drill"))
    report, _path = erp.report("drill")
    assert report["verdict"] == "passed" and report["interrupted"] and report["started"] == record["at"]
    assert len(erp.written("disaster-recovery-drills")) == 1 and not erp.drills() and erp.vpcs() == before
    assert [bool(attempt["ended"]) for attempt in report["attempts"]] == [False, True]


@pytest.mark.nightly
def test_lists_that_lag_behind_leave_nothing(site):
    erp = site().synchronised()
    before = erp.vpcs()
    erp.simulator.settings(list_lag_seconds=5)
    eventually(lambda: len(erp.task("sdrs_replication_info")["replications"]) == 6, 30)
    ended(erp.play("drill"))
    erp.simulator.settings(list_lag_seconds=0)
    assert not erp.drills() and erp.vpcs() == before and [entry["status"] for entry in erp.report("drill")[0]["clean_up"]] == ["removed", "removed"]


def test_a_drill_that_cannot_be_created_says_why_and_leaves_nothing(site):
    erp = site().synchronised()
    before = erp.vpcs()
    erp.simulator.fail_job(job_type="createDisasterRecoveryDrill", error_code="EVS.2024", fail_reason="volume is error!")
    failed = ended(erp.play("drill"), 2)
    report, _path = erp.report("drill")
    assert report["errors"][0]["code"] == "EVS.2024" and "volume is error!" in failed.stdout and not erp.drills() and erp.vpcs() == before


def test_a_group_that_is_not_ready_is_not_drilled(site):
    erp = site(protection="disabled")
    erp.simulator.settings(first_sync_seconds=10**6)
    erp.task("sdrs_server_group", name="erp", protection="enabled")
    erp.simulator.forget()
    failed = ended(erp.play("drill"), 2)
    assert "erp is not ready for a drill: not synchronised" in failed.stdout and not erp.written()
    assert erp.report("drill")[0]["verdict"] == "failed"
    checked = ended(erp.play("drill", "-e", "drill_verify_tasks=nowhere.yml"), 2)
    assert "nowhere.yml does not exist" in checked.stdout


def test_check_mode_of_a_drill_sends_nothing(site):
    erp = site().synchronised()
    ended(erp.play("drill", "--check", "-e", "drill_vpc=new-vpc", "-e", "drill_prepare_vpc=true"))
    assert not erp.written() and erp.report("drill")[0]["verdict"] == "check"
    unknown = ended(erp.play("drill_status", "-e", "drill_max_age=30d"), 2)
    assert '"sdrs_drill_status_overdue": true' in unknown.stdout and "lists no drill in the last three months" in unknown.stdout


@pytest.mark.nightly
def test_ports_are_tried_where_production_cannot_answer(site):
    """The drill's servers bear production's addresses; here all of them are this machine."""
    erp = site(count=1).synchronised()
    server = next(each for each in erp.simulator.info["servers"] if each["name"] == "ecs-00001")
    whole = erp.task("ecs_server_info", ids=[server["id"]])["ecs_servers"][0]
    subnet = next(vpc for vpc in erp.simulator.info["vpcs"] if vpc["name"] == "vpc-erp")["subnets"][0]["id"]
    nic = dict(next(nic for nics in whole["addresses"].values() for nic in nics), addr="127.0.0.1", _subnet=subnet)
    erp.simulator.patch("servers", server["id"], addresses={server["vpc_id"]: [nic]})
    erp.play.inventory(erp={}, probe={"ansible_connection": "local", "ansible_python_interpreter": sys.executable},
                       lost={"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1})
    arguments = ("--limit", "erp,localhost", "-e", "drill_vpc=fresh", "-e", "drill_prepare_vpc=true", "-e", "drill_check_timeout=5")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        ports = ("-e", json.dumps({"drill_ports": [listening.getsockname()[1]]}))
        ended(erp.play("drill", *arguments, *ports), 2)
        statuses = [check["status"] for check in erp.report("drill")[0]["servers"][0]["checks"]]
        assert statuses == ["passed", "not_verifiable"]
        ended(erp.play("drill", *arguments, *ports, "-e", "drill_probe_host=probe"))
        checks = erp.report("drill")[0]["servers"][0]["checks"]
        assert [check["status"] for check in checks] == ["passed", "passed"] and "answers to the probe host" in checks[1]["detail"]
    ended(erp.play("drill", *arguments, *ports, "-e", "drill_probe_host=lost"), 2)
    assert erp.report("drill")[0]["servers"][0]["checks"][1]["status"] == "failed"
    assert not erp.drills() and "fresh" in erp.vpcs(), "a VPC of one's own is kept"

    unseen = erp.file("unseen.yml", "- name: Look\n  ansible.builtin.raw: 'true'\n  delegate_to: lost\n")
    seen = erp.file("seen.yml", (erp.folder / unseen).read_text() + "  register: looked\n")
    erp.simulator.forget()
    assert "a delegated task must register its result" in ended(erp.play("drill", *arguments, "-e", "drill_verify_tasks=" + unseen), 2).stdout
    assert not erp.written()
    ended(erp.play("drill", *arguments, "-e", "drill_verify_tasks=" + seen), 2)
    check = erp.report("drill")[0]["servers"][0]["checks"][1]
    assert check["check"] == "verify_tasks" and check["status"] == "failed" and not erp.drills(), check


def waves(erp):
    erp.file("hook.yml", "- name: Hook\n  ansible.builtin.debug:\n    msg: 'hook of wave {{ failover_wave.number }}'\n")
    return ("-e", json.dumps({
        "failover_waves": [{"instances": [erp.names[2]], "before": "hook.yml"}, {"instances": [erp.names[0]], "after": "hook.yml"}],
        "failover_as_groups": ["as-erp-web", {"name": "as-erp-web", "before": {}, "after": {"desire_instance_number": 3}}],
        "failover_vpcs": [{"name": "vpc-other", "enable_shared_snat": True}],
    }))


def test_planned_failover_and_back_in_waves(site):
    erp = site(speed="60").synchronised()
    order, zones = waves(erp), erp.simulator.info["availability_zones"]
    checked = ended(erp.play("planned_failover", "--check", *order))
    assert not erp.written() and "servers_stopped (error): will be stopped: " in checked.stdout and erp.report("planned_failover")[0]["verdict"] == "check"
    running = erp.play.start("planned_failover", *CONFIRMED, *order)
    eventually(lambda: erp.written("/action"), 60)
    running.kill()
    running.wait()
    ended(erp.play("planned_failover", *CONFIRMED, *order))
    assert erp.state() == ("protected", "target", [zones[1]], [zones[0]])
    report, _path = erp.report("planned_failover")
    names = [entry["name"] for entry in report["milestones"]]
    assert report["verdict"] == "passed" and report["interrupted"] and names[0] == "requested" and names[-3:] == ["wave 1 up", "wave 2 up", "wave 3 up"]
    assert [server["label"] for server in report["servers"]] == [erp.names[2], erp.names[0], erp.names[1]]
    assert [step["check"] for step in report["steps"]] == ["before wave 1", "after wave 2"]
    group = erp.task("as_group_info", name="as-erp-web")["as_groups"][0]
    assert group["scaling_group_status"] == "INSERVICE" and group["desire_instance_number"] == 3
    assert next(vpc for vpc in erp.task("vpc_info")["vpcs"] if vpc["name"] == "vpc-other")["enable_shared_snat"]

    again = ended(erp.play("planned_failover", *CONFIRMED, *order), 2)
    report, _path = erp.report("planned_failover")
    assert "changed=0" in again.stdout and "was already at the target site" in report["notes"][0] and report["measured_seconds"] is None
    assert "nothing was switched: production is already at the target site" in " ".join(again.stdout.split())
    ended(erp.play("planned_failover", *CONFIRMED, *order, "-e", "failover_allow_no_change=true", "-e", "failover_rto_target=1"))
    assert erp.report("planned_failover")[0]["verdict"] == "passed"
    ended(erp.play("failback", *CONFIRMED, *order))
    assert erp.state() == ("protected", "source", [zones[0]], [zones[1]]) and erp.report("failback")[0]["verdict"] == "passed"
    assert [job["service"] for job in erp.report("failback")[0]["jobs"]].count("ecs") == 6, "three waves down, three waves up"


def test_failover_while_nothing_of_production_answers_then_reprotection(site):
    erp = site().synchronised()
    zones = erp.simulator.info["availability_zones"]
    for server in erp.simulator.info["servers"]:
        erp.simulator.fault(status=500, path=server["id"], count=10**6)
    for path in ("cloudservers/detail", "scaling_group", "rpo-statistics"):
        erp.simulator.fault(status=500, path=path, count=10**6)
    order = waves(erp)
    ended(erp.play("failover", *CONFIRMED, *order))
    assert not [status for method, _path, status in erp.simulator.log() if method != "GET" and status >= 400], "nothing was asked of production"
    report, _path = erp.report("failover")
    assert report["verdict"] == "passed" and report["rpo"] is None and any("AS group left as it is" in note for note in report["notes"])
    erp.simulator.forget_faults()
    assert erp.state() == ("failed-over", "target", [zones[1]], [zones[0]])

    early = ended(erp.play("failback", *CONFIRMED), 2)
    assert "not ready for a failback, nothing was done" in early.stdout and "playbook reprotect" in early.stdout
    erp.task("ecs_power", server_group="erp", site="dr", state="started")
    ended(erp.play("reprotect", *CONFIRMED))
    assert erp.state() == ("protected", "target", [zones[1]], [zones[0]]) and erp.report("reprotect")[0]["measured_seconds"] > 0
    again = ended(erp.play("reprotect", *CONFIRMED))
    assert "changed=0" in again.stdout and "is already protected" in erp.report("reprotect")[0]["notes"][0]


def test_a_wave_that_does_not_come_up_stops_there(site):
    erp = site().synchronised()
    erp.file("broken.yml", "- name: Tell the load balancer\n  ansible.builtin.fail: {msg: it is on fire}\n")
    order = ("-e", json.dumps({"failover_waves": [{"instances": erp.names[:1], "after": "broken.yml"}]}))
    failed = ended(erp.play("failover", *CONFIRMED, *order), 2)
    report, _path = erp.report("failover")
    assert "Tell the load balancer: it is on fire" in " ".join(report["reasons"]) and "run it again to resume" in failed.stdout
    assert len(report["servers"]) == 1
    erp.file("broken.yml", "- name: Tell the load balancer\n  ansible.builtin.debug: {msg: done}\n")
    ended(erp.play("failover", *CONFIRMED, *order))
    report, _path = erp.report("failover")
    assert report["interrupted"] and len(report["servers"]) == 3 and erp.state()[:2] == ("failed-over", "target")
    first, second = report["attempts"]
    assert first["ended"] and "it is on fire" in " ".join(first["reasons"]) and second["ended"] and not second["reasons"]


def test_nothing_is_done_unless_it_is_confirmed_and_ready(site):
    erp = site(protection="disabled")
    erp.play.inventory(erp={}, crm={"failover_server_group": "customers"})
    for playbook in SWITCHES:
        refused = ended(erp.play(playbook, *CONFIRMED), 2)
        assert "not confirmed: customers" in refused.stdout and "add --limit erp" in refused.stdout and "confirm=customers" not in refused.stdout
        assert erp.simulator.log() == [], "one group that is not confirmed stops all"
    erp.play.inventory(erp={})
    for playbook in SWITCHES:
        refused = ended(erp.play(playbook, *CONFIRMED), 2)
        assert "nothing was done: protection group erp is 'available'" in refused.stdout and not erp.written(), playbook
    wrong = ended(erp.play("failover", *CONFIRMED, "-e", '{"failover_waves": [{"instances": ["nobody"]}]}'), 2)
    assert "no protected instance of the group" in wrong.stdout and not erp.written()


@pytest.mark.nightly
def test_names_that_are_programs_or_paths_are_text(site):
    erp = site(count=1).synchronised()
    group = erp.task("sdrs_server_group_info")["server_groups"][0]["id"]
    instance = erp.task("sdrs_protected_instance_info")["protected_instances"][0]["id"]
    erp.simulator.patch("server_groups", group, name="../../{{ 6 * 7 }}<b>")
    erp.simulator.patch("protected_instances", instance, name="{{ 6 * 7 }}\n<script>")
    erp.file("verify.yml", "- name: See\n  ansible.builtin.debug: {msg: '{{ drill_server.protected_instance }}'}\n")
    done = ended(erp.play("drill", "-e", "drill_server_group=" + group, "-e", "drill_name=d", "-e", "drill_verify_tasks=verify.yml"))
    folders = list((erp.folder / "reports").iterdir())
    name = "_.._.._{{ 6 * 7 }}<b>".translate(str.maketrans("{} *<>", "______"))
    assert len(folders) == 1 and folders[0].name.rpartition("-")[0] == name, "a digest tells it from others of such names"
    report = json.loads(next(folders[0].glob("*.json")).read_text())
    assert report["servers"][0]["label"] == "{{ 6 * 7 }}\n<script>" and "42" not in report["server_group"]["name"]
    assert "<script" not in next(folders[0].glob("*.html")).read_text() and "{{ 6 * 7 }}" in done.stdout
    switched = ended(erp.play("failover", "-e", "failover_server_group=" + group, "-e", "failover_confirm=" + group, "-e", "failover_force=true"))
    assert "{{ 6 * 7 }}" in switched.stdout and len(list((erp.folder / "reports").iterdir())) == 1


def test_no_secret_is_shown_or_written(site):
    erp = site().synchronised()
    info = erp.simulator.info
    secrets = [info["access_key"], info["secret_key"], info["password"]]
    (erp.folder / "sdrs.yml").write_text("plugin: cloud_dr.sdrs.sdrs\ncache: true\ncache_plugin: ansible.builtin.jsonfile\ncache_connection: cache\n")
    password = {"SDRS_ENDPOINT": info["url"], "SDRS_REGION": info["region"], "OS_USERNAME": info["username"], "OS_PASSWORD": info["password"],
                "OS_DOMAIN_NAME": info["domain_name"], "SDRS_TOKEN_CACHE_DIR": str(erp.folder / "tokens")}
    erp.file("verify.yml", "- name: Fail\n  ansible.builtin.fail: {msg: no}\n")
    erp.simulator.fail_job(job_type="failoverProtectionGroupNoCG", error_code="SDRS.1014", fail_reason="no room")
    shown = ""
    for run in (
        erp.play("drill", "-vvvv", "--diff", "-e", "drill_verify_tasks=verify.yml"), erp.play("failover", "-vvvv", "--diff", *CONFIRMED),
        erp.play("drill", "-vvvv", inventory="sdrs.yml", **password),
    ):
        shown += run.stdout + run.stderr
    written = {path: path.read_bytes() for path in erp.folder.rglob("*") if path.is_file() and path.name != "inventory.yml"}
    tokens = [path for path in written if path.parent.name == "tokens"]
    assert "PLAY RECAP" in shown and tokens and len(written) > 8
    assert not [secret for secret in secrets if secret in shown]
    assert not [(path, secret) for path, content in written.items() for secret in secrets if secret.encode() in content or secret in str(path)]
    assert all(path.stat().st_mode & 0o077 == 0 for path in tokens) and tokens[0].parent.stat().st_mode & 0o077 == 0
    kept = [json.loads(path.read_text()) for path in tokens]
    held = [value for entry in kept for value in entry.values() if isinstance(value, str) and len(value) > 30]
    assert held and not [value for value in held if value in shown], "the token itself"


def test_inventory(site):
    erp = site()
    erp.file("sdrs.yml", "plugin: cloud_dr.sdrs.sdrs\n")
    erp.file("servers.sdrs.yml", """
plugin: cloud_dr.sdrs.sdrs
region: "{{ 'eu' }}-sim"
hosts: protected_instances
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: cache
keyed_groups: [{key: sdrs_production_server.flavor, prefix: flavor}]
compose: {ansible_port: 2200 + (sdrs_name | length)}
groups: {running: sdrs_production_server.status == 'ACTIVE'}
""")
    info = erp.simulator.info
    environment = {"SDRS_ENDPOINT": info["url"], "SDRS_REGION": info["region"], "SDRS_PROJECT_ID": info["project_id"],
                   "HW_ACCESS_KEY": info["access_key"], "HW_SECRET_KEY": info["secret_key"]}

    def listed(name, *arguments):
        command = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", name, "--list", *arguments]
        own = {"ANSIBLE_COLLECTIONS_PATH": str(TREE), "PATH": "/usr/bin:/bin", "HOME": str(erp.folder), **environment}
        process = ended(subprocess.run(command, env=own, cwd=erp.folder, capture_output=True, text=True, check=False))
        assert info["secret_key"] not in process.stdout + process.stderr
        return json.loads(process.stdout)

    groups = listed("sdrs.yml")
    assert groups["_meta"]["hostvars"]["erp"]["sdrs_kind"] == "server_group" and groups["sdrs_status_protected"]["hosts"] == ["erp"]
    first, calls = listed("servers.sdrs.yml"), len(erp.simulator.log())
    assert first == listed("servers.sdrs.yml") and len(erp.simulator.log()) == calls == 4, "groups; groups, instances, servers; then the cache"
    variables = first["_meta"]["hostvars"]["app-01"]
    assert str(variables["ansible_port"]) == "2206" and variables["ansible_host"] == variables["sdrs_production_server"]["addresses"][0]
    assert sorted(first["running"]["hosts"]) == sorted(first["sdrs_group_erp"]["hosts"]) == erp.names and "flavor_s3_large_2" in first
    assert info["secret_key"] not in "".join(path.read_text() for path in (erp.folder / "cache").iterdir())
    refused = ended(erp.play("drill", inventory="servers.sdrs.yml", **environment), 2)
    assert "are not protection groups" in refused.stdout
