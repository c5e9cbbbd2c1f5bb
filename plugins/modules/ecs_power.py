#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_power
short_description: Start and stop ECS servers
version_added: 1.0.0
description:
  - Starts or stops servers in one call and waits for its job. Servers that are in the wanted state already are left alone.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.wait
  - cloud_dr.sdrs.attributes
options:
  servers:
    description: IDs or unique names of the servers.
    type: list
    elements: str
  server_group:
    description: Name or ID of a protection group, to select its servers at O(site).
    type: str
    aliases: [server_group_id]
  site:
    description: The servers of the group's current production site, or of the other one.
    type: str
    choices: [production, dr]
  protected_instances:
    description: Only the servers of these protected instances of O(server_group), by name or ID.
    type: list
    elements: str
  state:
    description: Whether the servers should run.
    type: str
    choices: [started, stopped]
    default: started
  mode:
    description: How to stop. V(hard) is like pulling the plug.
    type: str
    choices: [soft, hard]
    default: soft
  fields:
    description: Return only these fields of each server, such as V(name); by default all of them. This makes results about many servers small.
    type: list
    elements: str
    version_added: 1.0.0
"""

EXAMPLES = r"""
- name: Stop the production servers before a planned failover
  cloud_dr.sdrs.ecs_power:
    server_group: erp
    site: production
    state: stopped

- name: Start two servers
  cloud_dr.sdrs.ecs_power:
    servers: [ecs-erp-web-1, ecs-erp-web-2]
    state: started
"""

RETURN = r"""
ecs_servers:
  description: The servers as ECS shows them.
  returned: success
  type: list
  elements: dict
  sample: [{id: 403b603d-1d91-42cc-a357-81f3c2daf43f, name: ecs-erp-web-1, status: ACTIVE}]
# docs_blocks: operations
operations:
  description: What was done, or in check mode would be done, in order. Empty when nothing changed.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: power_on, resource_type: ecs_server, name: ecs-erp-web-1, job_type: startServer}
# docs_blocks: jobs
jobs:
  description: The jobs this task waited for or, with O(wait=false), started. Each names its V(service).
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
from ..module_utils._neighbours import ecs_power
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + Spec(
    {
        "servers": {"type": "list", "elements": "str"},
        "server_group": reference("server_group"),
        "site": {"type": "str", "choices": ["production", "dr"]},
        "protected_instances": {"type": "list", "elements": "str"},
        "state": {"type": "str", "choices": ["started", "stopped"], "default": "started"},
        "mode": {"type": "str", "choices": ["soft", "hard"], "default": "soft"},
        "fields": {"type": "list", "elements": "str"},
    },
    required_one_of=[("servers", "server_group")],
    mutually_exclusive=[("servers", "server_group")],
)
DECLARATION = Declaration(ecs_power.KIND, ecs_power.read, ecs_power.plan, "ecs_servers", ecs_power.show, locks=locks.POWER, options=ecs_power.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
