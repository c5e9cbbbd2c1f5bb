# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The output of the callback console: task results as lines, and the known state of each group. PRIVATE to the collection."""

from __future__ import annotations

import os
import textwrap
from pathlib import Path
from typing import Any

from ..module_utils._cloud.errors import one_line
from . import _ending, _recovery_ending
from ._ending import listed
from ._ending_runs import applied, planned
from ._journal import with_journal

WIDTH = 80
_INDENT = 8
_LONGEST = 1500
_OWN = "cloud_dr.sdrs."
_SILENT = ("set_fact", "assert", "include_tasks", "include_role", "import_tasks", "import_role", "set_stats", "meta", "fail", "report_files", "run_ending")
_MESSAGES = ("debug",)
_PAST = {
    "power_on": "started", "power_off": "stopped", "failover": "failed over", "planned_failover": "switched", "reprotect": "re-protected",
    "create": "created", "delete": "deleted", "update": "updated", "start": "protection started", "stop": "protection stopped",
    "pause": "paused", "resume": "resumed", "tag": "tagged", "untag": "tags removed", "attach": "attached", "detach": "detached",
    "rename": "renamed", "resize": "resized", "extend": "extended", "add_nic": "NIC added", "delete_nic": "NIC deleted",
}
# What a result tells in one line is not told step by step as well.
AT_THE_END = ("failover", "planned_failover", "reprotect", "power_on", "power_off")
# Facts of roles of which an ending can be made before they end: those that are read below.
ROLES = ("failover", "drill", "recover_by_drill")
NEEDED = ("about", "journal", "looked", "group")
_FACTS = (*("%s_" % role for role in ROLES), "recovery_")
PLAN = "recover"
_ROOT = str(Path(__file__).resolve().parents[2]) + os.sep

Line = tuple[str, str, str]  # host, text, and kind: ok, changed, failed or note


