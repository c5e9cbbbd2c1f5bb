# SPDX-License-Identifier: GPL-3.0-or-later
"""A world that holds what topologies say, as if it had long been there: for a repository whose changes are tried before its cloud sees them.

A file is JSON: what ``ansible-inventory --list`` prints (variables ``topology_server_group`` of hosts), or what sdrs_topology_info returns.
Servers, VPCs and disks that the topologies name are made with these names or IDs; the rest goes through the operations of the service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from . import drills, groups, instances, replications, switches
from .faults import Fault
from .jobs import settle

_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ROOT = {"device": "/dev/vda", "size": 40}
_SIZE = 100


class Asked:
    """A request that nobody sends."""

    def __init__(self, body: Any, **args: str) -> None:
        self._body, self.args = body, args
        self.query: dict[str, str] = {}

    def json(self) -> Any:
        return self._body


def documents(path: str) -> tuple[list[dict], str | None]:
    """``(protection groups, region or None)`` of a file.

    :raises ValueError: it is neither kind of file, or a group lacks what the service needs
    """
    with open(path, encoding="utf-8") as stream:
        content = json.load(stream)
    if not isinstance(content, dict):
        raise ValueError("%s is neither an inventory nor a topology" % path)
    found: list | None
    regions: set = set()
    if "_meta" in content:
        hosts = content["_meta"].get("hostvars") or {}
        found = [{"name": host, **given["topology_server_group"]} for host, given in hosts.items() if isinstance(given.get("topology_server_group"), dict)]
        regions = {(given.get("sdrs_connection") or {}).get("region") for given in hosts.values() if isinstance(given.get("sdrs_connection"), dict)}
    else:
        found = (content.get("topology") or content).get("server_groups")
        if not isinstance(found, list):
            raise ValueError("%s holds no server_groups" % path)
    for group in found or ():
        missing = [key for key in ("name", "source_availability_zone", "target_availability_zone", "source_vpc") if not group.get(key)]
        if missing:
            raise ValueError("%s: protection group %s lacks %s" % (path, group.get("name") or group.get("id"), ", ".join(missing)))
    plain = sorted(region for region in regions if isinstance(region, str) and "{{" not in region)
    return list(found or ()), plain[0] if plain else None


def content(found: list[dict], more: Iterable[dict] = ()) -> dict:
    """The ``vpcs``, ``servers``, ``volumes``, ``zones`` and ``domains`` of a scenario that holds what topologies name, by names or IDs.

    :param found: protection groups that will be there
    :param more: protection groups of which only servers, VPCs and disks are there
    """
    every = [*found, *more]
    vpcs: dict = {}
    servers: dict = {}
    volumes: dict = {}
    for group in every:
        for reference in [group["source_vpc"], *(drill["drill_vpc"] for drill in group.get("drills") or [] if drill.get("drill_vpc"))]:
            vpcs.setdefault(reference, _named(reference))
        zone, shared = group["source_availability_zone"], shared_pairs(group)
        for instance in group.get("protected_instances") or []:
            reference = instance.get("server") or instance["name"]
            servers.setdefault(reference, {**_named(reference, instance.get("name")), "vpc": vpcs[group["source_vpc"]]["name"], "zone": zone,
                                           "disks": own_disks(group, instance)})
        for pair in [*shared, *(group.get("replications") or [])]:
            volumes.setdefault(volume_of(pair), {**_named(volume_of(pair), pair.get("name")), "size": pair.get("size") or _SIZE, "zone": zone,
                                                 "shared": pair in shared})
    pairs = [(group["source_availability_zone"], group["target_availability_zone"]) for group in every]
    return {
        "zones": list(dict.fromkeys(zone for pair in pairs for zone in pair)), "vpcs": list(vpcs.values()), "servers": list(servers.values()),
        "volumes": list(volumes.values()), "domains": list({frozenset(pair): pair for pair in reversed(pairs)}.values())[::-1],
    }


def own_disks(group: dict, instance: dict) -> list[dict]:
    """The pairs of an instance that it shares with none, the system disk among them."""
    shared = [pair.get("name") for pair in shared_pairs(group)]
    own = [pair for pair in instance.get("replications") or [] if not pair.get("name") or pair["name"] not in shared]
    root = [] if any(pair.get("device") == _ROOT["device"] for pair in own) else [_ROOT]
    return root + [pair for pair in own if pair.get("device")]


def shared_pairs(group: dict) -> list[dict]:
    """The pairs that several instances of a group name, each once."""
    seen: dict = {}
    for instance in group.get("protected_instances") or []:
        for pair in instance.get("replications") or []:
            if pair.get("name"):
                seen.setdefault(pair["name"], []).append(pair)
    return [pairs[0] for pairs in seen.values() if len(pairs) > 1]


def volume_of(pair: dict) -> str:
    """What a pair's disk is called."""
    return pair.get("volume") or "volume-%s" % pair.get("name")


def _named(reference: str, name: str | None = None) -> dict:
    """``name``, and ``id`` where a reference is one."""
    return {"id": reference.lower(), "name": name or reference} if _ID.fullmatch(reference) else {"name": reference}


