# SPDX-License-Identifier: GPL-3.0-or-later
"""What the posture of an estate comes to, and that its page, JSON and metrics hold whatever names may hold."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta, timezone
from html.parser import HTMLParser

import hostile
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _posture, _posture_formats

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
READY = {name: {"ready": True, "forced": False, "failed": []} for name in ("protect", "failover", "drill")}
SAMPLE = re.compile(r'sdrs_posture_\w+(\{\w+="(?:[^"\\]|\\["\\n])*"(,\w+="(?:[^"\\]|\\["\\n])*")*\})? -?[\d.]+')


def entry(name="erp", **changes):
    about = {"id": "id-" + name, "name": name, "status": "protected", "priority_station": "source"}
    instance = {"id": "1", "name": "db", "status": "protected", "servers": ["s1", "ecs-db"]}
    return {"server_group": about, "production_zone": "z1", "protected_instances": [instance], "faults": [], "readiness": READY, "drills": [],
            "replications": {"total": 2, "synchronised": 2, "progress": 100}, **changes}


def drill(ago=1, verdict="passed", measured=60.0, target=300.0, **changes):
    at = (NOW - timedelta(days=ago)).isoformat()
    return {"what": "drill", "verdict": verdict, "finished": at, "measured_seconds": measured, "target_seconds": target, **changes}


def judged(*entries, reports=None, **asked):
    return _posture.judge({"posture": list(entries), "rpo_statistics": None, "problems": [], "project": {}}, reports or {}, asked, NOW)


def one(changes=None, reports=(), **asked):
    return judged(entry(**(changes or {})), reports={"erp": list(reports)}, **asked)["groups"][0]


@pytest.mark.parametrize("changes, reports, level, text", [
    ({}, [drill()], "fine", None),
    ({}, [], "warning", "no drill is on record"),
    ({"drilled": True}, [], "notice", "there is no report of a drill; the service lists one"),
    ({"drilled": False}, [], "warning", "the service lists none in the last three months"),
    ({"drilled": True}, [drill(1, "failed")], "warning", "the last drill failed"),
    ({}, [drill(100)], "warning", "overdue by 10 days"),
    ({}, [drill(85)], "notice", "due in 5 days"),
    ({}, [drill(measured=400.0)], "warning", "missed its target"),
    ({}, [drill(measured=None)], "warning", "not measured, target"),
    ({}, [drill(1, "failed", None), drill(2)], "warning", "the last drill failed"),
    ({}, [drill(what="failover")], "warning", "no drill is on record"),
    ({}, [drill(verdict="check")], "warning", "no drill is on record"),
    ({}, [drill(-1)], "warning", "no drill is on record"),
    ({}, [drill(server_group={"id": "another"})], "warning", "no drill is on record"),
    ({"replications": {"total": 2, "synchronised": 1, "progress": 40}}, [drill()], "warning", "1 of 2 replication pairs are not synchronised"),
    ({"replications": {"total": 0, "synchronised": 0, "progress": None}}, [drill()], "critical", "no replication pair"),
    ({"faults": [{"kind": "replication pair", "name": "d", "status": "fault", "fault_level": "5"}]}, [drill()], "critical", "(fault level 5)"),
    ({"server_group": {"id": "id-erp", "name": "erp", "status": "available"}}, [drill()], "critical", "is not protected: available"),
    ({"server_group": {"id": "id-erp", "name": "erp", "status": "failed-over"}}, [drill()], "warning", "is not protected: failed-over"),
    ({"readiness": {"failover": {"ready": True, "forced": True, "failed": [{"detail": "late"}]}}}, [drill()], "critical", "without force: late"),
    ({"unreadable": "odd"}, [drill()], "critical", "could not be read: odd"),
    ({"drills": [{"name": "d", "status": "available"}]}, [drill()], "notice", "drill d still exists"),
])
def test_risks(changes, reports, level, text):
    group = one(changes, reports)
    assert group["level"] == level and (text is None or any(text in each["text"] for each in group["problems"])), group["problems"]


def test_the_riskiest_comes_first_and_a_trend_has_the_last_ten():
    found = judged(entry("a"), entry("b", faults=[{"kind": "x", "name": "y", "status": "fault"}]), entry("c"),
                   reports={"a": [drill(day) for day in range(1, 15)], "b": [drill()]})
    assert [group["name"] for group in found["groups"]] == ["b", "c", "a"]
    trend = found["groups"][2]["trend"]
    assert len(trend) == 10 and trend[-1]["at"] > trend[0]["at"] and found["totals"]["critical"] == 1


@pytest.mark.parametrize("asked, changes, reports, text", [
    ({"max_age": "30d"}, {}, [drill(40)], "without a successful drill in the last 30 days: erp"),
    ({"max_age": "30d"}, {}, [drill(1, "failed")], "without a successful drill"),
    ({"max_age": "89d"}, {"drilled": True}, [], "without a successful drill"),
    ({"max_age": "100d"}, {"drilled": False}, [], "without a successful drill"),
    ({"max_age": "100d"}, {"drilled": True}, [drill(1, "failed")], "without a successful drill"),
    ({"max_unprotected": 0}, {"server_group": {"id": "i", "name": "erp", "status": "available"}}, [drill()], "not protected, 0 allowed"),
    ({"max_unsynchronised": "0"}, {"replications": {"total": 1, "synchronised": 0, "progress": 1}}, [drill()], "not synchronised"),
    ({"max_faulty": 0}, {"faults": [{"kind": "x", "name": "y", "status": "fault"}]}, [drill()], "with faults"),
    ({"max_missed_targets": 0}, {}, [drill(measured=301.0)], "missed its recovery time target"),
    ({"max_failed_drills": 0}, {}, [drill(1, "failed")], "whose last drill failed"),
    ({"max_faulty": 5}, {"unreadable": "odd"}, [drill()], "could not be read"),
])
def test_limits(asked, changes, reports, text):
    found = judged(entry(**changes), reports={"erp": reports}, **asked)
    assert found["verdict"] == "failed" and any(text in each for each in found["failures"]), found["failures"]
    assert judged(entry(**changes), reports={"erp": reports})["verdict"] == "passed", "without a limit it tells only"
    if "unreadable" not in changes:
        assert judged(entry(), reports={"erp": [drill()]}, **asked)["verdict"] == "passed"


def test_without_reports_the_service_tells_of_three_months():
    for age in ("90d", "100d"):
        found = judged(entry(drilled=True), max_age=age)
        assert found["verdict"] == "passed" and found["totals"]["drilled_in_time"] == 1
    page = _posture_formats.render(dict(found, project={"region": "eu-de", "id": "p"}), "html")
    assert "no report" in page and ">now<" not in page


def test_a_check_that_saw_nothing_is_not_green():
    assert judged(max_age="1d")["failures"] == ["the project has no protection group"] and judged()["verdict"] == "passed"
    for wrong in ({"max_faulty": True}, {"max_faulty": "-1"}, {"max_faulty": [0]}, {"max_age": "soon"}):
        with pytest.raises(ValueError):
            judged(entry(), **wrong)


def test_what_is_not_declared():
    for named in ({"name": "db"}, {"server": "ecs-db"}, {"server": "s1"}):
        assert one(documents={"erp": {"protected_instances": [named]}})["unmanaged"] == []
    assert one(documents={"erp": {"protected_instances": []}})["unmanaged"] == ["db"] and one()["unmanaged"] is None
    assert judged(entry(), documents={"gone": {}, "id-erp": {}}, max_faulty=0)["failures"] == ["declared, but missing: gone"]


def test_a_chart_stays_in_its_frame():
    drills = one(reports=[drill(1), drill(2, "failed", None), drill(3, measured=900.0), drill(4, measured=0.0)])["trend"]
    shape = _posture_formats.trend(drills)
    assert all(each["y"] >= 0 and each["y"] + each["height"] <= shape["height"] and each["x"] + each["width"] <= shape["width"] for each in shape["bars"])
    assert [each["good"] for each in shape["bars"]] == [True, False, False, True] and 0 < shape["target"] < shape["height"]
    assert _posture_formats.trend([]) is None


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, tuple(sorted(name for name, _value in attrs))))


def _tags(page):
    parser = _Tags()
    parser.feed(page)
    return parser.seen


def _named(text):
    """A posture in which every text of the cloud, of the reports and of the documents is ``text``."""
    broken = entry(text, server_group={"id": text, "name": text, "status": text, "priority_station": text}, production_zone=text, drills=[
        {"name": text, "status": text}], faults=[{"kind": "x", "name": text, "status": text, "fault_level": text}], readiness={
            "failover": {"ready": False, "forced": False, "failed": [{"detail": text}]}})
    live = {"posture": [broken], "rpo_statistics": [{"resource_num": 1}], "problems": [text], "project": {"id": text, "region": text}}
    reports = {text: [drill(path=text)]}
    return _posture.judge(live, reports, {"max_faulty": 0, "documents": {text: {}}}, NOW)


@pytest.mark.parametrize("name", sorted(hostile.VALUES))
def test_hostile_text(name):
    found, plain = _named(hostile.VALUES[name]), _named("erp")
    page, metrics, whole = (_posture_formats.render(found, form) for form in ("html", "prom", "json"))
    assert _tags(page) == _tags(_posture_formats.render(plain, "html")), "text became markup"
    assert not hostile.controls(page, "\n\t") and not hostile.controls(metrics) and not hostile.controls(whole)
    assert hostile.EVALUATED not in page + metrics and json.loads(whole)["totals"]["groups"] == 1
    lines = [line for line in metrics.splitlines() if not line.startswith("#")]
    assert len(lines) == len([line for line in _posture_formats.render(plain, "prom").splitlines() if not line.startswith("#")])
    assert all(SAMPLE.fullmatch(line) for line in lines), [line for line in lines if not SAMPLE.fullmatch(line)]


def test_there_is_no_other_form():
    with pytest.raises(ValueError, match="html, json, prom"):
        _posture_formats.render(_named("erp"), "pdf")
