# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks on ``vendor_cloud`` that together use every operation: look-ups, info modules, plans in check mode, and every request that writes."""

from __future__ import annotations

from vendor_cloud import (
    AS_GROUP,
    DISK,
    DRILL,
    DRILL_VPC,
    DRILLS,
    EIP,
    FREE_DISK,
    FREE_EIP,
    FREE_SERVER,
    GROUP,
    GROUPS,
    INSTANCE,
    INSTANCES,
    JOB,
    LONE_DISK,
    PAIR,
    PAIRS,
    SERVER,
    SERVERS,
    TASK,
    TWIN,
    VPC,
    ZONES,
    Doctor,
    Task,
    ident,
)

PROTECTED = {GROUPS: {"status": "protected"}, INSTANCES: {"status": "protected"}, PAIRS: {"status": "protected"}}
FAILED_OVER = {
    GROUPS: {"status": "failed-over", "priority_station": "target"}, INSTANCES: {"status": "failed-over", "priority_station": "target"},
    PAIRS: {"status": "failed-over", "priority_station": "target"},
}
RUNNING = {SERVERS: {"status": "ACTIVE"}}
_ZONES = {"source_availability_zone": ZONES[0], "target_availability_zone": ZONES[1], "source_vpc": "vpc-erp"}
_NEW = {"name": "new", **_ZONES}
_DOCUMENT = {
    "name": "erp", **_ZONES,
    "protected_instances": [{
        "name": "web", "server": SERVER, "tags": {"tier": "web", "owner": "team"},
        "replications": [{"device": "/dev/vda", "name": "web-root", "size": 40}],
    }],
    "replications": [{"volume": LONE_DISK, "name": "lone"}], "drills": [{"name": "drill", "drill_vpc": "vpc-drill"}],
}
_WITH_NEW_DISK = {
    "name": "erp", "replications": [{"volume": "new", "name": "new", "create_volume": {"size": 10, "type": "SSD", "tags": {"a": "b"}}}],
}
_CHANGED = {
    "name": "erp", "protection": "enabled",
    "protected_instances": [
        {"name": "web-1", "server": SERVER, "tags": {"tier": "x"}, "purge_tags": True, "replications": [{"device": "/dev/vda", "size": 80}]},
        {"name": "free", "server": "ecs-free", "flavor": "s3.large.2", "replications": [{"device": "/dev/vda", "name": "free-root"}]},
    ],
    "replications": [{"volume": "free", "name": "free"}], "drills": [{"name": "other", "drill_vpc": "vpc-drill"}],
}


