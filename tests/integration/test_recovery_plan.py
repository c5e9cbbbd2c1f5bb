# SPDX-License-Identifier: GPL-3.0-or-later
"""Recovery plans as users run them: many groups in one run, tier by tier, failed, interrupted and run again."""

from __future__ import annotations

import json
import os
import shutil

import pytest
import yaml
from recovery_site import PLAN_CONFIRMED, Estate

from runbook_site import ended
from support import ROOT, eventually

FAILOVER = ("-e", "recovery_operation=failover")


@pytest.fixture
def estate(tmp_path):
    made = []

    def make(*arguments, **options):
        made.append(Estate(tmp_path, *arguments, **options))
        return made[-1]

    yield make
    for each in made:
        each.simulator.stop()


def tier(name, *groups, **keys):
    return {"name": name, "groups": list(groups), "timeout": 8, **keys}


def steps(report):
    return {step["check"]: step["status"] for step in report["steps"]}


def test_failures_stop_what_needs_them_and_a_second_run_finishes(estate):
    site = estate(7)
    site.plan(tiers=[
        tier("one", "g01"), tier("needs-one", "g02"), tier("alone", "g03", "g04", needs=[], on_failure="continue"), tier("after-alone", "g05"),
        tier("hung", "g06", needs=["alone"]), tier("last", "g07", needs=["after-alone"]),
    ])
    for group in ("g01", "g03"):
        site.simulator.fail_job(job_type="failoverProtectionGroupNoCG", resource_name=group, error_code="SDRS.0405", fail_reason="broken")
    site.simulator.fail_job(job_type="startServer", resource_name="ecs-00011", hang=True, count=1)
    failed = ended(site.run(), 2)
    assert len(site.switches()) == 7, "all groups, at once, each once"
    report, = site.reports()
    assert report["verdict"] == "failed" and not report["interrupted"] and report["measured_seconds"] is None
    found = steps(report)
    assert [found["switch g%02d" % number] for number in range(1, 8)] == ["failed", "passed", "failed", "passed", "passed", "passed", "passed"]
    assert {name: found["tier " + name] for name in ("one", "needs-one", "alone", "after-alone", "hung", "last")} == {
        "one": "failed", "needs-one": "not_tried", "alone": "failed", "after-alone": "passed", "hung": "failed", "last": "passed"}
    assert [tuple(each[key] for key in ("name", "status", "servers_up", "servers")) for each in report["tiers"]] == [
        ("one", "failed", 0, 2), ("needs-one", "blocked", 0, 2), ("alone", "failed", 2, 4), ("after-alone", "succeeded", 2, 2),
        ("hung", "failed", 0, 2), ("last", "succeeded", 2, 2)]
    assert "servers 6 of 14 verified up, 2 failed, 6 not tried" in report["state"] and "-e failover_confirm=site" in report["next"][1]
    assert "not started: tier one did not come up" in failed.stdout and "group g01: g01: " in failed.stdout
    up = site.up()
    assert (up["g02"], up["g04"], up["g05"], up["g06"], up["g07"]) == (0, 2, 2, 0, 2), up

    site.simulator.forget_faults()
    for server in site.task("ecs_server_info", server_group="g06")["ecs_servers"]:  # somebody has freed what hung
        site.simulator.patch("servers", server["id"], **{"OS-EXT-STS:task_state": None})
    site.simulator.forget()
    ended(site.run())
    assert len(site.switches()) == 2, "what was switched is not switched again"
    assert set(site.states().values()) == {("failed-over", "target")} and set(site.up().values()) == {2}
    report = site.reports()[-1]
    assert report["verdict"] == "passed" and report["interrupted"] and set(steps(report).values()) == {"passed"} and len(report["servers"]) == 14
    assert len([job for job in report["jobs"] if job["job_type"] == "failoverProtectionGroupNoCG"]) >= 7, "every attempt is kept"
    assert not list((site.folder / "reports" / "site").glob(".*.jsonl")) and len(list((site.folder / "reports" / "site").glob("journal-*"))) == 1


