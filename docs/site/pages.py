# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages made from what the collection holds: error codes, playbooks."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
# The first two digits of a code, and what such codes are about.
PARTS = {
    "00": "Requests, permissions, the service itself", "02": "Parameters, names, quotas", "03": "Quotas", "04": "Jobs",
    "10": "Protection groups", "13": "Protected instances", "14": "Protected instances in batches", "16": "Replication pairs",
    "18": "Replication pairs", "19": "Drills", "22": "Tags",
}


def error_codes():
    """``{code: (HTTP status, message, description, remedy, whether a retry may help)}``, from the table that the modules use."""
    (table,) = (ROOT / "plugins" / "module_utils").rglob("*error_codes.py")
    return runpy.run_path(str(table))["CODES"]


def _text(text):
    return re.sub(r"([\\`*_|<>])", r"\\\1", text)


def guides():
    """The guides as hidden tables of contents, in the sections that ``extra-docs.yml`` names."""
    sections = yaml.safe_load((ROOT / "docs" / "docsite" / "extra-docs.yml").read_text(encoding="utf-8"))["sections"]
    return "\n\n".join(
        ".. toctree::\n   :caption: %s\n   :hidden:\n\n%s" % (section["title"], "\n".join("   docsite/" + name for name in section["toctree"]))
        for section in sections
    )


def troubleshooting_codes():
    """The table as an RST fragment: one entry for each code, to be found by the page's own anchors and by a browser's search."""
    lines, part = [], None
    for code, (status, message, description, remedy, retryable) in sorted(error_codes().items()):
        group = PARTS.get(code.split(".")[1][:2], "Other")
        if group != part:
            part = group
            lines += [group, "^" * len(group), ""]
        same = description.rstrip(".").lower() == message.rstrip(".").lower()
        title = "**%s** (HTTP %d%s): %s" % (code, status, ", retryable" if retryable else "", _text(message))
        lines += [".. _error-%s:" % code.lower().replace(".", "-"), "", title]
        lines += ["    " + _text(remedy if same else "%s %s" % (description, remedy)), ""]
    return "\n".join(lines)


def _about(path):
    """The comment at the head of a playbook, without the licence."""
    head = path.read_text(encoding="utf-8").split("\n---", 1)[0]
    return [line.lstrip("# ").strip() for line in head.splitlines() if "SPDX" not in line and line.strip("# ")]


def playbooks():
    """The reference page of playbooks: the head of each, the command it names, its roles and variables."""
    lines = [".. _playbooks:", "", "Playbooks", "=========", "", ""]
    lines += ["Run as ``ansible-playbook cloud_dr.sdrs.NAME``; one inventory host is one protection group.", ""]
    for path in sorted((ROOT / "playbooks").glob("*.yml")):
        if path.stem == "target":
            continue
        text, content = " ".join(_about(path)), path.read_text(encoding="utf-8")
        command = re.search(r":? ?(ansible-playbook cloud_dr\.sdrs\.[^;]*?)(?=$|; | Needs | Does | Succeeds | Fails | With )", text)
        lines += [path.stem, "-" * len(path.stem), ""]
        lines += [_text((text.replace(command.group(0), ".", 1) if command else text).replace(". .", ".").replace("..", ".")), ""]
        if command:
            lines += [".. code-block:: shell", "", "    " + command.group(1).rstrip(". "), ""]
        roles = sorted(set(re.findall(r"(?:role|name): cloud_dr\.sdrs\.(\w+)$", content, re.M)) - {"sdrs"})
        roles = [role for role in roles if (ROOT / "roles" / role).is_dir()]
        if roles:
            lines += ["Variables: those of the %s %s." % ("role" if len(roles) == 1 else "roles", " and ".join(
                ":ansplugin:`cloud_dr.sdrs.%s#role`" % role for role in roles)), ""]
    return "\n".join(lines)


def event_source():
    """The reference page of the event source, which antsibull-docs knows nothing of: its own documentation."""
    path = ROOT / "extensions" / "eda" / "plugins" / "event_source" / "sdrs_events.py"
    content = yaml.safe_load(re.search(r'DOCUMENTATION = r"""(.*?)"""', path.read_text(encoding="utf-8"), re.S).group(1))
    title = "Event source sdrs_events"
    lines = [title, "=" * len(title), "", content["short_description"] + ".", "", *_paragraphs(content["description"]), ""]
    lines += ["The guide is :ref:`Events <ansible_collections.cloud_dr.sdrs.docsite.guide_events>`.", ""]
    for name, option in content["options"].items():
        about = "%s%s" % (option["type"], ", default %s" % option["default"] if "default" in option else "")
        lines += ["``%s`` (%s)" % (name, about), *("    " + line for line in _paragraphs(option["description"])), ""]
    return "\n".join([*lines, "Connection options are those of the modules.", ""])


def _paragraphs(texts):
    """Ansible's markup as plain literals."""
    for text in [texts] if isinstance(texts, str) else texts:
        yield re.sub(r"\b[CVOE]\(([^)]*)\)", r"``\1``", " ".join(text.split()))
        yield ""
