# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens: by password, by password and passcode, and of an agency that is assumed. PRIVATE to the collection. Imports nothing of Ansible.

Vendor's IAM API reference: POST /v3/auth/tokens with the methods password, totp and assume_role.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from .auth import NO_PROJECT, AkSkAuth, TokenAuth, expiry, is_token, read_catalogue
from .errors import AuthError, ConfigError
from .metadata import EcsAgencyAuth, Metadata
from .settings import Settings
from .token_cache import TokenCache

_PATH = "/v3/auth/tokens"
_Send = Callable[[str, dict, Any], tuple[Any, dict]]


def authenticator(
    settings: Settings, send: _Send, cache: TokenCache, metadata: Metadata | None, mask: Callable[[list], Any] | None = None,
    check: Callable[[dict], Any] | None = None,
) -> TokenAuth | AkSkAuth:
    """The object that authenticates the requests of a client.

    :param send: ``send(url, body, auth)`` giving ``(headers, content)`` of IAM's response
    :param metadata: the Metadata of the machine, with ``ecs_agency`` only
    :param mask: receives every secret that is obtained
    :param check: called with every new catalogue
    """
    if settings.agency:
        return TokenAuth(login=AgencyLogin(settings, send, cache, _of_the_user(settings, send, cache, metadata, mask)), mask=mask, check=check)
    if settings.kind == "password":
        return TokenAuth(login=Login(settings, send, cache), mask=mask, check=check)
    return _of_the_user(settings, send, cache, metadata, mask)


def _of_the_user(settings: Settings, send: _Send, cache: TokenCache, metadata: Metadata | None, mask: Callable[[list], Any] | None) -> TokenAuth | AkSkAuth:
    """The same without an agency; with a password, of the user's account and no project."""
    if metadata is not None:
        return EcsAgencyAuth(metadata, mask)
    if settings.kind == "aksk":
        return AkSkAuth(settings.credentials, domain_id=settings.domain_id if settings.agency else None)
    if settings.kind == "password":
        return TokenAuth(login=Login(settings, send, cache, of_account=True), mask=mask)
    return TokenAuth(token=settings.credentials["auth_token"])


def identity_of(credentials: dict) -> dict:
    """``auth.identity`` of a login with a password, and with a passcode where there is one."""
    user = {"password": credentials["password"]}
    domain = {key: credentials["domain_" + key] for key in ("name", "id") if credentials.get("domain_" + key)}
    if credentials.get("username") and domain:
        user.update(name=credentials["username"], domain=domain)
    else:
        user["id"] = credentials["user_id"]
    identity: dict = {"methods": ["password"], "password": {"user": user}}
    if credentials.get("passcode"):
        identity["methods"].append("totp")
        identity["totp"] = {"user": {"id": credentials["user_id"], "passcode": credentials["passcode"]}}
    return identity


def scope_of(settings: Settings) -> dict:
    """``auth.scope`` of the project."""
    if not (settings.project_id or settings.project_name):
        raise ConfigError(NO_PROJECT)
    return {"project": {"id": settings.project_id} if settings.project_id else {"name": settings.project_name}}


class _Cached:
    """A login through the cache. Callable: ``login(fresh)`` returns ``{token, project_id, catalogue}``."""

    def __init__(self, settings: Settings, send: _Send, cache: TokenCache) -> None:
        self._settings, self._send, self._cache = settings, send, cache

    def __call__(self, fresh: bool) -> dict:
        identity, proof = self._identity(self._settings.url("iam") + _PATH), self._proof()
        # If tasks of many hosts start at once, one uses the passcode, and the others use the resulting token.
        once = bool(proof and self._settings.credentials.get("passcode"))
        with self._cache.alone(identity) if once else contextlib.nullcontext():
            if fresh:
                self._cache.drop(identity)
                self._may_repeat()
            else:
                known = self._cache.get(identity, proof) if proof else None
                if known is not None and _is_login(known):
                    return known
            answer, expires = self._ask(self._settings.url("iam") + _PATH)
            if proof:
                self._cache.put(identity, proof, answer, expires)
            return answer

    def _identity(self, url: str) -> tuple:
        """The cache key."""
        raise NotImplementedError

    def _proof(self) -> str:
        """The secrets that a kept answer belongs to; without any nothing is kept."""
        raise NotImplementedError

    def _ask(self, url: str) -> tuple[dict, float]:
        """``(answer, when it expires)`` of the identity service."""
        raise NotImplementedError

    def _may_repeat(self) -> None:
        """Raise if a second login with the same credentials is certain to fail."""

    def _read(self, headers: Any, content: Any) -> tuple[dict, float]:
        settings = self._settings
        token = (headers.get("X-Subject-Token") or "").strip()
        if not is_token(token):
            what = "with a token that is not valid in a header" if token else "without a token"
            raise AuthError("the identity service responded %s" % what, operation="log in")
        content = content.get("token") if isinstance(content.get("token"), dict) else {}
        project = content.get("project") if isinstance(content.get("project"), dict) else {}
        answer = {
            "token": token,
            "project_id": project["id"] if isinstance(project.get("id"), str) and project["id"] else settings.project_id,
            "catalogue": read_catalogue(content.get("catalog"), settings.region, project.get("id")),
        }
        return answer, expiry(content.get("expires_at"))


