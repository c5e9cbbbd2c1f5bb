# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWX 24.6 accepts of the objects that the example makes: facts of its API (serializers, survey views, credential types), written anew.

``check(kind, data, look)`` gives the complaints that AWX would answer with HTTP 400; ``look(kind, ID)`` gives an object.
"""

from __future__ import annotations

import re

from dateutil import rrule
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

TEXT, WHOLE, YES_NO, THINGS = str, int, bool, dict
# Of each kind: writable fields; a text in place of a type names the kind that the field refers to, a tuple its choices.
_COMMON = {"name": TEXT, "description": TEXT, "organization": "organizations"}
_LAUNCH = {"unified_job_template": "unified_job_templates", "extra_data": THINGS, "job_type": ("run", "check"), "limit": TEXT, "inventory": "inventories"}
FIELDS = {
    "execution_environments": {**_COMMON, "image": TEXT, "pull": ("", "always", "missing", "never"), "credential": "credentials"},
    "credential_types": {"name": TEXT, "description": TEXT, "kind": ("net", "cloud"), "inputs": THINGS, "injectors": THINGS, "managed": YES_NO},
    "credentials": {**_COMMON, "credential_type": "credential_types", "inputs": THINGS},
    "notification_templates": {
        **_COMMON, "notification_type": ("awssns", "email", "grafana", "irc", "mattermost", "pagerduty", "rocketchat", "slack", "twilio", "webhook"),
        "notification_configuration": THINGS, "messages": THINGS,
    },
    "projects": {
        **_COMMON, "scm_type": ("", "git", "svn", "insights", "archive"), "scm_url": TEXT, "scm_branch": TEXT, "scm_update_on_launch": YES_NO,
        "scm_update_cache_timeout": WHOLE, "timeout": WHOLE, "credential": "credentials", "default_environment": "execution_environments",
        "signature_validation_credential": "credentials",
    },
    "inventories": {**_COMMON, "kind": ("", "smart", "constructed"), "host_filter": TEXT, "variables": TEXT, "prevent_instance_group_fallback": YES_NO},
    "inventory_sources": {
        "name": TEXT, "description": TEXT, "inventory": "inventories", "source": ("scm", "ec2", "openstack", "controller"), "source_project": "projects",
        "source_path": TEXT, "credential": "credentials", "execution_environment": "execution_environments", "update_on_launch": YES_NO,
        "update_cache_timeout": WHOLE, "overwrite": YES_NO, "overwrite_vars": YES_NO, "timeout": WHOLE, "verbosity": WHOLE,
    },
    "job_templates": {
        **_COMMON, "project": "projects", "playbook": TEXT, "inventory": "inventories", "execution_environment": "execution_environments",
        "job_type": ("run", "check"), "extra_vars": TEXT, "job_slice_count": WHOLE, "timeout": WHOLE, "survey_enabled": YES_NO, "allow_simultaneous": YES_NO,
        **{"ask_%s_on_launch" % each: YES_NO for each in ("limit", "job_type", "inventory", "variables", "credential")},
    },
    "workflow_job_templates": {
        **_COMMON, "inventory": "inventories", "limit": TEXT, "survey_enabled": YES_NO, "allow_simultaneous": YES_NO, "extra_vars": TEXT,
        **{"ask_%s_on_launch" % each: YES_NO for each in ("limit", "inventory", "variables")},
    },
    "workflow_job_template_nodes": {
        **_LAUNCH, "identifier": TEXT, "workflow_job_template": "workflow_job_templates", "all_parents_must_converge": YES_NO, "type": TEXT,
    },
    "workflow_approval_templates": {"name": TEXT, "description": TEXT, "timeout": WHOLE},
    "schedules": {**_LAUNCH, "name": TEXT, "description": TEXT, "rrule": TEXT, "enabled": YES_NO},
    "teams": _COMMON,
}
NEEDED = {
    "execution_environments": ("name", "image"), "credential_types": ("name", "kind"), "credentials": ("name", "credential_type"),
    "notification_templates": ("name", "organization", "notification_type"), "projects": ("name",), "inventories": ("name", "organization"),
    "inventory_sources": ("name", "inventory", "source"), "job_templates": ("name", "project"), "workflow_job_templates": ("name",),
    "workflow_job_template_nodes": ("workflow_job_template",), "workflow_approval_templates": ("name",),
    "schedules": ("name", "unified_job_template", "rrule"), "teams": ("name", "organization"),
}
# Names of these are unique within these fields.
UNIQUE = {
    "credentials": ("organization", "credential_type"), "credential_types": ("kind",), "execution_environments": (), "schedules": ("unified_job_template",),
    "workflow_job_template_nodes": None, "workflow_approval_templates": None, "inventory_sources": ("inventory",),
}
# The roles that objects have; a team gets one of them.
ROLES = {
    "job_templates": ("admin", "execute", "read"), "workflow_job_templates": ("admin", "execute", "read", "approval"),
    "inventories": ("admin", "update", "adhoc", "use", "read"), "projects": ("admin", "use", "update", "read"), "credentials": ("admin", "use", "read"),
    "teams": ("admin", "member", "read"), "organizations": ("admin", "execute", "approval", "auditor", "member", "read"),
}
# Lists of other objects; the kind they hold.
ASSOCIATIONS = {
    "credentials": "credentials", "success_nodes": "workflow_job_template_nodes", "failure_nodes": "workflow_job_template_nodes",
    "always_nodes": "workflow_job_template_nodes",
    **{"notification_templates_" + each: "notification_templates" for each in ("started", "success", "error", "approvals")},
}
HAS = {
    "job_templates": ("credentials", "notification_templates_started", "notification_templates_success", "notification_templates_error"),
    "workflow_job_templates": tuple("notification_templates_" + each for each in ("started", "success", "error", "approvals")),
    "projects": tuple("notification_templates_" + each for each in ("started", "success", "error")),
    "inventory_sources": ("credentials", *("notification_templates_" + each for each in ("started", "success", "error"))),
    "workflow_job_template_nodes": ("success_nodes", "failure_nodes", "always_nodes", "credentials"),
}
_QUESTIONS = {"text": str, "textarea": str, "password": str, "multiplechoice": str, "multiselect": str, "integer": int, "float": (float, int)}
# A webhook's fields; what has no default must be given.
_WEBHOOK = {"url": str, "http_method": str, "disable_ssl_verification": bool, "username": str, "password": str, "headers": dict}
_BLOCKED = {"VIRTUAL_ENV", "PATH", "PYTHONPATH", "JOB_ID", "INVENTORY_ID", "CACHE", "PROJECT_REVISION", "MAX_EVENT_RES"}


def check(kind, data, look=None, partly=False):
    """What AWX would complain of; nothing if it takes the data. ``partly``: fields may be missing, as in a PATCH."""
    wrong = ["%s: unknown field" % name for name in data if name not in FIELDS[kind]]
    wrong += ["%s: this field is required" % name for name in NEEDED[kind] if not partly and data.get(name) in (None, "")]
    for name, value in data.items():
        wanted = FIELDS[kind].get(name)
        if value is None or wanted is None:
            continue
        if isinstance(wanted, tuple):
            wrong += [] if value in wanted else ["%s: %r is not a valid choice" % (name, value)]
        elif isinstance(wanted, str):
            wrong += [] if isinstance(value, int) and (not look or look(wanted, value)) else ["%s: object %r does not exist" % (name, value)]
        elif not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            wrong.append("%s: %r is not of type %s" % (name, value, wanted.__name__))
    if not wrong and kind in _MORE:
        wrong += _MORE[kind](data, look)
    return wrong


def _credential_type(data, _look):
    wrong, fields = [], (data.get("inputs") or {}).get("fields") or []
    names = [field.get("id") for field in fields]
    for field in fields:
        unknown = set(field) - {"id", "label", "type", "format", "choices", "help_text", "multiline", "secret", "ask_at_runtime", "default"}
        if unknown or not re.fullmatch(r"[a-zA-Z_]+[a-zA-Z0-9_]*", field.get("id") or "") or not field.get("label") or field["id"] == "tower":
            wrong.append("inputs: field %s is not valid" % field)
    if len(set(names)) != len(names) or set((data.get("inputs") or {}).get("required") or ()) - set(names):
        wrong.append("inputs: fields are not unique, or required ones are missing")
    for variable, text in ((data.get("injectors") or {}).get("env") or {}).items():
        if variable.startswith("ANSIBLE_") or variable in _BLOCKED or not re.fullmatch(r"[a-zA-Z_]+[a-zA-Z0-9_]*", variable):
            wrong.append("injectors: environment variable %s is not allowed" % variable)
        try:
            ImmutableSandboxedEnvironment(undefined=StrictUndefined).from_string(text).render(dict.fromkeys(names, "EXAMPLE"))
        except TemplateError as error:
            wrong.append("injectors: %s uses an undefined field (%s)" % (variable, error))
    return wrong


def environment_of(credential_type, inputs):
    """The variables that a job gets, rendered as AWX does: what was not entered is an empty text."""
    render = ImmutableSandboxedEnvironment()
    return {variable: render.from_string(text).render(**inputs) for variable, text in credential_type["injectors"]["env"].items()}


def _notification(data, _look):
    given = data.get("notification_configuration") or {}
    if data.get("notification_type") != "webhook":
        return ["notification_type: the rules of %s are not written down here" % data.get("notification_type")]
    wrong = ["missing required field for notification configuration: %s" % name for name in ("url", "headers") if name not in given]
    wrong += ["configuration field %s has the wrong type" % name for name, value in given.items() if not isinstance(value, _WEBHOOK.get(name, ()))]
    return wrong + ([] if str(given.get("http_method", "POST")).lower() in ("post", "put") else ["HTTP method must be either 'POST' or 'PUT'."])


def _job_template(data, _look):
    wrong = [] if data.get("inventory") or data.get("ask_inventory_on_launch") or "project" not in data else ["inventory: set one, or ask on launch"]
    return wrong + ([] if data.get("playbook") or "project" not in data else ["playbook: must be selected"])


def _inventory_source(data, look):
    if data.get("source") != "scm":
        return ["Cannot set source_project if not SCM type."] if data.get("source_project") else []
    project = look and data.get("source_project") and look("projects", data["source_project"])
    return [] if not look or (project and project.get("scm_type")) else ["source_project: a project with SCM is required"]


def _launch(data, look):
    """Only what a template asks for at launch may be preset, and what its survey requires must be there when a schedule starts it."""
    template = look and data.get("unified_job_template") and look("unified_job_templates", data["unified_job_template"])
    if not template:
        return []
    wrong = ["%s: field is not configured to prompt on launch" % name for name in ("job_type", "limit", "inventory")
             if data.get(name) and not template.get("ask_%s_on_launch" % name)]
    if "rrule" in data:
        wrong += rule_problems(data["rrule"])
        needed = [each["variable"] for each in (template.get("survey_spec") or {}).get("spec", []) if each["required"] and "default" not in each]
        wrong += ["'%s' value missing" % name for name in needed if name not in (data.get("extra_data") or {})]
    return wrong


_MORE = {
    "credential_types": _credential_type, "notification_templates": _notification, "job_templates": _job_template,
    "inventory_sources": _inventory_source, "workflow_job_template_nodes": _launch, "schedules": _launch,
}


def rule_problems(text):
    """What AWX complains of in a schedule's rule."""
    wrong, rules = [], re.findall(r"RULE:\S*", text)
    if len(re.findall(r"DTSTART(?:;[^:]+)?:[0-9]+T[0-9]+Z?", text)) != 1 or re.search(r"DTSTART:[0-9]+T[0-9]+ ", text):
        wrong.append("one DTSTART with a time zone is required")
    wrong += ["INTERVAL required in rrule"] * any("INTERVAL" not in each for each in rules) + ["no rule"] * (not rules)
    if "EXDATE" in text or "RDATE" in text or "SECONDLY" in text or re.search(r"BYDAY[:=][0-9]", text):
        wrong.append("EXDATE, RDATE, SECONDLY and BYDAY with a number are not supported")
    try:
        rrule.rrulestr(text.replace(" ", "\n"))
    except ValueError as error:
        wrong.append("rrule parsing failed validation: %s" % error)
    return wrong


