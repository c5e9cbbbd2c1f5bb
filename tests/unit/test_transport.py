# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server can do to the connection: it never makes a task hang, grow, or show what foreign exceptions hold."""

from __future__ import annotations

import functools
import gzip
import json
import os
import resource
import ssl
import time
import zlib

import pytest
import requests
import sockets
import urllib3

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import (
    client as client_module,
)
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import (
    connection as connection_module,
)
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import (
    settings as settings_module,
)
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import (
    transport,
)
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ApiError, ConnectionFailed, UnknownFate
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._doctor import knock

PATH = "/v1/{project_id}/server-groups"
TOKEN = "the-token-0123456789abcdef"


@pytest.fixture
def serve():
    """``serve(function)`` gives a server that answers with what the function writes."""
    servers = []

    def start(function):
        servers.append(sockets.Server(function))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def client(url, seconds=0.4, **options):
    settings = settings_module.resolve(
        {"region": "r", "project_id": "p", "endpoint": url, "auth_token": TOKEN, "token_cache": False, "max_retries": 0, **options}, {},
    )
    settings.http_timeout = seconds
    return client_module.Client(settings, sleep=lambda seconds: None)


def trickle(start, again, pause=0.05):
    """``start`` at once, then ``again`` for ever."""
    def talk(connection, _request):
        connection.sendall(start)
        while True:
            connection.sendall(again)
            if pause:
                time.sleep(pause)

    return talk


def silent(_connection, _request):
    time.sleep(20)


HANGING = {
    "nothing": silent, "a status line without end": trickle(b"HTTP/1.1 200 ", b"O"), "headers without end": trickle(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n"),
    "a header without end": trickle(b"HTTP/1.1 200 OK\r\nA: ", b"b"), "100 Continue for ever": trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "100 Continue as fast as it can": trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, 0), "a body byte by byte":
    trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "), "a body until the connection ends": trickle(b"HTTP/1.1 200 OK\r\n\r\n", b" "),
    "small chunks": trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a chunk's length": trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"A: b\r\n"),
    "packed": trickle(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b" ")[:10], zlib.compress(b"")[2:3]),
}


@pytest.mark.parametrize("what", HANGING)
def test_one_deadline_for_a_whole_response(serve, what):
    server, began = serve(HANGING[what]), time.monotonic()
    with pytest.raises(ConnectionFailed, match="was lost: (no complete response within 0.4 s|the connection was|its response (is larger|cannot be))"):
        client(server.url).call("GET", "sdrs", PATH)
    with pytest.raises(UnknownFate, match="the request may have taken effect"):
        client(server.url).call("POST", "sdrs", PATH, body={})
    assert time.monotonic() - began < 4 and len(server.requests) == 2


@pytest.mark.parametrize("status, error", [("500 Error", ApiError), ("404 Not Found", ApiError), ("302 Found", ApiError)])
def test_the_status_is_enough_of_an_error(serve, status, error):
    """Its body is waited for no longer than any other, and a write is not of unknown fate for it."""
    server = serve(trickle(b"HTTP/1.1 %s\r\nContent-Length: 1000\r\nLocation: http://169.254.0.1/\r\n\r\n" % status.encode(), b"x"))
    began = time.monotonic()
    with pytest.raises(error, match=status[:3]):
        client(server.url).call("POST", "sdrs", PATH, body={})
    assert time.monotonic() - began < 2 and len(server.requests) == 1


def test_a_rejection_whose_body_hangs_is_repeated(serve):
    def talk(connection, _request):
        if len(server.requests) > 1:
            return connection.sendall(sockets.response())
        connection.sendall(b"HTTP/1.1 429 Too Many\r\nContent-Length: 10\r\n\r\n")
        return time.sleep(5)

    server = serve(talk)
    assert client(server.url, max_retries=1).call("POST", "sdrs", PATH, body={}) == {}
    assert len(server.requests) == 2


