# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of modules' documentation that stand in several of them, from one source, ``docs_blocks.yml``.

``python tests/docs_blocks.py`` writes them into the modules; with ``--lint`` it names what is not current, or stands twice without being one.
Ansible knows fragments for options only, and none for what is returned or for suboptions.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "plugins" / "modules"
_MARKER = re.compile(r"( *)# docs_blocks: (\w+)((?: \w+=\S+)*)\n")
_OWN = "(own)"


def blocks():
    """``{name: text}``, without indentation."""
    return yaml.safe_load((ROOT / "tests" / "docs_blocks.yml").read_text(encoding="utf-8"))


def parts(lines, indent):
    """``lines`` in parts that begin with a key at this indentation: ``[(key, lines)]``."""
    found: list = []
    for line in lines:
        key = re.match(r" {%d}(\w+):" % indent, line)
        if key:
            found.append((key.group(1), []))
        if not found:
            break
        if line.strip() and not line.startswith(" " * indent) or line.startswith('"""') or _MARKER.fullmatch(line):
            break
        found[-1][1].append(line)
    return found


def merged(template, present, indent):
    """The lines of one key by its template; what is the module's own is taken from ``present``."""
    theirs, written = dict(parts(present[1:], indent + 2)), [template[0]]
    for key, lines in parts(template[1:], indent + 2):
        own = next((number for number, line in enumerate(lines) if line.strip() in (_OWN, "- " + _OWN) or line.rstrip().endswith(": " + _OWN)), None)
        written += lines if own is None else [*lines[:own], *theirs.get(key, [])[own:]]
    return written


def current(source, texts):
    """A module's source with its blocks as they should be.

    :raises KeyError: a marker names no block
    """
    lines, written = source.splitlines(keepends=True), []
    while lines:
        line = lines.pop(0)
        written.append(line)
        marker = _MARKER.fullmatch(line)
        if not marker:
            continue
        indent, text = len(marker.group(1)), texts[marker.group(2)]
        for name, value in (pair.split("=", 1) for pair in marker.group(3).split()):
            text = text.replace("{%s}" % name, value)
        template = [marker.group(1) + each if each.strip() else each for each in text.splitlines(keepends=True)]
        wanted = parts(template, indent)
        present = dict(parts(lines, indent)[:len(wanted)])
        for key, block in wanted:
            written += merged(block, present.get(key, [""]), indent)
        del lines[:sum(len(block) for block in present.values())]
    return "".join(written)


def stale(texts=None):
    """Names of the modules that are not current."""
    texts = texts or blocks()
    return [path.stem for path in sorted(MODULES.glob("*.py")) if current(path.read_text(encoding="utf-8"), texts) != path.read_text(encoding="utf-8")]


def returned(source):
    """``{(key, text): whether it is a block}`` of the values that a module returns."""
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "RETURN":
            marked = False
            for part in re.split(r"(?m)^(?=[a-z_]+:|# docs_blocks)", node.value.value.strip("\n") + "\n"):
                if part.startswith("#"):
                    marked = True
                elif part.strip():
                    found[part.split(":")[0], part] = marked
                    marked = False
    return found


def twice(sources):
    """Values that two modules describe with the same words and that come from no block: ``[(key, names of modules)]``.

    :param sources: ``{name: source}``
    """
    seen: dict = {}
    for name, source in sources.items():
        for (key, text), is_block in returned(source).items():
            if not is_block:
                seen.setdefault((key, text), []).append(name)
    return [(key, names) for (key, _text), names in seen.items() if len(names) > 1]


def main(lint):
    if lint:
        problems = ["%s is not current: run python tests/docs_blocks.py" % name for name in stale()]
        problems += ["%s is described twice, in %s: make it a block of tests/docs_blocks.yml" % (key, " and ".join(names)) for key, names in twice(
            {path.stem: path.read_text(encoding="utf-8") for path in MODULES.glob("*.py")})]
        print("\n".join(problems), end="\n" if problems else "")
        return 1 if problems else 0
    for path in MODULES.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        wanted = current(text, blocks())
        if wanted != text:
            path.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main("--lint" in sys.argv[1:]))
