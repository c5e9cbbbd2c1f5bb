# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last lines of a runbook. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable
from itertools import zip_longest
from typing import Any

from .. import _ending, _ending_runs, _guards, _recovery_ending
from .._journal import with_journal


def _endings(found: list, hosts: list[str], what: str) -> list[dict]:
    """``found`` by host; a host that has none ended before. Of these ``run_ending`` knows more."""
    return [ending or _ending.untold(host, what) for host, ending in zip_longest(hosts, found[:len(hosts)])]


def _ending_of(run: dict) -> dict:
    return _ending.ending(with_journal(run))


def _refused(groups: dict, what: str, problems: list[str], confirm: object) -> list[dict]:
    try:
        confirmed = _guards.named("failover_confirm", confirm)
    except ValueError:
        confirmed = set()
    return _ending.refusals(groups, what, problems, confirmed)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "run_ending": _ending_of,
    "recovery_ending": _recovery_ending.ended,
    "run_endings": _endings,
    "refused_endings": _refused,
    "topology_ending": _ending_runs.topology,
    "plan_ending": _ending_runs.plan,
    "export_ending": _ending_runs.export,
    "drift_ending": _ending_runs.drift,
    "drill_status_ending": _ending_runs.drill_status,
    "doctor_ending": _ending_runs.doctor,
    "recovery_export_ending": _ending_runs.recovery_export,
    "posture_ending": _ending_runs.posture,
}
