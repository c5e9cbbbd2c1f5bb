# SPDX-License-Identifier: GPL-3.0-or-later
"""Guards: what must hold for every module and file of the collection."""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import json
import re
import sys

import pytest
import yaml

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import api, settings, version
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.error_codes import CODES
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import run
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._module import argument_spec
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs.options import reference
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _report
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
    "sdrs_recovery_servers", "sdrs_recovery_check_info", "run_journal",
    "run_ending", "sdrs_posture_info",
}
# What the event source uses, and what it is made of. A module's host and the doctor know Ansible.
NOT_OF_ANSIBLE = sorted(
    path for wing in ("_cloud", "_engine", "_sdrs", "_neighbours") for path in (ROOT / "plugins" / "module_utils" / wing).rglob("*.py")
) + [ROOT / "plugins" / "module_utils" / "_module" / "argument_spec.py"]
# What asks no service takes no connection options.
LOCAL = ("run_journal", "report_files", "run_ending")
LICENCE = "SPDX-License-" + "Identifier: GPL-3.0-or-later"
# What is new since the last release says that it came with this one.
NEXT_VERSION = "1.1.0"
# Files over the limit, each with its reason.
LONG_FILES = {
    "error_codes.py": "data: the reference's table",
    "sdrs_topology.py": "documentation: the options of a whole document",
}


def documentation(module):
    loaded = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + module)
    return loaded, yaml.safe_load(loaded.DOCUMENTATION), yaml.safe_load(loaded.EXAMPLES), yaml.safe_load(loaded.RETURN)


def test_the_modules_of_this_release_are_there():
    assert WITH_INFO | {each + "_info" for each in WITH_INFO} | OTHERS == set(MODULES)


def test_every_module_has_the_fast_path():
    files = {path.stem: path.read_text() for path in (ROOT / "plugins" / "action").glob("*.py")}
    assert sorted(files) == sorted(MODULES)
    # Copies, but for one that does more.
    assert {name for name, text in files.items() if text != files["sdrs_server_group"]} == {"run_ending"}


def test_every_module_is_in_the_action_group():
    assert yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["action_groups"]["sdrs"] == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_documentation_is_complete(module):
    loaded, doc, examples, returned = documentation(module)
    assert doc["module"] == module and doc["author"] and ("cloud_dr.sdrs.auth" in doc["extends_documentation_fragment"]) is (module not in LOCAL)
    assert isinstance(loaded.DECLARATION, run.Local) is (module in LOCAL)
    own = set(loaded.SPEC.options) - set(argument_spec.WAIT.options if "cloud_dr.sdrs.wait" in doc["extends_documentation_fragment"] else ())
    shared = {"state", "immutable_change"} & own if any("attributes." in each for each in doc["extends_documentation_fragment"]) else set()
    shared |= {"plan"} if "cloud_dr.sdrs.recovery" in doc["extends_documentation_fragment"] else set()
    assert own - shared <= set(doc.get("options") or {})
    assert any("cloud_dr.sdrs." + module in task for task in examples)
    assert "error" in returned and all(entry.get("description") and entry.get("returned") for entry in returned.values())


# Read by the engine, whatever a module does; and modules that read what they are given as it is.
ENGINES = {*argument_spec.WAIT.options, "parallel", "fields"}
AS_GIVEN = {
    "report_files": "_reports knows no engine", "run_ending": "_reports knows no engine", "sdrs_doctor_info": "looks at what is wrong, too",
    "sdrs_topology_info": "does the work of several", "sdrs_domain_info": "has no options", "sdrs_quota_info": "has no options",
    "sdrs_posture_info": "has no options",
}


@pytest.mark.parametrize("module", MODULES)
def test_every_option_reaches_what_reads_it(module):
    """What the class of a module's options lacks would be ignored without a word."""
    loaded = documentation(module)[0]
    options = getattr(loaded.DECLARATION, "options", None)
    assert (options is None) is (module in AS_GIVEN)
    if options:
        assert set(loaded.SPEC.options) - ENGINES - {each.name for each in dataclasses.fields(options)} == set()


