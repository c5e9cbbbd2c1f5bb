# SPDX-License-Identifier: GPL-3.0-or-later
"""The common parts of every kind that can be present. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from .._cloud.errors import ConfigError, Refused
from .._engine.kind import Kind
from .._engine.options import ObjectOptions
from .._engine.plan import Field, Plan, immutable_conflicts, managed, refuse_immutable

NAME = Field("name", "name")


def require_options(kind: Kind, options: ObjectOptions, needed: Iterable[str], unnamed: str = "") -> None:
    """Whether all is given that the creation of an object takes.

    :param unnamed: the label of an object without a name
    :raises ConfigError: names the missing options
    """
    missing = [option for option in needed if not getattr(options, option)]
    if missing:
        raise ConfigError("%s %s does not exist; to create it, set %s" % (kind.title, options.name or unnamed, ", ".join(missing)))


def require_creatable(kind: Kind, options: ObjectOptions, needed: Iterable[str], unnamed: str = "") -> None:
    """The same for an object that was not found; an object with a given ID cannot be created.

    :raises Refused: ``id`` is given
    """
    if options.id:
        raise Refused("no %s has the ID %s" % (kind.title, options.id))
    require_options(kind, options, needed, unnamed)


def live_values(options: ObjectOptions, obj: dict, fixed: Iterable[Field], changeable: Iterable[Field] = ()) -> dict:
    """The options under management as the diff shows them before the change.

    :param fixed: immutable options with their desired values; differences are refused or ignored
    :param changeable: mutable options besides the name, with their live values
    """
    before = managed(options, fixed)
    if options.name:
        before["name"] = obj.get("name")
    before.update({each.option: each.live(obj) for each in changeable if getattr(options, each.option) is not None})
    return before


def plan_present(result: Plan, kind: Kind, options: ObjectOptions, obj: dict, fixed: Iterable[Field], changeable: Iterable[Field] = ()) -> None:
    """Begin the plan of an existing object: refuse or ignore immutable differences, show managed options, rename.

    :raises Refused: its deletion failed, or an option that is fixed differs
    """
    kind.refuse_half_deleted(obj)
    conflicts = immutable_conflicts(options, fixed, obj)
    left_alone = refuse_immutable(result, options.immutable_change, conflicts, kind.label(obj))
    unmanaged: dict = dict.fromkeys(left_alone)
    result.before = live_values(replace(options, **unmanaged), obj, fixed, changeable)
    result.after = dict(result.before)
    if options.name and obj.get("name") != options.name:
        result.rename(kind, obj["id"], options.name)
        result.after["name"] = options.name
