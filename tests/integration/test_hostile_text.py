# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from the cloud is text for ever: every hostile value through every outlet, by plays, on every ansible-core that is here.

``make hostile`` gets the supported releases and runs this on all of them; otherwise it runs on the newest. Values reach the cloud by the
simulator's back door, as they would by somebody with rights there. A canary tells whether one was more than text.
"""

from __future__ import annotations

import json
import os
import re
import subprocess

import hostile
import pytest
import yaml

from support import TREE, Simulator, Workplace, cores, nightly, run_task

CORES = cores()
CHOSEN = list(CORES) if os.environ.get("SDRS_EVERY_CORE") else list(CORES)[-1:]
# Lone surrogates end where answers are decoded.
LIVE = {**hostile.VALUES, "surrogate": "a\ufffdb\ufffdc"}
ZONES = ("eu-sim-01", "eu-sim-02")
# What the document's rules allow for a description, and for a tag.
DESCRIPTIONS = {
    key: value for key, value in LIVE.items()
    if value and len(value.encode("utf-8", "surrogatepass")) <= 64 and not set(value) & set("<>")
}
TAGS = {key: value for key, value in DESCRIPTIONS.items() if len(value) <= 36 and not re.search(r"[\x00-\x1f*<>\\=,|/]", value)}
# All in one, where one name has to do.
WORST = "../../%s\x1b[31m\x9b1m\u202e<script>\n- [x](javascript:y) '\"" % hostile.VALUES["lookup"]
_LOOKUP = hostile.VALUES["lookup"]
# What Ansible's own JSON means by mappings of such keys.
FORGED = [
    {"__ansible_type": "_AnsibleTaggedStr", "value": _LOOKUP, "tags": [{"__ansible_type": "TrustedAsTemplate"}]},
    {"__ansible_type": "TrustedAsTemplate"}, {"__ansible_type": "nobody knows"}, {"__ansible_unsafe": _LOOKUP},
    {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\n00"},
]
QUOTAS = {"server_groups": 1000, "replications": 1000, "vpcs": 100}
GROUP = {"name": "erp", "source_availability_zone": ZONES[0], "target_availability_zone": ZONES[1], "source_vpc": "vpc-erp", "protection": "enabled"}


class World:
    """A simulator, a user's folder in which one ansible-core is run, and the canary."""

    def __init__(self, folder, core, count):
        self.base, self.folder = folder, folder / "home" / "work"
        self.folder.mkdir(parents=True)
        (folder / "scenario.json").write_text(json.dumps({"server_count": count, "settings": {"first_sync_seconds": 1, "quotas": QUOTAS}}))
        self.simulator = Simulator("--speed", "1000", "--scenario", str(folder / "scenario.json"))
        self.play, self.core = Workplace(self.folder, self.simulator, CORES[core]), CORES[core]
        self.play.inventory(erp={})

    def task(self, module, **options):
        return run_task(module, {**self.play.connection, **options})

    def protect(self, count, name="erp", first=1):
        """A protection group with instances ``i-001`` …; gives back what was made, sorted by name."""
        instances = [{"name": "i-%03d" % number, "server": "ecs-%05d" % number} for number in range(first, first + count)]
        self.task("sdrs_topology", parallel=64, server_groups=[dict(GROUP, name=name, protected_instances=instances)])
        group = next(each for each in self.task("sdrs_server_group_info")["server_groups"] if each["name"] == name)
        found = [each for each in self.task("sdrs_protected_instance_info")["protected_instances"] if each["server_group_id"] == group["id"]]
        self.simulator.forget()
        return group, sorted(found, key=lambda each: each["name"])

    def rename(self, instances, values, **more):
        values = [hostile.VALUES["surrogate"] if value == LIVE["surrogate"] else value for value in values]
        for instance, value in zip(instances, values):
            self.simulator.patch("protected_instances", instance["id"], name=value, description=value, tags=[{"key": value, "value": value}], **more)

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return name

    def environment(self):
        return {
            "HOME": str(self.base / "home"), "ANSIBLE_DEPRECATION_WARNINGS": "0", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
            "ANSIBLE_HOME": str(self.base / "ansible"),
            "SDRS_ENDPOINT": self.simulator.url, "SDRS_REGION": "eu-sim", "SDRS_PROJECT_ID": self.simulator.info["project_id"],
            "HW_ACCESS_KEY": self.simulator.info["access_key"], "HW_SECRET_KEY": self.simulator.info["secret_key"],
        }

    def run(self, playbook, *arguments, code=0, shown=True, **options):
        """Run a playbook and look for signs that a value was more than text; ``shown=False``: the play itself prints values raw."""
        process = self.play(playbook, *arguments, **{**self.environment(), **options})
        return self.judged(process, code, shown)

    def command(self, name, *arguments, code=0):
        own = {"PATH": "/usr/bin:/bin", "ANSIBLE_COLLECTIONS_PATH": str(TREE), "LANG": "C.UTF-8", **self.environment()}
        process = subprocess.run([str(self.core / name), *arguments], env=own, cwd=self.folder, capture_output=True, text=True, check=False)
        self.judged(process, code, shown=False)
        assert "rror" not in process.stderr, process.stderr[-3000:]
        return process.stdout

    def judged(self, process, code, shown):
        output = process.stdout + process.stderr
        assert process.returncode == code, output[-5000:]
        assert hostile.EVALUATED not in output and "Traceback" not in output
        if shown:
            wrong = [line for line in output.split("\n") if hostile.controls(line, "\t")]
            assert not wrong, [(hostile.controls(line), line) for line in wrong[:3]]
        self.unharmed()
        return output

    def unharmed(self):
        """No template was run, and nothing was written elsewhere."""
        assert not list(self.base.rglob(hostile.CANARY + "*")), "a template was run"
        assert {path.name for path in (self.base / "home").iterdir()} <= {"work", ".ansible", ".cache", ".local"}

    def reports(self, pattern):
        found = sorted((self.folder / "reports").rglob(pattern))
        assert found and all(path.parent.parent == self.folder / "reports" for path in found)
        for path in found:
            assert not hostile.controls(path.read_text(encoding="utf-8"), "\n\t")
        return found


