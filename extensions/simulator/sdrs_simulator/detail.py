# SPDX-License-Identifier: GPL-3.0-or-later
"""What ECS and EVS tell of every server and disk and no operation here changes: typed clients want it (the vendor's SDKs call it mandatory)."""

from __future__ import annotations

import hashlib
from typing import Any

from .world import World, stamp_t, stamp_z


def _known(text: str) -> Any:
    """32 hex digits that are the same for the same text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def flavor(name: str) -> dict:
    """A flavor as a server shows it; its size follows from its name, such as ``s3.large.2``."""
    size = {"medium": 1, "large": 2, "xlarge": 4}.get((name.split(".") + [""])[1], 2)
    ratio = int(name.rpartition(".")[2]) if name.rpartition(".")[2].isdigit() else 2
    return {"id": name, "name": name, "disk": "0", "vcpus": str(size), "ram": str(size * ratio * 1024), "gpus": [], "asic_accelerators": []}


def server(world: World, name: str) -> dict:
    """Fields of a server's detail beside those that the simulator works with."""
    now = world.now()
    return {
        "created": stamp_z(now)[:-5] + "Z", "updated": stamp_z(now)[:-5] + "Z", "tenant_id": world.identity["project_id"], "user_id": _known("user"),
        "image": {"id": "40df180b-9fe2-471a-8c64-1b758dc84189"}, "hostId": _known("host"), "host_status": "UP", "locked": False, "config_drive": "",
        "accessIPv4": "", "accessIPv6": "", "auto_terminate_time": "", "OS-SRV-USG:launched_at": stamp_t(now), "OS-SRV-USG:terminated_at": None,
        "OS-EXT-SRV-ATTR:host": "pod01", "OS-EXT-SRV-ATTR:hostname": name, "OS-EXT-SRV-ATTR:hypervisor_hostname": "nova001@1",
        "OS-EXT-SRV-ATTR:instance_name": "instance-0048a91b", "OS-EXT-SRV-ATTR:kernel_id": "", "OS-EXT-SRV-ATTR:ramdisk_id": "",
        "OS-EXT-SRV-ATTR:launch_index": 0, "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda", "OS-DCF:diskConfig": "MANUAL", "description": "",
    }


def disk(world: World) -> dict:
    """The same for a disk."""
    now = stamp_t(world.now())
    return {
        "created_at": now, "updated_at": now, "description": None, "links": [], "metadata": {}, "volume_image_metadata": {}, "snapshot_id": None,
        "shareable": "false", "service_type": "EVS", "user_id": _known("user"), "replication_status": "disabled",
        "os-vol-tenant-attr:tenant_id": world.identity["project_id"], "os-vol-host-attr:host": "az.xx//xx", "os-volume-replication:extended_status": None,
        "os-vol-mig-status-attr:migstat": None, "os-vol-mig-status-attr:name_id": None, "wwn": None, "enterprise_project_id": "0",
    }
