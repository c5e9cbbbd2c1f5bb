# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a list to its end, whatever it is paged by. PRIVATE to the collection. Imports nothing of Ansible.

A list counts as empty only if the response contains it, it is empty, and no count contradicts that (semantics.md, section 3): treating an empty
response as an empty list would create duplicates, or delete objects that a list would have protected.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._defaults import MOST_OBJECTS, MOST_PAGES, PAGE, READINGS
from . import shapes
from .errors import ApiError


class IncompleteList(ApiError):
    """The response lists fewer objects than it counts; ``found`` are the listed ones, ``count`` is the count."""

    found: list
    count: int


def objects(answer: Any, key: str) -> list:
    """The list of objects under ``key`` of a response.

    :raises ApiError: the response contains no such list
    """
    value = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(value, list):
        raise ApiError(
            "the response contains no list %r" % key,
            remedy="A response without the list does not count as an empty list; nothing was changed on this basis.",
        )
    return shapes.entries(value)


def count_of(answer: dict) -> int | None:
    """How many objects the service counts, as a number or a numeric string; None if it does not report one."""
    value = next((answer[key] for key in ("count", "total_count", "total_number") if answer.get(key) is not None), None)
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def read_all(
    fetch: Callable[[Any], Any], key: str, following: Callable[[Any, list, dict], Any], first: Any = None, size: int = PAGE,
    names: tuple[str, ...] = ("id",), expected: int | None = None,
) -> list:
    """All objects of a list.

    :param fetch: ``fetch(position)`` giving the response for a page
    :param following: ``following(position, page, found)`` giving the position of the next page; ``found`` maps IDs to objects
    :param size: how many objects a full page has
    :param names: the fields of which one identifies an object
    :param expected: how many there are, if known from another response; saves the request after a page that is exactly full
    :raises IncompleteList: read several times, the list shows fewer objects than it counts
    :raises ApiError: a response without the list, or a list without end
    """
    for _reading in range(READINGS):
        found, total = _read(fetch, key, following, first, size, names, expected)
        if total is None or len(found) >= total:
            return list(found.values())
    error = IncompleteList(
        "the service reports %d %s but lists only %d" % (total, key.replace("_", " "), len(found)), retryable=True, remedy="Run the task again.",
    )
    error.found, error.count = list(found.values()), total
    raise error


def _read(
    fetch: Callable[[Any], Any], key: str, following: Callable[[Any, list, dict], Any], position: Any, size: int,
    names: tuple[str, ...], expected: int | None,
) -> tuple[dict, Any]:
    """``({ID: object}, the largest count that a response gave or None)``."""
    found: dict = {}
    most = None
    for number in range(MOST_PAGES):
        answer = fetch(position)
        page, before = objects(answer, key), len(found)
        for item in page:
            found.setdefault(shapes.key_of(item, *names), item)
        total = count_of(answer)  # of all objects, or of this page: after the first page the two differ
        most = max((count for count in (most, total) if count is not None), default=None)
        whole = total == len(found) and (number > 0 or total == expected)
        # A page without new objects is a repetition.
        if len(found) == before or whole or (len(page) < size and (total or 0) <= len(found)):
            return found, most
        if len(found) > MOST_OBJECTS:
            break
        position = following(position, page, found)
    raise ApiError("the list of %s does not end: %d objects were read" % (key.replace("_", " "), len(found)), remedy="Contact the cloud's support.")
