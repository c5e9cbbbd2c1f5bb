# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import validate
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ConfigError


@pytest.mark.parametrize("option, value, rule", [
    ("name", "", "must not be empty"), ("name", "x" * 65, "longer than 64 bytes"), ("name", "ä" * 33, "longer than 64 bytes"),
    ("name", "a b", "only letters"), ("name", "a\n", "only letters"),
    ("description", "<b>", "must not contain"), ("description", "ü" * 33, "64 bytes"),
    ("tags", {str(number): "" for number in range(11)}, "11 tags"), ("tags", {"": "x"}, "not empty"), ("tags", {"k" * 37: ""}, "36 characters"),
    ("tags", {"a=b": ""}, "36 characters"), ("tags", {"k": "v" * 44}, "43 characters"), ("tags", {"k": ["v"]}, "must be a string"),
    ("tags", [{"key": "a", "values": []}, {"key": " a", "values": []}], "twice"), ("size", 0, "from 1 to 1048576"), ("size", -5, "from 1 to"),
    ("id", "erp", "not an ID"), ("primary_ip_address", "300.1.1.1", "not an IP address"), ("wait_timeout", 0, "from 0.1 to 604800"),
    ("attachments", [{"protected_instance": "a", "device": "vdb"}], r"attachments\[0\].device"),
    ("attachments", [{"protected_instance": "a"}, {"protected_instance": "a"}], r"attachments\[1\] repeats"),
    ("server_group", " ", "must not be empty"), ("server_group_ids", ["x"], "not an ID"),
    ("name", "x\ud800", "not valid"), ("tags", {"a": "\udfff"}, "not valid"), ("tags", {"\udfff": ""}, "not valid"), ("server", "\udc80", "not valid"),
    ("servers", [{"name": "\ud83d"}], "not valid text"),
])
def test_what_is_refused_names_option_and_rule(option, value, rule):
    with pytest.raises(ConfigError, match=rule) as caught:
        validate.check({option: value}, validate.RULES)
    assert str(caught.value).startswith(option)


@pytest.mark.parametrize("option, value", [
    ("name", "erp_1.x-Y"), ("name", "保护组"), ("name", "x" * 64), ("description", "any thing, 100 %"), ("tags", {"k" * 36: "v" * 43, "a b": ""}),
    ("tags", {"k": None}), ("size", 1), ("id", "40df180b-9fe2-471a-8c64-1b758dc84189"), ("id", "00000000632302f501632305f63c000e"),
    ("attachments", [{"protected_instance": "a", "device": "/dev/vdb"}, {"protected_instance": "b", "device": None}]),
])
def test_what_is_accepted(option, value):
    validate.check({option: value}, validate.RULES)


def test_devices():
    assert validate.same_device("/dev/sdb", "/dev/vdb") and not validate.same_device("/dev/vdb", "/dev/vdc")
    assert validate.is_system_device("/dev/sda") and not validate.is_system_device("/dev/vdab")
