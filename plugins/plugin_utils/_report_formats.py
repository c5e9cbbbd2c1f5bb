# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A report as one HTML page, Markdown, JSON, or JUnit XML. Pure. PRIVATE to the collection."""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jinja2
import markupsafe

from ..module_utils._cloud.text import hidden, visible
from ._report import PASSED, moment, span

# A page with more bars is no picture any more; the JSON holds all.
_MOST_ROWS = 60
# Of a plan that another release made.
_NOTHING_TOLD: dict = {"unmanaged": [], "unmanaged_total": 0, "not_compared": [], "differing": []}
_TITLES = {
    "drill": "DR drill", "planned_failover": "Planned failover", "failover": "Failover", "failback": "Failback", "reprotect": "Re-protection",
    "recover_by_drill": "Recovery by drill",
}
# The JSON holds the whole text.
_LONGEST_TEXT = 2000
# What Markdown takes for markup, and what GitHub makes links of.
_NOT_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#|!~]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
_BEGINS_A_LIST = re.compile(r"^([-+]|\d+(?=[.)]))")
_JSON_ESCAPED = re.compile(r"[^\x00-\x7e]")


def render(report: dict, form: str) -> str:
    """The report as text in ``form``: html, md, json or xml.

    :raises ValueError: there is no such form
    """
    forms = {"html": _page, "md": _page, "json": lambda whole, dummy: as_json(whole), "xml": _junit}
    if form not in forms:
        raise ValueError("unknown report format %r; valid formats: %s" % (form, ", ".join(forms)))
    return forms[form](report, form)


def render_plan(plan: dict, form: str) -> str:
    """What a check of a topology found as text in ``form``: md or json.

    :raises ValueError: there is no such form
    """
    forms = {"md": lambda: template("plan.md.j2", False).render(plan={**_NOTHING_TOLD, **plan}, most=_MOST_ROWS) + "\n", "json": lambda: as_json(plan)}
    if form not in forms:
        raise ValueError("unknown plan format %r; valid formats: %s" % (form, ", ".join(forms)))
    return forms[form]()


def each_format(render_as: Callable[[dict, str], str], content: dict, paths: dict[str, str]) -> dict[str, str]:
    """``{path: text}`` of ``content`` in each format of ``paths``, which is ``{format: path}``."""
    return {path: render_as(content, form) for form, path in paths.items()}


