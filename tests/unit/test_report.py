# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run came to, and how it is shown."""

from __future__ import annotations

import html.parser
import io
import json
from xml.etree import ElementTree

import jsonschema
import junitparser
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _report
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils._report_formats import bars, render
from support import ROOT

SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text())
BEGAN = "2026-11-21T03:00:00Z"


def check(name="ecs_state", status="passed", at="2026-11-21T03:02:00.500Z", detail="is ACTIVE"):
    return {"check": name, "status": status, "detail": detail, "at": at, "seconds": 1.5}


def server(name, *checks):
    return {"id": "id-" + name, "name": "ecs-" + name, "protected_instance": name, "address": "192.168.0.11", "addresses": ["192.168.0.11"],
            "shared_with": [], "status": "ACTIVE", "checks": list(checks), "passed": True}


def job(number, begin, end, status="SUCCESS", **more):
    return {"job_id": "job-%d" % number, "job_type": "createDisasterRecoveryDrill", "service": "sdrs", "status": status,
            "begin_time": "2026-11-21T03:%s.000Z" % begin, "end_time": end and "2026-11-21T03:%s.000Z" % end, "error_code": None, "fail_reason": None, **more}


def run(**changes):
    subs = {"sub_jobs": [job(2, "00:10", "00:40"), job(3, "00:10", None)]}
    return {
        "what": "drill", "name": "drill-erp", "server_group": {"id": "g", "name": "erp", "status": "protected", "priority_station": "source"},
        "readiness": [{"check": "group_status", "passed": True, "severity": "error", "detail": "protected"}],
        "milestones": [{"name": "requested", "at": BEGAN}, {"name": "available", "at": "2026-11-21 03:01:00.000"}],
        "results": [{"operations": [{"operation": "create", "resource_type": "drill", "name": "drill-erp", "job_id": "job-1"}],
                     "jobs": [job(1, "00:00", "01:00", entities=subs)]}],
        "servers": [server("web-1", check()), server("db-1", check(), check("tcp_22", at="2026-11-21T03:02:30Z"))],
        "clean_up": [{"what": "drill", "name": "drill-erp", "status": "removed", "detail": ""}], "run": {"play": "Drill"}, **changes,
    }


def whole(**changes):
    report = _report.build(run(**changes))
    jsonschema.validate(report, SCHEMA)
    return report


def junit(report):
    """As CI servers read it: ``{class.name: result or None}``."""
    suites = junitparser.JUnitXml.fromfile(io.StringIO(render(report, "xml")))
    return {"%s.%s" % (case.classname, case.name): type(case.result[0]).__name__ if case.result else None for suite in suites for case in suite}


def test_recovery_time_ends_with_the_last_check():
    report = whole(target_seconds=200)
    assert report["verdict"] == "passed" and report["measured_seconds"] == 150.0 and not report["reasons"]
    assert [entry["seconds"] for entry in report["milestones"]] == [0.0, 60.0]
    assert [each["seconds"] for entry in report["servers"] for each in entry["checks"]] == [120.5, 120.5, 150.0]
    assert report["run"]["collection"].startswith("cloud_dr.sdrs ") and report["run"]["play"] == "Drill"


def test_a_missed_target_fails():
    report = whole(target_seconds="149.9")
    assert report["verdict"] == "failed" and report["reasons"] == ["recovery took 2 min 30 s, the target is 2 min 30 s"]
    assert junit(report)["recovery_time.target"] == "Failure"


@pytest.mark.parametrize("status", ["failed", "not_verifiable"])
def test_what_did_not_pass_fails_and_leaves_no_time(status):
    report = whole(servers=[server("web-1", check()), server("db-1", check(), check("tcp_22", status, detail="no answer"))], target_seconds=9999)
    assert report["verdict"] == "failed" and report["measured_seconds"] is None
    assert report["reasons"][0] == "db-1: tcp_22: no answer" and "could not be measured" in report["reasons"][1]
    assert [entry["passed"] for entry in report["servers"]] == [True, False]
    assert junit(report)["servers.db-1.tcp_22"] == "Failure" and junit(report)["servers.web-1.ecs_state"] is None


def test_what_was_not_tried_is_no_reason_of_its_own():
    report = whole(servers=[server("db-1", check(status="failed", detail="is ERROR"), check("tcp_22", "not_tried", None))])
    assert report["reasons"] == ["db-1: ecs_state: is ERROR"] and junit(report)["servers.db-1.tcp_22"] == "Skipped"


def test_errors_keep_their_remedy():
    failed = {"msg": "create DR drill: SDRS.1929 quota.", "task": "DR drill", "error": {"code": "SDRS.1929", "message": "quota", "remedy": "Delete a VPC."}}
    report = whole(errors=[failed], servers=[])
    assert report["verdict"] == "failed" and report["errors"][0]["remedy"] == "Delete a VPC." and report["measured_seconds"] is None
    assert "Delete a VPC." in render(report, "html") and "Delete a VPC" in render(report, "md") and junit(report)["errors.DR drill"] == "Error"


