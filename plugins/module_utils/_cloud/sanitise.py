# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes the user's data from recorded exchanges. PRIVATE to the collection. Imports nothing of Ansible.

What is kept is listed, not what is hidden: words that the services themselves use, numbers, times, codes. Everything else becomes a stand-in: the
same value the same one wherever it stands, an ID one that has the shape of an ID, an address an address in the same network.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from . import mask
from .credentials import is_region
from .record_words import STATES, is_worded, words, words_of_messages

# Values under these keys are kept if they consist of the services' own words.
_ENUMERATIONS = frozenset((
    "status", "state", "type", "job_type", "job_status", "failure_status", "priority_station", "replication_status", "protected_status", "health_status",
    "protection_type", "replication_model", "dr_type", "server_type", "resource_type", "query_type", "os_type", "action", "interface", "methods", "operation",
    "OS-EXT-STS:task_state", "OS-EXT-STS:vm_state", "task_state", "vm_state", "OS-EXT-IPS:type", "volume_type", "host_status", "scaling_group_status",
    "tenancy", "unit", "progress_status", "rel", "OS-DCF:diskConfig", "power_state", "charging_mode", "fault_level", "health_periodic_audit_method",
    "instance_terminate_policy", "multi_az_priority_policy", "health_audit_method", "ha_status", "consistency_status", "direction", "protocol",
    "support_auto_recovery", "bootable",
))
_MESSAGES = frozenset(("message", "error_msg", "errorMsg", "fail_reason", "failure_detail", "error_message", "reason", "title", "details", "detail", "text"))
_CODES = frozenset(("code", "error_code", "errorCode", "errorcode"))
_SECRETS = frozenset((
    "password", "adminPass", "passcode", "secret", "access", "securitytoken", "security_token", "access_key", "secret_key", "token_id", "user_data",
    "OS-EXT-SRV-ATTR:user_data", "key_data", "private_key",
))
_OWN_WORDS = ("name", "description", "key", "value", "values", "tags", "alias")
_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|(?=[0-9a-zA-Z]*[0-9])[0-9a-zA-Z]{32}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?")
_CODE = re.compile(r"(?:SDRS|ECS|Ecs|EVS|VPC|VPCv3|EIP|AS|IAM|APIGW|APIG|Common|IMS|DSS|DeH|KMS|VBS|ELB|STS|SYS|SVCSTG)\.(?:[A-Z]{2,4}\.)?[0-9]{3,8}|[0-9]{3}")
_VERSION = re.compile(r"v?[0-9]{1,2}(?:\.[0-9]{1,2}){0,2}")
_DEVICE = re.compile(r"/dev/(?:x?[svh]d)[a-z]{1,2}")
_FLAVOR = re.compile(r"[a-z]{1,4}[0-9]{1,2}[a-z]{0,3}\.(?:small|medium|large|[0-9]{0,2}xlarge)(?:\.[0-9]{1,2})?")
_MAC = re.compile(r"[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}")
_KEY = re.compile(r"[A-Za-z_](?:[A-Za-z_:. -]|[0-9]{1,2}(?![0-9])){0,79}")
_WORD = re.compile(r"[A-Za-z]+(?:[-_'][A-Za-z]+)*")
_STAND_IN = re.compile(r"anon-[0-9a-f]{12}")
_AROUND = re.compile(r"([\[({<\"'`]*)(.*?)([\])}>\"'`.,;:!?]*)", re.S)
_LONGEST_MESSAGE, _MOST_NAMES = 4000, 20_000
# Ranges whose beginning is kept, so that private addresses stay private; what is in no range is mapped into one for benchmarks.
_RANGES = [ipaddress.ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]
_OTHERS = ipaddress.ip_network("198.18.0.0/15")
_KEPT = frozenset(("0.0.0.0", "255.255.255.255", "127.0.0.1", "169.254.169.254", "::", "::1"))  # noqa: S104


