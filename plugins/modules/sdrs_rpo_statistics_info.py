#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_rpo_statistics_info
short_description: Query SDRS RPO statistics
version_added: 1.0.0
description:
  - Gives how many resources were over their recovery point objective, by point in time.
  - Not every cloud offers this.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  start_time:
    description: Only from this time on, as the API takes it.
    type: str
  end_time:
    description: Only up to this time, as the API takes it.
    type: str
  resource_type:
    description: Type of the resources.
    type: str
    choices: [replication]
"""

EXAMPLES = r"""
- name: Query RPO statistics
  cloud_dr.sdrs.sdrs_rpo_statistics_info:
    resource_type: replication
"""

RETURN = r"""
rpo_statistics:
  description: The statistics, as the API gives them.
  returned: success
  type: list
  elements: dict
  sample: [{id: "1", point_time: "2026-11-01T00:00:00Z", resource_num: 0, resource_type: replication}]
# docs_blocks: query_error
error:
  description: Code, message, description and remedy of the failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import project_queries
from ..module_utils._engine.declaration import Query

SPEC = Spec(
    {
        "start_time": {"type": "str"},
        "end_time": {"type": "str"},
        "resource_type": {"type": "str", "choices": ["replication"]},
    }
)
DECLARATION = Query(project_queries.rpo_statistics, options=project_queries.Statistics)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
