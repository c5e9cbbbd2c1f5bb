# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits the size of results: AWX stores them in its database, and drops large ones. PRIVATE to the collection."""

from __future__ import annotations

from typing import Any

# With more jobs, or sub-jobs of one job, results contain only those that did not succeed.
MOST_JOBS = 100


def shown_jobs(jobs: list[dict], compact: bool) -> list[dict]:
    """The jobs for results; with ``compact``, successful jobs are omitted because the operations contain what matters."""
    jobs = [_with_few_parts(job) for job in jobs]
    if not compact:
        return jobs
    return [_compact(job) for job in jobs if len(jobs) <= MOST_JOBS or job.get("status") != "SUCCESS"]


def only(found: Any, fields: list[str] | None) -> Any:
    """Objects with the requested fields only, odd or not; all fields if None."""
    if fields is None or not isinstance(found, list):
        return found
    return [{name: dict.get(each, name) for name in fields if name in each} for each in found]


def _with_few_parts(job: dict) -> dict:
    """The job; of very many sub-jobs those that did not succeed, and how many are left out."""
    entities = job.get("entities")
    parts = entities.get("sub_jobs") if isinstance(entities, dict) else None
    if not isinstance(parts, list) or len(parts) <= MOST_JOBS:
        return job
    kept = [part for part in parts if not isinstance(part, dict) or part.get("status") != "SUCCESS"]
    return {**job, "entities": {**(entities or {}), "sub_jobs": kept, "sub_jobs_succeeded": len(parts) - len(kept)}}


def _compact(job: dict) -> dict:
    """The job without empty fields, and without its entities unless it failed."""
    return job if job.get("status") == "FAIL" else {key: value for key, value in job.items() if value is not None and key != "entities"}
