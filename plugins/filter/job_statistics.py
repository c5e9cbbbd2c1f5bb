# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: job_statistics
short_description: Verdicts about hosts as statistics of a job
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Makes data for M(ansible.builtin.set_stats) that AWX can merge over the slices of a job.
  - AWX merges the statistics of slices, and of the jobs of a workflow, key by key, and gives them to the jobs after them as extra variables. So
    every host has a key of its own, and every key begins with C(sdrs_).
positional: subject
options:
  _input:
    description: The verdict about each host.
    type: dict
    required: true
  subject:
    description: What the verdicts are about, such as V(plan).
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Note the verdicts
  ansible.builtin.set_stats:
    data: "{{ {'erp': 'clean', 'crm-1': 'drift'} | cloud_dr.sdrs.job_statistics('plan') }}"
"""

RETURN = r"""
_value:
  description:
    - For each host C(sdrs_<subject>__<host>) with its C(name) and C(verdict). A host whose name is not an identifier gets one like it, with a digest.
    - For each verdict that occurs C(sdrs_<subject>_<verdict>), which is V(true).
  type: dict
  sample:
    sdrs_plan__erp: {name: erp, verdict: clean}
    sdrs_plan_clean: true
"""

import hashlib
import re

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ..plugin_utils._filters import defined

_LONGEST = 64


def job_statistics(verdicts, subject):
    """``{key: value}`` for set_stats; a key of one slice never replaces another value of another slice."""
    if not isinstance(defined(verdicts), dict):
        raise AnsibleFilterError("job_statistics wants the verdict about each host as a mapping, got %s" % type(verdicts).__name__)
    found = {"sdrs_%s_%s" % (subject, _identifier(verdict)): True for verdict in verdicts.values()}
    found.update(("sdrs_%s__%s" % (subject, _identifier(host)), {"name": host, "verdict": verdict}) for host, verdict in verdicts.items())
    return wrap_var(dict(sorted(found.items())))


def _identifier(text):
    name = re.sub(r"[^A-Za-z0-9_]", "_", str(text))[:_LONGEST]
    return name if name == text else "%s_%s" % (name, hashlib.sha256(str(text).encode("utf-8", "surrogatepass")).hexdigest()[:8])


class FilterModule:
    def filters(self):
        return {"job_statistics": job_statistics}
