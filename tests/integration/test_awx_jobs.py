# SPDX-License-Identifier: GPL-3.0-or-later
"""The job templates of examples/awx, run as AWX runs them: by ansible-runner, with the credential's environment and the survey's answers.

``make test`` runs the two slices of a plan; the gate "AWX jobs" (SDRS_EVERY_TEMPLATE) runs every template, and measures its events at 1000 instances.
"""

from __future__ import annotations

import json
import os

import awx_job
import pytest

from support import Simulator

LARGEST_EVENT = 500_000
EVERY = pytest.mark.skipif("SDRS_EVERY_TEMPLATE" not in os.environ, reason="takes minutes: tests/gates.py \"AWX jobs\"")
pytestmark = pytest.mark.skipif(not (awx_job.TOOLS / "ansible-runner").exists(), reason="ansible-runner is not installed")
NAMED = {"limit": "erp", "failover_confirm": "erp"}
# Each with its answers, and the exit status that is right.
STORY = (
    ("SDRS plan", {}, 0), ("SDRS drift", {}, 2), ("SDRS converge", {}, 0), ("SDRS drift", {}, 0), ("SDRS drill", {"limit": "erp"}, 0),
    ("SDRS drill status", {}, 0), ("SDRS posture", {}, 0), ("SDRS recovery plan", {
        "recovery_plan": "recovery/site.yml", "recovery_operation": "drill", "failover_confirm": "site", "check": True}, 0),
    ("SDRS planned failover", NAMED, 0), ("SDRS failback", {**NAMED, "failover_stop_mode": "hard"}, 0),
    ("SDRS failover", {**NAMED, "check": True}, 2), ("SDRS failover", {**NAMED, "failover_force": "true", "check": True}, 0),
    ("SDRS failover", {**NAMED, "failover_confirm": "crm", "failover_force": "true"}, 2), ("SDRS failover", {**NAMED, "failover_force": "true"}, 0),
    ("SDRS reprotect", NAMED, 0), ("SDRS recovery by drill", {"limit": "erp", "recover_by_drill_confirm": "erp"}, 0),
)


@pytest.fixture
def controller(tmp_path, start_simulator):
    """``controller(*arguments of the simulator, host_vars=None)``, its inventory read from git."""
    def make(*arguments, host_vars=None):
        simulator = start_simulator("--speed", "1000", *arguments)
        made = awx_job.Controller(tmp_path, simulator)
        path = made.project / "host_vars" / "erp.yml"
        zones = simulator.info["availability_zones"]
        path.write_text(json.dumps(host_vars(zones)) if host_vars else path.read_text().replace("eu-de-01", zones[0]).replace("eu-de-02", zones[1]))
        made.sync()
        return made

    return make


def test_slices_and_workflows_merge_what_their_jobs_tell(controller):
    awx = controller()
    awx.inventory["_meta"]["hostvars"]["crm-1"] = {**awx.inventory["_meta"]["hostvars"]["erp"], "topology_server_group": {"name": "crm-1", "protection": "x"}}
    awx.inventory.setdefault("ungrouped", {}).setdefault("hosts", ["erp"]).append("crm-1")
    merged, codes = {}, []
    for part in ("erp", "crm-1"):
        job = awx.launch("SDRS plan", limit=part)
        codes.append(job.code)
        merged.update(job.statistics())  # as AWX does
    assert merged.pop("verdict") in ("drift", "error")
    assert codes == [0, 2] and merged.pop("sdrs_plan__erp") == {"name": "erp", "verdict": "drift"}, job.output
    (other,) = (name for name in merged if name.startswith("sdrs_plan__crm_1_"))
    assert merged == {other: {"name": "crm-1", "verdict": "error"}, "sdrs_plan_drift": True, "sdrs_plan_error": True}
    # AWX gives them to the jobs that follow, as extra variables.
    assert awx.launch("SDRS plan", limit="erp", variables=merged).code == 0


@EVERY
def test_every_template(controller):
    awx = controller()
    assert {name for name, _answers, _code in STORY} == {template["name"] for template in awx.objects["sdrs_job_templates"]}
    carried = {}
    for name, answers, code in STORY:
        job = awx.launch(name, variables=carried, **answers)
        assert job.code == code, (name, answers, job.output[-4000:])
        carried.update(job.statistics())
        assert awx.credential["HW_SECRET_KEY"] not in "".join(path.read_text() for path in job.artifacts.rglob("*.json"))
    assert set(carried) >= {"sdrs_plan__erp", "sdrs_drill_status__erp"}


@EVERY
def test_the_live_inventory_is_one_for_every_template_that_may_use_it(controller):
    awx = controller()
    assert awx.launch("SDRS converge").code == 0
    assert "erp" in awx.sync("sdrs.yml")["_meta"]["hostvars"]
    for name, answers in (("SDRS drill", {}), ("SDRS drill status", {}), ("SDRS failover", {**NAMED, "failover_force": "true"})):
        job = awx.launch(name, **answers)
        assert job.code == 0, (name, job.output[-4000:])


@EVERY
def test_no_event_is_so_large_that_awx_drops_it(controller, tmp_path):
    """At 700,000 bytes AWX empties an event."""
    count = 1000
    (tmp_path / "world.json").write_text(json.dumps({"server_count": count}))
    names = ["app-%05d" % number for number in range(1, count + 1)]
    awx = controller("--scenario", str(tmp_path / "world.json"), host_vars=lambda zones: {
        "topology_server_group": {
            "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp", "protection": "enabled",
            "protected_instances": [{"name": name, "server": "ecs-" + name[4:], "tags": {"tier": "app"}} for name in names]},
        "failover_waves": [{"instances": names[:count // 2]}],
    })
    found = {}
    for name, answers, code in STORY:
        if name == "SDRS recovery plan" or code:
            continue
        job = awx.launch(name, **answers)
        assert job.code == 0, (name, job.output[-4000:])
        found[name] = job.largest()
    assert max(found.values())[0] < LARGEST_EVENT, found


def test_what_is_not_answered_is_not_started(controller, monkeypatch):
    monkeypatch.setattr(awx_job.Controller, "sync", lambda self: {})
    awx = controller()
    for answers, told in (({}, "value missing"), ({"failover_confirm": "erp", "failover_force": "maybe"}, "expected to be one of"), (
            {"failover_confirm": "erp", "failover_mode": "planned"}, "not allowed on launch")):
        with pytest.raises(ValueError, match=told):
            awx.launch("SDRS failover", **answers)
    assert isinstance(awx.simulator, Simulator) and not awx.simulator.log()
