#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: sdrs_topology
short_description: Manage a whole DR topology in one task
version_added: 1.0.0
description:
  - Applies a document that describes protection groups with their protected instances, replication pairs, protection, drills and tags.
  - The live state is read with list requests, one plan is made, and independent jobs run concurrently. Protection is enabled after the pairs it
    needs, drills are created last, and nothing is pruned before everything in the document has been applied.
  - If something fails, independent branches continue. The task fails at the end and reports what succeeded, failed and was not tried.
    Rerun it to resume.
  - In check mode the complete plan is returned in RV(operations), and nothing is sent.
  - Never fails over and never re-protects. See M(cloud_dr.sdrs.sdrs_failover) for that.
  - A server or disk that is not at the current production site of its group, and a change that a failed-over group does not allow, is reported as blocked until
    failback.
  - The result also lists objects of the groups that no entry names (RV(unmanaged)), options whose live value is unknown (RV(not_compared)),
    and differences that this module never changes (RV(differing)).
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
  - cloud_dr.sdrs.wait
  - cloud_dr.sdrs.attributes
  - cloud_dr.sdrs.attributes.immutable
options:
  server_groups:
    description:
      - The protection groups. Keys that an entry leaves out are not managed.
      - With O(prune=true), an empty list removes all objects of that type.
      - M(cloud_dr.sdrs.sdrs_topology_info) returns the live state in the same form.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the protection group. With O(server_groups[].id) the group is renamed.
        type: str
      id:
        description:
          - ID of an existing group; required only if several groups have the name, or to rename the group.
          - With O(server_groups[].state=absent), ID and name must identify the same group, and the options of each entry below it the
            same object; otherwise nothing is sent.
        type: str
      state:
        description:
          - V(absent) removes the group and its contents, drills first. The entry must name all contents, unless O(prune=true).
            DR servers and disks are kept unless O(delete_target_server) or O(delete_target_volume) is true.
        type: str
        choices: [present, absent]
        default: present
      description:
        description: Description, at most 64 bytes. Immutable.
        type: str
      # docs_blocks: availability_zones
      source_availability_zone:
        description: Availability zone of the production site at creation. Required to create a group; immutable.
        type: str
      target_availability_zone:
        description: Availability zone of the DR site at creation. Required to create a group; immutable.
        type: str
      active_active_domain:
        description: Name or ID of the active-active domain. May be left out when exactly one joins the two zones. Immutable.
        type: str
        aliases: [domain]
      # docs_blocks: group_network
      source_vpc:
        description: Name or ID of the VPC of the servers. Required to create a group; immutable.
        type: str
        aliases: [source_vpc_id]
      dr_type:
        description: Deployment model. The service's default is V(migration). Immutable.
        type: str
      protection:
        description:
          - Whether protection is enabled. Enabling it waits for the instances and pairs of the same entry.
          - After a failover V(enabled) is refused, because enabling protection then reverses replication.
        type: str
        choices: [enabled, disabled]
      protected_instances:
        description: The protected servers. An instance is found by its server, otherwise by its name in the group.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the protected instance. Required to create one; an instance with a different name is renamed.
            type: str
          server:
            description:
              - Name or ID of the server, either of the instance's two. Required to create an instance.
              - Servers that share a disk are created together.
            type: str
            aliases: [server_id]
          description:
            description: Description, at most 64 bytes. Immutable.
            type: str
          cluster:
            description: Cluster ID, at creation only; not compared.
            type: str
          primary_subnet:
            description: ID of the subnet of the DR server's primary NIC, at creation only; not compared.
            type: str
          primary_ip_address:
            description: Address of the DR server's primary NIC, at creation only; not compared.
            type: str
          flavor:
            description:
              - Flavor of the DR server, at creation only.
              - While production is at the source site, it is compared through ECS; a different flavor is reported in RV(differing), and never changed.
            type: str
          tenancy:
            description: Whether the DR server is created on a dedicated host. At creation only; not compared.
            type: str
            choices: [shared, dedicated]
          dedicated_host:
            description: ID of the dedicated host, at creation only; not compared.
            type: str
          tags:
            description: Tags, at most 10. Other tags of the instance are kept unless O(server_groups[].protected_instances[].purge_tags=true).
            type: dict
          purge_tags:
            description: Remove tags that are not listed.
            type: bool
            default: false
          replications:
            description:
              - The replication pairs of the server's disks, each found by disk or device. The service creates them with the instance.
              - A disk that is attached to no server is paired and attached at its device.
            type: list
            elements: dict
            suboptions:
              device:
                description: Device of the disk at the server, such as V(/dev/vdb).
                type: str
              volume:
                description: Name or ID of the disk, either of the pair's two.
                type: str
                aliases: [volume_id]
              create_volume: &create_volume
                description:
                  - Create the disk that C(volume) beside it names, as an empty EVS disk in the availability zone where production is, and then pair
                    it. Below an instance, also attach it. Requires the C(name) of the pair, and below an instance the C(device).
                  - A disk is created only if no disk of the project has that name. An existing disk is paired as it is, and is not compared with these options.
                    A disk with that name in the other availability zone, and a name that several free disks share, are refused.
                  - The creation is also refused if another disk or pair uses the device, or if a pair already has the name of the pair; it may
                    be the intended disk under another name.
                  - No option deletes the disk again, neither O(prune) nor V(absent). A failed creation leaves its disk in EVS, and the task names it.
                  - SDRS does not pair encrypted disks, so the disk is not encrypted.
                type: dict
                suboptions:
                  size:
                    description:
                      - Size in GB, from 10 to 32768. Defaults to the C(size) of the pair, which may be larger later, when the disk has to grow.
                      - An existing disk of another size does not count as a difference; the C(size) of the pair manages the size.
                    type: int
                  type:
                    description: Type of the disk as EVS calls it, such as V(SAS), V(SSD) or V(GPSSD). The DR disk gets the same.
                    type: str
                    required: true
                  multiattach:
                    description: Whether servers can share the disk. Each of their instances must then list it, with the same values.
                    type: bool
                    default: false
                  description:
                    description: Description of the disk, at most 85 characters.
                    type: str
                  tags:
                    description: Tags of the disk, at most 10.
                    type: dict
              name:
                description: Name of the pair; a pair with a different name is renamed.
                type: str
              description:
                description: Description, at most 64 bytes. Immutable; a pair that is created with its instance has none.
                type: str
              cluster: &cluster
                description: Cluster ID, at creation only; not compared.
                type: str
              size: &size
                description: Size of the disks in GB, from 1 to 1048576. Disks can only grow.
                type: int
      replications:
        description: Replication pairs of disks that belong to no instance yet. Only pairs that are not attached are pruned.
        type: list
        elements: dict
        suboptions:
          volume:
            description: Name or ID of the disk, either of the pair's two. Required to create a pair.
            type: str
            aliases: [volume_id]
          create_volume: *create_volume
          name:
            description: Name of the pair. Required to create one; a pair with a different name is renamed.
            type: str
          description:
            description: Description, at most 64 bytes. Immutable.
            type: str
          cluster: *cluster
          size: *size
      drills:
        description: DR drills that should exist. Drills are pruned only if this key is set.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the drill. With O(server_groups[].drills[].id) the drill is renamed.
            type: str
          id:
            description: ID of an existing drill.
            type: str
          drill_vpc:
            description: Name or ID of the drill VPC. Without it the service creates one that outlives the drill. Immutable.
            type: str
            aliases: [drill_vpc_id]
  prune:
    description:
      - Delete objects of the named groups and given lists that are not in the document.
      - Never detaches a disk, and never deletes a pair that is attached to an instance that stays.
    type: bool
    default: false
  parallel:
    description: Number of concurrent jobs, from 1 to 256.
    type: int
    default: 16
  force:
    description: Remove a group even while it is failed over and its original servers have no network interfaces.
    type: bool
    default: false
  delete_target_server:
    description: Delete the DR servers of instances that are removed. Refused unless production is at the source site.
    type: bool
    default: false
  delete_target_eip:
    description: Release the EIPs of DR servers of instances that are removed. Refused unless production is at the source site.
    type: bool
    default: false
  delete_target_volume:
    description: Delete the DR disks of pairs that are removed. Refused unless production is at the source site.
    type: bool
    default: false
  delete_last_copy:
    description:
      - Consent to removing instances and pairs that hold, or may hold, the last copy of their data, because production is lost. See
        M(cloud_dr.sdrs.sdrs_protected_instance) for the definition.
      - Without it, O(prune=true) and V(absent) entries keep such objects, and the task fails after everything else is done.
    type: bool
    default: false
