# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Protection groups or protected instances as hosts: what is read, and which variables and groups follow. PRIVATE to the collection."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..module_utils._cloud.errors import SdrsError
from ..module_utils._cloud.odd import sound
from ..module_utils._cloud.validate import ip_address as ip_problem
from ..module_utils._cloud.validate import is_id
from ..module_utils._cloud.validate import name as name_problem
from ..module_utils._neighbours.server_checks import addresses
from ..module_utils._sdrs import drill, protected_instance, server_group
from ..module_utils._sdrs.sites import production_zone, server_halves, server_zone
from ..module_utils._sdrs.tags import tags_to_mapping

_GROUP = ("id", "name", "description", "status", "progress", "priority_station", "source_availability_zone", "target_availability_zone",
          "source_vpc_id", "domain_id", "protected_instance_num", "replication_num")

# No option (-x), no part of a path (..), no file of another host's variables (erp.yml).
_HOST = re.compile(r"\w(?:[\w.-]*[\w-])?(?<!\.yml)(?<!\.yaml)(?<!\.json)")
# Names that mean something to Ansible itself.
RESERVED = frozenset(("all", "ungrouped", "localhost", "127.0.0.1"))
_OWN_GROUPS = ("sdrs_status_", "sdrs_site_", "sdrs_group_", "sdrs_tag_")
_LONGEST_GROUP = 128


def fetch(lookup: Any, hosts: Any, warn: Any) -> dict:
    """What hosts are made of, fit for a cache: one list each of groups, and for instances of instances, drills and servers.

    :param hosts: server_groups or protected_instances
    """
    found: dict = {"server_groups": sound(lookup.list(server_group.KIND))}
    if hosts == "server_groups":
        return found
    counted = [group.get("protected_instance_num") for group in found["server_groups"]]
    expected = sum(counted) if all(isinstance(count, int) for count in counted) else None
    found["protected_instances"] = sound(lookup.api.list(protected_instance.KIND.list_call, expected=expected))
    drilled = any(group.get("disaster_recovery_drill_num") != 0 for group in found["server_groups"])
    found["drills"] = sound(lookup.list(drill.KIND)) if drilled else []
    try:
        found["servers"] = {server["id"]: _server(server) for server in sound(lookup.all_servers().values())}
    except SdrsError as error:
        # In a disaster the inventory is needed most.
        warn("hosts have no addresses, because ECS does not tell: %s" % error)
        found["servers"] = {}
    return found


def _server(server: dict) -> dict:
    return {
        "id": server.get("id"), "name": server.get("name"), "status": server.get("status"), "availability_zone": server_zone(server),
        "flavor": (server.get("flavor") or {}).get("id"), "addresses": addresses(server),
    }


def hosts(found: dict, kind: Any, wanted: Any = None, taken: Iterable = ()) -> list:
    """``[(name, variables, groups)]``, sorted by name; names that several objects bear get their ID appended, those that are none give way to it.

    :param wanted: names or IDs of the protection groups to show, or None for all
    :param taken: names that mean groups in the inventory
    """
    groups = {group["id"]: group for group in found["server_groups"] if not wanted or group["id"] in wanted or group.get("name") in wanted}
    if kind == "server_groups":
        entries = [(group, _group_variables(group), _group_groups(group)) for group in groups.values()]
    else:
        drilled = _drill_servers(found)
        entries = [
            (instance, _instance_variables(instance, groups[instance["server_group_id"]], found["servers"], drilled),
             _instance_groups(instance, groups[instance["server_group_id"]]))
            for instance in found["protected_instances"] if instance.get("server_group_id") in groups
        ]
    # An ID that is none could be anything.
    entries = [entry for entry in entries if is_id(entry[0]["id"])]
    names = [_host_name(entry[0], taken) for entry in entries]
    names = ["%s_%s" % (name, entry[0]["id"]) if count > 1 else name for name, entry, count in _counted(names, entries)]
    named = [(entry[0]["id"] if count > 1 else name, entry[1], entry[2]) for name, entry, count in _counted(names, entries)]
    if kind == "server_groups":
        for host, variables, _groups in named:
            if host != variables["sdrs_name"]:
                # Playbooks take a host's name for the group's.
                variables.update(dict.fromkeys(("drill_server_group", "failover_server_group"), variables["sdrs_id"]))
    return sorted(named, key=lambda entry: entry[0])


