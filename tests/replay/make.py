# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the cassettes of the repository that no user has sent: ``python tests/replay/make.py``, in an empty environment.

Synthetic ones are built from the vendor's models (``tests/vendor_cloud.py``), others are recorded against the simulator. Both are recorded by what
users record with; only the key of the stand-ins is fixed, since nothing in them is anybody's.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / each) for each in (".build/tree", "extensions/simulator", "tests", "tests/replay")]

import cassettes  # noqa: E402
import vendor_tasks  # noqa: E402
from vendor_cloud import PROJECT  # noqa: E402

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import record  # noqa: E402
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.sanitise import Sanitiser  # noqa: E402
from support import Host, Simulator, run_task  # noqa: E402

KEY = b"of cassettes that hold nobody's "
# Options whose values are words of the module's own.
_OWN = ("device", "state", "operation", "protection", "flavor", "active_site", "mode", "source_availability_zone", "target_availability_zone")
SYNTHETIC = (
    "sdrs_server_group_info of all", "sdrs_protected_instance_info of all", "sdrs_topology_info of all", "ecs_server_info of all", "vpc_info of all", "drift",
    "readiness to planned_failover", "instances by tag", "failed tasks", "plan: topology as it is", "plan: topology pruned", "plan: planned failover",
    "plan: new instance", "plan: pair attached", "log in by password",
)


def cleaned(value, key=""):
    """Options with the stand-ins that stand in the exchanges."""
    if isinstance(value, dict):
        own = key == "tags" and not set(value) <= {"key", "values"}
        return {(Sanitiser(KEY).text(name, "name") if own else name): cleaned(entry, name) for name, entry in value.items()}
    if isinstance(value, list):
        return [cleaned(entry, key) for entry in value]
    return Sanitiser(KEY).text(value, "name") if isinstance(value, str) and key not in _OWN else value


def keep(name, folder, manifest):
    """Make a cassette of a recorded folder, and play it once."""
    place = cassettes.HERE / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for number, path in enumerate(sorted(folder.iterdir()), 1):
        exchange = json.loads(path.read_text())
        last = re.sub(r"[^a-z-]", "", re.sub(r"[0-9a-f-]{32,36}", "", exchange["request"]["path"]).rstrip("/").rpartition("/")[2]) or "one"
        # Times and IDs of requests would make every recording look different.
        for header in ("date", "x-request-id"):
            (exchange["response"] or {"headers": {}})["headers"].pop(header, None)
        (place / ("%03d-%s-%s.json" % (number, exchange["request"]["method"], last))).write_text(json.dumps(exchange, indent=1, sort_keys=True) + "\n")
    (place / cassettes.MANIFEST).write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    made = cassettes.Cassette(place)
    assert cassettes.play(manifest, made.exchanges) == manifest["expect"], (name, cassettes.play(manifest, made.exchanges), manifest["expect"])
    print("%s: %d exchanges" % (name, len(made.exchanges)))


def recording(folder):
    """Record into ``folder`` from now on."""
    os.environ[record.VARIABLE] = str(folder)
    record._recorders[str(folder)] = record.Recorder(str(folder), KEY)


def synthetic(task):
    """A cassette of a task on generated answers."""
    folder = Path(tempfile.mkdtemp()) / "record"
    recording(folder)
    result, _cloud = task.run()
    os.environ.pop(record.VARIABLE)
    connection = {"project_id": Sanitiser(KEY).text(PROJECT)}
    if task.login == "password":
        connection = {"username": cleaned("user"), "password": "any", "domain_name": cleaned("domain"), "auth_token": None, "project_name": cleaned("eu-de")}
    return "vendor-" + re.sub(r"[^a-z]+", "-", task.name.lower()), folder, {
        "source": "generated from the models of the vendor's SDKs (tests/vendor_cloud.py)", "synthetic": True, "module": task.module,
        "options": cleaned(task.options), "check": task.check, "connection": connection, "expect": cassettes.outcome(result),
    }


def simulated():
    """Cassettes of a small topology on the simulator."""
    simulator = Simulator("--speed", "1000")
    try:
        zones, place = simulator.info["availability_zones"], Path(tempfile.mkdtemp())
        own = {**simulator.connection, "token_cache": False}
        connection = {"project_id": Sanitiser(KEY).text(simulator.info["project_id"])}
        group = {"name": "erp", "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp"}
        instance = {"name": "db", "server": "ecs-erp-db-1", "tags": {"tier": "db"}}
        steps = [
            ("group-created", "sdrs_server_group", group, False), ("topology-planned", "sdrs_topology", {
                "server_groups": [{**group, "protected_instances": [instance]}]}, True),
            ("instance-created", "sdrs_protected_instance", {**instance, "server_group": "erp"}, False),
            ("topology-read", "sdrs_topology_info", {}, False),
            ("readiness", "sdrs_readiness_info", {"server_group": "erp", "operation": "planned_failover"}, False),
        ]
        for name, module, options, check in steps:
            folder = place / name
            recording(folder)
            result = run_task(module, {**own, **options, **({"parallel": 1} if module == "sdrs_topology" else {})}, check, Host(check))
            os.environ.pop(record.VARIABLE)
            zoned = {key: Sanitiser(KEY).text(value, key) for key, value in group.items() if key.endswith("zone")}
            given = json.loads(json.dumps(cleaned(options)), object_hook=lambda each, zoned=zoned: {
                key: zoned.get(key, value) for key, value in each.items()})
            yield "simulator-" + name, folder, {
                "source": "recorded against the simulator", "synthetic": False, "module": module, "options": given, "check": check,
                "connection": connection, "expect": cassettes.outcome(result),
            }
    finally:
        simulator.stop()


def main():
    for name in SYNTHETIC:
        keep(*synthetic(vendor_tasks.TASKS[name]))
    for made in simulated():
        keep(*made)


if __name__ == "__main__":
    main()
