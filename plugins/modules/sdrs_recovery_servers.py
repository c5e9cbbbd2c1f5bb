#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_recovery_servers
short_description: Start and stop the servers of a recovery plan
version_added: 1.0.0
description:
  - Starts the servers of a tier of a recovery plan, or stops those of its protection groups, in one task. Servers that are in the wanted state
    already are left alone.
  - There is one call for each protection group, so that one that hangs or is refused holds no other. A call to start several servers that is refused is
    sent again server by server.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.wait
  - cloud_dr.sdrs.attributes
  - cloud_dr.sdrs.recovery
options:
  tier:
    description: Name of the tier, needed to start its servers.
    type: str
  active_site:
    description: The site that shall be production, as the sites were called when the groups were created.
    type: str
    choices: [source, target]
    default: target
  drill:
    description: Name of the DR drills of the groups, whose servers are started in place of production's.
    type: str
  state:
    description:
      - Whether the servers should run. V(started) starts servers at O(active_site), of groups whose production is there.
      - V(stopped) stops the last tier first.
    type: str
    choices: [started, stopped]
    default: started
  server_groups:
    description: The groups, as the plan calls them, whose servers are stopped. Needed for O(state=stopped).
    type: list
    elements: str
  site:
    description: Which servers to stop, those at the site that is production now, at the other one, or at both.
    type: str
    choices: [production, dr, both]
    default: both
  mode:
    description: How to stop. V(hard) is like pulling the plug.
    type: str
    choices: [soft, hard]
    default: soft
  parallel:
    description: Jobs in flight at once, from 1 to 256.
    type: int
    default: 256
seealso:
  - module: cloud_dr.sdrs.ecs_power
  - module: cloud_dr.sdrs.sdrs_recovery_check_info
"""

EXAMPLES = r"""
- name: Start the databases of the plan
  cloud_dr.sdrs.sdrs_recovery_servers:
    plan: "{{ lookup('cloud_dr.sdrs.recovery_plan', 'recovery/site.yml').document }}"
    tier: databases
    wait: false
  register: started
"""

RETURN = r"""
ids:
  description: IDs of the servers that were meant.
  returned: success
  type: list
  elements: str
  sample: [403b603d-1d91-42cc-a357-81f3c2daf43f]
# docs_blocks: branches
branches:
  description:
    - What became of each part that was to be changed. C(succeeded) and C(not_tried) are lists of names,
      C(failed) and C(blocked) lists of errors with their C(path).
  returned: always
  type: dict
  sample: {succeeded: [db], failed: [], blocked: [], not_tried: []}
# docs_blocks: operations
operations:
  description: What was done, or in check mode would be done, in order. Empty when nothing changed.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: power_on, resource_type: ecs_server, name: ecs-erp-db-1, job_type: startServer}
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
# docs_blocks: first_error
error:
  description: Code, message, description and remedy of the first failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import WAIT, Spec
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import locks
from ..module_utils._recovery import servers
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + Spec(
    {
        "plan": {"type": "dict", "required": True},
        "tier": {"type": "str"},
        "active_site": {"type": "str", "choices": ["source", "target"], "default": "target"},
        "drill": {"type": "str"},
        "state": {"type": "str", "choices": ["started", "stopped"], "default": "started"},
        "server_groups": {"type": "list", "elements": "str"},
        "site": {"type": "str", "choices": ["production", "dr", "both"], "default": "both"},
        "mode": {"type": "str", "choices": ["soft", "hard"], "default": "soft"},
        "parallel": {"type": "int", "default": 256},
    }
)
DECLARATION = Declaration(
    servers.KIND, servers.read, servers.plan, "ids", show=servers.show, compact=True,
    locks=locks.STOPPED, rules=servers.RULES, options=servers.Options,
)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
