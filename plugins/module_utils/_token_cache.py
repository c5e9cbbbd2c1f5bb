# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens and project IDs kept between tasks: files 0600 in a folder 0700. PRIVATE to the collection.

A file's name is a digest of what is public about the login; the entry proves the secret by a salted digest.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import stat
import tempfile
import time

# An entry that ends within this many seconds is not used any more.
_MARGIN = 300
_ROUNDS = 10_000


class TokenCache:
    """``get`` and ``put`` of entries (mappings with ``expires``, seconds since the epoch).

    A folder that cannot be written, or that others can write, means no cache and one warning.
    """

    def __init__(self, folder=None, enabled=True, warn=None, clock=time.time):
        self._folder = os.path.expanduser(folder) if folder else _default_folder()
        self._enabled = enabled
        self._warn = warn or (lambda message: None)
        self._clock = clock
        self._checked = False

    @property
    def folder(self):
        """Where the entries are, whether or not it is there yet."""
        return self._folder

    def get(self, identity, secret):
        """The entry stored for ``identity`` (tuple of public strings) under this ``secret``, or None."""
        if not self._usable():
            return None
        try:
            with open(self._path(identity), encoding="utf-8") as stream:
                entry = json.load(stream)
            proof = _digest(secret, bytes.fromhex(entry["salt"]))
            if hmac.compare_digest(proof, entry["proof"]) and entry["expires"] > self._clock() + _MARGIN:
                return entry["value"]
        except (OSError, ValueError, KeyError, TypeError):
            pass
        return None

    def put(self, identity, secret, value, expires):
        """Store ``value`` until ``expires``; a failure to write is no failure."""
        if not self._usable():
            return
        salt = os.urandom(16)
        entry = {"salt": salt.hex(), "proof": _digest(secret, salt), "expires": expires, "value": value}
        try:
            handle, name = tempfile.mkstemp(dir=self._folder)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as stream:
                    json.dump(entry, stream)
                os.replace(name, self._path(identity))
            except BaseException:
                os.unlink(name)
                raise
        except OSError:
            self._enabled = False

    def drop(self, identity):
        """Forget an entry, such as a token the service has rejected."""
        try:
            os.unlink(self._path(identity))
        except OSError:
            pass

    def _path(self, identity):
        name = hashlib.sha256("\0".join(map(str, identity)).encode("utf-8")).hexdigest()
        return os.path.join(self._folder, name[:40] + ".json")

    def _usable(self):
        if self._enabled and not self._checked:
            self._checked = True
            problem = self._problem()
            if problem:
                self._enabled = False
                self._warn("tokens are not cached: %s" % problem)
        return self._enabled

    def _problem(self):
        try:
            if not os.path.isdir(self._folder):
                os.makedirs(self._folder, mode=0o700, exist_ok=True)
                os.chmod(self._folder, 0o700)
            info = os.stat(self._folder)
        except OSError as error:
            return "%s cannot be used (%s)" % (self._folder, error.strerror)
        if not stat.S_ISDIR(info.st_mode):
            return "%s is not a folder" % self._folder
        if info.st_uid != os.geteuid() or info.st_mode & 0o022:
            return "%s can be written by others (make it yours with mode 0700)" % self._folder
        if not os.access(self._folder, os.W_OK | os.X_OK):
            return "%s cannot be written" % self._folder
        if info.st_mode & 0o077:
            os.chmod(self._folder, 0o700)
        return None


def _default_folder():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "cloud_dr.sdrs")


def _digest(secret, salt):
    return hashlib.pbkdf2_hmac("sha256", secret.encode("utf-8"), salt, _ROUNDS).hex()
