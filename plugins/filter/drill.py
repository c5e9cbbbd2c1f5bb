# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the role drill; each is documented in a file of its own beside this one."""

from __future__ import annotations

from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

from ..plugin_utils import _drill, _drill_own, _guards, _records
from ..plugin_utils._filters import as_filter, plain


def _verify_tasks(text):
    return _drill.verify_tasks(plain(DataLoader().load(text)))


def _problems(replace):
    return _guards.drill_problems(replace, list(load_extra_vars(DataLoader())))


def _standing(drills, run):
    return _drill_own.standing(drills, dict(run, running=_records.running((run.get("saved") or [{}])[0])))


def _begin(run, drills, vpcs=None):
    return _drill_own.begin(dict(run, process=_records.process()), drills, vpcs)


class FilterModule:
    def filters(self):
        return {
            "drill_servers": as_filter(_drill.servers),
            "drill_with_checks": as_filter(_drill.with_checks),
            "drill_probed": as_filter(_drill.probed),
            "drill_subnets": as_filter(_drill.subnets),
            "drill_problems": as_filter(_problems),
            "drill_standing": as_filter(_standing),
            "drill_begin": as_filter(_begin),
            "drill_own": as_filter(_drill_own.own),
            "drill_vpc_fates": as_filter(_drill_own.vpc_fates),
            "drill_verify_tasks": as_filter(_verify_tasks),
            "drill_unreachable": as_filter(_drill.unreachable),
            "drill_status": as_filter(_drill.status),
        }
