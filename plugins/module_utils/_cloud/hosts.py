# SPDX-License-Identifier: GPL-3.0-or-later
"""Host names and URLs: which are valid, which are this machine's, which are the cloud's. PRIVATE to the collection.

Imports nothing of Ansible. A URL that is refused is not shown: it may contain a password.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from .errors import ConfigError

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
# Machines of one's own may have an underscore in their names.
_HOST = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62}))*\.?")
_URL = re.compile(r"[!-\[\]-~]+")
# Under these, one's own domain has three parts, as in example.co.uk.
_SECOND_LEVEL = frozenset(("ac", "co", "com", "edu", "gov", "gob", "go", "mil", "ne", "net", "or", "org"))


def check_label(name: str, value: str) -> None:
    """Raise unless ``value`` can be one part of a host's name, such as a region."""
    if not _LABEL.fullmatch(value):
        raise ConfigError("%s: %r is not a valid part of a host name (at most 63 letters, digits and '-')" % (name, value))


def check_domain(name: str, value: str) -> None:
    """Raise unless ``value`` is a DNS domain, without a scheme, a port or a path."""
    if len(value) > 200 or not all(map(_LABEL.fullmatch, value.split("."))):
        raise ConfigError("%s: %r is not a DNS domain such as myhuaweicloud.com" % (name, value))


def check_url(url: str, name: str = "endpoint", plain: Callable[[str], bool] | None = None) -> str:
    """``url`` without its trailing slash; ConfigError unless it is HTTPS, or HTTP to a loopback address.

    :param name: the option that the message names instead of the URL
    :param plain: ``plain(host)`` says for which other hosts plain HTTP is accepted
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        int(parts.port or 0)  # reading it raises ValueError if it is not a number
    except ValueError:
        host, parts = "", None
    if not host or parts is None or parts.scheme not in ("http", "https") or not _URL.fullmatch(url):
        raise ConfigError("%s is not a URL such as https://sdrs.example.com" % name)
    if parts.username is not None or parts.password is not None:
        raise ConfigError("%s must not contain credentials" % name)
    if "?" in url or "#" in url:
        raise ConfigError("%s must not contain a query or a fragment" % name)
    if not (_HOST.fullmatch(host) or _is_address(host)):
        raise ConfigError("%s does not contain a host name as in https://sdrs.example.com" % name)
    if parts.scheme == "http" and not is_loopback(host) and not (plain and plain(host)):
        raise ConfigError("%s: plain http is accepted for loopback addresses only; use https (host: %s)" % (name, host))
    return url.rstrip("/")


def _is_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host))
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine."""
    try:
        return host.rstrip(".").lower() == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_link_local(host: str) -> bool:
    """Whether ``host`` is an address that no router passes on, as that of a cloud's metadata service."""
    try:
        return ipaddress.ip_address(host).is_link_local
    except ValueError:
        return False


def host_of(url: str) -> str:
    """The host of a URL, "" when there is none."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""


def registered_domain(host: str) -> str:
    """The registered domain of ``host``; for an address or a single-label name, the host itself."""
    parts = host.lower().split(".")
    if _is_address(host) or len(parts) < 3:
        return host.lower()
    return ".".join(parts[-3:] if len(parts[-1]) == 2 and parts[-2] in _SECOND_LEVEL else parts[-2:])


def outside(url: str, domains: Iterable[str]) -> bool:
    """Whether the host of ``url`` is in none of ``domains``."""
    host = host_of(url).lower()
    return not any(host == domain or host.endswith("." + domain) for domain in domains if domain)
