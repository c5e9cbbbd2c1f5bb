# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task, or an entry of a document, wants: options with names and types. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

_Some = TypeVar("_Some", bound="Options")


@dataclass
class Options:
    """Base of what ``read`` and ``plan`` of a declaration get. Made once of what the user gave; reading puts IDs in the place of references."""

    @classmethod
    def of(cls: type[_Some], given: Mapping[str, Any]) -> _Some:
        """Those of ``given`` that the class has; what is not there has its default."""
        return cls(**{each.name: given[each.name] for each in fields(cls) if each.name in given})

    def given(self) -> dict[str, Any]:
        """Those that are not None, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass
class ObjectOptions(Options):
    """What every kind has that can be made present and absent."""

    state: str = "present"
    id: str | None = None
    name: str | None = None
    immutable_change: str = "fail"

    @property
    def absent(self) -> bool:
        return self.state == "absent"
