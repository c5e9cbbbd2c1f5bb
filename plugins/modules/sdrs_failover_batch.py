#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_failover_batch
short_description: Fail many protection groups over at once
version_added: 1.0.0
description:
  - Does the same as M(cloud_dr.sdrs.sdrs_failover) for many protection groups in parallel. The live state is read with list requests, each group is
    checked independently, and each switch has its own guard directly before its request.
  - If a group cannot be switched, or its switch fails, the others continue. The task fails at the end, and RV(branches) lists the outcome
    of each group. Rerun the task to resume; a group that is already at O(active_site) is not switched.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.wait
  - cloud_dr.sdrs.attributes
options:
  server_groups:
    description: Names or IDs of the protection groups.
    type: list
    elements: str
    required: true
  active_site:
    description:
      - The site that should be production in all groups, named as when the groups were created.
      - V(current) is the current production site, for O(reprotect=true) only.
    type: str
    required: true
    choices: [source, target, current]
  mode:
    description: As in M(cloud_dr.sdrs.sdrs_failover). A planned failover never becomes an unplanned one.
    type: str
    choices: [planned, unplanned]
    default: planned
  reprotect:
    description: In groups that are failed over to O(active_site), enable protection again. This overwrites the disks of the other site.
    type: bool
    default: false
  force:
    description: Override advisory conditions of a failover, and let the service decide.
    type: bool
    default: false
  parallel:
    description: Number of concurrent jobs, from 1 to 256.
    type: int
    default: 256
seealso:
  - module: cloud_dr.sdrs.sdrs_failover
  - module: cloud_dr.sdrs.sdrs_recovery_info
"""

EXAMPLES = r"""
- name: Fail three groups over, when their production site is lost
  cloud_dr.sdrs.sdrs_failover_batch:
    server_groups: [db, erp, crm]
    active_site: target
    mode: unplanned

- name: Re-protect them where they are now
  cloud_dr.sdrs.sdrs_failover_batch:
    server_groups: [db, erp, crm]
    active_site: current
    reprotect: true
"""

RETURN = r"""
server_groups:
  description: The protection groups as the API shows them.
  returned: success
  type: list
  elements: dict
  sample: [{id: 40df180b-9fe2-471a-8c64-1b758dc84189, name: erp, status: failed-over, priority_station: target}]
branches:
  description:
    - Outcome of each group that had to be switched. C(succeeded) and C(not_tried) are lists of groups as named in
      O(server_groups), C(failed) and C(blocked) lists of errors with their C(path), the group.
  returned: always
  type: dict
  sample: {succeeded: [db, erp], failed: [{path: crm, message: "crm: protection group crm is 'available'"}], blocked: [], not_tried: []}
# docs_blocks: operations
operations:
  description: Operations that were done, or in check mode would be done, in order. Empty when nothing changed.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: failover, resource_type: server_group, name: erp, job_type: failoverProtectionGroupNoCG, duration: 61.2}
# docs_blocks: jobs_compact
jobs:
  description: The jobs this task waited for. Sub-jobs are returned only for failed jobs.
  returned: always
  type: list
  elements: dict
  sample: []
# docs_blocks: first_error
error:
  description: Code, message, description and remedy of the first failure, and the operation that failed.
  returned: failure
  type: dict
  sample: {code: SDRS.1002, message: Operation not allowed for the protection group in the current state, retryable: false}
"""

from ..module_utils._module.argument_spec import WAIT, Spec
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import locks, failover_batch
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + Spec(
    {
        "server_groups": {"type": "list", "elements": "str", "required": True},
        "active_site": {"type": "str", "choices": ["source", "target", "current"], "required": True},
        "mode": {"type": "str", "choices": ["planned", "unplanned"], "default": "planned"},
        "reprotect": {"type": "bool", "default": False},
        "force": {"type": "bool", "default": False},
        "parallel": {"type": "int", "default": 256},
    }
)
DECLARATION = Declaration(
    failover_batch.KIND, failover_batch.read, failover_batch.plan, "server_groups", show=failover_batch.show, verify=failover_batch.verify,
    compact=True, locks=locks.SWITCHES, rules=failover_batch.RULES, options=failover_batch.Options,
)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
