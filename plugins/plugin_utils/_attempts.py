# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The attempts of a run that was interrupted or failed and was started again: who made each, when, and how it ended. PRIVATE to the collection.

An attempt is ``{began, ended, user, machine, reasons}``; one that was killed has no ``ended``.
"""

from __future__ import annotations

from ._records import time_of

_MOST = 100
_LONGEST = 2000


def known(saved: dict | None) -> list[dict]:
    """The well-formed attempts in a record; anything else is ignored."""
    found = [entry for entry in (saved or {}).get("attempts") or [] if isinstance(entry, dict) and time_of(entry.get("began"))] \
        if isinstance((saved or {}).get("attempts"), list) else []
    return [{
        "began": entry["began"], "ended": entry.get("ended") if time_of(entry.get("ended")) else None,
        **{key: entry.get(key) if isinstance(entry.get(key), str) else None for key in ("user", "machine")},
        "reasons": [str(reason)[:_LONGEST] for reason in entry.get("reasons") or []] if isinstance(entry.get("reasons"), list) else [],
    } for entry in found[-_MOST:]]


def of_journal(entries: list[dict]) -> list[dict]:
    """The attempts recorded in a journal."""
    found: list = []
    for entry in entries:
        if entry["event"] in ("begun", "resumed"):
            found.append({"began": entry["at"], "ended": None, "user": entry.get("user"), "machine": entry.get("machine"), "reasons": []})
        elif found and entry["event"] == "error":
            found[-1]["reasons"].append(str(entry.get("msg")))
        elif found and entry["event"] in ("ended", "finished"):
            found[-1]["ended"] = entry["at"]
            found[-1]["reasons"] = entry["reasons"] if isinstance(entry.get("reasons"), list) else found[-1]["reasons"]
    return known({"attempts": found})
