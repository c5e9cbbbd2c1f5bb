# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the real cloud is known to differ from what its API reference suggests, over a simulated world called directly."""

from __future__ import annotations

import json

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ApiError, api_error
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _drill
from support import TaskFailed

GROUP = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}


@pytest.fixture
def cloud(monkeypatch):
    cloud = direct.use(monkeypatch)()
    cloud.world.settings["first_sync_seconds"] = 1
    return cloud


def protected(cloud, *servers, protection=True):
    """A group with the servers protected and synchronised."""
    direct.run("sdrs_server_group", **GROUP)
    for server in servers or ("ecs-erp-web-1",):
        direct.run("sdrs_protected_instance", server_group="erp", server=server, name=server)
    if protection:
        direct.run("sdrs_server_group", name="erp", protection="enabled")
    cloud.time += 600


def test_the_cause_inside_a_cause_is_shown_from_the_failed_tasks_too(cloud):
    protected(cloud, protection=False)
    reason = "SdrsStartTask-fail:SDRS.0011:Client error : " + json.dumps({"error": {"message": "the array is busy", "code": "EVS.2024"}})
    cloud.world.faults.append({"job_type": "startProtectionGroupNoCG", "error_code": "SDRS.0406", "fail_reason": reason})
    direct.run("sdrs_server_group", name="erp", protection="enabled", wait=False)
    with pytest.raises(TaskFailed, match="failed: the array is busy") as caught:
        direct.run("sdrs_server_group", name="erp", protection="enabled")
    assert caught.value.error["code"] == "EVS.2024" and "Client error" not in str(caught.value)


@pytest.mark.parametrize("status", [404, 405, 501])
def test_batches_that_are_not_offered_become_single_calls(cloud, status):
    cloud.world.settings.update(batch_offered=False, not_offered_status=status)
    direct.run("sdrs_server_group", **GROUP)
    direct.run("sdrs_protected_instance_batch", server_group="erp", name_prefix="x", servers=[{"server": "ecs-erp-web-1"}, {"server": "ecs-erp-web-2"}])
    assert len(cloud.world.protected_instances) == 2


# Readiness to protect: what the two clouds allow -----------------------------------------------------------------------


def readiness(operation="create", **options):
    result = direct.run("sdrs_readiness_info", server_group="erp", operation=operation, **options)
    return result["ready"], {each["check"]: each for each in result["checks"]}


@pytest.fixture(params=[False, True], ids=["huawei", "otc"])
def otc(request, cloud):
    if request.param:
        cloud.world.identity["region"] = "eu-de"
    return request.param


def server(cloud, name):
    return next(each for each in cloud.world.servers.values() if each["name"] == name)


@pytest.mark.parametrize("flavor, supported", [
    ("s3.large.2", True), ("c4.xlarge.2", True), ("m4.large.8", True), ("c7n.large.2", True), ("e3.26xlarge.14", True), (None, True),
    ("g6.xlarge.4", False), ("p2s.2xlarge.8", False), ("pi2.2xlarge.4", False), ("fp1.2xlarge.11", False), ("kc1.large.2", False), ("d2.xlarge.8", False),
    ("C6.large.2", False), ("c9.large.2", False), ("s9.large.2", False), ("i9.large.2", False), ("m9.large.8", False),
])
def test_flavors_that_are_not_supported(cloud, otc, flavor, supported):
    direct.run("sdrs_server_group", **GROUP)
    server(cloud, "ecs-erp-app-1")["flavor"] = {"id": flavor}
    ready, checks = readiness(servers=["ecs-erp-app-1", "ecs-erp-web-1"])
    assert checks["flavors"]["passed"] is supported and checks["flavors"]["severity"] == ("error" if otc else "warning")
    assert ready is (supported or not otc)
    if not supported:
        assert "ecs-erp-app-1" in checks["flavors"]["detail"] and "ecs-erp-web-1" not in checks["flavors"]["detail"]


