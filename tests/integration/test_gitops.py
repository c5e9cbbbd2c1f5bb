# SPDX-License-Identifier: GPL-3.0-or-later
"""The example repository lives: adopted, changed, planned without the cloud, converged, drifted, repaired, drilled."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest
import yaml

from runbook_site import ended
from support import ROOT, TREE, Simulator, Workplace, run_task

ZONES = {"source_availability_zone": "eu-de-01", "target_availability_zone": "eu-de-02"}


def instance(name):
    return {"name": "erp-%s-1" % name, "server": "ecs-erp-%s-1" % name}


@pytest.fixture
def cloud(tmp_path):
    """A cloud of somebody who made a protection group by hand, and has a server that is not yet protected."""
    group = {"name": "erp", **ZONES, "source_vpc": "vpc-erp", "protection": "enabled", "protected_instances": [instance("db"), instance("app")]}
    for name, instances in (("live", group["protected_instances"]), ("servers", [instance("web")])):
        (tmp_path / (name + ".json")).write_text(json.dumps({"server_groups": [{**group, "protected_instances": instances}]}))
    (tmp_path / "scenario.json").write_text(json.dumps({"identity": {"region": "eu-de", "availability_zones": list(ZONES.values())}}))
    made = Simulator("--speed", "400", "--estate", str(tmp_path / "live.json"), "--unprotected", str(tmp_path / "servers.json"),
                     "--scenario", str(tmp_path / "scenario.json"))
    yield made
    made.stop()


class Repository(Workplace):
    """A copy of the example in git, with the cloud's credentials in its environment."""

    def __init__(self, folder, simulator):
        super().__init__(folder / "repository", simulator)
        shutil.copytree(ROOT / "examples" / "gitops", self.folder)
        self.git("init", "--quiet", "--initial-branch", "main")

    def git(self, *arguments):
        known = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *known, *arguments], cwd=self.folder, check=True, capture_output=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def play(self, name, *arguments, **environment):
        own = {"SDRS_ENDPOINT": self.connection["endpoint"], "HW_ACCESS_KEY": self.connection["access_key"], "HW_SECRET_KEY": self.connection["secret_key"]}
        return self("playbooks/%s.yml" % name, *arguments, **{**own, **environment})

    def declare(self, **keys):
        """Change ``topology_server_group`` in the variables of erp."""
        path = self.folder / "host_vars" / "erp.yml"
        content = yaml.safe_load(path.read_text())
        content["topology_server_group"].update(keys)
        path.write_text(yaml.safe_dump(content, sort_keys=False))
        return content["topology_server_group"]

    def live(self):
        return run_task("sdrs_protected_instance_info", self.connection)["protected_instances"]

    def pipeline(self, *arguments):
        """``ci/plan.sh`` as a pipeline without secrets runs it."""
        own = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "HW_", "SDRS_"))}
        path = "%s:%s" % (self.core, own["PATH"])
        done = subprocess.run(["ci/plan.sh", *arguments], cwd=self.folder, capture_output=True, text=True, check=False,
                              env={**own, "PATH": path, "ANSIBLE_COLLECTIONS_PATH": str(TREE)})
        return done, (self.folder / "plan.md").read_text()


@pytest.mark.nightly
def test_the_story_of_a_repository(tmp_path, cloud):
    repository = Repository(tmp_path, cloud)
    host_vars = repository.folder / "host_vars" / "erp.yml"
    ended(repository.play("export"))
    adopted = yaml.safe_load((repository.folder / "exports" / "erp.yml").read_text())
    host_vars.write_text(yaml.safe_dump({**adopted, "drill_rto_target": 3600}))
    repository.commit("Adopt what is there")
    assert "0 to create, 0 to change, 0 to delete" in ended(repository.play("plan")).stdout
    cloud.forget()

    repository.git("checkout", "--quiet", "-b", "protect-web")
    instances = repository.declare()["protected_instances"]
    repository.declare(protected_instances=[*instances, {**instance("web"), "tags": {"tier": "web"}}])
    repository.commit("Protect the web server")
    done, comment = repository.pipeline("main")
    assert done.returncode == 0 and "erp-web-1" in comment and "1 to create" in done.stdout, done.stdout + done.stderr
    assert not cloud.log(), "a pipeline without credentials asks nobody"
    repository.declare(protected_instances=[*instances, {"name": "erp-web-1", "server": "ecs-erp-web-9"}], protektion="enabled")
    done, comment = repository.pipeline("main")
    assert done.returncode != 0 and "protektion" in comment
    repository.git("checkout", "--quiet", "--force", "main")
    repository.git("merge", "--quiet", "protect-web")
    shutil.rmtree(repository.folder / "reports")
    assert "1 created" in ended(repository.play("converge")).stdout
    ended(repository.play("plan", "-e", "plan_fail_on_drift=true"))

    web = next(each for each in repository.live() if each["name"] == "erp-web-1")
    cloud.patch("protected_instances", web["id"], tags=[{"key": "tier", "value": "by-hand"}])
    assert "0 to create, 1 to change" in ended(repository.play("plan", "-e", "plan_fail_on_drift=true"), 2).stdout
    ended(repository.play("converge"))
    assert next(each for each in repository.live() if each["name"] == "erp-web-1")["tags"] == [{"key": "tier", "value": "web"}]

    plan = repository.folder / "recovery" / "site.yml"
    plan.write_text(plan.read_text().replace("on_failure: continue", "on_failures: continue"))
    assert "on_failures" in ended(repository.play("lint"), 2).stdout
    plan.write_text(plan.read_text().replace("on_failures: continue", "on_failure: continue").replace("as_groups: [as-erp-web]\n", ""))
    ended(repository.play("lint"))
    ended(repository.play("recover", "-e", "recovery_plan=recovery/site.yml", "-e", "recovery_operation=failover", "-e", "failover_force=true", "--check"))
    ended(repository.play("drill"))
    report, _path = repository.report("drill")
    assert report["verdict"] == "passed" and len(report["servers"]) == 3
    ended(repository.play("posture"))
    assert "erp" in (repository.folder / "reports" / "posture.html").read_text()
