# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that exists, the clock, and how it is kept in a file."""

from __future__ import annotations

import heapq
import json
import os
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

COLLECTIONS = (
    "server_groups", "protected_instances", "replications", "drills", "jobs", "failed_tasks", "domains", "servers", "volumes",
    "vpcs", "subnets", "peerings", "network_acls", "as_groups", "tokens", "security_groups", "publicips",
)
DEFAULT_SETTINGS = {
    # Unknown of the real service, so switchable (service.md, section 8).
    "swap_ids_on_switch": False,  # true, or "servers" or "volumes" alone
    "pairs_outlive_instance": False,
    "batch_offered": True,
    "not_offered_status": 404,  # how a cloud answers what it does not offer: 404 with the gateway's code, 405 or 501
    "group_progress": "computed",  # a protection group's progress: from its pairs, or always this value (0, null)
    "missing_as_not_allowed": False,  # a deletion of what is gone is answered with 1301 or 1913
    "list_lag_seconds": 0,  # lists do not show what was created less than so many seconds ago, whatever --speed says
    "not_offered": [],  # services that are in no catalogue and whose operations are not published: sdrs, ecs, evs, vpc, as
    "denied": [],  # services, iam too, for which the user has no permission
    "requests_per_second": None,  # more in one second are answered with 429
    "clock_offset_seconds": 0,  # by so much the service's clock is ahead of this machine's
    "quotas": {"server_groups": 50, "replications": 5000, "vpcs": 20, "subnets": 100},
    "token_life": 24 * 3600,
    "mfa_required": False,  # a login with a password alone is refused
    "ecs_agency": True,  # the ECS of the metadata service has an agency, whose keys live so many seconds
    "temporary_key_life": 24 * 3600,
    "metadata_token_required": False,  # the metadata service wants a token of its own first
    "nics_per_instance": 12,
    # A subnet is associated with its VPC, or gone, so many seconds after it was asked for; ports outlive their server.
    "subnet_seconds": 2, "port_seconds": 6, "subnet_status_at_first": "UNKNOWN",
    "subnet_in_use_status": 409,  # or 500, as the documentation has it
    "route_tables_show_routes": True,
    "vpc_lists_refused": {},  # route_tables, peerings or network_acls: the status of the answer where they are not offered
    "first_sync_seconds": 60,
    "resync_seconds": 1,
    # Seconds at --speed 1; from service.md, section 6 and the examples of the reference.
    "durations": {
        "createProtectionGroupNoCG": 15, "deleteProtectionGroupNoCG": 8, "startProtectionGroupNoCG": 14,
        "reprotectProtectionGroupNoCG": 25, "stopProtectionGroupNoCG": 8, "failoverProtectionGroupNoCG": 45,
        "reverseProtectionGroupNoCG": 60, "createProtectedInstanceNoCG": 120, "deleteProtectedInstanceNoCG": 40,
        "batchCreateProtectedInstance": 150, "batchDeleteProtectedInstance": 60,
        "attachReplicationPairNew": 20, "detachReplicationPairNew": 15, "addNicNew": 12, "deleteNicNew": 10,
        "resizeProtectedInstanceNew": 45, "createReplicationPairNoCG": 50, "deleteReplicationPairNoCG": 15,
        "expandReplicationPairNew": 30, "createDisasterRecoveryDrill": 240, "deleteDisasterRecoveryDrill": 60,
        "startServer": 12, "stopServer": 15, "deleteServer": 20, "createVolume": 8,
    },
    "seconds_per_disk": 30,
    # How answers look, see altered.py.
    "null_fields": False,  # optional fields are null, and what is empty inside objects; "missing": left out
    "extra_fields": False,  # every object has fields that are not documented
    "lists_without_count": False,  # lists do not tell how long they are
    "jobs_without_entities": False,  # jobs do not name what they are about: {} (true) or null ("null")
    "accepted_status": None,  # requests that start a job are answered with this status (202) in place of 200
}


