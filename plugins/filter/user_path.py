# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: user_path
short_description: A path as the user means it
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Makes a relative path absolute, below the folder in which C(ansible-playbook) was started.
  - Elsewhere a playbook of an installed collection takes relative paths as below its own folder.
options:
  _input:
    description: A path; C(~) is the user's home.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show where reports go
  ansible.builtin.debug:
    msg: "{{ 'reports' | cloud_dr.sdrs.user_path }}"
"""

RETURN = r"""
_value:
  description: The absolute path.
  type: str
"""

from ..plugin_utils._paths import report_folder, report_path, user_path


class FilterModule:
    def filters(self):
        return {"user_path": user_path, "report_folder": report_folder, "report_path": report_path}
