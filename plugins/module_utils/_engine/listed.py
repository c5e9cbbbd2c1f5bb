# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits until lists show new objects, and detects other objects with the same name. PRIVATE to the collection.

Lists lag behind creations. A creation ends when the list that look-ups use shows what it made, and one whose answer was lost is looked
for as long: else the next task, or the repeated request, makes a second one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from .._cloud.api import Api
from .._cloud.errors import SdrsError
from .._defaults import FIRST_LISTING, LONGEST_LISTING, VISIBLE_WITHIN
from .kind import Kind
from .lookup import Lookup
from .plan import Step, resolve
from .waiting import Waiting, settle


def looks(waiting: Waiting) -> Iterator[None]:
    """Iterate for as long as a list may lag, with pauses that grow."""
    since, pause = waiting.clock(), FIRST_LISTING
    yield
    while waiting.clock() - since < VISIBLE_WITHIN:
        waiting.sleep(pause)
        pause = min(pause * 1.5, LONGEST_LISTING)
        yield


class Lists:
    """Lists that many steps need at about the same time: one call serves all who asked before it was sent."""

    def __init__(self, api: Api, clock: Callable[[], float]) -> None:
        self._api, self._clock = api, clock
        self._lock = threading.Lock()
        self._kept: dict[tuple, dict] = {}

    def get(self, kind: Kind, query: dict) -> list:
        asked, key = self._clock(), (kind, tuple(sorted(query.items())))
        with self._lock:
            kept = self._kept.setdefault(key, {"lock": threading.Lock(), "begun": None, "objects": None})
        with kept["lock"]:
            if kept["begun"] is None or kept["begun"] <= asked:
                kept["begun"], kept["objects"] = self._clock(), None
                kept["objects"] = kind.every(self._api, query)
            return kept["objects"]


class Listing:
    """Waits until created objects are listed.

    :param warn: ``warn(message)``, called for objects that are not listed in time
    """

    def __init__(self, api: Api, waiting: Waiting, lists: Lists, warn: Callable[[str], Any] | None = None) -> None:
        self._api, self._waiting, self._lists = api, waiting, lists
        self._warn = warn or (lambda message: None)

    def wait_for(self, step: Step) -> None:
        """Wait until the list shows the object that ``step`` created, so that the next look-up finds it.

        :raises SdrsError: another run, on another machine perhaps, has created an object of the same name
        """
        find = step.find
        if step.listed or not find or not step.kind.listable:
            return
        for _look in looks(self._waiting):
            try:
                alike = [obj for obj in self._lists.get(step.kind, resolve(find.query)) if find.match(obj)]
            except SdrsError:
                continue  # the object exists: a failed list request is not a failed creation
            if not step.kind.named_twice and alike:
                return
            if any(obj.get("id") == step.id for obj in alike):
                self._judge(step, alike)
                return
        self._warn(
            "%s was created but is not listed after %g s: a task that looks it up by name may not find it and create it again"
            % (step.kind.label({"name": step.name, "id": resolve(step.id)}), VISIBLE_WITHIN)
        )

    def _judge(self, step: Step, alike: list[dict]) -> None:
        """If several were created at the same time, the younger one is deleted if it is empty."""
        others = [obj for obj in alike if obj.get("id") != step.id]
        if not others:
            return
        mine = next(obj for obj in alike if obj.get("id") == step.id)
        if all(obj.get("created_at") for obj in alike) and all(_age(obj) < _age(mine) for obj in others) and self._withdrawn(step):
            raise SdrsError(
                "another run created %s at the same time; %s was empty and has been deleted again" % (step.kind.label(others[0]), step.kind.label(mine)),
                retryable=True, remedy="Run the task again.",
            )
        raise SdrsError(
            "several objects with the same name were created at the same time: %s" % ", ".join(step.kind.label(obj) for obj in sorted(alike, key=_age)),
            remedy="Delete the one that is not needed by its ID, then run the task again.",
        )

    def _withdrawn(self, step: Step) -> bool:
        """Delete the object that ``step`` created if it is empty, and return whether it is gone."""
        kind = step.kind
        try:
            obj = Lookup(self._api).show(kind, step.id)
            if not kind.holds_nothing or not obj or not kind.holds_nothing(obj):
                return False
            self._api.call("delete_" + kind.name, **{kind.name: step.id})
            return settle(self._api, self._waiting, kind, dict(obj, status="deleting")) is None
        except SdrsError:
            return False


def _age(obj: dict) -> tuple[str, str]:
    return str(obj.get("created_at")), str(obj.get("id"))
