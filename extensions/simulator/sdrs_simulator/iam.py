# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM: tokens, projects, and the check of every request's credentials (3.2; service.md, section 4)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from . import metadata
from .faults import gateway
from .request import Request
from .world import World

_LOCKED_AFTER = 5
_LOCKED_FOR = 300
_CLOCK_SKEW = timedelta(minutes=15)


def create_token(world: World, request: Request) -> dict:
    """POST /v3/auth/tokens: the token is in ``X-Subject-Token``, the answer's status is 201.

    Methods: ``password``, alone or with ``totp``, and ``assume_role``, which wants the credentials of a user besides.
    """
    content = request.json()
    auth = content.get("auth") if isinstance(content, dict) else None
    identity = auth.get("identity") if isinstance(auth, dict) else None
    methods = identity.get("methods", ["password"]) if isinstance(identity, dict) else None
    known, scope = world.identity, auth.get("scope") if isinstance(auth, dict) else None
    if methods == ["assume_role"]:
        authenticate(world, request)
        owner = _assumed(known, identity)
    elif isinstance(methods, list) and sorted(methods) in (["password"], ["password", "totp"]):
        _check_password(known, identity)
        _check_passcode(world, identity if "totp" in methods else {})
        owner = {"id": known["domain_id"], "name": known["domain_name"]}
    else:
        raise gateway(400, "IAM.0011", "invalid request body")
    scope = scope if isinstance(scope, dict) else {}
    project, domain = scope.get("project"), scope.get("domain")
    if isinstance(project, dict) and (project.get("id", known["project_id"]) != known["project_id"]
                                      or project.get("name", known["project_name"]) != known["project_name"]):
        raise gateway(401, "IAM.0002", "no such project")
    if isinstance(domain, dict) and any(domain[key] != owner[key] for key in ("id", "name") if key in domain):
        raise gateway(401, "IAM.0003", "no such domain")
    token = secrets.token_urlsafe(48)
    expires = world.now() + world.settings["token_life"]
    world.tokens[token] = expires
    request.answer_status = 201
    request.answer_headers["X-Subject-Token"] = token
    return {"token": {
        "methods": methods, "issued_at": _stamp(world.now()), "expires_at": _stamp(expires),
        "roles": [{"id": "0", "name": name} for name in known.get("roles", [])],
        "catalog": _catalog(world, request), **_bearer(known, methods, owner),
        **({"domain": owner} if isinstance(domain, dict) else {"project": {"id": known["project_id"], "name": known["project_name"], "domain": owner}}),
    }}


