#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_protected_instance_batch
short_description: Manage SDRS protected instances in batches
version_added: 1.0.0
description:
  - Protects several servers at once, or stops protecting them. This is the only way for servers that share a disk, which must all be
    listed.
  - Servers that are protected already are skipped. Calls are split at 5 creations and 20 deletions; servers that share a disk stay
    together.
  - In a cloud without batch operations, servers that share no disk are protected individually.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.wait
  - cloud_dr.sdrs.attributes
  - cloud_dr.sdrs.attributes.state
options:
  server_group:
    description: Name or ID of the protection group.
    type: str
    required: true
    aliases: [server_group_id]
  name_prefix:
    description:
      - Prefix of the instances' names, 1 to 59 letters, digits, C(.), C(_) and C(-). The service appends C(-0001) and so on.
        Required to create instances.
    type: str
  servers:
    description: The servers to protect.
    type: list
    elements: dict
    required: true
    suboptions:
      server:
        description: Name or ID of the server.
        type: str
        required: true
        aliases: [server_id]
      flavor:
        description: Flavor of the DR server, the production server's by default. Used at creation only.
        type: str
      name:
        description: Name of the protected instance, set by renaming. With O(state=absent) it must be the name of the server's instance.
        type: str
  description:
    description: Description of all instances, at most 64 bytes without C(<) and C(>). Used at creation only.
    type: str
  primary_subnet:
    description: Network ID of the subnet of the DR servers' primary NICs. Used at creation only.
    type: str
  tenancy:
    description: Whether the DR servers are created on a dedicated host or in the shared pool. Used at creation only.
    type: str
    choices: [shared, dedicated]
  dedicated_host:
    description: ID of the dedicated host. Requires O(tenancy=dedicated). Used at creation only.
    type: str
  cluster:
    description: ID of the DSS storage pool for the DR disks. Used at creation only.
    type: str
  tags:
    description: Tags of all instances, at most 10. Used at creation only.
    type: dict
  delete_target_server:
    description: With O(state=absent), delete the DR servers and their disks too. Refused after a switch.
    type: bool
    default: false
  delete_target_eip:
    description: With O(state=absent), release the elastic IPs of the DR servers too. Refused after a switch.
    type: bool
    default: false
  delete_last_copy:
    description:
      - With O(state=absent), consent to removing instances that hold, or may hold, the last copy of their data, because production is
        lost. See M(cloud_dr.sdrs.sdrs_protected_instance) for the definition.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Protect two servers that share a disk
  cloud_dr.sdrs.sdrs_protected_instance_batch:
    server_group: erp
    name_prefix: erp-cluster
    servers:
      - server: ecs-erp-cluster-1
        name: erp-cluster-a
      - server: ecs-erp-cluster-2
        name: erp-cluster-b

- name: Stop protecting them
  cloud_dr.sdrs.sdrs_protected_instance_batch:
    server_group: erp
    servers:
      - server: ecs-erp-cluster-1
      - server: ecs-erp-cluster-2
    state: absent
"""

RETURN = r"""
protected_instances:
  description: The protected instances of the servers, or the last known ones after a deletion.
  returned: success
  type: list
  elements: dict
  sample: [{id: 67a2cc7e-fb87-41a8-ba28-9c032abcaee1, name: erp-cluster-a, source_server: 403b603d-1d91-42cc-a357-81f3c2daf43f, status: available}]
# docs_blocks: operations_with_last_copy
operations:
  description:
    - Operations that were done, or in check mode would be done, in order. Empty when nothing changed.
    - The removal of a last copy has C(last_copy), which names the copy and the reason.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: create, resource_type: protected_instance, name: erp-cluster-a}
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
from ..module_utils._sdrs import locks, batch
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + STATE + Spec(
    {
        "server_group": reference("server_group", required=True),
        "name_prefix": {"type": "str"},
        "servers": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {"server": reference("server", required=True), "flavor": {"type": "str"}, "name": {"type": "str"}},
        },
        "description": {"type": "str"},
        "primary_subnet": {"type": "str"},
        "tenancy": {"type": "str", "choices": ["shared", "dedicated"]},
        "dedicated_host": {"type": "str"},
        "cluster": {"type": "str"},
        "tags": {"type": "dict"},
        "delete_target_server": {"type": "bool", "default": False},
        "delete_target_eip": {"type": "bool", "default": False},
        "delete_last_copy": {"type": "bool", "default": False},
    }
)
DECLARATION = Declaration(
    batch.KIND, batch.read, batch.plan, "protected_instances", batch.show, rules=batch.RULES,
    locks=locks.BATCH, options=batch.Options,
)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
