# SPDX-License-Identifier: GPL-3.0-or-later
"""The host that is an AnsibleModule: what it refuses, and what it shows of the options."""

from __future__ import annotations

import json
import types

import pytest
from ansible.module_utils import basic

from ansible_collections.cloud_dr.sdrs.plugins.module_utils._module import argument_spec
from ansible_collections.cloud_dr.sdrs.plugins.modules import ecs_server_check_info, report_files, sdrs_server_group, sdrs_topology
from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _in_process

OPTIONS = {"name": "erp", "endpoint": "http://127.0.0.1:9", "auth_token": "t0ken-of-somebody-0815", "project_id": "p", "region": "r",
           "token_cache": False, "max_retries": 0}


@pytest.fixture
def module(monkeypatch, capsys):
    """``module(loaded, options)`` runs a module's main() with these options, as they come over the wire, and gives its result."""
    def run(loaded, **options):
        arguments = {**options, "_ansible_syslog_facility": "LOG_USER", "_ansible_remote_tmp": "/tmp", "_ansible_verbosity": 4}  # noqa: S108
        # As before ansible-core 2.19, which refuses texts that are none by itself.
        monkeypatch.setattr(basic, "_load_params", lambda: arguments)
        monkeypatch.setattr(basic, "_PARSED_MODULE_ARGS", dict(arguments), raising=False)
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        with pytest.raises(SystemExit):
            loaded.main()
        shown = capsys.readouterr()
        assert "Traceback" not in shown.out + shown.err
        return json.loads(shown.out.strip().splitlines()[-1])

    return run


@pytest.mark.parametrize("options, message", [
    ({"name": "x\ud800y"}, "name: contains half"), ({"username": "\udfff"}, "username: contains half"),
    ({"endpoints": {"sdrs": "\ud800"}}, "endpoints: contains half"),
    ({"auth_token": "t0ken-of-somebody-0815\udc80"}, "auth_token: contains half"),
    ({"http_timeout": 10**400}, "http_timeout: must be from 1 to 600"), ({"http_timeout": float("inf")}, "http_timeout: must be from"),
    ({"http_timeout": "nan"}, "http_timeout: must be from"), ({"max_retries": 10**400}, "'max_retries'"), ({"max_retries": "inf"}, "'max_retries'"),
    ({"max_retries": "1e999999999"}, "'max_retries'"), ({"max_retries": float("nan")}, "'max_retries'"),
    ({"max_retries": 101}, "max_retries: must be from 0 to 100"),
    ({"wait_timeout": "1e400"}, "wait_timeout: must be from"), ({"poll_interval": 1e-9}, "poll_interval: must be from"),
    ({"auth_token": "t0ken-of-somebody-0815\nX: y"}, "auth_token: must be one line"),
    ({"endpoint": "https://me:s3cret-pass@x"}, "endpoint must not contain credentials"),
    ({"endpoint": "https://me:s3cret-pass@x", "state": "bogus"}, "value of state must be"),
    ({"endpoints": {"sdrs": "https://me:s3cret-pass@x"}, "state": "bogus"}, "value of state must be"), ({"region": "evil.com/"}, "region: "),
], ids=range(19))
def test_what_cannot_be_is_refused_by_name(module, options, message):
    result = module(sdrs_server_group, **{**OPTIONS, **options})
    assert result["failed"] and message in result["msg"], result["msg"]
    assert result["error"]["message"] and result["error"]["retryable"] is False
    shown = json.dumps(result)
    assert "t0ken" not in shown and "s3cret" not in shown and "unexpected" not in shown
    shown.encode("ascii").decode("unicode_escape").encode("utf-8")  # nothing in it that cannot be written


def test_numbers_in_lists(module):
    for ports in ([22, 10**400], "22,inf", [0], [65536], [22, "nan"]):
        result = module(ecs_server_check_info, **{key: value for key, value in OPTIONS.items() if key != "name"}, ids=["x" * 32], ports=ports)
        assert result["failed"] and ("ports: must be from 1 to 65535" in result["msg"] or "ports" in result["msg"])


