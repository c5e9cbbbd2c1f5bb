# SPDX-License-Identifier: GPL-3.0-or-later
"""The last copy: what is left of data whose production half is lost. PRIVATE to the collection.

An instance or pair that holds it is removed, with its DR half or without, only with ``delete_last_copy`` (semantics.md, section 3).
ECS and EVS tell whether production is there: before planning, and again directly before the request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from .._cloud.errors import Refused, one_line
from .._engine.kind import Kind
from .._engine.lookup import Lookup
from .._engine.plan import Plan, ReadList
from .kinds import REPLICATION, SERVER_GROUP, users
from .owner import group_id_of
from .sites import production_zone, server_halves, server_zone, volume_halves, volume_zone
from .targets import target_is_expendable

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
_SERVERS = Kind("ecs_server", "server", "servers", "", {}, listing=lambda api, query: api.servers())
_VOLUMES = Kind("volume", "disk", "volumes", "", {}, listing=lambda api, query: api.volumes())
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
    def copy(self) -> str:
        """The servers and disks that would be lost."""
        return ", ".join(self.copies or self.sound) or "no server or disk of it is known"

    def text(self) -> str:
        """One clause: the object, its copy, and the reasons."""
        silent = "%s not tell whether production exists" % (" and ".join(self.unknown) + (" do" if len(self.unknown) > 1 else " does"))
        return "%s %s the last copy (%s): %s" % (self.label, "holds" if self.gone else "may hold", self.copy, "; ".join(self.reasons) or silent)


def judge(kind: Kind, obj: dict, zone: str | None, pairs: Iterable, servers: dict, volumes: dict) -> Finding:
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


def _judge_pair(found: Finding, whose: str, pair: dict, zone: str | None, volumes: dict) -> None:
    level = str(pair.get("fault_level") or "0")
    if level != "0":
        found.reasons.append("the fault level%s is %s" % (whose, level))
    _judge_halves(found, "disk", whose, volume_halves(pair), volumes, zone, volume_zone)


def _judge_halves(found: Finding, title: str, whose: str, halves: list, seen: dict, zone: str | None, zone_of: Callable[..., Any]) -> None:
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


def _ruin(obj: dict | None) -> str | None:
    """What is wrong with a half, or None."""
    if obj is None:
        return "does not exist"
    status = obj.get("OS-EXT-STS:task_state") or ""
    status = status if str(status).lower() in _RUINED else obj.get("status")
    return "is %s" % status if str(status).lower() in _RUINED else None


def _named(title: str, half: str, obj: Any) -> str:
    return "%s %s (%s)" % (title, obj["name"], half) if (obj or {}).get("name") else "%s %s" % (title, half)


def apart(things: Iterable) -> list:
    """``things`` without the pairs that are judged with their instance."""
    instances = {obj["id"] for kind, obj in things if kind.name != "replication"}
    return [(kind, obj) for kind, obj in things if kind.name != "replication" or not users(obj) & instances]


@dataclass
class Copies:
    """What was read of both halves of what may be removed, and whether ``delete_last_copy`` allows to remove the last copy."""

    api: Any = None
    allowed: bool = False
    group: dict | None = None
    pairs: list = field(default_factory=list)
    servers: dict = field(default_factory=dict)
    volumes: dict = field(default_factory=dict)
    many: bool = False

    def of(self, group: dict) -> Copies:
        """The same for objects of another group."""
        return replace(self, group=group)

    def clear(self, result: Plan, things: Iterable, targets: Iterable = (), replacing: bool = False) -> dict:
        """Refuse the removal of a last copy without consent; with it, let plan, diff and warnings tell of it.

        :param things: ``[(Kind, object)]``
        :param targets: the ``delete_target_*`` options that are asked for
        :param replacing: a creation that failed is made anew; its DR half stays
        :returns: ``{object ID: what the last copy is, and why}``
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
        return texts

    def consent(self, result: Plan, kind: Kind, objects: list, targets: Iterable = (), replacing: bool = False) -> dict:
        """As ``clear``, giving the arguments of the step that removes the objects: its guards, and what it says of the last copy."""
        noted = self.clear(result, [(kind, obj) for obj in objects], targets, replacing)
        return {**self.guards(kind, objects, targets, replacing), "last_copy": noted}

    def guards(self, kind: Kind, objects: list, targets: Iterable = (), replacing: bool = False) -> dict:
        """What must hold directly before the request: nothing was lost meanwhile, and what is deleted with it is still no production."""
        seen = {}

        def guard(obj: dict) -> None:
            seen[objects[0]["id"]] = obj

        def premise(lists: ReadList) -> None:
            now = [seen[each["id"]] if len(objects) == 1 else self._listed(kind, each, lists) for each in objects]
            now = [each for each in now if each]  # what is gone needs no looking after
            for each in now if replacing else ():
                if each.get("status") != kind.failed_creation:
                    raise Refused("%s is %r now, no failed creation; nothing was sent" % (kind.label(each), each.get("status")), remedy="Run the task again.")
            if now and not (self.allowed and not targets):
                self._judge_again(kind, now, targets, lists)

        return {"guard": guard if len(objects) == 1 else None, "premise": premise}

    def _listed(self, kind: Kind, obj: dict, lists: ReadList) -> Any:
        """One of several as it is now; a list may lag behind."""
        found = [each for each in lists(kind, {"server_group_id": group_id_of(kind, obj)}) if each["id"] == obj["id"]]
        return found[0] if found else Lookup(self.api).show(kind, obj["id"])

    def _judge_again(self, kind: Kind, objects: list, targets: Iterable, lists: ReadList) -> None:
        group_id = group_id_of(kind, objects[0])
        query, group = {"server_group_id": group_id}, Lookup(self.api).show(SERVER_GROUP, group_id)
        for option in _OF_KIND[kind.name].intersection(targets):
            target_is_expendable(group, option, kind.label(objects[0]))
        if self.allowed:
            return
        pairs = lists(REPLICATION, query) if kind is not REPLICATION else []
        things = [(kind, obj) for obj in objects]
        servers, volumes = _halves(Lookup(self.api), things, pairs, self.many, lambda: lists(_SERVERS, {}), lambda: lists(_VOLUMES, {}))
        found = [judge(kind, obj, production_zone(group) if group else None, pairs, servers, volumes) for obj in objects]
        lost = [each for each in found if each.reasons or (each.unknown and targets)]
        if lost:
            raise _refusal(lost, "nothing was sent: ")


