# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's findings on a terminal."""

from __future__ import annotations

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _doctor


def finding(check, passed=True, severity="error", detail="fine", remedy="", skipped=False):
    return {"check": check, "passed": passed, "severity": severity, "detail": detail, "remedy": remedy, "skipped": skipped}


def result(*checks):
    return {"healthy": all(each["passed"] for each in checks if each["severity"] == "error"), "checks": list(checks)}


def waiting(check):
    return finding(check, False, "advisory", "skipped: login did not pass", "Fix login first, then run the doctor again.", True)


BROKEN = result(
    finding("credentials"), finding("clock", False, "advisory", "8 min ahead", "Use NTP."),
    finding("login", False, detail="rejected", remedy="Compare the keys. " * 10),
    waiting("account"), waiting("project"), finding("versions"), waiting("quotas"),
)


def test_a_row_for_each_check_and_the_remedy_below():
    lines = _doctor.table(BROKEN)
    assert lines[0] == "7 checks, 1 failed, 1 advisory, 3 skipped"
    assert "ok   credentials      fine" in lines and "FAIL login            rejected" in lines
    assert lines[lines.index("warn clock            8 min ahead") + 1] == "     Remedy: Use NTP."
    assert "skip account, project: login did not pass" in lines and "skip quotas: login did not pass" in lines
    assert lines.index("FAIL login            rejected") + 1 == next(index for index, line in enumerate(lines) if "Compare" in line)


def test_the_end_says_what_to_do_first():
    assert _doctor.verdict(BROKEN)[0].startswith("Not healthy. First, login: Compare the keys.")
    assert _doctor.table(result(finding("a")))[-1] == "Healthy."
    assert _doctor.table(result(finding("a"), finding("b", False, "advisory", "d", "r")))[-1] == "Healthy, 1 advisory."


@pytest.mark.parametrize("width", [40, 69, 120])
def test_no_line_is_longer_than_the_screen(width):
    long = result(finding("x", False, detail="word " * 50 + "y" * 200, remedy="https://example.com/" + "z" * 300))
    assert max(map(len, _doctor.table(long, width))) <= width


def test_nothing_in_a_name_moves_the_cursor():
    lines = _doctor.table(result(finding("x", False, detail='a\x1b[2Jb\r\n"c"\\d\x9b', remedy="r\x00")))
    assert all(line.isprintable() for line in lines) and '"' not in "".join(lines) and any("'c'/d" in line for line in lines)
