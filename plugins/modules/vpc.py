#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vpc
short_description: Manage VPCs and their subnets
version_added: 1.0.0
description:
  - Creates, updates and deletes VPCs and subnets, as DR drills need them. A drill VPC must have the CIDR block and subnets of the
    protection group's VPC.
  - Waits until a new subnet is active, and until a deleted subnet is gone.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.wait
  - cloud_dr.sdrs.attributes
  - cloud_dr.sdrs.attributes.state
options:
  id:
    description:
      - ID of an existing VPC.
      - With O(state=absent), all options that identify the VPC must agree; otherwise nothing is sent.
    type: str
  name:
    description: Name of the VPC, unique in the project. Together with O(id), the VPC is renamed, unless another VPC has that name.
    type: str
  cidr:
    description:
      - CIDR block, within 10.0.0.0/8 to 10.255.255.240/28, 172.16.0.0/12 to 172.31.255.240/28 or 192.168.0.0/16 to
        192.168.255.240/28. Required to create a VPC.
    type: str
  enable_shared_snat:
    description: Whether shared SNAT is enabled.
    type: bool
  subnets:
    description: The subnets, found by their names. Other subnets are kept unless O(purge_subnets=true).
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the subnet.
        type: str
        required: true
      cidr:
        description: CIDR block of the subnet. Immutable.
        type: str
        required: true
      gateway_ip:
        description: Gateway of the subnet, by default the first address of O(subnets[].cidr) that can be used. Immutable.
        type: str
      dns_list:
        description:
          - Addresses of the DNS servers, in order. Without DNS servers, the servers of the subnet cannot resolve names, since the service sets none by default.
          - O(subnets[].primary_dns) and O(subnets[].secondary_dns) are its first two; give either it or them.
        type: list
        elements: str
      primary_dns:
        description: Address of the first DNS server.
        type: str
      secondary_dns:
        description: Address of the second DNS server.
        type: str
      dhcp_enable:
        description: Whether DHCP is enabled. New subnets have it enabled by default.
        type: bool
      ntp_servers:
        description: Addresses of at most four NTP servers. An empty list removes them.
        type: list
        elements: str
  purge_subnets:
    description:
      - Delete subnets that O(subnets) does not name; with O(state=absent), all subnets first. A VPC that has subnets is not deleted without this.
      - Ports outlive their servers by some seconds. A deletion that is refused for this reason is retried for O(wait_timeout) seconds.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Make a VPC for drills
  cloud_dr.sdrs.vpc:
    name: vpc-erp-drill
    cidr: 192.168.0.0/16
    subnets:
      - name: app
        cidr: 192.168.0.0/20
        dns_list: [100.125.4.25, 100.125.129.199]

- name: Remove it with its subnets
  cloud_dr.sdrs.vpc:
    name: vpc-erp-drill
    purge_subnets: true
    state: absent
"""

RETURN = r"""
vpc:
  description: The VPC as the API shows it, or the last known one after a deletion.
  returned: success
  type: dict
  sample: {id: 99d9d709-8478-4b46-9f3f-2206b1023fd3, name: vpc-erp-drill, cidr: 192.168.0.0/16, status: OK}
# docs_blocks: operations
operations:
  description: Operations that were done, or in check mode would be done, in order. Empty when nothing changed.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: create, resource_type: vpc, name: vpc-erp-drill}
# docs_blocks: jobs_none
jobs:
  description: Always empty, because the service does this without a job.
  returned: always
  type: list
  elements: dict
  sample: []
pending:
  description: Steps that remain once the operations in progress have ended. Run the task again to complete them.
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

from ..module_utils._module.argument_spec import STATE, WAIT, Spec
from ..module_utils._module.host import run_module
from ..module_utils._neighbours import vpc
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + STATE + Spec(
    {
        "id": {"type": "str"},
        "name": {"type": "str"},
        "cidr": {"type": "str"},
        "enable_shared_snat": {"type": "bool"},
        "subnets": {
            "type": "list",
            "elements": "dict",
            "options": {
                "name": {"type": "str", "required": True},
                "cidr": {"type": "str", "required": True},
                "gateway_ip": {"type": "str"},
                "dns_list": {"type": "list", "elements": "str"},
                "primary_dns": {"type": "str"},
                "secondary_dns": {"type": "str"},
                "dhcp_enable": {"type": "bool"},
                "ntp_servers": {"type": "list", "elements": "str"},
            },
            "mutually_exclusive": [("dns_list", "primary_dns"), ("dns_list", "secondary_dns")],
        },
        "purge_subnets": {"type": "bool", "default": False},
    },
    required_one_of=[("id", "name")],
)
DECLARATION = Declaration(vpc.KIND, vpc.read, vpc.plan, "vpc", rules={"cidr": vpc.cidr, "subnets": vpc.subnets}, options=vpc.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
