#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Plans this checkout against the simulator, which holds what is live according to exports/, or what BASE declares where that is empty.
# Needs no credentials, so that it runs for forks, too: ci/plan.sh [BASE] [arguments of ansible-playbook]; writes plan.md.
set -eu
base=${1:-origin/main}
[ $# -eq 0 ] || shift
work=$(mktemp -d)
simulator=
trap 'status=$?; [ -z "$simulator" ] || kill "$simulator"; rm -rf "$work"; exit $status' EXIT

mkdir "$work/base"
git archive "$base" | tar -x -C "$work/base"
if ls exports/*.yml >/dev/null 2>&1; then
  rm -rf "$work/base/host_vars"
  cp -R exports "$work/base/host_vars"
fi
collections=$(ansible-galaxy collection list cloud_dr.sdrs --format json 2>/dev/null | python3 -c 'import json, sys; print(next(iter(json.load(sys.stdin))))')
# Variables beside the working directory would be read, too.
(cd "$work/base" && ansible-inventory -i inventory.yml --list) >"$work/live.json"
ansible-inventory -i inventory.yml --list >"$work/wanted.json"

PYTHONPATH="$collections/cloud_dr/sdrs/extensions/simulator" \
  python3 -m sdrs_simulator --estate "$work/live.json" --unprotected "$work/wanted.json" >"$work/simulator.json" &
simulator=$!
until [ -s "$work/simulator.json" ]; do
  kill -0 "$simulator"
  sleep 0.2
done
about() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$work/simulator.json" "$1"; }
SDRS_ENDPOINT=$(about url) HW_ACCESS_KEY=$(about access_key) HW_SECRET_KEY=$(about secret_key)
export SDRS_ENDPOINT HW_ACCESS_KEY HW_SECRET_KEY
unset OS_CLOUD

status=0
ansible-playbook playbooks/plan.yml -e "topology_report_dir=$work/reports" "$@" || status=$?
cat "$work"/reports/*/plan-*.md >plan.md 2>/dev/null || echo "The plan could not be made." >plan.md
exit $status
