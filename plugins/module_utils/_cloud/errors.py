# SPDX-License-Identifier: GPL-3.0-or-later
"""The exception tree, and how the services' error bodies are read. PRIVATE to the collection.

Errors are data with a sentence: a host prints ``str(error)`` and returns ``error.as_dict()``.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import traceback
from collections.abc import Iterator
from typing import Any

from .mask import masked, masked_data, whole
from .text import visible

# "Not found" comes as HTTP 400 with these codes (service.md, section 1, appendix A.1).
NOT_FOUND_CODES = frozenset({"SDRS.1013", "SDRS.1320", "SDRS.1608", "SDRS.1902", "SDRS.1326", "Ecs.0114"})
# "Invalid ID": for a well-formed ID on a GET, the service means that no object has it (semantics.md, section 1).
INVALID_ID_CODES = frozenset({"SDRS.0207", "SDRS.0208", "SDRS.0213", "SDRS.1900"})
NOT_OFFERED_CODES = frozenset({"APIGW.0101", "APIG.0101"})
# "Method not allowed" and "not implemented" say the same of an operation.
_NOT_OFFERED_STATUS = (405, 501)
_SERVICE_CODE = re.compile(r"\b[A-Za-z]{2,12}\.\d{3,5}\b")
# Limits when parsing errors inside errors: depth, number of possible starts, and length of text.
_NESTED, _BEGINNINGS, _SEARCHED = 5, 20, 50_000
_KEYS = (
    "code", "http_status", "message", "description", "remedy", "operation", "resource", "request_id", "job_id", "retryable",
)
_ERROR_BODY = frozenset((
    "code", "message", "error_code", "error_msg", "errorCode", "errorMsg", "request_id", "requestId", "encoded_authorization_message", "details",
    "title", "status", "type",
))
_LONGEST = 600
LONGEST_WARNING = 1500
_DEEPEST = 10


def one_line(text: object, longest: int = _LONGEST) -> str:
    """``text`` on one line, secrets masked, control characters shown as escapes, at most ``longest`` characters."""
    text = visible(re.sub(r"\s+", " ", masked(whole(str(text)))).strip(), keep="")
    return text if len(text) <= longest else text[: longest - 1] + "…"


class SdrsError(Exception):
    """Base of all exceptions that the collection raises deliberately; ``data`` contains the keys of a result's ``error``."""

    def __init__(self, message: object, **data: Any) -> None:
        self.message = one_line(message)
        super().__init__(self.message)
        self.data = {key: value for key, value in data.items() if value is not None}
        self.result: dict = {}  # what a host adds to the failed result: jobs, last object seen
        self.blocked = False  # nothing failed: it is blocked until failback
        self.by_status = False  # it is the status of an object that forbids it

    def because_of_status(self) -> SdrsError:
        """Note that another status of the object would allow it."""
        self.by_status = True
        return self

    def during(self, operation: str, resource: str | None = None) -> SdrsError:
        """Record the operation that failed, unless code closer to the fault has done so."""
        if "operation" not in self.data:
            self.data["operation"] = operation
            if resource:
                self.data["resource"] = resource
        return self

    def as_dict(self) -> dict[str, Any]:
        data = {"message": self.message, "retryable": False, **self.data}
        return masked_data({key: data[key] for key in _KEYS if data.get(key) is not None})

    def __str__(self) -> str:
        parts = []
        if self.data.get("operation"):
            target = " ".join(part for part in (self.data["operation"], self.data.get("resource")) if part)
            parts.append("%s:" % target)
        parts.append(self.message + ("" if self.message.endswith((".", "!", "?")) else "."))
        if self.data.get("code"):
            parts.append("[%s]" % self.data["code"])
        if self.data.get("remedy"):
            parts.append(self.data["remedy"])
        return one_line(" ".join(parts), LONGEST_WARNING)


class ConfigError(SdrsError):
    """Options that are wrong or missing, found before anything was sent."""


class Refused(SdrsError):
    """The live state does not allow the requested change; nothing was sent for it."""


class AuthError(SdrsError):
    """Credentials were rejected. Never retried: five bad signatures lock a key (service.md, section 1)."""


class ConnectionFailed(SdrsError):
    """The service could not be reached; no request was processed."""


class UnknownFate(SdrsError):
    """A writing request was sent and its response was lost: it may or may not have taken effect."""


class NotCarriedOut(Exception):
    """A guarded request was not carried out, and may be sent again once its guard has been asked again. Never leaves the engine.

    ``problem`` is why.
    """

    def __init__(self, problem: object) -> None:
        super().__init__(str(problem))
        self.problem = problem


class ApiError(SdrsError):
    """The service answered with an error."""

    @property
    def code(self) -> Any:
        return self.data.get("code")

    @property
    def http_status(self) -> Any:
        return self.data.get("http_status")

    @property
    def not_offered(self) -> bool:
        return self.code in NOT_OFFERED_CODES or self.http_status in _NOT_OFFERED_STATUS


class NotFound(ApiError):
    """The object of the request does not exist."""


class JobFailed(SdrsError):
    """A job ended in FAIL."""


class JobTimeout(SdrsError):
    """A job, or an object in transit, did not settle within ``wait_timeout``."""


@contextlib.contextmanager
def doing(operation: str, resource: str | None = None, only: type[SdrsError] | tuple[type[SdrsError], ...] = SdrsError) -> Iterator[None]:
    """Add the operation to errors raised inside, unless code closer to the fault has done so."""
    try:
        yield
    except only as error:
        raise error.during(operation, resource)


def unexpected(error: BaseException) -> str:
    """Fallback for bugs of the collection: one sentence with the code locations, without the exception's text, which may contain anything."""
    places = ["%s:%s" % (os.path.basename(place.filename), place.lineno) for place in traceback.extract_tb(error.__traceback__)[-3:]]
    return "unexpected %s at %s. Please report this." % (type(error).__name__, " > ".join(places))


