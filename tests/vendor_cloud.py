# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud whose answers are generated from the vendor's models, under the real client; and a table of tasks that use every operation."""

from __future__ import annotations

import contextlib
import copy
import functools
import importlib
import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
import vendor
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import api as api_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client as client_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import settings
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import SdrsError
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._doctor import probe, services
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import run as run_module
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._module import argument_spec
from support import Host


def ident(number):
    """An ID."""
    return "%08d-0000-4000-8000-000000000000" % number


GROUP, INSTANCE, PAIR, FREE_PAIR, DRILL, DOMAIN, VPC, DRILL_VPC, SUBNET, DB_SUBNET, DRILL_SUBNET, AS_GROUP, JOB, TASK = map(ident, range(1, 15))
EIP, FREE_EIP, ROUTE_TABLE, PEERING, ACL = map(ident, range(40, 45))
SERVER, TWIN, FREE_SERVER, DRILL_SERVER, CLUSTER_SERVER, DISK, TWIN_DISK, FREE_DISK, LONE_DISK, LONE_TWIN, CLUSTER_DISK = map(ident, range(20, 31))
PROJECT, ZONES = "0123456789abcdef0123456789abcdef", ("eu-de-01", "eu-de-02")


def _server(server_id, name, zone, address, port, disk, tag="tier=web", security_group=99):
    return {
        "id": server_id, "name": name, "status": "SHUTOFF", "OS-EXT-AZ:availability_zone": zone, "OS-EXT-STS:task_state": "",
        "metadata": {"vpc_id": VPC, "os_type": "Linux"}, "flavor": {"id": "s3.large.2"}, "tags": [tag],
        "addresses": {VPC: [{"version": "4", "addr": address, "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS:port_id": ident(port)}]},
        "os-extended-volumes:volumes_attached": [{"id": disk, "device": "/dev/vda", "bootIndex": "0"}],
        "security_groups": [{"id": ident(security_group), "name": "default"}],
    }


def _volume(volume_id, name, zone, server=None):
    attachments = [{"server_id": server, "volume_id": volume_id, "device": "/dev/vda", "id": volume_id, "attachment_id": volume_id}]
    return {
        "id": volume_id, "name": name, "availability_zone": zone, "size": 40, "status": "in-use" if server else "available", "bootable": "true",
        "attachments": attachments if server else [], "tags": {"tier": "web"},
    }


def _pair(pair_id, name, volumes, attachment):
    return {
        "id": pair_id, "name": name, "status": "available", "volume_ids": ",".join(volumes), "server_group_id": GROUP, "priority_station": "source",
        "fault_level": "0", "progress": 100, "attachment": attachment, "replication_status": "active",
        "record_metadata": {"multiattach": False, "volume_size": 40},
    }


def _subnet(subnet_id, vpc, name, cidr):
    gateway = cidr.replace(".0/24", ".1")
    return {
        "id": subnet_id, "neutron_network_id": subnet_id, "name": name, "vpc_id": vpc, "cidr": cidr, "gateway_ip": gateway, "status": "ACTIVE",
        "dhcp_enable": True, "primary_dns": "100.125.4.25", "secondary_dns": "100.125.129.199", "dnsList": ["100.125.4.25", "100.125.129.199"],
    }


