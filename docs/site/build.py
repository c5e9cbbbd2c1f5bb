# SPDX-License-Identifier: GPL-3.0-or-later
"""``make docs``: the documentation site, below ``.build/docs/html``. Warnings are errors, and so is a link that leads nowhere."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import links
import pages
import phone
import samples

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build" / "docs"
SOURCE, HTML = BUILD / "rst", BUILD / "html"


def main():
    started = time.monotonic()
    for folder in (SOURCE, HTML, BUILD / "samples"):
        shutil.rmtree(folder, ignore_errors=True)
    SOURCE.mkdir(parents=True, mode=0o755)
    SOURCE.chmod(0o755)
    command = ("antsibull-docs", "--config-file", ROOT / "docs" / "site" / "antsibull-docs.cfg", "collection", "--fail-on-error", "--use-current",
               "--squash-hierarchy", "--dest-dir", SOURCE, "cloud_dr.sdrs")
    run(*command)
    arrange()
    run("sphinx-build", "-q", "-j", "2", "-W", "--keep-going", "-b", "html", "-c", ROOT / "docs" / "site", SOURCE, HTML)
    found = max(links.main(HTML), phone.main(HTML))
    print("%s: %d pages in %d s" % (HTML / "index.html", len(list(HTML.rglob("*.html"))), time.monotonic() - started))
    return found


def run(name, *arguments):
    """A command of this environment; the build ends where it fails."""
    if subprocess.run([str(Path(sys.executable).with_name(name)), *map(str, arguments)], cwd=ROOT, check=False).returncode:
        raise SystemExit("%s failed" % name)


def arrange():
    """Add to the generated reference what belongs to the site: start page, diagrams, generated pages, notes for developers, samples."""
    reference = (SOURCE / "index.rst").read_text(encoding="utf-8")
    # The guides are listed by the start page.
    reference = re.sub(r"\n\.\. toctree::\n    :maxdepth: 1\n\n(?=Getting started).*?(?=\n\.\. _plugin_index_for)", "\n", reference, flags=re.S)
    reference = reference.replace("Cloud_Dr.Sdrs\n=============", "Modules, roles, plugins\n=======================")
    (SOURCE / "reference.rst").write_text(reference, encoding="utf-8")
    start = (ROOT / "docs" / "site" / "index.rst").read_text(encoding="utf-8")
    (SOURCE / "index.rst").write_text(re.sub(r"\.\. guides:.*", lambda _match: pages.guides(), start), encoding="utf-8")
    # The theme shows each page's contents beside it.
    for page in SOURCE.glob("*.rst"):
        page.write_text(re.sub(r"^\.\. contents::\n(?: +:.*\n)*", "", page.read_text(encoding="utf-8"), flags=re.M), encoding="utf-8")
    shutil.copytree(ROOT / "docs" / "docsite" / "diagrams", SOURCE / "diagrams")
    shutil.copytree(ROOT / "docs" / "development", SOURCE / "development")
    for page in (SOURCE / "development").rglob("*.md"):
        page.write_text(page.read_text(encoding="utf-8").replace("../docsite/diagrams/", "../diagrams/"), encoding="utf-8")
    generated = SOURCE / "generated"
    generated.mkdir()
    trouble = SOURCE / "docsite" / "guide_troubleshooting.rst"
    text = re.sub(r"\.\. error-codes:.*", lambda _match: pages.troubleshooting_codes(), trouble.read_text(encoding="utf-8"))
    trouble.write_text(text, encoding="utf-8")
    (SOURCE / "playbooks.rst").write_text(pages.playbooks(), encoding="utf-8")
    (SOURCE / "sdrs_events.rst").write_text(pages.event_source(), encoding="utf-8")
    samples.make(BUILD / "samples", ROOT / ".build" / "tree")
    (generated / "topology.yml").write_text(samples.HOST, encoding="utf-8")
    shutil.copy(ROOT / "examples" / "gitops" / "recovery" / "site.yml", generated / "recovery.yml")
    shutil.copy(BUILD / "samples" / "plan.md", generated / "plan.txt")


if __name__ == "__main__":
    sys.exit(main())
