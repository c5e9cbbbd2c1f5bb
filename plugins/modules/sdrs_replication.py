#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_replication
short_description: Manage SDRS replication pairs
version_added: 0.1.0
description:
  - Pairs a disk, extends, attaches, detaches, renames and deletes replication pairs.
  - A pair that the service created with a protected instance is adopted by its O(volume).
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
      - Name of the replication pair, at most 64 bytes of letters, digits, C(.), C(_) and C(-). Required to create one.
      - When O(volume) or O(id) is given, the pair is found by that, and renamed if its name differs. With O(id), the name of another pair
        of the group is refused.
    type: str
  id:
    description:
      - ID of an existing replication pair. A O(volume) of another pair is refused.
      - With O(state=absent), all options that identify the pair must agree; otherwise nothing is sent.
    type: str
  server_group:
    description: Name or ID of the protection group. Required to create a pair; immutable.
    type: str
    aliases: [server_group_id]
  volume:
    description:
      - Name or ID of the replicated disk. Required to create a pair; immutable. Only an available disk can be paired.
      - Either of the pair's two disks identifies it.
    type: str
    aliases: [volume_id]
  description:
    description: Description, at most 64 bytes without C(<) and C(>). Immutable.
    type: str
  cluster:
    description: ID of the DSS storage pool for the DR disk. Used at creation only.
    type: str
  size:
    description: Size of both disks in GB, from 1 to 1048576. Disks can only grow.
    type: int
  attachments:
    description: The protected instances the pair is attached to. Others stay unless O(purge_attachments=true).
    type: list
    elements: dict
    suboptions:
      protected_instance:
        description: Name or ID of a protected instance of the group.
        type: str
        required: true
        aliases: [protected_instance_id]
      device:
        description:
          - Device name, such as V(/dev/vdb). Required to attach, immutable afterwards. V(/dev/sdb) and V(/dev/vdb) are the same device.
        type: str
  purge_attachments:
    description: Consents to detaching the pair from instances O(attachments) does not name. This unplugs the disk from the servers.
    type: bool
    default: false
  force_detach:
    description: With O(state=absent), detach the pair first. This unplugs the disk from the servers.
    type: bool
    default: false
  delete_target_volume:
    description:
      - With O(state=absent), delete the DR disk too.
      - Refused after a switch, when the DR disk is production.
    type: bool
    default: false
  delete_last_copy:
    description:
      - With O(state=absent), consent to removing a pair that holds, or may hold, the last copy of its data. Without it such a pair is
        neither deleted nor removed, with its DR disk or without.
      - The last copy is what remains when the production disk does not exist, when the pair is V(invalid), in V(fault) or
        V(error-failing-over), or when it has a fault level. If EVS does not respond, consent is needed only with
        O(delete_target_volume).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Give the pair of a server's disk a name and let it grow
  cloud_dr.sdrs.sdrs_replication:
    server_group: erp
    volume: data-1
    name: erp-db-1-data
    size: 200

- name: Pair a free disk and attach it
  cloud_dr.sdrs.sdrs_replication:
    server_group: erp
    volume: archive-1
    name: erp-archive
    attachments:
      - protected_instance: erp-db-1
        device: /dev/vdc

- name: Detach the pair and delete it with its DR disk
  cloud_dr.sdrs.sdrs_replication:
    server_group: erp
    name: erp-archive
    state: absent
    force_detach: true
    delete_target_volume: true
"""

RETURN = r"""
replication:
  description: The replication pair as the API shows it, or the last known one after a deletion.
  returned: success
  type: dict
  sample: {id: b93bc1c4-67ee-45a1-bc8a-d022fdd28811, name: erp-archive, status: available}
# docs_blocks: operations_with_last_copy
operations:
  description:
    - Operations that were done, or in check mode would be done, in order. Empty when nothing changed.
    - The removal of a last copy has C(last_copy), which names the copy and the reason.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: extend, resource_type: replication, name: erp-db-1-data, job_type: expandReplicationPairNew, duration: 31.0}
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
from ..module_utils._sdrs.options import PAIR_OPTIONS, reference
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import locks, replication
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + STATE + IMMUTABLE_CHANGE + Spec(
    {
        **PAIR_OPTIONS,
        "id": {"type": "str"},
        "server_group": reference("server_group"),
        "attachments": {
            "type": "list",
            "elements": "dict",
            "options": {"protected_instance": reference("protected_instance", required=True), "device": {"type": "str"}},
        },
        "purge_attachments": {"type": "bool", "default": False},
        "force_detach": {"type": "bool", "default": False},
        "delete_target_volume": {"type": "bool", "default": False},
        "delete_last_copy": {"type": "bool", "default": False},
    },
    required_one_of=[("id", "volume", "name")],
)
DECLARATION = Declaration(replication.KIND, replication.read, replication.plan, "replication", locks=locks.PAIR, options=replication.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
