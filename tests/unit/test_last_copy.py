# SPDX-License-Identifier: GPL-3.0-or-later
"""What is left of data whose production half is lost goes only when ``delete_last_copy`` says so."""

from __future__ import annotations

import direct
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ConnectionFailed
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._sdrs import kinds, last_copy, protected_instance, replication
from sdrs_simulator.removals import lose_server, lose_volume
from support import Host, TaskFailed, run_task

GROUP = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
INSTANCE, PAIR = protected_instance.KIND, replication.KIND


@pytest.fixture
def cloud(monkeypatch):
    return direct.use(monkeypatch)


def server(now, name, zone="eu-sim-01"):
    return next(each for each in now.world.servers.values() if each["name"] == name and each["OS-EXT-AZ:availability_zone"] == zone)


def removals(now):
    return [call for call in now.written if call[0] == "DELETE" or call[1].endswith("/delete")]


# The story ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [{}, {"delete_target_server": True, "delete_target_volume": True}])
def test_a_new_server_bears_the_name_of_one_that_was_deleted(cloud, wanted):
    """A production server is deleted outside, a new one bears its name, and the document is brought about again with prune."""
    now = cloud()
    document = {"server_groups": [dict(GROUP, protection="enabled", protected_instances=[
        {"name": "web", "server": "ecs-erp-web-1"}, {"name": "app", "server": "ecs-erp-app-1"},
    ])], "prune": True, **wanted}
    direct.run("sdrs_topology", **document)
    old = next(each for each in now.world.protected_instances.values() if each["name"] == "web")
    lose_server(now.world, old["source_server"])
    assert old["status"] == "invalid"
    server(now, "ecs-erp-web-2")["name"] = "ecs-erp-web-1"
    copy = now.world.servers[old["target_server"]]
    disks = {each["id"] for each in copy["os-extended-volumes:volumes_attached"]}
    for check in (True, False):
        with pytest.raises(TaskFailed, match="holds the last copy.*delete_last_copy: true") as refused:
            direct.run("sdrs_topology", check, **document)
        assert all(part in str(refused.value) for part in (copy["name"], copy["id"], *disks, old["name"], old["id"]))
    assert old["id"] in now.world.protected_instances and copy["id"] in now.world.servers and disks <= set(now.world.volumes)
    assert not removals(now)
    # The rest of the document was brought about: the new server is protected.
    assert server(now, "ecs-erp-web-1")["id"] in [each["source_server"] for each in now.world.protected_instances.values()]
    planned, done = (direct.run("sdrs_topology", check, delete_last_copy=True, **document) for check in (True, False))
    for result in (planned, done):
        said = next(each["last_copy"] for each in result["operations"] if each.get("last_copy"))
        assert copy["name"] in said and copy["id"] in said
        assert "last_copy" in result["diff"]["before"] and copy["id"] in result["diff"]["before"]
    assert old["id"] not in now.world.protected_instances and (copy["id"] in now.world.servers) is not bool(wanted)


# Modules, losses, options ---------------------------------------------------------------------------------------------


SERVER = {"delete_target_server": True}
VOLUME = {"delete_target_volume": True}
DOCUMENT = {"server_groups": [{"name": "erp", "protected_instances": [], "replications": []}], "prune": True}
GONE = {"server_groups": [{"name": "erp", "state": "absent"}], "prune": True}
NAMED = {"server_groups": [{"name": "erp", "state": "absent", "protected_instances": [{"name": "app"}], "replications": [{"name": "free"}]}]}
# module, options, what of it goes, what may be asked for with it
MODULES = {
    "instance": ("sdrs_protected_instance", {"name": "app", "server_group": "erp", "state": "absent"}, "instance", SERVER),
    "instance's address": ("sdrs_protected_instance", {"name": "app", "server_group": "erp", "state": "absent"}, "instance", {"delete_target_eip": True}),
    "batch": ("sdrs_protected_instance_batch", {"server_group": "erp", "state": "absent", "servers": [{"server": "PRODUCTION"}]}, "instance", SERVER),
    "pair": ("sdrs_replication", {"name": "free", "server_group": "erp", "state": "absent"}, "pair", VOLUME),
    "attached pair": ("sdrs_replication", {"name": "data", "server_group": "erp", "state": "absent", "force_detach": True}, "data", VOLUME),
    "purge, instance": ("sdrs_server_group", {"name": "erp", "state": "absent", "purge": True}, "instance", None),
    "purge, pair": ("sdrs_server_group", {"name": "erp", "state": "absent", "purge": True}, "pair", None),
    "prune, instance": ("sdrs_topology", DOCUMENT, "instance", SERVER),
    "prune, pair": ("sdrs_topology", DOCUMENT, "pair", VOLUME),
    "absent, instance": ("sdrs_topology", GONE, "instance", {**SERVER, **VOLUME}),
    "absent, pair": ("sdrs_topology", GONE, "pair", {**SERVER, **VOLUME}),
    "absent, named": ("sdrs_topology", NAMED, "instance", SERVER),
}


