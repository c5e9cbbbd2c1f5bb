# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``make lint`` has mypy look at: every function of what is shipped has types."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = [ROOT / "plugins" / "module_utils", ROOT / "plugins" / "plugin_utils", ROOT / "extensions" / "simulator" / "sdrs_simulator"]
# What most tests stand on has types, too.
FILES = sorted(path for folder in FOLDERS for path in folder.rglob("*.py")) + [ROOT / "tests" / name for name in ("direct.py", "support.py", "wire.py")]
_IGNORE = re.compile(r"# type: ignore(?!\[[a-z, -]+\]  # \w)")


def bare(source):
    """The functions that have a parameter, or a result, without a type."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            given = node.args
            named = [each for each in [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg] if each is not None]
            if node.returns is None or any(each.annotation is None for each in named if each.arg not in ("self", "cls")):
                found.append(node.name)
    return found


def unreasoned(source):
    """Lines that ignore mypy without naming its code and a reason."""
    return [line.strip() for line in source.splitlines() if _IGNORE.search(line)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_function_has_types(path):
    assert bare(path.read_text(encoding="utf-8")) == []


def test_mypy_wants_them_everywhere():
    """Python 3.10 reads no TOML."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    modules = ("ansible_collections.cloud_dr.sdrs.plugins.*", "sdrs_simulator.*", "support", "direct", "wire")
    wanted = "module = %s\ndisallow_untyped_defs = true\ndisallow_incomplete_defs = true\n" % json.dumps(modules)
    assert wanted in text and len(FILES) > 180


def test_a_function_without_types_is_found():
    source = "class A:\n    def a(self) -> int: ...\n    def b(self): ...\ndef c(x: int, *y) -> int: ...\nasync def d(*, z) -> int: ...\n"
    assert sorted(bare(source)) == ["b", "c", "d"]


def test_what_mypy_is_to_ignore_has_a_reason():
    found = {path.name: unreasoned(path.read_text(encoding="utf-8")) for path in FILES}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("comment", ["# type: ignore", "# type: ignore[misc]", "# type: ignore  # because"])
def test_an_ignore_without_a_reason_is_found(comment):
    assert unreasoned("a = 1  %s\n" % comment) and not unreasoned("a = 1  # type: ignore[misc]  # because\n")
