# SPDX-License-Identifier: GPL-3.0-or-later
"""Protection groups (5.4, A.2). PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .._cloud.api import Api
from .._cloud.errors import ConfigError, Refused
from .._cloud.odd import altered
from .._cloud.validate import is_id
from .._engine.kind import Kind, LiveState, whole
from .._engine.lookup import Lookup, exactly_one, existing, readable
from .._engine.options import ObjectOptions
from .._engine.plan import Field, Find, Plan, Step, managed
from . import identity, last_copy
from .present import NAME, live_values, plan_present
from .protection import DISABLED, ENABLED, KIND, add_protection_step, protection_change, protection_guard


def _domain(group: dict) -> frozenset:
    """ID and name of the group's domain; nothing unless both are known, since either may be wanted."""
    known = (group.get("domain_id"), group.get("domain_name"))
    return frozenset(known) if all(known) else frozenset()


IMMUTABLE = (
    Field("description", "description"),
    Field("source_availability_zone", "source_availability_zone"),
    Field("target_availability_zone", "target_availability_zone"),
    Field("active_active_domain", "domain_id", _domain),
    Field("source_vpc", "source_vpc_id"),
    Field("dr_type", "dr_type"),
)
_MOST_NAMED = 50
_NEEDED = ("name", "source_availability_zone", "target_availability_zone", "source_vpc")


_LATE = "pairs that synchronise"


@dataclass(frozen=True)
class _Synchronisation(Kind):
    """A group seen as something that is busy while its pairs synchronise.

    A group's own progress may tell nothing for ever; its pairs are asked unless it is 100.
    """

    def busy(self, obj: Any) -> bool:
        return bool(obj) and obj.get("status") == "protected" and bool(obj.get(_LATE))

    def every(self, api: Api, query: dict) -> list:
        groups = api.list(KIND.list_call, query)
        if all(_ended(group) for group in groups):
            return groups
        pairs: dict = {}
        for pair in api.list("list_replications"):
            pairs.setdefault(pair.get("server_group_id"), []).append(pair)
        return [_with_pairs(group, pairs.get(group["id"], [])) for group in groups]

    def label(self, obj: dict | None, name: str | None = None) -> str:
        late = (obj or {}).get(_LATE) or []
        shown = ", ".join("%s at %s %%" % (pair.get("name"), pair.get("progress")) for pair in late[:5])
        return super().label(obj, name) + (" (%s%s)" % (shown, ", … %d in all" % len(late) if len(late) > 5 else "") if late else "")


def _ended(group: dict) -> bool:
    return group.get("status") != "protected" or group.get("progress") == 100


def _show_synchronisation(api: Api, group_id: str) -> dict:
    group = api.call("show_server_group", server_group=group_id)
    return group if _ended(group) else _with_pairs(group, api.list("list_replications", {"server_group_id": group_id}))


