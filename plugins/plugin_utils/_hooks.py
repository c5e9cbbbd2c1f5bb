# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a user's hook makes an unreachable host visible. Pure. PRIVATE to the collection.

An unreachable host would end the play in the middle of a switch, since ``rescue`` does not catch it. So hooks run with ``ignore_unreachable``, and
fail by what their delegated tasks registered.
"""

from __future__ import annotations

from collections.abc import Iterable

_PARTS = ("block", "rescue", "always")
_LOCAL = ("local", "ansible.builtin.local")
_MISSING = "task %s is delegated and must register its result%s, or it would go unnoticed that its host cannot be reached"


def look(files: Iterable, remote: Iterable, whole: bool = True) -> dict:
    """What a hook registers of hosts that may be unreachable, and what would let one go unnoticed.

    :param files: the parsed tasks of the hook and of the files that it includes
    :param remote: hosts of the inventory whose connection is not local
    :param whole: no file is included that is not among ``files``
    :returns: ``{registers, problems, guarded}``, ``guarded`` whether all that can be unreachable is registered
    """
    found: dict = {"registers": [], "problems": []}
    for tasks in files:
        _tasks(tasks, frozenset(map(str, remote)), {}, found)
    return {**found, "guarded": bool(whole and not found["problems"])}


def _tasks(tasks: object, remote: frozenset[str], above: dict, found: dict) -> None:
    for number, task in enumerate(tasks if isinstance(tasks, list) else [], 1):
        if not isinstance(task, dict):
            continue
        parts = [part for part in _PARTS if task.get(part)]
        told = {**above, **{key: task[key] for key in ("delegate_to", "connection") if key in task},
                "vars": {**(above.get("vars") or {}), **(task["vars"] if isinstance(task.get("vars"), dict) else {})}}
        for part in parts:
            _tasks(task[part], remote, told, found)
        if not parts and _remote(told, remote):
            _task(task, str(task.get("name") or number), found)


def _task(task: dict, name: str, found: dict) -> None:
    register = task.get("register")
    if not register:
        found["problems"].append(_MISSING % (name, ""))
    elif register in found["registers"]:
        found["problems"].append(_MISSING % (name, " under a name of its own, not %s again" % register))
    else:
        found["registers"].append(str(register))


def _remote(task: dict, remote: frozenset[str]) -> bool:
    """Whether a task may be one of another machine. Delegation keeps the play's local connection, unless the host or the task has its own."""
    connection = task["vars"].get("ansible_connection", task.get("connection"))
    if connection is not None:
        return str(connection) not in _LOCAL
    host = task.get("delegate_to")
    return host is not None and bool(remote) and (str(host) in remote or "{{" in str(host))
