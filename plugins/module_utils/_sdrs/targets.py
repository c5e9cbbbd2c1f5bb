# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that delete objects at the target site, and when these must be kept. PRIVATE to the collection."""

from __future__ import annotations

from .._cloud.errors import Refused
from .kinds import SWITCHING
from .sites import production_site

TARGETS = ("delete_target_server", "delete_target_eip", "delete_target_volume")


def targets(given: dict) -> list:
    """The ``delete_target_*`` options that are set.

    :param given: options by name
    """
    return [option for option in TARGETS if given.get(option)]


def target_is_expendable(group: dict | None, option: str, label: str) -> None:
    """Whether objects at the target site may be deleted: after a switch they are production (semantics.md, section 3).

    :raises Refused: SDRS.1330, 1338, 1809
    """
    status, site = (group or {}).get("status"), production_site(group)
    if site != "source" or status in SWITCHING:
        raise Refused(
            "%s: %s is refused: protection group %s is %r with its production site at the %s"
            % (label, option, (group or {}).get("name"), status, site),
            remedy="The objects at the target site may be production. Fail back first, or delete without %s." % option,
        )
