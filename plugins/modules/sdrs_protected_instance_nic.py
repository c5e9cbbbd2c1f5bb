#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_protected_instance_nic
short_description: Manage NICs of an SDRS protected instance
version_added: 1.0.0
description:
  - Adds a NIC to the servers of a protected instance, or deletes one. The primary NIC cannot be deleted.
  - A NIC is present if the production server has an address inside the subnet, equal to O(ip_address) if that is set.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.wait
  - cloud_dr.sdrs.attributes
  - cloud_dr.sdrs.attributes.state
options:
  protected_instance:
    description: Name or ID of the protected instance.
    type: str
    required: true
    aliases: [protected_instance_id]
  subnet:
    description: Name or network ID of the subnet, in the VPC of the protection group. Needed to add a NIC.
    type: str
    aliases: [subnet_id]
  ip_address:
    description: Address of the NIC. Needed for a second NIC in the same subnet.
    type: str
  security_groups:
    description: IDs of the security groups of a new NIC.
    type: list
    elements: str
  nic:
    description: Port ID of the NIC to delete. O(ip_address) and O(subnet) must be those of the same NIC.
    type: str
    aliases: [nic_id]
"""

EXAMPLES = r"""
- name: Add a NIC in the database subnet
  cloud_dr.sdrs.sdrs_protected_instance_nic:
    protected_instance: erp-db-1
    subnet: subnet-db
    ip_address: 192.168.16.20

- name: Delete it
  cloud_dr.sdrs.sdrs_protected_instance_nic:
    protected_instance: erp-db-1
    ip_address: 192.168.16.20
    state: absent
"""

RETURN = r"""
# docs_blocks: protected_instance
protected_instance:
  description: The protected instance as the API shows it.
  returned: success
  type: dict
  sample: {id: 67a2cc7e-fb87-41a8-ba28-9c032abcaee1, name: erp-db-1, source_server: 403b603d-1d91-42cc-a357-81f3c2daf43f, status: available}
# docs_blocks: operations
operations:
  description: Operations that were done, or in check mode would be done, in order. Empty when nothing changed.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: add_nic, resource_type: protected_instance, name: erp-db-1, job_type: addNicNew, duration: 12.3}
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

from ..module_utils._module.argument_spec import STATE, WAIT, Spec
from ..module_utils._sdrs.options import reference
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import locks, nic
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + STATE + Spec(
    {
        "protected_instance": reference("protected_instance", required=True),
        "subnet": reference("subnet"),
        "ip_address": {"type": "str"},
        "security_groups": {"type": "list", "elements": "str"},
        "nic": reference("nic"),
    }
)
DECLARATION = Declaration(nic.KIND, nic.read, nic.plan, "protected_instance", rules=nic.RULES, locks=locks.PART, options=nic.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
