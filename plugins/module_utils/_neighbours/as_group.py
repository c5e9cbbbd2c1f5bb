# SPDX-License-Identifier: GPL-3.0-or-later
"""Auto Scaling groups: every field of "Modifying an AS Group" of its API reference, pause and resume. PRIVATE to the collection."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .._cloud.errors import ConfigError, Refused
from .._cloud.odd import altered, matching, raw
from .._cloud.validate import Between
from .._engine.kind import Kind, LiveState
from .._engine.lookup import Lookup, exactly_one
from .._engine.options import Options as _Options
from .._engine.plan import Plan, Request, Step
from .._sdrs import identity

KIND = Kind(name="as_group", title="AS group", plural="as_groups", entity="", transit={}, took_effect=lambda step, obj: False, listable=False)
STATUS = {"inservice": "INSERVICE", "paused": "PAUSED"}
LISTENER = {"protocol_port": Between(1, 65535), "weight": Between(0, 100)}
NUMBERS = ("min_instance_number", "desire_instance_number", "max_instance_number")
# Changeable only while nothing scales, no instance exists and the group is not in service.
ONLY_WHEN_IDLE = ("networks", "security_groups", "lb_listener_id", "lbaas_listeners")
POLICIES = ("OLD_CONFIG_OLD_INSTANCE", "OLD_CONFIG_NEW_INSTANCE", "OLD_INSTANCE", "NEW_INSTANCE")


@dataclass
class Settings(_Options):
    """What can be modified, by the names of the API."""

    scaling_group_name: str | None = None
    min_instance_number: int | None = None
    desire_instance_number: int | None = None
    max_instance_number: int | None = None
    cool_down_time: int | None = None
    available_zones: list[str] | None = None
    networks: list[dict] | None = None
    security_groups: list[dict] | None = None
    lb_listener_id: str | None = None
    lbaas_listeners: list[dict] | None = None
    health_periodic_audit_method: str | None = None
    health_periodic_audit_time: int | None = None
    instance_terminate_policy: str | None = None
    health_periodic_audit_grace_period: int | None = None
    scaling_configuration_id: str | None = None
    notifications: list[str] | None = None
    delete_publicip: bool | None = None
    delete_volume: bool | None = None
    enterprise_project_id: str | None = None
    multi_az_priority_policy: str | None = None
    description: str | None = None


@dataclass
class Options(Settings):
    id: str | None = None
    name: str | None = None
    status: str | None = None

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that are wanted."""
        return Settings.of(vars(self)).given()


def _at_most(count: int, what: str) -> Callable[[Any], str | None]:
    return lambda value: None if len(value) <= count else "holds %d %s, at most %d are allowed" % (len(value), what, count)


def _listeners(value: Any) -> str | None:
    if len(value) > 6:
        return "holds %d load balancers, at most 6 are allowed" % len(value)
    for index, entry in enumerate(value):
        for key, rule in LISTENER.items():
            if rule(entry[key]):
                return "[%d].%s: %s" % (index, key, rule(entry[key]))
    return None


def _name(value: Any) -> str | None:
    if re.fullmatch(r"[A-Za-z0-9_-]{1,64}", value):
        return None
    return "%r may hold at most 64 letters, digits, '_' and '-'" % value


RULES = {
    "scaling_group_name": _name,
    "cool_down_time": Between(0, 86400),
    "health_periodic_audit_grace_period": Between(0, 86400),
    "networks": _at_most(5, "networks"),
    "security_groups": _at_most(1, "security groups"),
    "lb_listener_id": lambda value: _at_most(6, "listeners")(value.split(",")),
    "lbaas_listeners": _listeners,
    "name": lambda value: None if value else "must not be empty",
    "description": lambda value: None if 1 <= len(value) <= 256 else "must have 1 to 256 characters",
    **dict.fromkeys(NUMBERS, Between(0, 100000)),
}


@dataclass
class Live(LiveState):
    obj: dict

    @property
    def id(self) -> Any:
        return self.obj["scaling_group_id"]


