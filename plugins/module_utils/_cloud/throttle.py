# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps all threads of a client to the rate the service allows, once it has answered 429. PRIVATE to the collection.

Imports nothing of Ansible. Requests are spaced by what was accepted in the last second; the spacing grows with every request that is
not, and shrinks slowly with time.
"""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Callable

_WINDOW = 1.0
_SHRINK, _GROW = 0.99, 1.1  # the first by the second
_MOST = 2.0
_PAUSE = 0.1


class Throttle:
    """``wait`` before every request, then ``accepted`` or ``rejected``."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self._clock, self._sleep, self._lock = clock, sleep, threading.Lock()
        self._accepted: collections.deque[float] = collections.deque()
        self._spacing, self._next, self._grown, self._shrunk = 0.0, 0.0, 0.0, 0.0

    def wait(self, go: bool = False) -> None:
        """Wait for this request's turn.

        :param go: go at once; the turn that is taken is missing to those that come later
        """
        with self._lock:
            now = self._clock()
            turn = max(now, self._next)
            self._next = turn + self._spacing
        if turn > now and not go:
            self._sleep(turn - now)

    def accepted(self) -> None:
        with self._lock:
            now = self._clock()
            self._accepted.append(now)
            while self._accepted[0] < now - _WINDOW:
                self._accepted.popleft()
            self._spacing *= _SHRINK ** (now - self._shrunk)
            self._shrunk = now

    def rejected(self, pause: float | None = None) -> None:
        """The service has answered 429.

        :param pause: seconds of the service's Retry-After
        """
        with self._lock:
            now = self._clock()
            # Further rejections in the same window carry no new information.
            if now >= self._grown:
                rate = sum(when >= now - _WINDOW for when in self._accepted)
                self._spacing = min(_MOST, max(self._spacing, _WINDOW / max(rate, 1)) * _GROW)
                self._grown = now + max(pause or 0.0, _WINDOW)
                self._next = max(self._next, now + (_PAUSE if pause is None else pause))
            else:
                self._next = max(self._next, now + max(self._spacing, _PAUSE))
