# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  plan:
    description:
      - The recovery plan, as the lookup P(cloud_dr.sdrs.recovery_plan#lookup) returns it under C(document).
      - Its keys are described by C(docs/recovery_plan.schema.json).
    type: dict
    required: true
"""
