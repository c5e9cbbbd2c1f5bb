# SPDX-License-Identifier: GPL-3.0-or-later
"""An entry of clouds.yaml means here what it means to openstacksdk: the same login, project, region and certificates."""

from __future__ import annotations

import os
import warnings

import pytest
import yaml
from openstack.config import loader

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud import settings
from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.errors import ConfigError

LOGIN = {"username": "u", "password": "p", "user_domain_name": "d", "project_name": "eu-de_prod"}
URL = "https://iam.example.com/v3"
R = {"region_name": "r"}
PUBLIC = {
    "ours": {"auth": {"auth_url": "https://iam.{region_name}.ours.example/v3", "user_domain_name": "from-profile"}, "regions": ["north", "south"]},
    "one": {"auth": {"auth_url": URL}, "region_name": "lone", "verify": False},
    "values": {"auth": {"auth_url": URL}, "regions": [{"name": "a", "values": {"auth": {"project_name": "of-a"}}}, "b"]},
    "otc": {"auth": {"auth_url": "https://iam.mirror.example/v3"}},
}
# name: (entry of clouds.yaml, of secure.yaml, options, whether there is a clouds-public.yaml)
ENTRIES = {
    "plain": ({"auth": {**LOGIN, "auth_url": URL}, "region_name": "eu-de"}, None, {}, False),
    "secure": ({"auth": {**LOGIN, "auth_url": URL, "password": "old"}, "region_name": "eu-de"}, {"auth": {"password": "new"}}, {}, False),
    "in secure.yaml alone": (None, {"auth": {**LOGIN, "auth_url": URL}, "region_name": "eu-de"}, {}, False),
    "domain_name": ({"auth": {"username": "u", "password": "p", "domain_name": "d", "project_name": "x", "auth_url": URL}, **R}, None, {}, False),
    "user_domain_name beats domain_name": ({"auth": {**LOGIN, "domain_name": "other", "auth_url": URL}, **R}, None, {}, False),
    "domain beside auth": ({"auth": {**LOGIN, "auth_url": URL}, "user_domain_name": "beside", **R}, None, {}, False),
    "project beside auth": ({"auth": {**LOGIN, "auth_url": URL}, "project_name": "beside", **R}, None, {}, False),
    "login beside auth": ({**LOGIN, "auth": {"auth_url": URL, "username": "within"}, **R}, None, {}, False),
    "dashes": ({"auth": {"username": "u", "password": "p", "user-domain-name": "d", "project-name": "x", "auth_url": URL}, **R}, None, {}, False),
    "tenant": ({"auth": {"username": "u", "password": "p", "domain_name": "d", "tenant_name": "x", "auth_url": URL}, **R}, None, {}, False),
    "project_name beats tenant_name": ({"auth": {**LOGIN, "tenant_name": "old", "auth_url": URL}, **R}, None, {}, False),
    "project_id": ({"auth": {**LOGIN, "project_id": "0a1b2c3d", "auth_url": URL}, **R}, None, {}, False),
    "tenant_id": ({"auth": {**LOGIN, "tenant_id": "0a1b2c3d", "auth_url": URL}, **R}, None, {}, False),
    "token": ({"auth_type": "token", "auth": {"token": "t", "project_name": "x", "auth_url": URL}, **R}, None, {}, False),
    "regions": ({"auth": {**LOGIN, "auth_url": URL}, "regions": ["first", "second"]}, None, {}, False),
    "regions beat region_name": ({"auth": {**LOGIN, "auth_url": URL}, "regions": ["first"], "region_name": "other"}, None, {}, False),
    "regions with values": (
        {"auth": {**LOGIN, "auth_url": URL}, "regions": [{"name": "a", "values": {"verify": False, "auth": {"project_name": "of-a"}}}, "b"]}, None, {}, False),
    "another region": ({"auth": {**LOGIN, "auth_url": URL}, "regions": [{"name": "a", "values": {"auth": {"project_name": "of-a"}}}, "b"]},
                       None, {"region": "b"}, False),
    "several regions in a word": ({"auth": {**LOGIN, "auth_url": URL}, "region_name": "a,b"}, None, {}, False),
    "auth_url of the region": ({"auth": {**LOGIN, "auth_url": "https://iam.{region_name}.example.com/v3"}, **R}, None, {}, False),
    "auth_url of the region asked for": (
        {"auth": {**LOGIN, "auth_url": "https://iam.{region_name}.x.com/v3"}, "regions": ["a", "b"]}, None, {"region": "b"}, False),
    "verify": ({"auth": {**LOGIN, "auth_url": URL}, "region_name": "r", "verify": False}, None, {}, False),
    "insecure": ({"auth": {**LOGIN, "auth_url": URL}, "region_name": "r", "insecure": True}, None, {}, False),
    "not insecure": ({"auth": {**LOGIN, "auth_url": URL}, "region_name": "r", "insecure": False}, None, {}, False),
    "profile otc": ({"profile": "otc", "auth": LOGIN}, None, {}, False),
    "profile otc, region": ({"profile": "otc", "auth": LOGIN, "region_name": "eu-nl"}, None, {}, False),
    "profile otc, region asked for": ({"profile": "otc", "auth": LOGIN}, None, {"region": "eu-nl"}, False),
    "the old word for profile": ({"cloud": "otc", "auth": LOGIN}, None, {}, False),
    "profile of a file": ({"profile": "ours", "auth": LOGIN}, None, {}, True),
    "profile of a file, its domain": ({"profile": "ours", "auth": {"username": "u", "password": "p", "project_name": "x"}}, None, {}, True),
    "profile of a file, region": ({"profile": "ours", "auth": LOGIN, "region_name": "south"}, None, {}, True),
    "profile of a file with one region": ({"profile": "one", "auth": LOGIN}, None, {}, True),
    "profile of a file with values": ({"profile": "values", "auth": LOGIN}, None, {}, True),
    "a file's profile beats the one that is built in": ({"profile": "otc", "auth": LOGIN, "region_name": "eu-de"}, None, {}, True),
    "an entry beats its profile": ({"profile": "one", "auth": {**LOGIN, "auth_url": "https://iam.mine.example/v3"}, "verify": True}, None, {}, True),
    "unknown profile, but an auth_url": ({"profile": "nobody", "auth": {**LOGIN, "auth_url": URL}, "region_name": "r"}, None, {}, True),
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Write the files where both look, and give ``(what the SDK makes of the entry c, what we make of it)``."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("OS_"):
            monkeypatch.delenv(name)

    def here(stem):
        return [str(tmp_path / (stem + ".yaml"))]

    def both(entry, secure, options, public):
        (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"c": entry} if entry else {"other": {}}}))
        if secure:
            (tmp_path / "secure.yaml").write_text(yaml.safe_dump({"clouds": {"c": secure}}))
        if public:
            (tmp_path / "clouds-public.yaml").write_text(yaml.safe_dump({"public-clouds": PUBLIC}))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            config = loader.OpenStackConfig(config_files=here("clouds"), secure_files=here("secure"), vendor_files=here("clouds-public"))
            theirs = config.get_one("c", **({"region_name": options["region"]} if options else {}))
            verify = theirs.get_requests_verify_args()[0]
        return theirs, verify, settings.resolve({"cloud": "c", **options}, {"HOME": str(tmp_path / "home")})

    return both


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_means_what_it_means_to_the_sdk(files, name):
    theirs, verify, ours = files(*ENTRIES[name])
    auth = theirs.config["auth"]
    assert ours.url("iam") + "/v3" == auth["auth_url"]
    assert ours.region == theirs.region_name and ours.verify == verify
    assert ours.project_id == auth.get("project_id")
    if auth.get("project_name"):
        assert ours.project_name == auth["project_name"]
    if theirs.config["auth_type"] == "token":
        assert ours.credentials == {"auth_token": auth["token"]}
    else:
        assert ours.credentials == {"username": auth["username"], "password": auth["password"], "domain_name": auth["user_domain_name"]}


