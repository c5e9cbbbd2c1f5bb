# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of a recovery plan: its options, and its validation before anything is read. Pure. PRIVATE to the collection.

``PLAN`` is the one source: ``problems`` validates by it, and ``docs/recovery_plan.schema.json`` is ``schema()``.
Every problem names the path of the entry, such as ``tiers[1].ports[0]``.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator
from typing import Any

SCHEMA = "https://github.com/cloud-dr/ansible-collection-sdrs/blob/main/docs/recovery_plan.schema.json"
ON_FAILURE = ("stop", "continue", "ask")
REST = "others"  # the tier of the instances that no tier names
_LONGEST_NAME = 64
_FILE = "Task file; a relative path starts at the folder in which ansible-playbook was started."
# Names are used in paths, in variables that confirm, and in files that acknowledge.
_NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"

_MANUAL = {
    "name": {"type": "str", "required": True, "pattern": _NAME, "description": "Name by which the step is acknowledged; unique in the plan."},
    "text": {"type": "str", "required": True, "description": "What a person must do or decide."},
    "timeout": {"type": "float", "range": (0, 604800), "default": 0,
                "description": "Seconds to wait for the acknowledgement if there is no terminal, from 0 to 604800."},
}


def _manual(when: str) -> dict:
    return {"type": "list", "elements": _MANUAL, "description": "Steps that a person must acknowledge %s." % when}


def _file(text: str) -> dict:
    return {"type": "str", "description": "%s %s" % (text, _FILE)}


_PORTS = {"type": "list", "elements": {"type": "int", "range": (1, 65535)}, "description": "TCP ports that must be open on every server, from 1 to 65535."}
_TIER = {
    "name": {"type": "str", "required": True, "pattern": _NAME, "description": "Name of the tier."},
    "groups": {"type": "list", "elements": {"type": "str"},
               "description": "Names or IDs of protection groups. All their instances belong to this tier unless another tier lists them individually."},
    "instances": {
        "type": "list", "description": "Individual protected instances.",
        "elements": {
            "group": {"type": "str", "required": True, "description": "Name or ID of their protection group."},
            "instances": {"type": "list", "elements": {"type": "str"}, "required": True, "description": "Their names or IDs."},
            "ports": _PORTS,
        },
    },
    "needs": {"type": "list", "elements": {"type": "str"},
              "description": "Tiers that must be up before this one is started. By default the one before it; an empty list for none."},
    "on_failure": {"type": "str", "choices": ON_FAILURE, "default": "stop",
                   "description": "What happens to the tiers that need this tier if it fails: do not start them, continue with them, or ask."},
    "timeout": {"type": "float", "range": (0, 86400), "default": 600, "description": "Seconds for its servers to be running with open ports, from 0 to 86400."},
    "ports": _PORTS,
    "manual": {"type": "str", "description": "A question or step that a person must acknowledge, with the name of the tier, before its servers are started."},
    "manual_before": _manual("before the tier's servers are started"),
    "before": _file("Hook before the tier's servers are started."),
    "verify": _file("Further checks, when the servers are running and their ports are open."),
    "manual_after": _manual("when the tier is up"),
    "after": _file("Hook when the tier is up."),
}
# Prefixes that variables of a plan must not have: facts override inventory variables.
_OURS = ("ansible_", "recovery_", "failover_", "drill_", "recover_by_drill_", "report_", "topology_", "posture_", "drift_", "sdrs_", "plan_", "doctor_")
_SITES = {"source": "when the source site is production", "target": "when the target site is production", "drill": "in a drill",
          "recover_by_drill": "when DR drills become production. Required for that if there are variables"}
