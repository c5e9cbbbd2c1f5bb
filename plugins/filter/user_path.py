# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

DOCUMENTATION = r"""
name: user_path
short_description: A path as the user means it
version_added: 1.0.0
author:
  - The cloud_dr.sdrs authors (@cloud-dr)
description:
  - Makes a relative path absolute, below the folder in which C(ansible-playbook) was started.
  - Elsewhere a playbook of an installed collection takes relative paths as below its own folder.
options:
  _input:
    description: A path; C(~) is the user's home.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show where reports go
  ansible.builtin.debug:
    msg: "{{ 'reports' | cloud_dr.sdrs.user_path }}"
"""

RETURN = r"""
_value:
  description: The absolute path.
  type: str
"""

import os

from ansible.errors import AnsibleFilterError

from ..module_utils._cloud.text import path_part
from ..plugin_utils._filters import defined


def user_path(path):
    """``path`` absolute, below the working directory of ansible-playbook."""
    if not isinstance(defined(path), str) or not path.strip():
        raise AnsibleFilterError("user_path wants a path, got %r" % (path,))
    return os.path.normpath(os.path.join(os.getcwd(), os.path.expanduser(path)))


def report_folder(path, group):
    """The folder of a protection group's reports below ``path``, whatever the service calls the group."""
    return os.path.join(user_path(path), path_part(group))


def report_path(path, group, file):
    """A file in that folder, whatever it is called."""
    name = str(file)
    return os.path.join(report_folder(path, group), "." + path_part(name[1:]) if name.startswith(".") else path_part(name))


class FilterModule:
    def filters(self):
        return {"user_path": user_path, "report_folder": report_folder, "report_path": report_path}
