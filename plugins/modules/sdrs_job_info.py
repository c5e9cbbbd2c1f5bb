#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_job_info
short_description: Query SDRS jobs
version_added: 1.0.0
description:
  - Queries jobs that other modules started with O(ignore:wait=false), and waits for their end if asked.
  - A job that has ended in V(FAIL) makes the task fail when it waits.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  job_ids:
    description: IDs of the jobs.
    type: list
    elements: str
  service:
    description: The service that O(job_ids) belong to.
    type: str
    choices: [sdrs, ecs, evs]
    default: sdrs
  jobs:
    description: Jobs as another module returned them. Each has V(job_id), and V(service) if it is not O(service).
    type: list
    elements: dict
  wait:
    description: Whether to wait until all jobs have ended, and to fail if one has failed.
    type: bool
    default: false
  wait_timeout:
    description: Seconds to wait for the jobs, from 0.1 to 604800.
    type: float
    default: 1800.0
  poll_interval:
    description: Seconds between polls of a job, from 0.01 to 3600. By default the interval starts at 0.25 seconds and grows with the time already waited.
    type: float
"""

EXAMPLES = r"""
- name: Start a drill and go on
  cloud_dr.sdrs.sdrs_drill:
    name: drill-erp
    server_group: erp
    wait: false
  register: started

- name: Wait for it
  cloud_dr.sdrs.sdrs_job_info:
    jobs: "{{ started.jobs }}"
    wait: true
"""

RETURN = r"""
jobs:
  description: The jobs, as the API gives them, each with its V(service).
  returned: success
  type: list
  elements: dict
  sample: [{job_id: 0000000062db92d70162db9d200f000a, service: sdrs, status: SUCCESS, job_type: createProtectionGroupNoCG}]
# docs_blocks: query_error
error:
  description: Code, message, description and remedy of the failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import queries
from ..module_utils._engine.declaration import Query

SPEC = Spec(
    {
        "job_ids": {"type": "list", "elements": "str"},
        "service": {"type": "str", "choices": ["sdrs", "ecs", "evs"], "default": "sdrs"},
        "jobs": {"type": "list", "elements": "dict"},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "float", "default": 1800.0},
        "poll_interval": {"type": "float"},
    },
    required_one_of=[("job_ids", "jobs")],
)
DECLARATION = Query(queries.jobs, options=queries.Jobs)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
