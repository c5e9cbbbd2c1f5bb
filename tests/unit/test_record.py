# SPDX-License-Identifier: GPL-3.0-or-later
"""What a recorded exchange keeps, and what it does not; the folder; nothing of it is in the way of a task."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import stat
import subprocess
import sys
import threading
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import vendor
import vendor_cloud
import vendor_tasks
from forms import FORMS
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from wire import Wire

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import api, mask, record, record_words, sanitise, settings
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client as client_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.error_codes import CODES
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import SdrsError
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs import kinds
from sdrs_simulator.world import DEFAULT_SETTINGS
from support import TREE

UUID, PLAIN_ID = "40df180b-9fe2-471a-8c64-1b758dc84189", "0123456789abcdef0123456789abcdef"


@pytest.fixture
def clean():
    return sanitise.Sanitiser(b"k" * 32)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder that is recorded into."""
    monkeypatch.setenv("SDRS_RECORD", str(tmp_path / "record"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "record"


def make(*answers, warn=None, **options):
    wire, session = Wire(*answers), requests.Session()
    session.mount("https://", wire)
    given = {"endpoint": "https://all.example", "project_id": PLAIN_ID, "token_cache": False, "max_retries": 0, "region": "eu-de", **options}
    if not {"username", "auth_token"} & set(options):
        given["auth_token"] = "the-token-of-somebody"
    return client_module.Client(settings.resolve(given, {}), warn=warn, session=session)


def recorded(folder):
    return [json.loads(path.read_text()) for path in sorted(folder.iterdir())]


# What is kept ---------------------------------------------------------------------------------------------------------------


def fields():
    for (_method, service, _path), name in vendor.CALLS.items():
        yield service, name
    for operation, name in vendor.RESPONSES.items():
        about = api.OPERATIONS.get(operation) or api.NEIGHBOURS.get(operation)
        yield vendor.ELSEWHERE.get(operation, about.service), name


def test_every_field_of_the_vendors_models_keeps_its_name(clean):
    lost = set()
    for service, name in fields():
        for path, _declared, _model in vendor.places(service, name):
            key = path[-1]
            if key not in ("[]", "{}") and clean.value({key: 1}) != {key: 1}:
                lost.add(key)
    assert not lost


def test_what_the_collection_sends_keeps_its_fields_and_words(clean, monkeypatch):
    lost, send = set(), vendor_cloud.Cloud.send

    def look(value, key=""):
        for name, entry in value.items() if isinstance(value, dict) else ():
            own = key == "tags" and name not in ("key", "value", "values")
            lost.update([name] if clean.value({name: 1}) != {name: 1} and not own else [])
            lost.update([entry] if name == "action" and isinstance(entry, str) and clean.text(entry, name) != entry else [])
            look(entry, name)
        for entry in value if isinstance(value, list) else ():
            look(entry, key)

    def watch(cloud, request, **options):
        look(json.loads(request.body or "null"))
        look(dict(parse_qsl(urlsplit(request.url).query)))
        return send(cloud, request, **options)

    monkeypatch.setattr(vendor_cloud.Cloud, "send", watch)
    for task in vendor_tasks.TASKS.values():
        with contextlib.suppress(SdrsError):
            task.run()
    assert not lost


def test_every_path_of_an_operation_is_kept(clean):
    paths = [operation.path for operation in (*api.OPERATIONS.values(), *api.NEIGHBOURS.values())] + [path for _method, _service, path in vendor.CALLS]
    for path in [*paths, "/openstack/latest/securitykey", "/meta-data/latest/api/token"]:
        plain = vendor.anonymous(path).replace("{}", UUID)
        assert clean.path(plain).replace(clean.text(UUID), UUID) == plain or "/tags/" in plain, path


@pytest.mark.parametrize("kind", [kinds.SERVER_GROUP, kinds.PROTECTED_INSTANCE, kinds.REPLICATION, kinds.DRILL], ids=lambda kind: kind.name)
def test_states_are_kept(clean, kind):
    states = [*kind.transit, "available", "protected", "error", "failed-over", "error-reprotecting", "fault", "invalid", "active-stopped"]
    assert [clean.text(state, "status") for state in states] == states


def test_job_types_codes_and_times_are_kept(clean):
    assert [name for name in DEFAULT_SETTINGS["durations"] if clean.text(name, "job_type") != name] == []
    assert [code for code in CODES if clean.text(code, "error_code") != code] == []
    for text in ("2026-11-23 13:19:37.611", "2026-11-23T13:19:37Z", "2099-01-01T00:00:00.000000Z", "2026-11-23"):
        assert clean.text(text, "created_at") == text


@pytest.mark.parametrize("code", [code for code in CODES if CODES[code][1]][::7])
def test_the_services_own_messages_are_kept(clean, code):
    said = CODES[code][1]
    assert clean.message(said) == said or any(character.isdigit() for character in said) or "%" in said or "&" in said


@pytest.mark.parametrize("text, key, above", [
    ("eu-de-01", "availability_zone", ""), ("cn-north-4a", "OS-EXT-AZ:availability_zone", ""), ("eu-de", "region", ""), ("s3.large.2", "id", "flavor"),
    ("s3.large.2", "flavorRef", ""), ("/dev/vdb", "device", ""), ("true", "bootable", ""), ("100", "progress", ""), ("v1", "id", ""),
    ("source", "priority_station", ""),
    ("https://sdrs.eu-de.otc.t-systems.com/v1/", "url", ""), ("*", "region_id", ""), ("", "name", ""), ("Linux", "os_type", "metadata"),
    ("4096", "ram", "flavor"),
])
def test_public_values_are_kept(clean, text, key, above):
    assert clean.text(text, key, above) == text


# What is not ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text, key, above", [
    ("erp", "name", ""), ("available", "name", ""), ("error", "description", ""), ("ecs-erp-db-1", "status", ""), ("erp", "status", ""),
    ("erp-zone", "zone", ""),
    ("eu-de_erp", "region", ""), ("web.large.2", "id", "flavor"), ("web", "key", "tags"), ("active", "value", "tags"), ("1234", "value", "tags"),
    ("1", "name", ""),
    ("https://customer.example/x", "url", ""), ("erp.12345", "name", ""), ("2026", "name", ""), ("/dev/vda", "name", ""), ("admin", "name", "user"),
    ("2026-11-23", "value", "tags"), ("2026-11-23", "name", ""), ("\u201cadmin\u201d", "status", ""), ("10.0.0.1:443", "addr", ""),
    ("web.example.com", "status", ""),
])
def test_what_is_the_users_own_becomes_a_stand_in(clean, text, key, above):
    found = clean.text(text, key, above)
    assert found.replace("anon-", "").strip("/:.exmplhts") != text and "anon-" in found and (text not in found or len(text) < 3)


