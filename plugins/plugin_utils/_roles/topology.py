# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks of the role topology decide, and by which host of a play the live state is read once for all. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .. import _export_file, _reading
from .._report_formats import each_format, render_plan

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "readers": _reading.readers,
    "export_notes": _export_file.notes,
    "render_plans": partial(each_format, render_plan),
}
