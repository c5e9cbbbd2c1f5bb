# SPDX-License-Identifier: GPL-3.0-or-later
"""Hides the secrets of this process in all output: messages, warnings, progress, results, events. PRIVATE to the collection.

Imports nothing of Ansible. ``_errors.one_line``, through which every message goes, masks before anything is cut. A secret is found
whatever escapes stand in it (JSON, percent, HTML, backslashes), however it is quoted or spaced, in hexadecimal, and in Base64.
"""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote, unquote

MASK = "********"
# Shorter secrets are hidden only as whole words: elsewhere they would garble the output.
_SHORTEST = 5
# What of a secret, cut by somebody else, is hidden: in messages, and in data, where names and addresses may look like one.
_PIECE, _PIECE_OF_DATA = 12, 24
_GRAM = 6
_LAYERS = 4
# Compared without whitespace, quotes, backslashes and control characters, without case, and with one alphabet of Base64.
_COMPARED = {
    **dict.fromkeys([*range(0x21), *range(0x7F, 0xA1), *map(ord, "\"'`\\\u2028\u2029\u200b\ufeff")]),
    **{ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, ord("-"): "+", ord("_"): "/",
}
_ESCAPES = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})+)|(?P<unicode>(?:\\u[0-9A-Fa-f]{4})+)|\\(?:x(?P<hex>[0-9A-Fa-f]{2})|U(?P<long>[0-9A-Fa-f]{8})|(?P<single>[\s\S]))"
    r"|&#(?P<decimal>[0-9]{1,7});|&#[xX](?P<hexadecimal>[0-9A-Fa-f]{1,6});|&(?P<named>amp|lt|gt|quot|apos);"
)
_SINGLE = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "a": "\a", "v": "\v"}
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_BASE64 = re.compile(r"[A-Za-z0-9+/=_-]")
# Never shown, whoever sent it: what stands before the host of a URL, and signatures, which are good for some minutes.
_ALWAYS = ((re.compile(r"(?<=://)[^\s\"'<>]{0,500}@"), MASK + "@"), (re.compile(r"(?i)(?<=signature=)[0-9a-f]{16,}"), MASK))
_Span = tuple[int, int]  # from, to
_known: set[str] = set()


def register(values: Iterable[Any]) -> None:
    """Hide these from now on; values that are empty or not strings are ignored."""
    for value in values:
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            _known.update((str(value), str(value).strip()))


def register_url(url: Any) -> None:
    """Hide the credentials in a URL, which it should not have."""
    if isinstance(url, str) and "@" in url:
        before = url.partition("://")[2] or url
        userinfo = before.rpartition("@")[0]
        name, _colon, password = userinfo.partition(":")
        register([password or name, unquote(password or name), userinfo])


def known() -> list[str]:
    """The secrets so far that are long enough to be hidden anywhere, for hosts that mask by themselves, too."""
    return [secret for secret in _known if len(secret) >= _SHORTEST]


def masked(text: object, _piece: int = _PIECE) -> str:
    """``text`` with all that is secret in it replaced."""
    text = str(text)
    if _piece == _PIECE:
        for pattern, replacement in _ALWAYS:
            text = pattern.sub(replacement, text)
    if not _known:
        return text
    search = _search(frozenset(_known))
    if search.words and _piece == _PIECE:
        text = search.words.sub(MASK, text)
    spans = sorted(search.spans(text, _piece))
    if not spans:
        return text
    parts, end = [], 0
    for start, stop in spans:
        if start >= end:
            parts += [text[end:start], MASK]
        end = max(end, stop)
    return "".join([*parts, text[end:]])


