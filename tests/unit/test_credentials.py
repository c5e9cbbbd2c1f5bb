# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials of real accounts: passcodes, IDs of accounts, agencies, keys of an ECS; what is sent is what the vendor's models declare."""

from __future__ import annotations

import configparser
import json
import re
from importlib import metadata
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import vendor
import yaml
from wire import Wire

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client as client_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import connection, credentials, mask
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import settings as settings_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import AuthError, ConfigError, ConnectionFailed

BASE, META = "https://all.example", "https://meta.example"
PATH = "/v1/{project_id}/server-groups"
USER_ID, ACCOUNT_ID = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
PASSWORD = {"username": "u", "password": "the-password", "domain_name": "d", "region": "r1"}
KEYS = {"access_key": "AK-of-tests", "secret_key": "SK-secret"}
AGENCY = {"agency_name": "operators", "agency_domain_name": "customer"}


def make(*answers, clock=None, **options):
    wire, session = Wire(*answers), requests.Session()
    session.mount("https://", wire)
    settings = settings_module.resolve({"endpoint": BASE, "project_id": "p1", "token_cache": False, **options}, {})
    made = client_module.Client(settings, sleep=lambda seconds: None, session=session)
    if clock:
        made.auth._clock = clock
    return made, wire


def token(value, **more):
    return (201, {"token": {"expires_at": "2099-01-01T00:00:00.000000Z", "project": {"id": "p1"}, **more}}, {"X-Subject-Token": value})


def bodies(wire):
    return [json.loads(request.body)["auth"] for request in wire.sent if request.url.endswith("/v3/auth/tokens")]


def wrong(model, body):
    """What the vendor's model of a request would lose, or declares otherwise."""
    return vendor.lost("iam", "Keystone%sRequestBody" % model, {"auth": body})


# Passwords and passcodes --------------------------------------------------------------------------------------------------


def test_a_passcode_is_sent_with_the_password_as_the_vendor_declares():
    client, wire = make(token("t1"), (200, {}), passcode="123456", user_id=USER_ID, **PASSWORD)
    client.call("GET", "sdrs", PATH)
    assert bodies(wire) == [{
        "identity": {"methods": ["password", "totp"],
                     "password": {"user": {"name": "u", "password": "the-password", "domain": {"name": "d"}}},
                     "totp": {"user": {"id": USER_ID, "passcode": "123456"}}},
        "scope": {"project": {"id": "p1"}},
    }]
    assert wrong("CreateUserTokenByPasswordAndMfa", bodies(wire)[0]) == []


def test_a_password_alone_is_sent_as_the_vendor_declares():
    client, wire = make(token("t1"), (200, {}), **PASSWORD)
    client.call("GET", "sdrs", PATH)
    assert wrong("CreateUserTokenByPassword", bodies(wire)[0]) == [] and bodies(wire)[0]["identity"]["methods"] == ["password"]


def test_a_passcode_without_the_users_id_is_refused():
    with pytest.raises(ConfigError, match=r"passcode requires user_id"):
        settings_module.resolve({**PASSWORD, "passcode": "123456"}, {})


def test_a_passcode_is_not_used_twice():
    client, wire = make(token("t1"), (401, {}), passcode="123456", user_id=USER_ID, **PASSWORD)
    with pytest.raises(AuthError, match="the token is no longer valid or was rejected, and a passcode is valid for one login only") as caught:
        client.call("GET", "sdrs", PATH)
    assert "Run the task again with a new passcode" in caught.value.data["remedy"] and len(bodies(wire)) == 1
    assert "123456" not in str(caught.value)


def test_a_token_is_kept_for_its_passcode(tmp_path):
    options = {**PASSWORD, "passcode": "123456", "user_id": USER_ID, "token_cache": True, "token_cache_dir": str(tmp_path / "c")}
    client, _wire = make(token("t1"), (200, {}), **options)
    client.call("GET", "sdrs", PATH)
    client, wire = make((200, {}), **options)
    client.call("GET", "sdrs", PATH)
    assert [request.headers.get("X-Auth-Token") for request in wire.sent] == ["t1"]
    client, wire = make(token("t2"), (200, {}), **{**options, "passcode": "654321"})
    client.call("GET", "sdrs", PATH)
    assert len(bodies(wire)) == 1, "another passcode is another login"
    client, wire = make(token("t3"), (200, {}), **{key: value for key, value in options.items() if key != "passcode"})
    client.call("GET", "sdrs", PATH)
    assert len(bodies(wire)) == 1, "a password alone does not open what password and passcode have opened"
    kept = [*(tmp_path / "c").iterdir()]
    assert kept and not [path for path in kept if re.search("123456|654321|the-password", path.name + path.read_text())]


