# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the role drill; each is documented in a file of its own beside this one."""

from __future__ import annotations

from ansible.parsing.dataloader import DataLoader

from ..plugin_utils import _drill
from ..plugin_utils._filters import as_filter, plain


def _verify_tasks(text):
    return _drill.verify_tasks(plain(DataLoader().load(text)))


class FilterModule:
    def filters(self):
        return {
            "drill_servers": as_filter(_drill.servers),
            "drill_with_checks": as_filter(_drill.with_checks),
            "drill_probed": as_filter(_drill.probed),
            "drill_subnets": as_filter(_drill.subnets),
            "drill_made": as_filter(_drill.made_by_service),
            "drill_disposable_vpcs": as_filter(_drill.disposable),
            "drill_verify_tasks": as_filter(_verify_tasks),
            "drill_unreachable": as_filter(_drill.unreachable),
            "drill_status": as_filter(_drill.status),
        }
