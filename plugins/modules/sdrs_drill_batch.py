#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_drill_batch
short_description: Create and delete the DR drills of many protection groups at once
version_added: 1.0.0
description:
  - Does for many protection groups what M(cloud_dr.sdrs.sdrs_drill) does for one, all at once. A drill that cannot be created or deleted leaves the
    others running; the task fails at the end, and RV(branches) tells what became of each.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.wait
  - cloud_dr.sdrs.attributes
options:
  drills:
    description: The drills that shall be there, at most one for each protection group.
    type: list
    elements: dict
    suboptions:
      server_group:
        description: Name or ID of the protection group.
        type: str
        required: true
        aliases: [server_group_id]
      name:
        description: Name of the drill.
        type: str
        required: true
      drill_vpc:
        description: Name or ID of the drill VPC. Without it the service makes one that outlives the drill. Fixed at creation.
        type: str
        aliases: [drill_vpc_id]
  ids:
    description: IDs of drills that shall be gone, with O(state=absent). Names do not tell whose a drill is.
    type: list
    elements: str
  state:
    description: Whether the drills should be there.
    type: str
    choices: [present, absent]
    default: present
  parallel:
    description: Jobs in flight at once, from 1 to 256.
    type: int
    default: 256
seealso:
  - module: cloud_dr.sdrs.sdrs_drill
"""

EXAMPLES = r"""
- name: Drill two groups
  cloud_dr.sdrs.sdrs_drill_batch:
    drills:
      - {server_group: erp, name: rehearsal, drill_vpc: vpc-drill-erp}
      - {server_group: crm, name: rehearsal, drill_vpc: vpc-drill-crm}
  register: rehearsal

- name: Delete them
  cloud_dr.sdrs.sdrs_drill_batch:
    ids: "{{ rehearsal.drills | map(attribute='id') }}"
    state: absent
"""

RETURN = r"""
drills:
  description: The drills as the API shows them, or the last known ones after their deletion.
  returned: success
  type: list
  elements: dict
  sample: [{id: 22fce838-4bfb-4a92-8aab-fc80a583eb59, name: rehearsal, status: available}]
# docs_blocks: branches
branches:
  description:
    - What became of each part that was to be changed. C(succeeded) and C(not_tried) are lists of names,
      C(failed) and C(blocked) lists of errors with their C(path).
  returned: always
  type: dict
  sample: {succeeded: [db], failed: [], blocked: [], not_tried: []}
# docs_blocks: operations
operations:
  description: What was done, or in check mode would be done, in order. Empty when nothing changed.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: create, resource_type: drill, name: rehearsal, job_type: createDisasterRecoveryDrill, duration: 101.5}
# docs_blocks: jobs_compact
jobs:
  description: The jobs this task waited for or, with O(wait=false), started. Sub-jobs are given of failed jobs only.
  returned: always
  type: list
  elements: dict
  sample: []
# docs_blocks: pending
pending:
  description: What is left to do once the jobs have ended. Run the task again then.
  returned: with O(wait=false)
  type: list
  elements: dict
  sample: []
# docs_blocks: first_error
error:
  description: Code, message, description and remedy of the first failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import WAIT, Spec
from ..module_utils._sdrs.options import reference
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import locks, drill_batch
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + Spec(
    {
        "drills": {
            "type": "list", "elements": "dict", "options": {
                "server_group": reference("server_group", required=True), "name": {"type": "str", "required": True}, "drill_vpc": reference("drill_vpc"),
            },
        },
        "ids": {"type": "list", "elements": "str"},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "parallel": {"type": "int", "default": 256},
    }
)
DECLARATION = Declaration(
    drill_batch.KIND, drill_batch.read, drill_batch.plan, "drills", show=drill_batch.show, compact=True, locks=locks.DRILLS, rules=drill_batch.RULES,
    options=drill_batch.Options,
)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
