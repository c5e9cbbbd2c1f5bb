# SPDX-License-Identifier: GPL-3.0-or-later
"""Which kind of credentials is used, and which kinds there are not. PRIVATE to the collection. Imports nothing of Ansible."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from .errors import ConfigError

Layers = dict[str, dict]  # ``{layer: {key: value}}``
LAYERS = ("option", "cloud", "environment")
# In the order in which they win when they come from the same place; of each group one setting is needed.
KINDS = {
    "ecs_agency": (("ecs_agency",),),
    "aksk": (("access_key",), ("secret_key",)),
    "password": (("username", "user_id"), ("password",), ("domain_name", "domain_id", "user_id")),
    "token": (("auth_token",),),
}
# Optional settings of a kind.
EXTRAS = {"aksk": ("security_token",), "password": ("passcode",)}
AGENCY = ("agency_name", "agency_domain_name", "agency_domain_id")
# openstacksdk's names of authentication types: those that IAM accepts, and those it does not, with a remedy.
AUTH_TYPES = {"password": "password", "v3password": "password", "v3multifactor": "password", "token": "token", "v3token": "token"}
_KEYS = "Create access keys for the user, and set ak and sk instead of auth_type and auth."
_NO_V2 = "The identity service supports only version 3: use auth_type %s with user_domain_name."
REFUSED = {
    "v3applicationcredential": _KEYS,
    "v3totp": "A passcode requires a password as well: use auth_type v3multifactor, or leave out auth_type, and set password, user_id and passcode.",
    "v2password": _NO_V2 % "password",
    "v2token": _NO_V2 % "token",
    "admin_token": "Use auth_type token or password.",
    "http_basic": "Use auth_type password.",
    "none": "Leave out auth_type to use the credentials that are set.",
}
_FEDERATED = re.compile(r"v3(oidc|saml|adfs|oauth|kerberos|fedkerb|websso|tokenless)")
_TOKEN_ELSEWHERE = "Log in with that provider by other means, and set auth_token (auth_type token) to the resulting token; or create access keys."

# The regions that the vendors publish. A project's name begins with the name of its region, but so may a name that means something else.
_REGIONS = frozenset((
    "ae-ad-1", "af-north-1", "af-south-1", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "cn-east-2",
    "cn-east-3", "cn-east-4", "cn-east-5", "cn-north-1", "cn-north-2", "cn-north-4", "cn-north-9", "cn-north-11", "cn-north-12", "cn-south-1",
    "cn-south-2", "cn-south-4", "cn-southwest-2", "cn-southwest-3", "eu-west-0", "eu-west-101", "la-north-2", "la-south-2", "me-east-1",
    "my-kualalumpur-1", "na-mexico-1", "ru-moscow-1", "ru-northwest-2", "sa-brazil-1", "tr-west-1", "eu-de", "eu-nl", "eu-ch2",
))


def is_region(name: str) -> bool:
    """Whether this is the name of a region that a vendor publishes."""
    return name in _REGIONS


def region_of_project(name: Any) -> str | None:
    """The region that a project's name begins with (``eu-de``, ``eu-de_erp``), or None if that is ambiguous."""
    region = name.partition("_")[0] if isinstance(name, str) else None
    return region if region in _REGIONS else None


def lacking(kind: str, has: Callable[[str], Any]) -> list[str]:
    """The settings without which a kind is not complete, one of each group; ``has(key)`` says whether a setting exists."""
    return [group[0] for group in KINDS[kind] if not any(map(has, group))]


def keys_of(kind: str) -> list[str]:
    """All settings of a kind."""
    return list(dict.fromkeys(key for group in (*KINDS[kind], EXTRAS.get(kind, ())) for key in group))


def restricted(values: dict, layer: str) -> dict:
    """The settings of a layer without the credentials that its ``auth_type`` rules out; ``refused`` says why there are none."""
    given = values.get("auth_type")
    if given in (None, ""):
        return values
    others = {key for kind in KINDS for key in keys_of(kind)}
    kind = AUTH_TYPES.get(given) if isinstance(given, str) else None
    if given == "v3multifactor" and values.get("auth_methods") and not _are_password_and_totp(values["auth_methods"]):
        return {**_without(values, others), "refused": "auth_methods: only v3password with v3totp are supported for auth_type v3multifactor"}
    if kind is None:
        return {**_without(values, others), "refused": refusal(given)}
    others -= {*keys_of(kind), "domain_name", "domain_id"}
    # OS_AUTH_TYPE does not apply to access keys, which the environment may contain for other tools.
    return _without(values, others - ({*keys_of("aksk"), "ecs_agency"} if layer == "environment" else set()))


