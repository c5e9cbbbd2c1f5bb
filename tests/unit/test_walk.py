# SPDX-License-Identifier: GPL-3.0-or-later
"""A random walk over live states, documents, options and other people: nothing dangerous happens but by its own option.

Others act whenever this run reads, never between a guard's reading and its request, which no client can prevent.
"""

from __future__ import annotations

import json
import random
from urllib.parse import urlsplit

import direct
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._engine import run
from support import TaskFailed

WALKS, PARTS, TASKS = 12, 4, 40
ZONES = {"source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
SERVERS = ["ecs-erp-web-1", "ecs-erp-app-1", "ecs-erp-db-1"]
STATUSES = {
    "server_groups": ["available", "protected", "failed-over", "error-reversing", "error-failing-over", "error-reprotecting", "starting", "reversing"],
    "protected_instances": ["available", "protected", "invalid", "fault", "error", "error-deleting", "failed-over"],
    "replications": ["available", "protected", "invalid", "fault", "error-attaching", "error-detaching", "failed-over"],
    "drills": ["available", "error", "creating"],
}
READ_ONLY = ("/resource_instances/action", "/v3/auth/tokens")
DANGERS = ("delete_target_server", "delete_target_eip", "delete_target_volume")


def instances(chance):
    return [
        {"name": "i%d" % number, "server": server, **({"replications": [{"device": "/dev/vda"}]} if chance.random() < 0.3 else {})}
        for number, server in enumerate(SERVERS) if chance.random() < 0.6
    ]


def document(chance):
    entry = {"name": chance.choice(["erp", "crm"]), **ZONES}
    if chance.random() < 0.2:
        entry["state"] = "absent"
    for key, made in (("protection", lambda: chance.choice(["enabled", "disabled"])), ("protected_instances", lambda: instances(chance)),
                      ("drills", lambda: chance.choice([[], [{"name": "d", "drill_vpc": "vpc-drill"}]])), ("replications", lambda: [])):
        if chance.random() < 0.5:
            entry[key] = made()
    return entry


def flags(chance, *names):
    return {name: True for name in names if chance.random() < 0.3}


def task(chance):
    """A module and options, sensible more often than not."""
    group = {"server_group": chance.choice(["erp", "crm"])}
    if chance.random() < 0.5:
        return chance.choice([
            ("sdrs_failover", {**group, "active_site": chance.choice(["source", "target"]), "mode": chance.choice(["planned", "unplanned"]), "force": True,
                               **flags(chance, "reprotect")}),
            ("sdrs_server_group", {"name": group["server_group"], "protection": chance.choice(["enabled", "disabled"]), **flags(chance, "reprotect")}),
            ("sdrs_topology", {"server_groups": [{"name": group["server_group"], **ZONES, "protection": "enabled"}]}),
        ])
    return chance.choice([
        lambda: ("sdrs_topology", {"server_groups": [document(chance)], **flags(chance, "prune", "force", *DANGERS)}),
        lambda: ("sdrs_topology", {"server_groups": [document(chance)], **flags(chance, "prune", "force", *DANGERS)}),
        lambda: ("sdrs_server_group", {"name": group["server_group"], "protection": chance.choice(["enabled", "disabled"]), **flags(chance, "reprotect")}),
        lambda: ("sdrs_server_group", {"name": group["server_group"], "state": "absent", **flags(chance, "purge")}),
        lambda: ("sdrs_failover", {**group, "active_site": chance.choice(["source", "target"]), "mode": chance.choice(["planned", "unplanned"]),
                                   **flags(chance, "force", "reprotect")}),
        lambda: ("sdrs_protected_instance", {**group, "server": chance.choice(SERVERS), "name": "x", **flags(chance, "purge_tags")}),
        lambda: ("sdrs_protected_instance", {**group, "server": chance.choice(SERVERS), "state": "absent", **flags(chance, *DANGERS[:2])}),
        lambda: ("sdrs_replication", {**group, "volume": chance.choice(["data-1", "archive-1"]), "state": "absent",
                                      **flags(chance, "force_detach", DANGERS[2])}),
        lambda: ("sdrs_replication", {**group, "volume": "archive-1", "name": "a", "attachments": [], **flags(chance, "purge_attachments")}),
        lambda: ("sdrs_drill", {**group, "name": "d", "drill_vpc": "vpc-drill", "state": chance.choice(["present", "absent"])}),
        lambda: ("ecs_power", {**group, "site": chance.choice(["production", "dr"]), "state": chance.choice(["started", "stopped"])}),
    ])()


class World:
    """A cloud in which others act while a run reads, and which loses responses; judges every request that writes when it arrives."""

    def __init__(self, monkeypatch, chance):
        self.chance, self.cloud = chance, direct.use(monkeypatch)()
        self.cloud.world.speed = 500
        client, wire = direct.wired(self.cloud)
        monkeypatch.setattr(run, "Client", lambda *args: client)
        wire.meet = self.meet
        self.respond, self.cloud.respond = self.cloud.respond, self.judge
        self.switches, self.quiet = 0, False
        self.begin(None, {}, False)

    def begin(self, module, options, check):
        self.module, self.options, self.check, self.wrong = module, options, check, []

    def meet(self, request):
        """Others act before a reading; some requests end badly before they are carried out."""
        if self.quiet:
            return None
        if request.method == "GET" and self.chance.random() < 0.2:
            self.act()
        if self.chance.random() < 0.03:
            return self.chance.choice([(429, {"error_msg": "throttled", "error_code": "APIGW.0308"}), (503, {})])
        return None

    def act(self):
        """Somebody else's doing, by the service's own rules or by accident."""
        world, chance = self.cloud.world, self.chance
        if chance.random() < 0.6:
            return self.switch_first()
        kind = chance.choice(list(STATUSES))
        objects = list(getattr(world, kind).values())
        if objects:
            obj = chance.choice(objects)
            obj["status"] = chance.choice(STATUSES[kind])
            if kind == "server_groups" and chance.random() < 0.3:
                obj["priority_station"] = chance.choice(["source", "target"])
        return None

    def switch_first(self):
        """Somebody wants the same of the same group, and is quicker."""
        wanted = self.options.get("server_group") or self.options.get("name")
        for group in list(self.cloud.world.server_groups.values()):
            if wanted in (None, group["name"]):
                path = "server-groups/%s/action" % group["id"]
                site = self.options.get("active_site") or self.chance.choice(["source", "target"])
                for body in ({"start-server-group": {}}, {"reverse-server-group": {"priority_station": site}}, {"failover-server-group": {}}):
                    if self.chance.random() < 0.6:
                        self.elsewhere(path, body)

    def mend(self, status):
        """What accidents have left behind is put right, so that the walk goes on."""
        world = self.cloud.world
        for kind in STATUSES:
            for obj in getattr(world, kind).values():
                obj["status"] = "available" if kind == "drills" else status
                if kind == "replications":
                    obj.update(progress=100, fault_level=0)
        for group in world.server_groups.values():
            group["priority_station"] = "source"

    def elsewhere(self, path, body):
        self.respond("POST", "http://127.0.0.1:1/v1/%s/%s" % (self.cloud.world.identity["project_id"], path), body)
        self.cloud.time += 2

    def judge(self, method, url, body):
        path = urlsplit(url).path
        if method != "GET" and not path.endswith(READ_ONLY) and not self.quiet:
            self.wrong += ["%s %s %s: %s" % (method, path, json.dumps(body), reason) for reason in self.reasons(method, path, body or {})]
        return self.respond(method, url, body)

    def reasons(self, method, path, body):
        """Why a request that writes must not be sent by this task."""
        given = self.options.get
        if self.check:
            yield "check mode"
        if path.endswith("/action") and "/server-groups/" in path:
            self.switches += 1
            group = self.cloud.world.server_groups.get(path.split("/")[4], {})
            action = [*body][0]
            if action in ("failover-server-group", "reverse-server-group"):
                if self.module != "sdrs_failover":
                    yield "a switch by %s" % self.module
                elif group.get("priority_station") == given("active_site") and group.get("status") == "protected":
                    yield "away from where production is wanted"
                if action == "failover-server-group" and given("mode") != "unplanned":
                    yield "an escalation"
            if action == "start-server-group" and group.get("status") in ("failed-over", "error-reprotecting") and not given("reprotect"):
                yield "re-protection that was not asked for"
            wants_stop = self.module == "sdrs_server_group" and (given("protection") == "disabled" or given("purge"))
            if action == "stop-server-group" and not wants_stop and self.module != "sdrs_topology":
                yield "protection stopped by %s" % self.module
        if "/detachreplication/" in path and not (given("purge_attachments") or given("force_detach")):
            yield "a disk unplugged"
        for name in DANGERS:
            if body.get(name) is True and not given(name):
                yield "%s was not set" % name
            inner = next((value for value in body.values() if isinstance(value, dict)), {})
            if inner.get(name) is True and not given(name):
                yield "%s was not set" % name
        if method == "DELETE" and given("state") != "absent" and self.module != "sdrs_topology" and not self.broken():
            yield "a deletion by a task that deletes nothing"
        kept = self.module == "sdrs_topology" and not given("prune") and given("server_groups")[0].get("state") != "absent"
        if method == "DELETE" and kept and not self.broken():
            yield "a deletion without prune or absent"

    def broken(self):
        """A creation that failed may be replaced (semantics.md, section 4)."""
        return any(obj["status"] == "error" for kind in STATUSES for obj in getattr(self.cloud.world, kind).values())


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_dangerous_but_by_its_own_option(part, monkeypatch):
    changed = switches = 0
    for seed in range(part, WALKS, PARTS):
        made, sent = walk(seed, monkeypatch)
        changed, switches = changed + made, switches + sent
    # A walk that is only ever refused proves nothing.
    assert changed >= TASKS / 5 and switches >= TASKS / 8, (changed, switches)


def walk(seed, monkeypatch):
    """Tasks one after the other; ``(how many changed something, how many requests to switch were sent)``."""
    chance = random.Random(seed)
    world, changed = World(monkeypatch, chance), 0
    world.quiet = True
    for name in ("erp", "crm"):
        servers = SERVERS[:2] if name == "erp" else SERVERS[2:]
        made = [{"name": "%s-%d" % (name, number), "server": server} for number, server in enumerate(servers)]
        direct.run("sdrs_topology", server_groups=[{"name": name, **ZONES, "protection": "enabled", "protected_instances": made}])
    world.quiet = False
    for number in range(TASKS):
        if chance.random() < 0.5:
            world.mend(chance.choice(["available", "protected"]))
        if chance.random() < 0.6:
            for server in world.cloud.world.servers.values():
                server.update({"status": "SHUTOFF", "OS-EXT-STS:task_state": None})
        if chance.random() < 0.3:
            world.cloud.time += 100_000
        module, options = task(chance)
        check = chance.random() < 0.2
        world.begin(module, options, check)
        try:
            changed += bool(direct.run(module, check, wait_timeout=120, **options)["changed"]) and not check
        except TaskFailed as failed:
            assert "unexpected" not in str(failed) and "\n" not in str(failed), str(failed)
        assert not world.wrong, "walk %d, task %d: %s %s: %s" % (seed, number, module, options, world.wrong)
    return changed, world.switches
