# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports the progress of a task to listeners on the same machine. PRIVATE to the collection. Imports nothing of Ansible.

Datagrams to the socket of the callback ``cloud_dr.sdrs.progress``: what cannot be sent at once is dropped, for a task must
never wait for, or fail by, its audience.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterable
from typing import Any

from .._cloud.mask import masked
from .._cloud.text import visible
from .plan import Step

VARIABLE = "SDRS_PROGRESS_SOCKET"
# Characters, so that the datagram stays below the callback's limit.
_LONGEST_NAME, _LONGEST_ERROR = 200, 600


class ProgressReporter:
    """Sends the events of steps; does nothing without a listener."""

    def __init__(self, path: str | None = None) -> None:
        self._path, self._socket = path or os.environ.get(VARIABLE) or "", None
        if self._path:
            try:
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                self._socket.setblocking(False)
            except (OSError, AttributeError):
                self._socket = None

    def close(self) -> None:
        """Stop sending."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def planned(self, steps: Iterable[Step]) -> None:
        """So many steps are to be carried out from now on."""
        self._send({"event": "planned", "steps": sum(bool(step.call) for step in steps)})

    def tell(self, event: str, step: Step, obj: dict | None = None) -> None:
        """:param event: ``begun``, ``running``, ``done`` or ``failed``
        :param obj: the step's object as a list shows it, or ``{"error": text}``
        """
        if self._socket is None:
            return
        job, obj = step.job or {}, obj or {}
        progress = obj.get("progress")
        message = {
            "event": event, "step": id(step), "quick": step.quick, "operation": step.operation, "resource_type": step.kind.title,
            "name": _short(step.name, _LONGEST_NAME), "job_id": _short(job.get("job_id"), _LONGEST_NAME),
            "progress": progress if isinstance(progress, int) else None, "error": _short(obj.get("error"), _LONGEST_ERROR),
        }
        self._send({key: value for key, value in message.items() if value is not None})

    def _send(self, message: dict) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(json.dumps(dict(message, pid=os.getpid()), ensure_ascii=False).encode("utf-8"), self._path)
        except OSError:
            pass


def _short(text: Any, longest: int) -> str | None:
    return None if text is None else visible(visible(masked(text), keep=""), longest=longest)
