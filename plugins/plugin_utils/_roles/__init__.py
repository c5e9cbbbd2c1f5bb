# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tasks of roles and playbooks decide, by the name they call it by: see the filter ``internal``. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import drill, ending, evidence, failover, posture, recover_by_drill, recovery, target, topology

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **drill.FUNCTIONS,
    **ending.FUNCTIONS,
    **evidence.FUNCTIONS,
    **failover.FUNCTIONS,
    **posture.FUNCTIONS,
    **recover_by_drill.FUNCTIONS,
    **recovery.FUNCTIONS,
    **target.FUNCTIONS,
    **topology.FUNCTIONS,
}
