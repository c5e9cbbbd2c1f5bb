# SPDX-License-Identifier: GPL-3.0-or-later
"""One session to all services: endpoints, authentication, retries, paging, request IDs. PRIVATE to the collection.

Imports nothing of Ansible, so that the event source can use it.
"""

from __future__ import annotations

import json
import random
import re
import threading
import time
from urllib.parse import quote, urlencode

from . import _shapes
from ._auth import AkSkAuth, Login, TokenAuth, find_project
from ._errors import ApiError, ConnectionFailed, NotCarriedOut, UnknownFate, api_error, disguised, one_line
from ._paging import read_all
from ._throttle import Throttle
from ._token_cache import TokenCache

try:
    import requests
    from requests import exceptions as http
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    MISSING_REQUESTS = None
except ImportError as missing:
    MISSING_REQUESTS = str(missing)

_TRANSIENT = (502, 503, 504)
# Seconds for which a request is repeated that is only ever told to come back later.
_LONGEST_THROTTLED = 120
_LONGEST_RETRY_AFTER = 30
_PATH_ARGUMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")


class Client:
    """Sends requests and gives back decoded JSON objects (``{}`` for an empty answer).

    Raises the exceptions of ``_errors``; what each status means is decided here and nowhere else.
    """

    def __init__(self, settings, warn=None, mask=None, sleep=time.sleep, clock=time.monotonic, session=None, agent="cloud_dr.sdrs"):
        self.settings = settings
        self._sleep, self._clock = sleep, clock
        self._throttle = Throttle(clock, sleep)
        self._given_session, self._agent, self._own = session, agent, threading.local()
        self._cache = TokenCache(settings.token_cache_dir, settings.token_cache, warn)
        if settings.kind == "aksk":
            self.auth = AkSkAuth(settings.credentials)
        elif settings.kind == "password":
            self.auth = TokenAuth(login=Login(settings, self._log_in, self._cache), mask=mask)
        else:
            self.auth = TokenAuth(token=settings.credentials["auth_token"])
        self.auth.project_id = settings.project_id

    @property
    def _session(self):
        """One session for each thread: they are not made to be shared."""
        session = getattr(self._own, "session", None)
        if session is None:
            session = self._own.session = self._given_session or requests.Session()
            session.headers.update({"Content-Type": "application/json", "X-Language": "en-us", "User-Agent": self._agent})
        return session

    @property
    def project_id(self):
        """The project's ID, looked up by name the first time it is needed."""
        if not self.settings.project_id:
            if isinstance(self.auth, TokenAuth):
                self.auth.prepare()
            self.settings.project_id = self.auth.project_id or find_project(self, self.settings, self._cache)
            self.auth.project_id = self.settings.project_id
        return self.settings.project_id

    def patience(self):
        """How long a request is retried that was not carried out, for whoever retries it with a guard of its own."""
        return _Patience(self.settings.max_retries, self._clock, self._sleep)

    def call(self, method, service, path, query=None, body=None, repeatable=False, patience=None, **arguments):
        """Send to a project's path such as ``/v1/{project_id}/server-groups/{id}``.

        :param arguments: what stands in braces in ``path``, besides the project
        :param repeatable: a writing request that may be repeated (idempotent by the reference, or only reading)
        :param patience: the caller retries, after it has looked again: one attempt only, then NotCarriedOut
        """
        arguments = {name: path_argument(value) for name, value in arguments.items()}
        path = path.format(project_id=path_argument(self.project_id), **arguments)
        return self.send(method, service, path, query, body, repeatable, patience)

    def send(self, method, service, path, query=None, body=None, repeatable=False, patience=None):
        """Send a request to ``service``; ``query`` is a mapping, lists repeat their key."""
        if isinstance(self.auth, TokenAuth):
            self.auth.prepare()
        url = self.settings.url(service, self.auth.catalogue) + path
        if query:
            url += "?" + urlencode(query, doseq=True, quote_via=quote)
        return self._exchange(method, url, body, self.auth, repeatable or method == "GET", patience)[1]

    def pages(self, service, path, key, query=None, expected=None, **arguments):
        """All objects of a list whose ``offset`` counts objects (SEMANTICS, section 7: ``limit`` is left out).

        :param expected: as in ``_paging.read_all``
        """
        def fetch(offset):
            return self.call("GET", service, path, dict(query or {}, **({"offset": offset} if offset else {})), **arguments)

        return read_all(fetch, key, lambda offset, page, found: offset + len(page), 0, identify=_number, expected=expected)

    def _log_in(self, url, body):
        response, content = self._exchange("POST", url, body, None, True)
        return response.headers, content

    def _exchange(self, method, url, body, auth, repeatable, guarded=None):
        """:param guarded: the patience of a caller whose guard must be asked before every attempt"""
        data = None if body is None else json.dumps(body).encode("utf-8")
        patience = guarded or self.patience()
        while True:
            problem, wait = None, None
            # A guard holds for a moment: its request goes at once, and later ones wait longer for it.
            self._throttle.wait(go=guarded is not None)
            try:
                response = self._once(method, url, data, auth)
            except http.SSLError as error:
                raise ConnectionFailed("TLS to %s failed: %s" % (_host(url), _reason(error))) from None
            except (http.ConnectionError, http.Timeout, http.ChunkedEncodingError, http.ContentDecodingError) as error:
                problem = self._lost(error, url, repeatable)
            except http.RequestException as error:
                raise ConnectionFailed("%s could not be asked: %s" % (_host(url), _reason(error))) from None
            else:
                status = response.status_code
                if status == 401 and auth is not None and not patience.renewed:
                    patience.renewed = True
                    if auth.renew(response.request.headers.get("X-Auth-Token")):
                        if guarded:
                            raise NotCarriedOut(self._error(response))
                        continue
                if status == 429:
                    # It was not carried out. All threads slow down together; how often one of them is told so does not matter.
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
                            "%s answered %d, the request may have been carried out" % (_host(url), status), http_status=status
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

    def _once(self, method, url, data, auth):
        # Of the session, REQUESTS_CA_BUNDLE would beat it.
        return self._session.request(
            method, url, data=data, auth=auth or _anonymous, timeout=self.settings.http_timeout, allow_redirects=False, verify=self.settings.verify
        )

    def _lost(self, error, url, repeatable):
        """What a broken connection means: not sent, or sent with an unknown fate."""
        if isinstance(error, http.ConnectTimeout) or _never_connected(error):
            return ConnectionFailed("%s cannot be reached: %s" % (_host(url), _reason(error)), retryable=True)
        if not repeatable:
            raise UnknownFate("the connection to %s was lost, the request may have been carried out" % _host(url)) from None
        return ConnectionFailed("the connection to %s was lost: %s" % (_host(url), _reason(error)), retryable=True)

    def _content(self, response, repeatable):
        """``(content, None)``, or ``(None, error)`` when asking again may help."""
        if response.status_code == 204 or not response.content.strip():
            return {}, None
        try:
            content = response.json()
        except (ValueError, RecursionError):
            content = None
        wrong = _shapes.problem(content) if isinstance(content, dict) else "it is no JSON object"
        if not wrong:
            return content, None
        message = "%s answered %d with what is no answer of it: %s" % (_host(response.url), response.status_code, one_line(wrong, 300))
        if not repeatable:
            raise UnknownFate(message + ", the request may have been carried out")
        return None, ApiError(message, http_status=response.status_code, retryable=True)

    def _error(self, response):
        request_id = response.headers.get("X-Request-Id")
        return api_error(response.status_code, response.text, one_line(request_id, 100) if request_id else None)


