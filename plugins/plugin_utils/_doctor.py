# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's findings as lines for a terminal. PRIVATE to the collection."""

from __future__ import annotations

import itertools
import textwrap
from typing import Any

# What ansible.builtin.debug puts around a line of a list leaves so much of 80 columns.
WIDTH = 69
_STATUS, _NAME = 5, 17
_COUNTED = {"FAIL": "failed", "warn": "advisory", "skip": "skipped"}


def table(result: Any, width: Any = WIDTH) -> Any:
    """Lines of plain text, none longer than ``width``: a row for each check, the remedy under what failed, at the end what to do first."""
    checks = result["checks"]
    counts = [(sum(_status(each) == status for each in checks), text) for status, text in _COUNTED.items()]
    lines = [", ".join(["%d checks" % len(checks)] + ["%d %s" % each for each in counts if each[0]]), ""]
    for (status, reason), group in itertools.groupby(checks, lambda each: (_status(each), each["skipped"] and each["detail"])):
        if reason:
            # Checks that were skipped because of the same check share a row.
            names = ", ".join(each["check"] for each in group)
            lines += _wrapped("%s: %s" % (names, reason.partition(": ")[2]), "%-*s" % (_STATUS, status), " " * _STATUS, width)
            continue
        for check in group:
            lines += _wrapped(check["detail"], "%-*s%-*s" % (_STATUS, status, _NAME, check["check"]), " " * (_STATUS + _NAME), width)
            if not check["passed"]:
                lines += _wrapped(check["remedy"], " " * _STATUS + "Remedy: ", " " * (_STATUS + 2), width)
    return lines + [""] + verdict(result, width)


def verdict(result: Any, width: Any = WIDTH) -> Any:
    """The end of the table: healthy, or what to do first."""
    if result["healthy"]:
        advice = sum(_status(check) == "warn" for check in result["checks"])
        return ["Healthy%s." % (", %d advisory" % advice if advice else "")]
    first = next(check for check in result["checks"] if _status(check) == "FAIL")
    return _wrapped("Not healthy. First, %s: %s" % (first["check"], first["remedy"]), "", "  ", width)


def _status(check: Any) -> str:
    if check["passed"]:
        return "ok"
    return "skip" if check["skipped"] else "FAIL" if check["severity"] == "error" else "warn"


def _wrapped(text: str, first: Any, rest: Any, width: Any) -> Any:
    # Quotes and backslashes would be escaped on the screen; anything else that is not printable could move the cursor.
    text = "".join(character if character.isprintable() else " " for character in text.replace('"', "'").replace("\\", "/"))
    return textwrap.wrap(text, width, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False) or [first.rstrip()]
