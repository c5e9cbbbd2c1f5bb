# SPDX-License-Identifier: GPL-3.0-or-later
"""Logins of real accounts against the simulator, which checks them as IAM does: passcodes, agencies, keys of an ECS."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
import vendor
from huaweicloudsdkcore.auth import internal

from sdrs_simulator import iam, scenario
from support import TREE, Host, TaskFailed, run_task

AGENCY = {"agency_name": scenario.IDENTITY["agency"]["agency_name"], "agency_domain_name": scenario.IDENTITY["agency"]["domain_name"]}
USER_ID = hashlib.sha256(scenario.IDENTITY["username"].encode()).hexdigest()[:32]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch, tmp_path):
    for name in list(os.environ):
        if name.startswith(("OS_", "HW_", "SDRS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def passcode(later=0):
    """A passcode that is good now; ``later`` for one of another half minute."""
    return iam.passcode(scenario.IDENTITY["totp_secret"], int(time.time() // 30) + later)


def kinds(simulator):
    known = simulator.info
    password = {key: known[key] for key in ("username", "password", "domain_name")}
    token = requests.post(simulator.url + "/v3/auth/tokens", timeout=10, json={"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": known["username"], "password": known["password"], "domain": {"name": known["domain_name"]}}}}, "scope": {}}})
    return {
        "aksk": {"access_key": known["access_key"], "secret_key": known["secret_key"]}, "password": password,
        "user_id": {"user_id": USER_ID, "password": known["password"]},
        "domain_id": {"username": known["username"], "password": known["password"], "domain_id": scenario.IDENTITY["domain_id"]},
        "token": {"auth_token": token.headers["X-Subject-Token"]}, "ecs_agency": {"ecs_agency": True, "metadata_url": simulator.url},
    }


def ask(simulator, **options):
    return run_task("sdrs_domain_info", {"endpoint": simulator.url, "region": "eu-sim", **options}, host=Host())["domains"]


def login_of(simulator, **options):
    """What the doctor says of these credentials."""
    checks = run_task("sdrs_doctor_info", {"endpoint": simulator.url, "region": "eu-sim", **options}, host=Host())["checks"]
    return {each["check"]: each for each in checks}


@pytest.mark.parametrize("kind", ["aksk", "password", "user_id", "domain_id", "token", "ecs_agency"])
@pytest.mark.parametrize("agency", [{}, AGENCY, {"agency_name": AGENCY["agency_name"], "agency_domain_id": scenario.IDENTITY["agency"]["domain_id"]}],
                         ids=["own account", "agency", "agency by ID"])
def test_every_kind_of_credentials_opens_the_service(simulator, kind, agency):
    options = kinds(simulator)[kind]
    for _task in range(2):
        assert len(ask(simulator, **options, **agency)) == 1
    found = login_of(simulator, **options, **agency)
    assert not [each for each in found.values() if each["severity"] == "error" and not each["passed"]], found
    name = {"aksk": "access keys", "token": "a token", "ecs_agency": "temporary keys of the agency of this ECS"}.get(kind, "a password")
    assert found["credentials"]["detail"].startswith(name + (", used to assume an agency: " if agency else ": ")), found["credentials"]
    if agency:
        assert found["login"]["detail"] == "agency sdrs-operators was assumed at IAM" and AGENCY["agency_domain_name"] in found["account"]["detail"]
    secrets = [str(options[key]) for key in ("secret_key", "password", "auth_token") if key in options]
    assert not [secret for secret in secrets if secret in str(found)]


@pytest.mark.parametrize("kind", ["aksk", "password", "token", "ecs_agency"])
@pytest.mark.parametrize("wrong", [{"agency_name": "typo"}, {"agency_domain_name": "typo"}])
def test_a_wrong_agency_is_refused(simulator, kind, wrong):
    options = {**kinds(simulator)[kind], **AGENCY, **wrong}
    with pytest.raises(TaskFailed, match="Could not find agency"):
        ask(simulator, **options)
    found = login_of(simulator, **options)
    assert not found["login"]["passed"] and "Agent Operator" in found["login"]["remedy"] and "agency_name" in found["login"]["remedy"]


def test_an_agency_needs_credentials(simulator):
    body = {"auth": {"identity": {"methods": ["assume_role"], "assume_role": {"agency_name": "sdrs-operators", "domain_name": "x"}}, "scope": {}}}
    assert requests.post(simulator.url + "/v3/auth/tokens", json=body, timeout=10).status_code == 401


def test_tokens_fit_the_vendors_models(simulator):
    token = kinds(simulator)["token"]["auth_token"]
    agency = {"agency_name": AGENCY["agency_name"], "domain_name": AGENCY["agency_domain_name"]}
    user = {"id": USER_ID, "password": simulator.info["password"]}
    for model, identity in (
        ("KeystoneCreateAgencyTokenResponse", {"methods": ["assume_role"], "assume_role": agency}),
        ("KeystoneCreateUserTokenByPasswordAndMfaResponse", {
            "methods": ["password", "totp"], "password": {"user": user}, "totp": {"user": {"id": USER_ID, "passcode": passcode()}}}),
    ):
        for scope in ({"project": {"name": "eu-sim"}}, {}):
            answer = requests.post(simulator.url + "/v3/auth/tokens", json={"auth": {"identity": identity, "scope": scope}}, timeout=10,
                                   headers={"X-Auth-Token": token})
            if "totp" in identity and not scope:
                assert answer.status_code == 401, "a passcode is accepted once"
                continue
            assert answer.status_code == 201 and vendor.lost("iam", model, answer.json()) == []


def test_mfa(simulator):
    password = {**kinds(simulator)["password"]}
    simulator.settings(mfa_required=True)
    with pytest.raises(TaskFailed, match="asks for a virtual MFA passcode"):
        ask(simulator, **password)
    with pytest.raises(TaskFailed, match="The virtual MFA passcode is wrong"):
        ask(simulator, **password, user_id=USER_ID, passcode="%06d" % ((int(passcode()) + 1) % 1_000_000))
    with pytest.raises(TaskFailed, match="The virtual MFA passcode is wrong"):
        ask(simulator, **password, user_id="0" * 32, passcode=passcode())
    given = passcode()
    simulator.forget()
    for _task in range(3):
        assert ask(simulator, **password, user_id=USER_ID, passcode=given)
    assert len([path for _method, path, _status in simulator.log() if path == "/v3/auth/tokens"]) == 1, "one login for all that give the same passcode"
    with pytest.raises(TaskFailed, match="The virtual MFA passcode is wrong"):
        ask(simulator, **password, user_id=USER_ID, passcode=given, token_cache=False)
    found = login_of(simulator, **password, user_id=USER_ID, passcode=given)
    assert not found["login"]["passed"] and "Set a new passcode in option passcode" in found["login"]["remedy"]
    found = login_of(simulator, **password, user_id=USER_ID, passcode=passcode(1))
    assert found["login"]["passed"] and found["credentials"]["detail"].startswith("a password and a passcode: ")


@pytest.mark.parametrize("agency", [{}, AGENCY], ids=["own account", "agency"])
def test_hosts_that_begin_at_once_share_a_passcode(simulator, tmp_path, agency):
    simulator.settings(mfa_required=True)
    (tmp_path / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "connection": "local", "tasks": [
        {"cloud_dr.sdrs.sdrs_domain_info": {**agency}, "vars": {"ansible_python_interpreter": sys.executable}}]}]))
    known = {"OS_USERNAME": simulator.info["username"], "OS_PASSWORD": simulator.info["password"], "OS_DOMAIN_NAME": simulator.info["domain_name"]}
    env = {**os.environ, **known, "OS_USER_ID": USER_ID, "OS_PASSCODE": passcode(), "SDRS_ENDPOINT": simulator.url, "SDRS_REGION": "eu-sim",
           "ANSIBLE_COLLECTIONS_PATH": str(TREE)}
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "play.yml", "-i", "a,b,c,d,e,f", "-f", "6"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [status for _method, path, status in simulator.log() if path == "/v3/auth/tokens"] == [201] * (2 if agency else 1)


def test_keys_of_an_ecs_that_end_soon(start_simulator):
    simulator = start_simulator("--speed", "1000", "--set", "temporary_key_life=2", "--set", "metadata_token_required=true")
    zones, vpc = simulator.info["availability_zones"], simulator.vpc("vpc-erp")
    options = {"endpoint": simulator.url, "region": "eu-sim", "ecs_agency": True, "metadata_url": simulator.url}
    run_task("sdrs_server_group", {"name": "erp", "source_availability_zone": zones[0], "target_availability_zone": zones[1], "source_vpc": vpc, **options},
             host=Host())
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import client as client_module
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import settings

    connected, end, count = client_module.Client(settings.resolve(options, {})), time.monotonic() + 5, 0
    while time.monotonic() < end:
        assert connected.call("GET", "sdrs", "/v1/{project_id}/server-groups")["count"] == 1
        count += 1
        time.sleep(0.1)
    asked = [path for _method, path, status in simulator.log() if path == "/openstack/latest/securitykey" and status == 200]
    assert 3 <= len(asked) < count and not [entry for entry in simulator.log() if entry[2] == 401]


def test_an_ecs_without_an_agency(simulator):
    simulator.settings(ecs_agency=False)
    with pytest.raises(TaskFailed, match=r"the metadata service returned no keys \(HTTP"):
        ask(simulator, **kinds(simulator)["ecs_agency"])
    found = login_of(simulator, **kinds(simulator)["ecs_agency"])
    assert not found["login"]["passed"] and "an ECS that has an agency" in found["login"]["remedy"]


def test_the_vendors_sdk_reads_the_simulated_metadata(simulator, monkeypatch):
    monkeypatch.setattr(internal.MetadataAccessor, "_METADATA_ENDPOINT", simulator.url)
    for required in (False, True):
        simulator.settings(metadata_token_required=required)
        keys = internal.MetadataAccessor().get_credential()
        assert keys.access.startswith("HST") and keys.secret and keys.security_token and keys.expire_at > time.time() + 3600


def test_the_metadata_service_is_left_alone(simulator, monkeypatch):
    monkeypatch.setenv("SDRS_METADATA_URL", simulator.url)
    ask(simulator, **kinds(simulator)["aksk"])
    with pytest.raises(TaskFailed, match="no complete credentials"):
        ask(simulator)
    login_of(simulator)
    assert not [path for _method, path, _status in simulator.log() if "openstack" in path or "meta-data" in path]


def test_an_inventorys_cache_is_that_of_one_account(simulator, tmp_path):
    (tmp_path / "sdrs.yml").write_text(
        "plugin: cloud_dr.sdrs.sdrs\ncache: true\ncache_plugin: ansible.builtin.jsonfile\ncache_connection: %s\n" % (tmp_path / "kept"))
    known = {"OS_USERNAME": simulator.info["username"], "OS_PASSWORD": simulator.info["password"], "OS_DOMAIN_NAME": simulator.info["domain_name"]}
    agency = {"OS_AGENCY_NAME": AGENCY["agency_name"], "OS_AGENCY_DOMAIN_NAME": AGENCY["agency_domain_name"]}
    for number, more in enumerate([{}, {}, agency, agency], 1):
        env = {**os.environ, **known, **more, "SDRS_ENDPOINT": simulator.url, "SDRS_REGION": "eu-sim", "ANSIBLE_COLLECTIONS_PATH": str(TREE)}
        command = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", "sdrs.yml", "--list"]
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0 and len(list((tmp_path / "kept").iterdir())) == (number + 1) // 2, done.stderr


def test_a_region_from_the_projects_name_is_told_by_the_doctor(simulator):
    found = run_task("sdrs_doctor_info", {"endpoint": simulator.url, **kinds(simulator)["aksk"], "project_name": "eu-de_x"}, host=Host())["checks"]
    by_name = {each["check"]: each for each in found}
    assert "project_name from option project_name" in by_name["settings"]["detail"] and "option project_name" in by_name["project"]["detail"]
    known = {**kinds(simulator)["aksk"], "project_id": simulator.info["project_id"], "project_name": "eu-de_x"}
    by_name = {each["check"]: each for each in run_task("sdrs_doctor_info", {"endpoint": simulator.url, **known}, host=Host())["checks"]}
    assert by_name["region"]["detail"] == "eu-de from option project_name"