@pytest.mark.parametrize("options, environment, user", [
    ({"domain_id": ACCOUNT_ID}, {}, {"name": "u", "domain": {"id": ACCOUNT_ID}}),
    ({}, {"OS_USER_DOMAIN_ID": ACCOUNT_ID}, {"name": "u", "domain": {"id": ACCOUNT_ID}}),
    ({}, {"HW_DOMAIN_ID": ACCOUNT_ID}, {"name": "u", "domain": {"id": ACCOUNT_ID}}),
    ({}, {"OS_DOMAIN_ID": ACCOUNT_ID}, {"name": "u", "domain": {"id": ACCOUNT_ID}}),
    # Of the same place the name, which the API documents; else what is nearer to the task.
    ({}, {"OS_USER_DOMAIN_ID": ACCOUNT_ID, "OS_USER_DOMAIN_NAME": "d"}, {"name": "u", "domain": {"name": "d"}}),
    ({"domain_id": ACCOUNT_ID}, {"OS_USER_DOMAIN_NAME": "d"}, {"name": "u", "domain": {"id": ACCOUNT_ID}}),
    ({"domain_name": "d"}, {"OS_USER_DOMAIN_ID": ACCOUNT_ID}, {"name": "u", "domain": {"name": "d"}}),
    ({"user_id": USER_ID, "username": None}, {}, {"id": USER_ID}),
    ({"username": None}, {"OS_USER_ID": USER_ID, "OS_USER_DOMAIN_NAME": "d"}, {"id": USER_ID}),
    # The ID of the environment may be another user's than the name of the task.
    ({"domain_name": "d"}, {"OS_USER_ID": USER_ID}, {"name": "u", "domain": {"name": "d"}}),
    ({"user_id": USER_ID, "username": None}, {"OS_USERNAME": "somebody", "OS_USER_DOMAIN_NAME": "d"}, {"id": USER_ID}),
])
def test_who_logs_in(options, environment, user):
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.login import identity_of

    given = {"username": "u", "password": "p", **options}
    settings = settings_module.resolve({key: value for key, value in given.items() if value}, environment)
    assert settings.kind == "password" and identity_of(settings.credentials)["password"]["user"] == {"password": "p", **user}


def test_a_name_without_an_account_is_incomplete():
    for environment in ({}, {"OS_USER_ID": USER_ID}):
        with pytest.raises(ConfigError, match="no complete credentials"):
            settings_module.resolve({"username": "u", "password": "p"}, environment)


# Agencies -----------------------------------------------------------------------------------------------------------------


def test_an_agency_is_assumed_with_a_password():
    client, wire = make(token("of-the-user"), token("of-the-agency", catalog=[]), (200, {"ok": 1}), **PASSWORD, **AGENCY)
    assert client.call("GET", "sdrs", PATH) == {"ok": 1}
    user, agency = bodies(wire)
    assert user["scope"] == {"domain": {"name": "d"}}, "the project is not one of the user's account"
    assert agency == {
        "identity": {"methods": ["assume_role"], "assume_role": {"agency_name": "operators", "domain_name": "customer"}}, "scope": {"project": {"id": "p1"}},
    }
    assert wrong("CreateAgencyToken", agency) == [] and wrong("CreateUserTokenByPassword", user) == []
    assert [request.headers.get("X-Auth-Token") for request in wire.sent] == [None, "of-the-user", "of-the-agency"]


def test_an_agency_is_assumed_with_keys_and_with_a_token():
    client, wire = make(token("of-the-agency"), (200, {}), **KEYS, **AGENCY, domain_id=ACCOUNT_ID, region="r1")
    client.call("GET", "sdrs", PATH)
    signed = wire.sent[0].headers
    assert signed["Authorization"].startswith("SDK-HMAC-SHA256 Access=AK-of-tests") and signed["X-Domain-Id"] == ACCOUNT_ID
    assert "X-Project-Id" not in signed and "Authorization" not in wire.sent[1].headers and wire.sent[1].headers["X-Auth-Token"] == "of-the-agency"
    client, wire = make(token("of-the-agency"), (200, {}), auth_token="given", agency_name="operators", agency_domain_id=ACCOUNT_ID, region="r1")
    client.call("GET", "sdrs", PATH)
    assert [request.headers["X-Auth-Token"] for request in wire.sent] == ["given", "of-the-agency"]
    assert bodies(wire)[0]["identity"]["assume_role"] == {"agency_name": "operators", "domain_id": ACCOUNT_ID}
    assert wrong("CreateAgencyToken", bodies(wire)[0]) == []