def test_the_same_value_has_the_same_stand_in_everywhere(clean):
    exchange = {"servers": [{"id": UUID, "name": "ecs-erp", "metadata": {"owner": "ecs-erp"}, "tags": ["ecs-erp=x"], UUID: "y"}],
                "message": "The server ecs-erp (%s) of '192.168.7.9' was refused" % UUID, "addr": "192.168.7.9"}
    text = json.dumps(clean.value(exchange))
    name, server, address = clean.text("ecs-erp", "name"), clean.text(UUID, "id"), clean.address("192.168.7.9")
    assert text.count(name) == 4 and text.count(server) == 3 and text.count(address) == 2
    assert "The server %s (%s) of '%s' was refused" % (name, server, address) in text
    assert clean.path("/v1/%s/servers/%s" % (PLAIN_ID, UUID)) == "/v1/%s/servers/%s" % (clean.text(PLAIN_ID), server)
    assert clean.query("name=ecs-erp&limit=10") == [["name", name], ["limit", "10"]]
    assert clean.text("%s,%s" % (UUID, UUID), "volume_ids") == "%s,%s" % (server, server)
    assert sanitise.Sanitiser(b"x" * 32).text("ecs-erp", "name") != name, "another folder, another key"


def test_an_id_keeps_its_shape(clean):
    assert str(__import__("uuid").UUID(clean.text(UUID, "id"))) == clean.text(UUID, "id") != UUID
    assert len(clean.text(PLAIN_ID, "id")) == 32 and int(clean.text(PLAIN_ID, "id"), 16) and clean.text(UUID.upper(), "id") == clean.text(UUID, "id")


@pytest.mark.parametrize("address", ["192.168.7.9", "10.1.2.3", "172.16.9.1", "80.158.1.2", "2001:db8:1::7", "fe80::1", "198.18.0.1", "8.8.8.8"])
def test_an_address_stays_one(clean, address):
    found = ipaddress.ip_address(clean.address(address))
    assert str(found) != address and found.version == ipaddress.ip_address(address).version
    if address.startswith(("192.168.", "10.", "172.16.")):
        assert found.is_private


