# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor against set-ups that are broken: it names the fault and its remedy, each time, and quickly."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import re
import socket
import ssl
import threading
import time

import pytest

from support import Host, ansible_playbook, nightly, run_task

ALWAYS = [
    "credentials", "settings", "clock", "name_resolution", "proxy", "tls", "login", "account", "project", "region", "catalogue",
    *["endpoint_" + service for service in ("sdrs", "iam", "ecs", "evs", "vpc", "as")],
    *["read_" + service for service in ("sdrs", "iam", "ecs", "evs", "vpc", "as")],
    "write", "api_version", "domains", "quotas", "batch", "rpo_statistics", "server_groups", "replications", "vpc_quota", "token_cache", "locks", "versions",
]


@pytest.fixture(autouse=True)
def plain_machine(monkeypatch, tmp_path):
    """Nothing in the environment, and no clouds.yaml, but what a test puts there."""
    for name in list(os.environ):
        if name.startswith(("OS_", "HW_", "SDRS_", "ANSIBLE_HWC", "HUAWEICLOUD_")) or name.lower().endswith("_proxy") or name.endswith("_CA_BUNDLE"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def closed_port():
    """A URL of this machine where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return "http://127.0.0.1:%d" % taken.getsockname()[1]


@pytest.fixture
def https():
    """``https(Handler)`` gives the URL of a server with a certificate, and the authority that signed it."""
    trustme, servers = pytest.importorskip("trustme"), []

    def start(handler):
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        servers.append(server)
        return "https://127.0.0.1:%d" % server.server_port, authority

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class Empty(http.server.BaseHTTPRequestHandler):
    """A cloud without anything in it that takes any credentials."""

    def do_GET(self):
        body = b'{"versions": [{"id": "v1"}], "server_groups": [], "projects": [], "domains": []}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def examine(**options):
    """The findings by check; what must hold whatever is wrong is checked."""
    begun = time.process_time()
    result = run_task("sdrs_doctor_info", options, host=Host())
    spent = time.process_time() - begun
    found = {each["check"]: each for each in result["checks"]}
    assert [each["check"] for each in result["checks"]] == ALWAYS, "every check is told, in the same order"
    assert result["healthy"] is all(each["passed"] for each in result["checks"] if each["severity"] == "error")
    assert result["changed"] is False and spent < 2, spent
    for each in result["checks"]:
        assert set(each) == {"check", "passed", "severity", "detail", "remedy", "skipped"} and each["detail"]
        assert each["severity"] in ("error", "advisory") and bool(each["remedy"]) is not each["passed"]
        if each["skipped"]:
            because = re.fullmatch(r"skipped: (\w+) did not pass", each["detail"])
            assert because and not found[because.group(1)]["passed"] and not each["passed"], each
    text = json.dumps(result)
    assert not [secret for secret in (options.get("secret_key"), options.get("password"), options.get("auth_token")) if secret and secret in text]
    return found


def failed(found):
    """The checks of severity error that failed."""
    return [name for name, each in found.items() if not each["passed"] and each["severity"] == "error"]


def password(simulator, **options):
    known = {key: simulator.info[key] for key in ("region", "username", "password", "domain_name")}
    return {"endpoint": simulator.url, **known, **options}


def by_catalogue(simulator, **options):
    """A login with a password where only IAM's address is known, as on a real cloud."""
    return {**password(simulator, endpoints={"iam": simulator.url}), "endpoint": None, **options}


def requests_of(simulator):
    return [(method, path.partition("?")[0], status) for method, path, status in simulator.log()]


def test_nothing_is_wrong(simulator):
    for options in (simulator.connection, password(simulator), by_catalogue(simulator), {**simulator.connection, "project_id": None}):
        found = examine(**options)
        assert not [each for each in found.values() if not each["passed"]]
    assert {method for method, path, _status in simulator.log() if path != "/v3/auth/tokens"} == {"GET"}
    assert "ActiveactiveDomain joins eu-sim-01 and eu-sim-02" in found["domains"]["detail"] and "3 of 20" in found["vpc_quota"]["detail"]


def test_it_is_quick(simulator, closed_port):
    """Two seconds of a clock on the wall, where nothing times out; the best of three, as the machine may have other work."""
    simulator.settings(denied=["evs"])
    for options in (
        simulator.connection, {**simulator.connection, "project_id": "0" * 32}, password(simulator, endpoints={"iam": closed_port}),
        {**simulator.connection, "secret_key": "of-another-key"}, {},
    ):
        times = []
        for _attempt in range(3):
            begun = time.monotonic()
            examine(**options)
            times.append(time.monotonic() - begun)
        assert min(times) < 2, times


def test_a_token_of_the_users_own(simulator):
    import requests

    body = {"auth": {"identity": {"password": {"user": {
        "name": simulator.info["username"], "password": simulator.info["password"], "domain": {"name": simulator.info["domain_name"]}}}}}}
    token = requests.post(simulator.url + "/v3/auth/tokens", json=body, timeout=10).headers["X-Subject-Token"]
    assert not failed(examine(endpoint=simulator.url, region="eu-sim", auth_token=token))
    wrong = examine(endpoint=simulator.url, region="eu-sim", auth_token=token[:-1])
    assert failed(wrong) == ["login"] and "option auth_token" in wrong["login"]["remedy"]


# The eight set-ups: what is wrong, and the check that names it with words of its detail and its remedy.

def test_wrong_key(simulator):
    found = examine(**{**simulator.connection, "secret_key": "of-another-key"})
    assert failed(found) == ["login"] and "verify aksk signature fail" in found["login"]["detail"]
    assert "option secret_key" in found["login"]["remedy"] and found["project"]["skipped"]
    assert [status for _method, _path, status in requests_of(simulator)].count(401) == 1, "five lock a key"


def test_wrong_key_where_iam_does_not_say_so(simulator):
    """IAM behind a gateway that does not serve projects: SDRS is the first to see the signature, and the last."""
    simulator.fault(path="/v3/projects", status=404, body={"error_msg": "no such page"})
    found = examine(**{**simulator.connection, "secret_key": "of-another-key"})
    assert failed(found) == ["login"] and [status for _method, _path, status in requests_of(simulator)].count(401) == 1


def test_wrong_password(simulator):
    found = examine(**password(simulator, password="of-somebody-else"))
    assert failed(found) == ["login"] and "password is wrong" in found["login"]["detail"] and "option password" in found["login"]["remedy"]
    assert [entry for entry in requests_of(simulator) if entry[0] == "POST"] == [("POST", "/v3/auth/tokens", 401)]


@pytest.mark.parametrize("kind", ["key, ID", "key, ID, IAM is silent", "key, name", "password, name", "password, ID"])
def test_wrong_project(simulator, kind):
    wrong = {"project_id": "0" * 32} if "ID" in kind else {"project_id": None, "project_name": "eu-sim_typo"}
    if "silent" in kind:
        simulator.settings(denied=["iam"])
    found = examine(**({**simulator.connection, **wrong} if "key" in kind else password(simulator, **wrong)))
    assert "project" in failed(found) and not found["project"]["skipped"]
    assert ("0" * 32 if "ID" in kind else "eu-sim_typo") in found["project"]["detail"]
    remedy = found["project"]["remedy"]
    assert "option project_" in remedy or "project_id" in remedy
    assert kind not in ("key, ID", "key, name") or "eu-sim (%s)" % simulator.info["project_id"] in remedy, "the right ones are named"


@pytest.mark.parametrize("status", [401, 403, 404])
def test_wrong_project_that_nothing_but_refusals_tells(simulator, status):
    simulator.settings(not_offered=["iam"])
    simulator.fault(path="0{32}", status=status, body={"error_msg": "no"}, count=20)
    found = examine(**{**simulator.connection, "project_id": "0" * 32})
    if status == 401:
        assert failed(found) == ["login"] and len([entry for entry in requests_of(simulator) if entry[2] == 401]) == 1
    else:
        assert failed(found)[0] == "project" and "all services refuse project_id 000" in found["project"]["detail"]
        assert "option project_id" in found["project"]["remedy"] and found["region"]["skipped"]


def test_an_account_with_one_service_is_not_a_wrong_project(simulator):
    simulator.settings(denied=["iam", "sdrs", "ecs", "evs", "as"])
    assert "project" not in failed(examine(**simulator.connection))


@pytest.mark.parametrize("offset", [1200, -1200])
def test_skewed_clock(simulator, offset):
    simulator.settings(clock_offset_seconds=offset)
    found = examine(**simulator.connection)
    assert failed(found) == ["clock"] and "20 min %s" % ("behind" if offset > 0 else "ahead of") in found["clock"]["detail"]
    assert "NTP" in found["clock"]["remedy"] and "clock" in found["login"]["detail"]
    assert 401 not in [status for _method, _path, status in requests_of(simulator)], "a signature that must be rejected is not sent"
    assert found["clock"]["severity"] == "error" and examine(**password(simulator))["clock"]["severity"] == "advisory", "tokens bear no time"
    simulator.settings(clock_offset_seconds=500)
    found = examine(**simulator.connection)
    assert not failed(found) and not found["clock"]["passed"] and found["login"]["passed"]


def test_skewed_clock_that_only_the_rejection_tells(simulator):
    """A proxy on the way may put its own date into responses."""
    text = "Incorrect IAM authentication information: signature expired"
    simulator.fault(path="/v3/projects", status=401, body={"error_code": "APIGW.0301", "error_msg": text})
    found = examine(**simulator.connection)
    assert failed(found) == ["clock", "login"] and "NTP" in found["clock"]["remedy"] and "clock" in found["login"]["remedy"]


def test_wrong_ca(https, tmp_path):
    (url, own), (_other, foreign) = https(Empty), https(Empty)
    own.cert_pem.write_to_path(str(tmp_path / "own.pem"))
    foreign.cert_pem.write_to_path(str(tmp_path / "foreign.pem"))
    options = {"endpoint": url, "region": "r", "project_id": "0" * 32, "access_key": "a" * 20, "secret_key": "s" * 40}
    found = examine(**options, ca_cert=str(tmp_path / "foreign.pem"))
    assert failed(found) == ["tls"] and "127.0.0.1" in found["tls"]["detail"] and "foreign.pem from option ca_cert" in found["tls"]["detail"]
    assert "Set ca_cert" in found["tls"]["remedy"] and found["endpoint_sdrs"]["skipped"]
    assert failed(examine(**options)) == ["tls"], "nor does the system's list have it"
    (tmp_path / "empty.pem").write_text("nothing")
    assert failed(examine(**options, ca_cert=str(tmp_path / "empty.pem"))) == ["tls"]
    assert failed(examine(**options, ca_cert=str(tmp_path / "missing.pem"))) == ["settings"]
    assert examine(**options, ca_cert=str(tmp_path / "own.pem"))["tls"]["passed"]
    with pytest.warns(Warning, match="Unverified HTTPS request"):
        found = examine(**options, validate_certs=False)
    assert not found["tls"]["passed"] and found["tls"]["severity"] == "advisory" and "validate_certs" in found["tls"]["remedy"]


def test_the_wrong_host_name(https, tmp_path):
    url, own = https(Empty)
    own.cert_pem.write_to_path(str(tmp_path / "own.pem"))
    options = {"region": "r", "project_id": "0" * 32, "access_key": "a" * 20, "secret_key": "s" * 40, "ca_cert": str(tmp_path / "own.pem")}
    found = examine(endpoint=url.replace("127.0.0.1", "localhost"), **options)
    assert failed(found) == ["tls"] and "Set endpoint or endpoints to the host name that the certificate contains" in found["tls"]["remedy"]


def test_unreachable_iam(simulator, closed_port):
    found = examine(**password(simulator, endpoints={"iam": closed_port}))
    assert failed(found) == ["endpoint_iam"] and closed_port in found["endpoint_iam"]["detail"] and "refused" in found["endpoint_iam"]["detail"]
    assert "endpoints" in found["endpoint_iam"]["remedy"] and "endpoint_iam" in found["login"]["detail"]
    found = examine(**{**simulator.connection, "endpoints": {"iam": closed_port}})
    assert failed(found) == ["endpoint_iam"] and found["login"]["passed"] and found["read_evs"]["passed"], "keys with a project ID do without"
    found = examine(**{**simulator.connection, "project_id": None, "endpoints": {"iam": closed_port}})
    assert failed(found) == ["endpoint_iam"] and found["project"]["skipped"], "the project is looked up there"


def test_region_without_the_service(simulator, monkeypatch):
    simulator.settings(not_offered=["sdrs"])
    found = examine(**simulator.connection)
    assert failed(found) == ["region", "read_sdrs"] and "eu-sim from option region does not offer SDRS" in found["region"]["detail"]
    assert "region that offers SDRS" in found["region"]["remedy"] and found["read_evs"]["passed"] and "read_sdrs" in found["quotas"]["detail"]

    simulator.settings(not_offered=[])
    found = examine(**by_catalogue(simulator, region="eu-other", project_name="eu-sim"))
    assert "region" in failed(found) and "eu-other from option region does not offer SDRS; the catalogue lists SDRS in eu-sim" in found["region"]["detail"]

    monkeypatch.setattr(socket, "getaddrinfo", no_such_host(socket.getaddrinfo))
    found = examine(**{**simulator.connection, "endpoint": None, "endpoints": {"iam": simulator.url}, "region": "xx-none-1"})
    assert failed(found) == ["name_resolution", "region"] and "sdrs.xx-none-1.myhuaweicloud.com" in found["region"]["detail"]
    assert "option region" in found["region"]["remedy"] and "region and cloud_domain" in found["name_resolution"]["remedy"]


def no_such_host(original):
    def resolve(host, *arguments, **options):
        if host.endswith(".myhuaweicloud.com"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return original(host, *arguments, **options)
    return resolve


@pytest.mark.parametrize("service", ["sdrs", "iam", "ecs", "evs", "vpc", "as"])
@pytest.mark.parametrize("kind", ["key", "password"])
def test_no_permission(simulator, service, kind):
    """EVS is one of the eight; the others are no different."""
    simulator.settings(denied=[service])
    found = examine(**(simulator.connection if kind == "key" else password(simulator)))
    check = found["read_" + service]
    needed = service not in ("as", "iam") or (kind, service) == ("password", "iam")
    assert not check["passed"] and not check["skipped"] and failed(found) == (["read_" + service] if needed else [])
    assert "the %s " % ("role" if service == "sdrs" else "action") in check["remedy"] and simulator.info["project_id"] in check["remedy"]
    assert service != "evs" or ("Policy doesn't allow evs:volumes:list" in check["detail"] and "evs:volumes:list" in check["remedy"])
    assert [each for name, each in found.items() if name.startswith("read_") and not each["passed"]] == [check], "the others are allowed"


def test_catalogue_without_sdrs(simulator, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", no_such_host(socket.getaddrinfo))
    simulator.settings(not_offered=["sdrs"])
    found = examine(**by_catalogue(simulator))
    assert failed(found) == ["region", "catalogue"] and "SDRS is not in the token's catalogue for region eu-sim" in found["catalogue"]["detail"]
    assert "enable SDRS" in found["catalogue"]["remedy"] and found["read_evs"]["passed"], "the other services are asked all the same"


# What else may be wrong, alone and together.

def test_nothing_works_at_all():
    found = examine()
    assert failed(found) == ["credentials", "region"]
    assert "HW_ACCESS_KEY=..." in found["credentials"]["remedy"] and "SDRS_REGION=" in found["region"]["remedy"]


def test_incomplete_credentials(simulator, monkeypatch):
    monkeypatch.setenv("OS_ACCESS_KEY", "AK")
    found = examine(endpoint=simulator.url, region="eu-sim")
    assert failed(found) == ["credentials"] and found["credentials"]["detail"] == "incomplete: access_key from OS_ACCESS_KEY, but no secret_key"
    assert "export OS_SECRET_KEY=..." in found["credentials"]["remedy"] and found["endpoint_sdrs"]["passed"] and found["clock"]["passed"]
    monkeypatch.setenv("OS_USERNAME", "u")
    both = examine(endpoint=simulator.url, region="eu-sim", access_key="a", secret_key="b" * 20, username="u", password="p" * 20)
    assert failed(both) == ["credentials"] and "more than one kind" in both["credentials"]["detail"]


def test_where_credentials_were_found(simulator, monkeypatch, tmp_path):
    (tmp_path / "clouds.yaml").write_text(json.dumps({"clouds": {"prod": {"ak": simulator.info["access_key"], "region_name": "eu-sim"}}}))
    (tmp_path / "secure.yaml").write_text(json.dumps({"clouds": {"prod": {"sk": simulator.info["secret_key"]}}}))
    monkeypatch.setenv("OS_CLOUD", "prod")
    monkeypatch.setenv("OS_PASSWORD", "not needed here")
    monkeypatch.setenv("SDRS_ENDPOINT", simulator.url)
    found = examine()
    assert not failed(found) and found["credentials"]["detail"] == (
        "access keys: access_key from %s/clouds.yaml, secret_key from %s/secure.yaml; not used: password from OS_PASSWORD" % (tmp_path, tmp_path))
    assert "cloud entry prod" in found["settings"]["detail"] and "endpoint from SDRS_ENDPOINT" in found["settings"]["detail"]
    assert "not needed here" not in json.dumps(found)


@pytest.mark.parametrize("content, message", [
    ("clouds: {prod: {auth: {password: 'hush", "cannot be read as YAML"), ("clouds: {test: {}}", "'prod' is not in .*available clouds: test"),
    (None, "no clouds.yaml was found"),
])
def test_a_cloud_entry_that_cannot_be_read(simulator, tmp_path, content, message):
    if content:
        (tmp_path / "clouds.yaml").write_text(content)
    found = examine(cloud="prod", endpoint=simulator.url, region="eu-sim")
    assert failed(found) == ["credentials", "settings"] and re.search(message, found["settings"]["detail"]) and "hush" not in json.dumps(found)
    assert found["clock"]["passed"] and found["endpoint_sdrs"]["passed"] and found["login"]["skipped"]


@pytest.mark.parametrize("options, environment, word", [
    ({"http_timeout": -1}, {}, "http_timeout"), ({"endpoint": "http://example.com"}, {}, "https"), ({}, {"SDRS_VALIDATE_CERTS": "perhaps"}, "validate_certs"),
    ({}, {"SDRS_ENDPOINTS": "sdrs=x"}, "SDRS_ENDPOINTS"), ({"endpoints": {"sdr": "https://x"}}, {}, "unknown service sdr"),
])
def test_a_setting_that_makes_no_sense(simulator, monkeypatch, options, environment, word):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = examine(**{**simulator.connection, **options})
    assert failed(found) and any(word in found[name]["detail"] for name in failed(found)) and found["login"]["skipped"] and found["versions"]["passed"]
    asked = [path for _method, path, _status in simulator.log() if "/v1/" in path or "/v3/projects" in path]
    assert not asked, "nothing is signed with settings that are in doubt"


def test_a_password_in_a_refused_url_is_not_shown():
    found = examine(endpoint="ftp://somebody:hush-hush@example.com", region="r", access_key="a" * 20, secret_key="s" * 40)
    assert "hush-hush" not in json.dumps(found) and not all(each["passed"] for each in found.values())


def test_no_name_is_resolved(monkeypatch):
    def nobody(*arguments, **options):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)
    for options in ({"access_key": "a" * 20, "secret_key": "s" * 40}, {"username": "u", "password": "p" * 20, "domain_name": "d"}):
        found = examine(region="cn-north-4", **options)
        assert failed(found) == ["name_resolution"] and "sdrs.cn-north-4.myhuaweicloud.com: Temporary failure" in found["name_resolution"]["detail"]
        assert "getent hosts" in found["name_resolution"]["remedy"]


def test_proxies(monkeypatch, closed_port):
    """Hosts behind a proxy are the proxy's to resolve; its password is not shown."""
    monkeypatch.setenv("https_proxy", closed_port.replace("//", "//me:hush-hush@"))
    found = examine(region="eu-de", access_key="a" * 20, secret_key="s" * 40)
    assert failed(found) == ["proxy"] and closed_port in found["proxy"]["detail"] and "https_proxy" in found["proxy"]["remedy"]
    assert "hush" not in json.dumps(found) and found["name_resolution"]["detail"] == "resolved by the proxy"


@pytest.mark.parametrize("proxy", ["http://[", "http://me:hush-hush@proxy:99999", "me:hush-hush@127.0.0.1:1", "nonsense://x"])
def test_a_proxy_that_makes_no_sense(monkeypatch, proxy):
    monkeypatch.setenv("https_proxy", proxy)
    found = examine(region="eu-de", access_key="a" * 20, secret_key="s" * 40)
    assert failed(found) and "hush" not in json.dumps(found) and found["versions"]["passed"]


def test_an_endpoint_with_an_impossible_port():
    found = examine(endpoint="https://127.0.0.1:99999", region="r", access_key="a" * 20, secret_key="s" * 40)
    assert "settings" in failed(found) and "endpoint" in found["settings"]["detail"]


def test_iam_at_another_place(simulator):
    simulator.fault(path="/v3/auth/tokens", status=404, body="<html>nothing here</html>", method="POST")
    found = examine(**password(simulator))
    assert failed(found) == ["login"] and "URL of iam" in found["login"]["remedy"]


def test_a_login_without_a_project(simulator):
    found = examine(**{**password(simulator), "region": None})
    assert failed(found) == ["login", "project"] and "OS_PROJECT_NAME" in found["project"]["remedy"]
    assert not failed(examine(**{**password(simulator), "region": None, "project_name": "eu-sim"}))


def test_loopback_hosts_need_no_proxy(simulator, monkeypatch, closed_port):
    for name in ("http_proxy", "https_proxy", "no_proxy"):
        monkeypatch.setenv(name, "" if name == "no_proxy" else closed_port)
    found = examine(**{**simulator.connection, "region": None})
    assert found["proxy"]["passed"] and found["endpoint_sdrs"]["passed"]


def test_the_state_of_the_service(simulator, task, group):
    pair = task("sdrs_replication", server_group="erp", volume="archive-1", name="archive")["replication"]
    simulator.patch("server_groups", group["id"], status="error-starting")
    simulator.patch("replications", pair["id"], status="fault")
    simulator.patch("domains", simulator.info["active_domain_id"], sold_out=True)
    simulator.settings(quotas={"vpcs": 3, "server_groups": 1})
    found = examine(**simulator.connection)
    assert not failed(found)
    for name, words in (("server_groups", "1 error-starting: erp is"), ("replications", "1 fault: archive is"), ("domains", "sold out"),
                        ("quotas", "server_groups: 1 of 1"), ("vpc_quota", "3 of 3")):
        assert not found[name]["passed"] and words in found[name]["detail"], found[name]


def test_what_the_roles_of_a_token_tell(start_simulator, tmp_path):
    (tmp_path / "guest.json").write_text(json.dumps({"identity": {"roles": ["readonly"]}}))
    simulator = start_simulator("--scenario", str(tmp_path / "guest.json"))
    assert "Tenant Guest" in examine(**password(simulator))["write"]["detail"]
    assert "unknown" in examine(**simulator.connection)["write"]["detail"]


def test_what_is_not_offered_is_no_fault(simulator):
    simulator.fault(path="/resource/rpo-statistics", status=404, body={"error_code": "APIGW.0101", "error_msg": "The API does not exist"})
    found = examine(**simulator.connection)
    assert not failed(found) and found["rpo_statistics"]["passed"] and "not offered" in found["rpo_statistics"]["detail"]


@pytest.mark.parametrize("body", ["[]", "{}", '{"domains": 7}', '{"domains": [null]}', "<html>", '{"quotas": [1]}', '{"versions": [{"id": {}}]}'])
def test_answers_that_make_no_sense_hide_nothing(simulator, body):
    for path in ("active-domains", "sdrs/quotas", "vpc", "/$", "projects", "replications"):
        simulator.fault(path=path, status=200, body=body, count=5, skip=1 if path == "/$" else 0)
    found = examine(**simulator.connection)
    assert found["read_evs"]["passed"] and found["server_groups"]["passed"]


def test_a_host_that_is_silent(simulator, monkeypatch):
    """It costs a time-out, and the other services are told all the same."""
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._doctor import knock

    monkeypatch.setattr(knock, "ANSWER", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        found = examine(**{**simulator.connection, "endpoints": {"evs": "http://127.0.0.1:%d" % silent.getsockname()[1]}})
    assert failed(found) == ["endpoint_evs"] and "no response in time" in found["endpoint_evs"]["detail"] and found["read_ecs"]["passed"]


def test_folders_on_this_machine(simulator, tmp_path):
    cache = tmp_path / "tokens"
    options = {**password(simulator), "token_cache_dir": str(cache)}
    assert "does not exist yet" in examine(**options)["token_cache"]["detail"] and not cache.exists(), "nothing is made"
    cache.mkdir(mode=0o700)
    (cache / "x.json").write_text("{}")
    assert "contains 1 entry" in examine(**options)["token_cache"]["detail"] and len(list(cache.iterdir())) == 1
    cache.chmod(0o777)
    found = examine(**options)["token_cache"]
    assert not found["passed"] and found["severity"] == "advisory" and "chmod 700" in found["remedy"]
    assert "off" in examine(**options, token_cache=False)["token_cache"]["detail"]


def test_a_lock_that_is_held(simulator):
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import lock_files
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.waiting import Waiting

    with contextlib.ExitStack() as held:
        files = lock_files.LockFiles(held, Waiting(True, 10, None), lambda: None)
        files.open(("a", "b"))
        files.take_all(held, {("id", "c"): "c"}, 0.0)
        assert "held by process %d" % os.getpid() in examine(**simulator.connection)["locks"]["detail"]
    assert "no run holds a lock" in examine(**simulator.connection)["locks"]["detail"]


# The playbook, as users run it.

def run(tmp_path, *arguments, **environment):
    return ansible_playbook(tmp_path, "cloud_dr.sdrs.doctor", *arguments, **environment)


@pytest.mark.parametrize("in_process", ["true", nightly("false")])
def test_the_playbook(simulator, tmp_path, in_process):
    environment = {"SDRS_ENDPOINT": simulator.url, "SDRS_REGION": "eu-sim", "HW_ACCESS_KEY": simulator.info["access_key"],
                   "HW_SECRET_KEY": simulator.info["secret_key"]}
    arguments = ("-e", "sdrs_in_process=" + in_process, "-e", "doctor_json=ticket/doctor.json")
    done = run(tmp_path, *arguments, **environment)
    assert done.returncode == 0 and '"Healthy."' in done.stdout and "changed=0" in done.stdout, done.stdout + done.stderr
    assert json.loads((tmp_path / "ticket" / "doctor.json").read_text())["healthy"] is True

    # What a server makes of the key does not get out either.
    simulator.fault(path="/v3/projects", status=401, body={"error_code": "APIGW.0301", "error_msg": "ak %s is unknown" % simulator.info["access_key"]})
    done = run(tmp_path, *arguments, **environment)
    text = (tmp_path / "ticket" / "doctor.json").read_text()
    assert done.returncode == 2 and "First, login: Compare HW_ACCESS_KEY" in done.stdout, done.stdout + done.stderr
    shown = done.stdout.split('"msg": [')[1].split("]\n}")[0].splitlines()
    assert max(map(len, shown)) <= 80 and sum("FAIL login" in line for line in done.stdout.splitlines()) == 1, "the table is shown once, in 80 columns"
    content = json.loads(text)
    assert content["healthy"] is False and [each["check"] for each in content["checks"]] == ALWAYS
    for secret in (simulator.info["access_key"], simulator.info["secret_key"]):
        assert secret not in text + done.stdout + done.stderr


def test_the_playbook_takes_connection_options(simulator, tmp_path):
    done = run(tmp_path, "-e", json.dumps({"sdrs_connection": dict(simulator.connection, secret_key="of-another-key")}))
    assert done.returncode == 2 and "option secret_key" in done.stdout
    (tmp_path / "inventory.yml").write_text(json.dumps({"all": {"hosts": {"erp": {}}, "vars": {"sdrs_connection": simulator.connection}}}))
    done = run(tmp_path, "-i", "inventory.yml", "--check")
    assert done.returncode == 0 and '"Healthy."' in done.stdout, done.stdout + done.stderr
