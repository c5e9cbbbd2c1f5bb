# SPDX-License-Identifier: GPL-3.0-or-later
"""Guards: what must hold for every module and file of the collection."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import tarfile

import pytest
import yaml

from ansible_collections.cloud_dr.sdrs.plugins.module_utils import _api, _argspec, _settings, _version
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._error_codes import CODES
from sdrs_simulator import faults
from support import ROOT

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
SHIPPED = sorted([*(ROOT / "plugins").rglob("*.py"), *(ROOT / "extensions").rglob("*.py")])
WITH_INFO = {"sdrs_server_group", "sdrs_protected_instance", "sdrs_replication", "sdrs_drill", "sdrs_tag", "sdrs_topology"}
OTHERS = {
    "sdrs_domain_info", "sdrs_job_info", "sdrs_failover", "sdrs_protected_instance_batch", "sdrs_protected_instance_resize",
    "sdrs_protected_instance_nic", "sdrs_failed_task", "sdrs_failed_task_info", "sdrs_quota_info", "sdrs_api_version_info",
    "sdrs_rpo_statistics_info", "sdrs_readiness_info", "sdrs_drift", "sdrs_drift_info", "vpc", "vpc_eip", "vpc_info", "as_group", "as_group_info", "ecs_power",
    "ecs_server_info", "ecs_server_check_info", "report_files", "sdrs_doctor_info", "sdrs_failover_batch", "sdrs_drill_batch", "sdrs_recovery_info",
    "sdrs_recovery_servers", "sdrs_recovery_check_info", "recovery_journal",
}
NOT_OF_ANSIBLE = (
    "_auth", "_client", "_odd", "_paging", "_shapes", "_api", "_errors", "_error_codes", "_jobs", "_sign", "_settings", "_setting_values", "_mask",
    "_transport", "_connection", "_hosts", "_clouds_yaml", "_token_cache", "_private_folder", "_lock", "_lock_files",
    "_validate", "_argspec", "_progress",
)
LICENCE = "SPDX-License-" + "Identifier: GPL-3.0-or-later"
# Files over the limit, each with its reason.
LONG_FILES = {
    "_error_codes.py": "data: the reference's table",
    "sdrs_topology.py": "documentation: the options of a whole document",
    "instances.py": "the simulator's twelve operations on one kind of object, which share their checks",
    "groups.py": "the simulator's groups and the switching of sites, one table of life cycles",
    "replications.py": "the simulator's eight operations on one kind of object, which share their checks",
}


def documentation(module):
    loaded = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + module)
    return loaded, yaml.safe_load(loaded.DOCUMENTATION), yaml.safe_load(loaded.EXAMPLES), yaml.safe_load(loaded.RETURN)


def test_the_modules_of_this_release_are_there():
    assert WITH_INFO | {each + "_info" for each in WITH_INFO} | OTHERS == set(MODULES)


def test_every_module_is_in_the_action_group():
    assert yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]["sdrs"] == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_documentation_is_complete(module):
    loaded, doc, examples, returned = documentation(module)
    assert doc["module"] == module and doc["author"] and "cloud_dr.sdrs.auth" in doc["extends_documentation_fragment"]
    own = set(loaded.SPEC.options) - set(_argspec.WAIT.options if "cloud_dr.sdrs.wait" in doc["extends_documentation_fragment"] else ())
    shared = {"state", "immutable_change"} & own if any("attributes." in each for each in doc["extends_documentation_fragment"]) else set()
    assert own - shared <= set(doc.get("options") or {})
    assert any("cloud_dr.sdrs." + module in task for task in examples)
    assert "error" in returned and all(entry.get("description") and entry.get("returned") for entry in returned.values())


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_documentation_spec_and_declaration(module):
    source = (ROOT / "plugins" / "modules" / (module + ".py")).read_text()
    code = re.sub(r'^(DOCUMENTATION|EXAMPLES|RETURN) = r""".*?"""|^#[^\n]*', "", source, flags=re.S | re.M)
    code = "\n".join(line for line in code.splitlines() if line.strip() and not line.startswith("#"))
    assert len(code.splitlines()) <= 60
    assert not re.search(r"check_mode|sleep|requests|\btry\b|http", code)


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_exercised_by_a_play(module):
    plays = "".join(path.read_text() for path in (ROOT / "tests" / "integration").rglob("*.py"))
    assert '"%s"' % module in plays


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_shipped_code(path):
    source = path.read_text()
    ast.parse(source, feature_version=(3, 10))  # it parses where the message about the version is to be given
    assert LICENCE in source or not source
    assert len(source.splitlines()) <= 300 or path.name in LONG_FILES


@pytest.mark.parametrize("name", NOT_OF_ANSIBLE)
def test_the_client_side_imports_nothing_of_ansible(name):
    tree = ast.parse((ROOT / "plugins" / "module_utils" / (name + ".py")).read_text())
    imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and not node.level]
    imported += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not any(each.split(".")[0] == "ansible" for each in imported)


def test_the_simulator_needs_the_standard_library_only():
    roots = set()
    for path in (ROOT / "extensions" / "simulator").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                roots |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                roots.add(node.module.split(".")[0])
    assert roots <= sys.stdlib_module_names


def test_simulator_and_table_agree_on_codes():
    for code, message in faults.MESSAGES.items():
        assert CODES[code][:2] == (faults.STATUS.get(code, 400), message)


def test_all_operations_of_the_service_are_known():
    assert len(_api.OPERATIONS) == 49
    assert len({operation.section for operation in _api.OPERATIONS.values()}) == 49


def test_the_version_is_that_of_the_collection():
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == _version.VERSION, "plugins/module_utils/_version.py follows galaxy.yml"


def test_every_environment_variable_is_documented():
    fragment = (ROOT / "plugins" / "doc_fragments" / "auth.py").read_text()
    for names in _settings.ENVIRONMENT.values():
        assert all("E(%s)" % name in fragment for name in names)


def test_secrets_are_never_logged():
    for name in _settings.SECRETS:
        assert _argspec.CONNECTION.options[name]["no_log"] is True


def test_specs_merge_with_their_constraints():
    merged = _argspec.Spec({"a": {}}, required_one_of=[("a",)]) + _argspec.Spec({"b": {}}, required_one_of=[("b",)], required_by={"b": "a"})
    assert merged.kwargs() == {"argument_spec": {"a": {}, "b": {}}, "required_one_of": [("a",), ("b",)], "required_by": {"b": "a"}}
    with pytest.raises(ValueError, match="twice"):
        merged + _argspec.Spec({"a": {}})


def test_an_option_and_its_alias_with_different_values():
    options = {"server_group": _argspec.reference("server_group")}
    assert _argspec.alias_conflicts(options, {"server_group": "a", "server_group_id": "b"}) == [("server_group", "server_group_id")]
    assert not _argspec.alias_conflicts(options, {"server_group": "a", "server_group_id": "a"})
    assert not _argspec.alias_conflicts(options, {"server_group": None, "server_group_id": "b"})
    nested = {"groups": {"type": "list", "elements": "dict", "options": options}}
    assert _argspec.alias_conflicts(nested, {"groups": [{}, {"server_group": "a", "server_group_id": "b"}]}) == [
        ("groups[1].server_group", "groups[1].server_group_id"),
    ]


def test_the_tarball_holds_the_simulator_and_no_tests(tmp_path):
    galaxy = ROOT / ".build" / "venv" / "bin" / "ansible-galaxy"
    command = [str(galaxy) if galaxy.exists() else "ansible-galaxy", "collection", "build", "--output-path", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as tarball:
        names = tarball.getnames()
    assert "extensions/simulator/sdrs_simulator/__main__.py" in names and "playbooks/demo.yml" in names
    assert not [name for name in names if name.startswith(("tests", ".build", ".ci"))]
