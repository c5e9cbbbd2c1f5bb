# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time for a protection group, on this machine. PRIVATE to the collection. Imports nothing of Ansible.

Names of groups and drills are not unique: two runs of one document at once would create them twice. Locks are files that the
system frees when their process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile

from ._errors import SdrsError

try:
    import fcntl
except ImportError:
    fcntl = None

_PAUSE = 0.5


@contextlib.contextmanager
def locked(keys, waiting, warn, folder=None):
    """Hold the locks of ``keys`` (tuples of text), waiting for others for as long as for a job.

    :raises SdrsError: another process holds one; it is named
    """
    with contextlib.ExitStack() as held:
        folder = folder or lock_folder()
        if keys and fcntl and _private(folder, warn):
            for key in sorted(set(keys)):
                held.enter_context(_one(folder, key, waiting))
        yield


def lock_folder():
    """Where the locks are, whether or not it is there yet."""
    return os.path.join(tempfile.gettempdir(), "sdrs-%d" % os.getuid())


def _private(folder, warn):
    """Whether ``folder`` is there, ours, and closed to others."""
    try:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder, 0o700)
        about = os.lstat(folder)
        if stat.S_ISDIR(about.st_mode) and about.st_uid == os.getuid() and not about.st_mode & 0o077:
            return True
        problem = "it is not a folder of yours alone"
    except OSError as error:
        problem = error.strerror
    warn("runs at the same time are not kept apart: %s: %s" % (folder, problem))
    return False


@contextlib.contextmanager
def _one(folder, key, waiting):
    path = os.path.join(folder, hashlib.sha256("\0".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:32] + ".lock")
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        begun = waiting.clock()
        while not _taken(handle):
            if waiting.timed_out(begun):
                holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
                raise SdrsError(
                    "protection group %s is being changed by process %s on this machine" % (key[-1], holder or "(unknown)"),
                    retryable=True, remedy="Run the task again when it has ended.",
                )
            waiting.sleep(_PAUSE)
        os.ftruncate(handle, 0)
        os.pwrite(handle, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(handle)


def _taken(handle):
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
