# SPDX-License-Identifier: GPL-3.0-or-later
"""Which TCP ports answer. PRIVATE to the collection. Standard library only."""

from __future__ import annotations

import errno
import os
import selectors
import socket
import time

# At once, so that many servers do not use up the process's files.
_MOST = 200
_UNDER_WAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EALREADY)


def answering(targets, seconds=2.0):
    """Try to connect to all ``(address, port)`` at once, for at most ``seconds``.

    :returns: ``{target: None}`` for those that answer, ``{target: reason}`` for the others
    """
    outcome, targets = {}, list(targets)
    for start in range(0, len(targets), _MOST):
        outcome.update(_round(targets[start:start + _MOST], seconds))
    return outcome


def _round(targets, seconds):
    outcome = {}
    with selectors.DefaultSelector() as selector:
        for target in targets:
            connection = socket.socket(socket.AF_INET6 if ":" in target[0] else socket.AF_INET, socket.SOCK_STREAM)
            connection.setblocking(False)
            code = connection.connect_ex(target)
            if code in _UNDER_WAY:
                selector.register(connection, selectors.EVENT_WRITE, target)
            else:
                outcome[target] = os.strerror(code)
                connection.close()
        deadline = time.monotonic() + seconds
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _events in selector.select(left):
                code = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                outcome[key.data] = os.strerror(code) if code else None
                _close(selector, key)
        for key in list(selector.get_map().values()):
            outcome[key.data] = "no answer within %g s" % seconds
            _close(selector, key)
    return outcome


def _close(selector, key):
    selector.unregister(key.fileobj)
    key.fileobj.close()
