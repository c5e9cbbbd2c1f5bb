# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the role failover; each is documented in a file of its own beside this one."""

from __future__ import annotations

from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

from ..plugin_utils import _failover, _guards
from ..plugin_utils._filters import as_filter


def _problems(confirm, groups, asked):
    return _guards.switch_problems(confirm, groups, asked, _extra())


def _permitted(group, confirm, name, asked):
    return _guards.permitted(group, confirm, name, asked, _extra())


def _extra():
    """Names of the extra variables."""
    return list(load_extra_vars(DataLoader()))


class FilterModule:
    def filters(self):
        return {
            "failover_problems": as_filter(_problems),
            "failover_permitted": as_filter(_permitted),
            "failover_position": as_filter(_failover.position),
            "failover_record": as_filter(_failover.record),
            "failover_obstacles": as_filter(_failover.obstacles),
            "failover_waves": as_filter(_failover.waves),
            "failover_as_groups": as_filter(_failover.as_groups),
            "failover_servers": as_filter(_failover.servers),
        }