@pytest.fixture(params=CHOSEN)
def world(request, tmp_path):
    made = []

    def make(count=1):
        made.append(World(tmp_path, request.param, count))
        return made[-1]

    yield make
    for each in made:
        each.simulator.stop()


FACTS = """
- hosts: erp
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
    looped: "{{ (lookup('ansible.builtin.file', 'looped.json') | from_json).looped }}"
    lazy: "{{ read.protected_instances }}"
    lazier: "{{ lazy | map(attribute='name') | list }}"
    prefixed: "instance {{ lazy[0].name }}"
  module_defaults:
    group/cloud_dr.sdrs.sdrs: "{{ sdrs_connection }}"
  tasks:
    - cloud_dr.sdrs.sdrs_protected_instance_info:
      register: read
    - cloud_dr.sdrs.sdrs_topology_info:
      register: exported
    - ansible.builtin.set_fact:
        whole: "{{ read }}"
        names: "{{ read.protected_instances | map(attribute='name') | list }}"
        both: "{{ read.protected_instances | zip(read.protected_instances) | list }}"
        keys: "{{ read.protected_instances | map(attribute='tags') | flatten | items2dict | dict2items }}"
        document: "{{ exported.topology }}"
    - ansible.builtin.set_fact:
        one: "{{ whole.protected_instances[0].description }}"
        all_of_it: "{{ names | join(' ') }}"
        dictionary: "{{ dict(names | zip(names)) }}"
        cached: "{{ names }}"
        cacheable: true
    - ansible.builtin.include_tasks: each.yml
      loop: "{{ whole.protected_instances | selectattr('name', 'in', looped) }}"
      loop_control: {loop_var: instance, label: "{{ instance.name | cloud_dr.sdrs.printable }}"}
    - ansible.builtin.debug:
        msg: "{{ one }} {{ all_of_it }} {{ dictionary }} {{ lazier }} {{ prefixed }} {{ cached }} {{ hostvars['erp'].names }} {{ keys }} {{ document }}"
    - ansible.builtin.debug: {var: whole}
    - ansible.builtin.set_stats:
        data: {names: "{{ names }}", tags: "{{ keys }}"}
    - ansible.builtin.assert: {that: one is undefined, fail_msg: "{{ one }} {{ all_of_it }}"}
      ignore_errors: true
    - cloud_dr.sdrs.sdrs_server_group: {name: "{{ names[0] }}", state: absent}
      ignore_errors: true
      register: refused
    - ansible.builtin.debug: {msg: "{{ refused.msg }} {{ lookup('ansible.builtin.vars', 'names') }}"}
    - block:
        - ansible.builtin.fail: {msg: "{{ names | join(' ') }}"}
      rescue:
        - ansible.builtin.set_fact: {rescued: "{{ [ansible_failed_result | combine({'task': ansible_failed_task.name})] }}"}
        - ansible.builtin.debug: {msg: "{{ rescued[0].msg }}"}
    - cloud_dr.sdrs.report_files:
        files: "{{ {saved: {'names': names, 'whole': whole, 'cached': cached, 'dictionary': dictionary, 'lazier': lazier} | to_json} }}"
      vars: {saved: "{{ 'saved.json' | cloud_dr.sdrs.user_path }}"}
    - ansible.builtin.set_fact:
        again: "{{ query('cloud_dr.sdrs.report_files', 'saved.json' | cloud_dr.sdrs.user_path) | first }}"
    - ansible.builtin.debug: {msg: "{{ again }} {{ again.names | join(' ') }}"}
    - ansible.builtin.include_tasks: each.yml
      loop: "{{ again.whole.protected_instances | selectattr('name', 'in', looped) }}"
      loop_control: {loop_var: instance, label: "{{ instance.name | cloud_dr.sdrs.printable }}"}
"""
EACH = """
- name: "{{ instance.name | cloud_dr.sdrs.printable }}"
  ansible.builtin.set_fact:
    seen: "{{ seen | default([]) + [instance.name ~ instance.description] }}"
  vars: {unused: "{{ instance.tags }}"}
- ansible.builtin.debug: {msg: "{{ instance }} {{ seen | last }} {{ unused }}"}
  vars: {unused: "{{ instance.tags }}"}
"""


