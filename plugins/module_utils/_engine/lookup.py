# SPDX-License-Identifier: GPL-3.0-or-later
"""References by name or ID, and the lists they need, read at most once per task. PRIVATE to the collection.

Which object a name means: semantics.md, section 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Hashable, Iterable
from typing import Any

from .._cloud.api import Api
from .._cloud.errors import INVALID_ID_CODES, ApiError, ConnectionFailed, NotFound, Refused, SdrsError, one_line
from .._cloud.odd import Index, by_id, matching, raw, sound
from .._cloud.validate import is_id
from .kind import Kind

Objects = list[Any]  # in the class below ``list`` is a method

_SHOWN, _LONGEST_NAME = 10, 64
_ALL_SERVERS = "all servers"
# So many servers are asked for one by one rather than by the list of the whole project.
_FEW = 4


class Lookup:
    """Finds objects; every list is fetched once per scope and kept.

    ``settled`` holds ``(Kind, object)`` as they were before this task waited for the jobs at work on them, ``remembered``
    what one reading leaves for the next. With ``ignore_deleting`` what is being deleted counts as gone.
    """

    def __init__(self, api: Api, warn: Callable[[str], Any] | None = None) -> None:
        self.api = api
        self.warn = warn or (lambda message: None)
        self._kept: dict[Hashable, Any] = {}
        self._warned: set[str] = set()
        self.settled: Objects = []
        self.remembered: dict[Any, Any] = {}
        self.ignore_deleting = False

    def forget(self) -> None:
        """Read everything anew from now on."""
        self._kept = {}

    def once(self, key: Hashable, fetch: Callable[[], Any]) -> Any:
        """The result of ``fetch()``, remembered under ``key``."""
        if key not in self._kept:
            self._kept[key] = fetch()
        return self._kept[key]

    def show(self, kind: Kind, object_id: Any) -> Any:
        """The object, or None when there is none of that ID."""
        obj = self.once((kind.show_call, object_id), lambda: self._show(kind, object_id))
        return None if self._leaves(kind, obj) else obj

    def _leaves(self, kind: Kind, obj: Any) -> bool:
        return self.ignore_deleting and kind.busy(obj) and kind.assumed(obj) is None

    def _show(self, kind: Kind, object_id: Any) -> Any:
        try:
            return kind.showing(self.api, object_id) if kind.showing else self.api.call(kind.show_call, **{kind.name: object_id}) or None
        except NotFound:
            return None
        except ApiError as error:
            if error.code in INVALID_ID_CODES and is_id(object_id):
                return None
            raise

    def list(self, kind: Kind, **query: Any) -> Objects:
        """Objects of a kind; filters as the API's."""
        key = (kind.list_call, tuple(sorted(query.items())))
        return [obj for obj in self.once(key, lambda: self.api.list(kind.list_call, query)) if not self._leaves(kind, obj)]

    def named(self, kind: Kind, name: str, **query: Any) -> Objects:
        """Objects that bear exactly this name (the API's filter is fuzzy)."""
        return matching(self.list(kind, name=name, **query), lambda obj: obj.get("name") == name)

    def one(self, kind: Kind, reference: str, **query: Any) -> Any:
        """The object that an ID or exact name means.

        :raises Refused: no match, or several; lists what was found
        """
        if is_id(reference):
            obj = self.show(kind, reference)
            if obj is None:
                raise Refused("no %s has the ID %s" % (kind.title, reference))
            return obj
        found = self.named(kind, reference, **query)
        # Whoever misspelled a name wants to see what there is.
        similar = found or self.list(kind, name=reference, **query) or self.list(kind, **query)
        return exactly_one(found, similar, kind.title, reference)

    def id_of(self, kind: Kind, reference: Any, **query: Any) -> Any:
        """The ID that a reference means; an ID costs no look-up."""
        return reference if reference is None or is_id(reference) else self.one(kind, reference, **query)["id"]

    def vpc_id(self, reference: Any) -> Any:
        """The ID of the VPC that a reference means."""
        if is_id(reference):
            return reference
        vpcs = self.once("vpcs", self.api.vpcs)
        return exactly_one(matching(vpcs, lambda vpc: vpc.get("name") == reference), vpcs, "VPC", reference)["id"]

    def subnet(self, reference: str, vpc_id: str | None = None) -> Any:
        """The subnet of that ID or name, in a VPC or in the project; its ID is the network ID that SDRS wants (5.5.8)."""
        subnets = self.once(("subnets", vpc_id), lambda: self.api.subnets(vpc_id))
        found = matching(subnets, lambda subnet: reference in (subnet.get("id"), subnet.get("neutron_network_id"), subnet.get("name")))
        return exactly_one(found, subnets, "subnet", reference)

    def domains(self) -> Objects:
        """All active-active domains (5.3.1)."""
        return self.once("domains", lambda: self.api.list("list_domains"))

    def domain(self, reference: str) -> Any:
        """The active-active domain of that ID or name."""
        found = matching(self.domains(), lambda domain: reference in (domain.get("id"), domain.get("name")))
        return exactly_one(found, self.domains(), "active-active domain", reference)

    def domain_joining(self, source: Any, target: Any) -> Any:
        """The one active-active domain that joins two AZs.

        :raises Refused: none does, or several
        """
        found = matching(self.domains(), lambda domain: _zones(domain) == {source, target})
        if len(found) == 1:
            return found[0]
        listed = ", ".join("%s joins %s" % (_named(domain), " and ".join(sorted(map(str, _zones(domain))))) for domain in self.domains())
        raise Refused(
            "%s active-active domain joins %s and %s; available: %s" % ("more than one" if found else "no", source, target, listed or "none"),
            remedy="Name one with active_active_domain.",
        )

    def server(self, server_id: str) -> Any:
        """An ECS server's detail; None when it does not exist, ``{}`` when ECS does not tell."""
        known = self._kept.get(_ALL_SERVERS)
        # What the list does not show may be a server of it that could not be read.
        if known is not None and (not known.unreadable or dict.__contains__(known, server_id)):
            return known.get(server_id)
        return self.once(("server", server_id), lambda: self.neighbour(lambda: self.api.server(server_id)))

    def all_servers(self) -> Index:
        """All ECS servers of the project by ID: one list instead of a query for each."""
        return self.once(_ALL_SERVERS, lambda: by_id(self.api.servers()))

    def servers_among(self, ids: Objects) -> dict[str, Any]:
        """``{ID: server}`` for these IDs, as ``server`` gives them: by one list; one by one if they are few or ECS refuses the list."""
        if len(ids) > _FEW:
            try:
                self.all_servers()
            except SdrsError:
                pass
        return {server_id: self.server(server_id) for server_id in ids}

    def neighbour(self, fetch: Callable[[], Any]) -> Any:
        """What a neighbouring service tells. Its silence must not stop what only SDRS has to decide."""
        try:
            return fetch()
        except NotFound as error:
            if error.code:
                return None
            reason: SdrsError = error
        except (ApiError, ConnectionFailed) as error:
            reason = error
        if str(reason) not in self._warned:
            self._warned.add(str(reason))
            self.warn("pre-check skipped, SDRS decides: %s" % reason)
        return {}

    def servers_named(self, name: str) -> Objects:
        """ECS servers of exactly this name; from the list of all where that has been read."""
        known = self._kept.get(_ALL_SERVERS)
        if known is not None:
            return known.where(lambda server: server.get("name") == name)
        return matching(self.once(("servers", name), lambda: self.api.servers(name)), lambda server: server.get("name") == name)

    def volume(self, volume_id: str) -> Any:
        """An EVS disk; None when it does not exist, ``{}`` when EVS does not tell."""
        def fetch() -> Any:
            return next(iter(matching(self.api.volumes(id=volume_id), lambda volume: volume.get("id") == volume_id)), None)
        return self.once(("volume", volume_id), lambda: self.neighbour(fetch))

    def all_volumes(self) -> Objects:
        """All EVS disks of the project: one list."""
        return self.once("all volumes", self.api.volumes)

    def volumes_named(self, name: str) -> Objects:
        """EVS disks of exactly this name."""
        found = self.once(("volumes", name), lambda: self.api.volumes(name=name))
        return matching(found, lambda volume: volume.get("name") == name)

    def drill_servers(self) -> set:
        """IDs of all servers that belong to a drill."""
        drills = self.once("drills", lambda: self.api.list("list_drills"))
        return {server.get("drill_server_id") for drill in drills for server in drill.get("drill_servers") or []}


