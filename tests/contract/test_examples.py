# SPDX-License-Identifier: GPL-3.0-or-later
"""The example repository refers to what exists; see test_awx_example.py for the objects of AWX."""

from __future__ import annotations

import shutil

import pytest
import yaml

from support import ROOT

GITOPS = ROOT / "examples" / "gitops"
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
