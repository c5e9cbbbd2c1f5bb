# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens and project IDs kept between tasks: files 0600 in a private folder. PRIVATE to the collection.

A file's name is a digest of what is public about the login; the entry proves the secret by a salted digest.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .._defaults import TOKEN_MARGIN
from .errors import one_line
from .private_folder import NotPrivate, open_file, private_folder, read_file, replace_file, user_folder

_ROUNDS = 10_000
# Tokens with a catalogue have some kilobytes.
_LARGEST = 1_000_000


class TokenCache:
    """``get`` and ``put`` of entries (mappings with ``expires``, seconds since the epoch).

    A folder that is not private, or cannot be written, means no cache and one warning.
    """

    def __init__(
        self, folder: str | None = None, enabled: bool = True, warn: Callable[[str], Any] | None = None, clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder = os.path.expanduser(folder) if folder else _default_folder()
        self._enabled = enabled
        self._warn = warn or (lambda message: None)
        self._clock = clock

    @property
    def folder(self) -> str | None:
        """Where the entries are, whether or not it is there yet."""
        return self._folder

    def get(self, identity: Iterable, secret: str) -> Any:
        """The entry stored for ``identity`` (tuple of public strings) under this ``secret``, or None."""
        with self._open() as folder:
            if folder is None:
                return None
            try:
                entry = json.loads(read_file(folder, _name(identity), _LARGEST))
                proof = _digest(secret, bytes.fromhex(entry["salt"]))
                if hmac.compare_digest(proof, entry["proof"]) and entry["expires"] > self._clock() + TOKEN_MARGIN:
                    return entry["value"]
            except (OSError, NotPrivate, ValueError, KeyError, TypeError, RecursionError):
                pass  # the file is not a valid cache entry
        return None

    def put(self, identity: Iterable, secret: str, value: Any, expires: float) -> None:
        """Store ``value`` until ``expires``; write errors are ignored."""
        salt = os.urandom(16)
        entry = {"salt": salt.hex(), "proof": _digest(secret, salt), "expires": expires, "value": value}
        content = json.dumps(entry).encode("ascii")
        with self._open() as folder:
            if folder is None or len(content) > _LARGEST:
                return
            try:
                replace_file(folder, _name(identity), content)
            except OSError as error:
                self._off("%s cannot be written (%s)" % (self._folder, error.strerror))

    def drop(self, identity: Iterable) -> None:
        """Remove an entry, such as a token the service has rejected."""
        with self._open() as folder, contextlib.suppress(OSError):
            if folder is not None:
                os.unlink(_name(identity), dir_fd=folder)

    @contextlib.contextmanager
    def alone(self, identity: Iterable, seconds: float = 60, sleep: Callable[[float], None] = time.sleep) -> Iterator[None]:
        """Let one process at a time go on with ``identity``, so that the others find what it puts; without a cache, or in vain, all go on."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError, NotPrivate):
                folder = stack.enter_context(self._open())
                if folder is not None:
                    handle = open_file(folder, _name(identity).replace(".json", ".lock"), os.O_RDWR | os.O_CREAT)
                    stack.callback(os.close, handle)
                    end = self._clock() + seconds
                    while not _locked(handle) and self._clock() < end:
                        sleep(0.05)
            yield

    @contextlib.contextmanager
    def _open(self) -> Iterator[int | None]:
        """The folder's descriptor; None when there is no cache."""
        with contextlib.ExitStack() as stack:
            folder = None
            if self._enabled:
                try:
                    if self._folder is None:
                        raise NotPrivate("no home folder is set")
                    folder = stack.enter_context(private_folder(self._folder))
                except NotPrivate as problem:
                    self._off(problem)
            yield folder

    def _off(self, problem: object) -> None:
        self._enabled = False
        self._warn(one_line("tokens are not cached: %s" % problem))


def _name(identity: Iterable) -> str:
    return hashlib.sha256("\0".join(map(str, identity)).encode("utf-8", "surrogatepass")).hexdigest()[:40] + ".json"


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _default_folder() -> str | None:
    base = user_folder("XDG_CACHE_HOME", ".cache")
    return os.path.join(base, "cloud_dr.sdrs") if base else None


def _digest(secret: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha256", secret.encode("utf-8", "surrogatepass"), salt, _ROUNDS).hex()
