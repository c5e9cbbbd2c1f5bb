# SPDX-License-Identifier: GPL-3.0-or-later
"""No test touches a path outside its temporary folders: they run as root on developers' machines.

An audit hook sees every file operation of this process before it happens, refuses those outside, and remembers them, since the code
under test may swallow the refusal. Child processes get a home and a temporary folder of the tests.
"""

from __future__ import annotations

import atexit
import contextlib
import errno
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_READABLE = tuple(
    os.path.realpath(place) for place in (
        ROOT, sys.prefix, sys.base_prefix, sys.exec_prefix, "/usr", "/etc", "/bin", "/lib", "/lib64", "/opt", "/proc", "/sys", "/var/lib/dpkg",
    )
)
_DEVICES = tuple("/dev/" + name for name in ("null", "zero", "urandom", "random", "tty", "shm", "fd", "ptmx", "pts"))
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Audit event: positions of the paths, and of the folder descriptors they are relative to.
_CHANGES = {
    "os.remove": ((0, 1),), "os.rmdir": ((0, 1),), "os.mkdir": ((0, 2),), "os.chmod": ((0, 2),), "os.chown": ((0, 3),), "os.utime": ((0, 3),),
    "os.truncate": ((0, None),), "os.rename": ((0, 2), (1, 3)), "os.link": ((1, 3),), "os.symlink": ((1, 2),), "os.setxattr": ((0, None),),
}
_state = threading.local()
_watch: list[list[str]] = []
_writable: list[str] = []


def _absolute(path, folder):
    text = os.fsdecode(path)
    if not os.path.isabs(text) and isinstance(folder, int) and folder >= 0:
        with contextlib.suppress(OSError):
            text = os.path.join(os.readlink("/proc/self/fd/%d" % folder), text)
    # The last part is not followed: a link in a temporary folder is the folder's own.
    text = os.path.abspath(text)
    return os.path.join(os.path.realpath(os.path.dirname(text)), os.path.basename(text))


def _inside(path, places):
    return any(path == place or path.startswith(place.rstrip("/") + "/") for place in places)


def _allowed(path, writes):
    if _inside(path, _writable) or _inside(path, _DEVICES):
        return True
    if not writes:
        return _inside(path, _READABLE) or (not path.startswith("/dev/") and os.path.isdir(path))
    return "/__pycache__/" in path + "/" or path.startswith("/proc/self/")  # the first import of all makes the folder itself


def _hook(event, args):
    if not _watch or getattr(_state, "asking", False):
        return
    if event != "open" and event not in _CHANGES:
        return
    _state.asking = True
    try:
        if event == "open":
            writes = bool((args[2] or 0) & _WRITES)
            paths = [_absolute(args[0], getattr(_state, "folder", None))] if isinstance(args[0], (str, bytes)) else []
        else:
            writes = True
            paths = [
                _absolute(args[at], args[folder] if folder is not None else None)
                for at, folder in _CHANGES[event] if isinstance(args[at], (str, bytes, os.PathLike))
            ]
        for path in paths:
            if not _allowed(path, writes) or (event == "open" and not _allowed(os.path.realpath(path), writes)):
                _watch[-1].append("%s %s" % (event, path))
                raise PermissionError(errno.EPERM, "a test reached outside its temporary folders by %s" % event, path)
    finally:
        _state.asking = False


def _open_telling_folder(path, flags, mode=0o777, *, dir_fd=None):
    # The audit event of os.open does not say which folder a path is relative to.
    _state.folder = dir_fd
    try:
        return _real_open(path, flags, mode, dir_fd=dir_fd)
    finally:
        _state.folder = None


_real_open = os.open


def prepare():
    """Give this process, and those it starts, a home and a temporary folder of its own; call before anything else is imported."""
    place = os.path.realpath(tempfile.mkdtemp(prefix="sdrs-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    for name in [name for name in os.environ if name.startswith("XDG_")]:
        del os.environ[name]
    os.environ.update(HOME=os.path.join(place, "home"), TMPDIR=os.path.join(place, "tmp"))
    for name in ("home", "tmp"):
        os.mkdir(os.path.join(place, name), 0o700)
    # Ansible asks the shell for the home of the user, which is not HOME.
    for name, folder in (("ANSIBLE_ASYNC_DIR", ".ansible_async"), ("ANSIBLE_REMOTE_TEMP", ".ansible/tmp"), ("ANSIBLE_HOME", ".ansible")):
        os.environ[name] = os.path.join(place, "home", folder)
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(ROOT / ".build" / "hypothesis")
    tempfile.tempdir = None
    _writable.extend((place, str(ROOT / ".build")))
    os.open = _open_telling_folder
    sys.addaudithook(_hook)


@contextlib.contextmanager
def confined(*places):
    """Refuse what touches anything outside the temporary folders and ``places``; gives the list of what was refused."""
    more = [os.path.realpath(place) for place in places]
    _writable.extend(more)
    _watch.append([])
    try:
        yield _watch[-1]
    finally:
        _watch.pop()
        del _writable[len(_writable) - len(more):]
