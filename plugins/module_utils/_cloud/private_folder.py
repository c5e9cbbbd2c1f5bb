# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder that only this user can change, opened as a descriptor. PRIVATE to the collection. Imports nothing of Ansible.

The token cache and the locks live in such folders. Every part of the path is opened relative to the one before and checked, so
that nobody can replace a part between the check and the use. What others have put there is refused, never followed and never
changed; the mode of a folder that existed before stays as it is.
"""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import stat
from collections.abc import Iterator

from .errors import one_line

_FOLDER = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A parent may be searchable without being readable.
_PARENT = _FOLDER | getattr(os, "O_PATH", os.O_RDONLY)
# O_NONBLOCK: opening a FIFO must not wait for its other end.
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_MOST_LINKS = 40


class NotPrivate(Exception):
    """Why a folder or file cannot be used; the message names it."""


def user_folder(variable: str, below_home: str) -> str | None:
    """The folder that an XDG variable names, else ``below_home`` in the home folder; None where no home is known."""
    for folder in (os.environ.get(variable) or "", os.path.join(os.path.expanduser("~"), below_home)):
        if os.path.isabs(folder):
            return folder
    return None


@contextlib.contextmanager
def private_folder(path: str, make: bool = True) -> Iterator[int]:
    """The descriptor of the folder ``path``; missing parts are made with mode 0700.

    :raises NotPrivate: it cannot be used, or others can change it or its parents
    """
    path = os.path.abspath(path)
    try:
        handle = _descend(path, make)
    except (OSError, ValueError) as error:
        raise NotPrivate(one_line("%s cannot be used (%s)" % (path, _reason(error)))) from None
    try:
        yield handle
    finally:
        os.close(handle)


def open_file(folder: int | None, name: str, flags: int) -> int:
    """The descriptor of a regular file of this user in a private folder, made with mode 0600 where ``flags`` say so.

    :param folder: its descriptor; None where ``name`` is a path, whose folder the caller answers for
    :raises OSError: there is none, or it cannot be opened
    :raises NotPrivate: it is not a regular file, or belongs to another user
    """
    handle = os.open(name, flags | _FILE, 0o600, dir_fd=folder)
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode) or about.st_uid != os.geteuid():
            raise NotPrivate("%s is not a regular file that you own" % name)
    except BaseException:
        os.close(handle)
        raise
    return handle


def read_file(folder: int, name: str, limit: int) -> bytes:
    """The content of such a file.

    :raises OSError: it cannot be read
    :raises NotPrivate: it is not such a file, or larger than ``limit``
    """
    handle = open_file(folder, name, os.O_RDONLY)
    with os.fdopen(handle, "rb") as stream:
        content = stream.read(limit + 1)
    if len(content) > limit:
        raise NotPrivate("%s is larger than %d bytes" % (name, limit))
    return content


def replace_file(folder: int, name: str, content: bytes) -> None:
    """Write such a file atomically, replacing any file with that name.

    :raises OSError: it cannot be written
    """
    fresh = ".%s-%s" % (name, os.urandom(8).hex())
    handle = open_file(folder, fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.replace(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(fresh, dir_fd=folder)
        raise


def _descend(path: str, make: bool) -> int:
    handle, place, parts, links = os.open("/", _PARENT), "/", _parts(path), 0
    try:
        while parts:
            _check_parent(os.fstat(handle), place)
            name = parts.pop(0)
            place = os.path.normpath(os.path.join(place, name))
            target = _target(handle, name, place)
            if target is None:
                inner = _enter(handle, name, _PARENT if parts else _FOLDER | os.O_RDONLY, make)
                os.close(handle)
                handle = inner
                continue
            links += 1
            if not parts or links > _MOST_LINKS:
                raise NotPrivate(one_line("%s is a symbolic link" % place))
            parts = _parts(target) + parts
            place = os.path.dirname(place)
            if target.startswith("/"):
                os.close(handle)
                handle, place = os.open("/", _PARENT), "/"
        _check_folder(handle, path)
        return handle
    except BaseException:
        os.close(handle)
        raise


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]


def _enter(handle: int, name: str, flags: int, make: bool) -> int:
    try:
        return os.open(name, flags, dir_fd=handle)
    except FileNotFoundError:
        if not make:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=handle)
    return os.open(name, flags, dir_fd=handle)


def _target(handle: int, name: str, place: str) -> str | None:
    """The target of a symbolic link that only this user or root can have created; None if it is not a link."""
    try:
        about = os.stat(name, dir_fd=handle, follow_symlinks=False)
    except FileNotFoundError:
        return None
    if not stat.S_ISLNK(about.st_mode):
        return None
    if about.st_uid not in (0, os.geteuid()) or _shared(os.fstat(handle)):
        raise NotPrivate(one_line("%s is a symbolic link that another user may have created" % place))
    return os.readlink(name, dir_fd=handle)


def _check_parent(about: os.stat_result, place: str) -> None:
    if about.st_uid not in (0, os.geteuid()):
        raise NotPrivate(one_line("%s belongs to another user" % place))
    if _shared(about) and not about.st_mode & stat.S_ISVTX:
        raise NotPrivate(one_line("%s can be written by other users, who could replace its contents" % place))


def _check_folder(handle: int, path: str) -> None:
    about = os.fstat(handle)
    if about.st_uid != os.geteuid():
        raise NotPrivate(one_line("%s belongs to another user" % path))
    if about.st_mode & 0o022:
        raise NotPrivate(one_line("%s can be written by other users (set its mode to 0700)" % path))
    if not os.access(".", os.W_OK | os.X_OK, dir_fd=handle):
        raise NotPrivate(one_line("%s cannot be written" % path))


def _shared(about: os.stat_result) -> bool:
    """Whether others than this user and root can write there."""
    return bool(about.st_mode & 0o002 or (about.st_mode & 0o020 and not _own_group(about.st_gid)))


def _own_group(gid: int) -> bool:
    """Whether a group is root's, as in job containers, or the private one that many systems give each user."""
    if gid == 0:
        return True
    try:
        user, group = pwd.getpwuid(os.geteuid()), grp.getgrgid(gid)
    except KeyError:
        return False
    return user.pw_gid == gid and group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name}


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or "not a valid path"
