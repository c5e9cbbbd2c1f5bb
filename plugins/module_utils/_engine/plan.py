# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired state against live state: steps with dependencies, before and after, warnings. Pure. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .._cloud.api import Api
from .._cloud.errors import ApiError, Refused, SdrsError
from .jobs import duration
from .kind import Kind
from .options import ObjectOptions

FIND, WAIT = "find", "wait for"
_QUICK = (FIND, WAIT, "rename", "tag", "untag")


class Field(NamedTuple):
    """An option under management: its name, the API's name for it, and how the live value is read."""

    option: str
    api: str
    read: Any = None  # callable(live object) -> value; default: the API's field

    def live(self, obj: dict) -> Any:
        return self.read(obj) if self.read else obj.get(self.api)


ReadList = Callable[[Kind, dict], list]  # ``lists(kind, query)``: a list read since


@dataclass
class Request:
    """One call that changes something. Values of ``arguments`` and ``body`` may be steps, which stand for the IDs of what they create or find.

    :param guard: ``guard(live object)``, with a GET directly before every attempt: raises Refused if the request must not be sent
    :param premise: ``premise(lists)``: the same for what the object itself does not show
    :param proof: ``proof(api)``: whether a request whose answer was lost has happened, where the object's status is no proof once its job has ended
    :param retry_refused: deletion: ``retry_refused(error)``: whether a refusal may pass, so that it is repeated until the object is gone
    :param instead: ``instead(error)``: the steps to take where the cloud does not offer the operation
    :param divides: ``instead`` gives smaller steps, to be taken when the service refuses this one for whatever reason
    :param members: a batch: its objects, each ``(name, ID)``
    :param last_copy: removal: ``{object ID: what goes with it of which there is no other copy}``
    :param service: whose job it is
    """

    call: str
    arguments: dict = field(default_factory=dict)
    body: Any = None
    guard: Callable[[Any], Any] | None = None
    premise: Callable[[ReadList], Any] | None = None
    proof: Callable[[Api], bool] | None = None
    retry_refused: Callable[[ApiError], bool] | None = None
    instead: Callable[[ApiError], list[Step]] | None = None
    divides: bool = False
    members: list[tuple] = field(default_factory=list)
    last_copy: dict = field(default_factory=dict)
    service: str = "sdrs"

    @property
    def guarded(self) -> bool:
        return bool(self.guard or self.premise)


@dataclass(frozen=True)
class Find:
    """How what a step makes is found: by a list narrowed by ``query``, in which ``match(object)`` tells it."""

    query: dict
    match: Callable[[dict], bool]


@dataclass
class Wait:
    """For the job at work on an object.

    :param tolerant: an error status is as good an end as any
    :param since: when it began, if that was before the step did; ``wait_timeout`` counts from there
    """

    tolerant: bool = False
    since: float | None = None


