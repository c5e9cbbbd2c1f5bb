# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the fields of a response that the code reads have the right types. PRIVATE to the collection.

Imports nothing of Ansible. Unused fields are not checked; used fields are checked at the point of use: an object with an unusable field becomes ``Odd``,
in which reading that field is an error that names it. Null and missing fields are allowed, but for the ID.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import UnknownFate, one_line
from .odd import Odd

_DEEPEST = 60
Wrong = Any  # ``(path below the field, problem)``, or None
Check = Callable[[Any], Wrong]


# Checks of a field; each returns (path below the field, problem), or None. --------------------------------------


def _is(types: tuple[type, ...], phrase: str) -> Check:
    def check(value: Any) -> Wrong:
        wrong = not isinstance(value, types) or (isinstance(value, bool) and bool not in types)
        return ("", "is not " + phrase) if wrong else None

    return check


text = _is((str,), "a string")
number = _is((int, float), "a number")
flag = _is((bool, str, int), "true or false")
scalar = _is((str, int, float, bool), "a string or a number")
mapping = _is((dict,), "an object")
array = _is((list,), "a list")


def _named(value: Any) -> Wrong:
    return None if isinstance(value, str) and value else ("", "is missing" if value is None else "is not an ID")


def amount(value: Any) -> Wrong:
    """A number, or one as text."""
    return None if not number(value) or (isinstance(value, str) and value.lstrip("-").isdecimal()) else ("", "is not a number")


def record(fields: dict[str, Check]) -> Check:
    """An object whose fields pass their checks."""
    def check(value: Any) -> Wrong:
        return mapping(value) or next((("." + key + path, why) for key, (path, why) in _unusable(value, fields).items()), None)

    return check


def every(check: Check, container: Check = array) -> Check:
    """A list each entry of which passes ``check``, or, with ``mapping``, an object each value of which does."""
    def each(value: Any) -> Wrong:
        if container(value):
            return container(value)
        found = ((key, check(entry)) for key, entry in (value.items() if isinstance(value, dict) else enumerate(value)))
        return next((("[%s]%s" % (str(key)[:80], wrong[0]), wrong[1]) for key, wrong in found if wrong), None)

    return each


def strings(*names: str) -> dict[str, Check]:
    """``{name: text}``."""
    return dict.fromkeys(names, text)


def _unusable(value: dict, fields: dict[str, Check]) -> dict[str, tuple[str, str]]:
    """``{key: (path below it, problem)}``; null is allowed everywhere."""
    found = {}
    for key, check in fields.items():
        entry = value.get(key)
        wrong = check(entry) if entry is not None else None
        if wrong:
            found[key] = wrong
    return found


# The fields that are read from each object. ----------------------------------------------------------------------------------------

_GROUP = {
    **strings("name", "status", "description", "priority_station", "source_availability_zone", "target_availability_zone", "source_vpc_id",
              "target_vpc_id", "domain_id", "domain_name", "dr_type"),
    "progress": number, **dict.fromkeys(("replication_num", "protected_instance_num", "disaster_recovery_drill_num"), amount),
}
_INSTANCE = {
    **strings("name", "status", "description", "server_group_id", "source_server", "target_server"),
    "tags": every(record({"key": text, "value": scalar})), "progress": number,
}
_PAIR = {
    **strings("name", "status", "description", "server_group_id", "volume_ids", "replication_status"),
    "attachment": every(record(strings("protected_instance", "device"))), "progress": number, "fault_level": scalar, "record_metadata": mapping,
}
_DRILL = {
    **strings("name", "status", "server_group_id", "drill_vpc_id", "created_at"),
    "drill_servers": every(record(strings("protected_instance", "drill_server_id"))),
}
_DOMAIN = {
    "name": text, "sold_out": flag,
    **dict.fromkeys(("local_replication_cluster", "remote_replication_cluster"), record(strings("availability_zone"))),
}
_SERVER = {
    **strings("name", "status", "OS-EXT-AZ:availability_zone", "OS-EXT-STS:task_state", "key_name"),
    "flavor": record(strings("id", "name")), "metadata": record(strings("vpc_id", "os_type")), "tags": array,
    "addresses": every(every(record(strings("addr", "OS-EXT-IPS:type", "OS-EXT-IPS:port_id"))), mapping),
    "security_groups": every(record(strings("name", "id"))), "os:scheduler_hints": record(dict.fromkeys(("dedicated_host_id", "tenancy"), every(text))),
}
_DISK = {
    **strings("name", "status", "availability_zone"), "multiattach": flag, "size": amount, "attachments": every(record(strings("server_id", "device"))),
}
_VPC = {**strings("name", "cidr", "status"), "enable_shared_snat": flag, "routes": every(record(strings("destination")))}
_SUBNET = {
    **strings("name", "cidr", "gateway_ip", "status", "vpc_id", "neutron_network_id", "primary_dns", "secondary_dns"),
    "dnsList": every(text), "dhcp_enable": flag, "extra_dhcp_opts": every(record(strings("opt_name", "opt_value"))),
}
_ROUTES = {
    **strings("name", "vpc_id"), "default": flag, "routes": every(record(strings("type", "destination"))), "subnets": every(record(strings("id"))),
}
_PEERING = {**strings("name", "status"), **dict.fromkeys(("request_vpc_info", "accept_vpc_info"), record(strings("vpc_id")))}
_ACL = {"name": text, "admin_state_up": flag, "associations": every(record(strings("virsubnet_id")))}
_EIP = strings("status", "public_ip_address", "private_ip_address", "port_id")
_AS_GROUP = {
    **strings("scaling_group_name", "scaling_group_status"), "is_scaling": flag,
    **dict.fromkeys(("min_instance_number", "desire_instance_number", "max_instance_number", "current_instance_number"), number),
}

