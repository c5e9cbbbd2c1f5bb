# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests how hosts respond to a request without credentials: name resolution, proxy, TLS, their clock. PRIVATE to the collection."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from .._cloud.connection import new_session
from .._cloud.errors import one_line
from .._cloud.transport import reason
from .._engine.workers import Threads

try:
    from requests import exceptions as http
    from requests.utils import get_environ_proxies, select_proxy
except ImportError:
    http = None  # type: ignore[assignment]  # transport refuses to begin without requests

# Seconds to connect, and to wait for a response; a silent host must not delay the other checks.
CONNECT, ANSWER = 3.0, 5.0


@dataclass
class Knock:
    """How a host responds; ``area`` names the check that a problem belongs to, and is None where there is none."""

    url: str
    proxy: str | None = None
    area: str | None = None
    problem: str | None = None
    status: int | None = None
    skew: float | None = None

    @property
    def host(self) -> str | None:
        return urlsplit(self.url).hostname


def knock(url: str, path: str, settings: Any) -> Any:
    """Resolve the host (behind a proxy: the proxy), connect, and send one GET without credentials."""
    found = Knock(url, proxy=without_credentials(proxy_of(url)))
    try:
        parts = urlsplit(found.proxy or url)
        socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except ValueError as error:
        # Of a port, for example; UnicodeError, of a host name, is one, too.
        found.area, found.problem = "proxy" if found.proxy else "endpoint", one_line(error, 100)
        return found
    except OSError as error:
        found.area = "proxy" if found.proxy else "name_resolution"
        found.problem = one_line(getattr(error, "strerror", None) or error, 100)
        return found
    session = new_session()
    begun = time.time()
    try:
        # As a stream: the body is of no interest, and may be of any length.
        with session.get(
            url + path, timeout=(CONNECT, min(settings.http_timeout, ANSWER)), verify=settings.verify, allow_redirects=False, stream=True,
            auth=_anonymous, headers={"User-Agent": "cloud_dr.sdrs", "Cache-Control": "no-cache"},
        ) as response:
            found.status, found.skew = response.status_code, _skew(response.headers.get("Date"), begun, time.time())
    except http.SSLError as error:
        found.area, found.problem = "tls", reason(error, ANSWER)
    except http.ProxyError as error:
        found.area, found.problem = "proxy", reason(error, ANSWER)
    except (http.RequestException, ValueError) as error:
        found.area, found.problem = "endpoint", "no response in time" if isinstance(error, http.Timeout) else reason(error, ANSWER)
    except OSError as error:
        # requests says so of a CA file that cannot be read.
        found.area, found.problem = "tls", reason(error, ANSWER)
    finally:
        session.close()
    return found


def knock_at(urls: Any, settings: Any) -> dict:
    """``{url: Knock}`` for ``{url: path}``, all at once."""
    found = together({url: lambda url=url, path=path: knock(url, path, settings) for url, path in urls.items()}, 2 * CONNECT + ANSWER)
    return {
        url: result or Knock(url, area="endpoint", problem="no response in time" if error is None else "unexpected %s" % type(error).__name__)
        for url, (result, error) in found.items()
    }


def proxy_of(url: str) -> Any:
    """The proxy for ``url`` as the environment gives it, or None."""
    return None if is_loopback(urlsplit(url).hostname) else select_proxy(url, get_environ_proxies(url))


def without_credentials(proxy: Any) -> Any:
    """A proxy's URL as it can be shown."""
    return re.sub(r"//.*@", "//", proxy if "://" in proxy else "http://" + proxy) if proxy else None


def passwords(proxies: Any) -> list:
    """The passwords in proxies' URLs, as they stand there and decoded."""
    found = [re.search(r"^(?:\w+://)?[^:@]*:(.+)@", proxy) for proxy in proxies if proxy]
    return [text for match in found if match for text in (match[1], unquote(match[1]))]


def is_loopback(host: str | None) -> bool:
    return host in ("localhost", "::1") or str(host).startswith("127.")


def together(calls: Any, seconds: Any) -> Any:
    """``{name: (result, error)}`` of calls carried out at once; ``(None, None)`` for those that have not ended after so many seconds."""
    pool, found = Threads(time.monotonic), dict.fromkeys(calls, (None, None))
    deadline = time.monotonic() + seconds
    for name, call in calls.items():
        pool.submit(call, lambda result, error, name=name: found.update({name: (result, error)}))
    while pool.busy:
        ended = pool.outcomes(deadline)
        if not ended:
            break
        for apply, result, error in ended:
            apply(result, error)
    pool.close()
    return found


def _anonymous(request: Any) -> Any:
    # With auth=None requests would look for credentials in ~/.netrc.
    return request


def _skew(date: Any, begun: Any, ended: Any) -> Any:
    """Seconds by which the sender's clock is ahead; the header has no fractions."""
    try:
        return parsedate_to_datetime(date).timestamp() + 0.5 - (begun + ended) / 2
    except (TypeError, ValueError, OverflowError):
        return None