class World:
    """The state of one simulated region. Everything but ``lock`` and the clock is JSON.

    Private fields of objects start with ``_`` and are never shown. Times are seconds since the epoch.
    """

    # COLLECTIONS, which are made by name: objects by ID.
    server_groups: dict
    protected_instances: dict
    replications: dict
    drills: dict
    jobs: dict
    failed_tasks: dict
    domains: dict
    servers: dict
    volumes: dict
    vpcs: dict
    subnets: dict
    peerings: dict
    network_acls: dict
    as_groups: dict
    tokens: dict
    security_groups: dict
    publicips: dict

    def __init__(self, speed: Any = 1.0, settings: Any = None) -> None:
        self.speed = speed
        self.settings = merged(DEFAULT_SETTINGS, settings or {})
        self.identity: dict = {}
        self.faults: list[dict] = []  # see jobs.py
        self.counters: dict = {}
        for name in COLLECTIONS:
            setattr(self, name, {})
        self.lock = threading.RLock()
        self.changed = False
        self._due: list[tuple] = []

    def now(self) -> Any:
        return time.time()

    def seconds(self, real: Any) -> Any:
        """Real seconds to wait for what takes ``real`` seconds of the service."""
        return real / self.speed

    def new_id(self) -> str:
        return str(uuid.uuid4())

    def new_job_id(self) -> str:
        """32 hex digits; digits 17 to 28 are the submission time in milliseconds (service.md, section 6)."""
        count = self.counters["jobs"] = self.counters.get("jobs", 0) + 1
        return "%s%012x%04x" % ("ff8080826b45d4a5", int(self.now() * 1000), count % 65536)

    def schedule(self, when: Any, job_id: Any) -> None:
        heapq.heappush(self._due, (when, job_id))

    def due(self) -> Iterator:
        """IDs of the jobs that have ended by now, in the order of their ends."""
        while self._due and self._due[0][0] <= self.now():
            yield heapq.heappop(self._due)[1]

    def dump(self) -> Any:
        """Everything as JSON text."""
        with self.lock:
            content = {name: getattr(self, name) for name in COLLECTIONS}
            content.update(settings=self.settings, identity=self.identity, faults=self.faults, counters=self.counters)
            return json.dumps(content)

    def restore(self, text: str) -> None:
        """Be what ``dump`` gave."""
        with self.lock:
            for name, value in json.loads(text).items():
                # A file of an older release lacks the newer settings, and what the identity had not yet.
                base = {"settings": DEFAULT_SETTINGS, "identity": self.identity}.get(name)
                setattr(self, name, value if base is None else merged(base, value))
            self._due = []
            for job in self.jobs.values():
                if job["status"] == "RUNNING":
                    self.schedule(job["_end"], job["job_id"])

    def save(self, path: str) -> None:
        """Write everything to ``path``, atomically and readable by the owner alone."""
        self.changed = False
        text = self.dump()
        handle, name = tempfile.mkstemp(dir=os.path.dirname(os.path.abspath(path)))
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(name, path)

    def load(self, path: str) -> None:
        with open(path, encoding="utf-8") as stream:
            self.restore(stream.read())


def merged(base: Any, extra: Any) -> dict:
    """``base`` with ``extra`` laid over it, mappings within mappings too."""
    result = dict(base)
    for key, value in extra.items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def shown(obj: dict) -> dict:
    """The object as the API gives it."""
    return {key: value for key, value in obj.items() if not key.startswith("_")}


def stamp(when: Any) -> Any:
    """``yyyy-MM-dd HH:mm:ss.SSS`` (5.4.2)."""
    return datetime.fromtimestamp(when, timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def stamp_t(when: Any) -> Any:
    """``yyyy-MM-ddTHH:mm:ss.SSSSSS`` (5.6.3)."""
    return datetime.fromtimestamp(when, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")


def stamp_z(when: Any) -> Any:
    """``yyyy-MM-ddTHH:mm:ss.SSSZ`` (5.1.1)."""
    return datetime.fromtimestamp(when, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
