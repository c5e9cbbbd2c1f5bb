# SPDX-License-Identifier: GPL-3.0-or-later
"""Protection groups (5.4, A.2). PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._cloud.errors import ConfigError, Refused
from .._cloud.odd import altered
from .._cloud.validate import is_id
from .._engine.kind import Kind, LiveState, whole
from .._engine.lookup import exactly_one
from .._engine.plan import Field, Plan, immutable_conflicts, managed, refuse_immutable
from . import identity
from .protection import DISABLED, ENABLED, KIND, protection_change, protection_guard, protection_step


def _domain(group):
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

    def busy(self, obj):
        return bool(obj) and obj.get("status") == "protected" and bool(obj.get(_LATE))

    def every(self, api, query):
        groups = api.list(KIND.list_call, query)
        if all(_ended(group) for group in groups):
            return groups
        pairs: dict = {}
        for pair in api.list("list_replications"):
            pairs.setdefault(pair.get("server_group_id"), []).append(pair)
        return [_with_pairs(group, pairs.get(group["id"], [])) for group in groups]

    def label(self, obj, name=None):
        late = (obj or {}).get(_LATE) or []
        shown = ", ".join("%s at %s %%" % (pair.get("name"), pair.get("progress")) for pair in late[:5])
        return super().label(obj, name) + (" (%s%s)" % (shown, ", … %d in all" % len(late) if len(late) > 5 else "") if late else "")


def _ended(group):
    return group.get("status") != "protected" or group.get("progress") == 100


def _show_synchronisation(api, group_id):
    group = api.call("show_server_group", server_group=group_id)
    return group if _ended(group) else _with_pairs(group, api.list("list_replications", {"server_group_id": group_id}))


def _with_pairs(group, pairs):
    if _ended(group):
        return group
    known = [pair["progress"] for pair in pairs if pair.get("progress") is not None]
    return altered(group, progress=group.get("progress") or (sum(known) // len(known) if known else None),
                   **{_LATE: [pair for pair in pairs if not is_synchronised(pair)]})


def is_synchronised(pair):
    """Whether everything has been copied: the pair's progress, or its replication status where the progress tells nothing (5.6.3)."""
    return pair.get("progress") == 100 or (not pair.get("progress") and pair.get("replication_status") == "active")


SYNCHRONISATION = _Synchronisation(
    "server_group", "synchronisation of protection group", "server_groups", KIND.entity, {}, showing=_show_synchronisation,
)


@dataclass
class Live(LiveState):
    """What was read: the group, what it contains when that goes too, and the domain of a group to come."""

    obj: dict | None
    contents: list = field(default_factory=list)  # (Kind, object)
    domain_id: str | None = None
    copies: object = None  # what is known of the halves of the contents
    held: list = field(default_factory=list)  # (Kind, object): contents that keep the group from being deleted

    def watch(self):
        return [(KIND, self.obj), *self.contents]

    def assume(self):
        contents = [(kind, kind.assumed(obj)) for kind, obj in self.contents]
        return Live(KIND.assumed(self.obj), [(kind, obj) for kind, obj in contents if obj], self.domain_id, self.copies, self.held)

    def of(self, kind):
        """The contents of one kind."""
        return [obj for its, obj in self.contents if its is kind]


def find(lookup, params):
    """The group that ``id`` or ``name`` means, or None.

    :raises ConfigError: neither is given
    :raises Refused: several groups bear the name
    """
    if params.get("id"):
        return lookup.show(KIND, params["id"])
    if not params.get("name"):
        raise ConfigError("name or id is needed")
    found = lookup.named(KIND, params["name"])
    return exactly_one(found, found, KIND.title, params["name"]) if found else None


def read(lookup, params):
    """Look the group up, and what ``params`` refers to; references in ``params`` become IDs."""
    obj = find(lookup, params)
    identity.check_name(KIND, obj, params, lambda: lookup.named(KIND, params["name"]))
    return read_found(lookup, params, obj)


def read_found(lookup, params, obj):
    """The same for a group that has been looked up."""
    live = Live(obj)
    if params["state"] == "absent":
        return live
    if live.obj is None or live.obj.get("status") == KIND.failed_creation:
        _complete(params, live.obj)
        missing = [option for option in _NEEDED if not params.get(option)]
        if missing:
            raise ConfigError("protection group %s does not exist; creating it needs %s" % (params["name"], ", ".join(missing)))
        _read_domain(lookup, params, live)
    if params.get("source_vpc"):
        params["source_vpc"] = lookup.vpc_id(params["source_vpc"])
    return live