def exactly_one(found: list, similar: list, title: str, reference: Any) -> Any:
    """The single element of ``found``.

    :raises Refused: none, or several; lists them, or what comes near
    """
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused("%d objects match %s %r: %s" % (len(found), title, reference, _listed(found)), remedy="Use the ID.")
    raise Refused("no %s is named %r; %s" % (title, reference, existing(similar, reference)))


def existing(objects: Iterable[dict], reference: str | None) -> str:
    """What there is in place of what a reference does not mean, what comes nearest first, for a message."""
    objects = list(objects)
    if not objects:
        return "none exist"
    near = difflib.get_close_matches(str(reference), {str(raw(obj, "name")) for obj in objects}, 3)
    first = [obj for name in near for obj in objects if str(raw(obj, "name")) == name]
    rest = sorted((obj for obj in objects if str(raw(obj, "name")) not in near), key=lambda obj: str(raw(obj, "name")))
    shown = list(dict.fromkeys(one_line(raw(obj, "name") or raw(obj, "id"), _LONGEST_NAME) for obj in first + rest))
    more = ", … (%d in all)" % len(shown) if len(shown) > _SHOWN else ""
    return "%sfound: %s%s" % ("did you mean %s? " % shown[0] if near else "", ", ".join(shown[:_SHOWN]), more)


