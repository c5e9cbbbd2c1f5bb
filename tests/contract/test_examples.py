# SPDX-License-Identifier: GPL-3.0-or-later
"""The example repository and the AWX objects refer to what exists."""

from __future__ import annotations

import shutil

import pytest
import yaml

from support import ROOT

GITOPS, AWX = ROOT / "examples" / "gitops", ROOT / "examples" / "awx"
OBJECTS = yaml.safe_load((AWX / "objects.yml").read_text())
TEMPLATES = {template["name"]: template for template in OBJECTS["sdrs_job_templates"]}
PLAYBOOKS = ("converge", "plan", "export", "drift", "drill", "drill_status", "failover", "planned_failover", "failback", "reprotect",
             "recover_by_drill", "recover")


def role_options(role):
    return set().union(*(
        entry["options"] for entry in yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"].values()
    ))


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_each_playbook_can_be_run_from_the_repository(name):
    content = yaml.safe_load((GITOPS / "playbooks" / (name + ".yml")).read_text())
    assert content[0]["ansible.builtin.import_playbook"] == "cloud_dr.sdrs." + name and (ROOT / "playbooks" / (name + ".yml")).exists()


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_job_templates_run_playbooks_that_exist(name):
    template = TEMPLATES[name]
    assert (GITOPS / template["playbook"]).exists() and template["description"]
    playbook = (GITOPS / template["playbook"]).stem
    switches = playbook in ("failover", "planned_failover", "failback", "reprotect", "recover_by_drill", "recover")
    assert bool(template.get("confirm")) is switches, "what switches asks for confirmation"
    variable = template["confirm"] if isinstance(template.get("confirm"), str) else OBJECTS["sdrs_confirmation"]["spec"][0]["variable"]
    wanted = {"recover_by_drill": "recover_by_drill_confirm", "recover": "failover_confirm"}.get(playbook, "failover_confirm")
    assert not switches or variable == wanted
    if template.get("survey"):
        asked = {question["variable"]: question for question in template["survey"]["spec"]}
        assert asked[variable]["required"] and not asked[variable]["default"], "nobody confirms by pressing enter"
        assert set(asked) <= role_options("recovery") and template["limit"] is False
        spec = yaml.safe_load((ROOT / "roles" / "recovery" / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main"]["options"]
        assert sorted(asked["recovery_operation"]["choices"]) == sorted(spec["recovery_operation"]["choices"])
        assert (GITOPS / asked["recovery_plan"]["default"]).exists()


def test_workflows_and_schedules_name_job_templates():
    for workflow in OBJECTS["sdrs_workflows"]:
        names = [node["identifier"] for node in workflow["nodes"]]
        assert all(node.get("template") in TEMPLATES or node.get("approval") for node in workflow["nodes"])
        assert [node.get("next") for node in workflow["nodes"]] == [*names[1:], None]
        switching = [index for index, node in enumerate(workflow["nodes"]) if TEMPLATES.get(node.get("template"), {}).get("confirm")]
        approvals = [index for index, node in enumerate(workflow["nodes"]) if node.get("approval")]
        assert all(any(approval < switch for approval in approvals) for switch in switching)
    for schedule in OBJECTS["sdrs_schedules"]:
        assert schedule["template"] in TEMPLATES and not TEMPLATES[schedule["template"]].get("confirm"), "nothing is switched by a clock"


def test_the_credential_type_feeds_the_documented_variables():
    fragment = (ROOT / "plugins" / "doc_fragments" / "auth.py").read_text()
    for kind in OBJECTS["sdrs_credential_types"]:
        fields = {field["id"]: field for field in kind["inputs"]["fields"]}
        for variable, value in kind["injectors"]["env"].items():
            assert "E(%s)" % variable in fragment and value.split("{{ ")[2].split(" }}")[0] in fields
        assert all(fields[name].get("secret") for name in ("access_key", "secret_key", "security_token"))
    assert not [path for path in AWX.iterdir() if "password:" in path.read_text()]


def test_variables_of_the_repository_are_those_of_the_roles():
    known = role_options("drill") | role_options("failover") | role_options("recover_by_drill") | role_options("topology")
    for path in (*GITOPS.glob("host_vars/*.yml"), *GITOPS.glob("group_vars/*.yml")):
        content = yaml.safe_load(path.read_text())
        assert set(content) <= known, path
        for value in content.values():
            for file in (value if isinstance(value, str) and value.endswith(".yml") else "",):
                assert not file or (GITOPS / file).exists()


@pytest.mark.parametrize("role", ["topology", "drift", "drill", "failover", "recover_by_drill", "recovery", "report"])
def test_every_default_of_a_role_is_specified(role):
    defaults = yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())
    assert set(defaults) <= role_options(role) and all(name.startswith(role) for name in defaults)
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    for entry in specs.values():
        for name, option in entry["options"].items():
            if "default" in option:
                assert option["default"] == defaults[name], name


def test_the_whole_repository_is_signed_but_what_runs_write(tmp_path):
    differ = pytest.importorskip("ansible_sign.checksum.differ.distlib_manifest")
    shutil.copytree(GITOPS, tmp_path / "repository")
    expected = {str(path.relative_to(tmp_path / "repository")) for path in (tmp_path / "repository").rglob("*") if path.is_file()}
    for written in ("reports/erp/drill-1.json", "exports/erp.yml", ".git/HEAD", "playbooks/plan.retry"):
        (tmp_path / "repository" / written).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "repository" / written).write_text("x")
    signed = differ.DistlibManifestChecksumFileExistenceDiffer(root=str(tmp_path / "repository")).list_files(verifying=False)
    assert set(signed) == expected and "playbooks/failover.yml" in expected
