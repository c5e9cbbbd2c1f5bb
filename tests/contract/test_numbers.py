# SPDX-License-Identifier: GPL-3.0-or-later
"""Every number that a user can set has a range, which its documentation names and which refuses what is none."""

from __future__ import annotations

import importlib
import math

import pytest
import yaml
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.cloud_dr.sdrs.plugins.callback import progress
from ansible_collections.cloud_dr.sdrs.plugins.doc_fragments import auth, wait
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import settings, validate
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ConfigError
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._module import argument_spec
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._neighbours import as_group
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._topology import document, new_disk
from support import ROOT

MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
# Rules of what stands in lists of mappings.
INSIDE = {"sdrs_topology": {**document._RULES, "create_volume.size": new_disk.SIZE}, "as_group": as_group.LISTENER}


def numbers(options, documented, path=()):
    """``(path, documentation)`` of the numeric options."""
    for name, spec in options.items():
        doc = documented.get(name) or {}
        if spec.get("type") in ("int", "float") or spec.get("elements") in ("int", "float"):
            if "choices" not in spec:
                yield (*path, name), doc
        elif spec.get("options"):
            yield from numbers(spec["options"], doc.get("suboptions") or doc.get("options") or {}, (*path, name))


def _loaded(text):
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def found():
    for module in MODULES:
        loaded = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + module)
        doc = _loaded(loaded.DOCUMENTATION)
        documented = {**_loaded(wait.ModuleDocFragment.DOCUMENTATION)["options"], **_loaded(auth.ModuleDocFragment.DOCUMENTATION)["options"]}
        documented.update(doc.get("options") or {})
        for path, text in numbers({**argument_spec.CONNECTION.options, **loaded.SPEC.options}, documented):
            rules = INSIDE[module] if len(path) > 1 else {**validate.RULES, **getattr(loaded.DECLARATION, 'rules', {})}
            yield pytest.param(rules.get(".".join(path[-2:]), rules.get(path[-1])), text, id="%s %s" % (module, ".".join(path)))


FOUND = list(found())


@pytest.mark.parametrize("rule, text", FOUND)
def test_a_number_has_a_documented_range(rule, text):
    assert isinstance(rule, validate.Between) and str(rule) in str(text["description"])


def test_they_are_all_there():
    assert len(FOUND) > 2 * len(MODULES) and any("size" in param.id for param in FOUND) and any("weight" in param.id for param in FOUND)


@pytest.mark.parametrize("rule", {str(param.values[0]): param.values[0] for param in FOUND}.values(), ids=str)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400, -(10**400), -1], ids=str)
def test_a_range_refuses_what_is_outside(rule, value):
    for given in (value, [rule.low, value]):
        assert rule(given) == "must be %s" % rule
        with pytest.raises(ConfigError, match="^size: must be"):
            validate.check({"size": given}, {"size": rule})
    assert rule(rule.low) is None and rule([rule.low, rule.high]) is None and rule(rule.high + 1)


@pytest.mark.parametrize("value", ["nan", "inf", "1e400", "many", True, [], {}, -1, 10**5000, math.nan, math.inf, 601],
                         ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("option", ["http_timeout", "max_retries"])
def test_settings_refuse_them_too(option, value):
    """The event source and the inventory come here without an argument spec."""
    with pytest.raises(ConfigError, match="^%s: must be" % option):
        settings.resolve({"auth_token": "t", option: value}, {})


@pytest.mark.parametrize("path", sorted((ROOT / "roles").glob("*/meta/argument_specs.yml")), ids=lambda path: path.parts[-3])
def test_numbers_of_roles_are_documented(path):
    """They reach modules, which check them, but for the target of a report."""
    for entry in _loaded(path.read_text())["argument_specs"].values():
        for name, doc in numbers(entry["options"], entry["options"]):
            assert name[-1].endswith("_rto_target") or " from " in str(doc["description"]), name


@pytest.mark.parametrize("value, used", [(0.05, 0.05), (3600, 3600), (0, 10), (-1, 10), (math.nan, 10), (math.inf, 10), (1e9, 10)])
def test_the_callback_passes_over_what_is_no_interval(value, used, monkeypatch):
    warned = []
    callback = progress.CallbackModule()
    monkeypatch.setattr(callback._display, "warning", warned.append)
    assert callback._interval(value) == used and len(warned) == (used != value)
    assert str(progress.INTERVAL) in _loaded(progress.DOCUMENTATION)["options"]["interval"]["description"]


def test_the_event_source_says_its_range():
    source = (ROOT / "extensions" / "eda" / "plugins" / "event_source" / "sdrs_events.py").read_text()
    assert "from 1 to 86400" in source and "_SHORTEST, _LONGEST = 1, 86400" in source


SPEC = {
    "count": {"type": "int", "aliases": ["number"]}, "seconds": {"type": "float"}, "ports": {"type": "list", "elements": "int"}, "text": {"type": "str"},
    "entries": {"type": "list", "elements": "dict", "options": {"size": {"type": "int"}}}, "entry": {"type": "dict", "options": {"size": {"type": "float"}}},
}


@pytest.mark.parametrize("value", [math.inf, math.nan, -math.inf, 10**400, -(10**5000), "inf", "-Infinity", " nan ", "1e400", "1e999999999",
                                   "9" * 400], ids=range(11))
def test_numbers_that_ansible_cannot_convert_are_refused_by_name(value):
    given = {
        "count": value, "seconds": value, "ports": [22, value], "text": "inf", "entries": [{"size": value}, 7, {"size": 8}],
        "entry": {"size": value}, "more": value,
    }
    for number in ({}, {"number": value}):
        plain = argument_spec.ordinary_numbers(SPEC, {**given, **number})
        assert plain == {
            "count": "not a finite number", "seconds": math.inf, "ports": [22, "not a finite number"], "text": "inf", "more": plain["more"],
            "entries": [{"size": "not a finite number"}, 7, {"size": 8}], "entry": {"size": math.inf}, **dict.fromkeys(number, "not a finite number"),
        }
    validated = ArgumentSpecValidator(SPEC).validate({"count": plain["count"], "ports": plain["ports"]})
    assert len(validated.error_messages) == 2 and "count" in validated.error_messages[0]


def test_other_numbers_stay_as_they_are():
    given = {"count": "7", "seconds": "1e300", "ports": "22,1e400", "text": 5, "entries": None, "entry": "a=b", "number": True, "absent": None}
    assert argument_spec.ordinary_numbers(SPEC, given) == {**given, "ports": ["22", "not a finite number"]}
    assert argument_spec.ordinary_numbers(SPEC, {}) == {} and argument_spec.ordinary_numbers(SPEC, {"count": "many"}) == {"count": "many"}
