# SPDX-License-Identifier: GPL-3.0-or-later
"""Validation shared by the operations: bodies, names, IDs, paging, filters."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Any

from .faults import sdrs
from .request import Request
from .world import World

_ID = re.compile(r"[0-9a-fA-F-]{36}|[0-9a-zA-Z]{32}")
_TAG_CHARACTERS = re.compile(r"[\x00-\x1f*<>\\=,|/]")
FIND_CODES = {  # collection: (malformed ID, unknown ID)
    "server_groups": ("SDRS.0207", "SDRS.1013"),
    "protected_instances": ("SDRS.0208", "SDRS.1320"),
    "replications": ("SDRS.0213", "SDRS.1608"),
    "drills": ("SDRS.1900", "SDRS.1902"),
    "servers": ("SDRS.0210", "SDRS.1326"),
    "volumes": ("SDRS.0211", "SDRS.1803"),
}


def find(world: World, collection: str, object_id: Any, gone: str | None = None) -> dict:
    """The object of that ID; the documented codes for malformed and unknown ones.

    :param gone: the code for an unknown ID where the settings say that a deletion is refused by its state's code
    """
    malformed, unknown = FIND_CODES[collection]
    if gone and world.settings["missing_as_not_allowed"]:
        unknown = gone
    if not isinstance(object_id, str) or not _ID.fullmatch(object_id):
        raise sdrs(malformed)
    obj = getattr(world, collection).get(object_id)
    if obj is None:
        raise sdrs(unknown)
    return obj


def body(request: Request, key: Any = None) -> Any:
    """The request's body, or the object under ``key`` of it (0201)."""
    content = request.json()
    if key is not None:
        content = content.get(key) if isinstance(content, dict) else None
    if not isinstance(content, dict):
        raise sdrs("SDRS.0201")
    return content


def entries(wanted: Any, key: str, most: int, too_many: str, twice: str) -> list[dict]:
    """The objects of a batch, each of which names another by ``key``; the codes for too many, and for one that is named twice."""
    if not isinstance(wanted, list) or not wanted or not all(isinstance(entry, dict) for entry in wanted):
        raise sdrs("SDRS.0201")
    if len(wanted) > most:
        raise sdrs(too_many)
    if len({str(entry.get(key)) for entry in wanted}) != len(wanted):
        raise sdrs(twice)
    return wanted


def name(value: Any) -> Any:
    """64 bytes; letters (Chinese ones in the Chinese edition), digits and ``. _ -`` (5.4.1, 5.5.1)."""
    if not isinstance(value, str) or not value or len(value.encode("utf-8")) > 64:
        raise sdrs("SDRS.0202")
    if not all(char in "._-" or (char.isalnum() and (char.isascii() or "\u4e00" <= char <= "\u9fff")) for char in value):
        raise sdrs("SDRS.0202")
    return value


def description(value: Any) -> Any:
    if value is not None and (not isinstance(value, str) or len(value.encode("utf-8")) > 64 or "<" in value or ">" in value):
        raise sdrs("SDRS.0212")
    return value


def boolean(content: dict, key: Any) -> Any:
    value = content.get(key, False)
    if not isinstance(value, bool):
        raise sdrs("SDRS.0201")
    return value


def address(value: Any) -> str:
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise sdrs("SDRS.0219") from None


def tags(value: Any, at_most: Any = 10) -> list:
    """A list of ``{key, value}`` (tables 5-17, 5-67)."""
    if not isinstance(value, list) or not all(isinstance(tag, dict) for tag in value):
        raise sdrs("SDRS.0201")
    if len(value) > at_most:
        raise sdrs("SDRS.2203")
    keys = [tag_key(tag.get("key")) for tag in value]
    if len(set(keys)) != len(keys):
        raise sdrs("SDRS.2209")
    return [{"key": tag["key"], "value": tag_value(tag.get("value"))} for tag in value]


def tag_key(key: Any) -> Any:
    if not isinstance(key, str) or not key.strip():
        raise sdrs("SDRS.2205")
    if len(key) > 36 or _TAG_CHARACTERS.search(key):
        raise sdrs("SDRS.2204")
    return key


def tag_value(value: Any) -> Any:
    if value is None:
        raise sdrs("SDRS.2208")
    if not isinstance(value, str) or len(value) > 43 or _TAG_CHARACTERS.search(value):
        raise sdrs("SDRS.2207")
    return value


def page(request: Request, objects: list, key: Any, show: Any) -> dict:
    """The part of ``objects`` that ``limit`` and ``offset`` ask for, and their number (5.4.2)."""
    limit, offset = request.query.get("limit", "1000"), request.query.get("offset", "0")
    if not limit.isdigit() or not 0 < int(limit) <= 1000:
        raise sdrs("SDRS.0221")
    if not offset.isdigit():
        raise sdrs("SDRS.0222")
    world = request.server.world
    if world.settings["list_lag_seconds"]:
        objects = [obj for obj in objects if obj.get("_born", 0) + world.settings["list_lag_seconds"] <= world.now()]
    part = objects[int(offset):int(offset) + int(limit)]
    return {key: [show(obj) for obj in part], "count": len(objects)}


def id_list(text: str) -> set:
    """``['id1','id2']`` from a query (5.5.3); at most 30 (0226)."""
    try:
        value = json.loads(text.replace("'", '"'))
    except ValueError:
        raise sdrs("SDRS.0201") from None
    if not isinstance(value, list):
        raise sdrs("SDRS.0201")
    if len(value) > 30:
        raise sdrs("SDRS.0226")
    return {str(entry) for entry in value}


def matches(obj: dict, query: dict, **same: Any) -> bool:
    """Whether ``obj`` passes the fuzzy ``name`` filter and the exact ones in ``same`` (query name: value of the object)."""
    if query.get("name") and query["name"].lower() not in obj["name"].lower():
        return False
    return all(not query.get(key) or query[key] == value for key, value in same.items())
