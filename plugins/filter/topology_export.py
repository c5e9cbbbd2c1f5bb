# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that turn an exported topology into a file; each is documented in a file of its own beside this one."""

from __future__ import annotations

from ..plugin_utils import _export_file
from ..plugin_utils._filters import as_filter


class FilterModule:
    def filters(self):
        return {"export_document": as_filter(_export_file.document), "export_notes": as_filter(_export_file.notes)}
