# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time for a protection group, on this machine. PRIVATE to the collection. Imports nothing of Ansible.

Names of groups and drills are not unique: two runs at once would create them twice. Locks are files in a private folder that the
system frees when their process ends, however it ends.

A run holds the lock of each group's ID, and of the names it uses for it: a group that does not exist yet has no more than a name.
A run that knows a group by its ID alone need not know the name, unless another run that may create groups is at work. Locks are
taken in one order everywhere, so that no two runs wait for each other.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from .._cloud.errors import ApiError, AuthError, ConnectionFailed, Refused, SdrsError, doing, one_line
from .._cloud.private_folder import NotPrivate
from .declaration import Host
from .lock_files import CREATING, LockFiles
from .lookup import Lookup
from .waiting import Waiting

# How often the groups may turn out to be others once the locks are held.
_ATTEMPTS = 10


class Group(NamedTuple):
    """A group that a task changes: its ID, None while it does not exist, and names that the task uses for it."""

    id: str | None
    names: tuple = ()
    named: bool = True  # whether its present name is among them


@dataclass(frozen=True)
class Locks:
    """What a task locks.

    :param groups: ``groups(lookup, options)`` giving Groups; reads what the task reads anyway
    :param needed: ``needed(options)``: whether the task must not run without
    :param name_of: ``name_of(lookup, ID)`` giving a group's present name
    :param creates: ``creates(options)``: whether the task may create a group
    """

    groups: Callable[..., list[Group]]
    name_of: Callable[[Lookup, Any], Any]
    needed: Callable[[Any], bool] = lambda options: getattr(options, "state", None) == "absent"
    creates: Callable[[Any], bool] = lambda options: False


@contextlib.contextmanager
def locked(locks: Locks | None, options: Any, lookup: Lookup, waiting: Waiting, host: Host) -> Iterator[None]:
    """Hold the locks of the groups that a task changes, waiting for other runs as long as for a job.

    What ``lookup`` has read before holds afterwards unless another run has held one of the locks since.

    :raises SdrsError: another process holds one; it is named
    :raises Refused: no lock can be taken, and the task must not run without
    """
    with contextlib.ExitStack() as held:
        if locks and not host.check_mode:
            try:
                with doing("read the live state", only=(ApiError, AuthError, ConnectionFailed)):
                    held.enter_context(_acquired(locks, options, lookup, waiting, host.alive))
            except NotPrivate as problem:
                _unlocked(locks, options, lookup.api.client.settings, host.warn, problem)
        yield


def _unlocked(locks: Locks, options: Any, settings: Any, warn: Callable[[str], Any], problem: NotPrivate) -> None:
    if locks.needed(options) and not settings.allow_unlocked:
        raise Refused(
            "no lock can be taken that keeps other runs from changing the same protection group, nothing was sent: %s" % problem,
            remedy="Let XDG_STATE_HOME name a folder of yours that others cannot write; or, where no other run can be at work, as in a job "
            "container of its own, set allow_unlocked: true (SDRS_ALLOW_UNLOCKED=1).",
        )
    warn(one_line("runs at the same time are not kept apart: %s" % problem))


def _acquired(locks: Locks, options: Any, lookup: Lookup, waiting: Waiting, alive: Callable[[], Any]) -> contextlib.ExitStack:
    """The held locks as a context.

    :raises NotPrivate: no folder for locks can be used
    """
    learnt: dict = {}
    client = lookup.api.client
    with contextlib.ExitStack() as stack:
        files = LockFiles(stack, waiting, alive)
        for _attempt in range(_ATTEMPTS):
            begun = time.monotonic()
            groups = locks.groups(lookup, options)
            keys = _keys(groups, learnt, locks.creates(options))
            if not keys:
                break
            files.open((client.settings.url("sdrs").lower(), client.project_id))
            with contextlib.ExitStack() as held:
                if not files.take_all(held, keys, begun):
                    lookup.forget()
                    groups = locks.groups(lookup, options)
                unnamed = [group.id for group in groups if not group.named]
                if unnamed and files.creations():
                    learnt.update((group_id, locks.name_of(lookup, group_id)) for group_id in unnamed)
                if set(_keys(groups, learnt, locks.creates(options))) <= set(keys):
                    return held.pop_all()
            lookup.forget()
        else:
            raise SdrsError("other runs keep changing what this task is about", retryable=True, remedy="Run the task again.")
    return contextlib.ExitStack()


def _keys(groups: list[Group], learnt: dict, creates: bool) -> dict[tuple[str, str], str]:
    """``{key: what messages call it}``; IDs come before names, whatever the order of the groups."""
    keys: dict[tuple[str, str], str] = {CREATING: "a new protection group"} if creates and groups else {}
    for group in groups:
        names = [name for name in (*group.names, learnt.get(group.id)) if name]
        shown = (names or [group.id])[0]
        keys.update({("name", name): name for name in names})
        if group.id:
            keys["id", group.id.lower()] = shown
    return keys
