# SPDX-License-Identifier: GPL-3.0-or-later
"""The signature SDK-HMAC-SHA256 (service.md, section 4; API reference 3.2). PRIVATE to the collection."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

ALGORITHM = "SDK-HMAC-SHA256"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"


def _encode(text: str) -> str:
    return quote(text, safe="~")


def canonical_request(method: str, url: str, headers: Mapping[str, Any], body: bytes | None) -> tuple[str, str]:
    """The text that is signed, and the ``;``-joined names of its headers.

    :param url: the URL as sent; its path is signed with a trailing ``/`` whether it has one or not
    :param headers: mapping of the headers to sign, any case
    :param body: bytes, empty for none
    """
    parts = urlsplit(url)
    # Decoded as a whole before it is cut: an encoded slash counts as a slash, as in the vendor's signer.
    path = "/".join(_encode(segment) for segment in unquote(parts.path or "/").split("/"))
    query = "&".join(
        "%s=%s" % (_encode(key), _encode(value))
        for key, value in sorted(parse_qsl(parts.query, keep_blank_values=True))
    )
    signed = {name.lower(): str(value).strip() for name, value in headers.items()}
    names = sorted(signed)
    lines = [method.upper(), path if path.endswith("/") else path + "/", query]
    lines += ["%s:%s" % (name, signed[name]) for name in names]
    lines += ["", ";".join(names), hashlib.sha256(body or b"").hexdigest()]
    return "\n".join(lines), ";".join(names)


def authorization(access_key: str, secret_key: str, method: str, url: str, headers: Mapping[str, Any], body: bytes | None) -> str:
    """The ``Authorization`` value for a request; ``headers`` must hold ``X-Sdk-Date`` in ``DATE_FORMAT``."""
    date = next(value for name, value in headers.items() if name.lower() == "x-sdk-date")
    text, names = canonical_request(method, url, headers, body)
    to_sign = "\n".join((ALGORITHM, date, hashlib.sha256(text.encode("utf-8")).hexdigest()))
    signature = hmac.new(secret_key.encode("utf-8"), to_sign.encode("utf-8"), hashlib.sha256).hexdigest()
    return "%s Access=%s, SignedHeaders=%s, Signature=%s" % (ALGORITHM, access_key, names, signature)
