# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the steps of a plan: as many jobs at once as allowed, each waited for. PRIVATE to the collection."""

from __future__ import annotations

from ._errors import ApiError, JobFailed, NotFound, SdrsError, UnknownFate, job_error
from ._jobs import ended, entities
from ._lookup import Lookup
from ._plan import resolve
from ._wait import failure, settle, timeout

# A list may lag behind a creation by some seconds: so often a request whose answer was lost is looked for before it is repeated.
_LOOKS = 3
_LOOK_PAUSE = 1.5
_REPEATS = 2
# A job may be unknown for a moment after it was submitted, and jobs expire a day after their end (field notes 3.1).
_JOB_UNKNOWN = 3


class Executor:
    """Carries out steps; after ``run`` every step knows its job, and ``pending`` and ``failed`` tell the rest.

    :param waiting: Waiting; without ``wait`` steps whose prerequisites are unfinished are left as pending
    :param alive: callable raising when nobody waits for the outcome any more; asked before every request that writes
    """

    def __init__(self, api, waiting, parallel=16, alive=None):
        self._api = api
        self._waiting = waiting
        self._parallel = parallel
        self._alive = alive or (lambda: None)
        self.pending, self.failed = [], []
        self._done = set()
        self._since, self._due, self._unknown = {}, {}, {}

    def run(self, steps):
        """Run the steps in the order of their dependencies.

        A step that fails leaves the independent ones running.

        :raises SdrsError: the first failure, after all that could run has ended
        """
        self._all = steps
        queue, running = [step for step in steps if not step.later], []
        while queue or running:
            progress = self._start_ready(queue, running)
            if not self._waiting.wait:
                if not progress:
                    break
                running.clear()
                continue
            if running:
                self._look_at_due(running)
            elif not progress:
                break
        self.pending = queue + [step for step in steps if step.later]
        if self.failed:
            first = self.failed[0][1]
            if len(self.failed) > 1:
                first.result["errors"] = [error.as_dict() for _step, error in self.failed]
            raise first

    def _start_ready(self, queue, running):
        progress = False
        for step in list(queue):
            if len(running) >= self._parallel:
                break
            if not all(needed in self._done for needed in step.after):
                continue
            queue.remove(step)
            progress = True
            try:
                outcome = self._start(step)
            except SdrsError as error:
                self._fail(step, error)
                continue
            if isinstance(outcome, list):
                self._all += outcome
                queue += outcome
            elif outcome == "done":
                self._done.add(step)
            else:
                self._since[step] = self._waiting.clock()
                self._due[step] = self._waiting.next_look(self._since[step])
                running.append(step)
        return progress

    def _look_at_due(self, running):
        now = self._waiting.clock()
        self._waiting.sleep(max(0.0, min(self._due[step] for step in running) - now))
        now = self._waiting.clock()
        for step in [step for step in running if self._due[step] <= now]:
            try:
                finished = self._look(step)
                if not finished and self._waiting.timed_out(self._since[step]):
                    raise timeout(step.kind, None if step.job else self._current(step), self._waiting, step.job)
            except SdrsError as error:
                running.remove(step)
                self._fail(step, error)
                continue
            if finished:
                running.remove(step)
                self._done.add(step)
            else:
                self._due[step] = self._waiting.next_look(self._since[step])

    def _fail(self, step, error):
        error.during("%s %s" % (step.operation, step.kind.title), step.name or resolve(step.id))
        self.failed.append((step, error))

    # Starting ---------------------------------------------------------------------------------------------------------

    def _start(self, step):
        """Send the step's request: ``running``, ``done`` when there is no job to wait for, or the steps to take instead."""
        if step.guard:
            obj = self._current(step)
            if step.kind.busy(obj):
                obj = settle(self._api, self._waiting, step.kind, obj)
            step.guard(obj)
        for repeat in range(_REPEATS + 1):
            self._alive()
            try:
                answer = self._api.call(step.call, resolve(step.body), **resolve(step.arguments))
                break
            except UnknownFate as error:
                found = self._arrived(step)
                if found is not None:
                    return self._take_up(step, found)
                if repeat == _REPEATS:
                    raise error
            except ApiError as error:
                if step.instead and _not_offered(error):
                    return step.instead(error)
                return self._refused(step, error)
        step.submitted = True
        if isinstance(answer.get("job_id"), str):
            step.job = {"job_id": answer["job_id"], "service": step.service}
            return "running"
        if step.operation == "create":
            made = next((made for made in answer.values() if isinstance(made, dict) and made.get("id")), {})
            step.id = made.get("id")
            return "running" if step.kind.busy(made) else "done"
        return "done"

    def _refused(self, step, error):
        """After a refused deletion or detachment a look at the object decides (SEMANTICS, section 3)."""
        if step.operation == "untag" and error.code == "SDRS.2206":
            step.submitted = True
            return "done"
        if step.operation not in ("delete", "detach") or error.not_offered:
            raise error
        if not step.kind.showable:
            if not isinstance(error, NotFound):
                raise error
            step.submitted = True
            return "done"
        obj = self._current(step)
        if not step.kind.landed(step, obj):
            raise error
        return self._take_up(step, obj or {})

    def _arrived(self, step):
        """The object if it shows that the lost request was carried out, ``{}`` for gone; None when nothing shows it."""
        for look in range(_LOOKS):
            if look:
                self._waiting.sleep(_LOOK_PAUSE)
            obj = self._find(step) if step.operation == "create" else self._current(step)
            if step.kind.landed(step, obj):
                return obj or {}
        return None

    def _take_up(self, step, obj):
        step.submitted = True
        if step.operation == "create":
            step.id = obj["id"]
        return "running" if step.kind.busy(obj) else "done"

    # Watching ---------------------------------------------------------------------------------------------------------

    def _look(self, step):
        """Whether the step has ended well; raises when it has failed."""
        if not step.job:
            return self._judge(step)
        try:
            step.job = dict(step.job, **self._api.job(**{key: step.job[key] for key in ("job_id", "service")}))
        except NotFound as error:
            self._unknown[step] = self._unknown.get(step, 0) + 1
            if self._unknown[step] < _JOB_UNKNOWN:
                return False
            if step.operation == "create" and self._find(step) is None:
                raise error
            return self._judge(step)
        if not ended(step.job):
            return False
        if step.job["status"] == "FAIL":
            raise job_error(step.job)
        if step.operation == "create":
            made = entities(step.job, step.kind.entity)
            found = {"id": made[0]} if made else self._find(step)
            if not found:
                raise JobFailed(
                    "job %s ended in SUCCESS, but neither it nor the list names the new %s" % (step.job["job_id"], step.kind.title),
                    job_id=step.job["job_id"], remedy="Run the task again.",
                )
            step.id = found["id"]
        return True

    def _judge(self, step):
        """The outcome from the object's status, where the job is not known."""
        obj = self._find(step) if step.operation == "create" and not isinstance(step.id, str) else self._current(step)
        if step.kind.busy(obj):
            return False
        if step.operation == "create" and obj:
            step.id = obj["id"]
        if obj is not None and (str(obj.get("status")).startswith("error") or step.operation == "delete"):
            raise failure(self._api, step.kind, obj)
        return True

    def _current(self, step):
        object_id = resolve(step.id) if step.kind.showable else None
        return Lookup(self._api).show(step.kind, object_id) if object_id else None

    def _find(self, step):
        """The object a creation was meant to make, found by identity."""
        return next((obj for obj in step.kind.every(self._api, resolve(step.query)) if step.match(obj)), None)


def _not_offered(error):
    """Whether the cloud lacks the operation: the gateway's code, or a bare 404 where the path names no object."""
    return error.not_offered or (error.http_status == 404 and not str(error.code).startswith("SDRS."))
