# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates: verified unless the user says otherwise."""

from __future__ import annotations

import http.server
import json
import ssl
import threading

import certifi
import pytest
import trustme

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import settings as settings_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ConfigError, ConnectionFailed


class Handler(http.server.BaseHTTPRequestHandler):
    seen = []

    def do_GET(self):
        self.seen.append(dict(self.headers))
        content = json.dumps({"server_groups": []}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments):
        pass


@pytest.fixture(autouse=True, params=["", "bundle of the system"])
def environment(request, monkeypatch):
    """What the machine sets for requests does not beat the options."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    if request.param:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())


@pytest.fixture
def serve():
    """``serve(host name in the certificate)`` gives the URL and the CA."""
    servers = []

    def start(name):
        authority = trustme.CA()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return "https://127.0.0.1:%d" % server.server_port, authority

    Handler.seen = []
    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def ask(url, **options):
    settings = settings_module.resolve(
        {"region": "r", "project_id": "p", "endpoint": url, "auth_token": "top-secret-token", "token_cache": False, "max_retries": 1, **options}, {},
    )
    return client.Client(settings, sleep=lambda seconds: None).pages("sdrs", "/v1/{project_id}/server-groups", "server_groups")


def test_a_certificate_of_an_unknown_authority_is_refused(serve):
    url, _authority = serve("127.0.0.1")
    with pytest.raises(ConnectionFailed, match="TLS to 127.0.0.1:.* failed.*certificate") as caught:
        ask(url)
    assert not Handler.seen and "top-secret" not in str(caught.value), "no token went out"


def test_the_users_own_authority(serve, tmp_path):
    url, authority = serve("127.0.0.1")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    assert ask(url, ca_cert=str(tmp_path / "ca.pem")) == []
    _other, foreign = serve("127.0.0.1")
    foreign.cert_pem.write_to_path(str(tmp_path / "foreign.pem"))
    with pytest.raises(ConnectionFailed, match="certificate"):
        ask(url, ca_cert=str(tmp_path / "foreign.pem"))


def test_another_hosts_certificate_is_refused(serve, tmp_path):
    url, authority = serve("sdrs.example.com")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with pytest.raises(ConnectionFailed, match="TLS to .* failed"):
        ask(url, ca_cert=str(tmp_path / "ca.pem"))
    assert not Handler.seen


def test_only_the_user_switches_it_off(serve):
    url, _authority = serve("sdrs.example.com")
    with pytest.warns(Warning, match="Unverified HTTPS request"):
        assert ask(url, validate_certs=False) == []


def test_a_ca_file_that_is_missing_is_told_before_anything_is_sent(serve, tmp_path):
    url, _authority = serve("127.0.0.1")
    with pytest.raises((ConfigError, ConnectionFailed), match="ca.pem"):
        ask(url, ca_cert=str(tmp_path / "ca.pem"))
    assert not Handler.seen
