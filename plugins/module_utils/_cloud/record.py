# SPDX-License-Identifier: GPL-3.0-or-later
"""Sanitised exchanges for a bug report: SDRS_RECORD=FOLDER. PRIVATE to the collection. Imports nothing of Ansible.

One JSON file for each exchange, 0600, in a folder of the user's alone. What cannot be written is left out, with one warning: a task never fails
by it. The key of the stand-ins is random, one for each folder, and lies elsewhere (below XDG_STATE_HOME), so that nobody who gets the folder
can try names until one fits, while all processes that write into it agree.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from . import mask
from .errors import one_line
from .private_folder import NotPrivate, open_file, private_folder, read_file, replace_file, user_folder
from .sanitise import Sanitiser, is_published

VARIABLE = "SDRS_RECORD"
FORMAT = 1
# Bounds: of one exchange, of a folder, and how often the folder is measured.
LARGEST, MOST_BYTES, MOST_FILES, _EVERY = 2**20, 200 * 2**20, 20_000, 100
_HEADERS = {
    "content-type": re.compile(r"[a-z]+/[a-z.+-]+(?:; ?charset=[A-Za-z0-9-]+)?", re.I), "retry-after": re.compile(r"[0-9]{1,6}"),
    "date": re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9:]{8} GMT"),
}
_KEY_BYTES = 32
_lock = threading.Lock()
_recorders: dict[str, Recorder] = {}


def recorder(warn: Callable[[str], Any] | None = None, environ: Mapping[str, str] | None = None) -> Recorder | None:
    """The Recorder that the environment requests, or None; one instance per folder."""
    folder = (os.environ if environ is None else environ).get(VARIABLE)
    if not folder:
        return None
    folder = os.path.abspath(os.path.expanduser(folder))
    with _lock:
        if folder not in _recorders:
            _recorders[folder] = Recorder(folder)
        _recorders[folder].warn = warn or _recorders[folder].warn
        return _recorders[folder]


class Recorder:
    """Writes exchanges; ``note`` never raises."""

    def __init__(self, folder: str, key: bytes | None = None) -> None:
        """:param key: the key of the placeholders; default: the one saved for the folder"""
        self.warn: Callable[[str], Any] | None = None
        self._folder, self._key = folder, key
        self._sanitiser: Sanitiser | None = None
        self._lock, self._numbers, self._off = threading.Lock(), itertools.count(1), False
        self._left: list[int] | None = None  # bytes and files

    def note(self, method: str, url: str, data: bytes | None, response: Any, problem: str | None = None) -> None:
        """Keep one exchange.

        :param data: the request's body as bytes, or None
        :param response: requests' response with its body read, or None if there is none
        :param problem: why there is none: the text of an exception of ours
        """
        if self._off:
            return
        try:
            with self._lock, private_folder(self._folder) as folder:
                if self._sanitiser is None:
                    self._sanitiser = Sanitiser(self._key or self._kept_key())
                self._write(folder, method, self._exchange(self._sanitiser, method, url, data, response, problem))
        except (NotPrivate, OSError) as error:
            self._stop(one_line(getattr(error, "strerror", None) or error))
        except Exception as error:  # pylint: disable=broad-except
            # Its text is not shown: it may contain parts of the exchange.
            self._stop("unexpected %s" % type(error).__name__)

    def _stop(self, why: str) -> None:
        self._off = True
        if self.warn:
            self.warn("recording to %s has stopped: %s" % (self._folder, why))

    def _exchange(self, clean: Sanitiser, method: str, url: str, data: bytes | None, response: Any, problem: str | None) -> dict:
        parts = urlsplit(url)
        host = parts.hostname or ""
        sent = response.request.headers if response is not None and response.request is not None else {}
        request = {
            "method": method, "service": host.partition(".")[0] if is_published(host) else None, "path": clean.path(parts.path),
            "query": clean.query(parts.query), "body": _body(clean, data),
            "authentication": "token" if "X-Auth-Token" in sent else "signature" if "Authorization" in sent else "none",
        }
        answer = None
        if response is not None:
            given = {name: (response.headers.get(name) or "").strip() for name in _HEADERS}
            headers = {name: value for name, value in given.items() if _HEADERS[name].fullmatch(value)}
            if response.headers.get("X-Request-Id"):
                headers["x-request-id"] = clean.text(response.headers["X-Request-Id"], "request_id")
            if response.headers.get("X-Subject-Token"):
                headers["x-subject-token"] = mask.MASK
            answer = {"status": response.status_code, "headers": headers, "body": _body(clean, response.content)}
        # Nothing secret should be left; as a last resort it is masked here.
        exchange = mask.masked_data({"request": request, "response": answer, "problem": clean.message(problem) if problem else None})
        return {"format": FORMAT, **exchange}

    def _write(self, folder: int, method: str, exchange: dict) -> None:
        text = json.dumps(exchange, indent=1, sort_keys=True)
        if len(text) > LARGEST:
            for side in ("request", "response"):
                if exchange[side]:
                    exchange[side]["body"] = {"left_out": "larger than %d KiB" % (LARGEST // 1024)}
            text = json.dumps(exchange, indent=1, sort_keys=True)
        number = next(self._numbers)
        if self._left is None or number % _EVERY == 0:
            sizes = list(_sizes(folder))
            self._left = [MOST_BYTES - sum(sizes), MOST_FILES - len(sizes)]
        self._left = [self._left[0] - len(text), self._left[1] - 1]
        if min(self._left) < 0:
            self._stop("the folder is full (%d MiB or %d files); use an empty one" % (MOST_BYTES // 2**20, MOST_FILES))
            return
        now = time.time()
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now)) + ".%06d" % (now % 1 * 1e6)
        replace_file(folder, "%s-%d-%05d-%s.json" % (stamp, os.getpid(), number, method if method.isalpha() else "X"), text.encode("utf-8"))

    def _kept_key(self) -> bytes:
        """The folder's key, made if there is none.

        The key is not derived from a secret: anyone who knows a name could otherwise try passwords.
        """
        base = user_folder("XDG_STATE_HOME", os.path.join(".local", "state"))
        name = hashlib.sha256(self._folder.encode("utf-8", "surrogatepass")).hexdigest()[:32] + ".key"
        try:
            if base is None:
                raise NotPrivate("no home folder is set")
            with private_folder(os.path.join(base, "cloud_dr.sdrs", "record")) as place:
                return _shared_key(place, name)
        except (NotPrivate, OSError) as problem:
            if self.warn:
                self.warn(one_line("placeholders in %s will differ from task to task, because their key cannot be saved: %s" % (self._folder, problem)))
            return os.urandom(_KEY_BYTES)


def _sizes(folder: int) -> Iterator[int]:
    """Of the files in a folder, but for those that another process renames meanwhile."""
    with os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(FileNotFoundError):
                yield entry.stat(follow_symlinks=False).st_size


def _shared_key(folder: int, name: str) -> bytes:
    """The bytes in a file, which of all processes that find none only one makes."""
    with contextlib.suppress(FileNotFoundError):
        return _read_key(folder, name)
    fresh = ".%s-%s" % (name, os.urandom(8).hex())
    with os.fdopen(open_file(folder, fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as stream:
        stream.write(os.urandom(_KEY_BYTES))
    try:
        with contextlib.suppress(FileExistsError):
            os.link(fresh, name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        os.unlink(fresh, dir_fd=folder)
    return _read_key(folder, name)


def _read_key(folder: int, name: str) -> bytes:
    key = read_file(folder, name, _KEY_BYTES)
    if len(key) != _KEY_BYTES:
        raise NotPrivate("%s is not a valid key; delete it" % name)
    return key


def _body(clean: Sanitiser, data: bytes | None) -> Any:
    """A body as a JSON value: None if there is none, and the plain text if it is not JSON."""
    if not data or not data.strip():
        return None
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        text = data[:65536].decode("utf-8", "replace")
        return {"text": clean.message(re.sub(r"<[^>]{0,200}>", " ", text))}
    return clean.value(mask.whole_data(content))
