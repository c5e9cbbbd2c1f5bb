# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details:
      - Sends no request but GET and the two POST requests that only read (query by tag, log in).
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
  action_group:
    description: Use C(group/cloud_dr.sdrs.sdrs) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - cloud_dr.sdrs.sdrs
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details:
      - This module only reads.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: N/A
    details:
      - This module only reads.
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
  action_group:
    description: Use C(group/cloud_dr.sdrs.sdrs) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - cloud_dr.sdrs.sdrs
"""

    LOCAL = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
    details:
      - Sends nothing to the cloud.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in check_mode), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
    support: full
  action_group:
    description: Use C(group/cloud_dr.sdrs.sdrs) in C(module_defaults) to set defaults for this module.
    support: full
    details:
      - It contacts no service, so the connection options of the group are ignored.
    membership:
      - cloud_dr.sdrs.sdrs
"""

    IMMUTABLE = r"""
options:
  immutable_change:
    description:
      - What to do if an immutable option differs from the live object.
      - V(fail) names both values and changes nothing, V(ignore) warns and continues.
    type: str
    choices: [fail, ignore]
    default: fail
"""

    STATE = r"""
options:
  state:
    description:
      - Whether the object should exist.
      - With V(present), an object whose creation has failed is deleted and created again.
    type: str
    choices: [present, absent]
    default: present
"""
