# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the role failover; each is documented in a file of its own beside this one."""

from __future__ import annotations

from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

from ..plugin_utils import _failover, _guards
from ..plugin_utils._filters import as_filter
from ..plugin_utils._options import options
from .evidence import hook_look, linted


def _problems(confirm, groups, asked):
    problems = _guards.switch_problems(confirm, groups, asked, _extra()) + _guards.misspelled(asked.get("names") or [], options(), "failover")
    waves = [wave for wave in asked.get("waves") or [] if isinstance(wave, dict)]
    files = [wave[when] for wave in waves for when in ("before", "after") if isinstance(wave.get(when), str) and wave[when]]
    # A file that Ansible cannot read would end the run of every host where it is included, in the midst of the switch.
    wrong = linted(files, asked.get("variables"))
    looked = [] if wrong else [hook_look(file, asked.get("remote") or [])["problems"] for file in dict.fromkeys(files)]
    return problems + wrong + [problem for found in looked for problem in found]


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
            "failover_look": as_filter(_failover.look),
            "failover_position": as_filter(_failover.position),
            "failover_record": as_filter(_failover.record),
            "failover_obstacles": as_filter(_failover.obstacles),
            "failover_waves": as_filter(_failover.waves),
            "failover_as_groups": as_filter(_failover.as_groups),
            "failover_wave_problem": as_filter(_failover.wave_problem),
            "failover_servers": as_filter(_failover.servers),
        }
