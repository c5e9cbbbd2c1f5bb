#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: as_group
short_description: Modify, pause and resume Auto Scaling groups
version_added: 1.0.0
description:
  - Modifies an existing AS group, and pauses or resumes it. Pause AS groups before a failover, or their health checks may replace
    servers that are stopped.
  - An AS group that does not exist is an error.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes
options:
  id:
    description: ID of the AS group.
    type: str
  name:
    description: Name of the AS group. Together with O(id), it must be the name of that group.
    type: str
  status:
    description: Whether the group is in service.
    type: str
    choices: [inservice, paused]
  scaling_group_name:
    description: New name, at most 64 letters, digits, C(_) and C(-).
    type: str
  desire_instance_number:
    description: Expected number of instances, not below O(min_instance_number) nor above O(max_instance_number), and from 0 to 100000.
    type: int
  min_instance_number:
    description: Minimum number of instances, from 0 to 100000.
    type: int
  max_instance_number:
    description: Maximum number of instances, from 0 to 100000.
    type: int
  cool_down_time:
    description: Cooldown period in seconds, from 0 to 86400.
    type: int
  available_zones:
    description: Availability zones, in the order in which they are used.
    type: list
    elements: str
  networks:
    description: At most 5 networks. Changeable only while nothing scales, no instance exists and the group is not in service.
    type: list
    elements: dict
    suboptions:
      id:
        description: Network ID of the subnet.
        type: str
        required: true
  security_groups:
    description: At most one security group. Changeable under the same conditions as O(networks).
    type: list
    elements: dict
    suboptions:
      id:
        description: ID of the security group.
        type: str
        required: true
  lb_listener_id:
    description: IDs of at most 6 classic load balancer listeners, separated by commas. Changeable under the same conditions as O(networks).
    type: str
  lbaas_listeners:
    description: At most 6 enhanced load balancers. Changeable under the same conditions as O(networks).
    type: list
    elements: dict
    suboptions:
      pool_id:
        description: ID of the backend ECS group.
        type: str
        required: true
      protocol_port:
        description: Port of the backend servers, from 1 to 65535.
        type: int
        required: true
      weight:
        description: Weight, from 0 to 100.
        type: int
        required: true
  health_periodic_audit_method:
    description: Health check method.
    type: str
    choices: [ELB_AUDIT, NOVA_AUDIT]
  health_periodic_audit_time:
    description: Health check period in minutes; 0 is every 10 seconds.
    type: int
    choices: [0, 1, 5, 15, 60, 180]
  instance_terminate_policy:
    description: Which instances are removed first.
    type: str
    choices: [OLD_CONFIG_OLD_INSTANCE, OLD_CONFIG_NEW_INSTANCE, OLD_INSTANCE, NEW_INSTANCE]
  health_periodic_audit_grace_period:
    description: Grace period of the health check in seconds, from 0 to 86400.
    type: int
  scaling_configuration_id:
    description: ID of the AS configuration.
    type: str
  notifications:
    description: Notification modes.
    type: list
    elements: str
    choices: [EMAIL]
  delete_publicip:
    description: Whether the elastic IP of a server is deleted with the server.
    type: bool
  delete_volume:
    description: Whether the data disks of a server are deleted with the server.
    type: bool
  enterprise_project_id:
    description: ID of the enterprise project, V(0) for the default one.
    type: str
  multi_az_priority_policy:
    description: How availability zones are chosen.
    type: str
    choices: [EQUILIBRIUM_DISTRIBUTE, PICK_FIRST]
  description:
    description: Description of 1 to 256 characters.
    type: str
"""

EXAMPLES = r"""
- name: Pause an AS group before a failover
  cloud_dr.sdrs.as_group:
    name: as-erp-web
    status: paused

- name: Let it run two to four instances again
  cloud_dr.sdrs.as_group:
    name: as-erp-web
    status: inservice
    min_instance_number: 2
    desire_instance_number: 2
    max_instance_number: 4
"""

RETURN = r"""
as_group:
  description: The AS group as the API shows it.
  returned: success
  type: dict
  sample: {scaling_group_id: a8327883-6b07-4497-9c61-68d03ee193a1, scaling_group_name: as-erp-web, scaling_group_status: PAUSED}
# docs_blocks: operations
operations:
  description: What was done, or in check mode would be done, in order. Empty when nothing changed.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: pause, resource_type: as_group, name: as-erp-web}
# docs_blocks: jobs_none
jobs:
  description: Always empty, this is done without a job.
  returned: always
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

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._neighbours import as_group
from ..module_utils._engine.declaration import Declaration

SPEC = Spec(
    {
        "id": {"type": "str"},
        "name": {"type": "str"},
        "status": {"type": "str", "choices": ["inservice", "paused"]},
        "scaling_group_name": {"type": "str"},
        **dict.fromkeys(as_group.NUMBERS, {"type": "int"}),
        "cool_down_time": {"type": "int"},
        "available_zones": {"type": "list", "elements": "str"},
        "networks": {"type": "list", "elements": "dict", "options": {"id": {"type": "str", "required": True}}},
        "security_groups": {"type": "list", "elements": "dict", "options": {"id": {"type": "str", "required": True}}},
        "lb_listener_id": {"type": "str"},
        "lbaas_listeners": {
            "type": "list",
            "elements": "dict",
            "options": {
                "pool_id": {"type": "str", "required": True},
                "protocol_port": {"type": "int", "required": True},
                "weight": {"type": "int", "required": True},
            },
        },
        "health_periodic_audit_method": {"type": "str", "choices": ["ELB_AUDIT", "NOVA_AUDIT"]},
        "health_periodic_audit_time": {"type": "int", "choices": [0, 1, 5, 15, 60, 180]},
        "instance_terminate_policy": {"type": "str", "choices": list(as_group.POLICIES)},
        "health_periodic_audit_grace_period": {"type": "int"},
        "scaling_configuration_id": {"type": "str"},
        "notifications": {"type": "list", "elements": "str", "choices": ["EMAIL"]},
        "delete_publicip": {"type": "bool"},
        "delete_volume": {"type": "bool"},
        "enterprise_project_id": {"type": "str"},
        "multi_az_priority_policy": {"type": "str", "choices": ["EQUILIBRIUM_DISTRIBUTE", "PICK_FIRST"]},
        "description": {"type": "str"},
    },
    required_one_of=[("id", "name")],
    mutually_exclusive=[("lb_listener_id", "lbaas_listeners")],
)
DECLARATION = Declaration(as_group.KIND, as_group.read, as_group.plan, "as_group", as_group.show, rules=as_group.RULES, options=as_group.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
