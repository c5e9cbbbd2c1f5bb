# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's checks of the way to the cloud: credentials, clock, hosts, login, project, region. Pure. PRIVATE to the collection.

Each takes the Facts and gives rows. A remedy is one sentence that says what to do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

from .._cloud.credentials import AGENCY, KINDS, keys_of, lacking
from .._cloud.errors import ConfigError
from .._cloud.settings import ENVIRONMENT, SERVICES
from .probe import MOST_SKEW, SIGNING, Facts, classified

ERROR, ADVISORY = "error", "advisory"
AGAIN = "Run the doctor again in a minute; if the problem persists, send its JSON to the cloud's support."
_WORTH_TELLING = 300  # seconds of skew
_KIND_NAMES = {"aksk": "access keys", "password": "a password", "token": "a token", "ecs_agency": "temporary keys of the agency of this ECS"}
_SHOWN = ("region", "project_id", "project_name", "cloud_domain", "endpoint", "endpoints", "auth_url", "metadata_url", "ca_cert", "validate_certs")
_FAULT_REMEDY = "Correct the named setting; the guide on connecting lists what is supported."
_PROXIES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "http_proxy", "HTTP_PROXY")


def row(check: str, passed: object, detail: str, remedy: str = "", severity: str = ERROR) -> dict:
    """One finding; the remedy is kept only if the check failed."""
    return {
        "check": check, "passed": bool(passed), "severity": severity, "detail": _shown(detail), "remedy": "" if passed else _shown(remedy), "skipped": False,
    }


def _shown(text: str) -> str:
    """The part of a URL before ``@`` is never shown."""
    return re.sub(r"//[^/@\s]+@", "//***@", text)


def skipped(check: str, because: str) -> dict:
    """A check that was skipped because another one did not pass."""
    return {
        "check": check, "passed": False, "severity": ADVISORY, "skipped": True,
        "detail": "skipped: %s did not pass" % because, "remedy": "Fix %s first, then run the doctor again." % because,
    }


def said(error: Any) -> str:
    """The message of an error, with its code."""
    code = error.data.get("code")
    return error.message + (" [%s]" % code if code else "")


def place(facts: Facts, key: str) -> Any:
    """Where a setting comes from, for a sentence."""
    layer, name = facts.survey.places.get(key, [("option", key)])[0]
    return "option %s" % name if layer == "option" else name


def given(facts: Facts, service: str) -> Any:
    """The setting that gives a service's URL, or None."""
    if service in facts.settings.endpoints:
        return place(facts, "auth_url" if service == "iam" and "auth_url" in facts.survey.places else "endpoints")
    return place(facts, "endpoint") if facts.settings.endpoint else None


def credentials(facts: Facts) -> list:
    places, fault = facts.survey.places, facts.faults.get("credentials")
    complete = [kind for kind in KINDS if not lacking(kind, places.__contains__)]
    settings = facts.settings if not facts.faults else None
    kind = settings.kind if settings else next(iter(complete), None)
    if fault and (complete or any(key in places for key in (*AGENCY, "auth_type"))):
        several = "more than one kind" in fault
        return [row("credentials", False, fault, "Leave out all options but those of one kind of credentials." if several else _FAULT_REMEDY)]
    if kind is None:
        kind = next((each for each in KINDS if any(key in places for key in keys_of(each) if not key.startswith("domain_"))), None)
        if kind is None:
            return [row("credentials", False, "none found in options, in a cloud entry or in the environment",
                        ("Set credentials, for example: export HW_ACCESS_KEY=... HW_SECRET_KEY=... (or OS_USERNAME, OS_PASSWORD and OS_DOMAIN_NAME, "
                         "or OS_CLOUD)."))]
        missing = lacking(kind, places.__contains__)
        found = _with_places(facts, [key for key in keys_of(kind) if key in places])
        return [row("credentials", False, "incomplete: %s, but no %s" % (found, " and ".join(missing)),
                    "Set the missing values, for example: export %s" % " ".join(_variable(facts, key) + "=..." for key in missing))]
    used = [key for key in keys_of(kind) if key in (settings.credentials if settings and kind != "ecs_agency" else places)]
    unused = [key for each in KINDS for key in keys_of(each) if key in places and key not in used]
    detail = "%s: %s" % (kind_name(settings, kind), _with_places(facts, used + [key for key in AGENCY if settings and key in (settings.agency or {})]))
    return [row("credentials", True, detail + ("; not used: %s" % _with_places(facts, list(dict.fromkeys(unused))) if unused else ""))]


def kind_name(settings: Any, kind: str) -> str:
    """The kind of credentials in words, with their use."""
    name = _KIND_NAMES[kind]
    if settings and kind == "password" and settings.credentials.get("passcode"):
        name += " and a passcode"
    return name + (", used to assume an agency" if settings and settings.agency else "")


