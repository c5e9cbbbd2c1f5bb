# SPDX-License-Identifier: GPL-3.0-or-later
"""The live state as a document for ``sdrs_topology``: applying it changes nothing. PRIVATE to the collection.

Objects are named by ID, which stays right whatever else comes to bear their names. Left out is what only the service
sets, what the document's own rules do not allow (a name of strange characters, say), and what a failed job left behind,
since applying that would mend it. Sorted, so that the same state gives the same text.
"""

from __future__ import annotations

from .. import _validate
from .._lookup import exactly_one
from .._plan import tags_to_mapping
from .._validate import is_id
from . import drill, protected_instance, replication, server_group
from ._attachments import plain_attachments
from ._owner import volume_halves
from .replication import size_of

# Applying these would create, attach or detach anew, or be refused.
_BROKEN = ("error", "error-deleting", "error-attaching", "error-detaching")


def read(lookup, params, dummy_waiting):
    """``{"topology": {"server_groups": [...]}}`` of the named groups, or of all."""
    groups = [group for group in lookup.list(server_group.KIND) if server_group.KIND.assumed(group)]
    wanted = params["server_groups"]
    if wanted is not None:
        groups = list({group["id"]: group for group in (_group(groups, reference) for reference in wanted)}.values())
    names = [group.get("name") for group in groups]
    contents = {kind: _by_group(lookup, kind) if groups else {} for kind in (protected_instance.KIND, replication.KIND, drill.KIND)}
    exported = [
        _export(group, names.count(group.get("name")) > 1, *(objects.get(group["id"], []) for objects in contents.values()))
        for group in sorted(groups, key=lambda group: (str(group.get("name")), group["id"])) if group.get("status") not in _BROKEN
    ]
    return {"topology": {"server_groups": exported}}


def _group(groups, reference):
    found = [group for group in groups if reference == (group["id"] if is_id(reference) else group.get("name"))]
    return exactly_one(found, groups, server_group.KIND.title, reference)


def _by_group(lookup, kind):
    found = {}
    for obj in lookup.list(kind):
        if kind.assumed(obj) and obj.get("status") not in _BROKEN:
            found.setdefault(obj.get("server_group_id"), []).append(obj)
    return found


def _export(group, ambiguous, instances, pairs, drills):
    protection = server_group.protection_of(group)
    taken = [pair.get("name") for pair in pairs]
    return _filled(
        name=_allowed("name", group.get("name")),
        id=group["id"] if ambiguous or not _allowed("name", group.get("name")) else None,
        description=_allowed("description", group.get("description")),
        source_availability_zone=group.get("source_availability_zone"),
        target_availability_zone=group.get("target_availability_zone"),
        active_active_domain=group.get("domain_name") or group.get("domain_id"),
        source_vpc=group.get("source_vpc_id"),
        dr_type=group.get("dr_type"),
        protection=protection if protection in ("enabled", "disabled") else None,
    ) | {
        "protected_instances": [_instance(instance, instances, pairs, taken) for instance in _sorted(instances)],
        "replications": [
            _pair(pair, taken, volume=_volume(pair)) for pair in _sorted(pairs) if not plain_attachments(pair) and _volume(pair)
        ],
        "drills": [_drill(each, drills) for each in _sorted(drills)],
    }


def _instance(instance, instances, pairs, taken):
    name = _unique(instance, [each.get("name") for each in instances])
    attached = sorted((device, pair["id"], pair) for pair in pairs for user, device in plain_attachments(pair).items() if user == instance["id"])
    return _filled(
        name=name,
        server=instance.get("source_server") or instance.get("target_server"),
        description=_allowed("description", instance.get("description")),
        tags=_tags(instance),
    ) | {"replications": [_pair(pair, taken, device=device) for device, _id, pair in attached if _validate.device(device) is None]}


def _tags(instance):
    tags = {key: value or "" for key, value in sorted(tags_to_mapping(instance.get("tags")).items())}
    return tags if tags and _validate.tags(tags) is None else None


def _pair(pair, taken, **place):
    return _filled(**place, name=_unique(pair, taken), description=_allowed("description", pair.get("description")), size=size_of(pair) or None)


def _volume(pair):
    """One of the pair's disks; either means the pair."""
    return min(volume_halves(pair), default=None)


def _drill(each, drills):
    name = _unique(each, [other.get("name") for other in drills])
    return _filled(name=name, id=None if name else each["id"], drill_vpc=each.get("drill_vpc_id"))


def _unique(obj, names):
    """The object's name, unless others bear it too: then it is known by something else."""
    return _allowed("name", obj.get("name")) if names.count(obj.get("name")) == 1 else None


def _allowed(option, value):
    return value if value and _validate.RULES[option](value) is None else None


def _filled(**options):
    return {key: value for key, value in options.items() if value is not None}


def _sorted(objects):
    return sorted(objects, key=lambda obj: (str(obj.get("name")), obj["id"]))
