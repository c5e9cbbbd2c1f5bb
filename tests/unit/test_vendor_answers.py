# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers built from the vendor's models, through client, look-ups, info modules, plans and requests that write.

Each field of each answer is null, missing and of another value in turn; strange objects stand in lists; unknown fields stand everywhere. Never a
traceback; an error only where an object lacks what the task needs (``NEEDED``); never silently another plan (``DIFFERS``).
"""

from __future__ import annotations

import ast
import copy
import functools
import os
import re

import pytest
import vendor
from vendor_cloud import ROWS
from vendor_tasks import TASKS

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import api
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import SdrsError
from support import ROOT

_GROUP, _INSTANCE, _PAIR, _DRILL = (
    "ShowProtectionGroupParams", "ShowProtectedInstanceParams", "ShowReplicationParams", "ShowDisasterRecoveryDrillParams",
)
_NO_ID = "an object without an ID is none that a task can be about"
_NO_NAME = "what has no name cannot be found by it"
_NO_STATUS = "what may be done depends on the status"
_SITE = "which servers are production's must be known"
# ``{(model, field): why a task may end in an error without it}``. Of the tasks that change something; of all where QUERIES has it, too.
NEEDED = {
    **{(model, "id"): _NO_ID for model in (
        _GROUP, _INSTANCE, _PAIR, _DRILL, "ShowActiveActiveDomainParams", "ServerDetail", "VolumeDetail", "Vpc", "Subnet", "ProjectResult", "PublicipShowResp",
    )},
    ("ScalingGroups", "scaling_group_id"): _NO_ID,
    **{(model, "name"): _NO_NAME for model in (_GROUP, _INSTANCE, _DRILL, "ServerDetail", "VolumeDetail", "Vpc", "Subnet", "ProjectResult")},
    ("ScalingGroups", "scaling_group_name"): _NO_NAME,
    **{(model, "status"): _NO_STATUS for model in (_GROUP, _INSTANCE, _PAIR, _DRILL, "ServerDetail")},
    ("ShowJobStatusResponse", "status"): "a job without a status never ends",
    ("ShowJobResponse", "status"): "a job without a status never ends",
    ("ShowActiveActiveDomainParams", "local_replication_cluster"): "a domain is chosen by its AZs",
    ("ShowActiveActiveDomainParams", "remote_replication_cluster"): "a domain is chosen by its AZs",
    ("ReplicationClusterParams", "availability_zone"): "a domain is chosen by its AZs",
    ("PublicipShowResp", "public_ip_address"): _NO_NAME,
    ("PublicipShowResp", "port_id"): "an elastic IP is bound only while it is not, as the guard sees it",
    ("ServerAddress", "OS-EXT-IPS:port_id"): "an elastic IP is bound to a port",
    (_GROUP, "source_availability_zone"): _SITE,
    (_GROUP, "priority_station"): _SITE,
    (_GROUP, "source_vpc_id"): "a NIC's subnet is looked for in the group's VPC",
    ("ServerDetail", "OS-EXT-AZ:availability_zone"): _SITE,
    (_INSTANCE, "source_server"): "the task is about that server",
    (_INSTANCE, "target_server"): "the task is about that server",
    (_INSTANCE, "server_group_id"): "what may be done depends on the group",
    (_PAIR, "server_group_id"): "what may be done depends on the group",
    (_DRILL, "server_group_id"): "a drill of another group is not touched",
    (_PAIR, "volume_ids"): "a pair is known by its disks; without them it is not pruned",
    (_PAIR, "attachment"): "a pair is found by the device it is attached as",
    ("ReplicationAttachment", "protected_instance"): "a pair is found by the device it is attached as",
    ("ReplicationAttachment", "device"): "a pair is found by the device it is attached as",
    (_PAIR, "progress"): "without it nobody knows whether the synchronisation has ended",
    (_PAIR, "record_metadata"): "whether a disk has to grow follows from its size",
    ("ReplicationRecordMetadata", "volume_size"): "whether a disk has to grow follows from its size",
    ("VolumeDetail", "attachments"): "a server's disk is found by its device",
    ("Attachment", "device"): "a server's disk is found by its device",
    ("Attachment", "server_id"): "a server's disk is found by its device",
    ("ListFirewallDetail", "id"): _NO_ID,
    ("QuotaParams", "resources"): "an answer without its list tells nothing",
    ("Subnet", "cidr"): "whether a NIC is in the subnet follows from its address",
    ("ServerDetail", "addresses"): "whether a NIC is in the subnet follows from its address",
    ("ServerAddress", "addr"): "whether a NIC is in the subnet follows from its address",
    ("ServerDetail", "flavor"): "only a flavor that differs may be sent",
    ("ServerFlavor", "id"): "only a flavor that differs may be sent",
}
QUERIES = {
    *(key for key, reason in NEEDED.items() if reason == _NO_ID),
    *((model, "name") for model in (_GROUP, _INSTANCE, "ServerDetail", "VolumeDetail", "Vpc", "ProjectResult")),
    ("ShowJobStatusResponse", "status"), ("ShowJobResponse", "status"), ("QuotaParams", "resources"),
}
# ``{(model, field): why a task may do something else without it}``: the service refuses it, it changes nothing, or it is what was asked for.
DIFFERS = {
    (_GROUP, "name"): "there is no group of that name",
    (_GROUP, "id"): "the failed tasks of a group without an ID cannot be asked for",
    (_INSTANCE, "name"): "it is given the name that it should have",
    (_PAIR, "name"): "it is given the name that it should have",
    (_DRILL, "name"): "there is no drill of that name",
    ("Vpc", "name"): "there is no VPC of that name",
    ("Subnet", "name"): "there is no subnet of that name",
    ("Vpc", "cidr"): "it is given the CIDR that it should have",
    (_INSTANCE, "status"): "a failed creation is known by its status",
    (_INSTANCE, "source_server"): "the server counts as not protected; SDRS knows better (1305)",
    (_PAIR, "volume_ids"): "the disk counts as not paired; SDRS knows better (1811)",
    (_PAIR, "attachment"): "nothing is detached that is not known to be attached",
    ("ReplicationAttachment", "protected_instance"): "nothing is detached that is not known to be attached",
    (_INSTANCE, "server_group_id"): "it is in no group; SDRS deletes no group that has contents (1001)",
    (_PAIR, "server_group_id"): "it is in no group; SDRS deletes no group that has contents (1010)",
    (_DRILL, "server_group_id"): "it is in no group; SDRS deletes no group that has contents (1003)",
    (_INSTANCE, "tags"): "tags are set that should be there",
    **{key: "what is not known of a server is no difference: nothing of it is repaired" for key in (
        ("ServerDetail", "addresses"), ("ServerDetail", "tags"),
        ("ServerDetail", "security_groups"), ("ServerSecurityGroup", "id"), ("ServerDetail", "OS-EXT-AZ:availability_zone"),
        (_GROUP, "source_availability_zone"), (_GROUP, "priority_station"), (_INSTANCE, "target_server"),
    )},
    ("ResourceTag", "key"): "tags are set that should be there",
    ("ResourceTag", "value"): "tags are set that should be there",
    ("FailureJobParams", "job_id"): "there is no failed task of that ID",
    **{key: "what is not known of both servers is no difference" for key in (
        (_GROUP, "source_availability_zone"), (_GROUP, "priority_station"), (_INSTANCE, "target_server"), ("ServerDetail", "OS-EXT-AZ:availability_zone"),
        ("ServerDetail", "security_groups"), ("ServerSecurityGroup", "id"), ("ServerDetail", "tags"), ("ServerDetail", "addresses"),
    )},
    ("PublicipShowResp", "port_id"): "an elastic IP without a port is bound to none; the service leaves the field out then",
    ("ScalingGroups", "scaling_group_status"): "it is given the status that it should have",
    ("ScalingGroups", "max_instance_number"): "it is given the number that it should have",
}


def _is_wrapper(owner, declared):
    return owner.endswith("Response") and vendor.inner(declared)[0] in ("list", "model") and not owner.startswith("ShowJob")


@functools.lru_cache(None)
def texts():
    """All texts in the code: a field whose name is not among them is read nowhere."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "plugins" / "module_utils").rglob("*.py")]
    return frozenset(node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


# Beginnings of paths that are none themselves.
_PARTS = ("/v1/{project_id}/server-groups/{server_group}", "/v1/{project_id}/task-center")


def joined():
    """``NAME + "text"``, where NAME is a text or such a sum in the same file."""
    found = set()
    for path in (ROOT / "plugins" / "module_utils").rglob("*.py"):
        tree, names = ast.parse(path.read_text()), {}

        def value(node, names=names):  # pylint: disable=dangerous-default-value
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                return node.value
            if isinstance(node, ast.Name):
                return names.get(node.id)
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
                parts = value(node.left), value(node.right)
                return "".join(parts) if None not in parts else None
            return None

        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and value(node.value):
                names[node.targets[0].id] = value(node.value)
        found |= {value(node) for node in ast.walk(tree) if isinstance(node, ast.BinOp)} - {None}
    return found


@functools.lru_cache(None)
def usual():
    """``({task: what it did}, {operation: tasks that use it})`` on full answers."""
    did, users = {}, {}
    for name, task in TASKS.items():
        did[name], cloud = outcome(task)
        for operation in cloud.asked:
            users.setdefault(operation, []).append(name)
    return did, users


def outcome(task, mutate=None):
    result, cloud = task.run(mutate)
    return ([(each["operation"], each["resource_type"]) for each in result.get("operations", [])], cloud.written), cloud


def changing(row, path, change):
    """A mutation: ``change(object, key)`` at every place of the path in the row's answers."""
    def mutate(asked, answer, _query):
        if asked is row:
            for place in vendor.reached(answer, path[:-1]):
                if isinstance(place, dict) and path[-1] in place:
                    change(place, path[-1])
        return answer

    return mutate


@functools.lru_cache(None)
def read_fields():
    return [
        pytest.param(row, path, declared, owner, id="%s-%s" % (row.name.replace("/", "|"), ".".join(path)))
        for row in ROWS.values() for path, declared, owner in vendor.places(row.service, row.model) if path[-1] in texts()
    ]


def runs(row, mutate, step=1, first=0):
    """``(task, error or None, whether it did something else)`` of every task that uses the operation.

    :param step: every which task is enough for a part of ``make test``; with SDRS_EVERY_CALL all are run
    """
    did, users = usual()
    step = 1 if os.environ.get("SDRS_EVERY_CALL") else step
    for name in users.get(row.name, ())[first % step::step]:
        try:
            yield TASKS[name], None, outcome(TASKS[name], mutate)[0] != did[name]
        except SdrsError as error:
            yield TASKS[name], error, False


def _is_query(task):
    return task.module.endswith("_info")


# The table --------------------------------------------------------------------------------------------------------------


def test_every_operation_has_a_row():
    used = {**api.OPERATIONS, **api.NEIGHBOURS}
    assert set(used) == set(vendor.RESPONSES) | (set(vendor.UNMODELLED) & set(used)), "give each operation a row in tests/vendor.py"


def test_every_path_in_the_code_has_a_row():
    """Calls that stand outside ``_api``'s tables are found by their paths: as they stand, or joined of a constant and a text."""
    paths = {text for text in texts() | joined() if re.match(r"/(v\d[^/]*|autoscaling-api)/", text)} - {"/v1/{project_id}"}
    rows = {call[2] for call in vendor.CALLS} | {call[2] for call in vendor.UNMODELLED if isinstance(call, tuple)}
    rows |= {each.path for each in (*api.OPERATIONS.values(), *api.NEIGHBOURS.values())} | set(_PARTS)
    assert paths - rows == set(), "give each call a row in tests/vendor.py"


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name.replace("/", "|"))
def test_the_vendor_publishes_each_row(row):
    path = vendor.VERSIONS.get((row.method, row.path), row.path)
    assert row.model in vendor.published(row.service).get((row.method, vendor.anonymous(path)), ())