@pytest.mark.parametrize("in_process", ["true", nightly("false")])
def test_facts(world, in_process):
    """Registered results, facts, loops, included files, records read back: as themselves, and never evaluated."""
    here, values = world(len(LIVE)), list(LIVE.values())
    group, instances = here.protect(len(LIVE))
    here.rename(instances, values)
    here.simulator.patch("server_groups", group["id"], description=hostile.VALUES["lookup"])
    for instance, metadata in zip(instances, FORGED):
        here.simulator.patch("protected_instances", instance["id"], metadata=metadata)
    here.file("each.yml", EACH)
    here.file("looped.json", {"looped": [LIVE[key] for key in (*hostile.TEMPLATES, *hostile.TERMINAL, *hostile.YAML) if key in LIVE]})
    here.run(here.file("facts.yml", FACTS), "-e", "sdrs_in_process=" + in_process, shown=False)
    saved = json.loads((here.folder / "saved.json").read_text())
    assert sorted(saved["names"]) == sorted(values) and saved["cached"] == saved["lazier"] == saved["names"]
    assert {each["description"] for each in saved["whole"]["protected_instances"]} == set(values) == set(saved["dictionary"])


def test_inventory(world):
    """Groups and instances of any name are hosts, no value breaks the inventory, and what users make of values stays text."""
    here, names = world(3), list(LIVE.values())
    here.task("sdrs_topology", parallel=64, server_groups=[
        dict({key: GROUP[key] for key in GROUP if key != "protection"}, name="g-%03d" % number) for number in range(len(names))
    ])
    groups = sorted(here.task("sdrs_server_group_info")["server_groups"], key=lambda each: each["name"])
    for group, name in zip(groups, names):
        here.simulator.patch("server_groups", group["id"], name=name, description=name)
    for group, forged in zip(groups, FORGED):
        here.simulator.patch("server_groups", group["id"], progress=forged)
    _group, instances = here.protect(3)
    here.rename(instances, ["all", hostile.VALUES["lookup"], "..", ])
    made = """
compose: {composed: sdrs_description, mixed: "'x ' ~ (sdrs_description or '')", ansible_user: "'root'"}
groups: {described: "sdrs_description is defined and sdrs_description", "templated": "'pipe' in (sdrs_description or '')"}
keyed_groups:
  - {key: sdrs_description, prefix: "", separator: ""}
  - {key: sdrs_name, prefix: named, parent_group: "{{ sdrs_status }}"}
  - {key: "sdrs_tags | default({})", prefix: tag}
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: cache
"""
    here.file("sdrs.yml", "plugin: cloud_dr.sdrs.sdrs\n" + made)
    here.file("servers.sdrs.yml", "plugin: cloud_dr.sdrs.sdrs\nhosts: protected_instances\n" + made)
    here.file("use.yml", USE)
    for inventory, objects in (("sdrs.yml", 1 + len(names)), ("servers.sdrs.yml", 3)):
        listed = json.loads(here.command("ansible-inventory", "-i", inventory, "--list"))
        hosts = listed["_meta"]["hostvars"]
        assert len(hosts) == objects and sorted(set(members(listed, "all"))) == sorted(hosts)
        for host, variables in hosts.items():
            assert text(variables["sdrs_name"]) == host or text(variables["sdrs_id"]) in host
            assert text(variables["composed"]) == text(variables["sdrs_description"])
        assert all(name.isidentifier() for name in listed if name not in ("_meta", "all", "ungrouped"))
        assert not set(hosts) & (set(listed) | {"localhost", "127.0.0.1", "..", "."})
        chosen = [host for host, variables in hosts.items() if text(variables["sdrs_name"]) in (*hostile.TEMPLATES.values(), "True", "all")]
        for _run in range(2):  # the second is that of the cache
            shown = here.run("use.yml", "-e", json.dumps({"targets": chosen}), inventory=inventory, shown=False)
            assert shown.count("ok=3") == 1 + len(chosen) > 1 and "failed=0" in shown
    assert list((here.folder / "cache").iterdir())


