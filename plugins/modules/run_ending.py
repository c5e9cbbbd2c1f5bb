# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run_ending
short_description: Show the closing summary of a runbook
version_added: 1.0.0
description:
  - Prints at most 15 lines that begin with C(STATE), C(DONE), C(NOT DONE) and C(NEXT), the last one with the command to copy. The roles of this
    collection end with this module.
  - If the callback P(cloud_dr.sdrs.console#callback) is in use, the callback prints the lines once, after the recap.
  - Sends nothing to the cloud.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.attributes.local
options:
  endings:
    description: One entry for each protection group, as the roles make it.
    type: list
    elements: dict
    required: true
  local:
    description: The playbook runs without an inventory of protection groups, so the next command does not name one.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show how it ended
  cloud_dr.sdrs.run_ending:
    endings: ["{{ drill_ending }}"]
"""

RETURN = r"""
# docs_blocks: local_operations
operations:
  description: Always empty, because the module changes nothing in the cloud.
  returned: success
  type: list
  elements: dict
  sample: []
# docs_blocks: local_jobs
jobs:
  description: Always empty.
  returned: success
  type: list
  elements: dict
  sample: []
endings:
  description: The lines that were shown.
  returned: success
  type: list
  elements: dict
  sample: [{subject: erp, state: ["production at the source site"], done: ["nothing"], not_done: ["nothing remains"], failed: false}]
local:
  description: O(local).
  returned: success
  type: bool
  sample: false
# docs_blocks: local_error
error:
  description: Message and details of the failure.
  returned: failure
  type: dict
  sample: {message: "endings must not be empty", retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._reports import run_ending
from ..module_utils._engine.declaration import Local

SPEC = Spec({
    "endings": {"type": "list", "elements": "dict", "required": True},
    "local": {"type": "bool", "default": False},
})
DECLARATION = Local(run_ending.show, rules=run_ending.RULES)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
