# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of run_ending: what it returns is printed as plain lines, unless the callback console does that. PRIVATE to the collection."""

from __future__ import annotations

import os
from typing import Any

from ansible.utils.display import Display

from ..module_utils._cloud.errors import one_line
from ..module_utils._module.argument_spec import CONNECTION
from ._console import NEEDED, ROLES, Screen
from ._ending_lines import block
from ._filters import plain
from ._typed import typed

# Set by the callback console, which prints the same after the recap.
CONSOLE = "SDRS_CONSOLE"


def shown(plugin: Any) -> Any:
    """``plugin`` with its endings on the screen. That they cannot be shown fails nothing."""

    class ActionModule(plugin):
        def run(self, tmp: Any = None, task_vars: Any = None) -> Any:
            # Of module_defaults: connection options that are wrong must not keep it from being shown that they are.
            self._task.args = {name: value for name, value in self._task.args.items() if name not in CONNECTION.options}
            endings = self._task.args.get("endings")
            if isinstance(endings, list) and task_vars:
                self._task.args["endings"] = completed(plain(endings), task_vars.get("hostvars") or {}, task_vars)
            result = super().run(tmp, task_vars)
            if not result.get("failed") and not os.environ.get(CONSOLE):
                try:
                    hosts = (task_vars or {}).get("ansible_play_hosts_all") or []
                    for line in block(plain(result["endings"]), typed(plain(hosts), bool(self._task.args.get("local")))):
                        Display().display(line)
                except Exception as error:  # pylint: disable=broad-except
                    Display().warning("the closing summary cannot be shown: %s" % one_line(error))
            return result

    return ActionModule


def completed(endings: list, hostvars: Any, own: Any = None) -> list:
    """``endings``; for a host whose run ended before its role could tell how, one is made of what it had noted, and of why it failed.

    :param hostvars: the variables of all hosts, by host
    :param own: those of the host that asks: a localhost that is in no inventory is not among the others
    """
    untold = [ending for ending in endings if isinstance(ending, dict) and ending.get("untold")]
    if not untold:
        return endings
    if own and own.get("inventory_hostname") in (ending["host"] for ending in untold):
        hostvars = _Hosts(hostvars, own)
    failures = {ending["host"]: _variable(hostvars, ending["host"], "ansible_failed_result") for ending in untold}
    # A task that runs once fails for all hosts, and leaves its result to one.
    usual = next(filter(None, failures.values()), None)
    screen = Screen()
    for ending in untold:
        host, failure = ending["host"], failures[ending["host"]] or usual
        facts = {"%s_%s" % (role, name): _variable(hostvars, host, "%s_%s" % (role, name)) for role in ROLES for name in NEEDED}
        screen.facts[host] = {name: value for name, value in facts.items() if value}
        if isinstance(failure, dict):
            screen.failed(host, "", failure)
    made = {ending["host"]: screen.finish([ending["host"]], ending["untold"])[0] for ending in untold if screen.errors.get(ending["host"])}
    return [made.get(ending.get("host"), ending) if isinstance(ending, dict) and ending.get("untold") else ending for ending in endings]


class _Hosts:
    """``hostvars`` with the host that asks."""

    def __init__(self, hostvars: Any, own: Any) -> None:
        self._hostvars, self._own = hostvars, own

    def __getitem__(self, host: str) -> Any:
        return self._own if host == self._own.get("inventory_hostname") else self._hostvars[host]


def _variable(hostvars: Any, host: str, name: str) -> Any:
    """None for one that cannot be had: this serves the screen only."""
    try:
        return plain(hostvars[host].get(name))
    except Exception:  # pylint: disable=broad-except
        return None
