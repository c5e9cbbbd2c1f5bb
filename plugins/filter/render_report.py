# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: render_report
short_description: A report as HTML, Markdown, JSON or JUnit XML
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Renders what P(cloud_dr.sdrs.run_report#filter) made. The HTML page needs nothing from elsewhere.
options:
  _input:
    description: The report.
    type: dict
    required: true
  form:
    description: The form; V(xml) is JUnit XML.
    type: str
    required: true
    choices: [html, md, json, xml]
"""

EXAMPLES = r"""
- name: Keep the page
  ansible.builtin.copy:
    content: "{{ drill_report | cloud_dr.sdrs.render_report('html') }}"
    dest: /tmp/drill.html
    mode: "0644"
"""

RETURN = r"""
_value:
  description: The text.
  type: str
"""

from ..plugin_utils._filters import as_filter
from ..plugin_utils._report_formats import render


class FilterModule:
    def filters(self):
        return {"render_report": as_filter(render)}
