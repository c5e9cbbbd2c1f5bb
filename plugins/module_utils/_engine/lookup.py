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
# Up to this many servers are read individually instead of with the list of the whole project.
_FEW = 4


class Lookup:
    """Finds objects; every list is fetched once per scope and kept.

    ``settled`` contains ``(Kind, object)`` as they were before this task waited for their running jobs, ``remembered``
    data that one reading keeps for the next. With ``ignore_deleting``, objects that are being deleted count as gone.
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
        """Discard all cached data."""
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
        """Objects with exactly this name (the API's filter is fuzzy)."""
        return matching(self.list(kind, name=name, **query), lambda obj: obj.get("name") == name)

    def one(self, kind: Kind, reference: str, **query: Any) -> Any:
        """The object with this ID or exact name.

        :raises Refused: no match, or several; lists what was found
        """
        if is_id(reference):
            obj = self.show(kind, reference)
            if obj is None:
                raise Refused("no %s has the ID %s" % (kind.title, reference))
            return obj
        found = self.named(kind, reference, **query)
        # After a misspelled name, the message shows the existing objects.
        similar = found or self.list(kind, name=reference, **query) or self.list(kind, **query)
        return exactly_one(found, similar, kind.title, reference)

    def id_of(self, kind: Kind, reference: Any, **query: Any) -> Any:
        """The ID of a reference; an ID costs no look-up."""
        return reference if reference is None or is_id(reference) else self.one(kind, reference, **query)["id"]

    def vpc_id(self, reference: Any) -> Any:
        """The ID of the referenced VPC."""
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
        """An ECS server's detail; None if it does not exist, ``{}`` if ECS does not respond."""
        known = self._kept.get(_ALL_SERVERS)
        # A missing server may be one that could not be read from the list.
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
        """The response of a neighbouring service. Its failure must not stop operations that only SDRS has to decide."""
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
        """ECS servers with exactly this name, from the list of all servers if that has been read."""
        known = self._kept.get(_ALL_SERVERS)
        if known is not None:
            return known.where(lambda server: server.get("name") == name)
        return matching(self.once(("servers", name), lambda: self.api.servers(name)), lambda server: server.get("name") == name)

    def volume(self, volume_id: str) -> Any:
        """An EVS disk; None if it does not exist, ``{}`` if EVS does not respond."""
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

    :raises Refused: none, or several; lists them, or similar names
    """
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused("%d objects match %s %r: %s" % (len(found), title, reference, _listed(found)), remedy="Use the ID.")
    raise Refused("no %s is named %r; %s" % (title, reference, existing(similar, reference)))


def existing(objects: Iterable[dict], reference: str | None) -> str:
    """The existing objects for a message about an unresolved reference, the most similar names first."""
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
    """The objects that ``fetch()`` returns, for a message that lists existing ones; empty if they cannot be read."""
    try:
        return sound(fetch())
    except SdrsError:
        return []


def _listed(objects: list[dict]) -> str:
    return ", ".join(_named(obj) for obj in objects[:_SHOWN]) + (", … (%d in all)" % len(objects) if len(objects) > _SHOWN else "")


def pick(
    matches: list, owners: Any, zone_of: Callable[[Any], Any], zone: Any, title: str, reference: Any, mine: Callable[[Any], bool] | None = None,
) -> tuple:
    """The candidate for a server or disk name after protection has made the name ambiguous.

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
