# SPDX-License-Identifier: GPL-3.0-or-later
"""AWX's API as far as apply.yml needs it: records what is written, and refuses what AWX would refuse (awx_rules.py)."""

from __future__ import annotations

import itertools
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import awx_rules

TOKEN = "token-of-the-controller"
_JOBS = ("job_templates", "workflow_job_templates", "projects", "inventory_sources", "workflow_approval_templates")
_ROOT = re.compile(r"/api(?:/controller)?/v2/(.*)")


class Refused(Exception):
    """HTTP status and what AWX says."""


class Controller:
    """The objects, by kind and ID; ``writes`` are the requests that changed something."""

    def __init__(self):
        self.objects, self.linked, self.roles, self.writes, self._ids = {}, {}, {}, [], itertools.count(1)
        self._add("organizations", {"name": "Default"})

    def look(self, kind, number):
        """The object, also as a unified job template."""
        for each in _JOBS if kind == "unified_job_templates" else (kind,):
            if number in self.objects.get(each, {}):
                return self.objects[each][number]
        return None

    def every(self, kind):
        return [found for each in (_JOBS if kind == "unified_job_templates" else (kind,)) for found in self.objects.get(each, {}).values()]

    def named(self, kind, name):
        """The one object of this name."""
        (found,) = (each for each in self.every(kind) if each.get("name") == name)
        return found

    def links(self, kind, number, name):
        return self.linked.setdefault((kind, number, name), [])

    def _add(self, kind, data):
        number = next(self._ids)
        place = "/api/v2/%s/%d/" % (kind, number)
        created = dict(data, id=number, url=place, type=kind[:-3] + "y" if kind.endswith("ies") else kind[:-1],
                       related={}, summary_fields={"object_roles": {}})
        for role in awx_rules.ROLES.get(kind, ()):
            identity = next(self._ids)
            self.roles[identity] = (kind, number, role)
            created["summary_fields"]["object_roles"][role + "_role"] = {"id": identity}
        if kind in ("job_templates", "workflow_job_templates"):
            created["related"]["survey_spec"] = place + "survey_spec/"
            created.setdefault("survey_spec", {})
        if kind == "projects":
            # Its first update begins at once.
            created.update(scm_revision="0" * 40)
            created["related"]["update"] = place + "update/"
            created["summary_fields"]["current_update"] = {"id": next(self._ids)}
        if kind == "inventory_sources":
            created["organization"] = self.look("inventories", data["inventory"])["organization"]
        self.objects.setdefault(kind, {})[number] = created
        return created

    def create(self, kind, data):
        problems = awx_rules.check(kind, data, self.look)
        scope = awx_rules.UNIQUE.get(kind, ("organization",))
        same = [each for each in self.every(kind) if all(each.get(field) == data.get(field) for field in ("name", *(scope or ())))]
        if scope is not None and same:
            problems.append("%s with this name already exists" % kind)
        if problems:
            raise Refused(400, {"detail": problems})
        return self._add(kind, data)

    def change(self, kind, number, data):
        found = self.look(kind, number)
        writable = {name: found[name] for name in awx_rules.FIELDS[kind] if name in found}
        problems = awx_rules.check(kind, {**writable, **data}, self.look)
        if problems:
            raise Refused(400, {"detail": problems})
        found.update(data)
        return found

    def answer(self, method, target, data):
        """``(status, content)`` of a request."""
        url = urlsplit(target)
        match = _ROOT.fullmatch(url.path)
        parts = match.group(1).strip("/").split("/") if match else []
        if len(parts) == 1:
            return self._collection(method, parts[0], dict(parse_qsl(url.query)), data)
        kind, number, *rest = parts
        if kind == "project_updates":
            return 200, {"status": "successful", "finished": "now", "scm_revision": "0" * 40}
        if kind == "roles":
            return self._listed(method, self.links("roles", int(number), rest[0]), rest[0], data)
        found = self.look(kind, int(number))
        if not found:
            raise Refused(404, {"detail": "Not found."})
        if not rest:
            return (200, found) if method == "GET" else (200, self.change(kind, int(number), data))
        return self._below(method, kind, found, rest[0], data)

    def _collection(self, method, kind, query, data):
        if kind not in awx_rules.FIELDS and kind not in ("organizations", "unified_job_templates"):
            raise Refused(404, {"detail": "Not found."})
        if method == "POST":
            return 201, self.create(kind, data)
        found = [each for each in self.every(kind) if all(str(each.get(name)) == value for name, value in query.items())]
        return 200, {"count": len(found), "next": None, "previous": None, "results": found}

    def _below(self, method, kind, found, name, data):
        if name == "survey_spec" and "survey_spec" in found:
            if method == "GET":
                return 200, found["survey_spec"]
            problems = awx_rules.survey_problems(data)
            if problems:
                raise Refused(400, {"error": problems})
            found["survey_spec"] = data
            return 200, {}
        if name == "create_approval_template" and kind == "workflow_job_template_nodes":
            made = self.create("workflow_approval_templates", data)
            found["unified_job_template"], found["related"]["unified_job_template"] = made["id"], made["url"]
            return 201, made
        if name in awx_rules.HAS.get(kind, ()):
            return self._listed(method, self.links(kind, found["id"], name), awx_rules.ASSOCIATIONS[name], data)
        raise Refused(404, {"detail": "Not found."})

    def _listed(self, method, numbers, kind, data):
        if method == "GET":
            found = [self.look(kind, number) for number in numbers]
            return 200, {"count": len(found), "next": None, "previous": None, "results": found}
        if not self.look(kind, data.get("id")):
            raise Refused(400, {"msg": "no %s has the ID %s" % (kind, data.get("id"))})
        (numbers.remove if data.get("disassociate") else numbers.append)(data["id"])
        return 204, None

    def granted(self):
        """``{(role, team, object)}``."""
        found = set()
        for (place, number, kind), numbers in self.linked.items():
            if place == "roles" and kind == "teams":
                about, target, role = self.roles[number]
                found |= {(role, self.look("teams", each)["name"], self.look(about, target)["name"]) for each in numbers}
        return found


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self):
        size = int(self.headers.get("Content-Length") or 0)
        data = json.loads(self.rfile.read(size) or "{}") if size else {}
        controller = self.server.controller
        try:
            if self.headers["Authorization"] != "Bearer " + TOKEN:
                raise Refused(401, {"detail": "Authentication credentials were not provided."})
            with self.server.guard:
                status, content = controller.answer(self.command, self.path, data)
                if self.command != "GET":
                    controller.writes.append((self.command, self.path, data))
        except Refused as refused:
            status, content = refused.args
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for name, value in (("X-API-Product-Name", "AWX"), ("X-API-Product-Version", "24.6.1"), ("Content-Type", "application/json"),
                            ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PATCH = do_DELETE = _serve

    def log_message(self, *args):
        pass


class Served:
    """``with Served() as (controller, url):``"""

    def __enter__(self):
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.controller, self._server.guard = Controller(), threading.Lock()
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self._server.controller, "http://127.0.0.1:%d" % self._server.server_address[1]

    def __exit__(self, *_exception):
        self._server.shutdown()
        self._server.server_close()
