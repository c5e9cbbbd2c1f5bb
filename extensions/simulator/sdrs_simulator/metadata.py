# SPDX-License-Identifier: GPL-3.0-or-later
"""The metadata service of an ECS that has an agency: temporary keys (vendor's ECS user guide, obtaining metadata).

On a real ECS it is at http://169.254.169.254; here it is below the simulator's own URL.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timezone
from typing import Any

from .faults import Fault
from .request import Request
from .world import World

_LONGEST_SESSION = 6 * 3600


def token(world: World, request: Request) -> dict:
    """PUT /meta-data/latest/api/token: a token for the metadata itself, as text in JSON's place; 404 where it is not asked for."""
    if not world.settings["metadata_token_required"]:
        raise Fault(404, {"message": "404 Not Found"})
    life = request.headers.get("X-Metadata-Token-Ttl-Seconds") or ""
    if not life.isdigit() or not 1 <= int(life) <= _LONGEST_SESSION:
        raise Fault(400, {"message": "400 Bad Request"})
    made = secrets.token_urlsafe(32)
    world.counters.setdefault("metadata_tokens", {})[made] = world.now() + int(life)
    request.answer_text = made
    return {}


def security_key(world: World, request: Request) -> dict:
    """GET /openstack/latest/securitykey: keys for some time; new ones when half of it has passed."""
    if world.settings["metadata_token_required"]:
        known = world.counters.get("metadata_tokens", {})
        if known.get(request.headers.get("X-Metadata-Token"), 0) <= world.now():
            raise Fault(401, {"message": "401 Unauthorized: a metadata token is needed"})
    if not world.settings["ecs_agency"]:
        raise Fault(401, {"message": "401 Unauthorized: Please configure Cloud Service Agency first"})
    known, life = world.counters.setdefault("temporary_keys", []), world.settings["temporary_key_life"]
    if not known or known[-1]["ends"] - world.now() <= life / 2:
        known.append({
            "access_key": "HST" + secrets.token_hex(9).upper()[:17], "secret_key": secrets.token_urlsafe(30), "security_token": secrets.token_urlsafe(300),
            "ends": world.now() + life,
        })
        del known[:-5]
    latest = known[-1]
    until = datetime.fromtimestamp(latest["ends"], timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
    return {"credential": {"access": latest["access_key"], "secret": latest["secret_key"], "securitytoken": latest["security_token"], "expires_at": until}}


def keys_of(world: World, access_key: Any) -> Any:
    """The temporary keys with this access key, ended ones too; None where there are none."""
    return next((keys for keys in world.counters.get("temporary_keys", []) if keys["access_key"] == access_key), None)
