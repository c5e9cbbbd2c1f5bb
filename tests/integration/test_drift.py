# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that shows and repairs what differs between production and DR servers, run as users run it."""

from __future__ import annotations

import pytest

from support import Workplace, run_task

MODULE = "sdrs_drift"
ZONES = {"source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
ERP = {"name": "erp", **ZONES, "protected_instances": [{"name": "web-1", "server": "ecs-erp-web-1"}]}


@pytest.fixture
def workplace(simulator, tmp_path):
    """A group whose DR server lacks a tag, and has another host name."""
    run_task("sdrs_topology", dict(simulator.connection, server_groups=[ERP]))
    simulator.patch("servers", simulator.server("ecs-erp-web-1"), tags=["tier=web"], **{"OS-EXT-SRV-ATTR:hostname": "web-1"})
    simulator.forget()
    place = Workplace(tmp_path, simulator)
    place.inventory(erp={})
    return place


def written(simulator):
    return [entry for entry in simulator.log() if entry[0] != "GET"]


def test_the_playbook(workplace, simulator):
    shown = workplace("drift")
    assert shown.returncode == 0 and "changed=0" in shown.stdout and "drift_repair=true repairs it" in shown.stdout, shown.stdout + shown.stderr
    assert "change it manually: set it in the guest" in shown.stdout
    checked = workplace("drift", "-e", "drift_repair=true", "--check")
    assert checked.returncode == 0 and "changed=1" in checked.stdout and not written(simulator), checked.stdout + checked.stderr
    repaired = workplace("drift", "-e", "drift_repair=true", "-e", "drift_fail_on_difference=true")
    assert repaired.returncode == 2 and "changed=1" in repaired.stdout and "the servers of web-1 differ" in repaired.stdout, "the host name is left"
    assert [entry[2] for entry in written(simulator)] == [204]
    again = workplace("drift", "-e", "drift_repair=true")
    assert again.returncode == 0 and "changed=0" in again.stdout and len(written(simulator)) == 1, again.stdout + again.stderr


@pytest.mark.parametrize("service", ["sdrs", "ecs"])
def test_without_permission_it_says_so(workplace, simulator, service):
    simulator.settings(denied=[service])
    refused = workplace("drift", "-e", "drift_repair=true")
    assert refused.returncode == 2 and not written(simulator)
