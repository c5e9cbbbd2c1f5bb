# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded folders as tests: each cassette is played to its task, and nothing else is asked for."""

from __future__ import annotations

import copy
import json
import re

import cassettes
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import record, sanitise

ALL = cassettes.every()
KEYS = {"source", "synthetic", "module", "options", "check", "connection", "expect"}


@pytest.mark.parametrize("cassette", ALL, ids=lambda each: each.name)
def test_a_cassette_comes_to_what_it_came_to(cassette):
    found = cassettes.play(cassette.manifest, cassette.exchanges)
    if "error" in cassette.manifest["expect"]:
        assert cassette.manifest["expect"]["error"] in found.get("error", "")
    else:
        assert found == cassette.manifest["expect"]


@pytest.mark.parametrize("cassette", ALL, ids=lambda each: each.name)
def test_a_cassette_is_whole(cassette):
    """And holds what a recording may hold only: recorded again, it stays as it is but for its stand-ins."""
    assert set(cassette.manifest) <= KEYS and KEYS - {"connection"} <= set(cassette.manifest) and isinstance(cassette.manifest["synthetic"], bool)
    assert cassette.exchanges and all(each["format"] == record.FORMAT for each in cassette.exchanges)
    assert cassette.manifest["synthetic"] is cassette.name.startswith("vendor-")
    clean = sanitise.Sanitiser(b"k" * 32)
    for exchange in cassette.exchanges:
        for side in filter(None, (exchange["request"], exchange["response"])):
            again = json.loads(json.dumps(clean.value(side["body"])))
            assert _without_identity(again) == _without_identity(side["body"])


def _without_identity(value):
    """A body without what is mapped anew: IDs, addresses, hardware addresses and large numbers."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b", "ID", json.dumps(value, sort_keys=False))
    return re.sub(r"[0-9]+(\.[0-9]+){3}(/[0-9]+)?|fa(:[0-9a-f]{2}){5}|\b[0-9]{9,}\b|2001:db8:[0-9a-f:]+", "ADDRESS", text)


def test_the_first_cassettes_are_there():
    modules = {each.manifest["module"] for each in ALL}
    assert {"sdrs_server_group_info", "sdrs_topology", "sdrs_failover", "ecs_server_info"} <= modules
    assert [each for each in ALL if each.manifest["synthetic"]] and [each for each in ALL if not each.manifest["synthetic"]]
    assert any(exchange["request"]["method"] != "GET" for each in ALL for exchange in each.exchanges)


PLAYED = next(each for each in ALL if each.name == "vendor-plan-topology-as-it-is")


@pytest.mark.parametrize("number", range(len(PLAYED.exchanges)))
def test_an_unknown_request_fails(number):
    exchanges = [each for at, each in enumerate(PLAYED.exchanges) if at != number]
    with pytest.raises(cassettes.Unplayable, match="the cassette has no answer to GET"):
        cassettes.play(PLAYED.manifest, exchanges)


def test_an_exchange_that_is_not_used_fails():
    more = copy.deepcopy(PLAYED.exchanges[-1])
    with pytest.raises(cassettes.Unplayable, match="not used: "):
        cassettes.play(PLAYED.manifest, [*PLAYED.exchanges, more])


def test_another_body_fails():
    written = next(each for each in ALL if each.name == "simulator-group-created")
    exchanges = copy.deepcopy(written.exchanges)
    next(each for each in exchanges if each["request"]["method"] == "POST")["request"]["body"]["server_group"]["name"] = "other"
    with pytest.raises(cassettes.Unplayable, match="the cassette has no answer to POST"):
        cassettes.play(written.manifest, exchanges)


def test_another_outcome_fails():
    exchanges = copy.deepcopy(PLAYED.exchanges)
    listed = next(each for each in exchanges if each["request"]["path"].endswith("/protected-instances"))["response"]["body"]
    listed["protected_instances"][0]["name"] = "anon-000000000000"
    try:
        found = cassettes.play(PLAYED.manifest, exchanges)
    except cassettes.Unplayable:
        return
    assert found != PLAYED.manifest["expect"]


def test_what_failed_is_played_too():
    read = next(each for each in ALL if each.name == "vendor-sdrs-server-group-info-of-all")
    (exchange,) = copy.deepcopy(read.exchanges)
    exchange["response"] = None
    assert "the connection" in cassettes.play(read.manifest, [exchange])["error"]
    exchange["response"] = {"status": 403, "headers": {"content-type": "text/html"}, "body": {"text": "denied by anon-0123456789ab"}}
    assert "denied by" in cassettes.play(read.manifest, [exchange])["error"]
