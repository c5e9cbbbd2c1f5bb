# SPDX-License-Identifier: GPL-3.0-or-later
"""The example repository, run as its README says."""

from __future__ import annotations

import json
import shutil

from support import ROOT, Workplace


def test_the_repository_from_topology_to_failback(simulator, tmp_path):
    shutil.copytree(ROOT / "examples" / "gitops", tmp_path, dirs_exist_ok=True)
    play = Workplace(tmp_path, simulator)
    zones = simulator.info["availability_zones"]
    host = (tmp_path / "host_vars" / "erp.yml")
    host.write_text(host.read_text().replace("eu-de-01", zones[0]).replace("eu-de-02", zones[1]))
    connection = ("-e", json.dumps({"sdrs_connection": play.connection}))
    for playbook, *arguments in (
        ("plan",), ("converge",), ("plan", "-e", "plan_fail_on_drift=true"), ("drill", "--limit", "erp"), ("drill_status",),
        ("planned_failover", "--limit", "erp", "-e", "failover_confirm=erp"), ("failback", "-e", "failover_confirm=erp"), ("export",),
    ):
        done = play("playbooks/%s.yml" % playbook, *connection, *arguments)
        assert done.returncode == 0, (playbook, done.stdout[-3000:], done.stderr)
    assert play.report("failback")[0]["verdict"] == "passed" and (tmp_path / "exports" / "erp.yml").exists()
    assert {path.name.split("-")[0] for path in (tmp_path / "reports" / "erp").iterdir()} == {"plan", "drill", "planned_failover", "failback"}
