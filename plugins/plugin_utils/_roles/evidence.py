# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks of the role report decide. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader

from ...module_utils._cloud.errors import one_line
from .. import _evidence, _guards, _hooks, _journal, _journal_entries, _task_files
from .._options import options
from .._paths import user_path
from .._recovery_lint import lint_files
from .._report_formats import each_format, render


def task_file_problem(path: str, resolve: bool = True) -> str:
    """Why a task file cannot be run; including it would end the run of every host.

    :param resolve: look into its tasks, too, for what Ansible would not accept
    """
    return _task_files.problem(user_path(path), resolve)


def linted(files: Iterable[str], variables: Iterable[str] | None) -> list[str]:
    """What is wrong with task files of the user that a role will include, as sentences.

    :param variables: names of the variables that there are for the host; those that roles of this collection set come to them
    """
    known = {*variables, *options(), *(name for names in _guards.INTERNAL.values() for name in names)} if variables else ()
    return lint_files(files, task_file_problem, user_path, known)


def files_of_waves(waves: Iterable) -> list[str]:
    """The task files of the user that waves name, as far as they name any."""
    named = [wave.get(when) for wave in waves if isinstance(wave, dict) for when in ("before", "after")]
    return [file for file in named if isinstance(file, str) and file]


def hook_look(path: str, remote: Iterable) -> dict:
    """See ``_hooks.look``: of a file that can be run, and of those it includes.

    :param remote: hosts of the inventory whose connection is not local
    """
    loader, first = DataLoader(), user_path(path)
    files, left = {}, [first]
    try:
        while left:
            place = left.pop()
            files[place] = loader.load_from_file(place)
            left += [each for each in _task_files.included(files[place], place) if each not in files]
    except (AnsibleError, OSError, ValueError, TypeError) as error:
        return {"registers": [], "problems": [one_line("%s cannot be run: %s" % (place, error))], "guarded": False}
    found = _hooks.look(list(files.values()), remote, not any(map(_task_files.opaque, files.values())))
    return dict(found, problems=[one_line("%s: %s" % (path, problem)) for problem in found["problems"]])


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "new_journal": _journal.new_path,
    "servers_of_journal": _journal.servers,
    "large_run": _journal.large,
    "result_entries": _journal_entries.result_entries,
    "error_entry": _journal_entries.error_entry,
    "hook_look": hook_look,
    "bare_report": _evidence.bare_report,
    "report_places": _evidence.places,
    "render_reports": partial(each_format, render),
    "task_file_problem": task_file_problem,
}
