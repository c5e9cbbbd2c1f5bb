# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's requests: hosts without credentials, then the login, then each service. PRIVATE to the collection.

Changes nothing: GET, and the one POST that obtains a token. A rejected signature or password is sent once (five lock a key).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from .._cloud.api import Api
from .._cloud.client import Client
from .._cloud.errors import ApiError, AuthError, ConfigError, ConnectionFailed, SdrsError
from .._cloud.paging import objects
from .._cloud.settings import SERVICES
from .._sdrs.kinds import REPLICATION, SERVER_GROUP
from . import local
from .knock import ANSWER, CONNECT, knock_at, passwords, proxy_of, together

# A gateway refuses signatures that are older or younger than this many seconds.
MOST_SKEW = 900
# Kinds of credentials with which requests are signed.
SIGNING = ("aksk", "ecs_agency")
_PERMISSION_CODES = frozenset(("SDRS.0003", "SDRS.0004", "SDRS.0005", "SDRS.0007", "SDRS.0009"))
_PROJECT_CODES = frozenset(("SDRS.0001", "VPC.0007", "AS.0008"))
_V1 = "/v1/{project_id}"
# One cheap question to each service of the project.
_READS = {
    "sdrs": _V1 + "/server-groups",
    "ecs": _V1 + "/cloudservers/detail",
    "evs": "/v2/{project_id}/cloudvolumes/detail",
    "vpc": _V1 + "/vpcs",
    "as": "/autoscaling-api/v1/{project_id}/scaling_group",
}
# Further queries, by service.
_QUESTIONS = {
    "versions": ("sdrs", lambda api: objects(api.client.send("GET", "sdrs", "/"), "versions")),
    "domains": ("sdrs", lambda api: api.list("list_domains")),
    "quotas": ("sdrs", lambda api: _resources(api.call("show_quotas"))),
    "rpo": ("sdrs", lambda api: api.list("list_rpo_statistics")),
    "groups": ("sdrs", lambda api: api.list(SERVER_GROUP.list_call)),
    "pairs": ("sdrs", lambda api: api.list(REPLICATION.list_call, {"query_type": "status_abnormal"})),
    "vpc_quotas": ("vpc", lambda api: _resources(api.client.call("GET", "vpc", _V1 + "/quotas", {"type": "vpc"}))),
}


@dataclass
class Outcome:
    """A value, an error, or the name of the check without which nothing could be asked."""

    value: Any = None
    error: SdrsError | None = None
    skipped: str | None = None

    @property
    def ok(self) -> bool:
        return self.error is None and self.skipped is None


@dataclass
class Facts:
    """Everything the checks are judged by.

    :param options: the connection options that were given
    :param faults: ``{area: message}`` of settings that cannot be resolved
    :param urls: base URL by service; ``unknown`` says why a service has none
    :param token: what IAM said of the token; ``catalogue`` is its URLs for the region
    :param accepted_by: the service that accepted the credentials first
    :param answers: an Outcome by service, or by name of a question
    """

    options: dict
    survey: local.Survey
    settings: Any
    faults: dict
    urls: dict = field(default_factory=dict)
    unknown: dict = field(default_factory=dict)
    knocks: dict = field(default_factory=dict)
    login: Outcome = field(default_factory=lambda: Outcome(skipped="settings"))
    accepted_by: str | None = None
    token: dict = field(default_factory=dict)
    catalogue: dict = field(default_factory=dict)
    project_id: str | None = None
    answers: dict = field(default_factory=dict)

    def knock(self, service: str) -> Any:
        return self.knocks.get(self.urls.get(service))

    def missing(self, service: str) -> Any:
        """The check that blocks the way to a service; None if the service responds."""
        found = self.knock(service)
        if found is None:
            return "region" if self.settings else "settings"
        return "endpoint_" + service if found.area == "endpoint" else found.area

    @property
    def barrier(self) -> Any:
        """The check that blocks everything that needs a login; None after a login."""
        return self.login.skipped or ("login" if self.login.error else None)

    def needed(self, service: str) -> Any:
        """Whether the collection cannot do its work without this service, with these settings."""
        if service == "iam":
            settings = self.settings
            return settings.logs_in or not settings.project_id or "iam" in settings.endpoints
        return service != "as"

    @property
    def project_doubtful(self) -> bool:
        """Whether every service of the project refuses it, and nothing else vouches for it."""
        listed = self.answers.get("iam")
        if self.token.get("project") or (listed and listed.ok and any(each.get("id") == self.project_id for each in listed.value)):
            return False
        errors = [self.answers[service].error for service in SERVICES if service != "iam" and service in self.answers]
        return len(errors) > 1 and all(error is not None and error.data.get("http_status") in (401, 403, 404) for error in errors)

    def guessed(self, service: str) -> bool:
        """Whether a service's URL is made up although there is a catalogue, which does not have it."""
        return bool(self.catalogue) and service not in self.catalogue and service not in self.settings.endpoints and not self.settings.endpoint

    @property
    def skew(self) -> Any:
        """Seconds by which the services' clock is ahead of this machine's; None where none tells."""
        found = (self.knock(service) for service in SERVICES)
        return next((each.skew for each in found if each and each.skew is not None), None)


