# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passes the closing summary of a run to the plugin that shows it. PRIVATE to the collection."""

from __future__ import annotations

from typing import Any


def some(value: Any) -> str | None:
    """Rule: there is an ending."""
    return None if value else "must not be empty"


RULES = {"endings": some}


def show(params: dict, host: Any) -> dict:
    """The result; the controller prints it."""
    return {"changed": False, "operations": [], "jobs": [], "endings": params["endings"], "local": params["local"]}
