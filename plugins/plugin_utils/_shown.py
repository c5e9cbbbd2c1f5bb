# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action plugin of run_ending: what it returns is printed as plain lines, unless the callback console does that. PRIVATE to the collection."""

from __future__ import annotations

import os
from typing import Any

from ansible.utils.display import Display

from ..module_utils._cloud.errors import one_line
from ._ending_lines import block
from ._filters import plain
from ._typed import typed

# Set by the callback console, which prints the same after the recap.
CONSOLE = "SDRS_CONSOLE"


def shown(plugin: Any) -> Any:
    """``plugin`` with its endings on the screen. That they cannot be shown fails nothing."""

    class ActionModule(plugin):
        def run(self, tmp: Any = None, task_vars: Any = None) -> Any:
            result = super().run(tmp, task_vars)
            if not result.get("failed") and not os.environ.get(CONSOLE):
                try:
                    hosts = (task_vars or {}).get("ansible_play_hosts_all") or []
                    for line in block(plain(result["endings"]), typed(plain(hosts), bool(self._task.args.get("local")))):
                        Display().display(line)
                except Exception as error:  # pylint: disable=broad-except
                    Display().warning("how the run ended cannot be shown: %s" % one_line(error))
            return result

    return ActionModule
