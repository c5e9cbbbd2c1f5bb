# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays by ansible-playbook on the simulator: the life of every module's object, and the documentation's examples."""

from __future__ import annotations

import importlib
import json
import os
import re
import sys

import pytest
import yaml

import support
from support import ROOT, nightly

ZONES = ["eu-de-01", "eu-de-02"]
SCENARIO = {
    "identity": {"region": "eu-de", "project_name": "eu-de", "availability_zones": ZONES},
    "settings": {"first_sync_seconds": 1},
}
GROUP = {
    "name": "erp", "source_availability_zone": ZONES[0], "target_availability_zone": ZONES[1], "source_vpc": "vpc-erp",
    "description": "ERP production",
}
INSTANCE = {"server_group": "erp", "server": "ecs-erp-db-1"}


@pytest.fixture
def sim(start_simulator, tmp_path):
    (tmp_path / "scenario.json").write_text(json.dumps(SCENARIO))
    return start_simulator("--speed", "1000", "--scenario", str(tmp_path / "scenario.json"))


@pytest.fixture(params=["module", "in process"])
def in_process(request):
    """Every play runs both ways: as ordinary modules, and by the fast path."""
    return request.param == "in process"


# What all modules share shows in these; with a package and a process for each task, a life takes long.
BOTH_WAYS = ("sdrs_server_group", "ecs_power")


@pytest.fixture
def play(sim, tmp_path, in_process):
    """Run tasks ``(module, options, extra keywords)`` in one play and give back their results."""

    def run(tasks, connection=None, verbosity="-v"):
        listed = []
        for number, (module, options, *more) in enumerate(tasks):
            name = module if "." in module else "cloud_dr.sdrs." + module
            if "cloud_dr.sdrs.wait" in _fragments(module):
                options = {"poll_interval": 0.05, **options}
            listed.append({name: options, "register": "result_%d" % number, **(more[0] if more else {})})
        names = ", ".join("result_%d" % number for number in range(len(tasks)))
        listed.append({"ansible.builtin.copy": {"content": "{{ [%s] | to_json }}" % names, "dest": str(tmp_path / "results.json")}})
        book = [{
            "hosts": "localhost", "gather_facts": False, "tasks": listed, "vars": {"sdrs_in_process": in_process},
            "module_defaults": {"group/cloud_dr.sdrs.sdrs": connection if connection is not None else dict(sim.connection, token_cache=False)},
        }]
        (tmp_path / "play.yml").write_text(yaml.safe_dump(book))
        done = ansible_playbook(str(tmp_path / "play.yml"), verbosity)
        run.output = done.stdout
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads((tmp_path / "results.json").read_text())

    return run


def _fragments(module):
    if "." in module:
        return []
    loaded = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + module)
    return yaml.safe_load(loaded.DOCUMENTATION)["extends_documentation_fragment"]


def ansible_playbook(*arguments, **environment):
    return support.ansible_playbook(ROOT, *arguments, **environment)


