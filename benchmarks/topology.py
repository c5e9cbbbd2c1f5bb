# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole topology: 200 instances against the critical path of their jobs, and a check of 1000 that finds nothing to change."""

from __future__ import annotations

import heapq
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from support import Simulator, run_task

CREATED, CHECKED, PARALLEL, SPEED, ROUNDS = 200, 1000, 16, 100, 5


def main():
    """Print both tables."""
    with tempfile.TemporaryDirectory() as folder:
        created(Path(folder))
        checked(Path(folder))


def started(folder, count, speed):
    """A simulator with ``count`` servers of two disks each, and the document that protects them all."""
    path = folder / "scenario.json"
    path.write_text(json.dumps({"server_count": count}))
    simulator = Simulator("--speed", str(speed), "--scenario", str(path))
    zones = simulator.info["availability_zones"]
    instances = [
        {"name": "i-%05d" % number, "server": "ecs-%05d" % number, "tags": {"tier": "db"}, "replications": [{"device": "/dev/vda"}, {"device": "/dev/vdb"}]}
        for number in range(1, count + 1)
    ]
    group = {
        "name": "erp", "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp",
        "protection": "enabled", "protected_instances": instances,
    }
    return simulator, dict(simulator.connection, token_cache=False, server_groups=[group], parallel=PARALLEL)


def created(folder):
    simulator, options = started(folder, CREATED, SPEED)
    try:
        begun = time.monotonic()
        result = run_task("sdrs_topology", options)
        wall, calls = time.monotonic() - begun, len(simulator.log())
    finally:
        simulator.stop()
    critical = critical_path([operation for operation in result["operations"] if "duration" in operation])
    print("\n%d instances with %d disks, %d jobs at once, jobs %d times as fast as real ones" % (CREATED, 2 * CREATED, PARALLEL, SPEED))
    print("%-44s %10.2f" % ("wall time, of the jobs' critical path", wall / critical))
    print("%-44s %10.2f" % ("API calls an instance", calls / CREATED))


def critical_path(operations):
    """Seconds that the jobs take at best: the group, its instances ``PARALLEL`` at once, its protection."""
    slots = [0.0] * PARALLEL
    for operation in operations:
        if operation["resource_type"] == "protected_instance":
            heapq.heapreplace(slots, slots[0] + operation["duration"])
    return max(slots) + sum(operation["duration"] for operation in operations if operation["resource_type"] == "server_group")


def checked(folder):
    simulator, options = started(folder, CHECKED, 20_000)
    try:
        run_task("sdrs_topology", options)
        checks, lists = [], []
        for _round in range(ROUNDS):
            simulator.forget()
            begun = time.monotonic()
            assert not run_task("sdrs_topology", options)["changed"]
            checks.append(time.monotonic() - begun)
            asked = [path for _method, path, _status in simulator.log()]
            lists.append(bare(simulator, options))
    finally:
        simulator.stop()
    print("\n%d instances with %d pairs and tags, nothing to change" % (CHECKED, 2 * CHECKED))
    print("%-44s %10d" % ("API calls", len(asked)))
    print("%-44s %10.2f" % ("time, of the bare list calls", statistics.median(checks) / statistics.median(lists)))
    print("%-44s %10.2f" % ("seconds", statistics.median(checks)))
    print("%-44s %10.0f" % ("memory of the process at its most, MiB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def bare(simulator, options):
    """Seconds that the lists alone take which such a check needs."""
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import api as api_module
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client, settings

    begun = time.monotonic()
    api = api_module.Api(client.Client(settings.resolve(options, {})))
    for name in ("list_server_groups", "list_protected_instances", "list_replications"):
        api.list(name)
    api.servers()
    api.vpcs()
    return time.monotonic() - begun


if __name__ == "__main__":
    main()
