# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The endings of a run as the last lines of a screen: STATE, DONE, NOT DONE, NEXT. Pure. PRIVATE to the collection."""

from __future__ import annotations

import json
import os
import shlex
import textwrap
from collections.abc import Collection, Iterable

from ..module_utils._cloud.errors import one_line
from ._ending import listed
from ._guards import INTERNAL, PROMISES

WIDTH, MOST = 80, 15
_INDENT = 10
_NEVER_CUT = 6
_SUBJECTS = 5
_LONGEST = 400
# Extra variables that the next command repeats: those of the collection, none of which is a secret.
_PREFIXES = ("failover_", "drill_", "topology_", "plan_", "drift_", "report_", "demo_", "posture_", "doctor_", "recover_by_drill_", "sdrs_hosts", "recovery_")
_CONFIRMATIONS = ("failover_confirm", "recover_by_drill_confirm", "recovery_confirm")
_OWN = "cloud_dr.sdrs."


def block(endings: list[dict], command: dict, width: int = WIDTH, most: int = MOST) -> list[str]:
    """At most ``most`` lines.

    :param endings: see ``_ending``; at least one
    :param command: what was typed: ``playbook``, ``inventory``, ``extra_vars``, ``hosts`` of the run, ``options`` (to be repeated as they are)
    """
    parts = {
        "STATE": _merged(endings, "state"), "DONE": _merged(endings, "done") + _reports(endings),
        "NOT DONE": _merged(endings, "not_done"), "NEXT": [],
    }
    shown = {name: _wrapped(name, sentences, width) for name, sentences in parts.items()}
    shown["NEXT"] = _next(endings, command, width)
    room = max(most - len(shown["NEXT"]), 3)
    return [line for name, lines in _fitted(shown, room).items() for line in lines]


def _merged(endings: list[dict], key: str) -> list[str]:
    """Sentences of the endings, each with the subjects it holds for."""
    if len(endings) == 1:
        return ["%s: %s" % (_word(endings[0]["subject"]), "; ".join(map(str, endings[0][key])))]
    found: dict = {}
    for ending in endings:
        found.setdefault("; ".join(map(str, ending[key])), []).append(ending["subject"])
    # What is not as usual comes first: fewest groups.
    ordered = sorted(found.items(), key=lambda entry: (len(entry[1]), entry[1]))
    return ["%s: %s" % (_subjects(subjects, len(endings)), text) for text, subjects in ordered]


def _subjects(subjects: list[str], of: int) -> str:
    if len(subjects) == of:
        return "all %d (%s)" % (of, _names(subjects))
    return _names(subjects)


def _names(subjects: list[str]) -> str:
    return listed([_word(subject) for subject in subjects], _SUBJECTS)


def _word(text: object) -> str:
    return one_line(text, 64)


def _reports(endings: list[dict]) -> list[str]:
    found = [str(ending["report"]) for ending in endings if ending.get("report")]
    if len(found) == 1:
        return ["report: %s" % near(found[0])]
    return ["%d reports, below %s" % (len(found), near(os.path.dirname(os.path.commonprefix(found)) or "/"))] if found else []


def near(path: object) -> str:
    """A path as a person types it: relative where it is below the working directory."""
    path = str(path)
    try:
        found = os.path.relpath(path)
    except (OSError, ValueError):
        return path
    return path if found.startswith("..") else found


def _wrapped(name: str, sentences: list[str], width: int) -> list[str]:
    lines: list = []
    for sentence in sentences:
        text = one_line(sentence, _LONGEST * 3)
        # A path is copied, too.
        lines += [text] if text.startswith("report: ") else textwrap.wrap(text, width - _INDENT, break_on_hyphens=False) or [""]
    return _labelled(name, lines)


def _labelled(name: str, lines: list[str]) -> list[str]:
    return ["%-*s%s" % (_INDENT, name if number == 0 else "", line) for number, line in enumerate(lines or ["nothing"])]


def _fitted(shown: dict[str, list[str]], room: int) -> dict[str, list[str]]:
    """The three parts in ``room`` lines, and NEXT whole: each has its share, and what one does not use serves the others."""
    names = [name for name in shown if name != "NEXT"]
    share = dict.fromkeys(names, 1)
    while sum(share.values()) < room and any(share[name] < len(shown[name]) for name in names):
        for name in ("NOT DONE", "STATE", "DONE"):
            if share[name] < len(shown[name]) and sum(share.values()) < room:
                share[name] += 1
    return {name: lines if name == "NEXT" else _cut(lines, share[name]) for name, lines in shown.items()}