def test_addresses_stay_in_their_networks(clean):
    for network in ("192.168.16.0/20", "10.0.0.0/16", "10.20.30.0/24", "172.16.0.0/13"):
        found = ipaddress.ip_network(clean.address(network))
        assert str(found) != network and found.prefixlen == ipaddress.ip_network(network).prefixlen
        hosts = list(ipaddress.ip_network(network).hosts())
        mapped = [ipaddress.ip_address(clean.address(str(host))) for host in (hosts[0], hosts[7], hosts[-1])]
        assert all(each in found for each in mapped) and len(set(mapped)) == 3
    # The private ranges themselves say nothing.
    assert clean.address("192.168.0.0/16") == "192.168.0.0/16" and clean.address("0.0.0.0/0") == "0.0.0.0/0"
    assert clean.text("fa:16:3e:11:22:33", "mac_addr") != "fa:16:3e:11:22:33" and len(clean.text("fa:16:3e:11:22:33", "mac_addr")) == 17


@pytest.mark.parametrize("message, gone", [
    ("server ecs-erp-db-1 is not in group erp", ["erp", "db"]), ("quota of account OTC00000000001000000000 exceeded", ["OTC"]),
    ("see https://erp.example.com/x?y=z", ["example.com", "x?y"]), ("name=web01,owner=mueller", ["web01", "mueller"]), ("user 'admin' denied", ["admin"]),
    ("&#80;&#97;&#115;", ["80", "97"]), ("\\u0050\\u0061\\u0073", ["0050"]), ("mail to joe@example.org now", ["joe", "example"]),
    ('{"badRequest": {"message": "server web01 is busy", "code": 400}}', ["web01"]), ('at {"x": "web01"} end', ["web01"]),
    ("host 80.158.7.7:8443 down", ["80.158"]),
])
def test_messages_lose_names(clean, message, gone):
    found = clean.message(message)
    assert not [each for each in gone if each in found], found


def test_names_that_were_seen_are_found_in_messages(clean):
    clean.value({"name": "production server"})
    assert "production server" not in clean.message("the production server is not stopped")
    assert clean.message("it is 'available' now") == "it is 'available' now"


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("key", ["message", "status", "name", "error_code", "id", "job_type", "availability_zone", "url", "tags", "text"])
def test_no_form_of_a_secret_is_kept(clean, form, key):
    secrets = ["hL3+secret/key0Xw2cVb8nM5qR", "Pa  ss\"wö'rt%41/&+<x>\\9", "available", "123456"]
    mask.register(secrets)
    for secret in secrets:
        text = FORMS[form](secret)
        for value in (text, "the %s was" % text, [text], {"server_groups": [{key: text}]}):
            shown = json.dumps(mask.masked_data(clean.value({key: value})), ensure_ascii=False)
            plain = [piece for piece in (secret, text) if len(piece) > 4 and piece in shown]
            assert not plain, (shown, plain)
    assert mask.masked_data(clean.value({"x": 123456})) != {"x": 123456}


def test_keys_of_the_users_own_become_stand_ins(clean):
    found = clean.value({"tags": {"status": "x", "tier": "web"}, "metadata": {"customer-key": "v", "os_type": "Linux"}, "addresses": {UUID: []}, "erp": 1})
    assert "status" not in found["tags"] and "tier" not in found["tags"] and "customer-key" not in found["metadata"]
    assert found["metadata"]["os_type"] == "Linux" and list(found["addresses"]) == [clean.text(UUID)] and "erp" not in found
    assert "tier" not in clean.path("/v1/x/protected-instances/%s/tags/status" % UUID).replace("tags", "") and "/tags/anon-" in clean.path("/v1/tags/status")
    assert clean.path("/v1/tags/action") == "/v1/tags/action"


# Words that are nobody's, in whatever a service may put around them.
OWN = st.text("bdfgjklmqrvwxz", min_size=5, max_size=12)
PLACES = st.sampled_from(["name", "status", "message", "error_code", "id", "url", "tags", "metadata", "availability_zone", "flavor", "version", "device",
                          "text", "region_id", "job_type", "unheard_of", "fail_reason", "href", "cidr", "volume_ids", "methods"])
