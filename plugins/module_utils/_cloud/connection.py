# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that keep one deadline for a whole response; no proxies for this machine, no redirects. PRIVATE to the collection.

Imports nothing of Ansible.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from http.client import HTTPResponse
from typing import Any

from .hosts import host_of, is_link_local, is_loopback

try:
    from requests.adapters import HTTPAdapter
    from requests.sessions import Session
except ImportError:
    HTTPAdapter = Session = object  # type: ignore[assignment, misc]  # transport refuses to begin without requests

# A list of a thousand servers has some megabytes; decoded, JSON takes up to twenty times its size.
LARGEST = 16 * 2**20
# Bytes before the body: more headers, or more "100 Continue", than anybody needs.
_LARGEST_HEAD = 2**20


class TooMuch(OSError):
    """More bytes than any answer has."""


def new_session() -> Session:
    """A session for one thread."""
    session = _Session()
    for scheme in ("https://", "http://"):
        session.mount(scheme, Adapter())
    return session


class _Session(Session):
    """Neither redirects nor proxies where they do not belong."""

    def get_redirect_target(self, resp: Any) -> None:
        """Nothing is followed, and no body is read for it, however large."""

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """The machine's proxy settings, but no proxy for loopback and link-local addresses."""
        merged = super().merge_environment_settings(url, proxies, stream, verify, cert)
        if is_loopback(host_of(url)) or is_link_local(host_of(url)):
            merged["proxies"] = {}
        return merged


class Adapter(HTTPAdapter):
    """Its connections keep the deadline, and say in ``sent`` whether a request has left."""

    sent = None

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._watch(self.poolmanager)

    def proxy_manager_for(self, proxy: Any, **proxy_kwargs: Any) -> Any:
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        if not known:
            self._watch(manager)
        return manager

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        self.sent = False
        return super().send(request, *args, **kwargs)

    def _watch(self, manager: Any) -> None:
        manager.pool_classes_by_scheme = {scheme: self._watched(pool) for scheme, pool in manager.pool_classes_by_scheme.items()}

    def _watched(self, pool: Any) -> type:
        connection = type(pool.ConnectionCls.__name__, (_Connection, pool.ConnectionCls), {"adapter": self, "response_class": _Response})
        return type(pool.__name__, (pool,), {"ConnectionCls": connection})


class _Connection:
    """Extensions of urllib3's connections."""

    adapter: Any = None
    sock: Any
    connect: Callable[[], None]

    def endheaders(self, *args: Any, **kwargs: Any) -> Any:
        if self.sock is None:
            self.connect()
        self.adapter.sent = True
        return super().endheaders(*args, **kwargs)  # type: ignore[misc]  # of the class that this is mixed into


class _Response(HTTPResponse):
    """http.client's response, reading under a deadline: the socket's time-out covers one packet, the deadline covers all of them together."""

    def __init__(self, sock: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(_Deadlined(sock), *args, **kwargs)  # type: ignore[arg-type]  # makefile is all that is called

    def begin(self) -> None:
        super().begin()
        # urllib3 would log headers that it cannot parse, with their values.
        self.headers.defects.clear()
        self.headers.set_payload("")


class _Deadlined:
    def __init__(self, sock: Any) -> None:
        self._sock = sock

    def makefile(self, *_args: Any, **_kwargs: Any) -> io.BufferedReader:
        return io.BufferedReader(_Timed(self._sock))


class _Timed(io.RawIOBase):
    """Reads from a socket until the deadline, up to a maximum number of bytes."""

    def __init__(self, sock: Any) -> None:
        super().__init__()
        self._sock, self._raw, self._timeout, self._left = sock, sock.makefile("rb", buffering=0), sock.gettimeout(), LARGEST + _LARGEST_HEAD
        self._deadline = None if self._timeout is None else time.monotonic() + self._timeout

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self._deadline is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._sock.settimeout(left)
        count = self._raw.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise TooMuch
        return count

    def close(self) -> None:
        if not self.closed:
            if self._sock.fileno() >= 0:
                self._sock.settimeout(self._timeout)
            self._raw.close()
        super().close()
