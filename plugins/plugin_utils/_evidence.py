# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The minimal result when a report could not be created. PRIVATE to the collection."""

from __future__ import annotations

import os
from typing import Any

from ._journal import with_journal
from ._journal_entries import dicts
from ._report import CHECK, FAILED, PASSED, failures


def bare_report(run: dict, check_mode: bool = False) -> dict:
    """As much of a report as roles need to end: what failed, and so the verdict.

    :param run: see ``_report.build``
    """
    run = with_journal(run) if isinstance(run, dict) else {}
    reasons = [str(entry.get("msg") or "the task failed without a message") for entry in dicts(run.get("errors"))]
    try:
        reasons += failures(*(run.get(key) or [] for key in ("servers", "steps", "clean_up")))
    except Exception as error:  # pylint: disable=broad-except
        reasons.append("whether the checks passed is unknown (%s)" % type(error).__name__)
    group: dict = run["server_group"] if isinstance(run.get("server_group"), dict) else {}
    return {
        "what": str(run.get("what")), "server_group": {key: group.get(key) for key in ("id", "name", "status", "priority_station")},
        "verdict": CHECK if check_mode is True else FAILED if reasons else PASSED,
        "reasons": reasons,
    }


def places(paths: Any) -> dict:
    """Where the forms of a report are, by their form; what could not be written is left out.

    :param paths: those of report_files: the path of each file by the path that was asked for
    """
    return {os.path.splitext(asked)[1].lstrip("."): path for asked, path in paths.items() if path}
