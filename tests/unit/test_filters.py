# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every filter."""

from __future__ import annotations

import importlib
import inspect

import pytest
from jinja2 import StrictUndefined, UndefinedError

from support import ROOT

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
