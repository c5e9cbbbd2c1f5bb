# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every runbook checks first. PRIVATE to the collection."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from .. import _guards
from .._options import extra_variables, options


def _targets(play: dict, kinds: list, matched: list[str], sources: list) -> list[str]:
    return _guards.target_problems(play, kinds, matched, sources, _unread(play["hosts"]))


def _unread(hosts: list[str]) -> list[str]:
    """Files of variables of these hosts, below the folder from which the playbook is run."""
    places = [os.path.join("host_vars", host + ending) for host in hosts for ending in ("", ".yml", ".yaml", ".json")]
    return [place for place in places if os.path.basename(place) and os.path.exists(place)]


def _misspelled(names: Iterable[str], *roles: str) -> list[str]:
    extra = extra_variables()
    return _guards.overridden(extra, *(role for role in roles if role in _guards.INTERNAL)) + _guards.misspelled(names, options(), *roles)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "target_problems": _targets,
    "misspelled": _misspelled,
}
