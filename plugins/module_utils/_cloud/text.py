# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes untrusted text safe to show, to pass on, or to use in a path. PRIVATE to the collection.

Names, descriptions and messages come from the cloud and may hold anything. Results keep them as they are; whatever prints them, puts
them into a file for people, or makes a path of them goes through here. Imports nothing of Ansible.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import datetime
from typing import Any

# Control characters, format characters (they reorder or hide text), lone surrogates, line and paragraph separators.
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_SUSPECT = re.compile(r"[^\x20-\x7e]")
_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Text that cannot be a template: names, IDs, addresses, statuses, sentences.
_HARMLESS = re.compile(r"[\w .,:;/@+=()'&!?-]*")
# Where Jinja begins, as everybody has it.
_DELIMITERS = re.compile(r"\{(?=[{%#])")
# Many file systems allow 255 bytes; some are reserved for suffixes.
_LONGEST_PART = 150


def visible(text: object, keep: str = "\n\t", longest: int | None = None) -> str:
    r"""``text`` with escapes such as ``\x1b`` in place of what a terminal or a reader would not see as a character.

    :param keep: characters to leave as they are
    :param longest: truncate longer text
    """
    text = str(text)
    if longest is not None and len(text) > longest:
        text = text[: longest - 1] + "…"

    def shown(match: re.Match[str]) -> str:
        character = match.group()
        return character if character in keep or not _is_hidden(character) else escape(character)

    return _SUSPECT.sub(shown, text)


def time_of(text: object) -> datetime:
    """A time as the service writes it; ValueError when it is none. Python 3.10 takes fractions of three or six digits only."""
    text = re.sub(r"\.(\d+)", lambda found: "." + found[1][:6].ljust(6, "0"), str(text).strip(), count=1)
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def escape(character: str) -> str:
    """A character as Python, JSON and YAML write it: ``\\x1b``, ``\\u202e``."""
    code = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    return "\\x%02x" % code if code < 0x100 else "\\u%04x" % code if code < 0x10000 else "\\U%08x" % code


def hidden(text: str, keep: str = "") -> bool:
    """Whether ``text`` contains characters that ``visible`` would escape."""
    return any(character not in keep and _is_hidden(character) for character in _SUSPECT.findall(text))


def _is_hidden(character: str) -> bool:
    # Of what is no character at all, XML and YAML refuse some.
    return unicodedata.category(character) in _HIDDEN or ord(character) & 0xFFFE == 0xFFFE


def all_visible(value: Any, keep: str = "\n\t") -> Any:
    """``visible`` for every text in lists and mappings, keys included; all else stays."""
    if isinstance(value, str):
        return visible(value, keep)
    if isinstance(value, dict):
        return {all_visible(key, keep): all_visible(entry, keep) for key, entry in value.items()}
    return [all_visible(entry, keep) for entry in value] if isinstance(value, (list, tuple)) else value


def harmless(text: str) -> bool:
    """Whether ``text`` can be nothing but text: no template, whatever the delimiters may be, and no boolean or list written down."""
    return _HARMLESS.fullmatch(text) is not None and text not in ("True", "False")


def without_reserved(value: Any) -> Any:
    """``value`` with other names for keys such as ``__ansible_type``, by which Ansible's JSON tells its own types, trusted templates among them."""
    if isinstance(value, dict):
        return {_unreserved(key): without_reserved(entry) for key, entry in value.items()}
    return [without_reserved(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def _unreserved(key: Any) -> Any:
    return "x" + key if isinstance(key, str) and key.startswith("__ansible") else key


def inert(value: Any) -> Any:
    """``value`` with every text visible, and with no place at which a template could begin.

    For text that leaves Ansible's protection: an event becomes extra variables, which are templated.
    """
    if isinstance(value, str):
        return _DELIMITERS.sub("{ ", visible(value))
    if isinstance(value, dict):
        return {inert(key): inert(entry) for key, entry in value.items()}
    return [inert(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def path_part(text: object) -> str:
    """``text`` as one part of a path: letters, digits, ``_``, ``.`` and ``-``, no dot at its beginning, of moderate length.

    A valid part is kept unchanged. Everything else gets a digest, so that two texts never share a folder.
    """
    text = str(text)
    safe = re.sub(r"[^\w.-]", "_", text)
    if safe.startswith((".", "-")) or not safe:
        safe = "_" + safe
    short = safe.encode("utf-8", "replace")[:_LONGEST_PART].decode("utf-8", "ignore")
    if short == text:
        return text
    return "%s-%s" % (short, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8])
