#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_tag_info
short_description: Query tags of SDRS protected instances
version_added: 0.1.0
description:
  - Gives the tags of one protected instance, or all tags of the project with their values.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  protected_instance:
    description: Name or ID of the protected instance. Without it, all tags of the project are returned.
    type: str
    aliases: [protected_instance_id]
"""

EXAMPLES = r"""
- name: Query the tags of an instance
  cloud_dr.sdrs.sdrs_tag_info:
    protected_instance: erp-db-1

- name: Query all tags of the project
  cloud_dr.sdrs.sdrs_tag_info:
"""

RETURN = r"""
tags:
  description: The tags, as the API gives them. Those of an instance have RV(ignore:value), those of the project RV(ignore:values).
  returned: success
  type: list
  elements: dict
  sample: [{key: tier, value: db}]
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

SPEC = Spec({"protected_instance": reference("protected_instance")})
DECLARATION = Query(queries.tags, options=queries.Tags)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
