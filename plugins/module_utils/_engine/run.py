# SPDX-License-Identifier: GPL-3.0-or-later
"""A task's life: check, read, plan, gate, execute, result. PRIVATE to the collection.

Hosts (an AnsibleModule, or the action plugin in the controller's process) give ``params`` and themselves; they turn SdrsError
into a failed result.
"""

from __future__ import annotations

import contextlib
from typing import Any

from .._cloud import validate
from .._cloud.api import Api
from .._cloud.client import Client
from .._cloud.errors import ApiError, AuthError, ConnectionFailed, JobTimeout, SdrsError, doing
from .._cloud.settings import remember
from .._cloud.settings import resolve as resolve_settings
from .._cloud.text import all_visible
from .._defaults import PARALLEL, ROUNDS, WAIT_TIMEOUT
from .declaration import Declaration, Diagnosis, Host, Local, Query, options_of
from .executor import Executor
from .kind import Kind
from .listed import looks
from .lock import locked
from .lookup import Lookup
from .outcomes import Branches
from .plan import Plan, Step, wait_step
from .progress import ProgressReporter
from .sizes import only, shown_jobs
from .waiting import Waiting


def run(declaration: Declaration | Query | Local | Diagnosis, params: dict, host: Host, client: Client | None = None) -> dict:
    """Carry out a declaration with validated ``params`` and give back the result.

    :raises SdrsError: with what was done so far in ``error.result``
    """
    remember(params)
    if isinstance(declaration, Diagnosis):
        return declaration.examine(params, host)
    validate.check(params, {**validate.RULES, **declaration.rules})
    if isinstance(declaration, Local):
        return declaration.act(options_of(declaration, params), host)
    if client is not None:
        return _ask(declaration, params, host, client)
    settings = resolve_settings(params)
    host.mask(settings.secrets)
    with contextlib.closing(Client(settings, host.warn, host.mask)) as own:
        return _ask(declaration, params, host, own)


def _ask(declaration: Declaration | Query, params: dict, host: Host, client: Client) -> dict:
    lookup = Lookup(Api(client), warn=host.warn)
    waiting = Waiting(params.get("wait", True), params.get("wait_timeout") or WAIT_TIMEOUT, params.get("poll_interval"))
    if isinstance(declaration, Query):
        with doing("query", only=(ApiError, AuthError, ConnectionFailed)):
            found = declaration.read(lookup, options_of(declaration, params), waiting)
        return dict({key: only(value, params.get("fields")) for key, value in found.items()}, changed=False)
    return _Task(declaration, params, host, lookup, waiting).run()