def of_status(status):
    return lambda now, obj, disk: obj.update(status=status)


def production_gone(now, obj, disk):
    """SDRS has not noticed yet."""
    status = obj["status"]
    if "volume_ids" in obj:
        lose_volume(now.world, disk)
    else:
        lose_server(now.world, obj["source_server"])
    obj["status"] = status
    for pair in now.world.replications.values():
        pair["status"] = status if pair["status"] == "invalid" else pair["status"]
    for each in now.world.protected_instances.values():
        each["status"] = status if each["status"] == "fault" else each["status"]


def production_broken(now, obj, disk):
    found = now.world.volumes[disk] if "volume_ids" in obj else now.world.servers[obj["source_server"]]
    found["status"] = "error" if "volume_ids" in obj else "ERROR"


def disk_gone(now, obj, disk):
    """Of an instance, one of its disks only, and SDRS has not noticed yet."""
    lose_volume(now.world, disk)
    for each in (*now.world.replications.values(), *now.world.protected_instances.values()):
        each["status"] = "available"


def fault_level(now, obj, disk):
    pair = next(each for each in now.world.replications.values() if disk in each["volume_ids"])
    pair["fault_level"] = "2"


def disk_invalid(now, obj, disk):
    next(each for each in now.world.replications.values() if disk in each["volume_ids"])["status"] = "invalid"


def silent(now, obj, disk):
    answer = now.answer

    def silence(method, url, body):
        if "/cloudservers" in url or "/cloudvolumes" in url:
            raise ConnectionFailed("no answer")
        return answer(method, url, body)

    now.answer = silence


LOSSES = {
    "production gone": production_gone, "a disk gone": disk_gone, "production in error": production_broken, "fault level": fault_level,
    "a disk invalid": disk_invalid, **{status: of_status(status) for status in ("invalid", "fault", "error-failing-over")}, "silent": silent,
}


@pytest.fixture
def prepared(cloud):
    now = cloud()
    direct.run("sdrs_topology", server_groups=[dict(
        GROUP, protected_instances=[{"name": "app", "server": "ecs-erp-app-1", "replications": [{"device": "/dev/vdb", "name": "data"}]}],
        replications=[{"volume": "archive-1", "name": "free"}],
    )])
    now.written.clear()
    return now


def of_kind(now, which):
    """``(object, a disk of it at the production site)``."""
    if which == "instance":
        obj = next(iter(now.world.protected_instances.values()))
        return obj, next(each["volume_ids"].split(",")[0] for each in now.world.replications.values() if each["name"] == "data")
    obj = next(each for each in now.world.replications.values() if each["name"] == ("free" if which == "pair" else "data"))
    return obj, obj["volume_ids"].split(",")[0]


