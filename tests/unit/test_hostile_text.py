# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile text against every function that shows text, writes it into a file, or makes a path or a name of it.

The integration suite of the same name takes it through plays, on every ansible-core.
"""

from __future__ import annotations

import html.parser
import json
import os
import socket
from xml.etree import ElementTree

import hostile
import pytest
import yaml
from ansible.parsing.dataloader import DataLoader

from ansible_collections.cloud_dr.sdrs.plugins.callback.progress import Board
from ansible_collections.cloud_dr.sdrs.plugins.filter.user_path import report_folder, report_path
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import errors
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import text as text_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.plan import Plan, Request
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine.progress import ProgressReporter
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs import protected_instance
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _export_file, _inventory, _report, _report_formats

IDS = [letter * 32 for letter in "abcdefghijklmnopqrstuvwxyz"]
every_value = pytest.mark.parametrize("value", list(hostile.VALUES.values()), ids=list(hostile.VALUES))
shown_values = pytest.mark.parametrize("value", [value for value in hostile.VALUES.values() if value], ids=[key for key in hostile.VALUES if key != "empty"])


@every_value
def test_messages_are_one_line_without_control_characters(value):
    error = errors.SdrsError("protection group %s: no" % value, operation=value, remedy=value)
    for text in (str(error), error.as_dict()["message"], errors.one_line(value), text_module.visible(value, keep="")):
        assert not hostile.controls(text, "") and text.encode() is not None
    assert not hostile.controls(json.dumps(text_module.all_visible({value: [value]}), ensure_ascii=False))


@every_value
def test_an_event_can_be_passed_on_as_variables(value):
    event = text_module.inert({"name": value, "task": {value: [value, 1]}})
    text = json.dumps(event, ensure_ascii=False)
    assert not hostile.controls(text) and not [sign for sign in ("{{", "{%", "{#") if sign in event["name"]] and event["task"][event["name"]][1] == 1


@every_value
def test_a_path_stays_in_its_folder(value, tmp_path):
    folder, root = report_folder(str(tmp_path), value), str(tmp_path)
    assert os.path.dirname(folder) == root and os.path.normpath(folder) == folder and os.path.dirname(report_folder(folder, value)) == folder
    for file in (value, "." + value, ".%s.json" % value, "drill-" + value):
        path = report_path(root, value, file)
        assert os.path.dirname(path) == folder and os.path.normpath(path) == path != folder
        assert not hostile.controls(path, "") and len(os.path.basename(path).encode()) < 200
        os.makedirs(folder, exist_ok=True)
        with open(path, "w", encoding="utf-8"):
            pass


def test_two_texts_have_two_folders():
    assert len({text_module.path_part(value) for value in hostile.VALUES.values()}) == len(set(hostile.VALUES.values()))
    assert text_module.path_part("erp") == "erp" and text_module.path_part("\u751f\u4ea7") == "\u751f\u4ea7"
    assert text_module.path_part("a/b") != text_module.path_part("a_b") == "a_b"


def report(value):
    """A report into which the value has come everywhere."""
    job = {"job_id": value, "job_type": value, "status": "FAIL", "begin_time": "2026-11-21T03:00:00Z", "end_time": "2026-11-21T03:01:00Z",
           "error_code": value, "fail_reason": value, "entities": {}}
    check = {"check": "tcp_22", "status": "failed", "detail": value, "at": "2026-11-21T03:02:00Z"}
    return _report.build({
        "what": "drill", "name": value, "server_group": {"id": value, "name": value, "status": value, "priority_station": value},
        "readiness": [{"check": "group_status", "passed": False, "severity": "error", "detail": value}],
        "milestones": [{"name": "requested", "at": "2026-11-21T03:00:00Z"}],
        "results": [{"operations": [{"operation": "create", "resource_type": "drill", "name": value, "job_id": value}],
                     "jobs": [dict(job, entities={"sub_jobs": [dict(job, job_id=value + "2")]})]}],
        "servers": [{"id": value, "name": value, "protected_instance": value, "address": value, "checks": [check]}],
        "steps": [dict(check, check="after wave 1")], "notes": [value], "clean_up": [{"what": "VPC", "name": value, "status": "left", "detail": value}],
        "errors": [{"msg": value, "task": value, "error": {"code": value, "message": value, "remedy": value + "."}}],
        "run": {"play": value, "awx_user": value},
    })


class Tags(html.parser.HTMLParser):
    """Which elements a page has, with the names of their attributes."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, tuple(name for name, _value in attrs)))
        assert not [name for name, value in attrs if name in ("href", "src", "action", "formaction", "srcdoc") or name.startswith("on")]

    def handle_endtag(self, tag):
        self.found.append("/" + tag)

    def handle_comment(self, data):
        raise AssertionError(data)


@shown_values
def test_a_report_shows_it_as_text(value):
    whole, plain = report(value), report("x")
    for form in ("html", "md", "xml", "json"):
        text = _report_formats.render(whole, form)
        assert not hostile.controls(text, "\n\t") and text.encode() and (form == "json" or len(text) < 200_000)
    assert Tags(_report_formats.render(whole, "html")).found == Tags(_report_formats.render(plain, "html")).found
    assert hostile.markdown(_report_formats.render(whole, "md")) == hostile.markdown(_report_formats.render(plain, "md"))
    tree, other = (ElementTree.fromstring(_report_formats.render(each, "xml")) for each in (whole, plain))
    assert [(node.tag, sorted(node.attrib)) for node in tree.iter()] == [(node.tag, sorted(node.attrib)) for node in other.iter()]
    assert json.loads(_report_formats.render(whole, "json")) == whole, "data stays what it is"


