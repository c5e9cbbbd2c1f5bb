# SPDX-License-Identifier: GPL-3.0-or-later
"""The wings of module_utils: imports point down only, in no circle, at the top of the file (docs/development/architecture.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A wing may import those named; itself always.
BELOW = {
    "_cloud": set(),
    "_engine": {"_cloud"},
    "_reports": {"_cloud"},
    "_sdrs": {"_cloud", "_engine"},
    "_topology": {"_cloud", "_engine", "_sdrs"},
    "_neighbours": {"_cloud", "_engine", "_sdrs"},
    "_doctor": {"_cloud", "_engine", "_sdrs"},
    "_recovery": {"_cloud", "_engine", "_sdrs", "_neighbours", "_reports"},
    "_module": {"_cloud", "_engine"},
}
# Optional libraries, what need not be loaded before an error is shown or exchanges are recorded, and a version that only a report needs.
INSIDE = {("_cloud.clouds_yaml", "import yaml"), ("_cloud.errors", "from .error_codes import CODES"),
          ("_cloud.transport", "from .record import recorder"), ("_cloud.record_words", "from .error_codes import CODES"),
          ("_doctor.local", "from ansible.module_utils.ansible_release import __version__ as core")}


def modules(folder):
    """``{dotted name: syntax tree}`` of a folder's Python files."""
    return {
        ".".join(path.relative_to(folder).with_suffix("").parts): ast.parse(path.read_text())
        for path in sorted(folder.rglob("*.py")) if path.name != "__init__.py"
    }


def imported(name, tree, known):
    """The modules of ``known`` that a file imports relatively."""
    package = name.split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[:len(package) - node.level + 1] + (node.module.split(".") if node.module else [])
            for alias in node.names:
                yield [target for target in (".".join([*base, alias.name]), ".".join(base)) if target in known][0]


def graph(folder):
    trees = modules(folder)
    return {name: set(imported(name, tree, trees)) for name, tree in trees.items()}


def circle(edges):
    """Names of a circle of imports, or None."""
    done = set()

    def visit(name, path):
        if name in path:
            return [*path[path.index(name):], name]
        if name in done:
            return None
        done.add(name)
        return next(filter(None, (visit(target, [*path, name]) for target in sorted(edges[name]))), None)

    return next(filter(None, (visit(name, []) for name in sorted(edges))), None)


def test_imports_point_down():
    edges = graph(ROOT / "plugins" / "module_utils")
    assert edges.pop("_defaults") == set() and {name.split(".")[0] for name in edges} == set(BELOW)
    up = [
        "%s -> %s" % (name, target) for name, targets in edges.items() for target in targets
        if target != "_defaults" and target.split(".")[0] not in BELOW[name.split(".")[0]] | {name.split(".")[0]}
    ]
    assert not up


@pytest.mark.parametrize("folder", ["plugins/module_utils", "plugins/plugin_utils", "extensions/simulator/sdrs_simulator"])
def test_no_circle(folder):
    trees = modules(ROOT / folder)
    edges = {name: set() for name in trees}
    for name, tree in trees.items():
        package = name.split(".")[:-1]
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level and node.level <= len(package) + 1:
                base = package[:len(package) - node.level + 1] + (node.module.split(".") if node.module else [])
                for alias in node.names:
                    edges[name] |= {target for target in (".".join([*base, alias.name]), ".".join(base)) if target in trees}
    assert circle(edges) is None


def test_a_circle_is_found():
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"] and circle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


def test_imports_inside_functions_have_a_reason():
    inside = {
        (name, ast.unparse(node)) for name, tree in modules(ROOT / "plugins" / "module_utils").items()
        for function in ast.walk(tree) if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
        for node in ast.walk(function) if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    assert inside == INSIDE


# Code that may read a group's field itself: the one that tells which half is production, one that compares a request with what it did, and a result.
SITE_READERS = {"_sdrs.sites", "_sdrs.kinds", "_recovery.query"}


def site_reads(tree):
    """Whether a file takes ``priority_station`` out of an object, by index or by a call."""
    return any(
        isinstance(node, ast.Constant) and node.value == "priority_station"
        for outer in ast.walk(tree) if isinstance(outer, (ast.Call, ast.Subscript))
        for node in [*getattr(outer, "args", ()), getattr(outer, "slice", None)]
    )


def test_which_half_is_production_is_told_in_one_place():
    folder = ROOT / "plugins" / "module_utils"
    found = {name for name, tree in modules(folder).items() if site_reads(tree) and not name.startswith("_cloud.")}
    assert found == SITE_READERS


@pytest.mark.parametrize("source, expected", [('a.get("priority_station")', True), ('raw(a, "priority_station")', True), ('a["priority_station"]', True),
                                              ('{"priority_station": 1}', False), ('("id", "priority_station")', False)])
def test_a_second_place_would_be_found(source, expected):
    assert site_reads(ast.parse(source)) is expected
