# SPDX-License-Identifier: GPL-3.0-or-later
"""The page about all protection groups, made as users make it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from runbook_site import Site, ended
from support import eventually

GROUPS = ("erp", "crm", "hr")


@pytest.fixture
def estate(tmp_path):
    site = Site(tmp_path, count=6, groups=GROUPS)
    yield site.synchronised()
    site.simulator.stop()


def drilled(site, group, ago, verdict="passed", measured=120.0):
    """A report as a drill leaves it."""
    at = datetime.now(timezone.utc) - timedelta(days=ago)
    folder = site.folder / "reports" / group
    folder.mkdir(parents=True, exist_ok=True)
    text = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    (folder / ("drill-%s.json" % text.replace(":", ""))).write_text(json.dumps({
        "what": "drill", "verdict": verdict, "finished": text, "measured_seconds": measured, "target_seconds": 300.0, "server_group": {"name": group},
    }))


def posture(site, *arguments, code=0):
    shown = ended(site.play("posture", *arguments), code)
    return json.loads((site.folder / "reports" / "posture.json").read_text()), shown.stdout


def test_the_page_and_what_makes_it_fail(estate):
    for group in GROUPS:
        drilled(estate, group, 10)
    drilled(estate, "crm", 40, measured=400.0)
    estate.simulator.forget()
    found, shown = posture(estate, "-e", "posture_max_age=30d", "-e", "posture_max_unprotected=0", "-e", "posture_max_faulty=0", "--check")
    assert not estate.written() and found["verdict"] == "passed" and "changed=0" in shown
    assert sorted(group["name"] for group in found["groups"]) == sorted(GROUPS) and found["totals"]["protected"] == 3
    crm = next(group for group in found["groups"] if group["name"] == "crm")
    assert [drill["met"] for drill in crm["trend"]] == [False, True] and crm["replications"]["synchronised"] == crm["replications"]["total"] > 0
    assert crm["readiness"]["failover"] == {"ready": True, "forced": False, "failed": []} and not crm["readiness"]["planned_failover"]["ready"]
    page, metrics = ((estate.folder / "reports" / ("posture." + form)).read_text() for form in ("html", "prom"))
    assert "<svg" in page and "crm" in page and 'sdrs_posture_group_protected{id="%s",name="crm"} 1' % crm["id"] in metrics
    found, shown = posture(estate, "-e", "drill_max_age=5d", code=2)
    assert found["verdict"] == "failed" and "without a successful drill in the last 5 days" in shown and not estate.written()
    drilled(estate, "hr", 1, verdict="failed", measured=None)
    found, _shown = posture(estate, "-e", "posture_max_failed_drills=0", code=2)
    assert found["groups"][0]["name"] == "hr", "by risk"
    assert posture(estate, "-e", "posture_max_failed_drills=1")[0]["verdict"] == "passed"
    assert "posture_max_age" in ended(estate.play("posture", "-e", "posture_max_agee=1"), 2).stdout
    assert "number of protection groups" in ended(estate.play("posture", "-e", "posture_max_faulty=some"), 2).stdout


def test_an_unprotected_group_comes_first_and_what_nobody_declared_is_named(estate):
    estate.task("sdrs_server_group", name="hr", protection="disabled", poll_interval=0.02)
    names = [each["name"] for each in estate.task("sdrs_protected_instance_info", server_group="erp")["protected_instances"]]
    estate.play.inventory(erp={"topology_server_group": {"protected_instances": [{"name": names[0]}]}}, gone={"topology_server_group": {"name": "gone"}})
    found, _shown = posture(estate, "-e", "posture_max_unprotected=0", code=2)
    assert found["groups"][0]["name"] == "hr" and found["groups"][0]["level"] == "critical"
    assert next(group for group in found["groups"] if group["name"] == "erp")["unmanaged"] == names[1:]
    assert any("gone" in text for text in found["failures"])


def test_the_number_of_requests_does_not_grow(tmp_path):
    counts = []
    for number, groups in enumerate((GROUPS, (*GROUPS, "a", "b", "c"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        site = Site(folder, count=6, groups=groups, protection="disabled")
        eventually(lambda site=site: len(site.task("sdrs_server_group_info")["server_groups"]) >= 3, 20)
        site.simulator.forget()
        result = site.task("sdrs_posture_info")
        assert len(result["posture"]) == len(groups) and not site.written()
        counts.append(len(site.simulator.log()))
        site.simulator.stop()
    assert counts[0] == counts[1] <= 8


def test_without_permission_it_says_so(estate):
    estate.simulator.settings(denied=["ecs"])
    found, _shown = posture(estate)
    assert any(text.startswith("ECS: ") for text in found["problems"])
    estate.simulator.settings(denied=["sdrs"])
    refused = ended(estate.play("posture"), 2)
    assert "not read in this run" in refused.stdout and not estate.written()


def test_drills_that_left_no_report_are_known_to_the_service(estate):
    estate.task("sdrs_drill", server_group="crm", name="d", poll_interval=0.02)
    estate.task("sdrs_drill", server_group="crm", name="d", state="absent", poll_interval=0.02)
    drilled_lately = {each["server_group"]["name"]: each["drilled"] for each in estate.task("sdrs_posture_info")["posture"]}
    assert drilled_lately == {"crm": True, "erp": False, "hr": False}
    found, _shown = posture(estate, "-e", "posture_max_age=100d", code=2)
    assert found["failures"] == ["2 protection groups without a successful drill in the last 100 days: erp, hr"]
