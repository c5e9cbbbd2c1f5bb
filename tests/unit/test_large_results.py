# SPDX-License-Identifier: GPL-3.0-or-later
"""What results repeat of many objects: AWX keeps each one in its database, and drops what is larger than 700,000 bytes."""

from __future__ import annotations

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.odd import Odd
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import run
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._module.host import shown


def job(statuses):
    return {"job_id": "j", "status": "SUCCESS", "entities": {"server_group_id": "g", "sub_jobs": [{"status": each} for each in statuses]}}


def test_few_sub_jobs_are_all_there():
    few = job(["SUCCESS"] * 100)
    assert run._with_few_parts(few) is few


@pytest.mark.parametrize("odd", [None, {}, {"sub_jobs": None}, {"sub_jobs": "x"}, {"sub_jobs": {"a": 1}}])
def test_what_is_no_list_stays(odd):
    assert run._with_few_parts({"entities": odd}) == {"entities": odd}


def test_of_many_sub_jobs_those_that_did_not_succeed():
    many = run._with_few_parts(job(["SUCCESS"] * 998 + ["FAIL", "RUNNING", "SUCCESS"]))
    assert [each["status"] for each in many["entities"]["sub_jobs"]] == ["FAIL", "RUNNING"]
    assert many["entities"]["sub_jobs_succeeded"] == 999 and many["entities"]["server_group_id"] == "g"


def test_large_options_are_told_by_their_size():
    params = {"server_groups": [{"name": "n" * 100}] * 100, "region": "r" * 9000, "ids": ["a"], "wait": True}
    assert shown(None, params) == {**params, "server_groups": "11400 bytes"}, "texts are options of people"


def test_only_some_fields():
    instances = [{"id": "a", "name": "x", "tags": []}, Odd({"id": "b", "name": 7}, "instance", {"name": "no text"})]
    assert run._only(instances, None) is instances and run._only({"name": "x"}, ["id"]) == {"name": "x"}
    assert run._only(instances, ["name", "nothing"]) == [{"name": "x"}, {"name": 7}]