@functools.lru_cache(None)
def bomb(size, layers=1):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    data = b"".join(packer.compress(b" " * 2**20) for _part in range(size // 2**20)) + packer.flush()
    for _layer in range(layers - 1):
        data = gzip.compress(data, 9)
    return data


@pytest.mark.parametrize("status", ["200 OK", "500 Error", "302 Found"])
@pytest.mark.parametrize("headers, body", [
    (["Content-Encoding: gzip"], (2**28,)), (["Content-Encoding: gzip, gzip"], (2**28, 2)), (["Content-Encoding: deflate"], (2**28,)),
    (["Content-Encoding: br"], b"x"), (["Content-Encoding: zstd"], b"x"), ([], b" " * (connection_module.LARGEST + 1)),
    (["Location: https://example.com"], b" " * (connection_module.LARGEST + 1)),
], ids=["gzip", "gzip twice", "deflate", "br", "zstd", "plain", "plain, elsewhere"])
def test_what_comes_back_is_bounded(serve, status, headers, body):
    body = bomb(*body) if isinstance(body, tuple) else body

    def talk(connection, _request):
        connection.sendall(sockets.response(body, status, *headers))

    server, began, before = serve(talk), time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ConnectionFailed if status.startswith("200") else ApiError, match="its response|%s" % status[:3]) as caught:
        client(server.url, seconds=20).call("GET", "sdrs", PATH)
    assert time.monotonic() - began < 3 and len(str(caught.value)) < 300
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000, "kilobytes"


def test_a_knock_reads_no_body(serve):
    """The doctor asks without credentials, and for the status alone."""
    packed = bomb(2**28)
    server = serve(lambda connection, _request: connection.sendall(
        sockets.response(packed, "302 Found", "Content-Encoding: gzip", "Location: http://169.254.0.1/")))
    settings = settings_module.resolve({"region": "r", "auth_token": TOKEN}, {})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = knock.knock(server.url, "/", settings)
    assert (found.status, found.problem) == (302, None) and TOKEN.encode() not in server.requests[0]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 120_000, "kilobytes"


def test_too_large_is_not_asked_for_again(serve):
    server = serve(lambda connection, _request: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"))
    with pytest.raises(ConnectionFailed, match="larger than 16 MiB") as caught:
        client(server.url, max_retries=5).call("GET", "sdrs", PATH)
    assert len(server.requests) == 1 and not caught.value.data["retryable"]


CONTENT = json.dumps({"server_groups": [{"id": "a", "name": "ä" * 1000}]}).encode()
NORMAL = {
    "plain": sockets.response(CONTENT), "gzip": sockets.response(gzip.compress(CONTENT), "200 OK", "Content-Encoding: gzip"),
    "zlib": sockets.response(zlib.compress(CONTENT), "200 OK", "Content-Encoding: deflate"),
    "chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(CONTENT), CONTENT),
    "chunks and gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
    % (len(gzip.compress(CONTENT, mtime=0)), gzip.compress(CONTENT, mtime=0)),
    "after 100 Continue": b"HTTP/1.1 100 Continue\r\n\r\n" + sockets.response(CONTENT), "204": b"HTTP/1.1 204 No Content\r\n\r\n",
    "an error": sockets.response(b'{"error": {"code": "SDRS.0013", "message": "too bad"}}', "500 Error"),
    "an error, packed": sockets.response(gzip.compress(b'{"error": {"code": "SDRS.0013"}}'), "400 Bad", "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("what", NORMAL)
def test_connections_are_kept(serve, what):
    server = serve(lambda connection, _request: connection.sendall(NORMAL[what]))
    asking = client(server.url)
    for _request in range(4):
        if "error" in what:
            with pytest.raises(ApiError, match="SDRS.0013"):
                asking.call("GET", "sdrs", PATH)
        else:
            assert asking.call("GET", "sdrs", PATH) == ({} if what == "204" else json.loads(CONTENT))
    assert server.connections == 1 and len(server.requests) == 4


@pytest.mark.parametrize("answer", [
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}",
    b"", b"HTTP/1.1 2", b"\x16\x03\x01 no HTTP",
    sockets.response(gzip.compress(CONTENT)[:-9], "200 OK", "Content-Encoding: gzip"), sockets.response(b"no gzip", "200 OK", "Content-Encoding: gzip"),
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}", b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n{}", b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000 + b"\r\n\r\n{}",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", b"HTTP/9.9 999 \xff\xfe\r\n\r\n",
])
def test_a_response_that_is_broken_leaves_a_write_of_unknown_fate(serve, answer):
    def talk(connection, request):
        connection.sendall(answer)
        return False

    server = serve(talk)
    with pytest.raises((UnknownFate, ApiError)) as caught:
        client(server.url, max_retries=5).call("POST", "sdrs", PATH, body={})
    assert len(server.requests) == 1
    assert isinstance(caught.value, UnknownFate) or "999" in str(caught.value)


def test_nothing_is_sent_where_nobody_listens(serve):
    server = serve(silent)
    server.stop()
    with pytest.raises(ConnectionFailed, match="127.0.0.1:.* cannot be reached: Connection refused"):
        client(server.url, max_retries=2).call("POST", "sdrs", PATH, body={})


PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture
def proxy(serve, monkeypatch):
    """A proxy that the environment names, with credentials; it echoes what it gets."""
    def talk(connection, request):
        echo = request.replace(b"\r\n", b" ").decode("latin-1")
        connection.sendall(sockets.response(b"", "407 " + echo, "Proxy-Authenticate: " + echo))
        return False

    server = serve(talk)
    for name in PROXIES:
        monkeypatch.setenv(name, server.url.replace("//", "//someone:proxy-pass%C3%A4@"))
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    return server


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "127.0.0.1."])
def test_no_proxy_for_this_machine(serve, proxy, host):
    server = serve(lambda connection, _request: connection.sendall(sockets.response()))
    try:
        assert client("http://%s:%d" % (host, server.port)).call("GET", "sdrs", PATH) == {}
    except Exception as error:  # noqa: BLE001 - a name that is not accepted is as good
        assert "host" in str(error) or "plain http" in str(error)
    assert not proxy.requests


