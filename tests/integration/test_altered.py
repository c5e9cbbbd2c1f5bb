# SPDX-License-Identifier: GPL-3.0-or-later
"""A sample of ``make matrix``: some plays on a simulator that behaves otherwise in everything at once."""

from __future__ import annotations

import json

import matrix
import pytest
import test_plays
import test_runbooks

from support import nightly

pytestmark = pytest.mark.unless_altered()
# The fixtures of those plays.
sim, play = test_plays.sim, test_plays.play


@pytest.fixture
def in_process():
    return True


@pytest.fixture(autouse=True)
def altered(monkeypatch):
    monkeypatch.setenv(matrix.ENVIRONMENT, json.dumps(matrix.TOGETHER))


@pytest.mark.parametrize("module", ["sdrs_failover", nightly("sdrs_topology"), nightly("sdrs_drill")])
def test_lives(module, sim, play):
    test_plays.test_life(module, sim, play)


@pytest.mark.nightly
def test_a_planned_failover_and_back(site):
    test_runbooks.test_planned_failover_and_back_in_waves(site)


def test_it_is_altered(start_simulator):
    assert {name: start_simulator().settings()[name] for name in matrix.TOGETHER} == matrix.TOGETHER
