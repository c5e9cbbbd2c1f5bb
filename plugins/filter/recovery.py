# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the role recover_by_drill; each is documented in a file of its own beside this one."""

from __future__ import annotations

from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

from ..plugin_utils import _guards, _recovery
from ..plugin_utils._filters import as_filter
from ..plugin_utils._options import options
from .evidence import linted


def _problems(confirm, groups, asked):
    problems = _guards.recovery_problems(confirm, groups, asked, _extra()) + _guards.misspelled(asked.get("names") or [], options(), "recover_by_drill")
    waves = [wave for wave in asked.get("waves") or [] if isinstance(wave, dict)]
    files = [wave[when] for wave in waves for when in ("before", "after") if isinstance(wave.get(when), str) and wave[when]]
    # A file that Ansible cannot read would end the run of every host where it is included.
    return problems + linted(files, asked.get("variables"))


def _permitted(group, confirm, name, asked):
    return _guards.permitted(group, confirm, name, asked, _extra(), _guards.recovery_problems)


def _extra():
    """Names of the extra variables."""
    return list(load_extra_vars(DataLoader()))


class FilterModule:
    def filters(self):
        return {
            "recovery_problems": as_filter(_problems),
            "recovery_permitted": as_filter(_permitted),
            "recovery_standing": as_filter(_recovery.standing),
            "recovery_begin": as_filter(_recovery.begin),
            "recovery_with_servers": as_filter(_recovery.with_servers),
            "recovery_wave": as_filter(_recovery.wave),
            "recovery_missing": as_filter(_recovery.missing),
            "recovery_eips": as_filter(_recovery.eips),
            "recovery_eips_of": as_filter(_recovery.eips_of),
            "recovery_notes": as_filter(_recovery.notes),
        }