def read(lookup: Lookup, options: Options) -> Live:
    """The group by ID or name; one that does not exist is an error."""
    if options.lb_listener_id and options.lbaas_listeners:
        raise ConfigError("lb_listener_id and lbaas_listeners are alternatives")
    problem = _numbers_problem(options.settings)
    if problem:
        raise ConfigError(problem)
    if options.id:
        group = lookup.show(KIND, options.id)
        if group is None:
            raise Refused("no AS group has the ID %s" % options.id)
        identity.check_name(
            KIND, _plain(group), vars(options), lambda: [each for each in map(_plain, _alike(lookup, options.name)) if each["name"] == options.name],
        )
        return Live(group)
    found = _alike(lookup, options.name)
    named = matching(found, lambda group: group.get("scaling_group_name") == options.name)
    shown = [[{"name": raw(each, "scaling_group_name"), "id": raw(each, "scaling_group_id")} for each in groups] for groups in (named, found)]
    exactly_one(shown[0], shown[1], KIND.title, options.name)
    return Live(named[0])


def _alike(lookup: Lookup, name: str | None) -> list[dict]:
    return lookup.once(("as groups", name), lambda: lookup.api.as_groups(name))


def _plain(group: dict) -> dict:
    """Name and ID under the names that other kinds have for them."""
    return {"name": group.get("scaling_group_name"), "id": group.get("scaling_group_id")}


def plan(options: Options, live: Live) -> Plan:
    """At most one update and one pause or resume, in the order that the reference needs. Pure."""
    result, group = Plan(), live.obj
    name = group.get("scaling_group_name")
    wanted = options.settings
    changed = {key: value for key, value in wanted.items() if not _same(value, group.get(key))}
    result.before = {key: group.get(key) for key in wanted}
    result.after = dict(wanted)
    problem = _numbers_problem(altered(group, **wanted))
    if problem:
        raise Refused("AS group %s: %s" % (name, problem))
    status = STATUS.get(options.status or "")
    paused = group.get("scaling_group_status") == "PAUSED" or status == "PAUSED"
    _check_idle(changed, group, name, paused)
    if status:
        result.before["status"], result.after["status"] = group.get("scaling_group_status"), status
    steps = []
    if status == "PAUSED" and group.get("scaling_group_status") != status:
        steps.append(_act(result, live.id, name, "pause", []))
    if changed:
        steps.append(result.add("update", KIND, changed.get("scaling_group_name") or name, live.id, Request("update_as_group", {"as_group": live.id}, changed),
                                after=steps[-1:]))
    if status == "INSERVICE" and group.get("scaling_group_status") != status:
        _act(result, live.id, name, "resume", steps[-1:])
    return result


def _act(result: Plan, group_id: Any, name: str | None, action: str, after: Iterable[Step]) -> Step:
    return result.add(action, KIND, name, group_id, Request("act_on_as_group", {"as_group": group_id}, {"action": action}), after=after)


def _same(wanted: Any, have: Any) -> bool:
    """Whether the live value is the wanted one; of objects only the keys that were given count."""
    if isinstance(wanted, list) and isinstance(have, list):
        return len(wanted) == len(have) and all(_same(one, other) for one, other in zip(wanted, have))
    if isinstance(wanted, dict) and isinstance(have, dict):
        return all(_same(value, have.get(key)) for key, value in wanted.items() if value is not None)
    return wanted == have


def _numbers_problem(group: Mapping[str, Any]) -> str | None:
    """What is wrong with minimum, expected and maximum number of instances, as far as they are known; or None."""
    low, wanted, high = (group.get(key) for key in NUMBERS)  # numbers, or not told
    for small, large, text in (
        (low, high, "max_instance_number: %d is less than min_instance_number %d" % (high or 0, low or 0)),
        (low, wanted, "desire_instance_number: %d is less than min_instance_number %d" % (wanted or 0, low or 0)),
        (wanted, high, "desire_instance_number: %d is greater than max_instance_number %d" % (wanted or 0, high or 0)),
    ):
        if small is not None and large is not None and small > large:
            return text
    return None


def _check_idle(changed: dict, group: dict, name: str | None, paused: bool) -> None:
    options = [key for key in ONLY_WHEN_IDLE if key in changed]
    busy = group.get("is_scaling") or group.get("current_instance_number") or not paused
    if options and busy:
        raise Refused(
            "AS group %s: %s can only be changed while nothing scales, it has no instances and is not in service" % (name, ", ".join(options)),
        )
    if "available_zones" in changed and group.get("is_scaling"):
        raise Refused("AS group %s: available_zones can only be changed while nothing scales" % name)


def show(lookup: Lookup, group_id: Any, _live: Live) -> Any:
    """The group after it."""
    return lookup.show(KIND, group_id)
