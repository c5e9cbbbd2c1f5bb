# SPDX-License-Identifier: GPL-3.0-or-later
"""The client over a mounted adapter: what each answer and each broken connection means."""

from __future__ import annotations

import json

import pytest
import requests
from urllib3.exceptions import NewConnectionError, ProtocolError
from wire import Wire

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import api
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client as client_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import settings as settings_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import (
    ApiError,
    AuthError,
    ConfigError,
    ConnectionFailed,
    NotFound,
    UnknownFate,
)

BASE = "https://all.example"
PATH = "/v1/{project_id}/server-groups"


def make(*answers, **options):
    wire, sleeps = Wire(*answers), []
    session = requests.Session()
    session.mount("https://", wire)
    if not {"auth_token", "username"} & set(options):
        options = {"access_key": "AK", "secret_key": "SK-secret", **options}
    settings = settings_module.resolve({"endpoint": BASE, "project_id": "p1", "token_cache": False, **options}, {})
    return client_module.Client(settings, sleep=sleeps.append, session=session), wire, sleeps


def refused():
    return requests.ConnectionError(NewConnectionError(None, "refused"))


def lost():
    return requests.ConnectionError(ProtocolError("Connection aborted."))


@pytest.mark.parametrize("fault", [(429, {}), (502, b"<html>"), (503, {}), (504, {}), lost(), refused(), requests.ReadTimeout(),
                                   (200, b'{"trunc'), (200, b"<html>proxy</html>")])
def test_reading_is_repeated(fault):
    client, wire, sleeps = make(fault, fault, (200, {"ok": 1}))
    assert client.call("GET", "sdrs", PATH) == {"ok": 1}
    assert len(wire.sent) == 3 and len(sleeps) == 2 and all(0 < each <= 8 for each in sleeps)


@pytest.mark.parametrize("fault, error", [((503, {"error": {"code": "X"}}), ApiError), (lost(), ConnectionFailed), ((200, b"x"), ApiError)])
def test_reading_gives_up(fault, error):
    client, wire, _sleeps = make(*[fault] * 3, max_retries=2)
    with pytest.raises(error):
        client.call("GET", "sdrs", PATH)
    assert len(wire.sent) == 3


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("fault", [(502, {}), (503, {}), (504, {}), lost(), requests.ReadTimeout(), (200, b'{"job_id": "trunc')])
def test_writing_of_unknown_fate_is_not_repeated(method, fault):
    client, wire, _sleeps = make(fault)
    with pytest.raises(UnknownFate, match="the request may have taken effect"):
        client.call(method, "sdrs", PATH, body={})
    assert len(wire.sent) == 1


@pytest.mark.parametrize("fault", [(429, {}), refused(), requests.ConnectTimeout()])
def test_writing_that_was_not_carried_out_is_repeated(fault):
    client, wire, _sleeps = make(fault, (202, {"job_id": "j"}))
    assert client.call("POST", "sdrs", PATH, body={}) == {"job_id": "j"}
    assert len(wire.sent) == 2


@pytest.mark.parametrize("header, waited", [("3", 3.0), ("3600", 30.0), ("0", 0.0)])
def test_retry_after_is_obeyed_within_reason(header, waited):
    client, _wire, sleeps = make((429, {}, {"Retry-After": header}), (200, {}))
    client.call("GET", "sdrs", PATH)
    assert sum(sleeps) == pytest.approx(waited, abs=0.5)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500])
def test_other_errors_are_not_repeated(status):
    client, wire, _sleeps = make((status, {"error": {"code": "SDRS.0013", "message": "Internal error"}}, {"X-Request-Id": "r1"}))
    with pytest.raises(ApiError) as caught:
        client.call("GET", "sdrs", PATH)
    assert len(wire.sent) == 1 and caught.value.data["request_id"] == "r1"


def test_a_rejected_signature_is_never_repeated_and_not_shown():
    client, wire, _sleeps = make((401, {"error_code": "APIGW.0301", "error_msg": "verify aksk signature fail"}))
    with pytest.raises(AuthError, match="signature fail") as caught:
        client.call("GET", "sdrs", PATH)
    assert len(wire.sent) == 1 and "SK-secret" not in str(caught.value)


def test_a_given_token_is_not_renewed():
    client, wire, _sleeps = make((401, {}), auth_token="t0")
    with pytest.raises(AuthError):
        client.call("GET", "sdrs", PATH)
    assert wire.sent[0].headers["X-Auth-Token"] == "t0"