@dataclass(eq=False)
class Step:
    """A request, a wait, or, with neither, something to find. A creation has a request and a ``find``.

    ``id`` is a string, or the Step that creates or finds the object.

    :param after: steps that must have ended well
    :param once_ended: steps that must have ended, well or not
    :param later: part of the plan, but only to be carried out when a second look has found nothing in its way
    :param branch: where in a document this step belongs to, such as ``server_groups[0].drills[1]``
    :param scope: how the list is narrowed that shows the step's object; that of its ``find``, if it has one
    """

    operation: str  # what results call it; FIND and WAIT for steps without a request
    kind: Kind
    name: str | None
    id: Any
    request: Request | None = None
    find: Find | None = None
    wait: Wait | None = None
    after: list[Step] = field(default_factory=list)
    once_ended: list[Step] = field(default_factory=list)
    later: bool = False
    branch: str | None = None
    scope: dict | None = None
    # How far it has come.
    job: dict | None = None
    seen: dict | None = None  # the object as it was when it was last looked at
    submitted: bool = False
    listed: bool = False  # creation: the list that look-ups use has shown the new object
    refused: ApiError | None = None  # the last refusal that is being repeated

    def __post_init__(self) -> None:
        if self.scope is None and self.find:
            self.scope = self.find.query

    @property
    def call(self) -> str | None:
        """The API's operation; None for a step that changes nothing."""
        return self.request.call if self.request else None

    @property
    def quick(self) -> bool:
        """Whether the step starts no job, so that it takes none of the ``parallel`` places."""
        return self.operation in _QUICK

    def as_operations(self) -> list[dict]:
        """The entries of the result's ``operations``, with what applies; a batch has one for each object."""
        if not self.request:
            return []
        job = self.job or {}
        about_job = {"job_id": job.get("job_id"), "job_type": job.get("job_type"), "duration": duration(job)}
        entries = [
            {
                "operation": self.operation, "resource_type": self.kind.name, "name": name, "id": object_id, **about_job,
                "last_copy": self.request.last_copy.get(object_id),
            }
            for name, object_id in self.request.members or [(self.name, resolve(self.id))]
        ]
        return [{key: value for key, value in entry.items() if value is not None} for entry in entries]


@dataclass
class Plan:
    """What is to be done and what it makes of the options under management."""

    steps: list[Step] = field(default_factory=list)
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    refused: list[tuple[str, SdrsError]] = field(default_factory=list)  # by branch: parts of a document that cannot be brought about now
    texts: tuple[str, str] | None = None  # before and after as the diff shows them, where these are no mappings
    told: dict = field(default_factory=dict)  # what else the result tells of the live state
    again: bool = False  # read and plan once more when the steps are done: more may have come to light

    def add(
        self, operation: str, kind: Kind, name: str | None, object_id: Any, request: Request, find: Find | None = None,
        after: Iterable[Step] = (), once_ended: Iterable[Step] = (), later: bool = False,
    ) -> Step:
        """Append a step that changes something and give it back."""
        step = Step(operation, kind, name, object_id, request, find, after=list(after), once_ended=list(once_ended), later=later)
        self.steps.append(step)
        return step

    def create(self, kind: Kind, name: str | None, body: dict, find: Find, after: Iterable[Step] = (), **how: Any) -> Step:
        """Append the step that creates an object; what is None in ``body`` is not sent. ``how``: what else its Request has."""
        given = {key: value for key, value in body.items() if value is not None}
        return self.add("create", kind, name, None, Request("create_" + kind.name, body=given, **how), find, after=after)

    def delete(self, kind: Kind, obj: dict, body: Any = None, after: Iterable[Step] = (), later: bool = False, **how: Any) -> Step:
        """Append the step that deletes an object. ``how``: what else its Request has."""
        request = Request("delete_" + kind.name, {kind.name: obj["id"]}, body, **how)
        return self.add("delete", kind, obj.get("name"), obj["id"], request, after=after, later=later)

    def rename(self, kind: Kind, object_id: Any, name: str, after: Iterable[Step] = ()) -> Step:
        """Append the step that gives an object another name."""
        return self.add("rename", kind, name, object_id, Request("rename_" + kind.name, {kind.name: object_id}, {"name": name}), after=after)

    def take(self, made: Plan, waits: Iterable[Step] = (), after: Iterable[Step] = ()) -> None:
        """Take over what another plan holds.

        :param waits: steps that wait for a job at work on the object: ``made`` comes after them, and a second look after all
        :param after: steps that ``made`` comes after, too
        """
        for step in made.steps:
            step.after = [*step.after, *waits, *after]
        self.steps += [*waits, *made.steps]
        self.warnings += made.warnings
        self.before, self.after = made.before, made.after
        self.again = self.again or made.again or bool(waits)


def find_step(kind: Kind, name: str | None, find: Find, after: Iterable[Step]) -> Step:
    """A step that finds what another step made: ``id`` is known once it has ended."""
    return Step(FIND, kind, name, None, find=find, after=list(after))


