# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a task file of the user must not be included. PRIVATE to the collection.

What Ansible cannot read ends the run of every host where it is included, without any rescue: in the midst of a switch, or before a drill is removed.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterator
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play

from ..module_utils._cloud.errors import one_line

_PARTS = ("block", "rescue", "always")
_INCLUDES = ("include_tasks", "import_tasks")
_ROLES = ("include_role", "import_role")
# They end the run where it is, without what comes after the user's tasks.
_ENDS = ("end_play", "end_host", "end_batch", "end_role")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_OF_PLAYS = ("hosts", "import_playbook", "ansible.builtin.import_playbook")


def problem(path: str, resolve: bool = True, above: tuple[str, ...] = (), role: bool = False) -> str:
    """Why a task file cannot be run, or must not be; nothing if it can.

    :param resolve: look into its tasks, too, for what Ansible would not accept
    :param role: the file is of a role of the user, which may end itself
    """
    loader = DataLoader()
    try:
        whole = loader.load_from_file(path)
        tasks = _without_imports(whole)
        if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
            raise ValueError("it is not a list of tasks")
        if resolve:
            Play.load({"name": "Check", "hosts": "localhost", "gather_facts": False, "collections": ["cloud_dr.sdrs"], "tasks": tasks}, loader=loader)
    except (AnsibleError, OSError, ValueError, TypeError, AttributeError) as error:
        return one_line("%s cannot be run: %s" % (path, error))
    for name, action, value in _actions(whole):
        found = _of_action(path, name, action, value, resolve, (*above, path), role)
        if found:
            return found
    return ""


def _of_action(path: str, name: str, action: str, value: Any, resolve: bool, above: tuple[str, ...], role: bool) -> str:
    """What is wrong with what a task includes, or with its end."""
    if action == "meta" and value in _ENDS and not (role and value == "end_role"):
        return one_line("%s must not be run: task %s is meta: %s, which would end the whole run early; let the task fail instead" % (path, name, value))
    if action in _INCLUDES:
        file = value.get("file") if isinstance(value, dict) else value
        if not isinstance(file, str):
            return ""
        meant = _meant(path, file)
        if not meant and "{{" not in file and "{%" not in file:
            return one_line("%s cannot be run: task %s includes %s, which does not exist" % (path, name, file))
        return next(filter(None, (problem(each, resolve, above, role) for each in meant if each not in above)), "")
    if action in _ROLES and isinstance(value, dict):
        # A role may bring modules of its own, so that its tasks are only read.
        return next(filter(None, (problem(each, False, above, True) for each in _files_of_role(path, value.get("name")) if each not in above)), "")
    return ""


def _actions(tasks: Any) -> Iterator[tuple[str, str, Any]]:
    """``(name of the task, its action without a collection, the action's argument)`` of all tasks."""
    for task in tasks if isinstance(tasks, list) else []:
        for key, value in task.items() if isinstance(task, dict) else ():
            if key in _PARTS:
                yield from _actions(value)
            else:
                short = str(key).rpartition(".")[2] if str(key).startswith(("ansible.builtin.", "ansible.legacy.")) else str(key)
                yield str(task.get("name") or key), short, value


def _meant(path: str, file: str) -> list[str]:
    """The files that ``file``, included by ``path``, may mean: of a template all task files that it fits."""
    folder, dynamic = os.path.dirname(path), bool(_TEMPLATE.search(file))
    if dynamic:
        pattern = "*".join(glob.escape(part) for part in _TEMPLATE.split(file))
        patterns = [pattern if pattern.endswith((".yml", ".yaml")) else pattern + ending for ending in (".yml", ".yaml")]
        found = sorted({each for one in patterns for place in (folder, os.path.join(folder, "tasks"))
                        for each in glob.glob(os.path.join(glob.escape(place), one)) if os.path.isfile(each)})
        return [each for each in found if not _of_something_else(each)]
    here = glob.escape(os.getcwd())
    places = [folder, os.path.join(folder, "tasks"), os.getcwd(), *glob.glob(os.path.join(here, "*")), *glob.glob(os.path.join(here, "*", "tasks"))]
    return [each for each in (os.path.normpath(os.path.join(place, file)) for place in places) if os.path.isfile(each)][:1]


def _of_something_else(path: str) -> bool:
    """Whether a file holds variables or plays, and so is none that a template of tasks means."""
    try:
        content = DataLoader().load_from_file(path)
    except (AnsibleError, OSError, ValueError, TypeError, AttributeError):
        return False
    return not isinstance(content, list) or any(not isinstance(entry, dict) or set(_OF_PLAYS) & set(entry) for entry in content)


def _files_of_role(path: str, name: object) -> list[str]:
    """The task files of a role that lies where Ansible looks for roles; of one in a collection, or of a template, none."""
    if not isinstance(name, str) or "{{" in name or not name:
        return []
    places = [os.path.join(os.getcwd(), "roles"), os.path.join(os.path.dirname(path), "roles"), *(C.DEFAULT_ROLES_PATH or []), os.path.dirname(path)]
    folder = next((os.path.join(place, name) for place in places if os.path.isdir(os.path.join(place, name, "tasks"))), None)
    return sorted(glob.glob(os.path.join(glob.escape(folder), "tasks", "*.yml"))) if folder else []


def _without_imports(tasks: Any) -> Any:
    """What is imported or included is read relative to a file that is not known here."""
    if not isinstance(tasks, list):
        return tasks
    return [
        {key: _without_imports(value) if key in _PARTS else value for key, value in task.items()} if isinstance(task, dict) else task
        for task in tasks if not (isinstance(task, dict) and any(str(key).rpartition(".")[2].startswith(("import_", "include_")) for key in task))
    ]


def opaque(tasks: Any) -> bool:
    """Whether more is run than ``included`` tells."""
    for _name, action, value in _actions(tasks):
        file = value.get("file") if isinstance(value, dict) else value
        if action in _ROLES or action in _INCLUDES and "{{" in str(file):
            return True
    return False


def included(tasks: Any, path: str) -> list[str]:
    """The files that ``tasks`` include or import by names that are no templates."""
    found = []
    for _name, action, value in _actions(tasks):
        file = value.get("file") if isinstance(value, dict) else value
        if action in _INCLUDES and isinstance(file, str) and "{{" not in file:
            found += _meant(path, file)
    return found
