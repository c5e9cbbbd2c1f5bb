# SPDX-License-Identifier: GPL-3.0-or-later
"""Every snippet of README, guides and examples is run against the simulator, shell lines included; ``snippets.py`` lists what is not, and why."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import pytest
import snippets
import yaml

from support import ROOT, TREE, Simulator, nightly, run_task

ZONES = ["eu-de-01", "eu-de-02"]
SCENARIO = {
    "identity": {"region": "eu-de", "availability_zones": ZONES},
    "servers": [
        {"name": "ecs-erp-db-1", "disks": [{"size": 40}, {"name": "data-1", "size": 100}]},
        *({"name": "ecs-erp-" + name, "disks": [{"size": 40}]} for name in ("web-1", "web-2", "app-1", "app-2")),
    ],
    "as_groups": [{"name": "as-erp-web"}, {"name": "as-erp-batch"}],
}
GROUP = {
    "source_availability_zone": ZONES[0], "target_availability_zone": ZONES[1], "source_vpc": "vpc-erp", "protection": "enabled",
    "protected_instances": [
        {"name": "erp-db-1", "server": "ecs-erp-db-1", "tags": {"tier": "db"}, "replications": [
            {"device": "/dev/vda", "name": "erp-db-1-root"}, {"volume": "data-1", "name": "erp-db-1-data", "size": 200}]},
        *({"name": "erp-" + name, "server": "ecs-erp-" + name} for name in ("web-1", "web-2", "app-1", "app-2")),
    ],
}
# What is run in the end on pages that give variables, with these; and what it must report.
FINAL = {
    "README.md": "ansible-playbook cloud_dr.sdrs.plan -i inventory.yml",
    "guide_topology": "ansible-playbook cloud_dr.sdrs.plan -i inventory.yml",
    "guide_terraform": "ansible-playbook cloud_dr.sdrs.plan -i inventory.yml",
    "guide_connection": "ansible-playbook cloud_dr.sdrs.doctor -i inventory.yml",
    # Nothing listens on the simulator's servers.
    "guide_drill": "ansible-playbook cloud_dr.sdrs.drill -i probed.yml --limit erp -e '{\"drill_ports\": []}' -e drill_report_tasks=upload.yml",
    "guide_recover_by_drill": "ansible-playbook cloud_dr.sdrs.recover_by_drill -i inventory.yml --check",
    "guide_failover": "ansible-playbook cloud_dr.sdrs.failover -i inventory.yml --check",
}
# Where production must be before a command.
STATES = (
    (r".*sdrs\.failover ", "lost"), (r".*sdrs\.reprotect|.*/reprotect\.yml", "failed-over"),
    (r".*sdrs\.failback|.*/failback\.yml", "switched"),
)
SWITCHES = re.compile(r"ansible-playbook .*(failover|failback|reprotect)(?!.*--check)")
STUBS = {"pg_isready": "#!/bin/sh\nexit 0\n"}
CHECK_LOGIN = "ansible localhost -m cloud_dr.sdrs.sdrs_quota_info"


class Cloud:
    """A simulator whose group ``erp`` is protected; commands find it as they need it."""

    def __init__(self, folder):
        (folder / "base.json").write_text(json.dumps(SCENARIO))
        self.simulator = Simulator("--speed", "1000", "--scenario", str(folder / "base.json"))
        self.options = dict(self.simulator.connection, token_cache=False)
        run_task("sdrs_topology", dict(self.options, server_groups=[dict(GROUP, name="erp")]))
        deadline = time.monotonic() + 20
        while not run_task("sdrs_readiness_info", dict(self.options, server_group="erp", operation="drill"))["ready"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        self.simulator.keep()

    def bring(self, state):
        self.simulator.restore()
        if state == "lost":
            # The production site has lost its disks, after everything had been replicated.
            for pair in run_task("sdrs_replication_info", dict(self.options, server_group="erp"))["replications"]:
                self.simulator.patch("replications", pair["id"], fault_level="2")
        if state == "failed-over":
            self._switch(mode="unplanned")
        if state == "switched":
            run_task("ecs_power", dict(self.options, server_group="erp", site="production", state="stopped"))
            self._switch(mode="planned")

    def _switch(self, **options):
        run_task("sdrs_failover", dict(self.options, server_group="erp", active_site="target", force=True, **options))

    def drill(self):
        """The ID of a drill that somebody kept."""
        return run_task("sdrs_drill", dict(self.options, server_group="erp", name="drill-erp"))["drill"]["id"]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    made = Cloud(tmp_path_factory.mktemp("cloud"))
    yield made
    made.simulator.stop()


class Reader:
    """Somebody who follows a page: a folder, an environment that exports change, commands typed one after another."""

    def __init__(self, folder, page, cloud):
        self.folder, self.page, self.cloud, self.groups = folder, page, cloud, []
        info = cloud.simulator.info
        self.secrets = {"HW_ACCESS_KEY": info["access_key"], "HW_SECRET_KEY": info["secret_key"], "OS_USERNAME": info["username"],
                        "OS_PASSWORD": info["password"], "OS_DOMAIN_NAME": info["domain_name"]}
        (folder / "bin").mkdir()
        for name, text in STUBS.items():
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        self._estate()
        self.environment()

    def _estate(self):
        """What the guides take for granted: an inventory, the topology, the collection below the folder, credentials of a cloud."""
        # A simulator of the page's own has the servers that the page names.
        servers = [each for each in GROUP["protected_instances"] if self.page not in snippets.OWN_SIMULATOR or each["name"] in ("erp-db-1", "erp-web-1")]
        for name, content in {
            "inventory.yml": {"all": {"hosts": {"erp": None}}}, "probed.yml": {"all": {"hosts": {"erp": None, "probe-erp": None}}},
            "host_vars/erp.yml": {"topology_server_group": dict(GROUP, protected_instances=servers)},
            "host_vars/probe-erp.yml": {"ansible_connection": "local"}, "hooks/warm-cache.yml": [], "hooks/dns.yml": [], "hooks/upload.yml": [],
            "site.yml": [{"hosts": "localhost", "gather_facts": False, "tasks": [{"cloud_dr.sdrs.sdrs_quota_info": {}}]}],
            "clouds.yaml": {"clouds": {"production": self.login()}}, "scenario.json": SCENARIO,
        }.items():
            (self.folder / name).parent.mkdir(exist_ok=True)
            (self.folder / name).write_text(json.dumps(content))
        (self.folder / "ansible_collections").symlink_to(TREE / "ansible_collections")
        (self.folder / "extensions").symlink_to(ROOT / "extensions")

    def login(self):
        known = self.secrets
        return {"region_name": "eu-de", "auth": {"auth_url": self.cloud.simulator.url + "/v3", "username": known["OS_USERNAME"],
                                                 "password": known["OS_PASSWORD"], "user_domain_name": known["OS_DOMAIN_NAME"]}}

    def environment(self):
        """Begin with a new shell."""
        own = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "HW_", "SDRS_", "ANSIBLE_CALLBACKS"))}
        own.update({
            "PATH": os.pathsep.join((str(self.folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"])),
            "ANSIBLE_COLLECTIONS_PATH": str(TREE), "ANSIBLE_LOCALHOST_WARNING": "0", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
            "SDRS_ENDPOINT": self.cloud.simulator.url, "SDRS_TOKEN_CACHE_DIR": str(self.folder / "tokens"), "SDRS_REGION": "eu-de",
            "HW_ACCESS_KEY": self.secrets["HW_ACCESS_KEY"], "HW_SECRET_KEY": self.secrets["HW_SECRET_KEY"],
        })
        self.variables = own

    def forget_login(self):
        for name in ("HW_ACCESS_KEY", "HW_SECRET_KEY", "SDRS_REGION"):
            self.variables.pop(name, None)

    def type(self, command, origin):
        """Run a command; its exports hold for those after it."""
        text = re.sub(r"\b(\w+)=(\.\.\.|…|OTC\d+)(?=\s|$)", lambda match: "%s=%s" % (match.group(1), self.secrets.get(match.group(1), "x")), command)
        text = re.sub(r"--speed \d+", "--speed 1000", text).replace("/var/lib/automation", str(self.folder / "state"))
        if "drill_replace=" in text or "-m cloud_dr.sdrs.sdrs_drill " in text:
            text = re.sub(r"[0-9a-f-]{36}", self.cloud.drill(), text)
        if "sdrs_simulator" in text and not text.endswith("&"):
            text += " > simulator.json & sleep 1; test -s simulator.json"
        log, own, away = (self.folder / name for name in ("log", "host_vars/erp.yml", "erp.yml.away"))
        if " -i erp," in text and own.exists():
            # Who names a group in place of an inventory has no variables of it.
            own.rename(away)
        with open(log, "w", encoding="utf-8") as output:
            process = subprocess.Popen(
                ["bash", "-c", "%s\nrc=$?; export -p > .shell; exit $rc" % text], cwd=self.folder, env=self.variables,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )
            self.groups.append(process.pid)
            code = process.wait(60)
        if away.exists():
            away.rename(own)
        assert code == 0, "%s: %s\n%s" % (origin, command, log.read_text()[-4000:])
        exports = subprocess.run(["bash", "-c", ". ./.shell; env -0"], cwd=self.folder, env={"PATH": self.variables["PATH"]}, capture_output=True, check=True)
        self.variables = dict(entry.split("=", 1) for entry in exports.stdout.decode().split("\0") if "=" in entry)

    def leave(self):
        for group in self.groups:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGTERM)


@pytest.fixture
def reader(request, tmp_path, cloud):
    visit = Reader(tmp_path, request.param, cloud)
    cloud.bring("protected")
    yield visit
    visit.leave()


# The pages of every `make test`; the others are for the night.
FIRST_READ = ("README.md", "guide_quickstart", "guide_topology")


def page_name(page):
    return page.stem if page.suffix == ".rst" else str(page.relative_to(ROOT))


@pytest.mark.parametrize("reader", [
    (pytest.param if page_name(page) in FIRST_READ else nightly)(page) for page in snippets.PAGES if snippets.ALL[page]], ids=page_name, indirect=True)
def test_every_snippet_runs(reader):
    page = reader.page
    written, variables = 0, {}
    for snippet in snippets.ALL[page]:
        if snippet.kind in ("yaml", "json") and not snippet.skipped:
            write(reader, snippet, variables)
            written += 1
    blocks, run = 0, 0
    for snippet in snippets.ALL[page]:
        if snippet.kind == "shell" and not snippet.skipped:
            blocks += 1
            run += follow(reader, snippet)
    if variables:
        reader.environment()
        reader.cloud.bring(next((state for pattern, state in STATES if re.match(pattern, FINAL[page_name(page)])), "protected"))
        for path, content in variables.items():
            (reader.folder / path).write_text(json.dumps(content))
        reader.type(FINAL[page_name(page)], "the variables of %s" % page.name)
        verdicts = [json.loads(path.read_text())["verdict"] for path in (reader.folder / "reports").rglob("plan-*.json")]
        assert "error" not in verdicts, "what the page describes cannot be planned"
    expected = [each for each in snippets.ALL[page] if not each.skipped]
    assert written + blocks == len(expected), "blocks of a kind that nothing runs"
    assert run == sum(1 for each in expected for command in each.commands if each.kind == "shell" and here(page, command))


def here(page, command):
    """Whether a command is run on this page: on the first that has it, or where the page starts a simulator of its own."""
    repeated = page not in snippets.OWN_SIMULATOR or (snippets.RUNBOOKS.match(command) and snippets.same(command) in snippets.FIRST)
    return not snippets.not_run(command) and (not repeated or snippets.FIRST.get(snippets.same(command)) == page)


def follow(reader, snippet):
    run = 0
    if reader.page.stem == "guide_connection" or reader.page.stem == "guide_doctor":
        reader.environment()
    login = any(re.match(r"export .*(KEY|PASSWORD)=", command) for command in snippet.commands) and "jq" not in snippet.text
    if login:
        reader.forget_login()
    for command in snippet.commands:
        if not here(reader.page, command):
            continue
        if reader.page not in snippets.OWN_SIMULATOR and command.startswith("ansible"):
            state = next((state for pattern, state in STATES if re.match(pattern, command)), None)
            if state or SWITCHES.match(command):
                reader.cloud.bring(state or "protected")
        reader.type(command, snippet.name)
        if (SWITCHES.match(command) or "--check" in command) and reader.page not in snippets.OWN_SIMULATOR:
            reader.cloud.bring("protected")
        run += 1
    if login and not any(command.startswith("ansible") for command in snippet.commands):
        reader.type(CHECK_LOGIN, snippet.name)
    return run


def write(reader, snippet, variables):
    """Use a block that is not typed: a file, variables, a play, a configuration."""
    content = snippet.content if snippet.kind == "yaml" else json.loads(snippet.text)
    if snippet.kind == "json":
        path = reader.folder / "scenario.json"
        path.write_text(json.dumps({**content, "identity": {**SCENARIO["identity"], **content.get("identity", {})}}))
        if "faults" in content:
            started = Simulator("--scenario", str(path))
            started.stop()
        return
    if isinstance(content, dict) and "clouds" in content:
        (described,) = content["clouds"].values()
        assert set(described["auth"]) <= {*reader.login()["auth"], "project_name"}
        return
    if isinstance(content, dict) and "collections" in content:
        # What a requirements file names is installed from Galaxy; this one must be it.
        assert [each["name"] for each in content["collections"]] == ["cloud_dr.sdrs"]
        return
    if isinstance(content, dict) and "tiers" in content:
        jsonschema.validate(content, json.loads((ROOT / "docs" / "recovery_plan.schema.json").read_text()))
        return
    if isinstance(content, dict) and content.get("plugin"):
        path = reader.folder / snippet.file
        path.write_text(snippet.text)
        reader.type("ansible-inventory -i %s --list | grep -q erp" % snippet.file, snippet.name)
        return
    if isinstance(content, list) and not snippet.file and "hosts" not in content[0]:
        content = [{"hosts": "localhost", "vars": {"production_server_id": reader.cloud.simulator.server("ecs-erp-web-1")}, "tasks": content}]
    if isinstance(content, list) and "hosts" in content[0]:
        play = [{**each, "tasks": each.get("tasks") or [{"cloud_dr.sdrs.sdrs_quota_info": {}}], "gather_facts": False} for each in content]
        (reader.folder / "play.yml").write_text(yaml.safe_dump(play))
        reader.type("ansible-playbook play.yml", snippet.name)
        return
    path = snippet.file or "host_vars/erp.yml"
    if isinstance(content, dict) and "protected_instances" in content:
        content = {"topology_server_group": {**GROUP, **content}}
    (reader.folder / path).parent.mkdir(exist_ok=True)
    if isinstance(content, list) or path == "inventory.yml":
        (reader.folder / path).write_text(snippet.text.replace("/mnt/evidence", str(reader.folder / "evidence")))
        (reader.folder / "evidence").mkdir(exist_ok=True)
        return
    base = variables.get(path) or (json.loads((reader.folder / path).read_text()) if (reader.folder / path).exists() else {})
    variables[path] = {**base, **content}
    if reader.page in snippets.OWN_SIMULATOR:
        (reader.folder / path).write_text(json.dumps(variables.pop(path)))


def test_what_is_not_run_has_a_reason_and_the_rest_is_much():
    blocks = [each for page in snippets.PAGES for each in snippets.ALL[page]]
    markers = {each.skipped for each in blocks if each.skipped}
    assert markers <= set(snippets.REASONS), "markers without a reason: %s" % (markers - set(snippets.REASONS))
    commands = [command for each in blocks if each.kind == "shell" and not each.skipped for command in each.commands]
    commands = [command for command in commands if snippets.not_run(command) != snippets.RUN_ELSEWHERE]
    run = [command for command in commands if not snippets.not_run(command)]
    assert len([each for each in blocks if not each.skipped]) >= 50 and len(run) >= 75
    assert len(run) / len(commands) > 0.8, "most commands are run"


# What the examples of filters and lookups take for granted. Templates are evaluated when they are used.
GIVEN = {
    "topology_server_groups": [dict(GROUP, name="erp")], "plan": "{{ planned | cloud_dr.sdrs.plan_report }}", "doctor": "{{ examined }}",
    "found": "{{ vpcs }}", "group": "{{ groups_found.server_groups[0] }}", "drill_run": {"what": "drill", "server_group": {"id": "1", "name": "erp"}},
}
READ = {"examined": ("sdrs_doctor_info", {}), "estate": ("sdrs_posture_info", {}), "vpcs": ("vpc_info", {"name": "vpc-erp"}),
        "groups_found": ("sdrs_server_group_info", {"name": "erp"}),
        "stopped": ("ecs_power", {"server_group": "erp", "site": "production", "state": "stopped"})}
# Examples of filters that only the roles use: an example named so shows that the filter is there, and the roles' tests run it.
OF_ROLES = "Show it"


def examples(kind):
    """``{file: tasks or documents}`` of the plugins of a kind, by their EXAMPLES."""
    found = {}
    for path in sorted((ROOT / "plugins" / kind).iterdir()):
        if path.suffix == ".py" and "EXAMPLES = " in path.read_text():
            found[path.stem] = list(yaml.safe_load_all(re.search(r'EXAMPLES = r"""(.*?)"""', path.read_text(), re.S).group(1)))
        elif path.suffix == ".yml":
            found[path.stem] = list(yaml.safe_load_all(yaml.safe_load(path.read_text())["EXAMPLES"]))
    return found


@pytest.mark.parametrize("reader", [ROOT / "plugins" / "inventory"], ids=["inventory"], indirect=True)
def test_examples_of_the_inventory_plugin_run(reader):
    documents = [document for each in examples("inventory").values() for document in each]
    assert documents
    for number, document in enumerate(documents):
        (reader.folder / ("%d.sdrs.yml" % number)).write_text(yaml.safe_dump(dict(document, cache_connection=str(reader.folder / "cache"))))
        reader.type("ansible-inventory -i %d.sdrs.yml --list > listed.json" % number, "EXAMPLES of the inventory plugin")
        assert "erp" in (reader.folder / "listed.json").read_text()


@pytest.mark.parametrize("reader", [ROOT / "plugins" / "filter"], ids=["filters"], indirect=True)
def test_examples_of_filters_and_lookups_run(reader):
    listed = {**examples("filter"), **examples("lookup")}
    tasks = [{"cloud_dr.sdrs." + module: options, "register": name} for name, (module, options) in READ.items()]
    chosen = []
    for name in sorted(listed, key=lambda name: name != "run_report"):
        (document,) = listed[name]
        # A recovery plan needs the groups it names: test_recovery_plan.py.
        if [task["name"] for task in document] != [OF_ROLES] and name != "recovery_plan":
            chosen.append(name)
            tasks += document
    (reader.folder / "reports" / "erp").mkdir(parents=True)
    (reader.folder / "reports" / "erp" / "drill-2026-11-21T030000Z.json").write_text(json.dumps({"what": "drill", "verdict": "passed"}))
    text = json.dumps([{"hosts": "localhost", "gather_facts": False, "vars": GIVEN, "tasks": tasks}])
    text = re.sub(r"(?<=[ '\"])/(?:srv|tmp)/", "%s/" % reader.folder, text)
    # One of that name is there, with other subnets.
    (reader.folder / "examples.yml").write_text(text.replace('"vpc-drill"', '"vpc-drill-again"'))
    reader.type("ansible-playbook examples.yml", "EXAMPLES of filters and lookups")
    assert len(chosen) >= 5
