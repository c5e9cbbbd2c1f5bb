# SPDX-License-Identifier: GPL-3.0-or-later
"""Desired state against live state: steps with dependencies, before and after, warnings. Pure. PRIVATE to the collection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .._cloud.errors import Refused
from .jobs import duration
from .kind import Kind

FIND, WAIT = "find", "wait for"
_QUICK = (FIND, WAIT, "rename", "tag", "untag")


class Field(NamedTuple):
    """An option under management: its name, the API's name for it, and how the live value is read."""

    option: str
    api: str
    read: Any = None  # callable(live object) -> value; default: the API's field

    def live(self, obj: dict) -> Any:
        return self.read(obj) if self.read else obj.get(self.api)


@dataclass(eq=False)
class Step:
    """One call that changes something, or, without a ``call``, something to wait or look for.

    ``id`` is a string, or the Step that creates or finds the object; likewise the values of ``arguments`` and ``body``.
    """

    operation: str  # what results call it; FIND and WAIT for steps without a call
    kind: Any
    name: str | None
    id: Any
    call: str | None
    arguments: dict = field(default_factory=dict)
    body: Any = None
    after: list = field(default_factory=list)  # steps that must have ended well
    once_ended: list = field(default_factory=list)  # steps that must have ended, well or not
    guard: Any = None  # callable(live object), with a GET directly before every attempt: raises Refused if the request must not be sent
    premise: Any = None  # callable(lists), where ``lists(kind, query)`` gives a list read since: the same for what the object itself does not show
    later: bool = False  # part of the plan, but only to be carried out when a second look has found nothing in its way
    members: list = field(default_factory=list)  # a batch: its objects, each ``(name, ID)``
    query: dict | None = None  # creation: how the list call is narrowed when the new object has to be looked for
    match: Any = None  # creation: callable(object) -> whether it is the one meant
    proof: Any = None  # callable(api): whether a request whose answer was lost has happened, where the object's status is no proof once its job has ended
    retry_refused: Any = None  # deletion: callable(error): whether a refusal may pass, so that it is repeated until the object is gone
    refused: Any = None  # the last such refusal
    service: str = "sdrs"  # whose job it is
    instead: Any = None  # callable(error): the steps to take where the cloud does not offer the operation
    divides: bool = False  # ``instead`` gives smaller steps, to be taken when the service refuses this one for whatever reason
    branch: str | None = None  # where in a document this step belongs to, such as ``server_groups[0].drills[1]``
    last_copy: dict = field(default_factory=dict)  # removal: ``{object ID: what goes with it of which there is no other copy}``
    tolerant: bool = False  # waiting: an error status is as good an end as any
    since: float | None = None  # waiting: when it began, if that was before the step did; ``wait_timeout`` counts from there
    job: dict | None = None
    seen: dict | None = None  # the object as it was when it was last looked at
    submitted: bool = False
    listed: bool = False  # creation: the list that look-ups use has shown the new object

    @property
    def guarded(self) -> bool:
        return bool(self.guard or self.premise)

    @property
    def quick(self) -> bool:
        """Whether the step starts no job, so that it takes none of the ``parallel`` places."""
        return self.operation in _QUICK

    def as_operations(self) -> list[dict]:
        """The entries of the result's ``operations``, with what applies; a batch has one for each object."""
        if not self.call:
            return []
        job = self.job or {}
        about_job = {"job_id": job.get("job_id"), "job_type": job.get("job_type"), "duration": duration(job)}
        entries = [
            {
                "operation": self.operation, "resource_type": self.kind.name, "name": name, "id": object_id, **about_job,
                "last_copy": self.last_copy.get(object_id),
            }
            for name, object_id in self.members or [(self.name, resolve(self.id))]
        ]
        return [{key: value for key, value in entry.items() if value is not None} for entry in entries]