def _with_pairs(group: dict, pairs: Iterable) -> dict:
    if _ended(group):
        return group
    known = [pair["progress"] for pair in pairs if pair.get("progress") is not None]
    return altered(group, progress=group.get("progress") or (sum(known) // len(known) if known else None),
                   **{_LATE: [pair for pair in pairs if not is_synchronised(pair)]})


def is_synchronised(pair: dict) -> bool:
    """Whether everything has been copied: the pair's progress, or its replication status where the progress tells nothing (5.6.3)."""
    return pair.get("progress") == 100 or (not pair.get("progress") and pair.get("replication_status") == "active")


SYNCHRONISATION = _Synchronisation(
    "server_group", "synchronisation of protection group", "server_groups", KIND.entity, {}, showing=_show_synchronisation,
)


@dataclass
class Options(ObjectOptions):
    description: str | None = None
    source_availability_zone: str | None = None
    target_availability_zone: str | None = None
    active_active_domain: str | None = None
    source_vpc: str | None = None
    dr_type: str | None = None
    protection: str | None = None
    reprotect: bool = False
    purge: bool = False
    force: bool = False
    delete_last_copy: bool = False


@dataclass
class Live(LiveState):
    """What was read: the group, what it contains when that goes too, and the domain of a group to come."""

    obj: dict | None
    contents: list = field(default_factory=list)  # (Kind, object)
    domain_id: str | None = None
    copies: last_copy.Copies | None = None  # what is known of the halves of the contents
    held: list = field(default_factory=list)  # (Kind, object): contents that keep the group from being deleted

    def watch(self) -> list:
        return [(KIND, self.obj), *self.contents]

    def assume(self) -> Live:
        contents = [(kind, kind.assumed(obj)) for kind, obj in self.contents]
        return self.supposing(KIND.assumed(self.obj), contents=[(kind, obj) for kind, obj in contents if obj])

    def of(self, kind: Kind) -> list:
        """The contents of one kind."""
        return [obj for its, obj in self.contents if its is kind]


def find(lookup: Lookup, options: Options) -> dict | None:
    """The group that ``id`` or ``name`` means, or None.

    :raises ConfigError: neither is given
    :raises Refused: several groups bear the name
    """
    if options.id:
        return lookup.show(KIND, options.id)
    if not options.name:
        raise ConfigError("name or id is needed")
    found = lookup.named(KIND, options.name)
    return exactly_one(found, found, KIND.title, options.name) if found else None


def read(lookup: Lookup, options: Options) -> Live:
    """Look the group up, and what ``options`` refer to; references become IDs."""
    obj = find(lookup, options)
    identity.check_name(KIND, obj, vars(options), lambda: lookup.named(KIND, str(options.name)))
    return read_found(lookup, options, obj)


def read_found(lookup: Lookup, options: Options, obj: dict | None) -> Live:
    """The same for a group that has been looked up."""
    live = Live(obj)
    if options.absent:
        return live
    if live.obj is None or live.obj.get("status") == KIND.failed_creation:
        _complete(options, live.obj)
        missing = [option for option in _NEEDED if not getattr(options, option)]
        if missing:
            there = existing(readable(lambda: lookup.list(KIND)), options.name)
            raise ConfigError("protection group %s does not exist; creating it needs %s; %s" % (options.name, ", ".join(missing), there))
        _read_domain(lookup, options, live)
    if options.source_vpc:
        options.source_vpc = lookup.vpc_id(options.source_vpc)
    return live


def _complete(options: Options, failed: dict | None) -> None:
    """A creation that failed is repeated as it was where the options do not say otherwise."""
    if failed is None:
        if options.id:
            raise Refused("no protection group has the ID %s" % options.id)
        return
    options.name = options.name or failed.get("name")
    for item in IMMUTABLE:
        setattr(options, item.option, getattr(options, item.option) or failed.get(item.api))


def _read_domain(lookup: Lookup, options: Options, live: Live) -> None:
    if is_id(options.active_active_domain):
        live.domain_id = options.active_active_domain
        return
    if options.active_active_domain:
        domain = lookup.domain(options.active_active_domain)
    else:
        domain = lookup.domain_joining(options.source_availability_zone, options.target_availability_zone)
    if domain.get("sold_out"):
        lookup.warn("active-active domain %s is sold out: creating disks in it may fail" % domain.get("name"))
    live.domain_id = domain["id"]


def plan(options: Options, live: Live) -> Plan:
    """Steps that make the group as wanted. Pure."""
    return _plan_absent(live) if options.absent else _plan_present(options, live)


def _plan_present(options: Options, live: Live) -> Plan:
    result, group = Plan(), live.obj
    if group and group.get("status") == KIND.failed_creation:
        # The one deletion without "absent" (semantics.md, section 4): a creation that failed is replaced.
        removal = delete_step(result, group)
        result.before = live_values(options, group, IMMUTABLE, _CHANGEABLE)
        _create(result, options, live, after=[removal])
        return result
    if group is None:
        _create(result, options, live)
        return result
    plan_present(result, KIND, options, group, IMMUTABLE, _CHANGEABLE)
    operation = protection_change(options.protection, options.reprotect, group)
    if operation:
        add_protection_step(result, operation, group, protection_guard(operation, KIND.label(group)))
        result.after["protection"] = options.protection
    return result


def protection_of(group: dict) -> str | None:
    """The ``protection`` that the group's status amounts to; the status itself where it is neither."""
    status = group.get("status")
    return ENABLED if status in ("protected", "starting", "reprotecting") else DISABLED if status in ("available", "stopping") else status


# What the group's status amounts to.
_CHANGEABLE = (Field("protection", "status", protection_of),)


def _create(result: Plan, options: Options, live: Live, after: Iterable[Step] = ()) -> Step:
    if options.protection == ENABLED:
        raise Refused(
            "protection group %s: protection cannot be enabled while it has no replication pairs" % options.name,
            remedy="Create the group without protection, add protected instances, then enable protection.",
        )
    body = {
        "name": options.name,
        "description": options.description,
        "source_availability_zone": options.source_availability_zone,
        "target_availability_zone": options.target_availability_zone,
        "domain_id": live.domain_id,
        "source_vpc_id": options.source_vpc,
        "dr_type": options.dr_type,
    }
    step = result.create(KIND, options.name, body, Find({"name": options.name}, lambda group: group.get("name") == options.name), after)
    result.after = managed(options, (*IMMUTABLE, NAME, *_CHANGEABLE))
    return step


def delete_step(result: Plan, group: dict, after: Iterable[Step] = (), later: bool = False) -> Step:
    """Add the deletion of an empty group (5.4.4) to a plan."""
    return result.delete(KIND, group, after=after, later=later)


def held(group: dict) -> str:
    """How much the group holds, as text; empty if it holds nothing."""
    counts = {
        "protected instances": group.get("protected_instance_num"),
        "replication pairs": group.get("replication_num"),
        "DR drills": group.get("disaster_recovery_drill_num"),
    }
    return ", ".join("%s %s" % (count, what) for what, count in counts.items() if count and whole(count) != 0)


def _plan_absent(live: Live) -> Plan:
    result, group = Plan(), live.obj
    if group is None:
        return result
    if held(group):
        names = sorted(kind.label(obj) for kind, obj in live.held)
        more = " and %d more" % (len(names) - _MOST_NAMED) if len(names) > _MOST_NAMED else ""
        raise Refused(
            "%s cannot be deleted: it has %s%s%s" % (KIND.label(group), held(group), ": " * bool(names) + ", ".join(names[:_MOST_NAMED]), more),
            remedy="Delete them first, or set purge: true.",
        )
    result.before = {"name": group.get("name")}
    delete_step(result, group)
    return result