notes:
  - O(wait=false) is not supported. O(wait_timeout) applies to each job, not to the whole task; do not use the task keyword C(timeout).
seealso:
  - module: cloud_dr.sdrs.sdrs_topology_info
  - module: cloud_dr.sdrs.sdrs_readiness_info
"""

EXAMPLES = r"""
- name: Bring the DR topology about
  cloud_dr.sdrs.sdrs_topology:
    server_groups:
      - name: erp
        description: ERP production
        source_availability_zone: eu-de-01
        target_availability_zone: eu-de-02
        source_vpc: vpc-erp
        protection: enabled
        protected_instances:
          - name: erp-db-1
            server: ecs-erp-db-1
            flavor: s3.xlarge.2
            tags: {tier: db}
            replications:
              - {device: /dev/vda, name: erp-db-1-root}
              - {volume: data-1, name: erp-db-1-data, device: /dev/vdb, size: 200}
          - name: erp-web-1
            server: ecs-erp-web-1

- name: Give a protected server a new disk, created, paired and attached
  cloud_dr.sdrs.sdrs_topology:
    server_groups:
      - name: erp
        protected_instances:
          - name: erp-db-1
            server: ecs-erp-db-1
            replications:
              - volume: data-2
                name: erp-db-1-data-2
                device: /dev/vdd
                size: 100
                create_volume: {type: SSD}

