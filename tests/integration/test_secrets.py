# SPDX-License-Identifier: GPL-3.0-or-later
"""A server, or a proxy, that echoes what it gets, in every form: no secret is shown, whatever runs, at -vvvv."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sockets
import yaml
from forms import FORMS

from support import ROOT, TREE, nightly

SECRETS = {
    "HW_ACCESS_KEY": "AKIDq7Zk2vT0bW9xS4", "HW_SECRET_KEY": "hL3+secret/key0Xw2cVb8nM5qR", "HW_SECURITY_TOKEN": "gQpjbi1ub3J0aC00-security-TOKEN-8xZ0vB==",
    "OS_PASSWORD": "Pa  ss\"wö'rt%41/&+<x>\\9", "OS_TOKEN": "MIIEo-given-token-AkGA1UEBhMCQ04xEzARBgNVBAgM",
}
ISSUED = "MIIDkgYJKoZIhvcNAQcCoIIDgzCCA38CAQExDTALBglghkgBZQMEAgEwggHkBgkqhkiG"
KINDS = {
    "aksk": ("HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN"), "password": ("OS_PASSWORD",), "token": ("OS_TOKEN",),
}
EACH_KIND = [name if name == "password" else nightly(name) for name in KINDS]
OTHERS = {"OS_USERNAME": "automation", "OS_DOMAIN_NAME": "account", "SDRS_REGION": "eu-sim", "SDRS_PROJECT_ID": "p1", "SDRS_TOKEN_CACHE": "0"}
NAMES = list(FORMS)
PART = 5


class Echo(sockets.Server):
    """Answers as ``mode`` says, with what it was sent: ``error``, ``page`` (no JSON), ``reason`` (in the status line and headers), ``broken``
    (a header that cannot be) or ``data`` (objects whose texts are the echo, and errors for what writes)."""

    def __init__(self):
        super().__init__(self.talk)
        self.mode, self.turn, self.heard = "error", 0, set()

    def talk(self, connection, request):
        head, _end, body = request.partition(b"\r\n\r\n")
        line, *headers = head.decode("latin-1").split("\r\n")
        sent = [value for name, _colon, value in (header.partition(": ") for header in headers) if name in ("X-Auth-Token", "Authorization",
                                                                                                            "X-Security-Token")]
        if "/v3/auth/tokens" in line:
            password = json.loads(body)["auth"]["identity"]["password"]["user"]["password"]
            sent.append(password)
            if self.mode != "login":
                self.heard.add(password)
                token = {"token": {"expires_at": "2099-01-01T00:00:00Z", "project": {"id": "p1"}, "catalog": []}}
                return connection.sendall(sockets.response(json.dumps(token).encode(), "201 Created", "X-Subject-Token: " + ISSUED))
        sent = [re.sub(r".*Access=([^,]*),.*", r"\1", value) for value in sent]
        self.heard.update(sent)
        names = [NAMES[(self.turn * PART + number) % len(NAMES)] for number in range(PART)]
        self.turn += 1
        texts = [FORMS[name](value) for name in names for value in sent] or ["nothing was sent"]
        connection.sendall(self.answer(line, texts))
        return self.mode != "broken"

    def answer(self, line, texts):
        echo = " | ".join(texts)
        plain = re.sub(r"[^\x21-\x7e]", " ", echo)
        if self.mode in ("error", "login") or (self.mode == "data" and not line.startswith("GET")):
            body = {"error": {"code": texts[0][:200], "message": echo}}
            return sockets.response(json.dumps(body).encode(), "400 Bad", "X-Request-Id: " + plain[:300])
        if self.mode == "page":
            return sockets.response(("<html><b>No %s</b></html>" % echo).encode("utf-8", "replace"), "403 Forbidden")
        if self.mode == "reason":
            return sockets.response(b"", "407 " + plain, "Proxy-Authenticate: " + plain, "Location: https://x/?" + plain)
        if self.mode == "broken":
            return b"HTTP/1.1 200 OK\r\nContent-Length: " + plain.encode() + b"\r\nContent-Length: 5\r\n" + plain.encode() + b"\r\n\r\n"
        obj = {"id": "40df180b-9fe2-471a-8c64-1b758dc84189", "name": echo, "description": echo, "status": "available", "priority_station": "source",
               "source_availability_zone": texts[0], "target_availability_zone": texts[-1], "server_group_id": "40df180b-9fe2-471a-8c64-1b758dc84189"}
        if "/server-groups/" in line:
            return sockets.response(json.dumps({"server_group": obj}).encode())
        key = line.split()[1].partition("?")[0].rpartition("/")[2].replace("-", "_")
        plural = {"active_domains": "domains", "detail": "servers"}.get(key, key)
        return sockets.response(json.dumps({plural: [obj], "count": 1}).encode())


@pytest.fixture
def echo():
    server = Echo()
    yield server
    server.stop()


def leaks(shown, *more):
    """Which secrets can be read in what was shown."""
    found = []
    for secret in [*SECRETS.values(), ISSUED, *more]:
        found += [(name, secret) for name, form in FORMS.items() if form(secret) in shown]
        found += [("a piece", secret[at:at + 12]) for at in range(len(secret) - 11) if secret[at:at + 12] in shown]
    return found


def environment(kind, **more):
    own = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "HW_", "SDRS_")) and "proxy" not in key.lower()}
    return {
        **own, **OTHERS, **{name: SECRETS[name] for name in KINDS[kind]}, "ANSIBLE_COLLECTIONS_PATH": str(TREE), "ANSIBLE_LOCALHOST_WARNING": "0",
        # Other plugins would try their luck with the file, and show it; tracebacks are shown as far as Ansible has some.
        "ANSIBLE_INVENTORY_ENABLED": "cloud_dr.sdrs.sdrs",
        "ANSIBLE_DISPLAY_TRACEBACK": "always", "ANSIBLE_NOCOLOR": "1", "PYTHONIOENCODING": "utf-8", **more,
    }


def run(program, *arguments, cwd, env):
    command = [str(Path(sys.executable).with_name(program)), *arguments]
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, errors="replace")
    return done.stdout + done.stderr


def play(folder, tasks, env, *arguments):
    listed = [{name if "." in name else "cloud_dr.sdrs." + name: options, "ignore_errors": True, "diff": True} for name, options in tasks]
    listed.append({"ansible.builtin.debug": {"msg": "the end"}})
    (folder / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": listed}]))
    shown = run("ansible-playbook", "play.yml", "-vvvv", *arguments, cwd=folder, env={**env, "ANSIBLE_LOG_PATH": str(folder / "log")})
    shown += (folder / "log").read_text()
    assert '"msg": "the end"' in shown and "unexpected" not in shown, shown
    return shown


RUNS = [("module", "false"), ("in process", "true")]
MODES = ["error", "login", "page", "reason", "broken", "data"]
TASKS = [
    ("sdrs_server_group_info", {}), ("sdrs_server_group", {"name": "erp", "protection": "enabled"}), ("sdrs_protected_instance_info", {}),
    ("sdrs_server_group", {
        "id": "40df180b-9fe2-471a-8c64-1b758dc84189", "name": "other"}), ("sdrs_topology_info", {}), ("sdrs_domain_info", {}), ("sdrs_doctor_info", {}),
]


@pytest.mark.parametrize("kind", EACH_KIND)
@pytest.mark.parametrize("how, in_process", [
    (nightly if each[1] == "false" else pytest.param)(*each, id=each[0]) for each in RUNS])
def test_an_echo_is_not_shown_by_a_play(echo, tmp_path, kind, how, in_process):
    shown = ""
    for mode in MODES if kind == "password" else ("error", "broken", "data"):
        echo.mode = mode
        env = environment(kind, SDRS_ENDPOINT=echo.url, SDRS_PROGRESS="always", ANSIBLE_CALLBACKS_ENABLED="cloud_dr.sdrs.progress")
        tasks = [(name, {**options, "max_retries": 0}) for name, options in TASKS]
        shown += play(tmp_path, tasks if how == "in process" else tasks[:3 if echo.mode == "data" else 1], env, "-e", "sdrs_in_process=" + in_process)
    assert not leaks(shown)
    assert "********" in shown and len(echo.requests) >= 5
    assert {SECRETS[name] for name in KINDS[kind] if name != "HW_SECRET_KEY"} <= echo.heard, "the server has heard what it could have echoed"


def test_every_form_is_echoed(echo, tmp_path):
    """All forms, in errors and in data, by the fast path, where a task costs little."""
    env = environment("password", SDRS_ENDPOINT=echo.url)
    shown = ""
    for mode in ("error", "data"):
        echo.mode = mode
        shown += play(tmp_path, [("sdrs_server_group_info", {})] * (len(NAMES) // PART + 1), env)
    assert not leaks(shown) and echo.turn > 2 * len(NAMES) // PART


@pytest.mark.parametrize("kind", EACH_KIND)
def test_an_echo_is_not_shown_by_the_inventory(echo, tmp_path, kind):
    options = {"plugin": "cloud_dr.sdrs.sdrs", "max_retries": 0}
    cached = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile"}
    (tmp_path / "sdrs.yml").write_text(yaml.safe_dump({**options, **cached}))
    (tmp_path / "servers.sdrs.yml").write_text(yaml.safe_dump({**options, "hosts": "protected_instances"}))
    shown = ""
    for mode in MODES if kind == "password" else ("broken", "error", "data"):
        echo.mode = mode
        for name in ("sdrs.yml", "servers.sdrs.yml") if echo.mode == "data" else ("sdrs.yml",):
            own = environment(kind, SDRS_ENDPOINT=echo.url, ANSIBLE_INVENTORY_CACHE_CONNECTION="cache-" + mode)
            shown += run("ansible-inventory", "-i", name, "--list", "-vvvv", cwd=tmp_path, env=own)
    assert "unexpected" not in shown and "********" in shown
    kept = "".join(path.read_text() for path in tmp_path.glob("cache-*/*"))
    assert "40df180b" in kept and not leaks(shown + kept)


SOURCE = ROOT / "extensions" / "eda" / "plugins" / "event_source" / "sdrs_events.py"
RUNNER = """
import asyncio, importlib.util, json, logging, sys, traceback
sys.path.insert(0, %r)
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
spec = importlib.util.spec_from_file_location("sdrs_events", %r)
source = importlib.util.module_from_spec(spec)
spec.loader.exec_module(source)
source._SHORTEST = 0.01

