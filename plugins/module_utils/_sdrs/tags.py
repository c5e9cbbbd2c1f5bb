# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags: their forms, and the steps to the desired tags of an instance (5.8.2 to 5.8.5). PRIVATE to the collection."""

from __future__ import annotations

from typing import Any

from .._cloud.errors import Refused
from .._cloud.validate import MAX_TAGS, is_plain
from .._engine.kind import Kind
from .._engine.plan import Plan, Request, creator


def add_tag_steps(
    result: Plan, kind: Kind, instance_id: Any, name: str | None, live_tags: list | None, wanted: dict, purge: bool | None, remove: dict | None = None,
) -> None:
    """At most one deletion and one creation of tags, the deletion first (semantics.md, section 4).

    :param remove: keys to remove in addition to those that ``purge`` finds, as ``{key: value or None}``
    :raises Refused: more than 10 tags would be the result (SDRS.2203)
    """
    set_them, unwanted = tag_changes(live_tags, text_tags(wanted), purge)
    unwanted.update(remove or {})
    after = tags_to_mapping(live_tags)
    for key in unwanted:
        after.pop(key, None)
    after.update(set_them)
    if set_them and len(after) > MAX_TAGS:
        raise Refused(
            "protected instance %s would have %d tags, at most %d are allowed (SDRS.2203)" % (name or instance_id, len(after), MAX_TAGS),
        )
    steps: list = []
    for operation, tags in (("untag", tags_to_list(dict.fromkeys(unwanted))), ("tag", tags_to_list(set_them))):
        if tags:
            call, arguments, body = _tag_call(operation, tags)
            arguments["protected_instance"] = instance_id
            steps.append(result.add(operation, kind, name, instance_id, Request(call, arguments, body), after=steps[:1] + creator(instance_id)))
    result.after["tags"] = after


def _tag_call(operation: str, tags: list) -> tuple:
    """Call, arguments and body: one tag has its own calls (5.8.4, 5.8.5), several use a batch (5.8.2, 5.8.3)."""
    if operation == "tag":
        return ("add_tag", {}, tags[0]) if len(tags) == 1 else ("add_tags", {}, {"action": "create", "tags": tags})
    if len(tags) == 1 and is_plain(tags[0]["key"]):
        return "delete_tag", {"key": tags[0]["key"]}, None
    return "delete_tags", {}, {"action": "delete", "tags": tags}


def tag_changes(live: list | None, wanted: dict, purge: bool | None) -> tuple[dict, dict]:
    """``(to set, to remove)`` as mappings, from the live tags (list of ``{key, value}``) and the desired mapping."""
    have = tags_to_mapping(live)
    set_them = {key: value for key, value in wanted.items() if have.get(key) != value}
    remove = {key: value for key, value in have.items() if key not in wanted} if purge else {}
    return set_them, remove


def tags_to_mapping(tags: list | None) -> dict:
    """``{key: value}`` from the API's list."""
    return {tag["key"]: tag.get("value") for tag in tags or [] if isinstance(tag, dict) and isinstance(tag.get("key"), str)}


def text_tags(tags: dict | None) -> dict:
    """The mapping with every value as text; a key without a value has the empty one."""
    return {key: "" if value is None else str(value) for key, value in (tags or {}).items()}


def tags_to_list(tags: dict) -> list[dict]:
    """The API's list from ``{key: value}``; a value of None is left out (delete by key, 5.8.3)."""
    return [{"key": key} if value is None else {"key": key, "value": value} for key, value in tags.items()]
