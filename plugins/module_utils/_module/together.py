# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of several hosts in one: one reading of the live state, and an outcome for each. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._cloud.errors import SdrsError
from .._cloud.mask import masked
from .._engine.lookup import Lookup
from .._engine.rehearsal import Reading, rehearse
from .._engine.run import Declaration
from .argument_spec import Spec, ordinary_numbers, unsupported
from .host import attempt, checked, failure


def planned(spec: Spec, declaration: Declaration) -> Callable[[Lookup, dict[str, Any]], dict[str, Any]]:
    """What gives ``{name: result in check mode}`` for ``{name: options of the task}``; what is wrong with one of them fails that one."""

    def plan(lookup: Lookup, wanted: dict[str, Any]) -> dict[str, Any]:
        reading = Reading(lookup.api, lookup.warn)
        return {name: _plan(spec, declaration, name, options, reading) for name, options in wanted.items()}

    return plan


def _plan(spec: Spec, declaration: Declaration, name: str, given: Any, reading: Reading) -> dict[str, Any]:
    if not isinstance(given, dict):
        return failure("the options of a task are a mapping")
    options = ordinary_numbers(spec.options, given)
    validated = ArgumentSpecValidator(**spec.kwargs()).validate(options)
    unknown = unsupported(spec.options, options)
    if unknown or validated.error_messages:
        return failure(masked(unknown or "; ".join(validated.error_messages)))

    def act() -> dict[str, Any]:
        checked(spec, options)
        return rehearse(declaration, validated.validated_parameters, reading, lambda message: reading.warn("%s: %s" % (name, message)))

    return attempt(act)


def query(parts: dict[str, tuple[str, Callable[[Lookup, dict], dict]]], whole: Callable[..., dict]) -> Callable[..., dict[str, Any]]:
    """``read`` of a Query that does the work of many if one of the options ``parts`` is given, else that of ``whole``.

    :param parts: ``{option: (key of the result, what does it)}``; an error instead of a result becomes a failed result
    """

    def read(lookup: Lookup, params: dict, waiting: Any) -> dict[str, Any]:
        for option, (key, act) in parts.items():
            if params[option] is not None:
                return {key: {name: _told(entry) for name, entry in act(lookup, params[option]).items()}}
        return whole(lookup, params, waiting)

    return read


def _told(entry: Any) -> Any:
    def act() -> Any:
        if isinstance(entry, SdrsError):
            raise entry
        return entry

    return attempt(act)
