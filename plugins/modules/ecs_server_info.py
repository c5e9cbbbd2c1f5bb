#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_server_info
short_description: Query ECS servers
version_added: 1.0.0
description:
  - Lists servers with their status, availability zone, flavor, addresses and disks.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  ids:
    description: Only the servers of these IDs.
    type: list
    elements: str
  name:
    description: Only servers whose name contains this.
    type: str
  server_group:
    description: Only the production and DR servers of this protection group, by name or ID.
    type: str
    aliases: [server_group_id]
"""

EXAMPLES = r"""
- name: List the servers of a protection group at both sites
  cloud_dr.sdrs.ecs_server_info:
    server_group: erp
"""

RETURN = r"""
ecs_servers:
  description: The servers, as ECS gives them.
  returned: success
  type: list
  elements: dict
  sample: [{id: 403b603d-1d91-42cc-a357-81f3c2daf43f, name: ecs-erp-web-1, status: ACTIVE}]
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
from ..module_utils._neighbours import queries
from ..module_utils._engine.declaration import Query

SPEC = Spec(
    {
        "ids": {"type": "list", "elements": "str"},
        "name": {"type": "str"},
        "server_group": reference("server_group"),
    },
    mutually_exclusive=[("ids", "name", "server_group")],
)
DECLARATION = Query(queries.ecs_servers, rules=queries.SERVER_RULES, options=queries.Servers)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
