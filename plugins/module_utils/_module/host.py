# SPDX-License-Identifier: GPL-3.0-or-later
"""The host that runs a declaration as an ordinary module. PRIVATE to the collection."""

from __future__ import annotations

import os
import sys

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._cloud import validate
from .._cloud.clouds_yaml import MissingYaml
from .._cloud.errors import LONGEST_WARNING, ConfigError, SdrsError, one_line, unexpected
from .._cloud.mask import known, masked, masked_data, whole_data
from .._cloud.settings import remember
from .._cloud.text import all_visible, without_reserved
from .._cloud.transport import MISSING_REQUESTS
from .._engine.run import run
from .argument_spec import CONNECTION, alias_conflicts, ordinary_numbers

NEEDED_PYTHON = (3, 10)
# Names the process of ansible-playbook to a module on the same machine.
CONTROLLER = "SDRS_CONTROLLER_PID"
ORPHANED = "the process that started this task is gone; nothing more was sent"


class _Module(AnsibleModule):
    """Keeps the options as the user wrote them: AnsibleModule lets an alias beat its option with a warning only."""

    params: dict

    def fail_json(self, msg, **kwargs):
        """Options that are refused, too, have an ``error``."""
        kwargs.setdefault("error", {"message": masked(one_line(msg)), "retryable": False})
        super().fail_json(msg, **kwargs)

    def _load_params(self):
        super()._load_params()
        self.params = ordinary_numbers(self.argument_spec, self.params)
        self.given, self.params = dict(self.params), whole_data(self.params)  # halves of characters cannot be logged
        # Before anything can fail: a failure shows the options.
        remember(self.given)
        self.no_log_values.update(known())


class ModuleHost:
    """``host`` for ``run``: an AnsibleModule."""

    def __init__(self, module):
        self._module = module
        self._parent = os.getppid()
        controller = os.environ.get(CONTROLLER, "")
        self._controller = int(controller) if controller.isdigit() and int(controller) in _ancestors() else None
        self.check_mode = module.check_mode

    def warn(self, message):
        self._module.warn(one_line(message, LONGEST_WARNING))

    def mask(self, secrets):
        """Secrets from the environment or clouds.yaml are masked like those of options."""
        self._module.no_log_values.update(secrets)

    def alive(self):
        """A killed ansible-playbook leaves its module running: stop before the next write."""
        require_parent(self._parent)
        if self._controller and self._controller not in _ancestors():
            raise SdrsError(ORPHANED)


def run_module(spec, declaration):
    """Run ``declaration`` with the module's options and end the process."""
    spec = CONNECTION + spec
    module = _Module(supports_check_mode=True, **spec.kwargs())
    if sys.version_info < NEEDED_PYTHON:
        module.fail_json(msg="cloud_dr.sdrs needs Python %d.%d or newer, this is %s" % (*NEEDED_PYTHON, sys.version.split()[0]))
    if MISSING_REQUESTS:
        module.fail_json(msg=missing_required_lib("requests"), exception=MISSING_REQUESTS)
    result = without_reserved(masked_data(outcome(spec, declaration, module.given, module.params, ModuleHost(module))))
    module.no_log_values.update(known())
    result["invocation"] = {"module_args": shown(declaration, module.params)}
    if result.pop("failed", False):
        # Not where an exception is being handled: Ansible would show it.
        module.fail_json(**result)
    module.exit_json(**result)


def outcome(spec, declaration, given, params, host):
    """The result of a declaration, a failed one in place of an exception.

    :param given: the options as the user wrote them
    """
    try:
        validate.check(given, {})
        for conflict in alias_conflicts(spec.options, given):
            raise ConfigError(same_option(*conflict))
        return run(declaration, params, host)
    except MissingYaml:
        return refused(missing_required_lib("PyYAML", reason="to read clouds.yaml"))
    except SdrsError as error:
        # Ansible prints the result of what failed.
        return {"failed": True, "msg": str(error), **all_visible({"error": error.as_dict(), **error.result})}
    except Exception as error:  # pylint: disable=broad-except
        return refused(unexpected(error))


def refused(text):
    """The result of a task that was refused, or failed, by itself."""
    return {"failed": True, "msg": text, "error": {"message": text, "retryable": False}}


def shown(declaration, params):
    """``params`` as a result's ``invocation`` has them: of what is bulky, which ends in the database of AWX, its size."""
    bulky = {name: params[name] for name in getattr(declaration, "bulky", ()) if isinstance(params.get(name), dict)}
    return {**params, **{name: {key: "%d bytes" % len(str(text).encode("utf-8", "replace")) for key, text in value.items()} for name, value in bulky.items()}}


def require_parent(parent):
    """Raise when the process ``parent``, which waits for the task, is gone."""
    if os.getppid() != parent:
        raise SdrsError(ORPHANED)


def _ancestors():
    """The processes above this one; none where /proc does not tell.

    Between a local module and ansible-playbook stand a shell and a worker, which live on when ansible-playbook is killed.
    """
    found, process = [], os.getppid()
    while process > 1:
        found.append(process)
        try:
            with open("/proc/%d/stat" % process, encoding="utf-8", errors="replace") as stream:
                process = int(stream.read().rpartition(")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            break
    return found


def same_option(option, alias):
    """What to say of an option and its alias that were given different values."""
    return "%s and %s are the same option and were given different values" % (option, alias)
