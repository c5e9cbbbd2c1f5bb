#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_server_group
short_description: Manage SDRS protection groups
version_added: 0.1.0
description:
  - Creates, renames and deletes protection groups, and enables or disables their protection.
  - A protection group holds the servers of one VPC that are to be recovered together in another availability zone.
  - This module never fails over. Use M(cloud_dr.sdrs.sdrs_server_group_info) to list existing groups.
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
      - Name of the protection group. Together with O(id), the group is renamed, unless another group has that name.
      - At most 64 bytes of letters, digits, C(.), C(_) and C(-).
    type: str
  id:
    description:
      - ID of an existing protection group.
      - With O(state=absent), all options that identify the group must agree; otherwise nothing is sent.
    type: str
  description:
    description:
      - Description, at most 64 bytes without C(<) and C(>). Immutable.
    type: str
  # docs_blocks: availability_zones
  source_availability_zone:
    description: Availability zone of the production site at creation. Required to create a group; immutable.
    type: str
  target_availability_zone:
    description: Availability zone of the DR site at creation. Required to create a group; immutable.
    type: str
  active_active_domain:
    description:
      - Name or ID of the active-active domain. Immutable.
      - May be left out when exactly one domain joins the two availability zones.
    type: str
    aliases: [domain]
  # docs_blocks: group_network
  source_vpc:
    description: Name or ID of the VPC of the servers. Required to create a group; immutable.
    type: str
    aliases: [source_vpc_id]
  dr_type:
    description: Deployment model. The service's default is V(migration). Immutable.
    type: str
  protection:
    description:
      - Whether protection is enabled. If this is not set, protection is not changed.
      - Enabling it requires at least one replication pair in the group.
      - After a failover, V(enabled) fails unless O(reprotect=true), because enabling protection then reverses replication.
    type: str
    choices: [enabled, disabled]
  reprotect:
    description:
      - Permits enabling protection again in a group that is failed over, which overwrites the disks of the other site.
    type: bool
    default: false
  purge:
    description:
      - With O(state=absent), delete the drills, protected instances and replication pairs of the group first.
      - DR servers, DR disks and drill VPCs are kept.
    type: bool
    default: false
  force:
    description:
      - With O(purge=true), delete a group even while it is failed over and its original servers have no network interfaces.
    type: bool
    default: false
  delete_last_copy:
    description:
      - With O(purge=true), consent to removing instances and pairs that hold, or may hold, the last copy of their data, because
        production is lost. See M(cloud_dr.sdrs.sdrs_protected_instance) for the definition. Without it such a group is left unchanged.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Create a protection group
  cloud_dr.sdrs.sdrs_server_group:
    name: erp
    description: ERP production
    source_availability_zone: eu-de-01
    target_availability_zone: eu-de-02
    source_vpc: vpc-erp

- name: Enable protection once the group has protected instances
  cloud_dr.sdrs.sdrs_server_group:
    name: erp
    protection: enabled

- name: Set connection options once for all modules of the collection
  module_defaults:
    group/cloud_dr.sdrs.sdrs:
      region: eu-de
      cloud: production
  block:
    - name: Rename the group
      cloud_dr.sdrs.sdrs_server_group:
        id: 40df180b-9fe2-471a-8c64-1b758dc84189
        name: erp-frankfurt

- name: Remove the group with all it contains
  cloud_dr.sdrs.sdrs_server_group:
    name: erp-frankfurt
    state: absent
    purge: true
"""

RETURN = r"""
# docs_blocks: server_group
server_group:
  description: The protection group as the API shows it, or the last known one after a deletion.
  returned: success
  type: dict
  sample: {id: 40df180b-9fe2-471a-8c64-1b758dc84189, name: erp, status: protected, priority_station: source}
# docs_blocks: operations_with_last_copy
operations:
  description:
    - Operations that were done, or in check mode would be done, in order. Empty when nothing changed.
    - The removal of a last copy has C(last_copy), which names the copy and the reason.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: create, resource_type: server_group, name: erp, job_type: createProtectionGroupNoCG, duration: 15.05}
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
from ..module_utils._sdrs.options import GROUP_OPTIONS
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import locks, server_group, teardown
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + STATE + IMMUTABLE_CHANGE + Spec(
    {
        **GROUP_OPTIONS,
        "reprotect": {"type": "bool", "default": False},
        "purge": {"type": "bool", "default": False},
        "force": {"type": "bool", "default": False},
        "delete_last_copy": {"type": "bool", "default": False},
    },
    required_one_of=[("name", "id")],
)
DECLARATION = Declaration(server_group.KIND, teardown.read, teardown.plan, "server_group", locks=locks.GROUP, options=server_group.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
