# SPDX-License-Identifier: GPL-3.0-or-later
"""A recovery plan by DR drills: they may carry production, so nothing deletes them, and no drill of the plan finds them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _recovery_drill, _recovery_lint, _recovery_plan
from support import TaskFailed

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
PLAN = {"name": "site", "tiers": [{"name": "all", "groups": ["alpha", "beta"]}]}
ASKED = {"playbook": "", "operation": "recover_by_drill", "active_site": "target", "check_mode": False, "acknowledged": [], "continue": [], "replace": [],
         "resume": []}
# What a journal may say of drills, made up to be believed as far as it can be.
LOG = {"resumed": True, "drills": ["d1", "d2"], "drilling": ["2026-11-23T11:00:00Z"], "drills_before": []}


def state(**changes):
    drill = {"id": "d1", "server_group": "alpha", "status": "available", "created_at": (NOW - timedelta(hours=2)).isoformat(), **changes}
    return {"drill_name": "by-drill-site", "standing": [drill]}


@pytest.mark.parametrize("asked", [{}, {"replace": ["d1"]}, {"resume": ["d1"]}])
@pytest.mark.parametrize("changes", [{}, {"status": "error"}, {"created_at": "2026-11-20T10:00:00Z"}, {"created_at": None}])
def test_nothing_leads_to_a_deletion(changes, asked):
    found = _recovery_drill.standing(state(**changes), LOG, {**ASKED, **asked}, NOW)
    assert found["remove"] == [] and bool(found["own"]) is not bool(found["refusals"])
    old = changes.get("created_at", "") != "" and "resume" not in asked
    assert bool(found["refusals"]) is (bool(changes.get("status")) or old)


def test_an_older_one_is_gone_on_with_by_its_id_only():
    old = state(created_at="2026-11-20T10:00:00Z")
    assert "-e recovery_resume=d1" in _recovery_drill.standing(old, LOG, ASKED, NOW)["refusals"][0]
    assert "no DR drill by-drill-site has that ID" in _recovery_drill.standing(old, LOG, {**ASKED, "resume": ["d1", "x"]}, NOW)["refusals"][0]


@pytest.mark.parametrize("operation, what, why", [
    ("recover_by_drill", "delete", "only the operation drill deletes"), ("recover_by_drill", "switch", "does not stop or switch"),
    ("failover", "delete", "only the operation drill"), ("failover", "create", "does not create drills"), ("drill", "switch", "does not stop or switch"),
    ("recover_by_drill", "create", None), ("drill", "create", None),
    ("drill", "delete", None), ("failover", "switch", None),
])
def test_each_task_asks_what_the_run_may_do(operation, what, why):
    asked = {**ASKED, "operation": operation}
    if why:
        with pytest.raises(ValueError, match=why):
            _recovery_plan.permitted([1], PLAN, "site", asked, (), what)
    else:
        assert _recovery_plan.permitted([1], PLAN, "site", asked, (), what) == [1]
    if operation != "drill":
        with pytest.raises(ValueError, match="not confirmed: recovery plan site"):
            _recovery_plan.permitted([1], PLAN, "other", asked, (), what)


def test_hooks_get_values_of_their_own(tmp_path):
    assert not _recovery_lint.lint(PLAN, lambda path: None, str, (), "recover_by_drill")
    values = {**PLAN, "variables": {"drill": {"db": "x"}}}
    assert "variables.recover_by_drill is missing" in _recovery_lint.lint(values, lambda path: None, str, (), "recover_by_drill")[0]
    (tmp_path / "dns.yml").write_text("- name: Move\n  ansible.builtin.debug:\n")
    unaware = _recovery_lint.lint({**PLAN, "after": str(tmp_path / "dns.yml")}, lambda path: None, str, (), "recover_by_drill")
    assert "recovery_operation != 'recover_by_drill'" in unaware[0]


def test_drills_of_the_plan_and_those_that_carry_production_do_not_meet(monkeypatch):
    cloud = direct.use(monkeypatch)()
    zones = cloud.world.identity["availability_zones"]
    direct.run("sdrs_topology", server_groups=[
        {"name": name, "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp", "protection": "enabled",
         "protected_instances": [{"name": name + "-1", "server": server}]} for name, server in (("alpha", "ecs-erp-web-1"), ("beta", "ecs-erp-web-2"))])
    cloud.time += 10**5
    names = {}
    for operation in ("recover_by_drill", "drill"):
        seen = direct.run("sdrs_recovery_info", plan=PLAN, operation=operation)
        assert not seen["standing"] and not [group for group in seen["server_groups"] if group["obstacles"]]
        names[operation] = seen["drill_name"]
        drills = _recovery_drill.drills_wanted(PLAN, seen, ["alpha", "beta"])
        assert len(direct.run("sdrs_drill_batch", drills=drills, parallel=1)["operations"]) == 2
    assert len(set(names.values())) == 2
    seen = direct.run("sdrs_recovery_info", plan=PLAN, operation="recover_by_drill")
    assert len(seen["standing"]) == 2 and len(seen["drills"]) == 4 and "keep the DR drills" in seen["order"][-1]
    with pytest.raises(TaskFailed):
        direct.run("sdrs_recovery_servers", plan=PLAN, tier="all", drill="nobody", state="stopped", server_groups=["alpha"], parallel=1)
