# SPDX-License-Identifier: GPL-3.0-or-later
"""Where requests run: in threads that die with the process, or here. PRIVATE to the collection.

A call is submitted with a handler for its outcome; outcomes are returned to the single coordinator, so that
only submitted functions run in other threads. No ThreadPoolExecutor: its threads outlive the time-out of a task.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

from .._defaults import THREADS

_Apply = Callable[..., Any]  # the result or the error of a call
_Outcome = tuple[_Apply, Any, Any]


class Threads:
    """Up to 8 daemon threads."""

    def __init__(self, clock: Callable[[], float], count: int = THREADS) -> None:
        self._clock = clock
        self._calls: queue.SimpleQueue = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue = queue.SimpleQueue()
        self._count, self._started, self._open = min(count, THREADS), 0, 0

    def submit(self, function: Callable[..., Any], apply: _Apply) -> None:
        """Run ``function()`` elsewhere, later ``apply(result, error)`` here."""
        self._open += 1
        self._calls.put((function, apply))
        if self._started < min(self._count, self._open):
            self._started += 1
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self) -> None:
        while (entry := self._calls.get()) is not None:
            self._outcomes.put(_carried_out(*entry))

    def outcomes(self, until: float | None) -> list[_Outcome]:
        """The available outcomes, after waiting for the first one until ``until`` (None: without limit)."""
        try:
            timeout = None if until is None else max(0.0, until - self._clock())
            found = [self._outcomes.get(timeout=timeout)]
            while not self._outcomes.empty():
                found.append(self._outcomes.get())
        except queue.Empty:
            return []
        self._open -= len(found)
        return found

    @property
    def busy(self) -> bool:
        return self._open > 0

    def close(self) -> None:
        for _thread in range(self._started):
            self._calls.put(None)


class InlineWorkers:
    """Inline workers without threads: calls run when their outcome is requested."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock, self._sleep = clock, sleep
        self._calls: list[tuple[Callable[[], Any], _Apply]] = []

    def submit(self, function: Callable[..., Any], apply: _Apply) -> None:
        self._calls.append((function, apply))

    def outcomes(self, until: float | None) -> list[_Outcome]:
        if self._calls:
            return [_carried_out(*self._calls.pop(0))]
        if until is not None:
            self._sleep(max(0.0, until - self._clock()))
        return []

    @property
    def busy(self) -> bool:
        return bool(self._calls)

    def close(self) -> None:
        """Nothing to end."""


def _carried_out(function: Callable[[], Any], apply: _Apply) -> _Outcome:
    try:
        return apply, function(), None
    except BaseException as error:  # pylint: disable=broad-except
        return apply, None, error
