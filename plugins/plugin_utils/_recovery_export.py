# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A first recovery plan from the live state. Pure. PRIVATE to the collection."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

import yaml

from ..module_utils._recovery.document import SCHEMA

_HEAD = """# yaml-language-server: $schema=%s
# All protection groups in one tier. Divide it: tiers start one after the other.
---
"""


def first_plan(groups: Iterable, path: str) -> Any:
    """The text of a plan with all groups, named after its file. Groups whose names mean several are named by their IDs.

    :raises ValueError: there is no group
    """
    if not groups:
        raise ValueError("no protection group exists, so no plan can be created")
    names = [group.get("name") for group in groups]
    entries = sorted(str(group["name"] if names.count(group.get("name")) == 1 and group.get("name") else group["id"]) for group in groups)
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", os.path.splitext(os.path.basename(str(path)))[0]).lstrip(".-")[:64] or "site"
    document = {"name": name, "rto_target": 3600, "tiers": [{"name": "all", "groups": entries, "on_failure": "stop"}]}
    return _HEAD % SCHEMA.replace("github.com", "raw.githubusercontent.com").replace("/blob/", "/") + yaml.safe_dump(document, sort_keys=False)