- name: Keep one instance only, and delete the others with their DR servers
  cloud_dr.sdrs.sdrs_topology:
    server_groups:
      - name: erp
        protected_instances:
          - {name: erp-db-1, server: ecs-erp-db-1}
    prune: true
    delete_target_server: true

- name: Remove a group with all that it contains and all DR servers
  cloud_dr.sdrs.sdrs_topology:
    server_groups:
      - {name: erp, state: absent}
    prune: true
    delete_target_server: true
"""

RETURN = r"""
server_groups:
  description: The protection groups of the document, as the list shows them.
  returned: success
  type: list
  elements: dict
  sample: [{id: 40df180b-9fe2-471a-8c64-1b758dc84189, name: erp, status: protected, priority_station: source}]
operations:
  description:
    - What was done, or in check mode would be done, in order. Empty when nothing changed. The C(resource_type) of a disk is V(volume).
    - The removal of a last copy has C(last_copy), which says what it is and why.
  returned: always
  type: list
  elements: dict
  sample:
    - {operation: create, resource_type: server_group, name: erp, job_type: createProtectionGroupNoCG, duration: 15.05}
branches:
  description: Outcome of the entries that had to be changed, by path.
  returned: always, unless the document itself was refused
  type: dict
  contains:
    succeeded:
      description: Paths of the entries that were applied.
      type: list
      elements: str
    failed:
      description: Errors, with the C(path) of the entry.
      type: list
      elements: dict
    blocked:
      description: Entries that cannot be applied until the group is protected again, or production is back at its site, each with its C(path).
      type: list
      elements: dict
    not_tried:
      description: Paths of the entries that depend on a failed entry.
      type: list
      elements: str
  sample: {succeeded: ["server_groups[0].protected_instances[0]"], failed: [], blocked: [], not_tried: []}
unmanaged:
  description:
    - Objects in the groups of the document that the document does not name and this task does not remove; at most 500.
    - A pair is listed if the instance that it is attached to lists its pairs, or is unmanaged itself.
    - A V(server) is a DR server that is kept when its instance is removed, or that was presumably kept earlier; C(reason) says which. The latter is a server
      at the target site that belongs to no instance and no drill and has the name of a server at the production site.
  returned: when the live state could be read
  type: list
  elements: dict
  sample: [{resource_type: protected_instance, name: erp-web-2, id: 0a6e9cf4-4b1b-4b9d-9c1e-0f2b8f1f8f10, server_group: erp}]
unmanaged_total:
  description: The total number of unmanaged objects.
  returned: when the live state could be read
  type: int
  sample: 1
not_compared:
  description: Options that the document sets for existing objects and whose live value is unknown; each with C(reason) and the first 20 C(objects).
  returned: when the live state could be read
  type: list
  elements: dict
  sample:
    - resource_type: protected_instance
      option: tenancy
      reason: it is used only when the protected instance is created, and the service does not return it
      count: 1
      objects: [{path: "server_groups[0].protected_instances[0]", name: erp-db-1, id: 0a6e9cf4-4b1b-4b9d-9c1e-0f2b8f1f8f10}]
differing:
  description: Options whose live value differs, and that this module never changes.
  returned: when the live state could be read
  type: list
  elements: dict
  sample:
    - resource_type: protected_instance
      path: "server_groups[0].protected_instances[0]"
      name: erp-db-1
      option: flavor
      live: s3.large.2
      wanted: s3.xlarge.2
# docs_blocks: jobs_compact
jobs:
  description: The jobs this task waited for. Sub-jobs are returned only for failed jobs.
  returned: always
  type: list
  elements: dict
  sample: []
# docs_blocks: first_error
error:
  description: Code, message, description and remedy of the first failure, and the operation that failed.
  returned: failure
  type: dict
  sample: {code: SDRS.0305, message: Insufficient protection group quota, retryable: false}
"""

from ..module_utils._module.argument_spec import IMMUTABLE_CHANGE, WAIT, Spec
from ..module_utils._module.host import run_module
from ..module_utils._topology import document, plan

SPEC = WAIT + IMMUTABLE_CHANGE + Spec(document.OPTIONS)
DECLARATION = plan.DECLARATION


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