@dataclass
class Plan:
    """What is to be done and what it makes of the options under management."""

    steps: list = field(default_factory=list)
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)
    warnings: list = field(default_factory=list)
    refused: list = field(default_factory=list)  # (branch, SdrsError): parts of a document that cannot be brought about now
    told: dict = field(default_factory=dict)  # what else the result tells of the live state
    again: bool = False  # read and plan once more when the steps are done: more may have come to light

    def add(self, *args: Any, **kwargs: Any) -> Step:
        """Append a step and give it back."""
        step = Step(*args, **kwargs)
        self.steps.append(step)
        return step

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


def find_step(kind: Kind, name: str | None, query: dict | None, match: Any, after: Iterable[Step]) -> Step:
    """A step that finds what another step made, by a list: ``id`` is known once it has ended."""
    return Step(FIND, kind, name, None, None, query=query, match=match, after=list(after))


def wait_step(kind: Kind, obj: dict, tolerant: bool = False, branch: str | None = None) -> Step:
    """A step that waits for the job at work on an object."""
    query = {"server_group_id": obj["server_group_id"]} if obj.get("server_group_id") else {}
    return Step(WAIT, kind, obj.get("name"), obj["id"], None, query=query, tolerant=tolerant, branch=branch)


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


def managed(params: dict, fields: Iterable[Field]) -> dict:
    """The options of ``fields`` that were given: an omitted option is not managed."""
    return {item.option: params[item.option] for item in fields if params.get(item.option) is not None}


def immutable_conflicts(params: dict, fields: Iterable[Field], live: dict) -> list[tuple]:
    """``[(option, live value, wanted value)]`` for fixed options whose readable live value differs.

    None in the live object and an empty wanted value are the same; None or nothing in place of anything but a description means that the
    service does not tell it.
    """
    conflicts = []
    for item in fields:
        wanted = params.get(item.option)
        if wanted is None or not _told(item, live):
            continue
        value = item.live(live)
        same = wanted in value if isinstance(value, (set, frozenset)) else (value or "") == (wanted or "")
        if not same:
            shown = "/".join(sorted(map(str, value))) if isinstance(value, (set, frozenset)) else value
            conflicts.append((item.option, shown, wanted))
    return conflicts


def untold(params: dict, fields: Iterable[Field], live: dict) -> list[str]:
    """The fixed options that were given and that the live object does not tell, so that they are compared with nothing."""
    return [item.option for item in fields if params.get(item.option) is not None and not _told(item, live)]


def _told(item: Field, live: dict) -> bool:
    if item.read is None and item.api not in live:
        return False
    return item.option == "description" or item.live(live) not in (None, frozenset())


def refuse_immutable(plan: Plan, params: dict, conflicts: list[tuple], label: str) -> set[str]:
    """Fail over fixed options that differ, or warn when ``immutable_change`` says so. Gives back the options to leave alone."""
    if not conflicts:
        return set()
    text = "; ".join("%s is %r, wanted is %r" % conflict for conflict in conflicts)
    if params.get("immutable_change") != "ignore":
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


def tag_changes(live: list | None, wanted: dict, purge: bool | None) -> tuple[dict, dict]:
    """``(to set, to remove)`` as mappings, from the live tags (list of ``{key, value}``) and the wanted mapping."""
    have = tags_to_mapping(live)
    set_them = {key: value for key, value in wanted.items() if have.get(key) != value}
    remove = {key: value for key, value in have.items() if key not in wanted} if purge else {}
    return set_them, remove


def tags_to_mapping(tags: list | None) -> dict:
    """``{key: value}`` from the API's list."""
    return {tag["key"]: tag.get("value") for tag in tags or [] if isinstance(tag, dict) and isinstance(tag.get("key"), str)}


def text_tags(tags: dict | None) -> dict:
    """The mapping with every value as text; a key without a value has the empty one."""
    return {key: "" if value is None else str(value) for key, value in (tags or {}).items()}


def tags_to_list(tags: dict) -> list[dict]:
    """The API's list from ``{key: value}``; a value of None is left out (delete by key, 5.8.3)."""
    return [{"key": key} if value is None else {"key": key, "value": value} for key, value in tags.items()]
