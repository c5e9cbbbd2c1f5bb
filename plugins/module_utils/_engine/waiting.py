# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for objects whose job is not known, and why they failed. PRIVATE to the collection.

No API lists running jobs: resuming means polling the object's status (semantics.md, section 5).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._cloud.api import Api
from .._cloud.errors import ApiError, JobFailed, JobTimeout, describe, innermost
from .._defaults import WAIT_TIMEOUT
from .jobs import interval
from .kind import Kind
from .lookup import Lookup


@dataclass
class Waiting:
    """The waiting options, and the clock they are measured by."""

    wait: bool = True
    wait_timeout: float = WAIT_TIMEOUT
    poll_interval: float | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def timed_out(self, since: float) -> bool:
        return self.clock() - since >= self.wait_timeout

    def next_look(self, since: float) -> float:
        """The time of the next poll of an operation that began at ``since``; never after the deadline."""
        now = self.clock()
        return min(now + interval(now - since, self.poll_interval), max(now, since + self.wait_timeout))


def settle(api: Api, waiting: Waiting, kind: Kind, obj: Any, tolerant: bool = False) -> Any:
    """Poll the object until no job is running on it, and return it (None if it is gone).

    :param tolerant: an error status is as good an end as any
    :raises JobFailed: it ended in an error status; the cause is taken from the failed-task lists
    :raises JobTimeout: it did not end within ``wait_timeout``
    """
    since, first = waiting.clock(), obj
    while kind.busy(obj):
        if waiting.timed_out(since):
            raise timeout(kind, first, waiting, None)
        waiting.sleep(max(0.0, waiting.next_look(since) - waiting.clock()))
        obj = Lookup(api).show(kind, first["id"])
    if obj is not None and not tolerant and str(obj.get("status")).lower().startswith("error"):
        raise failure(api, kind, obj)
    return obj


def timeout(kind: Kind, obj: dict | None, waiting: Waiting, job: dict | None, refused: ApiError | None = None) -> JobTimeout:
    """The exception for an operation that did not end in time; it names the job or object.

    :param refused: the last error with which the deletion was refused
    """
    obj = obj or {}
    what = "job %s" % job["job_id"] if job and job.get("job_id") else "%s, now %r," % (kind.label(obj), obj.get("status"))
    error = JobTimeout(
        "%s has not ended within %g s" % (what, waiting.wait_timeout),
        job_id=(job or {}).get("job_id"),
        retryable=True,
        remedy="The job is still running: %s. Raise wait_timeout if such jobs take longer." % (
            "rerun the task to resume waiting" if kind.listing else "rerun the task to resume waiting; the module sdrs_job_info shows the job"
        ),
    )
    if refused:
        error.message = "%s; the last refusal of the deletion was: %s" % (error.message, refused.message)
        error.data.update(code=refused.code, remedy="Remove the objects that use it, then run the task again.")
    error.result["last_seen"] = obj
    return error


def failure(api: Api, kind: Kind, obj: dict) -> JobFailed:
    """Why the object is in an error status, from the group-level list of failed tasks and the group's own (5.9.1)."""
    if kind.listing:
        return JobFailed("%s ended in status %r" % (kind.label(obj), obj.get("status")))
    group = obj["id"] if kind.name == "server_group" else obj.get("server_group_id")
    tasks = []
    for query in ({"server_group_id": group}, {}):
        try:
            tasks += [task for task in api.list("list_failed_tasks", query) if task.get("resource_id") == obj.get("id")]
        except ApiError:
            continue
    if not tasks:
        return JobFailed("%s ended in status %r; the list of failed tasks gives no reason" % (kind.label(obj), obj.get("status")))
    task = max(tasks, key=lambda entry: str(entry.get("begin_time")))
    code, reason = innermost(task.get("error_code"), task.get("fail_reason"))
    return JobFailed(
        "%s ended in status %r: job %s %s failed: %s"
        % (kind.label(obj), obj.get("status"), task.get("job_type"), task.get("job_id"), reason or "no reason given"),
        code=code, job_id=task.get("job_id"), **describe(code),
    )