def _documented():
    """``(path, its documentation)`` of everything that ansible-doc shows and that has a version."""
    for folder in ("modules", "inventory", "callback", "lookup", "filter"):
        for path in sorted((ROOT / "plugins" / folder).iterdir()):
            found = re.search(r'DOCUMENTATION = r?"""(.*?)"""', path.read_text(), re.S) if path.suffix == ".py" else None
            if found:
                yield path, yaml.safe_load(found[1])
            elif path.suffix == ".yml":
                yield path, yaml.safe_load(path.read_text())["DOCUMENTATION"]
    path = ROOT / "extensions" / "eda" / "plugins" / "event_source" / "sdrs_events.py"
    yield path, yaml.safe_load(re.search(r'DOCUMENTATION = r?"""(.*?)"""', path.read_text(), re.S)[1])


def test_everything_says_since_when_it_is_there():
    """The changelog's lists of new modules and plugins are made of it."""
    released = yaml.safe_load((ROOT / "changelogs" / "changelog.yaml").read_text())["releases"]
    versions = {path.name: doc.get("version_added") for path, doc in _documented()}
    assert len(versions) > len(MODULES)
    assert {name: version for name, version in versions.items() if version not in (*released, NEXT_VERSION)} == {}
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")):
        for name, entry in yaml.safe_load(path.read_text())["argument_specs"].items():
            assert entry.get("version_added") in (*released, NEXT_VERSION), (path, name)


def test_examples_are_one_document_each():
    for path in [*(ROOT / "plugins").glob("*/*.py"), *(ROOT / "extensions" / "eda").rglob("*.py")]:
        found = re.search(r'EXAMPLES = r?"""(.*?)"""', path.read_text(), re.S)
        assert not found or len(list(yaml.safe_load_all(found[1]))) == 1, path


def test_documentation_beside_plugins_is_not_linted_as_python():
    """galaxy-importer gives every file in a folder of plugins to flake8."""
    assert [path.name for path in (ROOT / "plugins").glob("*/*.yml") if "\n# flake8: noqa\n" not in path.read_text()] == []


def test_the_schema_of_reports_is_at_its_id():
    schema = json.loads((ROOT / "docs" / "report.schema.json").read_text())
    assert schema["$id"] == _report.SCHEMA == schema["properties"]["schema"]["const"]
    # A page that shows the file is no schema.
    assert schema["$id"].startswith("https://raw.githubusercontent.com/") and schema["$id"].endswith("/docs/report.schema.json")


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_documentation_spec_and_declaration(module):
    source = (ROOT / "plugins" / "modules" / (module + ".py")).read_text()
    code = re.sub(r'^(DOCUMENTATION|EXAMPLES|RETURN) = r""".*?"""|^#[^\n]*', "", source, flags=re.S | re.M)
    code = "\n".join(line for line in code.splitlines() if line.strip() and not line.startswith("#"))
    assert len(code.splitlines()) <= 60
    assert not re.search(r"check_mode|sleep|requests|\btry\b|http", code)


@functools.lru_cache(None)
def tasks_of_plays():
    """Modules that stand in the place of a task: ``{"module": …}`` of a table, ``("module", options)``, ``task("module", …)``."""
    found = set()
    for path in (ROOT / "tests" / "integration").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            parts = node.keys if isinstance(node, ast.Dict) else node.elts[:1] if isinstance(node, ast.Tuple) and len(node.elts) > 1 else \
                node.args[:1] if isinstance(node, ast.Call) else []
            found |= {part.value for part in parts if isinstance(part, ast.Constant)}
    return found


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_exercised_by_a_play(module):
    assert module in tasks_of_plays()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: str(path.relative_to(ROOT)))
def test_shipped_code(path):
    source = path.read_text()
    ast.parse(source, feature_version=(3, 10))  # it parses where the message about the version is to be given
    assert LICENCE in source or not source
    assert len(source.splitlines()) <= 300 or path.name in LONG_FILES


@pytest.mark.parametrize("path", sorted((ROOT / "plugins").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_message_is_a_bare_section_number(path):
    tree = ast.parse(path.read_text())
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)}
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose]
    wrong = [text for text in texts if re.search(r"\((section )?[45]\.\d+\.\d+\)", text) and len(text) < 400]
    assert not wrong, "users do not have the reference's pages before them"