class _Task:
    def __init__(self, declaration: Declaration, params: dict, host: Host, lookup: Lookup, waiting: Waiting) -> None:
        self.declaration, self.given, self.host, self.lookup, self.waiting = declaration, params, host, lookup, waiting
        self.steps: list[Step] = []
        self.pending: list[Step] = []
        self.plans: list[Plan] = []
        self.branches, self.teller = Branches(), ProgressReporter()
        self.warned: set[str] = set()
        self.waited: dict[str, float] = {}  # by object ID: since when it is waited for
        self.given_up: set[str] = set()  # IDs of objects that are waited for no more

    def run(self) -> dict:
        try:
            with locked(self.declaration.locks, self._options(), self.lookup, self.waiting, self.host):
                live = self._converge()
            self.branches.raise_failures()
            return self._result(live)
        except SdrsError as error:
            operations = _operations(self.steps)
            error.result.setdefault("operations", operations)
            error.result.setdefault("jobs", self._jobs())
            if self.plans:
                error.result = {"diff": self._diff(), **self.plans[-1].told, **error.result}
            error.result["changed"] = bool(operations)
            raise
        finally:
            self.teller.close()

    def _converge(self) -> Any:
        """Read, plan and execute until nothing is left to do; gives back the live state the last plan was made from."""
        first = None
        for _round in range(ROUNDS):
            options = self._options()
            live = self._read(options)
            busy = [(kind, obj) for kind, obj in live.watch() if kind.busy(obj)]
            open_waits = [(kind, obj) for kind, obj in busy if obj["id"] not in self.given_up]
            if open_waits and self.waiting.wait and not self.host.check_mode:
                self._wait_for(open_waits, live)
                continue
            if busy and live.obj and live.assume().obj is None:
                # It is being deleted: plan for the time after that.
                self.lookup.ignore_deleting = True
                options = self._options()
                live = self._read(options)
            plan = self.declaration.plan(options, live.assume() if busy else live)
            self._note(plan)
            first = first or live
            plan.steps = self.branches.promising(plan.steps)
            if self.host.check_mode or not plan.steps:
                self.steps += plan.steps if self.host.check_mode else []
                return first
            if open_waits:
                self.pending = plan.steps
                return first
            self._execute(plan)
            self.waited = {}
            if not plan.again or not self.waiting.wait:
                return first
            self.lookup.forget()
        raise JobTimeout("the state of the service keeps changing while the task runs", remedy="Run the task again.")

    def _wait_for(self, busy: list[tuple[Kind, dict]], live: Any) -> None:
        """Wait for the jobs at work on objects; which they were is kept in ``lookup.settled``.

        One object is waited for once: however often it turns out to be busy again, ``wait_timeout`` counts from the beginning.
        """
        busy = list({obj["id"]: (kind, obj) for kind, obj in busy}.values())
        # What is to be removed may have failed before, but not while it was being removed.
        steps = [
            wait_step(
                kind, obj, live.removing(self.given, obj) and obj.get("status") != "deleting", live.branch(obj),
                self.waited.setdefault(obj["id"], self.waiting.clock()),
            )
            for kind, obj in busy
        ]
        failed = self._run_steps(steps)
        self.given_up.update(step.id for step, _error in failed)
        self.lookup.settled += busy
        self.lookup.forget()

    def _options(self) -> Any:
        return options_of(self.declaration, self.given)

    def _read(self, options: Any) -> Any:
        with doing("read the live state", only=(ApiError, AuthError, ConnectionFailed)):
            return self.declaration.read(self.lookup, options)

    def _note(self, plan: Plan) -> None:
        self.plans.append(plan)
        self.branches.refused(plan)
        for warning in plan.warnings:
            self._warn(warning)

    def _warn(self, warning: str) -> None:
        if warning not in self.warned:
            self.warned.add(warning)
            self.host.warn(warning)

    def _execute(self, plan: Plan) -> None:
        try:
            self._run_steps(plan.steps)
        finally:
            self.steps += [step for step in plan.steps if step.submitted]

    def _run_steps(self, steps: list[Step]) -> list[tuple[Step, SdrsError]]:
        """Run steps; those of a document's branches fail for themselves. Gives back what failed."""
        executor = Executor(self.lookup.api, self.waiting, self.given.get("parallel") or PARALLEL, self.host.alive, self.teller.tell, warn=self._warn)
        self.teller.planned(steps)
        try:
            executor.run(steps)
        except SdrsError:
            if not executor.failed or not all(step.branch for step, _error in executor.failed):
                raise
        finally:
            self.pending = executor.pending
        if self.declaration.compact:
            self.branches.carried_out(steps, executor)
        return executor.failed

    def _jobs(self) -> list[dict]:
        return shown_jobs([step.job for step in self.steps if step.job], self.declaration.compact)

    def _diff(self) -> Any:
        # --diff prints it as it is.
        first = self.plans[0]
        before, after = first.texts or (first.before, first.after)
        return all_visible({"before": before, "after": after})

    def _result(self, live: Any) -> dict:
        operations = _operations(self.steps)
        result = {
            "changed": bool(operations),
            "operations": operations,
            "jobs": self._jobs(),
            "diff": self._diff(),
            self.declaration.returns: only(self._object(live), self.given.get("fields")),
        }
        if self.declaration.compact:
            result["branches"] = self.branches.report()
            result.update(self.plans[-1].told)
        if not self.waiting.wait:
            result["pending"] = _operations(self.pending)
        return result

    def _object(self, live: Any) -> Any:
        """The object as the service shows it now; the last known one after a deletion, the expected one in check mode."""
        last = self.steps[-1] if self.steps else None
        if last is None:
            return live.obj
        if self.host.check_mode:
            return self._expected(live.obj)
        if last.operation == "delete" and last.kind is self.declaration.kind:
            return live.obj
        made = [step.id for step in self.steps if step.operation == "create" and step.kind is self.declaration.kind]
        object_id = made[-1] if made and not self.declaration.show else live.id
        if not isinstance(object_id, str):
            return self._expected(live.obj)
        obj = self._seen(object_id, live) or live.obj
        if self.declaration.verify and self.waiting.wait:
            self.declaration.verify(self._options(), obj)
        return obj

    def _seen(self, object_id: str, live: Any) -> Any:
        self.lookup.forget()
        show = self.declaration.show or (lambda lookup, wanted, live: lookup.show(self.declaration.kind, wanted))
        obj = None
        for _look in looks(self.waiting):
            obj = show(self.lookup, object_id, live)
            if obj is not None:
                break
            self.lookup.forget()
        return obj

    def _expected(self, obj: Any) -> Any:
        """What the object will look like, as far as the plan tells."""
        if self.declaration.expect:
            return self.declaration.expect(self.plans[-1])
        if not isinstance(obj, (dict, type(None))):
            return obj
        if self.steps and self.steps[-1].operation == "delete":
            return obj
        created = next((step.request.body for step in self.steps if step.operation == "create" and step.request), None)
        expected = {key: value for key, value in created.items() if isinstance(value, (str, int, list, bool))} if created else dict(obj or {})
        for step in self.steps:
            if step.operation == "rename":
                expected["name"] = step.name
        return expected


def _operations(steps: list[Step]) -> list[dict]:
    return [operation for step in steps for operation in step.as_operations()]
