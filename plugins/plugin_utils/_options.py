# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the collection's roles and playbooks, as their argument specs name them. PRIVATE to the collection."""

from __future__ import annotations

import functools
from pathlib import Path

from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

_ROLES = Path(__file__).resolve().parents[2] / "roles"
# Variables of the playbooks, which no role has.
OF_PLAYBOOKS = ("drift_fail_on_difference", "plan_fail_on_drift", "plan_fail_on_error", "recovery_plan", "sdrs_connection", "sdrs_hosts")


@functools.cache
def options() -> tuple:
    """The names of all variables that users can set."""
    found = set(OF_PLAYBOOKS)
    for path in sorted(_ROLES.glob("*/meta/argument_specs.yml")):
        specs = DataLoader().load_from_file(str(path)).get("argument_specs") or {}
        found.update(name for spec in specs.values() for name in spec.get("options") or {})
    return tuple(sorted(map(str, found)))


def extra_variables() -> list[str]:
    """The names of the extra variables of this run."""
    return list(load_extra_vars(DataLoader()))
