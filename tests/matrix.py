# SPDX-License-Identifier: GPL-3.0-or-later
"""``make behaviours``, a part of ``make matrix``: the plays, each time on a simulator that behaves otherwise where nobody knows how the service does.

Give names of behaviours to run some of them alone; arguments that begin with ``-`` or ``tests`` go to pytest.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

# ``{name: settings of the simulator}``; the first column of the summary.
BEHAVIOURS = {
    "servers and disks swap their IDs": {"swap_ids_on_switch": True},
    "servers swap their IDs, disks do not": {"swap_ids_on_switch": "servers"},
    "disks swap their IDs, servers do not": {"swap_ids_on_switch": "volumes"},
    "pairs outlive instances": {"pairs_outlive_instance": True},
    "optional fields are null": {"null_fields": True},
    "optional fields are missing": {"null_fields": "missing"},
    "unknown fields everywhere": {"extra_fields": True},
    "lists do not count": {"lists_without_count": True},
    "lists lag": {"list_lag_seconds": 2},
    "jobs without entities": {"jobs_without_entities": True},
    "jobs whose entities are null": {"jobs_without_entities": "null"},
    "jobs without entities while lists lag": {"jobs_without_entities": True, "list_lag_seconds": 2},
    "202 for 200": {"accepted_status": 202},
    "a group's progress is always 0": {"group_progress": 0},
    "a group's progress is always null": {"group_progress": None},
    "no batch operations": {"batch_offered": False},
    "no batch operations, told by 405": {"batch_offered": False, "not_offered_status": 405},
    "lists of route tables without routes": {"route_tables_show_routes": False},
    "what is gone cannot be deleted now": {"missing_as_not_allowed": True},
}
# Of those that exclude one another the first; without those under which much cannot be done, or takes long.
TOGETHER = {
    name: value for settings in reversed(list(BEHAVIOURS.values())) for name, value in settings.items()
    if name not in ("list_lag_seconds", "batch_offered", "not_offered_status")
}
BEHAVIOURS["all of it at once"] = TOGETHER
ENVIRONMENT = "SDRS_SIMULATOR_SETTINGS"


def altered():
    """The settings under which the simulators of this run are altered."""
    return json.loads(os.environ.get(ENVIRONMENT) or "{}")


def main(arguments):
    passed_on = [each for each in arguments if each.startswith(("-", "tests"))]
    wanted = [each for each in arguments if each not in passed_on] or list(BEHAVIOURS)
    unknown = [each for each in wanted if each not in BEHAVIOURS]
    if unknown:
        raise SystemExit("no such behaviour: %s; there are:\n  %s" % (", ".join(unknown), "\n  ".join(BEHAVIOURS)))
    where = [each for each in passed_on if each.startswith("tests")] or ["tests/integration"]
    options = [each for each in passed_on if each.startswith("-")] or ["-n", "8", "--dist", "worksteal"]
    outcomes = {}
    for name in wanted:
        print("\n=== %s: %s" % (name, json.dumps(BEHAVIOURS[name])), flush=True)
        environment = dict(os.environ, **{ENVIRONMENT: json.dumps(BEHAVIOURS[name])})
        command = [sys.executable, "-m", "pytest", "-q", *options, *where]
        outcomes[name] = subprocess.run(command, env=environment, cwd=Path(__file__).resolve().parent.parent, check=False).returncode
    print("\n" + "\n".join("%-45s %s" % (name, "failed" if status else "passed") for name, status in outcomes.items()))
    return 1 if any(outcomes.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
