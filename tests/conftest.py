# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of all tests."""

from __future__ import annotations

import confined

confined.prepare()

import matrix  # noqa: E402
import pytest  # noqa: E402

from support import SPEED, Simulator, run_task  # noqa: E402


def pytest_runtest_setup(item):
    """``unless_altered("a setting", ...)``: the test holds only while the simulator behaves as usual in this; without names, in everything."""
    altered = matrix.altered()
    for mark in item.iter_markers("unless_altered"):
        if altered and (not mark.args or set(mark.args) & set(altered)):
            pytest.skip("the simulator is altered: %s" % ", ".join(sorted(set(mark.args) & set(altered) or altered)))


@pytest.fixture(autouse=True)
def stays_in_its_folders(tmp_path_factory):
    """Every test fails that reads, writes, renames or unlinks what is not its own."""
    with confined.confined(tmp_path_factory.getbasetemp()) as refused:
        yield refused
        assert not refused, refused


@pytest.fixture(autouse=True)
def secrets_of_its_own():
    """No test's secrets garble the messages of another."""
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import mask

    mask._known.clear()


@pytest.fixture
def simulator():
    """A simulator of its own, fast."""
    running = Simulator("--speed", SPEED)
    yield running
    running.stop()


@pytest.fixture
def start_simulator():
    """Start simulators with arguments of one's own; they end with the test."""
    started = []

    def start(*arguments):
        started.append(Simulator(*arguments))
        return started[-1]

    yield start
    for running in started:
        if running.process.poll() is None:
            running.stop()


@pytest.fixture
def task(simulator):
    """``task("sdrs_tag", ...)`` runs a module against the simulator; ``check=True`` for check mode."""

    def call(module, check=False, host=None, **options):
        waits = {"poll_interval": 0.02} if _starts_jobs(module) else {}
        return run_task(module, {**simulator.connection, "token_cache": False, **waits, **options}, check, host)

    return call


def _starts_jobs(module):
    return not module.endswith("_info") and module not in ("sdrs_tag", "sdrs_failed_task", "as_group")


@pytest.fixture
def group(task, simulator):
    """A protection group ``erp``, and what creates it."""
    zones = simulator.info["availability_zones"]
    options = {
        "name": "erp", "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": simulator.vpc("vpc-erp"),
    }
    return task("sdrs_server_group", **options)["server_group"]


@pytest.fixture
def site(tmp_path):
    """``site(count=3)`` gives a group ``erp`` for runbooks, with a simulator of its own."""
    from runbook_site import Site

    made = []

    def make(**arguments):
        made.append(Site(tmp_path, **arguments))
        return made[-1]

    yield make
    for each in made:
        each.simulator.stop()
