# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays, inventory and event source with SDRS_RECORD: nothing in the folder is a secret, in any form, or a name, ID or address of the world."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import stat
import time

import pytest
import yaml
from forms import FORMS
from test_secrets import EACH_KIND, MODES, NAMES, PART, RUNS, TASKS, Echo, environment, events, leaks, play, run

from sdrs_simulator import iam, scenario
from support import ROOT, nightly

USER_ID = "0123456789abcdef0123456789abcdef"
PASSCODE = "739105"


@pytest.fixture
def echo():
    server = Echo()
    yield server
    server.stop()


def content(folder):
    """The names and the text of all files of a folder, which are what they should be."""
    text = ""
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in sorted(folder.iterdir()):
        exchange = json.loads(path.read_text())
        assert exchange["format"] == 1 and exchange["request"]["method"] in ("GET", "POST", "PUT", "DELETE")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and re.fullmatch(r"[0-9T.]+-[0-9]+-[0-9]{5}-[A-Z]+\.json", path.name)
        text += path.name + path.read_text()
    return text


@pytest.mark.parametrize("kind", EACH_KIND)
@pytest.mark.parametrize("how, in_process", [
    (nightly if each[1] == "false" else pytest.param)(*each, id=each[0]) for each in RUNS])
def test_no_secret_that_is_echoed_is_recorded(echo, tmp_path, kind, how, in_process):
    """A server that repeats what it hears, in every form, in bodies, headers and status lines."""
    record = tmp_path / "record"
    more = {"OS_USER_ID": USER_ID, "OS_PASSCODE": PASSCODE} if kind == "password" else {}
    for mode in MODES if how == "in process" else ("error", "data"):
        echo.mode = mode
        env = environment(kind, SDRS_ENDPOINT=echo.url, SDRS_RECORD=str(record), XDG_STATE_HOME=str(tmp_path / "state"), **more)
        tasks = [(name, {**options, "max_retries": 0}) for name, options in TASKS]
        play(tmp_path, tasks if how == "in process" else tasks[:1], env, "-e", "sdrs_in_process=" + in_process)
    text = content(record)
    assert not leaks(text, PASSCODE) and USER_ID not in text and len(list(record.iterdir())) >= 2
    assert "/server-groups" in text and '"status": 400' in text


