#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_readiness_info
short_description: Check whether an SDRS operation is possible
version_added: 1.0.0
description:
  - Checks every condition the service documents for an operation on a protection group. Changes nothing.
  - >-
    For V(create) the clouds differ. Open Telekom Cloud protects no server with a shared disk attached or on a dedicated host, and none with a GPU,
    FPGA, Kunpeng, disk-intensive, C6, C9, I9, M9 or S9 flavor. There these conditions have the severity V(error).
  - >-
    For V(drill) it warns of custom routes, peerings and network ACLs of the group's VPC that the drill VPC does not get, or that could not be
    checked.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  server_group:
    description: Name or ID of the protection group.
    type: str
    required: true
    aliases: [server_group_id]
  operation:
    description:
      - The operation. V(create) is the protection of O(servers).
      - V(first_switch), since 1.0.0, lists for each server what to prepare in its operating system before the DR server starts for the first time,
        by a switch or a drill. All of it is advice of severity V(warning). Whether a group was ever switched, and switched back, is unknown.
    type: str
    required: true
    choices: [protect, planned_failover, failover, reprotect, drill, create, first_switch]
  servers:
    description: Names or IDs of servers, for V(create).
    type: list
    elements: str
  drill_vpc:
    description: Name or ID of the VPC to drill in, for V(drill).
    type: str
    aliases: [drill_vpc_id]
"""

EXAMPLES = r"""
- name: Check whether a planned failover is possible
  cloud_dr.sdrs.sdrs_readiness_info:
    server_group: erp
    operation: planned_failover
  register: readiness

- name: Check whether servers can be protected
  cloud_dr.sdrs.sdrs_readiness_info:
    server_group: erp
    operation: create
    servers: [ecs-erp-web-1]

- name: See what to prepare before the first switch or drill
  cloud_dr.sdrs.sdrs_readiness_info:
    server_group: erp
    operation: first_switch
"""

RETURN = r"""
checks:
  description:
    - The conditions. V(severity) is V(error) if the condition forbids the operation, V(advisory) if a failover needs C(force), V(warning) else.
    - For V(first_switch), C(server) is the ID of the server that a condition is about.
  returned: success
  type: list
  elements: dict
  sample: [{check: servers_stopped, passed: false, severity: error, detail: "not stopped: ecs-erp-db-1"}]
# docs_blocks: server_group
server_group:
  description: The protection group as the API shows it.
  returned: success
  type: dict
  sample: {id: 40df180b-9fe2-471a-8c64-1b758dc84189, name: erp, status: protected, priority_station: source}
account:
  description: Name or ID of the account (domain), null where the credentials do not name it.
  returned: success
  type: str
  sample: OTC-EU-DE-00000000001000012345
# docs_blocks: project
project:
  description: Where the group is, as C(id) of the project, C(region) and C(endpoint) of the service.
  returned: success
  type: dict
  sample: {id: 0a1b2c3d4e5f60718293a4b5c6d7e8f9, region: eu-de, endpoint: "https://sdrs.eu-de.otc.t-systems.com"}
ready:
  description: Whether no condition forbids the operation.
  returned: success
  type: bool
  sample: false
# docs_blocks: query_error
error:
  description: Code, message, description and remedy of the failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._sdrs.options import reference
from ..module_utils._module.host import run_module
from ..module_utils._sdrs.readiness import query
from ..module_utils._engine.declaration import Query

SPEC = Spec(
    {
        "server_group": reference("server_group", required=True),
        "operation": {
            "type": "str",
            "choices": ["protect", "planned_failover", "failover", "reprotect", "drill", "create", "first_switch"],
            "required": True,
        },
        "servers": {"type": "list", "elements": "str"},
        "drill_vpc": reference("drill_vpc"),
    },
    required_if=[("operation", "create", ("servers",))],
)
DECLARATION = Query(query.query, options=query.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
