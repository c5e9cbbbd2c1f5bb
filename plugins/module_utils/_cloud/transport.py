# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends one request, with one deadline for the whole response and limits for its size. PRIVATE to the collection.

Imports nothing of Ansible. Whatever requests, urllib3 and http.client raise ends here, in NotSent or Lost: their texts may hold headers,
that is secrets, and are never shown.
"""

from __future__ import annotations

import functools
import io
import json
import math
import os
import re
import socket
import ssl
import threading
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from . import mask
from .connection import LARGEST, Adapter, TooMuch, new_session
from .settings import Settings

try:
    from requests import exceptions as http
    from urllib3 import exceptions as lower

    MISSING_REQUESTS = None
except ImportError as missing:
    MISSING_REQUESTS = str(missing)

LARGEST_ERROR = 64 * 2**10
_CHUNK = 64 * 2**10
_CERTIFICATE: dict = {
    10: "it has expired", 9: "it is not yet valid", 18: "it is self-signed", 19: "its authority is not trusted",
    20: "its authority is not trusted", 21: "its authority is not trusted", 23: "it was revoked",
    62: "it is not valid for this host", 64: "it is not valid for this address",
}


class NotSent(Exception):
    """The request did not leave this machine; the text is a sentence about the host.

    :param final: trying again will not help
    """

    def __init__(self, text: str, final: bool = False) -> None:
        super().__init__(text)
        self.final = final


class Lost(NotSent):
    """The request was sent, or may have been; there is no usable response."""


class Transport:
    """Sends requests one by one, from any thread."""

    def __init__(self, settings: Settings, agent: str, session: Any = None, warn: Callable[[str], Any] | None = None) -> None:
        self._settings, self._agent, self._given, self._own = settings, agent, session, threading.local()
        self._made: list[Any] = []
        self._recorder = _recorder(warn)
        for url in getproxies_environment().values():
            mask.register_url(url)

    @property
    def _session(self) -> Any:
        """One session for each thread: they are not made to be shared."""
        session = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = self._given or new_session()
            self._made.append(session)
            session.headers.update({
                "Content-Type": "application/json", "X-Language": "en-us", "User-Agent": self._agent, "Accept-Encoding": "gzip",
            })
        return session

    def close(self) -> None:
        """Close the connections of all threads; later requests open new ones."""
        for session in self._made:
            session.close()

    def send(self, method: str, url: str, data: bytes | None, auth: Any) -> Any:
        """The response, its body read and unpacked; of one with an error status, nothing when the body cannot be had.

        :raises NotSent: nothing has reached the service
        :raises Lost: it may have
        """
        if self._recorder is None:
            return self._send(method, url, data, auth)
        try:
            response = self._send(method, url, data, auth)
        except NotSent as failure:
            self._recorder.note(method, url, data, None, str(failure))
            raise
        self._recorder.note(method, url, data, response)
        return response

    def _send(self, method: str, url: str, data: bytes | None, auth: Any) -> Any:
        adapter = self._session.get_adapter(url)
        own = isinstance(adapter, Adapter)
        try:
            response = self._session.request(
                method, url, data=data, auth=auth or _anonymous, timeout=self._settings.http_timeout, allow_redirects=False, stream=True,
                verify=self._settings.verify,  # of the session, REQUESTS_CA_BUNDLE would beat it
            )
            mask.register([response.headers.get("X-Subject-Token")])
            response.raw = io.BytesIO(_body(response))
            return response
        except (OSError, lower.HTTPError, UnicodeError, zlib.error) as error:  # requests' own are OSErrors
            raise self._failure(error, adapter.sent if own else None, urlsplit(url).netloc) from None
        finally:
            if own:
                adapter.sent = None

    def _failure(self, error: Any, sent: bool | None, host: str) -> NotSent:
        causes = _causes(error)

        def holds(*kinds: type) -> bool:
            return any(isinstance(cause, kinds) for cause in causes)

        why = reason(error, self._settings.http_timeout)
        if sent is None:
            # For a foreign adapter, the type of the exception decides.
            passing = isinstance(error, (http.ConnectionError, http.Timeout, http.ChunkedEncodingError)) and not isinstance(error, http.SSLError)
            sent = passing and not isinstance(error, http.ConnectTimeout) and not holds(lower.NewConnectionError, lower.ConnectTimeoutError)
        if sent:
            return Lost("the connection to %s was lost: %s" % (host, why), final=holds(TooMuch))
        if holds(ssl.SSLError, http.SSLError, lower.SSLError) or (_plain(error) and error.errno is None):
            return NotSent("TLS to %s failed: %s" % (host, why), final=True)
        return NotSent("%s cannot be reached: %s" % (host, why), final=not isinstance(error, (http.ConnectionError, http.Timeout)))


def _recorder(warn: Callable[[str], Any] | None) -> Any:
    if not os.environ.get("SDRS_RECORD"):
        return None
    from .record import recorder  # here, because few tasks need it and all would pay for it

    return recorder(warn)


def _plain(error: Any) -> bool:
    """Whether an OSError carries only text: one raised by requests, or by a tunnel."""
    return type(error) is OSError  # pylint: disable=unidiomatic-typecheck


def _causes(error: BaseException) -> list:
    """The exceptions that ``error`` was made of; not its context, which may be of another request."""
    seen: list = []
    level: list[Any] = [error]
    while level and len(seen) < 20:
        cause = level.pop(0)
        if isinstance(cause, BaseException) and cause not in seen:
            seen.append(cause)
            level += [getattr(cause, "reason", None), cause.__cause__, *cause.args[:4]]
    return seen


def reason(error: BaseException, seconds: float) -> str:
    """The reason for a failure, in the collection's own words.

    :param error: what requests or urllib3 has raised
    :param seconds: the time-out
    """
    causes = _causes(error)

    def holds(*kinds: type) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "the certificate was refused: %s" % _CERTIFICATE.get(getattr(cause, "verify_code", None), "OpenSSL gave no known reason")
        if isinstance(cause, ssl.SSLError):
            name = getattr(cause, "reason", None) or ""
            return "OpenSSL error %s" % (name if re.fullmatch(r"[A-Z0-9_]{1,80}", name) else "without a code")
    proxy = "the proxy: " if holds(lower.ProxyError, http.ProxyError) else ""
    for kinds, text in (
        ((TooMuch,), "its response is larger than %d MiB" % (LARGEST // 2**20)), ((_Strange,), "its response has an unsupported encoding"),
        ((zlib.error,), "its response cannot be decompressed"), ((_Truncated, lower.IncompleteRead), "its response is incomplete"),
        ((http.InvalidHeader, lower.InvalidHeader), "a header is not valid"), ((http.InvalidURL, lower.LocationParseError), "the URL is not valid"),
        ((socket.gaierror, UnicodeError), "the name cannot be resolved"), ((http.ConnectTimeout,), "no connection within %g s" % seconds),
        ((TimeoutError, lower.ReadTimeoutError, http.ReadTimeout), "no complete response within %g s" % seconds),
    ):
        if holds(*kinds):
            return proxy + text
    number = next((cause.errno for cause in causes if isinstance(cause, OSError) and isinstance(cause.errno, int)), None)
    refused = next(filter(None, (re.match(r"Tunnel connection failed: ([0-9]{3})", str(cause)) for cause in causes if _plain(cause))), None)
    if number is not None:
        return proxy + os.strerror(number)
    if refused:
        return proxy + "it responded with HTTP %s" % refused.group(1)
    if holds(lower.NewConnectionError):
        return proxy + "the connection cannot be established"
    if _plain(causes[0]):
        return "the file with the CA certificates cannot be read (ca_cert, REQUESTS_CA_BUNDLE)"
    return proxy + ("the connection was closed, or the "
                    "server does not use HTTP" if holds(lower.ProtocolError, http.ConnectionError) else type(causes[0]).__name__)


class _Truncated(OSError):
    """Fewer bytes than were announced."""


class _Strange(OSError):
    """An encoding that was not requested."""


def _body(response: Any) -> bytes:
    failed = response.status_code >= 300
    try:
        return _read(response, LARGEST_ERROR if failed else LARGEST)
    except (OSError, lower.HTTPError, zlib.error):
        response.close()
        if failed:
            return b""  # the status says enough
        raise


def _read(response: Any, limit: int) -> bytes:
    raw: Any = response.raw or io.BytesIO(response.content)
    packing, length = (response.headers.get(name, "").strip().lower() for name in ("Content-Encoding", "Content-Length"))
    if packing not in ("", "identity", "gzip", "x-gzip", "deflate"):
        raise _Strange
    announced = int(length[:20]) if length.isascii() and length.isdigit() else 0
    if announced > limit:
        raise TooMuch
    # As requests does with a stream that is not urllib3's.
    read = functools.partial(raw.read, decode_content=False) if hasattr(raw, "stream") else raw.read
    inflate, parts, size, received = zlib.decompressobj(47) if packing not in ("", "identity") else None, [], 0, 0
    while chunk := read(_CHUNK):
        received += len(chunk)
        parts.append(inflate.decompress(chunk, limit + 1 - size) if inflate else chunk)
        size += len(parts[-1])
        if size > limit or received > limit:
            raise TooMuch
    if received < announced and response.status_code not in (204, 304) or (inflate and received and not inflate.eof):
        raise _Truncated
    return b"".join(parts)


def decode(data: bytes) -> Any:
    """The JSON value in ``data``.

    :raises ValueError, RecursionError: there is none, or one with numbers that are none
    """
    text = data.decode(json.detect_encoding(data), "replace")
    value = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    return mask.whole_data(value) if re.search(r"\\u[dD][89a-fA-F]", text) else value


def _no_number(text: str) -> Any:
    raise ValueError("%s is not a number" % text)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _anonymous(request: Any) -> Any:
    # With auth=None requests would look for credentials in ~/.netrc.
    return request
