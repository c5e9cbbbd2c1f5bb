# SPDX-License-Identifier: GPL-3.0-or-later
"""What the start page shows, made on the simulator while the site is built: a topology's plan and the report of its drill."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = {"identity": {"region": "eu-de", "availability_zones": ["eu-de-01", "eu-de-02"]}}
INVENTORY = {"all": {"hosts": {"erp": {}}}}
HOST = """\
topology_server_group:
  source_availability_zone: eu-de-01
  target_availability_zone: eu-de-02
  source_vpc: vpc-erp
  protection: enabled
  protected_instances:
    - name: erp-db-1
      server: ecs-erp-db-1
      tags: {tier: db}
      replications:
        - {volume: data-1, name: erp-db-1-data, size: 200}
    - {name: erp-web-1, server: ecs-erp-web-1}
"""


def make(folder, tree):
    """Write ``plan.md`` and ``pages/drill.html`` into the folder."""
    work = folder / "work"
    (work / "host_vars").mkdir(parents=True, exist_ok=True)
    (work / "inventory.yml").write_text(json.dumps(INVENTORY), encoding="utf-8")
    (work / "host_vars" / "erp.yml").write_text(HOST, encoding="utf-8")
    (work / "scenario.json").write_text(json.dumps(SCENARIO), encoding="utf-8")
    own = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "HW_", "SDRS_", "ANSIBLE_"))}
    simulator = subprocess.Popen(
        [sys.executable, "-m", "sdrs_simulator", "--speed", "500", "--scenario", str(work / "scenario.json")],
        stdout=subprocess.PIPE, text=True, env={**own, "PYTHONPATH": str(ROOT / "extensions" / "simulator")},
    )
    try:
        info = json.loads(simulator.stdout.readline())
        settings = {
            "SDRS_ENDPOINT": info["url"], "SDRS_REGION": info["region"], "HW_ACCESS_KEY": info["access_key"], "HW_SECRET_KEY": info["secret_key"],
            "ANSIBLE_COLLECTIONS_PATH": str(tree), "ANSIBLE_HOME": str(folder / "home"), "XDG_STATE_HOME": str(folder / "state"), "ANSIBLE_NOCOLOR": "1",
        }
        for arguments in (("plan",), ("converge",), ("drill", "-e", "drill_rto_target=1800")):
            command = [str(Path(sys.executable).with_name("ansible-playbook")), "cloud_dr.sdrs." + arguments[0], "-i", "inventory.yml", *arguments[1:]]
            done = subprocess.run(command, cwd=work, env={**own, **settings}, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit("the sample's %s failed:\n%s%s" % (arguments[0], done.stdout[-3000:], done.stderr))
    finally:
        simulator.terminate()
        simulator.wait()
        simulator.stdout.close()
    reports = work / "reports" / "erp"
    (folder / "plan.md").write_bytes(max(reports.glob("plan-*.md")).read_bytes())
    (folder / "pages").mkdir(exist_ok=True)
    (folder / "pages" / "drill.html").write_bytes(max(reports.glob("drill-*.html")).read_bytes())
