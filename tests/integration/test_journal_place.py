# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal is kept by ansible-playbook itself, however the hosts of a play are reached."""

from __future__ import annotations

import json
from pathlib import Path

from runbook_site import ended
from support import ansible_playbook


def test_the_connection_and_become_do_not_matter(tmp_path):
    """A host that cannot be reached, a become method that does not exist, and no in-process tasks."""
    paths = {"path": str(tmp_path / "working.jsonl"), "record": str(tmp_path / "record.jsonl")}
    begin = {"action": "begin", "run": {"what": "drill", "name": "d"}, **paths}
    note = {"action": "append", "path": paths["path"], "entries": [{"event": "milestone", "name": "available"}]}
    (tmp_path / "play.yml").write_text(json.dumps([{
        "hosts": "all", "gather_facts": False, "become": True, "become_method": "ansible.builtin.su",
        "vars": {"ansible_become_exe": "/nonexistent/su", "sdrs_in_process": False},
        "tasks": [{"cloud_dr.sdrs.run_journal": begin}, {"cloud_dr.sdrs.run_journal": note}],
    }]))
    (tmp_path / "inventory.yml").write_text(json.dumps({"all": {"hosts": {"lost": {"ansible_host": "127.0.0.1", "ansible_port": 1}}}}))
    ended(ansible_playbook(tmp_path, "play.yml", "-i", "inventory.yml"))
    for path in paths.values():
        events = [json.loads(line) for line in Path(path).read_text().splitlines()]
        assert [each["event"] for each in events][-2:] == ["begun", "milestone"], path
