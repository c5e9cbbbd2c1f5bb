# SPDX-License-Identifier: GPL-3.0-or-later
"""How requests are authenticated: AK/SK signatures and IAM tokens. PRIVATE to the collection.

API reference 3.2; service.md, section 4. Imports nothing of Ansible.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

from .errors import ApiError, ConfigError
from .hosts import host_of
from .mask import register as register_secrets
from .paging import objects
from .settings import Settings
from .sign import DATE_FORMAT, authorization
from .text import time_of
from .token_cache import TokenCache

try:
    from requests.auth import AuthBase
except ImportError:
    AuthBase = object  # type: ignore[assignment, misc]  # transport refuses to begin without requests

_TOKEN_LIFE = 24 * 3600
_PROJECT_ID = re.compile(r"[0-9a-f]{32}")
# Python 3.10 takes three or six digits of a second's fraction only.
NO_PROJECT = "no project is set: set project_id, project_name or region"


class AkSkAuth(AuthBase):
    """Signs every request. A rejected signature is final: nothing can be renewed.

    :param domain_id: the account, for requests that are not about a project
    """

    catalogue: dict = {}

    def __init__(self, credentials: Any, clock: Callable[[], float] = time.time, domain_id: str | None = None) -> None:
        self._credentials = credentials
        self._clock = clock
        self._domain_id = domain_id
        self.project_id: str | None = None

    def current(self) -> dict:
        """The keys to sign with."""
        return self._credentials

    def __call__(self, request: Any) -> Any:
        credentials = self.current()
        headers = {
            "Host": urlsplit(request.url).netloc,
            "X-Sdk-Date": datetime.fromtimestamp(self._clock(), timezone.utc).strftime(DATE_FORMAT),
        }
        if request.headers.get("Content-Type"):
            headers["Content-Type"] = request.headers["Content-Type"]
        if self.project_id:
            headers["X-Project-Id"] = self.project_id
        elif self._domain_id:
            headers["X-Domain-Id"] = self._domain_id
        if credentials.get("security_token"):
            headers["X-Security-Token"] = credentials["security_token"]
        body = request.body or b""
        headers["Authorization"] = authorization(
            credentials["access_key"],
            credentials["secret_key"],
            request.method,
            request.url,
            headers,
            body.encode("utf-8") if isinstance(body, str) else body,
        )
        request.headers.update(headers)
        return request

    def renew(self, request: Any) -> bool:
        """Nothing to renew."""
        return False

    @property
    def proof(self) -> str:
        """The proof that a cached entry of this login must match."""
        return self.current()["access_key"] + self.current()["secret_key"]


class TokenAuth(AuthBase):
    """Sends a token; ``login`` (callable giving a new one) makes it renewable, ``mask`` receives every new one.

    :param check: called with every new catalogue
    """

    def __init__(
        self, token: str | None = None, login: Callable[[bool], dict] | None = None, mask: Callable[[list], Any] | None = None,
        check: Callable[[dict], Any] | None = None,
    ) -> None:
        self._token = token
        self._login = login
        self._mask = mask or (lambda secrets: None)
        self._check = check or (lambda catalogue: None)
        self._lock = threading.Lock()
        self.project_id: str | None = None
        self.catalogue: dict = {}

    def __call__(self, request: Any) -> Any:
        with self._lock:
            if self._token is None:
                self._sign_in(False)
            request.headers["X-Auth-Token"] = self._token
        return request

    def prepare(self) -> None:
        """Get a token now, for the project ID and the catalogue that come with it."""
        with self._lock:
            if self._token is None and self._login:
                self._sign_in(False)

    def renew(self, request: Any) -> bool:
        """Replace the token that a rejected request bore by a new one; False when that is not possible.

        Another thread may have done it already: then there is nothing more to do.
        """
        if self._login is None:
            return False
        rejected = request.headers.get("X-Auth-Token")
        with self._lock:
            if self._token == rejected:
                self._sign_in(True)
        return True

    @property
    def proof(self) -> str | None:
        return self._token

    def _sign_in(self, fresh: bool) -> None:
        if self._login is None:
            raise AssertionError("without a login there is a token")
        answer = self._login(fresh)
        self._token = answer["token"]
        register_secrets([self._token])
        self._mask([self._token])
        self.project_id = answer.get("project_id")
        self.catalogue = answer.get("catalogue") or {}
        self._check(self.catalogue)


def is_token(value: Any) -> bool:
    """Whether ``value`` can be sent as a token: folded lines or control characters would be refused, and shown, by those who send it."""
    return isinstance(value, str) and re.fullmatch(r"[!-~]+", value) is not None


def read_catalogue(catalog: Any, region: str | None, project_id: str | None) -> dict[str, str]:
    """Base URL per service from a token's catalogue; versions and project IDs at the end of a URL are cut off.

    Malformed entries are ignored; the host name is then built from the region.

    :param catalog: the token's ``catalog``: ``[{type, endpoints: [{region_id, interface, url}]}]``
    """
    found = {}
    for entry in catalog if isinstance(catalog, list) else []:
        endpoints = entry.get("endpoints") if isinstance(entry, dict) else None
        service = _CATALOGUE_TYPES.get(entry["type"]) if isinstance(endpoints, list) and isinstance(entry.get("type"), str) else None
        for endpoint in endpoints if service and endpoints else []:
            if service is None or not isinstance(endpoint, dict) or not isinstance(endpoint.get("url"), str):
                continue
            places = [endpoint.get("region_id"), endpoint.get("region")]
            here = all(isinstance(place, (str, type(None))) for place in places) and (places[0] or places[1]) in (None, "", "*", region)
            if here and endpoint.get("interface", "public") == "public" and service not in found and host_of(endpoint["url"]):
                found[service] = _base(endpoint["url"], project_id)
    return found


_CATALOGUE_TYPES = {
    "sdrs": "sdrs", "ecs": "ecs", "vpc": "vpc", "as": "as", "identity": "iam", "evs": "evs", "volumev2": "evs",
}


def _is_of_one_project(part: str, project_id: str | None) -> bool:
    """Whether a path segment is a project or a version, and not part of the service's path."""
    named = part in ("autoscaling-api", "$(tenant_id)s", "%(project_id)s")
    return bool(named or part == project_id or _PROJECT_ID.fullmatch(part) or part.lstrip("v").replace(".", "").isdigit())


