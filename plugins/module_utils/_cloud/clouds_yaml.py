# SPDX-License-Identifier: GPL-3.0-or-later
"""One entry of ``clouds.yaml`` and ``secure.yaml``, found where openstacksdk finds them. PRIVATE to the collection."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from .errors import ConfigError

_SUFFIXES = ("yaml", "yml", "json")
# {key: option}, of several for one option the first that is given.
_KEYS = {
    "auth_url": "auth_url",
    "username": "username",
    "user_id": "user_id",
    "password": "password",
    "passcode": "passcode",
    "project_id": "project_id",
    "tenant_id": "project_id",
    "project_name": "project_name",
    "tenant_name": "project_name",
    "token": "auth_token",
    "auth_token": "auth_token",
    "access_key": "access_key",
    "ak": "access_key",
    "secret_key": "secret_key",
    "sk": "secret_key",
    "security_token": "security_token",
    "agency_name": "agency_name",
    "agency_domain_name": "agency_domain_name",
    "agency_domain_id": "agency_domain_id",
}
# The user's account, or its fallbacks.
_DOMAINS = ("user_domain", "domain", "project_domain")
_TOP = {
    "region_name": "region",
    "region": "region",
    "verify": "validate_certs",
    "cacert": "ca_cert",
    "sdrs_endpoint_override": "sdrs_endpoint",
    "auth_type": "auth_type",
    "auth_plugin": "auth_type",
    "auth_methods": "auth_methods",
    "ecs_agency": "ecs_agency",
}
# These keys are read from auth; the others from the entry itself.
_OF_AUTH = ("auth_url", "username", "password")
_LARGEST = 2**20
# Those of openstacksdk's own profiles that are clouds with SDRS; auth_url follows from domain and region.
_PROFILES = {
    "otc": {"cloud_domain": "otc.t-systems.com", "regions": ["eu-de", "eu-nl"]},
    "otc-swiss": {"cloud_domain": "sc.otc.t-systems.com", "regions": ["eu-ch2"]},
}


class MissingYaml(ConfigError):
    """PyYAML is needed to read clouds.yaml; hosts name it with ``missing_required_lib``."""


def read_cloud(name: str, environ: Mapping[str, str], region: Any = None, fallback: Any = None) -> dict:
    """The settings of the entry ``name`` under our option names.

    :param region: the region set elsewhere, which overrides the entry's
    :param fallback: the region if neither names one
    :raises ConfigError: no such file, entry or profile, or a file that is not YAML
    :raises MissingYaml: PyYAML is not installed
    """
    entry: dict = {}
    for _place, part in _parts(name, environ):
        entry = _merged(entry, part)
    return _settings(entry, region, fallback)


def files_of_cloud(name: str, environ: Mapping[str, str]) -> dict[str, str]:
    """``{option: place}``: the file or profile that each setting of the entry ``name`` comes from; raises as ``read_cloud`` does."""
    found = {}
    for place, part in _parts(name, environ):
        found.update(dict.fromkeys(_settings(part), place))
    return found


def _parts(name: str, environ: Mapping[str, str]) -> list[tuple[Any, dict]]:
    """``[(place, part)]`` of which the entry is made, the last one winning: its profile, what clouds.yaml and what secure.yaml say."""
    yaml = _yaml()
    override = environ.get("OS_CLIENT_CONFIG_FILE")
    paths = ([override] if override else []) + _candidates("clouds", environ)
    file, clouds = _first(yaml, paths)
    secure_file, secure = _secure(yaml, environ)
    if file is None and secure_file is None:
        raise ConfigError("cloud %r is requested, but no clouds.yaml was found (searched: %s)" % (name, ", ".join(paths)))
    parts = [(_absolute(place), _plain(found[name])) for place, found in ((file, clouds), (secure_file, secure)) if isinstance(found.get(name), dict)]
    if not parts:
        known = ", ".join(sorted({key for key in (*clouds, *secure) if isinstance(key, str)})) or "none"
        raise ConfigError("cloud %r is not in %s; available clouds: %s" % (name, file or secure_file, known))
    entry: dict = {}
    for _place, part in parts:
        entry = _merged(entry, part)
    profile = entry.get("profile", entry.get("cloud"))
    if not isinstance(profile, str) or not profile:
        return parts
    place, part = _profile(yaml, profile, name, entry, environ)
    # The user's regions replace those of the profile, including their region-specific settings.
    drop = ("regions", "region_name") if entry.get("regions") or entry.get("region_name") else ()
    return [(place, {key: value for key, value in part.items() if key not in drop}), *parts]


def _profile(yaml: Any, profile: Any, name: str, entry: dict, environ: Mapping[str, str]) -> tuple[str, dict]:
    """``(place, part)`` of a vendor's profile: one of clouds-public.yaml, or one that is known here."""
    file, public = _first(yaml, _candidates("clouds-public", environ), "public-clouds")
    if isinstance(public.get(profile), dict):
        return _absolute(file), _plain(public[profile])
    if profile not in _PROFILES and not (entry.get("auth_url") or entry.get("auth", {}).get("auth_url")):
        # The region alone would lead to another cloud, with the credentials of this one.
        text = "unknown profile %r in cloud %r: add an auth_url to the entry, or describe the profile in clouds-public.yaml"
        raise ConfigError(text % (profile, name))
    return "profile %s" % profile, _PROFILES.get(profile, {})


