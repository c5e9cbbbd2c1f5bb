# SPDX-License-Identifier: GPL-3.0-or-later
"""The host that runs a declaration as an ordinary module. PRIVATE to the collection."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._cloud import validate
from .._cloud.clouds_yaml import MissingYaml
from .._cloud.errors import LONGEST_WARNING, ConfigError, SdrsError, one_line, unexpected
from .._cloud.mask import known, masked, masked_data, whole_data
from .._cloud.settings import remember
from .._cloud.text import all_visible, without_reserved
from .._cloud.transport import MISSING_REQUESTS
from .._engine.declaration import Local
from .._engine.run import run
from .argument_spec import CONNECTION, Spec, alias_conflicts, ordinary_numbers, unsupported

NEEDED_PYTHON = (3, 10)
# Names the process of ansible-playbook to a module on the same machine.
CONTROLLER = "SDRS_CONTROLLER_PID"
# A larger option is not repeated in results.
_LARGEST_OPTION = 8000
ORPHANED = "the process that started this task has ended; nothing more was sent"


class _Module(AnsibleModule):
    """Keeps the options as the user wrote them: AnsibleModule lets an alias beat its option with a warning only."""

    params: dict
    unsupported: str | None = None

    def __init__(self, declaration: Any, **options: Any) -> None:
        self._declaration = declaration
        super().__init__(**options)

    def _log_invocation(self) -> None:
        """The system log also contains only the size of bulky options."""
        whole, self.params = self.params, shown(self._declaration, self.params)
        try:
            super()._log_invocation()
        finally:
            self.params = whole

    def _load_params(self) -> None:
        super()._load_params()
        self.params = ordinary_numbers(self.argument_spec, self.params)
        self.given, self.params = dict(self.params), whole_data(self.params)  # halves of characters cannot be logged
        # Before anything can fail: a failure shows the options.
        remember(self.given)
        self.no_log_values.update(known())
        self.unsupported = unsupported(self.argument_spec, self.given)

    def fail_json(self, msg: str, **kwargs: Any) -> Any:
        # ansible-core names an option without its position in a list of entries.
        text = masked(self.unsupported) if self.unsupported else msg
        kwargs.setdefault("error", {"message": masked(one_line(text)), "retryable": False})
        super().fail_json(msg=text, **kwargs)


class ModuleHost:
    """``host`` for ``run``: an AnsibleModule."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._parent = os.getppid()
        controller = os.environ.get(CONTROLLER, "")
        self._controller = int(controller) if controller.isdigit() and int(controller) in _ancestors() else None
        self.check_mode = module.check_mode

    def warn(self, message: str) -> None:
        self._module.warn(one_line(message, LONGEST_WARNING))

    def mask(self, secrets: Any) -> None:
        """Secrets from the environment or clouds.yaml are masked like those of options."""
        self._module.no_log_values.update(secrets)

    def alive(self) -> None:
        """A killed ansible-playbook leaves its module running: stop before the next write."""
        require_parent(self._parent)
        if self._controller and self._controller not in _ancestors():
            raise SdrsError(ORPHANED)


def run_module(spec: Spec, declaration: Any) -> None:
    """Run ``declaration`` with the module's options and end the process."""
    spec = with_connection(spec, declaration)
    module = _Module(declaration, supports_check_mode=True, **spec.kwargs())
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


def with_connection(spec: Spec, declaration: Any) -> Spec:
    """The options of a module, with the connection options unless it contacts no service. Modules that need no secrets receive none."""
    return spec if isinstance(declaration, Local) else CONNECTION + spec


def outcome(spec: Any, declaration: Any, given: dict, params: dict, host: Any) -> dict:
    """The result of a declaration, a failed one in place of an exception.

    :param given: the options as the user wrote them
    """
    def act() -> dict:
        checked(spec, given)
        return run(declaration, params, host)

    return attempt(act)


def checked(spec: Any, given: dict) -> None:
    """Refuse options that no task takes, whatever it does."""
    validate.check(given, {})
    for conflict in alias_conflicts(spec.options, given):
        raise ConfigError(same_option(*conflict))


def attempt(act: Callable[[], dict]) -> dict:
    """The result of ``act()``, a failed one in place of an exception."""
    try:
        return act()
    except MissingYaml:
        return failure(missing_required_lib("PyYAML", reason="to read clouds.yaml"))
    except SdrsError as error:
        # Ansible prints the results of failed tasks.
        return {"failed": True, "msg": str(error), **all_visible({"error": error.as_dict(), **error.result})}
    except Exception as error:  # pylint: disable=broad-except
        return failure(unexpected(error))


def failure(text: str) -> dict:
    """A failed result that has no more to say."""
    return {"failed": True, "msg": text, "error": {"message": text, "retryable": False}}


def shown(declaration: Any, params: dict) -> dict:
    """``params`` for a result's ``invocation``: for bulky or large values, which AWX would store in its database, only the size."""
    bulky = {name: params[name] for name in getattr(declaration, "bulky", ()) if isinstance(params.get(name), dict)}
    large = {name: "%d bytes" % size for name, size in ((name, _size(value)) for name, value in params.items()) if size > _LARGEST_OPTION}
    return {
        **params, **large,
        **{name: {key: "%d bytes" % len(str(text).encode("utf-8", "replace")) for key, text in value.items()} for name, value in bulky.items()},
    }


def _size(value: Any) -> int:
    return len(json.dumps(value, default=str)) if isinstance(value, (dict, list)) else 0


def require_parent(parent: int) -> None:
    """Raise when the process ``parent``, which waits for the task, is gone."""
    if os.getppid() != parent:
        raise SdrsError(ORPHANED)


def _ancestors() -> list[int]:
    """The parent processes of this one; none if /proc does not show them.

    Between a local module and ansible-playbook there are a shell and a worker, which survive if ansible-playbook is killed.
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


def same_option(option: str, alias: Any) -> str:
    """The message for an option and its alias with different values."""
    return "%s and its alias %s conflict" % (option, alias)