def test_an_agencys_token_is_renewed_and_so_is_the_users():
    client, wire = make(token("u1"), token("a1"), (401, {}), (401, {}), token("u2"), token("a2"), (200, {"ok": 1}), **PASSWORD, **AGENCY)
    assert client.call("POST", "sdrs", PATH, body={}) == {"ok": 1}
    assert [request.headers.get("X-Auth-Token") for request in wire.sent] == [None, "u1", "a1", "u1", None, "u2", "a2"]


def test_tokens_of_agencies_are_kept_apart(tmp_path):
    options = {**PASSWORD, "token_cache": True, "token_cache_dir": str(tmp_path / "c")}
    for number, (agency, sent) in enumerate([(AGENCY, 3), (AGENCY, 1), ({**AGENCY, "agency_name": "others"}, 2), ({}, 2)]):
        answers = [(200, {})] if sent == 1 else [token("x%d" % number)] * (sent - 1) + [(200, {})]
        client, wire = make(*answers, **options, **agency)
        client.call("GET", "sdrs", PATH)
        assert len(wire.sent) == sent, (agency, "the token of the user's account is kept, too")
    assert not [path for path in (tmp_path / "c").iterdir() if "operators" in path.name or "the-password" in path.read_text()]


@pytest.mark.parametrize("given, message", [
    ({"agency_name": "operators"}, "agency_name requires agency_domain_name or agency_domain_id: the account that created the agency"),
    ({"agency_domain_name": "customer"}, "agency_domain_name is set, but agency_name is not: name the agency to assume, or leave out both"),
    ({"agency_domain_id": "x"}, "agency_domain_id is set, but agency_name is not: name the agency to assume, or leave out both"),
])
def test_half_an_agency_is_refused(given, message):
    with pytest.raises(ConfigError, match=message):
        settings_module.resolve({**KEYS, **given}, {})


def test_an_agency_of_the_environment():
    for environment in ({"HW_ASSUME_ROLE_AGENCY_NAME": "a", "HW_ASSUME_ROLE_DOMAIN_NAME": "c"}, {"OS_AGENCY_NAME": "a", "OS_AGENCY_DOMAIN_NAME": "c"}):
        assert settings_module.resolve(KEYS, environment).agency == {"agency_name": "a", "agency_domain_name": "c"}
    settings = settings_module.resolve({**KEYS, "agency_domain_id": "x"}, {"OS_AGENCY_NAME": "a", "OS_AGENCY_DOMAIN_NAME": "c"})
    assert settings.agency == {"agency_name": "a", "agency_domain_id": "x"}
    assert settings_module.resolve(KEYS, {}).agency is None


@pytest.mark.parametrize("model, options", [
    ("KeystoneCreateAgencyTokenResponse", AGENCY), ("KeystoneCreateUserTokenByPasswordAndMfaResponse", {"passcode": "123456", "user_id": USER_ID}),
])
def test_answers_as_the_vendor_declares_them(model, options):
    """Each field of the vendor's models null, missing and of another value, and unknown ones, in the last answer of a login."""
    logins = 2 if "agency_name" in options else 1

    def log_in(answer):
        client, wire = make(*[token("user")] * (logins - 1), (201, answer, {"X-Subject-Token": "t9"}), (200, {"ok": 1}), **PASSWORD, **options)
        assert client.call("GET", "sdrs", PATH) == {"ok": 1} and wire.sent[-1].headers["X-Auth-Token"] == "t9"

    known = {"TokenCatalogEndpoint": [{"url": "https://sdrs.r1.example/v1/p1", "region": "r1", "region_id": "r1", "interface": "public"}]}
    full = vendor.fill("iam", model, known)
    log_in(full)
    log_in({**full, "token": {**full["token"], "unknown": {"a": [1]}}})
    for path, declared, _model in vendor.places("iam", model):
        for change in ("null", "missing", "other"):
            answer = json.loads(json.dumps(full))
            for parent in vendor.reached(answer, path[:-1]):
                if not isinstance(parent, dict):
                    continue
                parent[path[-1]] = None if change == "null" else vendor.other("iam", declared, {})
                if change == "missing":
                    del parent[path[-1]]
            log_in(answer)


# The agency of an ECS -----------------------------------------------------------------------------------------------------


