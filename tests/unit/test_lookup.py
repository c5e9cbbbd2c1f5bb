# SPDX-License-Identifier: GPL-3.0-or-later
"""Which object a name means (semantics.md, section 1), without a service."""

from __future__ import annotations

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import Refused
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import lookup
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs import sites


def server(name_id, zone="az1"):
    return {"id": name_id, "name": "s", "az": zone}


def pick(matches, owners=None, zone=None):
    return lookup.pick(matches, owners or {}, lambda each: each["az"], zone, "server", "s")


def test_one_match_is_it():
    assert pick([server("a")]) == (None, server("a"))


def test_both_halves_mean_their_instance():
    instance = {"id": "i"}
    found, half = pick([server("a"), server("b", "az2")], {"a": instance, "b": instance}, "az2")
    assert found is instance and half["id"] == "b"


def test_only_those_of_the_production_site():
    assert pick([server("a"), server("b", "az2")], zone="az2")[1]["id"] == "b"


def test_several_left_are_listed():
    with pytest.raises(Refused, match=r"2 objects match server 's'.*\(a.*\(b"):
        pick([server("a"), server("b")], zone="az1")
    with pytest.raises(Refused):
        pick([server("a"), server("b", "az2")])


def test_one_s_own_is_preferred_to_what_nobody_owns_at_the_production_site_only():
    def chosen(matches, owners, zone):
        return lookup.pick(matches, owners, lambda each: each["az"], zone, "server", "s", lambda owner: owner["id"] == "i")[0]

    here = [server("a", "az2"), server("b", "az2")]
    assert chosen(here, {"a": {"id": "i"}}, "az2") == {"id": "i"}
    for matches, owners, zone in ((here, {"a": {"id": "i"}, "b": {"id": "j"}}, "az2"), (here, {"a": {"id": "j"}}, "az2"), (here, {"a": {"id": "i"}}, None),
                                  (here, {"a": {"id": "i"}}, "az1")):
        with pytest.raises(Refused, match="2 objects match"):
            chosen(matches, owners, zone)


def test_production_zone_follows_the_priority_station():
    group = {"source_availability_zone": "a", "target_availability_zone": "b"}
    assert sites.production_zone(dict(group, priority_station="source")) == "a"
    assert sites.production_zone(dict(group, priority_station="target")) == "b"


def test_no_match_lists_what_comes_near():
    with pytest.raises(Refused, match="no VPC is named 'x'; found: y"):
        lookup.exactly_one([], [{"name": "y", "id": "1"}], "VPC", "x")