# What exists: of each model the fields that must fit together, or that the code takes the meaning of. Everything else is generated.
KNOWN = {
    "sdrs": {
        "ShowProtectionGroupParams": [{
            "id": GROUP, "name": "erp", "status": "available", "source_availability_zone": ZONES[0], "target_availability_zone": ZONES[1],
            "domain_id": DOMAIN, "domain_name": "domain", "priority_station": "source", "source_vpc_id": VPC, "target_vpc_id": VPC,
            "dr_type": "migration", "protection_type": "replication-pair", "server_type": "ECS", "progress": 0,
            "protected_instance_num": 1, "replication_num": 2, "disaster_recovery_drill_num": 1,
        }],
        "ShowProtectedInstanceParams": [{
            "id": INSTANCE, "name": "web", "status": "available", "server_group_id": GROUP, "source_server": SERVER, "target_server": TWIN,
            "priority_station": "source", "attachment": [{"replication": PAIR, "device": "/dev/vda"}],
        }],
        "ShowReplicationParams": [
            _pair(PAIR, "web-root", (DISK, TWIN_DISK), [{"protected_instance": INSTANCE, "device": "/dev/vda"}]),
            _pair(FREE_PAIR, "lone", (LONE_DISK, LONE_TWIN), []),
        ],
        "ShowDisasterRecoveryDrillParams": [{
            "id": DRILL, "name": "drill", "status": "available", "server_group_id": GROUP, "drill_vpc_id": DRILL_VPC,
            "drill_servers": [{"protected_instance": INSTANCE, "drill_server_id": DRILL_SERVER}],
        }],
        "ShowActiveActiveDomainParams": [{
            "id": DOMAIN, "name": "domain", "sold_out": False, "local_replication_cluster": {"availability_zone": ZONES[0]},
            "remote_replication_cluster": {"availability_zone": ZONES[1]},
        }],
        "FailureJobParams": [{"job_id": TASK, "job_status": "FAIL", "resource_id": PAIR, "resource_type": "replications", "failure_status": "createFail"}],
        "ResourceTag": [{"key": "tier", "value": "web"}, {"key": "owner", "value": "team"}],
        "ResourceParams": [{"resource_id": INSTANCE, "resource_name": "web"}],
        "QuotaResourceParams": [
            {"type": "server_groups", "used": 1, "quota": 10, "min": 0, "max": -1}, {"type": "replications", "used": 1, "quota": 100, "min": 0, "max": -1},
        ],
        "ShowJobStatusResponse": [{"job_id": JOB, "job_type": "generated", "status": "SUCCESS", "begin_time": "2026-11-20T08:00:00.000Z"}],
        "JobEntities": [{"server_group_id": GROUP, "protected_instance_id": INSTANCE, "replication_pair_id": PAIR, "nic_id": ident(61)}],
        "SubJobEntities": [{"server_group_id": GROUP, "protected_instance_id": INSTANCE, "replication_pair_id": PAIR}],
        "ShowApiVersionParams": [{"id": "v1", "status": "CURRENT"}],
    },
    "ecs": {
        "ServerDetail": [
            _server(SERVER, "ecs-web", ZONES[0], "192.168.0.10", 60, DISK),
            _server(TWIN, "ecs-web", ZONES[1], "192.168.0.11", 62, TWIN_DISK, "tier=db", 98),
            _server(FREE_SERVER, "ecs-free", ZONES[0], "192.168.0.12", 63, FREE_DISK),
            _server(DRILL_SERVER, "ecs-web", ZONES[1], "192.168.0.10", 64, FREE_DISK),
        ],
        "ShowJobResponse": [{"job_id": JOB, "status": "SUCCESS"}],
    },
    "evs": {
        "ShowJobResponse": [{"job_id": JOB, "status": "SUCCESS"}], "JobEntities": [{"volume_id": FREE_DISK}],
        "VolumeDetail": [
            _volume(DISK, "web-root", ZONES[0], SERVER), _volume(TWIN_DISK, "web-root", ZONES[1], TWIN), _volume(FREE_DISK, "free", ZONES[0]),
            _volume(LONE_DISK, "lone", ZONES[0]), _volume(LONE_TWIN, "lone", ZONES[1]), _volume(CLUSTER_DISK, "free-root", ZONES[0], FREE_SERVER),
        ],
    },
    "vpc": {
        "Vpc": [
            {"id": VPC, "name": "vpc-erp", "cidr": "192.168.0.0/16", "status": "OK"},
            {"id": DRILL_VPC, "name": "vpc-drill", "cidr": "192.168.0.0/16", "status": "OK"},
        ],
        "Subnet": [
            _subnet(SUBNET, VPC, "app", "192.168.0.0/24"), _subnet(DB_SUBNET, VPC, "db", "192.168.1.0/24"),
            _subnet(DRILL_SUBNET, DRILL_VPC, "app", "192.168.0.0/24"),
        ],
        "RouteTableListResp": [{"id": ROUTE_TABLE, "name": "rtb-erp", "default": True, "vpc_id": VPC}],
        "RouteTableResp": [{"id": ROUTE_TABLE, "name": "rtb-erp", "default": True, "vpc_id": VPC}],
        "RouteTableRoute": [{"type": "local", "destination": "192.168.0.0/24"}, {"type": "ecs", "destination": "10.9.0.0/16"}],
        "SubnetList": [{"id": SUBNET}],
        "SubnetResult": [{"id": SUBNET, "status": "ACTIVE"}],
        "VpcPeering": [{
            "id": PEERING, "name": "to-shared", "status": "ACTIVE", "request_vpc_info": {"vpc_id": VPC}, "accept_vpc_info": {"vpc_id": ident(97)},
        }],
    },
    "vpc3": {
        "ListFirewallDetail": [{
            "id": ACL, "name": "acl-app", "admin_state_up": True, "status": "ACTIVE", "associations": [{"virsubnet_id": SUBNET}],
        }],
    },
    "eip": {name: [
        {"id": EIP, "public_ip_address": "80.158.0.10", "status": "ACTIVE", "port_id": ident(62), "private_ip_address": "192.168.0.11"},
        {"id": FREE_EIP, "public_ip_address": "80.158.0.11", "status": "DOWN", "port_id": "", "private_ip_address": ""},
    ] for name in ("PublicipShowResp", "PublicipUpdateResp")},
    "as": {
        "ScalingGroups": [{
            "scaling_group_id": AS_GROUP, "scaling_group_name": "as-web", "scaling_group_status": "INSERVICE", "current_instance_number": 2,
            "desire_instance_number": 2, "min_instance_number": 0, "max_instance_number": 10, "vpc_id": VPC, "is_scaling": False,
        }],
    },
    "iam": {
        "TokenCatalog": [{"type": kind, "endpoints": [{"interface": "public", "region": "eu-de", "region_id": "eu-de", "url": url}]} for kind, url in (
            ("identity", "https://iam.eu-de.otc.t-systems.com/v3"), ("sdrs", "https://sdrs.eu-de.otc.t-systems.com/v1/%s" % PROJECT),
        )],
        "TokenProjectResult": [{"id": PROJECT, "name": "eu-de"}],
        "TokenResult": [{"expires_at": "2036-11-20T08:00:00.000000Z"}],
        "ProjectResult": [{"id": PROJECT, "name": "eu-de", "enabled": True, "is_domain": False}],
    },
}
GROUPS, INSTANCES, PAIRS, DRILLS, SERVERS = (
    "ShowProtectionGroupParams", "ShowProtectedInstanceParams", "ShowReplicationParams", "ShowDisasterRecoveryDrillParams", "ServerDetail",
)
# Where the first page of a list begins, by service; the vendor's SDK names the parameter only.
_PAGES = {
    "sdrs": ("offset", "0"), "ecs": ("offset", "1"), "evs": ("offset", "0"), "vpc": ("marker", ""), "vpc3": ("marker", ""), "eip": ("marker", ""),
    "as": ("start_number", "0"),
}