def security_key(number, ends="2099-01-01T00:00:00.000000Z"):
    return (200, {"credential": {"access": "HST%d" % number, "secret": "secret-of-ecs-%d" % number, "securitytoken": "token-of-ecs-%d" % number,
                                 "expires_at": ends}})


ECS = {"ecs_agency": True, "metadata_url": META, "region": "r1"}


def test_keys_of_the_ecs_sign_requests():
    client, wire = make((404, {}), security_key(1), (200, {}), (200, {}), **ECS)
    client.call("GET", "sdrs", PATH)
    client.call("GET", "sdrs", PATH)
    # As the vendor's SDK asks.
    from huaweicloudsdkcore.auth.internal import MetadataAccessor as theirs

    asked = [(request.method, urlsplit(request.url).path) for request in wire.sent[:2]]
    assert asked == [("PUT", theirs._GET_TOKEN_PATH), ("GET", theirs._GET_SECURITY_KEY_PATH)]
    assert settings_module.METADATA_URL == theirs._METADATA_ENDPOINT
    assert wire.sent[0].headers[theirs._X_METADATA_TOKEN_TTL_SECONDS] == str(theirs._DEFAULT_TOKEN_TTL_SECONDS)
    for request in wire.sent[2:]:
        assert request.headers["X-Security-Token"] == "token-of-ecs-1" and "Access=HST1," in request.headers["Authorization"]
        assert request.headers["X-Project-Id"] == "p1"
    assert "secret-of-ecs" not in mask.masked("x secret-of-ecs-1 token-of-ecs-1").replace("********", "")


def test_a_metadata_service_that_wants_a_token():
    client, wire = make((200, b"metadata-token-0815"), security_key(1), (200, {}), **ECS)
    client.call("GET", "sdrs", PATH)
    assert wire.sent[1].headers["X-Metadata-Token"] == "metadata-token-0815" and "X-Metadata-Token" not in wire.sent[2].headers


def test_keys_are_replaced_before_they_end():
    now = [1_000_000.0]
    ends = "1970-01-12T14:46:40.000000Z"  # 1,003,600
    client, wire = make((404, {}), security_key(1, ends), (200, {}), (200, {}), (404, {}), security_key(2), (200, {}), clock=lambda: now[0], **ECS)
    client.call("GET", "sdrs", PATH)
    now[0] += 3000
    client.call("GET", "sdrs", PATH)
    now[0] += 400
    client.call("GET", "sdrs", PATH)
    assert ["HST2" in (request.headers.get("Authorization") or "") for request in wire.sent] == [False] * 6 + [True]


def test_keys_that_are_still_good_are_used_while_the_metadata_service_is_away():
    now = [1_000_000.0]
    lost = requests.ConnectionError()
    client, wire = make((404, {}), security_key(1, "1970-01-12T14:46:40Z"), (200, {}), lost, lost, lost, (200, {}), lost, lost, lost,
                        clock=lambda: now[0], **ECS)
    client.call("GET", "sdrs", PATH)
    now[0] += 3400
    client.call("GET", "sdrs", PATH)
    now[0] += 300
    with pytest.raises(ConnectionFailed, match="the metadata service does not respond"):
        client.call("GET", "sdrs", PATH)
    assert not wire.answers


def test_rejected_keys_are_replaced_once_where_there_are_others():
    client, wire = make((404, {}), security_key(1), (401, {}), (404, {}), security_key(2), (200, {"ok": 1}), **ECS)
    assert client.call("GET", "sdrs", PATH) == {"ok": 1}
    client, wire = make((404, {}), security_key(1), (401, {"error_msg": "rejected"}), (404, {}), security_key(1), **ECS)
    with pytest.raises(AuthError, match="rejected"):
        client.call("GET", "sdrs", PATH)
    assert not wire.answers, "a rejected signature is not repeated with the same key"


@pytest.mark.parametrize("answer", [(401, {"message": "Please configure Cloud Service Agency first"}), (404, {}), (200, {}), (200, b"<html>"), (200, []),
                                    (200, {"credential": {"access": "HST1", "secret": "s\n", "securitytoken": ""}})])
def test_an_ecs_without_an_agency(answer):
    client, wire = make((404, {}), answer, **ECS)
    with pytest.raises(AuthError, match="the metadata service returned no") as caught:
        client.call("GET", "sdrs", PATH)
    assert "an ECS that has an agency" in caught.value.data["remedy"] and not wire.answers


