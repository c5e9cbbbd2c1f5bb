# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that every runbook begins with; each is documented in a file of its own beside this one."""

from __future__ import annotations

import os

from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

from ..plugin_utils import _guards
from ..plugin_utils._filters import as_filter
from ..plugin_utils._options import options


def _targets(play, kinds, matched, sources):
    return _guards.target_problems(play, kinds, matched, sources, _unread(play["hosts"]))


def _unread(hosts):
    """Files of variables of these hosts, below the folder from which the playbook is run."""
    places = [os.path.join("host_vars", host + ending) for host in hosts for ending in ("", ".yml", ".yaml", ".json")]
    return [place for place in places if os.path.basename(place) and os.path.exists(place)]


def _misspelled(names, *roles):
    extra = list(load_extra_vars(DataLoader()))
    return _guards.overridden(extra, *(role for role in roles if role in _guards.INTERNAL)) + _guards.misspelled(names, options(), *roles)


class FilterModule:
    def filters(self):
        return {"target_problems": as_filter(_targets), "misspelled": as_filter(_misspelled)}
