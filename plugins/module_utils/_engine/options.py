# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a task or of a document's entry, with names and types. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

_Some = TypeVar("_Some", bound="Options")


@dataclass
class Options:
    """Base of the options that ``read`` and ``plan`` of a declaration receive. Built once from the user's input; ``read`` replaces references with IDs."""

    @classmethod
    def of(cls: type[_Some], given: Mapping[str, Any]) -> _Some:
        """The options of ``given`` that the class has; missing ones have their default."""
        return cls(**{each.name: given[each.name] for each in fields(cls) if each.name in given})

    def given(self) -> dict[str, Any]:
        """Those that are not None, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass
class ObjectOptions(Options):
    """The options of every kind that can be present and absent."""

    state: str = "present"
    id: str | None = None
    name: str | None = None
    immutable_change: str = "fail"

    @property
    def absent(self) -> bool:
        return self.state == "absent"
