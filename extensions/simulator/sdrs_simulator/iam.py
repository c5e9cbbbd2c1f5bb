# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM: tokens, projects, and the check of every request's credentials (3.2; service.md, section 4)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qsl, quote, unquote

from .faults import gateway

_LOCKED_AFTER = 5
_LOCKED_FOR = 300
_CLOCK_SKEW = timedelta(minutes=15)


def create_token(world, request):
    """POST /v3/auth/tokens: the token is in ``X-Subject-Token``, the answer's status is 201."""
    try:
        auth = request.json()["auth"]
        user = auth["identity"]["password"]["user"]
        project = auth.get("scope", {}).get("project", {})
        given = (user["name"], user["password"], user["domain"]["name"])
    except (KeyError, TypeError, AttributeError):
        raise gateway(400, "IAM.0011", "invalid request body") from None
    known = world.identity
    if not all(hmac.compare_digest(str(one).encode(), known[key].encode()) for one, key in
               zip(given, ("username", "password", "domain_name"))):
        raise gateway(401, "IAM.0001", "The username or password is wrong.")
    if project.get("id", known["project_id"]) != known["project_id"] or project.get("name", known["project_name"]) != known["project_name"]:
        raise gateway(401, "IAM.0002", "no such project")
    token = secrets.token_urlsafe(48)
    expires = world.now() + world.settings["token_life"]
    world.tokens[token] = expires
    request.answer_status = 201
    request.answer_headers["X-Subject-Token"] = token
    domain = {"id": known["domain_id"], "name": known["domain_name"]}
    issued, until = (datetime.fromtimestamp(when, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z" for when in (world.now(), expires))
    return {
        "token": {
            "methods": ["password"], "issued_at": issued, "expires_at": until,
            "project": {"id": known["project_id"], "name": known["project_name"], "domain": domain},
            "user": {"id": _user_id(known), "name": known["username"], "domain": domain, "password_expires_at": ""},
            "roles": [{"id": "0", "name": name} for name in known.get("roles", [])],
            "catalog": _catalog(world, request),
        }
    }


def _user_id(known):
    return hashlib.sha256(known["username"].encode("utf-8")).hexdigest()[:32]


def _catalog(world, request):
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


def root(world, request):
    """GET /v3"""
    here = "http://%s/v3/" % request.headers.get("Host")
    return {"version": {
        "id": "v3.6", "status": "stable", "updated": "2016-04-04T00:00:00Z", "links": [{"rel": "self", "href": here}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }}


def projects(world, request):
    """GET /v3/projects (A.6)"""
    known = world.identity
    listed = request.query.get("name") in (None, known["project_name"])
    project = {
        "id": known["project_id"], "name": known["project_name"], "domain_id": known["domain_id"], "is_domain": False,
        "parent_id": known["domain_id"], "description": "", "enabled": True, "links": _links(request, "/v3/projects/" + known["project_id"]),
    }
    return {"projects": [project] if listed else [], "links": _links(request, "/v3/projects")}


def _links(request, path):
    return {"self": "http://%s%s" % (request.headers.get("Host"), path), "previous": None, "next": None}


def authenticate(world, request):
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


def _check_signature(world, request, header):
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


def _problem(world, request, parts, key):
    if not hmac.compare_digest(key.encode(), world.identity["access_key"].encode()):
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
    if world.identity.get("security_token") and request.headers.get("X-Security-Token") != world.identity["security_token"]:
        return "security token is wrong"
    expected = sign(world.identity["secret_key"], request, names, date)
    return None if hmac.compare_digest(parts.get("Signature", ""), expected) else "verify aksk signature fail"


def sign(secret_key, request, names, date):
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
