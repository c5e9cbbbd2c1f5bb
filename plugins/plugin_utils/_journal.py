# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The run as recorded in its journal, for the report and the closing summary. PRIVATE to the collection."""

from __future__ import annotations

import os
from typing import Any

from ansible import constants

from ..module_utils._recovery import run_journal
from . import _attempts, _drill, _records, _recovery, _recovery_run
from ._journal_entries import OF_AN_ERROR, dicts

_OF_A_CHECK = ("check", "status", "detail", "at")
_OF_A_CLEAN_UP = ("what", "name", "status", "detail")
_MANY = 200


def new_path(name: str) -> str:
    """Where a run keeps its journal: a new file in Ansible's own temporary folder, which is private and goes with the run."""
    return os.path.join(str(constants.DEFAULT_LOCAL_TMP), "%s-%s.jsonl" % (os.path.basename(name), os.urandom(8).hex()))


def with_journal(run: Any) -> Any:
    """The mapping itself, or with what the journal tells that it names: large, so that it goes through no variable."""
    if not isinstance(run, dict) or "journal" not in run:
        return run
    entries, problem = run_journal.entries_of(run["journal"]) if run["journal"] else ([], None)
    if run["journal"] and not (any(entry["event"] in ("begun", "error") for entry in entries) and run_journal.complete(run["journal"])):
        why = problem or "its journal %s %s" % (run["journal"], "is incomplete" if entries else "no longer exists")
        lost = {"msg": "the actions of the run are unknown: %s" % why, "task": None}
        run = dict(run, errors=[*(run.get("errors") or []), lost])
    if "plan" in run:
        return {**_recovery_run.run(entries, run), **{key: run[key] for key in ("rpo", "check_mode", "run") if key in run}}
    return of_group(entries, run)


def of_group(entries: list[dict], base: dict) -> dict:
    """A run of one protection group as ``_report.build`` and ``_ending.ending`` take it. Of earlier attempts, times and results count.

    :param base: what does not change in a run, or holds without a journal
    """
    began = max([number for number, entry in enumerate(entries) if entry["event"] in ("begun", "resumed")], default=0)
    milestones: dict = {}
    checks: list = []
    requested = next((entry["at"] for entry in entries if entry["event"] == "begun"), None)
    found: dict = {"results": [], "steps": [], "clean_up": [], "servers": [], "errors": [], "notes": list(base.get("notes") or [])}
    for number, entry in enumerate(entries):
        event, current = entry["event"], number >= began
        if event == "milestone" and isinstance(entry.get("name"), str):
            milestones[entry["name"]] = entry
        elif event == "result":
            found["results"] += _records.results({"results": [entry]})
        elif current and event == "group" and isinstance(entry.get("group"), dict):
            found["group"] = found["server_group"] = entry["group"]
        elif current and event == "scaled":
            found["scaled_to"] = entry.get("to")
        elif current and event == "servers":
            found["servers"] += dicts(entry.get("servers"))
        elif current and event == "checks":
            checks += dicts(entry.get("checks"))
        elif current and event == "step":
            found["steps"].append({key: entry.get(key) for key in _OF_A_CHECK})
        elif current and event == "clean_up":
            found["clean_up"].append({key: entry.get(key) for key in _OF_A_CLEAN_UP})
        elif current and event == "error":
            found["errors"].append({key: entry[key] for key in ("task", *OF_AN_ERROR) if key in entry})
        elif current and event == "note":
            found["notes"].append(str(entry.get("text")))
    found["servers"] = (_drill.with_checks(found["servers"], checks) if checks else found["servers"]) + (base.get("servers") or [])
    found["errors"] += base.get("errors") or []
    if base.get("what") == _recovery.WHAT:
        found["notes"] += _recovery.notes(base.get("made"), base.get("resumed"), found["servers"])
    reached = _records.milestones({"requested": requested, "milestones": [{"name": "requested", "at": requested}, *milestones.values()]})
    # A re-protection leaves nothing to go on with.
    attempts = [] if base.get("what") == "reprotect" else _attempts.of_journal(entries)
    return {**base, **found, "milestones": reached, "attempts": attempts,
            "interrupted": any(entry["event"] == "resumed" for entry in entries)}


def servers(path: Any) -> list[dict]:
    """The servers of this attempt with their checks, of the journal ``path``: what hooks are given, and what a drill checks further."""
    return with_journal({"what": None, "journal": path})["servers"]


def large(run: Any) -> bool:
    """Whether a run has so many servers or results that AWX would drop what a task returns of it."""
    run = with_journal(run)
    return isinstance(run, dict) and max(len(run.get("servers") or []), len(run.get("results") or [])) > _MANY
