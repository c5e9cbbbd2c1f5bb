# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs many playbooks, each in a fork of one process that has loaded ansible-core: most of a short run's time is that.

Reads ``[[argument, ...], ...]`` from its standard input and prints ``[{code, stdout}, ...]``; standard error is part of ``stdout``.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
import traceback


def _child(arguments, stream):
    from ansible.cli.playbook import PlaybookCLI

    os.dup2(stream.fileno(), 1)
    os.dup2(stream.fileno(), 2)
    code = 99
    try:
        code = PlaybookCLI(["ansible-playbook", *arguments]).run()
    except SystemExit as error:
        code = error.code
    except BaseException:  # pylint: disable=broad-except
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(code or 0))


def main():
    importlib.import_module("ansible.cli.playbook")
    found = []
    for arguments in json.load(sys.stdin):
        with tempfile.TemporaryFile() as stream:
            child = os.fork()
            if not child:
                _child(arguments, stream)
            _pid, status = os.waitpid(child, 0)
            stream.seek(0)
            found.append({"code": os.waitstatus_to_exitcode(status), "stdout": stream.read().decode(errors="replace")})
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