@pytest.mark.parametrize("hints", [{"dedicated_host_id": ["h1"]}, {"tenancy": ["dedicated"]}])
def test_servers_on_dedicated_hosts(cloud, otc, hints):
    direct.run("sdrs_server_group", **GROUP)
    server(cloud, "ecs-erp-app-1")["os:scheduler_hints"] = hints
    ready, checks = readiness(servers=["ecs-erp-app-1", "ecs-erp-web-1"])
    assert ready is not otc and checks["dedicated_hosts"]["passed"] is not otc and "ecs-erp-app-1" in checks["dedicated_hosts"]["detail"]
    assert readiness(servers=["ecs-erp-web-1"])[0]


def test_servers_with_shared_disks(cloud, otc):
    direct.run("sdrs_server_group", **GROUP)
    ready, checks = readiness(servers=["ecs-erp-cluster-1", "ecs-erp-cluster-2"])
    assert ready is not otc and checks["shared_disks"]["passed"] is not otc
    if otc:
        assert "quorum" in checks["shared_disks"]["detail"] and "pair the disk while it is available" in checks["shared_disks"]["detail"]
    assert not readiness(servers=["ecs-erp-cluster-1"])[0] and readiness(servers=["ecs-erp-web-1"])[0]


# An unplanned failover with the production site's disks gone ------------------------------------------------------------


def in_fault(cloud, level="2", status="fault", pairs=1, instances=True):
    """The first pairs are in fault, and their instances with them."""
    for pair in list(cloud.world.replications.values())[:pairs]:
        pair.update(fault_level=level, status=status)
        for entry in pair["attachment"] if instances else ():
            cloud.world.protected_instances[entry["protected_instance"]]["status"] = status


def fail_over(**options):
    return direct.run("sdrs_failover", server_group="erp", active_site="target", mode="unplanned", **options)


def test_fault_level_2_with_progress_100_is_what_a_failover_is_for(cloud):
    protected(cloud, "ecs-erp-web-1", "ecs-erp-app-1")
    in_fault(cloud)
    ready, checks = readiness("failover")
    assert ready and checks["object_statuses"]["passed"] and checks["synchronisation"]["passed"] and checks["production_fault"]["passed"]
    assert not readiness("planned_failover")[0], "a planned one still needs every pair to be protected"
    assert fail_over()["server_group"]["priority_station"] == "target"


@pytest.mark.parametrize("level, status, progress, instances", [
    ("2", "fault", 99, True), ("2", "fault", None, True), ("0", "fault", 100, True), ("5", "fault", 100, True), ("2", "invalid", 100, True),
    ("2", "error", 100, True),
])
def test_any_other_fault_needs_force(cloud, level, status, progress, instances):
    protected(cloud)
    in_fault(cloud, level, status, instances=instances)

    def changed(answer):
        for pair in answer.get("replications") or []:
            pair["progress"] = progress
        return answer

    cloud.changed = changed
    cloud.written.clear()
    with pytest.raises(TaskFailed, match="force: true"):
        fail_over()
    assert cloud.written == []


def test_an_instance_in_fault_for_another_reason_needs_force(cloud):
    protected(cloud, "ecs-erp-web-1", "ecs-erp-app-1")
    in_fault(cloud)
    other = next(each for each in cloud.world.protected_instances.values() if each["status"] == "protected")
    other["status"] = "fault"
    with pytest.raises(TaskFailed, match=other["name"]):
        fail_over()


# The synchronisation is told by the pairs -------------------------------------------------------------------------------


def drilled(*groups, **options):
    return direct.run("sdrs_topology", server_groups=[
        dict(GROUP, name=name, protection="enabled", drills=[{"name": "d-" + name, "drill_vpc": vpc}],
             protected_instances=[{"name": "i-" + name, "server": server}]) for name, server, vpc in groups
    ], **options)


ERP, CRM = ("erp", "ecs-erp-web-1", "vpc-drill"), ("crm", "ecs-erp-web-2", "vpc-drill-2")


