# SPDX-License-Identifier: GPL-3.0-or-later
"""A process of its own that runs one task: ``racer.py MODULE OPTIONS``, options as JSON; prints its result as JSON.

``start_at`` among the options is the time at which it begins, so that several begin at once.
"""

from __future__ import annotations

import json
import sys
import time

from support import TaskFailed, run_task


def main():
    module, options = sys.argv[1], json.loads(sys.argv[2])
    time.sleep(max(0.0, options.pop("start_at", 0) - time.time()))
    try:
        result = {"changed": run_task(module, options)["changed"]}
    except TaskFailed as failed:
        result = {"failed": str(failed)}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
