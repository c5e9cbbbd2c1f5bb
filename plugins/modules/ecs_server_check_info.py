# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_server_check_info
short_description: Wait until ECS servers run and their ports are open
version_added: 1.0.0
description:
  - Polls servers until ECS shows them running and their TCP ports are open from where the task runs, and returns when each check passed.
  - A check that does not pass is a result, not a failure of the task. Changes nothing.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  ids:
    description: IDs of the servers.
    type: list
    elements: str
    required: true
  ports:
    description:
      - TCP ports that must be open on every server, from 1 to 65535.
      - They fail at once where the server has no IP address, or only one of a single network link.
    type: list
    elements: int
  timeout:
    description: Seconds after which a check that has not passed counts as failed, from 0 to 86400.
    type: float
    default: 300
  windows_settle:
    description:
      - Seconds more than O(timeout) for the ports of a Windows server that runs, from 0 to 86400.
      - Cloudbase-Init takes 3 to 5 minutes after the first boot at a site.
      - Windows servers are recognised by C(os_type) in their metadata.
    type: float
    default: 0
  unique_addresses:
    description:
      - Do not try the ports of a server whose address another server of the project, not among O(ids), has too. The check is
        V(not_verifiable) then. A drill's subnets repeat those of production, so production may respond instead.
    type: bool
    default: false
seealso:
  - module: cloud_dr.sdrs.ecs_server_info
"""

EXAMPLES = r"""
- name: Find the web servers
  cloud_dr.sdrs.ecs_server_info:
    name: ecs-erp-web
  register: web

- name: Wait until they run
  cloud_dr.sdrs.ecs_server_check_info:
    ids: "{{ web.ecs_servers | map(attribute='id') }}"
  register: checked
  failed_when: not checked.passed

- name: See whether one can be logged in to
  cloud_dr.sdrs.ecs_server_check_info:
    ids: ["{{ web.ecs_servers[0].id }}"]
    ports: [22]
    timeout: 2
"""

RETURN = r"""
server_checks:
  description:
    - The servers in the order of O(ids), each with its C(checks). C(status) of a check is V(passed), V(failed), V(not_verifiable) or,
      for the ports of a server that does not run, V(not_tried). C(at) is the time, UTC, and C(seconds) counts from the start of the task.
    - C(shared_with) lists other servers that have the address, C(windows) says whether it is a Windows server.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 403b603d-1d91-42cc-a357-81f3c2daf43f
      name: ecs-erp-web-1
      status: ACTIVE
      address: 192.168.0.11
      passed: true
      checks:
        - {check: ecs_state, status: passed, detail: is ACTIVE, at: "2026-11-21T03:00:12.345Z", seconds: 0.2}
passed:
  description: Whether every check of every server passed.
  returned: success
  type: bool
  sample: true
# docs_blocks: query_error
error:
  description: Code, message, description and remedy of the failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._neighbours import server_checks
from ..module_utils._engine.declaration import Query

SPEC = Spec(
    {
        "ids": {"type": "list", "elements": "str", "required": True},
        "ports": {"type": "list", "elements": "int"},
        "timeout": {"type": "float", "default": 300},
        "windows_settle": {"type": "float", "default": 0},
        "unique_addresses": {"type": "bool", "default": False},
    }
)
DECLARATION = Query(server_checks.read, rules=server_checks.RULES, options=server_checks.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