def required(copies: Copies | None) -> Copies:
    """What was read of what may be removed: without it nothing is."""
    if copies is None:
        raise AssertionError("whether production of it exists is read before anything is removed")
    return copies


_REMEDY = (
    "Save what that copy holds. Set delete_last_copy: true (topology_delete_last_copy in the playbooks) only if nobody needs it any more; else it is "
    "neither deleted nor removed."
)


def _refusal(found: Iterable[Finding], why: str = "", remedy: str = _REMEDY) -> Refused:
    """The error that names what would be lost: servers and disks of a few objects are worth a long line."""
    found = sorted(found, key=lambda each: not each.gone)
    more = "; and %d more: %s" % (len(found) - _NAMED, ", ".join(each.label for each in found[_NAMED:])) if len(found) > _NAMED else ""
    error = Refused("", remedy=remedy)
    error.message = one_line(why + "; ".join(each.text() for each in found[:_NAMED]) + more, _LONGEST)
    return error


def read(lookup: Lookup, allowed: bool, things: list, group: dict | None = None) -> Copies:
    """What ECS and EVS tell of the halves of ``[(Kind, object)]``, of ``group`` or, without it, of several groups.

    :param allowed: the option ``delete_last_copy``
    """
    copies = Copies(lookup.api, bool(allowed), group, many=len(things) * 2 > _FEW)
    instances = {obj["id"] for kind, obj in things if kind is not REPLICATION}
    if instances:
        pairs = lookup.list(REPLICATION, server_group_id=group["id"]) if group else lookup.list(REPLICATION)
        copies.pairs = [pair for pair in pairs if users(pair) & instances]
    copies.servers, copies.volumes = _halves(lookup, things, copies.pairs, copies.many, lambda: lookup.all_servers().values(), lookup.all_volumes)
    return copies


def _halves(lookup: Lookup, things: Iterable, pairs: Iterable, many: bool, all_servers: Callable[..., Any], all_volumes: Callable[..., Any]) -> tuple:
    """``(servers, volumes)`` by ID: one by one when they are few, else by one list each."""
    instances = {obj["id"]: obj for kind, obj in things if kind.name != "replication"}
    concerned = [obj for kind, obj in things if kind.name == "replication"] + [pair for pair in pairs if users(pair) & set(instances)]
    server_ids = dict.fromkeys(half for obj in instances.values() for half in server_halves(obj))
    volume_ids = dict.fromkeys(half for pair in concerned for half in volume_halves(pair))

    def among(ids: dict, every: Callable[..., Any], one: Callable[..., Any]) -> dict:
        if len(ids) <= _FEW and not many:
            return {each: one(each) for each in ids}
        answers = []
        lookup.neighbour(lambda: answers.append({obj.get("id"): obj for obj in every()}))  # silent, or an answer, which may be empty
        return {each: answers[0].get(each) if answers else {} for each in ids}

    return among(server_ids, all_servers, lookup.server), among(volume_ids, all_volumes, lookup.volume)
