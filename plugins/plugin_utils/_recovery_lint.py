# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's files of a recovery plan, looked at before anything is touched. PRIVATE to the collection.

A file that Ansible cannot read, a module that is not there, or a variable that nobody sets would end a run in the middle of a switch.
"""

from __future__ import annotations

import os

import jinja2
from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from jinja2 import nodes

from ..module_utils._cloud.errors import one_line
from ..module_utils._recovery import document as _recovery_document
from ._recovery_plan import OPTIONS

# Set by the role for hooks, beside its options.
HOOK_VARIABLES = ("recovery_values", "recovery_tier", "recovery_servers", "recovery_state", "recovery_failed", "recovery_loaded")
_PARTS = ("block", "rescue", "always")
_BARE = ("when", "until", "failed_when", "changed_when", "that", "var")
_INCLUDES = ("include_tasks", "import_tasks")
_OPAQUE = ("include_vars", "include_role", "import_role", "add_host", "group_by")
# What a drill's file around the switch must ask or use, lest it do to production what it does in a failover.
_AWARE = ("recovery_operation", "recovery_values")
_DEPTH = 20


class _Files:
    """What the files of one plan define and use."""

    def __init__(self, resolve):
        self.problems, self.defined, self.used, self.opaque, self.texts = [], set(), {}, set(), {}
        self._loader, self._resolve, self._jinja = DataLoader(), resolve, jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])

    def read(self, path, top=None, depth=0):
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

    def _tasks(self, tasks, path, top):
        for task in tasks if isinstance(tasks, list) else ():
            if not isinstance(task, dict):
                continue
            yield from self._task(task, path, top)
            for part in _PARTS:
                yield from self._tasks(task.get(part), path, top)

    def _task(self, task, path, top):
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
            if short in _OPAQUE:
                self.opaque.add(top)
            if short in _INCLUDES:
                file = value.get("file") if isinstance(value, dict) else value
                if isinstance(file, str) and "{{" not in file:
                    yield os.path.join(os.path.dirname(path), file)
            self._expressions(value, path, str(task.get("name") or key), str(key) in _BARE)

    def _expressions(self, value, path, task, bare):
        if isinstance(value, dict):
            for key, entry in value.items():
                self._expressions(entry, path, task, str(key) in _BARE)
        elif isinstance(value, list):
            for entry in value:
                self._expressions(entry, path, task, bare)
        elif isinstance(value, str):
            text = "{{ %s }}" % value if bare and "{{" not in value and "{%" not in value else str(value)
            if "{{" not in text and "{%" not in text:
                return
            try:
                tree = self._jinja.parse(text)
            except jinja2.TemplateSyntaxError as error:
                self.problems.append(one_line("%s, task %s: %s in %r" % (path, task, error.message, value)))
                return
            for name in _needed(tree):
                self.used.setdefault(name, "%s, task %s" % (path, task))


def _needed(tree):
    """The variables that a template cannot do without: not those with a default, those it asks about, or its own."""
    own: set = set()
    excused: set = set()
    names: set = set()
    for node in tree.find_all((nodes.Filter, nodes.Test, nodes.Name, nodes.Macro, nodes.CondExpr, nodes.And, nodes.Or)):
        if isinstance(node, nodes.Filter) and node.name in ("default", "d", "ansible.builtin.default"):
            excused.update(each.name for each in [node.node, *(node.node.find_all(nodes.Name) if node.node else [])] if isinstance(each, nodes.Name))
        elif isinstance(node, nodes.Test) and node.name in ("defined", "undefined"):
            excused.update(each.name for each in [node.node, *node.node.find_all(nodes.Name)] if isinstance(each, nodes.Name))
        elif isinstance(node, nodes.Name):
            (own if node.ctx in ("store", "param") else names).add(node.name)
        elif isinstance(node, nodes.Macro):
            own.add(node.name)
    return names - own - excused


def lint(document, resolve, path_of, variables=(), operation=None):
    """What is wrong with the files of a plan, as sentences.

    :param resolve: ``resolve(path)``: why a file cannot be run, or nothing
    :param path_of: ``path_of(file)`` as an absolute path
    :param variables: names of the variables that there are
    """
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
    known = {*variables, *files.defined, *HOOK_VARIABLES, *OPTIONS, "item",
             "omit", "lookup", "query", "q", "now", "undef", "loop", "range", "dict", "namespace",
             "caller"}
    if not files.opaque:
        files.problems += [one_line("%s: nobody sets %s" % (place, name)) for name, place in files.used.items()
                           if name not in known and not name.startswith(("ansible_", "_"))]
    for where, name, path in around:
        text = " ".join(files.texts.get(path, ()))
        if not any(word in text for word in _AWARE):
            files.problems.append(
                "%s: %s asks neither for recovery_operation nor uses recovery_values, so that it would do in the drill what it does in a failover; "
                "let it say, for instance, when: recovery_operation != '%s'" % (where, name, operation))
    if operation == "recover_by_drill" and document.get("values") and "recover_by_drill" not in document["values"]:
        files.problems.append("values.recover_by_drill is missing: hooks would see no values where DR drills become production")
    return list(dict.fromkeys(files.problems))
