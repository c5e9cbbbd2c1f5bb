# SPDX-License-Identifier: GPL-3.0-or-later
"""Which TCP ports answer. PRIVATE to the collection. Standard library only."""

from __future__ import annotations

import errno
import ipaddress
import os
import selectors
import socket
import time
from typing import Any

# At once, so that many servers do not use up the process's files.
_MOST = 200
_UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY)


def plain_address(text: str) -> str | None:
    """An IP address in its usual form, so that two spellings are equal; None for addresses that are unreachable from here.

    An address with a zone, such as ``fe80::1%eth0``, is valid on one link only; a name would be resolved by this machine.
    """
    try:
        address = ipaddress.ip_address(text if isinstance(text, str) else "")
    except ValueError:
        return None
    if getattr(address, "scope_id", None):
        return None
    return str(getattr(address, "ipv4_mapped", None) or address)


def answering(targets: Any, seconds: Any = 2.0) -> Any:
    """Try to connect to all ``(address, port)`` at once, for at most ``seconds``.

    :returns: ``{target: None}`` for those that answer, ``{target: reason}`` for the others
    """
    outcome, targets = {}, list(targets)
    for start in range(0, len(targets), _MOST):
        outcome.update(_round(targets[start:start + _MOST], seconds))
    return outcome


def _round(targets: Any, seconds: Any) -> dict:
    outcome = {}
    with selectors.DefaultSelector() as selector:
        for target in targets:
            try:
                problem = _begin(selector, target)
            except OSError as error:
                problem = error.strerror or str(error)
            if problem:
                outcome[target] = problem
        deadline = time.monotonic() + seconds
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _events in selector.select(left):
                code = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # type: ignore[union-attr]  # nothing but sockets is registered
                outcome[key.data] = os.strerror(code) if code else None
                _close(selector, key)
        for key in list(selector.get_map().values()):
            outcome[key.data] = "no response within %g s" % seconds
            _close(selector, key)
    return outcome


def _begin(selector: Any, target: Any) -> Any:
    """Start to connect; returns the error, or None."""
    address, port = target
    plain = plain_address(address)
    if plain is None:
        return "not an IP address that is reachable from here"
    connection = socket.socket(socket.AF_INET6 if ":" in plain else socket.AF_INET, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        code = connection.connect_ex((plain, port))
        if code in _UNDER_WAY:
            selector.register(connection, selectors.EVENT_WRITE, target)
            return None
    except BaseException:
        connection.close()
        raise
    connection.close()
    return os.strerror(code)


def _close(selector: Any, key: Any) -> None:
    selector.unregister(key.fileobj)
    key.fileobj.close()
