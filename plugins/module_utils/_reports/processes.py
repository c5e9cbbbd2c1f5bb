# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the process that wrote a record is still running. PRIVATE to the collection. Imports nothing of Ansible."""

from __future__ import annotations


def boot_id() -> str | None:
    """The current boot of the machine; None if the system does not show it."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as stream:
            return stream.read().strip()
    except (OSError, ValueError):
        return None


def began(pid: int) -> int | None:
    """The start time of a process; None if there is none or the system does not show it."""
    try:
        with open("/proc/%d/stat" % pid, encoding="utf-8", errors="replace") as stream:
            state, *rest = stream.read().rpartition(")")[2].split()
        return None if state in "ZX" else int(rest[18])
    except (OSError, ValueError, IndexError):
        return None
