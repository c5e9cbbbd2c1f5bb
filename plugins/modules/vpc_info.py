#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: vpc_info
short_description: Query VPCs
version_added: 1.0.0
description:
  - Lists VPCs with their subnets.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  id:
    description: Only the VPC of this ID.
    type: str
  name:
    description: Only the VPC of this name.
    type: str
"""

EXAMPLES = r"""
- name: Query a VPC
  cloud_dr.sdrs.vpc_info:
    name: vpc-erp
"""

RETURN = r"""
vpcs:
  description: The VPCs, as the API gives them, each with its V(subnets).
  returned: success
  type: list
  elements: dict
  sample: [{id: 99d9d709-8478-4b46-9f3f-2206b1023fd3, name: vpc-erp, cidr: 192.168.0.0/16, subnets: []}]
# docs_blocks: query_error
error:
  description: Code, message, description and remedy of the failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._neighbours import queries
from ..module_utils._engine.declaration import Query

SPEC = Spec({"id": {"type": "str"}, "name": {"type": "str"}})
DECLARATION = Query(queries.vpcs, options=queries.Named)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