@pytest.mark.parametrize("path", NOT_OF_ANSIBLE, ids=lambda path: str(path.relative_to(ROOT)))
def test_all_but_the_hosts_imports_nothing_of_ansible(path):
    tree = ast.parse(path.read_text())
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
    assert len(api.OPERATIONS) == 49
    assert len({operation.section for operation in api.OPERATIONS.values()}) == 49


def test_the_version_is_that_of_the_collection():
    assert yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"] == version.VERSION, "plugins/module_utils/_cloud/version.py follows galaxy.yml"


def test_every_environment_variable_is_documented():
    fragment = (ROOT / "plugins" / "doc_fragments" / "auth.py").read_text()
    for names in settings.ENVIRONMENT.values():
        assert all("E(%s)" % name in fragment for name in names)


def test_secrets_are_never_logged():
    for name in settings.SECRETS:
        assert argument_spec.CONNECTION.options[name]["no_log"] is True


def test_specs_merge_with_their_constraints():
    merged = argument_spec.Spec({"a": {}}, required_one_of=[("a",)]) + argument_spec.Spec({"b": {}}, required_one_of=[("b",)], required_by={"b": "a"})
    assert merged.kwargs() == {"argument_spec": {"a": {}, "b": {}}, "required_one_of": [("a",), ("b",)], "required_by": {"b": "a"}}
    with pytest.raises(ValueError, match="twice"):
        merged + argument_spec.Spec({"a": {}})


def test_an_option_and_its_alias_with_different_values():
    options = {"server_group": reference("server_group")}
    assert argument_spec.alias_conflicts(options, {"server_group": "a", "server_group_id": "b"}) == [("server_group", "server_group_id")]
    assert not argument_spec.alias_conflicts(options, {"server_group": "a", "server_group_id": "a"})
    assert not argument_spec.alias_conflicts(options, {"server_group": None, "server_group_id": "b"})
    nested = {"groups": {"type": "list", "elements": "dict", "options": options}}
    assert argument_spec.alias_conflicts(nested, {"groups": [{}, {"server_group": "a", "server_group_id": "b"}]}) == [
        ("groups[1].server_group", "groups[1].server_group_id"),
    ]


REFERENCES = ("server_group", "protected_instance", "replication", "active_active_domain", "source_vpc", "server", "volume", "drill_vpc")


def _references(options, path=""):
    """``(path, its spec)`` of the options that name another object by a text, those of sub-options too."""
    for name, spec in options.items():
        if name in REFERENCES and spec.get("type") == "str":
            yield path + name, spec
        yield from _references(spec.get("options") or {}, "%s%s[]." % (path, name))


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if path.stem not in ("sdrs_recovery_servers",)))
def test_a_reference_has_its_alias_wherever_it_stands(name):
    spec = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + name).SPEC
    for path, option in _references(spec.options):
        last = path.rpartition(".")[2]
        wanted = {"active_active_domain": "domain"}.get(last, last + "_id")
        assert wanted in option.get("aliases", ()), path


@pytest.mark.parametrize("path", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_every_runbook_ends_with_its_last_lines_whatever_fails(path):
    """Each of its plays shows how it ended where a task fails; those on protection groups check their hosts first."""
    plays = yaml.safe_load(path.read_text())
    for play in plays:
        if "ansible.builtin.import_playbook" in play:
            if play["ansible.builtin.import_playbook"] == "target.yml":
                assert play["vars"] == {"target_runbook": path.stem}
            continue
        assert not {"pre_tasks", "roles", "post_tasks"} & set(play), "what is not in the block is not rescued"
        first = play["tasks"][0]
        shows = [task for task in play["tasks"][1:] + first["rescue"] if "cloud_dr.sdrs.run_ending" in task]
        ends = [task for task in first["rescue"] if task.get("ansible.builtin.import_tasks") == "tasks/failed.yml"]
        assert len(shows) + len(ends) == 1 and len(play["tasks"]) == 1 + (bool(shows) and shows[0] not in first["rescue"]) * 2
        if ends and path.stem not in ("target", "recover"):
            assert ends[0]["vars"]["runbook"] == path.stem
        if "sdrs_hosts" in play["hosts"]:
            assert first["block"][0]["ansible.builtin.import_tasks"] == "tasks/target.yml"
