# SPDX-License-Identifier: GPL-3.0-or-later
"""``python3 -m sdrs_simulator``: print one JSON line when ready, then serve until SIGTERM."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from typing import Any

from . import scenario
from .server import Server

_STOP = {signal.SIGTERM, signal.SIGINT}


def main() -> int:
    parser = argparse.ArgumentParser(prog="sdrs_simulator", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: one the system chooses)")
    parser.add_argument("--speed", type=float, default=1.0, help="divides all durations (default: 1)")
    parser.add_argument("--scenario", metavar="FILE", help="JSON file that describes the world to begin with")
    parser.add_argument("--estate", metavar="FILE", help="JSON of topologies that are there in place of the default world: ansible-inventory --list")
    parser.add_argument("--unprotected", metavar="FILE", help="JSON of topologies whose servers, VPCs and disks are there beside the estate, unprotected")
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", default=[], dest="settings",
        help="a setting, its value as JSON; beats the scenario and SDRS_SIMULATOR_SETTINGS (a JSON object); may be given several times",
    )
    parser.add_argument("--state", metavar="FILE", help="file that keeps the state over a restart")
    options = parser.parse_args()
    if options.speed <= 0:
        parser.error("--speed must be greater than 0")
    try:
        if options.unprotected and not options.estate:
            raise ValueError("--unprotected needs --estate")
        world = scenario.build(options.speed, options.scenario, _settings(options.settings), options.estate, options.unprotected)
        if options.state and os.path.exists(options.state):
            world.load(options.state)
        server = Server(world, options.port)
    except (OSError, ValueError, KeyError, StopIteration) as error:
        parser.error("cannot start: %s: %s" % (type(error).__name__, error))
    # Waited for, not handled: a handler runs inside whatever the main thread does, and may then wait for a lock held there.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    print(json.dumps(scenario.start_line(world, server.url)), flush=True)
    while signal.sigtimedwait(_STOP, 1) is None:
        if options.state and world.changed:
            world.save(options.state)
    server.shutdown()
    if options.state:
        world.save(options.state)
    return 0


def _settings(given: dict) -> Any:
    """Those of the environment, and over them ``NAME=VALUE`` from the command line."""
    settings = json.loads(os.environ.get("SDRS_SIMULATOR_SETTINGS") or "{}")
    if not isinstance(settings, dict):
        raise ValueError("SDRS_SIMULATOR_SETTINGS is not a JSON object")
    for each in given:
        name, _equals, value = each.partition("=")
        settings[name] = json.loads(value)
    return settings


if __name__ == "__main__":
    sys.exit(main())
