# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the role drill; each is documented in a file of its own beside this one."""

from __future__ import annotations

import os

from ansible.parsing.dataloader import DataLoader
from ansible.utils.vars import load_extra_vars

from ..plugin_utils import _drill, _drill_own, _guards, _records
from ..plugin_utils._filters import as_filter, plain
from ..plugin_utils._options import options
from .evidence import linted
from .user_path import user_path


def _verify_tasks(text):
    return _drill.verify_tasks(plain(DataLoader().load(text)))


def _problems(replace, asked=None):
    """Why a drill must not begin: a file that Ansible cannot read would end the run before the drill is removed."""
    asked, problems = asked or {}, _guards.drill_problems(replace, list(load_extra_vars(DataLoader())))
    problems += _guards.misspelled(asked.get("names") or [], options(), "drill")
    for name in filter(None, (asked.get("verify_tasks"), asked.get("report_tasks"))):
        path = user_path(name)
        if not os.path.isfile(path):
            problems.append("%s does not exist; relative paths begin in the folder in which ansible-playbook was started" % path)
            continue
        if name != asked.get("verify_tasks"):
            continue  # evidence must not stop a drill: the role report looks at its file
        found = linted([name], asked.get("variables"))
        problems += found
        if not found:
            problems += ["%s: %s" % (name, each) for each in _drill.verify_tasks(plain(DataLoader().load_from_file(path)))["problems"]]
    if asked.get("probe_host") and asked["probe_host"] not in (asked.get("hosts") or []):
        problems.append("drill_probe_host: no host of the inventory is named '%s'" % asked["probe_host"])
    return problems


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
            "drill_checked_by": as_filter(_drill.checked_by),
            "drill_status": as_filter(_drill.status),
        }
