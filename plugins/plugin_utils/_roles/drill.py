# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks of the role drill decide. PRIVATE to the collection."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ansible.parsing.dataloader import DataLoader

from .. import _drill, _drill_own, _guards, _journal_entries, _records
from .._filters import plain
from .._options import extra_variables, options
from .._paths import user_path
from .evidence import linted


def _verify_tasks(text: str) -> dict:
    return _drill.verify_tasks(plain(DataLoader().load(text)))


def _problems(replace: object, asked: dict | None = None) -> list[str]:
    """Why a drill must not begin: a file that Ansible cannot read would end the run before the drill is removed."""
    asked, problems = asked or {}, _guards.drill_problems(replace, extra_variables())
    problems += _guards.misspelled(asked.get("names") or [], options(), "drill")
    for name in filter(None, (asked.get("verify_tasks"), asked.get("report_tasks"))):
        path = user_path(name)
        if not os.path.isfile(path):
            problems.append("%s does not exist; relative paths start at the folder in which ansible-playbook was run" % path)
            continue
        if name != asked.get("verify_tasks"):
            continue  # evidence must not stop a drill: the role report looks at its file
        found = linted([name], asked.get("variables"))
        problems += found
        if not found:
            problems += ["%s: %s" % (name, each) for each in _drill.verify_tasks(plain(DataLoader().load_from_file(path)))["problems"]]
    if asked.get("probe_host") and asked["probe_host"] not in (asked.get("hosts") or []):
        problems.append("drill_probe_host: no host of the inventory is named '%s'" % asked["probe_host"])
    return problems


def _standing(drills: list[dict], run: dict) -> dict:
    return _drill_own.standing(drills, dict(run, running=_records.running((run.get("saved") or [{}])[0])))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "drill_servers": _drill.servers,
    "drill_entries": _journal_entries.drill_entries,
    "removed_entries": _journal_entries.removed_entries,
    "vpc_entries": _journal_entries.vpc_entries,
    "drill_probed": _drill.probed,
    "drill_subnets": _drill.subnets,
    "drill_problems": _problems,
    "drill_standing": _standing,
    "drill_begin": _drill_own.begin,
    "drill_own": _drill_own.own,
    "drill_vpc_fates": _drill_own.vpc_fates,
    "drill_verify_tasks": _verify_tasks,
    "drill_unreachable": _drill.unreachable,
    "drill_checked_by": _drill.checked_by,
}