def _base(url: str, project_id: str | None) -> str:
    parts = urlsplit(url)
    path = [part for part in parts.path.split("/") if part]
    while path and _is_of_one_project(path[-1], project_id):
        path.pop()
    return "%s://%s" % (parts.scheme, "/".join([parts.netloc] + path))


def expiry(text: Any, otherwise: float = _TOKEN_LIFE / 2) -> float:
    """Expiry time in seconds since the epoch; ``otherwise`` seconds from now if the text contains none."""
    try:
        return time_of(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return time.time() + otherwise


def find_project(client: Any, settings: Settings, cache: TokenCache) -> str:
    """The ID of the project that ``project_name`` names (A.6), remembered between tasks.

    :raises ConfigError: the project is not set
    :raises ApiError: no project of that name, or several
    """
    name = settings.project_name
    if not name:
        raise ConfigError(NO_PROJECT)
    proof = client.auth.proof
    identity = ("project", settings.url("iam", client.auth.catalogue), name)
    known = cache.get(identity, proof)
    if isinstance(known, str) and known:
        return known
    answer = client.send("GET", "iam", "/v3/projects", query={"name": name})
    projects = [
        project for project in objects(answer, "projects")
        if project.get("name") == name and isinstance(project.get("id"), str) and project["id"]
    ]
    if len(projects) != 1:
        raise ApiError(
            "%s project is named %r" % ("more than one" if projects else "no", name),
            operation="look up the project", remedy="Check project_name (the default is the region), or set project_id.",
        )
    cache.put(identity, proof, projects[0]["id"], time.time() + _TOKEN_LIFE)
    return projects[0]["id"]