SHAPES = [
    "%s", "the server %s is busy", "'%s'", "%s-01", "01-%s", "https://%s.example/x", "https://iam.eu-de.otc.t-systems.com/%s?%s=%s",
    "{\"%s\": \"%s\"}", "[%s]", "%s.large.2", "/dev/%s", "v1.%s", "%s.0201", "eu-de-%s", "%s=%s", "a,%s", "2026-11-23T00:00:00%s",
    "error-%s", "error.%s", "10.0.0.1/%s", "%s@x", "server_%s", "see {\"message\": \"%s\"} now", "%s/%s", "createServer%s", "\u00e4%s",
    "%s\n%s", "(%s)", "<b>%s</b>",
]


@given(own=OWN, keys=st.lists(PLACES, min_size=1, max_size=3), shape=st.sampled_from(SHAPES), listed=st.booleans(), upper=st.booleans())
@hypothesis_settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_word_of_a_user_is_left_wherever_it_stands(own, keys, shape, listed, upper):
    own = own.title() if upper else own
    clean, text = sanitise.Sanitiser(b"k" * 32), shape.replace("%s", own)
    value = text
    for key in keys:
        value = {key: [value] if listed else value, own: value, text: 1}
    shown = json.dumps(clean.value(value)) + clean.path("/v1/" + text) + json.dumps(clean.query("%s=%s" % (own, text))) + clean.message("a " + text + " b")
    assert own.lower() not in shown.lower(), shown


def test_words_are_words():
    for name in ("erp", "crm", "sap", "web", "mueller", "prod", "db", "app", "hush"):
        assert name not in record_words.words() and name not in record_words.words_of_messages()


# The folder -----------------------------------------------------------------------------------------------------------------

ANSWER = (200, {"server_groups": [{"id": UUID, "name": "erp", "status": "available"}], "count": 1}, {"Content-Type": "application/json",
          "Server": "erp-proxy-7"})


def test_an_exchange_is_one_file(folder):
    make(ANSWER).call("GET", "sdrs", "/v1/{project_id}/server-groups", {"name": "erp"})
    (exchange,) = recorded(folder)
    clean = sanitise.Sanitiser(next((folder.parent / "state").rglob("*.key")).read_bytes())
    assert exchange == {
        "format": 1, "problem": None,
        "request": {"method": "GET", "service": None, "path": "/v1/%s/server-groups" % clean.text(PLAIN_ID), "query": [["name", clean.text("erp", "name")]],
                    "body": None, "authentication": "token"},
        "response": {"status": 200, "headers": {"content-type": "application/json"},
                     "body": {"server_groups": [{"id": clean.text(UUID), "name": clean.text("erp", "name"), "status": "available"}], "count": 1}},
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (*folder.iterdir(), *(folder.parent / "state").rglob("*.key"))} == {0o600}
    assert not [path for path in folder.iterdir() if path.suffix != ".json"], "the key is elsewhere"


def test_a_login_is_recorded_without_its_secrets(folder):
    answer = (201, {"token": {"expires_at": "2099-01-01T00:00:00Z", "project": {"id": PLAIN_ID}}}, {"X-Subject-Token": "MIID-the-token-of-all"})
    client = make(answer, ANSWER, username="mueller", password="the-password", user_id=PLAIN_ID, passcode="654321", domain_name="OTC0001")
    client.call("GET", "sdrs", "/v1/{project_id}/server-groups")
    login = recorded(folder)[0]
    user = login["request"]["body"]["auth"]["identity"]["password"]["user"]
    assert user["password"] == "********" and user["name"].startswith("anon-") and login["response"]["headers"]["x-subject-token"] == "********"
    text = "".join(path.read_text() for path in folder.iterdir())
    assert not [each for each in ("mueller", "the-password", "654321", "OTC0001", "MIID", PLAIN_ID) if each in text]
    assert login["request"]["authentication"] == "none"


@pytest.mark.parametrize("answer, status, body", [
    ((502, b"<html><b>Bad Gateway of proxy-7</b></html>"), 502, "text"), ((400, {"error": {"code": "SDRS.0201", "message": "web01 is wrong"}}), 400, "error"),
    (requests.ConnectionError(), None, None), ((200, b'{"trunc'), 200, "text"),
])
def test_what_fails_is_recorded_too(folder, answer, status, body):
    with pytest.raises(SdrsError):
        make(answer).call("GET", "sdrs", "/v1/{project_id}/server-groups")
    (exchange,) = recorded(folder)
    assert (exchange["response"] or {}).get("status") == status and (body is None or body in exchange["response"]["body"])
    assert bool(exchange["problem"]) is (status is None)
    assert not [each for each in ("proxy-7", "web01", "all.example") if each in json.dumps(exchange)]


