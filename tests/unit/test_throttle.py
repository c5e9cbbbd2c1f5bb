# SPDX-License-Identifier: GPL-3.0-or-later
"""Many threads on a service that allows so many requests a second, on a clock that jumps."""

from __future__ import annotations

import collections
import heapq

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.throttle import Throttle


@pytest.mark.parametrize("allowed", [5, 20, 100])
@pytest.mark.parametrize("retry_after", [None, 1.0])
def test_a_limit_is_kept_with_few_requests_in_vain(allowed, retry_after):
    """Eight threads with 600 requests take little more time than the limit allows."""
    now, waits, passed = [0.0], [], collections.deque()
    throttle = Throttle(lambda: now[0], waits.append)
    events = [(number / 1000, "asks", number) for number in range(8)]
    done = rejected = 0
    while done < 600:
        now[0], what, number = heapq.heappop(events)
        if what == "asks":
            waits.clear()
            throttle.wait()
            heapq.heappush(events, (now[0] + sum(waits) + 0.002, "sends", number))
            continue
        while passed and passed[0] <= now[0] - 1:
            passed.popleft()
        if len(passed) < allowed:
            passed.append(now[0])
            done += 1
            throttle.accepted()
        else:
            rejected += 1
            throttle.rejected(retry_after)
        heapq.heappush(events, (now[0], "asks", number))
    assert now[0] <= 1.3 * 600 / allowed and rejected <= 100, (now[0] * allowed / 600, rejected)


def test_without_a_limit_nothing_waits():
    waits = []
    throttle = Throttle(sleep=waits.append)
    for _request in range(50):
        throttle.wait()
        throttle.accepted()
    assert waits == []
