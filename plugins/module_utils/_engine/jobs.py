# SPDX-License-Identifier: GPL-3.0-or-later
"""Job outcome, objects created by a job, and poll intervals. PRIVATE to the collection. Imports nothing of Ansible."""

from __future__ import annotations

from .._cloud.text import time_of
from .._defaults import FIRST_POLL, FIRST_WAVE_SHARE, JOINT_POLL_SHARE, LONGEST_JOINT_POLL, LONGEST_POLL, MANY_JOBS, POLL_SHARE, SHORTEST_POLL


def interval(waited: float, fixed: float | None = None) -> float:
    """Seconds until the next poll of a job after waiting ``waited`` seconds.

    About a tenth of the time already waited, so that its end is noticed within a tenth of its length.
    """
    if fixed:
        return float(fixed)
    return min(LONGEST_POLL, max(FIRST_POLL, waited * POLL_SHARE))


class PollSchedule:
    """Poll times when many jobs run: the first poll of a job waits for the duration of the shortest job of its type so far.

    :param fixed: seconds, when the user wants fixed intervals
    """

    def __init__(self, fixed: float | None = None) -> None:
        self._fixed = fixed
        self._shortest: dict[str | None, float] = {}

    def learn(self, call: str | None, seconds: float) -> None:
        """A job that ``call`` started took ``seconds``."""
        if seconds > 0:
            self._shortest[call] = min(seconds, self._shortest.get(call, seconds))

    def wait(self, call: str | None, waited: float, together: int) -> float:
        """Seconds until the next poll of a job that ``call`` started ``waited`` seconds ago.

        :param together: how many jobs are being waited for
        """
        shortest = self._shortest.get(call)
        if self._fixed or (together < 2 and not shortest):
            return interval(waited, self._fixed)
        opening = shortest * 1.02 + 0.02 if shortest else 0
        if waited < opening:
            return opening - waited
        least = SHORTEST_POLL if shortest else FIRST_POLL
        if together < 2:
            return max(least, min(LONGEST_POLL, waited * POLL_SHARE))
        share = FIRST_WAVE_SHARE if together >= MANY_JOBS and not shortest else JOINT_POLL_SHARE
        return max(least, min(LONGEST_JOINT_POLL, waited * share))


def ended(job: dict) -> bool:
    """Whether the job is in SUCCESS or FAIL (5.1.1)."""
    return job.get("status") in ("SUCCESS", "FAIL")


def entities(job: dict, key: str) -> list[str]:
    """All values of ``key`` among the job's entities: at the top, or in sub-jobs only (service.md, section 2)."""
    found, level = [], job.get("entities")
    if isinstance(level, dict):
        if isinstance(level.get(key), str):
            found.append(level[key])
        below = level.get("sub_jobs")
        for sub in below if isinstance(below, list) else []:
            if isinstance(sub, dict):
                found += entities(sub, key)
    return list(dict.fromkeys(found))


def duration(job: dict) -> float | None:
    """Seconds between the job's begin and end; None while either is missing."""
    try:
        begin, end = (time_of(job[key]) for key in ("begin_time", "end_time"))
        return round((end - begin).total_seconds(), 3)
    except (KeyError, ValueError, TypeError):
        return None
