#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_drift_info
short_description: Compare production and DR servers of an SDRS protection group
description:
  - SDRS replicates disks, but does not synchronise names, security groups, tags, flavors and NICs. This module tells where they differ.
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
"""

EXAMPLES = r"""
- name: Compare the servers of a group
  cloud_dr.sdrs.sdrs_drift_info:
    server_group: erp
"""

RETURN = r"""
drift:
  description: One entry for each protected instance. V(differences) is null when one of the servers cannot be read.
  returned: success
  type: list
  elements: dict
  sample: [{name: erp-db-1, differences: [{attribute: flavor, production: s3.large.2, dr: s3.medium.2}]}]
drifted:
  description: Whether anything differs.
  returned: success
  type: bool
  sample: true
error:
  description: Code, message, description and remedy of the failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._argspec import Spec, reference
from ..module_utils._module import run_module
from ..module_utils._resources import _project_queries
from ..module_utils._run import Query

SPEC = Spec({"server_group": reference("server_group", required=True)})
DECLARATION = Query(_project_queries.drift)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
