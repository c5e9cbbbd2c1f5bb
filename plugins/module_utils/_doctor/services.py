# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's checks of the services, and of what is on this machine. Pure but for the last. PRIVATE to the collection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from .._cloud.errors import SdrsError
from .._cloud.settings import SERVICES
from . import local
from .checks import ADVISORY, AGAIN, ERROR, row, said, skipped
from .probe import Facts, classified

# The action that a user needs to read each service, and what cannot be done without it.
_ACTIONS = {
    "sdrs": "the role SDRS Administrator", "iam": "the action iam:projects:listProjects", "ecs": "the action ecs:cloudServers:list",
    "evs": "the action evs:volumes:list", "vpc": "the action vpc:vpcs:list", "as": "the action as:groups:list",
}
_LOST = {
    "sdrs": "nothing works without it", "iam": "projects cannot be found by name", "ecs": "servers cannot be found by name, and no switch can be prepared",
    "evs": "disks cannot be found by name", "vpc": "VPCs and subnets cannot be found by name", "as": "as_group and failover_as_groups cannot be used",
}
# Roles whose holder may do anything with SDRS, and the one that only reads.
_WRITERS, _READER = ("te_admin", "sdrs_adm"), "readonly"
_MOST = 10
_OTC = "otc.t-systems.com"


def reads(facts: Facts) -> list:
    found = []
    for service in SERVICES:
        name, outcome = "read_" + service, facts.answers.get(service)
        severity = ERROR if facts.settings is None or facts.needed(service) else ADVISORY
        if outcome is None or outcome.skipped:
            found.append(skipped(name, outcome.skipped if outcome else facts.barrier or facts.missing(service)))
        elif outcome.ok:
            found.append(row(name, True, "allowed", severity=severity))
        else:
            detail = "%s: %s; %s" % (service.upper(), said(outcome.error), _LOST[service])
            found.append(row(name, False, detail, _read_remedy(facts, service, outcome.error), severity))
    return found


def _read_remedy(facts: Facts, service: str, error: SdrsError) -> Any:
    meaning = classified(error)
    if meaning == "denied":
        return "Ask the account's administrator to grant the user, in project %s, %s." % (facts.project_id, _ACTIONS[service])
    if meaning == "wrong_project":
        return "Correct the project: see the check project."
    if meaning == "rejected":
        return "Check the project, and that %s belongs to the cloud and region of the credentials." % facts.urls[service]
    if meaning == "not_offered":
        return "Choose a region that offers %s, or correct its URL in endpoints (now %s)." % (service.upper(), facts.urls[service])
    return AGAIN


def write(facts: Facts) -> list:
    if facts.barrier:
        return [skipped("write", facts.barrier)]
    roles: list = facts.token["roles"] if isinstance(facts.token.get("roles"), list) else []
    names = [str(each.get("name")) for each in roles if isinstance(each, dict) and each.get("name")]
    if any(name in _WRITERS for name in names):
        return [row("write", True, "the user has the role %s, which may write" % next(name for name in names if name in _WRITERS), severity=ADVISORY)]
    if names == [_READER]:
        return [row("write", False, "the user has only the role readonly (Tenant Guest)",
                    "Ask the account's administrator to grant the user the role SDRS Administrator in this project.", ADVISORY)]
    return [row("write", True, "unknown: this cannot be tested without changing something", severity=ADVISORY)]


def _asked(name: str, judge: Callable[..., Any], question: str | None = None) -> Callable[[Facts], list]:
    """A check of one answer: ``judge(facts, value)`` gives its row."""
    def check(facts: Facts) -> list:
        outcome = facts.answers.get(question or name)
        if outcome is None or outcome.skipped:
            return [skipped(name, outcome.skipped if outcome else facts.barrier)]
        if outcome.error:
            return [row(name, False, said(outcome.error), AGAIN, ADVISORY)]
        return [judge(facts, outcome.value)]
    return check


def _versions(facts: Facts, versions: Any) -> Any:
    texts = ["%s %s" % (each.get("id"), each.get("status") or "") for each in versions]
    known = any(each.get("id") == "v1" for each in versions)
    return row("api_version", known, ", ".join(texts).strip() or "the service lists none", "Check the endpoint of sdrs: this collection uses v1.", ADVISORY)


def _domains(facts: Facts, domains: Any) -> Any:
    if not domains:
        groups = facts.answers.get("groups")
        return row("domains", False, "the region has no active-active domain, so no protection group can be created",
                   "Choose a region or project with an active-active domain, or ask the cloud's support for one.",
                   ADVISORY if groups and groups.value else ERROR)
    texts = []
    for domain in domains:
        zones = [(domain.get(key) or {}).get("availability_zone") for key in ("local_replication_cluster", "remote_replication_cluster")]
        texts.append("%s joins %s and %s%s" % (domain.get("name"), *zones, " (sold out)" if domain.get("sold_out") else ""))
    return row("domains", not all(domain.get("sold_out") for domain in domains), "; ".join(texts),
               "Ask the cloud's support for capacity: servers cannot be protected in a domain that is sold out.", ADVISORY)