def test_a_failed_clean_up_fails_and_a_vpc_that_must_stay_does_not():
    left = {"what": "VPC", "name": "vpc-1", "status": "left", "detail": "in use by server x"}
    assert whole(clean_up=[left])["verdict"] == "passed"
    assert whole(clean_up=[dict(left, status="failed")])["reasons"] == ["VPC vpc-1: in use by server x"]


def test_check_mode_is_no_evidence():
    report = whole(check_mode=True, servers=[], target_seconds=1)
    assert report["verdict"] == "check" and report["measured_seconds"] is None and "nothing was changed" in render(report, "html")


def test_a_switch_without_checks_is_measured_by_its_milestone():
    milestones = [*run()["milestones"], {"name": "re-protected", "at": "2026-11-21T03:05:00Z"}]
    report = whole(what="reprotect", servers=[], until="re-protected", milestones=milestones)
    assert report["measured_seconds"] == 300.0


def test_bars_use_the_services_times():
    rows = bars(whole())
    assert [(row["label"], row["level"], row["left"], row["width"]) for row in rows] == [
        ("create drill-erp", 0, 0.0, 100.0), ("createDisasterRecoveryDrill", 1, 16.67, 50.0),
    ]
    assert not bars(whole(results=[]))


def test_a_failed_sub_job_shows_its_cause():
    failed = job(2, "00:10", "00:40", "FAIL", error_code="EVS.2024", fail_reason="volume is error!")
    report = whole(results=[{"jobs": [job(1, "00:00", "01:00", "FAIL", entities={"sub_jobs": [failed]})]}])
    assert "EVS.2024 volume is error!" in render(report, "html") and bars(report)[1]["failed"]


def test_times_of_other_zones_are_shown_in_utc():
    report = whole(milestones=[{"name": "requested", "at": "2026-11-21T05:00:00+02:00"}])
    assert report["started"] == "2026-11-21T03:00:00.000Z" and report["measured_seconds"] == 150.0


def test_rpo_where_the_cloud_has_it():
    points = [{"point_time": "2026-11-21T02:00:00Z", "resource_num": 2}, {"point_time": "2026-11-21T03:00:00Z", "resource_num": 0}]
    report = whole(rpo={"rpo_statistics": points})
    assert report["rpo"]["most_over_rpo"] == 2
    assert whole(rpo={"failed": True, "msg": "APIGW.0101"})["rpo"] is None


class Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.outside = [], []

    def handle_starttag(self, tag, attrs):
        self.outside += [value for name, value in attrs if name in ("src", "href", "srcset", "data")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_needs_nothing_from_elsewhere():
    report = whole(steps=[check("after wave 1")], notes=["a note"], rpo={"rpo_statistics": []})
    page, reader = render(report, "html"), Reader()
    reader.feed(page)
    assert not reader.open and not reader.outside and "url(" not in page and "@import" not in page and "<script" not in page
    assert "prefers-color-scheme: dark" in page and "@media print" in page and 'name="viewport"' in page


def test_hostile_names_are_text_everywhere():
    name = "<script>alert(1)</script>|`]]>{{ 7 * 7 }}\x00\x1b\nx"
    report = whole(server_group={"name": name}, servers=[server(name, check(detail=name, status="failed"))], errors=[{"msg": name, "task": name}],
                   clean_up=[{"what": "VPC", "name": name, "status": "left", "detail": name}], notes=[name], name=name)
    page = render(report, "html")
    assert "<script" not in page and "{{ 7 * 7 }}" in page
    ElementTree.fromstring(render(report, "xml"))
    text = render(report, "md")
    rows = [line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")]
    assert "<script" not in text and set(rows) <= {3, 4, 6, 7}
    assert json.loads(render(report, "json"))["name"] == name


def test_many_jobs_are_cut_in_the_page_only():
    report = whole(results=[{"jobs": [job(number, "00:%02d" % (number % 60), "01:00") for number in range(200)]}])
    assert "140 more in the JSON report" in render(report, "html") and len(json.loads(render(report, "json"))["jobs"]) == 200


@pytest.mark.parametrize("wrong", [{}, [], None, "x"])
def test_what_is_no_run(wrong):
    with pytest.raises(ValueError, match="what"):
        _report.build(wrong)


def test_what_is_no_form():
    with pytest.raises(ValueError, match="pdf"):
        render(whole(), "pdf")


@pytest.mark.parametrize("seconds, text", [(None, "not measured"), (0.25, "0.25 s"), (59.94, "59.9 s"), (61, "1 min 01 s"), (7384, "2 h 03 min")])
def test_spans(seconds, text):
    assert _report.span(seconds) == text
