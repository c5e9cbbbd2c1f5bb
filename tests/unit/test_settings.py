# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
import yaml

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import hosts
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import settings as settings_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ConfigError

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
    settings = settings_module.resolve({}, environment)
    assert (settings.region, settings.credentials["username"], settings.kind) == ("from-cloud", "cu", "password")
    assert settings_module.resolve({"region": "mine"}, environment).region == "mine"
    assert settings_module.resolve({"username": "ou"}, environment).credentials == {"username": "ou", "password": "cp", "domain_name": "cd"}


@pytest.mark.parametrize("name, value, attribute, expected", [
    ("SDRS_REGION", "r", "region", "r"), ("ANSIBLE_HWC_REGION", "r", "region", "r"), ("HW_CLOUD", "x.example", "cloud_domain", "x.example"),
    ("SDRS_ENDPOINT", "http://127.0.0.1:1", "endpoint", "http://127.0.0.1:1"), ("HUAWEICLOUD_SDK_PROJECT_ID", "p", "project_id", "p"),
    ("OS_TENANT_NAME", "n", "project_name", "n"), ("SDRS_VALIDATE_CERTS", "no", "verify", False), ("SDRS_TOKEN_CACHE", "0", "token_cache", False),
    ("SDRS_TOKEN_CACHE", "false", "token_cache", False), ("SDRS_TOKEN_CACHE_DIR", "/x", "token_cache_dir", "/x"),
    ("SDRS_ENDPOINTS", '{"ecs": "https://e/"}', "endpoints", {"ecs": "https://e"}),
    ("OS_AUTH_URL", "https://iam.example/v3", "endpoints", {"iam": "https://iam.example"}),
])
def test_environment(name, value, attribute, expected):
    assert getattr(settings_module.resolve(KEYS, {name: value}), attribute) == expected