CHECK = {"check_mode": True}
PREPARED = [("sdrs_server_group", GROUP)]
WITH_INSTANCE = [*PREPARED, ("sdrs_protected_instance", dict(INSTANCE, name="erp-db-1"))]
SYNCHRONISED = [
    *WITH_INSTANCE,
    ("sdrs_server_group", {"name": "erp", "protection": "enabled"}),
    ("sdrs_replication_info", {"server_group": "erp"},
     {"until": "result_3.replications | rejectattr('progress', 'equalto', 100) | list | length == 0", "retries": 20, "delay": 1}),
]
PAIR = {"server_group": "erp", "volume": "archive-1"}
LIVES = {
    # module: (what must be there, creation, update, result key)
    "sdrs_server_group": ([], GROUP, dict(GROUP, protection="disabled", active_active_domain="ActiveactiveDomain"), "server_group"),
    "sdrs_protected_instance": (
        PREPARED, dict(INSTANCE, name="erp-db-1", tags={"tier": "db"}), dict(INSTANCE, name="erp-db", tags={"tier": "x"}), "protected_instance",
    ),
    "sdrs_replication": (
        WITH_INSTANCE, dict(PAIR, name="archive"),
        dict(PAIR, name="archive-x", size=80, attachments=[{"protected_instance": "erp-db-1", "device": "/dev/vdc"}]), "replication",
    ),
    "sdrs_drill": (SYNCHRONISED, {"name": "drill", "server_group": "erp", "drill_vpc": "vpc-drill"}, None, "drill"),
    "sdrs_failover": (
        [*SYNCHRONISED, ("ecs_power", {"server_group": "erp", "site": "production", "state": "stopped"})],
        {"server_group": "erp", "active_site": "target"}, {"server_group": "erp", "active_site": "source"}, "server_group",
    ),
    "sdrs_protected_instance_batch": (
        PREPARED, {"server_group": "erp", "name_prefix": "c", "servers": [{"server": "ecs-erp-cluster-1"}, {"server": "ecs-erp-cluster-2", "name": "b"}]},
        {"server_group": "erp", "servers": [{"server": "ecs-erp-cluster-1", "name": "a"}, {"server": "ecs-erp-cluster-2"}]}, "protected_instances",
    ),
    "sdrs_protected_instance_resize": (
        [*WITH_INSTANCE, ("ecs_power", {"server_group": "erp", "site": "production", "state": "stopped"})],
        {"protected_instance": "erp-db-1", "flavor": "s3.xlarge.2"}, {"protected_instance": "erp-db-1", "dr_flavor": "s3.large.2"}, "protected_instance",
    ),
    "sdrs_protected_instance_nic": (
        WITH_INSTANCE, {"protected_instance": "erp-db-1", "subnet": "subnet-db"},
        {"protected_instance": "erp-db-1", "subnet": "subnet-db", "ip_address": "192.168.16.99"}, "protected_instance",
    ),
    "ecs_power": ([], {"servers": ["ecs-erp-web-1", "ecs-erp-web-2"], "state": "stopped"}, {"servers": ["ecs-erp-web-1"], "state": "started"}, "ecs_servers"),
    "sdrs_topology": (
        [], {"server_groups": [dict(GROUP, protected_instances=[{"name": "web", "server": "ecs-erp-web-1"}])]},
        {"server_groups": [{"name": "erp", "protection": "enabled", "protected_instances": [{"name": "web", "tags": {"tier": "web"}}]}]}, "server_groups",
    ),
    "vpc": (
        [], {"name": "vpc-x", "cidr": "192.168.0.0/16"}, {"name": "vpc-x", "subnets": [{"name": "a", "cidr": "192.168.0.0/24"}], "purge_subnets": True}, "vpc",
    ),
    "vpc_eip": (
        [], {"eip": "80.158.0.10", "server": "ecs-erp-web-1"}, {"eip": "80.158.0.10", "server": "ecs-erp-web-2", "move": True}, "eip",
    ),
    "as_group": ([], {"name": "as-erp-web", "status": "paused"}, {"name": "as-erp-web", "cool_down_time": 60}, "as_group"),
    "sdrs_tag": (
        WITH_INSTANCE, {"protected_instance": "erp-db-1", "tags": {"tier": "db"}},
        {"protected_instance": "erp-db-1", "tags": {"owner": "me"}, "purge": True}, "tags",
    ),
}


# What they manage exists by itself.
NEVER_DELETED = ("sdrs_failover", "sdrs_protected_instance_resize", "ecs_power", "as_group", "vpc_eip")


@pytest.mark.parametrize("in_process, module", [
    (pytest.param if in_process or module in BOTH_WAYS else nightly)(in_process, module, id="%s-%s" % (how, module))
    for how, in_process in (("module", False), ("in process", True)) for module in sorted(LIVES)])
