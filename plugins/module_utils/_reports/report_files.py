# SPDX-License-Identifier: GPL-3.0-or-later
"""Small files that the roles write on the controller: reports, and records of runs. PRIVATE to the collection.

Evidence must not stop a recovery: with ``fallback`` a file that cannot be written goes to a private folder of the user, and nothing fails.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from typing import Any

from .._cloud.errors import ConfigError, one_line
from .._cloud.private_folder import NotPrivate, private_folder, replace_file, user_folder

# What is larger is none of these files, and not read to be compared.
LIMIT = 16 * 1024 * 1024


def paths(value: Any) -> str | None:
    """Rule: every path is absolute; a relative one would mean another folder in an installed collection."""
    wrong = next((path for path in value if not os.path.isabs(path)), None)
    return "%r is not an absolute path" % wrong if wrong else None if value else "must not be empty"


def file_name(value: Any) -> str | None:
    """Rule: the name of a file, and no path."""
    return None if value and os.path.basename(value) == value and not value.startswith(".") else "%r is not the name of a file" % value


RULES = {"files": paths, "absent": paths, "sums": file_name}


def write(params: dict, host: Any) -> dict:
    """Write what differs, each file as a whole or not at all, and remove what shall be absent.

    :raises ConfigError: the system refuses it, and there is no fallback
    """
    run = _Run(params.get("fallback"), host)
    for path, text in (params.get("files") or {}).items():
        run.write(path, str(text).encode("utf-8", "backslashreplace"))
        if params.get("sums") and path in run.after:
            run.note(run.paths[path], str(text).encode("utf-8", "backslashreplace"), params["sums"])
    for path in params.get("absent") or []:
        run.remove(path)
    for problem in run.problems:
        host.warn(problem)
    diff = {"before": run.before, "after": run.after}
    return {"changed": bool(run.after), "operations": [], "jobs": [], "diff": diff, "paths": run.paths, "problems": run.problems}


def elsewhere(path: str) -> tuple:
    """Where a file is kept that cannot be written, as ``(folder, name)``; the folder is None where the user has none."""
    folder, name = os.path.split(path)
    state = user_folder("XDG_STATE_HOME", os.path.join(".local", "state"))
    digest = hashlib.sha256(folder.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return state and os.path.join(state, "cloud_dr.sdrs", "reports", "%s-%s" % (os.path.basename(folder)[:100], digest)), name


class _Run:
    """What one task writes and removes, and what it could not."""

    def __init__(self, fallback: str | None, host: Any) -> None:
        self.fallback, self.check_mode = fallback, host.check_mode
        self.before: dict = {}
        self.after: dict = {}
        self.paths: dict = {}
        self.problems: list = []
        self._temporary: str | None = None

    def write(self, path: str, content: bytes) -> None:
        have = _content(path)
        self.paths[path] = path
        if have == content:
            return
        self.before[path], self.after[path] = "absent" if have is None else "%d bytes" % len(have), "%d bytes" % len(content)
        if self.check_mode:
            return
        try:
            _replace(path, content)
        except (OSError, ValueError) as error:
            if not self.fallback:
                raise ConfigError("%s: %s" % (getattr(error, "filename", None) or path, _reason(error))) from None
            self._write_elsewhere(path, content, error)

    def note(self, path: str, content: bytes, sums: str) -> None:
        """Append the digest of what was written. One small write at the end of the file: two runs do not mix their lines."""
        if path is None or self.check_mode:
            return
        line = "%s  %s\n" % (hashlib.sha256(content).hexdigest(), os.path.basename(path).replace("\n", "_"))
        place = os.path.join(os.path.dirname(path), sums)
        try:
            handle = os.open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644)
            try:
                os.write(handle, line.encode("utf-8", "surrogateescape"))
            finally:
                os.close(handle)
        except (OSError, ValueError) as error:
            if not self.fallback:
                raise ConfigError("%s: %s" % (place, _reason(error))) from None
            self._tell("%s cannot be written (%s)" % (place, _reason(error)))

    def _write_elsewhere(self, path: str, content: bytes, error: OSError | ValueError) -> None:
        try:
            self.paths[path] = self._keep(path, content)
            self._tell("%s cannot be written (%s): what belongs there is in %s" % (
                os.path.dirname(path), _reason(error), os.path.dirname(self.paths[path])))
        except (OSError, ValueError) as second:
            self.paths[path] = None
            self._tell("%s cannot be written (%s), and nothing else either (%s): what belongs there is lost" % (
                os.path.dirname(path), _reason(error), _reason(second)))

    def _keep(self, path: str, content: bytes) -> str:
        folder, name = elsewhere(path)
        if folder:
            with contextlib.suppress(OSError, ValueError, NotPrivate), private_folder(folder) as handle:
                replace_file(handle, name, content)
                return os.path.join(folder, name)
        self._temporary = self._temporary or tempfile.mkdtemp(prefix="cloud_dr.sdrs-reports-")
        kept = os.path.join(self._temporary, name)
        _replace(kept, content)
        return kept

    def remove(self, path: str) -> None:
        folder, name = elsewhere(path)
        for place in [path, *([os.path.join(folder, name)] if self.fallback and folder else [])]:
            try:
                if not os.path.lexists(place):
                    continue
                self.before[place], self.after[place] = "present", "absent"
                if not self.check_mode:
                    os.remove(place)
            except (OSError, ValueError) as error:
                if not self.fallback:
                    raise ConfigError("%s: %s" % (place, _reason(error))) from None
                del self.before[place], self.after[place]
                self._tell("%s cannot be removed (%s)" % (place, _reason(error)))

    def _tell(self, problem: str) -> None:
        problem = one_line(problem)
        if problem not in self.problems:
            self.problems.append(problem)


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or "not a valid path"


def _content(path: str) -> bytes | None:
    """What a regular file holds; None where there is none, and of what is something else, unreadable or too large."""
    try:
        # O_NONBLOCK: a FIFO would let the task wait for its other end.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode) or about.st_size > LIMIT:
            os.close(handle)
            return None
        with os.fdopen(handle, "rb") as stream:
            return stream.read(LIMIT)
    except (OSError, ValueError):
        return None


def _replace(path: str, content: bytes) -> None:
    folder = os.path.dirname(path)
    os.makedirs(folder, mode=0o755, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=".new-", dir=folder)
    try:
        with open(handle, "wb") as stream:
            stream.write(content)
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise
