#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_replication_info
short_description: Query SDRS replication pairs
version_added: 0.1.0
description:
  - Lists replication pairs. All pages are read.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  id:
    description: Only the pair of this ID.
    type: str
  server_group:
    description: Only those of this protection group, by name or ID.
    type: str
    aliases: [server_group_id]
  server_group_ids:
    description: Only those of these protection groups, by ID.
    type: list
    elements: str
  protected_instance:
    description: Only those attached to this protected instance, by name or ID.
    type: str
    aliases: [protected_instance_id]
  protected_instance_ids:
    description: Only those of these protected instances, by ID.
    type: list
    elements: str
  volume:
    description: Only the pair that was created from this disk, by name or ID.
    type: str
    aliases: [volume_id]
  name:
    description: Only pairs whose name contains this, as the API's fuzzy filter sees it.
    type: str
  status:
    description: Only pairs in this status.
    type: str
  query_type:
    description: V(status_abnormal) gives the pairs in an abnormal status.
    type: str
    choices: [general, status_abnormal]
  availability_zone:
    description: Only pairs whose current production site is in this availability zone.
    type: str
"""

EXAMPLES = r"""
- name: List the pairs of a protected instance
  cloud_dr.sdrs.sdrs_replication_info:
    protected_instance: erp-db-1

- name: List faulty pairs of the project
  cloud_dr.sdrs.sdrs_replication_info:
    query_type: status_abnormal
"""

RETURN = r"""
replications:
  description: The replication pairs, as the API gives them.
  returned: success
  type: list
  elements: dict
  sample: [{id: b93bc1c4-67ee-45a1-bc8a-d022fdd28811, name: erp-db-1-data, status: protected, progress: 100}]
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
        "server_group_ids": {"type": "list", "elements": "str"},
        "protected_instance": reference("protected_instance"),
        "protected_instance_ids": {"type": "list", "elements": "str"},
        "volume": reference("volume"),
        "name": {"type": "str"},
        "status": {"type": "str"},
        "query_type": {"type": "str", "choices": ["general", "status_abnormal"]},
        "availability_zone": {"type": "str"},
    }
)
DECLARATION = Query(queries.replications, options=queries.Pairs)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
