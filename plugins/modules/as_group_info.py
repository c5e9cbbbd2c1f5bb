#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: as_group_info
short_description: Query Auto Scaling groups
version_added: 1.0.0
description:
  - Lists AS groups. All pages are read.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  id:
    description: Only the AS group of this ID.
    type: str
  name:
    description: Only AS groups whose name contains this.
    type: str
"""

EXAMPLES = r"""
- name: List AS groups
  cloud_dr.sdrs.as_group_info:
    name: as-erp
"""

RETURN = r"""
as_groups:
  description: The AS groups, as the API gives them.
  returned: success
  type: list
  elements: dict
  sample: [{scaling_group_id: a8327883-6b07-4497-9c61-68d03ee193a1, scaling_group_name: as-erp-web}]
# docs_blocks: query_error
error:
  description: Code, message, description and remedy of the failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._neighbours import queries
from ..module_utils._engine.declaration import Query

SPEC = Spec({"id": {"type": "str"}, "name": {"type": "str"}})
DECLARATION = Query(queries.as_groups, rules=queries.NAME_PART, options=queries.Named)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
