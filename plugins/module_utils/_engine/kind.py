# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of a kind of object for the engine. PRIVATE to the collection."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from .._cloud.errors import Refused
from .._cloud.odd import altered, raw


def whole(value: Any) -> int | None:
    """A count or a size in a response, which may be a string; None if it is not a number."""
    try:
        return int(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Kind:
    """A kind of object of the service.

    :param name: the singular name: result key, ``resource_type`` and path argument
    :param transit: statuses in which a job is at work, and the status each is expected to end in (None: gone)
    :param took_effect: ``took_effect(step, object or None)``: does the live object show that the step's request has arrived
    """

    name: str
    title: str
    plural: str
    entity: str
    transit: dict = field(hash=False)
    failed_creation: str = "error"
    took_effect: Any = None
    listing: Any = None  # listing(api, query), where the list is none of SDRS
    showing: Any = None  # showing(api, object ID), where more than the object itself has to be asked
    showable: bool = True
    listable: bool = True
    named_twice: bool = False  # the service allows two objects with the same name, by which tasks find them
    holds_nothing: Any = None  # holds_nothing(object): of two made at the same time the younger may be deleted again

    def status(self, obj: Any) -> Any:
        return obj.get("status") if obj else None

    def busy(self, obj: Any) -> bool:
        """Whether a job is at work on the object."""
        return bool(obj) and obj.get("status") in self.transit

    def assumed(self, obj: Any) -> Any:
        """The object as it will be when its job ends well; None when it is being deleted."""
        if not self.busy(obj):
            return obj
        end = self.transit[obj["status"]]
        return altered(obj, status=end) if end else None

    def assumed_owner(self, obj: Any) -> Any:
        """As ``assumed``, for objects that depend on this one: while it is being deleted, its status is kept and allows nothing."""
        return self.assumed(obj) or obj

    def label(self, obj: dict | None, name: str | None = None) -> str:
        """``protection group erp (ID)`` for messages."""
        if not obj:
            return "%s %s" % (self.title, name or "")
        return "%s %s (%s)" % (self.title, raw(obj, "name"), raw(obj, "id"))

    def refuse_half_deleted(self, obj: dict) -> None:
        """Refuse to make an object present whose deletion has failed.

        :raises Refused: the object is in ``error-deleting``
        """
        if obj.get("status") == "error-deleting":
            raise Refused(
                "%s: an earlier deletion failed" % self.label(obj),
                remedy="Delete it again (in a module with state: absent, in a topology with prune: true and without its entry), then create it again.",
            )

    @property
    def list_call(self) -> str:
        return "list_" + self.plural

    def every(self, api: Any, query: dict) -> list:
        """The objects that a creation narrowed by ``query`` may have made."""
        return self.listing(api, query) if self.listing else api.list(self.list_call, query)

    @property
    def show_call(self) -> str:
        return "show_" + self.name


class LiveState:
    """Base of the results of ``read``: ``obj`` is the object itself, None if it does not exist."""

    obj: Any

    @property
    def id(self) -> Any:
        """The object's ID, or None."""
        return (self.obj or {}).get("id")

    def watch(self) -> list:
        """``[(Kind, object)]`` whose jobs are waited for before anything is planned."""
        return []

    def branch(self, obj: dict) -> Any:
        """The path in a document to which the watched object belongs."""
        return

    def removing(self, params: dict, obj: dict) -> bool:
        """Whether the watched object will be removed, so that the outcome of its job does not matter."""
        return params.get("state") == "absent"

    def assume(self) -> Any:
        """The same, as it will be when jobs in flight end well."""
        return self

    def supposing(self, obj: Any, **changes: Any) -> Any:
        """A copy with another ``obj`` and other changed fields."""
        live: Any = self
        # pylint: disable-next=kwarg-superseded-by-positional-arg
        return replace(live, obj=obj, **changes)


def generic_took_effect(step: Any, obj: dict | None, after: dict) -> bool:
    """``took_effect`` for the operations of every kind: creation, deletion and renaming.

    :param after: ``{operation: statuses}`` the object has while and after the operation
    """
    if step.operation == "create":
        return obj is not None
    if step.operation == "delete":
        return obj is None or obj.get("status") == "deleting"
    if obj is None:
        return False
    if step.operation == "rename":
        return obj.get("name") == step.request.body["name"]
    return obj.get("status") in after.get(step.operation, ())
