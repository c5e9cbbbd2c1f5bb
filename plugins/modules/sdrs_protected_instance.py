#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_protected_instance
short_description: Manage SDRS protected instances
version_added: 0.1.0
description:
  - Protects a server, and renames, tags and deletes the resulting protected instance.
  - Creating a protected instance makes the service create a DR server, its disks, and a replication pair for each disk. Name,
    extend or attach these pairs with M(cloud_dr.sdrs.sdrs_replication) by their O(cloud_dr.sdrs.sdrs_replication#module:volume).
  - Servers that share a disk cannot be protected one by one.
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
      - Name of the protected instance, at most 64 bytes of letters, digits, C(.), C(_) and C(-). Required to create one.
      - When O(server) or O(id) is given, the instance is found by that, and renamed if its name differs. With O(id), the name of another
        instance of the group is refused.
    type: str
  id:
    description:
      - ID of an existing protected instance. A O(server) of another instance is refused.
      - With O(state=absent), all options that identify the instance must agree; otherwise nothing is sent.
    type: str
  server_group:
    description: Name or ID of the protection group. Required to create an instance; immutable.
    type: str
    aliases: [server_group_id]
  server:
    description:
      - Name or ID of the protected server. Required to create an instance; immutable.
      - Either of the instance's two servers identifies it.
    type: str
    aliases: [server_id]
  description:
    description: Description, at most 64 bytes without C(<) and C(>). Immutable.
    type: str
  cluster:
    description: ID of the DSS storage pool for the DR disks. Used at creation only.
    type: str
  primary_subnet:
    description: Network ID of the subnet of the DR server's primary NIC. Used at creation only.
    type: str
  primary_ip_address:
    description: Address of the DR server's primary NIC. Requires O(primary_subnet). Used at creation only.
    type: str
  flavor:
    description: Flavor of the DR server, the production server's by default. Used at creation only.
    type: str
  tenancy:
    description: Whether the DR server is created on a dedicated host or in the shared pool. Used at creation only.
    type: str
    choices: [shared, dedicated]
  dedicated_host:
    description: ID of the dedicated host. Requires O(tenancy=dedicated). Used at creation only.
    type: str
  tags:
    description: Tags of the instance, at most 10. Other tags stay unless O(purge_tags=true).
    type: dict
  purge_tags:
    description: Whether to remove tags that O(tags) does not name.
    type: bool
    default: false
  delete_target_server:
    description:
      - With O(state=absent), delete the DR server and its disks too.
      - Refused after a switch, when the DR server is production.
    type: bool
    default: false
  delete_target_eip:
    description:
      - With O(state=absent), release the elastic IP of the DR server too.
      - Refused after a switch, when the DR server is production.
    type: bool
    default: false
  delete_last_copy:
    description:
      - With O(state=absent), consent to removing an instance that holds, or may hold, the last copy of its data. Without it such an
        instance is not deleted, with or without its DR server.
      - The last copy is what remains when the production server or one of its disks does not exist, when the instance or one of its pairs is
        V(invalid), in V(fault) or V(error-failing-over), or when a pair has a fault level. If ECS or EVS does not respond, consent is
        needed only with O(delete_target_server) or O(delete_target_eip).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Protect a server
  cloud_dr.sdrs.sdrs_protected_instance:
    name: erp-db-1
    server_group: erp
    server: ecs-erp-db-1
    flavor: s3.xlarge.2
    tags:
      tier: db

- name: Rename the protected instance of a server
  cloud_dr.sdrs.sdrs_protected_instance:
    server: ecs-erp-db-1
    server_group: erp
    name: erp-database-1

- name: Stop protecting a server and delete its DR server
  cloud_dr.sdrs.sdrs_protected_instance:
    server: ecs-erp-db-1
    server_group: erp
    state: absent
    delete_target_server: true
"""

RETURN = r"""
# docs_blocks: protected_instance
protected_instance:
  description: The protected instance as the API shows it, or the last known one after a deletion.
  returned: success
  type: dict
  sample: {id: 67a2cc7e-fb87-41a8-ba28-9c032abcaee1, name: erp-db-1, source_server: 403b603d-1d91-42cc-a357-81f3c2daf43f, status: available}
# docs_blocks: operations_with_last_copy
operations:
  description:
    - Operations that were done, or in check mode would be done, in order. Empty when nothing changed.
    - The removal of a last copy has C(last_copy), which names the copy and the reason.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: create, resource_type: protected_instance, name: erp-db-1, job_type: createProtectedInstanceNoCG, duration: 160.2}
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
from ..module_utils._sdrs.options import INSTANCE_OPTIONS, reference
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import locks, protected_instance
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + STATE + IMMUTABLE_CHANGE + Spec(
    {
        **INSTANCE_OPTIONS,
        "id": {"type": "str"},
        "server_group": reference("server_group"),
        "delete_target_server": {"type": "bool", "default": False},
        "delete_target_eip": {"type": "bool", "default": False},
        "delete_last_copy": {"type": "bool", "default": False},
    },
    required_one_of=[("id", "server", "name")],
)
DECLARATION = Declaration(
    protected_instance.KIND, protected_instance.read, protected_instance.plan, "protected_instance", locks=locks.INSTANCE,
    options=protected_instance.Options,
)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