def _infos():
    plain = (
        "sdrs_server_group_info", "sdrs_protected_instance_info", "sdrs_replication_info", "sdrs_drill_info", "sdrs_tag_info", "sdrs_domain_info",
        "sdrs_quota_info", "sdrs_api_version_info", "sdrs_rpo_statistics_info", "sdrs_posture_info", "sdrs_topology_info", "vpc_info", "as_group_info",
        "ecs_server_info",
    )
    for module in plain:
        yield Task("%s of all" % module, module, {})
    for name, module, options in (
        ("one group", "sdrs_server_group_info", {"id": GROUP}), ("one instance", "sdrs_protected_instance_info", {"id": INSTANCE}),
        ("instances by tag", "sdrs_protected_instance_info", {"tags": [{"key": "tier", "values": ["web"]}]}),
        ("a count of instances", "sdrs_protected_instance_info", {"tags": [{"key": "tier", "values": []}], "count": True}),
        ("one pair", "sdrs_replication_info", {"id": PAIR}),
        ("a pair by its disk's name", "sdrs_replication_info", {"volume": "web-root", "server_group": "erp"}),
        ("one drill", "sdrs_drill_info", {"id": DRILL}), ("drills of a VPC", "sdrs_drill_info", {"drill_vpc": "vpc-drill"}),
        ("tags of an instance", "sdrs_tag_info", {"protected_instance": "web"}), ("a version", "sdrs_api_version_info", {"version": "v1"}),
        ("failed tasks", "sdrs_failed_task_info", {"all": True}), ("failed tasks of a group", "sdrs_failed_task_info", {"server_group": "erp"}),
        ("a job", "sdrs_job_info", {"job_ids": [JOB]}), ("a job to its end", "sdrs_job_info", {"job_ids": [JOB], "wait": True}),
        ("a job of EVS", "sdrs_job_info", {"job_ids": [JOB], "service": "evs", "wait": True}),
        ("a job of ECS", "sdrs_job_info", {"job_ids": [JOB], "service": "ecs", "wait": True}),
        ("one group's topology", "sdrs_topology_info", {"server_groups": ["erp"]}),
        ("one VPC", "vpc_info", {"id": VPC}), ("one AS group", "as_group_info", {"id": AS_GROUP}), ("AS groups by name", "as_group_info", {"name": "web"}),
        ("one server", "ecs_server_info", {"ids": [SERVER]}), ("two servers", "ecs_server_info", {"ids": [SERVER, TWIN]}),
        ("servers of a group", "ecs_server_info", {"server_group": "erp"}), ("servers by name", "ecs_server_info", {"name": "web"}),
        ("drift", "sdrs_drift_info", {"server_group": "erp"}),
        ("drift with auto recovery", "sdrs_drift_info", {"server_group": "erp", "auto_recovery": True}),
        ("readiness to create", "sdrs_readiness_info", {"server_group": "erp", "operation": "create", "servers": ["ecs-free"]}),
        ("readiness for a drill", "sdrs_readiness_info", {"server_group": "erp", "operation": "drill", "drill_vpc": "vpc-drill"}),
        ("server checks", "ecs_server_check_info", {"ids": [SERVER], "timeout": 1}),
        ("server checks of unique addresses", "ecs_server_check_info", {"ids": [SERVER], "timeout": 1, "unique_addresses": True}),
    ):
        yield Task(name, module, options)
    for operation in ("protect", "planned_failover", "failover", "reprotect"):
        yield Task("readiness to %s" % operation, "sdrs_readiness_info", {"server_group": "erp", "operation": operation}, PROTECTED)
    yield Doctor("doctor", "sdrs_doctor_info", {})
    yield Task("log in by password", "sdrs_domain_info", {}, login="password")
    yield Task("sign, project looked up", "sdrs_domain_info", {}, login="aksk")


