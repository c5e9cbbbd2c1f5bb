#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# ansible-test sanity on a copy: it wants to lie in ansible_collections/<namespace>/<name>, outside any git checkout.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
dest="$copy/ansible_collections/cloud_dr/sdrs"
mkdir -p "$dest"
(cd "$here" && git ls-files -z --cached --others --exclude-standard --deduplicate >"$copy/files")
"$here/.build/venv/bin/python" - "$here" "$dest" "$copy/files" <<'COPY'
import pathlib, shutil, sys
here, dest, files = map(pathlib.Path, sys.argv[1:])
for name in filter(None, files.read_text().split("\0")):
    if (here / name).is_file():
        (dest / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(here / name, dest / name, follow_symlinks=False)
COPY

# ansible-test makes virtual environments, and fetches a bootstrap script for pip from where it cannot be had everywhere.
# The stand-in uses the pip that comes with Python. A home of our own keeps these environments between runs.
export HOME="$here/.build/home"
cache="$HOME/.ansible/test/cache"
mkdir -p "$cache"
for name in get_pip_24_2.py get_pip_23_1_2.py; do
    cat >"$cache/$name" <<'STANDIN'
import os, subprocess, sys
env = {key: value for key, value in os.environ.items() if key != "GET_PIP"}
arguments = [item for item in sys.argv[1:] if item not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--upgrade", "--default-pip"], env=env, stdout=subprocess.DEVNULL)
subprocess.check_call([sys.executable, "-m", "pip", "install", "-q"] + arguments, env=env)
STANDIN
done
cd "$dest"
# Shims of Python versions that are not there would stop it: only our own environment and the system's folders.
unset ANSIBLE_COLLECTIONS_PATH ANSIBLE_HOME
PATH="$here/.build/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" LC_ALL=C.UTF-8 \
    ansible-test sanity --color no --python 3.11 "$@"