def token(value, **more):
    return (201, {"token": {"expires_at": "2099-01-01T00:00:00Z", "project": {"id": "p1"}, **more}}, {"X-Subject-Token": value})


PASSWORD = {"username": "u", "password": "the-password", "domain_name": "d", "region": "r1"}


def test_an_expired_token_is_renewed_once_and_the_call_repeated():
    client, wire, _sleeps = make(token("t1"), (401, {}), token("t2"), (200, {"ok": 1}), **PASSWORD)
    assert client.call("POST", "sdrs", PATH, body={"a": 1}) == {"ok": 1}
    assert [request.headers.get("X-Auth-Token") for request in wire.sent] == [None, "t1", None, "t2"]
    scope = json.loads(wire.sent[0].body)["auth"]["scope"]
    assert scope == {"project": {"id": "p1"}}


def test_a_token_rejected_twice_is_an_error():
    client, wire, _sleeps = make(token("t1"), (401, {}), token("t2"), (401, {}), **PASSWORD)
    with pytest.raises(AuthError):
        client.call("GET", "sdrs", PATH)
    assert len(wire.sent) == 4


def test_a_wrong_password_is_not_repeated():
    client, wire, _sleeps = make((401, {"error_msg": "The username or password is wrong.", "error_code": "IAM.0001"}), **PASSWORD)
    with pytest.raises(AuthError, match="wrong") as caught:
        client.call("GET", "sdrs", PATH)
    assert len(wire.sent) == 1 and "the-password" not in str(caught.value)


def test_tokens_are_cached(tmp_path):
    options = {**PASSWORD, "token_cache": True, "token_cache_dir": str(tmp_path / "c")}
    client, _wire, _sleeps = make(token("t1"), (200, {}), **options)
    client.call("GET", "sdrs", PATH)
    client, wire, _sleeps = make((200, {}), **options)
    client.call("GET", "sdrs", PATH)
    assert [request.headers.get("X-Auth-Token") for request in wire.sent] == ["t1"]


def test_the_catalogue_wins_over_the_pattern_and_gives_the_project():
    catalog = [{"type": "sdrs", "endpoints": [
        {"interface": "admin", "region_id": "r1", "url": "https://no"}, {"interface": "public", "region_id": "r2", "url": "https://no"},
        {"interface": "public", "region_id": "r1", "url": "https://sdrs.private.example/v1/p1"}]}]
    client, wire, _sleeps = make(token("t1", catalog=catalog), (200, {}), **PASSWORD, endpoint=None, project_id=None)
    client.call("GET", "sdrs", PATH)
    assert [request.url for request in wire.sent] == ["https://iam.r1.myhuaweicloud.com/v3/auth/tokens", "https://sdrs.private.example/v1/p1/server-groups"]


def test_the_project_is_looked_up_by_name_and_remembered(tmp_path):
    options = {"project_id": None, "project_name": "eu-de_erp", "token_cache": True, "token_cache_dir": str(tmp_path / "c")}
    projects = (200, {"projects": [{"id": "wrong", "name": "eu-de_erp_2"}, {"id": "p9", "name": "eu-de_erp"}]})
    client, wire, _sleeps = make(projects, (200, {}), **options)
    client.call("GET", "sdrs", PATH)
    assert wire.sent[0].url == BASE + "/v3/projects?name=eu-de_erp" and wire.sent[1].url.endswith("/v1/p9/server-groups")
    assert wire.sent[1].headers["X-Project-Id"] == "p9"
    client, wire, _sleeps = make((200, {}), **options)
    client.call("GET", "sdrs", PATH)
    assert len(wire.sent) == 1
    options["project_name"] = "none"
    client, wire, _sleeps = make(projects, **options)
    with pytest.raises(ApiError, match="no project is named 'none'"):
        client.call("GET", "sdrs", PATH)


def test_pages_beyond_a_thousand_objects_are_read():
    everything = [{"id": str(number)} for number in range(2500)]

    def page(request):
        offset = int(dict(pair.split("=") for pair in request.url.partition("?")[2].split("&") if pair).get("offset", 0))
        return 200, {"server_groups": everything[offset:offset + 1000], "count": 2500}

    client, wire, _sleeps = make(page, page, page)
    assert client.pages("sdrs", PATH, "server_groups") == everything
    assert "limit" not in wire.sent[0].url and len(wire.sent) == 3


