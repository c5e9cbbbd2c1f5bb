# SPDX-License-Identifier: GPL-3.0-or-later
"""Where connection settings come from: option, then ``cloud`` entry, then environment. PRIVATE to the collection.

Imports nothing of Ansible, so that the event source can use it. See the guide "Connecting to the cloud".
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .._defaults import HTTP_TIMEOUT, MAX_RETRIES
from .clouds_yaml import read_cloud
from .credentials import LAYERS, agency_of, credentials_of, kind_of, region_of_project, restricted
from .errors import ConfigError
from .hosts import check_domain, check_label, check_url, host_of, is_link_local, outside, registered_domain
from .setting_values import SECRETS, boolean, remember, stripped, text_of
from .validate import RULES, number

ENVIRONMENT = {
    "region": ("SDRS_REGION", "HW_REGION_NAME", "OS_REGION_NAME", "OS_REGION", "ANSIBLE_HWC_REGION"),
    "cloud_domain": ("HW_CLOUD",),
    "endpoint": ("SDRS_ENDPOINT",),
    "endpoints": ("SDRS_ENDPOINTS",),
    "auth_url": ("HW_AUTH_URL", "OS_AUTH_URL"),
    "project_id": ("SDRS_PROJECT_ID", "HW_PROJECT_ID", "OS_PROJECT_ID", "HUAWEICLOUD_SDK_PROJECT_ID"),
    "project_name": ("HW_PROJECT_NAME", "OS_PROJECT_NAME", "OS_TENANT_NAME", "ANSIBLE_HWC_PROJECT"),
    "access_key": ("HW_ACCESS_KEY", "OS_ACCESS_KEY", "HUAWEICLOUD_SDK_AK"),
    "secret_key": ("HW_SECRET_KEY", "OS_SECRET_KEY", "HUAWEICLOUD_SDK_SK"),
    "security_token": ("HW_SECURITY_TOKEN", "HUAWEICLOUD_SDK_SECURITY_TOKEN"),
    "username": ("HW_USER_NAME", "OS_USERNAME", "ANSIBLE_HWC_USER"),
    "user_id": ("HW_USER_ID", "OS_USER_ID"),
    "password": ("HW_USER_PASSWORD", "OS_PASSWORD", "ANSIBLE_HWC_PASSWORD"),
    "passcode": ("OS_PASSCODE",),
    "domain_name": ("HW_DOMAIN_NAME", "OS_USER_DOMAIN_NAME", "OS_DOMAIN_NAME", "ANSIBLE_HWC_DOMAIN"),
    "domain_id": ("HW_DOMAIN_ID", "OS_USER_DOMAIN_ID", "OS_DOMAIN_ID"),
    "auth_token": ("OS_AUTH_TOKEN", "OS_TOKEN"),
    "auth_type": ("OS_AUTH_TYPE",),
    "agency_name": ("HW_ASSUME_ROLE_AGENCY_NAME", "OS_AGENCY_NAME"),
    "agency_domain_name": ("HW_ASSUME_ROLE_DOMAIN_NAME", "OS_AGENCY_DOMAIN_NAME"),
    "agency_domain_id": ("HW_ASSUME_ROLE_DOMAIN_ID", "OS_AGENCY_DOMAIN_ID"),
    "ecs_agency": ("SDRS_ECS_AGENCY",),
    "metadata_url": ("SDRS_METADATA_URL",),
    "validate_certs": ("SDRS_VALIDATE_CERTS",),
    "ca_cert": ("OS_CACERT",),
    "token_cache": ("SDRS_TOKEN_CACHE",),
    "token_cache_dir": ("SDRS_TOKEN_CACHE_DIR",),
    "allow_unlocked": ("SDRS_ALLOW_UNLOCKED",),
}
_PROJECT_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
SERVICES = ("sdrs", "iam", "ecs", "evs", "vpc", "as")
OTC, SWISS_OTC, HUAWEI, HUAWEI_EUROPE = "otc.t-systems.com", "sc.otc.t-systems.com", "myhuaweicloud.com", "myhuaweicloud.eu"
# The DNS domain of a region's hosts (opentelekomcloud-docs/regions-and-endpoints; the Swiss cloud is a separate one).
DOMAINS = {"eu-de": OTC, "eu-nl": OTC, "eu-ch2": SWISS_OTC}
# Hosts that are not called as their service is.
_HOSTS: dict[tuple, str] = {("iam", SWISS_OTC): "iam-pub"}
# Where a service is known to be missing: those regions of a cloud that have it are named.
_ONLY_IN: dict[tuple, tuple] = {("sdrs", OTC): ("eu-de",), ("sdrs", SWISS_OTC): ()}
# The metadata service of an ECS.
METADATA_URL = "http://169.254.169.254"


@dataclass
class Settings:
    """Everything the client needs to know about the connection. Times in seconds."""

    kind: str
    credentials: dict = field(repr=False)
    region: str | None = None
    cloud_domain: str | None = None
    endpoints: dict = field(default_factory=dict)
    endpoint: str | None = None
    project_id: str | None = None
    project_name: str | None = None
    verify: bool | str = True
    http_timeout: float = HTTP_TIMEOUT
    max_retries: int = MAX_RETRIES
    token_cache: bool = True
    token_cache_dir: str | None = None
    allow_unlocked: bool = False
    agency: dict | None = None  # the agency to assume with the credentials
    domain_id: str | None = None  # of the user's account
    metadata_url: str = METADATA_URL
    names: dict = field(default_factory=dict)  # which option a service's URL comes from

    @property
    def logs_in(self) -> bool:
        """Whether a token is obtained, and with it a service catalogue."""
        return self.kind == "password" or self.agency is not None

    @property
    def secrets(self) -> list[str]:
        """The values that must not be seen anywhere."""
        return [self.credentials[key] for key in SECRETS if self.credentials.get(key)]

    def url(self, service: str, catalogue: dict | None = None) -> str:
        """Base URL of ``service`` without a trailing slash; ConfigError if it cannot be determined."""
        url = self.endpoints.get(service) or self.endpoint
        if url:
            return check_url(url, self.names.get(service, "endpoint"))
        url = (catalogue or {}).get(service)
        if url:
            return check_url(url, "the URL of %s in the service catalogue" % service)
        if not self.region:
            raise ConfigError("no region is set: set region (or SDRS_REGION), or endpoint")
        return "https://%s.%s.%s" % (_HOSTS.get((service, self.cloud_domain), service), self.region, self.cloud_domain)

    def strangers(self, catalogue: dict) -> dict[str, str]:
        """``{service: host}`` of the services that the catalogue moves out of the cloud's domain."""
        if self.endpoint:
            return {}
        domains = (self.cloud_domain, registered_domain(host_of(self.url("iam"))))
        return {
            service: host_of(url) for service, url in sorted(catalogue.items())
            if service not in self.endpoints and outside(url, [domain.lower() for domain in domains if domain])
        }

    @property
    def is_otc(self) -> bool:
        """Whether this is Open Telekom Cloud, whose rules differ in places."""
        return self.cloud_domain in (OTC, SWISS_OTC)

    def require_service(self, service: str, catalogue: dict | None = None) -> None:
        """Refuse a region that is known to lack ``service``, unless an endpoint or the catalogue provides its URL.

        :raises ConfigError: naming the region, and those that have the service
        """
        regions = _ONLY_IN.get((service, self.cloud_domain))
        told = self.endpoints.get(service) or self.endpoint or (catalogue or {}).get(service)
        if regions is not None and self.region and self.region not in regions and not told:
            raise ConfigError(
                "region %s of %s does not offer %s" % (self.region, self.cloud_domain, service.upper()),
                remedy="%sIf this region offers it by now, set "
                       "endpoints: {%s: URL}." % ("It is offered in %s. " % ", ".join(regions) if regions else "", service),
            )


