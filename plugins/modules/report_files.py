# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: report_files
short_description: Write several small files in one task
version_added: 1.0.0
description:
  - Writes the reports and the records of the roles of this collection in a single task, so that a runbook loses no time with files.
    Each file is replaced atomically.
  - Sends nothing to the cloud.
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
extends_documentation_fragment:
  - cloud_dr.sdrs.attributes.local
options:
  files:
    description: The files, as a mapping of absolute paths to their text. Missing folders are created.
    type: dict
  absent:
    description: Absolute paths of files to remove.
    type: list
    elements: path
  sums:
    description:
      - Name of a file beside each of O(files) to which the SHA-256 digest of the written file is appended, in the format of C(sha256sum -c). It shows
        whether a file is changed later.
    type: str
    version_added: 1.0.0
  keep:
    description:
      - Do not replace existing files. If a path of O(files) already exists, a number is added to all names, as in C(drill-2026-11-23T160000Z-2.html);
        see RV(paths). Two runs that write the same names at the same time get different names.
    type: bool
    default: false
    version_added: 1.0.0
  fallback:
    description:
      - Do not fail if a file cannot be written or removed. A file that cannot be written is written below C($XDG_STATE_HOME/cloud_dr.sdrs/reports), by
        default C(~/.local/state/cloud_dr.sdrs/reports), or if that fails, too, to a new temporary folder, with a warning.
    type: bool
    default: false
seealso:
  - plugin: cloud_dr.sdrs.report_files
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Keep what a rehearsal came to
  cloud_dr.sdrs.report_files:
    files: "{{ {playbook_dir ~ '/evidence/rehearsal.json': {'verdict': 'passed'} | to_nice_json} }}"
"""

RETURN = r"""
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
paths:
  description: Where each file of O(files) was written, by its requested path; null if it could not be written anywhere.
  returned: success
  type: dict
  sample: {/srv/evidence/erp/drill.json: /srv/evidence/erp/drill.json}
problems:
  description: Files that could not be written or removed, and where they were written instead, as sentences.
  returned: success
  type: list
  elements: str
  sample: []
# docs_blocks: local_error
error:
  description: Message and details of the failure.
  returned: failure
  type: dict
  sample: {message: "/srv/evidence: Permission denied", retryable: false}
"""

from ..module_utils._module.argument_spec import Spec
from ..module_utils._module.host import run_module
from ..module_utils._reports import report_files
from ..module_utils._engine.declaration import Local

SPEC = Spec(
    {
        "files": {"type": "dict"},
        "absent": {"type": "list", "elements": "path"},
        "sums": {"type": "str"},
        "keep": {"type": "bool", "default": False},
        "fallback": {"type": "bool", "default": False},
    },
    required_one_of=[("files", "absent")],
)
DECLARATION = Local(report_files.write, rules=report_files.RULES, bulky=("files",))


def main():
    run_module(SPEC, DECLARATION)


if __name__ == "__main__":
    main()
