# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulator's answers in the vendor's typed models: no key that a model would lose, no value of another type than declared, nothing
mandatory left out. And the collection's requests: no key and no type that the vendor's models of requests do not have.

A life that touches every route; what is in transit is answered, too. Exceptions stand in tables, with the page that knows better.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import warnings
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

import direct
import pytest
import vendor

from sdrs_simulator import routes
from support import TaskFailed

# Routes that no SDK has, with the operation whose sample in ``vendor.UNMODELLED`` is the measure.
UNMODELLED = {("GET", "/v1/{project_id}/cloudservers/{server_id}/autorecovery"): "show_ecs_auto_recovery"}
# The metadata service is no service of an SDK; its core reads it (tests/integration/test_credentials.py).
_NOT_OF_SERVICES = ("/__simulator__", "/meta-data", "/openstack")
ROUTES = [
    (method, path) for method, path, _handler in routes.OPEN + routes.API if not path.startswith(_NOT_OF_SERVICES) and (method, path) not in UNMODELLED
]
# The services whose paths begin alike; everything else is of SDRS.
_SERVICES = {
    "project_id}/quotas": "vpc", "cloudservers": "ecs", "cloudvolumes": "evs", "vpcs": "vpc", "subnets": "vpc", "autoscaling-api": "as",
    "routetables": "vpc", "peerings": "vpc", "firewalls": "vpc3", "publicips": "eip", "/v2.1/": "ecs", "/v3": "iam",
}
# Keys that the vendor's models lack and the simulator sends all the same: the page that has them.
KNOWN_BETTER = {
    "entities.disaster_recovery_drill_id": "service.md, section 2: both Terraform providers read it from the jobs of drills",
    **dict.fromkeys(("vpc.enable_shared_snat", "vpcs[].enable_shared_snat"), "VPC API, Updating VPC Information, response: Open Telekom Cloud has it"),
}
# Fields that the vendor's models call mandatory and the simulator does not send.
MAY_LACK = {
    ("sdrs", "MetadataParams"): "only frozen instances have it",
    ("sdrs", "ShowReplicationParams", "failure_detail"): "only a pair in error has it (table 5-40)",
    **{("ecs", "ServerDetail", name): "Huawei Cloud's newer servers alone have it" for name in (
        "capacity_reservation_id", "capacity_reservation_specification", "enclave_options", "spod_id",
    )},
    ("vpc", "Vpc"): "of times, owners and metrics nothing is used",
    **{("vpc", model, name): "of times nothing is used" for model in ("RouteTableListResp", "RouteTableResp") for name in ("created_at", "updated_at")},
    ("vpc", "Subnet"): "of IPv6, owners and metrics nothing is used",
}


class Watched(direct.Cloud):
    """A cloud that keeps what it answered, by route."""

    def __init__(self):
        super().__init__()
        self.answered, self.requested = {}, {}

    def answer(self, method, url, body):
        path = urlsplit(url).path.rstrip("/") or "/"
        answer = super().answer(method, url, body)
        route = next(route for route, (its, pattern, *_rest) in zip(_ALL, routes._ROUTES) if its == method and pattern.fullmatch(path))
        self.answered.setdefault(route, {})[json.dumps(_shape(answer))] = answer
        query = dict(parse_qsl(urlsplit(url).query))
        self.requested.setdefault(route, {})[json.dumps([_shape(body), sorted(query)])] = (query, body)
        return answer

    def get(self, path):
        return self.answer("GET", "http://x" + path.replace("{project_id}", self.world.identity["project_id"]), None)


_ALL = [(method, path) for method, path, _handler in routes.OPEN + routes.API]


