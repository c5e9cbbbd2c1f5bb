# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``make lint`` has mypy look at: files that are fully annotated stay so, others become fewer."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE_UTILS = ROOT / "plugins" / "module_utils"
_PACKAGE = "ansible_collections.cloud_dr.sdrs.plugins."
# Python 3.10 reads no TOML.
LISTED = set(re.findall(r'"%s(\w+\.[\w.]+)"' % re.escape(_PACKAGE), (ROOT / "pyproject.toml").read_text(encoding="utf-8")))
# Wings of which every file is annotated. Files of others join the list in pyproject.toml; none leaves it.
WHOLE = ("_cloud", "_doctor", "_engine", "_module", "_neighbours", "_recovery", "_reports", "_sdrs", "_topology")
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


def test_whole_wings_are_annotated():
    files = [path for wing in WHOLE for path in (MODULE_UTILS / wing).rglob("*.py") if path.name != "__init__.py"]
    names = {".".join(path.relative_to(ROOT / "plugins").with_suffix("").parts) for path in files}
    assert len(names) > 40 and not names - LISTED


@pytest.mark.parametrize("name", sorted(LISTED))
def test_every_function_of_an_annotated_file_has_types(name):
    assert bare((ROOT / "plugins").joinpath(*name.split(".")).with_suffix(".py").read_text(encoding="utf-8")) == []


def test_every_function_of_the_simulator_has_types():
    files = sorted((ROOT / "extensions" / "simulator" / "sdrs_simulator").glob("*.py"))
    assert len(files) > 30 and {path.name: bare(path.read_text(encoding="utf-8")) for path in files} == {path.name: [] for path in files}


def test_a_function_without_types_is_found():
    source = "class A:\n    def a(self) -> int: ...\n    def b(self): ...\ndef c(x: int, *y) -> int: ...\nasync def d(*, z) -> int: ...\n"
    assert sorted(bare(source)) == ["b", "c", "d"]


def test_what_mypy_is_to_ignore_has_a_reason():
    folders = [MODULE_UTILS, ROOT / "plugins" / "plugin_utils", ROOT / "extensions" / "simulator"]
    found = {path.name: unreasoned(path.read_text(encoding="utf-8")) for folder in folders for path in folder.rglob("*.py")}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("comment", ["# type: ignore", "# type: ignore[misc]", "# type: ignore  # because"])
def test_an_ignore_without_a_reason_is_found(comment):
    assert unreasoned("a = 1  %s\n" % comment) and not unreasoned("a = 1  # type: ignore[misc]  # because\n")
