# SPDX-License-Identifier: GPL-3.0-or-later
"""Info modules of other collections, where they are installed, as one more measure of what a task costs.

They ask a server here that answers each of their clouds' first questions with nothing.
"""

from __future__ import annotations

import importlib.util
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_AWS = b'<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>1</requestId><reservationSet/></DescribeInstancesResponse>'


class _Cloud(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        base = "http://%s" % self.headers["Host"]
        content, headers = {"servers": [], "meta": {"pagination": {"page": 1, "per_page": 25, "next_page": None, "last_page": 1, "total_entries": 0}}}, {}
        if self.path == "/":
            return self._send(_AWS, "text/xml")
        if self.path.startswith("/v3/auth"):
            headers = {"X-Subject-Token": "t"}
            interfaces = [{"interface": "public", "region": "R", "region_id": "R", "url": base + "/compute/v2.1"}]
            content = {"token": {
                "expires_at": "2099-01-01T00:00:00.000000Z", "issued_at": "2020-01-01T00:00:00.000000Z", "methods": ["password"],
                "project": {"id": "p", "name": "p", "domain": {"id": "d", "name": "d"}}, "user": {"id": "u", "name": "u", "domain": {"id": "d", "name": "d"}},
                "roles": [], "catalog": [{"type": "compute", "name": "nova", "id": "c", "endpoints": interfaces}],
            }}
        elif self.path.rstrip("/") == "/v3":
            content = {"version": {"id": "v3.14", "status": "stable", "links": [{"rel": "self", "href": base + "/v3/"}]}}
        elif self.path.rstrip("/") == "/compute/v2.1":
            links = [{"rel": "self", "href": base + self.path}]
            content = {"version": {"id": "v2.1", "status": "CURRENT", "version": "2.90", "min_version": "2.1", "links": links}}
        return self._send(json.dumps(content).encode(), "application/json", headers)

    do_GET = do_POST = _answer

    def _send(self, body, kind, headers=()):
        lines = ["HTTP/1.1 200 OK", "Content-Type: " + kind, "Content-Length: %d" % len(body), *("%s: %s" % item for item in dict(headers).items())]
        self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)

    def log_message(self, format, *args):
        """Nothing."""


def installed():
    """``[(module, task)]`` of what is installed, asking a server in a thread of this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Cloud)
    server.daemon_threads = True
    base = "http://127.0.0.1:%d" % server.server_address[1]
    auth = {"auth_url": base + "/v3", "username": "u", "password": "p", "project_name": "p", "user_domain_name": "d", "project_domain_name": "d"}
    tasks = {
        "hetzner.hcloud": ("server_info", {"api_token": "x" * 64, "api_endpoint": base}, ("hcloud", "dateutil")),
        "amazon.aws": ("ec2_instance_info", {"endpoint_url": base, "region": "eu-central-1", "access_key": "x", "secret_key": "y"}, ("boto3",)),
        "openstack.cloud": ("server_info", {"auth": auth, "region_name": "R"}, ("openstack",)),
    }
    found = []
    for collection, (module, options, libraries) in tasks.items():
        try:
            there = all(importlib.util.find_spec(each) for each in ("ansible_collections." + collection, *libraries))
        except ModuleNotFoundError:
            there = False
        if there:
            name = "%s.%s" % (collection, module)
            found.append((name, {name: options}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return found