def _counted(names: list, entries: list) -> list:
    count = Counter(names)
    return [(name, entry, count[name]) for name, entry in zip(names, entries)]


def _host_name(obj: dict, taken: Any) -> Any:
    """The name if it is one by the service's rules (a template, say, is none) and means nothing else to Ansible, else the ID."""
    name = obj.get("name")
    if not name or name_problem(name) or not _HOST.fullmatch(name) or name.startswith(_OWN_GROUPS):
        return obj["id"]
    # Another object's ID as a name would mean that object.
    return obj["id"] if name in RESERVED or name in taken or is_id(name) else name


def group_name(text: str, hosts: Any) -> str:
    """``text`` as the name of a group: an identifier, and no name that a host has or that means something to Ansible itself.

    A group and a host of one name are the same to much of Ansible.
    """
    name = re.sub(r"^[\d\W]|\W", "_", str(text)) or "_"
    if len(name) > _LONGEST_GROUP:
        name = "%s_%s" % (name[:_LONGEST_GROUP], hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:8])
    return name + "_" if name in RESERVED or name in hosts else name


def _group_variables(group: dict) -> dict:
    return {"sdrs_kind": "server_group", **{"sdrs_" + key: group.get(key) for key in _GROUP}, "sdrs_production_zone": production_zone(group)}


def _group_groups(group: dict) -> list:
    return ["sdrs_status_%s" % group.get("status"), "sdrs_site_%s" % group.get("priority_station")]


def _instance_variables(instance: dict, group: dict, servers: dict, drilled: Any) -> dict:
    zone = production_zone(group)
    halves = server_halves(instance)
    known = [servers.get(half) for half in halves]
    zones = [(server or {}).get("availability_zone") for server in known]
    production = dr = None
    if zone and any(zones):
        # One readable server is enough to tell (semantics.md, section 1).
        second = zones[1] == zone if len(zones) > 1 and zones[1] else zones[0] != zone
        pair = [server or {"id": half} for server, half in zip(known, halves)] + [None]
        production, dr = (pair[1], pair[0]) if second else (pair[0], pair[1])
    variables = {
        "sdrs_kind": "protected_instance", "sdrs_id": instance["id"], "sdrs_name": instance.get("name"), "sdrs_status": instance.get("status"),
        "sdrs_description": instance.get("description"), "sdrs_tags": tags_to_mapping(instance.get("tags")),
        "sdrs_server_group": {key: group.get(key) for key in _GROUP}, "sdrs_site": group.get("priority_station"), "sdrs_production_zone": zone,
        "sdrs_production_server": production, "sdrs_dr_server": dr,
        "sdrs_drill_servers": [dict(servers.get(entry["id"]) or {}, **entry) for entry in drilled.get(instance["id"], [])],
    }
    # Anything but an address could be an option to ssh.
    addressed = [address for address in (production or {}).get("addresses") or [] if "%" not in address and ip_problem(address) is None]
    if addressed:
        variables["ansible_host"] = addressed[0]
    return variables


def _instance_groups(instance: dict, group: dict) -> list:
    tags = tags_to_mapping(instance.get("tags"))
    return [
        "sdrs_group_%s" % group.get("name"), "sdrs_status_%s" % instance.get("status"), "sdrs_site_%s" % group.get("priority_station"),
        *("sdrs_tag_%s_%s" % (key, value) if value else "sdrs_tag_%s" % key for key, value in tags.items()),
    ]


def _drill_servers(found: dict) -> dict:
    drilled: dict = {}
    for each in found["drills"]:
        for entry in each.get("drill_servers") or []:
            drilled.setdefault(entry.get("protected_instance"), []).append({"id": entry.get("drill_server_id"), "drill": each.get("name")})
    return drilled
