# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's checks after a login: account, project, region, catalogue, endpoints. Pure. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._cloud.errors import ConfigError
from .._cloud.settings import SERVICES
from .checks import ADVISORY, ERROR, given, place, row, said, skipped
from .probe import Facts, classified

_MOST = 10
_CONSOLE = "the console lists projects under My Credentials"


def account(facts: Facts) -> list:
    if facts.barrier:
        return [skipped("account", facts.barrier)]
    user: dict = facts.token["user"] if isinstance(facts.token.get("user"), dict) else {}
    domain = user.get("domain")
    owner = domain if isinstance(domain, dict) else {}
    if user.get("name"):
        what = "agency %s of account %s" if facts.settings.agency else "user %s of account %s"
        return [row("account", True, what % (user["name"], owner.get("name") or owner.get("id")))]
    owners = sorted({str(each["domain_id"]) for each in _projects(facts) or [] if each.get("domain_id")})
    return [row("account", True, "account ID %s" % ", ".join(owners) if owners else "unknown: these credentials do not show it", severity=ADVISORY)]


def _projects(facts: Facts) -> Any:
    """The projects that IAM lists; None if they are unknown."""
    outcome = facts.answers.get("iam")
    return outcome.value if outcome is not None and outcome.ok else None


def _names(projects: Any) -> str:
    names = ["%s (%s)" % (each.get("name"), each.get("id")) for each in projects[:_MOST]]
    return ", ".join(names) + (", ... %d in all" % len(projects) if len(projects) > _MOST else "") if names else "none"


def project(facts: Facts) -> list:
    error, settings = facts.login.error, facts.settings
    if isinstance(error, ConfigError):
        return [row("project", False, error.message, "Set the project, for example: export OS_PROJECT_NAME=... (the default is the name of the region)")]
    wrong = _refused_project(facts)
    if facts.barrier and not wrong:
        return [skipped("project", facts.barrier)]
    listed = _projects(facts)
    known = next((each for each in listed or [] if each.get("id") == facts.project_id), None)
    key = "project_id" if settings.project_id else "project_name"
    source = place(facts, key if key in facts.survey.places else "region")
    remedy = "Set %s to a project of the account; %s." % (source, _CONSOLE)
    if listed:
        remedy = "Set project_name or project_id to one of: %s." % _names(listed)
    if wrong:
        return [row("project", False, "%s %s from %s: %s" % (key, getattr(settings, key), source, said(wrong)), remedy)]
    if not facts.project_id:
        return [_unknown_project(facts, listed, source, remedy)]
    if facts.project_doubtful:
        return [row("project", False, "all services refuse %s %s from %s" % (key, getattr(settings, key), source), remedy)]
    if listed and not known and not facts.token:
        return [row("project", False, "project_id %s from %s is none of the projects that IAM lists" % (settings.project_id, source), remedy)]
    scope: dict = facts.token["project"] if isinstance(facts.token.get("project"), dict) else {}
    name = (known or scope).get("name")
    return [row("project", True, "%s (%s)" % (name, facts.project_id) if name else "%s, used as given" % facts.project_id)]


def _refused_project(facts: Facts) -> Any:
    """The error by which IAM or a service says that the project is wrong."""
    errors = [facts.login.error, *(outcome.error for outcome in facts.answers.values())]
    return next((error for error in errors if classified(error) == "wrong_project"), None)


def _unknown_project(facts: Facts, listed: Iterable, source: Any, remedy: str) -> Any:
    """The finding where no project has been found by its name."""
    name = facts.settings.project_name
    if not name:
        return row("project", False, "neither project_id nor project_name nor region is set", remedy)
    if listed is None:
        asked = facts.answers.get("iam")
        if asked is None or asked.skipped:
            return skipped("project", asked.skipped if asked else facts.missing("iam"))
        return row("project", False, "project_name %s cannot be looked up: %s" % (name, said(asked.error)), "Set project_id; %s." % _CONSOLE)
    count = sum(each.get("name") == name for each in listed)
    return row("project", False, "%s named %s, which comes from %s" % ("%d projects are" % count if count else "no project is", name, source), remedy)


def _regions(facts: Facts, kind: str | None = None) -> set:
    """The regions in the token's catalogue: all, or those of one type of service."""
    catalog = facts.token.get("catalog")
    entries = [entry for entry in catalog if isinstance(entry, dict) and kind in (None, entry.get("type"))] if isinstance(catalog, list) else []
    listed = [entry.get("endpoints") for entry in entries]
    endpoints = [each for some in listed if isinstance(some, list) for each in some if isinstance(each, dict)]
    return {str(each.get("region_id") or each.get("region")) for each in endpoints if (each.get("region_id") or each.get("region")) not in (None, "", "*")}


