# SPDX-License-Identifier: GPL-3.0-or-later
"""One session to all services: endpoints, authentication, retries, paging, request IDs. PRIVATE to the collection.

Imports nothing of Ansible, so that the event source can use it.
"""

from __future__ import annotations

import json
import math
import random
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from .._defaults import LONGEST_RETRY_AFTER, LONGEST_THROTTLED
from . import shapes
from .auth import TokenAuth, find_project
from .errors import ApiError, ConnectionFailed, NotCarriedOut, SdrsError, UnknownFate, api_error, disguised, one_line
from .login import authenticator
from .metadata import Metadata
from .paging import read_all
from .settings import Settings
from .throttle import Throttle
from .token_cache import TokenCache
from .transport import Lost, NotSent, Transport, decode

_TRANSIENT = (502, 503, 504)
_PATH_ARGUMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")


class Client:
    """Sends requests and returns decoded JSON objects (``{}`` for an empty response).

    Raises the exceptions of ``errors``; this is the only place that interprets HTTP statuses.
    """

    def __init__(
        self, settings: Settings, warn: Callable[[str], Any] | None = None, mask: Callable[[list], Any] | None = None,
        sleep: Callable[[float], Any] = time.sleep, clock: Callable[[], float] = time.monotonic, session: Any = None, agent: str = "cloud_dr.sdrs",
    ) -> None:
        self.settings, self.warn = settings, warn or (lambda message: None)
        self._warned: dict[str, str] = {}
        self._sleep, self._clock = sleep, clock
        self._throttle = Throttle(clock, sleep)
        self._transport = Transport(settings, agent, session, self.warn)
        self._cache = TokenCache(settings.token_cache_dir, settings.token_cache, warn)
        self.auth = authenticator(
            settings, self._log_in, self._cache, Metadata(settings, agent, session, sleep) if settings.kind == "ecs_agency" else None,
            mask, self._check_catalogue,
        )
        self.auth.project_id = settings.project_id

    def close(self) -> None:
        """Close open connections; the client can still be used."""
        self._transport.close()

    @property
    def project_id(self) -> str:
        """The project's ID, looked up by name at first use."""
        if not self.settings.project_id:
            if isinstance(self.auth, TokenAuth):
                self.auth.prepare()
            self.settings.project_id = self.auth.project_id or find_project(self, self.settings, self._cache)
            self.auth.project_id = self.settings.project_id
        return self.settings.project_id

    def patience(self) -> _Patience:
        """How long a request that did not take effect is retried, for a caller that retries it with its own guard."""
        return _Patience(self.settings.max_retries, self._clock, self._sleep)

    def call(
        self, method: str, service: str, path: str, query: dict | None = None, body: Any = None, repeatable: bool = False,
        patience: _Patience | None = None, **arguments: Any,
    ) -> dict:
        """Send to a project's path such as ``/v1/{project_id}/server-groups/{id}``.

        :param arguments: values for the placeholders in ``path``, besides the project
        :param repeatable: a writing request that may be repeated (idempotent by the reference, or only reading)
        :param patience: the caller retries after its own check: only one attempt, then NotCarriedOut
        """
        arguments = {name: path_argument(value) for name, value in arguments.items()}
        self._sign_in(service)  # the project's ID may cost a request
        path = path.format(project_id=path_argument(self.project_id), **arguments)
        return self.send(method, service, path, query, body, repeatable, patience)

    def send(
        self, method: str, service: str, path: str, query: dict | None = None, body: Any = None, repeatable: bool = False,
        patience: _Patience | None = None,
    ) -> dict:
        """Send a request to ``service``; ``query`` is a mapping, lists repeat their key."""
        self._sign_in(service)
        url = self.settings.url(service, self.auth.catalogue) + path
        if query:
            url += "?" + urlencode(query, doseq=True, quote_via=quote)
        return self._exchange(method, url, body, self.auth, repeatable or method == "GET", patience)[1]

    def _sign_in(self, service: str) -> None:
        """Get a token if there is none yet, and refuse a region that lacks the service."""
        if isinstance(self.auth, TokenAuth):
            self.auth.prepare()
        self.settings.require_service(service, self.auth.catalogue)

    def pages(self, service: str, path: str, key: str, query: dict | None = None, expected: int | None = None, **arguments: Any) -> list:
        """All objects of a list whose ``offset`` counts objects (semantics.md, section 7: ``limit`` is left out).

        :param expected: as in ``_paging.read_all``
        """
        def fetch(offset: int) -> dict:
            return self.call("GET", service, path, dict(query or {}, **({"offset": offset} if offset else {})), **arguments)

        return read_all(fetch, key, lambda offset, page, found: offset + len(page), 0, names=("id", "job_id"), expected=expected)

    def _check_catalogue(self, catalogue: dict) -> None:
        """Requests, with the token, go to the hosts in the catalogue: warn if these are outside the cloud's domain."""
        strangers = self.settings.strangers(catalogue)
        if strangers and strangers != self._warned:
            self._warned = strangers
            self.warn(
                "the service catalogue names hosts outside the cloud's domain: %s. Requests to these services, with the token, go to these hosts; if "
                "that is not intended, set endpoint or endpoints, otherwise set cloud_domain" % ", ".join("%s at %s" % pair for pair in strangers.items())
            )

    def _log_in(self, url: str, body: dict, auth: Any) -> tuple[Any, dict]:
        response, content = self._exchange("POST", url, body, auth, True)
        return response.headers, content

    def _exchange(self, method: str, url: str, body: Any, auth: Any, repeatable: bool, guarded: _Patience | None = None) -> tuple[Any, dict]:
        """:param guarded: the patience of a caller whose guard must be asked before every attempt"""
        data = None if body is None else json.dumps(body).encode("utf-8")
        patience = guarded or self.patience()
        while True:
            problem: SdrsError | None = None
            wait = None
            # A guard is valid only briefly: its request is sent immediately, and later requests wait longer instead.
            self._throttle.wait(go=guarded is not None)
            try:
                response = self._transport.send(method, url, data, auth)
            except NotSent as failure:
                problem = _failed(failure, repeatable)
            else:
                status = response.status_code
                if status == 401 and auth is not None and not patience.renewed:
                    patience.renewed = True
                    if auth.renew(response.request):
                        if guarded:
                            raise NotCarriedOut(self._error(response))
                        continue
                if status == 429:
                    # It did not take effect. All threads slow down together; 429 does not count against max_retries.
                    self._throttle.rejected(_retry_after(response))
                    patience.throttled(self._error(response))
                    if guarded:
                        self._throttle.wait()
                        raise NotCarriedOut(self._error(response))
                    continue
                self._throttle.accepted()
                if status in _TRANSIENT:
                    problem, wait = self._error(response), _retry_after(response)
                    if not repeatable:
                        raise UnknownFate(
                            "%s responded with HTTP %d; the request may have taken effect" % (_host(url), status), http_status=status
                        )
                elif status >= 300:
                    raise self._error(response)
                else:
                    content, problem = self._content(response, repeatable)
                    if problem is None and disguised(content):
                        raise self._error(response)
                    if problem is None:
                        return response, content
            patience.failed(problem, wait)
            if guarded:
                raise NotCarriedOut(problem)

    def _content(self, response: Any, repeatable: bool) -> tuple[Any, ApiError | None]:
        """``(content, None)``, or ``(None, error)`` when asking again may help."""
        if response.status_code == 204 or not response.content.strip():
            return {}, None
        wrong: str | None = None
        try:
            content = decode(response.content)
        except (ValueError, RecursionError):
            wrong = "it is not JSON"
        message = "%s returned an unusable response (HTTP %d): %%s" % (_host(response.url), response.status_code)
        if wrong and repeatable:
            return None, ApiError(message % wrong, http_status=response.status_code, retryable=True)
        wrong = wrong or (None if isinstance(content, dict) else "it is not a JSON object") or ("it is nested too deep" if shapes.too_deep(content) else None)
        if not wrong:
            return content, None
        if not repeatable:
            raise UnknownFate(message % wrong + "; the request may have taken effect")
        # A retry would return the same.
        raise ApiError(message % wrong, http_status=response.status_code)

    def _error(self, response: Any) -> SdrsError:
        request_id = response.headers.get("X-Request-Id")
        return api_error(response.status_code, response.content, one_line(request_id, 100) if request_id else None)