def test_a_proxy_for_others_shows_nothing(proxy, capfd):
    with pytest.raises(ConnectionFailed, match="the proxy: it responded with HTTP 407") as caught:
        client("https://sdrs.example.com").call("POST", "sdrs", PATH, body={})
    assert proxy.requests[0].startswith(b"CONNECT sdrs.example.com:443") and TOKEN.encode() not in proxy.requests[0]
    shown = "%s %r %s %s" % (caught.value, caught.value, caught.value.as_dict(), capfd.readouterr())
    assert "proxy-pass" not in shown and "c29tZW9uZTpwcm94eS1wYXNz" not in shown


def chain(error):
    """As requests raises it: an exception around an exception around the cause."""
    return requests.ConnectionError(urllib3.exceptions.MaxRetryError(None, "/" + TOKEN, error), request=None)


FOREIGN = [
    requests.exceptions.InvalidHeader("Invalid header value b'%s'" % TOKEN), requests.exceptions.InvalidURL(TOKEN), requests.ReadTimeout(TOKEN),
    requests.exceptions.SSLError(TOKEN), chain(OSError(TOKEN)), chain(ssl.SSLError(1, TOKEN)), chain(urllib3.exceptions.ProtocolError(TOKEN)),
    chain(urllib3.exceptions.ProxyError(TOKEN, OSError("Tunnel connection failed: 407 " + TOKEN))), OSError(TOKEN), OSError(2, TOKEN, TOKEN),
    urllib3.exceptions.HTTPError(TOKEN), UnicodeError(TOKEN), requests.exceptions.ContentDecodingError(TOKEN), zlib.error(TOKEN),
    requests.exceptions.RequestException(TOKEN), requests.exceptions.ChunkedEncodingError(urllib3.exceptions.IncompleteRead(1, 2)),
]


@pytest.mark.parametrize("error", FOREIGN, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("sent", [False, True, None])
def test_the_text_of_foreign_exceptions_is_never_shown(error, sent, monkeypatch):
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import mask

    def failing(self, request, *args, **kwargs):
        self.sent = sent
        raise error

    monkeypatch.setattr(connection_module.Adapter, "send", failing)
    asking = client("https://sdrs.example.com")
    mask._known.clear()
    with pytest.raises((ConnectionFailed, UnknownFate)) as caught:
        asking.call("POST", "sdrs", PATH, body={})
    assert TOKEN not in "%s %r %s" % (caught.value, caught.value, caught.value.as_dict()) and "sdrs.example.com" in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert isinstance(caught.value, UnknownFate) or not sent


def test_a_bundle_that_is_missing(serve, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/does/not/exist")
    with pytest.raises(ConnectionFailed, match="TLS to sdrs.example.com failed: the file with the CA certificates"):
        client("https://sdrs.example.com").call("GET", "sdrs", PATH)


@pytest.mark.parametrize("data", [b'{"a": NaN}', b'{"a": Infinity}', b'{"a": -Infinity}', b'{"a": 1e999}', b'{"a": 1%s}' % (b"0" * 5000), b"[" * 100_000, b""])
def test_what_is_no_json(data):
    with pytest.raises((ValueError, RecursionError)):
        transport.decode(data)


@pytest.mark.parametrize("data, value", [
    (b'{"a": "\\ud800"}', {"a": "\ufffd"}), (b'{"\\udfff": ["x\\ud83d\\ude00\\ud83d"]}', {"\ufffd": ["x\U0001f600\ufffd"]}),
    (b'{"a": "\xff"}', {"a": "\ufffd"}), (b'\xef\xbb\xbf{"a": 1.5e3}', {"a": 1500.0}), ('{"a": "ä"}'.encode("utf-16"), {"a": "ä"}),
])
def test_text_of_answers_can_be_written(data, value):
    assert transport.decode(data) == value
    json.dumps(value, ensure_ascii=False).encode()


@pytest.mark.parametrize("header", ["nan", "inf", "-inf", "1e400", "-5", "soon", "", "0x10"])
def test_a_retry_after_that_is_none(serve, header):
    def talk(connection, _request):
        connection.sendall(sockets.response(b"{}", *(("429 Later", "Retry-After: " + header) if len(server.requests) == 1 else ())))

    server = serve(talk)
    assert client(server.url, max_retries=1).call("GET", "sdrs", PATH) == {}


def test_the_environment_of_the_tests_has_no_proxy():
    assert not [name for name in PROXIES if os.environ.get(name)]
