# SPDX-License-Identifier: GPL-3.0-or-later
"""How a text can be written by somebody who echoes it."""

from __future__ import annotations

import base64
import html
import json
import shlex
from urllib.parse import quote, quote_plus


def lowered(text):
    return "".join("%%%02x" % byte for byte in text.encode())


def pairs(text):
    data = text.encode("utf-16-be")
    return [data[at:at + 2] for at in range(0, len(data), 2)]


FORMS = {
    "as it is": str, "JSON": json.dumps, "JSON, not only ASCII": lambda text: json.dumps(text, ensure_ascii=False), "repr": repr, "ascii": ascii,
    "JSON in JSON": lambda text: json.dumps(json.dumps({"k": text})), "slashes escaped": lambda text: json.dumps(text).replace("/", "\\/"),
    "percent": lambda text: quote(text, safe=""), "percent, slashes left": quote, "percent and plus": quote_plus, "all percent": lowered,
    "percent twice": lambda text: quote(quote(text, safe="")), "percent of JSON": lambda text: quote(json.dumps(text)),
    "shell": shlex.quote, "HTML": html.escape, "HTML by number": lambda text: "".join("&#%d;" % ord(each) for each in text),
    "YAML": lambda text: "'%s'" % text.replace("'", "''"), "double-spaced": " ".join, "on two lines": lambda text: text[:7] + "\n    " + text[7:],
    "normalised": lambda text: " ".join(text.split()), "upper case": str.upper, "hexadecimal": lambda text: text.encode().hex(),
    "as Latin-1": lambda text: text.encode().decode("latin-1"),
    "every character escaped": lambda text: "".join("\\u%04x" % int.from_bytes(pair, "big") for pair in pairs(text)),
}


def encoded(before, after, coder=base64.b64encode):
    return lambda text: coder(("%s%s%s" % (before, text, after)).encode()).decode()


FORMS.update({
    "Base64": encoded("", ""), "Base64 of user and password": encoded("user:", ""), "Base64, shifted": encoded("u:", ":x"),
    "Base64 of a header": encoded("X-Auth-Token: ", "\r\n"), "Base64 for URLs": encoded("ab", "", base64.urlsafe_b64encode),
    "Base64 in percent": lambda text: quote(encoded("a", "z")(text), safe=""), "Base64 of JSON": lambda text: encoded("", "")(json.dumps({"p": text})),
    "Base64 in lines": lambda text: base64.encodebytes(("Authorization: " * 5 + text).encode()).decode(),
})
