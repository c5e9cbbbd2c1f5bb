#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_drill_info
short_description: Query SDRS disaster recovery drills
version_added: 0.1.0
description:
  - Lists DR drills. All pages are read.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  id:
    description: Only the drill of this ID.
    type: str
  server_group:
    description: Only those of this protection group, by name or ID.
    type: str
    aliases: [server_group_id]
  name:
    description: Only drills whose name contains this, as the API's fuzzy filter sees it.
    type: str
  status:
    description: Only drills in this status.
    type: str
  drill_vpc:
    description: Only drills in this VPC, by name or ID.
    type: str
    aliases: [drill_vpc_id]
"""

EXAMPLES = r"""
- name: List the drills of a group
  cloud_dr.sdrs.sdrs_drill_info:
    server_group: erp
"""

RETURN = r"""
drills:
  description: The drills, as the API gives them.
  returned: success
  type: list
  elements: dict
  sample: [{id: e472d26f-9624-42fb-8bfc-717d4714c225, name: drill-erp, status: available, drill_servers: []}]
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
from ..module_utils._sdrs import queries
from ..module_utils._engine.declaration import Query

SPEC = Spec(
    {
        "id": {"type": "str"},
        "server_group": reference("server_group"),
        "name": {"type": "str"},
        "status": {"type": "str"},
        "drill_vpc": reference("drill_vpc"),
    }
)
DECLARATION = Query(queries.drills, options=queries.Drills)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