PLAN: dict[str, dict] = {
    "name": {"type": "str", "required": True, "pattern": _NAME, "description": "Name of the plan, with which a run is confirmed."},
    "description": {"type": "str", "description": "Purpose of the plan."},
    "rto_target": {"type": "float", "range": (1, 604800), "description": "Seconds within which everything must be up again, from 1 to 604800."},
    "approvers": {"type": "list", "description": "Who may approve a run; shown when approval is requested, and recorded in the report.",
                  "elements": {"name": {"type": "str", "required": True, "description": "Name."},
                               "contact": {"type": "str", "description": "How to reach them."}}},
    "variables": {
        "type": "dict",
        "description": "Variables for hooks by site, such as maps of addresses or names; hooks receive those of the site that becomes production.",
        "options": {site: {"type": "dict", "description": "Variables %s." % text} for site, text in _SITES.items()},
    },
    "manual_before": _manual("before anything is stopped or switched"),
    "before": _file("Hook before anything is stopped or switched."),
    "as_groups": {"type": "list", "elements": {"type": "any"},
                  "description": "AS groups to pause before the switch and resume after it, as in the role failover."},
    "vpcs": {"type": "list", "elements": {"type": "dict"}, "description": "VPCs to update after the switch, with the options of the module vpc."},
    "eips": {"type": "list", "elements": {"type": "dict"}, "description": "Elastic IPs to bind after the switch, with the options of the module vpc_eip."},
    "after": _file("Hook after the switch and before the first tier, for example for DNS."),
    "drill": {
        "type": "dict", "description": "Settings for drills of the plan and for recovery by drill.",
        "options": {"vpcs": {"type": "dict", "description": "Drill VPC of each protection group, by name or ID. Without one, the service creates a VPC."}},
    },
    "tiers": {"type": "list", "elements": _TIER, "required": True, "description": "The tiers, in start order."},
    "manual_finish": _manual("when all tiers have been tried"),
    "finish": _file("Hook when all tiers have been tried."),
}
_TYPES: dict[str, tuple] = {
    "str": (str, "string", "text"), "int": (int, "integer", "a whole number"), "float": ((int, float), "number", "a number"),
    "dict": (dict, "object", "a mapping"), "list": (list, "array", "a list"),
}


def problems(document: object) -> list[str]:
    """The problems of a plan itself, as sentences."""
    if not isinstance(document, dict):
        return ["a recovery plan is a mapping with name and tiers"]
    found = list(_mapping(document, PLAN, ""))
    return found or _sense(document)


def _mapping(given: dict, options: dict[str, dict], path: str) -> Iterator[str]:
    for key in given:
        if key not in options:
            near = difflib.get_close_matches(str(key), options, 1)
            yield "unknown key %s%s%s; valid keys: %s" % (path, key, " (did you mean %s?)" % near[0] if near else "", ", ".join(options))
    for name, option in options.items():
        if option.get("required") and given.get(name) in (None, "", []):
            yield "%s%s is missing" % (path, name)
        elif given.get(name) is not None:
            yield from _value(given[name], option, path + name)


def _value(value: Any, option: dict, path: str) -> Iterator[str]:
    kind = option["type"]
    if kind == "any":
        return
    accepted, _json, shown = _TYPES[kind]
    if not isinstance(value, accepted) or isinstance(value, bool):
        yield "%s must be %s" % (path, shown)
        return
    low, high = option.get("range", (-math.inf, math.inf))
    if kind in ("int", "float") and not low <= value <= high:
        yield "%s must be from %s to %s" % (path, low, high)
    if option.get("choices") and value not in option["choices"]:
        yield "%s is %r, it must be one of %s" % (path, value, ", ".join(option["choices"]))
    if option.get("pattern") and not is_name(value):
        yield ("%s is %r: a name must have 1 to %d letters, digits, dots, "
               "_ and -, and must not begin with . or -") % (path, value[:_LONGEST_NAME], _LONGEST_NAME)
    if kind == "str" and not value.strip():
        yield "%s must not be empty" % path
    if "options" in option:
        yield from _mapping(value, option["options"], path + ".")
    for index, entry in enumerate(value if kind == "list" else ()):
        where, elements = "%s[%d]" % (path, index), option["elements"]
        if isinstance(elements.get("type"), str):
            yield from _value(entry, elements, where)
        elif isinstance(entry, dict):
            yield from _mapping(entry, elements, where + ".")
        else:
            yield "%s must be a mapping" % where


def is_name(value: str) -> bool:
    """Whether ``value`` can be the name of a plan, a tier or a manual step."""
    plain = value and len(value) <= _LONGEST_NAME and all(each.isascii() and (each.isalnum() or each in "_.-") for each in value)
    return bool(plain) and value[0] not in ".-"


