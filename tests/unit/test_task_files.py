# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the user that a run would include: what is found before anything is touched, and what must not be refused."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _guards, _options, _recovery_lint, _task_files
from support import ROOT

KNOWN = ("inventory_hostname", "groups", "hostvars", "drill_server", "drill_servers_of_mine", "failover_wave", "erp_port", "recovery_operation")
DEBUG = "ansible.builtin.debug"

# Tasks, and the variables that nobody sets.
UNKNOWN = {
    "argument": ([{DEBUG: {"msg": "{{ erp_prot }}"}}], ["erp_prot"]),
    "condition": ([{DEBUG: {"msg": "x"}, "when": "erp_prot == 1"}], ["erp_prot"]),
    "first condition": ([{DEBUG: {"msg": "x"}, "when": ["erp_prot", "later"]}], ["erp_prot"]),
    "loop": ([{DEBUG: {"msg": "{{ item }}"}, "loop": "{{ erp_prots }}"}], ["erp_prots"]),
    "in a block": ([{"block": [{DEBUG: {"var": "erp_prot.x"}}]}], ["erp_prot"]),
    "test of a branch": ([{DEBUG: {"msg": "{{ 1 if erp_prot else 2 }}{% if other %}{% endif %}"}}], ["erp_prot", "other"]),
    "own, misspelled, where it may be skipped": ([{DEBUG: {"msg": "{{ drill_sever.address }}"}, "when": "erp_port == 1"}], ["drill_sever"]),
    "own, misspelled, in a loop": ([{DEBUG: {"msg": "{{ failover_wav.number }}"}, "loop": [1]}], ["failover_wav"]),
}
# Tasks that say nothing wrong, as far as can be told.
FINE = {
    "asked about by the condition": [{DEBUG: {"msg": "{{ token }}"}, "when": "token is defined"}],
    "asked about by another task": [{"ansible.builtin.assert": {"that": "token is defined"}, "ignore_errors": True}, {DEBUG: {"msg": "{{ token }}"}}],
    "default": [{DEBUG: {"msg": "{{ token | default('') }}{{ token }}"}}],
    "of a branch": [{DEBUG: {"msg": "{{ a_name if erp_port else b_name }}{{ erp_port or c_name }}{% if erp_port %}{{ d_name }}{% endif %}"}}],
    "where it may be skipped": [{DEBUG: {"msg": "{{ only_of_crm }}"}, "when": "inventory_hostname == 'crm'"}],
    "below a block that may be skipped": [{"when": "inventory_hostname == 'crm'", "block": [{DEBUG: {"msg": "{{ only_of_crm }}"}}]}],
    "second condition": [{DEBUG: {"msg": "x"}, "when": ["inventory_hostname == 'crm'", "only_of_crm"]}],
    "rescued": [{"block": [{DEBUG: {"msg": "{{ strange }}"}}], "rescue": [{DEBUG: {"msg": "{{ ansible_failed_result.msg }}"}}]}],
    "ignored": [{DEBUG: {"msg": "{{ strange }}"}, "ignore_errors": True}],
    "nothing to loop over": [{DEBUG: {"msg": "{{ strange }}"}, "loop": "{{ groups.none | default([]) }}"}],
    "registered later": [{DEBUG: {"msg": "{{ found.x }}"}}, {DEBUG: {"msg": "x"}, "register": "found"}],
    "own": [{DEBUG: {"msg": "{% for x in groups %}{{ x }}{{ loop.index }}{% endfor %}{% set y = 1 %}{{ y }}{{ mine }}"}, "vars": {"mine": "{{ lazy }}"}}],
    "of a name": [{"name": "{{ strange }}", DEBUG: {"msg": "x"}}],
    "facts": [{"ansible.builtin.service_facts": {}}, {DEBUG: {"msg": "{{ services }}"}}],
    "from a file": [{"ansible.builtin.include_vars": "x.yml"}, {DEBUG: {"msg": "{{ strange }}"}}],
    "inner": [{DEBUG: {"msg": "{{ ansible_date_time }}{{ drill_servers_of_mine }}{{ lookup('ansible.builtin.env', 'X') }}{{ range(3) }}{{ omit }}"}}],
}


