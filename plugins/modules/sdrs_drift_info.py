#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_drift_info
short_description: Compare production and DR servers of an SDRS protection group
version_added: 1.0.0
description:
  - SDRS replicates disks, but does not synchronise what else makes a server. This module compares names, flavors, number of NICs, security groups,
    tags, agencies, ECS groups and host names, and returns the differences. What ECS does not report for both servers is unknown, and no difference.
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
  protected_instances:
    description: Only the servers of these protected instances, by name or ID.
    type: list
    elements: str
  auto_recovery:
    description: Compare automatic recovery as well. This takes one request for each server.
    type: bool
    default: false
seealso:
  - module: cloud_dr.sdrs.sdrs_drift
"""

EXAMPLES = r"""
- name: Compare the servers of a group
  cloud_dr.sdrs.sdrs_drift_info:
    server_group: erp
"""

RETURN = r"""
# docs_blocks: drift
drift:
  description:
    - One entry for each protected instance. C(differences) is null when one of the servers cannot be read.
    - For each difference, C(repairable) says whether M(cloud_dr.sdrs.sdrs_drift) can repair it, and C(remedy) what to do.
  returned: success
  type: list
  elements: dict
  sample:
    - name: erp-db-1
      differences:
        - attribute: flavor
          production: s3.large.2
          dr: s3.medium.2
          repairable: false
          remedy: "change it by hand: use sdrs_protected_instance_resize"
drifted:
  description: Whether anything differs.
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
from ..module_utils._sdrs.options import reference
from ..module_utils._module.host import run_module
from ..module_utils._neighbours import drift
from ..module_utils._engine.declaration import Query

SPEC = Spec(
    {
        "server_group": reference("server_group", required=True),
        "protected_instances": {"type": "list", "elements": "str"},
        "auto_recovery": {"type": "bool", "default": False},
    }
)
DECLARATION = Query(drift.report, options=drift.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