def _absolute(path: Any) -> Any:
    try:
        return os.path.abspath(path)
    except (OSError, TypeError):
        return path


def _yaml() -> Any:
    try:
        import yaml  # here, because few tasks need it and all would pay for it
    except ImportError:
        raise MissingYaml("reading clouds.yaml needs the Python library PyYAML") from None
    return yaml


def _secure(yaml: Any, environ: Mapping[str, str]) -> tuple[str | None, dict]:
    override = environ.get("OS_CLIENT_SECURE_FILE")
    return _first(yaml, ([override] if override else []) + _candidates("secure", environ))


def _candidates(stem: str, environ: Mapping[str, str]) -> list[str]:
    home = os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".config")
    settings = [environ.get("XDG_CONFIG_HOME") or home, home, *(environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)]
    # "." and not the folder's path: the folder may be gone.
    folders = dict.fromkeys([".", *[os.path.join(each, "openstack") for each in settings if each], "/etc/openstack"])
    return [os.path.join(folder, "%s.%s" % (stem, suffix)) for folder in folders for suffix in _SUFFIXES]


def _first(yaml: Any, paths: list[str], key: str = "clouds") -> tuple[str | None, dict]:
    """``(path, its clouds)`` of the first file that exists."""
    for path in paths:
        if not os.path.isfile(path):
            continue
        try:
            with open(path, encoding="utf-8") as stream:
                text = stream.read(_LARGEST + 1)
            content = yaml.safe_load(text) if len(text) <= _LARGEST else None
        except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError):
            # The parser's message quotes the file, and the file contains secrets.
            raise ConfigError("%s cannot be read as YAML" % path) from None
        if len(text) > _LARGEST:
            raise ConfigError("%s is larger than 1 MiB" % path)
        clouds = content.get(key) if isinstance(content, dict) else None
        return path, clouds if isinstance(clouds, dict) else {}
    return None, {}


def _merged(base: dict, extra: dict) -> dict:
    """``extra`` over ``base``; only ``auth`` is merged itself, for nothing else is read below the top (and YAML can be endless)."""
    auth = [entry["auth"] for entry in (base, extra) if isinstance(entry.get("auth"), dict)]
    return {**base, **extra, **({"auth": {key: value for entry in auth for key, value in entry.items()}} if auth else {})}


def _plain(entry: dict) -> dict:
    """``entry`` with keys as Python writes them: ``project-name`` is ``project_name``."""
    keys = _keys(entry)
    return {**keys, "auth": _keys(keys["auth"])} if isinstance(keys.get("auth"), dict) else keys


def _keys(mapping: dict) -> dict:
    return {key.replace("-", "_"): value for key, value in mapping.items() if isinstance(key, str)}


def _settings(entry: dict, region: Any = None, fallback: Any = None) -> dict:
    regions = _regions(entry)
    region, fallback = (each if isinstance(each, str) else None for each in (region, fallback))
    chosen = region or next(iter(regions), None)
    entry = _merged(entry, regions.get(chosen or "", {}))
    auth: dict = entry["auth"] if isinstance(entry.get("auth"), dict) else {}
    settings = {"cloud_domain": entry["cloud_domain"]} if entry.get("cloud_domain") in [each["cloud_domain"] for each in _PROFILES.values()] else {}
    for key, option in {**_TOP, **_KEYS}.items():
        places = (auth, entry) if key in _OF_AUTH else (entry,) if key in _TOP else (entry, auth)
        value = next((place[key] for place in places if place.get(key) not in (None, "")), None)
        if value is not None and option not in settings:
            settings[option] = value
    for stem in _DOMAINS:
        found = {
            "domain_" + what: place[stem + "_" + what] for what in ("name", "id") for place in (auth, entry) if place.get(stem + "_" + what) not in (None, "")
        }
        if found:
            settings.update(found)
            break
    if not {"auth_type", "password", "auth_token", "access_key"} & set(settings) and any(str(key).startswith("application_credential") for key in auth):
        settings["auth_type"] = "v3applicationcredential"
    if regions:
        settings["region"] = next(iter(regions))
    if entry.get("insecure") is True or str(entry.get("insecure")).lower() == "true":
        settings["validate_certs"] = False
    url = settings.get("auth_url")
    if isinstance(url, str) and "{region_name}" in url:
        settings["auth_url"] = url.replace("{region_name}", str(chosen or fallback))
        if not (chosen or fallback):
            del settings["auth_url"]
    if "sdrs_endpoint" in settings:
        settings["endpoints"] = {"sdrs": settings.pop("sdrs_endpoint")}
    return settings


def _regions(entry: dict) -> dict[str, dict]:
    """``{name: settings of this region}``; the first one is used unless another is requested."""
    named = entry.get("regions") or entry.get("region_name")
    if isinstance(named, str):
        named = named.split(",")
    found: dict = {}
    for each in named if isinstance(named, list) else ():
        name = each.get("name") if isinstance(each, dict) else each
        values = each.get("values") if isinstance(each, dict) else None
        if isinstance(name, str) and name.strip():
            found.setdefault(name.strip(), _plain(values) if isinstance(values, dict) else {})
    return found
