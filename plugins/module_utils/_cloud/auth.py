# SPDX-License-Identifier: GPL-3.0-or-later
"""How requests are authenticated: AK/SK signatures and IAM tokens. PRIVATE to the collection.

API reference 3.2; service.md, section 4. Imports nothing of Ansible.
"""

from __future__ import annotations

import re
import threading
import time
from datetime import datetime, timezone
from urllib.parse import urlsplit

from . import mask as mask_module
from .errors import ApiError, AuthError, ConfigError
from .hosts import host_of
from .paging import objects
from .sign import DATE_FORMAT, authorization
from .text import time_of

try:
    from requests.auth import AuthBase
except ImportError:
    AuthBase = object

_TOKEN_LIFE = 24 * 3600
_PROJECT_ID = re.compile(r"[0-9a-f]{32}")
NO_PROJECT = "no project is known: set project_id, project_name or region"


class AkSkAuth(AuthBase):
    """Signs every request. A rejected signature is final: nothing can be renewed."""

    catalogue: dict = {}

    def __init__(self, credentials, clock=time.time):
        self._credentials = credentials
        self._clock = clock
        self.project_id = None

    def __call__(self, request):
        headers = {
            "Host": urlsplit(request.url).netloc,
            "X-Sdk-Date": datetime.fromtimestamp(self._clock(), timezone.utc).strftime(DATE_FORMAT),
        }
        if request.headers.get("Content-Type"):
            headers["Content-Type"] = request.headers["Content-Type"]
        if self.project_id:
            headers["X-Project-Id"] = self.project_id
        if self._credentials.get("security_token"):
            headers["X-Security-Token"] = self._credentials["security_token"]
        body = request.body or b""
        headers["Authorization"] = authorization(
            self._credentials["access_key"],
            self._credentials["secret_key"],
            request.method,
            request.url,
            headers,
            body.encode("utf-8") if isinstance(body, str) else body,
        )
        request.headers.update(headers)
        return request

    def renew(self, rejected):
        """Nothing to renew."""
        return False

    @property
    def proof(self):
        """What a cached entry of this login must prove."""
        return self._credentials["access_key"] + self._credentials["secret_key"]


class TokenAuth(AuthBase):
    """Sends a token; ``login`` (callable giving a new one) makes it renewable, ``mask`` is told every new one.

    :param check: called with every new catalogue
    """

    def __init__(self, token=None, login=None, mask=None, check=None):
        self._token = token
        self._login = login
        self._mask = mask or (lambda secrets: None)
        self._check = check or (lambda catalogue: None)
        self._lock = threading.Lock()
        self.project_id = None
        self.catalogue = {}

    def __call__(self, request):
        with self._lock:
            if self._token is None:
                self._sign_in(False)
            request.headers["X-Auth-Token"] = self._token
        return request

    def prepare(self):
        """Get a token now, for the project ID and the catalogue that come with it."""
        with self._lock:
            if self._token is None and self._login:
                self._sign_in(False)

    def renew(self, rejected):
        """Replace the token ``rejected`` by a new one; False when that is not possible.

        Another thread may have done it already: then there is nothing more to do.
        """
        if self._login is None:
            return False
        with self._lock:
            if self._token == rejected:
                self._sign_in(True)
        return True

    @property
    def proof(self):
        return self._token

    def _sign_in(self, fresh):
        answer = self._login(fresh)
        self._token = answer["token"]
        mask_module.register([self._token])
        self._mask([self._token])
        self.project_id = answer.get("project_id")
        self.catalogue = answer.get("catalogue") or {}
        self._check(self.catalogue)


