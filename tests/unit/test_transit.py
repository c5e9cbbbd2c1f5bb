# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module against objects at which a job is at work, where it does not wait: in check mode, and with ``wait: false``.

A result, or a sentence that refuses; never a traceback, and in check mode no request that writes.
"""

from __future__ import annotations

import re

import direct
import pytest
from group_tasks import PLAN, TASKS, build, ids, named

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs import drill, protected_instance, replication, server_group
from support import ROOT, TaskFailed

KINDS = {kind.name: kind for kind in (server_group.KIND, protected_instance.KIND, replication.KIND, drill.KIND)}
STATES = [(name, status) for name, kind in KINDS.items() for status in kind.transit]
READS = [
    ("sdrs_server_group_info", {}), ("sdrs_server_group_info", {"name": "erp"}), ("sdrs_server_group_info", {"id": "erp"}),
    ("sdrs_protected_instance_info", {"server_group": "erp"}), ("sdrs_protected_instance_info", {"id": "@web"}),
    ("sdrs_replication_info", {"server_group": "erp"}), ("sdrs_replication_info", {"protected_instance": "web"}), ("sdrs_drill_info", {"server_group": "erp"}),
    *(("sdrs_readiness_info", {"server_group": "erp", "operation": operation})
      for operation in ("protect", "planned_failover", "failover", "reprotect", "drill")),
    ("sdrs_readiness_info", {"server_group": "erp", "operation": "create", "servers": ["ecs-erp-web-2"]}), ("sdrs_drift_info", {"server_group": "erp"}),
    ("sdrs_posture_info", {}), ("sdrs_topology_info", {}), ("sdrs_topology_info", {"server_groups": ["erp"]}), ("ecs_server_info", {"server_group": "erp"}),
    ("sdrs_recovery_info", {"plan": PLAN, "operation": "failover"}),
    ("sdrs_tag_info", {"protected_instance": "web"}), ("sdrs_failed_task_info", {"server_group": "erp"}), ("sdrs_failed_task", {"server_group": "erp"}),
]
# What makes something new, or changes what is there, in a group that is going.
WRITES = [
    *TASKS, ("sdrs_replication", {"server_group": "erp", "volume": "@free", "name": "more"}),
    ("sdrs_protected_instance_resize", {"protected_instance": "web", "flavor": "s3.xlarge.2"}),
    ("sdrs_failover", {"server_group": "erp", "active_site": "target", "mode": "unplanned", "force": True}),
    ("sdrs_failover", {"server_group": "erp", "active_site": "target"}), ("sdrs_server_group", {"name": "erp", "protection": "disabled"}),
    ("sdrs_server_group", {"name": "erp", "state": "absent"}),
    ("sdrs_replication", {"server_group": "erp", "name": "data", "attachments": [{"protected_instance": "web", "device": "/dev/vdf"}]}),
]


def world(make, kind, status):
    """A world in which the object of a kind is in transit; the IDs of everything, and that of a disk in no pair."""
    cloud = build(make)
    objects = getattr(cloud.world, KINDS[kind].plural)
    for obj in objects.values():
        obj["status"] = status
    volume = next(iter(cloud.world.volumes.values()))
    free = dict(volume, id="f" * 8 + volume["id"][8:], name="free", status="available", attachments=[])
    cloud.world.volumes[free["id"]] = free
    return cloud, dict(ids(cloud), free=free["id"])


def judged(module, options, check):
    try:
        direct.run(module, check, **options)
    except TaskFailed as failed:
        assert not re.search(r"unexpected|is None|\bNone\b", str(failed)), (module, options, str(failed))


def test_every_module_takes_part():
    of_no_group = {"vpc", "vpc_info", "vpc_eip", "as_group", "as_group_info", "report_files", "run_ending", "run_journal", "ecs_server_check_info",
                   "sdrs_recovery_check_info"} | {
        "sdrs_%s_info" % each for each in ("api_version", "doctor", "domain", "job", "quota", "rpo_statistics")
    }
    assert {module for module, _options in WRITES + READS} == {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")} - of_no_group


@pytest.mark.parametrize("kind, status", STATES)
def test_check_mode(kind, status, monkeypatch):
    cloud, known = world(direct.use(monkeypatch), kind, status)
    for module, options in WRITES + READS:
        judged(module, named(options, known), check=True)
    assert not cloud.written


@pytest.mark.parametrize("module, options", [each for each in WRITES if each[0] not in ("sdrs_topology", "sdrs_failover", "sdrs_tag")])
def test_without_waiting_in_a_group_that_is_being_deleted(module, options, monkeypatch):
    _cloud, known = world(direct.use(monkeypatch), "server_group", "deleting")
    judged(module, dict(named(options, known), wait=False), check=False)


@pytest.mark.parametrize("module, options", [
    ("sdrs_drill", {"name": "more", "drill_vpc": "vpc-other", "server_group": "erp"}),
    ("sdrs_protected_instance", {"name": "more", "server": "ecs-erp-web-2", "server_group": "erp"}),
    ("sdrs_protected_instance_batch", {"servers": [{"server": "ecs-erp-web-2"}], "name_prefix": "x", "server_group": "erp"}),
    ("sdrs_replication", {"server_group": "erp", "volume": "@free", "name": "more"}),
    ("sdrs_protected_instance_nic", {"protected_instance": "web", "subnet": "subnet-db"}),
    ("sdrs_protected_instance_resize", {"protected_instance": "web", "flavor": "s3.xlarge.2"}),
])
def test_nothing_is_made_in_a_group_that_is_being_deleted(module, options, monkeypatch):
    _cloud, known = world(direct.use(monkeypatch), "server_group", "deleting")
    with pytest.raises(TaskFailed, match="is not allowed while the protection group is 'deleting'"):
        direct.run(module, check=True, **named(options, known))
