# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks and the role that converge, plan and export, run as users run them: from a folder of their own."""

from __future__ import annotations

import json

import pytest
import yaml

from runbook_site import Site
from support import Workplace, eventually, nightly

ERP = {
    "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp", "protection": "enabled",
    "protected_instances": [
        {"name": "web-1", "server": "ecs-erp-web-1", "tags": {"tier": "web"}},
        {"name": "db-1", "server": "ecs-erp-db-1", "replications": [{"volume": "data-1", "name": "db-data"}]},
    ],
}


@pytest.fixture
def workplace(simulator, tmp_path):
    """A user's repository with one group."""
    place = Workplace(tmp_path, simulator)
    place.inventory(erp={"topology_server_group": ERP})
    return place


def connect(simulator):
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import api as api_module
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client, settings

    return api_module.Api(client.Client(settings.resolve(dict(simulator.connection, token_cache=False), {})))


def report(workplace):
    content, path = workplace.report("plan")
    return content, path.with_suffix(".md").read_text()


def test_plan_converge_plan_export(workplace, simulator):
    planned = workplace("plan")
    assert planned.returncode == 0 and '"verdict": "drift"' in planned.stdout, planned.stdout + planned.stderr
    content, text = report(workplace)
    assert content["verdict"] == "drift" and content["counts"]["create protected_instance"] == 2 and "Verdict **drift**" in text
    assert "+  - name: db-1" in text and "1. create server group `erp`" in text
    assert not [entry for entry in simulator.log() if entry[0] != "GET"]

    checked = workplace("converge", "--check", "--diff")
    assert checked.returncode == 0 and "+  - name: db-1" in checked.stdout and "changed=1" in checked.stdout
    assert not [entry for entry in simulator.log() if entry[0] != "GET"]
    first, second = workplace("converge"), workplace("converge")
    assert "changed=1" in first.stdout and "changed=0" in second.stdout, first.stdout + second.stdout

    less = {"topology_server_group": dict(ERP, protected_instances=[dict(ERP["protected_instances"][0], tenancy="shared")])}
    clean = workplace("plan", "-e", "plan_fail_on_drift=true", "-e", "topology_report_dir=evidence", "-e", json.dumps(less))
    assert clean.returncode == 0 and '"verdict": "clean"' in clean.stdout, clean.stdout + clean.stderr
    assert "unmanaged, in no document: protected instance db-1" in " ".join(clean.stdout.split())
    assert "set, but not compared: tenancy of 1 protected instance" in " ".join(clean.stdout.split())
    kept = {path.suffix: path.read_text() for path in (workplace.folder / "evidence" / "erp").glob("plan-*")}
    assert set(kept) == {".md", ".json"} and "- protected instance `db-1` (`" in kept[".md"] and "`tenancy` of 1 protected instance: " in kept[".md"]
    assert json.loads(kept[".json"])["unmanaged"][0]["name"] == "db-1"

    exported = workplace("export")
    assert exported.returncode == 0, exported.stdout + exported.stderr
    path = workplace.folder / "exports" / "erp.yml"
    text = path.read_text()
    assert yaml.safe_load(text)["topology_server_group"]["protected_instances"][0]["name"] == "db-1"
    assert "changed=0" in workplace("export").stdout and path.read_text() == text
    applied = workplace("converge", "-e", "@" + str(path), "-e", "topology_prune=true")
    assert applied.returncode == 0 and "changed=0" in applied.stdout, applied.stdout


def test_the_last_copy_stays_unless_its_own_variable_says_otherwise(workplace, simulator):
    """The production server is deleted, a new one bears its name: the old instance is no longer named."""
    assert workplace("converge").returncode == 0
    api = connect(simulator)
    old = next(each for each in api.list("list_protected_instances") if each["name"] == "web-1")
    simulator.lose("servers", old["source_server"])
    simulator.patch("servers", simulator.server("ecs-erp-web-2"), name="ecs-erp-web-1")
    wanted = ["-e", '{"topology_prune": true, "topology_delete_target_server": true}']
    planned = workplace("plan", *wanted)
    content, text = report(workplace)
    assert planned.returncode == 2 and content["verdict"] == "error" and "last copy" in content["message"]
    assert "last copy" in text and old["target_server"] in text
    refused = workplace("converge", *wanted)
    assert refused.returncode == 2 and "last copy" in refused.stdout
    assert old["target_server"] in [each["id"] for each in api.servers()] and api.call("show_protected_instance", protected_instance=old["id"])

    wanted += ["-e", '{"topology_delete_last_copy": true}']
    workplace("plan", *wanted)
    content, text = report(workplace)
    assert content["verdict"] == "drift" and [each for each in content["operations"] if old["target_server"] in each.get("last_copy", "")]
    assert "delete protected instance `web-1` — **last copy**: protected instance web-1" in text and "last_copy:" in text
    assert "holds the last copy (server ecs-erp-web-1 (%s)" % old["target_server"] in text.replace("\\", "")
    done = workplace("converge", *wanted)
    assert done.returncode == 0 and old["target_server"] not in [each["id"] for each in api.servers()]


