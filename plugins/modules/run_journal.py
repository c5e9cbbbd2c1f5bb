#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run_journal
short_description: Keep the journal of a run
version_added: 1.0.0
description:
  - Starts, continues and finishes the journal of a run of this collection's roles. The roles make their reports from it.
  - The journal is an append-only file that only its owner can read and write. It can have a record as well, a second file in which the next run finds
    what an interrupted run did. A record that cannot be written is written to the fallback folders of M(cloud_dr.sdrs.report_files). If that fails as
    well, or in check mode, there is only the journal.
  - The record of a recovery plan is a lock. O(action=begin) fails while another run is active, and names that run. An interrupted run is resumed.
  - Sends nothing to the cloud.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.attributes.local
options:
  path:
    description:
      - Absolute path of the journal. With O(action=begin), the journal of another run is replaced; what is no journal is left alone, and the task fails.
    type: path
    required: true
  action:
    description: What to do.
    type: str
    required: true
    choices: [begin, append, read, finish]
  run:
    description:
      - For O(action=begin), the keys that identify the run, and other data to record. With O(lock), at least C(plan), C(operation), C(active_site)
        and C(project).
    type: dict
  entries:
    description: The entries to append. Each gets the current time as C(at), unless it already has C(at).
    type: list
    elements: dict
  record:
    description:
      - For O(action=begin), absolute path of the record.
      - O(action=finish) renames a record with O(lock) to C(journal-ID.jsonl), and removes any other record.
    type: path
  keep:
    description: For O(action=begin), write the record. If V(false), an existing record is only removed when the run has finished.
    type: bool
    default: true
  resume:
    description: For O(action=begin), ID of the interrupted run to resume. Without it, a new run begins, unless O(lock) is set.
    type: str
  lock:
    description: For O(action=begin), the record is the lock of a recovery plan. It determines whether an interrupted run is resumed.
    type: bool
    default: false
  take_over:
    description: With O(lock), ID of an unfinished run to take over, if it is unknown whether that run is still active.
    type: str
seealso:
  - module: cloud_dr.sdrs.report_files
"""

EXAMPLES = r"""
- name: Note the end of a tier
  cloud_dr.sdrs.run_journal:
    path: /srv/work/journal.jsonl
    action: append
    entries:
      - {event: tier, name: databases, status: up}
"""

RETURN = r"""
journal:
  description:
    - Summary of the journal. C(id) of the run, C(path), C(requested), the time at which its first attempt began, C(resumed), whether it was interrupted,
      C(up), the tiers that were up, C(acknowledged), the manual steps, C(drills), the IDs of the drills it created, and C(notes).
  returned: success
  type: dict
  sample: {id: 20261123T130501Z-4711, resumed: false, up: [], acknowledged: [], notes: []}
entries:
  description: All entries of the journal, with O(action=read).
  returned: success
  type: list
  elements: dict
  sample: [{event: begun, at: "2026-11-23T13:05:01.123Z"}]
# docs_blocks: local_operations
operations:
  description: Always empty, because the module changes nothing in the cloud.
  returned: success
  type: list
  elements: dict
  sample: []
# docs_blocks: local_jobs
jobs:
  description: Always empty.
  returned: success
  type: list
  elements: dict
  sample: []
# docs_blocks: local_error
error:
  description: Message and details of the failure.
  returned: failure
  type: dict
  sample: {message: "recovery plan site is being run by ops on jump-1 since 2026-11-23T13:05:01Z (process 4711)", retryable: true}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._recovery import run_journal
from ..module_utils._engine.declaration import Local

SPEC = Spec(
    {
        "path": {"type": "path", "required": True},
        "action": {"type": "str", "choices": ["begin", "append", "read", "finish"], "required": True},
        "run": {"type": "dict"},
        "entries": {"type": "list", "elements": "dict"},
        "record": {"type": "path"},
        "keep": {"type": "bool", "default": True},
        "resume": {"type": "str"},
        "lock": {"type": "bool", "default": False},
        "take_over": {"type": "str"},
    },
    required_if=[("action", "begin", ("run",)), ("action", "append", ("entries",))],
)
DECLARATION = Local(run_journal.act, rules=run_journal.RULES, options=run_journal.Options, controller_only=True)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