@pytest.mark.parametrize("told", [0, None, "computed"])
@pytest.mark.parametrize("groups", [(ERP,), (ERP, CRM)], ids=len)
def test_a_drill_waits_for_the_pairs_where_the_group_tells_nothing(cloud, told, groups):
    cloud.world.settings.update(first_sync_seconds=300, group_progress=told)
    direct.run("vpc", name="vpc-drill-2", cidr="192.168.0.0/16", subnets=[{"name": "a", "cidr": "192.168.0.0/20"}, {"name": "b", "cidr": "192.168.16.0/20"}])
    result = drilled(*groups)
    assert {each["operation"] for each in result["operations"]} == {"create", "start"}
    assert {each["status"] for each in cloud.world.drills.values()} == {"available"} and len(cloud.world.drills) == len(groups)
    start = next(job for job in cloud.world.jobs.values() if job["job_type"] == "startProtectionGroupNoCG")
    drill = next(job for job in cloud.world.jobs.values() if job["job_type"] == "createDisasterRecoveryDrill")
    assert 300 <= drill["_begin"] - start["_end"] < 340, "no sooner, and not much later"


def test_pairs_that_tell_nothing_of_progress_tell_by_their_status(cloud):
    cloud.world.settings.update(first_sync_seconds=300, group_progress=0)

    def changed(answer):
        for pair in answer.get("replications") or []:
            pair["progress"] = None
        return answer

    cloud.changed = changed
    drilled(ERP)
    assert len(cloud.world.drills) == 1
    assert readiness("drill", drill_vpc="vpc-drill")[1]["first_synchronisation"]["passed"]


def test_a_synchronisation_that_never_ends_is_not_waited_for_for_ever(cloud):
    cloud.world.settings.update(first_sync_seconds=10**6, group_progress=None)
    before = cloud.time
    with pytest.raises(TaskFailed, match="synchronisation of protection group erp.*Replication-Pair.*has not ended within 600 s"):
        drilled(ERP, wait_timeout=600)
    assert cloud.time - before < 2000 and not cloud.world.drills


# VPCs and subnets -------------------------------------------------------------------------------------------------------

SUBNET = {"name": "a", "cidr": "192.168.0.0/20"}


def subnets(cloud, name="v"):
    vpc = next((each["id"] for each in cloud.world.vpcs.values() if each["name"] == name), None)
    return {each["name"]: each for each in cloud.world.subnets.values() if each["vpc_id"] == vpc}


def vpc(_check=False, **options):
    return direct.run("vpc", check=_check, **{"name": "v", **options})


def operations(result):
    return [entry["operation"] for entry in result["operations"]]


def test_the_simulator_wants_what_the_service_wants_of_a_subnet(cloud):
    vpc(cidr="192.168.0.0/16")
    parent = next(each["id"] for each in cloud.world.vpcs.values() if each["name"] == "v")

    def create(**body):
        return cloud.answer("POST", "http://x/v1/p/subnets", {"subnet": {"name": "a", "vpc_id": parent, "cidr": "192.168.0.0/20", **body}})

    for wrong, code in (({}, "VPC.0201"), ({"gateway_ip": "10.0.0.1"}, "VPC.0201"), ({"gateway_ip": "192.168.0.1", "cidr": "10.0.0.0/20"}, "VPC.0203"),
                        ({"gateway_ip": "192.168.0.1", "extra_dhcp_opts": [{"opt_name": "ntp", "opt_value": ""}]}, "VPC.0201")):
        with pytest.raises(ApiError) as caught:
            create(**wrong)
        assert caught.value.code == code and caught.value.http_status == 400
    made = create(gateway_ip="192.168.0.1")["subnet"]
    assert made["status"] == "UNKNOWN" and made["dnsList"] == [] and made["primary_dns"] == "" and made["dhcp_enable"] is True


@pytest.mark.parametrize("cidr, gateway", [("192.168.0.0/20", "192.168.0.1"), ("192.168.16.0/28", "192.168.16.1")])
def test_a_gateway_that_is_not_given_is_the_first_address(cloud, cidr, gateway):
    options = dict(cidr="192.168.0.0/16", subnets=[{"name": "a", "cidr": cidr}])
    assert operations(vpc(**options)) == ["create", "create"]
    assert subnets(cloud)["a"]["gateway_ip"] == gateway and not vpc(**options)["changed"]
    assert vpc(**options)["diff"]["before"] == vpc(**options)["diff"]["after"]


