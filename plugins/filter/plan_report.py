# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: plan_report
short_description: What a check of a topology found
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Turns the result of M(cloud_dr.sdrs.sdrs_topology) in check mode into a report with a verdict.
options:
  _input:
    description: The result, failed or not.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Compare with what git says
  cloud_dr.sdrs.sdrs_topology:
    server_groups: "{{ topology_server_groups }}"
  check_mode: true
  register: planned
  failed_when: false

- name: Show the verdict
  ansible.builtin.debug:
    msg: "{{ (planned | cloud_dr.sdrs.plan_report).verdict }}"
"""

RETURN = r"""
_value:
  description:
    - C(verdict) is V(clean) when nothing differs, V(drift) when something would be changed, waits for failback, or differs without being
      changed by a topology, V(error) when the comparison or a part of it failed.
    - C(operations), C(counts) by operation, C(blocked), C(failed) and C(not_tried) parts, C(diff) as a unified diff, and C(message),
      the error of the comparison as a whole.
    - C(unmanaged), C(unmanaged_total), C(not_compared) and C(differing) as M(cloud_dr.sdrs.sdrs_topology) returns them. What is unmanaged or not
      compared is no drift.
  type: dict
"""

import difflib

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ..plugin_utils._filters import defined, plain

_PARTS = ("blocked", "failed", "not_tried")
_TOLD = ("unmanaged", "not_compared", "differing")


def plan_report(result):
    """``{verdict, operations, counts, blocked, failed, not_tried, unmanaged, not_compared, differing, diff, message}`` of a topology's result."""
    if not isinstance(defined(result), dict):
        raise AnsibleFilterError("plan_report wants the result of sdrs_topology, got %s" % type(result).__name__)
    branches = result.get("branches") or {}
    parts = {part: list(branches.get(part) or []) for part in _PARTS}
    operations = list(result.get("operations") or [])
    # A whole refused leaves no branches; what is blocked only waits.
    failed = bool(result.get("error") or result.get("exception")) and not (parts["blocked"] and not parts["failed"])
    failed = failed or "operations" not in result
    counts = {}
    for operation in operations:
        key = "%s %s" % (operation["operation"], operation["resource_type"])
        counts[key] = counts.get(key, 0) + 1
    # Names come from the service: nothing in them may be taken for a template.
    return wrap_var({
        "verdict": "error" if failed else "drift" if operations or parts["blocked"] or result.get("differing") else "clean",
        "operations": operations,
        "counts": dict(sorted(counts.items())),
        **parts,
        **{key: plain(result.get(key) or []) for key in _TOLD},
        "unmanaged_total": result.get("unmanaged_total") or 0,
        "diff": _unified(result.get("diff") or {}),
        "message": result.get("msg") if failed else None,
    })


def _unified(diff):
    before, after = (str(diff.get(side) or "").splitlines() for side in ("before", "after"))
    return "\n".join(difflib.unified_diff(before, after, "live", "wanted", lineterm="", n=20))


class FilterModule:
    def filters(self):
        return {"plan_report": plan_report}
