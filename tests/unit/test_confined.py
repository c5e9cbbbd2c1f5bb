# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of the whole suite: what reaches outside a test's folders is refused before it happens, and fails the test."""

from __future__ import annotations

import os
import shutil

import confined
import pytest


@pytest.mark.parametrize("reach", [
    lambda place: (place / "new").write_text("x"),
    lambda place: (place / "old").unlink(),
    lambda place: (place / "old").rename(place / "other"),
    lambda place: (place / "folder").mkdir(),
    lambda place: (place / "link").symlink_to("old"),
    lambda place: (place / "old").chmod(0o600),
    lambda place: shutil.rmtree(place / "tree"),
    lambda place: os.close(os.open("new", os.O_WRONLY | os.O_CREAT, dir_fd=os.open(place, os.O_RDONLY))),
])
def test_a_reach_outside_is_refused_and_remembered(reach, tmp_path_factory, stays_in_its_folders, monkeypatch):
    place = tmp_path_factory.mktemp("elsewhere")
    (place / "old").write_text("kept")
    (place / "tree").mkdir()
    monkeypatch.setattr(confined, "_writable", [])
    with pytest.raises(PermissionError, match="outside its temporary folders"):
        reach(place)
    monkeypatch.undo()
    assert sorted(path.name for path in place.iterdir()) == ["old", "tree"]
    assert (place / "old").read_text() == "kept"
    assert stays_in_its_folders
    stays_in_its_folders.clear()


def test_devices_are_outside(stays_in_its_folders):
    with pytest.raises(PermissionError), open("/dev/vda", "rb"):
        pass
    assert stays_in_its_folders
    stays_in_its_folders.clear()
