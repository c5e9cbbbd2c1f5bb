#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_failed_task_info
short_description: Query failed tasks of the SDRS task centre
version_added: 1.0.0
description:
  - Lists failed tasks of a protection group, of the protection group level, or both.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  server_group:
    description: Name or ID of a protection group. Without it, the tasks of the protection group level are listed, such as failed creations of groups.
    type: str
    aliases: [server_group_id]
  all:
    description: List the tasks of the protection group level and those of every group.
    type: bool
    default: false
  failure_status:
    description: Only tasks of this failure.
    type: str
    choices: [createFail, deleteFail, attachFail, detachFail, expandFail, resizeFail, startFail, stopFail, reverseFail, failoverFail, reprotectFail]
  resource_name:
    description: Only tasks of resources of this name.
    type: str
  resource_type:
    description: Only tasks of resources of this type.
    type: str
    choices: [server_groups, protected_instances, replications, disaster_recovery_drills]
"""

EXAMPLES = r"""
- name: List all failed tasks of the project
  cloud_dr.sdrs.sdrs_failed_task_info:
    all: true
"""

RETURN = r"""
failed_tasks:
  description: The failed tasks, as the API gives them.
  returned: success
  type: list
  elements: dict
  sample: [{job_id: ff808082686f229a0168707beaab014e, failure_status: createFail, error_code: EVS.2024}]
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
from ..module_utils._sdrs import project_queries
from ..module_utils._engine.declaration import Query

SPEC = Spec(
    {
        "server_group": reference("server_group"),
        "all": {"type": "bool", "default": False},
        "failure_status": {"type": "str", "choices": list(project_queries.FAILURES)},
        "resource_name": {"type": "str"},
        "resource_type": {"type": "str", "choices": list(project_queries.RESOURCE_TYPES)},
    }
)
DECLARATION = Query(project_queries.failed_tasks, options=project_queries.FailedTasks)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
