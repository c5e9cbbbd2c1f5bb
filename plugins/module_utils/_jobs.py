# SPDX-License-Identifier: GPL-3.0-or-later
"""Job outcome, what a job made, and how often to look at it. PRIVATE to the collection. Imports nothing of Ansible."""

from __future__ import annotations

from datetime import datetime

FIRST_LOOK = 0.5
LONGEST_INTERVAL = 10.0


def interval(waited, fixed=None):
    """Seconds until the next look at a job that has been waited for ``waited`` seconds.

    About a tenth of the time already waited, so that its end is noticed within a tenth of its length.
    """
    if fixed:
        return float(fixed)
    return min(LONGEST_INTERVAL, max(FIRST_LOOK, waited / 10))


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