def linted(folder, tasks, variables=KNOWN):
    (folder / "mine.yml").write_text(yaml.safe_dump(tasks))
    return _recovery_lint.lint_files(["mine.yml"], only_read, lambda name: str(folder / name), variables)


def only_read(path):
    """Modules of collections are found by plays only."""
    return _task_files.problem(path, False)


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_variable_that_nobody_sets_is_found(case, tmp_path):
    tasks, names = UNKNOWN[case]
    found = linted(tmp_path, tasks)
    assert len(found) == len(names) and all(any("nobody sets " + name in text for text in found) for name in names), found


def test_the_name_that_is_meant_is_told(tmp_path):
    assert "did you mean drill_server?" in linted(tmp_path, UNKNOWN["own, misspelled, where it may be skipped"][0])[0]


@pytest.mark.parametrize("case", FINE)
def test_what_may_be_right_is_not_refused(case, tmp_path):
    assert linted(tmp_path, FINE[case]) == []


def test_the_files_of_the_examples_are_fine():
    known = (*KNOWN, "elb_pool", "elb_token", *_options.options(), *(name for names in _guards.INTERNAL.values() for name in names))
    for path in [*(ROOT / "examples" / "gitops" / "hooks").glob("*.yml"), *(ROOT / "examples" / "gitops" / "verify").glob("*.yml")]:
        assert _recovery_lint.lint_files([path], only_read, str, known) == []


INCLUDES = {
    # what the file holds beside it, its tasks, and what is said
    "meta": ({}, [{"ansible.builtin.meta": "end_play"}], "meta: end_play"),
    "meta below": ({}, [{"block": [{"meta": "end_host", "when": "x"}]}], "meta: end_host"),
    "other meta": ({}, [{"ansible.builtin.meta": "flush_handlers"}], None),
    "missing": ({}, [{"ansible.builtin.include_tasks": "no-such.yml"}], "no-such.yml, which does not exist"),
    "elsewhere in the repository": ({"tasks/there.yml": "[]"}, [{"ansible.builtin.include_tasks": "there.yml"}], None),
    "template, unparsable": ({"check-web.yml": "- name: ["}, [{"ansible.builtin.include_tasks": "check-{{ tier }}.yml"}], "check-web.yml cannot be run"),
    "template, unknown module": ({"check-web.yml": "- no.such.module: {}"}, [{"include_tasks": {"file": "check-{{ tier }}.yml"}}], "no.such.module"),
    "template, other files": ({"other.yml": "- name: [", "vars-x.yml": "a: 1", "check-play.yml": "- hosts: all\n  tasks: []\n"},
                              [{"ansible.builtin.include_tasks": "check-{{ tier }}.yml"}], None),
    "role, unparsable": ({"roles/mine/tasks/main.yml": "- name: ["}, [{"ansible.builtin.include_role": {"name": "mine"}}], "main.yml cannot be run"),
    "role, ends": ({"roles/mine/tasks/main.yml": "- ansible.builtin.meta: end_host"}, [{"ansible.builtin.include_role": {"name": "mine"}}], "end_host"),
    "role, ends itself": ({"roles/mine/tasks/main.yml": "- ansible.builtin.meta: end_role\n- module_of_the_role: {}\n"},
                          [{"ansible.builtin.include_role": {"name": "mine"}}], None),
    "itself": ({}, [{"ansible.builtin.include_tasks": "mine.yml"}], None),
}


@pytest.mark.parametrize("case", INCLUDES)
def test_what_a_file_includes_is_looked_at(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    beside, tasks, said = INCLUDES[case]
    for name, text in beside.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "mine.yml").write_text(yaml.safe_dump(tasks))
    found = _task_files.problem(str(tmp_path / "mine.yml"))
    assert said in found if said else found == "", found