class Screen:
    """Processes events of hosts and returns lines."""

    def __init__(self) -> None:
        # By host.
        self.endings: dict[str, dict] = {}
        self.facts: dict[str, dict] = {}
        self.errors: dict[str, list[dict]] = {}
        self.current: dict[str, dict] = {}
        self.said: dict[str, list[str]] = {}
        self._items: dict[str, list[dict]] = {}
        self.sent: set[str] = set()
        self.stopped_by: str | None = None
        self.local = False

    def started(self, host: str, task: str, action: str, at: float) -> None:
        """A task starts on a host."""
        self._items.pop(host, None)
        self.current[host] = {"task": task, "action": action.rpartition(".")[2], "own": action.startswith(_OWN), "at": at}

    def ended(self, host: str, task: str, action: str, result: dict, ours: bool = True, check: bool = False) -> list[Line]:
        """A task succeeded; returns its lines."""
        self.current.pop(host, None)
        self._note(host, result)
        short = action.rpartition(".")[2]
        if short == "sdrs_recovery_info" and isinstance(result.get("server_groups"), list):
            self.facts.setdefault(host, {})["recovery_state"] = result
        if (result.get("changed") or result.get("operations")) and not check:
            self.sent.add(host)
        if action.startswith(_OWN) and short not in _SILENT:
            return [(host, text, kind) for text, kind in _of_module(short, _all(result), check)]
        if short in _MESSAGES or short == "assert" and isinstance(result.get("msg"), list):
            return [(host, text, "note") for text in _texts(result) if not text.startswith("yes ")]
        if short in _SILENT or ours:
            return []
        return [(host, "%s: %s" % (task, "changed" if result.get("changed") else "ok"), "changed" if result.get("changed") else "ok")]

    def item_failed(self, host: str, result: dict) -> None:
        """An item of a loop failed; since ansible-core 2.21 the loop's result does not say which did."""
        self._items.setdefault(host, []).append(result)

    def failed(self, host: str, task: str, result: dict, ignored: bool = False, ours: bool = False) -> list[Line]:
        """A task failed; each cause is reported once."""
        running = self.current.pop(host, None) or {}
        self._note(host, result)
        items = self._items.pop(host, [])
        causes = [entry for entry in _all(result) if entry.get("failed") or entry.get("unreachable")] or items or [result]
        lines = []
        for cause in causes:
            text = one_line(_ending.told(cause.get("msg") or cause.get("stderr") or cause.get("module_stderr") or "failed without a message"), _LONGEST)
            if not ignored:
                self.errors.setdefault(host, []).append(dict(_plain(cause), msg=text, task=task, action=running.get("action")))
            if not any(before in text or text in before for before in self.said.setdefault(host, [])):
                self.said[host].append(text)
                lines.append((host, "continuing without this: " + text if ignored else "FAILED: " + text if ours else "FAILED: %s: %s" % (task, text),
                              "note" if ignored else "failed"))
        return lines

    def _note(self, host: str, result: dict) -> None:
        self.local = self.local or bool(result.get("endings") and result.get("local"))
        for ending in (result.get("endings") or []) if isinstance(result.get("endings"), list) else []:
            if isinstance(ending, dict) and ending.get("subject"):
                self.endings[str(ending.get("host"))] = ending
        facts = result.get("ansible_facts")
        for name, value in (facts.items() if isinstance(facts, dict) else ()):
            if name.endswith("_ending"):
                self.endings.pop(host, None)
                if value:
                    self.endings[host] = value
            elif name.startswith(_FACTS):
                self.facts.setdefault(host, {})[name] = value

    def finish(self, hosts: list[str], what: str) -> list[dict]:
        """The endings of all hosts; for a run that did not finish, built from what is known."""
        endings = []
        for host in hosts:
            known = self.endings.get(host)
            if known and not (self.stopped_by and not self._over(host)):
                endings.append(self._with_errors(host, known))
            else:
                endings.append(self._known(host, what))
        return [ending for ending in endings if ending]

    def _with_errors(self, host: str, known: dict) -> dict:
        """The ending of a failed run names the cause, even if its role could not know it."""
        told = [str(text).rpartition(": ")[2].rstrip(".") for text in known.get("not_done") or []]
        missing = [error["msg"].rstrip(".") for error in self.errors.get(host) or []]
        if known.get("failed") and missing and not any(text in message for text in told for message in missing):
            return dict(known, not_done=missing[:1] + list(known["not_done"]))
        return known

    def _over(self, host: str) -> bool:
        return bool(self.endings.get(host))

    def _known(self, host: str, what: str) -> dict:
        facts, running = self.facts.get(host) or {}, self.current.get(host) or {}
        if what == PLAN:
            return _recovery_ending.stopped(host, facts, {
                "by": self.stopped_by, "task": running.get("task"), "writing": _writes(running), "sent": host in self.sent, "errors": self.errors.get(host)})
        role = next((role for role in ROLES if facts.get(role + "_journal")), "failover")
        looked = facts.get(role + "_looked") or {}
        about, group = looked.get("about") or facts.get(role + "_about") or {}, looked.get("group") or facts.get(role + "_group") or {}
        journal = facts.get(role + "_journal")
        run = with_journal({
            "what": about.get("what") or what, "host": host, "subject": about.get("subject") or host, "site": about.get("site"),
            "group": group, "position": looked.get("position"), "waves": looked.get("waves") or [], "would": looked.get("would") or [],
            "check_mode": about.get("check_mode"), "refused": not group, "next": about.get("next"), "as_groups": looked.get("as_groups") or [],
            "stopped_by": self.stopped_by, "task": running.get("task"), "writing": _writes(running), "reasons": [] if self.stopped_by else None, "untold": True,
            # Before its first entry there is none.
            **({"journal": journal} if journal and os.path.exists(journal) else {}),
        })
        return _ending.ending(dict(run, errors=run.get("errors") or self.errors.get(host) or []))

    def waiting(self, now: float) -> str | None:
        """What the run waits for, as one sentence; None if it does not wait."""
        found = ["%s: %s (%d s)" % (host, each["task"], now - each["at"]) for host, each in self.current.items()]
        return listed(found, 2) if found else None


def _writes(running: dict) -> bool:
    """Whether the task that runs is one of the collection that may send something."""
    return bool(running.get("own")) and not str(running.get("action")).endswith(("_info", "_journal"))


