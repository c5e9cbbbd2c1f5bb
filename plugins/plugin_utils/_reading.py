# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts of a play see the same cloud, so that one of them reads it for the others. Pure. PRIVATE to the collection."""

from __future__ import annotations

import hashlib
import json

from ..module_utils._module.argument_spec import CONNECTION


def mark(connection: object) -> str:
    """A text that is the same for the same connection, made without its secrets; empty where these alone may tell two of them apart.

    :param connection: connection options; what is not among them comes from the environment, which is the same for all hosts
    """
    options = CONNECTION.options
    if not isinstance(connection, dict) or set(connection) - set(options) or connection.get("auth_token"):
        return ""
    public = {name: value for name, value in connection.items() if name == "access_key" or not options[name].get("no_log")}
    return hashlib.sha256(json.dumps(public, sort_keys=True).encode("utf-8", "backslashreplace")).hexdigest()


def readers(hosts: list[str], marks: list[str]) -> dict[str, str]:
    """``{host: the host that reads for it}``: the first one with the same mark; a host without a mark reads for itself."""
    first: dict = {}
    return {host: first.setdefault(one, host) if one else host for host, one in zip(hosts, marks)}
