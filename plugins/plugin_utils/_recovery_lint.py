# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the user's files of a recovery plan, made before anything is changed. PRIVATE to the collection.

A file that Ansible cannot read, a module that is not there, or a variable that nobody sets would end a run in the middle of a switch.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

import jinja2
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from jinja2 import nodes

from ..module_utils._cloud.errors import one_line
from ..module_utils._recovery import document as _recovery_document
from ._recovery_plan import OPTIONS

# Set for hooks by the role, which may be yet to run.
HOOK_VARIABLES = ("recovery_operation", "recovery_active_site", "recovery_variables", "recovery_tier", "recovery_servers", "recovery_state", "recovery_failed",
                  "recovery_loaded")
_PARTS = ("block", "rescue", "always")
_BARE = ("when", "until", "failed_when", "changed_when", "that", "var")
_INCLUDES = ("include_tasks", "import_tasks")
_OPAQUE = ("include_vars", "include_role", "import_role", "add_host", "group_by")
# What a drill's file around the switch must ask or use, lest it do to production what it does in a failover.
_AWARE = ("recovery_operation", "recovery_variables")
_DEPTH = 20
_OF_JINJA = ("item", "omit", "lookup", "query", "q", "now", "undef", "loop", "range", "dict", "namespace", "caller", "self", "varargs", "kwargs", "cycler",
             "joiner", "lipsum", "role_path")
# Variables of this collection: one that is nearly called so is misspelled, wherever it stands.
_OWN = ("drill_", "failover_", "recover_by_drill_", "recovery_", "report_", "sdrs_", "topology_")
_NEAR = 0.85


class _Files:
    """What the files of one plan define and use."""

    def __init__(self, resolve: Callable[[str], str | None]) -> None:
        self.problems: list[str] = []
        self.defined: set[str] = set()
        self.used: dict[str, str] = {}
        self.opaque: set[str] = set()
        self.texts: dict[str, list[str]] = {}
        self.excused: set[str] = set()  # what is asked about anywhere
        self.unsure: dict[str, str] = {}  # what is used where it may never be evaluated
        self._loader, self._resolve, self._jinja = DataLoader(), resolve, jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])

    def read(self, path: str, top: str | None = None, depth: int = 0) -> None:
        """Look at a file and at those it includes by a name that is no template."""
        top = top or path
        problem = self._resolve(path)
        if problem:
            self.problems.append(problem)
            return
        tasks = self._loader.load_from_file(path)
        self.texts.setdefault(top, []).append(repr(tasks))
        for included in self._tasks(tasks, path, top):
            if depth < _DEPTH:
                self.read(included, top, depth + 1)

    def _tasks(self, tasks: Any, path: str, top: str, sure: bool = True) -> Iterator[str]:
        for task in tasks if isinstance(tasks, list) else ():
            if not isinstance(task, dict):
                continue
            yield from self._task(task, path, top, sure)
            certain = sure and not any(key in task for key in ("when", "rescue", "ignore_errors"))
            for part in _PARTS:
                yield from self._tasks(task.get(part), path, top, certain and part != "rescue")

    def _task(self, task: dict, path: str, top: str, sure: bool) -> Iterator[str]:
        own = {key: value for key, value in task.items() if key not in _PARTS}
        self.defined.update(map(str, own.get("vars") or {}))
        loop = own.get("loop_control")
        control = loop if isinstance(loop, dict) else {}
        self.defined.update(str(control[key]) for key in ("loop_var", "index_var", "extended") if isinstance(control.get(key), str))
        if isinstance(own.get("register"), str):
            self.defined.add(own["register"])
        for key, value in own.items():
            short = str(key).rpartition(".")[2]
            if short == "set_fact" and isinstance(value, dict):
                self.defined.update(map(str, value))
            if short in _OPAQUE or short.endswith("_facts"):
                self.opaque.add(top)
            if short in _INCLUDES:
                file = value.get("file") if isinstance(value, dict) else value
                if isinstance(file, str) and "{{" not in file:
                    yield os.path.join(os.path.dirname(path), file)
            name = str(task.get("name") or key)
            if key == "when" and isinstance(value, list):  # the next condition is not evaluated if one before it is false
                for number, condition in enumerate(value):
                    self._expressions(condition, path, name, True, sure and not number and "loop" not in task)
                continue
            # What is skipped, or has nothing to loop over, evaluates none of its arguments; names do without, variables are evaluated by who uses them.
            looping = any(other == "loop" or other.startswith("with_") for other in map(str, task) if other != key)
            skipped = key != "when" and "when" in task
            certain = sure and not looping and not skipped and "ignore_errors" not in task and key not in ("name", "vars")
            self._expressions(value, path, name, str(key) in _BARE, certain)

    def _expressions(self, value: object, path: str, task: object, bare: bool, sure: bool) -> None:
        if isinstance(value, dict):
            for key, entry in value.items():
                self._expressions(entry, path, task, str(key) in _BARE, sure)
        elif isinstance(value, list):
            for entry in value:
                self._expressions(entry, path, task, bare, sure)
        elif isinstance(value, str):
            text = "{{ %s }}" % value if bare and "{{" not in value and "{%" not in value else str(value)
            if "{{" not in text and "{%" not in text:
                return
            try:
                tree = self._jinja.parse(text)
            except jinja2.TemplateSyntaxError as error:
                self.problems.append(one_line("%s, task %s: %s in %r" % (path, task, error.message, value)))
                return
            needed, perhaps, excused = _needed(tree)
            self.excused |= excused
            for name in needed | perhaps:
                (self.used if sure and name in needed else self.unsure).setdefault(name, "%s, task %s" % (path, task))

    def unknown(self, known: Iterable[str]) -> list[str]:
        """The variables that nobody sets, as sentences, as far as that can be told: what is asked about somewhere may be missing."""
        known = {*known, *self.defined, *_OF_JINJA}
        if self.opaque:
            return []
        own, found = sorted(name for name in map(str, known) if name.startswith(_OWN)), []
        for name, place in {**self.unsure, **self.used}.items():
            if name in known or name in self.excused or name.startswith(("ansible_", "_")):
                continue
            near = difflib.get_close_matches(name, own, 1, _NEAR) if name.startswith(_OWN) else []
            if near or name in self.used:
                found.append(one_line("%s: nobody sets %s%s" % (place, name, "; did you mean %s?" % near[0] if near else "")))
        return found


