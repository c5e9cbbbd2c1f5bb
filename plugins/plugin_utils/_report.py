# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a runbook's run, built from the results of its tasks. Pure but for who and what runs. PRIVATE to the collection.

``docs/report.schema.json`` describes the outcome.
"""

from __future__ import annotations

import getpass
import json
import platform
import re
import socket
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..module_utils._cloud.text import time_of

SCHEMA = "https://raw.githubusercontent.com/cloud-dr/ansible-collection-sdrs/main/docs/report.schema.json"
PASSED, FAILED, CHECK = "passed", "failed", "check"
_ERROR_KEYS = ("message", "code", "description", "remedy", "operation", "resource", "job_id", "request_id", "http_status")
_JOB_KEYS = ("job_id", "job_type", "service", "status", "begin_time", "end_time", "error_code", "fail_reason")
_ROOT = Path(__file__).resolve().parents[2]


def build(run: Any) -> dict:
    """The report of a run.

    :param run: what the roles gather: ``what``, ``server_group``, ``readiness``, ``milestones``, ``results`` (of modules), ``servers`` (as
        ecs_server_check_info gives them), ``steps``, ``clean_up``, ``errors``, ``notes``, ``rpo``, ``target_seconds``, ``check_mode``, ``run``
    :raises ValueError: it is not such a mapping
    """
    if not isinstance(run, dict) or not run.get("what"):
        raise ValueError("not the record of a run: 'what' is missing")
    milestones = _milestones(run.get("milestones") or [])
    servers = [_server(entry, milestones) for entry in run.get("servers") or []]
    steps = [_timed(entry, milestones) for entry in run.get("steps") or []]
    errors = [_error(entry) for entry in run.get("errors") or []]
    # Before ansible-core 2.19 a name such as True or [1] comes as what it looks like.
    clean_up = [dict(entry, name=None if entry.get("name") is None else str(entry["name"])) for entry in run.get("clean_up") or []]
    reasons = [error["message"] for error in errors] + failures(servers, steps, clean_up)
    same = unchanged(run)
    if same and not run.get("allow_no_change"):
        reasons.append("nothing was switched: production is already at the %s site; %s=true accepts that" % (
            run.get("site"), run.get("allow_option") or "failover_allow_no_change"))
    measured = None if same else _measured(run, milestones, servers, steps, bool(errors))
    # Before ansible-core 2.19 a template gives "" for none.
    target = None if run.get("target_seconds") in (None, "") else float(run["target_seconds"])
    if target is not None and not run.get("check_mode") and not same:
        if measured is None:
            reasons.append("the recovery time could not be measured, so the target of %s is missed" % span(target))
        elif measured > target:
            reasons.append("recovery took %s, the target is %s" % (span(measured), span(target)))
    finished = run.get("finished") or _now()
    return {
        "schema": SCHEMA, "schema_version": 1, "what": run["what"], "name": run.get("name"),
        "server_group": {key: (run.get("server_group") or {}).get(key) for key in ("id", "name", "status", "priority_station")},
        "verdict": CHECK if run.get("check_mode") else FAILED if reasons else PASSED,
        "reasons": list(dict.fromkeys(reasons)),
        "started": milestones[0]["at"] if milestones else None, "finished": finished,
        "interrupted": bool(run.get("interrupted")), "attempts": _ended(run.get("attempts") or [], finished, reasons),
        "target_seconds": target, "measured_seconds": measured,
        "milestones": milestones, "readiness": list(run.get("readiness") or []), "servers": servers, "steps": steps,
        "jobs": _jobs(run.get("results") or []),
        "operations": [operation for result in run.get("results") or [] for operation in result.get("operations") or []],
        "rpo": _rpo(run.get("rpo")), "clean_up": clean_up, "notes": list(run.get("notes") or []), "errors": errors,
        "run": {**who(), **_where(run), **{key: value or None for key, value in (run.get("run") or {}).items()}, "check_mode": bool(run.get("check_mode"))},
    }


def failures(servers: list[dict], steps: list[dict], clean_up: list[dict]) -> list[str]:
    """What did not pass of the checks of servers, of other steps, and of the clean-up, as sentences."""
    found = ["%s: %s: %s" % (_label(server), check["check"], check["detail"]) for server in servers for check in _bad(server.get("checks") or [])]
    found += ["%s: %s" % (step["check"], step["detail"]) for step in _bad(steps)]
    return found + ["%s %s: %s" % (entry["what"], entry.get("name"), entry["detail"]) for entry in clean_up if entry["status"] == FAILED]


def unchanged(run: dict) -> bool:
    """Whether a switch had nothing to do, as production was there already: then no recovery was measured either."""
    done = [operation for result in run.get("results") or [] for operation in result.get("operations") or []]
    return run.get("position") == "there" and run.get("what") != "reprotect" and not (done or run.get("errors") or run.get("interrupted"))


def span(seconds: Any) -> str:
    """Seconds as a person says them: ``2 h 03 min``, ``4 min 05 s``, ``8.3 s``."""
    if seconds is None:
        return "not measured"
    seconds = float(seconds)
    if seconds < 60:
        return "%.3g s" % seconds
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return "%d h %02d min" % (hours, minutes) if hours else "%d min %02d s" % (minutes, rest)


def moment(text: Any) -> Any:
    """A time of the service or of a milestone, None when it is none. Times without a zone are UTC."""
    try:
        parsed = time_of(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def _milestones(entries: list[dict]) -> list[dict]:
    shown = sorted(({"name": entry["name"], "at": _utc(entry["at"])} for entry in entries if moment(entry.get("at"))), key=lambda entry: entry["at"])
    return [dict(entry, seconds=_since(shown[0]["at"], entry["at"])) for entry in shown]


def _utc(text: str) -> str:
    return moment(text).astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _since(start: str, at: str) -> float:
    return round((moment(at) - moment(start)).total_seconds(), 3)


def _timed(entry: dict, milestones: list[dict]) -> dict:
    """A check with its ``seconds`` since the first milestone instead of since its task's start."""
    at = entry.get("at") if moment(entry.get("at")) else None
    return dict(entry, at=at, seconds=_since(milestones[0]["at"], at) if milestones and at else None)


