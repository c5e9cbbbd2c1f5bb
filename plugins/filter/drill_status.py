# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: drill_status
short_description: Whether the last successful drill is recent enough
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Judges saved reports, or what the service knows if there are none.
positional: max_age, drilled
options:
  _input:
    description: Saved reports, as P(cloud_dr.sdrs.report_files#lookup) returns them.
    type: list
    elements: raw
    required: true
  max_age:
    description: Maximum age of the last successful drill, such as V(90d), V(12h) or V(30) (days).
    type: raw
    required: true
  drilled:
    description: Whether the service lists a drill in the last three months. Omit it if the service was not asked.
    type: bool
"""

EXAMPLES = r"""
- name: Show the age of the last drill
  ansible.builtin.debug:
    msg: "{{ query('cloud_dr.sdrs.report_files', 'reports/erp/drill-*.json') | cloud_dr.sdrs.drill_status('90d') }}"
"""

RETURN = r"""
_value:
  description: C(verdict) (V(ok), V(overdue) or V(unknown)), C(age_seconds), C(last), C(report) and C(message).
  type: dict
"""

from ..plugin_utils._drill import status
from ..plugin_utils._filters import as_filter


class FilterModule:
    def filters(self):
        return {"drill_status": as_filter(status)}
