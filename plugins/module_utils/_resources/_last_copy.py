# SPDX-License-Identifier: GPL-3.0-or-later
"""The last copy: what is left of data whose production half is lost. PRIVATE to the collection.

An instance or pair that holds it is removed, with its DR half or without, only with ``delete_last_copy`` (SEMANTICS, section 8).
ECS and EVS tell whether production is there: before planning, and again directly before the request.
"""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, field, replace
from typing import Any

from .._errors import Refused, one_line
from .._lookup import Lookup, production_zone
from . import _protection
from ._owner import server_halves, server_zone, volume_halves, volume_zone
from ._targets import target_is_expendable

# A.3, A.4. Such an object need not have lost its production, but that cannot be told from outside. A failover that failed was asked for
# because production was given up. The other error statuses say that an operation failed, not that data is missing.
LOST = {
    "invalid": "a server or disk of it was deleted",
    "fault": "its synchronisation is abnormal",
    "error-failing-over": "a failover failed, so production may be lost",
}
# A half in such a state counts as lost: ECS and EVS list deleted objects for a while.
_RUINED = {"error", "deleted", "soft_deleted", "deleting", "error_deleting", "error_restoring", "error_rollbacking"}
_OF_KIND = {"protected_instance": {"delete_target_server", "delete_target_eip"}, "replication": {"delete_target_volume"}}
_SERVICE = {"server": "ECS", "disk": "EVS"}
_FEW = 4
_NAMED, _LONGEST = 3, 1200
OPTION = "delete_last_copy"


@dataclass
class Finding:
    """Why an object holds the last copy (``reasons``), why that is not known, and what the copy is."""

    label: str
    reasons: list = field(default_factory=list)
    unknown: list = field(default_factory=list)  # the services that do not tell
    copies: list = field(default_factory=list)
    sound: list = field(default_factory=list)  # production that exists
    gone: bool = False

    @property
    def copy(self):
        """The servers and disks that would be lost."""
        return ", ".join(self.copies or self.sound) or "no server or disk of it is known"

    def text(self):
        """One clause: the object, its copy, and the reasons."""
        silent = "%s not tell whether production exists" % (" and ".join(self.unknown) + (" do" if len(self.unknown) > 1 else " does"))
        return "%s %s the last copy (%s): %s" % (self.label, "holds" if self.gone else "may hold", self.copy, "; ".join(self.reasons) or silent)


def judge(kind, obj, zone, pairs, servers, volumes):
    """What is known of the production half of an instance with its pairs, or of a pair. Pure.

    :param zone: the AZ of the current production site
    :param servers: ``{ID: server}``, None for one that does not exist, ``{}`` or nothing for one that ECS does not tell of; ``volumes`` alike
    """
    found = Finding(kind.label(obj))
    status = obj.get("status")
    if status in LOST:
        found.reasons.append("it is %r (%s)" % (status, LOST[status]))
    if kind.name == "replication":
        _judge_pair(found, "", obj, zone, volumes)
        return found
    _judge_halves(found, "server", "", server_halves(obj), servers, zone, server_zone)
    for pair in pairs:
        if obj["id"] in users(pair):
            name = "replication pair %s" % pair.get("name")
            if pair.get("status") in LOST:
                found.reasons.append("%s is %r" % (name, pair["status"]))
            _judge_pair(found, " of " + name, pair, zone, volumes)
    return found


def _judge_pair(found, whose, pair, zone, volumes):
    level = str(pair.get("fault_level") or "0")
    if level != "0":
        found.reasons.append("the fault level%s is %s" % (whose, level))
    _judge_halves(found, "disk", whose, volume_halves(pair), volumes, zone, volume_zone)


def _judge_halves(found, title, whose, halves, seen, zone, zone_of):
    """One half in the production AZ, or both halves wherever they are, show that production exists."""
    ruin = {half: _ruin(seen.get(half, {})) for half in halves}
    there = [half for half in halves if seen.get(half) and not ruin[half]]
    production = [half for half in there if zone and zone_of(seen[half]) == zone]
    found.copies += [_named(title, half, seen.get(half)) for half in halves if seen.get(half, {}) is not None and half not in production]
    if production or len(there) > 1:
        found.sound += [_named(title, half, seen[half]) for half in production]
        return
    gone = [half for half in halves if ruin[half] and not (seen[half] and zone and zone_of(seen[half]) not in (None, zone))]
    for half in gone:
        found.reasons.append("%s %s" % (_named(title, half, seen[half]), ruin[half]))
        found.gone = True
    if gone:
        return
    if len(halves) == 1 and there and zone and zone_of(seen[there[0]]):
        found.reasons.append("its production %s%s is not named any more" % (title, whose))
        found.gone = True
    elif _SERVICE[title] not in found.unknown:
        found.unknown.append(_SERVICE[title])