class _Client(Client):
    """Keeps what IAM says of a token."""

    said: dict = {}

    def _log_in(self, *arguments: Any) -> Any:
        answer = super()._log_in(*arguments)
        self.said = answer[1]["token"] if isinstance(answer[1].get("token"), dict) else {}
        return answer


def gather(options: Any, host: Any, environ: Any = None) -> Any:
    """Gathers all available facts; faults are facts, too."""
    environ = dict(os.environ if environ is None else environ)
    options = {key: value for key, value in options.items() if value is not None}
    facts = Facts(options, local.survey(options, environ), *local.resolve(options, environ))
    host.mask(facts.survey.secrets)
    if facts.settings is None:
        return facts
    logs_in = facts.settings.logs_in and not facts.faults
    _reach(facts, ("iam",) if logs_in else SERVICES)
    host.mask(passwords(proxy_of(url) for url in facts.urls.values()))
    facts.login = Outcome(skipped=_no_login(facts))
    client = None
    if not facts.faults:
        brief = replace(facts.settings, http_timeout=min(facts.settings.http_timeout, ANSWER), max_retries=0, token_cache=False)
        client = _Client(brief, host.warn, host.mask)
        if facts.login.ok:
            _log_in(facts, client)
    if logs_in:
        # Only the token tells where the other services are.
        _reach(facts, SERVICES)
    if client:
        _ask_all(facts, client)
    return facts


def _reach(facts: Facts, services: Any) -> None:
    for service in services:
        try:
            facts.urls[service] = facts.settings.url(service, facts.catalogue)
        except ConfigError as error:
            facts.unknown[service] = error.message
    # If services share a URL, the first one determines the request.
    paths = {url: "/v3" if service == "iam" else "/" for service, url in reversed(facts.urls.items())}
    facts.knocks.update(knock_at({url: path for url, path in paths.items() if url not in facts.knocks}, facts.settings))


def _no_login(facts: Facts) -> Any:
    """The check that makes a login pointless: a login that is certain to fail is not tried."""
    if facts.faults:
        return "credentials" if "credentials" in facts.faults else "settings"
    if facts.settings.logs_in and facts.missing("iam"):
        return facts.missing("iam")
    if facts.settings.kind in SIGNING and facts.skew is not None and abs(facts.skew) > MOST_SKEW:
        return "clock"
    return None


def _log_in(facts: Facts, client: Any) -> None:
    """The password or the agency, or the first request that is signed or bears the token: one attempt."""
    if facts.settings.logs_in:
        facts.login = _outcome(lambda: client.auth.prepare() or True)
        if facts.login.ok:
            facts.accepted_by = "iam"
            facts.token, facts.catalogue, facts.project_id = client.said, client.auth.catalogue, client.auth.project_id
        return
    if facts.settings.kind == "ecs_agency":
        keys = _outcome(lambda: client.auth.current() and True)
        if not keys.ok:
            facts.login = keys
            return
    if not facts.missing("iam"):
        # Without a project: a wrong one must not look like a wrong key.
        client.auth.project_id = None
        listed = _outcome(lambda: _projects(client))
        if isinstance(listed.error, AuthError):
            facts.login = listed
            return
        facts.answers["iam"] = listed
        if listed.ok or classified(listed.error) == "denied":
            facts.accepted_by = "iam"
    facts.project_id = facts.settings.project_id or _named(facts.answers.get("iam"), facts.settings.project_name)


