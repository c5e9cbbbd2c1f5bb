# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects of a response that have fields of the wrong type, and searching among objects some of which are odd. PRIVATE to the collection.

Imports nothing of Ansible. No conclusions are drawn from unreadable data: an odd object that could be the one being searched for is an
error, any other hides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Literal

from .errors import ApiError

_REMEDY = "Nothing was inferred from this object. Check it in the console, or contact the cloud's support."


class Unusable(ApiError):
    """A field that is needed has a type that it cannot have."""

    def __init__(self, label: str, why: str) -> None:
        super().__init__("%s: %s" % (label, why), remedy=_REMEDY)
        self.label, self.why = label, why


class Odd(dict):
    """An object of a response with unusable fields; ``wrong`` maps each field to its problem; the key None covers all fields."""

    def __init__(self, content: Any = (), label: str = "", wrong: dict | None = None) -> None:
        super().__init__(content)
        self.label, self.wrong = label, wrong or {}

    def __bool__(self) -> bool:
        # The object exists, even if none of its fields is readable.
        return True

    def _usable(self, key: Any) -> None:
        why = self.wrong.get(key) or self.wrong.get(None)
        if why:
            raise Unusable(self.label, why)

    def __getitem__(self, key: Any) -> Any:
        self._usable(key)
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        self._usable(key)
        return super().get(key, default)

    @property
    def error(self) -> Unusable:
        """The error of reading its first unusable field."""
        return Unusable(self.label, next(iter(self.wrong.values())))


class Index(dict):
    """A mapping by the objects' identity. If some objects are unreadable, a missing key may be one of them: that is an error."""

    def __init__(self, content: Any = (), unreadable: Iterable[Unusable] = ()) -> None:
        super().__init__(content)
        self.unreadable = list(unreadable)

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or self._missed()

    def __missing__(self, key: Any) -> Any:
        self._missed()
        raise KeyError(key)

    def get(self, key: Any, default: Any = None) -> Any:
        return super().__getitem__(key) if key in self else default

    def where(self, wanted: Callable[..., Any]) -> list:
        """The objects for which ``wanted(object)`` holds, as ``matching`` gives them."""
        return matching(self.values(), wanted) or self._missed() or []

    def _missed(self) -> Literal[False]:
        if self.unreadable:
            raise Unusable(self.unreadable[0].label, self.unreadable[0].why)
        return False


def raw(content: dict, key: str) -> Any:
    """A field as it is, for a message."""
    return dict.get(content, key)


def altered(content: dict, **fields: Any) -> dict:
    """A copy with some fields set; an ``Odd`` object stays one."""
    if not isinstance(content, Odd):
        return dict(content, **fields)
    wrong = {key: why for key, why in content.wrong.items() if key not in fields}
    return Odd({**content, **fields}, content.label, wrong)


def matching(objects: Iterable, wanted: Callable[..., Any]) -> list:
    """The objects for which ``wanted(object)`` holds.

    :raises Unusable: none does, and one object is unreadable
    """
    found, unreadable = [], None
    for each in objects:
        try:
            if wanted(each):
                found.append(each)
        except Unusable as error:
            unreadable = error if unreadable is None else unreadable
    if unreadable is not None and not found:
        raise unreadable
    return found


def index(objects: Iterable, keys: Callable[[Any], Iterable]) -> Index:
    """An ``Index`` of the objects by ``keys(object)``, a list."""
    found: dict = {}
    unreadable = []
    for each in objects:
        try:
            found.update((key, each) for key in keys(each))
        except Unusable as error:
            unreadable.append(error)
    return Index(found, unreadable)


def by_id(objects: Iterable) -> Index:
    """An ``Index`` by ID."""
    return index(objects, lambda each: [each.get("id")])


def sound(objects: Iterable) -> list:
    """The objects without the odd ones, for output that decides nothing."""
    return [each for each in objects if not isinstance(each, Odd)]
