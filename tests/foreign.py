# SPDX-License-Identifier: GPL-3.0-or-later
"""What other users may have prepared where this one keeps its own files: folders and files that must not be used."""

from __future__ import annotations

import os
import stat
import threading

import pytest

SOMEBODY = 54321
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to another user")


def _made(path, mode=0o700, owner=None):
    path.mkdir(parents=True)
    path.chmod(mode)
    if owner:
        os.chown(path, owner, owner)
    return path


def _link(path, target, owner=None):
    path.symlink_to(target)
    if owner:
        os.lchown(path, owner, owner)
    return path


def _file(path):
    path.write_text("")
    return path


# Each makes something below a private folder and gives the path that is to be used as a folder.
FOLDERS = {
    "all can write": lambda top: _made(top / "a", 0o777),
    "all can write, sticky": lambda top: _made(top / "a", 0o1777),
    "its group can write": lambda top: _made(top / "a", 0o770),
    "a file": lambda top: _file(top / "a"),
    "below a file": lambda top: _file(top / "a") / "b",
    "a link": lambda top: _link(top / "a", _made(top / "target")),
    "a dangling link": lambda top: _link(top / "a", top / "target"),
    "below a link to itself": lambda top: _link(top / "a", top / "a") / "b",
    "below what all can write": lambda top: _made(top / "a", 0o777) / "b",
    "in what all can write": lambda top: _made(_made(top / "a", 0o777) / "b"),
    "far below what all can write": lambda top: _made(_made(top / "a", 0o777) / "b") / "c" / "d",
    "below a link in what all can write": lambda top: _link(_made(top / "a", 0o1777) / "b", _made(top / "target")) / "c",
    "a link leads below what all can write": lambda top: _link(top / "a", _made(top / "b", 0o777)) / "c",
    "not a path": lambda top: str(top / "a") + "\0",
    "too long": lambda top: top / ("a" * 300),
}
FOLDERS_OF_OTHERS = {
    "of another user": lambda top: _made(top / "a", 0o755, SOMEBODY),
    "of another user, all can write": lambda top: _made(top / "a", 0o777, SOMEBODY),
    "below another user's": lambda top: _made(top / "a", 0o755, SOMEBODY) / "b",
    "in another user's": lambda top: _made(_made(top / "a", 0o755, SOMEBODY) / "b"),
    "another user's link": lambda top: _link(top / "a", _made(top / "target", 0o755), SOMEBODY),
    "below another user's link": lambda top: _link(top / "a", _made(top / "target", 0o755), SOMEBODY) / "b",
    "below what another group can write": lambda top: _in_group(_made(top / "a", 0o775)) / "b",
}


def _in_group(path):
    os.chown(path, -1, SOMEBODY)
    return path


def folders():
    """Parameters ``make(private folder)`` for folders that must not be used."""
    return [pytest.param(make, id=name) for name, make in FOLDERS.items()] + [
        pytest.param(make, id=name, marks=as_root) for name, make in FOLDERS_OF_OTHERS.items()
    ]


# What may stand in the place of a file.
FILES = {
    "fifo": os.mkfifo,
    "folder": os.mkdir,
    "socket": lambda path: os.mknod(path, stat.S_IFSOCK | 0o600),
    "dangling link": lambda path: path.symlink_to(path.parent / "nowhere"),
    "link": lambda path: path.symlink_to(_file(path.parent.parent / "target")),
    "device": lambda path: path.symlink_to("/dev/zero"),
}


def state_of(top):
    """Owner, mode and size of everything below a folder, itself included: to see that nothing was touched."""
    return {
        path: (about.st_uid, about.st_mode, about.st_size if path.is_file() else 0)
        for path in [top, *sorted(top.rglob("*"))] for about in [path.lstat()]
    }


def in_time(act, seconds=10):
    """The result of ``act()``, which must not hang."""
    found = []
    thread = threading.Thread(target=lambda: found.append(act()), daemon=True)
    thread.start()
    thread.join(seconds)
    assert found, "it hangs, or raised"
    return found[0]