def _are_password_and_totp(methods: Any) -> bool:
    listed = methods.split(",") if isinstance(methods, str) else methods if isinstance(methods, list) else []
    return {str(method).strip() for method in listed} == {"v3password", "v3totp"}


def _without(values: dict, keys: set[str]) -> dict:
    return {key: value for key, value in values.items() if key not in keys}


def refusal(name: Any) -> str:
    """Why an ``auth_type`` is not supported, and what to use instead."""
    remedy = REFUSED.get(name) if isinstance(name, str) else None
    if remedy is None:
        remedy = _TOKEN_ELSEWHERE if isinstance(name, str) and _FEDERATED.match(name) else "Use one of: %s." % ", ".join(AUTH_TYPES)
    return "auth_type %s is not supported. %s" % (name if isinstance(name, str) else "that is not a string", remedy)


def kind_of(layers: Layers) -> str:
    """The kind of credentials to use: complete ones of the highest layer; a mixture counts as its highest part.

    :param layers: ``{layer: {key: value}}``
    :raises ConfigError: none is complete, several were given as options, or a layer's are of a kind that is not supported
    """
    given = [kind for kind, groups in KINDS.items() if all(any(layers["option"].get(key) for key in group) for group in groups[:2])]
    if len(given) > 1:
        names = " and ".join("/".join(group[0] for group in KINDS[kind][:2]) for kind in given)
        raise ConfigError("more than one kind of credentials is set: %s; choose one" % names)
    best = None
    for order, (kind, groups) in enumerate(KINDS.items()):
        places = [min((place(layers, key) for key in group), default=len(LAYERS)) for group in groups]
        if max(places) < len(LAYERS):
            best = min(best or ((len(LAYERS),), ""), ((min(places), max(places), order), kind))
    for index, layer in enumerate(LAYERS):
        # Credentials that come completely from higher layers do not need this one.
        if layers[layer].get("refused") and (best is None or best[0][1] >= index):
            raise ConfigError("%s%s" % ("cloud entry: " if layer == "cloud" else "OS_AUTH_TYPE: ", layers[layer]["refused"]))
    if best is None:
        raise ConfigError(
            "no complete credentials: set access_key and secret_key, or username, password and domain_name, or auth_token (as options, in a cloud "
            "entry, or in the environment), or set ecs_agency on an ECS with an agency"
        )
    return best[1]


def place(layers: Layers, key: str) -> int:
    """The index of the highest layer that has a setting; beyond the last where none has."""
    return next((index for index, layer in enumerate(LAYERS) if layers[layer].get(key) not in (None, "")), len(LAYERS))


def credentials_of(kind: str, layers: Layers, text: Callable[[str], str | None]) -> dict[str, str]:
    """The credentials of a kind: ``{key: value}``.

    :param text: ``text(key)`` returns the value of a setting as a string, or None
    :raises ConfigError: a passcode without the user's ID
    """
    if kind == "ecs_agency":
        return {}
    found = {key: text(key) for key in keys_of(kind)}
    if kind == "password":
        named, numbered = place(layers, "username"), place(layers, "user_id")
        # An ID from a lower layer may belong to another user; one from a higher layer is intended.
        drop = {"user_id"} if named < numbered else {"username", "domain_name", "domain_id"} if numbered < named else set()
        drop.add(_lower(layers, "domain_name", "domain_id"))
        found = {key: None if key in drop else value for key, value in found.items()}
        if found["passcode"] and not found["user_id"]:
            raise ConfigError("passcode requires user_id: the identity service checks the passcode against a user ID (My Credentials in the console)")
        if not (found["user_id"] or found["domain_name"] or found["domain_id"]):
            raise ConfigError("no complete credentials: username requires domain_name or domain_id, the account that the user belongs to")
    return {key: value for key, value in found.items() if value is not None}


def _lower(layers: Layers, name: str, other: str) -> str:
    """Of two settings for the same thing the one that is not used: that of the lower layer; ``other`` where both are in one."""
    return name if place(layers, other) < place(layers, name) else other


def agency_of(layers: Layers, text: Callable[[str], str | None]) -> dict[str, str] | None:
    """``{agency_name, agency_domain_name or agency_domain_id}`` of the agency to assume, or None.

    :raises ConfigError: only half of it is known
    """
    given = {key: text(key) for key in AGENCY if key != _lower(layers, "agency_domain_name", "agency_domain_id")}
    found = {key: value for key, value in given.items() if value is not None}
    if not found:
        return None
    if "agency_name" not in found:
        raise ConfigError("%s is set, but agency_name is not: name the agency to assume, or leave out both" % next(iter(found)))
    if len(found) < 2:
        raise ConfigError("agency_name requires agency_domain_name or agency_domain_id: the account that created the agency")
    return found