def test_life(module, sim, play):
    prepared, creation, update, key = LIVES[module]
    update = update or creation
    kept = ("name", "server_group", "volume", "server", "servers", "protected_instance", "tags", "ip_address", "purge_subnets")
    deletion = {name: value for name, value in update.items() if name in kept}
    deletion["state"] = "absent"
    if module == "sdrs_replication":
        deletion["force_detach"] = True
    if module == "sdrs_topology":
        deletion = {"server_groups": [{"name": "erp", "state": "absent"}], "prune": True}
    steps = [
        ("create in check mode", creation, CHECK, True), ("create", creation, {}, True), ("create again", creation, {}, False),
        ("update in check mode", update, CHECK, None), ("update", update, {}, None), ("update again", update, {}, False),
    ]
    if module not in NEVER_DELETED:
        steps += [("delete in check mode", deletion, CHECK, True), ("delete", deletion, {}, True), ("delete again", deletion, {}, False)]
    play(prepared) if prepared else None
    tasks = []
    for _name, options, more, _changed in steps:
        log = "{{ lookup('ansible.builtin.url', '%s/__simulator__/requests', split_lines=False) }}" % sim.url
        tasks += [(module, options, more), ("ansible.builtin.set_fact", {"requests_so_far": log})]
    sim.forget()
    results = play(tasks)
    seen = 0
    for (name, _options, more, changed), result, log in zip(steps, results[::2], results[1::2]):
        told = log["ansible_facts"]["requests_so_far"]
        requests = (json.loads(told) if isinstance(told, str) else told)["requests"][seen:]  # ansible-core 2.16 makes values of such texts
        seen += len(requests)
        written = [each for each in requests if each["method"] != "GET"]
        if changed is not None:
            assert result["changed"] is changed, (name, result)
        assert bool(result["operations"]) is result["changed"], name
        assert bool(written) is (result["changed"] and not more), (name, written)
        assert {"diff", "operations", "jobs", key} <= set(result), name
        if result["changed"] and name != "update":
            assert result["diff"]["before"] != result["diff"]["after"], name
        if not result["changed"]:
            assert len(requests) <= 5, (name, requests)  # all references by name
    predicted, done = results[0], results[2]
    assert [each["operation"] for each in predicted["operations"]] == [each["operation"] for each in done["operations"]]
    assert predicted["diff"]["after"] == done["diff"]["after"]


INFO = {
    "sdrs_server_group_info": ({"name": "erp"}, "server_groups"),
    "sdrs_protected_instance_info": ({"server_group": "erp", "tags_any": [{"key": "tier"}]}, "protected_instances"),
    "sdrs_replication_info": ({"server_group": "erp", "protected_instance": "erp-db-1"}, "replications"),
    "sdrs_drill_info": ({"server_group": "erp"}, "drills"),
    "sdrs_tag_info": ({"protected_instance": "erp-db-1"}, "tags"),
    "sdrs_domain_info": ({}, "domains"),
    "sdrs_quota_info": ({}, "quotas"),
    "sdrs_api_version_info": ({}, "api_versions"),
    "sdrs_rpo_statistics_info": ({}, "rpo_statistics"),
    "sdrs_failed_task_info": ({"all": True}, "failed_tasks"),
    "sdrs_readiness_info": ({"server_group": "erp", "operation": "protect"}, "checks"),
    "sdrs_drift_info": ({"server_group": "erp"}, "drift"),
    "sdrs_topology_info": ({"server_groups": ["erp"]}, "topology"),
    "vpc_info": ({"name": "vpc-erp"}, "vpcs"),
    "as_group_info": ({}, "as_groups"),
    "ecs_server_info": ({"server_group": "erp"}, "ecs_servers"),
    "ecs_server_check_info": ({"ids": ["a" * 32], "timeout": 0}, "server_checks"),
    "sdrs_doctor_info": ({}, "checks"),
    "sdrs_posture_info": ({}, "posture"),
    "sdrs_job_info": ({"jobs": "{{ result_0.jobs }}", "wait": True}, "jobs"),
}


@pytest.mark.parametrize("in_process", [nightly(False, id="module"), pytest.param(True, id="in process")])
def test_info_modules(play):
    tasks = [
        ("sdrs_server_group", dict(GROUP, wait=False)), ("sdrs_server_group", GROUP),
        ("sdrs_protected_instance", dict(INSTANCE, name="erp-db-1", tags={"tier": "db"})),
        *[(module, options, CHECK) for module, (options, _key) in INFO.items()],
    ]
    results = play(tasks)[3:]
    for (module, (_options, key)), result in zip(INFO.items(), results):
        assert result["changed"] is False and isinstance(result[key], dict if key == "topology" else list), module
        assert bool(result[key]) is (key not in ("drills", "rpo_statistics", "failed_tasks")), module
    assert results[-1]["jobs"][0]["status"] == "SUCCESS"


