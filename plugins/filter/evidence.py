# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the role report; each is documented in a file of its own beside this one."""

from __future__ import annotations

import os

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play

from ..module_utils._cloud.errors import one_line
from ..plugin_utils import _evidence, _hooks
from ..plugin_utils._filters import as_filter
from .user_path import user_path

_PARTS = ("block", "rescue", "always")


def task_file_problem(path, resolve=True):
    """Why a task file cannot be run; including it would end the run of every host.

    :param resolve: look into its tasks, too, for what Ansible would not accept
    """
    return _problem(user_path(path), resolve, ())


def _problem(path, resolve, above):
    loader = DataLoader()
    try:
        whole = loader.load_from_file(path)
        tasks = _without_imports(whole)
        if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
            raise ValueError("it is not a list of tasks")
        if not resolve:
            return ""
        Play.load({"name": "Check", "hosts": "localhost", "gather_facts": False, "collections": ["cloud_dr.sdrs"], "tasks": tasks}, loader=loader)
    except (AnsibleError, OSError, ValueError, TypeError, AttributeError) as error:
        return one_line("%s cannot be run: %s" % (path, error))
    return next(filter(None, (_problem(each, resolve, (*above, path)) for each in _included(whole, path) if each not in (*above, path))), "")


def hook_look(path, remote):
    """See ``_hooks.look``: of a file that can be run, and of those it includes.

    :param remote: hosts of the inventory whose connection is not local
    """
    loader, first = DataLoader(), user_path(path)
    files, left = {}, [first]
    try:
        while left:
            place = left.pop()
            files[place] = loader.load_from_file(place)
            left += [each for each in _included(files[place], place) if each not in files]
    except (AnsibleError, OSError, ValueError, TypeError) as error:
        return {"registers": [], "problems": [one_line("%s cannot be run: %s" % (place, error))], "guarded": False}
    found = _hooks.look(list(files.values()), remote, not any(map(_opaque, files.values())))
    return dict(found, problems=[one_line("%s: %s" % (path, problem)) for problem in found["problems"]])


def _opaque(tasks):
    """Whether more is run than can be seen here."""
    for task in tasks if isinstance(tasks, list) else []:
        for key, value in task.items() if isinstance(task, dict) else ():
            short = str(key).rpartition(".")[2]
            if short in ("include_role", "import_role") or key in _PARTS and _opaque(value):
                return True
            name = value.get("file") if isinstance(value, dict) else value
            if short in ("include_tasks", "import_tasks") and "{{" in str(name):
                return True
    return False


def _included(tasks, path):
    """The files that ``tasks`` include or import and that lie beside them; where Ansible finds others is not known here."""
    found = []
    for task in tasks if isinstance(tasks, list) else []:
        for key, value in task.items() if isinstance(task, dict) else ():
            if key in _PARTS:
                found += _included(value, path)
            elif str(key).rpartition(".")[2] in ("include_tasks", "import_tasks"):
                name = value.get("file") if isinstance(value, dict) else value
                place = os.path.normpath(os.path.join(os.path.dirname(path), name)) if isinstance(name, str) and "{{" not in name else ""
                found += [place] if place and os.path.isfile(place) else []
    return found


def _without_imports(tasks):
    """What is imported or included is read relative to a file that is not known here."""
    if not isinstance(tasks, list):
        return tasks
    return [
        {key: _without_imports(value) if key in _PARTS else value for key, value in task.items()} if isinstance(task, dict) else task
        for task in tasks if not (isinstance(task, dict) and any(str(key).rpartition(".")[2].startswith(("import_", "include_")) for key in task))
    ]


class FilterModule:
    def filters(self):
        return {
            "hook_look": as_filter(hook_look),
            "bare_report": as_filter(_evidence.bare_report),
            "report_places": as_filter(_evidence.places),
            "task_file_problem": as_filter(task_file_problem),
        }
