# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of a protected instance (5.8). PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .._cloud.errors import Refused
from .._cloud.paging import objects
from .._engine.kind import LiveState
from .._engine.lookup import Lookup
from .._engine.options import Options as _Options
from .._engine.plan import Plan
from .kinds import PROTECTED_INSTANCE
from .tags import add_tag_steps, tags_to_list, tags_to_mapping


@dataclass
class Options(_Options):
    protected_instance: str
    tags: dict
    state: str = "present"
    purge: bool = False


@dataclass
class Live(LiveState):
    """The instance's ID and name, and its tags as the API's list (``obj``, what the module returns)."""

    obj: list
    instance_id: str
    name: str | None = None

    @property
    def id(self) -> str:
        return self.instance_id


def read(lookup: Lookup, options: Options) -> Live:
    """The instance's tags, which come with the instance."""
    instance = lookup.one(PROTECTED_INSTANCE, options.protected_instance)
    tags = instance.get("tags")
    return Live(tags if isinstance(tags, list) else show(lookup, instance["id"]), instance["id"], instance.get("name"))


def show(lookup: Lookup, instance_id: Any, live: Live | None = None) -> list:
    """The instance's tags (5.8.6)."""
    return lookup.api.judged("tags", objects(lookup.api.call("list_tags", protected_instance=instance_id), "tags"))


def plan(options: Options, live: Live) -> Plan:
    """Steps that set or remove tags. Pure."""
    result = Plan(before={"tags": tags_to_mapping(live.obj)})
    if options.state == "present":
        empty = [key for key, value in options.tags.items() if value is None]
        if empty:
            raise Refused("tags: %s has no value; set one, an empty string if necessary" % ", ".join(empty))
        add_tag_steps(result, PROTECTED_INSTANCE, live.instance_id, live.name, live.obj, options.tags, options.purge)
        return result
    have = result.before["tags"]
    gone = {key: None for key, value in options.tags.items() if key in have and (value is None or have[key] == str(value))}
    add_tag_steps(result, PROTECTED_INSTANCE, live.instance_id, live.name, live.obj, {}, False, remove=gone)
    return result


def expect(plan_made: Plan) -> list[dict]:
    """The tags as the plan leaves them."""
    return tags_to_list(plan_made.after.get("tags", plan_made.before["tags"]))
