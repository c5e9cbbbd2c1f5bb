# SPDX-License-Identifier: GPL-3.0-or-later
"""``make gates``: the checks of Galaxy, of Automation Hub's certification and of our own releases, run as their owners run them.

``python tests/gates.py --list`` shows them; words select those whose names contain all of one argument: ``gates.py "sanity 2.16"``.
Each gate works on a copy below ``ansible_collections``, of the checkout or of the built tarball, never in the checkout itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import gates_controller

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
# The Python versions each release of ansible-core runs on, after its package's classifiers.
CORES = {
    "2.16": ("3.10", "3.11", "3.12"),
    "2.17": ("3.10", "3.11", "3.12"),
    "2.18": ("3.11", "3.12", "3.13"),
    "2.19": ("3.11", "3.12", "3.13"),
    "2.20": ("3.12", "3.13", "3.14"),
    "2.21": ("3.12", "3.13", "3.14"),
}
FLOOR, OLDEST, NEWEST = "3.10", "2.16", "2.21"
# What the certification checker pins (ansible-collections/partner-certification-checker).
CERTIFIED_LINT, CERTIFIED_IMPORTER = "ansible-lint==24.12.2", "galaxy-importer==0.4.31"
# Sanity's tests of 2.16 that make no environment of their own: a minute's worth of the certification gate, for every commit.
FAST = ("validate-modules", "import", "compile", "ansible-doc", "action-plugin-docs", "runtime-metadata", "ignores", "empty-init", "shebang")
SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# ansible-test fetches a bootstrap script for pip; the stand-in uses the pip that comes with Python.
STAND_IN = """\
import os, subprocess, sys
env = {key: value for key, value in os.environ.items() if key != "GET_PIP"}
arguments = [item for item in sys.argv[1:] if item not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--upgrade", "--default-pip"], env=env, stdout=subprocess.DEVNULL)
subprocess.check_call([sys.executable, "-m", "pip", "install", "-q"] + arguments, env=env)
"""
BOOTSTRAPS = ("get_pip_23_1_2.py", "get_pip_24_2.py", "get_pip_25_2.py", "get_pip_25_3.py")
IMPORTER = "[galaxy-importer]\nCHECK_REQUIRED_TAGS=True\nCHECK_CHANGELOG=True\nRUN_FLAKE8=True\nRUN_ANSIBLE_DOC=True\nRUN_ANSIBLE_LINT=%s\n"


class Missing(Exception):
    """A gate cannot be run on this machine: its Python is not there."""


def python(version):
    """A Python of this version, from pyenv or PATH; shims of pyenv that lead nowhere do not count."""
    found = sorted((Path.home() / ".pyenv" / "versions").glob(version + ".*/bin/python" + version))
    found += [Path(folder) / ("python" + version) for folder in os.environ.get("PATH", "").split(":") if folder]
    for candidate in found:
        if candidate.exists() and ".build" not in candidate.parts and not _run([str(candidate), "-c", ""], quiet=True):
            return candidate
    raise Missing("no Python %s on this machine" % version)


def _run(command, quiet=False, **options):
    sink = subprocess.DEVNULL if quiet else None
    return subprocess.run([str(each) for each in command], check=False, stdout=sink, stderr=sink, **options).returncode


def environment(version, *requirements):
    """The ``bin`` folder of a virtual environment with these packages, made once; what is asked for names it."""
    wanted = "\n".join((version, *requirements))
    folder = BUILD / "gates" / ("%s-py%s%s" % (requirements[0].replace("~=", "-").replace("==", "-"), version, "-tests" if "pytest" in wanted else ""))
    made = folder / "made"
    if not made.exists() or made.read_text() != wanted:
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([str(python(version)), "-m", "venv", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *requirements], check=True)
        made.write_text(wanted)
    return folder / "bin"


def core(release):
    return "ansible-core~=%s.0" % release


def checkout(folder):
    """A copy of what git knows or would add, where ansible-test wants it: outside any checkout, below ``ansible_collections``."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"], cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout
    target = _collection(folder)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name, follow_symlinks=False)
    return target


