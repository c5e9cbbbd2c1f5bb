# SPDX-License-Identifier: GPL-3.0-or-later
"""What an identity service, or what stands between, can answer to a login."""

from __future__ import annotations

import json

import pytest
import requests
from wire import Wire

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import auth, token_cache
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client as client_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import settings as settings_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ApiError, AuthError, ConfigError, SdrsError, one_line

PATH = "/v1/{project_id}/server-groups"
PASSWORD = {"username": "u", "password": "the-password", "domain_name": "d", "region": "eu-de"}
TOKEN = "MIIDkgYJKoZIhvcNAQcCoIIDgzCCA38CAQExDTALBglghkgBZQMEAgEw"


def make(*answers, **options):
    """A client, its wire, and the warnings."""
    wire, warnings, session = Wire(*answers), [], requests.Session()
    session.mount("https://", wire)
    settings = settings_module.resolve({"token_cache": False, "project_id": "p1", **PASSWORD, **options}, {})
    return client_module.Client(settings, warn=warnings.append, sleep=lambda seconds: None, session=session), wire, warnings


def token(catalog=None, value=TOKEN, **more):
    content = {"expires_at": "2099-01-01T00:00:00Z", "project": {"id": "p1"}, "catalog": catalog, **more}
    return 201, {"token": content}, {"X-Subject-Token": value} if value is not None else {}


def entry(service, url, **more):
    return {"type": service, "endpoints": [{"interface": "public", "region_id": "eu-de", "url": url, **more}]}


def test_hosts_outside_the_cloud_are_warned_of_once():
    catalog = [entry("sdrs", "https://sdrs.evil.example/v1/p1"), entry("ecs", "https://ecs.eu-de.otc.t-systems.com"), entry("as", "https://as.evil.example")]
    client, wire, warnings = make(token(catalog), (401, {}), token(catalog), (200, {}), (200, {}))
    client.call("GET", "sdrs", PATH)
    client.call("GET", "as", PATH)
    assert len(warnings) == 1 and "as at as.evil.example, sdrs at sdrs.evil.example" in warnings[0] and "ecs" not in warnings[0]
    assert [request.url.split("/")[2] for request in wire.sent[1::2]] == ["sdrs.evil.example"] * 2


@pytest.mark.parametrize("options, catalog", [
    ({}, [entry("sdrs", "https://sdrs.eu-de.otc.t-systems.com/v1/p1")]), ({"endpoint": "https://mine.example"}, [entry("sdrs", "https://evil.example")]),
    ({"endpoints": {"sdrs": "https://mine.example"}}, [entry("sdrs", "https://evil.example")]), ({}, [entry("dns", "https://dns.evil.example")]),
    ({"endpoints": {"iam": "https://iam.private.example"}}, [entry("sdrs", "https://sdrs.private.example")]),
    ({"cloud_domain": "private.example", "endpoints": {"iam": "https://sso.example.org"}}, [entry("sdrs", "https://sdrs.private.example")]),
])
def test_hosts_that_are_meant_are_not_warned_of(options, catalog):
    client, _wire, warnings = make(token(catalog), (200, {}), **options)
    client.call("GET", "sdrs", PATH)
    assert not warnings


@pytest.mark.parametrize("catalog", [
    7, "x", {}, [7, None, "x", []], [{"type": []}], [{"type": {}, "endpoints": []}], [{"type": "sdrs"}], [{"type": "sdrs", "endpoints": 7}],
    [{"type": "sdrs", "endpoints": [7, None, [], "x"]}], [{"type": "sdrs", "endpoints": {}}], [entry("sdrs", 7)], [entry("sdrs", ["https://x"])],
    [entry("sdrs", "")],
    [entry("sdrs", "https://[")], [entry("sdrs", "sdrs")], [entry("sdrs", None)], [entry("sdrs", "https://x", interface=[])],
    [entry("sdrs", "https://x", region_id={})],
])
def test_a_catalogue_that_is_none_is_passed_over(catalog):
    client, wire, warnings = make(token(catalog), (200, {"ok": 1}))
    assert client.call("GET", "sdrs", PATH) == {"ok": 1}
    assert wire.sent[1].url == "https://sdrs.eu-de.otc.t-systems.com/v1/p1/server-groups" and not warnings


@pytest.mark.parametrize("url", ["http://sdrs.eu-de.otc.t-systems.com", "https://me:s3cret-pass@sdrs.otc.t-systems.com", "ftp://sdrs.otc.t-systems.com",
                                 "https://a b.otc.t-systems.com", "https://sdrs.otc.t-systems.com:99999"])