def test_every_operation_is_used_by_a_task():
    assert set(ROWS) - set(usual()[1]) == set()


# The answers ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TASKS)
def test_full_answers(name):
    """Every field has a value of its declared type."""
    task = TASKS[name]
    result, cloud = task.run()
    assert bool(cloud.written) != (task.check or _is_query(task))
    assert result["changed"] is not _is_query(task) or "as it is" in name


@pytest.mark.parametrize("row, path, declared, owner", read_fields())
def test_a_field_is_null_or_missing(row, path, declared, owner):
    unexpected, key = [], (owner, path[-1])
    may_fail = _is_wrapper(owner, declared) or (key in NEEDED and (row.method == "GET" or row.name.startswith("create_")))
    # In a quarter of the tasks null, in another missing.
    turn = len("".join(path))
    for first, kind, change in ((turn, "null", lambda place, key: place.update({key: None})), (turn + 1, "missing", lambda place, key: place.pop(key))):
        for task, error, differs in runs(row, changing(row, path, change), 4, first):
            allowed = may_fail and (not _is_query(task) or _is_wrapper(owner, declared) or key in QUERIES) if error else key in DIFFERS
            if (error or differs) and not allowed:
                unexpected.append("%s: %s: %s" % (kind, task.name, error or "it did something else"))
    assert not unexpected, "\n".join(unexpected)


