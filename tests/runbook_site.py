# SPDX-License-Identifier: GPL-3.0-or-later
"""A protected group on a simulator, and the folder from which a user runs playbooks."""

from __future__ import annotations

import json

import jsonschema

from support import ROOT, Simulator, Workplace, eventually, run_task

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())
CONFIRMED = ("-e", "failover_confirm=erp", "-e", "failover_force=true")  # production of the simulator is healthy
SWITCHES = ("failover", "planned_failover", "failback", "reprotect")


class Site:
    """A simulator with a protected group ``erp`` or several that share the servers, and the user's folder."""

    def __init__(self, folder, count=3, speed="400", protection="enabled", groups=("erp",)):
        scenario = folder / "scenario.json"
        scenario.write_text(json.dumps({"server_count": count, "publicips": ["80.158.0.10"]}))
        self.simulator = Simulator("--speed", speed, "--scenario", str(scenario))
        self.play = Workplace(folder, self.simulator)
        self.folder = folder
        self.names = ["app-%02d" % number for number in range(1, count + 1)]
        zones = self.simulator.info["availability_zones"]
        self.play.inventory(**{group: {} for group in groups})
        instances = [{"name": name, "server": "ecs-%05d" % number} for number, name in enumerate(self.names, 1)]
        self.task("sdrs_topology", server_groups=[{
            "name": group, "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp",
            "protection": protection, "protected_instances": instances[number::len(groups)],
        } for number, group in enumerate(groups)])
        self.simulator.forget()

    def task(self, module, **options):
        return run_task(module, {**self.play.connection, **options})

    def synchronised(self):
        eventually(lambda: all(pair["progress"] == 100 for pair in self.task("sdrs_replication_info")["replications"]), 60)
        self.simulator.forget()
        return self

    def file(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def written(self, ending=""):
        return [path for method, path, _status in self.simulator.log() if method != "GET" and path.endswith(ending)]

    def drills(self):
        return self.task("sdrs_drill_info")["drills"]

    def vpcs(self):
        return sorted(vpc["name"] for vpc in self.task("vpc_info")["vpcs"])

    def state(self):
        """``(status, production site, names of running servers' zones)``."""
        group = self.task("sdrs_server_group_info", name="erp")["server_groups"][0]
        servers = self.task("ecs_server_info", server_group="erp")["ecs_servers"]
        running = {server["OS-EXT-AZ:availability_zone"] for server in servers if server["status"] == "ACTIVE"}
        stopped = {server["OS-EXT-AZ:availability_zone"] for server in servers if server["status"] == "SHUTOFF"}
        return group["status"], group["priority_station"], sorted(running), sorted(stopped)

    def record(self, name=".drill-erp.jsonl"):
        """Where the record of a run is; its folder is made."""
        folder = self.folder / "reports" / "erp"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / name

    def report(self, what):
        content, path = self.play.report(what)
        jsonschema.validate(content, SCHEMA)
        assert all(path.with_suffix(suffix).stat().st_size for suffix in (".html", ".md", ".xml"))
        return content, path


def journal_of(record):
    """The text of a journal that tells what ``record`` does."""
    parts = ("requested", "milestones", "results", "drill", "kept")
    first = {"event": "begun", "id": "20261123T130501Z-4711", **{key: value for key, value in record.items() if key not in parts}, "at": record["requested"]}
    entries = [first, *({"event": "milestone", **each} for each in record.get("milestones") or [])]
    entries += [{"event": "drill", "drill": record["drill"], "at": record["requested"]}] if "drill" in record else []
    entries += [{"event": "result", "at": record["requested"], **each} for each in record.get("results") or []]
    return "".join(json.dumps(entry) + "\n" for entry in entries)


def ended(process, code=0):
    assert process.returncode == code, process.stdout[-4000:] + process.stderr[-2000:]
    return process