def test_no_form_of_a_secret_is_recorded(echo, tmp_path):
    env = environment("password", SDRS_ENDPOINT=echo.url, SDRS_RECORD=str(tmp_path / "record"))
    for mode in ("error", "data"):
        echo.mode = mode
        play(tmp_path, [("sdrs_server_group_info", {})] * (len(NAMES) // PART + 1), env)
    assert not leaks(content(tmp_path / "record")) and echo.turn > 2 * len(FORMS) // PART


@pytest.mark.parametrize("kind", EACH_KIND)
def test_inventory_and_event_source_record_without_secrets(echo, tmp_path, kind):
    (tmp_path / "sdrs.yml").write_text(yaml.safe_dump({"plugin": "cloud_dr.sdrs.sdrs", "max_retries": 0}))
    env, counts = environment(kind, SDRS_ENDPOINT=echo.url, SDRS_RECORD=str(tmp_path / "record")), []
    for mode in ("error", "data"):
        echo.mode = mode
        run("ansible-inventory", "-i", "sdrs.yml", "--list", cwd=tmp_path, env=env)
        counts.append(len(list((tmp_path / "record").iterdir())))
        events(env, tmp_path, interval=0.05, max_retries=0)
        counts.append(len(list((tmp_path / "record").iterdir())))
    assert not leaks(content(tmp_path / "record")) and counts == sorted(set(counts)), "each of them has recorded"


# The world --------------------------------------------------------------------------------------------------------------------

# What users write themselves, and the services then say; all of it is unlike any word of theirs.
DOCUMENT = {
    "name": "kundenportal", "description": "Geheimprojekt Nordlicht", "source_vpc": "vpc-erp", "protection": "enabled",
    "protected_instances": [{
        "name": "hauptbuch", "server": "ecs-erp-db-1", "tags": {"kostenstelle": "k4711", "betreuer": "mueller.x"},
    }],
}


def belongings(state):
    """Names, IDs and addresses in a world: ``{what: kind}``."""
    found = {}

    def walk(value, key):
        if isinstance(value, dict):
            for name, entry in value.items():
                walk(name, "id" if re.fullmatch(r"[0-9a-f-]{32,36}", name) else "")
                walk(entry, name)
        elif isinstance(value, list):
            for entry in value:
                walk(entry, key)
        elif isinstance(value, str) and len(value) > 4:
            if re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?=.*[0-9])[0-9a-zA-Z]{32}", value):
                found[value] = "ID"
            elif key in ("name", "hostname", "OS-EXT-SRV-ATTR:hostname", "username", "domain_name", "project_name", "agency_name"):
                found[value] = "name"
            elif re.fullmatch(r"[0-9]+(\.[0-9]+){3}(/[0-9]+)?", value) and value not in ("192.168.0.0/16", "127.0.0.1", "0.0.0.0"):  # noqa: S104
                found[value] = "address"

    for name, value in state.items():
        if name not in ("settings", "faults"):
            walk(value, name)
    return found


@pytest.mark.parametrize("kind", ["agency", *map(nightly, ("aksk", "password", "ecs_agency", "mfa"))])
def test_nothing_of_the_world_is_recorded(start_simulator, tmp_path, kind):
    state = tmp_path / "world.json"
    simulator = start_simulator("--speed", "1000", "--state", str(state))
    known, zones, folder = simulator.info, simulator.info["availability_zones"], tmp_path / "record"
    password = {"OS_USERNAME": known["username"], "OS_PASSWORD": known["password"], "OS_DOMAIN_NAME": known["domain_name"]}
    keys = {"HW_ACCESS_KEY": known["access_key"], "HW_SECRET_KEY": known["secret_key"]}
    agency = {"OS_AGENCY_NAME": scenario.IDENTITY["agency"]["agency_name"], "OS_AGENCY_DOMAIN_NAME": scenario.IDENTITY["agency"]["domain_name"]}
    metadata = {"SDRS_ECS_AGENCY": "1", "SDRS_METADATA_URL": simulator.url}
    passcode = iam.passcode(scenario.IDENTITY["totp_secret"], int(time.time() // 30))
    user_id = iam._user_id(scenario.IDENTITY)
    given = {
        "aksk": keys, "password": password, "agency": {**password, **agency}, "ecs_agency": {**metadata, **agency},
        "mfa": {**password, "OS_USER_ID": user_id, "OS_PASSCODE": passcode},
    }[kind]
    simulator.settings(mfa_required=kind == "mfa")
    own = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "HW_", "SDRS_"))}
    env = {**environment("token"), **own, **given, "SDRS_ENDPOINT": simulator.url, "SDRS_REGION": "eu-sim", "SDRS_RECORD": str(folder),
           "XDG_STATE_HOME": str(tmp_path / "state"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    env = {key: value for key, value in env.items() if key not in ("OS_TOKEN", "SDRS_PROJECT_ID", "SDRS_TOKEN_CACHE")}
    if kind not in ("password", "agency", "mfa"):
        env = {key: value for key, value in env.items() if key not in ("OS_USERNAME", "OS_DOMAIN_NAME")}
    group = {**DOCUMENT, "source_availability_zone": zones[0], "target_availability_zone": zones[1]}
    tasks = [
        ("sdrs_topology", {"server_groups": [group]}), ("sdrs_topology", {"server_groups": [group]}), ("sdrs_topology_info", {}),
        ("ecs_server_info", {}), ("vpc_info", {}), ("as_group_info", {}), ("sdrs_failover", {"server_group": "kundenportal", "active_site": "target"}),
        ("sdrs_protected_instance_info", {"tags": [{"key": "kostenstelle"}]}),
        ("sdrs_drill", {"server_group": "kundenportal", "name": "probealarm"}), ("sdrs_server_group_info", {"name": "gibtesnicht"}),
        ("sdrs_protected_instance", {"server_group": "gibtesnicht", "name": "x-y-z", "server": "auchnicht"}),
    ]
    simulator.fail_job(job_type="startProtectionGroupNoCG", error_code="EVS.2024", fail_reason="volume of ecs-erp-db-1 (mueller.x) is locked by 10.9.8.7")
    shown = play(tmp_path, tasks, env, "-e", "sdrs_in_process=" + ("false" if kind == "aksk" else "true"))
    (tmp_path / "sdrs.yml").write_text("plugin: cloud_dr.sdrs.sdrs\nhosts: protected_instances\n")
    run("ansible-inventory", "-i", "sdrs.yml", "--list", cwd=tmp_path, env=env)
    assert "kundenportal" in shown
    simulator.stop()
    world = json.loads(state.read_text())
    theirs = belongings(world)
    text = content(folder)
    assert len(theirs) > 60 and {"ecs-erp-db-1", "kundenportal", "hauptbuch", known["project_id"], known["username"]} <= set(theirs)
    # The names of the simulator's region and of public flavors are no secret, nor are the names of the services in the catalogue.
    public = {"eu-sim", *known["flavors"]}
    assert not {what: kind for what, kind in theirs.items() if what in text and what not in public}
    for word in ("kostenstelle", "k4711", "betreuer", "mueller", "Nordlicht", "Geheim", "gibtesnicht", "auchnicht", "probealarm", "10.9.8.7", "-erp"):
        assert word not in text, word
    secrets = [*given.values(), *world["tokens"], *(keys[each] for keys in world["counters"].get("temporary_keys", []) for each in keys if each != "ends")]
    secrets = [secret for secret in secrets if len(secret) > 4 and secret != simulator.url]
    assert not [secret for secret in secrets if any(form(secret) in text for form in FORMS.values())]
    # What is left says what happened: states, codes, job types, and which object is which.
    for word in ("EVS.2024", "createProtectedInstanceNoCG", "error", "/disaster-recovery-drills", "is locked by"):
        assert word in text, word
    addresses = set(re.findall(r'"addr": "([^"]+)"', text))
    assert addresses and all(ipaddress.ip_address(each).is_private for each in addresses)


def test_the_folder_is_told_where_users_look():
    guide = (ROOT / "docs/docsite/rst/guide_troubleshooting.rst").read_text()
    assert "SDRS_RECORD" in guide and "SDRS_RECORD" in (ROOT / "README.md").read_text()
