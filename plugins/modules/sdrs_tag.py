#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_tag
short_description: Manage tags of SDRS protected instances
version_added: 0.1.0
description:
  - Sets and removes tags of a protected instance, with at most one request each.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes
options:
  protected_instance:
    description: Name or ID of the protected instance.
    type: str
    required: true
    aliases: [protected_instance_id]
  tags:
    description:
      - The tags as a mapping. A protected instance can have at most 10.
      - With O(state=absent), a tag is removed when its value is the one given, or V(null), which matches any value.
    type: dict
    required: true
  purge:
    description: With O(state=present), remove tags that O(tags) does not name.
    type: bool
    default: false
  state:
    description: Whether the tags should exist.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Tag a protected instance
  cloud_dr.sdrs.sdrs_tag:
    protected_instance: erp-db-1
    tags:
      tier: db
      owner: team-erp

- name: Let the instance have exactly one tag
  cloud_dr.sdrs.sdrs_tag:
    protected_instance: erp-db-1
    tags:
      tier: db
    purge: true

- name: Remove a tag whatever its value
  cloud_dr.sdrs.sdrs_tag:
    protected_instance: erp-db-1
    tags:
      owner:
    state: absent
"""

RETURN = r"""
tags:
  description: The tags of the protected instance, as the API gives them.
  returned: success
  type: list
  elements: dict
  sample: [{key: tier, value: db}]
# docs_blocks: operations
operations:
  description: Operations that were done, or in check mode would be done, in order. Empty when nothing changed.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: tag, resource_type: protected_instance, id: 67a2cc7e-fb87-41a8-ba28-9c032abcaee1}
# docs_blocks: jobs_compact
jobs:
  description: Always empty, tags are set without a job.
  returned: always
  type: list
  elements: dict
  sample: []
# docs_blocks: quota_error
error:
  description: Code, message, description and remedy of the failure, and the operation that failed.
  returned: failure
  type: dict
  sample: {code: SDRS.0305, message: Insufficient protection group quota, retryable: false}
"""

from ..module_utils._module.argument_spec import STATE, Spec
from ..module_utils._sdrs.options import reference
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import locks, protected_instance, tag
from ..module_utils._engine.declaration import Declaration

SPEC = STATE + Spec(
    {
        "protected_instance": reference("protected_instance", required=True),
        "tags": {"type": "dict", "required": True},
        "purge": {"type": "bool", "default": False},
    }
)
DECLARATION = Declaration(protected_instance.KIND, tag.read, tag.plan, "tags", tag.show, tag.expect, locks=locks.PART, options=tag.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
