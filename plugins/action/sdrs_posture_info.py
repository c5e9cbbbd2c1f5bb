# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ..modules import sdrs_posture_info
from ..plugin_utils._in_process import in_process

ActionModule = in_process(sdrs_posture_info)
