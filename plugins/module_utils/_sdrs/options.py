# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several modules and documents describe objects with. PRIVATE to the collection."""

from __future__ import annotations

from typing import Any


def reference(option: str, **extra: Any) -> dict:
    """An option that takes the ID or the exact name of another object."""
    return dict(type="str", aliases=[option + "_id"], **extra)


# The options of an object, both in its module and in a topology's document.
GROUP_OPTIONS = {
    "name": {"type": "str"},
    "id": {"type": "str"},
    "description": {"type": "str"},
    "source_availability_zone": {"type": "str"},
    "target_availability_zone": {"type": "str"},
    "active_active_domain": {"type": "str", "aliases": ["domain"]},
    "source_vpc": reference("source_vpc"),
    "dr_type": {"type": "str"},
    "protection": {"type": "str", "choices": ["enabled", "disabled"]},
}
PAIR_OPTIONS = {
    "volume": reference("volume"),
    "name": {"type": "str"},
    "description": {"type": "str"},
    "cluster": {"type": "str"},
    "size": {"type": "int"},
}
DRILL_OPTIONS = {
    "name": {"type": "str"},
    "id": {"type": "str"},
    "drill_vpc": reference("drill_vpc"),
}
INSTANCE_OPTIONS = {
    "name": {"type": "str"},
    "server": reference("server"),
    "description": {"type": "str"},
    "cluster": {"type": "str"},
    "primary_subnet": {"type": "str"},
    "primary_ip_address": {"type": "str"},
    "flavor": {"type": "str"},
    "tenancy": {"type": "str", "choices": ["shared", "dedicated"]},
    "dedicated_host": {"type": "str"},
    "tags": {"type": "dict"},
    "purge_tags": {"type": "bool", "default": False},
}
