# SPDX-License-Identifier: GPL-3.0-or-later
"""A task that ends, however it ends, leaves no connection behind."""

from __future__ import annotations

import contextlib
import gc
import warnings

import pytest

from support import TaskFailed

FAULTS = {
    "none": None, "cut answer": {"truncated": True}, "lost": {"lost": "after"}, "refused by the gateway": {"status": 503},
    "too much": {"status": 200, "body": "x" * 100, "headers": {"Content-Length": str(10**9)}},
    "a packing that nobody asked for": {"status": 200, "body": "x", "headers": {"Content-Encoding": "br"}}, "refusal": {"status": 400, "body": "no JSON"},
}


def left_behind(run):
    """What Python says of sockets that nobody closed."""
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        run()
        gc.collect()
    return [str(each.message) for each in caught if issubclass(each.category, ResourceWarning)]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_query(task, simulator, fault):
    def run():
        try:
            task("sdrs_server_group_info", max_retries=1)
        except TaskFailed:
            assert fault != "none"

    if FAULTS[fault]:
        simulator.fault(**FAULTS[fault], count=2, path="server-groups")
    assert left_behind(run) == []


def test_requests_from_many_threads(task, simulator, group):
    tasks = [("sdrs_protected_instance", {"name": "erp-db-1", "server_group": "erp", "server": "ecs-erp-db-1"})]
    document = {"server_groups": [{
        "name": "erp", "source_availability_zone": simulator.info["availability_zones"][0],
        "target_availability_zone": simulator.info["availability_zones"][1], "source_vpc": "vpc-erp",
        "protected_instances": [{"name": name, "server": "ecs-" + name} for name in ("erp-db-1", "erp-web-1")],
    }]}
    assert left_behind(lambda: [task(module, **options) for module, options in tasks]) == []
    assert left_behind(lambda: task("sdrs_topology", **document)) == []


@pytest.mark.parametrize("module, options", [("sdrs_server_group", {"name": "nobody", "state": "absent"}), ("sdrs_server_group", {"name": "erp"})])
def test_what_tells_the_progress(task, tmp_path, monkeypatch, module, options):
    """Whether the task succeeds or, as a creation without zones, fails."""
    monkeypatch.setenv("SDRS_PROGRESS_SOCKET", str(tmp_path / "s"))

    def run():
        with contextlib.suppress(TaskFailed):
            task(module, **options)

    assert left_behind(run) == []


def test_the_doctor(task):
    assert left_behind(lambda: task("sdrs_doctor_info")) == []
