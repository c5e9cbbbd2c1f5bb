# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a runbook is refused for, it ends with STATE, DONE, NOT DONE and NEXT, and with 2: each playbook, with each kind of refusal."""

from __future__ import annotations

import json
import re

import pytest
from test_last_lines import CONSOLE, LABELS, SWITCHES, block

from support import Workplace, ansible_playbook, nightly

GROUPS = ("converge", "plan", "export", "drift", "drill", "drill_status", "recover_by_drill", *SWITCHES)
CONFIRMED = ("-e", "failover_confirm=erp", "-e", "recover_by_drill_confirm=erp")
WRONG = {
    "converge": "topology_parallel=abc", "plan": "topology_server_groups=abc", "export": '{"topology_server_group": "abc"}', "drift": "drift_repair=perhaps",
    "drill": "drill_rto_target=abc", "drill_status": "drill_max_age=abc", "recover_by_drill": "recover_by_drill_check_timeout=abc",
    **dict.fromkeys(SWITCHES, "failover_wait_timeout=abc"), "demo": "topology_parallel=abc",
}
# kind: {playbook: (arguments, what NOT DONE tells)}
KINDS = {
    "no hosts matched": {name: (("-e", "sdrs_hosts=nothere"), "No host matches 'nothere'") for name in GROUPS},
    "no host at all": {"drill": ((), "No host matches 'all'"), "failover": (CONFIRMED, "No host matches 'all'")},
    "a limit": {"plan": (("-e", "sdrs_hosts=crm", "--limit", "erp"), "within --limit 'erp'"),
                "failover": (("-e", "recovery_plan=plan.yml", "--limit", "erp"), "run it without --limit")},
    "the wrong kind": {name: (("-e", "sdrs_kind=protected_instance", *CONFIRMED), "are not protection groups (sdrs_kind): erp") for name in GROUPS},
    "a wrong option": {name: (("-e", wrong, *CONFIRMED), re.findall(r"\w+", wrong)[name == "drill_status"]) for name, wrong in WRONG.items()},
    "not confirmed": {name: ((), "not confirmed: erp") for name in (*SWITCHES, "recover_by_drill")},
    "the connection": {name: (("-e", '{"sdrs_connection": {"max_retries": "abc"}}', *CONFIRMED), "max_retries")
                       for name in ("converge", "plan", "drill_status", "failover", "doctor", "posture", "demo", "recovery_export")},
    "its own": {
        "recover": ((), "Give a recovery plan"), "recovery_export": ((), "Say where it goes"), "doctor": (("-e", "doctor_json=/proc/none"), "/proc/"),
        "drill": (("-e", '{"drill_replace": "a b"}'), "names have no spaces"),
        "failback": (("-e", "failover_active_site=target", *CONFIRMED), "needs failover_active_site"),
        "posture": (("-e", "posture_max_age=abc"), "cannot be reached"),
    },
}
CASES = [(kind, name, *case) for kind, cases in KINDS.items() for name, case in cases.items()]


class Nowhere:
    """What a workplace takes of a simulator, where there is none: a refusal needs no cloud."""

    connection = {"endpoint": "http://127.0.0.1:9", "region": "eu-sim", "project_id": "0" * 32, "access_key": "ZYXWVUTSRQPO",
                  "secret_key": "ZYXWVUTSRQPO-secret", "max_retries": 0}


def carried_out(folder, kind, name, *arguments, **environment):
    given = ["cloud_dr.sdrs." + name, *(() if kind == "no host at all" else ("-i", "inventory.yml"))]
    given += ["-e", "recovery_export=there.yml"] if (kind, name) == ("the connection", "recovery_export") else []
    return ansible_playbook(folder, *given, *arguments, **environment)


def lines(output):
    """``{label: text}`` of the last lines, which stand once in the output of the default callback."""
    found, label = {}, None
    for line in output.splitlines():
        start = next((each for each in LABELS if re.match(each + "  ?[^ ]|" + each + " {2,}", line)), None)
        if start:
            assert start not in found, output
            label = start
        elif not line.startswith("  "):
            label = None
        if label:
            found[label] = " ".join((found.get(label, "") + " " + line.removeprefix(label).strip()).split())
    return found


@pytest.mark.parametrize("part", (0, nightly(1), nightly(2), nightly("console")))
def test_every_refusal_ends_with_the_last_lines(tmp_path, part):
    Workplace(tmp_path, Nowhere).inventory(erp={"topology_server_group": {"description": "the same"}})
    (tmp_path / "plan.yml").write_text(json.dumps({"name": "site", "tiers": [{"name": "t", "groups": ["erp"]}]}))
    cases = CASES[part::3] if part != "console" else [case for number, case in enumerate(CASES) if case[0] in ("a limit", "its own") or number % 8 == 0]
    wrong = []
    for kind, name, arguments, text in cases:
        done = carried_out(tmp_path, kind, name, *arguments, **(CONSOLE if part == "console" else {}))
        try:
            found = block(done.stdout) if part == "console" else lines(done.stdout)
            assert done.returncode == 2 and tuple(found) == LABELS and "Traceback" not in done.stdout
            assert text in found["NOT DONE"] and "nothing" in found["DONE"], found
            following = found["NEXT"]
            assert "ansible-playbook cloud_dr.sdrs.%s" % name in following.replace("sdrs.doctor", "sdrs." + name), found
            assert "_confirm" not in following or "_confirm" in str(arguments) or kind == "not confirmed", found
            assert "failover_active_site" not in following and ("--limit" in following) == (kind == "a limit" and name == "plan"), found
        except (AssertionError, ValueError) as error:
            wrong.append("%s, %s: %s\n%s" % (kind, name, error, done.stdout[-1500:]))
    assert not wrong, "%d of %d\n" % (len(wrong), len(cases)) + "\n\n".join(wrong)