def _variable(facts: Facts, key: str) -> Any:
    """The environment variable for a setting, of the family that the user's other ones are of."""
    families = {name.split("_")[0] for found in facts.survey.places.values() for layer, name in found if layer == "environment"}
    return next((name for name in ENVIRONMENT[key] if name.split("_")[0] in families), ENVIRONMENT[key][0])


def _with_places(facts: Facts, keys: Iterable) -> str:
    return ", ".join("%s from %s" % (key, place(facts, key)) for key in keys)


def settings(facts: Facts) -> list:
    faults = {area: message for area, message in facts.faults.items() if area != "credentials"}
    if faults:
        remedies = {
            "cloud": "Correct the entry or the file, or select another entry with cloud (OS_CLOUD).",
            "ca_cert": "Set %s to a file with CA certificates in PEM form." % place(facts, "ca_cert"),
            "endpoint": "Correct the URL in endpoint, endpoints, SDRS_ENDPOINT, SDRS_ENDPOINTS or OS_AUTH_URL.",
            "region": "Correct %s." % place(facts, "region"),
            "settings": "Correct the named setting.",
        }
        area, message = next(iter(faults.items()))
        remedy = "Install it: python3 -m pip install PyYAML" if "PyYAML" in message else remedies[area]
        return [row("settings", False, "; ".join(faults.values()), remedy)]
    shown = [key for key in _SHOWN if key in facts.survey.places]
    cloud = facts.options.get("cloud") or (os.environ.get("OS_CLOUD") if any(found[0][0] == "cloud" for found in facts.survey.places.values()) else None)
    texts = ["cloud entry %s" % cloud] if cloud else []
    texts += [_with_places(facts, shown)] if shown else []
    return [row("settings", True, "; ".join(texts) or "defaults only")]


def clock(facts: Facts) -> list:
    skew, error = facts.skew, facts.login.error
    remedy = "Synchronise this machine's clock with NTP, for example: sudo timedatectl set-ntp true"
    if error is not None and any(word in error.message.lower() for word in ("expired", "x-sdk-date", "skew")):
        return [row("clock", False, "the signature was rejected because of its time: %s" % said(error), remedy)]
    if skew is None:
        reached = [service for service in SERVICES if facts.knock(service) and not facts.missing(service)]
        if not reached:
            return [skipped("clock", facts.missing("iam" if facts.settings and facts.settings.logs_in else "sdrs"))]
        return [row("clock", True, "unknown: no response contains a date", severity=ADVISORY)]
    signs = facts.settings.kind in SIGNING and not facts.faults
    text = "this machine is %s" % (
        "within %d s of the services" % max(1, round(abs(skew))) if abs(skew) < 60 else
        "%d min %s the services; signatures are refused beyond 15 min" % (round(abs(skew) / 60), "behind" if skew > 0 else "ahead of")
    )
    return [row("clock", abs(skew) <= _WORTH_TELLING, text, remedy, ERROR if signs and abs(skew) > MOST_SKEW else ADVISORY)]


def _hosts(facts: Facts, area: Any) -> tuple:
    """``{host: problem}`` of hosts with a problem in an area, the severity it has, and the services it concerns."""
    found = {service: facts.knock(service) for service in SERVICES if facts.knock(service)}
    bad = {service: each for service, each in found.items() if each.area == area}
    # The URL of a service that is not in the catalogue is a guess; the catalogue is what is wrong then.
    severity = ERROR if any(facts.needed(service) and not facts.guessed(service) for service in bad) or not bad else ADVISORY
    return {each.host: each.problem for each in bad.values()}, severity, list(bad)


def _listed(problems: dict) -> str:
    return "; ".join("%s: %s" % item for item in problems.items())


def name_resolution(facts: Facts) -> list:
    if not facts.knocks:
        return [skipped("name_resolution", "region" if facts.settings else "settings")]
    problems, severity, services = _hosts(facts, "name_resolution")
    remedy = "Check %s; to query the resolver: getent hosts %s" % (
        " and ".join(sorted({given(facts, each) or "region and cloud_domain" for each in services})) + ", and this machine's DNS",
        next(iter(problems), ""),
    )
    own = sorted({each.host for each in facts.knocks.values() if not each.proxy and each.area != "name_resolution"})
    return [row("name_resolution", not problems, _listed(problems) or (", ".join(own) or "resolved by the proxy"), remedy, severity)]


def proxy(facts: Facts) -> list:
    problems, severity, _services = _hosts(facts, "proxy")
    used = sorted({each.proxy for each in facts.knocks.values() if each.proxy})
    names = [name for name in _PROXIES if os.environ.get(name)]
    text = "%s (%s)" % (", ".join(used), ", ".join(names) or "system setting") if used else "none"
    direct = sorted({each.host for each in facts.knocks.values() if not each.proxy}) if used else []
    text += "; without proxy: %s" % ", ".join(direct) if direct else ""
    text += "; %s" % _listed(problems) if problems else ""
    remedy = "Correct %s, or exclude hosts from the proxy, for example: export no_proxy=%s" % (
        names[0] if names else "the proxy", next(iter(problems), ""))
    return [row("proxy", not problems, text, remedy, severity)]


