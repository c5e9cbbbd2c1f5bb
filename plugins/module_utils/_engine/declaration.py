# SPDX-License-Identifier: GPL-3.0-or-later
"""The declarations of modules for the engine: apply a state, query, act locally, or check the connection. PRIVATE to the collection."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from .options import Options


class Host(Protocol):
    """Who runs a declaration."""

    check_mode: bool

    def warn(self, message: str) -> Any:
        """Show a warning to the user."""

    def mask(self, secrets: Iterable[str]) -> Any:
        """Hide these values in everything that is shown."""

    def alive(self) -> Any:
        """Raise when nobody waits for the outcome any more."""


@dataclass(frozen=True)
class Declaration:
    """The declaration of a module that changes objects: how to read, how to plan, and under which key to return the object.

    :param options: the class of its options (Options); without it ``read`` and ``plan`` get the module's parameters as they are
    :param read: ``read(lookup, options)`` giving a live state with ``obj``, ``watch()`` and ``assume()``; resolves references
    :param plan: ``plan(options, live)`` giving a Plan; pure
    :param show: ``show(lookup, object ID, live)`` giving the object to return; default: the kind's detail query
    :param rules: rules for its own options, in addition to those of ``validate``
    :param verify: ``verify(options, object)`` raises if the steps succeeded but the object is not in the desired state
    :param locks: Locks: the protection groups that no other run may change meanwhile
    :param compact: many objects: sub-jobs are returned of failed jobs only
    :param expect: ``expect(plan)`` returns the object for check mode; default: derived from the steps
    """

    kind: Any
    read: Any
    plan: Any
    returns: str
    show: Any = None
    expect: Any = None
    verify: Any = None
    compact: bool = False
    locks: Any = None
    rules: dict = field(default_factory=dict)
    options: type[Options] | None = None


@dataclass(frozen=True)
class Query:
    """An info module: ``read(lookup, options, waiting)`` returns the keys of the result. ``bulky`` options are large, and no result repeats them."""

    read: Any
    rules: dict = field(default_factory=dict)
    bulky: tuple = ()
    options: type[Options] | None = None


@dataclass(frozen=True)
class Local:
    """A module that contacts no service: ``act(options, host)`` giving the result. ``bulky`` options are large texts, which no result repeats."""

    act: Any
    rules: dict = field(default_factory=dict)
    bulky: tuple = ()
    options: type[Options] | None = None
    controller_only: bool = False  # runs in the process of ansible-playbook, whatever the connection or ``become``


@dataclass(frozen=True)
class Diagnosis:
    """The declaration of a connection check: ``examine(params, host)`` returns the result. Wrong settings are findings, not failures."""

    examine: Any


def options_of(declaration: Declaration | Query | Local, given: dict) -> Any:
    """What the declaration gets of a task's parameters: its options if it has a class of them. A copy, since reading puts IDs into it."""
    own = copy.deepcopy(given)
    return declaration.options.of(own) if declaration.options else own