def test_files_of_the_controller(sim, play, tmp_path):
    path = str(tmp_path / "evidence" / "a.json")
    sim.forget()
    options = {"files": {path: "[1]"}}
    results = play([("report_files", options, CHECK), ("report_files", options), ("report_files", options), ("report_files", {"absent": [path]})])
    assert [result["changed"] for result in results] == [True, True, False, True] and not sim.log() and not list((tmp_path / "evidence").iterdir())


def test_the_text_of_files_is_not_in_the_job_s_events(play, tmp_path):
    path, missing = str(tmp_path / "evidence" / "a.json"), str(tmp_path / "file" / "b.json")
    (tmp_path / "file").write_text("a file, and no folder")
    tasks = [("report_files", {"files": {each: "{{ 'abc' * 30000 }}"}}, {"ignore_errors": True}) for each in (path, missing)]
    assert [result["failed"] for result in play(tasks, verbosity="-vvv")] == [False, True]
    assert "abcabc" not in play.output and play.output.count('": "90000 bytes"') >= 1


# The tasks of the examples that build on one another, by their names, in an order that works.
EXAMPLES = [
    "Bring the DR topology about", "Give a protected server a new disk, created, paired and attached",
    "Compare the groups of two hosts with what is live, in one reading", "See how all protection groups stand",
    "Export one group", "Keep it in git as variables of the host erp",
    "Keep one instance only, and delete the others with their DR servers",
    "Remove a group with all that it contains and all DR servers",
    "Create a protection group", "Protect a server", "Give the pair of a server's disk a name and let it grow", "Pair a free disk and attach it",
    "Tag a protected instance", "Let the instance have exactly one tag", "Remove a tag whatever its value",
    "Enable protection once the group has protected instances", "Query the tags of an instance", "Query all tags of the project",
    "List the protected instances of a group", "List no more than the names of the instances of a large group",
    "Find the database servers", "List the pairs of a protected instance",
    "List faulty pairs of the project", "List active-active domains", "List groups whose last drill is too old", "Start a drill",
    "List the drills of a group", "End the drill", "Start a drill and go on", "Wait for it",
    "Set connection options once for all modules of the collection",
    "Count the database servers", "List all failed tasks of the project", "Delete the failed tasks of a group", "Delete all failed tasks",
    "Query quotas", "List API versions", "Query one API version", "Query RPO statistics", "Check whether servers can be protected",
    "Compare the servers of a group", "Repair security groups and tags of the DR servers", "See what to prepare before the first switch or drill",
    "Query a VPC", "List AS groups", "List the servers of a protection group at both sites",
    "Make a VPC for drills", "Remove it with its subnets", "Pause an AS group before a failover", "Let it run two to four instances again",
    "Protect two servers that share a disk", "Stop protecting them", "Add a NIC in the database subnet", "Delete it",
    "Stop the production servers before a planned failover", "Give both servers the same flavor", "Check whether a planned failover is possible",
    "See whether a planned failover is possible", "Planned failover to the DR site", "Failover, when the production site is lost",
    "Re-protect after a failover", "Start two servers", "Reach the server of a drill from outside", "Free it again",
    "Find the web servers", "Wait until they run", "See whether one can be logged in to",
    "Keep what a rehearsal came to", "Show how it ended", "Examine the connection", "Show what is wrong",
    "Detach the pair and delete it with its DR disk", "Rename the protected instance of a server",
    "Stop protecting a server and delete its DR server", "Remove the group with all it contains",
]


