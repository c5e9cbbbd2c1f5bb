# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user typed to run this playbook, as far as the next command repeats it. PRIVATE to the collection."""

from __future__ import annotations

import shlex
from typing import Any

from ansible import constants as C
from ansible import context

from ._ending_lines import near


def typed(all_hosts: Any, local: bool = False) -> dict:
    """``{playbook, inventory, extra_vars, limit, all_hosts, options, local}``.

    :param all_hosts: the hosts of the play
    :param local: the playbook has no inventory of groups
    """
    said = context.CLIARGS
    playbooks = list(said.get("args") or ["cloud_dr.sdrs.plan"])
    inventory = list(said.get("inventory") or [])
    usual = [str(place) for place in (C.DEFAULT_HOST_LIST or [])]
    options = ["--vault-password-file " + shlex.quote(near(path)) for path in said.get("vault_password_files") or []]
    options += ["--vault-id " + shlex.quote(str(name)) for name in said.get("vault_ids") or []]
    options += ["--ask-vault-pass"] if said.get("ask_vault_pass") else []
    return {
        "playbook": str(playbooks[0]), "inventory": [] if inventory == usual else [place if "," in place else near(place) for place in map(str, inventory)],
        "extra_vars": [str(text) for text in said.get("extra_vars") or []], "limit": said.get("subset"), "all_hosts": list(all_hosts),
        "options": options, "local": local,
    }
