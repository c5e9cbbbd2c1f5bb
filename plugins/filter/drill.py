# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters of the role drill; each is documented in a file of its own beside this one."""

from __future__ import annotations

import json

from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.utils.unsafe_proxy import wrap_var

from ..plugin_utils import _drill


def _filter(function):
    def filtered(*arguments):
        try:
            # Names come from the service: nothing in them may be taken for a template.
            return wrap_var(function(*(json.loads(json.dumps(argument, default=str)) for argument in arguments)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise AnsibleFilterError("%s: %s" % (function.__name__, error)) from error

    return filtered


def _verify_tasks(text):
    return _drill.verify_tasks(json.loads(json.dumps(DataLoader().load(text), default=str)))


class FilterModule:
    def filters(self):
        return {
            "drill_servers": _filter(_drill.servers),
            "drill_with_checks": _filter(_drill.with_checks),
            "drill_probed": _filter(_drill.probed),
            "drill_made": _filter(_drill.made_by_service),
            "drill_disposable_vpcs": _filter(_drill.disposable),
            "drill_verify_tasks": _filter(_verify_tasks),
            "drill_unreachable": _filter(_drill.unreachable),
            "drill_status": _filter(_drill.status),
        }
