# SPDX-License-Identifier: GPL-3.0-or-later
"""Creation of EVS disks (vendor's EVS API reference, "Creating EVS Disks"): POST /v2/{project_id}/cloudvolumes, and its job."""

from __future__ import annotations

from typing import Any

from . import detail
from .faults import Fault
from .jobs import ends, submit
from .request import Request
from .world import World

_FIELDS = (
    "availability_zone", "backup_id", "count", "description", "enterprise_project_id", "imageRef", "metadata", "multiattach", "name", "size",
    "snapshot_id", "volume_type", "tags", "iops", "throughput",
)
_TYPES = ("SATA", "SAS", "GPSSD", "SSD", "ESSD", "GPSSD2", "ESSD2", "co-p1", "uh-l1")
_SMALLEST, _LARGEST = 10, 32768
_LONGEST_NAME, _MOST_TAGS = 255, 10


def _bad(message: Any) -> Any:
    return Fault(400, {"badRequest": {"message": "Invalid input received: %s" % message, "code": 400}})


def create(world: World, request: Request) -> Any:
    """One empty data disk; it is ``creating`` until its job has ended."""
    content = request.json()
    wanted = content.get("volume") if isinstance(content, dict) else None
    if not isinstance(wanted, dict) or not wanted:
        raise _bad("volume is required")
    unknown = sorted(set(wanted) - set(_FIELDS))
    if unknown:
        raise _bad("Additional properties are not allowed (%s)" % unknown[0])
    name, size, metadata, tags = wanted.get("name") or "", wanted.get("size"), wanted.get("metadata") or {}, wanted.get("tags") or {}
    if wanted.get("availability_zone") not in world.identity["availability_zones"]:
        raise _bad("Availability zone '%s' is invalid" % wanted.get("availability_zone"))
    if not isinstance(name, str) or len(name) > _LONGEST_NAME:
        raise _bad("name has more than %d characters" % _LONGEST_NAME)
    if wanted.get("volume_type") not in _TYPES:
        raise _bad("volume_type '%s' could not be found" % wanted.get("volume_type"))
    if not isinstance(size, int) or isinstance(size, bool) or not _SMALLEST <= size <= _LARGEST:
        raise _bad("size must be from %d to %d" % (_SMALLEST, _LARGEST))
    if not isinstance(wanted.get("multiattach", False), bool):
        raise _bad("multiattach is not a boolean")
    for what in (metadata, tags):
        if not isinstance(what, dict) or not all(isinstance(value, str) for value in what.values()):
            raise _bad("metadata and tags are objects of strings")
    if len(tags) > _MOST_TAGS:
        raise _bad("more than %d tags" % _MOST_TAGS)
    if metadata.get("__system__encrypted") == "1" and len(metadata.get("__system__cmkid", "")) != 36:
        raise _bad("__system__cmkid is required for encryption")
    disk = {
        "_born": world.now(), "id": world.new_id(), "name": name, "size": size, "status": "creating", "volume_type": wanted["volume_type"],
        "availability_zone": wanted["availability_zone"], "multiattach": wanted.get("multiattach", False), "bootable": "false",
        "encrypted": metadata.get("__system__encrypted") == "1", "attachments": [], **detail.disk(world),
        "tags": dict(tags), "metadata": dict(metadata), "description": wanted.get("description"),
    }
    world.volumes[disk["id"]] = disk
    entities = {"volume_type": disk["volume_type"], "size": size, "volume_id": disk["id"], "name": name}
    return submit(world, "createVolume", {"volume": disk["id"]}, ("volumes", disk), entities)


def _failed(world: World, job: dict) -> None:
    world.volumes[job["_arguments"]["volume"]]["status"] = "error"


@ends("createVolume", failed=_failed)
def _created(world: World, job: dict) -> None:
    world.volumes[job["_arguments"]["volume"]]["status"] = "available"
