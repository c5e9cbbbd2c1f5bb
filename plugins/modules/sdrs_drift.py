#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_drift
short_description: Give DR servers the security groups and tags of their production servers
version_added: 1.0.0
description:
  - SDRS replicates disks, but does not synchronise what else makes a server. This module repairs on the DR servers of a protection group what can be
    changed through an API. Everything else that M(cloud_dr.sdrs.sdrs_drift_info) finds is left as it is and returned with what to do by hand.
  - Production servers are never changed. Nothing is changed while the group is being switched or has failed over.
  - A security group that is missing is added before one too many is removed, tags too many are removed before missing ones are set.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.wait
  - cloud_dr.sdrs.attributes
options:
  server_group:
    description: Name or ID of the protection group.
    type: str
    required: true
    aliases: [server_group_id]
  protected_instances:
    description: Only the servers of these protected instances, by name or ID.
    type: list
    elements: str
  repair:
    description: What to repair. What the production server does not have is removed from the DR server.
    type: list
    elements: str
    choices: [security_groups, tags]
    required: true
  auto_recovery:
    description: Compare automatic recovery as well, in what is returned. This takes one request for each server.
    type: bool
    default: false
seealso:
  - module: cloud_dr.sdrs.sdrs_drift_info
"""

EXAMPLES = r"""
- name: Repair security groups and tags of the DR servers
  cloud_dr.sdrs.sdrs_drift:
    server_group: erp
    repair: [security_groups, tags]
"""

RETURN = r"""
# docs_blocks: drift
drift:
  description: What differs after it, as M(cloud_dr.sdrs.sdrs_drift_info) returns it. In check mode, what would differ.
  returned: success
  type: list
  elements: dict
  sample:
    - name: erp-db-1
      differences:
        - attribute: flavor
          production: s3.large.2
          dr: s3.medium.2
          repairable: false
          remedy: "change it by hand: use sdrs_protected_instance_resize"
# docs_blocks: operations_and_more
operations:
  description:
    - What was done, or in check mode would be done, in order. Empty when nothing changed.
    - C(operation) is one of V(add_security_group), V(remove_security_group), V(untag), V(tag).
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: add_security_group, resource_type: ecs_server, name: ecs-erp-db-1, id: 403b603d-1d91-42cc-a357-81f3c2daf43f}
# docs_blocks: jobs_none
jobs:
  description: Always empty, this is done without a job.
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
# docs_blocks: quota_error
error:
  description: Code, message, description and remedy of the failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0305, message: Insufficient protection group quota, retryable: false}
"""

from ..module_utils._module.argument_spec import WAIT, Spec
from ..module_utils._sdrs.options import reference
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import locks
from ..module_utils._neighbours import drift
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + Spec(
    {
        "server_group": reference("server_group", required=True),
        "protected_instances": {"type": "list", "elements": "str"},
        "repair": {"type": "list", "elements": "str", "choices": list(drift.REPAIRABLE), "required": True},
        "auto_recovery": {"type": "bool", "default": False},
    }
)
DECLARATION = Declaration(
    drift.KIND, drift.read, drift.plan, "drift", drift.show, expect=lambda made: made.left, locks=locks.BATCH, options=drift.Options,
)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