def text(value):
    """What ``ansible-inventory`` shows of a text that can be no template, or could be one."""
    return value["__ansible_unsafe"] if isinstance(value, dict) else value


def members(listed, group):
    about = listed.get(group, {})
    return [*about.get("hosts", []), *(host for child in about.get("children", []) for host in members(listed, child))]


USE = """
- hosts: localhost
  gather_facts: false
  vars: {everything: "{{ groups.all | map('extract', hostvars) | list }}"}
  tasks:
    - ansible.builtin.debug: {msg: "{{ everything }} {{ everything | map(attribute='composed') | list }} {{ groups }}"}
    - ansible.builtin.set_fact: {kept: "{{ everything | map(attribute='mixed') | list }}"}
    - ansible.builtin.debug: {msg: "{{ kept | join(' ') }}"}
- hosts: "{{ targets }}"
  connection: local
  gather_facts: false
  vars: {ansible_python_interpreter: "{{ ansible_playbook_python }}"}
  tasks:
    - ansible.builtin.debug: {msg: "{{ composed }} {{ mixed }} {{ sdrs_name }} {{ sdrs_description }}"}
    - ansible.builtin.set_fact:
        kept: "{{ composed }}"
        keys: "{{ sdrs_tags | default({}) | dict2items }}"
        all_keys: "{{ (sdrs_tags | default({})).keys() | list }}"
    - ansible.builtin.debug: {msg: "{{ kept }} {{ keys }} {{ all_keys }} {{ item }}"}
      loop: "{{ [composed, mixed] + all_keys }}"
"""