# The key under which a response holds objects: (what they are called, the field of their ID or None, the fields that are read of them).
# Every key of ``_api``'s operations must be here.
SHAPES = {
    **dict.fromkeys(("server_group", "server_groups"), ("protection group", "id", _GROUP)),
    **dict.fromkeys(("protected_instance", "protected_instances"), ("protected instance", "id", _INSTANCE)),
    **dict.fromkeys(("replication", "replications"), ("replication pair", "id", _PAIR)),
    **dict.fromkeys(("disaster_recovery_drill", "disaster_recovery_drills"), ("DR drill", "id", _DRILL)),
    "domains": ("active-active domain", "id", _DOMAIN),
    "job": ("job", "job_id", {**strings("status", "job_type"), "entities": mapping}),
    "failure_jobs": ("failed task", "job_id", strings("resource_id", "resource_name", "resource_type", "job_type")),
    "tags": ("tag", None, {"key": text}),
    "resources": ("quota", None, {"type": text, "quota": amount, "used": amount}),
    **dict.fromkeys(("versions", "resource_rpo_statistics"), ("entry", None, {})),
    **dict.fromkeys(("server", "servers"), ("server", "id", _SERVER)),
    **dict.fromkeys(("volume", "volumes"), ("disk", "id", _DISK)),
    **dict.fromkeys(("vpc", "vpcs"), ("VPC", "id", _VPC)),
    **dict.fromkeys(("subnet", "subnets"), ("subnet", "id", _SUBNET)),
    **dict.fromkeys(("routetable", "routetables"), ("route table", "id", _ROUTES)),
    "peerings": ("VPC peering connection", "id", _PEERING),
    "firewalls": ("network ACL", "id", _ACL),
    **dict.fromkeys(("publicip", "publicips"), ("elastic IP", "id", _EIP)),
    **dict.fromkeys(("scaling_group", "scaling_groups"), ("AS group", "scaling_group_id", _AS_GROUP)),
}


def usable(key: str, content: Any, known_id: Any = None) -> dict:
    """An object under ``key`` of a response: unchanged, or as ``Odd``.

    :param known_id: the requested ID, which the object need not repeat
    """
    title, name, fields = SHAPES[key]
    if not isinstance(content, dict) or not content:
        return Odd({}, "%s %s" % (title, one_line(known_id, 80)) if known_id else "a " + title, {None: "it is empty, or not an object"})
    if isinstance(content, Odd):
        return content
    if known_id and name and content.get(name) is None:
        content = dict(content, **{name: known_id})
    found = {field: "%r %s" % (field + path, why) for field, (path, why) in _unusable(content, fields).items()}
    nameless = _named(content.get(name)) if name else None
    if name and nameless:
        found[name] = "%r %s" % (name, nameless[1])
    if not found:
        return content
    label = next((value for value in (content.get(name), content.get("name")) if isinstance(value, str) and value), "without an ID")
    return Odd(content, "%s %s" % (title, one_line(label, 80)), found)


def entries(value: list) -> list[dict]:
    """The entries of a list of objects; an entry that is not an object becomes an empty one without an ID, so that it hides no other."""
    return [entry if isinstance(entry, dict) else {} for entry in value]


def key_of(entry: dict, *names: str) -> Any:
    """The identity of a list entry: the first usable one of its fields ``names`` (default: ``id``), else the entry itself."""
    usable_ids = (dict.get(entry, name) for name in names or ("id",))
    return next((value for value in usable_ids if isinstance(value, str) and value), id(entry))


def check_job(answer: dict) -> dict:
    """Check the response to a writing request; a job without a usable ID may still be running.

    :raises UnknownFate: the job's ID is unusable
    """
    if answer.get("job_id") is not None and _named(answer["job_id"]):
        raise UnknownFate("the response has a job_id that is not a string; the request may have taken effect")
    return answer


def check_made(answer: dict, key: str) -> dict:
    """Check the response to a creation, which contains a job, or the new object under ``key``.

    :raises UnknownFate: it has neither
    """
    check_job(answer)
    if answer.get("job_id") or key not in SHAPES:
        return answer
    made = usable(key, answer.get(key))
    if isinstance(made, Odd) and (None in made.wrong or SHAPES[key][1] in made.wrong):
        raise UnknownFate("the response to the creation has no usable %s; the request may have taken effect" % SHAPES[key][0])
    return dict(answer, **{key: made})


def too_deep(content: Any) -> bool:
    """Whether a decoded response is nested deeper than anything that means something."""
    level = [content]
    for _depth in range(_DEEPEST):
        level = [entry for value in level for entry in (value.values() if isinstance(value, dict) else value) if isinstance(entry, (dict, list))]
        if not level:
            return False
    return True
