# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: run_report
short_description: What a run of a runbook came to
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Makes a report with a verdict of what the roles of this collection gather while a drill or a failover runs.
  - Its form is published in C(docs/report.schema.json).
options:
  _input:
    description:
      - A mapping with C(what) (such as V(drill)), C(server_group), C(readiness), C(milestones), C(results), C(servers), C(steps),
        C(clean_up), C(errors), C(notes), C(rpo), C(target_seconds), C(check_mode) and C(run); all but C(what) can be left out.
      - With C(journal), the path of a journal of M(cloud_dr.sdrs.run_journal), most of them are what the journal tells.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Evaluate the run
  ansible.builtin.set_fact:
    drill_report: "{{ drill_run | cloud_dr.sdrs.run_report }}"
"""

RETURN = r"""
_value:
  description:
    - The report. C(verdict) is V(passed), V(failed) or, in check mode, V(check); C(reasons) says why it failed; C(measured_seconds) is the
      recovery time, from the first milestone to the last check that passed.
  type: dict
"""

from pathlib import Path

from ..plugin_utils import _ending
from ..plugin_utils._ending_lines import typed_again
from ..plugin_utils._filters import as_filter
from ..plugin_utils._journal import with_journal
from ..plugin_utils._recovery_ending import ended, of_report
from ..plugin_utils._report import build, commit
from ..plugin_utils._typed import typed


def _report(run):
    """The report, with the last lines of the screen: what is true, what was done, what was not, what to type."""
    if isinstance(run, dict) and "plan" in run:
        report = build(dict(with_journal(run), commit=commit(Path.cwd())))
        report = of_report(report, run)
        given = {"operation": run.get("what"), "plan": run.get("plan"), "state": run.get("state"), "report": report, "check_mode": run.get("check_mode")}
        return _with_next(report, ended(given), True)
    run = with_journal(run)
    report = build(dict(run, commit=commit(Path.cwd())))
    ending = _ending.ending(dict(run, reasons=report["reasons"], measured=report["measured_seconds"]))
    report.update({key: ending[key] for key in ("state", "done", "not_done")})
    return _with_next(report, dict(ending, host=str(run.get("host") or ending["subject"])), False)


def _with_next(report, ending, local):
    following, report["next"] = ending["next"], []
    if following and following.get("only"):
        report["next"] = [following["why"]]
    elif following:
        words, _left_out = typed_again(typed([], local), following, [ending["host"]], [ending["confirm"]])
        report["next"] = [following["why"], " ".join(words)]
    return report


class FilterModule:
    def filters(self):
        return {"run_report": as_filter(_report)}