async def main():
    queue = asyncio.Queue()
    running = asyncio.create_task(source.main(queue, json.loads(sys.argv[1])))
    for turn in range(300):
        await asyncio.wait([running], timeout=0.05)
        if running.done() or not queue.empty():
            break
    await asyncio.wait([running], timeout=0.2)
    while not queue.empty():
        print("EVENT", queue.get_nowait())
    if running.done():
        try:
            running.result()
        except Exception as error:
            print("ENDED", repr(error), str(error))
            traceback.print_exc(file=sys.stdout)
    running.cancel()

asyncio.run(main())
"""


def events(env, folder, **args):
    code = RUNNER % (str(TREE), str(TREE / "ansible_collections/cloud_dr/sdrs" / SOURCE.relative_to(ROOT)))
    return run("python", "-c", code, json.dumps(args), cwd=folder, env=env)


@pytest.mark.parametrize("kind", EACH_KIND)
def test_an_echo_is_not_shown_by_the_event_source(echo, tmp_path, kind):
    for mode in MODES:
        echo.mode = mode
        shown = events(environment(kind, SDRS_ENDPOINT=echo.url), tmp_path, interval=0.05, max_retries=0,
                       server_groups="erp" if echo.mode == "error" else ["erp", "crm"])
        assert not leaks(shown), echo.mode
        assert ("EVENT" in shown or "ENDED" in shown or "no protection group is named" in shown) and "unexpected" not in shown, shown


def test_an_echo_of_a_proxy_is_not_shown(echo, tmp_path):
    echo.mode = "reason"
    proxy = "proxy-pass-%C3%A4-7Hq2"
    env = environment("token", SDRS_ENDPOINT="https://sdrs.example.com", HTTPS_PROXY=echo.url.replace("//", "//someone:%s@" % proxy))
    (tmp_path / "sdrs.yml").write_text("plugin: cloud_dr.sdrs.sdrs\nmax_retries: 0\n")
    shown = play(tmp_path, [("sdrs_server_group_info", {"max_retries": 0}), ("sdrs_server_group", {"name": "erp", "max_retries": 0})], env)
    shown += play(tmp_path, [("sdrs_server_group_info", {"max_retries": 0})], env, "-e", "sdrs_in_process=false")
    shown += run("ansible-inventory", "-i", "sdrs.yml", "--list", "-vvvv", cwd=tmp_path, env=env) + events(env, tmp_path, max_retries=0)
    assert len(echo.requests) >= 5 and all(request.startswith(b"CONNECT sdrs.example.com:443") for request in echo.requests)
    assert shown.count("the proxy: it responded with HTTP 407") >= 5 and not leaks(shown, proxy, "proxy-pass-ä-7Hq2", "someone:" + proxy)


REFUSED = [
    ({"auth_token": "S3cret-token-0123456789\nX: y"}, "auth_token: must be one line"),
    ({"access_key": "AKIDsecret0123456789", "secret_key": "S3cret-key-01234567\x00x"}, "secret_key"),
    ({"auth_token": "S3cret-token-0123456789 ä"}, "auth_token: must be one line"),
    ({"auth_token": "t" * 20, "endpoint": "https://me:S3cret-pass@x"}, "endpoint must not"),
    ({"auth_token": "t" * 20, "endpoints": {"sdrs": "https://me:S3cret-pass@x"}}, "endpoints.sdrs must not"),
    ({"auth_token": "t" * 20, "endpoint": "http://me:S3cret-pass@x"}, "endpoint"),
    ({"auth_token": "t" * 20, "endpoint": "https://x/?key=S3cret-pass"}, "endpoint must not contain a query or a fragment"),
    ({"auth_token": "t" * 20, "region": "evil.com/"}, "region: "),
]


@pytest.mark.parametrize("how, in_process", [nightly(*RUNS[0], id="module"), pytest.param(*RUNS[1], id="in process")])
def test_what_is_refused_is_not_shown(tmp_path, how, in_process):
    env = {key: value for key, value in environment("token").items() if key not in ("OS_TOKEN", "SDRS_REGION")}
    tasks = [("sdrs_domain_info", {"region": "eu-sim", **options}) for options, _message in REFUSED]
    # The argument spec refuses before anything of ours is asked.
    tasks.append(("sdrs_server_group", {"endpoint": "https://me:S3cret-pass@x", "state": "bogus", "auth_token": "S3cret-token-0123456789\n"}))
    shown = play(tmp_path, tasks, env, "-e", "sdrs_in_process=" + in_process)
    assert [message for _options, message in REFUSED if message not in shown] == []
    assert "value of state must be one of" in shown and "S3cret-token" not in shown and "S3cret-key" not in shown
    # A query is no place for a secret; only what stands there as credentials is taken for one.
    assert "S3cret-pass" not in shown.replace("https://x/?key=S3cret-pass", "")


def test_what_inventory_and_event_source_refuse_is_not_shown(tmp_path):
    for number, (options, message) in enumerate(REFUSED[1:5:2]):
        env = {key: value for key, value in environment("token").items() if key not in ("OS_TOKEN", "SDRS_REGION")}
        name = "%d.sdrs.yml" % number
        (tmp_path / name).write_text(yaml.safe_dump({"plugin": "cloud_dr.sdrs.sdrs", "region": "eu-sim", **options}))
        shown = run("ansible-inventory", "-i", name, "--list", "-vvvv", cwd=tmp_path, env=env) + events(env, tmp_path, **{"region": "eu-sim", **options})
        assert shown.replace("\n", " ").count(message) >= 2 and "S3cret" not in shown, shown
