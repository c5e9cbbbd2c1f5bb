# SPDX-License-Identifier: GPL-3.0-or-later
"""``python benchmarks``: every table of ratios, each measured side by side in this run."""

from __future__ import annotations

import recovery
import tasks
import topology
import waiting

for part in (topology, tasks, waiting, recovery):
    part.main()
