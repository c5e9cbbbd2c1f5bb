# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders that nobody else can change, and what stands in their place."""

from __future__ import annotations

import os
import stat

import foreign
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import private_folder as folders
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.private_folder import NotPrivate, private_folder, read_file, replace_file


def use(path, make=True):
    with private_folder(str(path), make) as folder:
        replace_file(folder, "name", b"content")
        return read_file(folder, "name", 100)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("make", foreign.folders())
def test_what_others_can_change_is_refused_and_left_alone(make, tmp_path):
    path = make(tmp_path)
    before = foreign.state_of(tmp_path)
    with pytest.raises(NotPrivate) as caught:
        use(path)
    assert foreign.state_of(tmp_path) == before and str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("umask", [0, 0o022, 0o077])
def test_missing_parts_are_made_for_this_user_alone(umask, tmp_path):
    old = os.umask(umask)
    try:
        assert use(tmp_path / "a" / "b") == b"content"
    finally:
        os.umask(old)
    assert (mode(tmp_path / "a"), mode(tmp_path / "a" / "b"), mode(tmp_path / "a" / "b" / "name")) == (0o700, 0o700, 0o600)
    with pytest.raises(NotPrivate, match="No such file"):
        use(tmp_path / "c", make=False)


@pytest.mark.parametrize("existing", [0o700, 0o755, 0o750, 0o711])
def test_the_mode_of_a_folder_that_was_there_stays(existing, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a").chmod(existing)
    assert use(tmp_path / "a") == b"content" and mode(tmp_path / "a") == existing


def test_links_of_ones_own_above_it_are_followed(tmp_path):
    (tmp_path / "disk" / "deep").mkdir(parents=True)
    (tmp_path / "home").symlink_to(tmp_path / "disk")
    (tmp_path / "disk" / "cache").symlink_to("deep/../deep")
    assert use(tmp_path / "home" / "cache" / "a") == b"content" and (tmp_path / "disk" / "deep" / "a" / "name").exists()


def test_a_sticky_folder_above_it_is_no_harm(tmp_path):
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    assert use(tmp_path / "tmp" / "a") == b"content"


@pytest.mark.parametrize("user, members, private", [("dr", [], True), ("dr", ["dr"], True), ("dr", ["dr", "eve"], False), ("staff", [], False)])
def test_a_group_of_ones_own(user, members, private, monkeypatch):
    monkeypatch.setattr(folders.pwd, "getpwuid", lambda uid: folders.pwd.struct_passwd(("dr", "x", 1000, 1000, "", "/", "")))
    monkeypatch.setattr(folders.grp, "getgrgid", lambda gid: folders.grp.struct_group((user, "x", gid, members)))
    assert folders._own_group(1000) is private and folders._own_group(0) and not folders._own_group(1001)


@pytest.mark.parametrize("make", foreign.FILES.values(), ids=foreign.FILES)
def test_what_stands_in_the_place_of_a_file_is_neither_read_nor_waited_for(make, tmp_path):
    make(tmp_path / "name")
    with private_folder(str(tmp_path)) as folder:
        def read():
            with pytest.raises((OSError, NotPrivate)):
                read_file(folder, "name", 100)
            return True

        assert foreign.in_time(read)


@foreign.as_root
def test_a_file_of_another_user_is_not_read(tmp_path):
    (tmp_path / "name").write_text("content")
    os.chown(tmp_path / "name", foreign.SOMEBODY, foreign.SOMEBODY)
    with private_folder(str(tmp_path)) as folder, pytest.raises(NotPrivate, match="is not a regular file that you own"):
        read_file(folder, "name", 100)


def test_a_file_has_a_largest_size(tmp_path):
    (tmp_path / "name").write_bytes(b"x" * 101)
    with private_folder(str(tmp_path)) as folder, pytest.raises(NotPrivate, match="larger than 100 bytes"):
        read_file(folder, "name", 100)


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "name").mkdir()
    with private_folder(str(tmp_path)) as folder, pytest.raises(OSError):
        replace_file(folder, "name", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["name"]
