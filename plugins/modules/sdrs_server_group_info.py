#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_server_group_info
short_description: Query SDRS protection groups
version_added: 0.1.0
description:
  - Lists protection groups. All pages are read.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  id:
    description: Only the group of this ID.
    type: str
  name:
    description: Only groups whose name contains this, as the API's fuzzy filter sees it.
    type: str
  status:
    description: Only groups in this status.
    type: str
  query_type:
    description: V(status_abnormal) gives the groups in an abnormal status, V(stop_protected) those whose protection is disabled,
      V(period_no_dr_drill) those without a drill in the last three months.
    type: str
    choices: [general, status_abnormal, stop_protected, period_no_dr_drill]
  availability_zone:
    description: Only groups whose current production site is in this availability zone.
    type: str
"""

EXAMPLES = r"""
- name: List groups whose last drill is too old
  cloud_dr.sdrs.sdrs_server_group_info:
    query_type: period_no_dr_drill
  register: undrilled

- name: Query one group
  cloud_dr.sdrs.sdrs_server_group_info:
    id: 40df180b-9fe2-471a-8c64-1b758dc84189
"""

RETURN = r"""
server_groups:
  description: The protection groups, as the API gives them.
  returned: success
  type: list
  elements: dict
  sample: [{id: 40df180b-9fe2-471a-8c64-1b758dc84189, name: erp, status: protected, priority_station: source}]
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
        "id": {"type": "str"},
        "name": {"type": "str"},
        "status": {"type": "str"},
        "query_type": {"type": "str", "choices": ["general", "status_abnormal", "stop_protected", "period_no_dr_drill"]},
        "availability_zone": {"type": "str"},
    }
)
DECLARATION = Query(queries.server_groups, options=queries.Groups)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
