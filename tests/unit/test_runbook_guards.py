# SPDX-License-Identifier: GPL-3.0-or-later
"""What the roles refuse before they do anything."""

from __future__ import annotations

import re

import pytest
import yaml

from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _guards
from support import ROOT

GROUPS = {"erp": None, "host-2": "crm"}
PLANNED = {"failover_mode": "planned", "failover_active_site": "target", "failover_what": "planned_failover"}
BACK = {"failover_mode": "planned", "failover_active_site": "source", "failover_what": "failback"}
UNPLANNED = {"failover_mode": "unplanned", "failover_active_site": "target", "failover_what": "failover"}


@pytest.mark.parametrize("confirm, left", [
    ("erp", ["crm"]), ("erp,crm", []), ("erp, crm\n", []), (["erp", "crm"], []), ([" erp "], ["crm"]), ([], ["crm", "erp"]), (None, ["crm", "erp"]),
    ("", ["crm", "erp"]), ("ERP,all", ["crm", "erp"]), ("true", ["crm", "erp"]), ("host-2,erp", ["crm"]), ("*", ["crm", "erp"]),
])
def test_confirmation_by_name(confirm, left):
    assert _guards.unconfirmed(confirm, GROUPS) == left
    assert bool(_guards.switch_problems(confirm, GROUPS, UNPLANNED)) is bool(left)


@pytest.mark.parametrize("confirm, text", [
    ({"erp": False, "crm": False}, "is a mapping"), ({}, "is a mapping"), (True, "is true or false"), (False, "is true or false"), (0, "is a number"),
    (17, "is a number"), (1.5, "is a number"), ([["erp", "crm"]], "contains a list"), ([{"erp": True}], "contains a mapping"),
    ([True], "contains true or false"),
    ([17], "a number .*in quotes"), ([None, "erp"], "contains a NoneType"), ("erp,", "an empty name"), (" ", "an empty name"), (["erp", ""], "an empty name"),
    ("erp crm", "separated by commas"), (["erp crm"], "separated by commas"), ("erp\ncrm", "separated by commas"),
])
def test_what_is_no_confirmation(confirm, text):
    with pytest.raises(ValueError, match=text):
        _guards.named("failover_confirm", confirm)
    assert len(_guards.switch_problems(confirm, GROUPS, UNPLANNED)) == 1


@pytest.mark.parametrize("playbook, asked, broken", [
    ("planned_failover", PLANNED, []), ("planned_failover", dict(PLANNED, failover_active_site="source"), []),
    ("planned_failover", UNPLANNED, ["failover_mode", "failover_what"]), ("planned_failover", BACK, ["failover_what"]),
    ("failover", UNPLANNED, []), ("failover", PLANNED, ["failover_mode", "failover_what"]),
    ("failback", BACK, []), ("failback", dict(BACK, failover_active_site="target"), ["failover_active_site"]),
    ("failback", dict(BACK, failover_mode="Unplanned"), ["failover_mode"]),
    ("reprotect", {"failover_what": "reprotect"}, []), ("reprotect", PLANNED, ["failover_what"]),
    ("", UNPLANNED, []), (None, {}, []), ("converge", PLANNED, ["'converge' is not a playbook"]),
])
def test_promises_of_the_playbooks(playbook, asked, broken):
    found = _guards.broken_promises(dict(asked, playbook=playbook))
    assert len(found) == len(broken) and all(name in text for name, text in zip(broken, found))
    assert all("playbook %s needs" % playbook in text or "is not a playbook" in text for text in found)


def test_every_switching_playbook_names_itself_and_sets_what_it_promises():
    for playbook, promise in _guards.PROMISES.items():
        play = yaml.safe_load((ROOT / "playbooks" / (playbook + ".yml")).read_text())[-1]
        assert play["tasks"][0]["block"][1]["vars"] == {"failover_playbook": playbook}
        assert {name: play["vars"].get(name) for name in promise} == promise


