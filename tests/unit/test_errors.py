# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import errors
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.error_codes import CODES


def test_the_table_has_all_codes_of_the_reference():
    assert len(CODES) == 256
    assert all(code.startswith("SDRS.") and len(code) == 9 and status in (400, 404, 500) for code, (status, *_rest) in CODES.items())
    assert CODES["SDRS.2206"][0] == 404 and CODES["SDRS.0013"][0] == 500
    assert CODES["SDRS.1376"][1].endswith("billed in yearly/monthly mode")


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_comes_back_with_description_and_remedy(code):
    status, message, description, remedy, retryable = CODES[code]
    error = errors.api_error(status, json.dumps({"error": {"code": code, "message": message}}), "req-1")
    data = error.as_dict()
    assert (data["code"], data["http_status"], data["message"], data["request_id"]) == (code, status, message, "req-1")
    assert data["description"] == description and data["remedy"] == remedy and data["retryable"] is retryable
    assert code in str(error) and remedy in str(error) and "\n" not in str(error)


@pytest.mark.parametrize("body", [
    {"error": {"code": "X.1", "message": "sentence"}},
    {"badrequest": {"code": "X.1", "message": "sentence"}},
    {"itemNotFound": {"code": "X.1", "message": "sentence"}},
    {"error_code": "X.1", "error_msg": "sentence"},
    {"error_code": "X.1", "error_msg": "sentence", "request_id": "r"},
    {"code": "X.1", "message": "sentence"},
    {"errorCode": "X.1", "errorMsg": "sentence"},
])
def test_shapes_of_error_bodies(body):
    for form in (body, json.dumps(body), json.dumps(body).encode()):
        assert errors.read_body(form) == ("X.1", "sentence")


@pytest.mark.parametrize("body, message", [
    ("<html><body><h1>502 Bad\nGateway</h1></body></html>", "502 Bad Gateway"),
    ("", "HTTP status 418 without an explanation"),
    ("[]", "HTTP status 418 without an explanation"),
    ("[" * 5000, "["),
    ('{"error": {"message": {"deep": 1}}}', "HTTP status 418 without an explanation"),
])
def test_bodies_that_are_no_json_objects(body, message):
    assert message in errors.api_error(418, body).as_dict()["message"]


def test_unknown_codes_pass_through():
    data = errors.api_error(400, {"error": {"code": "Ecs.0219", "message": "no"}}).as_dict()
    assert data["code"] == "Ecs.0219" and "description" not in data and data["retryable"] is False


def test_kinds():
    assert isinstance(errors.api_error(400, {"error": {"code": "SDRS.1320", "message": "x"}}), errors.NotFound)
    assert isinstance(errors.api_error(404, ""), errors.NotFound)
    gateway = errors.api_error(404, {"error_code": "APIGW.0101", "error_msg": "The API does not exist"})
    assert not isinstance(gateway, errors.NotFound) and gateway.not_offered and "does not offer" in str(gateway)
    assert isinstance(errors.api_error(401, {"error_code": "APIGW.0301", "error_msg": "verify aksk signature fail"}), errors.AuthError)


def test_a_failed_job_tells_its_failing_sub_job():
    job = {
        "job_id": "j1", "job_type": "createProtectedInstanceNoCG", "status": "FAIL", "error_code": "SDRS.0406", "fail_reason": "sub",
        "entities": {"sub_jobs": [
            {"status": "SUCCESS", "job_id": "s0", "job_type": "a", "error_code": None},
            {"status": "FAIL", "job_id": "s1", "job_type": "createReplicationPairNoCG", "error_code": "EVS.2024", "fail_reason": "volume is error!"},
        ]},
    }
    error = errors.job_error(job)
    for part in ("createProtectedInstanceNoCG", "j1", "EVS.2024", "volume is error!", "createReplicationPairNoCG", "s1"):
        assert part in str(error)
    assert error.as_dict()["job_id"] == "j1" and error.as_dict()["code"] == "EVS.2024"
    assert "gave no reason" in str(errors.job_error({"job_id": "j", "status": "FAIL", "entities": "hostile"}))


INNER = json.dumps({"badRequest": {"message": "Extending the disk failed: quota", "code": 400}})


@pytest.mark.parametrize("code, reason, expected", [
    ("SDRS.0001", "SdrsSomethingTask-fail:SDRS.0011:Client error : " + INNER, ("SDRS.0011", "Extending the disk failed: quota (400)")),
    ("SDRS.0406", 'Failed: {"error": {"code": "EVS.2024", "message": "volume is error!"}} and so on', ("EVS.2024", "volume is error!")),
    ("SDRS.0406", {"error": {"code": "EVS.2024", "message": "volume is error!"}}, ("EVS.2024", "volume is error!")),
    # Two deep, and escaped as text in text.
    ("SDRS.1", json.dumps({"error": {"code": "Ecs.0001", "message": "outer " + json.dumps({"message": "the cause " + "x" * 900, "code": "VPC.0209"})}}),
     ("VPC.0209", "the cause " + "x" * 589 + "…")),
    ("SDRS.1", 'error: {\\"badRequest\\": {\\"message\\": \\"inside\\", \\"code\\": \\"EVS.1234\\"}}', ("EVS.1234", "inside")),
    (None, "x: " + INNER, ("400", "Extending the disk failed: quota")),
    # What holds no error stays as it is.
    ("EVS.2024", "volume is error!", ("EVS.2024", "volume is error!")), ("A.1", "set {a} of {b", ("A.1", "set {a} of {b")),
    ("A.1", 'it said {"weight": 7}', ("A.1", 'it said {"weight": 7}')), (None, None, (None, None)), ("A.1", "{" * 60_000, ("A.1", "{" * 599 + "…")),
    (7, [1], ("7", None)),
])
def test_a_cause_inside_a_cause_is_shown(code, reason, expected):
    assert errors.innermost(code, reason) == expected
    failing = {"status": "FAIL", "job_id": "s1", "job_type": "sub", "error_code": code, "fail_reason": reason}
    parent = {"status": "FAIL", "job_id": "j", "job_type": "t", "error_code": "SDRS.0406", "fail_reason": "sub-job", "entities": {"sub_jobs": [failing]}}
    for job in (failing, parent):
        if reason and expected[1]:
            assert str(expected[1])[:60] in str(errors.job_error(job)) and errors.job_error(job).data.get("code") == expected[0]


@pytest.mark.parametrize("status", [405, 501])
@pytest.mark.parametrize("body", ["", {"error": {"code": "X.1", "message": "no"}}])
def test_a_method_that_is_not_allowed_or_implemented_is_not_offered(status, body):
    error = errors.api_error(status, body)
    assert error.not_offered and not isinstance(error, errors.NotFound) and "does not offer" in str(error)


def test_what_was_being_done_is_told_once():
    with pytest.raises(errors.SdrsError) as caught, errors.doing("outer"), errors.doing("delete drill", "d1"):
        raise errors.Refused("it is busy")
    assert str(caught.value) == "delete drill d1: it is busy."
