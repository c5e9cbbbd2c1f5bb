#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_api_version_info
short_description: Query SDRS API versions
version_added: 1.0.0
description:
  - Lists the versions of the API, or one of them.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  version:
    description: Only this version.
    type: str
"""

EXAMPLES = r"""
- name: List API versions
  cloud_dr.sdrs.sdrs_api_version_info:

- name: Query one API version
  cloud_dr.sdrs.sdrs_api_version_info:
    version: v1
"""

RETURN = r"""
api_versions:
  description: The versions, as the API gives them.
  returned: success
  type: list
  elements: dict
  sample: [{id: v1, status: CURRENT}]
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

SPEC = Spec({"version": {"type": "str"}})
DECLARATION = Query(project_queries.api_versions, rules={"version": project_queries.valid_version}, options=project_queries.Versions)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
