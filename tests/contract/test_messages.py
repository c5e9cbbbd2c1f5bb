# SPDX-License-Identifier: GPL-3.0-or-later
"""What messages may say: no numbers of the reference's sections, and playbooks where an operator of the playbooks reads them."""

from __future__ import annotations

import ast
import re

import pytest

from support import ROOT

# Numbers of releases that messages name.
_VERSIONS = re.compile(r"(Python|ansible-core|HTTP/) ?\d\.\d+|version=\"1\.0\"|^\d+\.\d+\.\d+$")
SECTION = re.compile(r"(?<![\w.:-])(?:[1-9]|A)\.\d{1,2}(?:\.\d{1,2})?(?![\w.])|\bsection \d|\b(?:semantics|service)\.md")
_NO_MESSAGES = ("DOCUMENTATION", "EXAMPLES", "RETURN", "_TABLE", "OPERATIONS")
# Which playbook does what a module of that name does. A message may name a module whose work no playbook does.
INSTEAD = {
    "sdrs_failover": "failback", "sdrs_failover_batch": "failover", "sdrs_server_group": "reprotect", "sdrs_drift": "drift", "sdrs_topology_info": "export",
    "sdrs_server_group_info": "posture", "sdrs_replication_info": "posture", "sdrs_doctor_info": "doctor", "sdrs_recovery_servers": "recover",
}


def sources():
    return sorted(path for folder in ("plugins", "extensions/eda", "extensions/simulator") for path in (ROOT / folder).rglob("*.py"))


def messages(path):
    """``(line, text)`` of the strings of a file that are no documentation."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    no_message = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node) is not None:
            no_message.add(id(node.body[0].value))
        if isinstance(node, ast.Assign) and any(getattr(target, "id", None) in _NO_MESSAGES for target in node.targets):
            no_message.update(id(each) for each in ast.walk(node.value))
    return [(node.lineno, node.value) for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in no_message]


def shown(text):
    """What a role, a playbook or a template shows: without comments."""
    return re.sub(r"(?ms)^\s*#[^\n]*$|{#.*?#}|<style>.*?</style>", "", text)


def test_no_section_numbers():
    found = ["%s:%s: %s" % (path.relative_to(ROOT), line, text) for path in sources() for line, text in messages(path)
             if SECTION.search(_VERSIONS.sub("", text))]
    for path in [*(ROOT / "roles").rglob("tasks/*.yml"), *(ROOT / "playbooks").rglob("*.yml"), *(ROOT / "plugins").rglob("*.j2")]:
        found += ["%s: %s" % (path.relative_to(ROOT), match.group()) for match in SECTION.finditer(shown(path.read_text(encoding="utf-8")))]
    assert not found


def names_modules_only(text):
    named = [module for module in INSTEAD if re.search(r"(?<![\w.])%s(?!\w)" % module, text)]
    return [module for module in named if "cloud_dr.sdrs." not in text and " " in text]


def test_remedies_name_playbooks():
    found = ["%s:%s: %s" % (path.relative_to(ROOT), line, text) for path in sources() for line, text in messages(path)
             if "modules" not in path.parts and names_modules_only(text) and not text.startswith("plan_report wants")]
    assert not found
    assert {name + ".yml" for name in INSTEAD.values()} <= {path.name for path in (ROOT / "playbooks").glob("*.yml")}


@pytest.mark.parametrize("text, bad", [
    ("see 5.4.6", True), ("allowed (A.2)", True), ("see section 3", True), ("release 1.2.3.4", False), ("0.5 s", False), ("SDRS.1305", False),
])
def test_what_counts_as_a_section(text, bad):
    assert bool(SECTION.search(text)) == bad


def test_what_counts_as_a_remedy():
    assert names_modules_only("use sdrs_failover and reprotect: true")
    assert not names_modules_only("the playbook cloud_dr.sdrs.drift (module sdrs_drift)") and not names_modules_only("sdrs_failover")
