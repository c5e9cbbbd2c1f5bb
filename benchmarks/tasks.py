# SPDX-License-Identifier: GPL-3.0-or-later
"""What one task costs that changes nothing: ratios to ansible.builtin.uri and debug, measured side by side in one play."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import others

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 15
CALLBACK = '''
import json, os, time
from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION, CALLBACK_TYPE, CALLBACK_NAME = 2.0, "aggregate", "stopwatch"

    def __init__(self):
        super().__init__()
        self.times = {}

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.started, self.name = time.monotonic(), task.get_name()

    def v2_runner_on_ok(self, result):
        self.times.setdefault(self.name, []).append(time.monotonic() - self.started)

    def v2_playbook_on_stats(self, stats):
        with open(os.environ["STOPWATCH"], "w", encoding="utf-8") as stream:
            json.dump(self.times, stream)
'''


def main():
    environment = dict(os.environ, PYTHONPATH=str(ROOT / "extensions" / "simulator"))
    simulator = subprocess.Popen(
        [sys.executable, "-m", "sdrs_simulator", "--speed", "1000"], stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        with tempfile.TemporaryDirectory() as folder:
            show(measure(json.loads(simulator.stdout.readline()), Path(folder)))
    finally:
        simulator.terminate()
        simulator.wait()


def measure(info, folder):
    """Seconds of every round of each kind of task, in turn, so that drift of the machine meets all alike."""
    group = {
        "name": "erp", "source_availability_zone": info["availability_zones"][0], "target_availability_zone": info["availability_zones"][1],
        "source_vpc_id": info["vpcs"][0]["id"],
    }
    kinds = [
        ("debug", {"ansible.builtin.debug": {"msg": "x"}}),
        ("uri", {"ansible.builtin.uri": {"url": info["url"]}}),
        ("sdrs_server_group", {"cloud_dr.sdrs.sdrs_server_group": group}),
        ("sdrs_server_group as module", {"cloud_dr.sdrs.sdrs_server_group": group, "vars": {"sdrs_in_process": False}}),
        *others.installed(),
    ]
    connection = {key: info[key] for key in ("region", "project_id", "access_key", "secret_key")}
    play = {
        "hosts": "localhost", "gather_facts": False, "module_defaults": {"group/cloud_dr.sdrs.sdrs": dict(connection, endpoint=info["url"])},
        "tasks": [{"name": "prepare", "cloud_dr.sdrs.sdrs_server_group": group}] + [{"name": name, **task} for name, task in kinds] * ROUNDS,
    }
    (folder / "play.json").write_text(json.dumps([play]))
    (folder / "callbacks").mkdir()
    (folder / "callbacks" / "stopwatch.py").write_text(CALLBACK)
    environment = dict(
        os.environ, ANSIBLE_COLLECTIONS_PATH=str(ROOT / ".build" / "tree"), ANSIBLE_CALLBACK_PLUGINS=str(folder / "callbacks"),
        ANSIBLE_CALLBACKS_ENABLED="stopwatch", STOPWATCH=str(folder / "times.json"), ANSIBLE_LOCALHOST_WARNING="false",
        ANSIBLE_INVENTORY_UNPARSED_WARNING="false",
    )
    command = [str(Path(sys.executable).with_name("ansible-playbook")), str(folder / "play.json")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return json.loads((folder / "times.json").read_text())


def show(times):
    medians = {name: statistics.median(rounds) for name, rounds in times.items() if name != "prepare"}
    print("\n%-34s %10s %10s %10s" % ("one task that changes nothing", "ms", "x uri", "x debug"))
    for name, seconds in medians.items():
        print("%-34s %10.0f %10.2f %10.2f" % (name, seconds * 1000, seconds / medians["uri"], seconds / medians["debug"]))


if __name__ == "__main__":
    main()