@pytest.mark.parametrize("status", ["UNKNOWN", "PENDING"])
def test_a_subnet_is_waited_for_until_it_is_active(cloud, status):
    cloud.world.settings.update(subnet_status_at_first=status, subnet_seconds=45)
    before = cloud.time
    vpc(cidr="192.168.0.0/16", subnets=[SUBNET])
    assert subnets(cloud)["a"]["status"] == "ACTIVE" and 45 <= cloud.time - before < 60


def test_a_subnet_that_does_not_become_active(cloud):
    cloud.world.settings.update(subnet_seconds=10**6)
    with pytest.raises(TaskFailed, match="subnet a .* now 'UNKNOWN', has not ended within 60 s"):
        vpc(cidr="192.168.0.0/16", subnets=[SUBNET], wait_timeout=60)
    subnets(cloud)["a"]["_active"] = cloud.time
    fails = cloud.time + 20

    def changed(answer):
        if (answer.get("subnet") or {}).get("name") == "b" and cloud.time > fails:
            answer["subnet"]["status"] = "ERROR"
        return answer

    cloud.changed = changed
    with pytest.raises(TaskFailed, match="subnet b .* ended in status 'ERROR'"):
        vpc(subnets=[{"name": "b", "cidr": "192.168.32.0/20"}])


def test_a_subnet_found_in_transit_is_waited_for(cloud):
    cloud.world.settings.update(subnet_seconds=45)
    vpc(cidr="192.168.0.0/16", subnets=[SUBNET], wait=False)
    vpc(subnets=[SUBNET], wait=False)
    cloud.time += 5
    vpc(subnets=[SUBNET])
    assert subnets(cloud)["a"]["status"] == "ACTIVE" and operations(vpc(subnets=[SUBNET])) == []


@pytest.mark.parametrize("status", [409, 500])
def test_deletion_goes_on_until_ports_subnets_and_vpc_are_gone(cloud, status):
    cloud.world.settings.update(subnet_in_use_status=status, subnet_seconds=20)
    vpc(cidr="192.168.0.0/16", subnets=[SUBNET, {"name": "b", "cidr": "192.168.16.0/20"}])
    subnets(cloud)["a"]["_ports_until"] = cloud.time + 90
    before = cloud.time
    assert operations(vpc(state="absent", purge_subnets=True)) == ["delete", "delete", "delete"]
    assert subnets(cloud) == {} and "v" not in {each["name"] for each in cloud.world.vpcs.values()} and 110 <= cloud.time - before < 150
    assert not vpc(state="absent", purge_subnets=True)["changed"]


def test_a_subnet_that_stays_in_use_ends_with_the_service_s_own_words(cloud):
    vpc(cidr="192.168.0.0/16", subnets=[SUBNET, {"name": "b", "cidr": "192.168.16.0/20"}])
    subnets(cloud)["a"]["_ports_until"] = cloud.time + 10**6
    before = cloud.time
    with pytest.raises(TaskFailed, match=r"subnet a .*has not ended within 120 s.*subnet is still used.*\[VPC.0209\]") as caught:
        vpc(state="absent", purge_subnets=True, wait_timeout=120)
    assert cloud.time - before < 200 and caught.value.error["code"] == "VPC.0209" and "v" in {each["name"] for each in cloud.world.vpcs.values()}


@pytest.mark.parametrize("code", ["VPC.0210", "VPC.0206", "VPC.2201"])
def test_a_refusal_that_time_does_not_mend_is_final(cloud, code):
    vpc(cidr="192.168.0.0/16", subnets=[SUBNET])
    status = 403 if code == "VPC.2201" else 500
    before, answer = cloud.time, cloud.answer

    def refusing(method, url, body):
        if method == "DELETE":
            raise api_error(status, json.dumps({"code": code, "message": "no"}))
        return answer(method, url, body)

    cloud.answer = refusing
    with pytest.raises(TaskFailed, match=code.replace(".", r"\.")):
        vpc(state="absent", purge_subnets=True)
    assert cloud.time - before < 10


def test_a_vpc_with_subnets_is_not_sent_for_deletion(cloud):
    vpc(cidr="192.168.0.0/16", subnets=[SUBNET])
    cloud.written.clear()
    with pytest.raises(TaskFailed, match="has subnets: a.*purge_subnets: true"):
        vpc(state="absent")
    assert cloud.written == []


