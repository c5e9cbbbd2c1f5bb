# SPDX-License-Identifier: GPL-3.0-or-later
"""Valid values of connection settings, wherever they come from. PRIVATE to the collection. Imports nothing of Ansible."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from . import mask
from .errors import ConfigError

SECRETS = ("access_key", "secret_key", "security_token", "password", "passcode", "auth_token")
# Header values must be valid in a header; a password may contain anything that can be typed.
_IN_HEADERS = re.compile(r"[!-~]+")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_PATHS = ("ca_cert", "token_cache_dir")


def remember(values: Mapping[str, Any]) -> None:
    """Hide the secrets in connection settings, whatever becomes of them: those in URLs, too."""
    mask.register(values.get(key) for key in SECRETS)
    endpoints = values.get("endpoints")
    single = map(values.get, ("endpoint", "auth_url", "metadata_url"))
    for url in (*single, *(endpoints.values() if isinstance(endpoints, dict) else [endpoints])):
        mask.register_url(url)


def stripped(key: str, value: Any) -> Any:
    """Strips whitespace that a file or a shell leaves around a value; a password may begin or end with spaces."""
    return value.strip("\r\n" if key == "password" else None) if isinstance(value, str) else value


def text_of(key: str, value: Any) -> str:
    """``value`` as a string that can be sent; no message shows it, since it may be secret."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise ConfigError("%s: must be a string (use quotes in YAML)" % key)
    value = str(value)
    if key in ("access_key", "security_token", "auth_token") and not _IN_HEADERS.fullmatch(value):
        raise ConfigError("%s: must be one line of visible ASCII characters, without spaces" % key)
    if ("\0" in value) if key in _PATHS else _CONTROL.search(value):
        raise ConfigError("%s: must not contain control characters, such as line endings, or incomplete Unicode characters" % key)
    return value


def boolean(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("1", "true", "yes", "on", "y", "t"):
        return True
    if text in ("0", "false", "no", "off", "n", "f"):
        return False
    raise ConfigError("%s: must be true or false" % name)