def test_a_drill_runs_the_same_tiers_and_leaves_nothing(estate):
    site = estate(3)
    before = sorted(vpc["name"] for vpc in site.task("vpc_info")["vpcs"])
    site.file("hook.yml", "- name: Note\n  ansible.builtin.lineinfile: {path: '%s/seen', create: true, mode: '0600', line: "
              "'{{ recovery_operation }} {{ recovery_tier.name }} {{ db }} {{ recovery_variables.db }} {{ recovery_servers | length }}'}\n" % site.folder)
    site.file("dns.yml", "- name: Move DNS\n  ansible.builtin.debug: {msg: moved}\n")
    variables = {"target": {"db": "10.0.0.1"}, "drill": {"db": "10.9.0.1"}}
    site.plan(variables=variables, tiers=[tier("db", "g01", after="hook.yml"), tier("app", "g02", "g03", after="hook.yml")], after="dns.yml")
    refused = ended(site.run(playbook="drill"), 2)
    assert "would do the same in the drill as in a failover" in refused.stdout and not site.written()
    site.file("dns.yml", "- name: Move DNS\n  ansible.builtin.fail: {msg: moved}\n  when: recovery_operation != 'drill'\n")
    ended(site.run(playbook="drill"))
    assert (site.folder / "seen").read_text().splitlines() == ["drill db 10.9.0.1 10.9.0.1 2", "drill app 10.9.0.1 10.9.0.1 4"]
    report, = site.reports("drill")
    assert report["verdict"] == "passed" and len(report["servers"]) == 6 and [entry["status"] for entry in report["clean_up"]] == ["removed"]
    assert not site.task("sdrs_drill_info")["drills"] and sorted(vpc["name"] for vpc in site.task("vpc_info")["vpcs"]) == before
    assert not site.switches() and set(site.states().values()) == {("protected", "source")} and set(site.up().values()) == {2}
    site.file("dns.yml", "- name: Move DNS\n  ansible.builtin.debug: {msg: moved}\n")
    ended(site.run(playbook="failover"))
    assert (site.folder / "seen").read_text().splitlines()[2:] == ["failover db 10.0.0.1 10.0.0.1 2", "failover app 10.0.0.1 10.0.0.1 4"]


def test_a_drill_that_fails_or_is_killed_leaves_nothing(estate):
    site = estate(2, speed="60")
    site.plan(tiers=[tier("all", "g01", "g02", verify="verify.yml")])
    site.file("verify.yml", "- name: Ask it\n  ansible.builtin.fail: {msg: HTTP 503}\n")
    ended(site.run(playbook="drill"), 2)
    assert not site.task("sdrs_drill_info")["drills"] and "Ask it: HTTP 503" in " ".join(site.reports("drill")[0]["reasons"])
    site.file("verify.yml", "- name: Ask it\n  ansible.builtin.debug: {msg: fine}\n")
    running = site.play.start("drill", *PLAN_CONFIRMED)
    site.simulator.forget()
    eventually(lambda: len(site.written("disaster-recovery-drills")) == 2, 60)
    running.kill()
    running.wait()
    eventually(lambda: len(site.task("sdrs_drill_info")["drills"]) == 2, 60)
    ended(site.run(playbook="drill"))
    assert len(site.written("disaster-recovery-drills")) == 2 and not site.task("sdrs_drill_info")["drills"] and site.reports("drill")[-1]["interrupted"]
    somebody = site.task("sdrs_drill", name="recovery-site", server_group="g01")["drill"]["id"]
    refused = ended(site.run(playbook="drill"), 2)
    assert "recovery_replace=" + somebody in refused.stdout and len(site.task("sdrs_drill_info")["drills"]) == 1


def test_planned_failover_and_back_with_hooks_and_people(estate):
    site = estate(2)
    site.file("told.yml", "- name: Tell\n  ansible.builtin.debug: {msg: 'values {{ recovery_variables.name }}'}\n")
    site.plan(
        rto_target=600, approvers=[{"name": "Ada", "contact": "ada@example.org"}], variables={"source": {"name": "east"}, "target": {"name": "west"}},
        manual_before=[{"name": "go", "text": "Does the business agree?"}], before="told.yml", as_groups=["as-erp-web"],
        vpcs=[{"name": "vpc-other", "enable_shared_snat": True}], after="told.yml", finish="told.yml",
        tiers=[tier("web", "g02", instances=[{"group": "g01", "instances": ["g01-2"]}],
                    manual_after=[{"name": "look", "text": "Does it look well?"}])],
    )
    checked = ended(site.run("--check", playbook="planned_failover"))
    assert not site.written() and checked.stdout.index("wait for go") < checked.stdout.index("stop the servers of g02, g01") < checked.stdout.index(
        "tier others: start and check g01/g01-1") < checked.stdout.index("resume AS groups")
    assert site.reports("planned_failover")[0]["verdict"] == "check"
    waiting = ended(site.run(playbook="planned_failover"), 2)
    assert "recovery_acknowledged=go" in waiting.stdout and not site.written(), "nobody was there to be asked"
    stuck = ended(site.run("-e", "recovery_acknowledged=go", playbook="planned_failover"), 2)
    assert "Manual step look" in stuck.stdout and len(site.switches()) == 2
    (site.folder / "reports" / "site" / "acknowledged-look").write_text("Ada")
    ended(site.run("-e", "recovery_acknowledged=go", playbook="planned_failover"))
    assert len(site.switches()) == 2 and set(site.states().values()) == {("protected", "target")} and set(site.up().values()) == {2}
    report = site.reports("planned_failover")[-1]
    assert report["verdict"] == "passed" and {"manual step go", "manual step look", "before", "after the switch", "finish"} <= set(steps(report))
    assert site.task("as_group_info", name="as-erp-web")["as_groups"][0]["scaling_group_status"] == "INSERVICE"
    assert next(vpc for vpc in site.task("vpc_info")["vpcs"] if vpc["name"] == "vpc-other")["enable_shared_snat"]
    back = ended(site.run("-e", "recovery_acknowledged=go,look", playbook="failback"))
    assert "values east" in back.stdout and set(site.states().values()) == {("protected", "source")} and set(site.up().values()) == {2}


