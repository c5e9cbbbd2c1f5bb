# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that identify an object must all mean the same one (semantics.md, section 1). PRIVATE to the collection.

Under ``absent`` each that is given must fit the object. With ``present`` another name is a renaming, but not to the name of another object
when ``id`` says which one is meant: that is the name of the wrong object more often than a name to share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._cloud.errors import Refused
from .._engine.kind import Kind
from .._engine.lookup import Lookup
from .kinds import SERVER_GROUP

# In the order in which objects are found by them; ``name`` comes after all of them.
_FOUND_BY = ("id", "server", "volume", "device")


def check_name(kind: Kind, obj: dict | None, params: Mapping[str, Any], bearers: Callable[..., Any], path: str | None = None) -> None:
    """Whether ``name`` fits the object that was found by something else.

    :param obj: the object, or None when there is none
    :param params: the options; without ``state`` the object is found by its name and never renamed
    :param bearers: callable giving the objects of the kind, in its scope, that bear the name
    :param path: where the options stand
    :raises Refused: it is the name of another object, or, where it renames nothing, not the object's
    """
    by, name = next((option for option in _FOUND_BY if params.get(option)), None), params.get("name")
    if not by or not name or (obj and obj.get("name") == name):
        return
    renames = params.get("state") == "present"
    if by != "id" and (renames or obj is None):
        return  # by server and disk it is renamed, whoever bears the name, and nothing is ever found by the name
    if obj is None and renames:
        return
    others = [each for each in bearers() if each.get("id") not in ((obj or {}).get("id"), params.get("id"))]
    if not others and (renames or obj is None):
        return
    meant = kind.label(others[0]) if others else "no %s" % kind.title
    remedy = "%s, or correct %s." % ("Choose another name" if renames else "Leave out name", by)
    _refuse(kind, by, params[by], obj, "name %r" % name, meant, remedy, path)


def check_half(lookup: Lookup, kind: Kind, obj: dict | None, params: Mapping[str, Any], option: str, halves: Callable[..., Any]) -> None:
    """Whether the server or disk of ID ``params[option]`` belongs to the object that was found by ``id``.

    :raises Refused: it belongs to another object, or, under ``absent``, to none
    """
    reference, absent = params.get(option), params["state"] == "absent"
    if not params.get("id") or not reference or (obj and reference in halves(obj)) or (obj is None and not absent):
        return
    owner = next((each for each in lookup.list(kind) if reference in halves(each)), None)
    if owner is None and (obj is None or not absent):
        return
    meant = kind.label(owner) if owner else "no %s" % kind.title
    _refuse(kind, "id", params["id"], obj, "%s %s" % (option, reference), meant, "Leave out %s, or correct id." % option)


def check_group(lookup: Lookup, kind: Kind, obj: dict | None, group_id: Any, **data: Any) -> None:
    """Whether the object is in the protection group of this ID, if one is given.

    :raises Refused: it is in another one, which is named
    """
    if obj is None or group_id in (None, obj.get("server_group_id")):
        return
    raise Refused(
        "%s belongs to %s, not to %s" % (kind.label(obj), *(_group(lookup, each) for each in (obj.get("server_group_id"), group_id))),
        **{"remedy": "Nothing was sent. Leave out server_group, or correct it.", **data},
    )


def check_field(kind: Kind, obj: dict, option: str, wanted: Any, have: Any) -> None:
    """Whether an option that is fixed at creation fits the object.

    :raises Refused: it does not
    """
    if wanted is not None and wanted != have:
        raise Refused("%s: its %s is %s, not %s" % (kind.label(obj), option, have, wanted), remedy="Nothing was sent. Leave out %s, or correct it." % option)


def check_found(lookup: Lookup, kind: Kind, obj: dict | None, params: Mapping[str, Any], option: str, halves: Callable[..., Any], **data: Any) -> None:
    """All of it for instances and pairs; ``option`` is ``server`` or ``volume``."""
    check_group(lookup, kind, obj, params.get("server_group"), **data)
    check_half(lookup, kind, obj, params, option, halves)
    group_id = (obj or {}).get("server_group_id") or params.get("server_group")
    check_name(kind, obj, params, lambda: lookup.named(kind, params["name"], **({"server_group_id": group_id} if group_id else {})))


def _group(lookup: Lookup, group_id: Any) -> str:
    return SERVER_GROUP.label(lookup.show(SERVER_GROUP, group_id) or {"id": group_id})


def _refuse(kind: Kind, by: str, value: Any, obj: dict | None, other: str, meant: str, remedy: str, path: str | None = None) -> None:
    found = kind.label(obj) if obj else "no %s" % kind.title
    text = "%s %s means %s, but %s means %s" % (by, value, found, other, meant)
    raise Refused("%s: %s" % (path, text) if path else text, remedy="Nothing was sent. " + remedy)