def _sense(document: dict) -> list[str]:
    names: list[str] = []
    where: dict[str, str] = {}
    found = []
    for index, tier in enumerate(document["tiers"]):
        path = "tiers[%d]" % index
        if tier["name"] in names or tier["name"] == REST:
            why = "is reserved for the instances that no tier lists" if tier["name"] == REST else "is used twice"
            found.append("%s.name: %s %s" % (path, tier["name"], why))
        found += ["%s.needs: %r is not an earlier tier; earlier tiers: %s" % (path, needed, ", ".join(names) or "none")
                  for needed in tier.get("needs") or [] if needed not in names]
        names.append(tier["name"])
        if not tier.get("groups") and not tier.get("instances"):
            found.append("%s lists neither groups nor instances" % path)
        for group in tier.get("groups") or []:
            if group in where:
                found.append("%s.groups: %s is already in tier %s" % (path, group, where[group]))
            where[group] = tier["name"]
    named = groups(document)
    found += ["drill.vpcs: %s is in no tier; groups in tiers: %s" % (name, ", ".join(named))
              for name in (document.get("drill") or {}).get("vpcs") or {} if name not in named]
    found += ["variables.%s: %s" % (site, problem) for site, given in (document.get("variables") or {}).items() for problem in _names(given or {})]
    steps = [step["name"] for _path, step in manual_steps(document)]
    found += ["manual step %s is used twice; each step requires a unique name" % name for name in sorted({name for name in steps if steps.count(name) > 1})]
    return found


def _names(variables: Iterable) -> Iterator[str]:
    for name in variables:
        if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
            yield "%r is not a valid variable name" % (name,)
        elif name.startswith(_OURS):
            yield "%s begins like variables of Ansible or of this collection" % name


def manual_before(tier: dict) -> list[dict]:
    """The manual steps before a tier's servers are started; ``manual`` is one with the tier's name."""
    own = [{"name": tier["name"], "text": tier["manual"]}] if tier.get("manual") else []
    return own + list(tier.get("manual_before") or [])


def manual_steps(document: dict) -> list[tuple[str, dict]]:
    """``(path, step)`` of every manual step."""
    places = [("", document)] + [("tiers[%d]." % index, tier) for index, tier in enumerate(document.get("tiers") or [])]
    own = [("%smanual" % path, step) for path, tier in places[1:] for step in manual_before(tier)[:1] if tier.get("manual")]
    return own + [("%s%s[%d]" % (path, key, index), step) for path, place in places for key in place if str(key).startswith("manual_")
                  for index, step in enumerate(place[key] or [])]


def files(document: dict) -> list[tuple[str, str]]:
    """``(path, file)`` of every file of tasks."""
    found = [(key, document[key]) for key in ("before", "after", "finish") if document.get(key)]
    return found + [("tiers[%d].%s" % (index, key), tier[key]) for index, tier in enumerate(document.get("tiers") or [])
                    for key in ("before", "verify", "after") if tier.get(key)]


def groups(document: dict) -> list[str]:
    """The protection groups that the plan names, each once, in the order of the tiers."""
    named = [name for tier in document["tiers"]
             for name in [*(tier.get("groups") or []), *(entry["group"] for entry in tier.get("instances") or [])]]
    return list(dict.fromkeys(named))


def check(document: object) -> str | None:
    """Rule for the option ``plan`` of modules."""
    return "; ".join(problems(document)[:5]) or None


def schema() -> dict:
    """The document as JSON Schema, so that editors check it as it is typed."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA, "title": "Recovery plan of cloud_dr.sdrs",
        **_object(PLAN),
    }


def _object(options: dict[str, dict]) -> dict:
    found: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": {name: _schema(option) for name, option in options.items()}}
    required = [name for name, option in options.items() if option.get("required")]
    return {**found, "required": required} if required else found


def _schema(option: dict) -> dict:
    kind = option["type"]
    found: dict = {} if kind == "any" else {"type": _TYPES[kind][1]}
    if "options" in option:
        found = _object(option["options"])
    if kind == "list":
        elements = option["elements"]
        found["items"] = _schema(elements) if isinstance(elements.get("type"), str) else _object(elements)
        if option.get("required"):
            found["minItems"] = 1
    if "range" in option:
        found["minimum"], found["maximum"] = option["range"]
    for key, name in (("choices", "enum"), ("pattern", "pattern"), ("default", "default"), ("description", "description")):
        if key in option:
            found[name] = list(option[key]) if key == "choices" else option[key]
    return found