@pytest.mark.nightly
def test_failover_then_reprotection(estate):
    site = estate(2)
    site.plan(name="as-mapping", tiers=[tier("all", *site.names, manual="Is the other site really lost?")])
    plan = yaml.safe_load((site.folder / "plan.yml").read_text())
    given = ("-e", json.dumps({"recovery_plan": plan}), "-e", "failover_confirm=as-mapping", "-e", "failover_force=true")
    assert "Manual step all (Is the other site really lost?) is not acknowledged" in ended(site.play("failover", *given), 2).stdout
    ended(site.play("failover", *given, "-e", "recovery_acknowledged=all", "-e", "failover_report_dir=evidence"))
    report, = [json.loads(path.read_text()) for path in (site.folder / "evidence" / "as-mapping").glob("failover-*.json")]
    assert report["verdict"] == "passed" and report["tiers"] == [{"name": "all", "status": "succeeded", "servers_up": 4, "servers": 4}]
    site.plan()
    early = ended(site.run(playbook="failback"), 2)
    assert "Nothing was done: g01: protection group g01 is 'failed-over'" in early.stdout
    ended(site.run(playbook="reprotect"))
    assert set(site.states().values()) == {("protected", "target")} and site.reports("reprotect")[-1]["verdict"] == "passed"


@pytest.mark.nightly
def test_recovery_by_drill(estate):
    """Where groups cannot be failed over: unconfirmed, killed while drills are made, run again, and a drill of the same plan beside it."""
    site = estate(2, speed="60")
    site.file("hook.yml", "- name: Note\n  ansible.builtin.lineinfile: {path: '%s/seen', create: true, mode: '0600', line: "
              "'{{ recovery_operation }} {{ recovery_variables.db }}'}\n" % site.folder)
    site.plan(tiers=[tier("db", "g01", after="hook.yml", ports=[5432]), tier("app", "g02")], variables={"drill": {"db": 1}}, as_groups=["as-nobody"])
    missing = ended(site.run(playbook="recover_by_drill"), 2)
    assert "variables.recover_by_drill is missing" in missing.stdout
    site.plan(tiers=[tier("db", "g01", after="hook.yml", ports=[5432]), tier("app", "g02")], variables={"recover_by_drill": {"db": 2}}, as_groups=["as-nobody"])
    unsure = ended(site.play("recover_by_drill", "-e", "recovery_plan=plan.yml"), 2)
    assert "not confirmed: recovery plan site" in unsure.stdout and not site.written()
    running = site.play.start("recover_by_drill", *PLAN_CONFIRMED)
    eventually(lambda: len(site.written("disaster-recovery-drills")) == 2, 60)
    running.kill()
    running.wait()
    done = ended(site.run(playbook="recover_by_drill", ANSIBLE_STDOUT_CALLBACK="cloud_dr.sdrs.console"))
    drills = {drill["id"] for drill in site.task("sdrs_drill_info")["drills"]}
    assert len(drills) == 2 and len(site.written("disaster-recovery-drills")) == 2 and not site.switches()
    assert "2 of 2 protection groups have their DR drills" in done.stdout and "nothing protects it" in done.stdout, done.stdout[-2000:]
    assert (site.folder / "seen").read_text().splitlines() == ["recover_by_drill 2"]
    report = site.reports("recover_by_drill")[-1]
    assert report["verdict"] == "passed" and report["interrupted"] and any("back them up" in note for note in report["notes"])
    site.plan(tiers=[tier("all", "g01", "g02")])
    ended(site.run(playbook="drill"))
    assert {drill["id"] for drill in site.task("sdrs_drill_info")["drills"]} == drills, "a drill leaves them alone"
    ended(site.run(playbook="recover_by_drill"))
    assert {drill["id"] for drill in site.task("sdrs_drill_info")["drills"]} == drills and len(site.written("disaster-recovery-drills")) == 4


