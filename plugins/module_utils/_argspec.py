# SPDX-License-Identifier: GPL-3.0-or-later
"""Options shared by the modules, merged together with their constraints. PRIVATE to the collection."""

from __future__ import annotations

import math

_CONSTRAINTS = ("mutually_exclusive", "required_together", "required_one_of", "required_if")


class Spec:
    """An argument spec with its constraints; ``a + b`` keeps both.

    :param constraints: ``mutually_exclusive``, ``required_one_of`` and the like, as AnsibleModule takes them
    """

    def __init__(self, options=None, **constraints):
        self.options = options or {}
        self.constraints = constraints

    def __add__(self, other):
        clash = set(self.options) & set(other.options)
        if clash:
            raise ValueError("options defined twice: %s" % ", ".join(sorted(clash)))
        merged = {
            key: list(self.constraints.get(key, ())) + list(other.constraints.get(key, ()))
            for key in _CONSTRAINTS if self.constraints.get(key) or other.constraints.get(key)
        }
        required_by = {**self.constraints.get("required_by", {}), **other.constraints.get("required_by", {})}
        if required_by:
            merged["required_by"] = required_by
        return Spec({**self.options, **other.options}, **merged)

    def kwargs(self):
        """Keyword arguments for AnsibleModule or ArgumentSpecValidator."""
        return dict(self.constraints, argument_spec=self.options)


def reference(option, **extra):
    """An option that takes the ID or the exact name of another object."""
    return dict(type="str", aliases=[option + "_id"], **extra)


def alias_conflicts(options, given, path=""):
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


def ordinary_numbers(value):
    """``value`` with text in place of numbers that are infinite, none, or too long to be converted: rules refuse them by name."""
    if isinstance(value, dict):
        return {key: ordinary_numbers(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [ordinary_numbers(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return "inf" if isinstance(value, int) and value.bit_length() > 1000 else value


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
        "password": {"type": "str", "no_log": True},
        "domain_name": {"type": "str"},
        "auth_token": {"type": "str", "no_log": True},
        "validate_certs": {"type": "bool"},
        "ca_cert": {"type": "path"},
        "http_timeout": {"type": "float", "default": 30.0},
        "max_retries": {"type": "int", "default": 5},
        "token_cache": {"type": "bool", "no_log": False},
        "token_cache_dir": {"type": "path", "no_log": False},
        "allow_unlocked": {"type": "bool"},
    }
)

WAIT = Spec(
    {
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "float", "default": 1800.0},
        "poll_interval": {"type": "float"},
    }
)

STATE = Spec({"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}})
# What a protected instance is, wherever one is described: in its module, or in a topology's document.
PROTECTED_INSTANCE = {
    "name": {"type": "str"},
    "server": reference("server"),
    "description": {"type": "str"},
    "cluster": {"type": "str"},
    "primary_subnet": {"type": "str"},
    "primary_ip_address": {"type": "str"},
    "flavor": {"type": "str"},
    "tenancy": {"type": "str", "choices": ["shared", "dedicated"]},
    "dedicated_host": {"type": "str"},
    "tags": {"type": "dict"},
    "purge_tags": {"type": "bool", "default": False},
}
IMMUTABLE_CHANGE = Spec({"immutable_change": {"type": "str", "choices": ["fail", "ignore"], "default": "fail"}})
TAG_FILTER = {
    "type": "list",
    "elements": "dict",
    "options": {
        "key": {"type": "str", "required": True, "no_log": False},
        "values": {"type": "list", "elements": "str", "default": []},
    },
}