def test_every_failure_has_an_error(module, monkeypatch):
    """Options that are refused in the controller's process, and packages that are missing."""
    import types

    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._cloud.clouds_yaml import MissingYaml
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._module import host
    from ansible_collections.cloud_dr.sdrs.plugins.plugin_utils import _in_process

    task = types.SimpleNamespace(args={**OPTIONS, "state": "bogus"}, check_mode=True)
    results = [_in_process._run_here(sdrs_server_group, task)]

    def missing(*_arguments):
        raise MissingYaml("x")

    monkeypatch.setattr(host, "run", missing)
    results += [_in_process._run_here(sdrs_server_group, types.SimpleNamespace(args=OPTIONS, check_mode=True)), module(sdrs_server_group, **OPTIONS)]
    monkeypatch.setattr(host, "MISSING_REQUESTS", "where the import failed")
    monkeypatch.setattr(basic.AnsibleModule, "warn", lambda *_arguments: None)
    results.append(module(sdrs_server_group, **OPTIONS))
    for result in results:
        assert result["failed"] and result["error"] == {"message": result["msg"], "retryable": False}, result
    assert "value of state" in results[0]["msg"] and "PyYAML" in results[1]["msg"] and "PyYAML" in results[2]["msg"] and "requests" in results[3]["msg"]


def test_a_fault_of_ours_is_a_sentence(module, monkeypatch):
    from ansible_collections.cloud_dr.sdrs.plugins.module_utils._module import host

    def fail(*_arguments):
        raise KeyError("t0ken-of-somebody-0815")

    monkeypatch.setattr(host, "run", fail)
    result = module(sdrs_server_group, **OPTIONS)
    assert result["msg"].startswith("unexpected KeyError at ") and "test_module_host.py" in result["msg"] and "t0ken" not in json.dumps(result)


NESTED = {"name": "erp", "protected_instances": [{"name": "a", "server": "s"}, {"name": "b", "server": "t", "flavour": "s3", "replications": [
    {"device": "/dev/vdb", "create_volume": {"type": "SSD", "sise": 10}}]}]}
UNKNOWN = [
    (sdrs_topology, {"server_groups": [{"name": "a"}, {"name": "b"}, NESTED]},
     ["unsupported option server_groups[2].protected_instances[1].flavour; did you mean flavor? Valid options: cluster, ",
      "unsupported option server_groups[2].protected_instances[1].replications[0].create_volume.sise; did you mean size? Valid options: description, "]),
    (sdrs_topology, {"server_groups": [{"name": "a", "drills": [{"name": "d", "flavor": "x"}]}]},
     ["unsupported option server_groups[0].drills[0].flavor; valid options: drill_vpc, id, name"]),
    (sdrs_topology, {"server_groups": [{"name": "a"}], "prunes": True}, ["unsupported option prunes; did you mean prune? Valid options: "]),
    (sdrs_server_group, {"name": "erp", "descripton": "x"}, ["unsupported option descripton; did you mean description? Valid options: "]),
]


@pytest.mark.parametrize("loaded, options, messages", UNKNOWN)
@pytest.mark.parametrize("way", ["module", "in process"])
def test_an_unsupported_option_is_told_with_its_place_and_what_is_meant(module, loaded, options, messages, way):
    known = {**{key: value for key, value in OPTIONS.items() if key != "name"}, **options, "password": "s3cret-pass"}
    if way == "module":
        result = module(loaded, **known)
    else:
        result = _in_process._run_here(loaded, types.SimpleNamespace(args=known, check_mode=False))
    assert result["failed"] and all(message in result["msg"] for message in messages), result["msg"]
    assert "s3cret" not in json.dumps(result)


def test_many_unsupported_options_are_counted():
    spec = {"entries": {"type": "list", "elements": "dict", "options": {"name": {"type": "str", "aliases": ["title"]}}}}
    text = argument_spec.unsupported(spec, {"entries": [{"x": 1, "title": "a", "name": "a"}] * 9, "_ansible_verbosity": 0})
    assert text.count("unsupported option entries[") == 5 and text.endswith("; and 4 more")
    assert argument_spec.unsupported(spec, {"entries": [{"name": "x"}, "no mapping"]}) is None and argument_spec.unsupported(spec, {"entries": "x"}) is None


def test_the_log_of_the_system_gets_no_files(module, monkeypatch, tmp_path):
    """Names and sizes: a report of hundreds of kilobytes is no line of a log, and the diff shows it as before."""
    logged = []
    monkeypatch.setattr(basic.AnsibleModule, "log", lambda self, msg, log_args=None: logged.append("%s %s" % (msg, log_args)))
    path = str(tmp_path / "report.json")
    result = module(report_files, files={path: "what happened"})
    assert result["changed"] and result["diff"]["after"] == {path: "13 bytes"} and (tmp_path / "report.json").read_text() == "what happened"
    assert logged and path in logged[0] and "13 bytes" in logged[0] and "what happened" not in json.dumps(logged) + json.dumps(result)


def test_what_asks_no_service_takes_no_credentials(module, tmp_path):
    result = module(report_files, files={str(tmp_path / "x"): ""}, auth_token="t0ken-of-somebody-0815")
    assert result["failed"] and "auth_token" in result["msg"] and "t0ken-of" not in json.dumps(result)
