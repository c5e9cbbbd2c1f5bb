#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_drill
short_description: Manage SDRS disaster recovery drills
version_added: 0.1.0
description:
  - Creates, renames and deletes DR drills. A drill starts copies of all servers of a protection group in a separate VPC.
  - Do not drill before the first synchronisation of the group has finished; otherwise the drill servers may not start.
  - Deleting a drill deletes its servers, disks and NICs. The drill VPC is kept.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.wait
  - cloud_dr.sdrs.attributes
  - cloud_dr.sdrs.attributes.state
  - cloud_dr.sdrs.attributes.immutable
options:
  name:
    description:
      - Name of the drill, at most 64 bytes of letters, digits, C(.), C(_) and C(-). Together with O(id), the drill is renamed,
        unless another drill of the group has that name.
    type: str
  id:
    description:
      - ID of an existing drill.
      - With O(state=absent), all options that identify the drill must agree; otherwise nothing is sent.
    type: str
  server_group:
    description: Name or ID of the protection group. Required to create a drill; immutable.
    type: str
    aliases: [server_group_id]
  drill_vpc:
    description:
      - Name or ID of the VPC to drill in. Its CIDR block and subnets must be those of the group's VPC. Immutable.
      - When it is left out, the service creates a VPC, which outlives the drill.
    type: str
    aliases: [drill_vpc_id]
"""

EXAMPLES = r"""
- name: Start a drill
  cloud_dr.sdrs.sdrs_drill:
    name: drill-erp
    server_group: erp
    drill_vpc: vpc-drill

- name: End the drill
  cloud_dr.sdrs.sdrs_drill:
    name: drill-erp
    server_group: erp
    state: absent
"""

RETURN = r"""
drill:
  description: The drill as the API shows it, or the last known one after a deletion.
  returned: success
  type: dict
  sample: {id: e472d26f-9624-42fb-8bfc-717d4714c225, name: drill-erp, status: available, drill_servers: []}
# docs_blocks: operations
operations:
  description: Operations that were done, or in check mode would be done, in order. Empty when nothing changed.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: create, resource_type: drill, name: drill-erp, job_type: createDisasterRecoveryDrill, duration: 290.0}
# docs_blocks: jobs
jobs:
  description: The jobs this task waited for or, with O(wait=false), started. Each names its V(service).
  returned: always
  type: list
  elements: dict
  sample: []
# docs_blocks: pending
pending:
  description: Steps that remain once the jobs have ended. Run the task again to complete them.
  returned: with O(wait=false)
  type: list
  elements: dict
  sample: []
# docs_blocks: quota_error
error:
  description: Code, message, description and remedy of the failure, and the operation that failed.
  returned: failure
  type: dict
  sample: {code: SDRS.0305, message: Insufficient protection group quota, retryable: false}
"""

from ..module_utils._module.argument_spec import IMMUTABLE_CHANGE, STATE, WAIT, Spec
from ..module_utils._sdrs.options import DRILL_OPTIONS, reference
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import locks, drill
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + STATE + IMMUTABLE_CHANGE + Spec(
    {
        **DRILL_OPTIONS,
        "server_group": reference("server_group"),
    },
    required_one_of=[("name", "id")],
)
DECLARATION = Declaration(drill.KIND, drill.read, drill.plan, "drill", locks=locks.DRILL, options=drill.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