def _plain(result: dict) -> dict:
    return {key: result[key] for key in ("error", "operations", "jobs", "msg") if key in result}


def _all(result: dict) -> list[dict]:
    """A result, or those of a loop."""
    several = result.get("results")
    return [entry for entry in several if isinstance(entry, dict)] if isinstance(several, list) else [result]


def _texts(result: dict) -> list[str]:
    message = result.get("msg")
    return [one_line(text, _LONGEST) for text in (message if isinstance(message, list) else [message]) if text not in (None, "", "Hello world!")]


def _of_module(module: str, results: list[dict], check: bool) -> list[tuple[str, str]]:
    """What a module of the collection did, in one line for each kind of operation."""
    operations = [each for result in results for each in result.get("operations") or [] if isinstance(each, dict)]
    if module == "sdrs_topology":
        return [(planned(operations) if check else applied(operations), "changed" if operations else "ok")]
    checks = [each for result in results for each in result.get("server_checks") or [] if isinstance(each, dict)]
    if checks:
        passed = sum(bool(each.get("passed")) for each in checks)
        return [("%d of %d servers run and answer" % (passed, len(checks)), "ok" if passed == len(checks) else "note")]
    found: dict = {}
    for operation in operations:
        found.setdefault((str(operation.get("operation")), str(operation.get("resource_type")).replace("_", " ")), []).append(operation)
    return [(_told(name, kind, entries, check), "changed") for (name, kind), entries in found.items()]


def _told(name: str, kind: str, entries: list[dict], check: bool) -> str:
    names = [one_line(entry.get("name") or entry.get("id") or "", 64) for entry in entries]
    seconds = max([entry["duration"] for entry in entries if isinstance(entry.get("duration"), (int, float))], default=None)
    verb = "would be " + name.replace("_", " ") if check else _PAST.get(name, name.replace("_", " "))
    what = "%s %s" % (kind, listed(names)) if len(entries) == 1 else "%d %ss: %s" % (len(entries), kind, listed(names))
    return "%s: %s%s" % (verb, what, "" if seconds is None or check else " (%d s)" % seconds)


def line(host: str | None, text: str, elapsed: float, width: int = WIDTH) -> list[str]:
    """Lines of one thing that happened."""
    clock = "%d:%02d" % divmod(int(elapsed), 60)
    return textwrap.wrap(one_line("%s  %s" % (host, text) if host else text, _LONGEST), width, initial_indent="%6s  " % clock, subsequent_indent=" " * _INDENT,
                         break_on_hyphens=False) or [clock]


def folded(text: str, width: int = WIDTH) -> list[str]:
    """A line of a diff, of the recap or of statistics in lines of ``width``; a word that is longer, such as a path, stays whole."""
    if len(text) <= width:
        return [text]
    mark = text[:1] if text[:1] in "+-@" else ""
    indent = mark + " " * (min(len(text[len(mark):]) - len(text[len(mark):].lstrip()), width // 2) + 4 - len(mark))
    return textwrap.wrap(text, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) or [text]


def _path(task: Any) -> str:
    """The file of a task; a collection may be a link."""
    path = str(task.get_path() or "").rpartition(":")[0]
    return path and os.path.realpath(path)


def is_ours(task: Any) -> bool:
    """Whether a task is of this collection."""
    return _path(task).startswith(_ROOT)


def of_a_plan(task: Any) -> bool:
    """Whether a task belongs to a recovery plan, which several playbooks carry out."""
    return _path(task).startswith((os.path.join(_ROOT, "playbooks", "recover.yml"), os.path.join(_ROOT, "roles", "recovery", "")))


def parts(result: Any) -> tuple[str, Any, dict]:
    """``(host's name, task, result)``; ansible-core 2.19 named them anew."""
    host = getattr(result, "host", None) or result._host  # pylint: disable=protected-access
    task = getattr(result, "task", None) or result._task  # pylint: disable=protected-access
    found = getattr(result, "result", None)
    return host.get_name(), task, found if isinstance(found, dict) else result._result  # pylint: disable=protected-access
