# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation says of recovery plans, carried out as it stands there: the guide's plan, hooks and commands, and the modules' examples."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shlex
import socket
import threading
import time

import pytest
import snippets
import yaml
from recovery_site import Estate

from runbook_site import ended
from support import ROOT, Simulator, Workplace, eventually

GUIDE = next(page for page in snippets.PAGES if page.stem == "guide_recovery_plan")
BLOCKS = [each for each in snippets.ALL[GUIDE] if each.kind == "yaml"]
PLAN = next(each for each in BLOCKS if each.file == "recovery/site.yml")
HOOK = next(each for each in BLOCKS if each.file == "hooks/dns.yml")
COMMANDS = list(dict.fromkeys(
    command for page in snippets.PAGES for each in snippets.ALL[page] if each.kind == "shell" and not each.skipped for command in each.commands
    if snippets.not_run(command) == snippets.RUN_ELSEWHERE or "recovery_plan=" in command))
# Groups of the plan with their protected instances, and where production has to be before a command.
SITE = {"db": ["db-1"], "erp": ["erp-1"], "crm": ["crm-1"], "shared": ["queue-1", "files-1"], "bi": ["bi-1"]}
STATES = (("recover_by_drill", "lost"), ("failback", "switched"), ("reprotect", "failed-over"), ("planned_failover", "protected"), ("failover", "lost"))
MODULES = ("sdrs_recovery_info", "sdrs_drill_batch", "sdrs_failover_batch", "sdrs_recovery_servers", "sdrs_recovery_check_info", "run_journal",
           "run_ending")
OTHERS = ("hooks/open_application.yml", "hooks/ask_databases.yml", "hooks/ask_queue.yml")
# ``set-dns`` of the guide's hook, and somebody who sees to the data when the run has begun.
SET_DNS = "#!/bin/sh\necho \"$1 $2\" >> %s/told\n"


class Guide(Estate):
    """The groups that the plan names, in a network whose addresses answer, so that the plan's ports do."""

    def __init__(self, folder):
        network = "127.%d" % (16 + os.getpid() % 200)
        cidr, subnets = network + ".0.0/16", [{"name": "subnet-app", "cidr": network + ".0.0/20"}]
        scenario = {"server_count": 6, "as_groups": [{"name": "as-erp-web"}], "servers": [], "vpcs": [
            {"name": name, "cidr": cidr, "subnets": subnets} for name in ("vpc-erp", "vpc-drill-db", "vpc-drill-erp", "vpc-drill-crm")]}
        (folder / "scenario.json").write_text(json.dumps(scenario))
        self.folder, self.simulator, self.names = folder, Simulator("--speed", "400", "--scenario", str(folder / "scenario.json")), list(SITE)
        self.play = Workplace(folder, self.simulator)
        self.play.inventory()
        zones, numbers = self.simulator.info["availability_zones"], iter(range(1, 7))
        self.task("sdrs_topology", server_groups=[
            {"name": name, "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": "vpc-erp", "protection": "enabled",
             "protected_instances": [{"name": each, "server": "ecs-%05d" % next(numbers)} for each in instances]} for name, instances in SITE.items()])
        eventually(lambda: all(pair["progress"] == 100 for pair in self.task("sdrs_replication_info")["replications"]), 60)
        for path, text in ((PLAN.file, PLAN.text), (HOOK.file, HOOK.text), *((name, "- name: Ask\n  ansible.builtin.debug:\n") for name in OTHERS),
                           ("bin/set-dns", SET_DNS % folder)):
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text)
        (folder / "bin" / "set-dns").chmod(0o755)
        self.environment = {"PATH": "%s:%s" % (folder / "bin", os.environ["PATH"]), "ANSIBLE_PIPELINING": "1"}
        self.simulator.keep()

    def listening(self):
        """Sockets on the ports that the plan names, at the addresses of all servers."""
        stack = contextlib.ExitStack()
        servers = self.task("ecs_server_info")["ecs_servers"]
        for address in {nic["addr"] for server in servers for nics in server["addresses"].values() for nic in nics}:
            for port in (5432, 5672):
                stack.enter_context(socket.create_server((address, port), backlog=128))  # what connects need not be accepted
        return stack

    def bring(self, state):
        self.simulator.restore()
        for pair in self.task("sdrs_replication_info")["replications"] if state == "lost" else ():
            self.simulator.patch("replications", pair["id"], fault_level="2")
        if state == "failed-over":
            self.task("sdrs_failover_batch", server_groups=self.names, active_site="target", mode="unplanned", force=True)
        if state == "switched":
            for name in self.names:
                self.task("ecs_power", server_group=name, site="production", state="stopped")
            self.task("sdrs_failover_batch", server_groups=self.names, active_site="target")

    def type(self, command):
        """Run a command as it stands there; somebody acknowledges the manual step by its file once the run has begun."""
        words = shlex.split(command)
        assert words[0] == "ansible-playbook"
        words += [] if "-i" in words else ["-i", "inventory.yml"]
        over, place = threading.Event(), self.folder / "reports" / "site"

        def somebody():
            while not over.wait(0.02):
                if list(place.glob(".*.jsonl")) and "manual: " in PLAN.text:
                    time.sleep(0.01)
                    (place / "acknowledged-applications").write_text("Ada")

        watching = threading.Thread(target=somebody)
        watching.start()
        try:
            return self.play.typed(words, **self.environment)
        finally:
            over.set()
            watching.join()


