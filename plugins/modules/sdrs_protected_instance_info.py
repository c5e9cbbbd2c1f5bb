#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_protected_instance_info
short_description: Query SDRS protected instances
version_added: 0.1.0
description:
  - Lists protected instances, also by tag. All pages are read.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  id:
    description: Only the instance of this ID.
    type: str
  server_group:
    description: Only those of this protection group, by name or ID.
    type: str
    aliases: [server_group_id]
  server_group_ids:
    description: Only those of these protection groups, by ID.
    type: list
    elements: str
  protected_instance_ids:
    description: Only those of these protected instances, by ID.
    type: list
    elements: str
  name:
    description: Only instances whose name contains this, as the API's fuzzy filter sees it.
    type: str
  status:
    description: Only instances in this status.
    type: str
  query_type:
    description: V(status_abnormal) gives the instances in an abnormal status.
    type: str
    choices: [general, status_abnormal]
  availability_zone:
    description: Only instances whose current production site is in this availability zone.
    type: str
  tags:
    description: Only instances that have all of these tags.
    type: list
    elements: dict
    suboptions: &tag_condition
      key:
        description: Key of the tag.
        type: str
        required: true
      values:
        description: Values of the tag, any of them matches. An empty list matches every value.
        type: list
        elements: str
        default: []
  tags_any:
    description: Only instances that have any of these tags.
    type: list
    elements: dict
    suboptions: *tag_condition
  not_tags:
    description: Only instances that do not have all of these tags.
    type: list
    elements: dict
    suboptions: *tag_condition
  not_tags_any:
    description: Only instances that have none of these tags.
    type: list
    elements: dict
    suboptions: *tag_condition
  matches:
    description: Only instances whose field matches. The service knows the key V(resource_name), matched fuzzily.
    type: list
    elements: dict
    suboptions:
      key:
        description: The field.
        type: str
        choices: [resource_name]
        default: resource_name
      value:
        description: What it must contain; an empty string is matched exactly.
        type: str
        required: true
  fields:
    description:
      - Return only these fields of each instance, such as V(name); by default all of them. A field that an instance does not have is left out.
      - In AWX, which keeps every result, this makes those about many instances small.
    type: list
    elements: str
    version_added: 1.0.0
  count:
    description:
      - Only count the instances that O(tags), O(tags_any), O(not_tags), O(not_tags_any) and O(matches) select. The number is
        returned as RV(total_count), the list stays empty.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: List the protected instances of a group
  cloud_dr.sdrs.sdrs_protected_instance_info:
    server_group: erp
  register: instances

- name: Find the database servers
  cloud_dr.sdrs.sdrs_protected_instance_info:
    tags:
      - key: tier
        values: [db]

- name: List no more than the names of the instances of a large group
  cloud_dr.sdrs.sdrs_protected_instance_info:
    server_group: erp
    fields: [id, name, source_server, target_server]

- name: Count the database servers
  cloud_dr.sdrs.sdrs_protected_instance_info:
    tags:
      - key: tier
        values: [db]
    count: true
"""

RETURN = r"""
protected_instances:
  description: The protected instances, as the API gives them.
  returned: success
  type: list
  elements: dict
  sample: [{id: 67a2cc7e-fb87-41a8-ba28-9c032abcaee1, name: erp-db-1, status: protected, progress: 100}]
total_count:
  description: The number of instances.
  returned: with O(count=true)
  type: int
  sample: 12
# docs_blocks: query_error
error:
  description: Code, message, description and remedy of the failure, and what was being done.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import TAG_FILTER, Spec
from ..module_utils._sdrs.options import reference
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import queries
from ..module_utils._engine.declaration import Query

SPEC = Spec(
    {
        "id": {"type": "str"},
        "server_group": reference("server_group"),
        "server_group_ids": {"type": "list", "elements": "str"},
        "protected_instance_ids": {"type": "list", "elements": "str"},
        "name": {"type": "str"},
        "status": {"type": "str"},
        "query_type": {"type": "str", "choices": ["general", "status_abnormal"]},
        "availability_zone": {"type": "str"},
        "tags": TAG_FILTER,
        "tags_any": TAG_FILTER,
        "not_tags": TAG_FILTER,
        "not_tags_any": TAG_FILTER,
        "matches": {
            "type": "list",
            "elements": "dict",
            "options": {
                "key": {"type": "str", "choices": ["resource_name"], "default": "resource_name", "no_log": False},
                "value": {"type": "str", "required": True},
            },
        },
        "fields": {"type": "list", "elements": "str"},
        "count": {"type": "bool", "default": False},
    }
)
DECLARATION = Query(queries.protected_instances, options=queries.Instances)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
