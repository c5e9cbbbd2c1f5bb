# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP: one thread a connection, one write an answer, everything else behind one lock."""

from __future__ import annotations

import collections
import json
import socketserver
import traceback
import uuid
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, unquote

from . import iam, routes
from .faults import Fault, not_published, sdrs
from .jobs import settle

_LONGEST_BODY = 12 * 1024 * 1024  # 3.2
_KEPT_REQUESTS = 100_000


class Request:
    """What a handler gets; it may set ``answer_status`` and ``answer_headers``."""

    def __init__(self, handler, body):
        self.server = handler.server
        self.method = handler.command
        self.headers = handler.headers
        self.body = body
        self.raw_path, _unused, self.raw_query = handler.path.partition("?")
        self.path = self.raw_path.rstrip("/") or "/"
        self.query = dict(parse_qsl(self.raw_query, keep_blank_values=True))
        self.args = {}
        self.answer_status = None
        self.answer_headers = {}

    def json(self):
        """The body as JSON; None when there is none (0201 when it is something else)."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError:
            raise sdrs("SDRS.0201") from None


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LONGEST_BODY:
            self.close_connection = True
            return self._answer(413, {"error_msg": "request entity too large", "error_code": "APIGW.0201"}, {})
        request = Request(self, self.rfile.read(length) if length else b"")
        status, content = self._handle(request)
        if not request.path.startswith("/__simulator__"):
            self.server.log.append({"method": request.method, "path": self.path, "status": status})
        return self._answer(status, content, request.answer_headers)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    def _handle(self, request):
        world = self.server.world
        with world.lock:
            try:
                settle(world)
                found = routes.match(request.method, request.path)
                if found is None:
                    raise not_published()
                handler, arguments, authenticated = found
                request.args = {name: unquote(value) for name, value in arguments.items()}
                if authenticated:
                    iam.authenticate(world, request)
                    if request.args.get("project_id", world.identity["project_id"]) != world.identity["project_id"]:
                        raise sdrs("SDRS.0001")
                content = handler(world, request)
                if request.method != "GET":
                    world.changed = True
                return request.answer_status or (204 if content is None else 200), content
            except Fault as fault:
                return fault.status, fault.body
            except Exception:  # an answer is owed even for a bug; the client sees what the service would say
                traceback.print_exc()
                return 500, {"error": {"code": "SDRS.0013", "message": "Internal error"}}

    def _answer(self, status, content, headers):
        body = b"" if content is None else json.dumps(content).encode("utf-8")
        lines = ["HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase), "Content-Length: %d" % len(body), "X-Request-Id: %s" % uuid.uuid4().hex]
        if body:
            lines.append("Content-Type: application/json")
        lines += ["%s: %s" % item for item in headers.items()]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)

    def log_message(self, format, *args):
        """Nothing: the log of requests is asked for by the admin API."""


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, world, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.world = world
        self.log = collections.deque(maxlen=_KEPT_REQUESTS)

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.server_address[1]

    def handle_error(self, request, client_address):
        """A client that goes away is no news."""