_OPERATIONS = {**api_module.OPERATIONS, **api_module.NEIGHBOURS}


@dataclass(frozen=True)
class Row:
    """An operation under test: its name is the one of ``_api``, or method and path of a call that stands elsewhere."""

    name: str
    method: str
    service: str
    path: str
    model: str

    @property
    def host(self):
        """The service that is asked."""
        return vendor.HOSTS.get(self.service, self.service)

    @property
    def pattern(self):
        return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path)) + "/?")


def rows():
    """All operations that the collection uses, fixed paths before variable ones."""
    found = [
        Row(name, each.method, vendor.ELSEWHERE.get(name, each.service), each.path, vendor.RESPONSES[name])
        for name, each in _OPERATIONS.items() if name in vendor.RESPONSES
    ]
    found += [Row("%s %s %s" % call, *call, model) for call, model in vendor.CALLS.items()]
    return sorted(found, key=lambda row: row.path.count("{"))


ROWS = {row.name: row for row in rows()}
_PATTERNS = [(row, row.pattern) for row in ROWS.values()]
_UNMODELLED = [
    (Row(name, each.method, each.service, each.path, "").pattern, each, vendor.UNMODELLED[name][0])
    for name, each in _OPERATIONS.items() if name in vendor.UNMODELLED
]