def tls(facts: Facts) -> list:
    https = [each for each in facts.knocks.values() if each.url.startswith("https:")]
    if not https:
        return [skipped("tls", "region" if facts.settings else "settings")] if not facts.knocks else [row("tls", True, "not used: plain http to this machine")]
    problems, severity, _services = _hosts(facts, "tls")
    verify = facts.settings.verify
    bundle = next((name for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if verify is True and os.environ.get(name)), None)
    trust = "the file in %s" % bundle if bundle else "the CA bundle of the Python library requests"
    if isinstance(verify, str):
        trust = "%s from %s" % (verify, place(facts, "ca_cert"))
    if problems and "ca_cert" in facts.faults:
        return [skipped("tls", "settings")]
    if problems:
        text = _listed(problems).lower()
        if "hostname" in text or "doesn't match" in text or "not valid for" in text:
            remedy = "Set endpoint or endpoints to the host name that the certificate contains."
        elif "expired" in text or "not yet valid" in text:
            remedy = "Check this machine's clock; if it is correct, the certificate of the server, or of a proxy that intercepts TLS, must be renewed."
        else:
            remedy = ("Set ca_cert (OS_CACERT) to the file with the CA that signed the "
                      "certificate of %s, or of a proxy that intercepts TLS.") % next(iter(problems))
        return [row("tls", False, "%s; trusted: %s" % (_listed(problems), trust), remedy, severity)]
    if verify is False:
        return [row("tls", False, "certificates are not verified (%s)" % place(facts, "validate_certs"),
                    "Set validate_certs: true, and ca_cert to your CA's file.", ADVISORY)]
    if not any(each.status for each in https):
        return [skipped("tls", next(each.area if each.area != "endpoint" else "endpoint_sdrs" for each in https))]
    return [row("tls", True, "verified; trusted: %s" % trust)]


def login(facts: Facts) -> list:
    outcome, kind = facts.login, facts.settings.kind if facts.settings else None
    if outcome.skipped:
        return [skipped("login", outcome.skipped)]
    if outcome.error:
        return [row("login", False, said(outcome.error), _login_remedy(facts, outcome.error, kind))]
    if facts.accepted_by:
        signature = "the signature was accepted by %s"
        what = {"aksk": signature, "ecs_agency": signature, "token": "the token was accepted by %s"}.get(kind or "", "logged in with the password at %s")
        if facts.settings.agency:
            what = "agency %s was assumed at %%s" % facts.settings.agency["agency_name"].replace("%", "%%")
        return [row("login", True, what % facts.accepted_by.upper())]
    return [skipped("login", facts.answers["sdrs"].skipped or "read_sdrs")]


def _login_remedy(facts: Facts, error: Any, kind: Any) -> str:
    text, meaning = error.message.lower(), classified(error)
    if facts.settings.agency and "agency" in text:
        return "Compare %s with the agency in the console of the account that created it; the user needs the role Agent Operator." % _places(facts, AGENCY)
    if meaning == "wrong_project" or isinstance(error, ConfigError):
        return "Correct the project: see the check project."
    if meaning == "denied":
        return "Ask the account's administrator to grant the user programmatic access and membership in the project."
    if meaning == "not_offered":
        return "Correct the URL of iam (now %s)." % facts.urls.get("iam")
    if meaning != "rejected":
        return AGAIN
    if "limit" in text or "lock" in text:
        return "Wait five minutes without further attempts, then correct %s: the key or user is locked." % _places(facts, keys_of(kind))
    if kind == "ecs_agency":
        return error.data.get("remedy") or "In the console, assign an agency with the required roles to the ECS."
    if "expired" in text and kind == "aksk":
        return "Correct this machine's clock: see the check clock."
    if kind == "aksk":
        temporary = "" if "security_token" in facts.survey.places else " (a temporary key requires security_token, too)"
        return "Compare %s with the key's file%s before the next attempt: five rejected signatures lock a key for five minutes." % (
            _places(facts, ("access_key", "secret_key")), temporary)
    if kind == "token":
        return "Get a new token and set %s: a token is valid for 24 hours." % place(facts, "auth_token")
    if facts.settings.credentials.get("passcode"):
        return "Set a new passcode in %s: each is valid for one login within half a minute; check the user's ID and password, too." % place(facts, "passcode")
    return "Verify %s with a login to the console, and check the project %s, before the next attempt: repeated failures lock a user." % (
        _places(facts, keys_of(kind)), facts.settings.project_name or facts.settings.project_id)


def _places(facts: Facts, keys: Iterable) -> str:
    return " and ".join(place(facts, key) for key in keys if key in facts.survey.places)