class _Patience:
    """How often one request is retried: ``max_retries`` times, plus a limited time while it is throttled."""

    def __init__(self, retries: int, clock: Callable[[], float], sleep: Callable[[float], Any]) -> None:
        self._retries, self._clock, self._sleep = retries, clock, sleep
        self._attempt, self._since, self.renewed = 0, clock(), False

    def throttled(self, problem: SdrsError) -> None:
        """429: raises ``problem`` when it has lasted too long."""
        if not self._retries or self._clock() - self._since >= LONGEST_THROTTLED:
            raise problem

    def failed(self, problem: SdrsError, wait: float | None) -> None:
        """Pause before the next attempt; raises ``problem`` when there have been enough.

        :param wait: seconds that the service wants, or None
        """
        self._attempt += 1
        if self._attempt > self._retries:
            raise problem
        self._sleep(wait if wait is not None else min(8.0, 0.25 * 2**self._attempt) * random.uniform(0.5, 1.0))


def _failed(failure: NotSent, repeatable: bool) -> ConnectionFailed:
    """The error for a broken connection: not sent, or sent with an unknown outcome; raised if a retry could do harm or is pointless."""
    if isinstance(failure, Lost) and not repeatable:
        raise UnknownFate("%s; the request may have taken effect" % failure) from None
    problem = ConnectionFailed(str(failure), retryable=not failure.final)
    if failure.final:
        raise problem from None
    return problem


def path_argument(value: Any) -> str:
    """``value`` if it is safe in a path (IDs also come from responses, and responses can be hostile)."""
    if not isinstance(value, str) or not _PATH_ARGUMENT.fullmatch(value):
        raise ApiError("%r is not an ID" % one_line(value, 80))
    return value


def _host(url: str) -> str:
    return url.split("/")[2]


def _retry_after(response: Any) -> float | None:
    try:
        seconds = float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER) if math.isfinite(seconds) else None