def _plans():
    group, pair = {"server_group": "erp"}, {"server_group": "erp", "volume": "web-root"}
    nics = {"protected_instance": "web", "subnet": "db"}
    for name, module, options, *changes in (
        ("group as it is", "sdrs_server_group", {"name": "erp", **_ZONES, "active_active_domain": "domain"}), ("new group", "sdrs_server_group", _NEW),
        ("group renamed", "sdrs_server_group", {"id": GROUP, "name": "erp-2"}),
        ("group protected", "sdrs_server_group", {"name": "erp", "protection": "enabled"}),
        ("group no longer protected", "sdrs_server_group", {"name": "erp", "protection": "disabled"}, PROTECTED),
        ("group re-protected", "sdrs_server_group", {"name": "erp", "protection": "enabled", "reprotect": True}, FAILED_OVER),
        ("group removed", "sdrs_server_group", {"name": "erp", "state": "absent", "purge": True}),
        ("planned failover", "sdrs_failover", {**group, "active_site": "target"}, PROTECTED),
        ("failover", "sdrs_failover", {**group, "active_site": "target", "mode": "unplanned"}, PROTECTED),
        ("re-protection", "sdrs_failover", {**group, "active_site": "target", "reprotect": True}, FAILED_OVER),
        ("production as it is", "sdrs_failover", {**group, "active_site": "source"}, PROTECTED),
        ("instance as it is", "sdrs_protected_instance", {**group, "server": SERVER, "name": "web", "tags": {"tier": "web"}}),
        ("instance as it is, by its server's name", "sdrs_protected_instance", {**group, "server": "ecs-web", "name": "web"}),
        ("new instance", "sdrs_protected_instance", {**group, "server": "ecs-free", "name": "free", "tags": {"a": "b"}}),
        ("instance renamed", "sdrs_protected_instance", {"id": INSTANCE, "name": "web-2", "tags": {"tier": "x"}, "purge_tags": True}),
        ("instance removed", "sdrs_protected_instance", {**group, "name": "web", "state": "absent", "delete_target_server": True}),
        ("failed instance made anew", "sdrs_protected_instance", {**group, "server": SERVER, "name": "web"}, {INSTANCES: {"status": "error"}}),
        ("instances", "sdrs_protected_instance_batch", {**group, "name_prefix": "x", "servers": [{"server": "ecs-free"}, {"server": SERVER, "name": "y"}]}),
        ("instances removed", "sdrs_protected_instance_batch", {**group, "servers": [{"server": SERVER}], "state": "absent"}),
        ("resized", "sdrs_protected_instance_resize", {"protected_instance": "web", "flavor": "s3.xlarge.2"}),
        ("resized as it is", "sdrs_protected_instance_resize", {"protected_instance": "web", "dr_flavor": "s3.large.2"}),
        ("new NIC", "sdrs_protected_instance_nic", nics), ("NIC as it is", "sdrs_protected_instance_nic", {**nics, "subnet": "app"}),
        ("no NIC, as it is", "sdrs_protected_instance_nic", {"protected_instance": "web", "ip_address": "192.168.0.99", "state": "absent"}),
        ("pair as it is", "sdrs_replication", {**pair, "name": "web-root"}), ("pair extended", "sdrs_replication", {"id": PAIR, "size": 80, "name": "root"}),
        ("pair detached", "sdrs_replication", {**group, "volume": DISK, "attachments": [], "purge_attachments": True}),
        ("pair attached", "sdrs_replication", {**group, "volume": "lone", "attachments": [{"protected_instance": "web", "device": "/dev/vdb"}]}),
        ("new pair", "sdrs_replication", {**group, "volume": "free", "name": "free"}),
        ("pair removed", "sdrs_replication", {**group, "volume": "lone", "state": "absent", "delete_target_volume": True}),
        ("drill as it is", "sdrs_drill", {**group, "name": "drill", "drill_vpc": "vpc-drill"}),
        ("drill renamed", "sdrs_drill", {"id": DRILL, "name": "drill-2"}),
        ("new drill", "sdrs_drill", {**group, "name": "other"}, PROTECTED), ("drill removed", "sdrs_drill", {**group, "name": "drill", "state": "absent"}),
        ("tags set", "sdrs_tag", {"protected_instance": "web", "tags": {"a": "b"}, "purge": True}),
        ("tags removed", "sdrs_tag", {"protected_instance": INSTANCE, "tags": {"tier": None}, "state": "absent"}),
        ("failed task deleted", "sdrs_failed_task", {"id": TASK}), ("failed tasks deleted", "sdrs_failed_task", {"all": True}),
        ("topology as it is", "sdrs_topology", {"server_groups": [_DOCUMENT], "prune": True}), ("topology", "sdrs_topology", {"server_groups": [_CHANGED]}),
        ("topology with a new disk", "sdrs_topology", {"server_groups": [_WITH_NEW_DISK]}),
        ("topology pruned", "sdrs_topology", {"server_groups": [_CHANGED], "prune": True}),
        ("topology removed", "sdrs_topology", {"server_groups": [{"name": "erp", "state": "absent"}], "prune": True}),
        ("VPC as it is", "vpc", {"name": "vpc-erp", "cidr": "192.168.0.0/16", "subnets": [{"name": "app", "cidr": "192.168.0.0/24"}]}),
        ("VPC changed", "vpc", {"id": VPC, "name": "vpc", "subnets": [{"name": "app", "cidr": "192.168.0.0/24"}], "purge_subnets": True}),
        ("VPC removed", "vpc", {"name": "vpc-erp", "state": "absent", "purge_subnets": True}),
        ("elastic IP as it is", "vpc_eip", {"eip": EIP, "server": TWIN}), ("elastic IP bound", "vpc_eip", {"eip": "80.158.0.11", "server": SERVER}),
        ("elastic IP moved", "vpc_eip", {"eip": "80.158.0.10", "server": SERVER, "move": True}),
        ("drift repaired", "sdrs_drift", {**group, "repair": ["security_groups", "tags"]}),
        ("AS group as it is", "as_group", {"name": "as-web", "max_instance_number": 10, "status": "inservice"}),
        ("AS group changed", "as_group", {"id": AS_GROUP, "desire_instance_number": 3, "cool_down_time": 60, "status": "paused"}),
        ("power on", "ecs_power", {"servers": [SERVER, "ecs-free"]}), ("power on a site", "ecs_power", {**group, "site": "production"}),
        ("power off a site", "ecs_power", {**group, "site": "dr", "state": "stopped"}, RUNNING),
    ):
        yield Task("plan: " + name, module, options, *changes)


