# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks of the role recover_by_drill decide. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import _guards, _recovery
from .._options import extra_variables, options
from .evidence import files_of_waves, linted


def _problems(confirm: object, groups: dict, asked: dict) -> list[str]:
    problems = _guards.recovery_problems(confirm, groups, asked, extra_variables())
    problems += _guards.misspelled(asked.get("names") or [], options(), "recover_by_drill")
    # A file that Ansible cannot read would end the run of every host where it is included.
    return problems + linted(files_of_waves(asked.get("waves") or []), asked.get("variables"))


def _permitted(group: dict | None, confirm: object, name: str, asked: dict) -> str:
    return _guards.permitted(group, confirm, name, asked, extra_variables(), _guards.recovery_problems)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "recovery_problems": _problems,
    "recovery_permitted": _permitted,
    "recovery_look": _recovery.look,
    "recovery_with_servers": _recovery.with_servers,
    "recovery_wave": _recovery.wave,
    "recovery_missing": _recovery.missing,
    "recovery_eips_of": _recovery.eips_of,
}
