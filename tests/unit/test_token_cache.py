# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import stat
import time

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._token_cache import TokenCache

IDENTITY = ("token", "https://iam", "user")


def later(seconds=3600):
    return time.time() + seconds


def test_round_trip_permissions_and_names(tmp_path):
    folder = tmp_path / "cache"
    old = os.umask(0)
    try:
        TokenCache(str(folder)).put(IDENTITY, "the password", {"token": "the token"}, later())
    finally:
        os.umask(old)
    assert TokenCache(str(folder)).get(IDENTITY, "the password") == {"token": "the token"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (entry,) = folder.iterdir()
    assert stat.S_IMODE(entry.stat().st_mode) == 0o600
    assert "user" not in entry.name and "the password" not in entry.read_text()


def test_misses(tmp_path):
    cache = TokenCache(str(tmp_path / "c"))
    cache.put(IDENTITY, "pw", {"token": "t"}, later())
    assert cache.get(IDENTITY, "other") is None
    assert cache.get(("token", "https://iam", "else"), "pw") is None
    assert TokenCache(str(tmp_path / "c"), clock=lambda: later(3500)).get(IDENTITY, "pw") is None
    cache.drop(IDENTITY)
    assert cache.get(IDENTITY, "pw") is None
    cache.put(IDENTITY, "pw", {"token": "t"}, later())
    next((tmp_path / "c").iterdir()).write_text("{broken")
    assert cache.get(IDENTITY, "pw") is None


def test_a_folder_others_can_write_means_no_cache_and_one_warning(tmp_path):
    folder, warnings = tmp_path / "shared", []
    folder.mkdir()
    folder.chmod(0o777)
    cache = TokenCache(str(folder), warn=warnings.append)
    cache.put(IDENTITY, "pw", {"token": "t"}, later())
    assert cache.get(IDENTITY, "pw") is None and list(folder.iterdir()) == [] and len(warnings) == 1


def test_a_folder_that_cannot_be_made_means_no_cache_and_one_warning(tmp_path):
    (tmp_path / "file").write_text("")
    warnings = []
    cache = TokenCache(str(tmp_path / "file" / "below"), warn=warnings.append)
    cache.put(IDENTITY, "pw", {}, later())
    assert cache.get(IDENTITY, "pw") is None and len(warnings) == 1


def test_off(tmp_path):
    cache = TokenCache(str(tmp_path / "c"), enabled=False)
    cache.put(IDENTITY, "pw", {}, later())
    assert not (tmp_path / "c").exists()