def _used(quota: Any) -> str:
    limit = quota.get("quota")
    return "%s: %s of %s used" % (quota.get("type"), quota.get("used"), "unlimited" if limit == -1 else limit)


def _left(quota: Any) -> Any:
    limit, used = quota.get("quota"), quota.get("used")
    return None if limit == -1 or not all(isinstance(number, int) for number in (limit, used)) else limit - used


def _quotas(facts: Facts, quotas: Any) -> Any:
    full = [str(quota.get("type")) for quota in quotas if _left(quota) is not None and _left(quota) <= 0]
    return row("quotas", not full, "; ".join(map(_used, quotas)) or "the service lists none",
               "Ask for a higher quota of %s in the console, under My Quota." % " and ".join(full), ADVISORY)


def batch(facts: Facts) -> list:
    otc = facts.settings is not None and str(facts.settings.cloud_domain).endswith(_OTC)
    text = "unknown: this cannot be tested without changing something" + ("; Open Telekom Cloud does not document them" if otc else "")
    return [row("batch", True, text, severity=ADVISORY)]


def rpo_statistics(facts: Facts) -> Any:
    outcome = facts.answers.get("rpo")
    if outcome is not None and classified(outcome.error) == "not_offered":
        return [row("rpo_statistics", True, "not offered by this cloud; reports leave them out", severity=ADVISORY)]
    return _asked("rpo_statistics", lambda facts, value: row("rpo_statistics", True, "offered", severity=ADVISORY), "rpo")(facts)


def _groups(facts: Facts, groups: list) -> Any:
    counted = Counter(str(group.get("status")) for group in groups)
    bad = [group for group in groups if str(group.get("status")).startswith("error")]
    text = ", ".join("%d %s" % (count, status) for status, count in sorted(counted.items())) or "none yet"
    return row("server_groups", not bad, text + _which(bad),
               "Run the playbook cloud_dr.sdrs.posture for an overview; the module sdrs_failed_task_info lists failed tasks.", ADVISORY)


def _pairs(facts: Facts, pairs: list) -> Any:
    counted = Counter(str(pair.get("status")) for pair in pairs)
    text = ", ".join("%d %s" % (count, status) for status, count in sorted(counted.items())) or "none faulty"
    return row("replications", not pairs, text + _which(pairs),
               "Run the playbook cloud_dr.sdrs.posture for an overview; the module sdrs_failed_task_info lists failed tasks.", ADVISORY)


def _which(objects: list) -> str:
    names = ["%s is %s" % (each.get("name"), each.get("status")) for each in objects[:_MOST]]
    return ": " + ", ".join(names) + (", ... %d in all" % len(objects) if len(objects) > _MOST else "") if names else ""


def _vpc_quota(facts: Facts, quotas: Any) -> Any:
    quota = next((each for each in quotas if each.get("type") == "vpc"), None)
    if quota is None:
        return row("vpc_quota", True, "unknown: the service does not list it", severity=ADVISORY)
    left = _left(quota)
    return row("vpc_quota", left is None or left > 0, _used(quota) + "; a drill without drill_vpc creates one",
               "Delete unused drill VPCs, or set drill_vpc to a VPC for drills.", ADVISORY)


api_version = _asked("api_version", _versions, "versions")
domains = _asked("domains", _domains)
quotas = _asked("quotas", _quotas)
server_groups = _asked("server_groups", _groups, "groups")
replications = _asked("replications", _pairs, "pairs")
vpc_quota = _asked("vpc_quota", _vpc_quota, "vpc_quotas")


def token_cache(facts: Facts) -> list:
    if facts.settings is None:
        return [skipped("token_cache", "settings")]
    usable, text = local.token_cache(facts.settings)
    return [row("token_cache", usable, text, "Restrict the folder to yourself (chmod 700), or set another folder with SDRS_TOKEN_CACHE_DIR.", ADVISORY)]


def locks(facts: Facts) -> list:
    usable, text = local.locks()
    return [row("locks", usable, text, "Delete that folder, or restrict it to yourself (chmod 700): concurrent runs are not locked out.", ADVISORY)]


def versions(facts: Facts) -> list:
    found = local.versions()
    old = [name for name, least in (("Python", (3, 10)), ("ansible-core", (2, 16))) if name in found and _numbers(found[name]) < least]
    return [row("versions", not old, ", ".join("%s %s" % item for item in found.items()),
                "Install a newer %s: the collection requires Python 3.10 and ansible-core 2.16." % " and ".join(old), ERROR)]


def _numbers(version: Any) -> tuple:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