@pytest.mark.parametrize("spoil", ["a file", "of others", "a link", "below a file"])
def test_a_folder_that_cannot_be_used_is_a_warning(folder, spoil, tmp_path, monkeypatch):
    if spoil == "a file":
        folder.write_text("x")
    elif spoil == "of others":
        folder.mkdir(mode=0o700)
        folder.chmod(0o777)
    elif spoil == "a link":
        folder.symlink_to(tmp_path)
    else:
        monkeypatch.setenv("SDRS_RECORD", "/dev/null/x")
    warned = []
    client = make(ANSWER, ANSWER, warn=warned.append)
    for _call in range(2):
        assert client.call("GET", "sdrs", "/v1/{project_id}/server-groups")["count"] == 1
    assert len(warned) == 1 and "has stopped" in warned[0], warned


def test_a_fault_of_the_recorder_does_not_reach_the_task(folder, monkeypatch):
    def fail(*_args):
        raise KeyError("the-secret-text")

    monkeypatch.setattr(sanitise.Sanitiser, "path", fail)
    warned = []
    assert make(ANSWER, warn=warned.append).call("GET", "sdrs", "/v1/{project_id}/server-groups")["count"] == 1
    assert len(warned) == 1 and "unexpected KeyError" in warned[0] and "the-secret-text" not in warned[0]


def test_a_key_that_cannot_be_kept_is_a_warning(folder, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/x")
    warned = []
    make(ANSWER, warn=warned.append).call("GET", "sdrs", "/v1/{project_id}/server-groups")
    assert len(recorded(folder)) == 1 and len(warned) == 1 and "placeholders" in warned[0]


def test_the_folder_is_bounded(folder, monkeypatch):
    monkeypatch.setattr(record, "MOST_FILES", 3)
    warned = []
    client = make(*[ANSWER] * 5, warn=warned.append)
    for _call in range(5):
        client.call("GET", "sdrs", "/v1/{project_id}/server-groups")
    assert len(recorded(folder)) == 3 and len(warned) == 1 and "full" in warned[0]


def test_files_that_others_rename_meanwhile_are_passed_over(folder, monkeypatch):
    """Another process writes a file under another name first; it may be gone between the listing and the look at it."""
    folder.mkdir(mode=0o700)
    (folder / ".half-written").write_text("x")
    listed = os.scandir

    class Vanishing:
        def __init__(self, path):
            self._entries = listed(path)

        def __enter__(self):
            return self

        def __exit__(self, *_what):
            self._entries.close()

        def __iter__(self):
            for entry in self._entries:
                (folder / ".half-written").unlink(missing_ok=True)
                yield entry

    monkeypatch.setattr(record.os, "scandir", Vanishing)
    warned = []
    make(ANSWER, warn=warned.append).call("GET", "sdrs", "/v1/{project_id}/server-groups")
    assert not warned and len(recorded(folder)) == 1


def test_a_large_exchange_keeps_its_head(folder):
    huge = (200, {"server_groups": [{"id": UUID, "status": "available"}] * 20_000, "count": 1})
    make(huge).call("GET", "sdrs", "/v1/{project_id}/server-groups")
    (exchange,) = recorded(folder)
    assert exchange["response"]["body"] == {"left_out": "larger than 1024 KiB"} and exchange["response"]["status"] == 200


def test_without_the_variable_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.delenv("SDRS_RECORD", raising=False)
    assert record.recorder() is None and record.recorder(environ={"SDRS_RECORD": ""}) is None


def test_threads_write_each_exchange_once(folder):
    client = make(*[ANSWER] * 40)
    threads = [threading.Thread(target=lambda: [client.call("GET", "sdrs", "/v1/{project_id}/server-groups") for _call in range(5)]) for _thread in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(recorded(folder)) == 40


PROGRAM = """
import sys
sys.path.insert(0, %r)
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import record

class Response:
    status_code, headers, content, request = 200, {}, b'{"name": "erp"}', None

recorder = record.recorder(print)
for number in range(20):
    recorder.note("GET", "https://x.example/v1/p", None, Response())
"""


def test_processes_agree_on_stand_ins(folder):
    running = [subprocess.Popen([sys.executable, "-c", PROGRAM % str(TREE)], env=dict(os.environ), stdout=subprocess.PIPE) for _process in range(3)]
    assert [process.communicate()[0] for process in running] == [b""] * 3
    found = recorded(folder)
    assert len(found) == 60 and len({exchange["response"]["body"]["name"] for exchange in found}) == 1
