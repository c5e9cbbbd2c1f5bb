# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of an interrupted run: read with care, and used only if they belong to this run. PRIVATE to the collection.

A record is a hint. Anybody may have put it there, and it may be of another year, project or group; the live state decides.
"""

from __future__ import annotations

import glob
import json
import os
import stat
from datetime import datetime, timezone
from typing import Any

from ..module_utils._cloud.errors import one_line
from ..module_utils._recovery import journal
from ..module_utils._recovery.journal import LONGEST_RUN, SKEW
from ..module_utils._reports.report_files import LIMIT, elsewhere
from ._journal_entries import dicts
from ._report import moment


def reports(pattern: Any, newest: Any = None) -> tuple:
    """Saved reports, newest first and at most ``newest``, and what is wrong with those left out: ``([content with path], [sentence])``.

    Those that could not be written where they belong are among them.
    """
    pattern = os.path.expanduser(pattern)
    folder, name = elsewhere(pattern)
    paths = glob.glob(pattern) + (glob.glob(os.path.join(glob.escape(folder), name)) if folder else [])
    found = [_read(path) for path in sorted(paths, key=os.path.basename, reverse=True)[:newest]]
    return [content for content, _problem in found if content], [problem for _content, problem in found if problem]


def record(path: str) -> tuple:
    """The record of a run at ``path``, or where it went when that could not be written; like ``reports``, with at most one content.

    :returns: the content is what its journal began with, ``path``, and ``requested``, ``milestones``, ``results``, ``available``, ``drill``, ``kept``
    """
    folder, name = elsewhere(path)
    found, problems = [], []
    for place in (path, *([os.path.join(folder, name)] if folder else [])):
        entries, problem = journal.entries_of(place)
        try:
            changed = os.lstat(place).st_mtime
        except (OSError, ValueError):
            continue
        view = _view(entries, place)
        if view:
            found.append((changed, len(entries), view))
        else:
            problems.append(problem or one_line("%s is ignored: it is not a journal" % place))
    # Of one run, the record that could be written longer; of two, that of the later one.
    one = len({view.get("id") or view["path"] for _at, _count, view in found}) == 1
    return [view for _at, _count, view in sorted(found, key=lambda entry: float(entry[1]) if one else entry[0], reverse=True)[:1]], problems


def _view(entries: list, path: str) -> dict | None:
    first = next((entry for entry in entries if entry["event"] == "begun"), None)
    if first is None:
        return None
    last = {entry["event"]: entry for entry in entries}
    available = next((entry["at"] for entry in entries if entry["event"] == "milestone" and entry.get("name") == "available"), None)
    return {
        **{key: value for key, value in first.items() if key not in ("event", "at", "user", "machine")},
        **({"keep": True} if any(entry.get("keep") is True for entry in entries if entry["event"] in ("begun", "resumed")) else {}),
        "path": path, "process": [entry for entry in entries if entry["event"] in ("begun", "resumed")][-1].get("process"),
        "requested": first["at"], "available": available,
        "milestones": [{"name": "requested", "at": first["at"]}, *(entry for entry in entries if entry["event"] == "milestone")],
        "results": [entry for entry in entries if entry["event"] == "result"],
        **({"drill": last["drill"].get("drill")} if "drill" in last else {}), **({"kept": last["kept"]["at"]} if "kept" in last else {}),
    }


def _read(path: str) -> tuple:
    """``(content, why it is left out)``."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            _regular(os.fstat(handle))
            with os.fdopen(handle, "rb", closefd=False) as stream:
                content = json.loads(stream.read(LIMIT + 1))
        finally:
            os.close(handle)
        if not isinstance(content, dict):
            raise ValueError("it does not contain a mapping")
        return dict(content, path=path), None
    except (FileNotFoundError, NotADirectoryError):
        return None, None
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        return None, one_line("%s is ignored: %s" % (path, getattr(error, "strerror", None) or error or type(error).__name__))


def _regular(about: Any) -> None:
    if not stat.S_ISREG(about.st_mode):
        raise ValueError("it is not a regular file")
    if about.st_size > LIMIT:
        raise ValueError("it has %d bytes; the limit is %d" % (about.st_size, LIMIT))


def doubt(saved: dict | None, run: dict, now: Any = None, longest: Any = LONGEST_RUN) -> str | None:
    """Why a record does not belong to this run; None if it does.

    :param saved: what the file holds, None or empty without one
    :param run: ``what``, ``name``, ``project`` and ``group`` (an ID) that it must have
    """
    now = now or datetime.now(timezone.utc)
    if not saved:
        return "there is no record"
    if not _known(saved.get("project")) or saved["project"] != run["project"]:
        return "it belongs to another project or endpoint, or does not name them"
    if not isinstance(saved.get("server_group"), dict) or not run["group"] or saved["server_group"].get("id") != run["group"]:
        return "it belongs to another protection group"
    if saved.get("what") != run["what"] or saved.get("name") != run.get("name"):
        return "it belongs to another kind of run"
    began = time_of(saved.get("requested"))
    if began is None:
        return "it does not contain the start time of the run"
    if began > now + SKEW:
        return "its start time is in the future (%s)" % saved["requested"]
    if now - began > longest:
        return "it is too old: its run started at %s" % saved["requested"]
    return None


def _known(project: Any) -> Any:
    return isinstance(project, dict) and isinstance(project.get("id"), str) and project["id"] and isinstance(project.get("endpoint"), str)


def running(saved: dict) -> bool:
    """Whether the run that wrote a record is still at work on this machine, so that it is not interrupted."""
    return journal.running(saved.get("process") if isinstance(saved, dict) else None) is True


def time_of(value: Any) -> Any:
    """``value`` as a time; None if it is not a time."""
    return moment(value) if isinstance(value, str) else None


def results(saved: dict) -> list:
    """The well-formed module results in a record; anything else is ignored."""
    found = []
    for entry in dicts(saved.get("results")):
        found.append({"operations": [each for each in dicts(entry.get("operations")) if isinstance(each.get("operation"), str)
                                     and isinstance(each.get("resource_type"), str)],
                      "jobs": [each for each in dicts(entry.get("jobs")) if isinstance(each.get("job_id"), str)]})
    return found


def milestones(saved: dict, now: Any = None) -> list:
    """Its milestones, each with its name and a time since the run began."""
    began, now = time_of(saved.get("requested")), now or datetime.now(timezone.utc)
    found = [(entry, time_of(entry.get("at"))) for entry in dicts(saved.get("milestones")) if isinstance(entry.get("name"), str)]
    return [{"name": entry["name"], "at": entry["at"]} for entry, at in found if began and at and began <= at <= now + SKEW]