def _cut(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most:
        return lines
    kept = lines[:most]
    more = " … (%d more)" % (len(lines) - most)
    kept[-1] = kept[-1][: WIDTH - len(more)].rstrip() + more
    return kept


def _next(endings: list[dict], command: dict, width: int) -> list[str]:
    """What to do next for those that need it most: failed ones before others."""
    wanted = [ending for ending in endings if ending.get("next")]
    if not wanted:
        return _labelled("NEXT", ["nothing has to be done"])
    failed = [ending for ending in wanted if ending["failed"]] or wanted
    first = failed[0]["next"]
    same = [ending for ending in failed if ending["next"] == first]
    text = "%s: %s" % (_names([ending["subject"] for ending in same]), first["why"]) if len(endings) > 1 else first["why"]
    lines = textwrap.wrap(one_line(text + ("" if first.get("only") else ":"), _LONGEST), width - _INDENT, break_on_hyphens=False)[:2]
    if first.get("only"):
        return _labelled("NEXT", lines)
    typed, left_out = typed_again(command, first, [ending["host"] for ending in same], [ending["confirm"] for ending in same])
    # Copied together, these lines are one command.
    shown = _pasteable(typed, width)
    if left_out:
        lines.append(one_line("(and with your own variables: %s)" % listed(left_out, 6), width - _INDENT))
    return _labelled("NEXT", lines) + shown


def _pasteable(words: list[str], width: int) -> list[str]:
    """A command that can be copied: lines that end in a backslash, or one long line where that would be too many."""
    lines, line = [], "  "
    for word in words:
        if len(line) + len(word) + 3 > width and line.strip():
            lines.append(line.rstrip() + " \\")
            line = "    "
        line += word + " "
    lines.append(line.rstrip())
    return lines if len(lines) <= _NEVER_CUT - 2 else ["  " + " ".join(words)]


def typed_again(command: dict, wanted: dict, hosts: list[str], names: list[str]) -> tuple[list[str], list[str]]:
    """``(words of the next command, names of variables that it leaves out)``.

    :param wanted: see ``_ending.step``
    :param hosts: the hosts it is for
    :param names: what the protection groups are called, to confirm them
    """
    words = ["ansible-playbook", shlex.quote(playbook(command["playbook"], wanted["playbook"]))]
    for source in command["inventory"]:
        words.append("-i " + shlex.quote(str(source)))
    local = wanted["playbook"] == "doctor" or command.get("local")
    if wanted.get("keep") and command.get("limit") and (local or set(hosts) == set(command["all_hosts"])):
        words.append("--limit " + shlex.quote(str(command["limit"])))
    elif not local and (set(hosts) != set(command["all_hosts"]) or command.get("limit")):
        words.append("--limit " + shlex.quote(",".join(hosts)))
    kept, left_out = repeated(command["extra_vars"], wanted["playbook"] not in (None, "doctor"), bool(wanted.get("keep")), own_of(command["playbook"]))
    for options in kept if wanted["playbook"] != "doctor" else []:
        words.append("-e " + shlex.quote(options))
    if wanted["confirm"]:
        option = wanted.get("confirmation") or _CONFIRMATIONS["recover_by_drill" in words[1]]
        words.append("-e " + shlex.quote(option + "=" + ",".join(map(str, command.get("confirm") or names))))
    words += ["-e " + shlex.quote(option) for option in [*_compared(command, wanted), *wanted["options"]]]
    words += list(command.get("options") or [])
    if wanted.get("check"):
        words.append("--check")
    return [_word_of_command(word) for word in words], left_out


def _compared(command: dict, wanted: dict) -> list[str]:
    """The typed variables of the topology that hold for what follows a comparison, too: what was compared is what is applied."""
    typed = repeated(command["extra_vars"])[0] if wanted["playbook"] in ("plan", "converge") else []
    return [text for text in typed if text.lstrip('{"').startswith("topology_") and "_report_dir" not in text]


def _word_of_command(word: str) -> str:
    """What cannot be shown as it is must not be pasted either."""
    return one_line(word, 2000)


def playbook(typed: str, wanted: str | None) -> str:
    """The playbook ``wanted`` as the user would type it, who typed ``typed``."""
    if not wanted:
        return typed
    if typed.startswith(_OWN):
        return _OWN + wanted
    beside = os.path.join(os.path.dirname(typed), wanted + ".yml")
    return beside if os.path.basename(typed) != typed and os.path.isfile(beside) else _OWN + wanted


def own_of(typed: str) -> set[str]:
    """Variables that a playbook, as it was typed, sets itself, and those that roles set: no command needs them, and some are refused."""
    name = os.path.basename(typed).removesuffix(".yml").removesuffix(".yaml").rpartition(".")[2]
    return {*PROMISES.get(name, ()), *(variable for role in INTERNAL.values() for variable in role)}


def repeated(extra_vars: Iterable | None, other: bool = False, confirmed: bool = False, own: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """``(values for -e, names of the variables that are left out)``: files and the collection's own variables are repeated.

    :param extra_vars: as they were typed
    :param other: another playbook is next, for which the mode and the direction of this one do not hold
    :param confirmed: the very same run is next, with its confirmation
    :param own: names that are left out without a word
    """
    kept, left_out = [], []
    for text in map(str, extra_vars or []):
        if text.startswith("@"):
            kept.append(text)
            continue
        values = _pairs(text)
        if values is None:
            left_out.append("-e …")
            continue
        for name, value in values.items():
            if name in own or name in _CONFIRMATIONS and not confirmed or other and not (
                    name.startswith(("sdrs_hosts", "recovery_plan")) or name.endswith(("_report_dir", "_waves"))):
                continue
            if name.startswith(_PREFIXES):
                kept.append("%s=%s" % (name, value) if isinstance(value, str) and value.split() == [value] else json.dumps({name: value}))
            else:
                left_out.append(name)
    return kept, left_out


def _pairs(text: str) -> dict | None:
    """What ``-e`` holds, None if that cannot be told."""
    if text.lstrip().startswith(("{", "[")):
        try:
            values = json.loads(text)
        except ValueError:
            return None
        return values if isinstance(values, dict) else None
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    return dict(word.split("=", 1) for word in words) if words and all("=" in word for word in words) else None
