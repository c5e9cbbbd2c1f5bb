# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that do to a connection whatever a test wants, on 127.0.0.1 and a port of the system's choice."""

from __future__ import annotations

import contextlib
import socket
import threading


class Server:
    """``serve(connection, request)`` is called for every request, with its bytes, until it returns False or the connection ends.

    ``requests`` holds all requests, ``connections`` counts.
    """

    def __init__(self, serve):
        self._serve, self.requests, self.connections, self.ended = serve, [], 0, threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.url = "http://127.0.0.1:%d" % self.port
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _address = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with contextlib.suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while request := _request(connection):
                self.requests.append(request)
                if self._serve(connection, request) is False:
                    return

    def stop(self):
        self.ended.set()
        # A blocked accept() is woken only by this.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def _request(connection):
    """One request with its body, as bytes; empty at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65536)
        if not received:
            return b""
        data += received
    head, _end, body = data.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0]):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def response(body=b"{}", status="200 OK", *headers):
    """A whole response."""
    lines = ["HTTP/1.1 " + status, "Content-Length: %d" % len(body), *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
