#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_topology_info
short_description: Export a live DR topology as a document, or compare documents with it
version_added: 1.0.0
description:
  - Returns protection groups with their protected instances, replication pairs, protection and drills in the form that
    M(cloud_dr.sdrs.sdrs_topology) accepts. Applying it changes nothing, so that you can adopt existing objects.
  - Servers, disks and VPCs are referenced by ID, since names are no longer unique once a server is protected. Replace IDs with names where
    you prefer them.
  - Left out are values that only the service sets, names that are not unique in the group, names, descriptions and tags that the document's
    rules do not allow, and objects that a failed creation, deletion, attachment or detachment left behind. RV(left_out) lists all but the
    first. C(drills) is present only if it contains all drills of the group, and at least one, since with C(prune) a list deletes drills it does not name.
  - Values are returned as the service has them. To write the document into a file that Ansible reads as variables, use
    P(cloud_dr.sdrs.export_document#filter), because names and descriptions may look like templates.
  - The same state gives the same text, byte for byte.
  - With O(compare) or O(export), one task does the work of many hosts and reads the live state once, regardless of their number. An error of
    one host fails only that host.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.attributes.info
options:
  server_groups:
    description: Names or IDs of the protection groups. By default all groups of the project.
    type: list
    elements: str
  export:
    description: Names or IDs of protection groups to export separately; the keys, such as host names, are those of RV(exports).
    type: dict
    version_added: 1.0.0
  compare:
    description:
      - Topologies to compare with the live state. Each value contains options of M(cloud_dr.sdrs.sdrs_topology), at least
        O(cloud_dr.sdrs.sdrs_topology#module:server_groups); the keys, such as host names, are those of RV(plans).
      - Each is planned as M(cloud_dr.sdrs.sdrs_topology) plans in check mode.
    type: dict
    version_added: 1.0.0
seealso:
  - module: cloud_dr.sdrs.sdrs_topology
"""

EXAMPLES = r"""
- name: Compare the groups of two hosts with what is live, in one reading
  cloud_dr.sdrs.sdrs_topology_info:
    compare:
      erp: {server_groups: [{name: erp, protection: enabled}]}
      crm: {server_groups: [{name: crm, protection: enabled}], prune: true}

- name: Export one group
  cloud_dr.sdrs.sdrs_topology_info:
    server_groups: [erp]
  register: exported

- name: Keep it in git as variables of the host erp
  ansible.builtin.copy:
    content: "{{ exported | cloud_dr.sdrs.export_document }}"
    dest: host_vars/erp.yml
    mode: "0644"
"""

RETURN = r"""
topology:
  description: The document. M(cloud_dr.sdrs.sdrs_topology) accepts its C(server_groups).
  returned: success, unless O(export) or O(compare) is given
  type: dict
  contains:
    server_groups:
      description: The protection groups.
      type: list
      elements: dict
  sample: {server_groups: [{name: erp, protection: enabled, protected_instances: [], replications: []}]}
left_out:
  description: Objects and values that the document leaves out, because they are not allowed in it or applying them would change something.
  returned: success, unless O(export) or O(compare) is given
  type: list
  elements: dict
  contains:
    resource_type:
      description: The type of the object, such as V(protected_instance).
      type: str
    id:
      description: The object's ID.
      type: str
    name:
      description: The object's name.
      type: str
    key:
      description: The key that is left out of the object's entry; absent if the object has no entry.
      type: str
    reason:
      description: Why.
      type: str
  sample:
    - {resource_type: protected_instance, id: 2c26b4d5-2a67-4f64-9f33-4f5f3d1f0b8a, name: db-1, key: description,
       reason: is longer than 64 bytes of UTF-8}
exports:
  description: RV(topology) and RV(left_out) for each of O(export); C(failed), C(msg) and C(error) if there is no such group, or several.
  returned: if O(export) is given
  type: dict
  sample: {erp: {topology: {server_groups: [{name: erp}]}, left_out: []}}
plans:
  description:
    - For each of O(compare), the result that M(cloud_dr.sdrs.sdrs_topology) returns in check mode, with C(failed), C(msg) and C(error) if it would fail.
    - C(settled) is true if nothing would be done and no operation is in flight.
  returned: if O(compare) is given
  type: dict
  sample: {erp: {changed: false, operations: [], settled: true}}
# docs_blocks: error
error:
  description: Code, message, description and remedy of the failure, and the operation that failed.
  returned: failure
  type: dict
  sample: {code: SDRS.0014, message: Token verification failed, retryable: false}
"""

from ..module_utils._module import together
from ..module_utils._module.argument_spec import IMMUTABLE_CHANGE, WAIT, Spec
from ..module_utils._module.host import run_module
from ..module_utils._topology import document, export, plan
from ..module_utils._engine.declaration import Query

SPEC = Spec(
    {
        "server_groups": {"type": "list", "elements": "str"},
        "export": {"type": "dict"},
        "compare": {"type": "dict"},
    },
    mutually_exclusive=[("server_groups", "export", "compare")],
)
DECLARATION = Query(together.query(
    {"export": ("exports", export.read_each),
     "compare": ("plans", together.planned(WAIT + IMMUTABLE_CHANGE + Spec(document.OPTIONS), plan.DECLARATION))},
    export.read,
), bulky=("compare",))


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