@shown_values
def test_a_plan_report_shows_it_as_text(value):
    def plan(text):
        part = {"message": text, "code": text, "remedy": text, "path": "server_groups[0]"}
        return {
            "server_group": text, "time": "2026-11-21T03:00:00Z", "verdict": "drift", "message": text, "counts": {"create drill": 1}, "failed": [part],
            "blocked": [part], "diff": "--- live\n+++ wanted\n+%s" % text, "operations": [{"operation": "create", "resource_type": "drill", "name": text}],
        }

    text = _report_formats.render_plan(plan(value), "md")
    assert not hostile.controls(text, "\n\t") and hostile.markdown(text) == hostile.markdown(_report_formats.render_plan(plan("x"), "md"))
    content = _report_formats.render_plan(plan(value), "json")
    assert not hostile.controls(content) and json.loads(content) == plan(value)


@every_value
def test_an_export_is_yaml_that_gives_the_text_back(value, tmp_path):
    if not text_module.visible(value).isascii() or "\ud800" in value:
        value = value.encode("utf-8", "ignore").decode()
    group = {"name": value, "description": value, "protected_instances": [{"server": value, "tags": {value: value, "a": value}}]}
    left_out = [{"resource_type": "protected_instance", "id": "i", "name": value, "key": value, "reason": value}]
    text = _export_file.document({"topology": {"server_groups": [group]}, "left_out": left_out})
    assert not hostile.controls(text) and text.count("\n---\n") == 1
    head = text.partition("---\n")[0]
    assert all(line.startswith("# ") for line in head.splitlines()) and len(head) < 2000
    path = tmp_path / "erp.yml"
    path.write_text(text, encoding="utf-8")
    loaded = DataLoader().load_from_file(str(path))["topology_server_group"]
    assert loaded == group
    events = [event for event in yaml.parse(text) if isinstance(event, yaml.ScalarEvent) and event.value == value]
    templates = [event for event in events if any(sign in value for sign in ("{{", "{%", "{#"))]
    assert len(events) >= 5 and all(event.tag == "!unsafe" for event in templates)


def inventory(*names, kind="server_groups", taken=()):
    groups = [{"id": number, "name": name, "status": "protected", "priority_station": "source"} for number, name in zip(IDS, names)]
    return {variables["sdrs_id"]: (host, variables) for host, variables, _groups in _inventory.hosts({"server_groups": groups}, kind, taken=taken)}


@every_value
def test_a_host_is_nothing_but_a_host(value):
    host, variables = inventory(value)[IDS[0]]
    assert host in (value, IDS[0]) and variables["sdrs_name"] == value
    assert text_module.path_part(host) == host and host[0] not in "-.~!&@" and host not in ("all", "ungrouped", "localhost", "127.0.0.1")
    assert not set(host) & set("*?[]:,!&~{}%/\\ \"'") and not host.endswith((".yml", ".yaml", ".json")) and len(host) < 130
    if host != value:
        assert variables["drill_server_group"] == variables["failover_server_group"] == IDS[0], "playbooks take a host's name for the group's"
    group = _inventory.group_name(value, {"erp-db-1"})
    assert group.isidentifier() and group not in ("all", "ungrouped", "localhost", "erp-db-1") and len(group) < 150


def test_a_host_never_means_another_object():
    assert inventory(IDS[1], "erp")[IDS[0]][0] == IDS[0], "another group's ID as a name"
    hosts = inventory("erp", "erp", "erp_" + IDS[0])
    assert len({host for host, _variables in hosts.values()}) == 3
    assert inventory("erp", taken={"erp"})[IDS[0]][0] == IDS[0] and inventory("erp")[IDS[0]][0] == "erp"
    assert _inventory.hosts({"server_groups": [{"id": "../x", "name": "erp"}]}, "server_groups") == []


@every_value
def test_only_an_address_is_what_ssh_connects_to(value):
    found = {
        "server_groups": [{"id": IDS[0], "name": "erp", "source_availability_zone": "z", "priority_station": "source"}], "drills": [],
        "protected_instances": [{"id": IDS[1], "name": "web", "server_group_id": IDS[0], "source_server": "s", "tags": [{"key": value, "value": value}]}],
        "servers": {"s": {"id": "s", "availability_zone": "z", "addresses": [value, "fe80::1%" + value, "192.168.0.7"]}},
    }
    (_host, variables, _groups), = _inventory.hosts(found, "protected_instances")
    assert variables["ansible_host"] == ("127.0.0.1" if value == "127.0.0.1" else "192.168.0.7")


@every_value
def test_a_progress_line_is_one_line(value, tmp_path, monkeypatch):
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(path)
        listening.settimeout(5)
        step = Plan().add("create", protected_instance.KIND, value, None, Request("create_protected_instance", body={}))
        step.job = {"job_id": value}
        board, teller = Board(), ProgressReporter(path)
        for event, about in (("begun", None), ("running", {"progress": value}), ("failed", {"error": value})):
            teller.tell(event, step, about)
        lines = [line for _event in range(3) for line in (board.heard(json.loads(listening.recv(8192))), board.in_flight()) if line]
    assert len(lines) == 3 and all(not hostile.controls(line, "") and len(line) < 1000 for line in lines)