def _server(entry: dict, milestones: list[dict]) -> dict:
    checks = [_timed(check, milestones) for check in entry.get("checks") or []]
    # What the address tells already is left out: of many servers, AWX would drop it all.
    own = {key: value for key, value in entry.items() if not (key == "addresses" and value == [entry.get("address")] or key == "windows" and not value)}
    return dict(own, label=_label(entry), checks=checks, passed=not _open(checks))


def _label(server: dict) -> Any:
    return server.get("protected_instance") or server.get("name") or server.get("id")


def _open(checks: list[dict]) -> list[dict]:
    return [check for check in checks if check.get("status") not in (PASSED, "skipped")]


def _bad(checks: list[dict]) -> list[dict]:
    """Those that are a reason: what was not tried has its reason in another."""
    return [check for check in _open(checks) if check["status"] != "not_tried"]


def _measured(run: dict, milestones: list[dict], servers: list[dict], steps: list[dict], failed: bool) -> float | None:
    """Seconds from the first milestone to the last check that passed; None when something did not."""
    checks = [check for server in servers for check in server["checks"]] + steps
    times = [check["seconds"] for check in checks if check.get("seconds") is not None]
    times += [entry["seconds"] for entry in milestones if entry["name"] == run.get("until")]
    return max(times) if times and not failed and not _open(checks) and not run.get("check_mode") else None


def _error(entry: dict) -> dict:
    """The error of a failed task, with its remedy."""
    task, entry = entry.get("task"), cause(entry)
    about: dict = entry["error"] if isinstance(entry.get("error"), dict) else {}
    message = str(entry.get("msg") or about.get("message") or "the task failed without a message")
    return {**{key: about.get(key) for key in _ERROR_KEYS}, "message": message, "task": task}


def cause(result: dict) -> dict:
    """What failed of a task: of a loop, whose own message says nothing, its first item that did."""
    items: list = result["results"] if isinstance(result.get("results"), list) else []
    failed = [item for item in items if isinstance(item, dict) and item.get("failed") and item.get("msg")]
    return failed[0] if failed else result


