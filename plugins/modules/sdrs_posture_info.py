#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_posture_info
short_description: Show the state of all SDRS protection groups
version_added: 1.0.0
description:
  - Returns the protection, synchronisation, faults, readiness and existing drills of every protection group of the project. Changes nothing.
  - >-
    Sends one list request for each type of object, and one for the ECS servers, so the number of requests does not grow with the number of groups.
    Checks that need requests for each group are left out. M(cloud_dr.sdrs.sdrs_readiness_info) checks a drill VPC, and
    M(cloud_dr.sdrs.sdrs_drift_info) compares the servers.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
seealso:
  - module: cloud_dr.sdrs.sdrs_readiness_info
  - module: cloud_dr.sdrs.sdrs_drift_info
"""

EXAMPLES = r"""
- name: See how all protection groups stand
  cloud_dr.sdrs.sdrs_posture_info:
  register: estate
"""

RETURN = r"""
posture:
  description:
    - The protection groups, each with its C(server_group), C(protected_instances), C(replications), C(faults), C(readiness) by operation, and
      C(drills) that exist.
    - C(drilled) says whether the service lists a drill of the group in the last three months, deleted ones included. It is null if this is not known.
    - C(unreadable) says why the data of a group is not reliable. It is absent if everything could be read.
  returned: success
  type: list
  elements: dict
  sample:
    - server_group: {id: 40df180b-9fe2-471a-8c64-1b758dc84189, name: erp, status: protected, priority_station: source}
      production_zone: eu-de-01
      protected_instances: [{id: 8f1c1f0c-7c5a-4a47-8f0e-1f6d4f0a4c11, name: erp-db, status: protected, servers: [ecs-erp-db-1]}]
      replications: {total: 2, synchronised: 2, progress: 100}
      faults: []
      readiness: {failover: {ready: true, forced: false, failed: []}}
      drills: []
      drilled: true
rpo_statistics:
  description: The RPO statistics of the project, as the API gives them; null if the cloud offers none. They do not name the protection group.
  returned: success
  type: list
  elements: dict
  sample: [{id: "1", point_time: "2026-11-01T00:00:00Z", resource_num: 0, resource_type: replication}]
problems:
  description: Data that could not be read, as sentences.
  returned: success
  type: list
  elements: str
  sample: []
# docs_blocks: project
project:
  description: Where the groups are, as C(id) of the project, C(region) and C(endpoint) of the service.
  returned: success
  type: dict
  sample: {id: 0a1b2c3d4e5f60718293a4b5c6d7e8f9, region: eu-de, endpoint: "https://sdrs.eu-de.otc.t-systems.com"}
# docs_blocks: query_error
error:
  description: Code, message, description and remedy of the failure, and the operation that failed.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import posture
from ..module_utils._engine.declaration import Query

SPEC = Spec({})
DECLARATION = Query(posture.query)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
