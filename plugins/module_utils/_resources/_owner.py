# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding an instance by its server and a pair by its disk. PRIVATE to the collection.

Identity is project-wide, and names of servers and disks are not unique (SEMANTICS, section 1).
"""

from __future__ import annotations

from .._errors import ConfigError
from .._lookup import exactly_one, pick, production_zone
from .._validate import is_id
from . import server_group


def find_instance(lookup, kind, params):
    """``(instance or None, server or None)`` that ``id``, ``server`` or ``name`` means; the server when a name was resolved."""
    return _find(
        lookup, kind, params, "server", server_halves,
        named=lookup.servers_named,
        is_drill=lambda server: server.get("id") in lookup.drill_servers(),
        zone_of=lambda server: server.get("OS-EXT-AZ:availability_zone"),
    )


def find_pair(lookup, kind, params):
    """``(pair or None, volume or None)`` that ``id``, ``volume`` or ``name`` means; the volume when a name was resolved."""
    return _find(
        lookup, kind, params, "volume", volume_halves,
        named=lookup.volumes_named,
        is_drill=lambda volume: any(
            attachment.get("server_id") in lookup.drill_servers() for attachment in volume.get("attachments") or []
        ),
        zone_of=lambda volume: volume.get("availability_zone"),
    )


def server_halves(instance):
    """IDs of the instance's two servers."""
    return [server for server in (instance.get("source_server"), instance.get("target_server")) if server]


def volume_halves(pair):
    """IDs of the pair's two disks; a half-built pair may have fewer (field notes 1.3)."""
    return [volume.strip() for volume in str(pair.get("volume_ids") or "").split(",") if volume.strip()]


def _find(lookup, kind, params, option, halves, named, is_drill, zone_of):
    reference = params.get(option)
    if params.get("id"):
        if reference and not is_id(reference):
            params[option] = _resolve(lookup, kind, params, option, reference, halves, named, is_drill, zone_of)[1]["id"]
        return lookup.show(kind, params["id"]), None
    if reference:
        if is_id(reference):
            return _owner(lookup, kind, params, halves, reference), None
        return _resolve(lookup, kind, params, option, reference, halves, named, is_drill, zone_of)
    if not params.get("name"):
        raise ConfigError("id, %s or name is needed" % option)
    query = {}
    if params.get("server_group"):
        query["server_group_id"] = lookup.id_of(server_group.KIND, params["server_group"])
    found = lookup.named(kind, params["name"], **query)
    return (exactly_one(found, found, kind.title, params["name"]) if found else None), None


def _owner(lookup, kind, params, halves, reference):
    """The object that has this server or disk: in the group first, then in the whole project."""
    if params.get("server_group"):
        group_id = lookup.id_of(server_group.KIND, params["server_group"])
        inside = [obj for obj in lookup.list(kind, server_group_id=group_id) if reference in halves(obj)]
        if inside:
            return inside[0]
    return next((obj for obj in lookup.list(kind) if reference in halves(obj)), None)


def _resolve(lookup, kind, params, option, reference, halves, named, is_drill, zone_of):
    matches = named(reference)
    if not matches:
        exactly_one([], [], option, reference)
    owners = {half: obj for obj in lookup.list(kind) for half in halves(obj)}
    matches = [match for match in matches if match.get("id") in owners or not is_drill(match)]
    zone = None
    if len(matches) > 1 and params.get("server_group"):
        zone = production_zone(lookup.one(server_group.KIND, params["server_group"]))
    if not matches:
        exactly_one([], [], option, reference)
    return pick(matches, owners, zone_of, zone, option, reference)


def group_name(lookup, group_id):
    """``name (ID)`` of a group, for messages."""
    group = lookup.show(server_group.KIND, group_id)
    return "%s (%s)" % ((group or {}).get("name"), group_id)