def _ruin(obj):
    """What is wrong with a half, or None."""
    if obj is None:
        return "does not exist"
    status = obj.get("OS-EXT-STS:task_state") or ""
    status = status if str(status).lower() in _RUINED else obj.get("status")
    return "is %s" % status if str(status).lower() in _RUINED else None


def _named(title, half, obj):
    return "%s %s (%s)" % (title, obj["name"], half) if (obj or {}).get("name") else "%s %s" % (title, half)


def apart(things):
    """``things`` without the pairs that are judged with their instance."""
    instances = {obj["id"] for kind, obj in things if kind.name != "replication"}
    return [(kind, obj) for kind, obj in things if kind.name != "replication" or not users(obj) & instances]


def users(pair):
    """IDs of the instances a pair is attached to."""
    return {entry.get("protected_instance") for entry in pair.get("attachment") or []}


@dataclass
class Copies:
    """What was read of both halves of what may be removed, and whether ``delete_last_copy`` allows to remove the last copy."""

    api: Any = None
    allowed: bool = False
    group: dict | None = None
    pairs: list = field(default_factory=list)
    servers: dict = field(default_factory=dict)
    volumes: dict = field(default_factory=dict)
    shared: Any = None
    many: bool = False

    def of(self, group):
        """The same for objects of another group."""
        return replace(self, group=group)

    def clear(self, result, things, targets=(), replacing=False):
        """Refuse the removal of a last copy without consent; with it, let plan, diff and warnings tell of it.

        :param things: ``[(Kind, object)]``
        :param targets: the ``delete_target_*`` options that are asked for
        :param replacing: a creation that failed is made anew; its DR half stays
        :returns: ``{object ID: text}`` of the last copies
        :raises Refused: naming objects, servers and disks
        """
        zone = production_zone(self.group) if self.group else None
        found = [(obj, judge(kind, obj, zone, self.pairs, self.servers, self.volumes)) for kind, obj in things]
        lost = {obj["id"]: each for obj, each in found if each.reasons or (each.unknown and targets)}
        if lost and replacing:
            raise _refusal(lost.values(), "it cannot be made anew, since its production is lost: ", "Nothing was sent. Remove what failed with state: absent.")
        if lost and not self.allowed:
            raise _refusal(lost.values())
        texts = {key: each.text() for key, each in lost.items()}
        if texts:
            result.before["last_copy"] = list(dict.fromkeys([*result.before.get("last_copy", ()), *texts.values()]))
        warnings = ["%s; %s allows it to go" % (text, OPTION) for text in texts.values()]
        if not replacing:
            warnings += ["%s; it is removed, its DR half is kept" % each.text() for obj, each in found if each.unknown and obj["id"] not in lost]
        result.warnings += [each for each in warnings if each not in result.warnings]
        return {key: each.copy for key, each in lost.items()}

    def consent(self, result, kind, objects, targets=(), replacing=False):
        """As ``clear``, giving the arguments of the step that removes the objects: its guard, and what it says of the last copy."""
        noted = self.clear(result, [(kind, obj) for obj in objects], targets, replacing)
        return {"guard": self._guard(kind, objects, targets, replacing), "last_copy": noted}

    def _guard(self, kind, objects, targets, replacing):
        """What must hold directly before the request: nothing was lost meanwhile, and what is deleted with it is still no production."""
        def guard(obj):
            now = self._still_there(kind, objects, obj)
            for each in now if replacing else ():
                if each.get("status") != kind.failed_creation:
                    raise Refused("%s is %r now, no failed creation; nothing was sent" % (kind.label(each), each.get("status")), remedy="Run the task again.")
            if not now or (self.allowed and not targets):
                return
            group = Lookup(self.api).show(_protection.KIND, now[0]["server_group_id"])
            for option in _OF_KIND[kind.name].intersection(targets):
                target_is_expendable(group, option, kind.label(now[0]))
            if not self.allowed:
                self._judge_again(kind, now, group, targets)

        return guard

    def _still_there(self, kind, objects, obj):
        if len(objects) == 1:
            return [obj] if obj else []
        ids, group_id = {each["id"] for each in objects}, objects[0]["server_group_id"]
        listed = self.shared.get((kind.list_call, group_id), lambda: self.api.list(kind.list_call, {"server_group_id": group_id}))
        return [each for each in listed if each["id"] in ids]

    def _judge_again(self, kind, objects, group, targets):
        group_id = objects[0]["server_group_id"]
        query = {"server_group_id": group_id}
        pairs = self.shared.get(("pairs", group_id), lambda: self.api.list("list_replications", query)) if kind.name != "replication" else []
        servers, volumes = _halves(Lookup(self.api), [(kind, obj) for obj in objects], pairs, self.many, self.shared.get)
        zone = production_zone(group) if group else None
        found = [judge(kind, obj, zone, pairs, servers, volumes) for obj in objects]
        lost = [each for each in found if each.reasons or (each.unknown and targets)]
        if lost:
            raise _refusal(lost, "nothing was sent: ")