def test_a_service_that_counts_the_page_only_is_read_to_its_end():
    client, _wire, _sleeps = make(
        (200, {"server_groups": [{"id": str(number)} for number in range(1000)], "count": 1000}), (200, {"server_groups": [{"id": "x"}], "count": 1})
    )
    assert len(client.pages("sdrs", PATH, "server_groups")) == 1001


@pytest.mark.parametrize("answer", [{"server_groups": "text"}, {"server_groups": {"a": 1}}, [], "text", None, 7])
def test_json_of_another_shape_is_an_error_at_once(answer):
    client, wire, sleeps = make((200, json.dumps(answer).encode()), (200, {"server_groups": []}))
    with pytest.raises(ApiError) as caught:
        client.pages("sdrs", PATH, "server_groups")
    assert len(wire.sent) == 1 and sleeps == [] and not caught.value.data.get("retryable"), "asking again brings the same"


@pytest.mark.parametrize("hostile", ["../../v3/users", "a/b", "x\ny", "", "..", ".", None, {"a": 1}, "a?b=c", "x" * 200])
def test_ids_that_are_none_never_reach_a_path(hostile):
    client, wire, _sleeps = make()
    with pytest.raises(ApiError, match="is not an ID"):
        api.Api(client).call("show_server_group", server_group=hostile)
    assert wire.sent == []


def test_id_lists_are_split_at_thirty():
    ids = ["%032d" % number for number in range(65)]
    client, wire, _sleeps = make(*[(200, {"replications": [{"id": str(number)}], "count": 1}) for number in range(3)])
    assert len(api.Api(client).list("list_replications", {"server_group_ids": ids, "name": None})) == 3
    assert [request.url.count("%22%2C%22") + 1 for request in wire.sent] == [30, 30, 5]


def test_no_answer_and_204_are_empty():
    client, _wire, _sleeps = make((204, b""), (200, b""))
    assert client.call("POST", "sdrs", PATH) == {} and client.call("DELETE", "sdrs", PATH) == {}


def test_not_found_by_code():
    client, _wire, _sleeps = make((400, {"error": {"code": "SDRS.1013", "message": "Protection group not found"}}))
    with pytest.raises(NotFound):
        api.Api(client).call("show_server_group", server_group="a")


def test_ecs_pages_are_numbered():
    many = [{"id": str(number), "name": "s"} for number in range(1500)]
    client, wire, _sleeps = make((200, {"servers": many[:1000], "count": 1500}), (200, {"servers": many[1000:], "count": 1500}))
    assert len(api.Api(client).servers("s")) == 1500
    assert "offset" not in wire.sent[0].url and "offset=2" in wire.sent[1].url


def test_a_region_without_the_service_is_refused_before_anything_is_sent():
    client, wire, _sleeps = make(access_key="AK", secret_key="SK", endpoint=None, region="eu-nl", project_id=None)
    with pytest.raises(ConfigError, match="eu-nl .* does not offer SDRS"):
        client.call("GET", "sdrs", PATH)
    assert wire.sent == [], "not even the project was looked up"


def test_the_catalogue_may_have_what_a_region_is_said_to_lack():
    catalogue = [{"type": "sdrs", "endpoints": [{"region_id": "eu-nl", "interface": "public", "url": "https://sdrs.new.example/v1/p9"}]}]

    def answer(found):
        return (201, {"token": {"project": {"id": "p9"}, "catalog": found, "expires_at": "2099-01-01T00:00:00Z"}}, {"X-Subject-Token": "t"})

    login = dict(username="u", password="p", domain_name="d", endpoint=None, region="eu-nl", project_id=None)
    client, wire, _sleeps = make(answer(catalogue), (200, {"server_groups": []}), **login)
    assert client.pages("sdrs", PATH, "server_groups") == [] and wire.sent[-1].url == "https://sdrs.new.example/v1/p9/server-groups"
    client, wire, _sleeps = make(answer([]), **login)
    with pytest.raises(ConfigError, match="eu-nl .* does not offer SDRS"):
        client.pages("sdrs", PATH, "server_groups")
    assert [request.url for request in wire.sent] == ["https://iam.eu-nl.otc.t-systems.com/v3/auth/tokens"]