def _jobs(results: list[dict]) -> list[dict]:
    """Each job once, with its sub-jobs, in the order of their begin."""
    found: dict = {}
    for result in results:
        names = {entry.get("job_id"): "%s %s" % (entry["operation"].replace("_", " "), entry.get("name") or entry["resource_type"].replace("_", " "))
                 for entry in result.get("operations") or [] if entry.get("job_id")}
        for job in result.get("jobs") or []:
            found.setdefault(job.get("job_id"), dict(_job(job), label=names.get(job.get("job_id")) or job.get("job_type")))
    return sorted(found.values(), key=lambda job: str(job["begin_time"]))


def _job(job: dict) -> dict:
    entities: dict = job["entities"] if isinstance(job.get("entities"), dict) else {}
    subs = [sub for sub in entities.get("sub_jobs") or [] if isinstance(sub, dict)] if isinstance(entities.get("sub_jobs"), list) else []
    return {**{key: job.get(key) for key in _JOB_KEYS}, "sub_jobs": [_job(sub) for sub in subs]}


def _rpo(result: object) -> dict | None:
    """The pairs over their RPO, as the service counts them; None if it does not offer this."""
    if not isinstance(result, dict) or not isinstance(result.get("rpo_statistics"), list):
        return None
    points = [{"at": point.get("point_time"), "over_rpo": point.get("resource_num")} for point in result["rpo_statistics"]]
    numbers = [point["over_rpo"] for point in points if isinstance(point["over_rpo"], int)]
    return {"points": points, "most_over_rpo": max(numbers, default=None)}


def _ended(attempts: list[dict], finished: str, reasons: list[str]) -> list[dict]:
    """The attempts of the run, of which the last one ends with this report."""
    return [*attempts[:-1], dict(attempts[-1], ended=finished, reasons=list(dict.fromkeys(reasons)))] if attempts else []


def who() -> dict:
    """Who runs this, where, with what."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        user = None
    return {"user": user, "machine": socket.gethostname(), "collection": "cloud_dr.sdrs " + _version(), "python": platform.python_version()}


def _where(run: dict) -> dict:
    """Where it ran: account, zones, and the state of the user's repository."""
    project, group = run.get("project") or {}, run.get("group") or {}
    return {
        "region": project.get("region"), "account": run.get("account") or None, "project": project.get("id"), "endpoint": project.get("endpoint"),
        "source_zone": group.get("source_availability_zone"), "target_zone": group.get("target_availability_zone"),
        "vpc": group.get("source_vpc_id"), "dr_vpc": group.get("target_vpc_id"), "drill_vpc": run.get("drill_vpc") or None, "commit": run.get("commit"),
    }


def commit(folder: Path) -> str | None:
    """The commit of the git repository around a folder, None without one. Read from its files: git itself need not be there."""
    try:
        git = next((above / ".git" for above in (folder, *folder.parents) if (above / ".git").exists()), None)
        if git is None:
            return None
        if git.is_file():  # a worktree
            git = (git.parent / git.read_text(encoding="utf-8").partition("gitdir:")[2].strip()).resolve()
        head = (git / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return _hash(head)
        shared = git / "commondir"
        places = [git, (git / shared.read_text(encoding="utf-8").strip()).resolve()] if shared.is_file() else [git]
        for place in places:
            loose, packed = place / head[5:], place / "packed-refs"
            if loose.is_file():
                return _hash(loose.read_text(encoding="utf-8").strip())
            if packed.is_file():
                named = [line.split()[0] for line in packed.read_text(encoding="utf-8").splitlines() if line.endswith(" " + head[5:])]
                if named:
                    return _hash(named[0])
    except (OSError, ValueError, IndexError):
        pass
    return None


def _hash(text: str) -> str | None:
    return text if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", text) else None


def _version() -> str:
    try:
        return json.loads((_ROOT / "MANIFEST.json").read_text(encoding="utf-8"))["collection_info"]["version"]
    except (OSError, ValueError, KeyError):
        pass
    try:
        return re.findall(r"(?m)^version: *(\S+)", (_ROOT / "galaxy.yml").read_text(encoding="utf-8"))[0]
    except (OSError, IndexError):
        return "of unknown version"
