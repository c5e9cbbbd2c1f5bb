# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the steps of a plan: as many jobs at once as allowed, watched together. PRIVATE to the collection.

One coordinator owns the plan, the clock and every decision; requests run in a few threads.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Any

from .._cloud.api import Api
from .._cloud.errors import AuthError, SdrsError
from .._defaults import SLACK
from .jobs import PollSchedule, duration
from .order import heights
from .plan import Step, resolve
from .step_runner import DONE, RUNNING, StepRunner
from .waiting import Waiting, timeout
from .workers import InlineWorkers, Threads


class Executor:
    """Executes steps; after ``run`` every step has its job, and ``pending`` and ``failed`` contain the others.

    :param waiting: Waiting; without ``wait`` steps whose prerequisites are unfinished are left as pending
    :param parallel: maximum number of jobs in flight; steps without a job do not count
    :param alive: callable that raises if nobody waits for the outcome any more; called regularly, and before every writing request
    :param tell: ``tell(event, step, object or None)`` is called when a step starts, runs and ends (``done``, ``failed``)
    :param pool: where requests run; default: threads for several steps, this thread for one
    """

    def __init__(
        self, api: Api, waiting: Waiting, parallel: int = 16, alive: Callable[[], Any] | None = None, tell: Callable[..., Any] | None = None,
        pool: Threads | InlineWorkers | None = None, warn: Callable[[str], Any] | None = None,
    ) -> None:
        self._waiting, self._parallel = waiting, parallel
        self._alive = alive or (lambda: None)
        self._step_runner = StepRunner(api, waiting, self._alive, warn)
        self._tell = tell or (lambda event, step, obj=None: None)
        self._given_pool = pool
        self._pace = PollSchedule(waiting.poll_interval)
        self.pending: list[Step] = []
        self.failed: list[tuple[Step, SdrsError]] = []
        self.done: set[Step] = set()
        self._since: dict[Step, float] = {}
        self._due: dict[Step, float] = {}
        self._looking: set[Step] = set()
        self._by_job: dict[Step, int] = {}
        self._jobs_in_flight = 0
        self._all: list[Step] = []
        self._order: dict[Step, int] = {}
        self._waits_for: dict[Step, Any] = {}  # a set of steps, or _NEVER
        self._needed_by: dict[Step, list[Step]] = {}
        self._ready: list[tuple] = []
        self._heights: dict[Step, int] = {}

    def run(self, steps: list[Step]) -> None:
        """Run the steps in the order of their dependencies.

        A step that fails leaves the independent ones running.

        :raises AuthError: credentials were rejected; nothing more is sent, since some such requests lock a key
        :raises SdrsError: the first failure, after all that could run has ended
        """
        self._all, self._heights = steps, heights(steps)
        self._pool: Threads | InlineWorkers = self._given_pool or (
            Threads(self._waiting.clock, self._parallel) if len(steps) > 1 and self._parallel > 1 else InlineWorkers(self._waiting.clock, self._waiting.sleep)
        )
        self._enqueue(steps)
        try:
            self._coordinate()
        finally:
            self._pool.close()
        over = self.done.union(self._since, (step for step, _error in self.failed))
        self.pending = [step for step in self._all if step not in over and step.call]
        if self.failed:
            first = self.failed[0][1]
            if len(self.failed) > 1:
                first.result["errors"] = [error.as_dict() for _step, error in self.failed]
            raise first

    def _coordinate(self) -> None:
        while True:
            self._alive()
            self._start_ready()
            self._look_at_due()
            if not self._pool.busy and not self._due:
                break
            for apply, result, error in self._pool.outcomes(self._next_look()):
                if isinstance(error, AuthError) or (error is not None and not isinstance(error, SdrsError)):
                    raise error
                apply(result, error)

    # The order --------------------------------------------------------------------------------------------------------

    def _enqueue(self, steps: list[Step]) -> None:
        for step in steps:
            self._order[step] = len(self._order)
            waits = {needed for needed in (*step.after, *step.once_ended) if needed not in self.done}
            self._waits_for[step] = waits
            for needed in waits:
                self._needed_by.setdefault(needed, []).append(step)
            if not waits and not step.later:
                self._push(step)

    def _push(self, step: Step) -> None:
        heapq.heappush(self._ready, (not step.quick, -self._heights.get(step, 0), self._order[step], step))

    def _release(self, ended: Step) -> None:
        for step in self._needed_by.get(ended, ()):
            waits = self._waits_for[step]
            if ended in waits:
                waits.discard(ended)
                if not waits and not step.later:
                    self._push(step)

    def _give_up(self, failed: Step) -> None:
        """Skip steps that need ``failed``; release steps that only have to come after it."""
        ended = [failed]
        while ended:
            over = ended.pop()
            for step in self._needed_by.get(over, ()):
                if over in step.after and self._waits_for[step] is not _NEVER:
                    self._waits_for[step] = _NEVER
                    ended.append(step)
            self._release(over)

    def _start_ready(self) -> None:
        while self._ready:
            if self._jobs_in_flight >= self._parallel and not self._ready[0][-1].quick:
                break
            step = heapq.heappop(self._ready)[-1]
            self._jobs_in_flight += not step.quick
            self._tell("begun", step)
            self._pool.submit(lambda step=step: self._step_runner.start(step), lambda result, error, step=step: self._started(step, result, error))

    def _started(self, step: Step, outcome: str | list[Step] | None, error: SdrsError | None) -> None:
        if error:
            self._fail(step, error)
        elif isinstance(outcome, list):
            self._replace(step, outcome)
        elif outcome == DONE:
            self._end(step)
        elif outcome == RUNNING and self._waiting.wait:
            since = step.wait.since if step.wait else None
            self._since[step] = self._waiting.clock() if since is None else since
            self._plan_look(step)
        else:
            self._since[step] = self._waiting.clock()
            self._jobs_in_flight -= not step.quick

    def _replace(self, step: Step, steps: list[Step]) -> None:
        """The cloud lacks the operation: other steps take the place of ``step``."""
        self._jobs_in_flight -= not step.quick
        self._all += steps
        for waiting in self._needed_by.pop(step, ()):
            self._waits_for[waiting].discard(step)
            self._waits_for[waiting].update(steps)
            waiting.after = [*(needed for needed in waiting.after if needed is not step), *steps]
            for new in steps:
                self._needed_by.setdefault(new, []).append(waiting)
        for new in steps:
            new.branch = new.branch or step.branch
        self.done.add(step)
        self._enqueue(steps)

    def _end(self, step: Step, obj: dict | None = None) -> None:
        self._forget(step)
        self.done.add(step)
        if step.job:
            # The service's clock may be wrong: no job took longer than it was waited for.
            self._pace.learn(step.call, min(duration(step.job) or 0, self._waiting.clock() - self._since[step]))
        self._tell("done", step, obj)
        self._release(step)

    def _fail(self, step: Step, error: SdrsError) -> None:
        self._forget(step)
        error.during("%s %s" % (step.operation, step.kind.title), step.name or resolve(step.id))
        self.failed.append((step, error))
        self._tell("failed", step, {"error": str(error)})
        self._give_up(step)

    def _forget(self, step: Step) -> None:
        self._jobs_in_flight -= not step.quick
        self._looking.discard(step)
        for kept in (self._due, self._by_job):
            kept.pop(step, None)

    # Watching ---------------------------------------------------------------------------------------------------------

    def _plan_look(self, step: Step) -> None:
        waited = self._waiting.clock() - self._since[step]
        wait = self._pace.wait(step.call, waited, len(self._due.keys() | {step}))
        self._due[step] = self._since[step] + min(waited + wait, max(waited, self._waiting.wait_timeout))

    def _next_look(self) -> float | None:
        """The time of the next poll: jobs that are due at almost the same time are polled together."""
        due = [(when, step) for step, when in self._due.items() if step not in self._looking]
        if not due:
            return None
        first, step = min(due, key=lambda entry: entry[0])
        slack = 0.0 if self._waiting.poll_interval else SLACK * (first - self._since[step])
        return max(when for when, _step in due if when <= first + slack)

    def _look_at_due(self) -> None:
        if not self._due:
            return
        now = self._waiting.clock()
        due = [step for step, when in self._due.items() if when <= now and step not in self._looking]
        scopes: dict = {}
        for step in due:
            scope = self._step_runner.scope(step) if self._by_job.get(step, 0) < _TOLD_BY_STATUS else None
            scopes.setdefault(scope, []).append(step)
        for scope, steps in scopes.items():
            if scope is not None:
                steps = [step for step in self._due if step not in self._looking and self._step_runner.scope(step) == scope]
            if scope is None or len(steps) < 2:
                for step in steps:
                    self._look(step)
            else:
                self._looking.update(steps)
                self._pool.submit(
                    lambda steps=steps: self._step_runner.watch(steps), lambda seen, error, steps=steps: self._watched(steps, seen, error),
                )

    def _watched(self, steps: list[Step], seen: dict[Step, Any] | None, error: SdrsError | None) -> None:
        """Process a list poll of ``steps``: for steps that have left the transit status, the outcome is read."""
        self._looking.difference_update(steps)
        for step in steps:
            obj = seen[step] if seen else None
            if error:
                self._by_job[step] = _TOLD_BY_STATUS
                self._look(step)
            elif step.kind.busy(obj):
                self._tell("running", step, obj)
                self._still_running(step, obj)
            elif step.job or step.request and step.request.retry_refused and obj is not None:
                # A deletion that is repeated until its object is gone is not over while a list shows it.
                self._by_job[step] = self._by_job.get(step, 0) + 1
                self._look(step)
            else:
                self._looking.add(step)
                self._pool.submit(
                    lambda step=step, obj=obj: self._step_runner.judge(step, obj),
                    lambda finished, error, step=step: self._looked(step, finished, error),
                )

    def _look(self, step: Step) -> None:
        self._looking.add(step)
        self._pool.submit(lambda: self._step_runner.look(step), lambda finished, error: self._looked(step, finished, error))

    def _looked(self, step: Step, finished: bool | None, error: SdrsError | None) -> None:
        self._looking.discard(step)
        if error:
            self._fail(step, error)
        elif finished:
            self._end(step)
        else:
            self._tell("running", step, step.seen)
            self._still_running(step, step.seen)

    def _still_running(self, step: Step, obj: dict | None) -> None:
        if not self._waiting.timed_out(self._since[step]):
            self._plan_look(step)
        elif step.job or obj:
            self._fail(step, timeout(step.kind, obj, self._waiting, step.job, step.refused))
        else:
            self._looking.add(step)
            self._pool.submit(
                lambda: self._step_runner.current(step),
                lambda last, error: self._fail(step, error or timeout(step.kind, last, self._waiting, None, step.refused)),
            )


# How often a job may still be running although its object looks settled, before only the job is polled.
_TOLD_BY_STATUS = 2
_NEVER = frozenset({None})
