# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import asyncio
import importlib
import logging
import sys
import types
from pathlib import Path

DOCUMENTATION = r"""
module: sdrs_events
short_description: Status changes, faults and failed tasks of SDRS as events
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Compares the service's lists with the previous ones, and emits an event for each difference. Objects that exist at the first start cause no events.
  - With O(state_file), a restarted source resumes where it stopped. It emits events for changes that happened in the meantime, and repeats none.
  - "Every event has C(sdrs.event): V(status) (C(old), C(new); null if the object did not exist or is gone), V(production_site) (the same),
    V(fault_level) of a replication pair (the same), V(failed_task) (C(task), as the service lists it), V(unreachable) and V(reachable) (C(message))."
  - Events about an object have C(resource_type), C(id), C(name) and C(server_group) with its C(id) and C(name).
options:
  interval:
    description:
      - Seconds between polls, from 1 to 86400. A poll needs five requests, and one more for each group with a failure. The first
        poll queries every group for earlier failures.
    type: float
    default: 60
  server_groups:
    description:
      - Only these protection groups, by name or ID. A string counts as one name. An empty list is refused; leave the option out to watch all groups.
      - A group that does not exist is logged as a warning, since it may be created later.
    type: list
    elements: str
  state_file:
    description:
      - File that stores the last state, and the events that ansible-rulebook has not accepted yet. Without it, a restart starts with a new state, and changes
        that happen while the source is down cause no events.
      - Nobody else may be able to write to its folder; a missing folder is created. Each source needs its own file. An empty string counts as
        not set.
      - An event counts as delivered once ansible-rulebook has accepted it, or with O(feedback) once its actions have ended. An event that is being accepted
        while the process is killed may be repeated, with the same C(meta.uuid).
    type: path
  feedback:
    description: Evaluated by ansible-rulebook, which requires C(--persistence-id) with it. An event then counts as delivered when the rules have processed it.
    type: bool
    default: false
extends_documentation_fragment:
  - cloud_dr.sdrs.auth
"""

EXAMPLES = r"""
- cloud_dr.sdrs.sdrs_events:
    region: eu-de
    interval: 60
    state_file: ~/.local/state/cloud_dr.sdrs/events.json

# Credentials as variables, as EDA controllers inject them; those that are empty come from the environment.
- cloud_dr.sdrs.sdrs_events:
    region: "{{ sdrs_region | default('') }}"
    access_key: "{{ sdrs_access_key | default('') }}"
    secret_key: "{{ sdrs_secret_key | default('') }}"
"""

_KINDS = (
    ("server_group", "list_server_groups"), ("protected_instance", "list_protected_instances"), ("replication", "list_replications"),
    ("drill", "list_drills"),
)
_WATCHED = (("status", "status"), ("priority_station", "production_site"), ("fault_level", "fault_level"))
_OWN = ("interval", "server_groups", "state_file", "feedback")
_FAILED = ("error", "fault", "invalid")
_SHORTEST, _LONGEST = 1, 86400
_QUICK, _PAUSE = 100, 0.005
_LOG = logging.getLogger(__name__)


async def main(queue, args):
    """Entry point of ansible-rulebook: put events into ``queue`` until cancelled.

    :raises ConfigError: the options are wrong
    :raises AuthError: the credentials are rejected, which is never tried again
    """
    api, errors = _connect(args)
    interval, wanted = _options(args)
    watch, problem, settings = Watch(api, wanted), None, api.client.settings
    about = [settings.url("sdrs").lower(), settings.project_id or settings.project_name, wanted]
    with _collection().event_state.opened(args.get("state_file"), about, _warn) as state:
        watch.restore(state)
        await _deliver(queue, state, args.get("eda_feedback_queue"))
        while True:
            try:
                events = await asyncio.to_thread(watch.look)
                if state.lost:
                    events.insert(0, {"event": "reachable", "message": "the service responds again"})
                state.lost = False
            except (errors.AuthError, errors.ConfigError):
                raise
            except errors.SdrsError as error:
                events = [] if state.lost else [{"event": "unreachable", "message": str(error)}]
                state.lost = True
            except Exception as error:  # pylint: disable=broad-except
                problem = errors.unexpected(error)
            if problem:
                # Not where the exception is being handled: its text would be logged.
                raise errors.SdrsError(problem)
            state.keep(watch.seen, watch.tasks, [_inert(event) for event in events])
            await _deliver(queue, state, args.get("eda_feedback_queue"))
            await asyncio.sleep(interval)


def _warn(message):
    _LOG.warning("%s", _collection().errors.masked(message))


def _inert(event):
    cloud = _collection()
    return cloud.text.inert(cloud.errors.masked_data(event))


async def _deliver(queue, state, feedback=None):
    """Put what is pending into the queue; with a file, each counts once it has been taken."""
    while state.pending:
        event = {"sdrs": state.pending[0], **({"meta": {"uuid": state.number()}} if state.kept else {})}
        await queue.put(event)
        if feedback is not None:
            await feedback.get()
        elif state.kept:
            # ansible-rulebook's queue is inside one that filters. Looked at often: what is taken and not yet noted would come again after a kill.
            looks = 0
            while not getattr(queue, "queue", queue).empty():
                looks += 1
                await asyncio.sleep(0 if looks < _QUICK else _PAUSE)
        state.delivered()


def _collection():
    """The parts of the collection that talk to the service: nothing of Ansible is imported."""
    # Not resolved: the collection may be a link in the tree that makes it importable.
    tree = str(Path(__file__).absolute().parents[7]) if len(Path(__file__).absolute().parents) > 7 else ""
    if tree not in sys.path:
        sys.path.append(tree)
    parts = ("_cloud.api", "_cloud.client", "_cloud.errors", "_cloud.event_state", "_cloud.settings", "_cloud.text", "_cloud.transport",
             "_cloud.validate", "_module.argument_spec")
    base = "ansible_collections.cloud_dr.sdrs.plugins.module_utils."
    return types.SimpleNamespace(**{part.split(".")[1]: importlib.import_module(base + part) for part in parts})