def readable(fetch: Callable[[], Iterable]) -> list:
    """The objects that ``fetch()`` gives, for a message that lists what there is; nothing where they cannot be read."""
    try:
        return sound(fetch())
    except SdrsError:
        return []


def _listed(objects: list[dict]) -> str:
    return ", ".join(_named(obj) for obj in objects[:_SHOWN]) + (", … (%d in all)" % len(objects) if len(objects) > _SHOWN else "")


def pick(
    matches: list, owners: Any, zone_of: Callable[[Any], Any], zone: Any, title: str, reference: Any, mine: Callable[[Any], bool] | None = None,
) -> tuple:
    """The candidate a server or disk name means, once protected objects bear the name twice.

    :param matches: objects of exactly that name, without those of drills
    :param owners: ``{object ID: owning instance or pair}``; both halves mean their owner
    :param zone: the AZ of the group's current production site, or None
    :param mine: callable(owner): whether it is preferred to candidates that have no owner, such as DR servers that a removal kept
    :returns: ``(owner or None, object)``
    :raises Refused: several candidates are left
    """
    candidates: dict = {}
    for match in matches:
        owner = owners.get(match.get("id"))
        candidates.setdefault(owner["id"] if owner else match["id"], []).append((owner, match))
    if len(candidates) > 1 and zone:
        inside = {key: entries for key, entries in candidates.items() if any(zone_of(match) == zone for dummy, match in entries)}
        candidates = inside or candidates
    preferred = {
        key: entries for key, entries in candidates.items()
        if mine and entries[0][0] and mine(entries[0][0]) and any(zone and zone_of(match) == zone for dummy, match in entries)
    }
    if len(preferred) == 1 and not any(entries[0][0] for key, entries in candidates.items() if key not in preferred):
        candidates = preferred
    if len(candidates) != 1:
        exactly_one(matches, matches, title, reference)
    entries = next(iter(candidates.values()))
    return next((entry for entry in entries if zone_of(entry[1]) == zone), entries[0])


def _zones(domain: dict) -> set:
    return {(domain.get(key) or {}).get("availability_zone") for key in ("local_replication_cluster", "remote_replication_cluster")}


def _named(obj: dict) -> str:
    place = raw(obj, "availability_zone") or raw(obj, "OS-EXT-AZ:availability_zone")
    return one_line("%s (%s%s)" % (raw(obj, "name"), raw(obj, "id"), ", %s" % place if place else ""), 200)