class _Patience:
    """How often one request is retried: ``max_retries`` times, and for some time while it is only told to come back later."""

    def __init__(self, retries, clock, sleep):
        self._retries, self._clock, self._sleep = retries, clock, sleep
        self._attempt, self._since, self.renewed = 0, clock(), False

    def throttled(self, problem):
        """429: raises ``problem`` when it has lasted too long."""
        if not self._retries or self._clock() - self._since >= _LONGEST_THROTTLED:
            raise problem

    def failed(self, problem, wait):
        """Pause before the next attempt; raises ``problem`` when there have been enough.

        :param wait: seconds that the service wants, or None
        """
        self._attempt += 1
        if self._attempt > self._retries:
            raise problem
        self._sleep(wait if wait is not None else min(8.0, 0.25 * 2**self._attempt) * random.uniform(0.5, 1.0))


def _anonymous(request):
    # With auth=None requests would look for credentials in ~/.netrc.
    return request


def _number(item):
    # Failed tasks have no ID of their own.
    return item.get("id") or (item.get("job_id") and (item["job_id"], item.get("resource_id")))


def path_argument(value):
    """``value`` when it can stand in a path (IDs come from answers too, and answers can be hostile)."""
    if not isinstance(value, str) or not _PATH_ARGUMENT.fullmatch(value):
        raise ApiError("%r is not an ID" % one_line(value, 80))
    return value


def _never_connected(error):
    seen = error.args[0] if error.args else None
    reason = getattr(seen, "reason", seen)
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError))


def _host(url):
    return url.split("/")[2]


def _reason(error):
    seen = error.args[0] if error.args else error
    return one_line(getattr(seen, "reason", seen), 200)


def _retry_after(response):
    try:
        return min(max(float(response.headers["Retry-After"]), 0.0), _LONGEST_RETRY_AFTER)
    except (KeyError, ValueError):
        return None
