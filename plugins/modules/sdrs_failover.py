#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_failover
short_description: Fail a protection group over, and back
version_added: 1.0.0
description:
  - Brings the production site of a protection group to O(active_site), by a planned failover or, when the production site is lost, by
    a failover. Changes nothing if production is already there.
  - One task performs one operation. After a failover the group is not protected until it is re-protected, by this module with
    O(reprotect=true); then a planned failover can bring production back.
  - A planned failover requires that all servers of both sites are stopped and the synchronisation has finished. A failover does not depend on the
    production site.
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
  active_site:
    description: The site that should be production. V(source) is where production was when the group was created.
    type: str
    required: true
    choices: [source, target]
  mode:
    description:
      - How to switch. V(planned) loses no data, and the group stays protected in the other direction. V(unplanned) is for a production site
        that is lost, and stops protection. A planned failover never becomes an unplanned one.
    type: str
    choices: [planned, unplanned]
    default: planned
  reprotect:
    description:
      - In a group that is failed over to O(active_site), enable protection again. This overwrites the disks of the other site.
    type: bool
    default: false
  force:
    description:
      - Override advisory conditions of a failover, such as an unfinished synchronisation, and let the service decide.
    type: bool
    default: false
seealso:
  - module: cloud_dr.sdrs.sdrs_readiness_info
  - module: cloud_dr.sdrs.ecs_power
"""

EXAMPLES = r"""
- name: See whether a planned failover is possible
  cloud_dr.sdrs.sdrs_readiness_info:
    server_group: erp
    operation: planned_failover

- name: Planned failover to the DR site
  cloud_dr.sdrs.sdrs_failover:
    server_group: erp
    active_site: target

- name: Failover, when the production site is lost
  cloud_dr.sdrs.sdrs_failover:
    server_group: erp
    active_site: source
    mode: unplanned

- name: Re-protect after a failover
  cloud_dr.sdrs.sdrs_failover:
    server_group: erp
    active_site: source
    reprotect: true
"""

RETURN = r"""
# docs_blocks: server_group
server_group:
  description: The protection group as the API shows it.
  returned: success
  type: dict
  sample: {id: 40df180b-9fe2-471a-8c64-1b758dc84189, name: erp, status: protected, priority_station: source}
# docs_blocks: operations
operations:
  description: Operations that were done, or in check mode would be done, in order. Empty when nothing changed.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: planned_failover, resource_type: server_group, name: erp, job_type: reverseProtectionGroupNoCG, duration: 61.2}
# docs_blocks: jobs
jobs:
  description: The jobs this task waited for or, with O(wait=false), started. Each names its V(service).
  returned: always
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

from ..module_utils._module.argument_spec import WAIT, Spec
from ..module_utils._sdrs.options import reference
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import locks, failover
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + Spec(
    {
        "server_group": reference("server_group", required=True),
        "active_site": {"type": "str", "choices": ["source", "target"], "required": True},
        "mode": {"type": "str", "choices": ["planned", "unplanned"], "default": "planned"},
        "reprotect": {"type": "bool", "default": False},
        "force": {"type": "bool", "default": False},
    }
)
DECLARATION = Declaration(
    failover.KIND, failover.read, failover.plan, "server_group", verify=failover.verify, locks=locks.SWITCH, options=failover.Options,
)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
