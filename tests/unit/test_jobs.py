# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import jobs


@pytest.mark.parametrize("length", [5, 15, 60, 120, 600])
def test_the_end_of_a_job_is_noticed_within_a_tenth_of_its_length(length):
    delays, looks = [], []
    for part in range(200):
        end, now, count = length + part / 100, 0.0, 0
        while now < end:
            now += jobs.interval(now)
            count += 1
        delays.append(now - end)
        looks.append(count)
    assert sum(delays) / len(delays) <= length / 10 and max(looks) < 100


def test_intervals():
    assert jobs.interval(0) == 0.25 and jobs.interval(60) == 6 and jobs.interval(10_000) == 10 and jobs.interval(60, 2) == 2


@pytest.mark.parametrize("entities, found", [
    ({"server_group_id": "a"}, ["a"]),
    ({"sub_jobs": [{"entities": {"server_group_id": "a"}}, {"entities": {"server_group_id": "a"}}]}, ["a"]),
    ({"sub_jobs": [{"entities": {"sub_jobs": [{"entities": {"server_group_id": "b"}}]}}]}, ["b"]),
    ({}, []), (None, []), ("text", []), ({"server_group_id": None, "sub_jobs": "x"}, []),
])
def test_entities_may_be_in_sub_jobs_only(entities, found):
    assert jobs.entities({"entities": entities}, "server_group_id") == found


@pytest.mark.parametrize("begin, end, seconds", [
    ("2018-04-19T01:55:30.443Z", "2018-04-19T01:55:45.493Z", 15.05), ("2018-04-19T01:55:30.443Z", None, None), ("x", "y", None),
])
def test_duration(begin, end, seconds):
    assert jobs.duration({"begin_time": begin, "end_time": end}) == seconds


@pytest.mark.parametrize("fraction", ["", ".0", ".25", ".412", ".412000", ".4120005"])
def test_a_job_s_duration_whatever_the_fraction_of_its_seconds(fraction):
    """The reference shows one to six digits; Python 3.10 takes three or six only."""
    job = {"begin_time": "2026-11-21 09:00:00%sZ" % fraction, "end_time": "2026-11-21T09:01:00%sZ" % fraction}
    assert jobs.duration(job) == 60
