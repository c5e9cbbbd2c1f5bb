# SPDX-License-Identifier: GPL-3.0-or-later
"""The queries by which Ansible Automation Platform counts indirectly managed nodes, on what modules document and on what they may lack."""

from __future__ import annotations

import importlib

import pytest
import yaml

from support import ROOT

QUERIES = yaml.safe_load((ROOT / "extensions" / "audit" / "event_query.yml").read_text())
jq = pytest.importorskip("jq", reason="jq has no wheel for every Python")


def nodes(module, result):
    return jq.compile(QUERIES["cloud_dr.sdrs." + module]["query"]).input(result).all()


def hashable(value):
    """As the platform does it; what it cannot hash, null above all, is not counted at all."""
    if isinstance(value, dict):
        return tuple(sorted((key, hashable(each)) for key, each in value.items()))
    assert isinstance(value, (str, int, float, bool)), value
    return value


@pytest.mark.parametrize("name", QUERIES)
def test_a_documented_result_is_counted(name):
    module = name.rsplit(".", 1)[-1]
    loaded = importlib.import_module("ansible_collections.cloud_dr.sdrs.plugins.modules." + module)
    samples = {key: entry.get("sample") for key, entry in yaml.safe_load(loaded.RETURN).items()}
    found = nodes(module, samples)
    assert found
    for node in found:
        assert node["name"] and isinstance(node["name"], str) and hashable(node["canonical_facts"])
        assert {"infra_type", "infra_bucket", "device_type"} <= set(node["facts"])


@pytest.mark.parametrize("result", [
    {}, {"failed": True, "msg": "x"}, {"skipped": True}, {"changed": False, "protected_instance": None, "protected_instances": None, "server_group": None},
    {"server_groups": [None, {}, {"id": None}, {"id": ""}, "x"], "ecs_servers": [{"name": "a"}], "protected_instances": [{"id": "a", "source_server": None}],
     "server_group": {"name": "planned"}, "protected_instance": {"name": "planned"}},
])
def test_what_has_no_id_is_not_counted_and_breaks_nothing(result):
    assert [nodes(name.rsplit(".", 1)[-1], result) for name in QUERIES] == [[]] * len(QUERIES)


def test_a_server_is_one_node_whatever_managed_it():
    server = {"id": "i-1", "name": "erp-db-1", "source_server": "s-1", "target_server": "t-1"}
    found = [*nodes("sdrs_protected_instance", {"protected_instance": server}), *nodes("sdrs_protected_instance_batch", {"protected_instances": [server]}),
             *nodes("ecs_power", {"ecs_servers": [{"id": "s-1", "name": "ecs-erp-db-1"}]})]
    assert len(found) == 3 and len({hashable(node["canonical_facts"]) for node in found}) == 1
