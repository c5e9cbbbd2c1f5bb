# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/awx: its objects are such as AWX takes, its tasks give its modules no option they do not know, its surveys are the roles' options.

tests/integration/test_awx.py applies it with these modules, and test_awx_jobs.py runs its templates, where they can be had.
"""

from __future__ import annotations

import awx_job
import awx_rules
import pytest
import yaml

from support import ROOT

GITOPS, AWX = ROOT / "examples" / "gitops", ROOT / "examples" / "awx"
OBJECTS = awx_job.objects()
TEMPLATES = {template["name"]: template for template in OBJECTS["sdrs_job_templates"]}
TASKS = {task["name"]: task for task in yaml.safe_load((AWX / "apply.yml").read_text())[0]["tasks"]}
MODULES = yaml.safe_load((ROOT / "tests" / "awx_options.yml").read_text())
# The variable that confirms, by playbook; what switches has one.
CONFIRMING = {
    **dict.fromkeys(("failover", "planned_failover", "failback", "reprotect"), "failover_confirm"), "recover_by_drill": "recover_by_drill_confirm",
    "recover": "failover_confirm",
}
SURVEY_TYPES = {"bool": "multiplechoice", "str": "text", "path": "text", "raw": "text", "int": "integer", "float": "float", "list": "text"}


def questions(template):
    return awx_job.questions(template, OBJECTS["sdrs_confirmation"])["spec"]


def role_options():
    found = {}
    for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"):
        for entry in yaml.safe_load(path.read_text())["argument_specs"].values():
            found.update(entry["options"])
    return found


@pytest.mark.parametrize("name", TASKS)
def test_tasks_give_options_that_the_modules_have(name):
    module, given = TASKS[name]["action"].split(".")[-1], TASKS[name]["args"]
    options = MODULES[module]
    assert set(given) <= set(options), sorted(set(given) - set(options))
    required = {option for option, kind in options.items() if str(kind).endswith("!")}
    assert required <= set(given), "required options are given"
    for option, value in given.items():
        kind, *choices = options[option] if isinstance(options[option], list) else [options[option].strip("!")]
        if not isinstance(value, str) or "{{" not in value:
            assert not choices or value in choices
            assert isinstance(value, {"str": str, "int": int, "bool": bool, "list": list, "dict": dict}[kind]), (option, value)


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_job_templates_run_playbooks_that_exist(name):
    template = TEMPLATES[name]
    assert (GITOPS / template["playbook"]).exists() and template["description"]
    stem = (GITOPS / template["playbook"]).stem
    assert bool(template.get("confirm")) is (stem in CONFIRMING), "what switches asks for confirmation"
    if template.get("confirm"):
        (asked,) = (each for each in questions(template) if each["variable"] == CONFIRMING[stem])
        assert asked["required"] and "default" not in asked and asked["min"] == 1, "nobody confirms by pressing enter"
        assert template["standing"], "git may have died with the site"


@pytest.mark.parametrize("name", sorted(name for name in TEMPLATES if questions(TEMPLATES[name])))
def test_surveys_are_the_options_of_the_roles(name):
    template, options = TEMPLATES[name], role_options()
    assert not awx_rules.survey_problems({"name": "n", "description": "d", "spec": questions(template)})
    for question in questions(template):
        option = options[question["variable"]]
        choices = [str(each) for each in option.get("choices", ())]
        choices = ["false", "true"] if option["type"] == "bool" else choices
        assert question["type"] == ("multiplechoice" if choices else SURVEY_TYPES[option["type"]])
        assert sorted(question.get("choices", [])) == sorted(choices)
        default = option.get("default")
        if question["type"] == "multiplechoice" and default is not None:
            assert question["default"] == (str(default).lower() if isinstance(default, bool) else default)
        else:
            assert "default" not in question, "an answer that nobody gave would beat the variables of the repository"


def test_what_the_templates_preset_is_known():
    known = set(role_options()) | {"plan_fail_on_drift"}
    assert {name for template in TEMPLATES.values() for name in template.get("extra_vars", ())} <= known


def test_workflows_ask_before_they_switch():
    units = {*TEMPLATES, *(each["name"] for each in (*OBJECTS["sdrs_projects"], *OBJECTS["sdrs_inventory_sources"]))}
    for workflow in OBJECTS["sdrs_workflows"]:
        nodes = workflow["nodes"]
        assert len({node["identifier"] for node in nodes}) == len(nodes)
        assert all(node.get("template") in units or (node.get("approval") and node["timeout"] > 0) for node in nodes)
        for number, node in enumerate(nodes):
            template = TEMPLATES.get(node.get("template"), {})
            changes = node.get("job_type") != "check" and (template.get("confirm") or template.get("name") == "SDRS converge")
            assert not changes or any(before.get("approval") for before in nodes[:number]), (workflow["name"], node)
            assert not template.get("confirm") or workflow["confirm"], "a workflow passes its answers to its jobs"
        asked = {each["variable"]: each for each in questions(workflow)}
        for node in nodes:
            for each in questions(TEMPLATES.get(node.get("template"), {})):
                assert each["variable"] in asked or not each["required"] or "default" in each


def test_schedules_switch_nothing():
    units = {*TEMPLATES, *(each["name"] for each in (*OBJECTS["sdrs_workflows"], *OBJECTS["sdrs_inventory_sources"]))}
    safe = {each["name"] for each in OBJECTS["sdrs_workflows"] if not each.get("confirm") and not any(node.get("approval") for node in each["nodes"])}
    for schedule in OBJECTS["sdrs_schedules"]:
        assert schedule["template"] in units and not awx_rules.rule_problems(schedule["rrule"])
        assert not TEMPLATES.get(schedule["template"], {}).get("confirm"), "nothing is switched by a clock"
        assert schedule["template"] in TEMPLATES or schedule["template"] in safe or schedule["template"].startswith("Protection groups")
    assert {"SDRS sync", "Protection groups from SDRS", "SDRS posture"} <= {schedule["template"] for schedule in OBJECTS["sdrs_schedules"]}


def test_the_credential_type_feeds_the_documented_variables():
    fragment = (ROOT / "plugins" / "doc_fragments" / "auth.py").read_text()
    for kind in OBJECTS["sdrs_credential_types"]:
        assert not awx_rules.check("credential_types", kind)
        fields = {field["id"]: field for field in kind["inputs"]["fields"]}
        assert all("E(%s)" % variable in fragment for variable in kind["injectors"]["env"])
        assert all(fields[name].get("secret") for name in ("access_key", "secret_key", "security_token"))
        entered = {name: "x-" + name for name in fields}
        injected = awx_rules.environment_of(kind, entered)
        assert set(entered.values()) <= set(injected.values()), "every field is injected"
    assert "!unsafe" in (AWX / "objects.yml").read_text(), "Ansible must not render what AWX renders"
    assert not [path for path in AWX.iterdir() if "password: " in path.read_text().replace('password: ""', "")]


def test_notifications_are_such_as_awx_takes():
    assert not awx_rules.check("notification_templates", {**OBJECTS["sdrs_notification"], "organization": 1})
    assert {each for template in TEMPLATES.values() for each in template.get("notify", ())} <= {"started", "success", "error"}


def test_roles_are_about_what_exists():
    teams = {team["name"] for team in OBJECTS["sdrs_teams"]}
    kinds = {"job_templates": ("sdrs_job_templates", "job_templates"), "workflows": ("sdrs_workflows", "workflow_job_templates"),
             "inventories": ("sdrs_inventories", "inventories")}
    executed, approved = set(), {}
    for role in OBJECTS["sdrs_roles"]:
        assert set(role["teams"]) <= teams
        for key, (objects, kind) in kinds.items():
            assert set(role.get(key, ())) <= {each["name"] for each in OBJECTS[objects]}
            assert not role.get(key) or role["role"] in awx_rules.ROLES[kind]
        executed |= set(role.get("job_templates", ())) if role["role"] == "execute" else set()
        for workflow in role.get("workflows", ()):
            approved.setdefault(workflow, {}).setdefault(role["role"], set()).update(role["teams"])
    assert executed | {"SDRS converge"} == set(TEMPLATES), "what git says is made so by the workflow, after approval"
    for workflow in OBJECTS["sdrs_workflows"]:
        roles = approved[workflow["name"]]
        assert not any(node.get("approval") for node in workflow["nodes"]) or roles["approval"] and not roles["approval"] & roles["execute"]


def test_environments_hold_the_collection():
    for name in ("execution", "decision"):
        content = yaml.safe_load((AWX / (name + "-environment.yml")).read_text())
        assert content["version"] == 3 and [each["name"] for each in content["dependencies"]["galaxy"]["collections"]] == ["cloud_dr.sdrs"]
    assert "requests" in content["dependencies"]["python"] and OBJECTS["sdrs_execution_environment"]["image"] in (AWX / "execution-environment.yml").read_text()


def test_the_rules_refuse_what_awx_refuses():
    """The yardstick itself."""
    kind = OBJECTS["sdrs_credential_types"][0]
    assert awx_rules.check("credential_types", {**kind, "injectors": {"env": {"A": "{{ nobody }}"}}})
    assert awx_rules.check("credential_types", {**kind, "injectors": {"env": {"ANSIBLE_X": "1"}}})
    assert awx_rules.check("job_templates", {"name": "x", "project": 1, "playbook": "p"}) == ["inventory: set one, or ask on launch"]
    assert awx_rules.check("schedules", {"name": "x", "unified_job_template": 1, "rrule": "RRULE:FREQ=DAILY;INTERVAL=1"}, lambda *_each: {"a": 1})
    assert awx_rules.rule_problems("DTSTART:20260101T020000Z RRULE:FREQ=DAILY")
    assert awx_rules.rule_problems("DTSTART:20260101T020000 RRULE:FREQ=DAILY;INTERVAL=1")
    assert awx_rules.survey_problems({"name": "", "description": "", "spec": [{"type": "bool", "question_name": "q", "variable": "v", "required": True}]})
    assert awx_rules.check("projects", {"name": "x", "scm_update_on_launch": "no"}) and awx_rules.check("projects", {"name": "x", "colour": "red"})
    webhook = {"name": "x", "organization": 1, "notification_type": "webhook", "notification_configuration": {"url": "u"}}
    assert awx_rules.check("notification_templates", webhook)
