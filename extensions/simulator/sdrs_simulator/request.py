# SPDX-License-Identifier: GPL-3.0-or-later
"""A request as the operations see it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl

from .faults import sdrs


class Request:
    """What a handler gets; it may set ``answer_status``, ``answer_headers`` and ``answer_text``."""

    def __init__(self, handler: Any, body: bytes) -> None:
        self.server = handler.server
        self.method = handler.command
        self.headers = handler.headers
        self.body = body
        self.raw_path, _unused, self.raw_query = handler.path.partition("?")
        self.path = self.raw_path.rstrip("/") or "/"
        self.query = dict(parse_qsl(self.raw_query, keep_blank_values=True))
        self.args: dict[str, str] = {}
        self.answer_status: int | None = None
        self.answer_headers: dict[str, str] = {}
        self.answer_text: str | None = None  # in place of JSON

    def json(self) -> Any:
        """The body as JSON; None when there is none (0201 when it is something else)."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except ValueError:
            raise sdrs("SDRS.0201") from None
