#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_recovery_info
short_description: See what a recovery plan would meet
version_added: 1.0.0
description:
  - Joins a recovery plan to the live state and tells what its names mean, where every protection group stands, what speaks against the
    operation, and what would be done in which order. Changes nothing.
  - The number of calls does not grow with the number of groups.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
  - cloud_dr.sdrs.recovery
options:
  operation:
    description: The operation.
    type: str
    required: true
    choices: [failover, planned_failover, failback, reprotect, drill, recover_by_drill]
  active_site:
    description: The site that shall be production, as the sites were called when the groups were created.
    type: str
    choices: [source, target]
    default: target
  force:
    description: Do not count what speaks against a failover but does not forbid it, nor, before a recovery by drill, an unfinished first synchronisation.
    type: bool
    default: false
seealso:
  - module: cloud_dr.sdrs.sdrs_readiness_info
  - plugin: cloud_dr.sdrs.recovery_plan
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: See what a failover of the site would do
  cloud_dr.sdrs.sdrs_recovery_info:
    plan: "{{ lookup('cloud_dr.sdrs.recovery_plan', 'recovery/site.yml').document }}"
    operation: failover
  register: rehearsal
"""

RETURN = r"""
problems:
  description: What is wrong with the plan's names, as sentences.
  returned: success
  type: list
  elements: str
  sample: ["no protection group is named 'erp-bd'; found: erp-db"]
server_groups:
  description:
    - The protection groups as C(name) in the plan, with C(id), C(status) and C(priority_station). C(position) is V(there), V(in_flight) or V(elsewhere).
    - C(obstacles) are sentences that say why the operation is not possible; C(warnings) say what else is known. C(healthy) tells whether production
      shows no fault.
  returned: success
  type: list
  elements: dict
  sample: [{name: erp, id: 40df180b-9fe2-471a-8c64-1b758dc84189, status: protected, priority_station: source, position: elsewhere, obstacles: []}]
tiers:
  description: The tiers with the numbers of their C(servers); one named V(others) holds the instances that no tier names.
  returned: success
  type: list
  elements: dict
  sample: [{name: databases, number: 1, servers: 10, needs: [], on_failure: stop}]
order:
  description: What would be done, in order, as sentences.
  returned: success
  type: list
  elements: str
  sample: ["switch erp, crm to the target site, at once"]
healthy:
  description: Whether a failover is asked for although the production site of every group that it would switch looks healthy.
  returned: success
  type: bool
  sample: false
standing:
  description: DR drills that bear the name of the plan's drills in its groups, for a drill and a recovery by drill only.
  returned: success
  type: list
  elements: dict
  sample: []
drills:
  description: IDs of all DR drills, for a drill and a recovery by drill only.
  returned: success
  type: list
  elements: str
  sample: []
vpcs:
  description: IDs of all VPCs, for a drill and a recovery by drill only.
  returned: success
  type: list
  elements: str
  sample: []
drill_name:
  description: The name that drills of the plan bear, for a drill and a recovery by drill only.
  returned: success
  type: str
  sample: recovery-site
# docs_blocks: project
project:
  description: Where the groups are, as C(id) of the project, C(region) and C(endpoint) of the service.
  returned: success
  type: dict
  sample: {id: 0a1b2c3d4e5f60718293a4b5c6d7e8f9, region: eu-de, endpoint: "https://sdrs.eu-de.otc.t-systems.com"}
# docs_blocks: first_error
error:
  description: Code, message, description and remedy of the first failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._recovery import query
from ..module_utils._engine.declaration import Query

SPEC = Spec(
    {
        "plan": {"type": "dict", "required": True},
        "operation": {"type": "str", "choices": ["failover", "planned_failover", "failback", "reprotect", "drill", "recover_by_drill"], "required": True},
        "active_site": {"type": "str", "choices": ["source", "target"], "default": "target"},
        "force": {"type": "bool", "default": False},
    }
)
DECLARATION = Query(query.read, rules=query.RULES, options=query.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