def test_two_operators_at_once(estate):
    site = estate(2)
    site.plan()
    site.simulator.fail_job(job_type="failoverProtectionGroupNoCG", resource_name="g01", hang=True)
    running = site.play.start("recover", *PLAN_CONFIRMED, *FAILOVER)
    eventually(lambda: len(site.switches()) == 2, 60)
    refused = ended(site.run(), 2)
    running.kill()
    running.wait()
    assert "nothing was done: another run of recovery plan site (failover) was started by" in refused.stdout and "(process %d" % running.pid in refused.stdout
    assert len(site.switches()) == 2


FAULTY = [
    ({"before": "nowhere.yml"}, None, "nowhere.yml cannot be run"),
    ({"before": "hook.yml"}, "- name: x\n  no.such.module: {}\n", "no.such.module"),
    ({"before": "hook.yml"}, "- name: x\n  ansible.builtin.debug: {msg: '{{ misspelt_variable }}'}\n", "nobody sets misspelt_variable"),
    ({"before": "hook.yml"}, "- name: x\n  ansible.builtin.debug: {msg: '{{ a | }}'}\n", "hook.yml, task x: "),
    ({"before": "hook.yml"}, "- name: x\n  ansible.builtin.include_tasks: inner.yml\n", "inner.yml"),
    ({"before": "hook.yml"}, "x: [", "hook.yml cannot be run"),
    ({"tiers": [{"name": "t", "groups": ["g10"]}]}, None, "no protection group is named 'g10'"),
    ({"tiers": [{"name": "t", "instances": [{"group": "g01", "instances": ["g01-9"]}]}]}, None, "available: g01-1, g01-2"),
    ({"as_groups": ["as-nobody"]}, None, "no AS group has the name as-nobody; available: as-erp-web"),
    ({"teirs": []}, None, "(did you mean tiers"),
    ({"drill": {"vpcs": {"g09": "vpc-drill"}}}, None, "drill.vpcs: g09 is in no tier; groups in tiers: g01"),
    ({"variables": {"target": {"failover_mode": "planned"}}}, None, "failover_mode begins like variables of Ansible or of this collection"),
    ({"variables": {"source": {"address": "a"}}, "before": "hook.yml"}, "- name: x\n  ansible.builtin.debug: {msg: '{{ address }}'}\n", "nobody sets address"),
]


def test_what_is_wrong_ends_the_run_before_anything_is_sent(estate):
    site = estate(1)
    for number, (keys, hook, text) in enumerate(FAULTY):
        site.plan(**keys)
        if hook:
            site.file("hook.yml", hook)
        failed = ended(site.run(*(["--check"] if number % 2 else [])), 2)
        assert text in failed.stdout.replace("\\", ""), (text, failed.stdout[-3000:])
    site.plan()
    for arguments, text in (
        (("-e", "failover_confirm=other"), "not confirmed: recovery plan site"), (("-e", "failover_confirm=site,g01"), "names g01, which is not the plan"),
        (("-e", '{"failover_confirm": true}'), "it must be a name"), (("-e", "recovery_state=x"), "recovery_state is set by the collection itself"),
        (("-e", "recovery_confrim=site"), "did you mean recovery_confirm?"), (("-e", "failover_confrim=site"), "did you mean failover_confirm?"),
        (("-e", '{"failover_waves": []}'), "failover_waves has no effect on a recovery plan"), (("--limit", "erp"), "run it without --limit"),
        (("-e", "recovery_force=false"), "production looks healthy"), (("-e", '{"recovery_acknowledged": [" "]}'), "contains an empty name"),
    ):
        failed = ended(site.run(*arguments), 2)
        assert text in failed.stdout, failed.stdout[-3000:]
    promised = ended(site.run("-e", "recovery_operation=failover", playbook="drill"), 2)
    assert "playbook drill needs recovery_operation: drill" in promised.stdout
    (site.folder / "plan.yml").write_text("name: [")
    assert "plan.yml cannot be read" in ended(site.run(), 2).stdout
    assert not site.written()


def test_a_service_that_fails_and_a_folder_that_cannot_be_written(estate):
    site = estate(2)
    site.plan()
    site.simulator.fault(status=503, path="server-groups", count=10**6)
    failed = ended(site.run("-e", '{"sdrs_connection": %s}' % json.dumps(dict(site.play.connection, max_retries=1))), 2)
    assert "503" in failed.stdout and not site.written()
    site.simulator.forget_faults()
    (site.folder / "reports").write_text("a file")
    ended(site.run(XDG_STATE_HOME=str(site.folder / "state")))
    assert set(site.up().values()) == {2}, "evidence stops nothing"
    assert os.listdir(site.folder / "state" / "cloud_dr.sdrs" / "reports")


