# SPDX-License-Identifier: GPL-3.0-or-later
"""The snippets of README, guides and examples, and what the tests must know to run them. What is not run, and why, stands here alone.

A marker before a block names a reason: ``.. not-run: KEY`` in RST, ``<!-- not-run: KEY -->`` in Markdown.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import yaml
from markdown_it import MarkdownIt

ROOT = Path(__file__).resolve().parent.parent
GUIDES = sorted((ROOT / "docs" / "docsite" / "rst").glob("*.rst"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "examples").glob("*/README.md")), *GUIDES]

# Reasons that markers name.
REASONS = {
    "installs": "installs from Galaxy or PyPI; tests run in an environment that has what it installs",
    "needs-repository": "needs a git repository; tests/integration/test_gitops.py runs ci/plan.sh, which does so",
    "needs-terraform": "Terraform is no part of the tests",
    "needs-plan": "needs the groups that a recovery plan names; tests/integration/test_recovery_guide.py runs it",
    "needs-java": "ansible-rulebook needs Java; the gate ansible-rulebook runs it (tests/integration/test_rulebook.py)",
    "needs-controller": "needs AWX or Automation Platform; the gates AWX apply it to an API that refuses what AWX refuses",
}
RUN_ELSEWHERE = "needs the groups that the plan names; tests/integration/test_recovery_guide.py runs these commands"
# Single commands that are not run, wherever they stand.
NOT_RUN = (
    (r"make (test|unit|lint|docs|bench|matrix|hostile|build)\b", "runs these tests, or minutes of others"),
    (r"make demo\b", "the same playbook on the same simulator is run by test_plays.py"),
    (r"ansible-galaxy collection install|(python3 -m )?pip install", REASONS["installs"]),
    (r"ansible-rulebook\b", REASONS["needs-java"]),
    (r"ansible-playbook .*-e recovery_plan=", RUN_ELSEWHERE),
    (r"ansible-playbook playbooks/", "the repository's story is played by tests/integration/test_examples.py"),
    (r"ansible-playbook apply\.yml|export CONTROLLER_", REASONS["needs-controller"]),
    (r"ansible-builder build\b", "needs a container engine; the gate ansible-builder makes the contexts"),
)
_RUNNABLE = {"shell": "shell", "bash": "shell", "console": "shell", "yaml": "yaml", "yaml+jinja": "yaml", "json": "json"}
_COMMAND = re.compile(r"^(ansible|make|export|python3|PYTHONPATH|pip|curl|mkdir|git|cp)\b")


@dataclasses.dataclass
class Snippet:
    """One block of a page: ``kind`` is ``shell``, ``yaml`` or ``json``; ``skipped`` the reason of its marker."""

    page: Path
    line: int
    kind: str
    text: str
    skipped: str | None

    @property
    def name(self):
        return "%s:%d" % (self.page.relative_to(ROOT), self.line)

    @property
    def file(self):
        """The file that the first line names, if it is one."""
        match = re.match(r"# ([\w./-]+\.ya?ml)\b", self.text)
        return match.group(1) if match else None

    @property
    def commands(self):
        """The commands of a shell block, continued lines joined, comments at their ends removed."""
        text = re.sub(r"\\\n\s*", "", self.text)
        return [line for line in (re.sub(r"\s+# .*$", "", line).strip() for line in text.splitlines()) if line and not line.startswith("#")]

    @property
    def content(self):
        return yaml.load(self.text, Loader=_Loader)


class _Loader(yaml.SafeLoader):
    """Ansible's tags count as what they mark."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def snippets(page):
    """All runnable blocks of a page, those with a marker as well."""
    found = _rst(page) if page.suffix == ".rst" else _markdown(page)
    return [Snippet(page, *each) for each in found]


def _rst(page):
    lines = page.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines):
        match = re.match(r"( *)\.\. code-block:: ([\w+-]+)$", line)
        if not match or match.group(2).lower() not in _RUNNABLE:
            continue
        indent, block = len(match.group(1)), []
        for inner in lines[number + 1:]:
            if inner.strip() and len(inner) - len(inner.lstrip()) <= indent:
                break
            block.append(inner)
        margin = min(len(inner) - len(inner.lstrip()) for inner in block if inner.strip())
        marker = re.match(r" *\.\. not-run: ([\w-]+)$", lines[number - 1])
        yield number + 1, _RUNNABLE[match.group(2).lower()], "\n".join(inner[margin:] for inner in block).strip() + "\n", marker and marker.group(1)


def _markdown(page):
    marker = None
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block":
            match = re.match(r"<!-- not-run: ([\w-]+) -->", token.content)
            marker = match and match.group(1)
            continue
        kind = _RUNNABLE.get(token.info.strip().lower()) if token.type == "fence" else None
        if token.type == "code_block" and _COMMAND.match(token.content):
            kind = "shell"
        if kind:
            yield token.map[0] + 1, kind, token.content, marker
        if token.type not in ("paragraph_open", "inline", "paragraph_close") or kind:
            marker = None


def not_run(command):
    """Why a command is not run, or None."""
    return next((reason for pattern, reason in NOT_RUN if re.match(pattern, command)), None)


RUNBOOKS = re.compile(r"ansible-playbook cloud_dr\.sdrs\.(drill|planned_failover|failover|failback|reprotect|recover_by_drill)\b")


def same(command):
    """What ways of saying the same runbook have in common: the one group of the inventory, by itself, by a limit, or as an inventory."""
    if not RUNBOOKS.match(command):
        return command
    return command.replace(" -i erp,", " -i inventory.yml").replace(" --limit erp", "")


ALL = {page: snippets(page) for page in PAGES}
# Each command runs on the first page that has it; a page with a simulator of its own runs all of its own but the runbooks, which take longest.
OWN_SIMULATOR = {page for page in PAGES if any("sdrs_simulator" in each.text for each in ALL[page] if each.kind == "shell") and page.suffix == ".rst"}


def _first():
    first = {}
    for page in PAGES:
        for snippet in ALL[page]:
            if snippet.kind == "shell" and not snippet.skipped and page not in OWN_SIMULATOR:
                for command in snippet.commands:
                    first.setdefault(same(command), page)
    return first


FIRST = _first()
