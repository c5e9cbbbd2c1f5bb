# SPDX-License-Identifier: GPL-3.0-or-later
"""The world to begin with: the default one, or one described in a JSON file.

A scenario file may hold ``identity`` and ``settings`` (laid over the defaults), ``servers``
(``[{name, vpc, zone, flavor, disks: [{name, size, shared}], status, os_type, image_name, key_name}]``), ``volumes`` (free disks), ``vpcs``
(``[{name, cidr, subnets: [{name, cidr, gateway_ip?, dnsList?, dhcp_enable?, extra_dhcp_opts?}]}]``), ``as_groups`` (``[{name, vpc, count}]``),
``security_groups`` (names), ``publicips`` (addresses), ``faults`` (see admin.py) and ``server_count`` for many servers alike.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from . import detail, estate, nics
from .disks import plug
from .neighbours import new_as_group
from .publicips import new_eip
from .vpcs import add_subnet
from .world import DEFAULT_SETTINGS, World, merged

ZONES = ["eu-sim-01", "eu-sim-02"]
FLAVORS = ["s3.medium.2", "s3.large.2", "s3.xlarge.2", "c3.large.2"]


def _secret(name: str, length: Any) -> Any:
    # The same at every start, so that a configuration stays valid, yet nothing like a word (short ones would be masked in results).
    return hashlib.sha256(("sdrs-simulator " + name).encode()).hexdigest()[:length]


IDENTITY = {
    "region": "eu-sim",
    "project_id": _secret("project", 32),
    "project_name": "eu-sim",
    "domain_name": "simulated-account-%s" % _secret("domain", 6),
    "domain_id": _secret("domain id", 32),
    "username": "simulated-user-%s" % _secret("user", 6),
    "password": "Pw-%s" % _secret("password", 29),
    "totp_secret": base64.b32encode(hashlib.sha256(b"sdrs-simulator totp").digest()[:20]).decode(),
    # What another account lets the user's account do, with assume_role.
    "agency": {"agency_name": "sdrs-operators", "domain_name": "simulated-customer-%s" % _secret("customer", 6), "domain_id": _secret("customer id", 32)},
    "roles": ["te_admin"],
    "access_key": _secret("access key", 24).upper(),
    "secret_key": _secret("secret key", 48),
    "availability_zones": ZONES,
    "flavors": FLAVORS,
}
DEFAULT = {
    "vpcs": [
        {
            "name": "vpc-erp", "cidr": "192.168.0.0/16",
            "subnets": [
                {"name": "subnet-app", "cidr": "192.168.0.0/20", "dnsList": ["100.125.4.25", "8.8.8.8"]},
                {"name": "subnet-db", "cidr": "192.168.16.0/20", "dnsList": ["100.125.4.25"]},
            ],
        },
        {
            "name": "vpc-drill", "cidr": "192.168.0.0/16",
            "subnets": [{"name": "drill-app", "cidr": "192.168.0.0/20"}, {"name": "drill-db", "cidr": "192.168.16.0/20"}],
        },
        {"name": "vpc-other", "cidr": "10.0.0.0/16", "subnets": [{"name": "subnet-other", "cidr": "10.0.0.0/20"}]},
    ],
    "servers": [
        {"name": "ecs-erp-web-1", "disks": [{"size": 40}]},
        {"name": "ecs-erp-web-2", "disks": [{"size": 40}]},
        {"name": "ecs-erp-app-1", "disks": [{"size": 40}, {"size": 100}]},
        {"name": "ecs-erp-db-1", "disks": [{"size": 40}, {"name": "data-1", "size": 100}]},
        {"name": "ecs-erp-cluster-1", "disks": [{"size": 40}, {"name": "quorum", "size": 10, "shared": True}]},
        {"name": "ecs-erp-cluster-2", "disks": [{"size": 40}, {"name": "quorum", "size": 10, "shared": True}]},
        {"name": "ecs-other-vpc", "vpc": "vpc-other", "disks": [{"size": 40}]},
    ],
    "volumes": [{"name": "archive-1", "size": 50}, {"name": "archive-2", "size": 50}],
    "as_groups": [{"name": "as-erp-web", "vpc": "vpc-erp", "count": 2}],
    "security_groups": ["sg-web", "sg-db"],
    "publicips": ["80.158.0.10", "80.158.0.11"],
}


def build(speed: Any, path: str | None = None, settings: Any = None, topologies: str | None = None, unprotected: str | None = None) -> Any:
    """A World from the scenario file at ``path``, or the default one.

    :param settings: laid over those of the scenario
    :param topologies: file of what there is in place of the default world, see ``estate``
    :param unprotected: file of topologies whose servers, VPCs and disks are there, too
    """
    named = [estate.documents(each) if each else ([], None) for each in (topologies, unprotected)]
    content: dict = _of_estate(*named) if topologies else dict(DEFAULT)
    if path:
        with open(path, encoding="utf-8") as stream:
            content.update(json.load(stream))
    world = World(speed, known_settings(merged(content.get("settings") or {}, settings or {})))
    given = content.get("identity", {})
    # Every region has a project of its name.
    world.identity = {**IDENTITY, **({"project_name": given["region"]} if "region" in given else {}), **given}
    world.faults = [dict(fault) for fault in content.get("faults", [])]
    zones = world.identity["availability_zones"]
    for pair in content.get("domains") or [zones[:2]]:
        _domain(world, *pair)
    vpcs = {entry["name"]: _vpc(world, entry) for entry in content["vpcs"]}
    disks: dict = {}
    first = next(iter(vpcs))
    many = [{"name": "ecs-%05d" % number, "disks": [{"size": 40}, {"size": 100}]} for number in range(1, content.get("server_count", 0) + 1)]
    for entry in content["servers"] + many:
        _server(world, entry, vpcs[entry.get("vpc", first)], zones, disks)
    for entry in content["volumes"]:
        _disk(world, entry["name"], entry, entry.get("zone", zones[0]), bool(entry.get("bootable")))
    for name in content.get("security_groups", []):
        group_id = _secret("sg " + name, 32)
        world.security_groups[group_id] = {"id": group_id, "name": name}
    for address in content.get("publicips", []):
        new_eip(world, address)
    for entry in content["as_groups"]:
        new_as_group(world, entry["name"], vpcs[entry.get("vpc", first)]["id"], zones, entry.get("count", 1))
    if topologies:
        estate.protect(world, named[0][0])
    return world


def _of_estate(there: tuple, planned: tuple) -> dict:
    """The scenario that holds what topologies name; of those that are ``planned`` nothing is protected."""
    found = estate.content(there[0], planned[0])
    region = there[1] or planned[1]
    identity = {"availability_zones": found["zones"], **({"region": region} if region else {})}
    vpcs = [{**vpc, "cidr": "192.168.0.0/16", "subnets": [{"name": "subnet-1", "cidr": "192.168.0.0/20"}]} for vpc in found["vpcs"]]
    return {"identity": identity, "domains": found["domains"], "vpcs": vpcs, "servers": found["servers"], "volumes": found["volumes"], "as_groups": []}


def _domain(world: World, local: str, remote: str, name: str = "ActiveactiveDomain") -> None:
    domain_id = world.new_id()
    world.domains[domain_id] = {
        "id": domain_id, "name": name, "description": "", "sold_out": False,
        "local_replication_cluster": {"availability_zone": local}, "remote_replication_cluster": {"availability_zone": remote},
    }


def known_settings(settings: Any) -> Any:
    """The settings themselves.

    :raises ValueError: a setting that there is not
    """
    unknown = sorted(set(settings) - set(DEFAULT_SETTINGS))
    if unknown:
        raise ValueError("no such setting: %s; there are: %s" % (", ".join(unknown), ", ".join(sorted(DEFAULT_SETTINGS))))
    return settings


def _vpc(world: World, entry: dict) -> dict:
    vpc = {
        "id": entry.get("id") or world.new_id(), "name": entry["name"], "cidr": entry["cidr"], "status": "OK", "description": "", "routes": [],
        "enable_shared_snat": False,
    }
    world.vpcs[vpc["id"]] = vpc
    for subnet in entry.get("subnets", []):
        add_subnet(world, vpc["id"], subnet["name"], subnet["cidr"], subnet.get("gateway_ip"), subnet)
    return vpc


def _disk(world: World, name: str, entry: dict, zone: str | None, bootable: Any) -> dict:
    disk = {
        "id": entry.get("id") or world.new_id(), "name": name, "size": entry["size"], "status": "available", "volume_type": entry.get("type", "SSD"),
        "availability_zone": zone, "multiattach": bool(entry.get("shared")), "bootable": "true" if bootable else "false",
        "encrypted": bool(entry.get("encrypted")), "attachments": [], "tags": dict(entry.get("tags") or {}), **detail.disk(world),
    }
    world.volumes[disk["id"]] = disk
    return disk


def _default_security_group(world: World) -> Any:
    return world.security_groups.setdefault(_secret("sg", 32), {"id": _secret("sg", 32), "name": "default"})


def _server(world: World, entry: dict, vpc: dict, zones: Any, shared_disks: Any) -> dict:
    zone = entry.get("zone", zones[0])
    subnet = next(subnet for subnet in world.subnets.values() if subnet["vpc_id"] == vpc["id"])
    server = {
        "id": entry.get("id") or world.new_id(), "name": entry["name"], "status": entry.get("status", "ACTIVE"), "OS-EXT-STS:vm_state": "active",
        "OS-EXT-STS:task_state": None, "OS-EXT-AZ:availability_zone": zone,
        "flavor": detail.flavor(entry.get("flavor", world.identity["flavors"][1])),
        "metadata": {"vpc_id": vpc["id"], "os_type": entry.get("os_type", "Linux"), "image_name": entry.get("image_name", "Public_Cloudinit_Linux_64bit")},
        "addresses": {vpc["id"]: [nics.interface(world, subnet)]}, "security_groups": [dict(_default_security_group(world))],
        "os-extended-volumes:volumes_attached": [], "tags": [], "key_name": entry.get("key_name"), "enterprise_project_id": "0",
        **detail.server(world, entry["name"]), "os:scheduler_hints": {}, "_auto_recovery": "true",
    }
    world.servers[server["id"]] = server
    for index, wanted in enumerate(entry["disks"]):
        name = wanted.get("name") or "%s-%s" % (entry["name"], "root" if not index else "data-%d" % index)
        disk = shared_disks.get(name) if wanted.get("shared") else None
        disk = disk or _disk(world, name, wanted, zone, not index)
        if wanted.get("shared"):
            shared_disks[name] = disk
        plug(server, disk, wanted.get("device") or "/dev/vd%s" % "abcdefghijklmnop"[index])
    return server


def start_line(world: World, url: str) -> dict:
    """What the simulator prints when it is ready (guide "Rehearsing on the simulator")."""
    known = world.identity
    keys = ("region", "project_id", "project_name", "domain_name", "username", "password", "access_key", "secret_key")
    return {
        "url": url,
        **{key: known[key] for key in keys},
        "active_domain_id": next(iter(world.domains)),
        "availability_zones": known["availability_zones"],
        "flavors": known["flavors"],
        "vpcs": [
            {"id": vpc["id"], "name": vpc["name"], "subnets": [
                {"id": subnet["id"], "name": subnet["name"]} for subnet in world.subnets.values() if subnet["vpc_id"] == vpc["id"]
            ]}
            for vpc in world.vpcs.values()
        ],
        "servers": [
            {"id": server["id"], "name": server["name"], "vpc_id": server["metadata"]["vpc_id"], "flavor": server["flavor"]["id"],
             "volumes": [entry["id"] for entry in server["os-extended-volumes:volumes_attached"]]}
            for server in world.servers.values()
        ],
        "volumes": [
            {"id": disk["id"], "name": disk["name"], "shared": disk["multiattach"],
             "attached_to": [entry["server_id"] for entry in disk["attachments"]]}
            for disk in world.volumes.values()
        ],
    }
