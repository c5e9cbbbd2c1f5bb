# SPDX-License-Identifier: GPL-3.0-or-later
"""An adapter for requests that answers what a test has prepared."""

from __future__ import annotations

import io
import json
from typing import Any

from requests.adapters import BaseAdapter
from requests.models import Response


class Wire(BaseAdapter):
    """Answers from a list of ``(status, body, headers)``, exceptions or callables; keeps what was sent."""

    def __init__(self, *answers: Any) -> None:
        super().__init__()
        self.answers = list(answers)
        self.sent: list[Any] = []

    def send(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        self.sent.append(request)
        answer = self.answers.pop(0)
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        status, body, headers = (*answer, {})[:3]
        response = Response()
        response.status_code, response.request, response.url = status, request, request.url
        response.headers.update(headers)
        response.raw = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        return response

    def close(self) -> None:
        pass
