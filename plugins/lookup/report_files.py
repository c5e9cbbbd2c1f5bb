# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: report_files
short_description: Saved reports of a protection group, newest first
version_added: 0.2.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Reads JSON files that roles of this collection saved. A file that cannot be read or holds no mapping is left out with a warning.
options:
  _terms:
    description: Paths, in which V(*) stands for any text. The files of each are sorted by name, backwards, which puts the newest first.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show how the last drill ended
  ansible.builtin.debug:
    msg: "{{ (query('cloud_dr.sdrs.report_files', 'reports/erp/drill-*.json') | first).verdict }}"
"""

RETURN = r"""
_raw:
  description: What the files hold, with C(path) added.
  type: list
  elements: dict
"""

import glob
import json
import os

from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible.utils.unsafe_proxy import wrap_var

from ..module_utils._errors import one_line
from ..module_utils._text import without_reserved

display = Display()


class LookupModule(LookupBase):
    def run(self, terms, variables=None, **kwargs):
        self.set_options(var_options=variables, direct=kwargs)
        found = []
        for term in terms:
            for path in sorted(glob.glob(os.path.expanduser(str(term))), reverse=True):
                content = _content(path)
                if content is not None:
                    found.append(dict(content, path=path))
        return wrap_var(without_reserved(found))


def _content(path):
    try:
        with open(path, encoding="utf-8") as stream:
            content = json.load(stream)
    except (OSError, ValueError) as error:
        display.warning(one_line("%s is left out: %s" % (path, error)))
        return None
    if not isinstance(content, dict):
        display.warning(one_line("%s is left out: it holds no mapping" % path))
        return None
    return content
