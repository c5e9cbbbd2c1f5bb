# SPDX-License-Identifier: GPL-3.0-or-later
"""The words that a recorded exchange may hold: of the services' field names, states, job types and paths. PRIVATE to the collection.

What is made of other words becomes a stand-in. The words of messages are those, and those of the table of error codes.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection

_WORDS = """
abnormal accelerators accept accepted access action actions active activity add addr address addresses admin again agency alias allocating allow
allowed and anon api apigw arrears asic association associations assume assumed assumedby asynchronous at attach attached attaching attachment
attachments attachreplication attr audit auth auto autorecovery autoscaling availability available az backup balance bandwidth batch begin bind
binding blank block boot bootable border build building by can cannot capacity catalog catalogue center cg charge charging checking cidr cidrs client
clone cloud cloudserver cloudservers cloudvolumes cluster co code common computed config configuration conflicting connect consistencygroup cool
copying count cpu create created creating credential cross csd current daily data dcf dead dedicated default degraded deh delete deleting description
desire destination detach detached detaching detachreplication detail device dhcp dict disaster disk dns domain domains done down dr draft drill
drilling drills drive dynamic ecs egress eip elastic enable enabled enabling enclave encrypted end endpoint endpoints enterprise entities ephemeral
error errorcode errors essd evs exist exists expand expanding expired expires ext extend extended extending external extra fail failback failed
failing failover failure false fast fault faulty fenced filter finish finished finishing firewalls fixed flavor float floating forbidden force forward
found frozen frozened full gateway gb global good gpssd gpus grace group groups guest hard health healthy high hints host hostname hourly href hw
hypervisor i iam id ide identity idle ids image in inactive index info infos ingress init initial initializing inservice instance instances
interactive interface interfaces internal internet invalid invoke iops ip ips ipv is issued item itemnotfound job jobs kb kernel key keystone kvm
large latest launch launched lb lbaas leased level license limit links linux list listener listeners local localdisk location lock locked locking lun
mac maintenance managed manager mandatory manual marker max mb me memory message meta metadata method methods metrics mig migrating migration migstat
min mixed mode model modify modifying monthly multi multiattach multifactor name native needed network networks neutron new next nexthop nic no nocg
nocgnew none normal not notfound notifications null num number of off offline offset ok old on online only openstack openstackid opt options opts or
order os out over overlimit page pair pairs parameter parent passcode password pause paused pausing peerings pending per period periodic permanent
permanently pinned point policy pool port post postpaid power powering preference prefix prepaid prepay previous primary priority private product
profile progress project projects protect protected protecting protection protocol proxy public publicip publicips publicly pv qos query queued quorum
quota quotas ram ramdisk read readonly ready reason reboot rebooting rebuild record recovered recovering recovery ref refused region regional reject
rejected rel relay releasing remote remove replication replications reprotect reprotecting request required reservation reset resize resized resizing
resource resources restart restore restoring result resume resumed resuming retyping reverse reversing roles rollback rolling root routes routetable
routetables rpo run running sas sata scaling scheduler scope scsi sdrs secondary secure security securitykey self send serial server servers service
sets share shareable shelved shutdown shutoff silent single site size slow snapshot snat soft sold source spec special specification spod srv ssd
standard start started starting state states static station statistic statistics status stop stopped stopping storage stretched stretchedcluster sts
sub subnet subnets succeeded success suspended suspending sync synced synchronization synchronized synchronizing synchronous syncing syncs sys system
tag tags target task te temporary tenancy tenant terminate terminated termination test the threads throughput time timeout to todelete token tokens
total totp tpm transit true type types uh ultra unavailable unbound under unfrozen unhealthy unknown unlimited unlocked unmanaged unprotected unstable
until up updated updating upgrade uploading upper urgent url usage use used user usg v val value values vcpus verify version versioned versions
virsubnet vm vol volid volume volumes volumev vpc vpcid vpcs waiting warning weight windows with without write writing wwn xen yearly zone zones
"""
# Whole values that are quoted in messages, as names are.
_STATES = """
available protected protecting attaching detaching deleting creating error active shutoff running success fail enabled disabled source target stopped
started failed-over failing-over reversing reprotecting starting stopping error-deleting error-attaching error-detaching error-extending error-
resizing error-failing-over error-reversing error-reprotecting error-starting error-stopping invalid fault in-use bound active-stopped normal
"""
STATES = frozenset(_STATES.split())
# Of messages that are in no table: gateways, the identity service, other services.
_SENTENCES = """
access allowed already although asks attempts authentication authorization authorized available bad busy but call called certificate client closed
closing code come conditions content could currently decrypt denied deny did document does down due early encrypt ended enforcement engine exception
expected expire expires failure few first forwarded gate got handle header headers held here how incorrect information instead its last later limiting
lock locked log login lost made malformed many match matches may missing moment more moved must never next nobody now number occurs old out over own
page passed please policy portal possible procedure process protocol provided queue rate reach reached reaching received recent refused relevant
request requested resolve resource resources respond response restricted same seconds secret see seem send sent sign signature signed since some soon
sorry still such temporarily these thing threshold throttling times together too traffic transfer true two unable unauthorized under unexpected
unreachable unsupported until unusable url usage username using violates virtual warn way were what when where while whose why without word work wrong
"""
_SINGLE = re.compile(r"[A-Za-z]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


@functools.lru_cache(None)
def words() -> frozenset[str]:
    """Those of fields and values."""
    return frozenset(_WORDS.split())


@functools.lru_cache(None)
def words_of_messages() -> frozenset[str]:
    """Those, and all that stand in the messages, descriptions and remedies of the table of errors."""
    from .error_codes import CODES

    texts = (text for entry in CODES.values() for text in entry[1:] if isinstance(text, str))
    return words() | {*_SENTENCES.split()} | {word.lower() for text in texts for word in _SINGLE.findall(text)}


def is_worded(text: str, known: Collection[str]) -> bool:
    """Whether ``server_group_id``, ``createServerNoCG`` or ``error-deleting`` is made of known words alone."""
    return all(
        word.lower() in known or all(part.lower() in known for part in _SINGLE.findall(_CAMEL.sub(" ", word))) for word in _SINGLE.findall(text)
    )
