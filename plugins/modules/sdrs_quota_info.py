#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_quota_info
short_description: Query SDRS quotas
version_added: 1.0.0
description:
  - Returns the quotas of protection groups and replication pairs, and their use.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options: {}
"""

EXAMPLES = r"""
- name: Query quotas
  cloud_dr.sdrs.sdrs_quota_info:
"""

RETURN = r"""
quotas:
  description: The quotas, as the API gives them. A quota of -1 means no limit.
  returned: success
  type: list
  elements: dict
  sample: [{type: server_groups, used: 10, quota: 50, min: 0, max: -1}]
# docs_blocks: query_error
error:
  description: Code, message, description and remedy of the failure, and the operation that failed.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import project_queries
from ..module_utils._engine.declaration import Query

SPEC = Spec({})
DECLARATION = Query(project_queries.quotas)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
