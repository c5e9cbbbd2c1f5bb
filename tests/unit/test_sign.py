# SPDX-License-Identifier: GPL-3.0-or-later
"""Signatures against those of the vendor's SDK."""

from __future__ import annotations

from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest
import requests
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import auth as auth_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import sign

AK, SK = "AKIDEXAMPLE0123456789", "a secret key/with+signs=äö"
NOW = 1795222859.0

CASES = [
    ("GET", "/v1/p/server-groups", [], b"", {}),
    ("GET", "/", [], b"", {}),
    ("GET", "/v1/p/server-groups/", [("limit", "10"), ("name", "erp 1+1=2 äöü 保护组 ~*'()")], b"", {}),
    ("GET", "/v1/p/with space/ünïcode/保护/a~b.c_d-e", [("b", "2"), ("a", "1")], b"", {}),
    ("GET", "/v1/p/tags", [("key", "b"), ("key", "a"), ("key", ""), ("empty", "")], b"", {}),
    ("GET", "/v1/p/q", [("ids", '["x","y"]'), ("Z", "1"), ("a", "/&?")], b"", {}),
    ("POST", "/v1/p/protected-instances", [], '{"name": "größe"}'.encode(), {}),
    ("DELETE", "/v1/p/tags/a%20key%2Fslash", [], b"{}", {}),
    ("PUT", "/v1/p/x", [], b'{"a": 1}', {"X-Security-Token": "token/with+signs=="}),
]


@pytest.mark.parametrize("method, path, query, body, extra", CASES)
def test_authorization_equals_the_vendor_s(method, path, query, body, extra):
    headers = {"Host": "sdrs.example.com:8443", "X-Sdk-Date": "20261121T013059Z", "Content-Type": "application/json", "X-Project-Id": "p", **extra}
    url = "https://sdrs.example.com:8443" + quote(path, safe="/%~") + ("?" + urlencode(query, quote_via=quote) if query else "")
    mine = sign.authorization(AK, SK, method, url, headers, body)
    theirs = SdkRequest(
        method=method, schema="https", host="sdrs.example.com:8443", resource_path=path, query_params=list(query),
        header_params=dict(headers), body=body,
    )
    Signer(BasicCredentials(AK, SK, "p")).sign(theirs)
    assert mine == theirs.header_params["Authorization"]


@pytest.mark.parametrize("params", [None, {"name": "a b+c/é", "empty": "", "twice": ["2", "1"]}])
@pytest.mark.parametrize("token", [None, "temporary"])
@pytest.mark.parametrize("body", [None, '{"x": "ß"}'.encode()])
def test_a_prepared_request_is_signed_as_it_is_sent(params, token, body):
    auth = auth_module.AkSkAuth({"access_key": AK, "secret_key": SK, **({"security_token": token} if token else {})}, clock=lambda: NOW)
    auth.project_id = "p"
    url = "https://h.example.com/v1/p/objects with space/ü"
    prepared = requests.Request("POST" if body else "GET", url, params=params, data=body, auth=auth,
                                headers={"Content-Type": "application/json"}).prepare()
    parts = urlsplit(prepared.url)
    signed = prepared.headers["Authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")
    assert {"host", "x-sdk-date", "content-type", "x-project-id"} <= set(signed) and ("x-security-token" in signed) == bool(token)
    theirs = SdkRequest(
        method=prepared.method, schema="https", host=parts.netloc, resource_path=parts.path,
        query_params=parse_qsl(parts.query, keep_blank_values=True), header_params={name: prepared.headers[name] for name in signed}, body=body,
    )
    Signer(BasicCredentials(AK, SK, "p")).sign(theirs)
    assert prepared.headers["Authorization"].rsplit("=", 1)[1] == theirs.header_params["Authorization"].rsplit("=", 1)[1]
    assert SK not in str(prepared.headers)