def _projects(client: Client) -> Any:
    return objects(client.send("GET", "iam", "/v3/projects"), "projects")


def _named(projects: Any, name: str | None) -> Any:
    found = [each.get("id") for each in (projects.value if projects and projects.ok else []) if name and each.get("name") == name]
    return found[0] if len(found) == 1 else None


def _ask_all(facts: Facts, client: Client) -> None:
    client.settings.project_id = facts.project_id
    client.auth.project_id = facts.project_id
    # SDRS first and alone: where it rejects the credentials, nobody else is asked.
    first = facts.answers["sdrs"] = _may_ask(facts, "sdrs", "sdrs")
    if first.ok:
        first = facts.answers["sdrs"] = _outcome(lambda: _one(client, "sdrs"))
        if isinstance(first.error, AuthError) and not facts.accepted_by:
            facts.login, facts.answers["sdrs"] = first, Outcome(skipped="login")
        elif first.ok or 400 <= first.error.data.get("http_status", 0) < 500:
            # Credentials are checked before anything else is.
            facts.accepted_by = facts.accepted_by or "sdrs"
    api, calls = Api(client), {}
    for service in ("iam", "ecs", "evs", "vpc", "as"):
        if service not in facts.answers:
            calls[service] = (service, partial(_projects, client) if service == "iam" else partial(_one, client, service))
    calls.update((name, (service, partial(question, api))) for name, (service, question) in _QUESTIONS.items())
    facts.answers.update((name, _may_ask(facts, name, service)) for name, (service, _call) in calls.items())
    facts.answers.update(_outcomes({name: call for name, (_service, call) in calls.items() if facts.answers[name].ok}))


def _may_ask(facts: Facts, name: str, service: str) -> Any:
    """Whether a question makes sense: an Outcome that is ok, or names what is missing."""
    first = facts.answers.get("sdrs", Outcome())
    if facts.barrier:
        return Outcome(skipped=facts.barrier)
    if facts.missing(service):
        return Outcome(skipped=facts.missing(service))
    if service != "iam" and not facts.project_id:
        return Outcome(skipped="project")
    pointless = classified(first.error) in ("denied", "not_offered", "wrong_project") and service == "sdrs" and name != "sdrs"
    return Outcome(skipped="read_sdrs" if isinstance(first.error, AuthError) or pointless else None)


def _one(client: Client, service: str) -> Any:
    return client.call("GET", service, _READS[service], {"limit": 1})


def _resources(answer: dict) -> Any:
    quotas = answer.get("quotas")
    return objects(quotas if isinstance(quotas, dict) else {}, "resources")


def _outcomes(calls: Any) -> dict:
    """``{name: Outcome}`` of calls carried out at once, each ended or given up."""
    return {name: _as_outcome(*ended) for name, ended in together(calls, 2 * (CONNECT + ANSWER)).items()}


def _outcome(call: Callable[..., Any]) -> Any:
    return _outcomes({"": call})[""]


def _as_outcome(value: Any, error: SdrsError) -> Any:
    if value is None and error is None:
        error = ConnectionFailed("no response in time")
    if error is not None and not isinstance(error, SdrsError):
        # It must not end the examination.
        error = SdrsError("unexpected %s. Please report this." % type(error).__name__)
    return Outcome(value, error)


def classified(error: Any) -> str | None:
    """The class of an error: rejected, denied, not_offered, wrong_project, unreachable, other; None without one."""
    if error is None:
        return None
    code, status = error.data.get("code"), error.data.get("http_status")
    if code in _PROJECT_CODES or (status in (400, 401, 403, 404) and "project" in error.message.lower()):
        return "wrong_project"
    if isinstance(error, AuthError):
        return "rejected"
    if code in _PERMISSION_CODES or status == 403:
        return "denied"
    if isinstance(error, ApiError) and (error.not_offered or status in (404, 405, 501)):
        return "not_offered"
    return "unreachable" if isinstance(error, ConnectionFailed) else "other"
