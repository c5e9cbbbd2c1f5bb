# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of every module that changes a protection group or what is in it, and a world to run them in."""

from __future__ import annotations

import direct

GROUP = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
WEB = {"name": "web", "server": "ecs-erp-web-1"}
PLAN = {"name": "site", "tiers": [{"name": "one", "groups": ["erp"]}]}
# Options of each module, with names for which ``named`` puts IDs.
TASKS = [
    ("sdrs_server_group", {"name": "erp"}), ("sdrs_server_group", {"id": "erp"}), ("sdrs_server_group", {"id": "erp", "name": "new"}),
    ("sdrs_server_group", {"name": "erp", "protection": "enabled"}), ("sdrs_server_group", {"name": "erp", "state": "absent", "purge": True}),
    ("sdrs_server_group", {"id": "erp", "state": "absent", "purge": True}),
    ("sdrs_failover", {"server_group": "erp", "active_site": "source"}), ("sdrs_failover", {"server_group": "@erp", "active_site": "source"}),
    ("sdrs_failover_batch", {"server_groups": ["erp"], "active_site": "source"}),
    ("sdrs_drill_batch", {"drills": [{"server_group": "erp", "name": "more", "drill_vpc": "vpc-other"}]}),
    ("sdrs_recovery_servers", {"plan": PLAN, "server_groups": ["erp"], "state": "stopped"}),
    ("sdrs_topology", {"server_groups": [dict(GROUP, protected_instances=[WEB])]}),
    ("sdrs_topology", {"server_groups": [dict(GROUP, drills=[{"name": "more", "drill_vpc": "vpc-other"}])]}),
    ("sdrs_topology", {"server_groups": [{"name": "erp", "state": "absent"}], "prune": True}),
    *(("sdrs_drill", dict(options, server_group=group)) for group in ("erp", "@erp") for options in (
        {"name": "drill"}, {"name": "more", "drill_vpc": "vpc-other"}, {"name": "drill", "state": "absent"}, {"name": "no", "state": "absent"},
    )),
    ("sdrs_drill", {"id": "@drill", "state": "absent"}), ("sdrs_drill", {"name": "drill", "state": "absent"}), ("sdrs_drill", {"id": "@drill", "name": "new"}),
    *(("sdrs_protected_instance", dict(options, server_group=group)) for group in ("erp", "@erp") for options in (
        WEB, {"name": "web-2", "server": "ecs-erp-web-2"}, {"name": "web", "state": "absent"}, {"server": "ecs-erp-web-1", "state": "absent"},
    )),
    ("sdrs_protected_instance", {"id": "@web", "name": "new"}), ("sdrs_protected_instance", {"id": "@web", "state": "absent"}),
    ("sdrs_protected_instance", {"name": "web", "state": "absent"}), ("sdrs_protected_instance", {"server": "ecs-erp-web-1", "tags": {"a": "b"}}),
    *(("sdrs_protected_instance_batch", dict(options, server_group=group)) for group in ("erp", "@erp") for options in (
        {"servers": [{"server": "ecs-erp-web-1"}]}, {"servers": [{"server": "ecs-erp-web-2"}], "name_prefix": "x"},
        {"servers": [{"server": "ecs-erp-web-1"}], "state": "absent"},
    )),
    *((module, dict(options, protected_instance=instance)) for instance in ("web", "@web") for module, options in (
        ("sdrs_protected_instance_nic", {"subnet": "subnet-db"}), ("sdrs_protected_instance_nic", {"subnet": "subnet-db", "state": "absent"}),
        ("sdrs_protected_instance_resize", {"flavor": "s3.large.2"}), ("sdrs_tag", {"tags": {"a": "b"}}),
        ("sdrs_tag", {"tags": {"a": "b"}, "state": "absent"}),
    )),
    *(("sdrs_replication", dict(options, server_group=group)) for group in ("erp", "@erp") for options in (
        {"name": "data", "volume": "archive-1"}, {"name": "data", "state": "absent"}, {"name": "data", "size": 500},
    )),
    ("sdrs_replication", {"id": "@data", "state": "absent"}), ("sdrs_replication", {"volume": "archive-1", "state": "absent"}),
    ("sdrs_replication", {"name": "data", "state": "absent"}),
    *(("ecs_power", {"server_group": group, "site": site, "state": state}) for group in ("erp", "@erp") for site in ("production", "dr")
      for state in ("started", "stopped")),
    *(("sdrs_drift", {"server_group": group, "repair": ["tags"]}) for group in ("erp", "@erp")),
]


def build(make):
    """A world with a group, an instance, a pair and a drill; ``cloud.reads`` lists its GET requests from then on."""
    cloud = make()
    cloud.world.settings["first_sync_seconds"] = 1
    direct.run("sdrs_server_group", **GROUP)
    direct.run("sdrs_protected_instance", server_group="erp", **WEB)
    direct.run("sdrs_replication", server_group="erp", volume="archive-1", name="data")
    direct.run("sdrs_server_group", name="erp", protection="enabled")
    cloud.time += 600
    direct.run("sdrs_drill", server_group="erp", name="drill", drill_vpc="vpc-drill")
    cloud.written.clear()
    cloud.reads, answer = [], cloud.answer

    def counted(method, url, body):
        if method == "GET":
            cloud.reads.append((url, len(cloud.written)))
        return answer(method, url, body)

    cloud.answer = counted
    return cloud


def ids(cloud):
    world = cloud.world
    kinds = (world.server_groups, world.protected_instances, world.replications, world.drills)
    return {obj["name"]: obj["id"] for kind in kinds for obj in kind.values()}


def named(options, known):
    """The options with IDs for ``@name``, and for ``id``."""
    return {key: known[value.lstrip("@")] if isinstance(value, str) and (value.startswith("@") or key == "id") else value for key, value in options.items()}