@pytest.mark.parametrize("in_process", ["true", nightly("false")])
def test_an_export_is_applied_as_text(world, in_process):
    """Descriptions and tags that a document may hold come back as themselves; what it may not hold is named."""
    here = world(len(LIVE))
    group, instances = here.protect(len(LIVE))
    pairs = here.task("sdrs_replication_info")["replications"]
    described = dict(zip((each["id"] for each in instances), LIVE.values()))
    for instance, value in described.items():
        here.simulator.patch("protected_instances", instance, description=value, tags=[{"key": value, "value": value}])
    for pair, value in zip(pairs, LIVE.values()):
        here.simulator.patch("replications", pair["id"], description=value)
    here.simulator.patch("server_groups", group["id"], description=hostile.VALUES["lookup"])
    shown = here.run("export")
    text = (here.folder / "exports" / "erp.yml").read_text(encoding="utf-8")
    assert not hostile.controls(text) and "Left out" in text and "is longer than 64 bytes" in shown and "!unsafe" in text
    exported = yaml.load(text, Loader=Loader)["topology_server_group"]
    entries = {entry["server"]: entry for entry in exported["protected_instances"]}
    for instance in instances:
        value, entry = described[instance["id"]], entries[instance["source_server"]]
        assert entry.get("description") == (value if value in DESCRIPTIONS.values() else None)
        assert entry.get("tags") == ({value: value} if value in TAGS.values() else None)
        lacks = value not in TAGS.values()  # what makes no tag may still be a description
        assert (instance["id"] in text.partition("\n---\n")[0]) == lacks, value
    here.run("export")
    here.file("host_vars/erp.yml", text)
    here.simulator.forget()
    for arguments in ((), ("-e", "@exports/erp.yml")):
        done = here.run("converge", "--diff", "-e", "topology_prune=true", "-e", "sdrs_in_process=" + in_process, *arguments)
        assert "changed=0" in done
    planned = here.run("plan", "-e", "sdrs_in_process=" + in_process)
    assert '"verdict": "clean"' in planned and not [entry for entry in here.simulator.log() if entry[0] != "GET"]


class Loader(yaml.SafeLoader):
    """YAML as Ansible has it."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


@pytest.mark.nightly
def test_a_comparison_shows_it_as_text(world):
    """Plan reports, differences, warnings and progress lines of objects that bear hostile names."""
    here, values = world(len(LIVE)), list(LIVE.values())
    group, instances = here.protect(len(values))
    here.rename(instances, values)
    pairs = here.task("sdrs_replication_info")["replications"]
    for pair, value in zip(pairs, values):
        here.simulator.patch("replications", pair["id"], name=value)
    wanted = dict(GROUP, protected_instances=[{"name": "new-%d" % number, "server": each["source_server"]} for number, each in enumerate(instances[40:])])
    here.play.inventory(erp={"topology_server_group": wanted, "topology_prune": True})
    planned = here.run("plan", "--diff")
    assert '"verdict": "drift"' in planned
    here.run("converge", "--check", "--diff")
    plan, content = here.reports("plan-*.md")[0].read_text(encoding="utf-8"), json.loads(here.reports("plan-*.json")[0].read_text(encoding="utf-8"))
    assert hostile.markdown(plan)[0].count("fence") == 1 and content["server_group"] == "erp"
    assert set(values) & {each.get("name") for each in content["operations"]}
    progress = {"ANSIBLE_CALLBACKS_ENABLED": "cloud_dr.sdrs.progress", "SDRS_PROGRESS": "always", "SDRS_PROGRESS_INTERVAL": "0.05"}
    shown = here.run("converge", "--diff", "-v", **progress, shown=False)
    lines = [line for line in shown.split("\n") if line.startswith("  sdrs: ")]
    assert len(lines) > 20 and any("delete protected instance" in line and "\\x1b" in line for line in lines)
    assert not [line for line in lines if hostile.controls(line)]


HOOK = """
- name: See {{ drill_server.protected_instance | default(failover_what) | cloud_dr.sdrs.printable }}
  ansible.builtin.set_fact:
    hook_saw: "{{ hook_saw | default([]) + [drill_server | default(failover_wave | default({})), hook_group, failover_ordered | default(0)] }}"
  vars: {hook_group: "{{ drill_group | default((failover_looked | default({})).group | default({})) }}"}