def region(facts: Facts) -> list:
    settings = facts.settings
    if "region" in facts.faults:
        return [row("region", False, facts.faults["region"], "Correct %s." % place(facts, "region"))]
    if settings is None:
        return [skipped("region", "settings")]
    name, source = settings.region, place(facts, "region")
    if not name:
        lacking = [service for service in SERVICES if service not in facts.urls]
        if not lacking:
            return [row("region", True, "not set; all services have an endpoint without it")]
        return [row("region", False, "not set, so there is no endpoint for %s" % ", ".join(lacking),
                    "Set your region, for example: export SDRS_REGION=eu-de")]
    if "sdrs" in facts.unknown:
        return [row("region", False, facts.unknown["sdrs"], "Set %s to a region that offers SDRS." % source)]
    offering, all_regions = _regions(facts, "sdrs"), _regions(facts)
    if offering and name not in offering:
        return [row("region", False, "%s from %s does not offer SDRS; the catalogue lists SDRS in %s" % (name, source, ", ".join(sorted(offering))),
                    "Set %s to one of: %s." % (source, ", ".join(sorted(offering))))]
    if all_regions and name not in all_regions:
        return [row("region", False, "%s from %s is not in the catalogue, which contains %s" % (name, source, ", ".join(sorted(all_regions))),
                    "Set %s to one of: %s." % (source, ", ".join(sorted(all_regions))))]
    if facts.project_doubtful:
        return [skipped("region", "project")]
    if classified(getattr(facts.answers.get("sdrs"), "error", None)) == "not_offered":
        return [row("region", False, "%s from %s does not offer SDRS: %s" % (name, source, said(facts.answers["sdrs"].error)),
                    "Set %s to a region that offers SDRS, or correct the endpoint of sdrs." % source)]
    missing = facts.missing("sdrs")
    others = [service for service in SERVICES if service != "sdrs" and facts.knock(service) and not facts.missing(service)]
    if missing == "name_resolution" and others:
        return [row("region", False, "%s from %s has a host for %s, but none for SDRS (%s)" % (name, source, others[0].upper(), facts.knock("sdrs").host),
                    "Set %s to a region that offers SDRS, or give its URL in endpoints." % source)]
    if missing:
        return [skipped("region", missing)]
    return [row("region", True, "%s from %s" % (name, source))]


def catalogue(facts: Facts) -> list:
    if facts.settings is None or facts.faults or not facts.settings.logs_in:
        return [row("catalogue", True, "none: only a login with a password, or to an agency, returns one", severity=ADVISORY)]
    if facts.barrier:
        return [skipped("catalogue", facts.barrier)]
    lacking = [service for service in SERVICES if service not in facts.catalogue]
    if not facts.settings.region:
        return [row("catalogue", True, "not used: no region is set", severity=ADVISORY)]
    if not facts.token.get("catalog"):
        return [row("catalogue", True, "IAM returned none; endpoints are built from region and cloud_domain", severity=ADVISORY)]
    if "sdrs" in lacking:
        works = facts.answers["sdrs"].ok
        detail = "SDRS is not in the token's catalogue for region %s" % facts.settings.region
        return [row("catalogue", False, detail + ("; its endpoint responds nevertheless" if works else ""),
                    "Ask the account's administrator to enable SDRS in this project, or choose a region that offers it.", ADVISORY if works else ERROR)]
    return [row("catalogue", True, "it contains %s" % ", ".join(facts.catalogue) + ("; not %s" % ", ".join(lacking) if lacking else ""), severity=ADVISORY)]


def endpoints(facts: Facts) -> list:
    found = []
    for service in SERVICES:
        name = "endpoint_" + service
        severity = ERROR if facts.settings is None or facts.needed(service) else ADVISORY
        knocked = facts.knock(service)
        if knocked is None or (knocked.area and knocked.area != "endpoint"):
            found.append(skipped(name, facts.missing(service)))
        elif knocked.area:
            remedy = "Check the URL of %s%s and the network path from this machine (firewall, proxy, security groups): curl -sv %s" % (
                service, " in %s" % given(facts, service) if given(facts, service) else "", knocked.url)
            found.append(row(name, False, "%s: %s" % (knocked.url, knocked.problem), remedy, severity))
        else:
            found.append(row(name, True, "%s (%s)" % (knocked.url, _origin(facts, service)), severity=severity))
    return found


def _origin(facts: Facts, service: str) -> str:
    setting = given(facts, service)
    return "from %s" % setting if setting else "from the catalogue" if service in facts.catalogue else "built from region and cloud_domain"
