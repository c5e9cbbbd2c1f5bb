# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks of the role posture decide. PRIVATE to the collection."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable
from functools import partial
from typing import Any

from .. import _posture, _posture_formats, _records
from .._paths import report_folder
from .._report_formats import each_format

# A trend shows ten; the last successful one may be older.
_NEWEST = 50


def _judged(live: dict, asked: dict) -> dict:
    """Reads the reports here: what many drills left is no text for variables."""
    found, problems = {}, []
    for entry in live["posture"]:
        name = entry["server_group"].get("name")
        if name:
            pattern = os.path.join(glob.escape(report_folder(asked["report_dir"], name)), "drill-*.json")
            found[name], wrong = _records.reports(pattern, _NEWEST)
            problems += wrong
    return _posture.judge(live, found, dict(asked, documents=_documents(asked.get("hosts") or {}), problems=problems))


def _documents(hosts: dict) -> dict[str, dict]:
    """``{group: its document}`` of the hosts that have one, by what it says of its ID or name."""
    return {str(document.get("id") or document.get("name") or host): document for host, document in hosts.items() if isinstance(document, dict) and document}


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "posture": _judged,
    "render_postures": partial(each_format, _posture_formats.render),
}