def test_the_swiss_cloud(files):
    """The SDK's profile lacks the scheme."""
    theirs, _verify, ours = files({"profile": "otc-swiss", "auth": LOGIN}, None, {}, False)
    assert ours.url("iam") == "https://" + theirs.config["auth"]["auth_url"][: -len("/v3")] and ours.region == theirs.region_name == "eu-ch2"


def test_a_certificate(files, tmp_path):
    (tmp_path / "ca.pem").write_text("x")
    _theirs, verify, ours = files({"auth": {**LOGIN, "auth_url": URL}, "region_name": "r", "cacert": str(tmp_path / "ca.pem")}, None, {}, False)
    assert ours.verify == verify == str(tmp_path / "ca.pem")


@pytest.mark.parametrize("profile", ["nobody", "vexxhost", "https://cloud.example"])
def test_credentials_go_nowhere_because_of_a_profile_that_is_not_known(tmp_path, monkeypatch, profile):
    """Without its auth_url the name of the region would lead to another cloud."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"c": {"profile": profile, "auth": LOGIN, "region_name": "eu-de"}}}))
    with pytest.raises(ConfigError, match="profile '%s'" % profile):
        settings.resolve({"cloud": "c"}, {"HOME": str(tmp_path)})


def test_files_are_searched_where_the_sdk_searches(monkeypatch, tmp_path):
    """Under both: the folder of the desktop's settings, and the one that openstacksdk has always had."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    (home / ".config" / "openstack").mkdir(parents=True)
    (home / ".config" / "openstack" / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"c": {"auth": {**LOGIN, "auth_url": URL}, "region_name": "r"}}}))
    found = settings.resolve({"cloud": "c"}, {"HOME": str(home), "XDG_CONFIG_HOME": str(tmp_path / "xdg")})
    assert found.credentials["username"] == "u"