class Sanitiser:
    """The placeholders of one folder.

    :param key: secret bytes: with them, names can be guessed by comparing placeholders
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._names: dict[str, str] = {}

    def value(self, value: Any, key: str = "", above: str = "") -> Any:
        """A JSON value without the user's data; ``key`` is its key, ``above`` the key of its parent."""
        if isinstance(value, dict):
            return {self._name_of(name, key): self.value(entry, name, key) for name, entry in value.items()}
        if isinstance(value, list):
            return [self.value(entry, key, above) for entry in value]
        if isinstance(value, str):
            return self.text(value, key, above)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and (abs(value) >= 10**9 or _is_secret(str(value))):
            return int.from_bytes(self._digest(str(value))[:4], "big")
        return value

    def _name_of(self, name: str, above: str) -> str:
        if _STAND_IN.fullmatch(name):
            return name
        own = above in ("tags", "labels") and name not in ("key", "value", "values")
        if not own and _KEY.fullmatch(name) and is_worded(name, words()) and not _is_secret(name):
            return name
        return self._like(name) if _ID.fullmatch(name) else self._stand_in(name)

    def text(self, text: str, key: str = "", above: str = "") -> str:
        """A text under a key."""
        if not text or _STAND_IN.fullmatch(text):
            return text
        if key in _SECRETS:
            return mask.MASK
        if _is_secret(text):
            return self._stand_in(text)
        if key in _MESSAGES:
            return self.message(text)
        own = key.lower().endswith(_OWN_WORDS)
        shaped = None if own and _TIME.fullmatch(text) else self._shaped(text)
        if shaped is not None:
            return shaped
        if _known(text, key, above):
            return text
        if re.match(r"https?://", text):
            return self.url(text)
        if text[0] in "[{":
            inner = _decoded(text)
            if inner is not None:
                return json.dumps(self.value(inner, key, above))
        if key == "tags" and "=" in text:
            return "=".join(map(self.text, text.split("=", 1)))
        return self._stand_in(text)

    def _shaped(self, text: str) -> str | None:
        """The replacement of a time, an ID or an address; None for other text."""
        if _TIME.fullmatch(text):
            return text
        if _ID.fullmatch(text):
            return self._like(text)
        if "," in text and all(map(_ID.fullmatch, text.split(","))):
            return ",".join(map(self._like, text.split(",")))
        if _MAC.fullmatch(text):
            return "fa:16:3e:" + ":".join("%02x" % byte for byte in self._digest(text.lower())[:3])
        return self.address(text)

    def url(self, url: str) -> str:
        """A URL whose host is kept only where the cloud's vendors publish it."""
        try:
            split = urlsplit(url)
            host, port = split.hostname or "", split.port
        except ValueError:
            return self._stand_in(url)
        if not is_published(host):
            host = self.address(host) or self._stand_in(host) + ".example"
        query = "&".join("%s=%s" % tuple(item) for item in self.query(split.query))
        return "%s://%s%s%s%s" % (split.scheme, host, ":%d" % port if port else "", self.path(split.path), "?" + query if query else "")

    def path(self, path: str) -> str:
        """A path; the part after ``tags`` is always a user's word."""
        segments, before = [], ""
        for segment in map(unquote, path.split("/")):
            plain = before != "tags" or segment == "action"
            if plain and (_VERSION.fullmatch(segment) or _WORD.fullmatch(segment) and is_worded(segment, words())):
                segments.append(segment)
            else:
                segments.append((self._shaped(segment) if segment else "") or (segment and self._stand_in(segment)))
            before = segment
        return "/".join(segments)

    def query(self, query: str) -> list[list[str]]:
        """``[[name, value]]`` of a query."""
        return [[self._name_of(name, ""), self.text(value, name)] for name, value in parse_qsl(query, keep_blank_values=True)]

    def message(self, text: str) -> str:
        """A sentence of a service: its own words are kept, names are not."""
        text = mask.masked(mask.whole(text))[:_LONGEST_MESSAGE]
        at = text.find("{")
        if at >= 0:
            try:
                inner, length = json.JSONDecoder().raw_decode(text[at:])
            except (ValueError, RecursionError):
                inner = None
            if isinstance(inner, dict) and inner:
                return self.message(text[:at]) + json.dumps(self.value(inner)) + self.message(text[at + length:])
        for name in sorted((name for name in self._names if len(name) > 2 and name in text), key=len, reverse=True):
            text = re.sub(r"(?<![\w.-])%s(?![\w-])" % re.escape(name), self._names[name], text)
        return "".join(part if part.isspace() else self._chunk(part) for part in re.split(r"(\s+)", text))

    def _chunk(self, chunk: str) -> str:
        before, core, after = _AROUND.fullmatch(chunk).groups()  # type: ignore[union-attr]  # it matches anything
        if not core or core == mask.MASK or _STAND_IN.fullmatch(core):
            return chunk
        quoted = before[-1:] in ("'", '"', "`") and after[:1] == before[-1:]
        if _is_secret(core):
            return before + self._stand_in(core) + after
        worded = _WORD.fullmatch(core) and is_worded(core, words_of_messages()) and (not quoted or core.lower() in STATES)
        if worded or re.fullmatch(r"[0-9]{1,5}|[-+*/=<>|&%]", core) or _CODE.fullmatch(core) or _DEVICE.fullmatch(core):
            return chunk
        shaped, pieces = self._shaped(core), re.split(r"([=:,/|()\[\]])", core)
        if shaped is None:
            separate = len(pieces) > 1
            shaped = "".join(piece if number % 2 else self._chunk(piece) for number, piece in enumerate(pieces)) if separate else self._stand_in(core)
        return before + shaped + after

    # Stand-ins ------------------------------------------------------------------------------------------------------------

    def address(self, text: str) -> str | None:
        """The placeholder of an address or network, or None for other text; networks contain the same addresses as before."""
        if text in _KEPT or text in ("0.0.0.0/0", "::/0"):
            return text
        if not re.fullmatch(r"[0-9a-fA-F:.]{2,45}(?:/[0-9]{1,3})?", text) or not re.search(r"[.:]", text):
            return None
        try:
            found = ipaddress.ip_interface(text)
        except ValueError:
            return None
        bits, length = int(found.ip), found.network.prefixlen
        if found.version == 6:
            whole = b"".join((b"\x20\x01\x0d\xb8", self._digest("v6 %x" % (bits >> 64))[:4], self._digest("v6 %x" % bits)[:8]))
            stand_in = ipaddress.ip_address(whole)
        else:
            home = next((each for each in _RANGES if found.ip in each), None)
            stand_in = self._moved(bits, home.prefixlen) if home else _OTHERS[int.from_bytes(self._digest("v4 %d" % bits)[:4], "big") % 2**17]
        if "/" not in text:
            return str(stand_in)
        network = ipaddress.ip_interface("%s/%d" % (stand_in, length))
        return str(network.network if found.ip == found.network.network_address else network)

    def _moved(self, bits: int, kept: int) -> Any:
        """An address of the same range: each bit is turned or not by what stands before it, the first one always."""
        moved = bits >> (32 - kept)
        for at in range(kept, 32):
            turn = at == kept or self._digest("v4 %d %d" % (at, bits >> (32 - at)))[0] & 1
            moved = moved << 1 | ((bits >> (31 - at) & 1) ^ int(turn))
        return ipaddress.ip_address(moved)

    def _like(self, identifier: str) -> str:
        digest = self._digest(identifier.lower()).hex()
        if "-" not in identifier:
            return digest[:32]
        return "-".join((digest[:8], digest[8:12], "4" + digest[13:16], "8" + digest[17:20], digest[20:32]))

    def _stand_in(self, text: str) -> str:
        stand_in = "anon-" + self._digest(text).hex()[:12]
        if len(self._names) < _MOST_NAMES and len(text) < 200:
            self._names[text] = stand_in
        return stand_in

    def _digest(self, text: str) -> bytes:
        return hmac.new(self._key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def _is_secret(text: str) -> bool:
    return mask.masked(text) != text


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _known(text: str, key: str, above: str) -> bool:
    """Whether a text is a word of the services at its position."""
    if key in _CODES and _CODE.fullmatch(text):
        return True
    if key in _ENUMERATIONS and re.fullmatch(r"[A-Za-z][A-Za-z0-9_.-]{0,60}|[0-9]{1,2}", text):
        return is_worded(text, words()) and not re.search(r"[0-9]{3}", text)
    if "zone" in key or key.startswith("region"):
        return text == "*" or is_zone(text)
    if ("flavor" in key.lower() or above == "flavor") and _FLAVOR.fullmatch(text):
        return True
    if key in ("device", "mountpoint", "root_device_name", "OS-EXT-SRV-ATTR:root_device_name"):
        return bool(_DEVICE.fullmatch(text))
    if key in ("version", "min_version") or key == "id" and text.startswith("v"):
        return bool(_VERSION.fullmatch(text))
    return not key.lower().endswith(_OWN_WORDS) and bool(re.fullmatch(r"true|false|-?[0-9]{1,4}|\*", text))


def is_zone(text: str) -> bool:
    """Whether this is a published region, or looks like one of its availability zones (``eu-de-01``, ``cn-north-4a``)."""
    return is_region(text) or any(is_region(re.sub(end, "", text)) for end in (r"-[0-9]{1,2}$", r"[a-z]$"))


def is_published(host: str) -> bool:
    """Whether a host is one of a service of a vendor's region: ``sdrs.eu-de.otc.t-systems.com``."""
    found = re.fullmatch(r"([a-z]{2,12}(?:-pub)?)\.([a-z0-9-]+)\.(?:(?:sc\.)?otc\.t-systems\.com|myhuaweicloud\.(?:com|eu))", host)
    return bool(found and is_region(found.group(2)) and found.group(1).partition("-")[0] in words())
