# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters by which hosts of a play read the live state once; each is documented in a file of its own beside this one."""

from __future__ import annotations

from ..plugin_utils import _reading
from ..plugin_utils._filters import as_filter


class FilterModule:
    def filters(self):
        return {"connection_mark": as_filter(_reading.mark), "readers": as_filter(_reading.readers)}
