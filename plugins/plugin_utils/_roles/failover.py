# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks of the role failover decide. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _failover, _guards, _journal_entries
from .._options import extra_variables, options
from .evidence import files_of_waves, hook_look, linted


def _problems(confirm: object, groups: dict, asked: dict) -> list[str]:
    problems = _guards.switch_problems(confirm, groups, asked, extra_variables()) + _guards.misspelled(asked.get("names") or [], options(), "failover")
    files = files_of_waves(asked.get("waves") or [])
    # A file that Ansible cannot read would end the run of every host where it is included, in the midst of the switch.
    wrong = linted(files, asked.get("variables"))
    looked = [] if wrong else [hook_look(file, asked.get("remote") or [])["problems"] for file in dict.fromkeys(files)]
    return problems + wrong + [problem for found in looked for problem in found]


def _permitted(group: dict | None, confirm: object, name: str, asked: dict) -> str:
    return _guards.permitted(group, confirm, name, asked, extra_variables())


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "failover_problems": _problems,
    "failover_permitted": _permitted,
    "failover_look": _failover.look,
    "reprotect_look": _failover.look_reprotect,
    "wave_entries": _journal_entries.wave_entries,
    "scaled_entries": _journal_entries.scaled_entries,
    "failover_as_groups": _failover.as_groups,
    "failover_wave_problem": _failover.wave_problem,
    "failover_servers": _failover.servers,
}
