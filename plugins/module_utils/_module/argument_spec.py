# SPDX-License-Identifier: GPL-3.0-or-later
"""Options shared by the modules, merged together with their constraints. PRIVATE to the collection."""

from __future__ import annotations

import difflib
import math
from typing import Any

from .._cloud.errors import one_line
from .._defaults import HTTP_TIMEOUT, MAX_RETRIES, WAIT_TIMEOUT

_CONSTRAINTS = ("mutually_exclusive", "required_together", "required_one_of", "required_if")
_LONGEST_NAME, _MOST_UNKNOWN = 64, 5


class Spec:
    """An argument spec with its constraints; ``a + b`` keeps both.

    :param constraints: ``mutually_exclusive``, ``required_one_of`` and the like, as AnsibleModule takes them
    """

    def __init__(self, options: Any = None, **constraints: Any) -> None:
        self.options = options or {}
        self.constraints = constraints

    def __add__(self, other: Spec) -> Spec:
        clash = set(self.options) & set(other.options)
        if clash:
            raise ValueError("options defined twice: %s" % ", ".join(sorted(clash)))
        merged: dict = {
            key: list(self.constraints.get(key, ())) + list(other.constraints.get(key, ()))
            for key in _CONSTRAINTS if self.constraints.get(key) or other.constraints.get(key)
        }
        required_by = {**self.constraints.get("required_by", {}), **other.constraints.get("required_by", {})}
        if required_by:
            merged["required_by"] = required_by
        return Spec({**self.options, **other.options}, **merged)

    def kwargs(self) -> dict:
        """Keyword arguments for AnsibleModule or ArgumentSpecValidator."""
        return dict(self.constraints, argument_spec=self.options)


def alias_conflicts(options: Any, given: dict, path: str = "") -> list:
    """Options and aliases given with different values, as ``[(option, alias)]``, those of sub-options with their path.

    :param given: the options as the user wrote them, before aliases are folded in
    """
    conflicts = []
    for option, spec in options.items():
        names = [name for name in (option, *spec.get("aliases", ())) if given.get(name) is not None]
        conflicts += [(path + names[0], path + name) for name in names[1:] if given[name] != given[names[0]]]
        if "options" in spec and names and isinstance(given[names[0]], list):
            for index, entry in enumerate(given[names[0]]):
                if isinstance(entry, dict):
                    conflicts += alias_conflicts(spec["options"], entry, "%s%s[%d]." % (path, names[0], index))
    return conflicts


def unknown_options(options: dict[str, Any], given: dict, path: str = "") -> list[str]:
    """The unsupported options in ``given`` at any depth: a sentence for each, with its path and the valid options."""
    known = {name: option for option, spec in options.items() for name in (option, *spec.get("aliases", ()))}
    found = []
    for name, value in given.items():
        if name not in known:
            if not str(name).startswith("_ansible_"):
                near = difflib.get_close_matches(str(name), known, 1)
                hint = "did you mean %s? Valid options" % near[0] if near else "valid options"
                found.append("unsupported option %s%s; %s: %s" % (path, one_line(name, _LONGEST_NAME), hint, ", ".join(sorted(options))))
            continue
        below = options[known[name]].get("options")
        if below and isinstance(value, dict):
            found += unknown_options(below, value, "%s%s." % (path, name))
        for index, entry in enumerate(value if below and isinstance(value, list) else ()):
            if isinstance(entry, dict):
                found += unknown_options(below, entry, "%s%s[%d]." % (path, name, index))
    return found


def unsupported(options: dict[str, Any], given: dict) -> str | None:
    """The same as one message, None if every option is known."""
    found = unknown_options(options, given)
    more = ["and %d more" % (len(found) - _MOST_UNKNOWN)] if len(found) > _MOST_UNKNOWN else []
    return "; ".join(found[:_MOST_UNKNOWN] + more) or None


def ordinary_numbers(options: Any, given: dict) -> dict:
    """``given`` with something harmless in place of numbers that ansible-core chokes on (infinite, none, of thousands of digits).

    They are refused all the same, by name: infinite floats by their rule, the others because they cannot be converted.
    """
    specs = {name: spec for option, spec in options.items() for name in (option, *spec.get("aliases", ()))}
    return {name: _ordinary_value(specs[name], value) if name in specs else value for name, value in given.items()}


def _ordinary_value(spec: Any, value: Any) -> Any:
    kind = spec.get("elements") if spec.get("type") == "list" else spec.get("type")
    if kind in ("int", "float"):
        if spec["type"] == "list" and isinstance(value, str):
            value = value.split(",")
        return [_ordinary(kind, entry) for entry in value] if isinstance(value, list) else _ordinary(kind, value)
    if "options" in spec and isinstance(value, list):
        return [ordinary_numbers(spec["options"], entry) if isinstance(entry, dict) else entry for entry in value]
    return ordinary_numbers(spec["options"], value) if "options" in spec and isinstance(value, dict) else value


def _ordinary(kind: Any, value: Any) -> Any:
    try:
        finite = isinstance(value, bool) or not isinstance(value, (int, float, str)) or math.isfinite(float(value))
    except OverflowError:
        finite = False
    except ValueError:
        return value  # no number at all
    if finite:
        return value
    return math.inf if kind == "float" else "not a finite number"


CONNECTION = Spec(
    {
        "region": {"type": "str"},
        "cloud_domain": {"type": "str"},
        "cloud": {"type": "str"},
        "endpoint": {"type": "str"},
        "endpoints": {"type": "dict"},
        "project_id": {"type": "str"},
        "project_name": {"type": "str"},
        "access_key": {"type": "str", "no_log": True},
        "secret_key": {"type": "str", "no_log": True},
        "security_token": {"type": "str", "no_log": True},
        "username": {"type": "str"},
        "user_id": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "passcode": {"type": "str", "no_log": True},
        "domain_name": {"type": "str"},
        "domain_id": {"type": "str"},
        "auth_token": {"type": "str", "no_log": True},
        "agency_name": {"type": "str"},
        "agency_domain_name": {"type": "str"},
        "agency_domain_id": {"type": "str"},
        "ecs_agency": {"type": "bool"},
        "metadata_url": {"type": "str"},
        "validate_certs": {"type": "bool"},
        "ca_cert": {"type": "path"},
        "http_timeout": {"type": "float", "default": HTTP_TIMEOUT},
        "max_retries": {"type": "int", "default": MAX_RETRIES},
        "token_cache": {"type": "bool", "no_log": False},
        "token_cache_dir": {"type": "path", "no_log": False},
        "allow_unlocked": {"type": "bool"},
    }
)

WAIT = Spec(
    {
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "float", "default": WAIT_TIMEOUT},
        "poll_interval": {"type": "float"},
    }
)

STATE = Spec({"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}})
IMMUTABLE_CHANGE = Spec({"immutable_change": {"type": "str", "choices": ["fail", "ignore"], "default": "fail"}})
TAG_FILTER = {
    "type": "list",
    "elements": "dict",
    "options": {
        "key": {"type": "str", "required": True, "no_log": False},
        "values": {"type": "list", "elements": "str", "default": []},
    },
}
