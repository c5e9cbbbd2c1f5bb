# SPDX-License-Identifier: GPL-3.0-or-later
"""Many tasks in check mode as parts of one, by one reading of the live state. PRIVATE to the collection."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

from .._cloud import validate
from .._cloud.api import Api
from .._cloud.errors import SdrsError
from .._defaults import WAIT_TIMEOUT
from .lookup import Lookup
from .run import Declaration, _Task
from .waiting import Waiting


class Reading(Lookup):
    """Shared reads of several plans: each list is read once, and a failed read is not retried."""

    def __init__(self, api: Api, warn: Callable[[str], Any] | None = None) -> None:
        super().__init__(api, warn)
        self._failed: dict[Any, SdrsError] = {}

    def once(self, key: Any, fetch: Callable[[], Any]) -> Any:
        if key in self._failed:
            raise _copied(self._failed[key])
        try:
            return super().once(key, fetch)
        except SdrsError as error:
            # Callers may modify it.
            self._failed[key] = _copied(error)
            raise

    def part(self) -> Reading:
        """A view of the shared reads for one plan, with its own settings and remembered data."""
        part = Reading(self.api, self.warn)
        part._kept, part._failed, part._warned = self._kept, self._failed, self._warned
        return part


def _copied(error: SdrsError) -> SdrsError:
    fresh = copy.copy(error)
    fresh.data, fresh.result = dict(error.data), {}
    return fresh


class _Host:
    """The host of a part: nothing is sent."""

    check_mode = True

    def __init__(self, warn: Callable[[str], Any]) -> None:
        self.warn = warn

    def mask(self, secrets: Any) -> None:
        """The task has seen to that."""

    def alive(self) -> None:
        """Nothing is written."""


def rehearse(declaration: Declaration, params: dict, reading: Reading, warn: Callable[[str], Any]) -> dict[str, Any]:
    """The result of a declaration in check mode; ``settled`` says that nothing is to be done and nothing in flight to be waited for.

    :raises SdrsError: as ``run`` does
    """
    validate.check(params, {**validate.RULES, **declaration.rules})
    busy: list = []

    def read(lookup: Lookup, wanted: dict) -> Any:
        live = declaration.read(lookup, wanted)
        busy.extend(obj for kind, obj in live.watch() if kind.busy(obj))
        return live

    waiting = Waiting(True, params.get("wait_timeout") or WAIT_TIMEOUT, None)
    task = _Task(dataclasses.replace(declaration, read=read), params, _Host(warn), reading.part(), waiting)
    result = task.run()
    branches = result.get("branches") or {}
    return dict(result, settled=not (busy or task.steps or any(branches.values())))
