# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP: one thread a connection, one write an answer, everything else behind one lock."""

from __future__ import annotations

import collections
import json
import socket
import socketserver
import threading
import time
import traceback
import uuid
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from . import iam, routes, services, vpcs, wire
from .faults import Fault, not_published
from .jobs import settle
from .request import Request
from .world import World

_LONGEST_BODY = 12 * 1024 * 1024  # 3.2
_KEPT_REQUESTS = 100_000


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def _serve(self) -> Any:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LONGEST_BODY:
            self.close_connection = True
            return self._answer(413, {"error_msg": "request entity too large", "error_code": "APIGW.0201"}, {})
        request = Request(self, self.rfile.read(length) if length else b"")
        if request.path.startswith("/__simulator__"):
            status, content = self._handle(request)
            return self._answer(status, content, request.answer_headers)
        with self.server.world.lock:
            fault = self.server.limit.exceeded(self.server.world) or wire.planned(self.server.world, request)
        if fault:
            return self._go_wrong(request, fault)
        status, content = self._handle(request)
        self._log(request, status)
        if request.answer_text is not None:
            return self._send(status, request.answer_text.encode("utf-8"), {"Content-Type": "text/plain", **request.answer_headers})
        return self._answer(status, content, request.answer_headers)

    def _log(self, request: Request, status: Any) -> None:
        self.server.log.append({"method": request.method, "path": self.path, "status": status})

    def _go_wrong(self, request: Request, fault: dict) -> Any:
        """Let a planned fault meet the request; the log has status 0 where no answer was sent."""
        answer = None
        if fault.get("happens") or fault.get("truncated") or fault.get("lost") == "after":
            answer = self._handle(request)
        self._log(request, fault.get("status", 0))
        if "status" in fault:
            body, kind = wire.body_of(fault)
            return self._send(fault["status"], body, {"Content-Type": kind, **fault.get("headers", {})})
        self.close_connection = True
        if "refused" in fault:
            self.server.refuse(fault["refused"])
        elif answer is not None and fault.get("truncated"):
            body = json.dumps(answer[1]).encode("utf-8")
            self._send(answer[0], body, {"Content-Type": "application/json"}, len(body) // 2)
        return None

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _serve

    def _handle(self, request: Request) -> tuple:
        world = self.server.world
        with world.lock:
            try:
                settle(world)
                vpcs.settle(world)
                found = routes.match(request.method, request.path)
                if found is None:
                    raise not_published()
                handler, arguments, authenticated = found
                request.args = {name: unquote(value) for name, value in arguments.items()}
                if authenticated:
                    iam.authenticate(world, request)
                    services.check(world, request)
                content = handler(world, request)
                if request.method != "GET":
                    world.changed = True
                return request.answer_status or (204 if content is None else 200), content
            except Fault as fault:
                return fault.status, fault.body
            except Exception:  # an answer is owed even for a bug; the client sees what the service would say
                traceback.print_exc()
                return 500, {"error": {"code": "SDRS.0013", "message": "Internal error"}}

    def _answer(self, status: int, content: Any, headers: dict) -> None:
        body = b"" if content is None else json.dumps(content).encode("utf-8")
        self._send(status, body, {**({"Content-Type": "application/json"} if body else {}), **headers})

    def _send(self, status: int, body: bytes, headers: dict, part: int | None = None) -> None:
        """Write an answer at once, or only the first ``part`` bytes of its body."""
        if self.server.refusing:
            self.close_connection = True
        date = formatdate(time.time() + self.server.world.settings["clock_offset_seconds"], usegmt=True)
        lines = ["HTTP/1.1 %d %s" % (status, HTTPStatus(status).phrase), "Date: " + date, "Content-Length: %d" % len(body)]
        lines += ["X-Request-Id: %s" % uuid.uuid4().hex]
        lines += ["%s: %s" % item for item in headers.items()]
        self.wfile.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body[:part])

    def log_message(self, format: Any, *args: Any) -> None:
        """Nothing: the log of requests is asked for by the admin API."""


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, world: World, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.world = world
        self.refusing = False
        self.kept = None
        self.limit = wire.Limit()
        self.log: collections.deque[dict] = collections.deque(maxlen=_KEPT_REQUESTS)

    @property
    def url(self) -> str:
        return "http://127.0.0.1:%d" % self.server_address[1]

    def refuse(self, seconds: Any) -> None:
        """Refuse connections for so many seconds; what is connected is let go at its next answer."""
        self.refusing = True
        threading.Thread(target=self._refuse, args=(seconds,), daemon=True).start()

    def _refuse(self, seconds: Any) -> None:
        address = self.server_address
        self.shutdown()
        self.server_close()
        time.sleep(seconds)
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_address = address
        self.server_bind()
        self.server_activate()
        self.refusing = False
        self.serve_forever(poll_interval=0.1)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""
