# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes ``docs/recovery_plan.schema.json``: ``python tests/recovery_schema.py``."""

from __future__ import annotations

import importlib
import json

from support import ROOT

PATH = ROOT / "docs" / "recovery_plan.schema.json"


def text():
    document = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.module_utils._recovery.document")
    return json.dumps(document.schema(), indent=2) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