def test_drift_ends_failed_only_where_that_is_asked_for(workplace):
    failed = workplace("plan", "-e", "plan_fail_on_drift=true")
    assert failed.returncode == 2 and "erp: drift" in failed.stdout and report(workplace)[0]["verdict"] == "drift"


def test_a_comparison_that_fails_is_a_verdict(workplace):
    wrong = json.dumps({"topology_server_group": dict(ERP, protected_instances=[{"name": "x", "server": "ecs-of-nobody"}])})
    planned = workplace("plan", "-e", wrong)
    content, text = report(workplace)
    assert planned.returncode == 2 and content["verdict"] == "error" and "ecs-of-nobody" in content["message"] and "ecs-of-nobody" in text
    assert '"verdict": "error"' in planned.stdout


def test_names_of_the_service_are_text(workplace, simulator):
    """Names that look like templates, markup or several lines reach a report as what they are."""
    assert workplace("converge").returncode == 0
    api = connect(simulator)
    name = "{{ 6 * 7 }} <b>`{% raw %}\nx"
    simulator.patch("protected_instances", next(each["id"] for each in api.list("list_protected_instances") if each["name"] == "web-1"), name=name)
    planned = workplace("plan")
    content, text = report(workplace)
    assert planned.returncode == 0 and content["verdict"] == "drift", planned.stdout + planned.stderr
    assert "{{ 6 * 7 }}" in content["diff"] and "{{ 6 * 7 }}" in text and "42" not in content["diff"]
    exported = workplace("export", "-e", "topology_export_dir=out")
    assert exported.returncode == 0 and "6 * 7" not in str(yaml.safe_load((workplace.folder / "out" / "erp.yml").read_text())), "a name the rules do not allow"


def test_several_groups_and_hosts(workplace):
    other = {"name": "web", **{key: ERP[key] for key in ("source_availability_zone", "target_availability_zone", "source_vpc")}}
    workplace.inventory(erp={"topology_server_group": ERP}, more={"topology_server_groups": [other, dict(other, name="app")]})
    assert workplace("converge", "--limit", "more").stdout.count("changed=1") == 1
    planned = workplace("plan")
    stats = "".join(planned.stdout.rpartition("CUSTOM STATS")[2].split())
    assert '"sdrs_plan__erp":{"name":"erp","verdict":"drift"}' in stats and '"sdrs_plan__more":{"name":"more","verdict":"clean"}' in stats
    assert stats.count('"verdict":"drift"') == 2, "of the group, and of the run"


def test_a_target_that_is_none_ends_failed(workplace):
    nobody = workplace("converge", "-e", "sdrs_hosts=typo")
    assert nobody.returncode == 2 and "No host matches 'typo'" in nobody.stdout
    wrong = workplace("plan", "-e", "sdrs_kind=protected_instance")
    assert wrong.returncode == 2 and "are not protection groups" in wrong.stdout
    without = workplace("converge", inventory="erp,")
    assert without.returncode == 2 and "host_vars/erp.yml" in without.stdout