class Login(_Cached):
    """Password to token.

    :param of_account: a token for the user's account in place of the project: for assuming an agency of another account
    """

    def __init__(self, settings: Settings, send: _Send, cache: TokenCache, of_account: bool = False) -> None:
        super().__init__(settings, send, cache)
        self._of_account = of_account

    def _identity(self, url: str) -> tuple:
        settings, credentials = self._settings, self._settings.credentials
        project = ("", "", "") if self._of_account else (settings.project_id or "", settings.project_name or "", settings.region or "")
        more = [credentials.get(key, "") for key in ("user_id", "domain_id")]
        more += ["account"] if self._of_account else []
        return ("token", url, credentials.get("username", ""), credentials.get("domain_name", ""), *project, *(more if any(more) else ()))

    def _proof(self) -> str:
        return proof_of(self._settings.credentials)

    def _may_repeat(self) -> None:
        if self._settings.credentials.get("passcode"):
            raise AuthError(
                "the token is no longer valid or was rejected, and a passcode is valid for one login only", operation="log in",
                remedy="Run the task again with a new passcode; it resumes operations in flight.",
            )

    def _ask(self, url: str) -> tuple[dict, float]:
        credentials = self._settings.credentials
        domain = {key: credentials["domain_" + key] for key in ("name", "id") if credentials.get("domain_" + key)}
        scope = ({"domain": domain} if domain else None) if self._of_account else scope_of(self._settings)
        return self._read(*self._send(url, {"auth": {"identity": identity_of(credentials), **({"scope": scope} if scope else {})}}, None))


class AgencyLogin(_Cached):
    """The token of an agency, which another account has made for this user's account.

    :param user: authenticates the user in the meantime
    """

    def __init__(self, settings: Settings, send: _Send, cache: TokenCache, user: Any) -> None:
        super().__init__(settings, send, cache)
        self._user = user

    def _identity(self, url: str) -> tuple:
        settings, credentials = self._settings, self._settings.credentials
        who = [credentials.get(key, "") for key in ("username", "user_id", "domain_name", "domain_id")]
        agency = [(settings.agency or {}).get(key, "") for key in ("agency_name", "agency_domain_name", "agency_domain_id")]
        return ("agency", url, settings.kind, *who, *agency, settings.project_id or "", settings.project_name or "", settings.region or "")

    def _proof(self) -> str:
        # The keys of an ECS change frequently, so tokens obtained with them are not cached.
        return proof_of(self._settings.credentials)

    def _ask(self, url: str) -> tuple[dict, float]:
        agency = {key.replace("agency_domain", "domain"): value for key, value in (self._settings.agency or {}).items()}
        body = {"auth": {"identity": {"methods": ["assume_role"], "assume_role": agency}, "scope": scope_of(self._settings)}}
        return self._read(*self._send(url, body, self._user))


def proof_of(credentials: dict) -> str:
    """All secrets of the credentials as one string, with which a cached entry must have been stored; "" if there are none."""
    if set(credentials) <= {"username", "user_id", "password", "domain_name", "domain_id"}:
        return credentials.get("password", "")
    keys = ("access_key", "secret_key", "security_token", "password", "passcode", "auth_token")
    return "\0".join("%s=%s" % (key, credentials[key]) for key in keys if credentials.get(key))


def _is_login(value: Any) -> bool:
    """Whether a cache entry is valid."""
    catalogue = value.get("catalogue") if isinstance(value, dict) else None
    return isinstance(catalogue, dict) and all(isinstance(url, str) for url in catalogue.values()) and is_token(value.get("token"))
