# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An exported topology as a file of host variables. Pure. PRIVATE to the collection.

Ansible takes host variables for templates: whatever could be one is tagged ``!unsafe``, which keeps it text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import yaml

from ..module_utils._cloud.text import harmless, hidden, visible

_UNSAFE, _TEXT = "!unsafe", "tag:yaml.org,2002:str"
_LONGEST_LINE = 400


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, value: Any) -> Any:
    # In double quotes YAML has escapes. A tagged "True" would be a boolean to Ansible, whatever its quotes; without a tag the quotes decide.
    plain = harmless(value) or value in ("True", "False")
    return dumper.represent_scalar(_TEXT if plain else _UNSAFE, value, style='"' if hidden(value) else None if plain else "'")


_Dumper.add_representer(str, _text)


def document(result: Any) -> Any:
    """The file: comments that say what it is and what it lacks, and ``topology_server_group``.

    :param result: that of sdrs_topology_info for one protection group
    :raises ValueError: the result holds no group
    """
    groups = (result.get("topology") or {}).get("server_groups") or []
    left_out = notes(result)
    if not groups:
        raise ValueError("no protection group can be exported%s" % ("; left out: %s" % "; ".join(left_out) if left_out else ""))
    content = yaml.dump(
        {"topology_server_group": groups[0]}, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=1000,
    )
    # YAML lets format characters stand as they are; they are in double quotes here.
    content = re.sub(r"[^\x00-\x7f]", lambda match: _escaped(match.group()), content)
    head = ["Protection group %s, exported from the service. Applying this document changes nothing." % (groups[0].get("name") or groups[0].get("id"))]
    head += ["Left out, because a document cannot contain it or applying it would change something:", *("- " + note for note in left_out)] if left_out else []
    return "".join("# %s\n" % visible(line, keep="", longest=_LONGEST_LINE) for line in head) + "---\n" + content


def _escaped(character: Any) -> Any:
    code = ord(character)
    if unicodedata.category(character) != "Cf":
        return character
    return "\\x%02X" % code if code < 0x100 else "\\u%04X" % code if code < 0x10000 else "\\U%08X" % code


def notes(result: Any) -> list:
    """What the export lacks, a line for each."""
    return [
        visible("%s %s%s: %s" % (
            entry["resource_type"].replace("_", " "), " ".join(str(entry[key]) for key in ("name", "id") if entry.get(key)),
            ", " + entry["key"] if entry.get("key") else "", entry["reason"],
        ), keep="", longest=_LONGEST_LINE)
        for entry in result.get("left_out") or []
    ]