- name: Use it
  ansible.builtin.debug: {msg: "{{ (hook_saw | to_json | from_json | string ~ report_paths | default('')) | cloud_dr.sdrs.printable }}"}
"""


def hostile_group(here, values):
    """A group, instances, servers, VPCs and pairs of hostile names; the group's ID."""
    group, instances = here.protect(len(values))
    here.simulator.patch("server_groups", group["id"], name=WORST, description=WORST)
    here.rename(instances, values)
    for instance, value in zip(instances, values):
        here.simulator.patch("servers", instance["source_server"], name=value)
        here.simulator.patch("servers", instance["target_server"], name=value)
    for pair, value in zip(here.task("sdrs_replication_info")["replications"], values):
        here.simulator.patch("replications", pair["id"], name=value)
    for vpc in here.simulator.info["vpcs"]:
        here.simulator.patch("vpcs", vpc["id"], name=WORST)
    here.file("hook.yml", HOOK)
    return group["id"]


def sound(here, what, verdict):
    """The report of the only group, in all its forms."""
    folders = list((here.folder / "reports").iterdir())
    assert len(folders) == 1 and re.fullmatch(r"[\w.-]+", folders[0].name)
    content = json.loads(here.reports(what + "-*.json")[-1].read_text(encoding="utf-8"))
    assert content["verdict"] == verdict and content["server_group"]["name"] == WORST
    hostile.markdown(here.reports(what + "-*.md")[-1].read_text(encoding="utf-8"))
    assert "<script" not in here.reports(what + "-*.html")[-1].read_text(encoding="utf-8")
    return content


@pytest.mark.nightly
def test_a_drill_shows_it_as_text(world):
    here = world(len(LIVE))
    group = hostile_group(here, LIVE.values())
    options = ("-e", "drill_server_group=" + group, "-e", "drill_name=d")
    here.run("drill", *options, "-e", "drill_verify_tasks=hook.yml", "-e", "drill_report_tasks=hook.yml")
    content = sound(here, "drill", "passed")
    assert {server["label"] for server in content["servers"]} >= {value for value in LIVE.values() if value}
    here.run("drill_status", "-e", "drill_server_group=" + group, "-e", "drill_report_dir=nowhere", code=2)
    here.simulator.fail_job(job_type="createDisasterRecoveryDrill", error_code="EVS.2024", fail_reason=WORST)
    here.run("drill", *options, code=2)
    sound(here, "drill", "failed")
    servers = here.task("ecs_server_info", server_group=group)["ecs_servers"]
    for server, value in zip(servers, [*hostile.TERMINAL.values(), *hostile.TEMPLATES.values()] * len(servers)):
        here.simulator.patch("servers", server["id"], name=value, flavor={"id": value})
    assert "production has" in here.run("drift", "-e", "drift_server_group=" + group)


@pytest.mark.nightly
def test_a_failover_shows_it_as_text(world):
    values = [LIVE[key] for table in (hostile.TEMPLATES, hostile.TERMINAL, hostile.HARMLESS) for key in table if key in LIVE]
    here = world(len(values))
    group = hostile_group(here, values)
    waves = json.dumps({"failover_waves": [{"instances": ["erp-db-1"], "before": "hook.yml", "after": "hook.yml"}]})
    options = ("-e", "failover_server_group=" + group, "-e", "failover_confirm=" + group, "-e", waves)
    here.run("planned_failover", "--check", *options)
    here.simulator.fail_job(job_type="failoverProtectionGroupNoCG", error_code=WORST, fail_reason=WORST)
    here.run("failover", *options, "-e", "failover_force=true", code=2)
    sound(here, "failover", "failed")
    here.simulator.forget_faults()
    here.run("failover", *options, "-e", "failover_force=true")
    assert len(sound(here, "failover", "passed")["steps"]) == 2
    here.run("failback", *options, code=2)
    sound(here, "failback", "failed")


