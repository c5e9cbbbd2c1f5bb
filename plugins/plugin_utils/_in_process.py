# Copyright: the cloud_dr.sdrs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The host that runs a declaration in the controller's process, for local connections. PRIVATE to the collection.

It saves the start of a Python per task. Whenever anything is not plain, the ordinary module runs instead.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values, sanitize_keys
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import filter_loader

from ..module_utils._cloud.errors import LONGEST_WARNING, one_line, unexpected
from ..module_utils._cloud.mask import known, masked, masked_data
from ..module_utils._cloud.settings import remember
from ..module_utils._cloud.text import without_reserved
from ..module_utils._cloud.transport import MISSING_REQUESTS
from ..module_utils._engine.declaration import Local
from ..module_utils._module.argument_spec import CONNECTION, ordinary_numbers, unsupported
from ..module_utils._module.host import CONTROLLER, NEEDED_PYTHON, failure, outcome, require_parent, shown, with_connection

_HERE = (None, "localhost", "127.0.0.1", "::1")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


class _ActionHost:
    """``host`` for ``run``: gathers warnings and secrets for the result."""

    def __init__(self, check_mode: bool, secrets: Iterable[str]) -> None:
        self._parent = os.getppid()
        self.check_mode = check_mode
        self.secrets = set(secrets)
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(one_line(message, LONGEST_WARNING))

    def mask(self, secrets: Iterable[str]) -> None:
        self.secrets.update(secrets)

    def alive(self) -> None:
        """The worker of a killed ansible-playbook goes on: stop before the next write."""
        require_parent(self._parent)


def _load_filters() -> None:
    """Load the collection's filters where this file is loaded, in the process of ansible-playbook.

    Each task runs in a fork of that, and would load all of them for the first one that it uses, which takes longer than most tasks.
    """
    try:
        filter_loader.get("cloud_dr.sdrs.printable")
    except Exception:  # pylint: disable=broad-except
        pass  # a task that needs them tells


_load_filters()


def in_process(module: Any) -> Any:
    """The ActionModule class for a module of this collection, which has ``SPEC`` and ``DECLARATION``."""

    class ActionModule(ActionBase):
        _supports_check_mode = True
        _supports_async = True

        def run(self, tmp: Any = None, task_vars: Any = None) -> dict:
            super().run(tmp, task_vars)
            if isinstance(module.DECLARATION, Local):
                # The defaults of the action group are for those that ask a service.
                self._task.args = {name: value for name, value in self._task.args.items() if name not in CONNECTION.options}
            if not (getattr(module.DECLARATION, "controller_only", False) or self._plain(task_vars or {})):
                os.environ[CONTROLLER] = str(os.getppid())
                return self._execute_module(
                    module_name=self._task.action, module_args=self._task.args, task_vars=task_vars, wrap_async=self._task.async_val,
                )
            try:
                return _run_here(module, self._task)
            except Exception as error:  # pylint: disable=broad-except
                return failure(unexpected(error))

        def _plain(self, task_vars: dict) -> bool:
            """Whether the task may run in this process."""
            interpreter = self._templar.template(task_vars.get("ansible_python_interpreter"))
            return not (
                MISSING_REQUESTS
                or sys.version_info < NEEDED_PYTHON
                or self._connection.transport != "local"
                or self._task.async_val
                or self._play_context.become
                or self._task.delegate_to not in _HERE
                or any(self._task.environment or ())
                or (interpreter and interpreter not in (sys.executable, "auto", "auto_silent", "auto_legacy", "auto_legacy_silent"))
                or (sys.platform == "darwin" and not any(os.environ.get(name) for name in _PROXIES))
                or not boolean(self._templar.template(task_vars.get("sdrs_in_process", True)), strict=False)
            )

    return ActionModule


def _plain_data(value: Any) -> Any:
    """Through JSON and back: templating leaves tagged strings, sets and dates behind."""
    return json.loads(json.dumps(value, default=lambda item: sorted(item) if isinstance(item, (set, frozenset)) else str(item)))


def _run_here(module: Any, task: Any) -> dict:
    spec = with_connection(module.SPEC, module.DECLARATION)
    options = _plain_data(ordinary_numbers(spec.options, task.args))
    remember(options)
    kwargs = spec.kwargs()
    checked = ArgumentSpecValidator(kwargs.pop("argument_spec"), **kwargs).validate(options)
    host = _ActionHost(task.check_mode, checked._no_log_values)
    unknown = unsupported(spec.options, options)
    if unknown or checked.error_messages:
        result = failure(masked(unknown or "; ".join(checked.error_messages)))
    else:
        result = outcome(spec, module.DECLARATION, options, checked.validated_parameters, host)
    given = {name: checked.validated_parameters.get(name) for name in spec.options}
    result["invocation"] = {"module_args": shown(module.DECLARATION, given)}
    host.mask(known())
    result = without_reserved(masked_data(_plain_data(result)))
    result = sanitize_keys(remove_values(result, host.secrets), host.secrets, frozenset(("changed", "failed", "msg", "invocation")))
    if host.warnings:
        result["warnings"] = [remove_values(warning, host.secrets) for warning in host.warnings]
    return result
