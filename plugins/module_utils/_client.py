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
from urllib.parse import quote, urlencode

from . import _shapes
from ._auth import AkSkAuth, Login, TokenAuth, find_project
from ._errors import ApiError, ConnectionFailed, UnknownFate, api_error, one_line
from ._throttle import Throttle
from ._token_cache import TokenCache
from ._transport import MISSING_REQUESTS as MISSING_REQUESTS
from ._transport import Lost, NotSent, Transport, decode

PAGE = 1000
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
        self.settings, self._warn, self._warned = settings, warn or (lambda message: None), {}
        self._sleep, self._clock = sleep, clock
        self._throttle = Throttle(clock, sleep)
        self._transport = Transport(settings, agent, session)
        self._cache = TokenCache(settings.token_cache_dir, settings.token_cache, warn)
        if settings.kind == "aksk":
            self.auth = AkSkAuth(settings.credentials)
        elif settings.kind == "password":
            self.auth = TokenAuth(login=Login(settings, self._log_in, self._cache), mask=mask, check=self._check_catalogue)
        else:
            self.auth = TokenAuth(token=settings.credentials["auth_token"])
        self.auth.project_id = settings.project_id

    @property
    def project_id(self):
        """The project's ID, looked up by name the first time it is needed."""
        if not self.settings.project_id:
            if isinstance(self.auth, TokenAuth):
                self.auth.prepare()
            self.settings.project_id = self.auth.project_id or find_project(self, self.settings, self._cache)
            self.auth.project_id = self.settings.project_id
        return self.settings.project_id

    def call(self, method, service, path, query=None, body=None, repeatable=False, **arguments):
        """Send to a project's path such as ``/v1/{project_id}/server-groups/{id}``.

        :param arguments: what stands in braces in ``path``, besides the project
        :param repeatable: a writing request that may be repeated (idempotent by the reference, or only reading)
        """
        arguments = {name: path_argument(value) for name, value in arguments.items()}
        path = path.format(project_id=path_argument(self.project_id), **arguments)
        return self.send(method, service, path, query, body, repeatable)

    def send(self, method, service, path, query=None, body=None, repeatable=False):
        """Send a request to ``service``; ``query`` is a mapping, lists repeat their key."""
        if isinstance(self.auth, TokenAuth):
            self.auth.prepare()
        url = self.settings.url(service, self.auth.catalogue) + path
        if query:
            url += "?" + urlencode(query, doseq=True, quote_via=quote)
        return self._exchange(method, url, body, self.auth, repeatable or method == "GET")[1]

    def pages(self, service, path, key, query=None, expected=None, **arguments):
        """All objects of a list whose ``offset`` counts objects (SEMANTICS, section 7: ``limit`` is left out).

        :param expected: how many there are, if another answer told; spares asking what follows a page that is just full
        """
        found, offset = {}, 0
        while True:
            answer = self.call("GET", service, path, dict(query or {}, **({"offset": offset} if offset else {})), **arguments)
            page = objects(answer, key)
            for item in page:
                found.setdefault(item.get("id") or item.get("job_id") or len(found), item)
            offset += len(page)
            total = answer.get("count")  # of all objects, or of this page: after the first page the two differ
            if not page or total == offset > len(page) or total == offset == expected or (len(page) < PAGE and not (isinstance(total, int) and total > offset)):
                return list(found.values())

    def _check_catalogue(self, catalogue):
        """Requests, and with them the token, go where the catalogue says: tell when that is not the cloud."""
        strangers = self.settings.strangers(catalogue)
        if strangers and strangers != self._warned:
            self._warned = strangers
            self._warn(
                "the service catalogue names hosts outside the cloud's domain: %s. Requests to these services go there, with the token; if that is not "
                "meant, set endpoint or endpoints, else set cloud_domain" % ", ".join("%s at %s" % pair for pair in strangers.items())
            )

    def _log_in(self, url, body):
        response, content = self._exchange("POST", url, body, None, True)
        return response.headers, content

    def _exchange(self, method, url, body, auth, repeatable):
        data = None if body is None else json.dumps(body).encode("utf-8")
        renewed, attempt, throttled = False, 0, self._clock()
        while True:
            problem, wait = None, None
            self._throttle.wait()
            try:
                response = self._transport.send(method, url, data, auth)
            except NotSent as failure:
                problem = _failed(failure, repeatable)
            else:
                status = response.status_code
                if status == 401 and auth is not None and not renewed:
                    renewed = True
                    if auth.renew(response.request.headers.get("X-Auth-Token")):
                        continue
                if status == 429:
                    # It was not carried out. All threads slow down together; how often one of them is told so does not matter.
                    self._throttle.rejected(_retry_after(response))
                    if self._clock() - throttled < _LONGEST_THROTTLED and self.settings.max_retries:
                        continue
                    raise self._error(response)
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
                    if problem is None:
                        return response, content
            attempt += 1
            if attempt > self.settings.max_retries:
                raise problem
            self._sleep(wait if wait is not None else min(8.0, 0.25 * 2**attempt) * random.uniform(0.5, 1.0))

    def _content(self, response, repeatable):
        """``(content, None)``, or ``(None, error)`` when asking again may help."""
        if response.status_code == 204 or not response.content.strip():
            return {}, None
        try:
            content = decode(response.content)
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
        return api_error(response.status_code, response.content, one_line(request_id, 100) if request_id else None)


def _failed(failure, repeatable):
    """What a broken connection means: not sent, or sent with an unknown fate; raised when asking again may do harm, or no good."""
    if isinstance(failure, Lost) and not repeatable:
        raise UnknownFate("%s; the request may have been carried out" % failure) from None
    problem = ConnectionFailed(str(failure), retryable=not failure.final)
    if failure.final:
        raise problem from None
    return problem


def objects(answer, key):
    """The list of objects under ``key`` of an answer; an ApiError when it holds something else."""
    value = answer.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ApiError("the service answered with something that is not a list of %s" % key)
    return value


def path_argument(value):
    """``value`` when it can stand in a path (IDs come from answers too, and answers can be hostile)."""
    if not isinstance(value, str) or not _PATH_ARGUMENT.fullmatch(value):
        raise ApiError("%r is not an ID" % one_line(value, 80))
    return value


def _host(url):
    return url.split("/")[2]


def _retry_after(response):
    try:
        seconds = float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        return None
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER) if math.isfinite(seconds) else None