@pytest.mark.nightly
def test_a_recovery_by_drill_shows_it_as_text(world):
    values = [LIVE[key] for table in (hostile.TEMPLATES, hostile.TERMINAL, hostile.HARMLESS) for key in table if key in LIVE]
    here = world(len(values))
    group = hostile_group(here, values)
    waves = json.dumps({"recover_by_drill_waves": [{"instances": ["erp-db-1"], "before": "hook.yml", "after": "hook.yml"}]})
    options = ("-e", "recover_by_drill_server_group=" + group, "-e", "recover_by_drill_confirm=" + group, "-e", waves)
    here.simulator.fail_job(job_type="createDisasterRecoveryDrill", error_code=WORST, fail_reason=WORST)
    here.run("recover_by_drill", *options, "-e", "recover_by_drill_name=failed", code=2)
    sound(here, "recover_by_drill", "failed")
    here.simulator.forget_faults()
    here.run("recover_by_drill", *options, "-e", "recover_by_drill_name=r")
    content = sound(here, "recover_by_drill", "passed")
    assert len(content["steps"]) == 2 and {server["label"] for server in content["servers"]} >= {value for value in values if value}
    drill = next(each for each in here.task("sdrs_drill_info")["drills"] if each["name"] == "r")
    here.simulator.patch("drills", drill["id"], created_at=WORST)
    here.run("recover_by_drill", *options, "-e", "recover_by_drill_name=r", code=2)


@pytest.mark.nightly
def test_nothing_is_written_outside_its_folder(world):
    """Names of groups, of drills and of hosts as parts of paths."""
    names = ["..", "", "n" * 300, "../../" + hostile.CANARY]
    here = world(len(names))
    groups = [here.protect(1, "g-%d" % number, number)[0] for number in range(1, len(names) + 1)]
    for group, name in zip(groups, names):
        here.simulator.patch("server_groups", group["id"], name=name)
    everyone = [group["id"] for group in groups]
    hosts = {"h%d" % number: {
        "drill_server_group": group["id"], "drill_name": "d%d" % number, "failover_server_group": group["id"], "failover_confirm": everyone,
        "topology_server_group": {"id": group["id"]}, "drill_delete_vpc": False,
    } for number, group in enumerate(groups)}
    here.play.inventory(**hosts)
    here.file("sdrs.yml", "plugin: cloud_dr.sdrs.sdrs\n")
    before = {path for path in here.base.rglob("*") if "ansible" not in str(path)}
    here.run("drill", "-e", "drill_name=../../" + hostile.CANARY, code=2)
    here.run("drill", "-e", "drill_keep=true")
    here.run("failover", "-e", "failover_force=true")
    here.run("export", inventory="sdrs.yml")
    for document in list((here.folder / "exports").iterdir())[:2]:
        planned = here.run("plan", "-e", "@exports/" + document.name, "--limit", document.stem + ",localhost", inventory="sdrs.yml")
        assert '"verdict": "clean"' in planned, "an export by ID renames nothing"
    here.play.inventory(**{host: hosts["h0"] for host in ("..", "../../" + hostile.CANARY)})
    here.run("export")
    here.run("plan")
    state = here.base / "home" / ".local" / "state" / "cloud_dr.sdrs"
    made = {path for path in set(here.base.rglob("*")) - before if path.is_file() and "ansible" not in str(path) and state not in path.parents}
    made = {path.relative_to(here.folder) for path in made}
    folders = {path.parts[1] for path in made if path.parts[0] == "reports" and path.name.startswith("failover-")}
    assert len(folders) == len(names), "a folder for each"
    assert {path.parts[0] for path in made} == {"reports", "exports"}
    assert all(len(path.parts) == (3 if path.parts[0] == "reports" else 2) for path in made)
