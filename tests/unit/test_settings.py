# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
import yaml

from ansible_collections.cloud_dr.sdrs.plugins.module_utils import _settings
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._errors import ConfigError

KEYS = {"access_key": "ak", "secret_key": "sk"}
PASSWORD = {"username": "u", "password": "p", "domain_name": "d"}


@pytest.fixture
def clouds(tmp_path, monkeypatch):
    """Write clouds.yaml and secure.yaml where they are searched, and give the environment."""
    monkeypatch.chdir(tmp_path)

    def write(clouds, secure=None, name="clouds.yaml"):
        (tmp_path / name).write_text(yaml.safe_dump({"clouds": clouds}))
        if secure:
            (tmp_path / "secure.yaml").write_text(yaml.safe_dump({"clouds": secure}))
        return {"HOME": str(tmp_path)}

    return write


def test_option_beats_cloud_beats_environment(clouds):
    environment = {**clouds({"c": {"region_name": "from-cloud", "auth": {"username": "cu", "password": "cp", "user_domain_name": "cd"}}}),
                   "OS_CLOUD": "c", "SDRS_REGION": "from-env", "OS_USERNAME": "eu", "OS_PASSWORD": "ep", "OS_DOMAIN_NAME": "ed"}
    settings = _settings.resolve({}, environment)
    assert (settings.region, settings.credentials["username"], settings.kind) == ("from-cloud", "cu", "password")
    assert _settings.resolve({"region": "mine"}, environment).region == "mine"
    assert _settings.resolve({"username": "ou"}, environment).credentials == {"username": "ou", "password": "cp", "domain_name": "cd"}


@pytest.mark.parametrize("name, value, attribute, expected", [
    ("SDRS_REGION", "r", "region", "r"), ("ANSIBLE_HWC_REGION", "r", "region", "r"), ("HW_CLOUD", "x.example", "cloud_domain", "x.example"),
    ("SDRS_ENDPOINT", "http://127.0.0.1:1", "endpoint", "http://127.0.0.1:1"), ("HUAWEICLOUD_SDK_PROJECT_ID", "p", "project_id", "p"),
    ("OS_TENANT_NAME", "n", "project_name", "n"), ("SDRS_VALIDATE_CERTS", "no", "verify", False), ("SDRS_TOKEN_CACHE", "0", "token_cache", False),
    ("SDRS_TOKEN_CACHE", "false", "token_cache", False), ("SDRS_TOKEN_CACHE_DIR", "/x", "token_cache_dir", "/x"),
    ("SDRS_ENDPOINTS", '{"ecs": "https://e/"}', "endpoints", {"ecs": "https://e"}),
    ("OS_AUTH_URL", "https://iam.example/v3", "endpoints", {"iam": "https://iam.example"}),
])
def test_environment(name, value, attribute, expected):
    assert getattr(_settings.resolve(KEYS, {name: value}), attribute) == expected