def _stamp(when: Any) -> Any:
    return datetime.fromtimestamp(when, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"


def _bearer(known: Any, methods: Any, owner: dict) -> dict:
    """Who a token stands for: the user, or an agency that a user has assumed."""
    user = {"id": _user_id(known), "name": known["username"], "domain": {"id": known["domain_id"], "name": known["domain_name"]}, "password_expires_at": ""}
    if methods != ["assume_role"]:
        return {"user": user}
    agency = {"id": hashlib.sha256(known["agency"]["agency_name"].encode()).hexdigest()[:32], "domain": owner,
              "name": "%s/%s" % (owner["name"], known["agency"]["agency_name"])}
    return {"user": agency, "assumed_by": {"user": user}}


def _same(given: dict, expected: Any) -> Any:
    return isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def _check_password(known: Any, identity: Any) -> None:
    """The password of the user, who is named together with the account, or by ID."""
    try:
        user = identity["password"]["user"]
        if "id" in user:
            named = _same(user["id"], _user_id(known))
        elif "id" in user["domain"]:
            named = _same(user["name"], known["username"]) and _same(user["domain"]["id"], known["domain_id"])
        else:
            named = _same(user["name"], known["username"]) and _same(user["domain"]["name"], known["domain_name"])
        right = _same(user["password"], known["password"])
    except (KeyError, TypeError):
        raise gateway(400, "IAM.0011", "invalid request body") from None
    if not (named and right):
        raise gateway(401, "IAM.0001", "The username or password is wrong.")


def _check_passcode(world: World, identity: Any) -> None:
    """The passcode of the user's ID: of this half minute or the ones beside it, once (RFC 6238, 5.2)."""
    if not identity:
        if world.settings["mfa_required"]:
            raise gateway(401, "IAM.0004", "The login protection of the user asks for a virtual MFA passcode.")
        return
    try:
        user = identity["totp"]["user"]
        named, given = _same(user["id"], _user_id(world.identity)), user["passcode"]
    except (KeyError, TypeError):
        raise gateway(400, "IAM.0011", "invalid request body") from None
    now, used = int(world.now() // 30), world.counters.setdefault("passcodes", [])
    step = next((step for step in (now, now - 1, now + 1) if _same(given, passcode(world.identity["totp_secret"], step))), None)
    if not named or step is None or step in used:
        raise gateway(401, "IAM.0005", "The virtual MFA passcode is wrong.")
    used[:] = [*used[-9:], step]


def passcode(secret: Any, step: Any) -> str:
    """The six digits of a time step of 30 s (RFC 6238 with SHA-1)."""
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 15
    return "%06d" % ((int.from_bytes(digest[at:at + 4], "big") & 0x7FFFFFFF) % 1_000_000)


def _assumed(known: Any, identity: Any) -> dict:
    """The account that has made the agency ``assume_role`` names; its user's credentials have been checked before."""
    wanted, agency = identity.get("assume_role"), known["agency"]
    if not isinstance(wanted, dict) or not isinstance(wanted.get("agency_name"), str) or not {"domain_name", "domain_id"} & set(wanted):
        raise gateway(400, "IAM.0011", "invalid request body")
    owner = {"id": agency["domain_id"], "name": agency["domain_name"]}
    of_it = all(_same(wanted[key], owner[key[7:]]) for key in ("domain_name", "domain_id") if key in wanted)
    if not of_it or not _same(wanted["agency_name"], agency["agency_name"]):
        raise gateway(404, "IAM.0006", "Could not find agency: %s." % str(wanted["agency_name"])[:64])
    return owner


def _user_id(known: Any) -> Any:
    return hashlib.sha256(known["username"].encode("utf-8")).hexdigest()[:32]


def _catalog(world: World, request: Request) -> list:
    base, project, region = "http://%s" % request.headers.get("Host"), world.identity["project_id"], world.identity["region"]
    paths = {"sdrs": "/v1/", "ecs": "/v1/", "evs": "/v2/", "vpc": "/v1/", "as": "/autoscaling-api/v1/"}
    entries = [
        {"id": kind, "type": kind, "name": kind, "endpoints": [
            {"id": kind, "interface": "public", "region": region, "region_id": region, "url": base + path + project}
        ]}
        for kind, path in paths.items() if kind not in world.settings["not_offered"]
    ]
    return entries + [{"id": "iam", "type": "identity", "name": "iam", "endpoints": [
        {"id": "iam", "interface": "public", "region": "*", "region_id": "*", "url": base + "/v3"}
    ]}]


def root(world: World, request: Request) -> dict:
    """GET /v3"""
    here = "http://%s/v3/" % request.headers.get("Host")
    return {"version": {
        "id": "v3.6", "status": "stable", "updated": "2016-04-04T00:00:00Z", "links": [{"rel": "self", "href": here}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }}


def projects(world: World, request: Request) -> dict:
    """GET /v3/projects (A.6)"""
    known = world.identity
    listed = request.query.get("name") in (None, known["project_name"])
    project = {
        "id": known["project_id"], "name": known["project_name"], "domain_id": known["domain_id"], "is_domain": False,
        "parent_id": known["domain_id"], "description": "", "enabled": True, "links": _links(request, "/v3/projects/" + known["project_id"]),
    }
    return {"projects": [project] if listed else [], "links": _links(request, "/v3/projects")}


def _links(request: Request, path: str) -> dict:
    return {"self": "http://%s%s" % (request.headers.get("Host"), path), "previous": None, "next": None}


def authenticate(world: World, request: Request) -> None:
    """Let a request pass that bears a valid token or signature; 401 otherwise."""
    token = request.headers.get("X-Auth-Token")
    if token:
        if world.tokens.get(token, 0) <= world.now():
            raise gateway(401, "APIGW.0301", "Incorrect IAM authentication information: decrypt token fail")
        return
    header = request.headers.get("Authorization", "")
    if not header.startswith("SDK-HMAC-SHA256 "):
        raise gateway(401, "APIGW.0301", "Incorrect IAM authentication information: x-auth-token not found")
    _check_signature(world, request, header)


def _check_signature(world: World, request: Request, header: Any) -> None:
    parts = dict(part.strip().split("=", 1) for part in header[len("SDK-HMAC-SHA256 "):].split(",") if "=" in part)
    key, locks = parts.get("Access", ""), world.counters.setdefault("locks", {})
    failures, since = locks.get(key, [0, 0])
    if failures >= _LOCKED_AFTER and world.now() - since < world.seconds(_LOCKED_FOR):
        raise gateway(401, "APIGW.0301", "Incorrect IAM authentication information: AK access failed to reach the limit,forbidden")
    problem = _problem(world, request, parts, key)
    if problem:
        if key:
            locks[key] = [failures + 1 if failures < _LOCKED_AFTER else 1, world.now()]
        raise gateway(401, "APIGW.0301", "Incorrect IAM authentication information: %s" % problem)
    locks.pop(key, None)


def _problem(world: World, request: Request, parts: Any, key: Any) -> Any:
    keys = metadata.keys_of(world, key) or world.identity
    if not hmac.compare_digest(key.encode(), keys["access_key"].encode()):
        return "Get secretKey failed,ak:****,err:ak not exist"
    date = request.headers.get("X-Sdk-Date", "")
    try:
        when = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return "missing or malformed X-Sdk-Date"
    if abs(datetime.fromtimestamp(time.time() + world.settings["clock_offset_seconds"], timezone.utc) - when) > _CLOCK_SKEW:
        return "signature expired"
    names = parts.get("SignedHeaders", "").split(";")
    if "x-sdk-date" not in names:
        return "X-Sdk-Date is not signed"
    if keys.get("security_token") and request.headers.get("X-Security-Token") != keys["security_token"]:
        return "security token is wrong"
    if keys.get("ends", world.now() + 1) <= world.now():
        return "the temporary AK has expired"
    expected = sign(keys["secret_key"], request, names, date)
    return None if hmac.compare_digest(parts.get("Signature", ""), expected) else "verify aksk signature fail"


def sign(secret_key: Any, request: Request, names: Iterable, date: Any) -> Any:
    """The signature the request ought to bear, from what was received."""
    path = "/".join(quote(part, safe="~") for part in unquote(request.raw_path).split("/"))
    pairs = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in parse_qsl(request.raw_query, keep_blank_values=True))
    body = request.headers.get("X-Sdk-Content-Sha256") or hashlib.sha256(request.body).hexdigest()
    canonical = "\n".join([
        request.method, path if path.endswith("/") else path + "/", "&".join("=".join(pair) for pair in pairs),
        *("%s:%s" % (name, (request.headers.get(name) or "").strip()) for name in names), "", ";".join(names), body,
    ])
    text = "SDK-HMAC-SHA256\n%s\n%s" % (date, hashlib.sha256(canonical.encode("utf-8")).hexdigest())
    return hmac.new(secret_key.encode("utf-8"), text.encode("utf-8"), hashlib.sha256).hexdigest()
