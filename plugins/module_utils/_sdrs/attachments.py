# SPDX-License-Identifier: GPL-3.0-or-later
"""Attaching pairs to instances and detaching them (5.5.6, 5.5.7). PRIVATE to the collection.

Detaching is real: it unplugs the disk from the servers (semantics.md, section 3).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._cloud.errors import ConfigError, Refused
from .._cloud.validate import is_system_device, plain_device, same_device
from .._engine.kind import Kind
from .._engine.lookup import Lookup
from .._engine.plan import Plan, Request, Step, creator, require
from .identity import check_group
from .kinds import ATTACHABLE, DETACHABLE, PROTECTED_INSTANCE, plain_attachments


def wants_change(options: Any, pair: Any) -> bool:
    """Whether attachments may have to change, so that the group's status matters."""
    wanted = options.attachments
    have = plain_attachments(pair)
    if wanted is None:
        return False
    named = {entry["protected_instance"] for entry in wanted}
    unwanted = set(have) - named if options.purge_attachments else ()
    return bool(named - set(have) or unwanted or pair.get("status") in ("error-attaching", "error-detaching"))


def read_attachments(lookup: Lookup, options: Any, live: Any, group_id: Any) -> None:
    """Instance names become IDs; the instances concerned, and the servers whose system disk would go, are read."""
    wanted = options.attachments
    if wanted is not None:
        options.attachments = wanted = [
            dict(entry, protected_instance=lookup.id_of(PROTECTED_INSTANCE, entry["protected_instance"], server_group_id=group_id))
            for entry in wanted
        ]
    have = plain_attachments(live.obj)
    named = {entry["protected_instance"] for entry in wanted or []}
    detached = set(have) if options.absent else set()
    if wanted is not None and options.purge_attachments:
        detached = set(have) - named
    broken = (live.obj or {}).get("status") in ("error-attaching", "error-detaching")
    for instance_id in sorted((named - set(have)) | detached | (named if broken else set())):
        instance = lookup.show(PROTECTED_INSTANCE, instance_id)
        if instance is None:
            raise Refused("no protected instance has the ID %s" % instance_id)
        check_group(lookup, PROTECTED_INSTANCE, instance, group_id, remedy="A pair can only be attached within its own group (SDRS.1611).")
        live.instances[instance_id] = instance
        if instance_id in detached and is_system_device(plain_attachments(live.obj)[instance_id]):
            for server_id in (instance.get("source_server"), instance.get("target_server")):
                if server_id:
                    live.servers[server_id] = lookup.server(server_id)


def plan_attachments(result: Plan, kind: Kind, options: Any, live: Any, name: str | None, after: Iterable[Step], new_pair: Any = None) -> None:
    """Bring the pair's attachments to ``options.attachments``; one job at a time may work on a pair.

    :param after: steps that have to end first
    :param new_pair: the last step of a pair that is only being made
    """
    pair = None if new_pair else live.obj
    have = plain_attachments(pair)
    wanted = {entry["protected_instance"]: entry.get("device") for entry in options.attachments}
    label = "replication pair %s" % name
    status = (pair or {}).get("status")
    result.after["attachments"] = {key: plain_device(device) or have.get(key) for key, device in wanted.items()}
    previous = list(after)
    extra = [key for key in have if key not in wanted]
    broken = []
    if status == "error-attaching":
        # It may or may not be listed as attached; 5.5.7 allows detaching it in this status.
        broken = [key for key in wanted if key in have] or list(wanted)
    elif status == "error-detaching":
        broken = list(have)
        extra = [key for key in extra if key not in broken]
    for key in broken:
        previous = [plan_detach(result, kind, live, pair, key, name, after=previous)]
    if options.purge_attachments:
        for key in extra:
            previous = [plan_detach(result, kind, live, pair, key, name, after=previous)]
    elif extra:
        for key in extra:
            result.after["attachments"][key] = have[key]
    to_attach = [key for key in wanted if key not in have or key in broken]
    for key, device in wanted.items():
        if key in have and key not in broken and device and not same_device(device, have[key]):
            _other_device(result, options, label, key, have[key], device)
    shared = bool(((pair or live.volume or {}).get("record_metadata") or live.volume or {}).get("multiattach"))
    if to_attach and extra and not options.purge_attachments and not shared and pair:
        raise Refused(
            "%s is attached to protected instance %s and its disk is not shared" % (label, ", ".join(extra)),
            remedy="Detach it there first (this unplugs the disk from the servers) with purge_attachments: true in the module sdrs_replication.",
        )
    mended = bool(broken) or (status == "error-extending" and bool(after))
    for key in to_attach:
        previous = [_attach(result, kind, live, new_pair, key, wanted[key] or have.get(key), name, previous, mended)]


def _other_device(result: Plan, options: Any, label: str, instance_id: Any, have: Any, wanted: Any) -> None:
    text = "%s is attached to protected instance %s as %s, should be %s" % (label, instance_id, have, wanted)
    if options.immutable_change != "ignore":
        raise Refused(
            text + ": the device is immutable while the pair is attached",
            remedy="Detach the pair and attach it again, correct the option, or set immutable_change: ignore.",
        )
    result.warnings.append(text + " (ignored)")
    result.after["attachments"][instance_id] = have


def _attach(
    result: Plan, kind: Kind, live: Any, new_pair: Any, instance_id: Any, device: str | None, name: str | None, after: Iterable[Step], mended: bool,
) -> Step:
    if not device:
        raise ConfigError("attachments: attaching to protected instance %s requires a device such as /dev/vdb" % instance_id)
    statuses = {
        "protection group": (live.group or {}).get("status"),
        "protected instance": (live.instances.get(instance_id) or {}).get("status"),
    }
    if not new_pair and not mended:
        statuses["replication pair"] = live.obj.get("status")
    require(ATTACHABLE, {key: value for key, value in statuses.items() if value}, "attaching it", "replication pair %s" % name)
    pair_id = new_pair or live.obj["id"]
    return result.add(
        "attach", kind, name, pair_id,
        Request("attach_replication", {"protected_instance": instance_id}, {"replication_id": pair_id, "device": device}),
        after=[*after, *creator(instance_id)],
    )


def plan_detach(result: Plan, kind: Kind, live: Any, pair: Any, instance_id: Any, name: str | None, after: Iterable[Step] = ()) -> Step:
    """Add the detachment from one instance; a system disk only while the servers are stopped.

    :raises Refused: a status that 5.5.7 does not list, or a server that is running
    """
    label = "replication pair %s" % name
    statuses = {
        "protection group": (live.group or {}).get("status"),
        "protected instance": (live.instances.get(instance_id) or {}).get("status"),
        "replication pair": pair.get("status"),
    }
    require(DETACHABLE, {key: value for key, value in statuses.items() if value}, "detaching it", label)
    if is_system_device(plain_attachments(pair).get(instance_id)):
        running = [
            "%s (%s)" % (server.get("name"), server_id)
            for server_id, server in live.servers.items() if server and server.get("status") != "SHUTOFF"
        ]
        if running:
            raise Refused("%s is a system disk and server %s is not stopped" % (label, ", ".join(running)), remedy="Stop it first.")
    return result.add(
        "detach", kind, name, pair["id"], Request("detach_replication", {"protected_instance": instance_id, "replication": pair["id"]}), after=after,
    )
