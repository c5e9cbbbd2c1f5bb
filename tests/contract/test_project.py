# SPDX-License-Identifier: GPL-3.0-or-later
"""What surrounds the collection says what is so: README, workflows, gates, licence."""

from __future__ import annotations

import re

import gates
import pytest
import yaml

from support import ROOT

README = (ROOT / "README.md").read_text()
REPOSITORY = yaml.safe_load((ROOT / "galaxy.yml").read_text())["repository"]
WORKFLOWS = {path.name: yaml.safe_load(path.read_text()) for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
TARGETS = set(re.findall(r"^([a-z][a-z -]*):", (ROOT / "Makefile").read_text(), re.M))
# The headings that certification wants, in its order.
SECTIONS = [
    "Description", "Requirements", "Installation", "Use Cases", "Testing", "Support", "Release Notes and Roadmap", "Related Information", "License Information",
]


def test_the_readme_has_what_certification_wants():
    headings = re.findall(r"^## (.*)$", README, re.M)
    assert [each for each in headings if each in SECTIONS] == SECTIONS
    assert "### Code of Conduct" in README and "### Communication" in README and "Semantic Versioning" in README


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)", README))))
def test_links_of_the_readme_are_whole_and_lead_somewhere(link):
    """Galaxy and Automation Hub show the README alone."""
    assert link.startswith("https://")
    inner = re.fullmatch(re.escape(REPOSITORY) + r"/(?:blob|tree)/main/(.*)", link)
    assert not inner or (ROOT / inner[1]).exists()


def test_the_readme_names_the_releases_that_the_gates_try():
    named = re.search(r"tested with ([0-9., and]+) \|", README)[1]
    assert re.findall(r"2\.[0-9]+", named) == list(gates.CORES)
    assert "| %s or newer |" % gates.FLOOR in README
    requires = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["requires_ansible"]
    assert requires == ">=%s.0" % gates.OLDEST and list(gates.CORES)[-1] == gates.NEWEST


def _commands():
    for name, workflow in WORKFLOWS.items():
        for job in workflow["jobs"].values():
            for step in job.get("steps", ()):
                for target in re.findall(r"\bmake ([a-z-]+)", step.get("run", "")):
                    yield name, target


def test_workflows_call_targets_that_exist():
    known = set(" ".join(TARGETS).split())
    assert {target for _name, target in _commands()} >= {"test", "gates", "hostile", "faults", "behaviours", "demo", "release-files"}
    assert {target for _name, target in _commands()} <= known


def test_every_gate_is_run_every_night():
    """Those of a second, the linters of ``make test``, are run there, too."""
    groups = WORKFLOWS["matrix.yml"]["jobs"]["gates"]["strategy"]["matrix"]["gates"]
    every = gates.every()
    chosen = [gates.selected(every, [group]) for group in groups]
    assert all(chosen) and set(every) == {name for names in chosen for name in names}


def test_gates_cover_every_release_with_every_python():
    every = gates.every()
    for release, versions in gates.CORES.items():
        for version in versions:
            assert "sanity %s on Python %s, checkout" % (release, version) in every
        assert "sanity %s on Python %s, tarball" % (release, versions[0]) in every


def test_a_missing_python_is_told(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(gates.Missing, match="no Python 9.99"):
        gates.python("9.99")


def test_the_licence_is_at_the_root():
    assert (ROOT / "LICENSE").read_text() == (ROOT / "LICENSES" / "GPL-3.0-or-later.txt").read_text()


@pytest.mark.parametrize("path", sorted((ROOT / ".github").rglob("*.yml")) + [ROOT / ".pre-commit-config.yaml"], ids=lambda path: path.name)
def test_what_github_reads_is_yaml(path):
    assert yaml.safe_load(path.read_text())
