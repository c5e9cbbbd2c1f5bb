# SPDX-License-Identifier: GPL-3.0-or-later
"""What documentation says of times and numbers is what the code does."""

from __future__ import annotations

import importlib
import re

import pytest
import yaml

from ansible_collections.cloud_dr.sdrs.plugins.module_utils import _defaults
from support import ROOT


def prose(path):
    """The text of a page or a documentation block, its lines joined."""
    return re.sub(r"\s+", " ", (ROOT / path).read_text())


@pytest.mark.parametrize("path, text, names", [
    ("plugins/doc_fragments/wait.py", "starts at %g seconds and grows with the time waited, up to %g seconds (%g seconds when many", (
        "FIRST_POLL", "LONGEST_POLL", "LONGEST_JOINT_POLL")),
    ("plugins/modules/sdrs_job_info.py", "starts at %g seconds", ("FIRST_POLL",)),
    ("plugins/doc_fragments/auth.py", "retried for %g seconds, and a C(Retry-After) is obeyed up to %g seconds", (
        "LONGEST_THROTTLED", "LONGEST_RETRY_AFTER")),
    ("docs/docsite/rst/guide_topology.rst", "after %g seconds the task warns", ("VISIBLE_WITHIN",)),
])
def test_documentation_names_the_defaults(path, text, names):
    assert text % tuple(getattr(_defaults, name) for name in names) in prose(path)


@pytest.mark.parametrize("fragment, option, name", [
    ("auth", "http_timeout", "HTTP_TIMEOUT"), ("auth", "max_retries", "MAX_RETRIES"), ("wait", "wait_timeout", "WAIT_TIMEOUT"),
])
def test_options_have_them(fragment, option, name):
    loaded = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.doc_fragments." + fragment)
    assert yaml.safe_load(loaded.ModuleDocFragment.DOCUMENTATION)["options"][option]["default"] == getattr(_defaults, name)
