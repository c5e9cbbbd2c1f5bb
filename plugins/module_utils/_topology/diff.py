# SPDX-License-Identifier: GPL-3.0-or-later
"""The changed branches of a topology before and after, as YAML text. PRIVATE to the collection."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from ansible.module_utils.common.yaml import HAS_YAML, yaml_dump

from .._engine.plan import Plan
from .entries import Entry

# References are shown as the document has them.
_REFERENCES = ("server", "volume", "source_vpc", "drill_vpc", "active_active_domain")
_ORDER = ("name", "server", "device", "volume")
_PART = re.compile(r"(\w+)(?:\[(\d+)\])?")


class _Node:
    """An entry of the document: what it is called, its own options on both sides, and the entries below it by key.

    ``there`` tells on which sides it exists, where nothing but what is below it changes.
    """

    def __init__(self) -> None:
        self.label: dict = {}
        self.there: tuple[bool, bool] = (False, False)
        self.sides: tuple[dict, dict] = ({}, {})
        self.below: dict[str, dict[str, _Node]] = {}

    def changes(self) -> bool:
        """Whether the entry, or anything below it, is not the same on both sides."""
        return any(self.sides) or any(node.changes() for nodes in self.below.values() for node in nodes.values())

    def side(self, which: int) -> dict | None:
        """The entry as it stands on one side; None when it does not, or nothing about it changes."""
        lists = {}
        for key, nodes in self.below.items():
            shown = [shown for node in nodes.values() for shown in [node.side(which)] if shown]
            if shown:
                lists[key] = shown
        own = self.sides[which]
        return {**_ordered({**self.label, **own}), **lists} if own or lists or (self.there[which] and self.changes()) else None


class Changes:
    """Gathers what entries look like before and after, and shows those that differ."""

    def __init__(self) -> None:
        self._root = _Node()

    def note(self, entry: Entry, part: Plan) -> None:
        """Keep what an entry's sub-plan makes of it."""
        if not any(step.call for step in part.steps):
            return
        node = self._node(entry.path)
        node.label = {"name": entry.name}
        for side, values in zip(node.sides, (part.before, part.after)):
            side.update(
                (key, entry.given.get(key) or value if key in _REFERENCES else value)
                for key, value in values.items() if key != "server_group" and value is not None
            )

    def remove(self, path: str, branches: Iterable[dict]) -> None:
        """Show branches that no entry of the list at ``path`` names as they are before their removal."""
        for branch in branches:
            self._node(path).sides[0].update(branch)

    def name(self, entry: Entry) -> None:
        """Let an entry below which something changes bear its name."""
        node = self._node(entry.path)
        node.label = {"name": entry.name} if entry.name else {"server": entry.given.get("server")}
        node.there = (entry.obj is not None, True)

    def _node(self, path: str) -> _Node:
        node = self._root
        for key, index in _PART.findall(path):
            nodes = node.below.setdefault(key, {})
            node = nodes.setdefault(index or "new %d" % len(nodes), _Node())
        return node

    def texts(self) -> tuple[str, str]:
        """``(before, after)``; empty where nothing changes."""
        return _text(self._root.side(0)), _text(self._root.side(1))


def _ordered(values: dict[str, Any]) -> dict[str, Any]:
    first = {key: values[key] for key in _ORDER if values.get(key) is not None}
    return {**first, **{key: value for key, value in sorted(values.items()) if key not in first and value is not None}}


def _text(document: dict | None) -> str:
    if not document:
        return ""
    if HAS_YAML:
        return yaml_dump(document, sort_keys=False, default_flow_style=False, allow_unicode=True)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
