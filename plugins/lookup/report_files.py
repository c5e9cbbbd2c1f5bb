# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: report_files
short_description: Saved reports of a protection group, newest first
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Reads JSON files that roles of this collection saved. Files that are not regular, very large, unreadable or without a mapping are left
    out with a warning.
options:
  _terms:
    description: Paths, in which V(*) matches any text. The files of each path are sorted by name in reverse order, so that the newest come first.
    type: list
    elements: str
    required: true
  record:
    description:
      - The paths are those of records of runs. Each is also searched in the folder to which M(cloud_dr.sdrs.report_files) with
        O(cloud_dr.sdrs.report_files#module:fallback) writes; the newer of the two files is read.
      - A file is left out unless it belongs to this user, has no other hard link, and can be written by nobody else.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show how the last drill ended
  ansible.builtin.debug:
    msg: "{{ (query('cloud_dr.sdrs.report_files', 'reports/erp/drill-*.json') | first).verdict }}"
"""

RETURN = r"""
_raw:
  description: The contents of the files, with C(path) added.
  type: list
  elements: dict
"""

from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._cloud.text import without_reserved
from ..plugin_utils import _records

display = Display()


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        read = _records.record if self.get_option("record") else _records.reports
        found = []
        for term in terms:
            contents, problems = read(str(term))
            found += contents
            for problem in problems:
                display.warning(problem)
        return wrap_var(without_reserved(found))