def test_the_first_variable_found_wins():
    environment = {"OS_REGION_NAME": "third", "HW_REGION_NAME": "second", "OS_ACCESS_KEY": "b", "HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "s"}
    settings = settings_module.resolve({}, environment)
    assert settings.region == "second" and settings.credentials["access_key"] == "a"


def test_kinds_of_credentials():
    everything = {"HW_ACCESS_KEY": "a", "HW_SECRET_KEY": "s", "OS_USERNAME": "u", "OS_PASSWORD": "p", "OS_DOMAIN_NAME": "d", "OS_TOKEN": "t"}
    assert settings_module.resolve({}, everything).kind == "aksk"
    assert settings_module.resolve({}, {key: value for key, value in everything.items() if "KEY" not in key}).kind == "password"
    assert settings_module.resolve({}, {"OS_TOKEN": "t"}).kind == "token"
    assert settings_module.resolve({"auth_token": "mine"}, everything).credentials == {"auth_token": "mine"}
    assert settings_module.resolve(PASSWORD, everything).kind == "password"
    # An option shows what is meant even when the rest comes from the environment.
    assert settings_module.resolve({"username": "x"}, everything).kind == "password"
    with pytest.raises(ConfigError, match="more than one kind"):
        settings_module.resolve({**KEYS, **PASSWORD}, {})
    with pytest.raises(ConfigError, match="no complete credentials"):
        settings_module.resolve({"access_key": "a"}, {})


def test_secrets_are_listed_and_not_shown():
    settings = settings_module.resolve({**KEYS, "security_token": "st"}, {"OS_PASSWORD": "unused"})
    assert sorted(settings.secrets) == ["ak", "sk", "st"]
    assert "sk" not in repr(settings).replace("aksk", "")


def test_urls():
    settings = settings_module.resolve({**KEYS, "region": "eu-de"}, {})
    assert settings.url("sdrs") == "https://sdrs.eu-de.otc.t-systems.com"
    assert settings.url("sdrs", {"sdrs": "https://catalogue.example"}) == "https://catalogue.example"
    assert settings_module.resolve({**KEYS, "region": "cn-north-4"}, {}).url("as") == "https://as.cn-north-4.myhuaweicloud.com"
    single = settings_module.resolve({**KEYS, "endpoint": "https://all.example/", "endpoints": {"ecs": "https://ecs.example"}}, {})
    assert (single.url("sdrs", {"sdrs": "https://other"}), single.url("ecs")) == ("https://all.example", "https://ecs.example")
    # An option for all services beats single ones of the environment.
    assert settings_module.resolve({**KEYS, "endpoint": "https://all.example"}, {"OS_AUTH_URL": "https://iam.example/v3"}).url("iam") == "https://all.example"
    with pytest.raises(ConfigError, match="no region"):
        settings_module.resolve(KEYS, {}).url("sdrs")


@pytest.mark.parametrize("region, service, url", [
    ("eu-de", "iam", "https://iam.eu-de.otc.t-systems.com"), ("eu-nl", "ecs", "https://ecs.eu-nl.otc.t-systems.com"),
    ("eu-ch2", "iam", "https://iam-pub.eu-ch2.sc.otc.t-systems.com"), ("eu-ch2", "vpc", "https://vpc.eu-ch2.sc.otc.t-systems.com"),
    ("eu-west-101", "iam", "https://iam.eu-west-101.myhuaweicloud.eu"), ("eu-west-0", "ecs", "https://ecs.eu-west-0.myhuaweicloud.com"),
    ("ap-southeast-3", "sdrs", "https://sdrs.ap-southeast-3.myhuaweicloud.com"),
])
def test_hosts_of_regions(region, service, url):
    assert settings_module.resolve({**KEYS, "region": region}, {}).url(service) == url
    assert settings_module.resolve({**KEYS, "region": region, "cloud_domain": "x.example"}, {}).url(service) == "https://%s.%s.x.example" % (service, region)


@pytest.mark.parametrize("region, others", [("eu-nl", "It is offered in eu-de"), ("eu-ch2", "If this region offers it by now, set endpoints: {")])
def test_a_region_without_the_service_is_refused_by_name(region, others):
    settings = settings_module.resolve({**KEYS, "region": region}, {})
    with pytest.raises(ConfigError, match="region %s of .* does not offer SDRS" % region) as caught:
        settings.require_service("sdrs")
    assert caught.value.data["remedy"].startswith(others)
    settings.require_service("sdrs", {"sdrs": "https://sdrs.example"})
    settings.require_service("ecs")
    for told in ({"endpoint": "https://all.example"}, {"endpoints": {"sdrs": "https://sdrs.example"}}, {"cloud_domain": "private.example"}):
        settings_module.resolve({**KEYS, "region": region, **told}, {}).require_service("sdrs")
    settings_module.resolve({**KEYS, "region": "eu-de"}, {}).require_service("sdrs")


@pytest.mark.parametrize("url", [
    "http://sdrs.example.com", "http://128.0.0.1", "ftp://x", "sdrs.example.com", "http://127.0.0.1.example.com", "https://user:pw@x", "https://[", "http://",
    "https://x:99999", "https://x:port", "https://@x", "https://:@x", "https://x\\@y", "https://x\ty", "https://x y", "https://x\n",
    "https://\ud800", "https://ä.example",
    "https://x/?a=b", "https://x#@y", "https://x?@y", "https://x..y", "https://-", "https://a%2eb", "http://127.0.0.1\\@evil.example",
    "http://localhost.example",
    "http://0x7f.1", "http://127.1", "https://" + "x" * 300,
])
def test_urls_that_are_refused(url):
    with pytest.raises(ConfigError, match="^endpoint"):
        settings_module.check_url(url)


@pytest.mark.parametrize("option, place, name", [
    ("endpoint", "option", "endpoint"), ("endpoint", "environment", "SDRS_ENDPOINT"), ("endpoints", "option", "endpoints"),
    ("endpoints", "environment", "SDRS_ENDPOINTS"), ("endpoints", "cloud", "sdrs_endpoint_override"), ("auth_url", "environment", "OS_AUTH_URL"),
    ("auth_url", "cloud", "auth_url"),
])
@pytest.mark.parametrize("url", ["https://me:s3cret-pass@x", "https://s3cret-pass@x", "http://me:s3cret-pass@x", "me:s3cret-pass@x",
                                 "https://x/?password=s3cret-pass",
                                 "https://me:s3cret-pass@[", "https://me:s3cret%2Dpass@x y", "https://me:s3cret-pass@x\n"])
def test_a_refused_endpoint_does_not_show_its_password(option, place, name, url, clouds):
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import errors

    given, environment = dict(PASSWORD, region="r"), {}
    if place == "environment":
        environment[name] = json.dumps({"iam": url}) if option == "endpoints" else url
    elif place == "cloud":
        environment, given["cloud"] = clouds({"c": {name: url, "auth": {name: url}}}), "c"
    else:
        given[name] = {"iam": url} if option == "endpoints" else url
    with pytest.raises(ConfigError) as caught:
        settings_module.resolve(given, environment).url("iam" if place != "cloud" or option == "auth_url" else "sdrs")
    assert "pass" not in str(caught.value).replace("?password=", "") and option in str(caught.value)
    if "@" in url:
        assert "pass" not in errors.one_line("echoed: %s" % url), "nor when somebody else says it"


@pytest.mark.parametrize("option, value", [
    ("region", "evil.com/"), ("region", "evil.com"), ("region", "a@b"), ("region", "eu-de:443"), ("region", "-a"), ("region", "a-"), ("region", "x" * 64),
    ("region", "eu de"), ("region", "ä"), ("region", "eu-de#"), ("region", "eu\nde"), ("region", ["eu-de"]), ("region", {"a": 1}), ("region", 1.5),
    ("region", True),
    ("cloud_domain", "evil.com/"), ("cloud_domain", "https://evil.com"), ("cloud_domain", "evil.com:443"), ("cloud_domain", "a..b"), ("cloud_domain", ".a"),
    ("cloud_domain", "a@b"), ("cloud_domain", "x." * 150 + "x"), ("cloud_domain", ["a"]), ("project_id", "../x"), ("project_id", "a/b"),
    ("project_id", "a\r\nb"),
    ("project_id", "a?b"), ("project_name", "a\nb"), ("project_name", "\ud800"), ("project_name", ["a"]), ("username", "a\nb"), ("domain_name", "a\x00b"),
    ("domain_name", {"a": 1}), ("cloud", ["a"]), ("cloud", "a\x1b"), ("endpoint", 5), ("endpoint", ["https://x"]), ("endpoints", {"ecs": 5}),
    ("endpoints", ["https://x"]),
    ("endpoints", {"ecs": "http://x"}), ("ca_cert", "a\0b"), ("ca_cert", ["a"]), ("token_cache_dir", {"a": 1}), ("token_cache", "perhaps"),
    ("validate_certs", []),
])
def test_what_cannot_be_is_refused_by_name(option, value):
    with pytest.raises(ConfigError, match="^" + option):
        settings_module.resolve({**PASSWORD, "region": "eu-de", option: value}, {"HOME": "/nowhere"})


def test_the_same_holds_for_the_environment_and_clouds_yaml(clouds):
    for environment in ({"HW_REGION_NAME": "evil.com/"}, {"HW_CLOUD": "evil.com/"}, {"SDRS_ENDPOINT": "https://x?y"}, {"OS_PROJECT_ID": "a/../b"},
                        {"OS_USERNAME": "\udcff"}, {"SDRS_ENDPOINTS": "[" * 100_000}, {"SDRS_ENDPOINTS": '{"iam": ["x"]}'}):
        with pytest.raises(ConfigError, match="^(region|cloud_domain|endpoint|project_id|username|SDRS_ENDPOINTS|endpoints.iam)"):
            settings_module.resolve({} if "OS_USERNAME" in environment else KEYS, {**environment, "OS_PASSWORD": "p", "OS_DOMAIN_NAME": "d"})
    for entry in ({"region_name": "evil.com/"}, {"region_name": {"eu-de": 1}}, {"region_name": 2024.5}, {"cacert": [1]}, {"verify": "maybe"},
                  {"auth": {"auth_url": 5.5}},
                  {"auth": {"auth_url": ["https://x"]}}, {"auth": {"project_id": "a/b"}}, {"sdrs_endpoint_override": {"a": 1}},
                  {"auth": {"project_name": "a\nb"}}):
        with pytest.raises(ConfigError, match="^(region|ca_cert|validate_certs|auth_url|project_id|project_name|endpoints.sdrs)"):
            settings_module.resolve({**KEYS, "cloud": "c"}, clouds({"c": entry}))


SECRET = "t0ken-of-somebody"


@pytest.mark.parametrize("around", ["%s\n", "\n%s\r\n", " %s ", "%s"])
@pytest.mark.parametrize("option", ["access_key", "secret_key", "security_token", "password", "auth_token"])
def test_secrets_are_stripped(option, around):
    given = {"auth_token": {"auth_token": SECRET}, "password": PASSWORD}.get(option, {**KEYS, "security_token": "s"})
    value = settings_module.resolve({**given, option: around % SECRET}, {}).credentials[option]
    assert value == (SECRET if option != "password" else (around % SECRET).strip("\r\n"))


# No file can hold half a character, no variable what is no text.
ANYWHERE, NOT_IN_VARIABLES = ["%s\nX-Other: 1", "%s\r\n x", "%s\x1b[31m", "%s\x7fx", "%s\x85x"], ["%s\x00", ["%s"], {"a": "%s"}, 1.5, True]


@pytest.mark.parametrize("place, value", [
    *(("option", value) for value in [*ANYWHERE, *NOT_IN_VARIABLES, "\ud800%s"]), *(("environment", value) for value in [*ANYWHERE, "\udc80%s"]),
    *(("cloud", value) for value in [*ANYWHERE, *NOT_IN_VARIABLES]),
], ids=repr)
@pytest.mark.parametrize("option", ["access_key", "secret_key", "security_token", "password", "auth_token"])
def test_secrets_that_cannot_be_sent_are_refused_by_name_and_not_shown(option, place, value, clouds):
    value = json.loads(json.dumps(value).replace("%s", SECRET))
    given = {"auth_token": {"auth_token": SECRET}, "password": PASSWORD}.get(option, {**KEYS, "security_token": "s"})
    given, environment = {key: entry for key, entry in given.items() if key != option}, {"HOME": "/nowhere"}
    if place == "option":
        given[option] = value
    elif place == "environment":
        environment[settings_module.ENVIRONMENT[option][0]] = value
    else:
        environment, given["cloud"] = clouds({"c": {"auth": {"token" if option == "auth_token" else option: value}}}), "c"
    with pytest.raises(ConfigError, match="^%s: must" % option) as caught:
        settings_module.resolve(given, environment)
    assert SECRET not in "%s %r %s" % (caught.value, caught.value, caught.value.as_dict())


def test_headers_take_visible_ascii_only():
    for option in ("access_key", "security_token", "auth_token"):
        for value in ("a b", "ä" * 9, "\u201cquoted\u201d"):
            given = {"auth_token": value} if option == "auth_token" else {**KEYS, option: value}
            with pytest.raises(ConfigError, match="^%s: must be one line of visible ASCII" % option):
                settings_module.resolve(given, {})
    assert settings_module.resolve({**PASSWORD, "password": " ä b "}, {}).credentials["password"] == " ä b "


def test_secrets_that_are_not_used_are_hidden_too():
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import errors

    settings_module.resolve(KEYS, {"OS_PASSWORD": "of-another-cloud", "OS_TOKEN": "token-of-another"})
    assert "another" not in errors.one_line("of-another-cloud token-of-another")


@pytest.mark.parametrize("host, domain", [
    ("iam.eu-de.otc.t-systems.com", "t-systems.com"), ("iam.example.co.uk", "example.co.uk"), ("iam.example.com", "example.com"),
    ("example.com", "example.com"),
    ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("iam", "iam"), ("IAM.a.Example.DE", "example.de"),
])
def test_registered_domains(host, domain):
    assert hosts.registered_domain(host) == domain


@pytest.mark.parametrize("options, catalogue, strangers", [
    ({"region": "eu-de"}, {"sdrs": "https://sdrs.eu-de.otc.t-systems.com", "ecs": "https://ecs.evil.example"}, {"ecs": "ecs.evil.example"}),
    ({"region": "eu-de"}, {"sdrs": "https://otc.t-systems.com.evil.example", "ecs": "https://evilotc.t-systems.com.x"},
     {"sdrs": "otc.t-systems.com.evil.example", "ecs": "evilotc.t-systems.com.x"}),
    ({"region": "eu-de"}, {"sdrs": "https://eviltt-systems.com"}, {"sdrs": "eviltt-systems.com"}),
    ({"region": "r", "endpoints": {"iam": "https://iam.private.example/v3"}}, {"sdrs": "https://SDRS.private.Example:8443/x"}, {}),
    ({"region": "r", "cloud_domain": "Cloud.Example"}, {"sdrs": "https://sdrs.cloud.example."}, {}),
    ({"region": "r", "endpoint": "https://all.example"}, {"sdrs": "https://evil.example"}, {}),
    ({"region": "r", "endpoints": {"sdrs": "https://mine.example"}}, {"sdrs": "https://evil.example", "vpc": "https://evil.example"},
     {"vpc": "evil.example"}),
])
def test_strangers_in_the_catalogue(options, catalogue, strangers):
    assert settings_module.resolve({**PASSWORD, **options}, {}).strangers(catalogue) == strangers


@pytest.mark.parametrize("url", ["http://127.0.0.1:80", "http://localhost:1", "http://[::1]:5", "https://anything.example", "https://my_host:8443/base/path",
                                 "https://[2001:db8::1]:443", "https://10.0.0.1"])
def test_urls_that_are_accepted(url):
    assert settings_module.check_url(url + "/") == url


def test_clouds_yaml(clouds, tmp_path):
    environment = clouds(
        {"otc": {"profile": "otc", "region_name": "eu-de", "verify": False,
                 "auth": {"username": "u", "user_domain_name": "d", "project_name": "eu-de_x", "auth_url": "https://iam.eu-de.otc.t-systems.com/v3"}},
         "keys": {"ak": "a", "sk": "s"}},
        secure={"otc": {"auth": {"password": "p"}}},
    )
    settings = settings_module.resolve({"cloud": "otc"}, environment)
    assert settings.credentials == {"username": "u", "password": "p", "domain_name": "d"}
    assert (settings.project_name, settings.verify, settings.cloud_domain) == ("eu-de_x", False, "otc.t-systems.com")
    assert settings.url("iam") == "https://iam.eu-de.otc.t-systems.com"
    assert settings_module.resolve({"cloud": "keys"}, environment).kind == "aksk"
    with pytest.raises(ConfigError, match="available clouds: keys, otc"):
        settings_module.resolve({"cloud": "typo"}, environment)
    (tmp_path / "elsewhere.yaml").write_text(yaml.safe_dump({"clouds": {"typo": {"auth": {"token": "t"}}}}))
    assert settings_module.resolve({"cloud": "typo"}, {**environment, "OS_CLIENT_CONFIG_FILE": str(tmp_path / "elsewhere.yaml")}).kind == "token"


def test_a_broken_clouds_yaml_does_not_show_its_content(clouds, tmp_path):
    environment = clouds({})
    (tmp_path / "clouds.yaml").write_text("clouds: {c: {auth: {password: 'hush")
    with pytest.raises(ConfigError) as caught:
        settings_module.resolve({"cloud": "c"}, environment)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("text", [
    "clouds: &a {c: *a}", "clouds: {c: &a {auth: *a, self: *a}}", "clouds: {c: &a [*a]}", "clouds: " + "[" * 5000,
    "clouds: {c: {auth: " + "{a: " * 3000, "clouds: {[1, 2]: 3}",
    "clouds: 5", "[]", "x", "", "clouds: {c: }", "clouds: {c: 7}", "clouds: {c: {auth: 7}}", "clouds: {c: {auth: {token: [x]}}}",
    "clouds: {c: {profile: [otc]}}",
    "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nclouds: {c: {auth: {token: *b}, region_name: *b}}",
    "clouds: {c: {auth: {token: 2024-01-01}}}",
    "clouds: {? {a: 1} : 2}", "\x00", "clouds: !!python/object:os.system {}",
    "clouds: {c: {auth: {token: '\ud800'}}}".encode("utf-8", "surrogatepass").decode("latin-1"),
    "clouds: {c: {region_name: x}}\n" + "# much\n" * 200_000,
], ids=range(22))
@pytest.mark.parametrize("name", ["clouds.yaml", "secure.yaml"])
def test_a_clouds_yaml_that_is_none(clouds, tmp_path, text, name):
    environment = clouds({"c": {}})
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        settings_module.resolve({"cloud": "c"}, environment)
    assert len(str(caught.value)) < 600


def test_a_secure_yaml_that_refers_to_itself_is_read(clouds, tmp_path):
    environment = clouds({})
    (tmp_path / "clouds.yaml").write_text("clouds: {c: &a {auth: {username: u, x: *a}, self: *a}}")
    (tmp_path / "secure.yaml").write_text("clouds: {c: &a {auth: {password: p, user_domain_name: d, x: *a}, self: *a}}")
    assert settings_module.resolve({"cloud": "c"}, environment).credentials == {"username": "u", "password": "p", "domain_name": "d"}


@pytest.mark.parametrize("text", [
    "clouds: {c: &a {auth: &b {auth: *a, username: u, password: p, domain_name: d}}}",
    "clouds: {c: &a {auth: {username: u, password: p, domain_name: d}, regions: [{name: r, values: *a}]}}",
    "clouds: {c: {auth: {username: u, password: p, domain_name: d}, regions: [[r], {name: [x]}, {name: r, values: [x]}]}}",
])
@pytest.mark.parametrize("region", [None, "r", 5, ["r"]])
def test_regions_and_auth_that_are_none_break_nothing(clouds, tmp_path, text, region):
    environment = clouds({})
    (tmp_path / "clouds.yaml").write_text(text)
    try:
        found = settings_module.resolve({"cloud": "c", "region": region}, environment)
    except ConfigError as error:
        assert "region" in str(error)
    else:
        assert found.credentials == {"username": "u", "password": "p", "domain_name": "d"}


def test_a_folder_that_is_gone_has_no_clouds_yaml(tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ConfigError, match="no clouds.yaml was found"):
        settings_module.resolve({"cloud": "c"}, {"HOME": str(tmp_path)})
    monkeypatch.chdir(tmp_path)


def test_project_name_defaults_to_the_region():
    assert settings_module.resolve({**KEYS, "region": "eu-de"}, {}).project_name == "eu-de"


@pytest.mark.parametrize("options, message", [
    ({"endpoints": {"sdr": "https://x"}}, "unknown service sdr"), ({"ca_cert": "/does/not/exist"}, "does not exist"),
])
def test_bad_values(options, message):
    with pytest.raises(ConfigError, match=message):
        settings_module.resolve({**KEYS, **options}, {})
