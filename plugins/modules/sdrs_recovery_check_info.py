#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_recovery_check_info
short_description: Wait until the servers of a tier run and answer
version_added: 1.0.0
description:
  - Watches the servers of a tier of a recovery plan until ECS shows them running and the ports answer that the plan gives them. Each is
    watched by itself; the time-out is that of the tier.
  - A check that does not pass is a result, not a failure of the task. Changes nothing.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
  - cloud_dr.sdrs.recovery
options:
  tier:
    description: Name of the tier.
    type: str
    required: true
  active_site:
    description: The site that shall be production, as the sites were called when the groups were created.
    type: str
    choices: [source, target]
    default: target
  drill:
    description: Name of the DR drills of the groups, whose servers are watched in place of production's.
    type: str
  jobs:
    description: Jobs that start the servers, as M(cloud_dr.sdrs.sdrs_recovery_servers) returns them. Until they end, a server may be stopped still.
    type: list
    elements: dict
  journal:
    description: Absolute path of a journal, to which the checks are appended. RV(server_checks) has no details then.
    type: path
  windows_settle:
    description: Seconds more than the tier's time-out for the ports of a Windows server that runs, from 0 to 86400.
    type: float
    default: 0
  shared_addresses:
    description:
      - What a port of a server of O(drill) counts as, whose address another server has too, which may be what answers.
      - Choose V(skip) where something else asks from inside the drill.
    type: str
    choices: [fail, skip]
    default: fail
seealso:
  - module: cloud_dr.sdrs.ecs_server_check_info
"""

EXAMPLES = r"""
- name: Wait for the databases of the plan
  cloud_dr.sdrs.sdrs_recovery_check_info:
    plan: "{{ lookup('cloud_dr.sdrs.recovery_plan', 'recovery/site.yml').document }}"
    tier: databases
"""

RETURN = r"""
server_checks:
  description: The servers and their C(checks), as in M(cloud_dr.sdrs.ecs_server_check_info), with C(server_group) and C(protected_instance).
  returned: success
  type: list
  elements: dict
  sample: [{server_group: erp, protected_instance: erp/db-1, id: 403b603d-1d91-42cc-a357-81f3c2daf43f, name: ecs-erp-db-1, passed: true, checks: []}]
problems:
  description: What did not pass and was not tried, as sentences.
  returned: success
  type: list
  elements: str
  sample: ["erp/db-1: after 600 s: is SHUTOFF"]
not_tried:
  description: The protected instances of the tier that have no server to watch, and why.
  returned: success
  type: list
  elements: dict
  sample: [{server_group: crm, protected_instance: crm/web-1, detail: "production of protection group crm is at the source site, not at the target site"}]
passed:
  description: Whether every check of every server passed, and every instance has a server.
  returned: success
  type: bool
  sample: true
# docs_blocks: first_error
error:
  description: Code, message, description and remedy of the first failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._neighbours import server_checks
from ..module_utils._recovery import servers
from ..module_utils._engine.declaration import Query

SPEC = Spec(
    {
        "plan": {"type": "dict", "required": True},
        "tier": {"type": "str", "required": True},
        "active_site": {"type": "str", "choices": ["source", "target"], "default": "target"},
        "drill": {"type": "str"},
        "jobs": {"type": "list", "elements": "dict"},
        "journal": {"type": "path"},
        "windows_settle": {"type": "float", "default": 0},
        "shared_addresses": {"type": "str", "choices": ["fail", "skip"], "default": "fail"},
    }
)
DECLARATION = Query(
    servers.check, rules={"plan": servers.RULES["plan"], "windows_settle": server_checks.RULES["windows_settle"]}, options=servers.CheckOptions,
)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
