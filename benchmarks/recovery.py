# SPDX-License-Identifier: GPL-3.0-or-later
"""A recovery plan: what a failover of many groups adds to the service's own jobs, in empty plays of this run, and the memory it takes."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from recovery_site import PLAN_CONFIRMED, Estate

ROUNDS, TIERS, SPEED = 2, 5, 50
# As Ansible writes one: it gathers facts.
EMPTY = "- name: Empty\n  hosts: localhost\n"


def main():
    """Print the table."""
    print("\nfailover by a plan of %d tiers, jobs %d times as fast as real ones" % (TIERS, SPEED))
    print("%-28s %16s %16s %10s" % ("groups x servers", "empty plays more", "seconds more", "MiB"))
    for groups, servers in ((1, 10), (100, 10)):
        with tempfile.TemporaryDirectory() as folder:
            os.environ["XDG_STATE_HOME"] = folder + "/state"
            measured = [measure(Path(folder) / str(number), groups, servers) for number in range(ROUNDS)]
        plays, seconds, memory = (statistics.median(entry[index] for entry in measured) for index in range(3))
        print("%-28s %16.1f %16.1f %10.0f" % ("%d x %d" % (groups, servers), plays, seconds, memory))


def measure(folder, groups, servers):
    """``(empty plays, seconds, MiB)`` more than the critical path of the service's jobs takes."""
    folder.mkdir()
    estate = Estate(folder, groups, servers, speed=str(SPEED))
    try:
        size = max(1, groups // TIERS)
        estate.plan(tiers=[{"name": "t%d" % start, "groups": estate.names[start:start + size]} for start in range(0, groups, size)])
        (folder / "empty.yml").write_text(EMPTY)
        empty = statistics.median(timed(estate, "empty.yml")[0] for _round in range(3))
        wall, memory = timed(estate, "recover", *PLAN_CONFIRMED, "-e", "recovery_operation=failover")
        content = estate.reports()[-1]
        assert content["verdict"] == "passed" and len(content["servers"]) == groups * servers
        more = wall - critical_path(content["jobs"], estate)
        return more / empty, more, memory
    finally:
        estate.simulator.stop()


def timed(estate, playbook, *arguments):
    """Seconds of a playbook, and the most memory that one of its processes took."""
    command = estate.play._command(playbook, arguments, "inventory.yml", {})
    begun = time.monotonic()
    ended = subprocess.run(**command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:]
    return time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def critical_path(jobs, estate):
    """Seconds of the slowest switch, and of the start of each tier, one after the other, in the time of this machine."""
    durations, plan = estate.simulator.settings()["durations"], yaml.safe_load((estate.folder / "plan.yml").read_text())
    assert len([job for job in jobs if job["job_type"] == "failoverProtectionGroupNoCG"]) == len(estate.names)
    return (durations["failoverProtectionGroupNoCG"] + len(plan["tiers"]) * durations["startServer"]) / SPEED


if __name__ == "__main__":
    main()
