#!/usr/bin/python

# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_journal
short_description: Keep the journal of a recovery plan's run
version_added: 1.0.0
description:
  - Begins, continues and ends the journal of a run of a recovery plan, a file that is only ever appended to, and that nobody else can read or write.
  - An unfinished journal is a lock. Beginning fails while another run is at work, and names it; a run that was interrupted is taken up.
  - A journal that cannot be written goes where M(cloud_dr.sdrs.report_files) puts files that cannot be written, and if that fails, too, there is none; a
    recovery goes on without.
  - Sends nothing to the cloud.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.attributes.local
options:
  path:
    description: Absolute path of the journal.
    type: path
    required: true
  action:
    description: What to do.
    type: str
    required: true
    choices: [begin, append, read, finish]
  run:
    description:
      - For O(action=begin), what tells runs of one plan from each other, C(plan), C(operation), C(active_site) and C(project), and what else to note.
    type: dict
  entries:
    description: What to append. Each gets C(at), the time, unless it has one.
    type: list
    elements: dict
  take_over:
    description: ID of a run that is at work elsewhere or cannot be told to have ended, and is to be taken up all the same.
    type: str
seealso:
  - module: cloud_dr.sdrs.report_files
"""

EXAMPLES = r"""
- name: Note the end of a tier
  cloud_dr.sdrs.recovery_journal:
    path: /srv/evidence/site/.switch.jsonl
    action: append
    entries:
      - {event: tier, name: databases, status: up}
"""

RETURN = r"""
journal:
  description:
    - What the journal tells, C(id) of the run, C(path), C(requested), the time at which its first attempt began, C(resumed), whether it is an interrupted one,
      C(up), the tiers that were up, C(acknowledged), the manual steps, C(drills), the IDs of the drills it made, and C(notes).
  returned: success
  type: dict
  sample: {id: 20261123T130501Z-4711, resumed: false, up: [], acknowledged: [], notes: []}
entries:
  description: Everything that it holds, with O(action=read).
  returned: success
  type: list
  elements: dict
  sample: [{event: begun, at: "2026-11-23T13:05:01.123Z"}]
# docs_blocks: local_operations
operations:
  description: Always empty, as nothing is done in the cloud.
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
  description: What went wrong.
  returned: failure
  type: dict
  sample: {message: "recovery plan site is being run by ops on jump-1 since 2026-11-23T13:05:01Z (process 4711)", retryable: true}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._recovery import journal
from ..module_utils._engine.declaration import Local

SPEC = Spec(
    {
        "path": {"type": "path", "required": True},
        "action": {"type": "str", "choices": ["begin", "append", "read", "finish"], "required": True},
        "run": {"type": "dict"},
        "entries": {"type": "list", "elements": "dict"},
        "take_over": {"type": "str"},
    },
    required_if=[("action", "begin", ("run",)), ("action", "append", ("entries",))],
)
DECLARATION = Local(journal.act, rules=journal.RULES, options=journal.Options)


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