def as_json(report: dict) -> str:
    """``report`` as JSON that hides nothing from whoever looks at it in a terminal."""
    text = json.dumps(report, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    # JSON itself allows them, but whoever looks into the file has a terminal.
    return _JSON_ESCAPED.sub(lambda match: _json_escape(match.group()) if hidden(match.group()) else match.group(), text)


def _json_escape(character: str) -> str:
    return json.dumps(character)[1:-1]


def _page(report: dict, form: str) -> str:
    return template("report.%s.j2" % form, form == "html").render(
        report=report, title=_TITLES.get(report["what"], report["what"]), rows=bars(report), most=_MOST_ROWS,
    ) + "\n"


@functools.cache
def template(name: str, markup: bool) -> jinja2.Template:
    """A template of the collection; with ``markup`` every value is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(Path(__file__).with_name("templates"))), autoescape=markup, finalize=_shown,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )
    environment.filters.update(
        span=span, clock=_clock, in_order=_in_order, plain=_markdown, words=lambda text: str(text).replace("_", " "), fence=_fence, code=_code,
    )
    return environment.get_template(name)


def _shown(value: Any) -> Any:
    """Every value that a template prints: control characters as escapes, of moderate length; the outcome of a macro is markup already."""
    plain = isinstance(value, str) and not isinstance(value, (markupsafe.Markup, _Whole))
    return visible(value, longest=_LONGEST_TEXT) if plain else value


class _Whole(str):
    """Text that is made already: cutting it could leave markup open."""

    __slots__ = ()


def _clock(text: Any, form: str = "%H:%M:%S") -> str:
    parsed = moment(text)
    return parsed.strftime(form) if parsed else "–"


def _in_order(entries: list[dict]) -> list[dict]:
    """Milestones and steps by their time; those without one come last."""
    return sorted(entries, key=lambda entry: (entry.get("at") is None, moment(entry.get("at")) or moment("1970-01-01T00:00:00Z")))


def _markdown(text: object) -> str:
    """Text that Markdown shows as it is, on one line."""
    line = visible(" ".join(str(text).split()), keep="", longest=_LONGEST_TEXT)
    return _Whole(_BEGINS_A_LIST.sub(_no_list, _NOT_MARKDOWN.sub(r"\\\1", html.escape(line, quote=False))))


def _no_list(match: re.Match) -> str:
    return match.group() + "\\" if match.group().isdigit() else "\\" + match.group()


def _fence(text: str) -> str:
    """A code block that nothing in ``text`` can end."""
    text = visible(text)
    ticks = _ticks(text, 3)
    return _Whole("%sdiff\n%s\n%s" % (ticks, text, ticks))


def _code(text: object) -> str:
    """The same within a line."""
    line = visible(" ".join(str(text).split()), keep="", longest=_LONGEST_TEXT)
    ticks, space = _ticks(line, 1), " " if line.startswith("`") or line.endswith("`") else ""
    return _Whole(ticks + space + line + space + ticks if line else "")


def _ticks(text: str, least: int) -> str:
    return "`" * max([least, *(len(run) + 1 for run in re.findall("`+", text))])


def bars(report: dict) -> list[dict]:
    """Jobs and sub-jobs as ``[{label, left, width, seconds, failed, level, title}]``, positions in percent of the whole time.

    From the service's own times; what has none is left out.
    """
    levels = [(job, level) for job in report["jobs"] for job, level in [(job, 0), *((sub, 1) for sub in job["sub_jobs"])]]
    times = [(job, level, moment(job["begin_time"]), moment(job["end_time"])) for job, level in levels]
    timed = [entry for entry in times if entry[2] and entry[3] and entry[3] >= entry[2]]
    if not timed:
        return []
    first, last = min(entry[2] for entry in timed), max(entry[3] for entry in timed)
    whole = (last - first).total_seconds() or 1.0
    rows = []
    for job, level, begin, end in timed:
        seconds = (end - begin).total_seconds()
        rows.append({
            "label": job.get("label") or job["job_type"] or "job", "level": level, "failed": job["status"] == "FAIL",
            "left": round(100 * (begin - first).total_seconds() / whole, 2), "width": max(0.4, round(100 * seconds / whole, 2)),
            "seconds": seconds, "begin": job["begin_time"], "end": job["end_time"], "job_id": job["job_id"],
            "cause": " ".join(str(job[key]) for key in ("error_code", "fail_reason") if job[key]),
        })
    return rows


def _junit(report: dict, form: str) -> str:
    """One suite: readiness, each server's checks, the user's steps, the target, the clean-up; as CI servers read it."""
    cases = [("readiness", check["check"], "error" if not check["passed"] and check["severity"] == "error" else PASSED, check["detail"], None)
             for check in report["readiness"]]
    cases += [("servers." + str(server["label"]), check["check"], check["status"], check["detail"], check["seconds"])
              for server in report["servers"] for check in server["checks"]]
    cases += [("steps", step["check"], step["status"], step["detail"], step["seconds"]) for step in report["steps"]]
    cases += [("errors", error["task"] or "task", "error", " ".join(filter(None, (error["message"], error.get("remedy")))), None)
              for error in report["errors"]]
    cases += [("clean_up", "%s %s" % (entry["what"], entry.get("name")), entry["status"] if entry["status"] == "failed" else PASSED,
               entry["detail"], None) for entry in report["clean_up"]]
    if report["target_seconds"] is not None and report["verdict"] != "check":
        measured = report["measured_seconds"]
        met = measured is not None and measured <= report["target_seconds"]
        text = "measured %s, target %s" % (span(measured), span(report["target_seconds"]))
        cases.append(("recovery_time", "target", PASSED if met else "failed", text, measured))
    suite = ElementTree.Element("testsuite", {
        "name": _xml("%s.%s" % (report["what"], report["server_group"]["name"])),
        "timestamp": _clock(report["started"] or report["finished"], "%Y-%m-%dT%H:%M:%S"), "time": "%.3f" % (report["measured_seconds"] or 0),
    })
    counts = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for group, name, status, detail, seconds in cases:
        counts["tests"] += 1
        case = ElementTree.SubElement(suite, "testcase", {"classname": _xml(group), "name": _xml(name), "time": "%.3f" % (seconds or 0)})
        kind = {PASSED: None, "error": "error", "not_tried": "skipped", "skipped": "skipped"}.get(status, "failure")
        if kind:
            counts[{"failure": "failures", "error": "errors"}.get(kind, kind)] += 1
            problem = ElementTree.SubElement(case, kind, {"message": _xml(detail)} if kind == "skipped" else {"message": _xml(detail), "type": _xml(status)})
            problem.text = _xml(detail)
    suite.attrib.update({key: str(value) for key, value in counts.items()})
    whole = ElementTree.Element("testsuites", {"name": suite.attrib["name"], **{key: str(value) for key, value in counts.items() if key != "skipped"}})
    whole.append(suite)
    ElementTree.indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(whole, encoding="unicode") + "\n"


def _xml(text: object) -> str:
    """Text without what XML cannot hold."""
    return visible(text, longest=_LONGEST_TEXT)
