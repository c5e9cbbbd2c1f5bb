# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
import sys
from pathlib import Path

DOCUMENTATION = r"""
module: sdrs_events
short_description: Status changes, faults and failed tasks of SDRS as events
version_added: 0.2.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Compares what the service lists with what it listed before, and makes an event of each difference. What is there when it starts is no event.
  - "Every event has C(sdrs.event): V(status) (C(old), C(new); null where the object did not exist or is gone), V(production_site) (the same),
    V(fault_level) of a replication pair (the same), V(failed_task) (C(task), as the service lists it), V(unreachable) and V(reachable) (C(message))."
  - Events about an object have C(resource_type), C(id), C(name) and C(server_group) with its C(id) and C(name).
  - Texts in events are fit to be printed and to be passed on as variables. Control characters become escapes such as C(\x1b), and where
    a template could begin a space is put in, since rulebooks pass events to playbooks as extra variables, which Ansible takes for templates.
options:
  interval:
    description:
      - Seconds between two looks; each costs five calls, and one more for a group in which something failed. The first look asks every
        group for what failed before.
    type: float
    default: 60
  server_groups:
    description: Only these protection groups, by name or ID.
    type: list
    elements: str
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
"""

EXAMPLES = r"""
- cloud_dr.sdrs.sdrs_events:
    region: eu-de
    interval: 60
"""

_KINDS = (
    ("server_group", "list_server_groups"), ("protected_instance", "list_protected_instances"), ("replication", "list_replications"),
    ("drill", "list_drills"),
)
_WATCHED = (("status", "status"), ("priority_station", "production_site"), ("fault_level", "fault_level"))
_FAILED = ("error", "fault", "invalid")
_SHORTEST = 1.0


async def main(queue, args):
    """Entry point of ansible-rulebook: put events into ``queue`` until cancelled.

    :raises ConfigError: the options are wrong
    :raises AuthError: the credentials are rejected, which is never tried again
    """
    api, errors = _connect(args)
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._text import inert

    interval, watch = max(_SHORTEST, float(args.get("interval") or 60)), Watch(api, args.get("server_groups"))
    lost = False
    while True:
        try:
            events = await asyncio.to_thread(watch.look)
            if lost:
                events.insert(0, {"event": "reachable", "message": "the service answers again"})
            lost = False
        except (errors.AuthError, errors.ConfigError):
            raise
        except errors.SdrsError as error:
            events = [] if lost else [{"event": "unreachable", "message": str(error)}]
            lost = True
        for event in events:
            await queue.put({"sdrs": inert(event)})
        await asyncio.sleep(interval)


def _connect(args):
    # Not resolved: the collection may be a link in the tree that makes it importable.
    tree = str(Path(__file__).absolute().parents[7]) if len(Path(__file__).absolute().parents) > 7 else ""
    if tree not in sys.path:
        sys.path.append(tree)
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils import _api, _client, _errors, _settings

    if _client.MISSING_REQUESTS:
        raise _errors.ConfigError("cloud_dr.sdrs.sdrs_events needs the Python library requests: %s" % _client.MISSING_REQUESTS)
    own = {"interval", "server_groups"}
    return _api.Api(_client.Client(_settings.resolve({key: value for key, value in args.items() if key not in own}))), _errors


class Watch:
    """What was seen last; ``look()`` gives the events since."""

    def __init__(self, api, server_groups=None):
        self._api, self._wanted = api, set(server_groups or ())
        self._seen, self._tasks = None, set()

    def look(self):
        """Read the lists once and compare; the first time nothing is an event."""
        listed = {kind: self._api.list(call) for kind, call in _KINDS}
        groups = {group["id"]: group for group in listed["server_group"] if not self._wanted or {group["id"], group.get("name")} & self._wanted}
        now = {}
        for kind, objects in listed.items():
            for entry in objects:
                group = groups.get(entry["id"] if kind == "server_group" else entry.get("server_group_id"))
                if group:
                    about = {"resource_type": kind, "id": entry["id"], "name": entry.get("name"), "server_group": _named(group)}
                    now[kind, entry["id"]] = (about, {field: entry.get(field) for field, _event in _WATCHED})
        events = self._changes(now) if self._seen is not None else []
        failed = {event["server_group"]["id"] for event in events if event["event"] == "status" and str(event["new"]).startswith(_FAILED)}
        # What failed before the start is known afterwards; later only groups in which something fails are asked.
        events += self._failed_tasks([None, *sorted(groups if self._seen is None else failed)], groups, self._seen is None)
        self._seen = now
        return events

    def _changes(self, now):
        events = []
        for key in [*self._seen, *(key for key in now if key not in self._seen)]:
            about = (now.get(key) or self._seen.get(key))[0]
            old, new = (found[key][1] if key in found else {} for found in (self._seen, now))
            for field, event in _WATCHED:
                # An object that came or went is one event, not one for each field.
                if old.get(field) != new.get(field) and (field == "status" or (old and new)):
                    events.append(dict(about, event=event, old=old.get(field), new=new.get(field)))
        return events

    def _failed_tasks(self, group_ids, groups, first):
        events = []
        for group_id in group_ids:
            for task in self._api.list("list_failed_tasks", {"server_group_id": group_id}):
                number = (task.get("job_id"), task.get("resource_id"))
                # The list without a group is that of the groups themselves (SEMANTICS, section 7).
                group = groups.get(group_id or task.get("server_group_id") or task.get("resource_id"))
                if number in self._tasks or (self._wanted and not group):
                    continue
                self._tasks.add(number)
                if not first:
                    events.append({"event": "failed_task", "resource_type": task.get("resource_type"), "id": task.get("resource_id"),
                                   "name": task.get("resource_name"), "server_group": _named(group or {}), "task": task})
        return events


def _named(group):
    return {key: group.get(key) for key in ("id", "name")}
