# SPDX-License-Identifier: GPL-3.0-or-later
"""A job of AWX without AWX: ansible-runner, a private data directory, the environment of the credential, the answers of the survey."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import awx_rules
import yaml

from support import ROOT, TREE

EXAMPLES = ROOT / "examples"
# SDRS_RUNNER: the folder of ansible-runner and ansible-playbook, else those of the tests.
TOOLS = Path(os.environ.get("SDRS_RUNNER") or Path(sys.executable).parent)


class _Loader(yaml.SafeLoader):
    """``!unsafe`` counts as what it marks."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


class _Dumper(yaml.SafeDumper):
    """Texts as AWX writes extra variables of people: never templates."""


_Dumper.add_representer(str, lambda dumper, text: dumper.represent_scalar("!unsafe" if "{" in text else "tag:yaml.org,2002:str", text))


def objects():
    """What apply.yml makes, with its own references resolved."""
    found = yaml.load((EXAMPLES / "awx" / "objects.yml").read_text(), Loader=_Loader)
    return {key: _resolved(value, found) for key, value in found.items()}


def _resolved(value, names):
    if isinstance(value, dict):
        return {key: _resolved(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_resolved(each, names) for each in value]
    name = value[3:-3] if isinstance(value, str) and value.startswith("{{ sdrs_") else None
    return names[name] if name else value


def questions(template, confirmation):
    """The survey of a job template, made as apply.yml makes it."""
    first = confirmation["spec"][0]
    variable = template["confirm"] if isinstance(template.get("confirm"), str) else first["variable"]
    asked = template.get("survey", [])
    confirming = "confirm" in template and variable not in [each["variable"] for each in asked]
    return {**confirmation, "spec": ([dict(first, variable=variable)] if confirming else []) + asked}


class Controller:
    """``launch("SDRS drill", ...)`` runs a job in a private data directory that vanishes for the next one, as containers do."""

    def __init__(self, folder, simulator, project=None):
        self.folder, self.simulator, self.objects, self.number = folder, simulator, objects(), 0
        self.project = folder / "git"
        shutil.copytree(project or EXAMPLES / "gitops", self.project)
        self.inventory = {}
        (kind,) = self.objects["sdrs_credential_types"]
        entered = {each: simulator.info[each] for each in ("region", "project_name", "access_key", "secret_key")}
        # The endpoint stands for a private cloud's.
        self.credential = {**awx_rules.environment_of(kind, entered), "SDRS_ENDPOINT": simulator.url, "SDRS_TOKEN_CACHE": "false"}

    def sync(self, source="inventory.yml"):
        """The update of an inventory source: what AWX stores of it."""
        done = subprocess.run(
            [str(TOOLS / "ansible-inventory"), "-i", source, "--list", "--export"], cwd=self.project, env=self._environment({}), capture_output=True,
            text=True, check=False)
        assert done.returncode == 0, done.stderr
        self.inventory = json.loads(done.stdout)
        return self.inventory

    def launch(self, name, limit=None, check=False, variables=None, **answers):
        """A Job; ``variables`` are those of a workflow's jobs before it."""
        template = next(each for each in self.objects["sdrs_job_templates"] if each["name"] == name)
        given = {**template.get("extra_vars", {}), **(variables or {})}
        given.update(awx_rules.answers(questions(template, self.objects["sdrs_confirmation"]), answers))
        self.number += 1
        given.update({"%s_job_id" % each: self.number for each in ("awx", "tower")}, awx_job_launch_type="manual", tower_user_name="admin")
        data = self.folder / ("awx_%d_private" % self.number)
        for part in ("inventory", "env"):
            (data / part).mkdir(parents=True)
        shutil.copytree(self.project, data / "project", ignore=shutil.ignore_patterns(".git"))
        script = data / "inventory" / "hosts"
        script.write_text("#!%s\nprint(%r)\n" % (sys.executable, json.dumps(self.inventory)))
        script.chmod(stat.S_IRWXU)
        (data / "env" / "extravars").write_text(yaml.dump(given, Dumper=_Dumper, default_flow_style=False))
        (data / "env" / "cmdline").write_text(" ".join(["-u root", *(["--limit '%s'" % limit] if limit else []), *(["--check"] if check else [])]))
        # A home that others may write: locks are refused there. MAX_EVENT_RES: AWX empties what is larger than 700000 bytes, which would hide it here.
        home = data / "home"
        home.mkdir()
        home.chmod(0o777)
        (data / "env" / "envvars").write_text(json.dumps({
            **self.credential, "ANSIBLE_COLLECTIONS_PATH": str(TREE), "ANSIBLE_FORCE_COLOR": "True", "ANSIBLE_HOST_KEY_CHECKING": "False",
            "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True", "ANSIBLE_RETRY_FILES_ENABLED": "False", "AWX_PRIVATE_DATA_DIR": str(data), "HOME": str(home),
            "JOB_ID": str(self.number), "MAX_EVENT_RES": "100000000", "ANSIBLE_LOCALHOST_WARNING": "0",
        }))
        subprocess.run(
            [str(TOOLS / "ansible-runner"), "run", str(data), "-p", template["playbook"], "-i", "1", "--quiet"], env=self._environment({"HOME": str(home)}),
            capture_output=True, text=True, check=False, timeout=1800)
        return Job(data)

    def _environment(self, more):
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "HW_", "SDRS_", "XDG_", "ANSIBLE_", "PYTEST"))}
        return {**kept, **self.credential, "ANSIBLE_COLLECTIONS_PATH": str(TREE), "PATH": "%s:%s" % (TOOLS, kept["PATH"]), **more}


class Job:
    """What is left of a job: its exit status, output, events and statistics."""

    def __init__(self, data):
        self.data, self.artifacts = data, data / "artifacts" / "1"
        self.output = (self.artifacts / "stdout").read_text()
        self.code = int((self.artifacts / "rc").read_text())

    def events(self):
        found = [json.loads(path.read_text()) for path in (self.artifacts / "job_events").glob("[0-9]*.json")]
        return sorted(found, key=lambda event: event["counter"])

    def largest(self):
        """The largest event, ``(bytes, task or kind of event)``."""
        sizes = [(path.stat().st_size, path) for path in (self.artifacts / "job_events").glob("[0-9]*.json")]
        size, path = max(sizes)
        event = json.loads(path.read_text())
        return size, event["event_data"].get("task") or event["event"]

    def statistics(self):
        """What ``set_stats`` gives the workflow."""
        return self.events()[-1].get("event_data", {}).get("artifact_data", {})