def test_nothing_has_to_be_confirmed_in_check_mode_but_promises_hold():
    assert not _guards.switch_problems([], GROUPS, dict(UNPLANNED, check_mode=True))
    assert _guards.switch_problems([], GROUPS, dict(UNPLANNED, check_mode="yes"))
    assert _guards.switch_problems([], GROUPS, dict(UNPLANNED, check_mode=True, playbook="failback"))


def test_the_task_that_switches_asks_by_itself():
    assert _guards.permitted({"id": "g"}, "erp", "erp", UNPLANNED) == "g"
    for group, confirm, extra, text in (
        ({"id": "g"}, "crm", (), "not confirmed: erp"), ({}, "erp", (), "was not read"), (None, "erp", (), "was not read"),
        ({"id": "g"}, "erp", ("failover_looked",), "failover_looked is set by the collection"),
    ):
        with pytest.raises(ValueError, match="^Nothing was sent: .*" + text):
            _guards.permitted(group, confirm, "erp", UNPLANNED, extra)


def test_a_recovery_has_a_confirmation_of_its_own():
    assert not _guards.recovery_problems("erp,crm", GROUPS, {}) and not _guards.recovery_problems([], GROUPS, {"check_mode": True})
    (left,) = _guards.recovery_problems("erp", GROUPS, {"check_mode": False})
    assert left == "not confirmed: crm; to recover only what is confirmed, add --limit erp"
    (wrong,) = _guards.recovery_problems(True, GROUPS, {})
    assert wrong.startswith("recover_by_drill_confirm is true or false")
    for name in ("recover_by_drill_looked", "failover_up", "drill_group", "report_content"):
        assert name in _guards.recovery_problems("erp,crm", GROUPS, {}, [name])[0]
    with pytest.raises(ValueError, match="^Nothing was sent: not confirmed: erp; .*add -e recover_by_drill_confirm=erp"):
        _guards.permitted({"id": "g"}, "crm", "erp", {}, (), _guards.recovery_problems)


def set_by(role):
    """The names that a role's files set: facts, registers, variables of tasks and of the role."""
    found = set(yaml.safe_load((ROOT / "roles" / role / "vars" / "main.yml").read_text())) if (ROOT / "roles" / role / "vars").is_dir() else set()

    def walk(tasks):
        for task in tasks:
            found.update(task.get("ansible.builtin.set_fact") or {}, task.get("vars") or {}, [task["register"]] if "register" in task else [])
            found.update(value for key, value in (task.get("loop_control") or {}).items() if key == "loop_var")
            for part in ("block", "rescue", "always"):
                walk(task.get(part) or [])

    for path in (ROOT / "roles" / role / "tasks").glob("*.yml"):
        walk(yaml.safe_load(path.read_text()))
    return {name for name in found if name.startswith(role + "_")}


@pytest.mark.parametrize("role", sorted(_guards.INTERNAL))
def test_names_that_a_role_sets_itself_are_refused_as_extra_variables(role):
    spec = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    options = {name for entry in spec.values() for name in entry["options"]}
    exempt = {"failover_playbook", "recovery_playbook", "report_run"}  # options that only the playbooks and roles of the collection give
    assert set(_guards.INTERNAL[role]) - exempt == set_by(role) - options
    assert len(_guards.overridden(["failover_mode", *_guards.INTERNAL[role]], role)) == len(_guards.INTERNAL[role])


@pytest.mark.parametrize("role", ["failover", "drill", "recover_by_drill", "report"])
def test_what_a_run_comes_to_is_gathered_in_its_journal_and_in_no_fact(role):
    def facts(tasks):
        for task in tasks:
            yield from (task.get("ansible.builtin.set_fact") or {}).items()
            for part in ("block", "rescue", "always"):
                yield from facts(task.get(part) or [])

    found = [each for path in (ROOT / "roles" / role / "tasks").glob("*.yml") for each in facts(yaml.safe_load(path.read_text()))]
    assert found and not [name for name, value in found if re.search(r"\b%s\b\s*\+" % name, str(value))]