def test_the_examples_of_the_documentation_run(sim, tmp_path):
    listed = {}
    for path in sorted((ROOT / "plugins" / "modules").glob("*.py")):
        loaded = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + path.stem)
        # Those of recovery plans and of the roles' journal need a run: test_recovery_guide.py runs these examples.
        if not path.stem.endswith("_batch") or path.stem == "sdrs_protected_instance_batch":
            elsewhere = "recovery" in path.stem or path.stem == "run_journal"
            names = () if elsewhere else [task for task in yaml.safe_load(loaded.EXAMPLES) if task["name"] != "Query one group"]
            listed.update((task["name"], task) for task in names)
    tasks = []
    for name in EXAMPLES:
        task = listed.pop(name)
        if name == "Show how it ended":
            kept = {"state": ["production at the source site"], "done": ["nothing"], "not_done": ["nothing remains"], "next": None}
            task["vars"] = {"drill_ending": {"host": "localhost", "subject": "erp", "confirm": "erp", "failed": False, "report": None, **kept}}
        if name == "Reach the server of a drill from outside":
            task["vars"] = {"drill_server": {"id": sim.server("ecs-erp-web-1")}}
        if name in ("Start a drill", "Start a drill and go on", "Stop protecting them", "Check whether a planned failover is possible",
                    "Failover, when the production site is lost"):
            tasks.append({"name": "The first synchronisation takes a moment", "ansible.builtin.pause": {"seconds": 1}})
        if "block" in task:
            text = json.dumps(task["block"]).replace("40df180b-9fe2-471a-8c64-1b758dc84189", "{{ query_group.server_groups[0].id }}")
            tasks.append({"cloud_dr.sdrs.sdrs_server_group_info": {"name": "erp"}, "register": "query_group"})
            tasks += json.loads(text)
        else:
            tasks.append(task)
        if "block" in task:
            back = {"id": "{{ query_group.server_groups[0].id }}", "name": "erp"}
            tasks.append({"name": "Back to its name", "cloud_dr.sdrs.sdrs_server_group": back})
    assert not listed, "examples that no test runs: %s" % ", ".join(listed)
    final = tasks[-1]["cloud_dr.sdrs.sdrs_server_group"]
    final["name"] = "erp"
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "examples.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    environment = {
        "SDRS_ENDPOINT": sim.url, "SDRS_REGION": "eu-de", "OS_USERNAME": sim.info["username"], "OS_PASSWORD": sim.info["password"],
        "OS_DOMAIN_NAME": sim.info["domain_name"], "SDRS_TOKEN_CACHE_DIR": str(tmp_path / "tokens"),
    }
    done = ansible_playbook(str(tmp_path / "examples.yml"), **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [entry[1] for entry in sim.log()].count("/v3/auth/tokens") == 2, "the token is cached between tasks; the doctor tries the password itself"


@pytest.mark.parametrize("in_process", [nightly(False, id="module"), pytest.param(True, id="in process")])
def test_bad_input_is_told_before_anything_is_sent(sim, play):
    failing = {"ignore_errors": True}
    cases = [
        ("sdrs_server_group", {"name": "x" * 65}, "name: .* longer than 64 bytes"),
        ("sdrs_server_group", {"name": "a b"}, "name: 'a b' may contain only"),
        ("sdrs_server_group", {"name": "g", "description": "<"}, "description: must not contain"),
        ("sdrs_protected_instance", {"name": "i", "server_group": "erp", "server_group_id": "other"}, "server_group and its alias server_group_id conflict"),
        ("sdrs_tag", {"protected_instance": "i", "tags": {str(number): "" for number in range(11)}}, "tags: contains 11 tags"),
        ("sdrs_server_group", {"name": "g", "endpoint": "http://example.com"}, "plain http"),
        ("sdrs_server_group", {"name": "g", "auth_token": "another-token-0815"}, "more than one kind of credentials"),
    ]
    sim.forget()
    results = play([(module, options, failing) for module, options, _message in cases])
    for result, (_module, _options, message) in zip(results, cases):
        assert result["failed"] and re.search(message, result["msg"]), result
        assert "\n" not in result["msg"] and "Traceback" not in json.dumps(result)
        assert result["error"]["message"]
    assert sim.log() == []


def test_no_secret_is_shown(sim, play, tmp_path):
    connection = {"endpoint": sim.url, "cloud": "mine", "token_cache": True, "token_cache_dir": str(tmp_path / "tokens")}
    secrets = [sim.info["access_key"], sim.info["secret_key"], sim.info["password"]]
    clouds = {
        "mine": {"region_name": "eu-de", "auth": {"username": sim.info["username"], "password": sim.info["password"],
                                                  "user_domain_name": sim.info["domain_name"]}},
        "keys": {"region_name": "eu-de", "ak": sim.info["access_key"], "sk": sim.info["secret_key"]},
    }
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": clouds}))
    os.environ["OS_CLIENT_CONFIG_FILE"] = str(tmp_path / "clouds.yaml")
    try:
        tasks = [
            ("sdrs_server_group", GROUP, {"environment": {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml")}}),
            # A name that is the password: masked wherever it comes back.
            ("sdrs_server_group", {"name": sim.info["password"]}, {"environment": {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml")},
                                                                   "ignore_errors": True, "no_log": True}),
            ("sdrs_domain_info", {"cloud": "keys"}, {"environment": {"OS_CLIENT_CONFIG_FILE": str(tmp_path / "clouds.yaml")}}),
        ]
        results = play(tasks, connection, "-vvvv")
    finally:
        del os.environ["OS_CLIENT_CONFIG_FILE"]
    shown = play.output + json.dumps(results[:1] + results[2:])
    assert not [secret for secret in secrets if secret in shown]
    tokens = list((tmp_path / "tokens").iterdir())
    assert tokens and not [secret for secret in secrets for entry in tokens if secret in entry.read_text() or secret in entry.name]


def test_a_warning_reaches_the_user(play):
    changed = dict(GROUP, description="other", immutable_change="ignore")
    result = play([*PREPARED, ("sdrs_server_group", changed)])[1]
    assert not result["changed"] and "description is 'ERP production'" in json.dumps(result["warnings"])


def test_what_sends_a_task_back_to_the_ordinary_module(sim, play, tmp_path):
    """Results are the same wherever a task runs."""
    wrapper, marker = tmp_path / "another-python", tmp_path / "was-used"
    wrapper.write_text('#!/bin/sh\ntouch "%s"\nexec "%s" "$@"\n' % (marker, sys.executable))
    wrapper.chmod(0o755)
    results = play([
        *PREPARED,
        ("sdrs_server_group_info", {"name": "erp"}, {"environment": {"X": "1"}}),
        ("sdrs_server_group_info", {"name": "erp"}, {"async": 30, "poll": 1}),
        ("sdrs_server_group_info", {"name": "erp"}, {"vars": {"ansible_python_interpreter": str(wrapper)}}),
        ("sdrs_server_group_info", {"name": "erp"}, {"delegate_to": "127.0.0.1"}),
    ])[1:]
    assert all(result["server_groups"][0]["name"] == "erp" for result in results)
    assert marker.exists()


def test_the_demo_playbook(sim, tmp_path):
    environment = {"SDRS_ENDPOINT": sim.url, "SDRS_REGION": "eu-de", "HW_ACCESS_KEY": sim.info["access_key"], "HW_SECRET_KEY": sim.info["secret_key"],
                   "SDRS_TOKEN_CACHE_DIR": str(tmp_path / "tokens")}
    topology = yaml.safe_load((ROOT / "playbooks" / "vars" / "demo.yml").read_text())["demo_topology"]
    zones = json.dumps({"demo_topology": {**topology, **{key: GROUP[key] for key in ("source_availability_zone", "target_availability_zone")}}})
    first = ansible_playbook("cloud_dr.sdrs.demo", "-e", zones, **environment)
    second = ansible_playbook("cloud_dr.sdrs.demo", "-e", zones, **environment)
    assert first.returncode == 0, first.stdout + first.stderr
    assert "changed=1" in first.stdout and "changed=0" in second.stdout
    drilled = ansible_playbook("cloud_dr.sdrs.demo", "-e", zones, "-e", "demo_state=drill", "-e", "drill_report_dir=%s" % tmp_path, **environment)
    report = json.loads(next((tmp_path / "erp").glob("drill-*.json")).read_text())
    assert drilled.returncode == 0 and report["verdict"] == "passed" and len(report["servers"]) == 5, drilled.stdout
    removed = ansible_playbook("cloud_dr.sdrs.demo", "-e", zones, "-e", "demo_state=absent", **environment)
    assert "changed=1" in removed.stdout, removed.stdout
