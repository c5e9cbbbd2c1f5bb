# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: export_document
short_description: An exported topology as a file of host variables
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Turns what M(cloud_dr.sdrs.sdrs_topology_info) returns for one protection group into YAML with C(topology_server_group), for C(host_vars).
  - Ansible treats host variables as templates. Text that could be a template, such as a description with braces, is tagged C(!unsafe).
  - Comments at the beginning say what is left out, and why.
options:
  _input:
    description: The result of the module.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Export one group
  cloud_dr.sdrs.sdrs_topology_info:
    server_groups: [erp]
  register: exported

- name: Keep it in git
  ansible.builtin.copy:
    content: "{{ exported | cloud_dr.sdrs.export_document }}"
    dest: host_vars/erp.yml
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""

from ..plugin_utils._export_file import document
from ..plugin_utils._filters import as_filter


class FilterModule:
    def filters(self):
        return {"export_document": as_filter(document)}