def masked_data(value: Any) -> Any:
    """A copy of ``value``, of JSON's types, with its texts masked and fit to be written as UTF-8."""
    if isinstance(value, str):
        return masked(whole(value), _PIECE_OF_DATA)
    if isinstance(value, dict):
        return {masked_data(key): masked_data(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [masked_data(entry) for entry in value]
    return value


def whole(text: str) -> str:
    """``text`` without halves of surrogate pairs, which cannot be written."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def whole_data(value: Any) -> Any:
    """Mask all strings in ``value``."""
    if isinstance(value, dict):
        return {whole_data(key): whole_data(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [whole_data(entry) for entry in value]
    return whole(value) if isinstance(value, str) else value


class _Search:
    """The search patterns for a set of secrets, prepared once."""

    def __init__(self, secrets: Iterable[str]) -> None:
        short, anywhere, self._grams = [], set(), set()
        for secret in secrets:
            plain = secret.translate(_COMPARED)
            if len(plain) < _SHORTEST:
                short.append(re.escape(secret))
                continue
            anywhere |= {(form.translate(_COMPARED), False) for form in _spellings(secret)}
            anywhere |= {(form.translate(_COMPARED), True) for form in _in_base64(secret)}
            self._grams |= {plain[start:start + _GRAM] for start in range(len(plain) - _GRAM + 1)} if len(plain) >= _PIECE else set()
        self._anywhere = sorted((entry for entry in anywhere if len(entry[0]) >= _SHORTEST), key=lambda entry: len(entry[0]))
        self.words = re.compile(r"(?<!\w)(?<!\w')(?:%s)(?!\w)" % "|".join(short)) if short else None

    def spans(self, text: str, piece: int) -> Iterator[_Span]:
        """``(start, end)`` of the secrets in ``text``."""
        for plain, places in _layers(text):
            found = sorted(self._found(plain.translate(_COMPARED), piece))
            kept = [at for at, character in enumerate(plain) if _COMPARED.get(ord(character), "") is not None] if found else []
            reached = 0
            for start, end, encoded in found:
                start, end = kept[start], kept[end - 1] + 1
                if end <= reached:
                    continue
                while encoded and start > reached and _BASE64.match(plain[start - 1]):
                    start -= 1
                while encoded and end < len(plain) and _BASE64.match(plain[end]):
                    end += 1
                reached = end
                yield (places[start][0], places[end - 1][1]) if places else (start, end)

    def _found(self, compared: str, piece: int) -> Iterator[tuple[int, int, bool]]:
        for pattern, encoded in self._anywhere:
            if len(pattern) > len(compared):
                break
            start = compared.find(pattern)
            while start >= 0:
                yield start, start + len(pattern), encoded
                start = compared.find(pattern, start + len(pattern))
        reached = 0
        # Every sufficiently long piece contains one of these, wherever it starts.
        for at in range(0, len(compared) - _GRAM + 1, _GRAM) if self._grams and len(compared) >= piece else ():
            if at >= reached and compared[at:at + _GRAM] in self._grams:
                start, reached = at, at + _GRAM
                while start and compared[start - 1:start - 1 + _GRAM] in self._grams:
                    start -= 1
                while reached < len(compared) and compared[reached + 1 - _GRAM:reached + 1] in self._grams:
                    reached += 1
                if reached - start >= piece:
                    yield start, reached, False


_search = functools.lru_cache(maxsize=2)(_Search)


def _spellings(secret: str) -> set[str]:
    """The forms in which a secret may occur in a text, besides escapes, which are resolved separately."""
    encoded = secret.encode("utf-8", "surrogatepass")
    # What looks like an escape in the secret itself is resolved with the others.
    return {re.sub(r"\s", "+", secret), encoded.decode("latin-1"), encoded.hex(), *(plain for plain, _places in _layers(secret))}


def _in_base64(secret: str) -> Iterator[str]:
    """The secret as part of a Base64 text, at each of the three possible alignments."""
    for form in sorted({secret, json.dumps(secret)[1:-1], quote(secret, safe="", errors="replace")}):
        data = form.encode("utf-8", "surrogatepass")
        for before in range(3):
            text = base64.b64encode(b"\0" * before + data).decode("ascii")
            yield text[-(-before * 8 // 6):(before + len(data)) * 8 // 6]


def _layers(text: str) -> Iterator[tuple[str, list[_Span] | None]]:
    """``text``, then what it becomes as its escapes are resolved, again and again; each with the places its characters come from."""
    places = None
    for _layer in range(_LAYERS):
        yield text, places
        if not ("%" in text or "\\" in text or "&" in text):
            return
        resolved = _resolved(text, places)
        if resolved is None:
            return
        text, places = resolved


def _resolved(text: str, places: list[_Span] | None) -> tuple[str, list[_Span]] | None:
    characters, origins, end = [], [], 0
    for found in _ESCAPES.finditer(text):
        for at in range(end, found.start()):
            characters.append(text[at])
            origins.append((at, at + 1))
        for character, start, stop in _meaning(found):
            characters.append(character)
            origins.append((start, stop))
        end = found.end()
    if not end:
        return None
    for at in range(end, len(text)):
        characters.append(text[at])
        origins.append((at, at + 1))
    if places:
        origins = [(places[start][0], places[stop - 1][1]) for start, stop in origins]
    return "".join(characters), origins


def _meaning(found: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    """``(character, start, end)`` of the character that an escape represents."""
    kind, start, end = found.lastgroup or "", found.start(), found.end()
    if kind == "percent":
        data = bytes.fromhex(found.group().replace("%", ""))
        try:
            text, coding, factor = data.decode("utf-8"), "utf-8", 3  # "%C3" for each byte
        except UnicodeDecodeError:
            text, coding, factor = data.decode("latin-1"), "latin-1", 3
    elif kind == "unicode":
        data = bytes.fromhex(found.group().replace("\\u", ""))
        text, coding, factor = data.decode("utf-16-be", "surrogatepass"), "utf-16-be", 3  # "\\u00e4" for each two bytes
    else:
        value = found.group(kind)
        if kind == "single":
            text = _SINGLE.get(value, value)
        elif kind == "named":
            text = _NAMED[value]
        else:
            text = chr(min(int(value, 10 if kind == "decimal" else 16), 0x10FFFF))
        yield text, start, end
        return
    for character in text:
        end = start + factor * len(character.encode(coding, "surrogatepass"))
        yield character, start, end
        start = end
