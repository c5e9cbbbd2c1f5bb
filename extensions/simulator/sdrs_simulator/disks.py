# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks of servers."""

from __future__ import annotations

from typing import Any


def device_of(disk: dict, server_id: str) -> Any:
    return next((entry["device"] for entry in disk["attachments"] if entry["server_id"] == server_id), "")


def plug(server: dict, disk: dict, device: str) -> None:
    """Plug a disk into a server."""
    disk["attachments"].append({
        "server_id": server["id"], "device": device, "volume_id": disk["id"], "attachment_id": disk["id"], "id": disk["id"],
        "host_name": None, "attached_at": disk.get("created_at"),
    })
    disk["status"] = "in-use"
    server["os-extended-volumes:volumes_attached"].append({
        "id": disk["id"], "device": device, "delete_on_termination": "false", "bootIndex": "0" if disk["bootable"] == "true" else None,
    })
