# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks between runs on one machine."""

from __future__ import annotations

import os
import stat

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._errors import SdrsError
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._lock import locked
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._wait import Waiting

KEY = ("https://sdrs.example.com", "project", "erp")


def hold(folder, key=KEY, warnings=None, seconds=0.01):
    now = [0.0]

    def sleep(pause):
        now[0] += pause

    heard = warnings if warnings is not None else []
    return locked([key], Waiting(wait_timeout=seconds, clock=lambda: now[0], sleep=sleep), heard.append, str(folder))


def test_a_group_is_changed_by_one_run_at_a_time(tmp_path):
    folder = tmp_path / "locks"
    with hold(folder):
        with pytest.raises(SdrsError, match="erp is being changed by process %d on this machine" % os.getpid()), hold(folder, seconds=3):
            pass
        with hold(folder, ("https://sdrs.example.com", "project", "web")):
            pass
    with hold(folder):
        pass
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert "erp" not in " ".join(path.name for path in folder.iterdir())


@pytest.mark.parametrize("make", ["open", "file", "link"])
def test_a_folder_that_others_can_enter_is_not_used(tmp_path, make):
    folder, warnings = tmp_path / "locks", []
    if make == "open":
        folder.mkdir()
        folder.chmod(0o777)
    elif make == "file":
        folder.write_text("")
    else:
        (tmp_path / "elsewhere").mkdir()
        folder.symlink_to(tmp_path / "elsewhere")
    with hold(folder, warnings=warnings):
        pass
    assert len(warnings) == 1 and "not kept apart" in warnings[0]
