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

# Larger files are not read for comparison.
LIMIT = 16 * 1024 * 1024
_MOST_NAMES = 1000


def paths(value: Any) -> str | None:
    """Rule: every path is absolute; a relative one would mean another folder in an installed collection."""
    wrong = next((path for path in value if not os.path.isabs(path)), None)
    return "%r is not an absolute path" % wrong if wrong else None if value else "must not be empty"


def file_name(value: Any) -> str | None:
    """Rule: the name of a file, and no path."""
    return None if value and os.path.basename(value) == value and not value.startswith(".") else "%r is not a file name" % value


RULES = {"files": paths, "absent": paths, "sums": file_name}


def write(params: dict, host: Any) -> dict:
    """Write files that differ, each one atomically, and remove files that should be absent.

    :raises ConfigError: a file cannot be written or removed, and there is no fallback
    """
    run = _Run(params.get("fallback"), bool(params.get("keep")), host)
    files = {path: str(text).encode("utf-8", "backslashreplace") for path, text in (params.get("files") or {}).items()}
    names = run.names(files) if run.keep else {path: path for path in files}
    for path, content in files.items():
        changed = run.write(path, names[path], content)
        if params.get("sums") and changed:
            run.note(run.paths[path], content, params["sums"])
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
    """The files that one task writes and removes, and its problems."""

    def __init__(self, fallback: str | None, keep: bool, host: Any) -> None:
        self.fallback, self.keep, self.check_mode = fallback, keep, host.check_mode
        self.before: dict = {}
        self.after: dict = {}
        self.paths: dict = {}
        self.problems: list = []
        self._temporary: str | None = None

    def names(self, files: dict[str, bytes]) -> dict[str, str]:
        """Where files go that replace none: at their paths, or, if others are there, all of them with the same number.

        The first of them is taken by creating it, so that of two runs at once each gets names of its own.
        """
        for number in range(1, _MOST_NAMES):
            names = {path: _numbered(path, number) for path in files}
            found = [_content(names[path]) == content for path, content in files.items() if os.path.lexists(names[path])]
            if all(found) and (len(found) == len(files) or self.check_mode or _taken(next(iter(names.values())))):
                return names
        if not self.fallback:
            raise ConfigError("there are too many files such as %s" % next(iter(files)))
        return {path: _numbered(path, _MOST_NAMES) for path in files}

    def write(self, path: str, name: str, content: bytes) -> bool:
        """Write the file requested as ``path`` to ``name``; returns whether there was something to write."""
        have = _content(name)
        self.paths[path] = name
        if have == content:
            return False
        self.before[name], self.after[name] = "%d bytes" % len(have) if have else "absent", "%d bytes" % len(content)
        if self.check_mode:
            return True
        try:
            _replace(name, content)
        except (OSError, ValueError) as error:
            if not self.fallback:
                raise ConfigError("%s: %s" % (getattr(error, "filename", None) or name, _reason(error))) from None
            self._write_elsewhere(path, name, content, error)
        return True

    def note(self, path: str, content: bytes, sums: str) -> None:
        """Append the digest of a written file, in one small write, so that the lines of two runs do not mix."""
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

    def _write_elsewhere(self, path: str, name: str, content: bytes, error: OSError | ValueError) -> None:
        try:
            self.paths[path] = self._keep(name, content)
            self._tell("%s cannot be written (%s); its contents were written to %s instead" % (
                os.path.dirname(name), _reason(error), os.path.dirname(self.paths[path])))
        except (OSError, ValueError) as second:
            self.paths[path] = None
            self._tell("%s cannot be written (%s), nor can the fallback folders (%s); its contents are lost" % (
                os.path.dirname(name), _reason(error), _reason(second)))

    def _keep(self, path: str, content: bytes) -> str:
        folder, name = elsewhere(path)
        if folder:
            name = next(each for each in (_numbered(name, number) for number in range(1, _MOST_NAMES))
                        if not self.keep or not os.path.lexists(os.path.join(folder, each)) or _content(os.path.join(folder, each)) == content)
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


def _numbered(path: str, number: int) -> str:
    stem, ending = os.path.splitext(path)
    return path if number == 1 else "%s-%d%s" % (stem, number, ending)


def _taken(path: str) -> bool:
    """Whether this run has reserved the name. If the file cannot be created, writing it will show why."""
    with contextlib.suppress(OSError, ValueError):
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
    except FileExistsError:
        return False
    except (OSError, ValueError):
        pass
    return True


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or "not a valid path"


def _content(path: str) -> bytes | None:
    """The contents of a regular file; None if it is missing, not a regular file, unreadable or too large."""
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
