# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's checks of this machine, without any request: settings, token cache, locks, versions. PRIVATE to the collection."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .._cloud import validate
from .._cloud.clouds_yaml import files_of_cloud
from .._cloud.credentials import AGENCY, KINDS, keys_of, region_of_project
from .._cloud.errors import ConfigError
from .._cloud.private_folder import NotPrivate, private_folder
from .._cloud.settings import ENVIRONMENT, LAYERS, SECRETS, layers_of
from .._cloud.settings import resolve as resolve_settings
from .._cloud.token_cache import TokenCache
from .._cloud.version import VERSION
from .._engine.lock_files import folders as lock_folders

CREDENTIALS = (*dict.fromkeys(key for kind in KINDS for key in keys_of(kind)), *AGENCY, "auth_type", "metadata_url")
# What is left out, step by step, until the rest can be resolved, so that one wrong setting does not hide what else is wrong.
_STEPS = (
    ("credentials", CREDENTIALS),
    ("cloud", ("cloud",)),
    ("ca_cert", ("ca_cert",)),
    ("endpoint", ("endpoint", "endpoints", "auth_url")),
    ("region", ("region", "cloud_domain")),
    ("settings", ("validate_certs", "token_cache", "token_cache_dir", "http_timeout", "max_retries")),
)


@dataclass
class Survey:
    """Where settings were found, without their values.

    :param places: ``{key: [(layer, name)]}``, the winner first; the name is the option's, the environment variable's, or the path of clouds.yaml
    :param secrets: the values of all secrets found, whether they are used or not; never for display
    """

    places: dict
    secrets: list = field(repr=False)


def survey(options: Any, environ: Any) -> Any:
    """Where each setting was found; a cloud entry that cannot be read has none."""
    names = {"option": {key: key for key in options}, "cloud": {}, "environment": {
        key: next((name for name in variables if environ.get(name)), None) for key, variables in ENVIRONMENT.items()
    }}
    cloud = options.get("cloud") or environ.get("OS_CLOUD")
    try:
        layers = layers_of(options, environ)
        names["cloud"] = files_of_cloud(cloud, environ) if cloud else {}
    except Exception:  # pylint: disable=broad-except
        # Whatever is wrong with it, ``resolve`` says it.
        layers = layers_of(*_without(options, environ, ("cloud",)))
    places: dict = {}
    for layer in LAYERS:
        for key, value in layers[layer].items():
            if value not in (None, ""):
                places.setdefault(key, []).append((layer, names[layer].get(key) or key))
    if "region" not in places and "project_name" in places and region_of_project(layers[places["project_name"][0][0]]["project_name"]):
        places["region"] = places["project_name"]
    secrets = [str(values[key]) for values in layers.values() for key in SECRETS if values.get(key)]
    return Survey(places, secrets)


def resolve(options: Any, environ: Any) -> tuple:
    """``(settings, faults)``: what can be resolved, and ``{area: message}`` of what cannot; None for settings where nothing can.

    With any fault the credentials are left out: nothing is sent with incorrect settings.
    """
    faults = {}
    try:
        validate.check(options, validate.RULES)
    except ConfigError as error:
        faults["settings"] = error.message
        options, environ = _without(options, environ, ("http_timeout", "max_retries"))
    settings, message = _attempt(options, environ)
    for step, keys in _STEPS:
        if message is None:
            break
        options, environ = _without(options, environ, keys)
        if step == "credentials":
            options["auth_token"] = "none"
        before = message
        settings, message = _attempt(options, environ)
        if message != before:
            faults[step] = before
    if message is not None:
        faults["settings"] = message
    if settings and faults:
        settings.credentials = {}
    return settings, faults


def _attempt(options: Any, environ: Any) -> tuple:
    try:
        return resolve_settings(options, environ), None
    except ConfigError as error:
        return None, error.message
    except Exception as error:  # pylint: disable=broad-except
        return None, "unexpected %s in the settings" % type(error).__name__


def _without(options: Any, environ: Any, keys: Iterable) -> tuple:
    """Options and environment without these settings."""
    names = {name for key in keys for name in ENVIRONMENT.get(key, ())} | ({"OS_CLOUD"} if "cloud" in keys else set())
    return {key: value for key, value in options.items() if key not in keys}, {key: value for key, value in environ.items() if key not in names}


def token_cache(settings: Any) -> tuple:
    """``(usable, detail)`` of the token folder; nothing is created or changed."""
    if not settings.token_cache:
        return True, "off; with a password, every task logs in again"
    folder = TokenCache(settings.token_cache_dir).folder
    if folder is None:
        return False, "no home folder is set"
    problem = _folder_problem(folder)
    if problem or not os.path.isdir(folder):
        return not problem, problem or "%s does not exist yet; the first login creates it" % folder
    count = sum(1 for name in os.listdir(folder) if name.endswith(".json"))
    return True, "%s contains %d entr%s" % (folder, count, "y" if count == 1 else "ies")


def locks() -> tuple:
    """``(usable, detail)`` of the lock folders; nothing is created or changed."""
    places, problems = lock_folders()
    usable: list = []
    for place in places:
        problem = _folder_problem(place)
        (problems if problem else usable).append(problem or place)
    if not usable:
        return False, "; ".join(problems)
    there = [folder for folder in usable if os.path.isdir(folder)]
    if not there:
        return True, "%s does not exist yet; the first run that changes something creates it" % usable[0]
    held = sorted({process for folder in there for process in _holders(folder)})
    return True, "%s: %s" % (" and ".join(there), "held by process %s" % ", ".join(map(str, held)) if held else "no run holds a lock")


def _folder_problem(folder: Any) -> str | None:
    """Why a private folder cannot be used or made, or None."""
    while not os.path.lexists(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    try:
        with private_folder(folder, make=False):
            return None
    except NotPrivate as problem:
        return str(problem)


def _holders(folder: Any) -> list:
    """The processes that hold a lock in ``folder``, where the system tells; trying a lock would disturb the run that waits for it."""
    try:
        files = {entry.inode() for entry in os.scandir(folder) if entry.name.endswith(".lock")}
        with open("/proc/locks", encoding="ascii", errors="replace") as stream:
            lines = [line.split() for line in stream]
    except OSError:
        return []
    return sorted({int(parts[4]) for parts in lines if len(parts) > 5 and parts[1] == "FLOCK" and int(parts[5].rpartition(":")[2]) in files})


def versions() -> dict:
    """``{name: version}`` of all that takes part."""
    found = {"cloud_dr.sdrs": VERSION}
    try:
        from ansible.module_utils.ansible_release import __version__ as core

        found["ansible-core"] = core
    except ImportError:
        pass
    found["Python"] = ".".join(map(str, sys.version_info[:3]))
    for name in ("requests", "urllib3"):
        try:
            found[name] = str(__import__(name).__version__)
        except ImportError:
            found[name] = "missing"
    return found