def test_a_url_of_the_catalogue_that_is_refused_is_blamed_on_it(url):
    client, wire, _warnings = make(token([entry("sdrs", url)]))
    with pytest.raises(ConfigError, match="^the URL of sdrs in the service catalogue") as caught:
        client.call("GET", "sdrs", PATH)
    assert len(wire.sent) == 1 and "s3cret" not in str(caught.value)


@pytest.mark.parametrize("value", [None, "", " ", "a b", TOKEN + "\r\n x", TOKEN + "\n", "\u00e4" * 20, TOKEN + "\x00"])
def test_a_token_that_cannot_be_sent(value):
    client, wire, _warnings = make(token(value=value), (200, {}))
    if value and value.strip() == TOKEN:
        client.call("GET", "sdrs", PATH)
        return
    with pytest.raises(AuthError, match="responded with(out| a token that is not valid)") as caught:
        client.call("GET", "sdrs", PATH)
    assert len(wire.sent) == 1 and TOKEN not in "%s %r" % (caught.value, caught.value)


@pytest.mark.parametrize("more", [
    {"project": 7}, {"project": []}, {"project": {"id": ""}}, {"project": None}, {"expires_at": 7},
    {"expires_at": "soon"}, {"expires_at": "0001-01-01T00:00:00"}, {"expires_at": "9999-12-31T23:59:59+14:00"}, {"expires_at": None}, {"expires_at": {}},
])
def test_a_login_with_odd_values(more):
    client, wire, _warnings = make(token(**more), (200, {}))
    client.call("GET", "sdrs", PATH)
    assert "/v1/p1/" in wire.sent[1].url


@pytest.mark.parametrize("projects", [
    None, 7, "x", {}, [7, "x", None, []], [{"name": "eu-de"}], [{"name": "eu-de", "id": 7}], [{"name": "eu-de", "id": ""}], [{"id": "x"}],
])
def test_projects_that_are_none(projects):
    client, _wire, _warnings = make((200, {"projects": projects}), username=None, password=None, domain_name=None, auth_token=TOKEN, project_id=None,
                                    max_retries=0)
    with pytest.raises(ApiError, match="no project is named 'eu-de'|the response contains no list 'projects'"):
        client.call("GET", "sdrs", PATH)


def test_a_token_is_hidden_as_soon_as_it_is_there():
    """Even when the answer that brought it cannot be used, and when somebody says it later."""
    unusable = (201, [TOKEN], {"X-Subject-Token": TOKEN})
    client, _wire, _warnings = make(*[unusable] * 6)
    with pytest.raises(SdrsError) as caught:
        client.call("GET", "sdrs", PATH)
    assert TOKEN not in str(caught.value) and TOKEN not in one_line(TOKEN)
    answers = [token(), (400, {"error": {"code": "X", "message": "bad token %s" % TOKEN}})]
    client, _wire, _warnings = make(*answers)
    with pytest.raises(ApiError, match="bad token [*]{8}") as caught:
        client.call("GET", "sdrs", PATH)
    assert TOKEN not in json.dumps(caught.value.as_dict())


@pytest.mark.parametrize("kept", [7, [], {}, {"token": 7, "catalogue": {}}, {"token": TOKEN + "\n x", "catalogue": {}}, {"token": TOKEN, "catalogue": 7},
                                  {"token": TOKEN, "catalogue": {"sdrs": 7}}, {"token": TOKEN}])
def test_a_cache_entry_that_is_no_login_is_a_miss(kept, tmp_path):
    options = {"token_cache": True, "token_cache_dir": str(tmp_path / "c")}
    client, wire, _warnings = make(token(), (200, {}), **options)
    identity = ("token", "https://iam.eu-de.otc.t-systems.com/v3/auth/tokens", "u", "d", "p1", "eu-de", "eu-de")
    token_cache.TokenCache(options["token_cache_dir"]).put(identity, "the-password", kept, 1e12)
    client.call("GET", "sdrs", PATH)
    assert wire.sent[0].method == "POST" and wire.sent[1].headers["X-Auth-Token"] == TOKEN


def test_read_catalogue_takes_the_first_public_one():
    catalog = [{"type": "sdrs", "endpoints": [{"interface": "internal", "url": "https://no"}, {"url": "https://a/v1/p1"}, {"url": "https://b"}]}]
    assert auth.read_catalogue(catalog, "eu-de", "p1") == {"sdrs": "https://a"}