def resolve(options: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from task options, ``clouds.yaml`` and environment.

    :param options: mapping of the connection options; None or missing means "not given"
    :raises ConfigError: options that contradict each other, are incomplete, or name an unknown cloud
    """
    layers = layers_of(options, os.environ if environ is None else environ)

    def find(key: str, default: Any = None) -> Any:
        for layer in LAYERS:
            if layers[layer].get(key) not in (None, ""):
                return layers[layer][key]
        return default

    def text(key: str) -> str | None:
        value = find(key)
        return None if value is None else text_of(key, value)

    if not boolean("ecs_agency", find("ecs_agency", False)):
        layers = {layer: {key: value for key, value in values.items() if key != "ecs_agency"} for layer, values in layers.items()}
    kind = kind_of(layers)
    region, domain, project_id = text("region") or region_of_project(text("project_name")), text("cloud_domain"), text("project_id")
    if region:
        check_label("region", region)
    if domain:
        check_domain("cloud_domain", domain)
    if project_id and not _PROJECT_ID.fullmatch(project_id):
        raise ConfigError("project_id: %r is not an ID" % project_id)
    endpoint, endpoints, names = _endpoints(layers)
    for service, name in names.items():
        if name != "auth_url":  # the environment may contain that of another cloud
            check_url(endpoints.get(service) or endpoint or "", name)
    ca_cert = text("ca_cert")
    if ca_cert:
        ca_cert = os.path.expanduser(ca_cert)
        if not os.path.exists(ca_cert):
            raise ConfigError("ca_cert %s does not exist" % ca_cert)
    verify = boolean("validate_certs", find("validate_certs", True))
    return Settings(
        kind=kind,
        credentials=credentials_of(kind, layers, text),
        region=region,
        cloud_domain=domain or DOMAINS.get(region or "") or (HUAWEI_EUROPE if str(region).startswith("eu-west-1") else HUAWEI),
        endpoint=endpoint,
        endpoints=endpoints,
        project_id=project_id,
        project_name=text("project_name") or region,
        verify=(ca_cert or True) if verify else False,
        http_timeout=number("http_timeout", find("http_timeout", HTTP_TIMEOUT), RULES["http_timeout"]),
        max_retries=number("max_retries", find("max_retries", MAX_RETRIES), RULES["max_retries"], int),
        token_cache=boolean("token_cache", find("token_cache", True)),
        token_cache_dir=text("token_cache_dir"),
        allow_unlocked=boolean("allow_unlocked", find("allow_unlocked", False)),
        agency=agency_of(layers, text),
        domain_id=text("domain_id"),
        metadata_url=check_url(text("metadata_url") or METADATA_URL, "metadata_url", is_link_local),
        names=names,
    )


def layers_of(options: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, dict]:
    """The settings of each of ``LAYERS``: ``{layer: {key: value}}``; ConfigError if the cloud entry cannot be read."""
    layers = {
        "option": {key: stripped(key, value) for key, value in options.items() if value is not None},
        "cloud": {},
        "environment": {key: stripped(key, value) for key, value in _from_environment(environ).items()},
    }
    remember(layers["option"])
    remember(layers["environment"])
    cloud = options.get("cloud") or environ.get("OS_CLOUD")
    if cloud:
        entry = read_cloud(text_of("cloud", cloud), environ, layers["option"].get("region"), layers["environment"].get("region"))
        layers["cloud"] = {key: stripped(key, value) for key, value in entry.items()}
        remember(layers["cloud"])
    return {layer: restricted(values, layer) for layer, values in layers.items()}


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for key, names in ENVIRONMENT.items():
        value = next((environ[name] for name in names if environ.get(name)), None)
        if value is not None:
            found[key] = value
    return found


def _endpoints(layers: dict[str, dict]) -> tuple[str | None, dict, dict]:
    """``(endpoint, endpoints, names)``: a service's own URL beats ``endpoint`` of the same layer, an upper layer beats both.

    ``names`` maps each URL to the option it comes from.
    """
    endpoints: dict = {}
    endpoint, names = None, {}
    for layer in reversed(LAYERS):
        values = layers[layer]
        own = _mapping(values.get("endpoints"))
        own_names = {service: "endpoints.%s" % service for service in own}
        if values.get("auth_url") and not own.get("iam"):
            own["iam"], own_names["iam"] = _without_version(text_of("auth_url", values["auth_url"])), "auth_url"
        if values.get("endpoint"):
            endpoint, endpoints, names = text_of("endpoint", values["endpoint"]), {}, {"endpoint": "endpoint"}
        endpoints.update(own)
        names.update(own_names)
    return endpoint, endpoints, names


def _mapping(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            raise ConfigError("SDRS_ENDPOINTS is not JSON such as {\"iam\": \"https://iam.example.com\"}") from None
        remember({"endpoints": value})
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError("endpoints must map a service to its URL")
    unknown = sorted(set(map(str, value)) - set(SERVICES))
    if unknown:
        raise ConfigError("endpoints: unknown service %s; valid services: %s" % (", ".join(unknown), ", ".join(SERVICES)))
    return {key: _without_version(text_of("endpoints.%s" % key, url)) for key, url in value.items() if url}


def _without_version(url: str) -> str:
    url = url.strip().rstrip("/")
    return url[:-3] if url.endswith("/v3") else url