def _writing():
    """Carried out, so that every writing request's answer, and the jobs and objects after it, are read."""
    group = {"server_group": "erp"}
    two_nics = [{"addr": "192.168.0.%d" % number, "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS:port_id": ident(number)} for number in (60, 61)]
    at_target = {GROUPS: {"priority_station": "target"}}
    for name, module, options, changes, then in (
        ("create a group", "sdrs_server_group", _NEW, {}, {GROUPS: {"name": "new"}}),
        ("delete a group", "sdrs_server_group", {"id": GROUP, "state": "absent"}, {
            GROUPS: {"protected_instance_num": 0, "replication_num": 0, "disaster_recovery_drill_num": 0}, INSTANCES: None, PAIRS: None, DRILLS: None,
        }, {}),
        ("rename a group", "sdrs_server_group", {"id": GROUP, "name": "erp-2"}, {}, {GROUPS: {"name": "erp-2"}}),
        ("protect", "sdrs_server_group", {"name": "erp", "protection": "enabled"}, {}, PROTECTED),
        ("stop protection", "sdrs_server_group", {"name": "erp", "protection": "disabled"}, PROTECTED, {GROUPS: {"status": "available"}}),
        ("fail over", "sdrs_failover", {**group, "active_site": "target", "mode": "unplanned"}, PROTECTED, FAILED_OVER),
        ("reverse", "sdrs_failover", {**group, "active_site": "target"}, PROTECTED, at_target),
        ("create an instance", "sdrs_protected_instance", {**group, "server": FREE_SERVER, "name": "free"}, {}, {INSTANCES: {"source_server": FREE_SERVER}}),
        ("rename an instance", "sdrs_protected_instance", {"id": INSTANCE, "name": "x", "tags": {"tier": "x"}}, {}, {INSTANCES: {"name": "x"}}),
        ("delete an instance", "sdrs_protected_instance", {"id": INSTANCE, "state": "absent"}, {}, {}),
        ("create instances", "sdrs_protected_instance_batch", {**group, "name_prefix": "x", "servers": [{"server": FREE_SERVER}]}, {},
         {INSTANCES: {"source_server": FREE_SERVER}}),
        ("delete instances", "sdrs_protected_instance_batch", {**group, "servers": [{"server": SERVER}], "state": "absent"}, {}, {}),
        ("resize", "sdrs_protected_instance_resize", {"protected_instance": "web", "flavor": "s3.xlarge.2"}, {}, {SERVERS: {"flavor": {"id": "s3.xlarge.2"}}}),
        ("add a NIC", "sdrs_protected_instance_nic", {"protected_instance": "web", "subnet": "db"}, {}, {}),
        ("delete a NIC", "sdrs_protected_instance_nic", {"protected_instance": "web", "ip_address": "192.168.0.61", "state": "absent"},
         {SERVERS: {"addresses": {VPC: two_nics}}}, {}),
        ("create a pair", "sdrs_replication", {**group, "volume": FREE_DISK, "name": "free"}, {}, {PAIRS: {"volume_ids": FREE_DISK}}),
        ("rename, extend and attach a pair", "sdrs_replication",
         {**group, "volume": LONE_DISK, "name": "x", "size": 80, "attachments": [{"protected_instance": "web", "device": "/dev/vdb"}]}, {}, {}),
        ("detach a pair", "sdrs_replication", {**group, "volume": DISK, "attachments": [], "purge_attachments": True}, {}, {}),
        ("delete a pair", "sdrs_replication", {**group, "volume": LONE_DISK, "state": "absent"}, {}, {}),
        ("create a drill", "sdrs_drill", {**group, "name": "other", "drill_vpc": "vpc-drill"}, PROTECTED, {DRILLS: {"name": "other"}}),
        ("rename a drill", "sdrs_drill", {"id": DRILL, "name": "x"}, {}, {DRILLS: {"name": "x"}}),
        ("delete a drill", "sdrs_drill", {"id": DRILL, "state": "absent"}, {}, {}),
        ("add and remove tags", "sdrs_tag", {"protected_instance": "web", "tags": {"a": "b", "c": "d"}, "purge": True}, {}, {}),
        ("add a tag", "sdrs_tag", {"protected_instance": "web", "tags": {"a": "b"}}, {}, {}),
        ("remove a tag", "sdrs_tag", {"protected_instance": "web", "tags": {"tier": None}, "state": "absent"}, {}, {}),
        ("delete a failed task", "sdrs_failed_task", {"id": TASK}, {}, {}), ("delete all failed tasks", "sdrs_failed_task", {"all": True}, {}, {}),
        ("apply a topology", "sdrs_topology",
         {"server_groups": [{"name": "erp", "protected_instances": [{"name": "x", "server": SERVER}]}]}, {}, {INSTANCES: {"name": "x"}}),
        ("create a disk", "sdrs_topology", {"server_groups": [_WITH_NEW_DISK], "parallel": 1}, {},
         {PAIRS: {"volume_ids": FREE_DISK}, "VolumeDetail": {"id": FREE_DISK, "name": "new", "availability_zone": ZONES[0]}}),
        ("create a VPC", "vpc", {"name": "new", "cidr": "10.0.0.0/16", "subnets": [{"name": "app", "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1"}]}, {}, {}),
        ("update a VPC", "vpc", {"id": VPC, "name": "x"}, {}, {"Vpc": {"name": "x"}}),
        ("delete a VPC", "vpc", {"id": DRILL_VPC, "state": "absent", "purge_subnets": True}, {}, {}),
        ("update a subnet", "vpc",
         {"id": VPC, "subnets": [{"name": "app", "cidr": "192.168.0.0/24", "dns_list": ["192.168.0.2"]}]}, {}, {"Subnet": {"dnsList": ["192.168.0.2"]}}),
        ("bind an elastic IP", "vpc_eip", {"eip": FREE_EIP, "server": SERVER}, {}, {"PublicipShowResp": {"port_id": ident(60), "status": "ACTIVE"}}),
        ("unbind an elastic IP", "vpc_eip", {"eip": EIP, "state": "unbound"}, {}, {"PublicipShowResp": {"port_id": "", "status": "DOWN"}}),
        ("repair drift", "sdrs_drift", {**group, "repair": ["security_groups", "tags"]}, {},
         {SERVERS: {"tags": ["tier=web"], "security_groups": [{"id": ident(99), "name": "default"}]}}),
        ("change and pause an AS group", "as_group", {"name": "as-web", "desire_instance_number": 3, "status": "paused"}, {}, {}),
        ("start servers", "ecs_power", {"servers": [SERVER, TWIN]}, {}, RUNNING),
        ("stop servers", "ecs_power", {"servers": [SERVER], "state": "stopped"}, RUNNING, {SERVERS: {"status": "SHUTOFF"}}),
    ):
        yield Task(name, module, options, changes, False, then)
    purge = {"id": DRILL_VPC, "subnets": [], "purge_subnets": True}
    yield Task("delete a subnet that is gone", "vpc", purge, check=False, refuse="delete_subnet")


TASKS = {task.name: task for task in (*_infos(), *_plans(), *_writing())}