def run(module, options, check=False):
    host = Host(check)
    parallel = {"parallel": 1} if module == "sdrs_topology" else {}
    return run_task(module, {"region": "eu-sim", "token_cache": False, "auth_token": "t", **parallel, **options}, check, host), host.warnings


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("deletes", [False, True], ids=["kept", "deleted"])
@pytest.mark.parametrize("allowed", [False, True], ids=["without", "with"])
@pytest.mark.parametrize("case", MODULES)
def test_the_last_copy(prepared, case, loss, deletes, allowed):
    module, options, which, targets = MODULES[case]
    if deletes and targets is None:
        return
    obj, disk = of_kind(prepared, which)
    options = dict(options, **(targets if deletes else {}), **({"delete_last_copy": True} if allowed else {}))
    if module == "sdrs_protected_instance_batch":
        options["servers"] = [{"server": obj["source_server"]}]
    LOSSES[loss](prepared, obj, disk)
    lost = loss != "silent" or deletes
    for check in (True, False):
        if lost and not allowed:
            with pytest.raises(TaskFailed, match="the last copy .*delete_last_copy: true") as refused:
                run(module, options, check)
            said = str(refused.value) + str(refused.value.result.get("branches"))
            assert obj["name"] in said and obj["id"] in said
            # What is pruned beside it may go; where the task is about the object or its group, nothing is sent.
            assert not removals(prepared) if "prune" not in case else all(obj["id"] not in call[1] for call in prepared.written)
            continue
        result, warnings = run(module, options, check)
        assert [each for each in result["operations"] if each.get("last_copy")] if lost else not any("last_copy" in each for each in result["operations"])
        assert any("last copy" in warning and obj["id"] in warning for warning in warnings)
        assert ("last_copy" in result["diff"]["before"]) is lost
        assert bool(removals(prepared)) is not check
    assert (obj["id"] in {**prepared.world.protected_instances, **prepared.world.replications}) is (lost and not allowed)


@pytest.mark.parametrize("case", MODULES)
def test_what_has_its_production_needs_no_consent(prepared, case):
    module, options, which, targets = MODULES[case]
    obj, disk = of_kind(prepared, which)
    if module == "sdrs_protected_instance_batch":
        options = dict(options, servers=[{"server": obj["source_server"]}])
    (result, warnings), other = run(module, dict(options, **(targets or {}))), removals(prepared)
    assert other and result["changed"] and not warnings and not any("last_copy" in each for each in result["operations"])


def test_the_dr_half_may_be_lost(prepared):
    """Production is there: what is removed is no last copy, though SDRS calls it invalid."""
    obj, _disk = of_kind(prepared, "instance")
    lose_server(prepared.world, obj["target_server"], True)
    for each in (obj, *prepared.world.replications.values()):
        each["status"] = "available"
    assert run("sdrs_protected_instance", MODULES["instance"][1])[0]["changed"]


# Directly before the request ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [case for case in MODULES if "named" not in case])
def test_what_is_lost_after_the_plan_was_made(prepared, case):
    """The guard's own reading decides: production goes while the task waits for something else, or between plan and request."""
    module, options, which, targets = MODULES[case]
    obj, disk = of_kind(prepared, which)
    if module == "sdrs_protected_instance_batch":
        options = dict(options, servers=[{"server": obj["source_server"]}])
    path = "/replications/%s" % obj["id"] if "volume_ids" in obj else "/protected-instances/%s" % obj["id"]
    answer, seen = prepared.answer, []

    def intercept(method, url, body):
        # The guard begins with a GET of the object; what was read for the plan came by lists, or by the same GET before.
        if method == "GET" and url.split("?")[0].endswith(path) or method != "GET":
            seen.append(url)
            if len(seen) == 1:
                production_gone(prepared, obj, disk)
        return answer(method, url, body)

    prepared.answer = intercept
    with pytest.raises(TaskFailed, match="last copy"):
        run(module, dict(options, **(targets or {})))
    assert obj["id"] in {**prepared.world.protected_instances, **prepared.world.replications}
    assert not any("detach" in call[1] for call in prepared.written)


def test_ecs_falls_silent_after_the_plan_was_made(prepared):
    """What is to be kept goes as planned; what is to be deleted with its DR half stays."""
    obj, disk = of_kind(prepared, "instance")
    answer = prepared.answer

    def intercept(method, url, body):
        if method == "GET" and url.endswith(obj["id"]):
            prepared.answer = answer
            silent(prepared, obj, disk)
        return prepared.answer(method, url, body) if prepared.answer is not intercept else answer(method, url, body)

    prepared.answer = intercept
    with pytest.raises(TaskFailed, match="nothing was sent: .*may hold the last copy.*ECS and EVS do not report"):
        run("sdrs_protected_instance", dict(MODULES["instance"][1], **SERVER))
    assert not prepared.written
    prepared.answer = intercept
    assert run("sdrs_protected_instance", MODULES["instance"][1])[0]["changed"]


