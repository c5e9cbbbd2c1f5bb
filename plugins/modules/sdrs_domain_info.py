#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_domain_info
short_description: Query SDRS active-active domains
version_added: 1.0.0
description:
  - Lists active-active domains, which define the availability zones that can protect each other.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options: {}
"""

EXAMPLES = r"""
- name: List active-active domains
  cloud_dr.sdrs.sdrs_domain_info:
"""

RETURN = r"""
domains:
  description: The domains, as the API gives them.
  returned: success
  type: list
  elements: dict
  sample: [{id: fb4bb8e3-a574-4437-a156-78c916aeaa4d, name: ActiveactiveDomain, sold_out: false}]
# docs_blocks: query_error
error:
  description: Code, message, description and remedy of the failure, and the operation that failed.
  returned: failure
  type: dict
  sample: {code: SDRS.0004, message: Incorrect API invoking permissions, retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._sdrs import queries
from ..module_utils._engine.declaration import Query

SPEC = Spec({})
DECLARATION = Query(queries.domains)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