def wait_step(kind: Kind, obj: dict, tolerant: bool = False, branch: str | None = None, since: float | None = None) -> Step:
    """A step that waits for the job at work on an object."""
    scope = {"server_group_id": obj["server_group_id"]} if obj.get("server_group_id") else {}
    return Step(WAIT, kind, obj.get("name"), obj["id"], wait=Wait(tolerant, since), scope=scope, branch=branch)


def waits_for(kind: Kind, obj: Any, tolerant: bool = False) -> list[Step]:
    """The step that waits for the job at work on an object, if there is one, as a list."""
    return [wait_step(kind, obj, tolerant)] if kind.busy(obj) else []


def resolve(value: Any) -> Any:
    """``value`` with every Step in it replaced by the ID of what that step made (None while unknown)."""
    if isinstance(value, Step):
        return resolve(value.id) if value.id is not value else None
    if isinstance(value, dict):
        return {key: resolve(item) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item) for item in value]
    return value


def creator(step_or_id: Any) -> list[Step]:
    """The step itself as a list of prerequisites, or an empty list for an ID."""
    return [step_or_id] if isinstance(step_or_id, Step) else []


def managed(options: ObjectOptions, fields: Iterable[Field]) -> dict:
    """The options of ``fields`` that were given: an omitted option is not managed."""
    return {item.option: getattr(options, item.option) for item in fields if getattr(options, item.option) is not None}


def immutable_conflicts(options: ObjectOptions, fields: Iterable[Field], live: dict) -> list[tuple]:
    """``[(option, live value, wanted value)]`` for fixed options whose readable live value differs.

    None in the live object and an empty wanted value are the same; None or nothing in place of anything but a description means that the
    service does not tell it.
    """
    conflicts = []
    for item in fields:
        wanted = getattr(options, item.option)
        if wanted is None or not _told(item, live):
            continue
        value = item.live(live)
        same = wanted in value if isinstance(value, (set, frozenset)) else (value or "") == (wanted or "")
        if not same:
            shown = "/".join(sorted(map(str, value))) if isinstance(value, (set, frozenset)) else value
            conflicts.append((item.option, shown, wanted))
    return conflicts


def untold(given: Mapping[str, Any], fields: Iterable[Field], live: dict) -> list[str]:
    """The fixed options that were given and that the live object does not tell, so that they are compared with nothing."""
    return [item.option for item in fields if given.get(item.option) is not None and not _told(item, live)]


def _told(item: Field, live: dict) -> bool:
    if item.read is None and item.api not in live:
        return False
    return item.option == "description" or item.live(live) not in (None, frozenset())


def refuse_immutable(plan: Plan, immutable_change: str, conflicts: list[tuple], label: str) -> set[str]:
    """Fail over fixed options that differ, or warn when ``immutable_change`` says so. Gives back the options to leave alone."""
    if not conflicts:
        return set()
    text = "; ".join("%s is %r, wanted is %r" % conflict for conflict in conflicts)
    if immutable_change != "ignore":
        raise Refused(
            "%s: what is fixed at creation differs: %s" % (label, text),
            remedy="Correct the option, delete and create the object anew, or set immutable_change: ignore (topology_immutable_change in the playbooks).",
        )
    plan.warnings.append("%s: ignored what is fixed at creation and differs: %s" % (label, text))
    return {conflict[0] for conflict in conflicts}


def require(allowed: dict, statuses: dict, action: str, label: str) -> None:
    """Refuse ``action`` unless the status is among those its section of the reference allows.

    :param statuses: ``{label: status}`` of every object the constraint speaks of
    :param allowed: ``{label: set of statuses}``
    """
    for subject, status in statuses.items():
        if subject in allowed and status not in allowed[subject]:
            raise Refused(
                "%s: %s is not allowed while the %s is %r" % (label, action, subject, status),
                remedy="Allowed are: %s." % ", ".join(sorted(allowed[subject])),
            ).because_of_status()