@pytest.fixture
def guide(tmp_path):
    made = Guide(tmp_path)
    with made.listening():
        yield made
    made.simulator.stop()


@pytest.mark.nightly
def test_the_commands_of_the_documentation(guide):
    assert len(COMMANDS) >= 8
    (guide.folder / "playbooks").symlink_to(ROOT / "examples" / "gitops" / "playbooks")
    for command in COMMANDS:
        guide.bring(next((state for name, state in STATES if "sdrs." + name in command or "operation=" + name in command), "protected"))
        guide.simulator.forget()
        done = ended(guide.type(command))
        assert bool(guide.written()) is ("--check" not in command), (command, done.stdout[-3000:])
    moving = ("sdrs.failover", "planned_failover", "failback", "recover_by_drill", "operation=failover")
    moved = [command for command in COMMANDS if "--check" not in command and any(name in command for name in moving)]
    assert (guide.folder / "told").read_text().splitlines() == ["db.example.org 192.168.0.10"] * len(moved)


def test_the_plan_with_drill_vpcs_and_the_pipeline(guide):
    vpcs, pipeline = (yaml.load(each.text, Loader=snippets._Loader) for each in BLOCKS if each.skipped == "needs-plan")
    (guide.folder / PLAN.file).write_text(PLAN.text + yaml.safe_dump(vpcs))
    done = ended(guide.type("ansible-playbook cloud_dr.sdrs.drill -e recovery_plan=recovery/site.yml"))
    assert len(guide.written("disaster-recovery-drills")) == len(SITE) and not guide.task("sdrs_drill_info")["drills"], done.stdout[-3000:]
    assert {"vpc-drill-db", "vpc-drill-erp"} < {vpc["name"] for vpc in guide.task("vpc_info")["vpcs"]}, "those of the plan stay"
    _play(guide, pipeline)


def test_the_examples_of_the_modules(guide):
    examples = {name: _examples(name) for name in MODULES}
    missing = [path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if "recovery" in path.stem and path.stem not in MODULES]
    assert not missing and all(examples.values())
    given = {"subject": "erp", "host": "localhost", "confirm": "erp", "state": ["fine"], "done": ["all"], "not_done": ["no"], "next": None, "failed": False}
    text = json.dumps([task for tasks in examples.values() for task in tasks]).replace("/srv/evidence", str(guide.folder / "evidence"))
    tasks = json.loads(text)
    failover = [task["name"] for task in tasks].index("Re-protect them where they are now")
    tasks.append(tasks.pop(failover))  # what the plan starts is started where production is then
    guide.bring("lost")
    _play(guide, tasks, drill_ending=given)
    states = guide.states()
    assert {states[name] for name in ("db", "erp", "crm")} == {("protected", "target")} and not guide.task("sdrs_drill_info")["drills"]


def _examples(module):
    return yaml.safe_load(importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + module).EXAMPLES)


def _play(guide, tasks, **variables):
    guide.file("play.yml", json.dumps([{
        "name": "As it stands there", "hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", **variables},
        "module_defaults": {"group/cloud_dr.sdrs.sdrs": guide.play.connection}}]))
    ended(guide.play("play.yml", **guide.environment))
