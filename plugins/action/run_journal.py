# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The fast path of the module that bears the name of this file; the same for each.
from __future__ import annotations

from importlib import import_module

from ..plugin_utils._in_process import in_process

ActionModule = in_process(import_module("..modules." + __name__.rpartition(".")[2], __package__))