@pytest.mark.parametrize("row, path, declared, owner", read_fields())
def test_a_field_has_another_value(row, path, declared, owner):
    """Whatever it says, tasks end well or with an error in words."""
    change = changing(row, path, lambda place, key: place.update({key: vendor.other(row.service, declared, {})}))
    for _task, error, _differs in runs(row, change, 6, len("".join(path))):
        assert error is None or (error.message and "\n" not in str(error))


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.name.replace("/", "|"))
def test_fields_that_nobody_reads(row):
    """All of them null, then missing, then others that the vendor does not know: nothing is different."""
    unread = [path for path, _declared, _owner in vendor.places(row.service, row.model) if path[-1] not in texts()]
    levels = list(vendor.levels(row.service, row.model))

    def without(change):
        def mutate(asked, answer, query):
            for path in unread if asked is row else ():
                answer = changing(row, path, change)(asked, answer, query)
            return answer
        return mutate

    def more(asked, answer, _query):
        for place in [place for path in levels for place in vendor.reached(answer, path)] if asked is row else ():
            if isinstance(place, dict):
                place.update({"x-unknown": {"deep": [1, None, {"id": None}]}, "unknown_list": [[]], "unknown": None})
        return answer

    for mutate in (without(lambda place, key: place.update({key: None})), without(lambda place, key: place.pop(key)), more):
        for task, error, differs in runs(row, mutate):
            assert error is None and not differs, "%s: %s" % (task.name, error or "it did something else")


