# SPDX-License-Identifier: GPL-3.0-or-later
"""``make demo``: the sample topology on the embedded simulator, planned, built, found unchanged, drilled, and removed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
REPORTS = BUILD / "reports"
SPEED = "40"
RUNS = (
    ("1. Plan: nothing is sent that could change anything", ("--check", "--diff"), None),
    ("2. Build the topology", (), None),
    ("3. The same again: nothing may change", (), 0),
    ("4. Drill it, measure how long recovery takes, clean up", ("-e", "demo_state=drill", "-e", "drill_report_dir=%s" % REPORTS), None),
    ("5. Remove everything", ("-e", "demo_state=absent"), None),
)


def main():
    environment = dict(os.environ, PYTHONPATH=str(ROOT / "extensions" / "simulator"))
    simulator = subprocess.Popen(
        [sys.executable, "-m", "sdrs_simulator", "--speed", SPEED], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        info = json.loads(simulator.stdout.readline())
        print("Simulator of the service at %s, %s times as fast as the real one" % (info["url"], SPEED), flush=True)
        for title, arguments, changes in RUNS:
            print("\n=== %s ===" % title, flush=True)
            play(info, arguments, changes)
    finally:
        simulator.terminate()
        simulator.wait()
    print("\nDone: a DR topology was planned, built, found unchanged, drilled and removed. See playbooks/demo.yml and playbooks/vars/demo.yml.")
    print("The report of the drill: %s" % max(REPORTS.glob("*/drill-*.html")))


def play(info, arguments, changes):
    """Run the demo's playbook; ``changes`` is the number of changed tasks it must report, if any."""
    connection = {
        "SDRS_ENDPOINT": info["url"], "SDRS_REGION": info["region"],
        "HW_ACCESS_KEY": info["access_key"], "HW_SECRET_KEY": info["secret_key"],
    }
    ansible = {
        "ANSIBLE_COLLECTIONS_PATH": str(BUILD / "tree"), "ANSIBLE_HOME": str(BUILD / "ansible"),
        "ANSIBLE_STDOUT_CALLBACK": "cloud_dr.sdrs.console", "SDRS_CONSOLE_INTERVAL": "2",
        "ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "SDRS_TOKEN_CACHE_DIR": str(BUILD / "tokens"),
    }
    # Settings of the user's own cloud must not mix with the demo's.
    own = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "HW_", "SDRS_", "ANSIBLE_", "HUAWEICLOUD_"))}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "cloud_dr.sdrs.demo", *arguments]
    process = subprocess.Popen(command, env={**own, **ansible, **connection}, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    recap = ""
    for line in process.stdout:
        print(line, end="", flush=True)
        if line.startswith("localhost") and "changed=" in line:
            recap = line
    if process.wait() != 0:
        sys.exit(process.returncode)
    if changes is not None and "changed=%d " % changes not in recap:
        sys.exit("This run should have changed nothing.")


if __name__ == "__main__":
    main()
