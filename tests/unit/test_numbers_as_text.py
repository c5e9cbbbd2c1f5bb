# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers whose numbers are text, too large, or none: a result or a clear error, as with any other answer."""

from __future__ import annotations

import direct
import pytest

from support import TaskFailed

GROUP = {"name": "erp", "source_availability_zone": "eu-sim-01", "target_availability_zone": "eu-sim-02", "source_vpc": "vpc-erp"}
PAIR = {"server_group": "erp", "volume": "archive-1", "name": "archive", "size": 2000}
WEB = {"name": "web", "server": "ecs-erp-web-1", "replications": [{"device": "/dev/vda", "name": "root", "size": 300}]}
TASKS = [
    ("sdrs_server_group", GROUP), ("sdrs_protected_instance", {"server_group": "erp", "server": "ecs-erp-db-1", "name": "db"}), ("sdrs_replication", PAIR),
    ("sdrs_replication", dict(PAIR, size=2100)), ("sdrs_topology", {"server_groups": [dict(GROUP, protected_instances=[WEB])]}),
    ("sdrs_readiness_info", {"server_group": "erp", "operation": "create", "servers": ["ecs-erp-web-1"]}),
    ("sdrs_server_group", {"name": "erp", "state": "absent"}),
    ("sdrs_server_group", {"name": "erp", "protection": "enabled"}), ("sdrs_readiness_info", {"server_group": "erp", "operation": "planned_failover"}),
    ("sdrs_readiness_info", {"server_group": "erp", "operation": "drill"}), ("ecs_power", {"server_group": "erp", "site": "production", "state": "stopped"}),
    ("sdrs_failover", {"server_group": "erp", "active_site": "target", "mode": "unplanned", "force": True}), ("sdrs_topology_info", {}), ("sdrs_drift_info", {
        "server_group": "erp"}), ("sdrs_quota_info", {}), ("as_group", {"name": "as-erp-web", "max_instance_number": 5}), ("as_group_info", {}),
    ("sdrs_rpo_statistics_info", {}), ("sdrs_replication_info", {}), ("sdrs_tag_info", {}), ("vpc_info", {}), ("ecs_server_info", {"server_group": "erp"}),
    ("sdrs_server_group", {"name": "erp", "state": "absent", "purge": True, "force": True}),
]
WORDS = {
    "text": str, "no number": lambda number: "many", "empty": lambda number: "", "broken": lambda number: number + 0.5, "negative": lambda number: -1,
    "huge": lambda number: 10**30, "text with spaces": " {} ".format, "null": lambda number: None, "long text": lambda number: "9" * 5000,
}


def with_numbers(answer, word):
    if isinstance(answer, dict):
        return {key: with_numbers(value, word) for key, value in answer.items()}
    if isinstance(answer, list):
        return [with_numbers(value, word) for value in answer]
    return word(answer) if isinstance(answer, (int, float)) and not isinstance(answer, bool) else answer


@pytest.mark.parametrize("word", WORDS)
def test_numbers_of_answers(word, monkeypatch):
    hostile = False

    def changed(answer):
        return with_numbers(answer, WORDS[word]) if hostile else answer

    cloud = direct.use(monkeypatch)(changed)
    cloud.world.settings["first_sync_seconds"] = 1
    for module, options in TASKS:
        for hostile, check in ((True, True), (True, False), (False, False)):  # noqa: B007 - changed() reads it
            try:
                direct.run(module, check, **options)
            except TaskFailed as failed:
                assert len(str(failed)) < 2000, str(failed)[:300]
            cloud.time += 600


def test_counts_as_text_mean_what_they_say(monkeypatch):
    hostile = False
    direct.use(monkeypatch)(lambda answer: with_numbers(answer, str) if hostile else answer)
    direct.run("sdrs_server_group", **GROUP)
    hostile = True
    with pytest.raises(TaskFailed, match="no replication pairs"):
        direct.run("sdrs_server_group", name="erp", protection="enabled")
    hostile = False
    direct.run("sdrs_protected_instance", server_group="erp", server="ecs-erp-db-1", name="db")
    hostile = True
    with pytest.raises(TaskFailed, match=r"it has 1 protected instances, [0-9] replication pairs: protected instance db \([0-9a-f-]+\), replication pair "):
        direct.run("sdrs_server_group", name="erp", state="absent")