def test_a_switch_between_plan_and_request(prepared):
    obj, _disk = of_kind(prepared, "instance")
    answer = prepared.answer

    def intercept(method, url, body):
        if method == "GET" and url.endswith(obj["id"]):
            next(iter(prepared.world.server_groups.values()))["priority_station"] = "target"
        return answer(method, url, body)

    prepared.answer = intercept
    with pytest.raises(TaskFailed, match="delete_target_server is refused.*production site at the target"):
        run("sdrs_protected_instance", dict(MODULES["instance"][1], **SERVER, delete_last_copy=True))
    assert not removals(prepared)


@pytest.mark.parametrize("module, options", [
    ("sdrs_protected_instance", {"name": "app", "server_group": "erp"}),
    ("sdrs_protected_instance_batch", {"server_group": "erp", "name_prefix": "x", "servers": [{"server": "PRODUCTION"}]}),
    ("sdrs_topology", {"server_groups": [{"name": "erp", "protected_instances": [{"name": "app"}]}]}),
])
def test_a_creation_that_failed_is_no_last_copy(prepared, module, options):
    obj, _disk = of_kind(prepared, "instance")
    obj["status"] = "error"
    if "servers" in options:
        options = dict(options, servers=[{"server": obj["source_server"]}])
    result, _warnings = run(module, options)
    assert [each["operation"] for each in result["operations"]] == ["delete", "create"] and "last_copy" not in result["diff"]["before"]


def test_a_creation_that_failed_is_not_replaced_when_its_production_is_lost(prepared):
    obj, _disk = of_kind(prepared, "instance")
    obj["status"] = "error"
    del prepared.world.servers[obj["source_server"]]
    with pytest.raises(TaskFailed, match="it cannot be recreated, because its production is lost.*last copy"):
        run("sdrs_protected_instance", {"name": "app", "server_group": "erp", "delete_last_copy": True})
    assert not prepared.written


def test_a_creation_that_has_ended_well_meanwhile_is_not_replaced(prepared):
    obj, _disk = of_kind(prepared, "instance")
    obj["status"] = "error"
    answer = prepared.answer

    def intercept(method, url, body):
        if method == "GET" and url.endswith(obj["id"]):
            obj["status"] = "available"
        return answer(method, url, body)

    prepared.answer = intercept
    with pytest.raises(TaskFailed, match="is now 'available', which is not a failed creation; nothing was sent"):
        run("sdrs_protected_instance", {"name": "app", "server_group": "erp"})
    assert not prepared.written


def test_many_are_judged_by_one_list_each(cloud):
    now = cloud()
    names = ["ecs-erp-web-1", "ecs-erp-web-2", "ecs-erp-app-1", "ecs-erp-db-1"]
    direct.run("sdrs_topology", server_groups=[dict(GROUP, protected_instances=[{"name": name[8:], "server": name} for name in names])])
    asked, answer = [], now.answer

    def counted(method, url, body):
        asked.append(url)
        return answer(method, url, body)

    now.answer = counted
    run("sdrs_topology", GONE, True)
    assert len([url for url in asked if "/cloudservers" in url]) == 1 and len([url for url in asked if "/cloudvolumes" in url]) == 1
    asked.clear()
    run("sdrs_topology", dict(DOCUMENT, server_groups=[{"name": "erp", "protected_instances": [{"name": name[8:]} for name in names]}]))
    # Nothing goes, so nothing is asked but one list of servers, by which kept DR servers are recognised.
    assert len([url for url in asked if "/cloudservers" in url]) == 1 and not [url for url in asked if "/cloudvolumes" in url]


# What counts as lost --------------------------------------------------------------------------------------------------


