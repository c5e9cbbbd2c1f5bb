# SPDX-License-Identifier: GPL-3.0-or-later
"""Outcomes of the branches of a document: a failed branch does not stop independent ones. PRIVATE to the collection."""

from __future__ import annotations

from typing import Any

from .._cloud.errors import SdrsError
from .plan import Plan, Step


class Branches:
    """Outcomes by path, over all rounds of a task."""

    def __init__(self) -> None:
        self.failed: dict[Any, SdrsError] = {}  # by path
        self.blocked: dict[Any, SdrsError] = {}
        self._succeeded: dict[Any, bool] = {}
        self._not_tried: dict[Any, bool] = {}

    def refused(self, plan: Plan) -> None:
        """Record the entries that could not be planned."""
        for path, error in plan.refused:
            if path not in self.failed:
                (self.blocked if error.blocked else self.failed).setdefault(path, error)

    def promising(self, steps: list[Step]) -> list[Step]:
        """``steps`` without those of failed branches, and without steps that need these."""
        lost: set = set()
        kept = []
        over = {*self.failed, *self._not_tried}
        for step in steps:
            if over and any(step.branch == path or str(step.branch).startswith(path + ".") for path in over) or lost.intersection(step.after):
                lost.add(step)
            else:
                step.once_ended = [each for each in step.once_ended if each not in lost]
                kept.append(step)
        return kept

    def carried_out(self, steps: list[Step], executor: Any) -> None:
        """Note how the steps ended."""
        for step, error in executor.failed:
            error.message = "%s: %s" % (step.branch, error.message)
            self.failed.setdefault(step.branch, error)
        for step in steps:
            if step in executor.done and step.call:
                self._succeeded[step.branch] = True
            elif step in executor.pending and not step.later:
                self._not_tried[step.branch] = True

    def report(self) -> dict[str, list]:
        """The result's ``branches``: paths that succeeded or were not tried, and errors of paths that failed or are blocked."""
        over = {*self.failed, *self.blocked}
        return {
            "succeeded": [path for path in self._succeeded if path not in over and path not in self._not_tried],
            "failed": [dict(error.as_dict(), path=path) for path, error in self.failed.items()],
            "blocked": [dict(error.as_dict(), path=path) for path, error in self.blocked.items()],
            "not_tried": [path for path in self._not_tried if path not in over],
        }

    def raise_failures(self) -> None:
        """One exception for all.

        :raises SdrsError: something failed or is blocked; it has the code and the remedy of the first
        """
        errors = [*self.failed.values(), *self.blocked.values()]
        if not errors:
            return
        report, first = self.report(), errors[0]
        counts = ", ".join(
            "%d %s" % (len(report[key]), text)
            for key, text in (("succeeded", "succeeded"), ("failed", "failed"), ("blocked", "blocked until failback"), ("not_tried", "not tried"))
            if report[key]
        )
        alone = len(errors) == 1 and not report["not_tried"] and not report["succeeded"]
        text = first.message if alone else "%s. First: %s" % (counts, first.message)
        failure = SdrsError("", **first.data)
        failure.message = text  # one line already, and long only where it has to be
        failure.result = dict(first.result, branches=report)
        raise failure
