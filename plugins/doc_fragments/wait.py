# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait for the jobs this task starts. With V(false), they are returned in RV(ignore:jobs), which you can pass to
        M(cloud_dr.sdrs.sdrs_job_info) unchanged, and steps that depend on them are listed in RV(ignore:pending).
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait for one job, counted from its submission, from 0.1 to 604800. Use this, never the C(timeout) of the task, which would kill the
        task in the middle of its work.
      - After a time-out the job is still running; rerun the task to resume waiting.
    type: float
    default: 1800.0
  poll_interval:
    description:
      - Seconds between polls of a job, from 0.01 to 3600. By default the interval starts at 0.25 seconds and grows with the time waited, up to 10
        seconds (30 seconds when many jobs are polled together).
    type: float
"""
