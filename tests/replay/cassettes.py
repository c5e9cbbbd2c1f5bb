# SPDX-License-Identifier: GPL-3.0-or-later
"""Cassettes: folders of recorded exchanges (SDRS_RECORD), played to a task in place of a cloud.

A cassette is such a folder with a ``cassette.json`` beside the exchanges:

- ``source``: where it comes from, in a sentence; ``synthetic``: whether no cloud has ever said it;
- ``module``, ``options``, ``check``: the task, with the stand-ins that stand in the exchanges;
- ``expect``: what has to come of it: ``changed``, ``operations`` (``[[operation, resource type]]``, in any order), ``counts`` (of the lists in the
  result), ``error`` (a part of the message of a task that fails).
"""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import requests
import vendor_cloud
from requests.adapters import BaseAdapter
from requests.models import Response

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client as client_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import mask, settings
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import SdrsError
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import run as run_module
from support import Host

HERE = Path(__file__).parent / "cassettes"
MANIFEST = "cassette.json"
# What a player is logged in with: nothing of it stands in an exchange.
LOGIN = {"region": "eu-de", "auth_token": "t", "token_cache": False, "max_retries": 0}


class Unplayable(AssertionError):
    """A request that the cassette has no answer for, or an answer that nobody asked for."""


class Cassette:
    """A folder of exchanges, in the order in which they were recorded."""

    def __init__(self, folder):
        self.name, self.folder = folder.name, folder
        self.manifest = json.loads((folder / MANIFEST).read_text())
        self.exchanges = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json")) if path.name != MANIFEST]


class Player(BaseAdapter):
    """Answers by method, path, query and body, each exchange once and those that are alike in their order."""

    def __init__(self, exchanges):
        super().__init__()
        self.left, self.unknown = list(exchanges), []

    def send(self, request, **_options):
        parts = urlsplit(request.url)
        asked = (request.method, parts.path or "/", sorted(parse_qsl(parts.query, keep_blank_values=True)), json.loads(request.body or "null"))
        found = next((each for each in self.left if _fits(asked, each["request"])), None)
        if found is None:
            self.unknown.append("%s %s %s %s" % asked)
            raise Unplayable("the cassette has no answer to %s %s %s %s" % asked)
        self.left.remove(found)
        if found["response"] is None:
            raise requests.ConnectionError()
        return _response(request, found["response"])

    def close(self):
        pass

    def check(self):
        """Raise unless every exchange was used, and nothing else was asked for."""
        unused = ["%(method)s %(path)s %(query)s" % each["request"] for each in self.left]
        if unused or self.unknown:
            raise Unplayable("not used: %s; unknown: %s" % (unused, self.unknown))


def _fits(asked, recorded):
    method, path, query, body = asked
    return (method, path, query) == (recorded["method"], recorded["path"], sorted(map(tuple, recorded["query"]))) and _alike(body, recorded["body"])


def _alike(sent, recorded):
    """Equal, but for secrets, which are not recorded."""
    if isinstance(recorded, dict) and isinstance(sent, dict):
        return set(sent) == set(recorded) and all(_alike(sent[key], recorded[key]) for key in sent)
    if isinstance(recorded, list) and isinstance(sent, list):
        return len(sent) == len(recorded) and all(map(_alike, sent, recorded))
    return recorded == mask.MASK or sent == recorded


def _response(request, recorded):
    response, body = Response(), recorded["body"]
    text = isinstance(body, dict) and set(body) == {"text"} and "json" not in recorded["headers"].get("content-type", "json")
    content = b"" if body is None else body["text"].encode() if text else json.dumps(body).encode()
    response.status_code, response.request, response.url = recorded["status"], request, request.url
    response.headers.update({name: value for name, value in recorded["headers"].items() if name != "date"})
    response.raw = io.BytesIO(content)
    return response


def play(manifest, exchanges):
    """Run the task on the exchanges; gives what ``expect`` is compared with.

    :raises Unplayable: an exchange is missing, or left over
    """
    player, session, clock = Player(exchanges), requests.Session(), vendor_cloud.Clock()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, player)
    options = {**LOGIN, **manifest.get("connection", {})}
    client = client_module.Client(settings.resolve(options, {}), session=session, sleep=clock.sleep, clock=clock.now)
    declaration, params = vendor_cloud._prepared(manifest["module"], json.dumps({**manifest["options"], **options}))
    try:
        with clock.used():
            result = outcome(run_module.run(declaration, copy.deepcopy(params), Host(manifest["check"]), client=client))
    except SdrsError as error:
        result = {"error": str(error)}
    player.check()
    return result


def outcome(result):
    """What of a result does not depend on names."""
    operations = sorted([each["operation"], each["resource_type"]] for each in result.get("operations") or [])
    counts = {key: len(value) for key, value in result.items() if isinstance(value, list) and key not in ("operations", "jobs", "pending", "branches")}
    return {"changed": result["changed"], "operations": operations, "counts": counts}


def every():
    """All that are in the repository."""
    return [Cassette(path.parent) for path in sorted(HERE.glob("*/" + MANIFEST))]
