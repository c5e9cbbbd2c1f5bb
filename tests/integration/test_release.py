# SPDX-License-Identifier: GPL-3.0-or-later
"""The next release, prepared in a copy: what the changelog says is new, and what is published."""

from __future__ import annotations

import re
import subprocess
import tarfile

import gates
import pytest
import release
import yaml

from support import ROOT

# Exactly these, and what lies below: what else is in the repository is for those who build the collection.
SHIPPED = {
    ".ansible-lint", ".yamllint", "CHANGELOG.md", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "FILES.json", "LICENSE", "LICENSES", "MANIFEST.json", "README.md",
    "REUSE.toml", "SECURITY.md", "changelogs", "docs", "extensions", "meta", "playbooks", "plugins", "requirements.txt", "roles", "tests",
}
UNWANTED = re.compile(
    r"(^|/)(Makefile|molecule|demo\.py|fragments|__pycache__|\.github|\.ci|conftest\.py|test_[^/]*\.py|requirements-demo\.txt)(/|$)"
    r"|^(tests/(?!config\.yml$)|examples|benchmarks)"
)


@pytest.fixture
def copy(tmp_path):
    """A copy of the checkout as a repository of its own: antsibull-changelog asks git for the files."""
    target = gates.checkout(tmp_path)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=target, check=True)
    return target


def test_the_next_release_lists_what_is_new(copy):
    wanted = "%d.0.0" % (int(release.version(copy).split(".")[0]) + 1)
    release.prepare(wanted, copy)
    entry = yaml.safe_load((copy / "changelogs" / "changelog.yaml").read_text())["releases"][wanted]
    new = {
        path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")
        if yaml.safe_load(re.search(r'DOCUMENTATION = r"""(.*?)"""', path.read_text(), re.S)[1])["version_added"] == wanted
    }
    assert {module["name"] for module in entry.get("modules", [])} == new
    notes = release.notes(copy)
    assert ("### New Modules" in notes) is bool(new) and "<a id" not in notes and not list((copy / "changelogs" / "fragments").glob("*.yml"))
    if wanted == "1.0.0":
        playbooks = {path.stem for path in (ROOT / "playbooks").glob("*.yml")} - {"demo", "target"}
        assert {each["name"] for each in entry["objects"]["playbook"]} == playbooks, "changelogs/fragments/14-gates.yml lists them"
        assert {each["name"] for each in entry["objects"]["role"]} == {path.name for path in (ROOT / "roles").iterdir() if path.is_dir()}
        assert "### New Roles" in notes and "### New Playbooks" in notes and set(entry["plugins"]) == {"callback", "filter", "inventory", "lookup"}
    assert release.version(copy) == wanted
    versions = [path.read_text() for path in (copy / "plugins" / "module_utils").rglob("version.py")]
    assert versions and all('"%s"' % wanted in text for text in versions)


def test_a_release_needs_a_version(copy):
    with pytest.raises(SystemExit, match="no semantic version"):
        release.prepare("next", copy)


def test_what_is_published(tmp_path):
    tarball = release.publish(tmp_path / "release")
    with tarfile.open(tarball) as archive:
        names = [name for name in archive.getnames() if not name.endswith("/")]
    assert {name.split("/")[0] for name in names} == SHIPPED
    assert [name for name in names if UNWANTED.search(name)] == []
    assert {"tests/config.yml", "extensions/audit/event_query.yml", "extensions/simulator/sdrs_simulator/__main__.py", "changelogs/changelog.yaml",
            "extensions/eda/plugins/event_source/sdrs_events.py", "docs/report.schema.json"} <= set(names)
    stem = tarball.name[: -len(".tar.gz")]
    assert sorted(path.name for path in tarball.parent.iterdir()) == ["NOTES.md", stem + ".spdx", stem + ".tar.gz", stem + ".tar.gz.sha256"]
    sbom = (tarball.parent / (stem + ".spdx")).read_text()
    listed = set(re.findall(r"^FileName: \./(.*)$", sbom, re.M))
    assert "LicenseConcluded: GPL-3.0-or-later" in sbom and "plugins/modules/sdrs_topology.py" in listed
    assert {name for name in names if name.endswith(".py")} - listed == {name for name in names if name.endswith("__init__.py")} & ({*names} - listed)
