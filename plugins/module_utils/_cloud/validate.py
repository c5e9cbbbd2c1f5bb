# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules for option values, checked before any request is sent. PRIVATE to the collection.

Each rule takes a value and returns the problem, or None. Sources: semantics.md, section 1; 5.5.1.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from .errors import ConfigError

_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|[0-9a-zA-Z]{32}")
_DEVICE = re.compile(r"/dev/(?:s|v|xv)d[a-z]{1,2}")
_TAG_CHARACTERS = re.compile(r"[\x00-\x1f*<>\\=,|/]")
_SURROGATE = re.compile("[\ud800-\udfff]")
MAX_TAGS = 10


def is_id(value: Any) -> bool:
    """Whether ``value`` has the form of an ID: a UUID, or 32 letters and digits (semantics.md, section 1)."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def is_plain(value: str) -> bool:
    """Whether ``value`` can stand in a path as it is."""
    return re.fullmatch(r"[A-Za-z0-9_-]+", value) is not None


def name(value: str) -> str | None:
    if not value:
        return "must not be empty"
    if len(value.encode("utf-8", "surrogatepass")) > 64:
        return "%r is longer than 64 bytes of UTF-8" % value
    if not all(character.isalnum() or character in "._-" for character in value):
        return "%r may contain only letters, digits, '.', '_' and '-'" % value
    return None


def description(value: str) -> str | None:
    if len(value.encode("utf-8", "surrogatepass")) > 64:
        return "is longer than 64 bytes of UTF-8"
    if "<" in value or ">" in value:
        return "must not contain '<' or '>'"
    return None


def reference(value: str) -> str | None:
    return None if value.strip() else "must not be empty"


def identifier(value: Any) -> str | None:
    return None if is_id(value) else "%r is not an ID (a UUID, or 32 letters and digits)" % value


def identifiers(value: list) -> str | None:
    return next((problem for problem in map(identifier, value) if problem), None)


def tags(value: Any) -> str | None:
    """Tags as a mapping, or conditions of a query by tag as a list."""
    if isinstance(value, list):
        return tag_filter(value)
    if len(value) > MAX_TAGS:
        return "contains %d tags, at most %d are allowed" % (len(value), MAX_TAGS)
    for key, text in value.items():
        if not isinstance(key, str) or not key.strip():
            return "a key must be a string that is not empty"
        if len(key) > 36 or _TAG_CHARACTERS.search(key):
            return "key %r must have at most 36 characters and none of * < > \\ = , | / or control characters" % key
        if isinstance(text, (dict, list)):
            return "the value of %r must be a string" % key
        if text is not None and (len(str(text)) > 43 or _TAG_CHARACTERS.search(str(text))):
            return "the value of %r must have at most 43 characters and none of * < > \\ = , | / or control characters" % key
    return None


def device(value: str) -> str | None:
    return None if _DEVICE.fullmatch(value) else "%r is not a device such as /dev/vdb" % value


def attachments(value: list[dict]) -> str | None:
    seen = []
    for index, entry in enumerate(value):
        if not entry["protected_instance"].strip():
            return "[%d].protected_instance must not be empty" % index
        if entry["protected_instance"] in seen:
            return "[%d] repeats protected instance %r" % (index, entry["protected_instance"])
        seen.append(entry["protected_instance"])
        problem = device(entry["device"]) if entry.get("device") else None
        if problem:
            return "[%d].device %s" % (index, problem)
    return None


class Between:
    """The rule for a number, also of a list of numbers; the documentation says "From LOW to HIGH"."""

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def __str__(self) -> str:
        return "from %s to %s" % (self.low, self.high)

    def __call__(self, value: Any) -> str | None:
        # Written so that it refuses NaN. The value is not shown: it may have thousands of digits.
        values = value if isinstance(value, list) else [value]
        return None if all(self.low <= number <= self.high for number in values) else "must be %s" % self


def number(option: str, value: Any, rule: Callable[[Any], str | None], kind: Callable[[Any], Any] = float) -> Any:
    """``value``, which may be text, as a number within ``rule``.

    :raises ConfigError: it is none
    """
    try:
        if isinstance(value, bool):
            raise ValueError
        found = kind(value)
    except (ValueError, TypeError, OverflowError):
        raise ConfigError("%s: must be a number %s" % (option, rule)) from None
    if rule(found):
        raise ConfigError("%s: %s" % (option, rule(found)))
    return found


def ip_address(value: str) -> str | None:
    try:
        ipaddress.ip_address(value)
        return None
    except ValueError:
        return "%r is not an IP address" % value


def tag_filter(value: list[dict]) -> str | None:
    """Conditions of a query by tag (5.8.1, tables 5-59 and 5-60)."""
    if len(value) > 10:
        return "contains %d keys, at most 10 are allowed" % len(value)
    keys = [entry["key"].strip() for entry in value]
    if len(set(keys)) != len(keys):
        return "contains a key twice"
    for entry in value:
        values = entry.get("values") or []
        if not entry["key"].strip() or len(entry["key"]) > 127:
            return "a key must have 1 to 127 characters"
        if len(values) > 10 or len(set(values)) != len(values) or any(len(text) > 255 or text == "*" for text in values):
            return "key %r: at most 10 different values of at most 255 characters, and no value may be '*' alone" % entry["key"]
    return None


RULES: dict[str, Callable] = {
    "name": name,
    "description": description,
    "id": identifier,
    **dict.fromkeys(("tags", "tags_any", "not_tags", "not_tags_any"), tags),
    "size": Between(1, 1048576),
    "attachments": attachments,
    "primary_ip_address": ip_address,
    "wait_timeout": Between(0.1, 604800),
    "poll_interval": Between(0.01, 3600),
    "http_timeout": Between(1, 600),
    "max_retries": Between(0, 100),
    "server_group_ids": identifiers,
    "protected_instance_ids": identifiers,
    **dict.fromkeys(
        ("server_group", "protected_instance", "replication", "active_active_domain", "source_vpc", "server", "volume",
         "drill_vpc", "source_availability_zone", "target_availability_zone"),
        reference,
    ),
}


def _is_text(value: Any) -> bool:
    if isinstance(value, str):
        return not _SURROGATE.search(value)
    if isinstance(value, dict):
        return all(_is_text(entry) for pair in value.items() for entry in pair)
    return not isinstance(value, list) or all(map(_is_text, value))


def check(params: dict, rules: Mapping[str, Callable]) -> None:
    """Apply ``rules`` to the options that were given.

    :raises ConfigError: naming the option and the rule
    """
    for option, value in params.items():
        if not _is_text(value):
            raise ConfigError("%s: contains half a surrogate pair, which is not valid text" % option)
    for option, rule in rules.items():
        value = params.get(option)
        problem = rule(value) if value is not None else None
        if problem:
            raise ConfigError("%s%s%s" % (option, "" if problem.startswith("[") else ": ", problem))


def same_device(one: Any, other: Any) -> bool:
    """``/dev/sdX`` and ``/dev/vdX`` are the same device (5.5.6)."""
    return plain_device(one) == plain_device(other)


def plain_device(value: Any) -> str:
    return re.sub(r"^/dev/(?:s|v|xv)d", "/dev/vd", str(value or ""))


def is_system_device(value: Any) -> bool:
    return plain_device(value) == "/dev/vda"
