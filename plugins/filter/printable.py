# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: printable
short_description: Text of the cloud, fit for a terminal
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Makes one line of a text. Control characters, which could change what a terminal shows, and characters that hide or reorder text become
    escapes such as C(\x1b).
  - The names of tasks, labels of loops and messages are printed as they are. Use it where they hold names or descriptions of the service.
options:
  _input:
    description: The text.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Show a description
  ansible.builtin.debug:
    msg: "{{ group.description | cloud_dr.sdrs.printable }}"
"""

RETURN = r"""
_value:
  description: The text on one line, cut where it is very long.
  type: str
"""

from ..module_utils._cloud.errors import one_line
from ..plugin_utils._filters import as_text

_LONGEST = 4000


def printable(text):
    """``text`` on one line without control characters."""
    return as_text(one_line(text, _LONGEST))


class FilterModule:
    def filters(self):
        return {"printable": printable}