def build(folder):
    """The collection's tarball, made of a copy, so that nothing that lies about in the checkout gets into it."""
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    source = checkout(folder / "source")
    subprocess.run([str(galaxy), "collection", "build", "--output-path", str(folder), str(source)], check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.tar.gz"))


def unpack(archive, folder):
    """A tarball as an installation has it."""
    target = _collection(folder)
    with tarfile.open(archive) as content:
        # Python before 3.11.4 knows no filters.
        content.extraction_filter = getattr(tarfile, "data_filter", None)
        content.extractall(target)
    return target


def tarball(folder):
    """The built tarball, unpacked."""
    return unpack(build(folder), folder)


def _collection(folder):
    target = folder / "ansible_collections" / "cloud_dr" / "sdrs"
    target.mkdir(parents=True)
    return target


TREES = {"checkout": checkout, "tarball": tarball}


def environ(tools, pythons=(), **more):
    """Environment variables of a tool: its own folder, some versions of Python and the system's programs on PATH, a home of our own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "PYTHON", "VIRTUAL_ENV", "MAKE"))}
    path = ":".join([str(tools), *[str(each.parent) for each in pythons], SYSTEM])
    return {**kept, "PATH": path, "HOME": str(BUILD / "home"), "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", **more}


def sanity(release, version, tree, *tests):
    """ansible-test sanity, run by ``version``, on every Python that is here and that this release supports."""
    def gate(folder):
        cache = BUILD / "home" / ".ansible" / "test" / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        for name in BOOTSTRAPS:
            (cache / name).write_text(STAND_IN)
        tools = environment(version, core(release))
        chosen = [argument for name in tests for argument in ("--test", name)]
        pythons = [python(version)] if tests else available(release)
        return _run([tools / "ansible-test", "sanity", "--color", "no", *chosen], cwd=TREES[tree](folder), env=environ(tools, pythons))
    return gate


def available(release):
    """Those Pythons that this release runs on and that are here; where it runs, not only where it controls, older ones count less."""
    found = []
    for version in CORES[release]:
        try:
            found.append(python(version))
        except Missing:
            continue
    return found


def lint(version, tree, *packages, options=()):
    """ansible-lint from outside the checkout, as the certification checker calls it."""
    def gate(folder):
        tools = environment(version, *packages)
        where = TREES[tree](folder)
        env = environ(tools, HOME=str(folder), NO_COLOR="1")
        if tree == "tarball":  # of a checkout it installs the collection itself
            env["ANSIBLE_COLLECTIONS_PATH"] = str(folder)
        return _run([tools / "ansible-lint", "--profile=production", *options], cwd=where, env=env)
    return gate


def importer(version, own_lint, *packages):
    """galaxy-importer on the tarball; its own run of ansible-test needs a container and is what the sanity gates are for."""
    def gate(folder):
        tools = environment(version, *packages)
        (folder / "importer.cfg").write_text(IMPORTER % own_lint)
        env = environ(tools, HOME=str(folder), GALAXY_IMPORTER_CONFIG=str(folder / "importer.cfg"))
        done = subprocess.run([str(tools / "python"), "-m", "galaxy_importer.main", build(folder).name], cwd=folder, env=env, check=False, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        print(done.stdout)
        # It imports what its linters complain about; we do not.
        complaints = [line for line in done.stdout.splitlines() if line.startswith(("WARNING", "ERROR"))]
        return done.returncode or len(complaints)
    return gate


def ours(*command, tree="checkout"):
    """A tool of the tests' environment on a copy."""
    def gate(folder):
        tools = Path(sys.executable).parent
        where = TREES[tree](folder)
        collections = str(where.parent.parent.parent)
        return _run([tools / command[0], *command[1:]], cwd=where, env=environ(tools, ANSIBLE_COLLECTIONS_PATH=collections))
    return gate


def tests(release, version, *paths):
    """Tests on another release; the linters' own packages, which need newer ones, are left out."""
    def gate(folder):
        listed = [line for each in ("requirements.txt", "tests/requirements.txt") for line in (ROOT / each).read_text().splitlines()]
        wanted = [line for line in listed if line and not line.startswith(("#", "ansible-lint", "molecule", "reuse", "ruff"))]
        tools = environment(version, core(release), *wanted)
        env = environ(tools, HOME=str(folder), ANSIBLE_HOME=str(folder / "ansible"), ANSIBLE_COLLECTIONS_PATH=str(BUILD / "tree"))
        left_out = ["--ignore=tests/integration/test_%s.py" % name for name in ("molecule", "release")]  # they test those packages
        return _run([tools / "python", "-m", "pytest", "-q", "-n", "4", "-p", "no:cacheprovider", *left_out, *paths], cwd=ROOT, env=env)
    return gate


def every():
    """``{name: what runs it in an empty folder, and gives 0 if it passed}``."""
    named = {}
    for release, versions in CORES.items():
        for version in versions:
            named["sanity %s on Python %s, checkout" % (release, version)] = sanity(release, version, "checkout")
        first = versions[0]
        named["sanity %s on Python %s, tarball" % (release, first)] = sanity(release, first, "tarball")
    for tree in TREES:
        named["ansible-lint as certified, %s" % tree] = lint("3.12", tree, CERTIFIED_LINT, core(OLDEST), options=("-x", "sanity"))
        named["ansible-lint newest, %s" % tree] = lint("3.13", tree, "ansible-lint")
        named["yamllint, %s" % tree] = ours("yamllint", ".", tree=tree)
        named["antsibull-docs, %s" % tree] = ours(
            "antsibull-docs", "lint-collection-docs", "--plugin-docs", "--validate-collection-refs", "self", ".", tree=tree)
    named["galaxy-importer newest"] = importer("3.12", True, "galaxy-importer")
    named["galaxy-importer as certified"] = importer("3.12", False, CERTIFIED_IMPORTER, core(OLDEST))
    named.update(gates_controller.every(sys.modules[__name__]))
    named["reuse"] = ours("reuse", "--suppress-deprecation", "lint", "--quiet")
    named["ruff"] = ours("ruff", "check", ".")
    named["antsibull-changelog"] = ours("antsibull-changelog", "lint")
    named["unit and contract tests on %s, Python %s" % (OLDEST, FLOOR)] = tests(OLDEST, FLOOR, "tests/unit", "tests/contract")
    named["unit and contract tests on %s, Python 3.13" % NEWEST] = tests(NEWEST, "3.13", "tests/unit", "tests/contract")
    named["plays on %s, Python %s" % (OLDEST, FLOOR)] = tests(OLDEST, FLOOR, "tests/integration")
    named["plays on %s, Python 3.13" % NEWEST] = tests(NEWEST, "3.13", "tests/integration")
    return named


def selected(names, arguments):
    """The names that contain every word of one of the arguments; without arguments all but the fast one, which others contain."""
    if not arguments:
        return [name for name in names if not name.startswith("fast")]
    return [name for name in names if any(all(word in name for word in each.split()) for each in arguments)]


def main(arguments):
    gates = {**every(), "fast sanity %s" % OLDEST: sanity(OLDEST, FLOOR, "checkout", *FAST)}
    if arguments == ["--list"]:
        print("\n".join(gates))
        return 0
    wanted = selected(gates, arguments)
    if not wanted:
        raise SystemExit("no gate is named so; --list shows them")
    outcomes = {}
    for name in wanted:
        print("\n=== %s" % name, flush=True)
        begun = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="gate-") as folder:
            try:
                outcomes[name] = "failed" if gates[name](Path(folder)) else "passed"
            except Missing as missing:
                outcomes[name] = "left out: %s" % missing
            except subprocess.CalledProcessError as failed:
                outcomes[name] = "failed: %s" % failed
        print("=== %s: %s (%.0f s)" % (name, outcomes[name], time.monotonic() - begun), flush=True)
    print("\n" + "\n".join("%-48s %s" % each for each in outcomes.items()))
    return 1 if any(each.startswith("failed") for each in outcomes.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