def _entries(row):
    """The lists of an answer whose entries have an ID."""
    found = vendor.fields(row.service, row.model).values()
    return [
        declared for declared in found
        if vendor.inner(declared)[0] == "list" and {"id", "scaling_group_id"} & set(vendor.fields(row.service, vendor.inner(declared)[1]))
    ]


_LISTS = [row for row in ROWS.values() if row.method == "GET" and _entries(row)]


@pytest.mark.parametrize("kind", ["full", "an ID alone", "nothing"])
@pytest.mark.parametrize("row", _LISTS, ids=lambda row: row.name.replace("/", "|"))
def test_a_strange_object_hides_no_other(row, kind):
    """An object that no task is about stands first in the list."""
    def mutate(asked, answer, query):
        if asked is row and not {"server_group_id", "vpc_id", "volume_id", "id"} & set(query):
            key, model = next((key, vendor.inner(each)[1]) for key, each in vendor.fields(row.service, row.model).items() if each in _entries(row))
            stranger = vendor.fill(row.service, model, {})
            if kind != "full":
                named = next(name for name in ("id", "scaling_group_id") if name in stranger)
                stranger = {name: "f" * 32 if name == named and kind == "an ID alone" else None for name in stranger}
            answer = copy.deepcopy(answer)
            answer[key].insert(0, stranger)
        return answer

    for task, error, differs in runs(row, mutate):
        assert error is None and not (differs and task.module != "sdrs_failed_task"), "%s: %s" % (task.name, error or "it did something else")
