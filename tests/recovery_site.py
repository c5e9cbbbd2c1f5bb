# SPDX-License-Identifier: GPL-3.0-or-later
"""Several protected groups on a simulator, a recovery plan for them, and the folder from which a user runs it."""

from __future__ import annotations

import json

import jsonschema
import yaml

from runbook_site import SCHEMA
from support import Simulator, Workplace, eventually, run_task

# Production of the simulator is healthy.
PLAN_CONFIRMED = ("-e", "recovery_plan=plan.yml", "-e", "failover_confirm=site", "-e", "failover_force=true")


class Estate:
    """Groups named ``g01`` to ``gNN`` of as many servers each, all synchronised."""

    def __init__(self, folder, groups=5, servers=2, speed="400", core=None):
        scenario = folder / "scenario.json"
        scenario.write_text(json.dumps({"server_count": groups * servers, "settings": {"quotas": {"server_groups": 500, "replications": 10000, "vpcs": 1000}}}))
        self.folder, self.simulator = folder, Simulator("--speed", speed, "--scenario", str(scenario))
        self.play = Workplace(folder, self.simulator, core)
        zones, numbers = self.simulator.info["availability_zones"], iter(range(1, groups * servers + 1))
        self.names = ["g%02d" % number for number in range(1, groups + 1)]
        self.play.inventory(erp={})
        self.task("sdrs_topology", server_groups=[
            {"name": name, "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp", "protection": "enabled",
             "protected_instances": [{"name": "%s-%d" % (name, each), "server": "ecs-%05d" % next(numbers)} for each in range(1, servers + 1)]}
            for name in self.names], parallel=64)
        eventually(lambda: all(pair["progress"] == 100 for pair in self.task("sdrs_replication_info")["replications"]), 60)
        self.simulator.forget()

    def task(self, module, **options):
        return run_task(module, {**self.play.connection, **options})

    def plan(self, **keys):
        """Write ``plan.yml``: the groups in tiers of two, unless ``tiers`` says otherwise."""
        tiers = [{"name": "t%d" % (start // 2 + 1), "groups": self.names[start:start + 2], "timeout": 60} for start in range(0, len(self.names), 2)]
        (self.folder / "plan.yml").write_text(yaml.safe_dump({"name": "site", "tiers": tiers, **keys}, sort_keys=False))

    def file(self, name, text):
        (self.folder / name).write_text(text)
        return name

    def run(self, *arguments, playbook="recover", operation="failover", **more):
        operation = ("-e", "recovery_operation=" + operation) if playbook == "recover" else ()
        return self.play(playbook, *PLAN_CONFIRMED, *operation, *arguments, **more)

    def written(self, ending=""):
        return [path for method, path, _status in self.simulator.log() if method != "GET" and path.endswith(ending)]

    def switches(self):
        """Requests that switched, re-protected or started protection."""
        return [path for path in self.written("/action") if "/server-groups/" in path]

    def states(self):
        return {group["name"]: (group["status"], group["priority_station"]) for group in self.task("sdrs_server_group_info")["server_groups"]}

    def up(self):
        """Names of groups, each with how many of its servers run at its production site."""
        return {name: len(running) for name, running in self.running().items()}

    def running(self):
        """Names of groups, each with its protected instances whose server runs at its production site."""
        groups = {group["id"]: group for group in self.task("sdrs_server_group_info")["server_groups"]}
        servers = {server["id"]: server for server in self.task("ecs_server_info")["ecs_servers"]}
        found = {group["name"]: set() for group in groups.values()}
        for instance in self.task("sdrs_protected_instance_info")["protected_instances"]:
            group = groups[instance["server_group_id"]]
            for half in (instance["source_server"], instance["target_server"]):
                at = servers[half]["OS-EXT-AZ:availability_zone"] == group[group["priority_station"] + "_availability_zone"]
                if at and servers[half]["status"] == "ACTIVE":
                    found[group["name"]].add(instance["name"])
        return found

    def reports(self, what="failover"):
        found = [json.loads(path.read_text()) for path in sorted((self.folder / "reports" / "site").glob(what + "-*.json"))]
        for content in found:
            jsonschema.validate(content, SCHEMA)
        return found
