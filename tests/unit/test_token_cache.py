# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import stat
import time
from types import SimpleNamespace

import foreign
import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.token_cache import TokenCache
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._doctor import local

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


@pytest.mark.parametrize("make", foreign.folders())
def test_a_folder_others_can_change_means_no_cache_and_one_warning(make, tmp_path):
    path = make(tmp_path)
    before, warnings = foreign.state_of(tmp_path), []
    cache = TokenCache(str(path), warn=warnings.append)
    cache.put(IDENTITY, "pw", {"token": "t"}, later())
    assert cache.get(IDENTITY, "pw") is None
    cache.drop(IDENTITY)
    assert foreign.state_of(tmp_path) == before and len(warnings) == 1 and warnings[0].startswith("tokens are not cached: ")


def test_without_a_home_there_is_no_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.chdir(tmp_path)
    warnings = []
    TokenCache(warn=warnings.append).put(IDENTITY, "pw", {}, later())
    assert warnings == ["tokens are not cached: no home folder is set"] and not list(tmp_path.iterdir())


def test_without_a_home_folder_the_doctor_says_so(monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert local.token_cache(SimpleNamespace(token_cache=True, token_cache_dir=None)) == (False, "no home folder is set")


def test_the_default_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    TokenCache().put(IDENTITY, "pw", {"token": "t"}, later())
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # counts as unset
    assert TokenCache().get(IDENTITY, "pw") == {"token": "t"} and len(list((tmp_path / ".cache" / "cloud_dr.sdrs").iterdir())) == 1
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "elsewhere"))
    assert TokenCache().get(IDENTITY, "pw") is None


def replaced(tmp_path, make):
    """A cache in which something else stands in the place of its entry."""
    cache = TokenCache(str(tmp_path / "c"))
    cache.put(IDENTITY, "pw", {"token": "t"}, later())
    (entry,) = (tmp_path / "c").iterdir()
    content = json.loads(entry.read_text())
    entry.unlink()
    make(entry, content)
    return cache, entry


@pytest.mark.parametrize("make", foreign.FILES.values(), ids=foreign.FILES)
def test_what_is_no_file_is_a_miss(make, tmp_path):
    cache, entry = replaced(tmp_path, lambda path, content: make(path))
    assert foreign.in_time(lambda: [cache.get(IDENTITY, "pw")]) == [None]
    cache.put(IDENTITY, "pw", {"token": "new"}, later())
    assert cache.get(IDENTITY, "pw") == (None if entry.is_dir() else {"token": "new"})


@pytest.mark.parametrize("content", [
    "", "null", "[]", "7", '"x"', "{}", "{broken", "[" * 900_000, '{"a":' * 150_000, "1" * 5000, "\ud800", "\x00", "x" * 3_000_000,
])
def test_an_entry_that_is_none_is_a_miss(content, tmp_path):
    cache, entry = replaced(tmp_path, lambda path, _content: path.write_text(content, encoding="utf-8", errors="surrogatepass"))
    assert cache.get(IDENTITY, "pw") is None and entry.exists()


@pytest.mark.parametrize("changes", [
    {"salt": 7}, {"salt": "zz"}, {"proof": None}, {"proof": "ä"}, {"expires": "tomorrow"}, {"expires": None}, {"expires": float("nan")}, {"expires": [1]},
])
def test_an_entry_with_wrong_parts_is_a_miss(changes, tmp_path):
    cache, _entry = replaced(tmp_path, lambda path, content: path.write_text(json.dumps({**content, **changes})))
    assert cache.get(IDENTITY, "pw") is None


def test_an_entry_too_large_is_not_written(tmp_path):
    cache = TokenCache(str(tmp_path / "c"))
    cache.put(IDENTITY, "pw", {"token": "t" * 2_000_000}, later())
    assert cache.get(IDENTITY, "pw") is None and not list((tmp_path / "c").iterdir())


def test_text_that_is_no_unicode_is_no_traceback(tmp_path):
    cache = TokenCache(str(tmp_path / "c"))
    cache.put(("token", "\ud800"), "\udcff", {"token": "t"}, later())
    assert cache.get(("token", "\ud800"), "\udcff") == {"token": "t"}


def test_a_failure_to_write_is_one_warning(tmp_path, monkeypatch):
    warnings = []
    cache = TokenCache(str(tmp_path / "c"), warn=warnings.append)

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    cache.put(IDENTITY, "pw", {}, later())
    cache.put(IDENTITY, "pw", {}, later())
    assert len(warnings) == 1 and "No space left" in warnings[0] and not list((tmp_path / "c").iterdir())


def test_off(tmp_path):
    cache = TokenCache(str(tmp_path / "c"), enabled=False)
    cache.put(IDENTITY, "pw", {}, later())
    assert not (tmp_path / "c").exists()
