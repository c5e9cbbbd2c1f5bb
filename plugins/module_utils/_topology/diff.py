# SPDX-License-Identifier: GPL-3.0-or-later
"""The changed branches of a topology before and after, as YAML text. PRIVATE to the collection."""

from __future__ import annotations

import json
import re

from ansible.module_utils.common.yaml import HAS_YAML, yaml_dump

# References are shown as the document has them.
_REFERENCES = ("server", "volume", "source_vpc", "drill_vpc", "active_active_domain")
_ORDER = ("name", "server", "device", "volume")
_PART = re.compile(r"(\w+)(?:\[(\d+)\])?")


class _Node:
    """An entry of the document: its name, its own options on both sides, and the entries below it by key.

    ``there`` says on which sides it exists, if only entries below it change.
    """

    def __init__(self):
        self.label: dict = {}
        self.there: tuple[bool, bool] = (False, False)
        self.sides: tuple[dict, dict] = ({}, {})
        self.below: dict = {}

    def changes(self):
        """Whether the entry, or anything below it, is not the same on both sides."""
        return any(self.sides) or any(node.changes() for nodes in self.below.values() for node in nodes.values())

    def side(self, which):
        """The entry on one side; None if it does not exist there, or nothing about it changes."""
        lists = {}
        for key, nodes in self.below.items():
            shown = [shown for node in nodes.values() for shown in [node.side(which)] if shown]
            if shown:
                lists[key] = shown
        own = self.sides[which]
        return {**_ordered({**self.label, **own}), **lists} if own or lists or (self.there[which] and self.changes()) else None


class Changes:
    """Collects entries before and after, and shows those that differ."""

    def __init__(self):
        self._root = _Node()

    def note(self, entry, part):
        """Record the result of an entry's sub-plan."""
        if not any(step.call for step in part.steps):
            return
        node = self._node(entry.path)
        node.label = {"name": entry.name}
        for side, values in zip(node.sides, (part.before, part.after)):
            side.update(
                (key, entry.given.get(key) or value if key in _REFERENCES else value)
                for key, value in values.items() if key != "server_group" and value is not None
            )

    def remove(self, path, branches):
        """Show branches that no entry of the list at ``path`` names as they are before their removal."""
        for branch in branches:
            self._node(path).sides[0].update(branch)

    def name(self, entry):
        """Name an entry below which something changes."""
        node = self._node(entry.path)
        node.label = {"name": entry.name} if entry.name else {"server": entry.given.get("server")}
        node.there = (entry.obj is not None, True)

    def _node(self, path):
        node = self._root
        for key, index in _PART.findall(path):
            nodes = node.below.setdefault(key, {})
            node = nodes.setdefault(index or "new %d" % len(nodes), _Node())
        return node

    def texts(self):
        """``(before, after)``; empty where nothing changes."""
        return tuple(_text(shown) if shown else "" for shown in (self._root.side(0), self._root.side(1)))


def _ordered(values):
    first = {key: values[key] for key in _ORDER if values.get(key) is not None}
    return {**first, **{key: value for key, value in sorted(values.items()) if key not in first and value is not None}}


def _text(document):
    if HAS_YAML:
        return yaml_dump(document, sort_keys=False, default_flow_style=False, allow_unicode=True)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