def _needed(tree: nodes.Template) -> tuple[set, set, set]:
    """The variables that a template cannot do without, those that it may need, and those with a default or that it asks about."""
    own: set = set()
    excused: set = set()
    found: tuple[set, set] = (set(), set())
    for node in tree.find_all((nodes.Filter, nodes.Test, nodes.Name, nodes.Macro)):
        if isinstance(node, nodes.Filter) and node.name in ("default", "d", "ansible.builtin.default"):
            excused.update(each.name for each in [node.node, *(node.node.find_all(nodes.Name) if node.node else [])] if isinstance(each, nodes.Name))
        elif isinstance(node, nodes.Test) and node.name in ("defined", "undefined"):
            excused.update(each.name for each in [node.node, *node.node.find_all(nodes.Name)] if isinstance(each, nodes.Name))
        elif isinstance(node, nodes.Macro) or isinstance(node, nodes.Name) and node.ctx in ("store", "param"):
            own.add(node.name)
    _names(tree, True, found)
    return found[0] - own - excused, found[1] - own - excused, excused


def _names(node: nodes.Node, sure: bool, found: tuple[set, set]) -> None:
    """Names below a node; those of a branch that may not be taken are not sure."""
    if isinstance(node, nodes.Name) and node.ctx == "load":
        found[not sure].add(node.name)
    for field, value in node.iter_fields():
        certain = sure and not (
            isinstance(node, (nodes.CondExpr, nodes.If)) and field != "test" or isinstance(node, (nodes.And, nodes.Or)) and field == "right"
            or isinstance(node, nodes.For) and field != "iter" or isinstance(node, nodes.Macro))
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, nodes.Node):
                _names(each, certain, found)


def lint(
    document: dict, resolve: Callable[[str], str | None], path_of: Callable[[str], str], variables: Iterable[str] = (), operation: str | None = None,
    site: str | None = None,
) -> list[str]:
    """What is wrong with the files of a plan, as sentences.

    :param resolve: ``resolve(path)``: why a file cannot be run, or nothing
    :param path_of: ``path_of(file)`` as an absolute path
    :param variables: names of the variables that there are
    :param site: that which becomes production; without an operation, hooks may use variables of any site
    """
    given = document.get("variables") or {}
    sites = [operation] if operation in ("drill", "recover_by_drill") else [site] if operation and site else list(given)
    own = {name for each in sites for name in given.get(each) or {}}
    files, around = _Files(resolve), []
    for where, name in _recovery_document.files(document):
        path = path_of(name)
        try:
            files.read(path)
        except (AnsibleError, OSError, ValueError, TypeError, RecursionError) as error:
            files.problems.append(one_line("%s cannot be run: %s" % (path, error)))
            continue
        if operation in ("drill", "recover_by_drill") and where in ("before", "after", "finish"):
            around.append((where, name, path))
    files.problems += files.unknown({*variables, *own, *HOOK_VARIABLES, *OPTIONS})
    for where, name, path in around:
        text = " ".join(files.texts.get(path, ()))
        if not any(word in text for word in (*_AWARE, *own)):
            files.problems.append(
                "%s: %s neither checks recovery_operation nor uses variables of the plan, so it would do the same in the drill as in a failover; "
                "add, for instance, when: recovery_operation != '%s'" % (where, name, operation))
    if operation == "recover_by_drill" and given and "recover_by_drill" not in given:
        files.problems.append("variables.recover_by_drill is missing: hooks would have no variables when DR drills become production")
    return list(dict.fromkeys(files.problems))


def lint_files(names: Iterable[str], resolve: Callable[[str], str | None], path_of: Callable[[str], str], variables: Collection[str]) -> list[str]:
    """What is wrong with task files of the user, as sentences.

    :param variables: names of the variables that there are, or will be when the files run; nothing is said of variables if it is empty
    """
    files = _Files(resolve)
    for name in dict.fromkeys(names):
        try:
            files.read(path_of(name))
        except (AnsibleError, OSError, ValueError, TypeError, RecursionError) as error:
            files.problems.append(one_line("%s cannot be run: %s" % (path_of(name), error)))
    return list(dict.fromkeys(files.problems + (files.unknown(variables) if variables and not files.problems else [])))