def protect(world: Any, found: list[dict]) -> None:
    """Make the protection groups, synchronised, with all they hold.

    :raises ValueError: the service would refuse one
    """
    speed, world.speed = world.speed, float("inf")
    quotas = world.settings["quotas"]
    quotas.update(server_groups=max(quotas["server_groups"], len(found) + 10), replications=max(quotas["replications"], 10 * len(world.volumes)))
    known = {kind: {key: obj["id"] for obj in getattr(world, kind).values() for key in (obj["id"], obj["name"])} for kind in ("vpcs", "servers", "volumes")}
    builder = _Builder(world, known)
    try:
        for group in found:
            builder.group(group)
    finally:
        world.speed = speed


class _Builder:
    """Carries out the operations that lead to a protection group."""

    def __init__(self, world: Any, known: dict[str, dict[str, str]]) -> None:
        """:param known: ``{"vpcs", "servers", "volumes"}``: IDs by what topologies call them"""
        self.world, self.known = world, known

    def ask(self, about: str, handler: Callable, body: Any, **args: str) -> dict:
        """An operation and the end of its job.

        :raises ValueError: the service refuses it
        """
        try:
            answer = handler(self.world, Asked(body, **args))
        except Fault as fault:
            raise ValueError("%s: the service would refuse it: %s" % (about, json.dumps(fault.body))) from None
        settle(self.world)
        job = self.world.jobs.pop(answer["job_id"]) if "job_id" in (answer or {}) else {}
        return job.get("entities") or {}

    def group(self, given: dict) -> None:
        """A protection group with all it holds."""
        about = "protection group %s" % given["name"]
        domain = next((domain for domain in self.world.domains.values() if given.get("active_active_domain") in (domain["id"], domain["name"])), None) or next(
            domain for domain in self.world.domains.values() if _zones(domain) == {given["source_availability_zone"], given["target_availability_zone"]})
        made = self.ask(about, groups.create, {"server_group": {
            "name": given["name"], "description": given.get("description"), "domain_id": domain["id"], "dr_type": given.get("dr_type"),
            "source_availability_zone": given["source_availability_zone"], "target_availability_zone": given["target_availability_zone"],
            "source_vpc_id": self.known["vpcs"][given["source_vpc"]],
        }})
        group_id = self._called(self.world.server_groups, made["server_group_id"], given)
        pairs: dict = {}
        for instance in given.get("protected_instances") or []:
            self._instance(group_id, given, instance, pairs)
        for pair in given.get("replications") or []:
            self._pair(about, group_id, pair)
        if given.get("protection") == "enabled":
            self.ask(about, switches.action, {"start-server-group": {}}, server_group_id=group_id)
        for drill in given.get("drills") or []:
            body = {"server_group_id": group_id, "name": drill.get("name") or "drill"}
            body.update({"drill_vpc_id": self.known["vpcs"][drill["drill_vpc"]]} if drill.get("drill_vpc") else {})
            made = self.ask(about, drills.create, {"disaster_recovery_drill": body})
            self._called(self.world.drills, made["disaster_recovery_drill_id"], drill)

    def _instance(self, group_id: str, group: dict, given: dict, pairs: dict) -> None:
        about, server = "protected instance %s" % (given.get("name") or given.get("server")), given.get("server") or given["name"]
        made = self.ask(about, instances.create, {"protected_instance": {
            "name": given.get("name") or self.world.servers[self.known["servers"][server]]["name"], "description": given.get("description"),
            "server_group_id": group_id, "server_id": self.known["servers"][server],
            "tags": [{"key": key, "value": value} for key, value in (given.get("tags") or {}).items()],
        }})
        instance_id = made["protected_instance_id"]
        devices = {pair["device"]: pair for pair in own_disks(group, given)}
        for pair in replications.pairs_of(self.world, instance_id):
            wanted = devices[pair["attachment"][0]["device"]]
            pair.update({key: wanted[key] for key in ("name", "description") if wanted.get(key)})
        for pair in shared_pairs(group):
            use = next((each for each in given.get("replications") or [] if each.get("name") == pair["name"]), None)
            if use:
                pairs[pair["name"]] = pairs.get(pair["name"]) or self._pair(about, group_id, pair)
                self.ask(about, replications.attach, {"replicationAttachment": {"replication_id": pairs[pair["name"]], "device": use.get("device")}},
                         protected_instance_id=instance_id)

    def _pair(self, about: str, group_id: str, pair: dict) -> str:
        volume = self.known["volumes"][volume_of(pair)]
        self.world.counters["estate"] = self.world.counters.get("estate", 0) + 1
        return self.ask(about, replications.create, {"replication": {
            "server_group_id": group_id, "volume_id": volume, "name": pair.get("name") or "pair-%d" % self.world.counters["estate"],
            "description": pair.get("description"),
        }})["replication_pair_id"]

    @staticmethod
    def _called(collection: dict, object_id: str, given: dict) -> str:
        """The ID of an object that has just been made, which is that of the topology where it has one."""
        if not given.get("id"):
            return object_id
        collection[given["id"]] = dict(collection.pop(object_id), id=given["id"])
        return given["id"]


def _zones(domain: dict) -> set[str]:
    return {domain[side]["availability_zone"] for side in ("local_replication_cluster", "remote_replication_cluster")}