def _shape(value):
    """What of an answer matters here, so that few of many alike are looked at."""
    if isinstance(value, dict):
        return {key: _shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted({json.dumps(_shape(each)) for each in value})
    return type(value).__name__


def answered():
    return {route: list(answers.values()) for route, answers in lived().answered.items()}


@functools.lru_cache(None)
def lived():
    """The cloud after a life with everything in it, once for all tests."""
    with pytest.MonkeyPatch.context() as patch:
        direct.use(patch)  # the clock, the lock and one thread
        cloud = Watched()
        patch.setattr(direct.run_module, "Client", lambda *args: direct.Direct(cloud))
        patch.setattr(direct.run_module, "Waiting", lambda *args: direct.Waiting(*args, clock=lambda: cloud.time, sleep=cloud.sleep))
        live(cloud)
    return cloud


ZONES = {"source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02"}
DOCUMENT = {
    "name": "erp", **ZONES, "source_vpc": "vpc-erp", "protection": "enabled", "description": "ERP",
    "protected_instances": [
        {"name": "web", "server": "ecs-erp-web-1", "tags": {"tier": "web"}, "replications": [{"device": "/dev/vda", "name": "root", "size": 80}]},
        *({"name": "c%d" % number, "server": "ecs-erp-cluster-%d" % number} for number in (1, 2)),
    ],
    "replications": [
        {"volume": "archive-1", "name": "archive"},
        {"volume": "new", "name": "new", "create_volume": {"size": 10, "type": "SSD", "multiattach": True, "tags": {"a": "b"}, "description": "c"}},
    ],
}


def live(cloud):
    run = direct.run
    cloud.world.settings["first_sync_seconds"] = 1
    run("sdrs_topology", server_groups=[DOCUMENT])
    cloud.time += 600
    for name in ("erp-2", "erp"):
        run("sdrs_server_group", id=next(iter(cloud.world.server_groups)), name=name)
    run("sdrs_server_group", name="erp", protection="disabled")
    web = {"protected_instance": "web"}
    pair = {"server_group": "erp", "volume": "archive-1"}
    run("sdrs_replication", **pair, name="archive-2", attachments=[{**web, "device": "/dev/vdb"}])
    run("sdrs_replication", **pair, attachments=[], purge_attachments=True)
    run("sdrs_replication", **pair, state="absent")
    run("sdrs_protected_instance", server_group="erp", server="ecs-erp-web-2", name="web-2")
    run("sdrs_protected_instance", server_group="erp", server="ecs-erp-web-2", name="web-3")
    run("sdrs_protected_instance", server_group="erp", name="web-3", state="absent", delete_target_server=True)
    run("sdrs_protected_instance_nic", **web, subnet="subnet-db")
    run("sdrs_protected_instance_nic", **web, subnet="subnet-db", state="absent")
    for tags in ({"a": "1", "b": "2"}, {"c": "3"}, {}):
        run("sdrs_tag", **web, tags=tags, purge=not tags)
    run("sdrs_tag", **web, tags={"d": "4"})
    run("sdrs_tag", **web, tags={"d": None}, state="absent")
    run("sdrs_tag", protected_instance=next(iter(cloud.world.protected_instances)), tags={"tier": "web"})
    run("sdrs_tag_info", **web)
    run("sdrs_tag_info")
    run("sdrs_protected_instance_info", tags=[{"key": "tier", "values": ["web"]}])
    run("sdrs_protected_instance_info", tags=[{"key": "tier", "values": ["web"]}], count=True)
    run("ecs_power", server_group="erp", site="production", state="stopped")
    run("sdrs_protected_instance_resize", **web, flavor="s3.xlarge.2")
    run("sdrs_server_group", name="erp", protection="enabled")
    cloud.time += 600
    run("sdrs_drill", name="d", server_group="erp", drill_vpc="vpc-drill")
    run("sdrs_drill", id=next(iter(cloud.world.drills)), name="e")
    run("sdrs_drill_info")
    run("sdrs_drill", name="e", server_group="erp", state="absent")
    run("sdrs_failover", server_group="erp", active_site="target", mode="unplanned", force=True)
    run("sdrs_failover", server_group="erp", active_site="target", reprotect=True)
    cloud.time += 600
    for site in ("production", "dr"):
        run("ecs_power", server_group="erp", site=site, state="stopped")
    run("sdrs_failover", server_group="erp", active_site="source")
    run("sdrs_readiness_info", server_group="erp", operation="create", servers=["ecs-erp-web-2"])
    run("sdrs_drift_info", server_group="erp", auto_recovery=True)
    neighbours(cloud)
    for number, (job_type, what) in enumerate((("createProtectionGroupNoCG", {"name": "x", **ZONES, "source_vpc": "vpc-erp"}),
                                               ("createProtectedInstanceNoCG", {"server_group": "erp", "server": "ecs-erp-app-1", "name": "app"}))):
        cloud.world.faults.append({"job_type": job_type, "error_code": "EVS.2024", "fail_reason": "no", "sub_job": bool(number), "count": 1})
        with contextlib.suppress(TaskFailed):
            run("sdrs_protected_instance" if number else "sdrs_server_group", **what)
    failed = run("sdrs_failed_task_info", all=True)["failed_tasks"]
    run("sdrs_failed_task", id=failed[0]["job_id"])
    run("sdrs_failed_task", server_group="erp")
    cloud.answer("DELETE", "http://x/v1/%s/task-center/failure-jobs/batch" % cloud.world.identity["project_id"], None)
    for module in ("sdrs_quota_info", "sdrs_api_version_info", "sdrs_rpo_statistics_info", "as_group_info"):
        run(module)
    run("sdrs_api_version_info", version="v1")
    run("vpc", name="new", cidr="10.0.0.0/8", enable_shared_snat=True, subnets=[{"name": "s", "cidr": "10.0.0.0/24", "gateway_ip": "10.0.0.1"}])
    run("vpc_info")
    run("vpc", name="new", state="absent", purge_subnets=True)
    run("as_group", name="as-erp-web", desire_instance_number=3, status="paused")
    world, known = cloud.world, cloud.world.identity
    server, volume, subnet = (next(iter(each)) for each in (world.servers, world.volumes, world.subnets))
    user = {"name": known["username"], "password": known["password"], "domain": {"name": known["domain_name"]}}
    cloud.answer("POST", "http://x/v3/auth/tokens", {"auth": {"identity": {"methods": ["password"], "password": {"user": user}},
                                                              "scope": {"project": {"id": known["project_id"]}}}})
    for path in ("/v3", "/v3/projects", "/v1/{project_id}/quotas", "/v1/{project_id}/quotas?type=vpc",
                 "/v1/{project_id}/cloudservers/%s" % server, "/v1/{project_id}/cloudservers/%s/block_device" % server,
                 "/v2/{project_id}/cloudvolumes/%s" % volume, "/v1/{project_id}/subnets/%s" % subnet,
                 "/autoscaling-api/v1/{project_id}/scaling_group_instance/%s/list" % next(iter(world.as_groups))):
        cloud.get(path)
    run("sdrs_replication_info", id=next(iter(world.replications)))
    vpc = world.subnets[subnet]["vpc_id"]
    cloud.answer("PUT", "http://x/v1/%s/vpcs/%s/subnets/%s" % (known["project_id"], vpc, subnet), {"subnet": {"name": "s"}})
    run("sdrs_topology", server_groups=[{"name": "erp", "state": "absent"}], prune=True)


def neighbours(cloud):
    """What ECS, VPC and EIP are asked beside the life of SDRS's objects."""
    world, run = cloud.world, direct.run
    instance = next(each for each in world.protected_instances.values() if each["name"] == "web")
    world.servers[instance["target_server"]].update(tags=["tier=db", "old=1"], security_groups=[])
    run("sdrs_drift", server_group="erp", repair=["security_groups", "tags"])
    own = next(each for each in world.vpcs.values() if each["name"] == "vpc-erp")
    subnet = next(each for each in world.subnets.values() if each["vpc_id"] == own["id"])
    project, times = world.identity["project_id"], {"created_at": "2026-11-20T08:00:00", "updated_at": "2026-11-20T08:00:00"}
    world.peerings["p"] = {
        "id": "p", "name": "to-shared", "status": "ACTIVE", "description": "", **times,
        "request_vpc_info": {"vpc_id": own["id"], "tenant_id": project}, "accept_vpc_info": {"vpc_id": "o", "tenant_id": project},
    }
    world.network_acls["a"] = {
        "id": "a", "name": "acl", "description": "", "project_id": project, **times, "admin_state_up": True, "status": "ACTIVE",
        "enterprise_project_id": "0", "tags": [], "type": "BASIC", "associations": [{"virsubnet_id": subnet["id"]}],
    }
    # As the vendor's model of the list has it; then each table is asked for.
    world.settings["route_tables_show_routes"] = False
    run("sdrs_readiness_info", server_group="erp", operation="drill", drill_vpc="vpc-drill")
    run("vpc_eip", eip="80.158.0.10", server="ecs-erp-app-1")
    run("vpc_eip", eip="80.158.0.10", state="unbound")
    gone = next(each["id"] for each in world.servers.values() if each["name"] == "ecs-erp-web-2")
    cloud.answer("POST", "http://x/v1/%s/cloudservers/delete" % project, {"servers": [{"id": gone}], "delete_volume": False, "delete_publicip": False})


def models(method, path, answer):
    """``(service, names of the models)`` that the vendor publishes for a route."""
    service = next((service for part, service in _SERVICES.items() if part in path), "sdrs")
    if path.endswith("/jobs/{job_id}") and str(answer.get("job_type")) in ("startServer", "stopServer"):
        service = "ecs"  # under the same path on its own host
    if path.endswith("/jobs/{job_id}") and answer.get("job_type") == "createVolume":
        service = "evs"
    return service, vendor.published(service).get((method, vendor.anonymous(vendor.VERSIONS.get((method, path), path))), set())


@functools.lru_cache(None)
def sdk(service):
    """The vendor's client of a service, for its deserialiser alone."""
    loaded = importlib.import_module(".".join(vendor.PACKAGES[service]))
    return next(getattr(loaded, name) for name in dir(loaded) if name.endswith("Client") and name != "Client")()


def plain(value):
    """A deserialised model as JSON; times as they are compared."""
    if hasattr(value, "openapi_types"):
        return {value.attribute_map[name]: plain(getattr(value, name)) for name in value.openapi_types}
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def kept(sent, received, path=""):
    """What a model has lost or made something else of."""
    if isinstance(sent, dict) and isinstance(received, dict):
        return [each for key, value in sent.items() for each in kept(value, received.get(key), "%s.%s" % (path, key))]
    if isinstance(sent, list) and isinstance(received, list):
        return [each for pair in zip(sent, received) for each in kept(*pair, path + "[]")]
    if isinstance(received, datetime):
        sent = datetime.fromisoformat(sent.replace("Z", "")) if isinstance(sent, str) else sent
    return [] if sent == received and type(sent) is type(received) else [(path.lstrip("."), "%r became %r" % (sent, received))]


@pytest.mark.parametrize("method, path", ROUTES, ids=lambda value: value.replace("/", "|"))
def test_answers_fit_the_vendors_models(method, path):
    answers = answered().get((method, path))
    assert answers, "the life above does not touch this route"
    for answer in answers:
        service, names = models(method, path, answer)
        assert names, "no SDK knows %s %s" % (method, path)
        problems = min((vendor.lost(service, name, answer) for name in names), key=len)
        assert [each for each in problems if each[0] not in KNOWN_BETTER] == []


@pytest.mark.parametrize("route", UNMODELLED, ids=lambda route: route[1].replace("/", "|"))
def test_answers_without_a_model_fit_the_sample(route):
    sample, _source = vendor.UNMODELLED[UNMODELLED[route]]
    assert [_shape(answer) for answer in answered()[route]] == [_shape(sample)]


@pytest.mark.parametrize("method, path", ROUTES, ids=lambda value: value.replace("/", "|"))
def test_the_vendor_reads_the_same(method, path):
    """The same by the SDK's own deserialiser, with nothing of this project in between."""
    for answer in answered()[method, path]:
        service, names = models(method, path, answer)
        found = []
        for name in names:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                found.append(kept(answer, plain(sdk(service)._deserialize(answer, name))))
        assert [each for each in min(found, key=len) if each[0] not in KNOWN_BETTER] == []


def lacking(service, declared, value):
    """``(service, model, field)`` of what the vendor's models call mandatory and the value lacks."""
    kind, inside = vendor.inner(declared)
    if value is None or kind not in ("list", "dict", "model"):
        return set()
    if kind != "model":
        return {each for entry in (value if kind == "list" else value.values()) for each in lacking(service, inside, entry)}
    known = vendor.fields(service, inside)
    found = {(service, inside, name) for name in vendor.mandatory(service, inside) - set(value)}
    return found | {each for key, entry in value.items() if key in known for each in lacking(service, known[key], entry)}


@pytest.mark.parametrize("method, path", ROUTES, ids=lambda value: value.replace("/", "|"))
def test_what_the_vendor_calls_mandatory_is_sent(method, path):
    for answer in answered()[method, path]:
        service, names = models(method, path, answer)
        found = min((lacking(service, name, answer) for name in names), key=len)
        assert {each for each in found if each not in MAY_LACK and each[:2] not in MAY_LACK} == set()


# What the collection sends and the vendor's models of requests lack.
ALSO_SENT = {
    ("/v1/{project_id}/vpcs/{vpc_id}", "vpc.enable_shared_snat"): "VPC API, Updating VPC Information, table of the request: Open Telekom Cloud has it",
}


@pytest.mark.parametrize("method, path", ROUTES, ids=lambda value: value.replace("/", "|"))
def test_requests_fit_the_vendors_models(method, path):
    for query, body in lived().requested[method, path].values():
        service, names = models(method, path, {})
        problems = []
        for name in names:
            fields = vendor.fields(service, name.removesuffix("Response") + "Request")
            found = [(key, "no query of %s" % name) for key in query if key not in fields]
            problems.append(found + (vendor.lost(service, fields["body"], body) if body and "body" in fields else [("", "no body")] if body else []))
        assert [each for each in min(problems, key=len) if (path, each[0]) not in ALSO_SENT] == []
