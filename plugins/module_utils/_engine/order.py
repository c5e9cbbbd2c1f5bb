# SPDX-License-Identifier: GPL-3.0-or-later
"""Which steps of a plan are begun first. PRIVATE to the collection."""

from __future__ import annotations

from .plan import Step


def heights(steps: list[Step]) -> dict[Step, int]:
    """How many steps hang on each, one after the other: the longest chains are begun first."""
    needed_by: dict = {}
    found: dict[Step, int] = {}
    for step in steps:
        for needed in (*step.after, *step.once_ended):
            needed_by.setdefault(needed, []).append(step)
    for step in reversed(_sorted(steps)):
        found[step] = 1 + max((found[each] for each in needed_by.get(step, ())), default=0)
    return found


def _sorted(steps: list[Step]) -> list[Step]:
    """``steps``, every one behind those it needs."""
    done, order = set(), []

    def visit(step: Step) -> None:
        if step not in done:
            done.add(step)
            for needed in (*step.after, *step.once_ended):
                visit(needed)
            order.append(step)

    for step in steps:
        visit(step)
    return order
