# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every filter."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import subprocess
import sys

import pytest
from ansible.errors import AnsibleFilterError
from jinja2 import StrictUndefined, UndefinedError

from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils._roles import FUNCTIONS
from support import ROOT, TREE

FILTERS = {}
for _path in sorted((ROOT / "plugins" / "filter").glob("*.py")):
    _module = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.filter." + _path.stem)
    FILTERS.update(_module.FilterModule().filters())


def _needed(function):
    """How many arguments a filter cannot do without; those made by ``as_filter`` take any number, its tests show that they stay apart."""
    parameters = inspect.signature(function).parameters.values()
    return len([each for each in parameters if each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD]) or 1


@pytest.mark.parametrize("name", FILTERS)
def test_an_undefined_variable_is_called_so(name):
    """Not "wants a path, got AnsibleUndefined": what is undefined is for Ansible to say, and for linters to pass over."""
    function = FILTERS[name]
    with pytest.raises(UndefinedError, match="'drill_file' is undefined"):
        function(*[StrictUndefined(name="drill_file")] * _needed(function))


def test_filters_are_loaded_with_the_first_action_plugin():
    """In the process of ansible-playbook: each of its forks would load them anew."""
    code = """
import sys
from ansible.plugins.loader import action_loader, init_plugin_loader
init_plugin_loader()
action_loader.get("cloud_dr.sdrs.sdrs_quota_info", class_only=True)
print(sorted(name.rpartition(".")[2] for name in sys.modules if name.startswith("ansible_collections.cloud_dr.sdrs.plugins.filter.")))
"""
    loaded = subprocess.run([sys.executable, "-c", code], env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(TREE)}, capture_output=True, text=True, check=True)
    files = {path.stem for path in (ROOT / "plugins" / "filter").glob("*.py")}
    assert {name for name in files if "'%s'" % name in loaded.stdout} == files, loaded.stdout + loaded.stderr


def test_every_internal_function_is_called_and_every_call_has_one():
    files = [path for folder in ("roles", "playbooks") for path in (ROOT / folder).rglob("*.yml")]
    called = {name for path in files for name in re.findall(r"cloud_dr\.sdrs\.internal'?[(,] ?'(\w+)'", path.read_text())}
    assert called == set(FUNCTIONS), called ^ set(FUNCTIONS)


def test_an_unknown_internal_function_is_named():
    with pytest.raises(AnsibleFilterError, match="no function named 'drill_beginn'"):
        FILTERS["internal"]({}, "drill_beginn")
