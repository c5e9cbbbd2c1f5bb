# SPDX-License-Identifier: GPL-3.0-or-later
"""A Windows server of a wave or a drill has longer to answer."""

from __future__ import annotations

import json
import socket

import pytest
import yaml

from support import ROOT, Workplace, run_task

ZONES = {"source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
ERP = {"name": "erp", **ZONES, "protection": "enabled", "protected_instances": [{"name": "web-1", "server": "ecs-erp-web-1"}]}


@pytest.mark.parametrize("role", ["drill", "failover"])
def test_every_check_of_servers_gives_windows_its_time(role):
    tasks = "".join(path.read_text() for path in (ROOT / "roles" / role / "tasks").glob("*.yml"))
    assert tasks.count("windows_settle: \"{{ %s_windows_settle }}\"" % role) == tasks.count("ecs_server_check_info:") > 0
    assert yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text())[role + "_windows_settle"] == 300


def test_a_wave_with_a_windows_server(simulator, tmp_path):
    """Nothing listens: the check fails after its time-out and the time to settle, not before."""
    run_task("sdrs_topology", dict(simulator.connection, server_groups=[ERP]))
    for server in run_task("ecs_server_info", dict(simulator.connection, server_group="erp"))["ecs_servers"]:
        nics = {network: [dict(nic, addr="127.0.0.1", _subnet="x") for nic in found] for network, found in server["addresses"].items()}
        simulator.patch("servers", server["id"], addresses=nics, metadata=dict(server["metadata"], os_type="Windows"))
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    place = Workplace(tmp_path, simulator)
    place.inventory(erp={})
    variables = {
        "failover_confirm": "erp", "failover_force": True, "failover_check_timeout": 1, "failover_windows_settle": 3,
        "failover_waves": [{"instances": ["web-1"], "ports": [port]}],
    }
    done = place("failover", "-e", json.dumps(variables))
    server = place.report("failover")[0]["servers"][0]
    assert done.returncode == 2 and server["windows"] is True and [check["status"] for check in server["checks"]] == ["passed", "failed"], done.stdout
    assert " after 4 s: " in server["checks"][1]["detail"] and server["checks"][1]["seconds"] >= 4
