# SPDX-License-Identifier: GPL-3.0-or-later
"""The gates of AWX and of Event-Driven Ansible: their own modules, ansible-runner, ansible-builder, ansible-rulebook."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

# The package "ansible" holds awx.awx 24.6.1; of it that collection alone is taken.
PACKAGE = "ansible==12.3.0"
# "~=": the first package names the environment's folder.
RUNNER, RULEBOOK, BUILDER = "ansible-runner~=2.4", "ansible-rulebook~=1.1", "ansible-builder~=3.1"


def _modules(base):
    """A folder with ``ansible_collections/awx/awx``, got once from the package index."""
    tree = base.BUILD / "gates" / "awx"
    if not (tree / "made").exists():
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        subprocess.run(
            [str(base.python("3.12")), "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", str(tree), PACKAGE], check=True)
        (wheel,) = tree.glob("*.whl")
        with zipfile.ZipFile(wheel) as content:
            content.extractall(tree, [name for name in content.namelist() if name.startswith("ansible_collections/awx/awx/")])
        wheel.unlink()
        (tree / "made").touch()
    return tree


def _pytest(base, folder, tools, *paths, **variables):
    env = base.environ(tools, HOME=str(folder), ANSIBLE_HOME=str(folder / "ansible"), ANSIBLE_COLLECTIONS_PATH=str(base.BUILD / "tree"), **variables)
    # By the interpreter of the tests; ``tools`` holds what is tested.
    return base._run([sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", *paths], cwd=base.ROOT, env=env)


def every(base):
    """``{name: gate}``; ``base`` is the module of gates."""
    def applied(release, version):
        def gate(folder):
            wanted = ("python-dateutil", "pytest", "pytest-xdist", "pyyaml", "requests", "jinja2", "trustme", "jsonschema")
            tools = base.environment(version, *wanted, base.core(release))
            env = base.environ(tools, HOME=str(folder), ANSIBLE_HOME=str(folder / "ansible"), SDRS_AWX=str(_modules(base)))
            command = [tools / "python", "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "tests/integration/test_awx.py"]
            return base._run(command, cwd=base.ROOT, env=env)
        return gate

    def jobs(folder):
        tools = base.environment("3.12", RUNNER, base.core(base.NEWEST), "requests")
        return _pytest(base, folder, tools, "tests/integration/test_awx_jobs.py", SDRS_RUNNER=str(tools), SDRS_EVERY_TEMPLATE="1")

    def rulebooks(folder):
        if not shutil.which("java"):
            raise base.Missing("no Java on this machine")
        tools = base.environment("3.12", RULEBOOK, base.core(base.NEWEST), "requests")
        return _pytest(base, folder, tools, "tests/integration/test_rulebook.py", SDRS_RULEBOOK=str(tools))

    def contexts(folder):
        tools = base.environment("3.12", BUILDER)
        env = base.environ(tools)
        for name in ("execution", "decision"):
            definition = base.ROOT / "examples" / "awx" / (name + "-environment.yml")
            context = folder / name
            if base._run([tools / "ansible-builder", "create", "-f", definition, "-c", context, "-v", "2"], env=env):
                return 1
            if "cloud_dr.sdrs" not in (context / "_build" / "requirements.yml").read_text():
                return 1
        # What the collection itself asks of an environment.
        command = [str(tools / "ansible-builder"), "introspect", str(_installed(base, folder))]
        found = subprocess.run(command, env=env, check=True, capture_output=True, text=True)
        print(found.stdout)
        return 0 if "requests" in found.stdout else 1

    return {
        "AWX objects applied on %s" % base.OLDEST: applied(base.OLDEST, base.FLOOR),
        "AWX objects applied on %s" % base.NEWEST: applied(base.NEWEST, "3.13"),
        "AWX jobs": jobs,
        "ansible-builder": contexts,
        "ansible-rulebook": rulebooks,
    }


def _installed(base, folder) -> Path:
    """A folder as images have it: ``ansible_collections`` with the collection."""
    return base.tarball(folder).parent.parent.parent
