#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vpc_eip
short_description: Bind elastic IPs to servers
version_added: 1.0.0
description:
  - Binds an existing elastic IP to a NIC of a server, or unbinds it. Neither creates nor releases elastic IPs.
  - A failover moves elastic IPs together with the NICs. Use this module where the service does not move them, for example for the servers of a drill.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.wait
  - cloud_dr.sdrs.attributes
options:
  eip:
    description: ID or address of the elastic IP.
    type: str
    required: true
    aliases: [eip_id]
  server:
    description: ID or unique name of the server. A DR server and a drill server have the production server's name; use the ID then.
    type: str
    aliases: [server_id]
  address:
    description: Private address of the NIC, of a server that has several.
    type: str
  port:
    description: ID of the NIC's port, in place of O(server).
    type: str
    aliases: [port_id]
  state:
    description: Whether it should be bound. V(unbound) with O(server) or O(port) unbinds it only from there.
    type: str
    choices: [bound, unbound]
    default: bound
  move:
    description: Whether to unbind it first if it is bound to another port. This cuts off whatever it serves there.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Reach the server of a drill from outside
  cloud_dr.sdrs.vpc_eip:
    eip: 80.158.0.10
    server: "{{ drill_server.id }}"

- name: Free it again
  cloud_dr.sdrs.vpc_eip:
    eip: 80.158.0.10
    state: unbound
"""

RETURN = r"""
eip:
  description: The elastic IP as the API shows it.
  returned: success
  type: dict
  sample: {id: f6318bef-6508-4ea5-a48f-6152b6b1a8fb, public_ip_address: 80.158.0.10, status: ACTIVE, private_ip_address: 192.168.1.131}
operations:
  description: What was done, or in check mode would be done, in order. Empty when nothing changed. V(attach) binds, V(detach) unbinds.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: attach, resource_type: eip, name: 80.158.0.10, id: f6318bef-6508-4ea5-a48f-6152b6b1a8fb}
# docs_blocks: jobs_none
jobs:
  description: Always empty, because the service does this without a job.
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
# docs_blocks: error
error:
  description: Code, message, description and remedy of the failure, and the operation that failed.
  returned: failure
  type: dict
  sample: {code: VPC.0511, message: Port has already associated with floatingip., retryable: false}
"""

from ..module_utils._module.argument_spec import WAIT, Spec
from ..module_utils._sdrs.options import reference
from ..module_utils._module.host import run_module
from ..module_utils._neighbours import eip
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + Spec(
    {
        "eip": reference("eip", required=True),
        "server": reference("server"),
        "address": {"type": "str"},
        "port": reference("port"),
        "state": {"type": "str", "choices": ["bound", "unbound"], "default": "bound"},
        "move": {"type": "bool", "default": False},
    },
    mutually_exclusive=[("server", "port")],
    required_if=[("state", "bound", ("server", "port"), True)],
    required_by={"address": ("server",)},
)
DECLARATION = Declaration(eip.KIND, eip.read, eip.plan, "eip", eip.show, expect=lambda made: made.expected, rules=eip.RULES, options=eip.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