@pytest.mark.parametrize("options, shown", [
    ({"dns_list": ["10.0.0.2", "10.0.0.3", "10.0.0.4"]}, {"dnsList": ["10.0.0.2", "10.0.0.3", "10.0.0.4"], "primary_dns": "10.0.0.2"}),
    ({"primary_dns": "10.0.0.2", "secondary_dns": "10.0.0.3"}, {"dnsList": ["10.0.0.2", "10.0.0.3"]}),
    ({"primary_dns": "10.0.0.2"}, {"dnsList": ["10.0.0.2"], "secondary_dns": ""}),
    ({"dhcp_enable": False}, {"dhcp_enable": False}),
    ({"ntp_servers": ["10.0.0.5", "10.0.0.6"]}, {"extra_dhcp_opts": [{"opt_name": "ntp", "opt_value": "10.0.0.5,10.0.0.6"}]}),
])
def test_dns_dhcp_and_ntp_of_subnets(cloud, options, shown):
    """Set at creation, and on a subnet that is there without them; each time once."""
    vpc(cidr="192.168.0.0/16", subnets=[dict(SUBNET, **options)])
    assert {key: subnets(cloud)["a"][key] for key in shown} == shown
    assert not vpc(subnets=[dict(SUBNET, **options)])["changed"]
    vpc(subnets=[{"name": "b", "cidr": "192.168.16.0/20", "dhcp_enable": False}])
    changed = {"name": "b", "cidr": "192.168.16.0/20", **options}
    if "dhcp_enable" not in options:
        assert operations(vpc(subnets=[changed], _check=True)) == ["update"]
        result = vpc(subnets=[changed])
        assert operations(result) == ["update"] and result["diff"]["before"] != result["diff"]["after"]
        assert subnets(cloud)["b"]["dhcp_enable"] is False, "an update that leaves DHCP out would switch it on"
    assert {key: subnets(cloud)["b"][key] for key in shown} == shown and not vpc(subnets=[changed])["changed"]


def test_ntp_servers_are_removed_by_an_empty_list(cloud):
    vpc(cidr="192.168.0.0/16", subnets=[dict(SUBNET, ntp_servers=["10.0.0.5"])])
    assert operations(vpc(subnets=[dict(SUBNET, ntp_servers=[])])) == ["update"] and subnets(cloud)["a"]["extra_dhcp_opts"] == []
    assert not vpc(subnets=[dict(SUBNET, ntp_servers=[])])["changed"]


@pytest.mark.parametrize("wrong, message", [
    ({"dns_list": ["x"]}, "dns_list: 'x' is not an IPv4 address"), ({"primary_dns": "fe80::1"}, "primary_dns: 'fe80::1' is not an IPv4 address"),
    ({"ntp_servers": ["10.0.0.%d" % number for number in range(5)]}, "ntp_servers: at most 4"), ({"ntp_servers": ["10.0.0.1"] * 2}, "ntp_servers: .*twice"),
    ({"dns_list": []}, "dns_list: must not be empty"), ({"secondary_dns": "10.0.0.1", "primary_dns": "10.0.0.1"}, "secondary_dns: must differ"),
])
def test_subnet_options_that_are_wrong(cloud, wrong, message):
    with pytest.raises(TaskFailed, match=r"subnets\[0\]\." + message):
        vpc(cidr="192.168.0.0/16", subnets=[dict(SUBNET, **wrong)])
    assert cloud.written == []


# What a drill VPC does not get ------------------------------------------------------------------------------------------


def own(cloud, name="vpc-erp"):
    return next(each for each in cloud.world.vpcs.values() if each["name"] == name)


def drill_checks(**options):
    ready, checks = readiness("drill", **options)
    return ready, [checks[name] for name in ("custom_routes", "vpc_peerings", "network_acls")]


def fill(cloud, vpc, subnet_id):
    vpc["_custom_routes"] = [{"type": "vpn", "destination": "10.9.0.0/16", "nexthop": "x"}]
    ends = {"request_vpc_info": {"vpc_id": vpc["id"]}, "accept_vpc_info": {"vpc_id": "o"}}
    cloud.world.peerings["p"] = {"id": "p", "name": "to-shared", "status": "ACTIVE", **ends}
    cloud.world.network_acls["a"] = {"id": "a", "name": "acl-db", "admin_state_up": True, "status": "ACTIVE", "associations": [{"virsubnet_id": subnet_id}]}