class Login:
    """Password to token, by way of the cache. Callable: ``login(fresh)`` gives ``{token, project_id, catalogue}``."""

    def __init__(self, settings, send, cache):
        """:param send: ``send(url, body)`` giving a requests response, without authentication"""
        self._settings = settings
        self._send = send
        self._cache = cache

    def __call__(self, fresh):
        settings, credentials = self._settings, self._settings.credentials
        url = settings.url("iam") + "/v3/auth/tokens"
        identity = ("token", url, credentials["username"], credentials["domain_name"], settings.project_id or "",
                    settings.project_name or "", settings.region or "")
        if fresh:
            self._cache.drop(identity)
        else:
            known = self._cache.get(identity, credentials["password"])
            if _is_login(known):
                return known
        answer, expires = self._ask(url)
        self._cache.put(identity, credentials["password"], answer, expires)
        return answer

    def _ask(self, url):
        settings, credentials = self._settings, self._settings.credentials
        user = {
            "name": credentials["username"],
            "password": credentials["password"],
            "domain": {"name": credentials["domain_name"]},
        }
        if not (settings.project_id or settings.project_name):
            raise ConfigError(NO_PROJECT)
        project = {"id": settings.project_id} if settings.project_id else {"name": settings.project_name}
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": {"user": user}},
                "scope": {"project": project},
            }
        }
        headers, content = self._send(url, body)
        token = (headers.get("X-Subject-Token") or "").strip()
        if not is_token(token):
            raise AuthError("the identity service answered %s" % ("with a token that no header can hold" if token else "without a token"), operation="log in")
        content = content.get("token") if isinstance(content.get("token"), dict) else {}
        project = content.get("project") if isinstance(content.get("project"), dict) else {}
        answer = {
            "token": token,
            "project_id": project["id"] if isinstance(project.get("id"), str) and project["id"] else settings.project_id,
            "catalogue": read_catalogue(content.get("catalog"), settings.region, project.get("id")),
        }
        return answer, _expiry(content.get("expires_at"))


def is_token(value):
    """Whether ``value`` can be sent as a token: folded lines or control characters would be refused, and shown, by those who send it."""
    return isinstance(value, str) and re.fullmatch(r"[!-~]+", value) is not None


def _is_login(value):
    """Whether a cache entry is what it should be."""
    catalogue = value.get("catalogue") if isinstance(value, dict) else None
    return isinstance(catalogue, dict) and all(isinstance(url, str) for url in catalogue.values()) and is_token(value.get("token"))


def read_catalogue(catalog, region, project_id):
    """Base URL per service from a token's catalogue; versions and project IDs at the end of a URL are cut off.

    What has not the shape of a catalogue is passed over: the service's name is made of the region then.

    :param catalog: the token's ``catalog``: ``[{type, endpoints: [{region_id, interface, url}]}]``
    """
    found = {}
    for entry in catalog if isinstance(catalog, list) else []:
        endpoints = entry.get("endpoints") if isinstance(entry, dict) else None
        service = _CATALOGUE_TYPES.get(entry["type"]) if isinstance(endpoints, list) and isinstance(entry.get("type"), str) else None
        for endpoint in endpoints if service else []:
            if not isinstance(endpoint, dict) or not isinstance(endpoint.get("url"), str):
                continue
            places = [endpoint.get("region_id"), endpoint.get("region")]
            here = all(isinstance(place, (str, type(None))) for place in places) and (places[0] or places[1]) in (None, "", "*", region)
            if here and endpoint.get("interface", "public") == "public" and service not in found and host_of(endpoint["url"]):
                found[service] = _base(endpoint["url"], project_id)
    return found


_CATALOGUE_TYPES = {
    "sdrs": "sdrs", "ecs": "ecs", "vpc": "vpc", "as": "as", "identity": "iam", "evs": "evs", "volumev2": "evs",
}


def _is_of_one_project(part, project_id):
    """Whether a part of a path stands for a project or a version, and not for the service."""
    named = part in ("autoscaling-api", "$(tenant_id)s", "%(project_id)s")
    return bool(named or part == project_id or _PROJECT_ID.fullmatch(part) or part.lstrip("v").replace(".", "").isdigit())


def _base(url, project_id):
    parts = urlsplit(url)
    path = [part for part in parts.path.split("/") if part]
    while path and _is_of_one_project(path[-1], project_id):
        path.pop()
    return "%s://%s" % (parts.scheme, "/".join([parts.netloc] + path))


def _expiry(text):
    try:
        return time_of(text).timestamp()
    except (ValueError, OverflowError, OSError):
        return time.time() + _TOKEN_LIFE / 2


def find_project(client, settings, cache):
    """The ID of the project that ``project_name`` names (A.6), remembered between tasks.

    :raises ConfigError: nothing tells the project
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