_REMEDY = "Save what that copy holds. Set delete_last_copy: true only if nobody needs it any more; else it is neither deleted nor removed."


def _refusal(found, why="", remedy=_REMEDY):
    """The error that names what would be lost: servers and disks of a few objects are worth a long line."""
    found = sorted(found, key=lambda each: not each.gone)
    more = "; and %d more: %s" % (len(found) - _NAMED, ", ".join(each.label for each in found[_NAMED:])) if len(found) > _NAMED else ""
    error = Refused("", remedy=remedy)
    error.message = one_line(why + "; ".join(each.text() for each in found[:_NAMED]) + more, _LONGEST)
    return error


def read(lookup, params, things, group=None):
    """What ECS and EVS tell of the halves of ``[(Kind, object)]``, of ``group`` or, without it, of several groups."""
    from .replication import KIND as PAIR

    copies = Copies(lookup.api, bool(params.get(OPTION)), group, shared=_Shared())
    instances = {obj["id"] for kind, obj in things if kind is not PAIR}
    if instances:
        pairs = lookup.list(PAIR, server_group_id=group["id"]) if group else lookup.list(PAIR)
        copies.pairs = [pair for pair in pairs if users(pair) & instances]
    copies.many = len(things) * 2 > _FEW
    copies.servers, copies.volumes = _halves(lookup, things, copies.pairs, copies.many, lookup.once)
    return copies


def _halves(lookup, things, pairs, many, once):
    """``(servers, volumes)`` by ID: one by one when they are few, else by one list each."""
    instances = {obj["id"]: obj for kind, obj in things if kind.name != "replication"}
    concerned = [obj for kind, obj in things if kind.name == "replication"] + [pair for pair in pairs if users(pair) & set(instances)]
    server_ids = dict.fromkeys(half for obj in instances.values() for half in server_halves(obj))
    volume_ids = dict.fromkeys(half for pair in concerned for half in volume_halves(pair))

    def among(ids, key, every, one):
        if len(ids) <= _FEW and not many:
            return {each: one(each) for each in ids}
        listed = once(("halves", key), lambda: _told(lookup, every)) if ids else None
        return {each: {} if listed is None else listed.get(each) for each in ids}

    return (
        among(server_ids, "servers", lookup.all_servers, lookup.server),
        among(volume_ids, "volumes", lambda: {disk.get("id"): disk for disk in lookup.all_volumes()}, lookup.volume),
    )


def _told(lookup, fetch):
    """What a neighbouring service lists, None when it is silent: an empty list is an answer."""
    answers = []
    lookup.neighbour(lambda: answers.append(fetch()))
    return answers[0] if answers else None


class _Shared:
    """Reads that several deletions need at about the same time: one serves all who asked before it was sent."""

    def __init__(self):
        self._lock, self._kept, self._count = threading.Lock(), {}, itertools.count()

    def get(self, key, fetch):
        asked = next(self._count)
        with self._lock:
            kept = self._kept.setdefault(key, {"lock": threading.Lock(), "begun": -1, "value": None})
        with kept["lock"]:
            if kept["begun"] < asked:
                begun = next(self._count)
                kept["value"], kept["begun"] = fetch(), begun
            return kept["value"]
