# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: internal
short_description: Internal functions of this collection's roles
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Calls a Python function on which a role or a playbook of this collection bases a decision.
  - Do not use it in your own playbooks. The functions, their arguments and their results can change in any release, without notice.
positional: function
options:
  _input:
    description: The first argument of the function. More arguments follow its name.
    type: raw
    required: true
  function:
    description: The name of the function.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: How a role finds misspelled variables
  ansible.builtin.debug:
    msg: "{{ ['failover_confrim'] | cloud_dr.sdrs.internal('misspelled', 'failover') }}"
"""

RETURN = r"""
_value:
  description: What the function returns.
  type: raw
"""

from ansible.errors import AnsibleFilterError

from ..plugin_utils._filters import as_filter, defined
from ..plugin_utils._roles import FUNCTIONS


def internal(value, function, *arguments):
    """``function`` of ``value`` and ``arguments``; an unknown name raises AnsibleFilterError."""
    if defined(function) not in FUNCTIONS:
        raise AnsibleFilterError("internal has no function named '%s'" % function)
    return as_filter(FUNCTIONS[function])(value, *arguments)


class FilterModule:
    def filters(self):
        return {"internal": internal}
