# SPDX-License-Identifier: GPL-3.0-or-later
"""The example of AWX, applied with AWX's own modules to an API that refuses what AWX refuses.

SDRS_AWX names the folder of an ``ansible_collections`` with awx.awx; the gates "AWX" get it from the package index.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import awx_api
import pytest
import yaml

from support import ROOT

EXAMPLE = ROOT / "examples" / "awx"
TREE = os.environ.get("SDRS_AWX")
pytestmark = pytest.mark.skipif(not TREE, reason="SDRS_AWX names no folder with awx.awx; tests/gates.py AWX gets it")


@pytest.fixture(params=["awx.awx", "ansible.controller"])
def apply(request, tmp_path):
    """``apply(url)`` runs the playbook and gives its output. Automation Platform's collection is the same under another name."""
    own = tmp_path / "ansible_collections" / Path(*request.param.split("."))
    own.parent.mkdir(parents=True)
    own.symlink_to(Path(TREE).resolve() / "ansible_collections" / "awx" / "awx")

    def run(url):
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), "apply.yml", "-e", "controller_collection=" + request.param],
            cwd=EXAMPLE, capture_output=True, text=True, check=False, timeout=900,
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(tmp_path), "CONTROLLER_HOST": url, "CONTROLLER_OAUTH_TOKEN": awx_api.TOKEN,
                 "ANSIBLE_LOCALHOST_WARNING": "0", "NO_COLOR": "1"})
        assert done.returncode == 0 and "failed=0" in done.stdout, done.stdout[-4000:] + done.stderr
        return done.stdout

    return run


def test_applied_twice(apply):
    with awx_api.Served() as (controller, url):
        apply(url)
        made = controller.objects
        assert {kind: len(found) for kind, found in made.items() if kind != "organizations"} == {
            "execution_environments": 1, "credential_types": 1, "credentials": 1, "notification_templates": 1, "projects": 2, "inventories": 2,
            "inventory_sources": 2, "workflow_approval_templates": 3,
            **{kind: len(_objects()["sdrs_" + name]) for kind, name in (
                ("job_templates", "job_templates"), ("workflow_job_templates", "workflows"), ("schedules", "schedules"), ("teams", "teams"))},
            "workflow_job_template_nodes": sum(len(each["nodes"]) for each in _objects()["sdrs_workflows"]),
        }
        _survives_the_death_of_git(controller)
        _workflows(controller)
        (kind,) = made["credential_types"].values()
        assert kind["injectors"]["env"]["HW_ACCESS_KEY"] == "{{ access_key }}", "for AWX to render"
        assert ("approval", "DR approvers", "SDRS failover with approval") in controller.granted()
        controller.writes.clear()
        assert "changed=0" in apply(url) and not controller.writes, controller.writes


def _survives_the_death_of_git(controller):
    """AWX starts no job of a project whose last update failed. What switches uses a project that is updated after another one only, by no launch."""
    standing = controller.named("projects", "DR topology, standing")
    switches = [template for template in controller.every("job_templates") if "failover_confirm" in str(template["survey_spec"])]
    assert len(switches) >= 4 and all(template["project"] == standing["id"] for template in switches)
    assert not any(project["scm_update_on_launch"] for project in controller.every("projects"))
    assert not any(source["update_on_launch"] for source in controller.every("inventory_sources"))
    assert all(source["overwrite_vars"] and source["timeout"] for source in controller.every("inventory_sources"))
    assert standing["id"] not in {schedule["unified_job_template"] for schedule in controller.every("schedules")}
    for workflow in controller.every("workflow_job_templates"):
        chain = _chain(controller, workflow)
        assert standing["id"] not in chain or chain.index(standing["id"]) > chain.index(controller.named("projects", "DR topology")["id"])


def _chain(controller, workflow):
    """The unified job templates of a workflow in the order in which they run, each after the success of the one before."""
    nodes = {node["id"]: node for node in controller.every("workflow_job_template_nodes") if node["workflow_job_template"] == workflow["id"]}
    following = {number: controller.links("workflow_job_template_nodes", number, "success_nodes") for number in nodes}
    (first,) = set(nodes) - {number for each in following.values() for number in each}
    found = [first]
    while following[found[-1]]:
        found += following[found[-1]]
    assert len(found) == len(nodes), "one chain"
    return [nodes[number]["unified_job_template"] for number in found]


def _workflows(controller):
    """Nothing is switched or applied by a workflow without an approval before it."""
    approvals = {each["id"] for each in controller.every("workflow_approval_templates")}
    guarded = {template["id"] for template in controller.every("job_templates") if "_confirm" in str(template["survey_spec"])}
    guarded.add(controller.named("job_templates", "SDRS converge")["id"])
    for workflow in controller.every("workflow_job_templates"):
        chain = _chain(controller, workflow)
        if chain[-1] in guarded:
            assert chain[-2] in approvals, workflow["name"]


def _objects():
    return yaml.load((EXAMPLE / "objects.yml").read_text(), Loader=_Loader)


class _Loader(yaml.SafeLoader):
    """``!unsafe`` counts as what it marks."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