def test_names_are_text(estate):
    site = estate(1)
    group = site.task("sdrs_server_group_info")["server_groups"][0]["id"]
    instance = site.task("sdrs_protected_instance_info")["protected_instances"][0]["id"]
    site.simulator.patch("server_groups", group, name="../{{ 6 * 7 }}\x1b[31m<b>")
    site.simulator.patch("protected_instances", instance, name="{{ 6 * 7 }}\n<script>")
    site.plan(tiers=[tier("t", group)])
    done = ended(site.run())
    assert "\x1b" not in done.stdout and set(site.states().values()) == {("failed-over", "target")}
    assert "{{ 6 * 7 }}\n<script>" in json.dumps(site.reports()[-1]).encode().decode("unicode_escape")


@pytest.mark.nightly
def test_the_modules_by_themselves(estate, tmp_path):
    """In the controller's process and as ordinary modules, in check mode, for real, and once more."""
    site = estate(2)
    plan = {"name": "site", "tiers": [{"name": "all", "groups": ["g01", "g02"]}]}
    drills = [{"server_group": name, "name": "d"} for name in site.names]
    journal = str(tmp_path / "j" / ".x.jsonl")
    wanted = [
        ("sdrs_recovery_info", {"plan": plan, "operation": "failover"}, 0), ("sdrs_drill_batch", {"drills": drills}, 1),
        ("sdrs_failover_batch", {"server_groups": site.names, "active_site": "target", "mode": "unplanned"}, 1),
        ("sdrs_recovery_servers", {"plan": plan, "tier": "all"}, 1), ("sdrs_recovery_check_info", {"plan": plan, "tier": "all"}, 0),
        ("run_journal", {"path": journal, "action": "read"}, 0),
    ]
    tasks = []
    for name, options, changes in wanted:
        for check, changed in ((True, changes), (False, changes), (False, 0)):
            tasks += [
                {"name": name, "cloud_dr.sdrs." + name: options, "register": "done", "check_mode": check, "vars": {"sdrs_in_process": not check}},
                {"name": "As expected", "ansible.builtin.assert": {"that": ["done is %schanged" % ("" if changed else "not "), "'error' not in done"]},
                 "when": "not (%s and %s)" % (check, name in ("sdrs_recovery_servers", "sdrs_recovery_check_info"))},
            ]
    play = [{"name": "Modules", "hosts": "erp", "gather_facts": False, "connection": "local", "tasks": tasks,
             "module_defaults": {"group/cloud_dr.sdrs.sdrs": "{{ sdrs_connection }}"}, "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}}]
    site.file("play.yml", json.dumps(play))
    ended(site.play("play.yml"))
    assert len(site.switches()) == 2 and set(site.up().values()) == {2}


def test_a_first_plan_is_made_of_what_is_live(estate):
    site = estate(2)
    ended(site.play("recovery_export", "-e", "recovery_export=plan.yml"))
    plan = (site.folder / "plan.yml").read_text()
    assert plan.startswith("# yaml-language-server: $schema=https://") and "- g01" in plan
    kept = ended(site.play("recovery_export", "-e", "recovery_export=plan.yml"), 2)
    assert "already exists" in kept.stdout
    ended(site.run("-e", "failover_confirm=plan", "--check"))
    assert not site.written()


def test_the_example(estate):
    """examples/gitops, with the group that its inventory names."""
    site = estate(1)
    group = site.task("sdrs_server_group_info")["server_groups"][0]["id"]
    site.simulator.patch("server_groups", group, name="erp")
    for number, instance in enumerate(site.task("sdrs_protected_instance_info")["protected_instances"]):
        site.simulator.patch("protected_instances", instance["id"], name=("erp-db-1", "erp-app-1")[number])
    for name in ("hooks", "recovery", "playbooks"):
        shutil.copytree(ROOT / "examples" / "gitops" / name, site.folder / name)
    arguments = ("-e", "recovery_plan=recovery/site.yml", "-e", "failover_confirm=site", "-e", "failover_force=true")
    ended(site.play("drill", *arguments))
    done = ended(site.play("playbooks/recover.yml", "-e", "recovery_operation=failover", *arguments))
    assert "failover: production is at eu-de-02" in done.stdout and set(site.states().values()) == {("failed-over", "target")}