HERE, THERE = {"id": "p", "name": "n", "OS-EXT-AZ:availability_zone": "a"}, {"id": "d", "name": "n", "OS-EXT-AZ:availability_zone": "b"}


@pytest.mark.parametrize("zone, halves, verdict", [
    ("a", {"p": HERE, "d": THERE}, "sound"), ("b", {"p": HERE, "d": THERE}, "sound"), (None, {"p": HERE, "d": THERE}, "sound"),
    ("a", {"p": None, "d": THERE}, "gone"), ("a", {"p": HERE, "d": None}, "sound"),
    ("b", {"p": None, "d": THERE}, "sound"), ("b", {"p": HERE, "d": None}, "gone"),
    ("a", {"p": {}, "d": THERE}, "unknown"), ("b", {"p": {}, "d": THERE}, "sound"), ("a", {"p": {}, "d": {}}, "unknown"),
    ("a", {"p": HERE, "d": {}}, "sound"), ("a", {"p": None, "d": {}}, "gone"), ("a", {"p": {}, "d": None}, "gone"), ("a", {"p": None, "d": None}, "gone"),
    (None, {"p": HERE, "d": {}}, "unknown"), (None, {"p": HERE, "d": None}, "gone"),
    ("a", {"p": dict(HERE, status="ERROR"), "d": THERE}, "gone"), ("a", {"p": HERE, "d": dict(THERE, status="ERROR")}, "sound"),
    ("a", {"p": {}, "d": dict(THERE, status="ERROR")}, "unknown"), ("a", {"p": dict(HERE, status="SOFT_DELETED"), "d": {}}, "gone"),
    ("a", {"p": dict(HERE, **{"OS-EXT-STS:task_state": "deleting"}), "d": THERE}, "gone"),
    ("a", {"p": dict(HERE, **{"OS-EXT-STS:task_state": "powering-off"}), "d": THERE}, "sound"),
    ("a", {"d": THERE}, "gone"), ("a", {"p": HERE}, "sound"), (None, {"p": HERE}, "unknown"), ("a", {}, "unknown"),
])
@pytest.mark.parametrize("swapped", [False, True])
def test_which_half_is_production(zone, halves, verdict, swapped):
    """By its AZ, whichever field names it (semantics.md, section 1)."""
    ids = list(halves)[::-1 if swapped else 1]
    obj = {"id": "i", "name": "web", "status": "protected", **dict(zip(("source_server", "target_server"), ids))}
    found = last_copy.judge(INSTANCE, obj, zone, [], halves, {})
    assert (bool(found.reasons), bool(found.unknown)) == {"sound": (False, False), "gone": (True, False), "unknown": (False, True)}[verdict]
    disks = {key: value and dict(value, availability_zone=value.get("OS-EXT-AZ:availability_zone")) for key, value in halves.items()}
    pair = {"id": "r", "name": "data", "status": "protected", "volume_ids": ",".join(ids)}
    other = last_copy.judge(PAIR, pair, zone, [], {}, disks)
    if "task_state" not in str(halves):
        assert (bool(other.reasons), bool(other.unknown)) == (bool(found.reasons), bool(found.unknown))


@pytest.mark.parametrize("status", sorted({*INSTANCE.transit, *kinds.INSTANCE_DELETABLE["protected instance"], *kinds.PAIR_DELETABLE["replication pair"]}))
def test_which_statuses_mean_that_production_may_be_lost(status):
    obj = {"id": "i", "name": "web", "status": status, "source_server": "p", "target_server": "d"}
    found = last_copy.judge(INSTANCE, obj, "a", [], {"p": HERE, "d": THERE}, {})
    assert bool(found.reasons) is (status in ("invalid", "fault", "error-failing-over"))


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(status=st.text(), level=st.none() | st.text() | st.integers() | st.booleans(), halves=st.text(), zone=st.none() | st.text())
def test_odd_pairs_are_judged_all_the_same(status, level, halves, zone):
    pair = {"id": "r", "name": None, "status": status, "fault_level": level, "volume_ids": halves}
    assert last_copy.judge(PAIR, pair, zone, [], {}, {}).text()
