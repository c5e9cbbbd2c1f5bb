# SPDX-License-Identifier: GPL-3.0-or-later
"""``make release VERSION=1.0.0`` turns the fragments into a release's changelog; ``make release-files`` makes what is published.

Nothing is committed, tagged or uploaded: CONTRIBUTING.md says what comes before and after.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import gates

ROOT = Path(__file__).resolve().parent.parent
_VERSION = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?")


def version(root):
    return re.search(r"^version: (\S+)$", (root / "galaxy.yml").read_text(), re.M)[1]


def prepare(wanted, root=ROOT):
    """Set the version where it stands, and let antsibull-changelog make the release's entry of the fragments and of what is new."""
    if not _VERSION.fullmatch(wanted):
        raise SystemExit("VERSION=%s is no semantic version such as 1.0.0" % wanted)
    for path in (root / "galaxy.yml", *(root / "plugins" / "module_utils").rglob("version.py")):
        text, found = re.subn(r'^(version: |VERSION = ")[0-9A-Za-z.-]+', r"\g<1>" + wanted, path.read_text(), flags=re.M)
        if found != 1:
            raise SystemExit("%s has no version, or more than one" % path)
        path.write_text(text)
    subprocess.run([str(Path(sys.executable).with_name("antsibull-changelog")), "release"], cwd=root, check=True)


def notes(root=ROOT):
    """The newest release's part of CHANGELOG.md, without the anchors."""
    text = (root / "CHANGELOG.md").read_text()
    part = re.split(r"^## v[^\n]*\n", text, flags=re.M)[1]
    return re.sub(r"^<a id=.*\n", "", part, flags=re.M).strip() + "\n"


def publish(folder):
    """Write tarball, checksum, SBOM (SPDX) and notes into ``folder``."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="release-") as place:
        built = gates.build(Path(place) / "built")
        target = gates.unpack(built, Path(place) / "unpacked")
        reuse = [str(Path(sys.executable).with_name("reuse")), "--suppress-deprecation", "spdx", "--add-license-concluded",
                 "--creator-organization", "cloud_dr.sdrs", "--output", str(folder / (built.name[: -len(".tar.gz")] + ".spdx"))]
        subprocess.run(reuse, cwd=target, check=True)
        shutil.copy(built, folder)
    digest = hashlib.sha256((folder / built.name).read_bytes()).hexdigest()
    (folder / (built.name + ".sha256")).write_text("%s  %s\n" % (digest, built.name))
    (folder / "NOTES.md").write_text(notes())
    return folder / built.name


def main(arguments):
    if arguments[:1] == ["prepare"] and len(arguments) == 2:
        prepare(arguments[1])
        print("The changelog of %s is made. Look through it, commit it, and go on as CONTRIBUTING.md says." % arguments[1])
    elif arguments == ["files"]:
        print("\n".join(sorted(str(path) for path in publish(ROOT / ".build" / "release").parent.iterdir())))
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
