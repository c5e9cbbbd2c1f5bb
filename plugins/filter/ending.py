# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that make the last lines of a runbook; each is documented in a file of its own beside this one."""

from __future__ import annotations

from itertools import zip_longest

from ..plugin_utils import _ending, _ending_runs, _guards, _recovery_ending
from ..plugin_utils._filters import as_filter


def _endings(found, hosts, what):
    """``found`` by host; a host that has none ended before. Of these ``run_ending`` knows more."""
    return [ending or _ending.untold(host, what) for host, ending in zip_longest(hosts, found[:len(hosts)])]


def _refused(groups, what, problems, confirm):
    try:
        confirmed = _guards.named("failover_confirm", confirm)
    except ValueError:
        confirmed = set()
    return _ending.refusals(groups, what, problems, confirmed)


class FilterModule:
    def filters(self):
        return {
            "run_ending": as_filter(_ending.ending),
            "recovery_ending": as_filter(_recovery_ending.ended),
            "run_endings": as_filter(_endings),
            "refused_endings": as_filter(_refused),
            "topology_ending": as_filter(_ending_runs.topology),
            "plan_ending": as_filter(_ending_runs.plan),
            "export_ending": as_filter(_ending_runs.export),
            "drift_ending": as_filter(_ending_runs.drift),
            "drill_status_ending": as_filter(_ending_runs.drill_status),
            "doctor_ending": as_filter(_ending_runs.doctor),
            "recovery_export_ending": as_filter(_ending_runs.recovery_export),
            "posture_ending": as_filter(_ending_runs.posture),
        }