def _row(code: Any) -> tuple | None:
    from .error_codes import CODES

    return CODES.get(code)


def describe(code: str | None) -> dict[str, Any]:
    """``{description, remedy}`` of a code in the reference's table (A.1); empty for a code it does not know."""
    row = _row(code)
    return {"description": row[2], "remedy": row[3]} if row else {}


def _retryable(code: str | None, status: int) -> bool:
    row = _row(code)
    return status in (429, 502, 503, 504) or bool(row and row[4])


def read_body(body: Any) -> tuple[str | None, str | None]:
    """``(code, message)`` from an error body: the shapes of service.md, section 1.

    ``body`` is a decoded JSON value or text; parts that are missing are None.
    """
    if isinstance(body, (str, bytes)):
        text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
        try:
            body = json.loads(text)
        except (ValueError, RecursionError):
            return None, one_line(re.sub(r"<[^>]{0,200}>", " ", text), 300) or None
    code, message = _raw_body(body)
    return _text(code), _text(message)


def _raw_body(body: Any, _depth: int = 0) -> tuple[Any, Any]:
    if isinstance(body, dict):
        for code, message in (("code", "message"), ("error_code", "error_msg"), ("errorCode", "errorMsg")):
            if _text(body.get(message)) or _text(body.get(code)):
                return body.get(code), body.get(message)
        for inner in body.values():
            if isinstance(inner, dict) and ("message" in inner or "code" in inner or "error_msg" in inner) and _depth < _DEEPEST:
                return _raw_body(inner, _depth + 1)
    return None, None


def _text(value: Any) -> str | None:
    return one_line(value) if isinstance(value, (str, int)) and str(value) else None


def api_error(status: int, body: Any, request_id: str | None = None, **data: Any) -> SdrsError:
    """The exception for an HTTP error answer of ``status`` with ``body`` (text or decoded)."""
    code, message = read_body(body)
    data.update(
        code=code,
        http_status=status,
        request_id=request_id,
        retryable=_retryable(code, status),
        **describe(code),
    )
    if not message:
        message = data.get("description") or "HTTP status %d without an explanation" % status
    if code in NOT_OFFERED_CODES or status in _NOT_OFFERED_STATUS:
        data["remedy"] = "This cloud or region does not offer the operation."
        return ApiError(message, **data)
    if status == 401:
        data.setdefault("remedy", "Check the credentials, the project and the clock of this machine.")
        return AuthError(message, **data)
    if code in NOT_FOUND_CODES or status == 404:
        return NotFound(message, **data)
    return ApiError(message, **data)


def disguised(content: Any) -> bool:
    """Whether the content of a response that claims success is an error body, and nothing else."""
    if not isinstance(content, dict) or not content:
        return False
    if len(content) == 1:
        inner = next(iter(content.values()))
        return isinstance(inner, dict) and bool(set(inner) & {"code", "error_code"}) and set(inner) <= _ERROR_BODY
    return set(content) <= _ERROR_BODY and bool(set(content) & {"message", "error_msg", "errorMsg"}) and read_body(content)[0] is not None


def job_cause(job: dict) -> tuple[str | None, Any, dict]:
    """``(code, reason, failing job)`` of a job in FAIL: those of the failing sub-job if there is one (5.1.1)."""
    entities = job.get("entities")
    subs = entities.get("sub_jobs") if isinstance(entities, dict) else None
    for sub in subs if isinstance(subs, list) else []:
        if isinstance(sub, dict) and sub.get("status") == "FAIL":
            code, reason, failing = job_cause(sub)
            if code or reason:
                return code, reason, failing
    return (*innermost(job.get("error_code"), job.get("fail_reason")), job)


def innermost(code: Any, reason: Any) -> tuple[str | None, Any]:
    """``(code, reason)`` of an error nested in a reason as JSON; a service's code is kept if the nested code is only a number."""
    code, reason = _text(code), json.dumps(reason) if isinstance(reason, dict) else reason
    for _depth in range(_NESTED if isinstance(reason, str) else 0):
        before, inner = _json_inside(reason)
        inner_code, message = _raw_body(inner)
        inner_code = _text(inner_code)
        if not isinstance(message, str) or not message.strip():
            break
        named = _SERVICE_CODE.findall(before)
        code = named[-1] if named else code
        if inner_code and (_SERVICE_CODE.fullmatch(inner_code) or not code):
            code = inner_code
        elif inner_code:
            message += " (%s)" % inner_code
        reason = message
    return code, _text(reason)


def _json_inside(text: str) -> tuple[str, Any]:
    """``(the text before it, the first JSON object in a text or None)``."""
    text, start = text[:_SEARCHED], -1
    for _beginning in range(_BEGINNINGS):
        start = text.find("{", start + 1)
        if start < 0:
            break
        for form in (text[start:], text[start:].replace('\\"', '"')):
            try:
                found = json.JSONDecoder().raw_decode(form)[0]
            except (ValueError, RecursionError):
                continue
            if found:
                return text[:start], found
    return "", None


def job_error(job: dict) -> JobFailed:
    """The exception for a job that ended in FAIL."""
    code, reason, failing = job_cause(job)
    message = "job %s %s failed: %s" % (
        job.get("job_type") or "of unknown type", job.get("job_id"), reason or "the service gave no reason",
    )
    if failing is not job:
        message += " (sub-job %s %s)" % (failing.get("job_type"), failing.get("job_id"))
    data = dict(code=code, job_id=job.get("job_id"), retryable=_retryable(code, 0), **describe(code))
    return JobFailed(message, **data)
