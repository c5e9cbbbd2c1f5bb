# SPDX-License-Identifier: GPL-3.0-or-later
"""What results say of very many objects: AWX keeps them in its database, and drops what is too large. PRIVATE to the collection."""

from __future__ import annotations

from typing import Any

# Of more jobs, or sub-jobs of one, results hold those that did not succeed.
MOST_JOBS = 100


def shown_jobs(jobs: list[dict], compact: bool) -> list[dict]:
    """The jobs as results have them; ``compact`` where the operations tell all that matters of those that succeeded."""
    jobs = [_with_few_parts(job) for job in jobs]
    if not compact:
        return jobs
    return [_compact(job) for job in jobs if len(jobs) <= MOST_JOBS or job.get("status") != "SUCCESS"]


def only(found: Any, fields: list[str] | None) -> Any:
    """Objects with the fields that are wanted, whatever is odd about them; all of them if None."""
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
    """The job without what is empty, and unless it failed without its entities."""
    return job if job.get("status") == "FAIL" else {key: value for key, value in job.items() if value is not None and key != "entities"}
