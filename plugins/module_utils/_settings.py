# SPDX-License-Identifier: GPL-3.0-or-later
"""Where connection settings come from: option, then ``cloud`` entry, then environment. PRIVATE to the collection.

Imports nothing of Ansible, so that the event source can use it. Contract, section 1 "Connection options".
"""

from __future__ import annotations

import ipaddress
import json
import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ._clouds_yaml import read_cloud
from ._errors import ConfigError

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
    "password": ("HW_USER_PASSWORD", "OS_PASSWORD", "ANSIBLE_HWC_PASSWORD"),
    "domain_name": ("HW_DOMAIN_NAME", "OS_USER_DOMAIN_NAME", "OS_DOMAIN_NAME", "ANSIBLE_HWC_DOMAIN"),
    "auth_token": ("OS_AUTH_TOKEN", "OS_TOKEN"),
    "validate_certs": ("SDRS_VALIDATE_CERTS",),
    "ca_cert": ("OS_CACERT",),
    "token_cache": ("SDRS_TOKEN_CACHE",),
    "token_cache_dir": ("SDRS_TOKEN_CACHE_DIR",),
}
SECRETS = ("access_key", "secret_key", "security_token", "password", "auth_token")
SERVICES = ("sdrs", "iam", "ecs", "evs", "vpc", "as")
OTC_REGIONS = ("eu-de", "eu-nl", "eu-ch2")
# In the order in which they win when they come from the same place.
KINDS = {
    "aksk": ("access_key", "secret_key"),
    "password": ("username", "password", "domain_name"),
    "token": ("auth_token",),
}
LAYERS = ("option", "cloud", "environment")


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
    http_timeout: float = 30
    max_retries: int = 5
    token_cache: bool = True
    token_cache_dir: str | None = None

    @property
    def secrets(self):
        """The values that must not be seen anywhere."""
        return [self.credentials[key] for key in SECRETS if self.credentials.get(key)]

    def url(self, service, catalogue=None):
        """Base URL of ``service`` without a trailing slash; ConfigError when nothing tells it."""
        url = self.endpoints.get(service) or self.endpoint or (catalogue or {}).get(service)
        if not url:
            if not self.region:
                raise ConfigError("no region is known: set region (or SDRS_REGION), or endpoint")
            url = "https://%s.%s.%s" % (service, self.region, self.cloud_domain)
        return check_url(url)


def check_url(url):
    """``url`` without its trailing slash; ConfigError unless it is HTTPS, or HTTP to a loopback address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise ConfigError("endpoint %r is not a URL" % url) from None
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigError("endpoint %r is not a URL such as https://sdrs.example.com" % url)
    if parts.username or parts.password:
        raise ConfigError("an endpoint must not contain credentials")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ConfigError("endpoint %r: plain http is only accepted for loopback addresses, use https" % url)
    return url.rstrip("/")


def _is_loopback(host):
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def resolve(options, environ=None):
    """Settings from task options, ``clouds.yaml`` and environment.

    :param options: mapping of the connection options; None or missing means "not given"
    :raises ConfigError: options that contradict each other, are incomplete, or name an unknown cloud
    """
    layers = layers_of(options, os.environ if environ is None else environ)

    def find(key, default=None):
        for layer in LAYERS:
            if layers[layer].get(key) not in (None, ""):
                return layers[layer][key]
        return default

    kind = _kind_of_credentials(layers)
    region = find("region")
    endpoint, endpoints = _endpoints(layers)
    domain = find("cloud_domain") or ("otc.t-systems.com" if region in OTC_REGIONS else "myhuaweicloud.com")
    ca_cert = find("ca_cert")
    if ca_cert:
        ca_cert = os.path.expanduser(str(ca_cert))
        if not os.path.exists(ca_cert):
            raise ConfigError("ca_cert %s does not exist" % ca_cert)
    verify = _boolean("validate_certs", find("validate_certs", True))
    keys = KINDS[kind] + (("security_token",) if kind == "aksk" else ())
    return Settings(
        kind=kind,
        credentials={key: str(find(key)) for key in keys if find(key) is not None},
        region=region,
        cloud_domain=domain,
        endpoint=endpoint,
        endpoints=endpoints,
        project_id=find("project_id"),
        project_name=find("project_name", region),
        verify=(ca_cert or True) if verify else False,
        http_timeout=float(find("http_timeout", 30)),
        max_retries=int(find("max_retries", 5)),
        token_cache=_boolean("token_cache", find("token_cache", True)),
        token_cache_dir=find("token_cache_dir"),
    )


def layers_of(options, environ):
    """What each of ``LAYERS`` says: ``{layer: {key: value}}``; ConfigError when the cloud entry cannot be read."""
    cloud = options.get("cloud") or environ.get("OS_CLOUD")
    return {
        "option": {key: value for key, value in options.items() if value is not None},
        "cloud": read_cloud(cloud, environ) if cloud else {},
        "environment": _from_environment(environ),
    }


def _from_environment(environ):
    found = {}
    for key, names in ENVIRONMENT.items():
        value = next((environ[name] for name in names if environ.get(name)), None)
        if value is not None:
            found[key] = value
    return found


def _kind_of_credentials(layers):
    """The kind of credentials to use: complete ones of the highest layer; a mixture counts as its highest part."""
    given = [kind for kind, keys in KINDS.items() if all(layers["option"].get(key) for key in _needed(keys))]
    if len(given) > 1:
        names = " and ".join("/".join(_needed(KINDS[kind])) for kind in given)
        raise ConfigError("more than one kind of credentials was given: %s; choose one" % names)
    best = None
    for order, (kind, keys) in enumerate(KINDS.items()):
        places = [next((i for i, layer in enumerate(LAYERS) if layers[layer].get(key)), None) for key in keys]
        if None not in places:
            rank = (min(places), max(places), order)
            best = min(best, (rank, kind)) if best else (rank, kind)
    if best is None:
        raise ConfigError(
            "no complete credentials: give access_key and secret_key, or username, password and domain_name, "
            "or auth_token (as options, by cloud, or in the environment)"
        )
    return best[1]


def _needed(keys):
    return [key for key in keys if key != "domain_name"]


def _endpoints(layers):
    """``(endpoint, endpoints)``: a service's own URL beats ``endpoint`` of the same layer, an upper layer beats both."""
    endpoint, endpoints = None, {}
    for layer in reversed(LAYERS):
        values = layers[layer]
        own = _mapping(values.get("endpoints"))
        if values.get("auth_url") and not own.get("iam"):
            own["iam"] = _without_version(values["auth_url"])
        if values.get("endpoint"):
            endpoint, endpoints = values["endpoint"], {}
        endpoints.update(own)
    return endpoint, endpoints


def _mapping(value):
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            raise ConfigError("SDRS_ENDPOINTS is not JSON such as {\"iam\": \"https://iam.example.com\"}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ConfigError("endpoints must map a service to its URL")
    unknown = sorted(set(map(str, value)) - set(SERVICES))
    if unknown:
        raise ConfigError("endpoints: unknown service %s; known are %s" % (", ".join(unknown), ", ".join(SERVICES)))
    return {str(key): _without_version(str(url)) for key, url in value.items() if url}


def _without_version(url):
    url = url.rstrip("/")
    return url[:-3] if url.endswith("/v3") else url


def _boolean(name, value):
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower()
    if text in ("1", "true", "yes", "on", "y", "t"):
        return True
    if text in ("0", "false", "no", "off", "n", "f"):
        return False
    raise ConfigError("%s: %r is neither true nor false" % (name, value))
