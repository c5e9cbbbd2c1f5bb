# SPDX-License-Identifier: GPL-3.0-or-later
"""The example repository, run as its README says."""

from __future__ import annotations

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from support import ROOT, Workplace

# What the vendor's API takes of a new member (POST …/elb/pools/{pool_id}/members, CreateMemberOption).
MEMBER = {"address", "admin_state_up", "name", "project_id", "protocol_port", "subnet_cidr_id", "weight", "availability_zone"}


@pytest.fixture
def pool():
    """A load balancer's pool as ELB's API v3 shows it: ``pool.members``, ``pool.url``."""
    class Handler(BaseHTTPRequestHandler):
        def answer(self, status, content):
            body = json.dumps(content if self.headers["X-Auth-Token"] == "token-of-the-user" else {"error_code": "ELB.1001"}).encode()
            self.send_response(status if self.headers["X-Auth-Token"] == "token-of-the-user" else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.answer(200, {"members": self.server.members, "request_id": "r", "page_info": {"current_count": len(self.server.members)}})

        def do_POST(self):
            member = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["member"]
            assert set(member) <= MEMBER and isinstance(member["protocol_port"], int)
            if member["address"] in {each["address"] for each in self.server.members}:
                return self.answer(409, {"error_code": "ELB.8907"})
            self.server.members.append(dict(member, id="m%d" % len(self.server.members)))
            return self.answer(201, {"member": self.server.members[-1]})

        def log_message(self, *args):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.members, server.url = [], "http://127.0.0.1:%d/v3/p/elb/pools/pool" % server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_the_hook_for_load_balancers_adds_members_once(simulator, tmp_path, pool):
    play = Workplace(tmp_path, simulator)
    (tmp_path / "play.yml").write_text(json.dumps([{
        "hosts": "localhost", "gather_facts": False, "connection": "local",
        "tasks": [{"ansible.builtin.include_tasks": str(ROOT / "examples" / "gitops" / "hooks" / "elb_members.yml")}],
        "vars": {
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "failover_wave": {"number": 1, "instances": ["web-1", "db-1"]}, "elb_pool": {"url": pool.url, "subnet": "s" * 32},
            "elb_pool_members": [{"instance": name, "address": "192.168.0.%d" % number, "port": 443} for number, name in enumerate(("web-1", "web-2"))],
        },
    }]))
    checked = play("play.yml", "--check", inventory="localhost,", OS_AUTH_TOKEN="token-of-the-user")
    assert checked.returncode == 0 and not pool.members, checked.stdout + checked.stderr
    for changed in (1, 0):
        done = play("play.yml", "-v", inventory="localhost,", OS_AUTH_TOKEN="token-of-the-user")
        assert done.returncode == 0 and "changed=%d" % changed in done.stdout, done.stdout + done.stderr
        assert "token-of-the-user" not in done.stdout
    assert [(each["name"], each["address"]) for each in pool.members] == [("web-1", "192.168.0.0")], "those of the wave"
    assert play("play.yml", inventory="localhost,", OS_AUTH_TOKEN="another").returncode == 2


@pytest.mark.nightly
def test_the_repository_from_topology_to_failback(simulator, tmp_path):
    shutil.copytree(ROOT / "examples" / "gitops", tmp_path, dirs_exist_ok=True)
    play = Workplace(tmp_path, simulator)
    zones = simulator.info["availability_zones"]
    host = (tmp_path / "host_vars" / "erp.yml")
    host.write_text(host.read_text().replace("eu-de-01", zones[0]).replace("eu-de-02", zones[1]))
    connection = ("-e", json.dumps({"sdrs_connection": play.connection}))
    for playbook, *arguments in (
        ("plan",), ("converge",), ("plan", "-e", "plan_fail_on_drift=true"), ("drill", "--limit", "erp"), ("drill_status",),
        ("planned_failover", "--limit", "erp", "-e", "failover_confirm=erp"), ("failback", "-e", "failover_confirm=erp"), ("export",),
    ):
        done = play("playbooks/%s.yml" % playbook, *connection, *arguments)
        assert done.returncode == 0, (playbook, done.stdout[-3000:], done.stderr)
    assert play.report("failback")[0]["verdict"] == "passed" and (tmp_path / "exports" / "erp.yml").exists()
    assert {path.name.split("-")[0] for path in (tmp_path / "reports" / "erp").iterdir()} == {
        "plan", "drill", "planned_failover", "failback", "SHA256SUMS"}
