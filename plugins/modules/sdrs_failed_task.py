#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_failed_task
short_description: Delete failed tasks from the SDRS task centre
version_added: 1.0.0
description:
  - Deletes one failed task, those of a protection group, or all. Only the record is deleted, the object stays as it is.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes
options:
  id:
    description: Job ID of the failed task.
    type: str
  server_group:
    description: Name or ID of the protection group whose failed tasks are deleted.
    type: str
    aliases: [server_group_id]
  all:
    description: Delete all failed tasks, those of the protection group level and those of every group.
    type: bool
    default: false
  state:
    description: Failed tasks can only be deleted.
    type: str
    choices: [absent]
    default: absent
"""

EXAMPLES = r"""
- name: Delete the failed tasks of a group
  cloud_dr.sdrs.sdrs_failed_task:
    server_group: erp
    state: absent

- name: Delete all failed tasks
  cloud_dr.sdrs.sdrs_failed_task:
    all: true
    state: absent
"""

RETURN = r"""
failed_tasks:
  description: The failed tasks that were deleted.
  returned: success
  type: list
  elements: dict
  sample: [{job_id: ff808082686f229a0168707beaab014e, failure_status: createFail, error_code: EVS.2024}]
# docs_blocks: operations
operations:
  description: What was done, or in check mode would be done, in order. Empty when nothing changed.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: delete, resource_type: failed_task, id: ff808082686f229a0168707beaab014e}
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
from ..module_utils._sdrs.options import reference
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import failed_task
from ..module_utils._engine.declaration import Declaration

SPEC = Spec(
    {
        "id": {"type": "str"},
        "server_group": reference("server_group"),
        "all": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["absent"], "default": "absent"},
    },
    mutually_exclusive=[("id", "server_group")],
)
DECLARATION = Declaration(failed_task.KIND, failed_task.read, failed_task.plan, "failed_tasks", options=failed_task.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
