# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths of the user's files and of reports. PRIVATE to the collection."""

from __future__ import annotations

import os
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils._cloud.text import path_part
from ._filters import defined


def user_path(path: Any) -> str:
    """``path`` absolute, below the working directory of ansible-playbook.

    :raises AnsibleFilterError: it is not a path
    """
    if not isinstance(defined(path), str) or not path.strip():
        raise AnsibleFilterError("user_path requires a path, got %r" % (path,))
    return os.path.normpath(os.path.join(os.getcwd(), os.path.expanduser(path)))


def report_folder(path: Any, group: str) -> str:
    """The folder of a protection group's reports below ``path``, whatever the service calls the group."""
    return os.path.join(user_path(path), path_part(group))


def report_path(path: Any, group: str, file: str) -> str:
    """A file in that folder, whatever it is called."""
    name = str(file)
    return os.path.join(report_folder(path, group), "." + path_part(name[1:]) if name.startswith(".") else path_part(name))
