# SPDX-License-Identifier: GPL-3.0-or-later
"""Planning many objects in one task, each as its own branch: a refused one does not affect the others. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .._cloud.errors import Refused
from .._cloud.odd import Unusable
from .._engine.plan import Plan


def plan_branches(entries: Iterable[Any], make: Callable[[Any], Plan]) -> Plan:
    """One plan from the results of ``make(entry)``.

    :param entries: each with ``name``, that of its branch, and ``error``: why it could not be read, or None
    """
    result = Plan()
    for entry in entries:
        try:
            if entry.error:
                raise entry.error
            part = make(entry)
        except (Refused, Unusable) as error:
            if not error.message.startswith(entry.name + ": "):
                error.message = "%s: %s" % (entry.name, error.message)
            result.refused.append((entry.name, error))
            continue
        for step in part.steps:
            step.branch = entry.name
            step.scope = {} if step.scope is None else step.scope
        result.steps += part.steps
        result.warnings += part.warnings
        if part.before != part.after:
            result.before[entry.name], result.after[entry.name] = part.before, part.after
    return result