def test_the_first_variable_found_wins():
    environment = {"OS_REGION_NAME": "third", "HW_REGION_NAME": "second", "OS_ACCESS_KEY": "b", "HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "s"}
    settings = _settings.resolve({}, environment)
    assert settings.region == "second" and settings.credentials["access_key"] == "a"


def test_kinds_of_credentials():
    everything = {"HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "s", "OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_DOMAIN_NAME": "d", "OS_TOKEN": "t"}
    assert _settings.resolve({}, everything).kind == "aksk"
    assert _settings.resolve({}, {key: value for key, value in everything.items() if "KEY" not in key}).kind == "password"
    assert _settings.resolve({}, {"OS_TOKEN": "t"}).kind == "token"
    assert _settings.resolve({"auth_token": "mine"}, everything).credentials == {"auth_token": "mine"}
    assert _settings.resolve(PASSWORD, everything).kind == "password"
    # An option shows what is meant even when the rest comes from the environment.
    assert _settings.resolve({"username": "x"}, everything).kind == "password"
    with pytest.raises(ConfigError, match="more than one kind"):
        _settings.resolve({**KEYS, **PASSWORD}, {})
    with pytest.raises(ConfigError, match="no complete credentials"):
        _settings.resolve({"access_key": "a"}, {})


def test_secrets_are_listed_and_not_shown():
    settings = _settings.resolve({**KEYS, "security_token": "st"}, {"OS_PASSWORD": "unused"})
    assert sorted(settings.secrets) == ["ak", "sk", "st"]
    assert "sk" not in repr(settings).replace("aksk", "")


def test_urls():
    settings = _settings.resolve({**KEYS, "region": "eu-de"}, {})
    assert settings.url("sdrs") == "https://sdrs.eu-de.otc.t-systems.com"
    assert settings.url("sdrs", {"sdrs": "https://catalogue.example"}) == "https://catalogue.example"
    assert _settings.resolve({**KEYS, "region": "cn-north-4"}, {}).url("as") == "https://as.cn-north-4.myhuaweicloud.com"
    single = _settings.resolve({**KEYS, "endpoint": "https://all.example/", "endpoints": {"ecs": "https://ecs.example"}}, {})
    assert (single.url("sdrs", {"sdrs": "https://other"}), single.url("ecs")) == ("https://all.example", "https://ecs.example")
    # An option for all services beats single ones of the environment.
    assert _settings.resolve({**KEYS, "endpoint": "https://all.example"}, {"OS_AUTH_URL": "https://iam.example/v3"}).url("iam") == "https://all.example"
    with pytest.raises(ConfigError, match="no region"):
        _settings.resolve(KEYS, {}).url("sdrs")


@pytest.mark.parametrize("region, service, url", [
    ("eu-de", "iam", "https://iam.eu-de.otc.t-systems.com"), ("eu-nl", "ecs", "https://ecs.eu-nl.otc.t-systems.com"),
    ("eu-ch2", "iam", "https://iam-pub.eu-ch2.sc.otc.t-systems.com"), ("eu-ch2", "vpc", "https://vpc.eu-ch2.sc.otc.t-systems.com"),
    ("eu-west-101", "iam", "https://iam.eu-west-101.myhuaweicloud.eu"), ("eu-west-0", "ecs", "https://ecs.eu-west-0.myhuaweicloud.com"),
    ("ap-southeast-3", "sdrs", "https://sdrs.ap-southeast-3.myhuaweicloud.com"),
])
def test_hosts_of_regions(region, service, url):
    assert _settings.resolve({**KEYS, "region": region}, {}).url(service) == url
    assert _settings.resolve({**KEYS, "region": region, "cloud_domain": "x.example"}, {}).url(service) == "https://%s.%s.x.example" % (service, region)


@pytest.mark.parametrize("region, others", [("eu-nl", "It is offered in eu-de"), ("eu-ch2", "If it does by now")])
def test_a_region_without_the_service_is_refused_by_name(region, others):
    settings = _settings.resolve({**KEYS, "region": region}, {})
    with pytest.raises(ConfigError, match="region %s of .* does not offer SDRS" % region) as caught:
        settings.require_service("sdrs")
    assert caught.value.data["remedy"].startswith(others)
    settings.require_service("sdrs", {"sdrs": "https://sdrs.example"})
    settings.require_service("ecs")
    for told in ({"endpoint": "https://all.example"}, {"endpoints": {"sdrs": "https://sdrs.example"}}, {"cloud_domain": "private.example"}):
        _settings.resolve({**KEYS, "region": region, **told}, {}).require_service("sdrs")
    _settings.resolve({**KEYS, "region": "eu-de"}, {}).require_service("sdrs")


@pytest.mark.parametrize("url", ["http://sdrs.example.com", "http://128.0.0.1", "ftp://x", "sdrs.example.com", "http://127.0.0.1.example.com",
                                 "https://user:pw@x", "https://[", "http://"])
def test_urls_that_are_refused(url):
    with pytest.raises(ConfigError):
        _settings.check_url(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:80", "http://localhost:1", "http://[::1]:5", "https://anything.example"])
def test_urls_that_are_accepted(url):
    assert _settings.check_url(url + "/") == url


def test_clouds_yaml(clouds, tmp_path):
    environment = clouds(
        {"otc": {"profile": "otc", "region_name": "eu-de", "verify": False,
                 "auth": {"username": "u", "user_domain_name": "d", "project_name": "eu-de_x", "auth_url": "https://iam.eu-de.otc.t-systems.com/v3"}},
         "keys": {"ak": "a", "sk": "s"}},
        secure={"otc": {"auth": {"password": "p"}}},
    )
    settings = _settings.resolve({"cloud": "otc"}, environment)
    assert settings.credentials == {"username": "u", "password": "p", "domain_name": "d"}
    assert (settings.project_name, settings.verify, settings.cloud_domain) == ("eu-de_x", False, "otc.t-systems.com")
    assert settings.url("iam") == "https://iam.eu-de.otc.t-systems.com"
    assert _settings.resolve({"cloud": "keys"}, environment).kind == "aksk"
    with pytest.raises(ConfigError, match="it has: keys, otc"):
        _settings.resolve({"cloud": "typo"}, environment)
    (tmp_path / "elsewhere.yaml").write_text(yaml.safe_dump({"clouds": {"typo": {"auth": {"token": "t"}}}}))
    assert _settings.resolve({"cloud": "typo"}, {**environment, "OS_CLIENT_CONFIG_FILE": str(tmp_path / "elsewhere.yaml")}).kind == "token"


def test_a_broken_clouds_yaml_does_not_show_its_content(clouds, tmp_path):
    environment = clouds({})
    (tmp_path / "clouds.yaml").write_text("clouds: {c: {auth: {password: 'hush")
    with pytest.raises(ConfigError) as caught:
        _settings.resolve({"cloud": "c"}, environment)
    assert "hush" not in str(caught.value)


def test_project_name_defaults_to_the_region():
    assert _settings.resolve({**KEYS, "region": "eu-de"}, {}).project_name == "eu-de"


@pytest.mark.parametrize("options, message", [
    ({"endpoints": {"sdr": "https://x"}}, "unknown service sdr"), ({"ca_cert": "/does/not/exist"}, "does not exist"),
])
def test_bad_values(options, message):
    with pytest.raises(ConfigError, match=message):
        _settings.resolve({**KEYS, **options}, {})