def test_nothing_is_asked_that_was_not_asked_for():
    for options, environment in (({}, {}), ({"ecs_agency": False}, {"SDRS_ECS_AGENCY": "1"}), ({}, {"SDRS_ECS_AGENCY": "0"}),
                                 ({}, {"SDRS_METADATA_URL": META})):
        with pytest.raises(ConfigError, match="no complete credentials"):
            settings_module.resolve(options, environment)
    assert settings_module.resolve({}, {"SDRS_ECS_AGENCY": "1"}).kind == "ecs_agency"
    assert settings_module.resolve(KEYS, {"SDRS_ECS_AGENCY": "1"}).kind == "aksk"
    assert settings_module.resolve({"ecs_agency": True}, {"HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "b"}).kind == "ecs_agency"
    with pytest.raises(ConfigError, match="more than one kind of credentials is set: ecs_agency and access_key/secret_key"):
        settings_module.resolve({**KEYS, "ecs_agency": True}, {})


@pytest.mark.parametrize("url, good", [("http://169.254.169.254", True), ("http://127.0.0.1:8123", True), ("https://metadata.example", True),
                                       ("http://metadata.example", False), ("http://10.0.0.1", False), ("http://[fe80::1]", True), ("x", False)])
def test_where_the_metadata_service_may_be(url, good):
    if good:
        assert settings_module.resolve({"ecs_agency": True, "metadata_url": url}, {}).metadata_url == url
    else:
        with pytest.raises(ConfigError, match="^metadata_url"):
            settings_module.resolve({"ecs_agency": True, "metadata_url": url}, {})


def test_no_proxy_is_used_for_the_metadata_service(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")
    session = connection.new_session()
    assert session.merge_environment_settings("http://169.254.169.254/x", {}, None, None, None)["proxies"] == {}
    assert session.merge_environment_settings("http://198.51.100.1/x", {}, None, None, None)["proxies"]


# clouds.yaml --------------------------------------------------------------------------------------------------------------

AUTH = {"username": "u", "password": "p", "user_domain_name": "d", "token": "t"}


@pytest.fixture
def cloud(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(**entry):
        (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"c": entry}}))
        return {"HOME": str(tmp_path), "OS_CLOUD": "c"}

    return write


@pytest.mark.parametrize("auth_type, kind", [
    (None, "aksk"), ("password", "password"), ("v3password", "password"), ("token", "token"), ("v3token", "token"), ("v3multifactor", "password"),
])
def test_the_kind_that_an_entry_names_is_used(cloud, auth_type, kind):
    entry = {"ak": "a", "sk": "s", "auth": AUTH, **({"auth_type": auth_type} if auth_type else {})}
    settings = settings_module.resolve({}, cloud(**entry))
    assert settings.kind == kind and set(settings.credentials) <= set(credentials.keys_of(kind))


def plugins():
    """All that openstacksdk can load by ``auth_type``."""
    found = configparser.ConfigParser()
    text = next(entry for entry in metadata.distribution("keystoneauth1").files if entry.name == "entry_points.txt")
    found.read(Path(str(metadata.distribution("keystoneauth1").locate_file(text))))
    return sorted(found["keystoneauth1.plugin"])


@pytest.mark.parametrize("auth_type", [*plugins(), "v3somethingnew", ["password"]], ids=str)
def test_every_auth_type_is_supported_or_refused_by_name(cloud, auth_type):
    entry = {"auth": {**AUTH, "application_credential_id": "i", "application_credential_secret": "hush-hush"}, "auth_type": auth_type}
    environment = {**cloud(**entry), "OS_USERNAME": "eu", "OS_PASSWORD": "ep", "OS_DOMAIN_NAME": "ed"}
    if isinstance(auth_type, str) and auth_type in credentials.AUTH_TYPES:
        assert settings_module.resolve({}, environment).credentials.get("username") in (None, "u")
        return
    with pytest.raises(ConfigError, match="^cloud entry: auth_type .* is not supported") as caught:
        settings_module.resolve({}, environment)
    text = str(caught.value)
    assert "hush" not in text and re.search(r"supported\. [A-Z].*\.$", text) and (not isinstance(auth_type, str) or auth_type in text)
    # What is given above does not need the entry's credentials.
    assert settings_module.resolve(KEYS, environment).kind == "aksk"


def test_every_refused_type_is_one_that_there_is():
    assert set(credentials.REFUSED) | set(credentials.AUTH_TYPES) <= set(plugins())


def test_the_guide_names_what_is_supported_and_what_is_not():
    guide = (Path(__file__).parents[2] / "docs/docsite/rst/guide_connection.rst").read_text()
    assert not [name for name in (*credentials.AUTH_TYPES, *credentials.REFUSED) if "``%s``" % name not in guide]


def test_an_application_credential_without_auth_type_is_refused_too(cloud):
    with pytest.raises(ConfigError, match="v3applicationcredential is not supported. Create access keys"):
        settings_module.resolve({}, cloud(auth={"application_credential_id": "i", "application_credential_secret": "s"}))


def test_multifactor_takes_password_and_passcode_only(cloud):
    auth = {"username": "u", "password": "p", "user_domain_name": "d", "user_id": USER_ID, "passcode": "123456"}
    entry = {"auth_type": "v3multifactor", "auth_methods": ["v3password", "v3totp"], "auth": auth}
    assert settings_module.resolve({}, cloud(**entry)).credentials["passcode"] == "123456"
    with pytest.raises(ConfigError, match="auth_methods: only v3password with v3totp"):
        settings_module.resolve({}, cloud(**{**entry, "auth_methods": ["v3password", "v3oidcpassword"]}))


@pytest.mark.parametrize("auth, domain", [
    ({"user_domain_id": "i"}, {"domain_id": "i"}), ({"domain_id": "i"}, {"domain_id": "i"}), ({"project_domain_id": "i"}, {"domain_id": "i"}),
    ({"user_domain_id": "i", "project_domain_name": "other"}, {"domain_id": "i"}), ({"user_domain_name": "n", "domain_id": "other"}, {"domain_name": "n"}),
    ({"domain_id": "i", "project_domain_name": "other"}, {"domain_id": "i"}),
])
def test_the_users_account_in_an_entry(cloud, auth, domain):
    settings = settings_module.resolve({}, cloud(auth={"username": "u", "password": "p", **auth}))
    assert settings.credentials == {"username": "u", "password": "p", **domain}


def test_an_entry_may_name_an_agency_or_that_of_the_ecs(cloud):
    assert settings_module.resolve({}, cloud(ak="a", sk="s", **AGENCY)).agency == AGENCY
    assert settings_module.resolve({}, cloud(ecs_agency=True)).kind == "ecs_agency"


def test_os_auth_type():
    both = {"OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_DOMAIN_NAME": "d", "OS_TOKEN": "t"}
    assert settings_module.resolve({}, {**both, "OS_AUTH_TYPE": "token"}).kind == "token"
    assert settings_module.resolve({}, {**both, "OS_AUTH_TYPE": "password"}).kind == "password"
    # It says nothing of access keys.
    assert settings_module.resolve({}, {"HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "s", "OS_AUTH_TYPE": "password"}).kind == "aksk"
    with pytest.raises(ConfigError, match="^OS_AUTH_TYPE: auth_type v3applicationcredential is not supported"):
        settings_module.resolve({}, {**both, "OS_AUTH_TYPE": "v3applicationcredential"})
    assert settings_module.resolve(KEYS, {"OS_AUTH_TYPE": "v3applicationcredential"}).kind == "aksk"


# Regions ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name, region", [
    ("eu-de", "eu-de"), ("eu-de_erp", "eu-de"), ("eu-de_erp_2", "eu-de"), ("cn-north-4_xyz", "cn-north-4"), ("cn-north-11", "cn-north-11"),
    ("cn-north-1", "cn-north-1"), ("cn-north-10", None), ("eu-de-erp", None), ("eu-dex", None), ("my-app-1_x", None), ("erp_eu-de", None), ("EU-DE", None),
    ("MOS", None), ("", None), ("_", None),
])
def test_the_region_that_a_projects_name_tells(name, region):
    settings = settings_module.resolve({**KEYS, **({"project_name": name} if name else {})}, {})
    assert settings.region == region and settings.project_name == (name or None)
    assert settings_module.resolve({**KEYS, "project_name": name, "region": "mine"}, {"OS_REGION_NAME": "other"}).region == "mine"
    assert settings_module.resolve({**KEYS, "project_name": name}, {"OS_REGION_NAME": "other"}).region == "other"


def test_the_vendors_regions_are_known():
    found = set()
    for name, _module in vendor.PACKAGES.values():
        for path in Path(vendor.importlib.import_module(name).__file__).parent.glob("region/*.py"):
            found |= set(re.findall(r'Region\("([^"]+)"', path.read_text()))
    assert len(found) > 20 and found | set(settings_module.DOMAINS) == credentials._REGIONS