@pytest.mark.parametrize("shown", [True, False], ids=["routes in the list", "routes of each table"])
@pytest.mark.parametrize("drill_vpc", [{}, {"drill_vpc": "vpc-drill"}], ids=["made by the service", "one's own"])
def test_readiness_warns_of_what_is_not_copied(cloud, shown, drill_vpc):
    cloud.world.settings["route_tables_show_routes"] = shown
    protected(cloud)
    ready, found = drill_checks(**drill_vpc)
    assert ready and all(each["passed"] for each in found)
    fill(cloud, own(cloud), subnets(cloud, "vpc-erp")["subnet-db"]["id"])
    ready, found = drill_checks(**drill_vpc)
    assert ready and [(each["passed"], each["severity"]) for each in found] == [(False, "warning")] * 3, "warnings do not forbid a drill"
    assert "10.9.0.0/16 (vpn)" in found[0]["detail"] and "to-shared (p)" in found[1]["detail"] and "subnet-db (acl-db)" in found[2]["detail"]


def test_what_the_drill_vpc_has_of_its_own_is_no_warning(cloud):
    protected(cloud)
    fill(cloud, own(cloud), subnets(cloud, "vpc-erp")["subnet-db"]["id"])
    own(cloud, "vpc-drill")["_custom_routes"] = own(cloud)["_custom_routes"]
    cloud.world.network_acls["a"]["associations"].append({"virsubnet_id": subnets(cloud, "vpc-drill")["drill-db"]["id"]})
    assert [each["passed"] for each in drill_checks(drill_vpc="vpc-drill")[1]] == [True, False, True]
    cloud.world.network_acls["a"]["admin_state_up"] = False
    cloud.world.peerings["p"]["status"] = "PENDING_ACCEPTANCE"
    assert [each["passed"] for each in drill_checks()[1]] == [False, True, True]


@pytest.mark.parametrize("status", [403, 404, 405, 500, 501])
def test_lists_that_are_not_offered_are_told_as_not_checked(cloud, status):
    protected(cloud)
    cloud.world.settings["vpc_lists_refused"] = dict.fromkeys(("route_tables", "peerings", "network_acls"), status)
    ready, found = drill_checks(drill_vpc="vpc-drill")
    assert ready and all(not each["passed"] and each["severity"] == "warning" and each["detail"].startswith("not checked") for each in found)


def test_a_drill_vpc_is_prepared_with_dns_dhcp_and_ntp(cloud):
    cloud.world.subnets[subnets(cloud, "vpc-erp")["subnet-db"]["id"]].update(
        dhcp_enable=False, extra_dhcp_opts=[{"opt_name": "ntp", "opt_value": "10.0.0.5, 10.0.0.6"}], gateway_ip="192.168.31.254",
    )
    listed = direct.run("vpc_info", name="vpc-erp")["vpcs"][0]["subnets"]
    wanted = {"name": "fresh", "cidr": "192.168.0.0/16", "subnets": _drill.subnets(listed)}
    direct.run("vpc", **wanted)
    kept = ("cidr", "gateway_ip", "dnsList", "primary_dns", "secondary_dns", "dhcp_enable")
    for name, subnet in subnets(cloud, "vpc-erp").items():
        assert {key: subnets(cloud, "fresh")[name][key] for key in kept} == {key: subnet[key] for key in kept}
    assert subnets(cloud, "fresh")["subnet-db"]["extra_dhcp_opts"] == [{"opt_name": "ntp", "opt_value": "10.0.0.5,10.0.0.6"}]
    assert not direct.run("vpc", **wanted)["changed"]
    blank = {"id": "s", "name": "a", "cidr": "10.0.0.0/24"}
    assert _drill.subnets([{**blank, "primary_dns": "", "dnsList": None}]) == [{"name": "a", "cidr": "10.0.0.0/24", "ntp_servers": []}]
    with pytest.raises(ApiError, match="subnet s: 'dnsList' is not a list"):
        _drill.subnets([{**blank, "dnsList": "x"}])
