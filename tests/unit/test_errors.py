# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils import _errors
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._error_codes import CODES


def test_the_table_has_all_codes_of_the_reference():
    assert len(CODES) == 256
    assert all(code.startswith("SDRS.") and len(code) == 9 and status in (400, 404, 500) for code, (status, *_rest) in CODES.items())
    assert CODES["SDRS.2206"][0] == 404 and CODES["SDRS.0013"][0] == 500
    assert CODES["SDRS.1376"][1].endswith("billed in yearly/monthly mode")


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_comes_back_with_description_and_remedy(code):
    status, message, description, remedy = CODES[code]
    error = _errors.api_error(status, json.dumps({"error": {"code": code, "message": message}}), "req-1")
    data = error.as_dict()
    assert (data["code"], data["http_status"], data["message"], data["request_id"]) == (code, status, message, "req-1")
    assert data["description"] == description and data["remedy"] == remedy
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
        assert _errors.read_body(form) == ("X.1", "sentence")


@pytest.mark.parametrize("body, message", [
    ("<html><body><h1>502 Bad\nGateway</h1></body></html>", "502 Bad Gateway"),
    ("", "HTTP status 418 without an explanation"),
    ("[]", "HTTP status 418 without an explanation"),
    ("[" * 5000, "["),
    ('{"error": {"message": {"deep": 1}}}', "HTTP status 418 without an explanation"),
])
def test_bodies_that_are_no_json_objects(body, message):
    assert message in _errors.api_error(418, body).as_dict()["message"]


def test_unknown_codes_pass_through():
    data = _errors.api_error(400, {"error": {"code": "Ecs.0219", "message": "no"}}).as_dict()
    assert data["code"] == "Ecs.0219" and "description" not in data and data["retryable"] is False


def test_kinds():
    assert isinstance(_errors.api_error(400, {"error": {"code": "SDRS.1320", "message": "x"}}), _errors.NotFound)
    assert isinstance(_errors.api_error(404, ""), _errors.NotFound)
    gateway = _errors.api_error(404, {"error_code": "APIGW.0101", "error_msg": "The API does not exist"})
    assert not isinstance(gateway, _errors.NotFound) and gateway.not_offered and "does not offer" in str(gateway)
    assert isinstance(_errors.api_error(401, {"error_code": "APIGW.0301", "error_msg": "verify aksk signature fail"}), _errors.AuthError)


def test_a_failed_job_tells_its_failing_sub_job():
    job = {
        "job_id": "j1", "job_type": "createProtectedInstanceNoCG", "status": "FAIL", "error_code": "SDRS.0406", "fail_reason": "sub",
        "entities": {"sub_jobs": [
            {"status": "SUCCESS", "job_id": "s0", "job_type": "a", "error_code": None},
            {"status": "FAIL", "job_id": "s1", "job_type": "createReplicationPairNoCG", "error_code": "EVS.2024", "fail_reason": "volume is error!"},
        ]},
    }
    error = _errors.job_error(job)
    for part in ("createProtectedInstanceNoCG", "j1", "EVS.2024", "volume is error!", "createReplicationPairNoCG", "s1"):
        assert part in str(error)
    assert error.as_dict()["job_id"] == "j1" and error.as_dict()["code"] == "EVS.2024"
    assert "gave no reason" in str(_errors.job_error({"job_id": "j", "status": "FAIL", "entities": "hostile"}))


def test_what_was_being_done_is_told_once():
    with pytest.raises(_errors.SdrsError) as caught, _errors.doing("outer"), _errors.doing("delete drill", "d1"):
        raise _errors.Refused("it is busy")
    assert str(caught.value) == "delete drill d1: it is busy."
