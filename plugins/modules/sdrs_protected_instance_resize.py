#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_protected_instance_resize
short_description: Change the flavors of an SDRS protected instance
version_added: 1.0.0
description:
  - Changes the flavor of the production server, the DR server or both. Only the sides that differ are changed.
  - The servers whose flavor changes must be stopped. This module never stops them.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.wait
  - cloud_dr.sdrs.attributes
options:
  protected_instance:
    description: Name or ID of the protected instance.
    type: str
    required: true
    aliases: [protected_instance_id]
  flavor:
    description: Flavor of both servers.
    type: str
  production_flavor:
    description: Flavor of the production server.
    type: str
  dr_flavor:
    description: Flavor of the DR server.
    type: str
  production_dedicated_host:
    description: ID of the dedicated host of the production server. Required if the server is on one.
    type: str
  dr_dedicated_host:
    description: ID of the dedicated host of the DR server. Required if the server is on one.
    type: str
"""

EXAMPLES = r"""
- name: Give both servers the same flavor
  cloud_dr.sdrs.sdrs_protected_instance_resize:
    protected_instance: erp-db-1
    flavor: s3.xlarge.2
"""

RETURN = r"""
# docs_blocks: protected_instance
protected_instance:
  description: The protected instance as the API shows it.
  returned: success
  type: dict
  sample: {id: 67a2cc7e-fb87-41a8-ba28-9c032abcaee1, name: erp-db-1, source_server: 403b603d-1d91-42cc-a357-81f3c2daf43f, status: available}
# docs_blocks: operations
operations:
  description: Operations that were done, or in check mode would be done, in order. Empty when nothing changed.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: resize, resource_type: protected_instance, name: erp-db-1, job_type: resizeProtectedInstanceNew, duration: 45.1}
# docs_blocks: jobs
jobs:
  description: The jobs this task waited for or, with O(wait=false), started. Each names its V(service).
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
# docs_blocks: quota_error
error:
  description: Code, message, description and remedy of the failure, and the operation that failed.
  returned: failure
  type: dict
  sample: {code: SDRS.0305, message: Insufficient protection group quota, retryable: false}
"""

from ..module_utils._module.argument_spec import WAIT, Spec
from ..module_utils._sdrs.options import reference
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import locks, resize
from ..module_utils._engine.declaration import Declaration

SPEC = WAIT + Spec(
    {
        "protected_instance": reference("protected_instance", required=True),
        "flavor": {"type": "str"},
        "production_flavor": {"type": "str"},
        "dr_flavor": {"type": "str"},
        "production_dedicated_host": {"type": "str"},
        "dr_dedicated_host": {"type": "str"},
    },
    required_one_of=[("flavor", "production_flavor", "dr_flavor")],
    mutually_exclusive=[("flavor", "production_flavor"), ("flavor", "dr_flavor")],
)
DECLARATION = Declaration(resize.KIND, resize.read, resize.plan, "protected_instance", locks=locks.PART, options=resize.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