class Cloud(requests.adapters.BaseAdapter):
    """Answers requests. ``changes`` are laid over the objects of a model (None: there are none); after the first writing request also ``then``.

    :param mutate: ``mutate(row, answer, query)`` may change an answer before it is sent
    :param refuse: the operation that is refused although it happens
    """

    def __init__(self, changes=None, then=None, mutate=None, refuse=None):
        super().__init__()
        self.changes, self.then, self.mutate, self.refuse = changes or {}, then or {}, mutate, refuse
        self.written, self.asked, self.gone = [], set(), set()

    def close(self):
        pass

    def send(self, request, **_options):
        parts = urlsplit(request.url)
        service, path, query = parts.hostname.split(".")[0], unquote(parts.path), dict(parse_qsl(parts.query))
        row, arguments = next(
            ((row, found.groupdict()) for row, pattern in _PATTERNS if (row.method, row.host) == (request.method, service)
             for found in [pattern.fullmatch(path or "/")] if found and self._is_action(row, request)), (None, {}),
        )
        for pattern, operation, answer in _UNMODELLED if row is None else ():
            if (operation.method, operation.service) == (request.method, service) and pattern.fullmatch(path):
                return _response(request, 200, answer)
        if row is None:
            return _response(request, 404, {"error_code": "APIGW.0101", "error_msg": "%s %s is no operation in the table" % (request.method, path)})
        self.asked.add(row.name)
        if request.method != "GET" and row.name not in ("query_by_tags", "POST iam /v3/auth/tokens"):
            self.written.append(row.name)
            if request.method == "DELETE":
                self.gone.add(path.rpartition("/")[2])
        used = {value for key, value in arguments.items() if key != "project_id"}
        if used & self.gone and request.method == "GET":
            return _response(request, 404, {"error": {"code": "SDRS.1013", "message": "gone"}})
        if row.name == self.refuse:
            return _response(request, 409, {"error": {"code": "409", "message": "refused"}})
        answer = json.loads(self._answer(row, frozenset(used), query))
        if self.mutate:
            answer = self.mutate(row, answer, query)
        headers = {"X-Subject-Token": "a-token-" + "x" * 40} if row.service == "iam" else {}
        return _response(request, 204 if answer == {} else 200, answer, headers)

    @staticmethod
    def _is_action(row, request):
        """Whether the body fits, of operations that share a path: their body's only key differs, or its ``action``."""
        operation = _OPERATIONS.get(row.name)
        if not operation or request.method != "POST" or not row.path.endswith("/action") or row.name == "query_by_tags":
            return True
        content = json.loads(request.body)
        if operation.wrap:
            return operation.wrap in content
        return row.name not in ("add_tags", "delete_tags") or content["action"] == {"add_tags": "create", "delete_tags": "delete"}[row.name]

    def _answer(self, row, used, query):
        name, first = _PAGES.get(row.service, ("offset", "0"))
        later = bool(query.get(name, first) not in (first, ""))
        changes = json.dumps([self.changes, self.then if self.written else {}], sort_keys=True)
        return _generated(row.name, used, query.get("vpc_id"), later, changes, frozenset(self.gone))


@functools.lru_cache(None)
def _generated(name, used, vpc_id, later, changes, gone):
    row, known = ROWS[name], {}
    for model, objects in KNOWN[row.service].items():
        known[model] = sorted((each for each in objects if _identity(each) not in gone), key=lambda each: _identity(each) not in used)
        for laid in json.loads(changes):
            known[model] = [dict(each, **laid.get(model, {})) for each in known[model]] if laid.get(model, {}) is not None else []
    if vpc_id:
        known["Subnet"] = [each for each in known["Subnet"] if each["vpc_id"] == vpc_id]
    answer = vendor.fill(row.service, row.model, known)
    lists = [value for value in answer.values() if isinstance(value, list)]
    for key in ("count", "total_count", "total_number"):
        if key in answer and lists:
            answer[key] = len(lists[0])
    if later:
        answer = {key: [] if isinstance(value, list) else value for key, value in answer.items()}
    if "job_id" in answer and len(answer) == 1:
        answer["job_id"] = JOB
    return json.dumps(answer)


