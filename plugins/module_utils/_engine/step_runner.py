# SPDX-License-Identifier: GPL-3.0-or-later
"""Sending one step's request, and judging how it ended. Knows nothing of other steps. PRIVATE to the collection.

Runs in several threads at once: it changes only the step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._cloud.api import Api
from .._cloud.errors import ApiError, JobFailed, NotCarriedOut, NotFound, Refused, SdrsError, UnknownFate, job_error
from .._cloud.odd import by_id, matching
from .._defaults import JOB_UNKNOWN, LOST_PAUSE, LOST_POLLS, LOST_REPEATS
from .jobs import ended, entities
from .listed import Listing, Lists, looks
from .lookup import Lookup
from .plan import Request, Step, resolve
from .waiting import Waiting, failure, settle

# What another request may have done meanwhile, such as one of a killed run that was still on its way. Switches are not among them: who asked
# for one must see that it was refused.
_DECIDED_BY_A_LOOK = ("create", "delete", "attach", "detach", "extend", "start", "stop")

RUNNING, DONE = "running", "done"


class StepRunner:
    """Starts and polls steps.

    :param alive: callable that raises if nobody waits for the outcome any more; called before every writing request
    :param warn: ``warn(message)``
    """

    def __init__(self, api: Api, waiting: Waiting, alive: Callable[[], Any], warn: Callable[[str], Any] | None = None) -> None:
        self._api, self._waiting, self._alive = api, waiting, alive
        self._lists = Lists(api, waiting.clock)
        self._unknown: dict[Step, int] = {}
        self._listing = Listing(api, waiting, self._lists, warn)

    # Starting ---------------------------------------------------------------------------------------------------------

    def start(self, step: Step) -> str | list[Step]:
        """Send the step's request: RUNNING, DONE if there is no job to wait for, or the fallback steps."""
        request = step.request
        if step.wait:
            return RUNNING
        if not request:
            return self._locate(step)
        patience, lost = self._api.patience() if request.guarded else None, 0
        while True:
            self._ask_guard(step, request, lost)
            self._alive()
            try:
                answer = self._send(request, patience)
                break
            except NotCarriedOut:
                continue
            except UnknownFate as error:
                found = self._arrived(step, request)
                if found is not None:
                    return self._take_up(step, found)
                lost += 1
                if lost > LOST_REPEATS:
                    raise error
            except ApiError as error:
                if request.instead and (_not_offered(error) or request.divides and 400 <= (error.http_status or 0) < 500):
                    return request.instead(error)
                return self._refused(step, request, error)
        step.submitted = True
        if request.retry_refused:
            return RUNNING
        if isinstance(answer.get("job_id"), str):
            step.job = {"job_id": answer["job_id"], "service": request.service}
            return RUNNING
        if step.operation == "create":
            made = next((made for made in answer.values() if isinstance(made, dict) and made.get("id")), {})
            step.id = made.get("id")
            if step.kind.busy(made):
                return RUNNING
            self._listing.wait_for(step)
        return DONE

    def _ask_guard(self, step: Step, request: Request, lost: int) -> None:
        """Check directly before this attempt whether the request may be sent (semantics.md, section 5)."""
        if not request.guarded:
            return
        try:
            if request.guard:
                obj = self.current(step)
                if step.kind.busy(obj):
                    obj = settle(self._api, self._waiting, step.kind, obj)
                request.guard(obj)
            if request.premise:
                request.premise(self._lists.get)
        except Refused as error:
            if lost:
                error.message += "; an earlier request was sent and its response was lost"
            raise

    def _send(self, request: Request, patience: Any) -> dict:
        given = {"patience": patience} if patience else {}
        return self._api.call(request.call, resolve(request.body), **given, **resolve(request.arguments))

    def _locate(self, step: Step) -> str:
        """Find the object that another step created; lists may lag behind."""
        for _look in looks(self._waiting):
            found = self._find(step)
            if found:
                step.id = found["id"]
                return DONE
        raise SdrsError("%s is not listed yet" % step.kind.label(None, step.name), remedy="Run the task again.", retryable=True)

    def _refused(self, step: Step, request: Request, error: ApiError) -> str:
        """After a refusal, the object itself decides (semantics.md, section 3): it may already be in the desired state."""
        if request.retry_refused and self._waiting.wait and request.retry_refused(error):
            step.refused = error
            return RUNNING
        if step.operation == "untag" and error.code == "SDRS.2206":
            step.submitted = True
            return DONE
        if step.operation not in _DECIDED_BY_A_LOOK or error.not_offered:
            raise error
        if not step.kind.showable:
            if not isinstance(error, NotFound):
                raise error
            step.submitted = True
            return DONE
        try:
            obj = self._find(step) if step.operation == "create" else self.current(step)
        except SdrsError:
            raise error from None
        if not step.kind.took_effect(step, obj) or (obj and str(obj.get("status")).startswith("error")):
            raise error
        return self._take_up(step, obj or {})

    def _arrived(self, step: Step, request: Request) -> dict | None:
        """The object if it shows that the lost request was carried out, ``{}`` for gone; None when nothing shows it."""
        if step.operation == "create":
            for _look in looks(self._waiting):
                obj = self._find(step)
                if step.kind.took_effect(step, obj):
                    return obj
            return None
        for look in range(LOST_POLLS):
            if look:
                self._waiting.sleep(LOST_PAUSE)
            obj = self.current(step)
            if step.kind.took_effect(step, obj) or (request.proof and request.proof(self._api)):
                return obj or {}
        return None

    def _take_up(self, step: Step, obj: dict) -> str:
        step.submitted = True
        if step.operation == "create":
            step.id = obj["id"]
        return RUNNING if step.kind.busy(obj) else DONE

    # Looking ----------------------------------------------------------------------------------------------------------

    def look(self, step: Step) -> bool:
        """Whether the step has ended well; raises when it has failed."""
        if step.request and step.request.retry_refused:
            return self._gone(step, step.request, step.request.retry_refused)
        if not step.job:
            return self.judge(step, self._seen(step))
        try:
            step.job = dict(step.job, **self._api.job(**{key: step.job[key] for key in ("job_id", "service")}))
        except NotFound as error:
            self._unknown[step] = self._unknown.get(step, 0) + 1
            if self._unknown[step] < JOB_UNKNOWN:
                return False
            if step.operation == "create" and self._find(step) is None:
                raise error
            return self.judge(step, self._seen(step))
        if not ended(step.job):
            return False
        if step.job["status"] == "FAIL":
            raise job_error(step.job)
        if step.operation == "create":
            made = entities(step.job, step.kind.entity)
            # A job may not name the object it created, and lists lag behind.
            found = {"id": made[0]} if made else next(filter(None, (self._find(step) for _look in looks(self._waiting))), None)
            if not found:
                raise JobFailed(
                    "job %s ended in SUCCESS, but neither it nor the list names the new %s" % (step.job["job_id"], step.kind.title),
                    job_id=step.job["job_id"], remedy="Run the task again.",
                )
            step.id = found["id"]
            self._listing.wait_for(step)
        return True

    def _gone(self, step: Step, request: Request, may_pass: Callable[[ApiError], bool]) -> bool:
        """Whether the object is gone. The deletion is retried: it may have been refused because of another pending deletion, or have failed later."""
        try:
            step.seen = self.current(step)
            if step.seen is None:
                step.submitted = True
                return True
            self._alive()
            self._send(request, None)
            step.submitted, step.refused = True, None
        except (NotFound, UnknownFate):
            pass  # the next poll decides
        except ApiError as error:
            # A GET of an object that is being deleted may fail with 403 or 500.
            if not may_pass(error) and not (step.submitted and error.http_status == 403):
                raise
            step.refused = error
        return False

    def judge(self, step: Step, obj: Any) -> bool:
        """The outcome from the object's status, if the job is unknown."""
        step.seen = obj
        if step.kind.busy(obj):
            return False
        if step.operation == "create" and obj:
            step.id, step.listed = obj["id"], True
        if step.wait and (step.wait.tolerant or obj is None):
            return True
        if obj is not None and (str(obj.get("status")).lower().startswith("error") or step.operation == "delete"):
            raise failure(self._api, step.kind, obj)
        return True

    def _seen(self, step: Step) -> Any:
        return self._find(step) if step.operation == "create" and not isinstance(step.id, str) else self.current(step)

    def current(self, step: Step) -> Any:
        """The step's object as the service shows it now; None if there is none, or its ID is unknown."""
        object_id = resolve(step.id) if step.kind.showable else None
        return Lookup(self._api).show(step.kind, object_id) if object_id else None

    def _find(self, step: Step) -> Any:
        """The object of a creation, found by identity."""
        find = step.find
        if find is None:
            raise AssertionError("every creation can be found")
        return next(iter(matching(self._lists.get(step.kind, resolve(find.query)), find.match)), None)

    # Many at once -----------------------------------------------------------------------------------------------------

    @staticmethod
    def scope(step: Step) -> tuple | None:
        """Steps of one scope can be watched by one list; None for a step that cannot."""
        if not step.kind.listable or not step.kind.showable or (step.request and step.request.service != "sdrs"):
            return None
        query = resolve(step.scope) or {}
        return (step.kind, tuple(sorted((key, value) for key, value in query.items() if key != "name")))

    def watch(self, steps: list[Step]) -> dict[Step, Any]:
        """``{step: object}`` of steps of one scope, from one list; None for objects that are not listed."""
        step = steps[0]
        scope = self.scope(step)
        objects = step.kind.every(self._api, dict(scope[1]) if scope else {})
        known = by_id(objects)
        seen = {
            step: next(iter(matching(objects, step.find.match)), None) if step.operation == "create" and step.find else known.get(resolve(step.id))
            for step in steps
        }
        for step, obj in seen.items():
            step.listed = step.listed or (step.operation == "create" and obj is not None and not step.kind.named_twice)
        return seen


def _not_offered(error: ApiError) -> bool:
    """Whether the cloud lacks the operation: the gateway's code, or a bare 404 where the path names no object."""
    return error.not_offered or (error.http_status == 404 and not str(error.code).startswith("SDRS."))
