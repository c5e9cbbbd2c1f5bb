# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook in a fork of a process that has loaded ansible-core and compiled the collection: a third of a short run's time is that.

``run`` takes and returns what ``subprocess.run`` does. Where loading decides something (a configuration file, variables of Ansible's
configuration that differ, another ansible-core), it starts the command itself.
"""

from __future__ import annotations

import atexit
import collections
import contextlib
import gc
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import traceback
from importlib.machinery import SourceFileLoader
from pathlib import Path

# What Ansible and Python read while they are loaded. The rest is read while a play runs.
_LOADED = ("ANSIBLE_", "PYTHON", "HOME", "TMPDIR", "LANG", "LC_", "TERM", "COLUMNS", "NO_COLOR", "FORCE_COLOR")
_MODULES = ("ansible.cli.playbook", "ansible.executor.task_executor", "ansible.plugins.strategy", "ansible.template", "requests", "jinja2.ext", "difflib")
# Environments that occur once are not worth a server.
_MOST = 2
_seen: collections.Counter = collections.Counter()
_servers: dict = {}


def run(command, env, cwd):
    """The completed process of ``ansible-playbook ...``, with its output as text.

    :param command: the path of ansible-playbook, and its arguments
    """
    server = None if (Path(cwd) / "ansible.cfg").exists() or Path(command[0]).parent.resolve() != Path(sys.executable).parent.resolve() else _server(env)
    if server is None or not server.free.acquire(blocking=False):
        return subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    try:
        return subprocess.CompletedProcess(command, *server.play(command[1:], env, str(cwd)))
    finally:
        server.free.release()


def _server(env):
    key = tuple(sorted((name, value) for name, value in env.items() if name.startswith(_LOADED)))
    _seen[key] += 1
    if key not in _servers and _seen[key] > 1 and len(_servers) < _MOST:
        _servers[key] = _Server(env)
    return _servers.get(key)


class _Server:
    """A process that forks a play at a time."""

    def __init__(self, env):
        self.free = threading.Lock()
        self._process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, cwd="/")

    def play(self, arguments, env, cwd):
        """``(exit code, standard output, standard error)``"""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            streams = ["/proc/%d/fd/%d" % (os.getpid(), each.fileno()) for each in (out, errors)]
            self._process.stdin.write(json.dumps({"arguments": arguments, "env": env, "cwd": cwd, "streams": streams}) + "\n")
            self._process.stdin.flush()
            code = json.loads(self._process.stdout.readline())
            for stream in (out, errors):
                stream.seek(0)
            return code, out.read().decode(errors="replace"), errors.read().decode(errors="replace")

    def end(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@atexit.register
def _end():
    for server in _servers.values():
        server.end()


def _play(asked):
    """In the fork: the play, as the command would carry it out."""
    from ansible import constants
    from ansible.cli.playbook import PlaybookCLI

    for number, place in ((0, os.devnull), *enumerate(asked["streams"], 1)):
        handle = os.open(place, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND)
        os.dup2(handle, number)
        os.close(handle)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    tempfile.tempdir = None
    own = constants.DEFAULT_LOCAL_TMP = tempfile.mkdtemp(prefix="ansible-local-", dir=os.path.dirname(constants.DEFAULT_LOCAL_TMP))
    sys.argv = ["ansible-playbook", *asked["arguments"]]
    try:
        PlaybookCLI.cli_executor(sys.argv)
    except SystemExit as ended:
        return ended.code
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _compiled_once():
    """The collection's loader compiles each file anew in every process."""
    known: dict = {}

    def remembered(source, filename, **options):
        # Where the tree of a test has the collection, a link may lead to it.
        return known.get((source, os.path.realpath(filename))) or compile(source, filename, **options)

    finder = importlib.import_module("ansible.utils.collection_loader._collection_finder")
    finder.compile = remembered
    for root in os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(":"):
        for path in Path(root, "ansible_collections", "cloud_dr", "sdrs", "plugins").rglob("*.py"):
            known[path.read_bytes(), os.path.realpath(path)] = SourceFileLoader(path.stem, str(path)).get_code(path.stem)


def main():
    for name in _MODULES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    _compiled_once()
    gc.disable()
    gc.freeze()
    for line in sys.stdin:
        sys.stdout.flush()
        child = os.fork()
        if not child:
            code = 250
            try:
                code = _play(json.loads(line))
            except BaseException:
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(int(code or 0))
        _pid, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
