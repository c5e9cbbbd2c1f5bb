# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the role report; each is documented in a file of its own beside this one."""

from __future__ import annotations

from ..plugin_utils import _attempts, _evidence, _guards, _task_files
from ..plugin_utils._filters import as_filter
from ..plugin_utils._options import options
from ..plugin_utils._recovery_lint import lint_files
from .user_path import user_path


def task_file_problem(path, resolve=True):
    """Why a task file cannot be run; including it would end the run of every host.

    :param resolve: look into its tasks, too, for what Ansible would not accept
    """
    return _task_files.problem(user_path(path), resolve)


def linted(files, variables):
    """What is wrong with task files of the user that a role will include, as sentences.

    :param variables: names of the variables that there are for the host; those that roles of this collection set come to them
    """
    known = {*variables, *options(), *(name for names in _guards.INTERNAL.values() for name in names)} if variables else ()
    return lint_files(files, task_file_problem, user_path, known)


def _with_attempt(record):
    return dict(record, attempts=_attempts.begun(record))


class FilterModule:
    def filters(self):
        return {
            "with_attempt": as_filter(_with_attempt),
            "bare_report": as_filter(_evidence.bare_report),
            "report_places": as_filter(_evidence.places),
            "task_file_problem": as_filter(task_file_problem),
        }
