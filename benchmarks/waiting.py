# SPDX-License-Identifier: GPL-3.0-or-later
"""How late the end of a job is noticed, by this collection and by the policies of other clients, on a clock that jumps."""

from __future__ import annotations

import importlib
import itertools
import random
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

importlib.import_module("support")  # makes the collection importable

LENGTHS, DRAWS, SPREAD = (5, 15, 60, 120), 2000, 0.1


def ours():
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.jobs import interval

    now = 0.0
    while True:
        now += interval(now)
        yield now


def every(first, seconds):
    return lambda: itertools.count(first, seconds)


def doubling():
    """hwc modules of community.general: 3 s, then 1, 2, 4, 8, 10, 10… s."""
    now, pause = 3.0, 1.0
    while True:
        yield now
        now, pause = now + pause, min(10.0, pause * 2)


# name: (times of the looks, seconds slept after the look that saw the end)
POLICIES = {
    "cloud_dr.sdrs": (ours, 0),
    "Terraform huaweicloud, group and instance": (every(5, 10), 5),
    "Terraform huaweicloud, pair, drill, NIC": (every(5, 5), 0),
    "Terraform opentelekomcloud, group and instance": (every(1, 6), 5),
    "Terraform opentelekomcloud, pair": (every(1, 1), 0),
    "community.general hwc modules": (doubling, 0),
    "KooCLI --cli-waiter": (every(0, 5), 0),
}


def main():
    """Print the table: mean delay in percent of the job's length, and looks a job."""
    chance = random.Random(1)
    print("\n%-48s %s" % ("delay in % of the job's length (looks)", "".join("%14s" % ("%d s" % length) for length in LENGTHS)))
    for name, policy in POLICIES.items():
        cells = []
        for length in LENGTHS:
            seen = [noticed(*policy, length * chance.uniform(1 - SPREAD, 1 + SPREAD)) for _draw in range(DRAWS)]
            delay = statistics.mean(delay for delay, _looks in seen) / length * 100
            cells.append("%14s" % ("%.1f (%.0f)" % (delay, statistics.mean(looks for _delay, looks in seen))))
        print("%-48s %s" % (name, "".join(cells)))


def noticed(looks, afterwards, length):
    """``(seconds between the end and the client's return, number of looks)``."""
    for count, when in enumerate(looks(), 1):
        if when >= length:
            return when - length + afterwards, count
    raise AssertionError("looks never end")


if __name__ == "__main__":
    main()
