# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plain functions as filters. PRIVATE to the collection."""

from __future__ import annotations

import json
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var
from jinja2 import Undefined

from ..module_utils._cloud.errors import SdrsError, one_line

try:
    from ansible.utils.native_jinja import NativeJinjaText as _Text
except ImportError:  # from ansible-core 2.19 on a string is never evaluated
    _Text = str


def as_text(text: str) -> Any:
    """``text`` as a string that is no template, and that templates leave alone: before ansible-core 2.19 ``True`` and ``[1]`` become what they look like."""
    return wrap_var(_Text(text))


def plain(value: Any) -> Any:
    """Tagged, unsafe and lazy values as what they are."""
    return json.loads(json.dumps(value, default=str))


def defined(value: Any) -> Any:
    """``value``; an undefined variable raises what Ansible says of one, naming it."""
    if isinstance(value, Undefined):
        str(value)
    return value


def as_filter(function: Any) -> Any:
    """``function`` as a filter: its arguments are plain data, its errors are Ansible's, its outcome is no template."""

    def filtered(*arguments: Any) -> Any:
        try:
            # Names come from the service: nothing in them may be taken for a template.
            return wrap_var(function(*map(plain, arguments)))
        except (SdrsError, ValueError, KeyError, TypeError, AttributeError) as error:
            text = str(error) if isinstance(error, (SdrsError, ValueError)) else "%s: %s: %s" % (function.__name__, type(error).__name__, error)
            # The cause would be printed, too, as it is.
            raise AnsibleFilterError(one_line(text)) from None

    return filtered