def _identity(obj):
    return obj.get("id") or obj.get("scaling_group_id") or obj.get("resource_id")


def _response(request, status, content, headers=None):
    response = requests.Response()
    response.status_code, response.url, response.request = status, request.url, request
    response.headers.update({"Content-Type": "application/json", **(headers or {})})
    response._content = b"" if status == 204 else json.dumps(content).encode()
    return response


# Tasks ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """A task: a module with options, on a cloud with ``changes``; ``check`` mode, or carried out, with ``then`` after the first request that writes."""

    name: str
    module: str
    options: dict
    changes: dict = field(default_factory=dict)
    check: bool = True
    then: dict = field(default_factory=dict)
    login: str = "token"
    refuse: str | None = None

    def client(self, cloud, clock):
        session = requests.Session()
        session.trust_env = False  # half of the time otherwise
        session.mount("https://", cloud)
        return client_module.Client(_login(self.login), session=session, sleep=clock.sleep, clock=clock.now)

    def run(self, mutate=None):
        """Carry it out; gives the result and the cloud."""
        cloud, clock = Cloud(self.changes, self.then, mutate, self.refuse), Clock()
        client = self.client(cloud, clock)
        declaration, options = _prepared(self.module, json.dumps(self.options))
        with clock.used():
            return run_module.run(declaration, copy.deepcopy(options), Host(self.check), client=client), cloud


class Doctor(Task):
    """The questions of the doctor and its judgement of the answers, without the knocks at real doors that come before."""

    def run(self, mutate=None):
        cloud = Cloud(self.changes, mutate=mutate)
        client = self.client(cloud, Clock())
        api, answers = api_module.Api(client), {}
        for name, (_service, question) in probe._QUESTIONS.items():
            try:
                answers[name] = probe.Outcome(question(api))
            except SdrsError as error:
                answers[name] = probe.Outcome(error=error)
        for service in probe._READS:
            answers[service] = probe.Outcome(probe._one(client, service))
        facts = probe.Facts({}, None, client.settings, {}, login=probe.Outcome(), answers=answers, project_id=PROJECT)
        checks = ("reads", "write", "api_version", "domains", "quotas", "rpo_statistics", "server_groups", "replications", "vpc_quota")
        found = [row for name in checks for row in getattr(services, name)(facts)]
        return {"changed": False, "checks": found}, cloud


class Clock:
    """A clock that jumps while a task sleeps."""

    def __init__(self):
        self.time = 1_000_000.0

    def now(self):
        return self.time

    def sleep(self, seconds):
        self.time += max(seconds, 1e-3)

    @contextlib.contextmanager
    def used(self):
        """Tasks wait by this clock, take no lock, and use one thread."""
        kept = run_module.Waiting, run_module.locked, run_module.PARALLEL
        waiting = kept[0]
        run_module.Waiting = lambda *args: waiting(*args, clock=self.now, sleep=self.sleep)
        run_module.locked, run_module.PARALLEL = lambda *args: contextlib.nullcontext(), 1
        try:
            yield
        finally:
            run_module.Waiting, run_module.locked, run_module.PARALLEL = kept


def _login(kind):
    options = {"region": "eu-de", "token_cache": False, "max_retries": 1}
    if kind == "token":
        options.update(auth_token="t", project_id=PROJECT)
    elif kind == "password":
        options.update(username="user", password="a-password-of-tests", domain_name="domain")
    else:
        options.update(access_key="A" * 20, secret_key="a-secret-key-of-tests")
    return settings.resolve(options, {})


@functools.lru_cache(None)
def _prepared(module, options):
    loaded, seen = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + module), {}
    original, loaded.run_module = loaded.run_module, lambda spec, declaration: seen.update(spec=argument_spec.CONNECTION + spec, declaration=declaration)
    try:
        loaded.main()
    finally:
        loaded.run_module = original
    kwargs = seen["spec"].kwargs()
    validated = ArgumentSpecValidator(kwargs.pop("argument_spec"), **kwargs).validate(json.loads(options))
    assert not validated.error_messages, (module, validated.error_messages)
    return seen["declaration"], validated.validated_parameters
