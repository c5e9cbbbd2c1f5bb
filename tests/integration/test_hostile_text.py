# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from the cloud is text for ever: every hostile value through every outlet, by plays, on every ansible-core that is here.

``make hostile`` gets the supported releases and runs this on all of them; otherwise it runs on the newest. Values reach the cloud by the
simulator's back door, as they would by somebody with rights there. A canary tells whether one was more than text.
"""

from __future__ import annotations

import json
import os
import subprocess

import hostile
import pytest
import yaml

from support import TREE, Simulator, Workplace, cores, run_task

CORES = cores()
CHOSEN = list(CORES) if os.environ.get("SDRS_EVERY_CORE") else list(CORES)[-1:]
ZONES = ("eu-sim-01", "eu-sim-02")
# What the document's rules allow for a description, and for a tag.
DESCRIPTIONS = {
    key: value for key, value in hostile.VALUES.items()
    if value and len(value.encode("utf-8", "surrogatepass")) <= 64 and not set(value) & set("<>") and key != "surrogate"
}
TAGS = {key: value for key, value in DESCRIPTIONS.items() if len(value) <= 36 and not set(value) & set("*\\=,|/") and value.isprintable() and value.strip()}
GROUP = {"name": "erp", "source_availability_zone": ZONES[0], "target_availability_zone": ZONES[1], "source_vpc": "vpc-erp", "protection": "enabled"}


class World:
    """A simulator, a user's folder in which one ansible-core is run, and the canary."""

    def __init__(self, folder, core, count):
        self.base, self.folder = folder, folder / "home" / "work"
        self.folder.mkdir(parents=True)
        (folder / "scenario.json").write_text(json.dumps({"server_count": count, "settings": {"first_sync_seconds": 1}}))
        self.simulator = Simulator("--speed", "1000", "--scenario", str(folder / "scenario.json"))
        self.play, self.core = Workplace(self.folder, self.simulator, CORES[core]), CORES[core]
        self.play.inventory(erp={})
        self.outputs = []
        self.allowed = {"work"}

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
        for instance, value in zip(instances, values):
            self.simulator.patch("protected_instances", instance["id"], name=value, description=value, tags=[{"key": value, "value": value}], **more)

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return name

    def environment(self):
        return {
            "HOME": str(self.base / "home"), "ANSIBLE_DEPRECATION_WARNINGS": "0", "ANSIBLE_HOME": str(self.base / "ansible"),
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
        return self.judged(process, code, shown=False)

    def judged(self, process, code, shown):
        output = process.stdout + process.stderr
        assert process.returncode == code, output[-5000:]
        assert hostile.EVALUATED not in output.replace("unevaluated", "") and "Traceback" not in output
        assert "\x1b" not in output and "\x00" not in output
        if shown:
            assert not hostile.controls(output), [line for line in output.splitlines() if hostile.controls(line)][:3]
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
      loop: "{{ whole.protected_instances }}"
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
      loop: "{{ again.whole.protected_instances }}"
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


@pytest.mark.parametrize("in_process", ["true", "false"])
def test_facts(world, in_process):
    """Registered results, facts, loops, included files, records read back: as themselves, and never evaluated."""
    here = world(len(hostile.VALUES))
    group, instances = here.protect(len(hostile.VALUES))
    values = list(hostile.VALUES.values())
    here.rename(instances, values)
    here.simulator.patch("server_groups", group["id"], description=hostile.VALUES["lookup"])
    here.file("each.yml", EACH)
    here.run(here.file("facts.yml", FACTS), "-e", "sdrs_in_process=" + in_process, shown=False)
    saved = json.loads((here.folder / "saved.json").read_text())
    assert sorted(saved["names"]) == sorted(values) and saved["cached"] == saved["lazier"] == saved["names"]
    assert {each["description"] for each in saved["whole"]["protected_instances"]} == set(values) == set(saved["dictionary"])