def _connect(args):
    """``(Api, the module of errors)``."""
    cloud = _collection()
    if cloud.transport.MISSING_REQUESTS:
        raise cloud.errors.ConfigError("cloud_dr.sdrs.sdrs_events requires the Python library requests: %s" % cloud.transport.MISSING_REQUESTS)
    cloud.settings.remember(args)
    # ansible-rulebook adds arguments of its own, with this prefix.
    unknown = sorted(str(key) for key in args if key not in _OWN and key not in cloud.argument_spec.CONNECTION.options and not str(key).startswith("eda_"))
    if unknown:
        raise cloud.errors.ConfigError("unknown argument %s; valid "
                                       "arguments: %s" % (", ".join(unknown), ", ".join([*_OWN, *cloud.argument_spec.CONNECTION.options])))
    _options(args)
    settings = cloud.settings.resolve({key: value for key, value in args.items() if key in cloud.argument_spec.CONNECTION.options})
    return cloud.api.Api(cloud.client.Client(settings, warn=_warn)), cloud.errors


def _options(args):
    """``(interval, server_groups)``; ConfigError when one is wrong."""
    cloud = _collection()
    interval, wanted, path = args.get("interval"), args.get("server_groups"), args.get("state_file")
    if path is not None and not isinstance(path, str):
        raise cloud.errors.ConfigError("state_file: must be the path of a file")
    interval = 60.0 if interval is None else cloud.validate.number("interval", interval, cloud.validate.Between(_SHORTEST, _LONGEST))
    wanted = [wanted] if isinstance(wanted, str) and wanted else wanted or (wanted if isinstance(wanted, list) else None)
    if wanted is not None and not (isinstance(wanted, list) and wanted and all(isinstance(name, str) and name.strip() for name in wanted)):
        raise cloud.errors.ConfigError("server_groups: must be a list of names or IDs, or one name; leave it out to watch all")
    return interval, wanted and [name.strip() for name in wanted]


class Watch:
    """What was seen last; ``look()`` gives the events since."""

    def __init__(self, api, server_groups=None):
        self._api, self._wanted, self._missing = api, set(server_groups or ()), None
        self.seen, self.tasks, self._anew = None, set(), True

    def restore(self, state):
        """Go on from a former look."""
        self.seen, self.tasks = state.seen, state.tasks

    def look(self):
        """Read the lists once and compare; the first time nothing is an event."""
        read = {kind: self._api.list(call) for kind, call in _KINDS}
        listed = {kind: self._api.sound(objects) for kind, objects in read.items()}
        groups = {group["id"]: group for group in listed["server_group"] if not self._wanted or {group["id"], group.get("name")} & self._wanted}
        missing = sorted(self._wanted - {name for group in groups.values() for name in (group["id"], group.get("name"))})
        if missing != self._missing and missing:
            _LOG.warning("no protection group is named %s; it will be watched once it exists", ", ".join(missing))
        self._missing = missing
        now = {}
        for kind, objects in listed.items():
            for entry in objects:
                group = groups.get(entry["id"] if kind == "server_group" else entry.get("server_group_id"))
                if group:
                    about = {"resource_type": kind, "id": entry["id"], "name": entry.get("name"), "server_group": _named(group)}
                    now[kind, entry["id"]] = (about, {field: entry.get(field) for field, _event in _WATCHED})
        for key, seen in (self.seen or {}).items():
            # An object that cannot be read just now is not gone.
            if len(listed[key[0]]) < len(read[key[0]]):
                now.setdefault(key, seen)
        events = self._changes(now) if self.seen is not None else []
        failed = {event["server_group"]["id"] for event in events if event["event"] == "status" and str(event["new"]).startswith(_FAILED)}
        # After a start every group is asked, later only those in which something fails. What failed before the first start is no event.
        told, tasks = self._failed_tasks([None, *sorted(groups if self._anew else failed)], groups, self.seen is None)
        # All at once, at the end: what is told of a look that fails half-way would be lost.
        self.seen, self.tasks, self._anew = now, tasks, False
        return events + told

    def _changes(self, now):
        events = []
        for key in [*self.seen, *(key for key in now if key not in self.seen)]:
            about = (now.get(key) or self.seen.get(key))[0]
            old, new = (found[key][1] if key in found else {} for found in (self.seen, now))
            for field, event in _WATCHED:
                # An object that came or went is one event, not one for each field.
                if old.get(field) != new.get(field) and (field == "status" or (old and new)):
                    events.append(dict(about, event=event, old=old.get(field), new=new.get(field)))
        return events

    def _failed_tasks(self, group_ids, groups, first):
        events, known = [], set(self.tasks)
        for group_id in group_ids:
            for task in self._api.sound(self._api.list("list_failed_tasks", {"server_group_id": group_id})):
                number = (task.get("job_id"), task.get("resource_id"))
                # The list without a group is that of the groups themselves (semantics.md, section 7).
                group = groups.get(group_id or task.get("server_group_id") or task.get("resource_id"))
                if number in known or (self._wanted and not group):
                    continue
                known.add(number)
                if not first:
                    events.append({"event": "failed_task", "resource_type": task.get("resource_type"), "id": task.get("resource_id"),
                                   "name": task.get("resource_name"), "server_group": _named(group or {}), "task": task})
        return events, known


def _named(group):
    return {key: group.get(key) for key in ("id", "name")}