def _complete(params, failed):
    """A creation that failed is repeated as it was where the options do not say otherwise."""
    if failed is None:
        if params.get("id"):
            raise Refused("no protection group has the ID %s" % params["id"])
        return
    params["name"] = params.get("name") or failed.get("name")
    for item in IMMUTABLE:
        params[item.option] = params.get(item.option) or failed.get(item.api)


def _read_domain(lookup, params, live):
    if is_id(params.get("active_active_domain")):
        live.domain_id = params["active_active_domain"]
        return
    if params.get("active_active_domain"):
        domain = lookup.domain(params["active_active_domain"])
    else:
        domain = lookup.domain_joining(params["source_availability_zone"], params["target_availability_zone"])
    if domain.get("sold_out"):
        lookup.warn("active-active domain %s is sold out: creating disks in it may fail" % domain.get("name"))
    live.domain_id = domain["id"]


def plan(params, live):
    """Steps that make the group as wanted. Pure."""
    return _plan_absent(live) if params["state"] == "absent" else _plan_present(params, live)


def _plan_present(params, live):
    result, group = Plan(), live.obj
    if group and group.get("status") == KIND.failed_creation:
        # The one deletion without "absent" (semantics.md, section 4): a creation that failed is replaced.
        removal = delete_step(result, group)
        result.before = _visible(params, group)
        _create(result, params, live, after=[removal])
        return result
    if group is None:
        _create(result, params, live)
        return result
    label = KIND.label(group)
    KIND.refuse_half_deleted(group)
    left_alone = refuse_immutable(result, params, immutable_conflicts(params, IMMUTABLE, group), label)
    wanted = {key: value for key, value in params.items() if key not in left_alone}
    result.before = _visible(wanted, group)
    result.after = dict(result.before)
    if params.get("name") and group.get("name") != params["name"]:
        result.add(
            "rename", KIND, params["name"], group["id"], "rename_server_group", {"server_group": group["id"]}, {"name": params["name"]},
        )
        result.after["name"] = params["name"]
    operation = protection_change(params.get("protection"), params.get("reprotect"), group)
    if operation:
        result.add(*protection_step(operation, group), guard=protection_guard(operation, label))
        result.after["protection"] = params["protection"]
    return result


def _visible(params, group):
    before = {item.option: params[item.option] for item in IMMUTABLE if params.get(item.option) is not None}
    if params.get("name"):
        before["name"] = group.get("name")
    if params.get("protection"):
        before["protection"] = protection_of(group)
    return before


def protection_of(group):
    """The ``protection`` that the group's status amounts to; the status itself where it is neither."""
    status = group.get("status")
    return ENABLED if status in ("protected", "starting", "reprotecting") else DISABLED if status in ("available", "stopping") else status


def _create(result, params, live, after=()):
    if params.get("protection") == ENABLED:
        raise Refused(
            "protection group %s: protection cannot be enabled while it has no replication pairs" % params["name"],
            remedy="Create the group without protection, add protected instances, then enable protection.",
        )
    body = {
        "name": params["name"],
        "description": params.get("description"),
        "source_availability_zone": params["source_availability_zone"],
        "target_availability_zone": params["target_availability_zone"],
        "domain_id": live.domain_id,
        "source_vpc_id": params["source_vpc"],
        "dr_type": params.get("dr_type"),
    }
    step = result.add(
        "create", KIND, params["name"], None, "create_server_group",
        body={key: value for key, value in body.items() if value is not None}, after=list(after),
        query={"name": params["name"]}, match=lambda group: group.get("name") == params["name"],
    )
    result.after = managed(params, (*IMMUTABLE, Field("name", "name"), Field("protection", "status")))
    return step


def delete_step(result, group, after=(), later=False):
    """Add the deletion of an empty group (5.4.4) to a plan."""
    return result.add(
        "delete", KIND, group.get("name"), group["id"], "delete_server_group", {"server_group": group["id"]}, after=list(after), later=later,
    )


def held(group):
    """How much the group holds, as text; empty if it holds nothing."""
    counts = {
        "protected instances": group.get("protected_instance_num"),
        "replication pairs": group.get("replication_num"),
        "DR drills": group.get("disaster_recovery_drill_num"),
    }
    return ", ".join("%s %s" % (count, what) for what, count in counts.items() if count and whole(count) != 0)


def _plan_absent(live):
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
