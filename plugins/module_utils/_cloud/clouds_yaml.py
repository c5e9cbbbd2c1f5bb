# SPDX-License-Identifier: GPL-3.0-or-later
"""One entry of ``clouds.yaml`` and ``secure.yaml``, found where openstacksdk finds them. PRIVATE to the collection."""

from __future__ import annotations

import os

from .errors import ConfigError

_SUFFIXES = ("yaml", "yml", "json")
_AUTH = {
    "auth_url": "auth_url",
    "username": "username",
    "password": "password",
    "user_domain_name": "domain_name",
    "domain_name": "domain_name",
    "project_domain_name": "domain_name",
    "project_id": "project_id",
    "project_name": "project_name",
    "tenant_name": "project_name",
    "token": "auth_token",
    "access_key": "access_key",
    "ak": "access_key",
    "secret_key": "secret_key",
    "sk": "secret_key",
    "security_token": "security_token",
}
_TOP = {
    "region_name": "region",
    "region": "region",
    "verify": "validate_certs",
    "cacert": "ca_cert",
    "ak": "access_key",
    "access_key": "access_key",
    "sk": "secret_key",
    "secret_key": "secret_key",
    "security_token": "security_token",
    "sdrs_endpoint_override": "sdrs_endpoint",
}
_LARGEST = 2**20
_PROFILES = {"otc": {"cloud_domain": "otc.t-systems.com"}}


class MissingYaml(ConfigError):
    """PyYAML is needed to read clouds.yaml; hosts name it with ``missing_required_lib``."""


def read_cloud(name, environ):
    """The settings of the entry ``name`` under our option names.

    :raises ConfigError: no such file or entry, or a file that is not YAML
    :raises MissingYaml: PyYAML is not installed
    """
    yaml = _yaml()
    override = environ.get("OS_CLIENT_CONFIG_FILE")
    paths = [override] if override else []
    paths += _candidates("clouds", environ)
    file, clouds = _first(yaml, paths)
    if file is None:
        raise ConfigError("cloud %r was asked for, but no clouds.yaml was found (looked at %s)" % (name, ", ".join(paths)))
    entry = clouds.get(name)
    if not isinstance(entry, dict):
        known = ", ".join(sorted(key for key in clouds if isinstance(key, str))) or "none"
        raise ConfigError("cloud %r is not in %s; it has: %s" % (name, file, known))
    secure = _secure(yaml, environ)[1]
    if isinstance(secure.get(name), dict):
        entry = _merged(entry, secure[name])
    return _settings(entry)


def files_of_cloud(name, environ):
    """``{option: path}``: the file that each setting of the entry ``name`` comes from; raises as ``read_cloud`` does."""
    yaml = _yaml()
    override = environ.get("OS_CLIENT_CONFIG_FILE")
    file, clouds = _first(yaml, ([override] if override else []) + _candidates("clouds", environ))
    secure_file, secure = _secure(yaml, environ)
    found = dict.fromkeys(_settings(clouds.get(name) or {}), _absolute(file))
    found.update(dict.fromkeys(_settings(secure[name]), _absolute(secure_file)) if isinstance(secure.get(name), dict) else {})
    return found


def _absolute(path):
    try:
        return os.path.abspath(path)
    except (OSError, TypeError):
        return path


def _yaml():
    try:
        import yaml  # here, because few tasks need it and all would pay for it
    except ImportError:
        raise MissingYaml("reading clouds.yaml needs the Python library PyYAML") from None
    return yaml


def _secure(yaml, environ):
    override = environ.get("OS_CLIENT_SECURE_FILE")
    return _first(yaml, ([override] if override else []) + _candidates("secure", environ))


def _candidates(stem, environ):
    home = environ.get("XDG_CONFIG_HOME") or os.path.join(environ.get("HOME") or os.path.expanduser("~"), ".config")
    # "." and not the folder's path: the folder may be gone.
    folders = (".", os.path.join(home, "openstack"), "/etc/openstack")
    return [os.path.join(folder, "%s.%s" % (stem, suffix)) for folder in folders for suffix in _SUFFIXES]


def _first(yaml, paths):
    """``(path, its clouds)`` of the first file that exists."""
    for path in paths:
        if not os.path.isfile(path):
            continue
        try:
            with open(path, encoding="utf-8") as stream:
                text = stream.read(_LARGEST + 1)
            content = yaml.safe_load(text) if len(text) <= _LARGEST else None
        except (OSError, ValueError, TypeError, RecursionError, yaml.YAMLError):
            # The parser's message quotes the file, and the file holds secrets.
            raise ConfigError("%s cannot be read as YAML" % path) from None
        if len(text) > _LARGEST:
            raise ConfigError("%s is larger than 1 MiB" % path)
        clouds = content.get("clouds") if isinstance(content, dict) else None
        return path, clouds if isinstance(clouds, dict) else {}
    return None, {}


def _merged(base, extra):
    """``extra`` over ``base``; only ``auth`` is merged itself, for nothing else is read below the top (and YAML can be endless)."""
    auth = [entry["auth"] for entry in (base, extra) if isinstance(entry.get("auth"), dict)]
    return {**base, **extra, **({"auth": {key: value for entry in auth for key, value in entry.items()}} if auth else {})}


def _settings(entry):
    settings = dict(_PROFILES.get(entry.get("profile") if isinstance(entry.get("profile"), str) else None, {}))
    auth = entry.get("auth") if isinstance(entry.get("auth"), dict) else {}
    for source, names in ((entry, _TOP), (auth, _AUTH)):
        for key, option in names.items():
            if source.get(key) not in (None, "") and option not in settings:
                settings[option] = source[key]
    if "sdrs_endpoint" in settings:
        settings["endpoints"] = {"sdrs": settings.pop("sdrs_endpoint")}
    return settings