@pytest.mark.parametrize("in_process", ["true", nightly("false")])
def test_progress_is_shown_where_it_is_wanted(workplace, in_process, tmp_path_factory):
    folder = tmp_path_factory.mktemp("t")  # the path of a socket must be short
    enabled = {"ANSIBLE_CALLBACKS_ENABLED": "cloud_dr.sdrs.progress", "SDRS_PROGRESS_INTERVAL": "0.05", "TMPDIR": str(folder)}
    arguments = ("converge", "-e", "sdrs_in_process=" + in_process)
    shown = workplace(*arguments, SDRS_PROGRESS="always", **enabled)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert "sdrs: done: create protected instance web-1 (" in shown.stdout and "in flight: create" in shown.stdout
    silent = workplace(*arguments, "-e", '{"topology_prune": true, "topology_server_group": {"name": "erp", "state": "absent"}}', **enabled)
    assert silent.returncode == 0 and "sdrs:" not in silent.stdout and "changed=1" in silent.stdout
    assert not list(folder.glob("sdrs-progress-*"))


@pytest.mark.parametrize("in_process", ["true", nightly("false")])
def test_nothing_is_sent_once_ansible_playbook_is_killed(start_simulator, workplace, in_process):
    slow = start_simulator("--speed", "20")
    connection = json.dumps({"sdrs_connection": dict(slow.connection, token_cache=False), "sdrs_in_process": in_process})
    running = workplace.start("converge", "-e", connection)
    eventually(lambda: [entry for entry in slow.log() if entry[0] == "POST" and entry[1].endswith("protected-instances")], 30)
    running.kill()
    running.wait()
    sent = len([entry for entry in slow.log() if entry[0] != "GET"])
    done = workplace("converge", "-e", connection)
    assert done.returncode == 0, done.stdout + done.stderr
    written = [entry for entry in slow.log() if entry[0] != "GET"]
    # Both instances, or the first, were on their way; left are the name of a pair and the protection.
    assert sent <= 3 and len(written) == 5 and all(entry[2] < 300 for entry in written), written


@pytest.mark.nightly
def test_the_live_state_is_read_once_for_all_hosts(tmp_path):
    """Requests do not grow with the hosts, and what is wrong with one host is its own matter."""
    names = ["g-%02d" % number for number in range(1, 7)]
    site = Site(tmp_path, count=6, groups=names)
    made = {}

    def requests(playbook, *arguments):
        site.simulator.forget()
        process = site.play(playbook, *arguments)
        return process, len([entry for entry in site.simulator.log() if "/auth/" not in entry[1]])

    try:
        process, exported = requests("export")
        assert process.returncode == 0 and exported <= 5, process.stdout + process.stderr
        for name in names:
            made[name] = yaml.safe_load((tmp_path / "exports" / (name + ".yml")).read_text())
            assert made[name]["topology_server_group"]["name"] == name
        made["g-04"]["topology_server_group"]["protectoin"] = "enabled"
        made["g-05"]["topology_server_group"]["protected_instances"].append({"name": "new", "server": "no-such-server"})
        made["g-06"]["topology_server_group"]["protection"] = "disabled"
        site.play.inventory(**made)
        inventory = json.loads((tmp_path / "inventory.yml").read_text())
        hosts = inventory["all"].pop("hosts")
        inventory["all"]["children"] = {"ours": {"hosts": hosts}, "probes": {"hosts": {"probe-1": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1"}}}}
        (tmp_path / "inventory.yml").write_text(json.dumps(inventory))
        ours = ("-e", "sdrs_hosts=ours")

        process, few = requests("plan", "--limit", "g-01,g-02")
        assert process.returncode == 0 and few <= 6, process.stdout + process.stderr
        process, all_of_them = requests("plan", *ours)
        told = {name: site.play.report("plan", name)[0] for name in names}
        assert process.returncode == 2 and {name: told[name]["verdict"] for name in names} == {
            **dict.fromkeys(names, "clean"), "g-04": "error", "g-05": "error", "g-06": "drift"}, process.stdout + process.stderr
        assert "protectoin" in told["g-04"]["message"] and "no-such-server" in told["g-05"]["message"]
        assert all_of_them <= few + 1  # the servers, by one list, to find the one that is not there

        process, converged = requests("converge", *ours)
        assert process.returncode == 2 and converged <= all_of_them + 3 * 8, process.stdout + process.stderr
        recap = process.stdout.partition("PLAY RECAP")[2]
        assert [line.split()[0] for line in recap.splitlines() if "failed=1" in line] == ["g-04", "g-05"] and recap.count("changed=1") == 1

        process, asked = requests("drill_status", *ours)
        assert process.returncode == 2 and asked == 2 and process.stdout.count("there is no report of a successful drill") >= 6, process.stdout
    finally:
        site.simulator.stop()
