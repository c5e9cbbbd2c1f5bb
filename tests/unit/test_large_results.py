# SPDX-License-Identifier: GPL-3.0-or-later
"""What results repeat of many objects: AWX keeps each one in its database, and drops what is larger than 700,000 bytes."""

from __future__ import annotations

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.odd import Odd
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import sizes
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._module.host import shown


def job(statuses):
    return {"job_id": "j", "status": "SUCCESS", "entities": {"server_group_id": "g", "sub_jobs": [{"status": each} for each in statuses]}}


def test_few_sub_jobs_are_all_there():
    few = job(["SUCCESS"] * 100)
    assert sizes._with_few_parts(few) is few


@pytest.mark.parametrize("odd", [None, {}, {"sub_jobs": None}, {"sub_jobs": "x"}, {"sub_jobs": {"a": 1}}])
def test_what_is_no_list_stays(odd):
    assert sizes._with_few_parts({"entities": odd}) == {"entities": odd}


def test_of_many_sub_jobs_those_that_did_not_succeed():
    many = sizes._with_few_parts(job(["SUCCESS"] * 998 + ["FAIL", "RUNNING", "SUCCESS"]))
    assert [each["status"] for each in many["entities"]["sub_jobs"]] == ["FAIL", "RUNNING"]
    assert many["entities"]["sub_jobs_succeeded"] == 999 and many["entities"]["server_group_id"] == "g"


def test_large_options_are_told_by_their_size():
    params = {"server_groups": [{"name": "n" * 100}] * 100, "region": "r" * 9000, "ids": ["a"], "wait": True}
    assert shown(None, params) == {**params, "server_groups": "11400 bytes"}, "texts are options of people"


def test_only_some_fields():
    instances = [{"id": "a", "name": "x", "tags": []}, Odd({"id": "b", "name": 7}, "instance", {"name": "no text"})]
    assert sizes.only(instances, None) is instances and sizes.only({"name": "x"}, ["id"]) == {"name": "x"}
    assert sizes.only(instances, ["name", "nothing"]) == [{"name": "x"}, {"name": 7}]


def test_of_many_jobs_of_a_document_those_that_did_not_succeed():
    jobs = [{"job_id": str(number), "status": "SUCCESS", "error_code": None} for number in range(101)]
    assert sizes.shown_jobs(jobs, compact=False) == jobs and len(sizes.shown_jobs(jobs[:100], compact=True)) == 100
    assert sizes.shown_jobs([*jobs, {"job_id": "f", "status": "FAIL"}], compact=True) == [{"job_id": "f", "status": "FAIL"}]
