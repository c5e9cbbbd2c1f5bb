# SPDX-License-Identifier: GPL-3.0-or-later
"""Temporary keys of the agency that an ECS has, from the metadata service of its machine. PRIVATE to the collection.

Imports nothing of Ansible. Asked only with ``ecs_agency``, without a proxy, and never written to the token cache.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .auth import AkSkAuth, expiry, is_token
from .errors import AuthError, ConnectionFailed
from .mask import register as register_secrets
from .settings import Settings
from .transport import NotSent, Transport, decode

_KEYS, _SESSION = "/openstack/latest/securitykey", "/meta-data/latest/api/token"
_SESSION_SECONDS = 6 * 3600
# Seconds before their end at which keys are replaced; the service has new ones some time before.
_MARGIN = 300
# A service next door answers at once, or is not there.
_TIMEOUT, _ATTEMPTS, _PAUSE = 5, 3, 0.5
_OPERATION = "get keys from the metadata service"
_REMEDY = "ecs_agency works only on an ECS that has an agency: assign an agency in the console (on the page of the ECS), or use other credentials."


class Metadata:
    """Asks the metadata service; ``keys()`` gives ``(credentials, when they end)``."""

    def __init__(self, settings: Settings, agent: str, session: Any = None, sleep: Callable[[float], Any] = time.sleep) -> None:
        self._url, self._sleep = settings.metadata_url, sleep
        self._transport = Transport(replace(settings, http_timeout=min(settings.http_timeout, _TIMEOUT)), agent, session)

    def keys(self) -> tuple[dict, float]:
        """New keys, with the token that newer metadata services ask for (as the vendor's SDK does).

        :raises AuthError: the ECS has no agency
        :raises ConnectionFailed: the service does not answer
        """
        session, headers = self._send("PUT", _SESSION, {"X-Metadata-Token-Ttl-Seconds": str(_SESSION_SECONDS)}), {}
        if session.status_code == 200:
            token = session.content.decode("ascii", "replace").strip()
            if is_token(token):
                register_secrets([token])
                headers["X-Metadata-Token"] = token
        response = self._send("GET", _KEYS, headers)
        if response.status_code != 200:
            raise AuthError("the metadata service returned no keys (HTTP %d)" % response.status_code, operation=_OPERATION, remedy=_REMEDY,
                            http_status=response.status_code)
        return _read(response.content)

    def _send(self, method: str, path: str, headers: dict[str, str]) -> Any:
        def give(request: Any) -> Any:
            request.headers.update(headers)
            return request

        problem = None
        for attempt in range(_ATTEMPTS):
            try:
                response = self._transport.send(method, self._url + path, None, give)
                if response.status_code < 500 or response.status_code == 503 and method == "PUT":
                    return response
                problem = "it responded with HTTP %d" % response.status_code
            except NotSent as failure:
                problem = str(failure)
                if failure.final:
                    break
            if attempt + 1 < _ATTEMPTS:
                self._sleep(_PAUSE)
        raise ConnectionFailed("the metadata service does not respond: %s" % problem, operation=_OPERATION, remedy=_REMEDY)


def _read(data: bytes) -> tuple[dict, float]:
    try:
        content = decode(data)
    except (ValueError, RecursionError):
        content = None
    found = content.get("credential") if isinstance(content, dict) else None
    found = found if isinstance(found, dict) else {}
    keys = {"access_key": found.get("access"), "secret_key": found.get("secret"), "security_token": found.get("securitytoken")}
    register_secrets(keys.values())
    if not all(map(is_token, keys.values())):
        raise AuthError("the metadata service returned no usable keys", operation=_OPERATION, remedy=_REMEDY)
    return keys, expiry(found.get("expires_at"), 2 * _MARGIN)


class EcsAgencyAuth(AkSkAuth):
    """Signs with keys that are replaced before they end, or when they are rejected and there are new ones."""

    def __init__(self, metadata: Metadata, mask: Callable[[list], Any] | None = None, clock: Callable[[], float] = time.time) -> None:
        super().__init__(None, clock)
        self._metadata, self._mask, self._lock = metadata, mask or (lambda secrets: None), threading.Lock()
        self._replace_at = self._ends = 0.0

    def current(self) -> dict:
        with self._lock:
            if self._clock() >= self._replace_at:
                self._fetch()
            return self._credentials

    def renew(self, request: Any) -> bool:
        """Whether there are other keys than those which the rejected request was signed with."""
        with self._lock:
            used = "Access=%s," % self._credentials["access_key"]
            if used in (request.headers.get("Authorization") or ""):
                self._fetch()
            return "Access=%s," % self._credentials["access_key"] not in (request.headers.get("Authorization") or "")

    def _fetch(self) -> None:
        now = self._clock()
        try:
            self._credentials, self._ends = self._metadata.keys()
        except ConnectionFailed:
            if self._credentials is None or now >= self._ends:
                raise
            # Those at hand are still good; asked again in a while.
            self._replace_at = now + min(30, (self._ends - now) / 2)
            return
        self._mask(list(self._credentials.values()))
        self._replace_at = self._ends - min(_MARGIN, max(self._ends - now, 0) / 2)
