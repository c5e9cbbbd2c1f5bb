# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebooks under ansible-rulebook itself, killed and started again; credentials are variables, as EDA controllers inject them.

SDRS_RULEBOOK names the folder of ansible-rulebook; the gate "ansible-rulebook" makes it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import awx_job
import pytest

from support import TREE, eventually

TOOLS = os.environ.get("SDRS_RULEBOOK")
pytestmark = pytest.mark.skipif(not TOOLS, reason="SDRS_RULEBOOK names no folder with ansible-rulebook; tests/gates.py ansible-rulebook makes it")


class Running:
    """ansible-rulebook at work; ``shown()`` is what it has printed."""

    def __init__(self, folder, simulator, rulebook, *arguments):
        (folder / "variables.yml").write_text(json.dumps({
            "sdrs_region": simulator.info["region"], "sdrs_project_name": simulator.info["project_name"], "sdrs_endpoint": simulator.url,
            "sdrs_access_key": simulator.info["access_key"], "sdrs_secret_key": simulator.info["secret_key"], "sdrs_interval": 1,
            "sdrs_state_file": str(folder / "state" / "events.json"),
        }))
        (folder / "inventory.yml").write_text("all: {hosts: {localhost: {ansible_connection: local}}}\n")
        own = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "HW_", "SDRS_"))}
        self._path = folder / ("output-%d" % len(list(folder.glob("output-*"))))
        with self._path.open("w") as output:
            self.process = subprocess.Popen(
                [str(Path(TOOLS) / "ansible-rulebook"), "--rulebook", "cloud_dr.sdrs." + rulebook, "-i", "inventory.yml", "--vars", "variables.yml",
                 "--print-events", *arguments],
                cwd=folder, stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                env={**own, "ANSIBLE_COLLECTIONS_PATH": str(TREE), "PATH": "%s:%s" % (TOOLS, own["PATH"]), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"})

    def shown(self):
        return self._path.read_text()

    def waits_for(self, text):
        self.until(lambda: text in self.shown())

    def until(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < deadline and self.process.poll() is None, self.shown()[-4000:]
            time.sleep(0.05)

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


@pytest.fixture
def rulebook(tmp_path, simulator):
    started = []

    def start(name, *arguments):
        started.append(Running(tmp_path, simulator, name, *arguments))
        return started[-1]

    yield start
    for each in started:
        if each.process.poll() is None:
            each.kill()


@pytest.fixture
def pair(simulator, group, task):
    task("sdrs_protected_instance", name="web", server="ecs-erp-web-1", server_group="erp")
    task("sdrs_server_group", name="erp", protection="enabled")
    return task("sdrs_replication_info", server_group="erp")["replications"][0]


def test_killed_and_started_again(rulebook, simulator, pair, task, tmp_path):
    told = "erp: replication of %s is disconnected" % pair["name"]
    running = rulebook("faults")
    running.until((tmp_path / "state" / "events.json").exists)
    simulator.patch("replications", pair["id"], fault_level="5")
    running.waits_for(told)
    running.kill()

    # While nobody looks: mended, cut again, and a task fails.
    simulator.patch("replications", pair["id"], fault_level="0")
    again = rulebook("faults")
    again.waits_for("'new': '0'")
    assert told not in again.shown() and "'old': '5'" in again.shown(), "what was told is not told again, what changed is told"
    again.kill()
    simulator.patch("replications", pair["id"], fault_level="5")
    simulator.fail_job(job_type="createProtectedInstanceNoCG", error_code="EVS.2024", fail_reason="volume is error!")
    with pytest.raises(Exception, match="EVS.2024"):
        task("sdrs_protected_instance", name="db", server="ecs-erp-db-1", server_group="erp")
    last = rulebook("faults")
    last.waits_for(told)
    last.waits_for("createProtectedInstanceNoCG of db failed")
    for _each in range(3):
        simulator.fault(status=500, path="server-groups")
    last.kill()
    silent = rulebook("faults")
    looks = len(simulator.log())
    eventually(lambda: len(simulator.log()) > looks + 12, 120)
    assert told not in silent.shown() and "createProtectedInstanceNoCG" not in silent.shown()


def test_wrong_credentials_end_it(rulebook, simulator, pair, tmp_path):
    simulator.info["secret_key"] = "wrong"
    simulator.forget()
    running = rulebook("faults")
    assert running.process.wait(120) != 0 and "AuthError" in running.shown() and "wrong" not in running.shown()
    assert len(simulator.log()) <= 2, "five bad signatures lock a key"


class _Controller(BaseHTTPRequestHandler):
    """What ansible-rulebook asks a controller: templates by name, their launch, the job's status."""

    def _answer(self, content, status=200):
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if path.endswith("/unified_job_templates/"):
            name = query["name"][0]
            kind = "workflow_job_template" if "approval" in name else "job_template"
            # Only what the template asks for may be given.
            template = {"id": 1, "type": kind, "name": name, "related": {"launch": "/api/v2/%ss/1/launch/" % kind}, "ask_limit_on_launch": True,
                        "ask_variables_on_launch": False, "ask_inventory_on_launch": False, "ask_labels_on_launch": False, "survey_enabled": True,
                        "summary_fields": {"organization": {"id": 1, "name": "Default"}}}
            return self._answer({"count": 1, "next": None, "results": [template]})
        if "id__in" in query:
            return self._answer({"count": 1, "next": None, "results": [
                {"id": 7, "status": "running", "created": "2026-01-01T00:00:00Z", "artifacts": {}, "url": "/api/v2/jobs/7/"}]})
        return self._answer({"version": "24.6.1", "count": 1, "results": [{"id": 1, "name": "Default"}]})

    def do_POST(self):
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.launched.append((self.path, given))
        self._answer({"id": 7, "url": "/api/v2/jobs/7/", "job": 7, "workflow_job": 7, "status": "pending"}, 201)

    def log_message(self, *args):
        pass


def test_a_person_is_asked(rulebook, simulator, pair, tmp_path):
    with ThreadingHTTPServer(("127.0.0.1", 0), _Controller) as server:
        server.launched = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        running = rulebook("approval", "--controller-url", "http://127.0.0.1:%d" % server.server_address[1], "--controller-token", "t")
        running.until((tmp_path / "state" / "events.json").exists)
        simulator.patch("replications", pair["id"], fault_level="5")
        running.until(lambda: server.launched)
        simulator.patch("replications", pair["id"], fault_level="2")
        running.until(lambda: len(server.launched) > 1)
        server.shutdown()
        assert "secret" not in running.shown()
    confirmed = {"failover_confirm": "erp"}
    assert server.launched == [
        ("/api/v2/job_templates/1/launch/", {"job_type": "check", "limit": "erp", "extra_vars": confirmed}),
        ("/api/v2/workflow_job_templates/1/launch/", {"limit": "erp", "extra_vars": confirmed}),
    ]
    made = awx_job.objects()
    assert {"SDRS failover"} <= {each["name"] for each in made["sdrs_job_templates"]} and "SDRS failover with approval" in {
        each["name"] for each in made["sdrs_workflows"]}