def survey_problems(survey):
    """What AWX complains of in a survey."""
    wrong = ["Field '%s' is missing from survey spec." % name for name in ("name", "description", "spec") if name not in survey]
    for number, question in enumerate(survey.get("spec") or []):
        for name, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
            if not isinstance(question.get(name), kind):
                wrong.append("'%s' in survey question %d expected to be %s" % (name, number, kind.__name__))
        kind = question.get("type")
        if kind not in _QUESTIONS:
            wrong.append("'%s' in survey question %d is not an allowed question type" % (kind, number))
            continue
        default = question.get("default", "")
        if default != "" and not isinstance(default, _QUESTIONS[kind]):
            wrong.append("Default value %r in survey question %d has the wrong type" % (default, number))
        choices = question.get("choices", ())
        if kind in ("multiplechoice", "multiselect") and (not choices or any(each not in choices for each in str(default).splitlines())):
            wrong.append("Survey question %d must specify choices, and its default must be one of them" % number)
        if any(not isinstance(question.get(limit, 0), int) for limit in ("min", "max")):
            wrong.append("The limits in survey question %d expected to be integers" % number)
    variables = [question.get("variable") for question in survey.get("spec") or []]
    return wrong + ["no question, or two for one variable"] * (not variables or len(set(variables)) != len(variables))


def answers(survey, given=()):
    """The variables that a launch gives the job: what is answered, and the defaults of the rest.

    :raises ValueError: a required answer is missing, or is no choice
    """
    given, found = dict(given), {}
    for question in survey.get("spec") or []:
        value = given.pop(question["variable"], question.get("default"))
        if value is None and question["required"]:
            raise ValueError("'%s' value missing" % question["variable"])
        if value is not None and "choices" in question and value not in question["choices"]:
            raise ValueError("%r for '%s' expected to be one of %s" % (value, question["variable"], question["choices"]))
        if value is not None:
            found[question["variable"]] = value
    if given:
        raise ValueError("Variables %s are not allowed on launch" % ", ".join(given))
    return found
