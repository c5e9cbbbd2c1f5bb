# SPDX-License-Identifier: GPL-3.0-or-later
"""Job outcome, what a job made, and how often to look at it. PRIVATE to the collection. Imports nothing of Ansible."""

from __future__ import annotations

from datetime import datetime

FIRST_LOOK = 0.25
_LONGEST, _LONGEST_JOINT = 10.0, 30.0
# Of the time already waited. A lone job is noticed well within a tenth of its length. Many at once share their looks, and
# rarer ones keep the calls few: the mean delay is half of this share. The rarest are for the first wave of very many,
# while nothing is known of how long such jobs take.
_SHARE, _JOINT_SHARE, _FIRST_WAVE_SHARE = 1 / 10, 1 / 6, 1 / 4
_MANY = 8
# Jobs of one kind end about together: looks this near each other, as a share of the time waited, are one.
SLACK = 0.08
_SHORTEST_INTERVAL = 0.05


def interval(waited, fixed=None):
    """Seconds until the next look at a job that has been waited for ``waited`` seconds.

    About a tenth of the time already waited, so that its end is noticed within a tenth of its length.
    """
    if fixed:
        return float(fixed)
    return min(_LONGEST, max(FIRST_LOOK, waited * _SHARE))


class Pace:
    """When to look at jobs of which many run: no job is looked at before the shortest of its kind so far has ended.

    :param fixed: seconds, when the user wants fixed intervals
    """

    def __init__(self, fixed=None):
        self._fixed = fixed
        self._shortest = {}

    def learn(self, call, seconds):
        """A job that ``call`` started took ``seconds``."""
        if seconds > 0:
            self._shortest[call] = min(seconds, self._shortest.get(call, seconds))

    def wait(self, call, waited, together):
        """Seconds until the next look at what ``call`` started ``waited`` seconds ago.

        :param together: how many jobs are being waited for
        """
        shortest = self._shortest.get(call)
        if self._fixed or (together < 2 and not shortest):
            return interval(waited, self._fixed)
        opening = shortest * 1.02 + 0.02 if shortest else 0
        if waited < opening:
            return opening - waited
        least = _SHORTEST_INTERVAL if shortest else FIRST_LOOK
        if together < 2:
            return max(least, min(_LONGEST, waited * _SHARE))
        share = _FIRST_WAVE_SHARE if together >= _MANY and not shortest else _JOINT_SHARE
        return max(least, min(_LONGEST_JOINT, waited * share))


def ended(job):
    """Whether the job is in SUCCESS or FAIL (5.1.1)."""
    return job.get("status") in ("SUCCESS", "FAIL")


def entities(job, key):
    """All values of ``key`` among the job's entities: at the top, or in sub-jobs only (field notes 3.1)."""
    found, level = [], job.get("entities")
    if isinstance(level, dict):
        if isinstance(level.get(key), str):
            found.append(level[key])
        for sub in level.get("sub_jobs") if isinstance(level.get("sub_jobs"), list) else []:
            if isinstance(sub, dict):
                found += entities(sub, key)
    return list(dict.fromkeys(found))


def duration(job):
    """Seconds between the job's begin and end; None while either is missing."""
    try:
        begin, end = (datetime.fromisoformat(str(job[key]).replace("Z", "+00:00")) for key in ("begin_time", "end_time"))
        return round((end - begin).total_seconds(), 3)
    except (KeyError, ValueError, TypeError):
        return None
