# SPDX-License-Identifier: GPL-3.0-or-later
"""The document that describes a topology: its options, and what can be wrong with it before anything is read.

PRIVATE to the collection. Every complaint names the path of the offending entry, such as
``server_groups[0].protected_instances[3].server``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from .._cloud import validate
from .._cloud.errors import ConfigError, SdrsError
from .._cloud.validate import plain_device
from .._engine.options import Options as _Options
from .._sdrs.options import DRILL_OPTIONS, GROUP_OPTIONS, INSTANCE_OPTIONS, PAIR_OPTIONS
from . import new_disk

_PAIR = {**PAIR_OPTIONS, "create_volume": new_disk.OPTIONS}
_INSTANCE = {
    **INSTANCE_OPTIONS,
    "replications": {"type": "list", "elements": "dict", "options": {"device": {"type": "str"}, **_PAIR}},
}
_GROUP = {
    **GROUP_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "protected_instances": {"type": "list", "elements": "dict", "options": _INSTANCE},
    "replications": {"type": "list", "elements": "dict", "options": _PAIR},
    "drills": {"type": "list", "elements": "dict", "options": DRILL_OPTIONS},
}
SERVER_GROUPS = {"type": "list", "elements": "dict", "required": True, "options": _GROUP}
# What a task says of a topology.
OPTIONS = {
    "server_groups": SERVER_GROUPS,
    "prune": {"type": "bool", "default": False},
    "parallel": {"type": "int", "default": 16},
    "force": {"type": "bool", "default": False},
    "delete_target_server": {"type": "bool", "default": False},
    "delete_target_eip": {"type": "bool", "default": False},
    "delete_target_volume": {"type": "bool", "default": False},
    "delete_last_copy": {"type": "bool", "default": False},
}


@dataclass
class Options(_Options):
    """The same as reading and planning get it."""

    server_groups: list[dict]
    immutable_change: str = "fail"
    prune: bool = False
    force: bool = False
    delete_target_server: bool = False
    delete_target_eip: bool = False
    delete_target_volume: bool = False
    delete_last_copy: bool = False


_RULES = {**validate.RULES, "device": validate.device}
_Placed = list[tuple[str, dict]]  # ``(path, entry)``
_Error = TypeVar("_Error", bound=SdrsError)


def entries(group: dict, key: str, path: str) -> _Placed:
    """``(path, entry)`` of one list of a group's entry."""
    return [("%s.%s[%d]" % (path, key, index), entry) for index, entry in enumerate(group.get(key) or [])]


def groups(document: list[dict]) -> _Placed:
    """``(path, entry)`` of the groups."""
    return [("server_groups[%d]" % index, entry) for index, entry in enumerate(document)]


def at(path: str, error: _Error) -> _Error:
    """``error`` with the path of the entry it is about in its message."""
    error.message = "%s: %s" % (path, error.message)
    return error


def check(document: list[dict]) -> None:
    """Refuse what is wrong whatever the live state may be.

    :param document: the list under ``server_groups``, validated against the argument spec
    :raises ConfigError: naming the path
    """
    _distinct("name", [(path, (entry["name"], entry.get("id"))) for path, entry in groups(document) if entry.get("name")], lambda key: key[0])
    _distinct("id", [(path, entry["id"]) for path, entry in groups(document) if entry.get("id")])
    servers: list[tuple[str, str]] = []
    for path, group in groups(document):
        _values(path, group)
        _needs(path, group, ("name", "id"))
        instances = entries(group, "protected_instances", path)
        servers += [(where, entry["server"]) for where, entry in instances if entry.get("server")]
        _distinct("name", [(where, entry["name"]) for where, entry in instances if entry.get("name")])
        for where, entry in instances:
            _check_instance(where, entry)
        pairs = entries(group, "replications", path)
        for where, entry in pairs:
            _values(where, entry)
            _needs(where, entry, ("volume", "name"))
            new_disk.check(where, entry)
        _check_volumes(instances, pairs)
        drills = entries(group, "drills", path)
        for where, entry in drills:
            _values(where, entry)
            _needs(where, entry, ("name", "id"))
        _distinct("name", [(where, (entry["name"], entry.get("id"))) for where, entry in drills if entry.get("name")], lambda key: key[0])
    _distinct("server", servers)


def _check_instance(path: str, entry: dict) -> None:
    _values(path, entry)
    _needs(path, entry, ("server", "name"))
    if entry.get("primary_ip_address") and not entry.get("primary_subnet"):
        raise ConfigError("%s.primary_ip_address needs primary_subnet (SDRS.1380)" % path)
    if entry.get("dedicated_host") and entry.get("tenancy") != "dedicated":
        raise ConfigError("%s.dedicated_host needs tenancy: dedicated (SDRS.1371)" % path)
    pairs = entries(entry, "replications", path)
    for where, pair in pairs:
        _values(where, pair)
        _needs(where, pair, ("device", "volume"))
        new_disk.check(where, pair)
        if pair.get("create_volume") and not pair.get("device"):
            raise ConfigError("%s.create_volume needs device, where the disk is attached" % where)
    _distinct("device", [(where, plain_device(pair["device"])) for where, pair in pairs if pair.get("device")])
    for key in ("volume", "name"):
        _distinct(key, [(where, pair[key]) for where, pair in pairs if pair.get(key)])


def _check_volumes(instances: _Placed, pairs: _Placed) -> None:
    """A disk may stand under several instances, which share it then, but not beside that among the free ones."""
    free = [(where, pair["volume"]) for where, pair in pairs if pair.get("volume")]
    _distinct("volume", free)
    _distinct("name", [(where, pair["name"]) for where, pair in pairs if pair.get("name")])
    creations: dict = {}
    for where, pair in [each for path, entry in instances for each in entries(entry, "replications", path) if each[1].get("volume")]:
        first, wanted = creations.setdefault(pair["volume"], (where, pair.get("create_volume")))
        if wanted != pair.get("create_volume"):
            raise ConfigError("%s.create_volume: %s sets a different value for the same disk" % (where, first))
    taken = {pair["volume"]: where for path, entry in instances for where, pair in entries(entry, "replications", path) if pair.get("volume")}
    for where, volume in free:
        if volume in taken:
            raise ConfigError("%s.volume: %r is named at %s already" % (where, volume, taken[volume]))


def _values(path: str, entry: dict) -> None:
    for key, value in entry.items():
        problem = _RULES[key](value) if value is not None and key in _RULES else None
        if problem:
            raise ConfigError("%s.%s%s%s" % (path, key, "" if problem.startswith("[") else ": ", problem))


def _needs(path: str, entry: dict, keys: tuple[str, ...]) -> None:
    if not any(entry.get(key) for key in keys):
        raise ConfigError("%s needs %s" % (path, " or ".join(keys)))


def _distinct(key: str, found: Iterable[tuple[str, Any]], same: Callable[[Any], Any] = lambda value: value) -> None:
    """Refuse a value that stands at two places. Two objects of one name are told apart by their IDs."""
    seen: dict = {}
    for path, value in found:
        other = seen.setdefault(same(value), (path, value))
        if other[0] != path and (other[1] == value or not isinstance(value, tuple) or None in (value[1], other[1][1])):
            raise ConfigError("%s.%s: %r is named at %s already" % (path, key, same(value), other[0]))
