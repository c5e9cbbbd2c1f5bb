# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of protected instances (5.8)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from . import checks
from .faults import sdrs
from .instances import show_instance
from .request import Request
from .world import World

_UNTAGGABLE = ("creating", "deleting", "error", "invalid", "fault")


def _instance(world: World, request: Request, refused: Any = None) -> Any:
    instance = checks.find(world, "protected_instances", request.args["protected_instance_id"])
    if refused and instance["status"] in _UNTAGGABLE:
        raise sdrs(refused)
    return instance


def action(world: World, request: Request) -> None:
    """5.8.2 and 5.8.3; 204."""
    content = checks.body(request)
    if content.get("action") == "create":
        instance, wanted = _instance(world, request, "SDRS.2221"), content.get("tags")
        if not wanted:
            raise sdrs("SDRS.2202")
        _add(instance, checks.tags(wanted))
    elif content.get("action") == "delete":
        instance, wanted = _instance(world, request, "SDRS.2222"), content.get("tags")
        if not wanted:
            raise sdrs("SDRS.2202")
        if not isinstance(wanted, list) or not all(isinstance(tag, dict) for tag in wanted):
            raise sdrs("SDRS.0201")
        if any(not isinstance(tag.get("key"), str) or not tag["key"] for tag in wanted):
            raise sdrs("SDRS.2205")
        gone = {(tag["key"], tag.get("value")) for tag in wanted}
        instance["tags"] = [tag for tag in instance["tags"] if not {(tag["key"], None), (tag["key"], tag["value"])} & gone]
    else:
        raise sdrs("SDRS.2201")


def _add(instance: dict, new: Any) -> None:
    merged = {tag["key"]: tag["value"] for tag in instance["tags"]}
    merged.update((tag["key"], tag["value"]) for tag in new)
    if len(merged) > 10:
        raise sdrs("SDRS.2203")
    instance["tags"] = [{"key": key, "value": value} for key, value in merged.items()]


def add(world: World, request: Request) -> None:
    """5.8.4; 204."""
    instance = _instance(world, request, "SDRS.2221")
    _add(instance, checks.tags([checks.body(request, "tag")]))


def delete(world: World, request: Request) -> None:
    """5.8.5; 204, or 404 for a key that is not there."""
    instance, key = _instance(world, request, "SDRS.2222"), unquote(request.args["key"])
    if not any(tag["key"] == key for tag in instance["tags"]):
        raise sdrs("SDRS.2206")
    instance["tags"] = [tag for tag in instance["tags"] if tag["key"] != key]


def show(world: World, request: Request) -> dict:
    """5.8.6"""
    return {"tags": _instance(world, request)["tags"]}


def project(world: World, request: Request) -> dict:
    """5.8.7"""
    values: dict = {}
    for instance in world.protected_instances.values():
        for tag in instance["tags"]:
            values.setdefault(tag["key"], set()).add(tag["value"])
    return {"tags": [{"key": key, "values": sorted(found)} for key, found in sorted(values.items())]}


def query(world: World, request: Request) -> dict:
    """5.8.1: filter or count."""
    content = checks.body(request)
    kind = content.get("action")
    if kind not in ("filter", "count"):
        raise sdrs("SDRS.2210")
    if kind == "count" and ("limit" in content or "offset" in content):
        raise sdrs("SDRS.2211")
    conditions = {key: _conditions(content.get(key)) for key in ("tags", "tags_any", "not_tags", "not_tags_any")}
    name = _name_to_match(content.get("matches"))
    found = [
        instance for instance in world.protected_instances.values()
        if (name is None or (name.lower() in instance["name"].lower() if name else instance["name"] == ""))
        and _passes({tag["key"]: tag["value"] for tag in instance["tags"]}, conditions)
    ]
    if kind == "count":
        return {"total_count": len(found)}
    limit, offset = str(content.get("limit", "1000")), str(content.get("offset", "0"))
    if not limit.isdigit() or not 1 <= int(limit) <= 1000:
        raise sdrs("SDRS.2220")
    if not offset.isdigit():
        raise sdrs("SDRS.0222")
    part = found[int(offset):int(offset) + int(limit)]
    resources = [
        {
            "resource_id": instance["id"], "resource_name": instance["name"], "resource_detail": show_instance(world, instance),
            "tags": instance["tags"],
        }
        for instance in part
    ]
    return {"resources": resources, "total_count": len(found)}


def _conditions(value: Any) -> list:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(entry, dict) and isinstance(entry.get("values"), list) for entry in value):
        raise sdrs("SDRS.0201")
    if len(value) > 10:
        raise sdrs("SDRS.2203")
    keys = []
    for entry in value:
        key = str(entry.get("key") or "").strip()
        if not key:
            raise sdrs("SDRS.2205")
        if len(key) > 127:
            raise sdrs("SDRS.2204")
        if len(entry["values"]) > 10:
            raise sdrs("SDRS.2218")
        if len(set(entry["values"])) != len(entry["values"]):
            raise sdrs("SDRS.2219")
        if any(not isinstance(text, str) or len(text) > 255 or text.strip() == "*" for text in entry["values"]):
            raise sdrs("SDRS.2207")
        keys.append(key)
    if len(set(keys)) != len(keys):
        raise sdrs("SDRS.2209")
    return [(key, [text.strip() for text in entry["values"]]) for key, entry in zip(keys, value)]


def _name_to_match(matches: list) -> Any:
    if matches is None:
        return None
    if not isinstance(matches, list) or not matches:
        raise sdrs("SDRS.2212")
    if any(not entry.get("key") for entry in matches):
        raise sdrs("SDRS.2213")
    if any(entry["key"] != "resource_name" for entry in matches):
        raise sdrs("SDRS.2214")
    if len(matches) > 1:
        raise sdrs("SDRS.2215")
    if matches[0].get("value") is None:
        raise sdrs("SDRS.2216")
    if not isinstance(matches[0]["value"], str) or len(matches[0]["value"]) > 255:
        raise sdrs("SDRS.2217")
    return matches[0]["value"]


def _has(tags: list, condition: Any) -> bool:
    key, values = condition
    if key not in tags:
        return False
    return not values or any(
        text[1:] in tags[key] if text.startswith("*") else text == tags[key] for text in values
    )


def _passes(tags: Any, conditions: Any) -> bool:
    wanted, wanted_any, unwanted, unwanted_any = (
        conditions[key] for key in ("tags", "tags_any", "not_tags", "not_tags_any")
    )
    return (
        all(_has(tags, entry) for entry in wanted)
        and (not wanted_any or any(_has(tags, entry) for entry in wanted_any))
        and not (unwanted and all(_has(tags, entry) for entry in unwanted))
        and not any(_has(tags, entry) for entry in unwanted_any)
    )
