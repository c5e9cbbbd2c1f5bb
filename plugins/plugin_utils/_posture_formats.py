# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A posture as one HTML page, JSON, or text for Prometheus. Pure. PRIVATE to the collection."""

from __future__ import annotations

from typing import Any

from ..module_utils._cloud.text import visible
from ._drill import days
from ._report import PASSED, moment
from ._report_formats import as_json, template

FORMS = ("html", "json", "prom")
_HEIGHT, _STEP, _LEAST = 24, 9, 2
_PREFIX = "sdrs_posture_"
_LONGEST = 200


def render(posture: Any, form: Any) -> Any:
    """The posture as text in ``form``.

    :raises ValueError: there is no such form
    """
    if form not in FORMS:
        raise ValueError("unknown posture format %r; valid formats: %s" % (form, ", ".join(FORMS)))
    if form == "json":
        return as_json(posture)
    if form == "prom":
        return _prometheus(posture)
    trends = {number: trend(group["trend"]) for number, group in enumerate(posture["groups"])}
    return template("posture.html.j2", True).render(posture=posture, trends=trends, days=days) + "\n"


def trend(drills: list) -> dict | None:
    """A chart of the recovery times of drills, oldest first: ``{width, height, bars: [{x, y, width, height, good, label}], target}``; None without one.

    Every number in it is computed here; ``target`` is the height of the last target's line.
    """
    if not drills:
        return None
    target = next((drill["target_seconds"] for drill in reversed(drills) if drill["target_seconds"] is not None), None)
    most = max([drill["measured_seconds"] or 0 for drill in drills] + [target or 0]) or 1.0
    bars = []
    for number, drill in enumerate(drills):
        measured = drill["measured_seconds"]
        # What was not measured is as high as can be: nobody knows how long it would have taken.
        height = max(_LEAST, round(_HEIGHT * (1.0 if measured is None else measured / most), 1))
        bars.append({"x": number * _STEP, "y": round(_HEIGHT - height, 1), "width": _STEP - 2, "height": height, "drill": drill,
                     "good": drill["verdict"] == PASSED and drill["met"] is not False})
    line = None if target is None else round(_HEIGHT - _HEIGHT * target / most, 1)
    return {"width": len(drills) * _STEP, "height": _HEIGHT, "bars": bars, "target": line}


def _prometheus(posture: Any) -> str:
    """The exposition format: for the textfile collector, or a web server."""
    samples: dict[tuple[str, str], list[tuple[dict, object]]] = {}

    def add(metric: str, about: str, value: Any, **labels: Any) -> None:
        if value is not None:
            samples.setdefault((metric, about), []).append((labels, value))

    add("generated_timestamp_seconds", "When this was written.", _epoch(posture["generated"]))
    add("ok", "Whether all limits that were given are kept.", int(posture["verdict"] == PASSED))
    add("groups", "Protection groups.", posture["totals"]["groups"])
    if posture["rpo"]:
        add("most_pairs_over_rpo", "The most replication pairs over their RPO at one time.", posture["rpo"]["most_over_rpo"])
    for group in posture["groups"]:
        own = {"id": group["id"], "name": group["name"]}
        add("group_risk", "Sum of the group's risks: 100 for a critical one, 10 for a warning, 1 for a notice.", group["risk"], **own)
        add("group_readable", "Whether all of the group could be read.", int(group["unreadable"] is None), **own)
        add("group_protected", "Whether the group is protected.", int(group["protected"]), **own)
        add("group_protected_instances", "Protected instances.", group["protected_instances"], **own)
        add("group_replications", "Replication pairs.", group["replications"]["total"], **own)
        add("group_replications_synchronised", "Replication pairs that are synchronised.", group["replications"]["synchronised"], **own)
        add("group_faults", "Protected instances and replication pairs with a fault.", len(group["faults"]), **own)
        for operation, found in group["readiness"].items():
            add("group_ready", "Whether nothing forbids the operation, and it takes no force.", int(found["ready"] and not found["forced"]),
                operation=operation, **own)
        if group["passed"]:
            add("last_successful_drill_timestamp_seconds", "When the last successful drill ended.", _epoch(group["passed"]["at"]), **own)
            add("drill_due_timestamp_seconds", "When the next drill is due.", _epoch(group["due"]), **own)
        if group["drill"]:
            add("last_drill_passed", "Whether the last drill passed.", int(group["drill"]["verdict"] == PASSED), **own)
            add("last_drill_recovery_seconds", "Recovery time of the last drill.", group["drill"]["measured_seconds"], **own)
            add("last_drill_target_seconds", "Target of the last drill's recovery time.", group["drill"]["target_seconds"], **own)
    lines = []
    for (name, about), values in samples.items():
        lines += ["# HELP %s%s %s" % (_PREFIX, name, about), "# TYPE %s%s gauge" % (_PREFIX, name)]
        lines += ["%s%s%s %s" % (_PREFIX, name, _labels(labels), _value(value)) for labels, value in values]
    return "\n".join(lines) + "\n"


def _labels(labels: Any) -> str:
    shown = ",".join('%s="%s"' % (key, _label(value)) for key, value in labels.items())
    return "{%s}" % shown if shown else ""


def _label(value: Any) -> Any:
    text = visible("" if value is None else value, keep="", longest=_LONGEST)
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _value(value: Any) -> str:
    return "%d" % value if float(value).is_integer() else "%.3f" % value


def _epoch(text: str) -> Any:
    return round(moment(text).timestamp())
