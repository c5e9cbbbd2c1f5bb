# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: connection_mark
short_description: Identify a connection without its secrets
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Returns the same text for hosts with the same connection options, for C(topology_reading) and C(drill_reading).
  - Returns an empty text for options that hold an C(auth_token), since only the token may tell its project, and for values that are not a mapping.
options:
  _input:
    description: Connection options, as C(module_defaults) has them for the group C(cloud_dr.sdrs.sdrs).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the mark of a connection
  ansible.builtin.debug:
    msg: "{{ {'region': 'eu-de', 'cloud': 'prod'} | cloud_dr.sdrs.connection_mark }}"
"""

RETURN = r"""
_value:
  description: A digest, or an empty text.
  type: str
"""

from ..plugin_utils._filters import as_filter
from ..plugin_utils._reading import mark


class FilterModule:
    def filters(self):
        return {"connection_mark": as_filter(mark)}
