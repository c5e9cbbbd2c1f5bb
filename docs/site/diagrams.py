# SPDX-License-Identifier: GPL-3.0-or-later
"""Draw ``docs/docsite/diagrams/NAME.yml`` as ``NAME.svg``: boxes on a plane, and arrows between them.

A file holds ``title`` (for screen readers), ``width``, ``height``, ``boxes`` (``{id, at: [x, y, width, height], text, kind}``; the first line of
``text`` is bold) and ``arrows`` (``{from, to, label?, kind?, shift?}``). Kinds of boxes: ``site`` (a frame, its text at the top), ``thing``, ``main``,
``quiet``; of arrows: ``flow``, ``danger``, ``both``. Colours follow the reader's light or dark scheme; the site overrides them by the same variables.
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.sax.saxutils import escape

import yaml

FOLDER = Path(__file__).resolve().parents[1] / "docsite" / "diagrams"
LINE = 18
LIGHT = {
    "ink": "#1c2733", "soft": "#5b6b7b", "frame": "#9aa8b5", "site": "#f3f6f9", "thing": "#ffffff", "main": "#dcebfa", "edge": "#2f6db5", "danger": "#b3261e",
}
DARK = {
    "ink": "#e4eaf0", "soft": "#a3b1be", "frame": "#5f6f7e", "site": "#1b232b", "thing": "#263039", "main": "#1f3d5c", "edge": "#7db4ee", "danger": "#ff8a80",
}


def variables(colours):
    """CSS declarations of a colour scheme."""
    return "".join("--d-%s:%s;" % pair for pair in colours.items())


RULES = """
.diagram text{font:14px system-ui,sans-serif;fill:var(--d-ink)}
.diagram .head{font-weight:600}
.diagram .label{font-size:13px;fill:var(--d-soft)}
.diagram rect{fill:var(--d-thing);stroke:var(--d-frame);stroke-width:1.3}
.diagram .site{fill:var(--d-site);stroke-dasharray:5 4}
.diagram .main{fill:var(--d-main);stroke:var(--d-edge)}
.diagram .quiet{fill:none;stroke:none}
.diagram .arrow{stroke:var(--d-edge);stroke-width:1.8;fill:none}
.diagram .tip{fill:var(--d-edge)}
.diagram .danger.arrow{stroke:var(--d-danger)}
.diagram .danger.tip{fill:var(--d-danger)}
"""
STYLE = ".diagram{%s}@media (prefers-color-scheme:dark){.diagram{%s}}%s" % (variables(LIGHT), variables(DARK), RULES)


def draw(content):
    """The SVG of one description."""
    boxes = {box["id"]: box for box in content["boxes"]}
    head = '<svg class="diagram" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %(width)d %(height)d" width="%(width)d" height="%(height)d" role="img">'
    parts = [
        head % content,
        "<title>%s</title>" % escape(content["title"]), "<style>%s</style>" % STYLE,
    ]
    for box in sorted(boxes.values(), key=lambda box: box.get("kind") != "site"):
        parts += _box(box)
    for arrow in content.get("arrows", ()):
        parts += _arrow(boxes[arrow["from"]]["at"], boxes[arrow["to"]]["at"], arrow)
    return "\n".join([*parts, "</svg>", ""])


def _box(box):
    (x, y, width, height), kind = box["at"], box.get("kind", "thing")
    lines = box["text"].strip().split("\n")
    top = y + 22 if kind == "site" else y + (height - LINE * len(lines)) / 2 + 13.5
    yield '<rect class="%s" x="%g" y="%g" width="%g" height="%g" rx="7"/>' % (kind, x, y, width, height)
    for number, line in enumerate(lines):
        look = "head" if not number and kind != "quiet" else "label"
        yield '<text class="%s" x="%g" y="%g" text-anchor="middle">%s</text>' % (look, x + width / 2, top + number * LINE, escape(line))


def _ends(start, end, shift):
    """The points at which an arrow leaves one box and meets the other; it is straight where the boxes face each other."""
    (x1, y1, w1, h1), (x2, y2, w2, h2) = start, end
    low, high = max(y1, y2), min(y1 + h1, y2 + h2)
    if low < high:
        level = (low + high) / 2 + shift
        return ((x1 + w1, level), (x2, level)) if x1 < x2 else ((x1, level), (x2 + w2, level))
    left, right = max(x1, x2), min(x1 + w1, x2 + w2)
    middle = (left + right) / 2 + shift if left < right else None
    first, second = (x1 + w1 / 2, x2 + w2 / 2) if middle is None else (middle, middle)
    return ((first, y1 + h1), (second, y2)) if y1 < y2 else ((first, y1), (second, y2 + h2))


def _arrow(start, end, arrow):
    kind, (first, second) = arrow.get("kind", "flow"), _ends(start, end, arrow.get("shift", 0))
    yield '<path class="arrow %s" d="M%g %gL%g %g"/>' % (kind, *first, *second)
    yield _tip(first, second, kind)
    if kind == "both":
        yield _tip(second, first, kind)
    if arrow.get("label"):
        flat = first[1] == second[1]
        x, y = (first[0] + second[0]) / 2, (first[1] + second[1]) / 2
        rises = (second[0] - first[0]) * (second[1] - first[1]) < 0
        anchor, x, y = ("middle", x, y - 7) if flat else ("start", x + 8, y + (16 if rises else -8 if first[0] != second[0] else 4))
        for number, line in enumerate(reversed(arrow["label"].strip().split("\n")) if flat else arrow["label"].strip().split("\n")):
            step = -16 * number if flat else 16 * number
            yield '<text class="label" x="%g" y="%g" text-anchor="%s">%s</text>' % (x, y + step, anchor, escape(line))


def _tip(first, second, kind):
    length = ((second[0] - first[0]) ** 2 + (second[1] - first[1]) ** 2) ** 0.5 or 1
    along = ((second[0] - first[0]) / length, (second[1] - first[1]) / length)
    base = (second[0] - 9 * along[0], second[1] - 9 * along[1])
    points = (second, (base[0] - 4.5 * along[1], base[1] + 4.5 * along[0]), (base[0] + 4.5 * along[1], base[1] - 4.5 * along[0]))
    return '<path class="tip %s" d="M%s Z"/>' % (kind, " L".join("%g %g" % point for point in points))


def drawings():
    """``{path of the SVG: what it must hold}``"""
    return {path.with_suffix(".svg"): draw(yaml.safe_load(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.yml"))}


def main():
    """Write every SVG; a contract test compares those in the repository with their descriptions."""
    for path, text in drawings().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
