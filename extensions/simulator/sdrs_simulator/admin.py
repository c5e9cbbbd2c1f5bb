# SPDX-License-Identifier: GPL-3.0-or-later
"""What the simulator's user may ask it beside the service's API: the log of requests, planned faults, a change of state.

Everything is below ``/__simulator__``; the simulator listens on loopback only, so nothing is asked for credentials.
"""

from __future__ import annotations

from typing import Any

from .faults import neighbour
from .removals import lose_server, lose_volume
from .request import Request
from .world import COLLECTIONS, World, merged


def requests(world: World, request: Request) -> dict:
    """GET: the requests so far as ``[{method, path, status}]``."""
    return {"requests": list(request.server.log)}


def forget_requests(world: World, request: Request) -> None:
    """DELETE: start the log anew; 204."""
    request.server.log.clear()


def add_fault(world: World, request: Request) -> None:
    """POST ``{job_type, error_code, fail_reason, resource_name?, sub_job?, hang?, count?}``: jobs of that type will fail; or a fault of
    requests, as described in ``wire``; 204.
    """
    world.faults.append(request.json())


def forget_faults(world: World, request: Request) -> None:
    """DELETE; 204."""
    world.faults.clear()


def settings(world: World, request: Request) -> Any:
    """PUT: settings to change, such as ``{"swap_ids_on_switch": true}``."""
    world.settings = merged(world.settings, request.json())
    return world.settings


def keep(world: World, request: Request) -> None:
    """POST: remember the world as it is now, so that ``restore`` can bring it back; 204."""
    request.server.kept = world.dump()


def restore(world: World, request: Request) -> None:
    """POST: the world as it was kept last; 204."""
    if request.server.kept is None:
        raise neighbour(404, "404", "nothing was kept")
    world.restore(request.server.kept)


def patch(world: World, request: Request) -> None:
    """PATCH an object with JSON, to rehearse states that are hard to reach, such as ``{"status": "fault"}``; 204."""
    collection = request.args["collection"]
    if collection not in COLLECTIONS or request.args["object_id"] not in getattr(world, collection):
        raise neighbour(404, "404", "no such object")
    getattr(world, collection)[request.args["object_id"]].update(request.json())


def lose(world: World, request: Request) -> None:
    """DELETE a server, with ``?disks=true`` its data disks too, or a volume, as a disaster or a careless hand does; 204."""
    collection, object_id = request.args["collection"], request.args["object_id"]
    if collection not in ("servers", "volumes") or object_id not in getattr(world, collection):
        raise neighbour(404, "404", "no such server or volume")
    if collection == "servers":
        lose_server(world, object_id, request.query.get("disks") == "true")
    else:
        lose_volume(world, object_id)
