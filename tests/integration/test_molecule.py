# SPDX-License-Identifier: GPL-3.0-or-later
"""The molecule scenarios, one for each role, as a contributor runs them: `molecule test --all` in the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import ROOT, TREE


@pytest.mark.nightly
def test_every_role_has_a_scenario_and_all_pass(tmp_path):
    scenarios = {path.parent.name for path in (ROOT / "extensions" / "molecule").glob("*/molecule.yml")}
    assert scenarios == {"default"} | {path.name for path in (ROOT / "roles").iterdir()}
    binaries = Path(sys.executable).parent
    own = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "HW_", "SDRS_", "MOLECULE_"))}
    environment = {**own, "ANSIBLE_COLLECTIONS_PATH": str(TREE), "ANSIBLE_HOME": str(tmp_path), "HOME": str(tmp_path), "NO_COLOR": "1",
                   "PATH": "%s:%s" % (binaries, os.environ["PATH"])}
    done = subprocess.run([str(binaries / "molecule"), "test", "--all"], env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
