# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files that the roles write on the controller: reports, and records of runs. PRIVATE to the collection."""

from __future__ import annotations

import os
import tempfile

from .._errors import ConfigError


def paths(value):
    """Rule: every path is absolute; a relative one would mean another folder in an installed collection."""
    wrong = next((path for path in value if not os.path.isabs(path)), None)
    return "%r is not an absolute path" % wrong if wrong else None if value else "must not be empty"


RULES = {"files": paths, "absent": paths}


def write(params, host):
    """Write what differs, each file as a whole or not at all, and remove what shall be absent.

    :raises ConfigError: the system refuses it
    """
    before, after = {}, {}
    try:
        for path, text in (params.get("files") or {}).items():
            have, wanted = _content(path), str(text)
            if have != wanted:
                before[path], after[path] = "absent" if have is None else "%d characters" % len(have), "%d characters" % len(wanted)
                if not host.check_mode:
                    _replace(path, wanted)
        for path in params.get("absent") or []:
            if os.path.exists(path):
                before[path], after[path] = "present", "absent"
                if not host.check_mode:
                    os.remove(path)
    except OSError as error:
        raise ConfigError("%s: %s" % (error.filename, error.strerror)) from None
    return {"changed": bool(after), "operations": [], "jobs": [], "diff": {"before": before, "after": after}}


def _content(path):
    try:
        with open(path, encoding="utf-8", errors="replace", newline="") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def _replace(path, text):
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o755, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=".new-", dir=folder)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
